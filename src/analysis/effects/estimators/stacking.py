"""Stacked difference-in-differences: every cohort with clean controls in a window of its own."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from analysis.effects.estimators.callaway import require_counts
from analysis.effects.estimators.group_time import label_rows
from analysis.effects.estimators.stacks import Stack, figures_of_pool, pool_stacks
from analysis.effects.panel.design import Design, read_design
from analysis.effects.results.describe import describe, describe_missing
from analysis.effects.results.estimate import EffectEstimate, make_table
from analysis.effects.results.notes import Note
from analysis.errors import EstimationError

WEIGHTINGS = {"treated": "cohorts weighted by their number of units", "variance": "cohorts weighted by "
              "their size times that of their comparison group over their sum"}  # fmt: skip


def stacked(
    panel: pd.DataFrame,
    outcome: str,
    *,
    unit: str,
    time: str,
    cohort: str,
    window: tuple[int, int] = (-3, 3),
    control_group: str = "not_yet_treated",
    weighting: str = "treated",
    weights: str | None = None,
    cluster: str | None = None,
) -> EffectEstimate:
    """Estimate effects by event time from stacks of one cohort and units untreated all through its window.

    It rests on parallel trends between each cohort and its comparison units within the window and on no
    anticipation. Every event time is an average over the same cohorts, so that the path over event time is
    not one of changing composition.

    Parameters
    ----------
    panel : DataFrame
        One row per unit and period; not changed. A stack uses the units seen in all periods of its window.
    outcome, unit, time, cohort : str
        Columns, as in `att_gt`.
    window : (int, int)
        First event time (-2 or less, or -1) and last (0 or more). Cohorts whose window does not lie within
        the panel are left out, and named.
    control_group : {"not_yet_treated", "never_treated"}
        Units that start after the window's end, or never-treated ones only.
    weighting : {"treated", "variance"}
        "treated": cohorts by their number of units (Wing, Freedman and Hollingsworth 2024, "aggregate").
        "variance": what the regression with effects of stack and unit, and of stack and period, gives
        (Cengiz, Dube, Lindner and Zipperer 2019).
    weights : str, optional
        Column of weights above 0, such as populations, constant within units.
    cluster : str, optional
        Column that holds each unit's cluster; by default the unit, which may be in several stacks.

    Returns
    -------
    EffectEstimate
        One row per event time with event_time, pre_period and status; that before adoption is the reference;
        the last row "overall" is the mean of event times 0 and later. Standard errors are those of the
        stacked regression, cluster-robust with the factor G/(G-1) (n-1)/(n-p), n counting rows of all stacks;
        Student's t with G - 1 degrees of freedom.

    Raises
    ------
    EstimationError
        Bad input as in `read_design`; no cohort whose window lies within the panel with clean controls.

    References
    ----------
    Cengiz, D., Dube, A., Lindner, A. and Zipperer, B. (2019). The effect of minimum wages on low-wage jobs.
    Quarterly Journal of Economics 134(3), 1405-1454.
    Wing, C., Freedman, S. and Hollingsworth, A. (2024). Stacked difference-in-differences. NBER Working Paper
    32054.
    """
    low, high = require_window(window)
    require_choice("weighting", weighting, tuple(WEIGHTINGS))
    require_choice("control_group", control_group, ("not_yet_treated", "never_treated"))
    design = read_design(
        panel, outcome, unit=unit, time=time, cohort=cohort, weights=weights, cluster=cluster
    )
    stacks, trimmed, lost = _stack(design, low, high, control_group)
    _require_stacks(stacks, cohort, (low, high))
    width, keys = high - low + 1, np.arange(low, high + 1)
    each = [(k, stack) for k in range(width) for stack in stacks if k != -1 - low]
    pooled = pool_stacks(design, each, width, weighting, effects=weighting == "variance")
    mix = (keys >= 0) / (keys >= 0).sum()
    columns, covariance = figures_of_pool(
        design, pooled, mix[:, None], _factor(design, stacks, width, weighting), reference=-1 - low
    )
    treated = sum(len(stack.treated) for stack in stacks)
    columns |= {"n_units": np.full(width + 1, treated)} | label_rows("event_time", keys)
    table = make_table(columns | {"pre_period": np.append(keys < 0, False)})
    notes = [Note("reference"), *([Note("variance_weights")] if weighting == "variance" else [])]
    if len(trimmed):
        labels = ", ".join(map(str, design.labels(trimmed)))
        notes.append(Note("stacks_trimmed", cohorts=len(trimmed), labels=labels))
    notes += [Note("stacks_incomplete", units=lost)] if lost else []
    estimate = describe(
        design, design.n_clusters - 1.0, table=table, estimator="Stacked difference-in-differences",
        estimand=Note("estimand_stacked", outcome=outcome, low=low, high=high,
                      weighting=WEIGHTINGS[weighting]),
        control_group=control_group, notes=(*notes, *describe_missing(table["status"].to_numpy())),
        unbalanced=None,
    )  # fmt: skip
    return replace(estimate, covariance=covariance)


def _stack(design: Design, low: int, high: int, control_group: str) -> tuple[list[Stack], np.ndarray, int]:
    """Return the stacks, the cohorts that have none, and how many units are not seen throughout."""
    stacks, trimmed, lost = [], [], 0
    never = design.starts > design.times[-1]
    for start in design.cohorts:
        columns = np.searchsorted(design.times, start + np.arange(low, high + 1))
        inside = (columns < len(design.times)).all() and (
            design.times[np.minimum(columns, len(design.times) - 1)] == start + np.arange(low, high + 1)
        ).all()
        if not inside:
            trimmed.append(start)
            continue
        whole = design.seen[:, columns].all(axis=1)
        member = design.starts == start
        clean = never if control_group == "never_treated" else design.starts > start + high
        lost += int(((member | clean) & ~whole).sum())
        if not (member & whole).any() or not (clean & whole).any():
            trimmed.append(start)
            continue
        changes = design.outcomes[:, columns] - design.outcomes[:, columns[-1 - low]][:, None]
        stacks.append(Stack(np.flatnonzero(member & whole), np.flatnonzero(clean & whole), changes))
    return stacks, np.array(trimmed), lost


def _factor(design: Design, stacks: list[Stack], width: int, weighting: str) -> float:
    """Return G/(G-1) (n-1)/(n-p) of the regression that the weighting belongs to; NaN for one cluster."""
    clusters, units = design.n_clusters, sum(len(s.treated) + len(s.controls) for s in stacks)
    rows = units * width
    # effects of stack and period besides the event times; those of stack and unit lie within clusters
    parameters = 2 * width if weighting == "treated" else width - 1 + len(stacks) * width
    if clusters < 2 or rows <= parameters:
        return np.nan
    return clusters / (clusters - 1) * (rows - 1) / (rows - parameters)


def _require_stacks(stacks: list[Stack], cohort: str, window: tuple[int, int]) -> None:
    if not stacks:
        raise EstimationError(
            "No cohort can be stacked: none has its whole window within the panel and units that stay "
            "untreated through it.",
            where=f"argument window and column {cohort!r}",
            value=window,
            expected="a window that fits around at least one cohort",
            mend="Use a shorter window.",
        )


def require_window(window: tuple[int, int]) -> tuple[int, int]:
    """Return first and last event time; raise unless they lie around adoption."""
    try:
        low, high = window
        require_counts(window=-low - 1)
        require_counts(window=high)
    except (TypeError, ValueError, EstimationError) as error:
        raise EstimationError(
            "The window is not one around adoption.",
            where="argument window",
            value=window,
            expected="two whole numbers: an event time of -1 or less and one of 0 or more, such as (-3, 3)",
            mend="Give one number below 0 and one of 0 or more.",
        ) from error
    return int(low), int(high)


def require_choice(name: str, value: object, choices: tuple[str, ...]) -> None:
    """Raise unless the argument has one of its choices."""
    if value not in choices:
        raise EstimationError(
            "There is no such choice.",
            where=f"argument {name}",
            value=value,
            expected=" or ".join(choices),
            mend="Use one of these.",
        )
