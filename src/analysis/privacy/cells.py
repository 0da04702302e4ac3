"""Text in files that spreadsheets open: no cell is taken for a formula."""

from __future__ import annotations

import pandas as pd

from analysis.files import harmless


def neutralise(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a frame in which no text, column name included, is taken for a formula by a spreadsheet.

    See `analysis.files.harmless`. Numbers are left as they are, negative ones too.
    """
    found = frame.rename(columns={name: harmless(name) for name in frame.columns if isinstance(name, str)})
    for name in found.columns:
        values = found[name]
        if values.dtype == object or isinstance(values.dtype, pd.StringDtype | pd.CategoricalDtype):
            found[name] = values.map(harmless)
    return found
