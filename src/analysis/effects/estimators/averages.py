"""Weighted averages of cells with their errors: the one place where standard errors are made."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from analysis.effects.estimators.bands import uniform_critical_value
from analysis.effects.estimators.cells import CellEstimates, Cells
from analysis.effects.panel.design import Design
from analysis.effects.results.estimate import LEVEL, add_inference
from analysis.effects.results.notes import Note


@dataclass(frozen=True)
class Averages:
    """K averages of cells.

    Attributes
    ----------
    weights : (cells, K) array
        All zero in a column that is not identified.
    shares : (levels, K) array
        The derivative of each average by the cohorts' shares, per unit: what estimating the shares adds to
        the error (the weight influence function of R's did). Zero where shares are taken as known.
    status : (K,) array of str
    """

    weights: np.ndarray
    shares: np.ndarray
    status: np.ndarray

    @property
    def identified(self) -> np.ndarray:
        return self.status == "estimated"

    def combine(self, mix: np.ndarray) -> Averages:
        """Return the one average that mixes these with weights `mix`, which sum to 1 unless none is known."""
        status = np.array(["estimated" if mix.any() else "no_comparison"], dtype=object)
        return Averages(self.weights @ mix[:, None], self.shares @ mix[:, None], status)

    def mean(self, rows: np.ndarray) -> Averages:
        """Return the plain mean of the identified averages among `rows`."""
        known = rows & self.identified
        return self.combine(known / max(known.sum(), 1))

    def then(self, other: Averages) -> Averages:
        return Averages(
            np.hstack([self.weights, other.weights]),
            np.hstack([self.shares, other.shares]),
            np.append(self.status, other.status),
        )


@dataclass(frozen=True)
class Engine:
    """Cells with all that is needed to average them.

    Attributes
    ----------
    df, factor : float
        Degrees of freedom of intervals (inf: normal) and the small-sample factor on variances.
    """

    design: Design
    plan: Cells
    estimates: CellEstimates
    df: float
    factor: float

    @cached_property
    def level_units(self) -> np.ndarray:
        """Units of each level."""
        level = np.searchsorted(self.plan.levels, self.design.starts)
        return np.bincount(level, minlength=len(self.plan.levels))

    @cached_property
    def level_sizes(self) -> np.ndarray:
        """Sum of the weights of each level's units."""
        level = np.searchsorted(self.plan.levels, self.design.starts)
        return np.bincount(level, self.design.weights, len(self.plan.levels))

    @cached_property
    def known(self) -> np.ndarray:
        return self.estimates.status == "estimated"

    def left_out(self) -> tuple[Note, ...]:
        """Return a note on the treated cells that no average can hold, if any."""
        lost = int((self.plan.post & ~self.known).sum())
        return (Note("partial", count=lost, total=int(self.plan.post.sum())),) if lost else ()

    def average(self, masks: list[np.ndarray], sizes: np.ndarray, estimated_shares: bool) -> Averages:
        """Return the averages of the identified cells of each mask, weighted by `sizes` (one per cell).

        With `estimated_shares`, `sizes` are units of the cell's cohort and their sampling error counts.
        """
        plan, values = self.plan, np.nan_to_num(self.estimates.estimate)
        weights, shares = np.zeros((len(plan), len(masks))), np.zeros((len(plan.levels), len(masks)))
        status = np.full(len(masks), "estimated", dtype=object)
        for k, mask in enumerate(masks):
            cells = np.flatnonzero(mask & self.known)
            if not len(cells):
                status[k] = _why_not(self.estimates.status[mask])
                continue
            total = sizes[cells].sum()
            weights[cells, k] = sizes[cells] / total
            if estimated_shares:
                off = (values[cells] - weights[cells, k] @ values[cells]) / total
                np.add.at(shares[:, k], plan.level[cells], off)
        return Averages(weights, shares, status)

    def values(self, averages: Averages) -> np.ndarray:
        return np.nan_to_num(self.estimates.estimate) @ averages.weights

    def parts(self, averages: Averages) -> np.ndarray:
        """Return each cluster's contribution to the errors; their cross product is the covariance matrix."""
        shares = averages.shares if averages.shares.any() else None
        return np.sqrt(self.factor) * self.estimates.influence.combine(averages.weights, shares)

    def figures(
        self, averages: Averages, n_boot: int = 0, seed: int = 0, band: np.ndarray | None = None
    ) -> tuple[dict[str, np.ndarray], tuple[Note, ...], np.ndarray]:
        """Return table columns with one entry per average, their notes and their covariance matrix.

        There are uniform bands for `band` if `n_boot` > 0.
        """
        parts = self.parts(averages)
        used = np.zeros((len(self.plan.levels), len(averages.status)), bool)
        np.logical_or.at(used, self.plan.level, averages.weights != 0)
        columns = self._columns(averages, np.sqrt((parts**2).sum(axis=0)), self.level_units @ used)
        band = averages.identified if band is None else band
        return *self._with_bands(columns, parts, band, n_boot, seed), parts.T @ parts

    def figures_of_cells(
        self, n_boot: int = 0, seed: int = 0
    ) -> tuple[dict[str, np.ndarray], tuple[Note, ...]]:
        """Return table columns with one entry per cell, with uniform bands if `n_boot` > 0."""
        errors = np.sqrt(self.factor * self.estimates.influence.squares())
        estimate = np.where(self.known, self.estimates.estimate, np.nan)
        errors = np.where(self.known & self.measured, errors, np.nan)
        columns = self._with_status(estimate, errors, self.estimates.n_treated, self.estimates.status)
        if not n_boot:
            return columns, ()
        averages = Averages(np.diag(self.known.astype(float)), np.zeros((0, 0)), self.estimates.status)
        return self._with_bands(columns, self.parts(averages), self.known, n_boot, seed)

    def _columns(self, averages: Averages, errors: np.ndarray, n_units: np.ndarray) -> dict[str, np.ndarray]:
        estimate = np.where(averages.identified, self.values(averages), np.nan)
        errors = np.where(averages.identified & self._measurable(averages.weights), errors, np.nan)
        return self._with_status(estimate, errors, n_units, averages.status)

    def _with_status(self, estimate, errors, n_units, status) -> dict[str, np.ndarray]:
        columns = add_inference(estimate, errors, self.df)
        return columns | {"n_units": n_units, "identified": status == "estimated", "status": status}

    def _with_bands(self, columns, parts, band, n_boot, seed) -> tuple[dict, tuple[Note, ...]]:
        errors = columns["std_error"]
        rows = band & (errors > 0)
        if not n_boot or not rows.any():
            return columns, ()
        critical = uniform_critical_value(parts[:, rows] / errors[rows], self.df, n_boot=n_boot, seed=seed)
        reach = np.where(rows, critical * errors, np.nan)
        bands = {"band_low": columns["estimate"] - reach, "band_high": columns["estimate"] + reach}
        return columns | bands, (Note("bands", level=LEVEL, n_boot=n_boot, seed=seed, critical=critical),)

    @cached_property
    def measured(self) -> np.ndarray:
        """Whether each cell has treated and comparison units in two clusters or more."""
        clusters = clusters_of_levels(self.design, self.plan.levels)
        counts = np.minimum(self.estimates.n_treated, self.estimates.n_controls)
        return (clusters[self.plan.level] > 1) & (self.plan.controls @ clusters > 1) & (counts > 1)

    def _measurable(self, weights: np.ndarray) -> np.ndarray:
        return ((weights != 0) & self.measured[:, None]).any(axis=0)


def degrees(design: Design) -> tuple[float, float]:
    """Return degrees of freedom and variance factor: inf and 1 for units, G - 1 and G/(G-1) for clusters."""
    if design.names["cluster"] == design.names["unit"]:
        return np.inf, 1.0
    clusters = design.n_clusters
    return (clusters - 1.0, clusters / (clusters - 1.0)) if clusters > 1 else (np.nan, np.nan)


def clusters_of_levels(design: Design, levels: np.ndarray) -> np.ndarray:
    """Return in how many clusters the units of each level lie: one alone cannot measure its own spread."""
    level = np.searchsorted(levels, design.starts)
    if not design.clustered:
        return np.bincount(level, minlength=len(levels))
    pairs = np.unique(np.column_stack([level, design.clusters]), axis=0)
    return np.bincount(pairs[:, 0], minlength=len(levels))


def _why_not(statuses: np.ndarray) -> str:
    return "reference" if (statuses == "reference").any() else statuses[0]
