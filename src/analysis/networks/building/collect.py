"""From coded acts to rows in the order of their cells, which networks are woven from."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.networks.building import blocks
from analysis.networks.building.acts import Acts, period_ends
from analysis.networks.building.layout import DYADIC, GATHERINGS, MOST_CELLS, Layout
from analysis.networks.building.rule import TieRule
from analysis.networks.kernels.engine import builders


def collect_rows(
    acts: Acts, dyadic: np.ndarray, layout: Layout, rule: TieRule
) -> tuple[blocks.Dyads, blocks.Joins]:
    """Return the acts between two people and the joins of gatherings, in the order of their cells."""
    community = layout.communities.get_indexer(acts.communities)
    persons = max(len(acts.persons), 1)
    sorted_rows = {}
    joined = np.flatnonzero(~dyadic)
    if rule.half_life:  # of the joins of one person, the latest is kept
        joined = joined[np.argsort(-acts.days[joined], kind="stable")]
    for form, rows in ((DYADIC, np.flatnonzero(dyadic)), (GATHERINGS, joined)):
        kind = pd.Index(layout.kinds[form]).get_indexer(acts.kinds) if len(rows) else np.zeros(0, int)
        small = np.int32 if layout.n_cells(form) < MOST_CELLS else np.int64
        cell = layout.cell(
            form,
            community.astype(small)[acts.community[rows]],
            acts.period[rows],
            kind.astype(small)[acts.kind[rows]],
        )
        order, cells, starts, stops = blocks.sort_cells(cell, layout.n_cells(form))
        sorted_rows[form] = rows if order is None else rows[order], cells, starts, stops
    rows, *at = sorted_rows[DYADIC]
    end, weight = _ages(acts, rows, at, layout, rule, DYADIC)
    dyads = blocks.Dyads(*at, end, weight, persons, acts.source[rows], acts.target[rows])
    rows, cells, starts, stops = sorted_rows[GATHERINGS]
    gathering, number = _number_gatherings(acts, rows)
    keep, starts, stops = builders().first_joins(starts, stops, gathering, acts.source[rows], number, persons)
    if len(keep) < len(rows):
        rows, gathering = rows[keep], gathering[keep]
    at = cells, starts, stops
    end, weight = _ages(acts, rows, at, layout, rule, GATHERINGS)
    return dyads, blocks.Joins(*at, end, weight, persons, gathering, acts.source[rows], number)


def _number_gatherings(acts: Acts, rows: np.ndarray) -> tuple[np.ndarray, int]:
    """Number the gatherings told apart by kind and identifier; some numbers may not be used."""
    kind, gathering = acts.kind[rows], acts.gathering[rows]
    seen = np.flatnonzero(np.bincount(kind, minlength=1))
    place = np.zeros(len(acts.kinds) + 1, dtype=np.int32)
    place[seen] = np.arange(len(seen))
    most = int(gathering.max(initial=0)) + 1
    if len(seen) * most < 4 * len(rows) + 1024:
        return gathering + place[kind] * np.int32(most), max(len(seen) * most, 1)
    codes, found = pd.factorize(gathering.astype(np.int64) * len(seen) + place[kind])
    return codes.astype(np.int32), max(len(found), 1)


def _ages(acts: Acts, rows: np.ndarray, at, layout: Layout, rule: TieRule, form: str):
    """Return the end of each cell's period and the weight of each row there; empty without a half-life."""
    if not rule.half_life or not len(rows):
        return np.zeros(0), np.zeros(0)
    cells, starts, stops = at
    if layout.periods:
        ends = period_ends(acts.first_period, acts.n_periods, rule.period)
    else:
        ends = period_ends(acts.last_month, 1, "month")
    end = ends[layout.parts_of(form, cells)[1]]
    age = np.repeat(end, stops - starts) - acts.days[rows]
    return end, np.exp2(-age / rule.half_life)


def count_lonely(joins: blocks.Joins) -> int:
    """Return the number of gatherings that one person alone joined."""
    first = np.full(joins.n_gatherings, -1, dtype=np.int32)
    first[joins.gathering[::-1]] = joins.person[::-1]
    several = np.zeros(joins.n_gatherings, dtype=bool)
    several[joins.gathering[joins.person != first[joins.gathering]]] = True
    return int(((first >= 0) & ~several).sum())
