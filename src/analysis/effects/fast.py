"""Balanced panels without covariates: cohort x period sums are all the estimates and their errors need."""

from __future__ import annotations

from functools import cached_property

import numpy as np

from analysis.effects.cells import CellEstimates, Cells, sum_by
from analysis.effects.design import Design


class Levels:
    """Units by level, so that sums over the units of a level run over memory once.

    Attributes
    ----------
    code : (units,) array of int
        Each unit's level.
    order : (units,) array of int or None
        Units by level; None if they come in that order.
    weights : (units,) array
    counts, totals : (levels,) arrays
        Units, and the sum of their weights.
    """

    def __init__(self, design: Design, levels: np.ndarray) -> None:
        self.code = np.searchsorted(levels, design.starts)
        self.counts = np.bincount(self.code, minlength=len(levels))
        self.begins = np.concatenate([[0], np.cumsum(self.counts)])
        sorted_already = (np.diff(self.code) >= 0).all()
        self.order = None if sorted_already else np.argsort(self.code, kind="stable")
        self.weights, self.even = design.weights, bool((design.weights == 1).all())
        self.totals = self.counts.astype(float)
        if not self.even:
            self.totals = np.bincount(self.code, design.weights, len(levels))

    def __iter__(self):
        """Yield each level with the positions of its units: a slice if they come sorted."""
        for c, (begin, end) in enumerate(zip(self.begins[:-1], self.begins[1:], strict=True)):
            if end > begin:
                yield c, slice(begin, end) if self.order is None else self.order[begin:end]

    @property
    def first(self) -> np.ndarray:
        """The first unit of each level; every level has one."""
        return self.begins[:-1] if self.order is None else self.order[self.begins[:-1]]

    def means(self, outcomes: np.ndarray) -> np.ndarray:
        """Return the (levels, periods) weighted means."""
        means = np.full((len(self.counts), outcomes.shape[1]), np.nan)
        for c, rows in self:
            means[c] = self.weights[rows] @ outcomes[rows] / self.totals[c]
        return means


class SumsInfluence:
    """Contributions to the errors as an affine function of each unit's deviations from its cohort's path.

    A unit i of level c and weight w contributes ``w * ((D[i, now] - D[i, base]) * slope[c, k] +
    constant[c, k])`` to cell k, with D its outcomes less the cohort means; so weighted sums of cells cost
    units x periods, not units x cells.
    """

    def __init__(self, design: Design, cells: Cells, slope, constant, means, levels: Levels) -> None:
        self.design, self.cells, self.slope, self.constant = design, cells, slope, constant
        self.means, self.levels = means, levels

    @property
    def level(self) -> np.ndarray:
        return self.levels.code

    @cached_property
    def changes(self):
        """The sparse (periods, cells) array that turns outcomes into the change each cell looks at."""
        from scipy.sparse import csr_array

        now, base, at = self.cells.now, self.cells.base, np.arange(len(self.cells))
        seen = np.flatnonzero(base >= 0)
        signs = np.concatenate([np.ones(len(at)), -np.ones(len(seen))])
        places = np.concatenate([now, base[seen]]), np.concatenate([at, seen])
        return csr_array((signs, places), shape=(len(self.design.times), len(at)))

    def _deviations(self, c: int, rows) -> np.ndarray:
        # less each unit's own level, which cancels from all changes, so that large levels cost no digits
        deviations = self.design.outcomes[rows] - self.means[c]
        deviations -= deviations.mean(axis=1, keepdims=True)
        return deviations

    def combine(self, weights: np.ndarray, shares: np.ndarray | None = None) -> np.ndarray:
        constant = self.constant @ weights
        if shares is not None:
            constant = constant + shares
        units, changes = np.empty((self.design.n_units, weights.shape[1])), self.changes
        for c, rows in self.levels:
            units[rows] = self._deviations(c, rows) @ (changes @ (self.slope[c][:, None] * weights))
            units[rows] += constant[c]
        if not self.levels.even:
            units *= self.levels.weights[:, None]
        return sum_by(units, self.design.clusters) if self.design.clustered else units

    def squares(self) -> np.ndarray:
        if self.design.clustered:
            return (self.combine(np.eye(len(self.cells))) ** 2).sum(axis=0)
        total, now, base = np.zeros(len(self.cells)), self.cells.now, self.cells.base
        for c, rows in self.levels:
            deviations, squared = self._deviations(c, rows), self.levels.counts[c]
            if not self.levels.even:
                own = self.levels.weights[rows]
                deviations, squared = deviations * own[:, None], (own**2).sum()
            cross = deviations.T @ deviations
            flat, width, diagonal = cross.ravel(), len(cross), cross.diagonal()
            spread = diagonal[now] + diagonal[base] - 2 * flat[now * width + base]
            total += self.slope[c] ** 2 * np.maximum(spread, 0) + squared * self.constant[c] ** 2
            if not self.levels.even:
                crossed = own @ deviations
                total += 2 * self.slope[c] * self.constant[c] * (crossed[now] - crossed[base])
        return total


def compare_by_sums(design: Design, cells: Cells) -> CellEstimates:
    """Return what `compare_cell_by_cell` returns, for a balanced panel, from cohort x period means."""
    levels = Levels(design, cells.levels)
    means, totals = levels.means(design.outcomes), levels.totals
    good = cells.status == "estimated"
    change = means[:, cells.now] - means[:, np.maximum(cells.base, 0)]
    pool = cells.controls.T & good
    at = np.arange(len(cells))
    against_total = totals @ pool
    share = pool * (totals[:, None] / np.where(against_total > 0, against_total, 1.0))
    against = np.einsum("ck,ck->k", share, change)
    estimate = np.where(good, change[cells.level, at] - against, np.nan)
    slope = -share / totals[:, None]
    constant = slope * (change - against)
    slope[cells.level, at] += good / totals[cells.level]
    influence = SumsInfluence(design, cells, slope, constant, means, levels)
    n_treated = np.where(good, levels.counts[cells.level], 0)
    return CellEstimates(estimate, n_treated, levels.counts @ pool, cells.status.copy(), influence)
