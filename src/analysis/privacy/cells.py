"""Text in files that spreadsheets open: no cell is taken for a formula."""

from __future__ import annotations

import pandas as pd

MARKS = tuple("=+-@\t\r\n＝＋－＠")


def neutralise(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a frame in which no text, column name included, is taken for a formula by a spreadsheet.

    Text that begins with = + - @ (full-width ones too, and after blanks), a tab or a line end gets an
    apostrophe before it, by which spreadsheets mark text (OWASP, CSV injection). Numbers are left as they
    are, negative ones too.
    """
    found = frame.rename(columns={name: _safe(name) for name in frame.columns if isinstance(name, str)})
    for name in found.columns:
        values = found[name]
        if values.dtype == object or isinstance(values.dtype, pd.StringDtype | pd.CategoricalDtype):
            found[name] = values.map(lambda value: _safe(value) if isinstance(value, str) else value)
    return found


def _safe(text: str) -> str:
    return "'" + text if text.lstrip(" \u00a0\u200b\ufeff\u3000").startswith(MARKS) else text
