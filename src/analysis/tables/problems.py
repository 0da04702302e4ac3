"""What is wrong with a study: one row per problem, with where, which value, which rule and how to mend."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from analysis.privacy.identifiers import mask, mask_all
from analysis.tables.parts import Part, locate

ERROR, SET_ASIDE, NOTE = "error", "set_aside", "note"
COLUMNS = ["table", "file", "column", "row", "value", "rule", "level", "hint"]


class Problems:
    """A list of problems that grows while a study is checked.

    Levels: `error` (the study cannot be used until it is mended), `set_aside` (that row is put aside, the
    rest is used), `note` (a limit that readers of the results must know).

    Attributes
    ----------
    parts : dict of table -> Parts
        For tables that stand in several files, which rows are whose.
    """

    def __init__(self) -> None:
        self.parts: dict[str, Sequence[Part]] = {}
        self._found: list[pd.DataFrame] = []

    def add(
        self,
        table: str,
        rule: str,
        level: str,
        hint: str,
        *,
        column: str = "",
        file: str = "",
        rows: pd.Index | None = None,
        values: object = None,
    ) -> None:
        """Add one problem, or one for each of `rows` of the table; `values` then has one value per row.

        A value that tells who somebody is becomes the kind of what it holds, such as "[phone]".
        """
        if rows is not None and not len(rows):
            return
        files, numbers = ([file], [pd.NA]) if rows is None else locate(self.parts.get(table, ()), rows)
        part = pd.DataFrame({"row": numbers}).astype("Int64").assign(file=pd.Series(files, dtype="str"))
        shown = pd.Series([""] if values is None else list(values) if rows is not None else [values])
        part["value"] = "" if values is None else mask_all(shown)
        part = part.assign(table=table, column=column, rule=rule, level=level, hint=mask(hint))
        self._found.append(part)

    def frame(self) -> pd.DataFrame:
        """Return table, file, column, row, value, rule, level, hint.

        file: which of its files, with the sheet, where a table stands in several; else empty. row: as that
        file counts its rows, so that the header of a CSV file is row 1.
        """
        if not self._found:
            return pd.DataFrame({c: pd.Series(dtype="Int64" if c == "row" else "str") for c in COLUMNS})
        return pd.concat(self._found, ignore_index=True)[COLUMNS]
