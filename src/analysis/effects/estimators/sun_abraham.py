"""Event study of Sun and Abraham (2021): cohort-specific effects weighted by cohort shares."""

from __future__ import annotations

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
from analysis.effects.estimators.fast import compare_by_sums
from analysis.effects.estimators.group_time import label_rows
from analysis.effects.estimators.regression import regress, small_sample
from analysis.effects.panel import checks
from analysis.effects.panel.design import Design, read_design
from analysis.effects.results.describe import describe, describe_missing, require_any
from analysis.effects.results.estimate import EffectEstimate, make_table
from analysis.effects.results.notes import Note
from analysis.errors import EstimationError


def event_study(
    panel: pd.DataFrame,
    outcome: str,
    *,
    unit: str,
    time: str,
    cohort: str,
    window: tuple[int, int] | None = None,
    weights: str | None = None,
    cluster: str | None = None,
) -> EffectEstimate:
    """Estimate effects by time since adoption against never-treated units (Sun and Abraham 2021).

    One regression with unit and period effects and an indicator for every cohort in every period but the
    last before its adoption; the effects of an event time are averaged by the cohorts' shares. It rests on
    parallel trends between all cohorts and the never-treated, and on no anticipation.

    Parameters
    ----------
    panel : DataFrame
        One row per unit and period; not changed. Gaps are allowed; rows without an outcome are set aside and
        counted.
    outcome, unit, time, cohort : str
        Columns, as in `att_gt`. Without never-treated units the last cohort is the comparison and the periods
        from its start on are left out.
    window : (int, int), optional
        First and last event time to show; all are estimated.
    weights : str, optional
        Column of weights above 0, such as populations, constant within units.
    cluster : str, optional
        Column that holds each unit's cluster; by default the unit.

    Returns
    -------
    EffectEstimate
        One row per event time with event_time, pre_period and status, and a last row "overall": the average
        of all treated cells by their number of units. The reference period is a row with status
        "reference". Standard errors are cluster-robust (CRV1) with fixest's small-sample rule and cohort
        shares taken as known, as in fixest's sunab; Student's t with G - 1 degrees of freedom.

    Raises
    ------
    EstimationError
        Bad input as in `read_design`; no units that are untreated while others are treated; a window without
        event times.

    References
    ----------
    Sun, L. and Abraham, S. (2021). Estimating dynamic treatment effects in event studies with heterogeneous
    treatment effects. Journal of Econometrics 225(2), 175-199.
    """
    design = read_design(
        panel, outcome, unit=unit, time=time, cohort=cohort, weights=weights, cluster=cluster
    )
    design = _with_controls(design, cohort)
    plan = plan_cells(design, "never_treated", base_period="universal")
    if design.balanced:
        estimates = compare_by_sums(design, plan)
    else:
        design, plan = _without_unreferenced(design, plan)
        estimates = _regress(design, plan)
    require_any(plan, estimates, cohort)
    regressors = int((estimates.status == "estimated").sum())
    factor = small_sample(design.n_clusters, design.n_obs, regressors + len(design.times))
    engine = Engine(design, plan, estimates, df=design.n_clusters - 1.0, factor=factor)
    keys = np.unique(plan.event_time)
    sizes = cell_sizes(design, plan)
    rows = engine.average([plan.event_time == key for key in keys], sizes, estimated_shares=False)
    overall = engine.average([plan.post], sizes, estimated_shares=False)
    columns, _, covariance = engine.figures(rows.then(overall))
    columns |= label_rows("event_time", keys) | {"pre_period": np.append(keys < 0, False)}
    whole = make_table(columns)
    kept, shown = _within(whole, window)
    table = whole[kept].reset_index(drop=True)
    estimate = describe(
        design, engine.df, table=table, unbalanced="unbalanced_regression",
        estimator="Sun-Abraham event study",
        estimand=Note("estimand_event_study", outcome=outcome), control_group="never_treated",
        notes=(Note("reference"), Note("fixed_weights"), *shown, *engine.left_out(),
               *describe_missing(table["status"].to_numpy())),
    )  # fmt: skip
    return replace(estimate, covariance=covariance[np.ix_(kept, kept)])


