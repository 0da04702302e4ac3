"""What commands share: exit codes and how lists and pairs are written on the command line."""

from __future__ import annotations

from analysis.errors import AnalysisError, visible

OK, SOME_FAILED, BAD_INPUT, INTERRUPTED = 0, 1, 2, 130


def tell(line: str) -> None:
    """Print one line in which names from files cannot move the cursor, colour the screen or begin a line."""
    print(visible(line))


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
