"""Outcomes of every community, street and district, pooled from where they were measured."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.tables.measures import Grid
from analysis.tables.periods import FREQUENCIES


def outcome_measures(study) -> pd.DataFrame:
    """Return the outcomes of every community, street and district, by period and over all.

    Parameters
    ----------
    study : Study

    Returns
    -------
    DataFrame
        place_id, period, measure, value, n, std_error. A place's own row is its value; where a place has
        none, the value is the mean over the rows of the places it holds, weighted by their n if all rows of
        the measure state it, and equally otherwise. n is the sum of the stated n, or else the number of
        rows. std_error is NaN: how each value was measured is not known.
    """
    outcomes = study.outcomes[study.outcomes["period"].isin(study.periods)]
    grid = Grid(study)
    levels = study.tree.table["kind"].reindex(grid.places)
    results = {}
    for measure, rows in outcomes.groupby("measure", sort=True):
        stated = rows["n"].notna().all() and (rows["n"] > 0).all()
        weight = rows["n"].to_numpy(float, na_value=1) if stated else np.ones(len(rows))
        starts = pd.PeriodIndex(rows["period"], freq=FREQUENCIES[study.period]).to_timestamp().to_series()
        found, cells = grid.cells(rows["place_id"], starts.reset_index(drop=True))
        lodged = rows["place_id"].map(study.tree.table["kind"]).to_numpy()[found]
        own = lodged == levels.to_numpy()[cells // len(grid.periods)]
        value, n = _weighted(found, cells, rows["value"].to_numpy(), weight, grid.size)
        own_value, own_n = _weighted(found[own], cells[own], rows["value"].to_numpy(), weight, grid.size)
        value, n = np.where(own_n > 0, own_value, value), np.where(own_n > 0, own_n, n)
        results[measure] = (value, n.round().astype("int64"), np.full(grid.size, np.nan))
    return grid.frame(results)


def _weighted(rows, cells, values, weight, size) -> tuple[np.ndarray, np.ndarray]:
    n = np.bincount(cells, weights=weight[rows], minlength=size)
    with np.errstate(invalid="ignore", divide="ignore"):  # 0 / 0 is the NaN of an empty cell
        return np.bincount(cells, weights=(weight * values)[rows], minlength=size) / n, n
