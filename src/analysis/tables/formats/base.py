"""What every kind of source gives: the names of its columns, and the rows of those that are asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pandas as pd

SPLIT = "wrong_number_of_fields"


@dataclass(frozen=True)
class Content:
    """Rows as they stand in the source.

    Attributes
    ----------
    frame : DataFrame
        One column per position asked for, named by it; the index is the row as the source counts it.
    broken : list of int
        Rows that could not be taken apart.
    rule : str
        Name of the rule that broken rows break.
    """

    frame: pd.DataFrame
    broken: list[int] = field(default_factory=list)
    rule: str = SPLIT


@dataclass(frozen=True)
class Opened:
    """A table that was found and looked at, but not read.

    Attributes
    ----------
    header : list of str
        Names of the columns, in order.
    read : callable
        (positions, limit) -> Content: the columns at these positions, all rows or the first `limit`.
    header_rows : tuple of int
        Rows of the file that hold the names, as a spreadsheet counts them; empty where names stand apart.
    encoding, separator : str or None
        Of text files.
    stream : callable or None
        (positions, rows) -> Contents, one after the other, each of about so many rows: what `read` gives, for
        tables larger than memory. None: the source holds no more than fits.
    first : int
        Number of the first row under the header, as the source counts rows.
    """

    header: list[str]
    read: Callable[[list[int], int | None], Content]
    header_rows: tuple[int, ...] = ()
    encoding: str | None = None
    separator: str | None = None
    stream: Callable[[list[int], int], Iterator[Content]] | None = None
    first: int = 1
