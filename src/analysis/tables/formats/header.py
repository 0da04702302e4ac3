"""Where the names of the columns stand: under a title, in one row or in two."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence

from analysis.tables.keys import HEADER_WITHIN as LOOKED_AT

__all__ = ["LOOKED_AT", "compose", "find_header", "spread"]
NUMERIC = re.compile(r"[\d\s.,:/%+-]*\d[\d\s.,:/%+-]*")

Range = tuple[tuple[int, int], tuple[int, int]]  # first and last (row, column) of merged cells, from 0


def find_header(
    rows: Sequence[Sequence[str]], known: Callable[[str], bool], merged: Sequence[Range] = ()
) -> tuple[int, ...]:
    """Return the rows (from 0) that hold the names of the columns.

    Parameters
    ----------
    rows : sequence of sequences of str
        The first rows of the table, cells as text.
    known : callable
        Whether a text is the name of a column that is looked for.
    merged : sequence of ((row, column), (row, column))
        First and last cell of merged areas, from 0.
    """
    filled = [sum(bool(cell) for cell in row) for row in rows]
    if not any(filled):
        return ()
    score = [sum(known(cell) for cell in row if cell) for row in rows]
    if max(score) > 0:
        row = score.index(max(score))
    else:
        row = next(n for n, count in enumerate(filled) if count)
        if filled[row] * 2 <= max(filled):  # a title: fewer cells than half of the widest row
            row = next(n for n, count in enumerate(filled) if count >= 0.8 * max(filled))
    return _with_neighbours(rows, row, merged)


def compose(rows: Sequence[Sequence[str]], header: Sequence[int], merged: Sequence[Range] = ()) -> list[str]:
    """Return one name per column: of several rows the lowest, with the one above where it is not alone."""
    width = max((len(row) for row in rows), default=0)
    lines = [[*rows[n], *[""] * (width - len(rows[n]))] for n in header]
    filled = [spread(line, n, merged) for line, n in zip(lines, header, strict=True)]
    if len(filled) > 1 and not merged:  # a text export of merged cells: the name stands in the first of them
        filled[0] = [
            cell or (next((c for c in filled[0][:place][::-1] if c), "") if filled[-1][place] else "")
            for place, cell in enumerate(filled[0])
        ]
    parts = [list(dict.fromkeys(cell for cell in column if cell)) for column in zip(*filled, strict=True)]
    last = [part[-1] if part else "" for part in parts]
    times = Counter(last)
    return [
        " ".join(part) if name and times[name] > 1 else name for part, name in zip(parts, last, strict=True)
    ]


def spread(line: list, row: int, merged: Sequence[Range]) -> list:
    """Return a row with the value of merged cells in each of them, where they lie side by side."""
    full = list(line)
    for (top, left), (bottom, right) in merged:
        if top <= row <= bottom and row == top:
            full[left : right + 1] = [line[left]] * (min(right + 1, len(line)) - left)
    return full


def _with_neighbours(rows, row: int, merged: Sequence[Range]) -> tuple[int, ...]:
    down = [(a[0], b[0]) for a, b in merged if a[0] <= row <= b[0] and b[0] > a[0]]
    if down:
        return tuple(range(min(a for a, _ in down), max(b for _, b in down) + 1))
    width = max(len(r) for r in rows)
    across = {a[0] for a, b in merged if a[0] == b[0] and 0 < b[1] - a[1] < width - 1}
    if row in across and row + 1 < len(rows) and _only_words(rows[row + 1]):
        return row, row + 1
    if row - 1 in across and sum(map(bool, rows[row - 1])) > 1:
        return row - 1, row
    if row + 1 < len(rows) and _complete(rows[row], rows[row + 1]):
        return row, row + 1
    if row and _complete(rows[row - 1], rows[row]):
        return row - 1, row
    return (row,)


def _complete(above: Sequence[str], below: Sequence[str]) -> bool:
    """Whether a row of words fills every gap of the one above and has gaps of its own under its names."""
    if len(above) != len(below) or not _only_words(below):
        return False
    gaps = [place for place, cell in enumerate(above) if not cell]
    open_below = any(above[place] and not below[place] for place in range(len(above)))
    return bool(gaps) and bool(above[0]) and open_below and all(below[place] for place in gaps)


def _only_words(row: Sequence[str]) -> bool:
    return any(row) and not any(NUMERIC.fullmatch(cell) for cell in row if cell)
