"""Balanced panels without covariates: cohort x period sums are all the estimates and their errors need."""

from __future__ import annotations

import numpy as np

from analysis.effects.cells import CellEstimates, Cells, sum_by
from analysis.effects.design import Design


class SumsInfluence:
    """Contributions to the errors as an affine function of each unit's deviations from its cohort's path.

    A unit i of level c contributes ``(D[i, now] - D[i, base]) * slope[c, k] + constant[c, k]`` to cell k,
    with D its outcomes less the cohort means; so weighted sums of cells cost units x periods, not units x
    cells.
    """

    def __init__(self, design: Design, cells: Cells, slope: np.ndarray, constant: np.ndarray, means) -> None:
        self.cells, self.slope, self.constant = cells, slope, constant
        self.level, self.clusters = np.searchsorted(cells.levels, design.starts), design.clusters
        # less each unit's own level, which cancels from all changes, so that large levels cost no digits
        deviations = design.outcomes - means[self.level]
        self.deviations = deviations - deviations.mean(axis=1, keepdims=True)
        periods = np.arange(len(design.times))[:, None]
        self.changes = (periods == cells.now).astype(float) - (periods == cells.base)

    def combine(self, weights: np.ndarray, shares: np.ndarray | None = None) -> np.ndarray:
        constant = self.constant @ weights
        if shares is not None:
            constant = constant + shares
        units = constant[self.level]
        for c in range(len(self.cells.levels)):
            rows = np.flatnonzero(self.level == c)
            units[rows] += self.deviations[rows] @ (self.changes @ (self.slope[c][:, None] * weights))
        return sum_by(units, self.clusters)

    def squares(self) -> np.ndarray:
        if len(np.unique(self.clusters)) < len(self.clusters):
            return (self.combine(np.eye(len(self.cells))) ** 2).sum(axis=0)
        total, now, base = np.zeros(len(self.cells)), self.cells.now, self.cells.base
        for c in range(len(self.cells.levels)):
            deviations = self.deviations[self.level == c]
            cross = deviations.T @ deviations
            spread = cross[now, now] + cross[base, base] - 2 * cross[now, base]
            total += self.slope[c] ** 2 * np.maximum(spread, 0) + len(deviations) * self.constant[c] ** 2
        return total


def compare_by_sums(design: Design, cells: Cells) -> CellEstimates:
    """Return what `compare_cell_by_cell` returns, for a balanced panel, from cohort x period means."""
    level = np.searchsorted(cells.levels, design.starts)
    counts = np.bincount(level, minlength=len(cells.levels)).astype(float)
    member = (np.arange(len(counts))[:, None] == level).astype(float)
    means = (member @ design.outcomes) / counts[:, None]
    good = cells.status == "estimated"
    change = means[:, cells.now] - means[:, np.maximum(cells.base, 0)]
    own = np.zeros((len(counts), len(cells)))
    own[cells.level, np.arange(len(cells))] = good
    pool = cells.controls.T * good
    n_controls = counts @ pool
    with np.errstate(invalid="ignore", divide="ignore"):
        against = (counts[:, None] * pool * change).sum(axis=0) / n_controls
        estimate = np.where(good, (own * change).sum(axis=0) - against, np.nan)
        slope = own / counts[:, None] - np.where(good, pool / n_controls, 0.0)
        constant = np.where(pool > 0, -(change - against) / n_controls, 0.0)
    influence = SumsInfluence(design, cells, slope, constant, means)
    n_treated = np.where(good, counts[cells.level], 0).astype(int)
    return CellEstimates(estimate, n_treated, n_controls.astype(int), cells.status.copy(), influence)
