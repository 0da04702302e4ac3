"""Effects by cohort and period after Callaway and Sant'Anna (2021)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from analysis.effects.estimators.averages import Engine, degrees
from analysis.effects.estimators.cells import compare_cell_by_cell, plan_cells
from analysis.effects.estimators.cross_sections import compare_sections
from analysis.effects.estimators.fast import compare_by_sums
from analysis.effects.estimators.group_time import GroupTimeEffects
from analysis.effects.panel.design import read_design
from analysis.effects.results.describe import describe, describe_missing, require_any
from analysis.effects.results.notes import Note
from analysis.errors import EstimationError

CHOICES = {
    "control_group": ("not_yet_treated", "never_treated"),
    "base_period": ("varying", "universal"),
    "method": ("dr", "reg", "ipw"),
    "comparison": ("within", "all"),
}


def att_gt(
    panel: pd.DataFrame,
    outcome: str,
    *,
    unit: str | None,
    time: str,
    cohort: str,
    control_group: str = "not_yet_treated",
    anticipation: int = 0,
    covariates: Sequence[str] = (),
    weights: str | None = None,
    cluster: str | None = None,
    n_boot: int = 999,
    seed: int = 0,
    base_period: str = "varying",
    method: str = "dr",
) -> GroupTimeEffects:
    """Estimate the effect on every cohort in every period, ATT(g, t), against units not treated by then.

    The estimand of a row is the average effect at `time` on the units whose first treated period is `cohort`.
    It rests on parallel trends (given covariates, if any) between the cohort and its comparison units, no
    anticipation beyond `anticipation` periods, and no effect of a unit's treatment on others.

    Parameters
    ----------
    panel : DataFrame
        One row per unit and period; not changed. Unbalanced panels are allowed: each comparison uses the
        units seen in both of its periods. Rows without an outcome or covariate are set aside and counted.
    outcome, unit, time, cohort : str
        Columns. ``unit=None`` for repeated cross-sections, where each row is another person or place: each
        comparison then uses all rows of its two periods, and rests on each cohort's make-up staying the same.
        Times and cohorts are whole numbers or labels "2021", "2021Q1", "2021-03"; a never-treated
        unit's cohort is <NA> (NaN, None and inf too). Units treated from the first period on are left out;
        units starting after the last count as untreated. Event time counts periods of the panel, so a step of
        two years is one period.
    control_group : {"not_yet_treated", "never_treated"}
    anticipation : int
        Periods before adoption in which units may already respond; the comparison period moves back by as
        many.
    covariates : sequence of str
        Not measured after treatment; taken at the comparison period.
    weights : str, optional
        Column of weights above 0, such as populations, constant within units: averages are then over what is
        weighted (persons, not places). Not with covariates.
    cluster : str, optional
        Column that holds each unit's cluster; by default the unit (the row, in repeated cross-sections).
    n_boot : int
        Draws for uniform bands; 0 for none. Standard errors and pointwise intervals are always the analytic
        ones (influence functions, as R's did with bstrap = FALSE): normal distribution for units, Student's t
        with G - 1 degrees of freedom and the factor G/(G-1) for clusters.
    seed : int
    base_period : {"varying", "universal"}
        What pre-periods are compared with: the period before, or the last one before adoption.
    method : {"dr", "reg", "ipw"}
        With covariates: doubly robust, outcome regression or inverse probability weighting.

    Returns
    -------
    GroupTimeEffects
        ``.table``: term, estimate, std_error, statistic, p_value, conf_low, conf_high, n_units, identified,
        status, cohort, time, event_time, n_controls, pre_period and, with bands, band_low, band_high. What
        cannot be identified is a row with NaN and its reason in status. A cell whose treated or comparison
        units lie in one cluster has an estimate but no standard error.

    Raises
    ------
    EstimationError
        Bad input as in `read_design`; no never-treated units for ``control_group="never_treated"``; no
        treated period that can be compared at all; a covariate measured after treatment.

    References
    ----------
    Callaway, B. and Sant'Anna, P. H. C. (2021). Difference-in-differences with multiple time periods. Journal
    of Econometrics 225(2), 200-230.
    """
    require_choices(control_group=control_group, base_period=base_period, method=method)
    require_counts(anticipation=anticipation, n_boot=n_boot)
    _forbid_together(covariates, weights, unit)
    design = read_design(panel, outcome, unit=unit, time=time, cohort=cohort, covariates=covariates,
                         weights=weights, cluster=cluster)  # fmt: skip
    plan = plan_cells(design, control_group, anticipation, base_period)
    if control_group == "never_treated" and not (design.starts > design.times[-1] + anticipation).any():
        raise _no_never_treated(cohort)
    notes: tuple[Note, ...] = ()
    if len(covariates):
        from analysis.effects.estimators.adjusted import compare_adjusted

        estimates, notes = compare_adjusted(design, plan, control_group, anticipation, base_period, method)
        notes = (Note("covariates_at_base", method=method), *notes)
    elif unit is None:
        estimates, notes = compare_sections(design, plan), (Note("cross_sections"),)
    else:
        estimates = (compare_by_sums if design.balanced else compare_cell_by_cell)(design, plan)
    require_any(plan, estimates, cohort)
    engine = Engine(design, plan, estimates, *degrees(design))
    columns, bands = engine.figures_of_cells(n_boot, seed)
    notes = (*notes, Note("varying_base" if base_period == "varying" else "reference"), *bands)
    about = describe(design, engine.df, table=None, estimator="Callaway-Sant'Anna",
                     estimand=Note("estimand_att_gt", outcome=outcome), control_group=control_group,
                     notes=(*notes, *describe_missing(estimates.status)),
                     unbalanced="unbalanced" if unit else None)  # fmt: skip
    return GroupTimeEffects(about, columns, engine, anticipation, n_boot, seed)


def require_choices(**given: str) -> None:
    """Raise unless every argument named has one of its `CHOICES`."""
    for name, value in given.items():
        if value not in CHOICES[name]:
            raise EstimationError(
                "There is no such choice.",
                where=f"argument {name}",
                value=value,
                expected=" or ".join(CHOICES[name]),
                mend="Use one of these.",
            )


def _forbid_together(covariates, weights, unit) -> None:
    """Raise if covariates come with weights or repeated cross-sections, for which they are not worked out."""
    if len(covariates) and (weights is not None or unit is None):
        raise EstimationError(
            "Covariates cannot be combined with weights or with repeated cross-sections.",
            where="argument covariates",
            value=", ".join(map(str, covariates)),
            expected="covariates alone, or none",
            mend="Leave out the covariates" + (" or the weights." if weights is not None else "."),
        )


def require_counts(**given: int) -> None:
    for name, value in given.items():
        if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < 0:
            raise EstimationError(
                "A whole number of at least 0 is needed.",
                where=f"argument {name}",
                value=value,
                expected="0, 1, 2, ...",
                mend="Give a whole number.",
            )


def _no_never_treated(cohort: str) -> EstimationError:
    return EstimationError(
        "There are no never-treated units to compare with.",
        where=f"column {cohort!r}",
        expected="units whose cohort is <NA> or after the last period",
        mend="Use control_group='not_yet_treated'.",
    )
