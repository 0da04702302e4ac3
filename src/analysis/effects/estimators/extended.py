"""Extended two-way fixed effects: one regression in which every cohort has its own effect in every period."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from analysis.effects.estimators.averages import Engine
from analysis.effects.estimators.cells import (
    CellEstimates,
    Cells,
    DenseInfluence,
    cell_sizes,
    plan_cells,
    sum_by,
)
from analysis.effects.estimators.group_time import label_rows
from analysis.effects.estimators.regression import regress, small_sample
from analysis.effects.estimators.untreated import UntreatedModel
from analysis.effects.panel.design import Design, read_design
from analysis.effects.results.describe import describe, describe_missing, require_any
from analysis.effects.results.estimate import EffectEstimate, make_table
from analysis.effects.results.notes import Note
from analysis.errors import EstimationError


def extended_twfe(
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
    """Estimate effects from a regression with unit and period effects and one effect per cohort and period.

    It rests on parallel trends in all periods (given covariates, if any) and on no anticipation, and uses all
    untreated unit-periods as comparison. In balanced panels without covariates its figures are those
    of `imputation`; its standard errors are the regression's, which take effects to be alike within a cohort
    and period.

    Parameters
    ----------
    panel : DataFrame
        One row per unit and period; not changed. Gaps are allowed; rows without an outcome or covariate are
        set aside and counted.
    outcome, unit, time, cohort : str
        Columns, as in `att_gt`.
    covariates : sequence of str
        Numeric columns that do not vary within units, such as measures before adoption: each moves the
        trend of untreated outcomes in every period, and the effect of every cohort and period, which is that
        at the mean of the cohort's units.
    weights : str, optional
        Column of weights above 0, such as populations, constant within units.
    cluster : str, optional
        Column that holds each unit's cluster; by default the unit.

    Returns
    -------
    EffectEstimate
        One row per event time from 0 on, with event_time, and a last row "overall"; both average cells by
        their number of unit-periods, taken as known. Standard errors are cluster-robust (CRV1) with fixest's
        small-sample rule; Student's t with G - 1 degrees of freedom. Cells without untreated unit-periods to
        compare with are left out and counted.

    Raises
    ------
    EstimationError
        Bad input as in `read_design`; no treated cell that can be compared; a covariate that varies within
        units.

    References
    ----------
    Wooldridge, J. M. (2025). Two-way fixed effects, the two-way Mundlak regression, and difference-in-
    differences estimators. Empirical Economics 69(5), 2545-2587 (first circulated in 2021).
    """
    design = read_design(panel, outcome, unit=unit, time=time, cohort=cohort, covariates=covariates,
                         weights=weights, cluster=cluster)  # fmt: skip
    profile = _profiles(design, covariates)
    plan, rows = _plan(design)
    estimates, regressors = _regress(design, plan, rows, profile)
    require_any(plan, estimates, cohort)
    clusters = len(np.unique(design.clusters[rows.any(axis=1)]))
    factor = small_sample(clusters, int(rows.sum()), regressors + int(rows.any(axis=0).sum()))
    engine = Engine(design, plan, estimates, df=clusters - 1.0, factor=factor)
    keys = np.unique(plan.event_time)
    masks, sizes = [*(plan.event_time == key for key in keys), plan.post], cell_sizes(design, plan)
    averages = engine.average(masks, sizes, estimated_shares=False)
    columns, _, covariance = engine.figures(averages)
    table = make_table(
        columns | label_rows("event_time", keys) | {"pre_period": np.zeros(len(keys) + 1, bool)}
    )
    estimate = describe(
        design, engine.df, table=table, estimator="Extended two-way fixed effects",
        estimand=Note("estimand_extended", outcome=outcome), control_group="not_yet_treated",
        notes=(Note("fixed_weights"), *engine.left_out(), *describe_missing(table["status"].to_numpy())),
        unbalanced="unbalanced_regression",
    )  # fmt: skip
    return replace(estimate, covariance=covariance)


def _profiles(design: Design, covariates: Sequence[str]) -> np.ndarray:
    """Return the (units, covariates) values; raise if one varies within a unit."""
    low, high = (f(design.covariates, axis=2) for f in (np.nanmin, np.nanmax))
    varies = (low != high).any(axis=1)
    if varies.any():
        raise EstimationError(
            "A covariate varies within units: after adoption it may carry part of the effect.",
            where="argument covariates",
            value=", ".join(name for name, wrong in zip(covariates, varies, strict=True) if wrong),
            expected="measures that do not vary within units",
            mend="Freeze it at its value in the first period, or use imputation.",
        )
    return low.T


def _plan(design: Design) -> tuple[Cells, np.ndarray]:
    """Return the treated cells, and which unit-periods the regression uses: untreated ones and theirs."""
    model = UntreatedModel(design)
    plan = plan_cells(design, "not_yet_treated")
    kept = plan.post
    plan = replace(plan, **{name: getattr(plan, name)[kept] for name in
                            ("cohort", "period", "now", "base", "level", "controls", "status")})  # fmt: skip
    level = np.searchsorted(plan.levels, design.starts)
    seen, known = (np.zeros((len(plan.levels), len(design.times)), int) for _ in range(2))
    np.add.at(seen, level, model.treated)
    np.add.at(known, level, model.imputable)
    status = np.where(known[plan.level, plan.now] > 0, "estimated", "no_comparison").astype(object)
    status[seen[plan.level, plan.now] == 0] = "no_treated"
    return replace(plan, status=status), (model.mask > 0) | model.imputable


def _regress(design: Design, plan: Cells, rows: np.ndarray, profile) -> tuple[CellEstimates, int]:
    unit, column = np.nonzero(rows)
    level = np.searchsorted(plan.levels, design.starts)
    cells = np.flatnonzero(plan.status == "estimated")
    number = np.full((len(plan.levels), len(design.times)), -1)
    number[plan.level[cells], plan.now[cells]] = np.arange(len(cells))
    of_row = number[level[unit], column]
    inside = of_row >= 0
    indicators = np.zeros((len(unit), len(cells)))
    indicators[inside, of_row[inside]] = 1.0
    frame = pd.DataFrame(indicators, columns=[f"z{k}" for k in cells])
    extra = _interactions(design, profile, level, (unit, column), indicators)
    frame = pd.concat([frame, extra], axis=1)
    frame = frame.assign(y=design.outcomes[unit, column], u=unit, t=column, w=design.weights[unit])
    fit = regress(frame, [f"z{k}" for k in cells] + list(extra), "w" if "weights" in design.names else None)
    status, estimate = plan.status.copy(), np.full(len(plan), np.nan)
    parts = np.zeros((len(np.unique(design.clusters[unit])), len(plan)))
    named = {name: k for k, name in enumerate(fit.kept)} if fit else {}
    kept = np.array([k for k in cells if f"z{k}" in named], dtype=int)
    if fit:
        place = [named[f"z{k}"] for k in kept]
        estimate[kept] = fit.estimate[place]
        parts[:, kept] = sum_by(fit.scores()[:, place], design.clusters[unit])
    status[np.setdiff1d(cells, kept)] = "collinear"
    n_treated = np.zeros(len(plan), int)
    n_treated[cells] = indicators.sum(axis=0)
    n_controls = (rows & (design.times < design.starts[:, None])).sum(axis=0)[plan.now]
    groups = np.arange(len(parts))
    if fit and fit.exact:
        parts *= np.nan
    return CellEstimates(estimate, n_treated, n_controls, status, DenseInfluence(parts, groups, groups)), len(
        named
    )


def _interactions(design: Design, profile, level, rows: tuple, indicators: np.ndarray) -> pd.DataFrame:
    """Return covariates times every period, and, less their cohort's mean, times every treated cell."""
    unit, column = rows
    weight = design.weights
    columns = {}
    for j, values in enumerate(profile.T):
        totals = np.bincount(level, weight * values) / np.bincount(level, weight)
        centred = values - totals[level]
        for t in range(1, len(design.times)):
            columns[f"x{j}t{t}"] = values[unit] * (column == t)
        for k in range(indicators.shape[1]):
            columns[f"x{j}z{k}"] = centred[unit] * indicators[:, k]
    return pd.DataFrame(columns, index=range(len(unit)))
