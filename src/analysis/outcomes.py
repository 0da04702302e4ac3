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
        rows. std_error is that of this mean where every row in it states its own, else NaN.

    Notes
    -----
    Rows count as independent samples. Where the same people are asked in every period, the error of a mean
    over periods, or of a change between them, is another: leave the column std_error out then.
    """
    outcomes = study.outcomes[study.outcomes["period"].isin(study.periods)]
    grid = Grid(study)
    levels = study.tree.table["kind"].reindex(grid.places)
    results = {}
    for measure, rows in outcomes.groupby("measure", sort=True):
        counted = rows["n"].notna().all() and (rows["n"] > 0).all()
        weight = rows["n"].to_numpy(float, na_value=1) if counted else np.ones(len(rows))
        starts = pd.PeriodIndex(rows["period"], freq=FREQUENCIES[study.period]).to_timestamp().to_series()
        found, cells = grid.cells(rows["place_id"], starts.reset_index(drop=True))
        lodged = rows["place_id"].map(study.tree.table["kind"]).to_numpy()[found]
        own = lodged == levels.to_numpy()[cells // len(grid.periods)]
        stated = rows["value"].to_numpy(), rows["std_error"].to_numpy(), weight
        below = _weighted(found, cells, *stated, grid.size)
        alone = _weighted(found[own], cells[own], *stated, grid.size)
        value, error, n = (np.where(alone[-1] > 0, *pair) for pair in zip(alone, below, strict=True))
        results[measure] = (value, n.round().astype("int64"), error)
    return grid.frame(results)


def _weighted(rows, cells, values, errors, weight, size) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the weighted mean per cell, its standard error and the sum of the weights."""
    n = np.bincount(cells, weights=weight[rows], minlength=size)
    with np.errstate(invalid="ignore", divide="ignore"):  # 0 / 0 is the NaN of an empty cell
        mean = np.bincount(cells, weights=(weight * values)[rows], minlength=size) / n
        error = np.sqrt(np.bincount(cells, weights=((weight * errors) ** 2)[rows], minlength=size)) / n
    return mean, error, n
