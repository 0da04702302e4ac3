"""The rows that were set aside, in a file: which, why, and what stood in them, people under pseudonyms."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from analysis.errors import StudyError
from analysis.files import harmless, replacing
from analysis.tables import schema
from analysis.tables.checking import Check
from analysis.tables.parts import locate


def set_aside_rows(check: Check) -> pd.DataFrame:
    """Return table, file, row, rule and values ("column: value; …") of every row that was set aside.

    Parameters
    ----------
    check : Check
        From `analysis.tables.check.run_check`.

    Returns
    -------
    DataFrame
        file: which of its files, where the table stands in several. row: as that file counts it. values: as
        they stood there; identifiers of people are pseudonyms.
    """
    parts = []
    for table in schema.MODELS:
        rows = rows_of_table(check, table)
        names = [name for name in rows.columns if name not in ("file", "row", "rule")]
        values = [
            "; ".join(f"{n}: {v}" for n, v in zip(names, row, strict=True) if isinstance(v, str) and v)
            for row in rows[names].itertuples(index=False)
        ]
        parts.append(rows[["file", "row", "rule"]].assign(table=table, values=values))
    return pd.concat(parts, ignore_index=True)[["table", "file", "row", "rule", "values"]]


def rows_of_table(check: Check, table: str) -> pd.DataFrame:
    """Return file, row, rule and a column per column of one table, for its rows that were set aside."""
    fate = check.fate[table]
    rows = fate.index[fate != ""]
    raw = check.raw[table].frame if table in check.raw else check.frames[table]
    names = [name for name in schema.columns(table) if name in raw]
    shown = {n: check.shown(table, n, raw.loc[rows, n].astype("str").fillna("")) for n in names}
    found = pd.DataFrame({"row": rows, "rule": fate.loc[rows].to_numpy(), **(shown if len(rows) else {})})
    apart = [(row, rule) for rule, listed in check.apart(table).items() for row in listed]
    found = pd.concat([found, pd.DataFrame(apart, columns=["row", "rule"])], ignore_index=True)
    found = found.sort_values("row", kind="stable", ignore_index=True)
    files, rows = locate(check.problems.parts.get(table, ()), found["row"])
    found["row"] = pd.array(rows, dtype="int64")
    found.insert(0, "file", files)
    return found


def write_set_aside(check: Check, path: str | Path) -> int:
    """Write the rows that were set aside to a .csv file, or to an .xlsx file with a sheet per table.

    Returns
    -------
    int
        How many there are.

    Raises
    ------
    StudyError
        The file has another ending.
    """
    path = Path(path)
    rows = set_aside_rows(check)
    if path.suffix.lower() == ".csv":
        with replacing(path) as draft:
            rows.assign(values=rows["values"].map(harmless)).to_csv(draft, index=False, encoding="utf-8-sig")
    elif path.suffix.lower() == ".xlsx":
        with replacing(path) as draft:
            _write_sheets(check, draft)
    else:
        raise StudyError(
            "The rows set aside cannot be written to a file of this kind.", where=str(path),
            expected="a name ending in .csv or .xlsx", mend="Give another name.",
        )  # fmt: skip
    return len(rows)


def _write_sheets(check: Check, path: Path) -> None:
    from openpyxl import Workbook
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

    book = Workbook()
    book.remove(book.active)
    for table in schema.MODELS:
        rows = rows_of_table(check, table)
        if not len(rows) and (book.sheetnames or table != list(schema.MODELS)[-1]):
            continue
        sheet = book.create_sheet(table)
        sheet.append(list(rows.columns))
        for row in rows.astype(object).where(rows.notna(), None).itertuples(index=False):
            cells = [ILLEGAL_CHARACTERS_RE.sub("", v) if isinstance(v, str) else v for v in row]
            sheet.append([harmless(cell) for cell in cells])
        sheet.freeze_panes = "D2"
    with open(path, "wb") as file:
        book.save(file)
