"""Overall effects of balanced panels as weights on cohort paths, so that permuting cohorts costs nothing."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from analysis.effects.inference.permute import overall_score
from analysis.effects.panel.design import Design
from analysis.errors import EstimationError


@dataclass
class LinearEffect:
    """An estimator of the overall effect on one balanced matrix of outcomes, for any adoption times.

    The estimate is a sum of outcomes times weights that depend only on how many units adopt when; weights
    are remembered by these numbers.

    Attributes
    ----------
    estimator : {"att_gt", "imputation", "twfe"}
    control_group : str or None
    outcomes : (units, periods) array
    times : (periods,) array
        Positions, increasing.
    template : Design
        Any readable design, for what weights do not depend on.
    """

    estimator: str
    control_group: str | None
    outcomes: np.ndarray
    times: np.ndarray
    template: Design = field(repr=False)
    _known: dict[bytes, tuple[np.ndarray, np.ndarray] | None] = field(default_factory=dict, repr=False)

    def of(self, starts: np.ndarray) -> float:
        """Return the effect if units adopt at `starts`; NaN where it is not identified."""
        levels, level, counts = np.unique(starts, return_inverse=True, return_counts=True)
        key = levels.tobytes() + counts.tobytes()
        if key not in self._known:
            self._known[key] = self._weights(starts)
        known = self._known[key]
        if known is None:
            return np.nan
        return float((self.outcomes * known[1][np.searchsorted(known[0], levels)][level]).sum())

    def _weights(self, starts: np.ndarray) -> tuple[np.ndarray, np.ndarray] | None:
        """Return adoption times and the weights of each one's outcomes; zero for the always treated."""
        levels = np.unique(starts)
        used = starts > self.times[0]
        weights = np.zeros((len(levels), len(self.times)))
        if not (used & (starts <= self.times[-1])).any():
            return None
        n = int(used.sum())
        zeros = np.zeros((n, len(self.times)))
        design = replace(self.template, outcomes=zeros, times=self.times, starts=starts[used],
                         clusters=np.arange(n), covariates=zeros[None][:0], weights=np.ones(n))  # fmt: skip
        inner = np.searchsorted(levels, np.unique(starts[used]))
        try:
            weights[inner] = WEIGHTS[self.estimator](design, self.control_group)
        except EstimationError:
            return None
        return levels, weights


def _by_means(design: Design, control_group: str | None) -> np.ndarray:
    return overall_score(design, control_group).weights


def _by_imputation(design: Design, control_group: str | None) -> np.ndarray:
    """The normal equations of `UntreatedModel` with one row per adoption time instead of one per unit."""
    from scipy.sparse.csgraph import connected_components

    levels, counts = np.unique(design.starts, return_counts=True)
    mask = (design.times < levels[:, None]).astype(float)
    seen = mask.sum(axis=1)
    within = mask.T @ ((counts / seen)[:, None] * mask)
    parts, part = connected_components(within > 0, directed=False)
    linked = ((mask @ (part[:, None] == np.arange(parts))) > 0)[:, part] & (mask.sum(axis=0) > 0)
    target = linked & (mask == 0)
    if not target.any():
        raise EstimationError(
            "No treated unit-period can be imputed.", mend="Add units or periods without treatment."
        )
    weights = target / (counts @ target).sum()
    by_unit, by_period = weights.sum(axis=1), counts @ weights
    inverse = np.linalg.pinv(np.diag(counts @ mask) - within, 1e-9, hermitian=True)
    period = inverse @ (by_period - mask.T @ (counts * by_unit / seen))
    unit = (by_unit - mask @ period) / seen
    return weights - mask * (unit[:, None] + period)


def _by_two_way(design: Design, control_group: str | None) -> np.ndarray:
    treated = (design.times >= design.starts[:, None]).astype(float)
    rest = treated - treated.mean(axis=1, keepdims=True) - treated.mean(axis=0) + treated.mean()
    size = (rest * treated).sum()
    if size < 1e-9 * treated.size:
        raise EstimationError(
            "Treatment cannot be told apart from unit and period effects.",
            mend="Add units without treatment in the same periods.",
        )
    return rest[np.unique(design.starts, return_index=True)[1]] / size


WEIGHTS = {"att_gt": _by_means, "imputation": _by_imputation, "twfe": _by_two_way}
