"""Any weighted sum of imputed effects with its error, and designs that carry further columns along."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np
import pandas as pd

from analysis.effects.estimators.averages import degrees
from analysis.effects.estimators.cells import sum_by
from analysis.effects.estimators.untreated import UntreatedModel
from analysis.effects.panel.design import Design, read_design

FEW = 120  # clusters up to which errors come from leaving out one at a time


def read_layers(
    panel: pd.DataFrame,
    outcome: str,
    layers: Mapping[str, object],
    *,
    unit: str,
    time: str,
    cohort: str,
    cluster: str | None = None,
) -> tuple[Design, dict[str, np.ndarray]]:
    """Return a design and further numeric columns in its units x periods shape, NaN where a unit is not seen.

    Parameters
    ----------
    layers : dict of str to array
        A name and one number per row of the panel; rows without a number are set aside as
        "missing <name>".
    """
    frame = panel.assign(**layers)
    frame.attrs = dict(panel.attrs)
    design = read_design(frame, outcome, unit=unit, time=time, cohort=cohort, covariates=list(layers),
                         cluster=cluster)  # fmt: skip
    carried = dict(zip(layers, design.covariates, strict=True))
    reasons = tuple((reason.replace("covariate ", ""), rows) for reason, rows in design.set_aside)
    return replace(design, covariates=design.covariates[:0], set_aside=reasons), carried


def weigh_effects(
    design: Design, model: UntreatedModel, effects: np.ndarray, weights: np.ndarray, group: np.ndarray
) -> tuple[float, float]:
    """Return the weighted sum of effects and its clustered standard error (Borusyak et al. 2024, theorem 3).

    Parameters
    ----------
    effects, weights : (units, periods) arrays
        Of `model`; weights are zero where there is nothing to sum.
    group : (units, periods) array of int
        Treated unit-periods of a group are taken to have the same effect when errors are made; differences
        within groups count as noise, so errors are not too small if effects differ.
    """
    treated = weights != 0
    parts = model.contributions(weights, np.where(model.treated, 0.0, effects))
    on_treated = np.where(treated, weights * (effects - _means(weights, effects, group, treated)), 0.0)
    parts = parts + on_treated.sum(axis=1)
    factor = degrees(design)[1]
    error = np.sqrt(factor * (sum_by(parts[:, None], design.clusters) ** 2).sum())
    return float((weights * effects)[treated].sum()), float(error)


def lone(design: Design, weights: np.ndarray) -> bool:
    """Whether all that is summed lies in one cluster, so that no error can be had."""
    return len(np.unique(design.clusters[(weights != 0).any(axis=1)])) < 2


def jackknife(design: Design, refit: Callable[[np.ndarray], np.ndarray]) -> np.ndarray | None:
    """Return standard errors of several estimates from leaving out one cluster at a time (CRV3).

    Few comparison units make the analytic errors of imputation too small; these are not. Estimates that a
    sample without some cluster cannot give count without it.

    Parameters
    ----------
    refit : function of a mask of units, giving the estimates of these units

    Returns
    -------
    array, or None where there are more than `FEW` clusters and analytic errors do
    """
    labels = np.unique(design.clusters)
    if len(labels) > FEW:
        return None
    left_out = np.array([refit(design.clusters != label) for label in labels])
    known = np.isfinite(left_out)
    count = known.sum(axis=0)
    centre = np.where(known, left_out, 0).sum(axis=0) / np.maximum(count, 1)
    square = np.where(known, (left_out - centre) ** 2, 0).sum(axis=0)
    return np.where(count > 1, np.sqrt(square * (count - 1) / np.maximum(count, 1)), np.nan)


def _means(weights, effects, group, treated) -> np.ndarray:
    """Return for each treated unit-period the effect its group is taken to have."""
    units = np.broadcast_to(np.arange(len(group))[:, None], group.shape)[treated]
    code = np.unique(group[treated], return_inverse=True)[1]
    own = np.unique(np.stack([code, units]), axis=1, return_inverse=True)
    mass = np.bincount(own[1], weights[treated])
    total = np.bincount(own[1], (weights * effects)[treated])
    square, cross = (np.bincount(own[0][0], mass * values) for values in (mass, total))
    means = np.zeros(group.shape)
    means[treated] = (cross / np.where(square > 0, square, 1))[code]
    return means


def tidy_panel(design: Design, outcomes: np.ndarray, starts: np.ndarray) -> pd.DataFrame:
    """Return a design with other outcomes and starts as a panel of unit, time, cohort, cluster and outcome.

    Its columns are called as those of the design were; times are positions.
    """
    units, periods = outcomes.shape
    names = design.names
    columns = {
        names["unit"]: np.repeat(np.arange(units), periods),
        names["time"]: np.tile(design.times.astype(int), units),
        names["cohort"]: np.repeat(np.where(np.isfinite(starts), starts, np.nan), periods),
        names["outcome"]: outcomes.ravel(),
    }
    if names["cluster"] != names["unit"]:
        columns[names["cluster"]] = np.repeat(design.clusters, periods)
    return pd.DataFrame(columns)
