"""Balanced panels without covariates: cohort x period sums are all the estimates and their errors need."""

from __future__ import annotations

from functools import cached_property

import numpy as np

from analysis.effects.estimators.cells import CellEstimates, Cells, sum_by
from analysis.effects.panel.design import Design


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

    def paths(self, weights: np.ndarray) -> np.ndarray:
        """Return the (levels, periods) factors on a unit's outcomes in the sum of cells times `weights`."""
        (n, width), used = self.means.shape, np.flatnonzero(weights)
        slope = (self.slope[:, used] * weights[used]).ravel()
        offset = np.arange(n)[:, None] * width
        total = np.bincount((offset + self.cells.now[used]).ravel(), slope, n * width)
        base = self.cells.base[used]
        known = np.flatnonzero(base >= 0)
        if len(known) < len(base):
            slope, base = slope.reshape(n, -1)[:, known].ravel(), base[known]
        total -= np.bincount((offset + base).ravel(), slope, n * width)
        return total.reshape(n, width)

    @cached_property
    def deviations(self) -> np.ndarray:
        """Each unit's outcomes less its level's means and, so that large levels cost no digits, its own."""
        deviations = self.design.outcomes - self.means[self.level]
        deviations -= deviations.mean(axis=1, keepdims=True)
        return deviations

    def combine(self, weights: np.ndarray, shares: np.ndarray | None = None) -> np.ndarray:
        constant = self.constant @ weights
        if shares is not None:
            constant = constant + shares
        units = constant[self.level]
        if weights.shape[1] == 1:
            units[:, 0] += np.einsum("it,it->i", self.deviations, self.paths(weights[:, 0])[self.level])
        else:
            for c, rows in self.levels:
                units[rows] += self.deviations[rows] @ (self.changes @ (self.slope[c][:, None] * weights))
        if not self.levels.even:
            units *= self.levels.weights[:, None]
        return sum_by(units, self.design.clusters) if self.design.clustered else units

    def squares(self) -> np.ndarray:
        if self.design.clustered:
            return (self.combine(np.eye(len(self.cells))) ** 2).sum(axis=0)
        width, now, base = self.deviations.shape[1], self.cells.now, np.maximum(self.cells.base, 0)
        own = self.deviations * self.levels.weights[:, None] if not self.levels.even else self.deviations
        cross = np.zeros((len(self.levels.counts), width, width))
        for c, rows in self.levels:
            cross[c] = own[rows].T @ own[rows]
        flat, diagonal = cross.reshape(len(cross), -1), np.einsum("ctt->ct", cross).copy()
        spread = flat.take(now * width + base, axis=1)
        spread *= -2.0
        spread += diagonal.take(now, axis=1)
        spread += diagonal.take(base, axis=1)
        total = np.einsum("ck,ck,ck->k", self.slope, self.slope, np.maximum(spread, 0.0, out=spread))
        if self.levels.even:
            return total + self.levels.counts @ self.constant**2
        for c, rows in self.levels:
            weights = self.levels.weights[rows]
            crossed = weights @ own[rows]
            total += (weights**2).sum() * self.constant[c] ** 2
            total += 2 * self.slope[c] * self.constant[c] * (crossed[now] - crossed[base])
        return total


def compare_by_sums(design: Design, cells: Cells) -> CellEstimates:
    """Return what `compare_cell_by_cell` returns, for a balanced panel, from cohort x period means."""
    levels = Levels(design, cells.levels)
    means, totals = levels.means(design.outcomes), levels.totals
    good, at = cells.status == "estimated", np.arange(len(cells))
    change = means.take(cells.now, axis=1) - means.take(np.maximum(cells.base, 0), axis=1)
    pool = (cells.controls.T & good).astype(float)
    total = totals @ pool
    scale = 1.0 / np.where(total > 0, total, 1.0)
    against = (totals @ (pool * change)) * scale
    estimate = np.where(good, change[cells.level, at] - against, np.nan)
    slope = pool * -scale
    change -= against
    constant = slope * change
    slope[cells.level, at] += good / totals[cells.level]
    influence = SumsInfluence(design, cells, slope, constant, means, levels)
    n_treated = np.where(good, levels.counts[cells.level], 0)
    n_controls = total if levels.even else levels.counts @ pool
    return CellEstimates(estimate, n_treated, n_controls.astype(int), cells.status.copy(), influence)
