"""What is wrong with a study: one row per problem, with where, which value, which rule and how to mend."""

from __future__ import annotations

import pandas as pd

from analysis.privacy.identifiers import mask, mask_all

ERROR, SET_ASIDE, NOTE = "error", "set_aside", "note"
COLUMNS = ["table", "column", "row", "value", "rule", "level", "hint"]


class Problems:
    """A list of problems that grows while a study is checked.

    Levels: `error` (the study cannot be used until it is mended), `set_aside` (that row is put aside, the
    rest is used), `note` (a limit that readers of the results must know).
    """

    def __init__(self) -> None:
        self._parts: list[pd.DataFrame] = []

    def add(
        self,
        table: str,
        rule: str,
        level: str,
        hint: str,
        *,
        column: str = "",
        rows: pd.Index | None = None,
        values: object = None,
    ) -> None:
        """Add one problem, or one for each of `rows` (file rows; `values` then has one value per row).

        A value that tells who somebody is becomes the kind of what it holds, such as "[phone]".
        """
        if rows is not None and not len(rows):
            return
        part = pd.DataFrame({"row": [pd.NA] if rows is None else rows}).astype("Int64")
        shown = pd.Series([""] if values is None else list(values) if rows is not None else [values])
        part["value"] = "" if values is None else mask_all(shown)
        part = part.assign(table=table, column=column, rule=rule, level=level, hint=mask(hint))
        self._parts.append(part)

    def frame(self) -> pd.DataFrame:
        """Return table, column, row (in the file; the header is row 1), value, rule, level, hint."""
        if not self._parts:
            return pd.DataFrame({c: pd.Series(dtype="Int64" if c == "row" else "str") for c in COLUMNS})
        return pd.concat(self._parts, ignore_index=True)[COLUMNS]
