"""Ties in parts that can be worked on one after the other: memory follows the part, not the study."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from analysis.networks.blocks import Dyads, Joins
from analysis.networks.layout import DYADIC, FORMS, GATHERINGS

if TYPE_CHECKING:
    from analysis.networks.ties import Ties

ROWS = 100_000


def split(ties: Ties, rows: int = ROWS) -> Iterator[Ties]:
    """Yield ties of parts of the places, each of whole districts and about `rows` rows or one district.

    A community without a district goes with its street, one without a street alone.
    """
    if len(ties.dyads.cell) + len(ties.joins.cell) <= rows:
        yield ties
        return
    unit = _units(ties)
    size = np.zeros(unit.max() + 1, dtype=np.int64)
    community = {form: _community(ties, form) for form in FORMS}
    for form in FORMS:
        size += np.bincount(unit[community[form]], minlength=len(size))
    part = ((np.cumsum(size) - 1).clip(0) // rows)[unit]
    orders = {form: np.argsort(part[codes], kind="stable") for form, codes in community.items()}
    for number in np.unique(part):
        chosen = np.flatnonzero(part == number)
        position = np.full(len(part), -1, dtype=np.int64)
        position[chosen] = np.arange(len(chosen))
        yield _part(ties, chosen, position, {f: _slice(part[community[f]], orders[f], number) for f in FORMS})


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


def _community(ties: Ties, form: str) -> np.ndarray:
    rows = ties.dyads if form == DYADIC else ties.joins
    return rows.cell // (ties.layout.n_cells(form) // max(len(ties.layout.communities), 1))


def _slice(part: np.ndarray, order: np.ndarray, number: int) -> np.ndarray:
    bounds = np.searchsorted(part, [number, number + 1], sorter=order)
    return order[bounds[0] : bounds[1]]


def _part(ties: Ties, chosen: np.ndarray, position: np.ndarray, rows: dict[str, np.ndarray]) -> Ties:
    cells = {}
    for form, taken in ((DYADIC, ties.dyads), (GATHERINGS, ties.joins)):
        each = ties.layout.n_cells(form) // len(ties.layout.communities)
        cell = taken.cell[rows[form]]
        cells[form] = (position[cell // each] * each + cell % each).astype(np.int32)
    dyads, joins, d, g = ties.dyads, ties.joins, rows[DYADIC], rows[GATHERINGS]
    return replace(
        ties,
        layout=ties.layout.part(chosen),
        dyads=Dyads(dyads.person[d], dyads.other[d], cells[DYADIC], dyads.acts[d], dyads.n_persons),
        joins=Joins(
            joins.gathering[g], joins.person[g], cells[GATHERINGS], joins.n_persons, joins.n_gatherings
        ),
    )
