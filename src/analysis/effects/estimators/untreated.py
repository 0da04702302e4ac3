"""The model of untreated outcomes: unit and period effects and covariates on untreated unit-periods."""

from __future__ import annotations

import numpy as np

from analysis.effects.estimators.fast import Levels
from analysis.effects.panel.design import Design

TOLERANCE = 1e-9


class UntreatedModel:
    """Weighted least squares on untreated unit-periods, reduced to a system with one equation per period.

    Attributes
    ----------
    treated, imputable : (units, periods) arrays of bool
        Treated unit-periods seen; those whose unit and period effects are both known on one scale.
    absorbed : (covariates,) array of bool
        Covariates that unit, period and earlier covariates leave nothing of.
    """

    def __init__(self, design: Design) -> None:
        self.design = design
        after = design.times >= design.starts[:, None]
        self.treated, self.mask = design.seen & after, (design.seen & ~after) * design.weights[:, None]
        counts = self.mask.sum(axis=1)
        self.counts = np.where(counts > 0, counts, 1.0)
        within = self.mask.T @ (self.mask / self.counts[:, None])
        self.inverse = np.linalg.pinv(np.diag(self.mask.sum(axis=0)) - within, TOLERANCE, hermitian=True)
        self.imputable = self.treated & self._linked(within)
        self.outcomes = np.nan_to_num(design.outcomes)
        self.covariates = np.nan_to_num(design.covariates)
        self.beyond = np.stack([x - self._fit(x) for x in self.covariates]) if len(self.covariates) else None
        self.absorbed, self.slopes = self._slopes()

    def _linked(self, within: np.ndarray) -> np.ndarray:
        """Whether a unit and a period are linked by untreated unit-periods, so that their sum is known."""
        from scipy.sparse.csgraph import connected_components

        parts, part = connected_components(within > 0, directed=False)
        of_unit = (self.mask @ (part[:, None] == np.arange(parts))) > 0
        return of_unit[:, part] & (self.mask.sum(axis=0) > 0)

    def _solve(self, by_unit: np.ndarray, by_period: np.ndarray) -> np.ndarray:
        """Return unit plus period effects everywhere, given the sums they must reproduce."""
        period = self.inverse @ (by_period - self.mask.T @ (by_unit / self.counts))
        unit = (by_unit - self.mask @ period) / self.counts
        return unit[:, None] + period

    def _fit(self, values: np.ndarray) -> np.ndarray:
        """Return the fit of unit and period effects to untreated `values`, extended to all unit-periods."""
        untreated = self.mask * values
        return self._solve(untreated.sum(axis=1), untreated.sum(axis=0))

    def _slopes(self) -> tuple[np.ndarray, np.ndarray]:
        if self.beyond is None:
            return np.zeros(0, bool), np.zeros(0)
        rest = (self.beyond * self.mask).reshape(len(self.beyond), -1)
        whole = (self.covariates * self.mask).reshape(len(rest), -1)
        scale = np.abs(whole).max(axis=1)
        upper = np.abs(np.diag(np.linalg.qr((rest / np.where(scale > 0, scale, 1)[:, None]).T, mode="r")))
        absorbed = upper < TOLERANCE * np.sqrt(max(self.mask.sum(), 1))
        if absorbed.any():
            return absorbed, np.zeros(len(rest))
        self.cross = rest @ (self.beyond * (self.mask > 0)).reshape(len(rest), -1).T
        return absorbed, np.linalg.solve(self.cross, rest @ self.outcomes.ravel())

    def effects(self) -> np.ndarray:
        """Return outcomes less imputed untreated outcomes: effects where treated, residuals elsewhere."""
        explained = np.tensordot(self.slopes, self.covariates, 1) if len(self.slopes) else 0.0
        rest = self.outcomes - explained
        return np.where(self.design.seen, rest - self._fit(rest), 0.0)

    def contributions(self, weights: np.ndarray, effects: np.ndarray, expected=None) -> np.ndarray:
        """Return each unit's contribution to the error of the sum of effects times `weights`, one per row.

        Treated effects vary around what is `expected` of them, by default their mean by cohort and period,
        which makes the errors conservative.
        """
        untreated = -self._solve(weights.sum(axis=1), weights.sum(axis=0))
        if self.beyond is not None:
            reach = np.array([(weights * beyond).sum() for beyond in self.beyond])
            untreated = untreated - np.tensordot(np.linalg.solve(self.cross, reach), self.beyond, 1)
        if expected is not None:
            return (untreated * self.mask * effects + weights * (effects - expected)).sum(axis=1)
        on_treated = np.zeros(len(weights))
        levels, level = np.unique(self.design.starts, return_inverse=True)
        for c in range(len(levels)):
            rows = level == c
            square = weights[rows] ** 2
            total = square.sum(axis=0)
            mean = (square * effects[rows]).sum(axis=0) / np.where(total > 0, total, 1)
            on_treated[rows] = (weights[rows] * (effects[rows] - mean)).sum(axis=1)
        return (untreated * self.mask * effects).sum(axis=1) + on_treated

    def contributions_of_levels(self, weights: np.ndarray, effects: np.ndarray, levels: Levels) -> np.ndarray:
        """Return what `contributions` does for K averages at once, in a balanced panel without covariates.

        Parameters
        ----------
        weights : (levels, periods, K) array
            Of one unit of weight 1 of each level in each period.
        """
        first = levels.first
        mask = (self.mask[first] > 0).astype(float)[:, :, None]
        untreated = np.maximum(mask.sum(axis=1), 1)
        by_unit = weights.sum(axis=1) / untreated
        by_period = np.einsum("c,ctk->tk", levels.totals, weights - mask * by_unit[:, None])
        period = self.inverse @ by_period
        known = by_unit - np.einsum("ctk,tk->ck", mask, period) / untreated
        slope = weights - mask * (known[:, None] + period)
        parts = np.empty((len(effects), weights.shape[2]))
        for c, rows in levels:
            own = levels.weights[rows] ** 2
            mean = own @ effects[rows] / own.sum()
            parts[rows] = effects[rows] @ slope[c] - mean @ weights[c]
        return parts * levels.weights[:, None]
