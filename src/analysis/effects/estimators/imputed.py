"""Imputed untreated outcomes after Borusyak, Jaravel and Spiess (2024)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from analysis.effects.estimators.averages import clusters_of_levels, degrees
from analysis.effects.estimators.cells import sum_by
from analysis.effects.estimators.fast import Levels
from analysis.effects.estimators.group_time import label_rows
from analysis.effects.estimators.untreated import UntreatedModel
from analysis.effects.panel.design import Design, read_design
from analysis.effects.results.describe import describe, describe_missing
from analysis.effects.results.estimate import EffectEstimate, add_inference, make_table
from analysis.effects.results.notes import Note
from analysis.errors import EstimationError


def imputation(
    panel: pd.DataFrame,
    outcome: str,
    *,
    unit: str,
    time: str,
    cohort: str,
    covariates: Sequence[str] = (),
    weights: str | None = None,
    cluster: str | None = None,
) -> EffectEstimate:
    """Estimate effects as treated outcomes minus outcomes imputed from untreated unit-periods.

    Unit and period effects (and covariates) are fitted on all untreated unit-periods and extrapolated. It
    rests on parallel trends in all periods and between all cohorts and on no anticipation, and is more
    precise than `att_gt` where these hold; `event_study` shows pre-periods, which this estimator has none
    of.

    Parameters
    ----------
    panel : DataFrame
        One row per unit and period; not changed. Gaps are allowed; rows without an outcome or covariate are
        set aside and counted.
    outcome, unit, time, cohort : str
        Columns, as in `att_gt`.
    covariates : sequence of str
        Numeric columns that vary over time and that treatment cannot change.
    weights : str, optional
        Column of weights above 0, such as populations, constant within units; both the fit and the averages
        count units by it.
    cluster : str, optional
        Column that holds each unit's cluster; by default the unit.

    Returns
    -------
    EffectEstimate
        One row per event time from 0 on, with event_time, and a last row "overall": the average over all
        treated unit-periods that can be imputed. Standard errors are the conservative ones of the paper's
        theorem 3, with effects averaged by cohort and period; normal distribution for units, Student's t with
        G - 1 degrees of freedom and the factor G/(G-1) for clusters.

    Raises
    ------
    EstimationError
        Bad input as in `read_design`; no treated unit-period that can be imputed; covariates that unit and
        period effects absorb.

    References
    ----------
    Borusyak, K., Jaravel, X. and Spiess, J. (2024). Revisiting event-study designs: robust and efficient
    estimation. Review of Economic Studies 91(6), 3253-3285.
    """
    design = read_design(panel, outcome, unit=unit, time=time, cohort=cohort, covariates=covariates,
                         weights=weights, cluster=cluster)  # fmt: skip
    model = UntreatedModel(design)
    require_imputable(model, covariates, cohort)
    effects = model.effects()
    keys = np.flatnonzero(np.bincount((design.times - design.starts[:, None])[model.treated].astype(int)))
    figures = _figures_of_levels if design.balanced and not len(covariates) else _figures
    columns = figures(design, model, effects, keys) | label_rows("event_time", keys)
    table = make_table(columns | {"pre_period": np.zeros(len(keys) + 1, bool)})
    lost, total = int((model.treated & ~model.imputable).sum()), int(model.treated.sum())
    partial = [Note("not_imputed", count=lost, total=total)] if lost else []
    return describe(
        design, degrees(design)[0], table=table, estimator="Borusyak-Jaravel-Spiess imputation",
        estimand=Note("estimand_imputation", outcome=outcome, unit=unit, time=time), control_group=None,
        notes=(Note("conservative"), *partial, *describe_missing(table["status"].to_numpy())),
        unbalanced="unbalanced_regression",
    )  # fmt: skip


def _figures(design: Design, model: UntreatedModel, effects, keys) -> dict[str, np.ndarray]:
    """Return table columns with one entry per event time of `keys` and one for all of them."""
    after = design.times - design.starts[:, None]
    alone = ~_measured(design)[np.searchsorted(np.unique(design.starts), design.starts)]
    targets = [model.imputable & (after == key) for key in keys] + [model.imputable]
    estimate, squares = np.full((2, len(targets)), np.nan)
    n_units = np.array([int(target.any(axis=1).sum()) for target in targets])
    for k, target in enumerate(targets):
        if not n_units[k]:
            continue
        weights = target * design.weights[:, None]
        weights = weights / weights.sum()
        estimate[k] = (weights * np.nan_to_num(effects)).sum()
        if (target.any(axis=1) & ~alone).any():
            squares[k] = (sum_by(model.contributions(weights, effects)[:, None], design.clusters) ** 2).sum()
    return _columns(design, estimate, squares, n_units)


def _figures_of_levels(design: Design, model: UntreatedModel, effects, keys) -> dict[str, np.ndarray]:
    """Return what `_figures` does, for a balanced panel without covariates, from sums by cohort."""
    distinct = np.unique(design.starts)
    levels = Levels(design, distinct)
    after = (design.times - distinct[:, None])[:, :, None]
    imputable = model.imputable[levels.first][:, :, None]
    chosen = imputable & np.concatenate([after == keys, np.ones_like(imputable)], axis=2)
    n_units = levels.counts @ chosen.any(axis=1)
    total = np.einsum("c,ctk->k", levels.totals, chosen.astype(float))
    weights = chosen / np.where(total > 0, total, 1.0)
    means = levels.means(effects)
    estimate = np.einsum("ct,ctk->k", means * levels.totals[:, None], weights)
    parts = sum_by(model.contributions_of_levels(weights, effects, levels), design.clusters)
    measured = _measured(design) @ chosen.any(axis=1)
    squares = np.where(measured, (parts**2).sum(axis=0), np.nan)
    return _columns(design, np.where(n_units > 0, estimate, np.nan), squares, n_units)


def _measured(design: Design) -> np.ndarray:
    """Whether the units of each level lie in more than one cluster, so that their spread can be seen."""
    return clusters_of_levels(design, np.unique(design.starts)) > 1


def _columns(design: Design, estimate, squares, n_units) -> dict[str, np.ndarray]:
    df, factor = degrees(design)
    identified = n_units > 0
    status = np.where(identified, "estimated", "no_comparison").astype(object)
    return add_inference(estimate, np.sqrt(factor * squares), df) | {
        "n_units": n_units,
        "identified": identified,
        "status": status,
    }


def require_imputable(model: UntreatedModel, covariates, cohort: str) -> None:
    """Raise if covariates are absorbed or no treated unit-period can be imputed."""
    if model.absorbed.any():
        raise EstimationError(
            "Covariates cannot be told apart from the unit and period effects of untreated unit-periods.",
            where="argument covariates",
            value=", ".join(name for name, lost in zip(covariates, model.absorbed, strict=True) if lost),
            expected="covariates that vary over time within untreated units, each in its own way",
            mend="Leave them out.",
        )
    if not model.imputable.any():
        raise EstimationError(
            "No treated unit-period can be imputed: no unit is untreated in the periods in which others are "
            "treated.",
            where=f"column {cohort!r}",
            expected="units that are untreated while others are treated",
            mend="Add never-treated units or later cohorts.",
        )
