"""Repeated cross-sections: differences of four means, each over the rows of one cohort or pool and period."""

from __future__ import annotations

import numpy as np

from analysis.effects.estimators.cells import CellEstimates, Cells, sum_by
from analysis.effects.panel.design import Design


class SectionsInfluence:
    """Contributions to the errors of rows seen once: their own deviation times what their mean counts for.

    A row of level c, period t and weight w contributes ``w * (residual * slope[k, c, t] + offset[k, c, t])``
    to cell k: its residual is from the mean of its level and period, and the offset is what that mean differs
    from the mean of the pool.
    """

    def __init__(self, design: Design, place, residuals, slope: np.ndarray, offset: np.ndarray) -> None:
        self.clusters, self.weights, self.place, self.residuals = (
            design.clusters,
            design.weights,
            place,
            residuals,
        )
        self.level = place // len(design.times)
        self.slope, self.offset = slope.reshape(len(slope), -1), offset.reshape(len(slope), -1)

    def combine(self, weights: np.ndarray, shares: np.ndarray | None = None) -> np.ndarray:
        rows = (self.slope.T @ weights)[self.place] * self.residuals[:, None]
        rows += (self.offset.T @ weights)[self.place]
        if shares is not None:
            rows = rows + shares[self.level]
        return sum_by(rows * self.weights[:, None], self.clusters)

    def squares(self) -> np.ndarray:
        return np.array([(self.combine(one[:, None]) ** 2).sum() for one in np.eye(len(self.slope))])


def compare_sections(design: Design, cells: Cells) -> CellEstimates:
    """Return differences of means between cohorts and pools, and between the two periods of each cell.

    Comparison levels are pooled by their rows in each of the two periods, as in R's did with panel = FALSE.
    """
    level, column = np.searchsorted(cells.levels, design.starts), design.seen.argmax(axis=1)
    values = design.outcomes[np.arange(design.n_units), column]
    shape = (len(cells.levels), len(design.times))
    place = level * shape[1] + column
    counts, totals, sums = (np.bincount(place, w, shape[0] * shape[1]).reshape(shape)
                            for w in (None, design.weights, design.weights * values))  # fmt: skip
    means = np.divide(sums, totals, out=np.zeros(shape), where=totals > 0)
    estimate, status = np.full(len(cells), np.nan), cells.status.copy()
    n_treated, n_controls = np.zeros((2, len(cells)), int)
    slope, offset = np.zeros((2, len(cells), *shape))
    for k in np.flatnonzero(cells.status == "estimated"):
        now, base, own = cells.now[k], cells.base[k], np.arange(shape[0]) == cells.level[k]
        pool = cells.controls[k]
        n_treated[k] = min(counts[own, now].sum(), counts[own, base].sum())
        n_controls[k] = min(counts[pool, now].sum(), counts[pool, base].sum())
        if not n_treated[k] or not n_controls[k]:
            status[k] = "no_treated" if not n_treated[k] else "no_comparison"
            continue
        estimate[k] = 0.0
        for group, sign in ((own, 1.0), (pool, -1.0)):
            for t, direction in ((now, sign), (base, -sign)):
                total = totals[group, t].sum()
                mean = sums[group, t].sum() / total
                estimate[k] += direction * mean
                slope[k, group, t] += direction / total
                offset[k, group, t] += direction / total * (means[group, t] - mean)
    influence = SectionsInfluence(design, place, values - means.ravel()[place], slope, offset)
    return CellEstimates(estimate, n_treated, n_controls, status, influence)
