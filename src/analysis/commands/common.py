"""What commands share: exit codes and how lists and pairs are written on the command line."""

from __future__ import annotations

from analysis.errors import AnalysisError, visible

OK, SOME_FAILED, BAD_INPUT, INTERRUPTED = 0, 1, 2, 130


def tell(line: str) -> None:
    """Print one line in which names from files cannot move the cursor, colour the screen or begin a line."""
    print(visible(line))


def print_account(study, wide: int = 12) -> None:
    """Print what became of the rows of every table, and of each file of those that stand in several."""
    print(f"{'table':14}{'rows in':>{wide}}{'kept':>{wide}}{'set aside':>12}  reasons")
    for table, rows in study.accounting.groupby("table", sort=False):
        total = rows.iloc[0]
        if not total["rows_in"]:
            continue
        reasons = ", ".join(f"{r.rule.replace('_', ' ')} {r.set_aside:,}" for r in rows[1:].itertuples())
        counts = f"{total['rows_in']:>{wide},}{total['kept']:>{wide},}{total['set_aside']:>12,}"
        print(f"{table:14}{counts}  {reasons}")
        for file in study.files[study.files["table"] == table].itertuples():
            counts = f"{file.rows_in:>{wide},}{file.kept:>{wide},}{file.set_aside:>12,}"
            tell(f"{'':14}{counts}  of which {file.file}")


def listed(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals:
        raise AnalysisError(
            "A parameter has no value.", where="--parameter", value=text, expected="NAME=VALUE",
            mend="Write for example: --parameter first_period=2021-01",
        )  # fmt: skip
    return name, value
