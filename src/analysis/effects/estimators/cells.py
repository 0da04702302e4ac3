"""Which comparison identifies which cohort-period, and the unconditional estimates of all of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.effects.panel.design import Design


@dataclass(frozen=True)
class Cells:
    """The cohort-periods (g, t) of a design, each with its comparison; all arrays have one entry per cell.

    Attributes
    ----------
    cohort, period : array of float
        Positions of g and t.
    now, base : array of int
        Columns of t and of the comparison period; base is -1 where there is none.
    levels : (levels,) array
        The distinct starts of the design's units, +inf last where any.
    level : array of int
        Index of g in `levels`.
    controls : (cells, levels) array of bool
        Starts whose units serve as comparisons.
    status : array of str
        Keys of `results.STATUS`; "estimated" until the data say otherwise.
    """

    cohort: np.ndarray
    period: np.ndarray
    now: np.ndarray
    base: np.ndarray
    levels: np.ndarray
    level: np.ndarray
    controls: np.ndarray
    status: np.ndarray

    @property
    def event_time(self) -> np.ndarray:
        return (self.period - self.cohort).astype(int)

    @property
    def post(self) -> np.ndarray:
        return self.period >= self.cohort

    def __len__(self) -> int:
        return len(self.cohort)


def plan_cells(
    design: Design, control_group: str, anticipation: int = 0, base_period: str = "varying"
) -> Cells:
    """Return the cells of every cohort: from the second period on ("varying") or all periods ("universal").

    From adoption on, the comparison period is the last one before adoption less `anticipation`. Before
    adoption it is the preceding period ("varying") or that same one ("universal"), as in R's did.
    """
    times, levels = design.times, np.unique(design.starts)
    first = 0 if base_period == "universal" else 1
    cohort = np.repeat(design.cohorts, len(times) - first)
    now = np.tile(np.arange(first, len(times)), len(design.cohorts))
    base = np.searchsorted(times, cohort - anticipation) - 1
    if base_period == "varying":
        base = np.where(times[now] < cohort, now - 1, base)
    period = times[now]
    latest = np.maximum(period, times[np.maximum(base, 0)])
    beyond = latest if control_group == "not_yet_treated" else np.full(len(cohort), times[-1])
    controls = levels > beyond[:, None] + anticipation
    controls &= levels != cohort[:, None]
    status = np.full(len(cohort), "estimated", dtype=object)
    status[~controls.any(axis=1)] = "no_comparison"
    status[now == base] = "reference"
    status[base < 0] = "no_base_period"
    return Cells(cohort, period, now, base, levels, np.searchsorted(levels, cohort), controls, status)


@dataclass(frozen=True)
class CellEstimates:
    """Estimates of all cells with what every unit contributes to their errors.

    Attributes
    ----------
    estimate : (cells,) array
        NaN where not identified.
    n_treated, n_controls : (cells,) arrays of int
        Units compared.
    status : (cells,) array of str
    influence : object with ``combine(weights, shares)`` and ``squares()``
        The first returns the (clusters, K) contributions to the errors of K weighted sums of the cells;
        `weights` is (cells, K) and `shares` (levels, K) what each unit of a level (of weight 1) adds through
        the weights themselves. The second returns each cell's sum of squared contributions.
    """

    estimate: np.ndarray
    n_treated: np.ndarray
    n_controls: np.ndarray
    status: np.ndarray
    influence: object


class DenseInfluence:
    """One column of unit contributions per cell: for unbalanced panels and adjusted estimates."""

    def __init__(self, columns: np.ndarray, levels: np.ndarray, clusters: np.ndarray, weights=None) -> None:
        self.columns, self.levels, self.clusters, self.weights = columns, levels, clusters, weights

    def combine(self, weights: np.ndarray, shares: np.ndarray | None = None) -> np.ndarray:
        units = self.columns @ weights
        if shares is not None:
            units += shares[self.levels] * (1.0 if self.weights is None else self.weights[:, None])
        return sum_by(units, self.clusters)

    def squares(self) -> np.ndarray:
        return (sum_by(self.columns, self.clusters) ** 2).sum(axis=0)


def compare_cell_by_cell(design: Design, cells: Cells) -> CellEstimates:
    """Return difference-in-differences of means, each cell on the units seen in both of its periods."""
    level = np.searchsorted(cells.levels, design.starts)
    columns = np.zeros((design.n_units, len(cells)))
    estimate = np.full(len(cells), np.nan)
    n_treated, n_controls = np.zeros((2, len(cells)), int)
    status = cells.status.copy()
    for k in np.flatnonzero(cells.status == "estimated"):
        change = design.outcomes[:, cells.now[k]] - design.outcomes[:, cells.base[k]]
        both = np.isfinite(change)
        treated, control = both & (level == cells.level[k]), both & cells.controls[k][level]
        n_treated[k], n_controls[k] = treated.sum(), control.sum()
        if not n_treated[k] or not n_controls[k]:
            status[k] = "no_treated" if not n_treated[k] else "no_comparison"
            continue
        for sign, group in ((1.0, treated), (-1.0, control)):
            share = design.weights[group] / design.weights[group].sum()
            mean = share @ change[group]
            estimate[k] = np.nan_to_num(estimate[k]) + sign * mean
            columns[group, k] = sign * share * (change[group] - mean)
    influence = DenseInfluence(columns, level, design.clusters, design.weights)
    return CellEstimates(estimate, n_treated, n_controls, status, influence)


def cell_sizes(design: Design, cells: Cells) -> np.ndarray:
    """Return the weight of the units seen in each cell."""
    level = np.arange(len(cells.levels))[:, None] == np.searchsorted(cells.levels, design.starts)
    return ((level * design.weights) @ design.seen)[cells.level, cells.now]


def sum_by(rows: np.ndarray, groups: np.ndarray) -> np.ndarray:
    """Return the sums of `rows` within `groups`, in the order of the sorted groups."""
    order = np.argsort(groups, kind="stable")
    begins = np.flatnonzero(np.diff(groups[order], prepend=groups[order[0]] - 1))
    if len(begins) == len(groups):
        return rows
    return np.add.reduceat(rows[order], begins, axis=0)
