"""Placebos: adoptions that did not happen and outcomes that treatment cannot change."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from analysis.effects.credibility.rows import (
    ESTIMATORS,
    estimate_overall,
    overall_row,
    require_count,
    require_one_of,
    table_of,
)
from analysis.effects.estimators.averages import degrees
from analysis.effects.estimators.callaway import require_choices
from analysis.effects.estimators.imputing import tidy_panel
from analysis.effects.panel.design import Design, read_design
from analysis.effects.results.describe import describe, describe_missing
from analysis.effects.results.estimate import EffectEstimate
from analysis.effects.results.notes import Note
from analysis.errors import EstimationError


def placebo_dates(
    panel: pd.DataFrame,
    outcome: str,
    *,
    unit: str,
    time: str,
    cohort: str,
    shifts: Sequence[int] = (1, 2, 3, 4),
    cluster: str | None = None,
    control_group: str = "not_yet_treated",
    estimator: str = "att_gt",
) -> EffectEstimate:
    """Estimate the effect of adoptions moved to earlier periods, on data from before the true ones.

    Parameters
    ----------
    panel, outcome, unit, time, cohort, cluster, control_group
        As in `att_gt`.
    shifts : sequence of int
        By how many periods of the panel starts are moved ahead; each at least 1.
    estimator : {"att_gt", "imputation"}

    Returns
    -------
    EffectEstimate
        One row per shift, with shift and p_holm (Holm's correction over the rows): the average over the
        `shift` periods between the false and the true start. A shift that leaves no period before it is a
        row that is not identified.

    Raises
    ------
    EstimationError
        Bad input as in `read_design`; shifts that are not whole numbers of at least 1.
    """
    require_choices(control_group=control_group)
    require_one_of(ESTIMATORS, estimator=estimator)
    shifts = _distinct(shifts, "shifts", "shift")
    for shift in shifts:
        require_count(1, shifts=shift)
    design = read_design(panel, outcome, unit=unit, time=time, cohort=cohort, cluster=cluster)
    before = np.where(design.times < design.starts[:, None], design.outcomes, np.nan)
    rows = design.n_obs - int(np.isfinite(before).sum())
    design = replace(design, outcomes=before,
                     set_aside=(*design.set_aside, ("from the true start on", rows)))  # fmt: skip

    def fit(shift: int) -> EffectEstimate:
        moved = _shifted(design, shift)
        return estimate_overall(estimator, tidy_panel(design, before, moved), outcome, unit=unit, time=time,
                                cohort=cohort, cluster=cluster, control_group=control_group)  # fmt: skip

    table = table_of([overall_row(lambda s=s: fit(s), term=f"{s} earlier", shift=s) for s in shifts])
    table["p_holm"] = adjust_holm(table["p_value"].to_numpy(float))
    return describe(design, degrees(design)[0], table=table, estimator=f"Placebo dates ({estimator})",
                    estimand=Note("estimand_placebo_dates", outcome=outcome), control_group=control_group,
                    notes=(*judge_jointly(table), *describe_missing(table["status"].to_numpy())))  # fmt: skip


def placebo_outcomes(
    panel: pd.DataFrame,
    outcomes: Sequence[str],
    *,
    unit: str,
    time: str,
    cohort: str,
    cluster: str | None = None,
    control_group: str = "not_yet_treated",
    estimator: str = "att_gt",
) -> EffectEstimate:
    """Estimate effects on outcomes that treatment cannot change.

    Parameters
    ----------
    panel, unit, time, cohort, cluster, control_group
        As in `att_gt`.
    outcomes : sequence of str
        Columns; choose outcomes that share the comparison's weak points (reporting, migration, budgets) but
        not the treatment's ways of working.
    estimator : {"att_gt", "imputation"}

    Returns
    -------
    EffectEstimate
        One row per outcome, in its own unit, with p_holm. Sample sizes are those of the first outcome that
        can be read.

    Raises
    ------
    EstimationError
        No outcomes, one named twice, or none that can be estimated.
    """
    require_choices(control_group=control_group)
    require_one_of(ESTIMATORS, estimator=estimator)
    outcomes = _distinct([outcomes] if isinstance(outcomes, str) else outcomes, "outcomes", "outcome")
    arguments = {"unit": unit, "time": time, "cohort": cohort, "cluster": cluster}
    rows, fits, refused = [], [], []
    for name in outcomes:

        def fit(name: str = name) -> EffectEstimate:
            try:
                fits.append(
                    estimate_overall(estimator, panel, name, control_group=control_group, **arguments)
                )
            except EstimationError as error:
                refused.append(error)
                raise
            return fits[-1]

        rows.append(overall_row(fit, term=name))
    if not fits:
        raise refused[0]
    table = table_of(rows)
    table["p_holm"] = adjust_holm(table["p_value"].to_numpy(float))
    return replace(
        fits[0], table=table, outcome=", ".join(outcomes), estimator=f"Placebo outcomes ({estimator})",
        estimand=Note("estimand_placebo_outcomes"), covariance=None,
        notes=(*fits[0].notes, *judge_jointly(table), *describe_missing(table["status"].to_numpy())),
    )  # fmt: skip


def adjust_holm(p_values: np.ndarray) -> np.ndarray:
    """Return p-values corrected for their number (Holm 1979); NaN stays NaN and is not counted."""
    adjusted = np.full(len(p_values), np.nan)
    known = np.flatnonzero(np.isfinite(p_values))
    order = known[np.argsort(p_values[known], kind="stable")]
    factors = np.arange(len(order), 0, -1)
    adjusted[order] = np.minimum(np.maximum.accumulate(p_values[order] * factors), 1) if len(order) else 0
    return adjusted


def judge_jointly(table: pd.DataFrame) -> tuple[Note, ...]:
    known = table["p_holm"].dropna()
    if known.empty:
        return ()
    found = known.min() < 0.05
    code = "placebo_found" if found else "placebo_not_found"
    return (Note(code, count=len(known), p_value=float(known.min())),)


def _shifted(design: Design, shift: int) -> np.ndarray:
    """Return starts moved ahead by `shift` periods of the panel (absent periods do not count)."""
    last = len(design.times) - 1
    index = np.searchsorted(design.times, design.starts)
    inside = index <= last
    return np.where(inside, design.times[np.clip(index - shift, 0, last)], np.inf)


def _distinct(values: Sequence, argument: str, kind: str) -> list:
    values = list(values)
    if not values or len(set(values)) < len(values):
        raise EstimationError(
            f"There is no {kind}." if not values else f"A {kind} is named twice.",
            where=f"argument {argument}", value=values, expected=f"one {kind} or more, all different",
        )  # fmt: skip
    return values
