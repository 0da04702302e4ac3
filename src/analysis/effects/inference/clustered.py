"""Inference on one coefficient from sums by cluster: CRV1, CRV3 and the restricted wild bootstrap."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

WEBB = np.sqrt([0.5, 1.0, 1.5])
FEW_FOR_SIGNS = 12  # below it, plus and minus one give too few different draws


@dataclass(frozen=True)
class ClusterSums:
    """A regression of an outcome on treatment (first column) and other columns, unit effects taken out.

    Units lie within clusters, so unit effects are taken out once and for all; period effects are columns.

    Attributes
    ----------
    outcome : (rows,) array
    columns : (rows, K) array
    clusters : (rows,) array of int
    """

    outcome: np.ndarray
    columns: np.ndarray
    clusters: np.ndarray

    @classmethod
    def read(cls, frame: pd.DataFrame, names: list[str]) -> ClusterSums:
        """Return the regression of y on `names` with effects of u and t, weighted by w if there is one."""
        periods = pd.get_dummies(frame["t"], drop_first=True, dtype=float)
        wide = np.column_stack([frame["y"], frame[names], periods])
        weight = frame["w"].to_numpy() if "w" in frame else np.ones(len(frame))
        units, codes = np.unique(frame["u"].to_numpy(), return_inverse=True)
        totals = np.array([np.bincount(codes, weight * column, len(units)) for column in wide.T]).T
        wide = (wide - (totals / np.bincount(codes, weight)[:, None])[codes]) * np.sqrt(weight)[:, None]
        return cls(wide[:, 0], wide[:, 1:], np.unique(frame["c"], return_inverse=True)[1])

    @property
    def n_clusters(self) -> int:
        return int(self.clusters.max()) + 1

    def coefficients_without(self) -> np.ndarray:
        """Return the treatment coefficient with each cluster left out; NaN where it is not identified."""
        whole, target = self.columns.T @ self.columns, self.columns.T @ self.outcome
        first, found = np.eye(len(whole))[0], []
        order = np.argsort(self.clusters, kind="stable")
        for rows in np.split(order, np.flatnonzero(np.diff(self.clusters[order])) + 1):
            own = self.columns[rows]
            rest = whole - own.T @ own
            inverse = np.linalg.pinv(rest, rcond=1e-10, hermitian=True)
            identified = np.abs(rest @ (inverse @ first) - first).max() < 1e-6
            found.append(inverse[0] @ (target - own.T @ self.outcome[rows]) if identified else np.nan)
        return np.array(found)

    def crv3(self, estimate: float) -> float:
        """Return the jackknife standard error, around the full estimate."""
        left_out = self.coefficients_without()
        return float(np.sqrt((1 - 1 / self.n_clusters) * ((left_out - estimate) ** 2).sum()))

    def bootstrap(self, n_boot: int, seed: int) -> WildBootstrap:
        """Return all that wild bootstrap tests of any value of the coefficient need."""
        treatment, others = self.columns[:, 0], self.columns[:, 1:]
        outcome_left = self.outcome - _fit(others, self.outcome)
        treatment_left = treatment - _fit(others, treatment)
        inverse = np.linalg.pinv(self.columns.T @ self.columns, hermitian=True)
        along = self._by_cluster(self.columns * treatment_left[:, None])
        return WildBootstrap(
            y=self._by_cluster(self.columns * outcome_left[:, None]),
            d=self._by_cluster(self.columns * treatment_left[:, None]),
            y_score=self._by_cluster((treatment_left * outcome_left)[:, None])[:, 0],
            d_score=self._by_cluster((treatment_left**2)[:, None])[:, 0],
            spread=along @ inverse,
            multipliers=_multipliers(self.n_clusters, n_boot, np.random.default_rng(seed)),
        )

    def leverage(self) -> np.ndarray:
        """Return each cluster's share in the variation of treatment that identifies the coefficient."""
        left = self.columns[:, 0] - _fit(self.columns[:, 1:], self.columns[:, 0])
        shares = self._by_cluster((left**2)[:, None])[:, 0]
        return shares / shares.sum()

    def _by_cluster(self, rows: np.ndarray) -> np.ndarray:
        order = np.argsort(self.clusters, kind="stable")
        begins = np.searchsorted(self.clusters[order], np.arange(self.n_clusters))
        return np.add.reduceat(rows[order], begins, axis=0)


@dataclass(frozen=True)
class WildBootstrap:
    """Cluster sums of what is left of outcome and treatment once the other columns are taken out.

    Attributes
    ----------
    y, d : (clusters, K) arrays
        All columns times what is left of the outcome, and of treatment.
    y_score, d_score : (clusters,) arrays
        What is left of treatment times the same.
    spread : (clusters, K) array
        Turns sums over clusters of `y` into what the bootstrap regression takes from each cluster's score.
    multipliers : (clusters, draws) array
    """

    y: np.ndarray
    d: np.ndarray
    y_score: np.ndarray
    d_score: np.ndarray
    spread: np.ndarray
    multipliers: np.ndarray

    def p_value(self, value: float = 0.0) -> float:
        """Return the share of draws, made under the hypothesis that the coefficient is `value`, whose t
        statistic is at least as far from zero as the true one."""
        score, cross = self.y_score - value * self.d_score, self.y - value * self.d
        draws = np.column_stack([np.ones(len(score)), self.multipliers])  # the first one is the sample itself
        numerator = score @ draws
        parts = score[:, None] * draws - self.spread @ (cross.T @ draws)
        variance = (parts**2).sum(axis=0)
        t = np.abs(numerator) / np.sqrt(np.maximum(variance, np.finfo(float).tiny))
        return float((t[1:] >= t[0] * (1 - 1e-9)).mean())

    def interval(self, estimate: float, error: float, level: float) -> tuple[float, float]:
        """Return the values next to the estimate at which the p-value falls to 1 - level."""
        ends = []
        for sign in (-1.0, 1.0):
            inside, outside = estimate, estimate + sign * 2 * error
            for _ in range(12):
                if self.p_value(outside) < 1 - level:
                    break
                inside, outside = outside, outside + 2 * (outside - estimate)
            else:
                ends.append(sign * np.inf)
                continue
            for _ in range(30):
                middle = (inside + outside) / 2
                if self.p_value(middle) < 1 - level:
                    outside = middle
                else:
                    inside = middle
            ends.append(inside)
        return ends[0], ends[1]


def _multipliers(clusters: int, n_boot: int, rng) -> np.ndarray:
    signs = rng.choice([-1.0, 1.0], (clusters, n_boot))
    return signs * rng.choice(WEBB, (clusters, n_boot)) if clusters < FEW_FOR_SIGNS else signs


def _fit(columns: np.ndarray, values: np.ndarray) -> np.ndarray:
    if not columns.shape[1]:
        return np.zeros_like(values)
    return columns @ np.linalg.lstsq(columns, values, rcond=None)[0]
