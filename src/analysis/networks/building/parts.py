"""Ties in parts that can be worked on one after the other: memory follows the part, not the study."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from analysis.networks.building.blocks import Dyads, Joins
from analysis.networks.building.layout import DYADIC, GATHERINGS, Layout

if TYPE_CHECKING:
    from analysis.networks.building.ties import Ties

ROWS = 100_000


def split(ties: Ties, rows: int = ROWS) -> Iterator[Ties]:
    """Yield ties of parts of the places, each of whole districts and about `rows` rows or one district.

    A community without a district goes with its street, one without a street alone.
    """
    if len(ties.dyads) + len(ties.joins) <= rows:
        yield ties
        return
    unit = _units(ties)
    size = np.zeros(unit.max() + 1, dtype=np.int64)
    for form, table in ((DYADIC, ties.dyads), (GATHERINGS, ties.joins)):
        community = ties.layout.parts_of(form, table.cells)[0]
        size += np.bincount(unit[community], table.stops - table.starts, len(size)).astype(np.int64)
    part = ((np.cumsum(size) - 1).clip(0) // rows)[unit]
    for number in np.unique(part):
        yield _part(ties, np.flatnonzero(part == number))


def _units(ties: Ties) -> np.ndarray:
    """Return for each community the number of the district, street or lone community it belongs to."""
    unit = np.full(len(ties.layout.communities), -1, dtype=np.int64)
    count = 0
    for level in reversed(ties.layout.places):
        place = ties.layout.place_of[level]
        free = (unit < 0) & (place >= 0)
        unit[free] = count + place[free]
        count += len(ties.layout.places[level])
    return np.unique(unit, return_inverse=True)[1]


def _part(ties: Ties, chosen: np.ndarray) -> Ties:
    position = np.full(len(ties.layout.communities), -1, dtype=np.int64)
    position[chosen] = np.arange(len(chosen))
    tables = [
        _take(table, ties.layout, form, position)
        for form, table in ((DYADIC, ties.dyads), (GATHERINGS, ties.joins))
    ]
    return replace(ties, layout=ties.layout.part(chosen), dyads=tables[0], joins=tables[1])


def _take(table: Dyads | Joins, layout: Layout, form: str, position: np.ndarray) -> Dyads | Joins:
    community, period, kind = layout.parts_of(form, table.cells)
    inside = position[community] >= 0
    cells = layout.cell(form, position[community], period, kind)[inside]
    end = table.end[inside] if len(table.end) else table.end
    return replace(table, cells=cells, starts=table.starts[inside], stops=table.stops[inside], end=end)