def _with_controls(design: Design, cohort: str) -> Design:
    """Return the periods in which some unit of a never-treated or last cohort is seen untreated."""
    if (design.starts <= design.times[-1]).all():
        last = design.starts.max()
        if len(design.cohorts) < 2 or not (design.times < last).any():
            raise EstimationError(
                "All units are treated in the same period: there is nothing to compare them with.",
                where=f"column {cohort!r}",
                value=design.scale.label(last),
                expected="never-treated units, or cohorts that start at different times",
                mend="Add units that start later or never.",
            )
        note = Note("last_cohort_controls", cohort=design.scale.label(last))
        design = design.keep(design.times < last, "from the start of the last cohort on", (note,))
    never = design.starts > design.times[-1]
    seen = design.seen[never].any(axis=0)
    if not seen.all():
        design = design.keep(seen, "periods in which no comparison unit is seen")
    checks.require_variation(design.outcomes[design.seen], design.names["outcome"])
    return design


def _without_unreferenced(design: Design, plan: Cells) -> tuple[Design, Cells]:
    """Set aside cohorts none of whose units is seen in the reference period, and mark cells never seen."""
    level = np.searchsorted(plan.levels, design.starts)
    seen = (np.arange(len(plan.levels))[:, None] == level).astype(int) @ design.seen
    status = plan.status.copy()
    status[(status == "estimated") & (seen[plan.level, plan.now] == 0)] = "no_treated"
    bare = (plan.base < 0) | (seen[plan.level, np.maximum(plan.base, 0)] == 0)
    status[bare] = "no_base_period"
    units = ~np.isin(level, plan.level[bare])
    if not units.all():
        design = design.select(units, "cohorts not seen in their reference period")
    return design, replace(plan, status=status)


def _regress(design: Design, plan: Cells) -> CellEstimates:
    """Return the coefficients of cohort x period indicators on an unbalanced panel."""
    unit, column = np.nonzero(design.seen)
    level = np.searchsorted(plan.levels, design.starts)[unit]
    status, cells = plan.status.copy(), np.flatnonzero(plan.status == "estimated")
    indicators = (level[:, None] == plan.level[cells]) & (column[:, None] == plan.now[cells])
    frame = pd.DataFrame(indicators.astype(float), columns=[f"z{k}" for k in cells])
    frame = frame.assign(y=design.outcomes[unit, column], u=unit, t=column, w=design.weights[unit])
    fit = regress(frame, [f"z{k}" for k in cells], "w" if "weights" in design.names else None)
    kept = np.array([int(name[1:]) for name in fit.kept] if fit else [], dtype=int)
    scores = sum_by(fit.scores(), design.clusters[unit]) if fit else np.zeros((1, 0))
    columns = np.zeros((len(scores), len(plan)))
    columns[:, kept] = scores
    estimate = np.full(len(plan), np.nan)
    estimate[kept] = fit.estimate if fit else []
    # a dropped indicator silently becomes a second reference for its cohort: none of its cells can be trusted
    spoiled = np.isin(plan.level, plan.level[np.setdiff1d(cells, kept)]) & (status == "estimated")
    status[spoiled], estimate[spoiled] = "collinear", np.nan
    counts = np.zeros((2, len(plan)), int)
    counts[0, cells] = indicators.sum(axis=0)
    counts[1] = design.seen[design.starts > design.times[-1]].sum(axis=0)[plan.now]
    groups = np.arange(len(scores))
    return CellEstimates(estimate, *counts, status, DenseInfluence(columns, groups, groups))


def _within(table: pd.DataFrame, window: tuple[int, int] | None) -> tuple[np.ndarray, tuple[Note, ...]]:
    """Return which rows to show and a note if these are not all."""
    if window is None:
        return np.ones(len(table), bool), ()
    low, high = window
    keep = (table["event_time"].between(low, high).fillna(False) | (table["term"] == "overall")).to_numpy(
        bool
    )
    if keep.sum() < 2:
        raise EstimationError(
            "No event time lies in the window.",
            where="argument window",
            value=window,
            expected=f"within {table['event_time'].min()} and {table['event_time'].max()}",
            mend="Widen the window.",
        )
    return keep, (Note("window", low=low, high=high),)
