"""Effects on an outcome and its mediator from one imputation, and the bootstrap of both."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from analysis.effects.estimators.untreated import UntreatedModel
from analysis.effects.panel.design import Design
from analysis.errors import EstimationError


@dataclass(frozen=True)
class Pathways:
    """One fit: effects on outcome and mediator, and what untreated residuals say about the slope.

    Attributes
    ----------
    total, on_mediator, slope : float
    spread : float
        Residual standard deviation of the outcome over that of the mediator, both without each other.
    correlation : float
        Between these residuals: the confounding at which the indirect effect would be zero.
    f : float
        First-stage F of the second measure; inf without one.
    """

    total: float
    on_mediator: float
    slope: float
    spread: float
    correlation: float
    f: float

    def split(self, rho: float) -> list[float]:
        slope = self.slope
        if rho:
            rest = np.sqrt(max(1 - self.correlation**2, 0.0))
            slope = self.spread * (self.correlation - rho * rest / np.sqrt(1 - rho**2))
        indirect = slope * self.on_mediator
        share = indirect / self.total if self.total else np.nan
        return [self.total, self.total - indirect, indirect, share, self.on_mediator, slope]


@dataclass(frozen=True)
class Paths:
    """A design with its mediator, and a second measure of it, in the same shape."""

    design: Design
    mediator: np.ndarray
    second: np.ndarray | None

    @property
    def n_treated(self) -> int:
        return self.design.n_treated

    @property
    def lone(self) -> bool:
        """Whether all treated units lie in one cluster, so that no error of effects can be had."""
        treated = self.design.starts <= self.design.times[-1]
        return len(np.unique(self.design.clusters[treated])) < 2

    def select(self, units: np.ndarray) -> Paths:
        design = replace(self.design, outcomes=self.design.outcomes[units], starts=self.design.starts[units],
                         covariates=self.design.covariates[:, units], weights=self.design.weights[units],
                         clusters=self.design.clusters[units])  # fmt: skip
        return Paths(design, self.mediator[units], None if self.second is None else self.second[units])

    def fit(self) -> Pathways:
        """Estimate once.

        Raises
        ------
        EstimationError
            Nothing to impute, or a mediator that unit and period effects explain wholly.
        """
        model = UntreatedModel(self.design)
        if not model.imputable.any():
            raise EstimationError(
                "No treated unit-period can be imputed.",
                where=f"column {self.design.names['cohort']!r}",
                expected="units that are untreated while others are treated",
                mend="Add units or periods without treatment.",
            )
        effects = [model.effects()]
        for values in (self.mediator, self.second):
            if values is not None:
                effects.append(UntreatedModel(replace(self.design, outcomes=values)).effects())
        untreated = model.mask > 0
        y, m, *other = (values[untreated] for values in effects)
        if m.std() <= 1e-9 * max(np.nanstd(self.mediator), 1e-300):
            raise EstimationError(
                "Unit and period effects explain the mediator wholly.",
                where="argument mediator",
                expected="a mediator that changes over time within untreated units, each in its own way",
                mend="Use a mediator that varies within units over time.",
            )
        z = other[0] if other else m
        total, on_mediator = (values[model.imputable].mean() for values in effects[:2])
        correlation = np.clip((y @ m) / np.sqrt((y @ y) * (m @ m)), -1, 1) if (y @ y) > 0 else 0.0
        f = self._first_stage(effects, untreated) if other else np.inf
        return Pathways(float(total), float(on_mediator), float((z @ y) / (z @ m)),
                        float(np.sqrt((y @ y) / (m @ m))), float(correlation), f)  # fmt: skip

    def _first_stage(self, effects, untreated) -> float:
        m, z = (np.where(untreated, values, 0.0) for values in effects[1:])
        slope = (m * z).sum() / (z * z).sum()
        parts = np.bincount(self.design.clusters, ((m - slope * z) * z).sum(axis=1))
        return float((slope * (z * z).sum()) ** 2 / (parts**2).sum())

    def bootstrap(self, count: int, seed: int) -> list[Pathways]:
        """Return fits on clusters drawn with replacement; draws that cannot be estimated are left out."""
        rng = np.random.default_rng(seed)
        labels, code = np.unique(self.design.clusters, return_inverse=True)
        if len(labels) < 3:
            raise EstimationError(
                "A bootstrap of clusters needs three clusters or more.",
                where="argument cluster",
                value=len(labels),
                mend="Cluster at a lower level.",
            )
        members = [np.flatnonzero(code == k) for k in range(len(labels))]
        fits = []
        for _ in range(count):
            drawn = rng.integers(0, len(labels), len(labels))
            units = np.concatenate([members[k] for k in drawn])
            if not (self.design.starts[units] <= self.design.times[-1]).any():
                continue
            try:
                fits.append(self.select(units).fit())
            except EstimationError:
                continue
        if len(fits) < count / 2:
            raise EstimationError(
                "Most bootstrap draws cannot be estimated.",
                where="argument cluster",
                value=f"{len(fits)} of {count}",
                expected="more or smaller clusters",
                mend="Add units without treatment, or cluster at a lower level.",
            )
        return fits
