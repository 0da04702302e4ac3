"""Local projections difference-in-differences (Dube, Girardi, Jorda and Taylor)."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from analysis.effects.estimators.group_time import label_rows
from analysis.effects.estimators.stacking import WEIGHTINGS, require_choice, require_window
from analysis.effects.estimators.stacks import Stack, figures_of_pool, pool_stacks
from analysis.effects.panel.design import Design, read_design
from analysis.effects.results.describe import describe, describe_missing
from analysis.effects.results.estimate import EffectEstimate, make_table
from analysis.effects.results.notes import Note
from analysis.errors import EstimationError


def lp_did(
    panel: pd.DataFrame,
    outcome: str,
    *,
    unit: str,
    time: str,
    cohort: str,
    window: tuple[int, int] | None = None,
    control_group: str = "not_yet_treated",
    weighting: str = "variance",
    weights: str | None = None,
    cluster: str | None = None,
) -> EffectEstimate:
    """Estimate effects by event time from regressions of long changes on adoption, among clean controls.

    For each event time h, the change from the period before adoption to h periods after it is regressed on
    adoption with period effects, among units that adopt and units still untreated h periods later. It rests
    on parallel trends between cohorts and those still untreated, and on no anticipation.

    Parameters
    ----------
    panel : DataFrame
        One row per unit and period; not changed. Gaps are allowed: each change uses the units seen at both
        of its ends.
    outcome, unit, time, cohort : str
        Columns, as in `att_gt`.
    window : (int, int), optional
        First and last event time to estimate; by default all there are.
    control_group : {"not_yet_treated", "never_treated"}
    weighting : {"variance", "treated"}
        "variance": cohorts by N1 N0 / (N1 + N0), the plain regression. "treated": cohorts by their number of
        treated units (the reweighted regression), which gives the event times of `att_gt` with the last
        period before adoption as base.
    weights : str, optional
        Column of weights above 0, such as populations, constant within units.
    cluster : str, optional
        Column that holds each unit's cluster; by default the unit.

    Returns
    -------
    EffectEstimate
        One row per event time with event_time, pre_period and status; that before adoption is the reference;
        the last row "overall" averages event times 0 and later by their number of treated units, over all
        cohorts. Standard errors are cluster-robust with each regression's factor G/(G-1)
        (n-1)/(n-p); Student's t with G - 1 degrees of freedom.

    Raises
    ------
    EstimationError
        Bad input as in `read_design`; no event time with treated and clean comparison units.

    References
    ----------
    Dube, A., Girardi, D., Jorda, O. and Taylor, A. M. (2025). A local projections approach to difference-in-
    differences. Journal of Applied Econometrics 40(7), 741-758.
    """
    require_choice("weighting", weighting, tuple(WEIGHTINGS))
    require_choice("control_group", control_group, ("not_yet_treated", "never_treated"))
    design = read_design(
        panel, outcome, unit=unit, time=time, cohort=cohort, weights=weights, cluster=cluster
    )
    low, high = _reach(design, window)
    keys = np.arange(low, high + 1)
    stacks = [(k, stack) for k, h in enumerate(keys) if h != -1
              for stack in _changes(design, int(h), control_group, k)]  # fmt: skip
    pooled = pool_stacks(design, stacks, len(keys), weighting, effects=True)
    treated = np.where(keys >= 0, pooled.size, 0.0)
    _require_any(treated, cohort)
    factor = np.array([_factor(design, int(h), control_group, weighting) if h != -1 else 1.0 for h in keys])
    columns, covariance = figures_of_pool(
        design, pooled, (treated / treated.sum())[:, None], factor, reference=-1 - low
    )
    adopting = int((design.starts <= design.times[-1]).sum())
    columns |= {"n_units": np.append(pooled.n_treated, adopting)} | label_rows("event_time", keys)
    table = make_table(columns | {"pre_period": np.append(keys < 0, False)})
    notes = (Note("reference"), *([Note("variance_weights")] if weighting == "variance" else []),
             *describe_missing(table["status"].to_numpy()))  # fmt: skip
    estimate = describe(
        design, design.n_clusters - 1.0, table=table, estimator="Local projections",
        estimand=Note("estimand_lp_did", outcome=outcome, weighting=WEIGHTINGS[weighting]),
        control_group=control_group, notes=notes,
    )  # fmt: skip
    return replace(estimate, covariance=covariance)


def _reach(design: Design, window: tuple[int, int] | None) -> tuple[int, int]:
    """Return the first and last event time that any cohort is seen at, within the window."""
    low = int(min(design.times[0] - design.cohorts.max(), -1))
    high = int(max(design.times[-1] - design.cohorts.min(), 0))
    if window is None:
        return low, high
    first, last = require_window(window)
    return max(low, first), min(high, last)


def _changes(design: Design, h: int, control_group: str, k: int) -> list[Stack]:
    """Return each cohort's changes from the period before adoption to h periods after it, in column k."""
    found = []
    for start in design.cohorts:
        now, base = np.searchsorted(design.times, (start + h, start)) - (0, 1)
        if not 0 <= now < len(design.times) or design.times[now] != start + h or base < 0:
            continue
        change = design.outcomes[:, now] - design.outcomes[:, base]
        seen = np.isfinite(change)
        until = design.times[-1] if control_group == "never_treated" else start + max(h, 0)
        treated, clean = seen & (design.starts == start), seen & (design.starts > until)
        if treated.any() and clean.any():
            changes = np.broadcast_to(change[:, None], (len(change), k + 1))
            found.append(Stack(np.flatnonzero(treated), np.flatnonzero(clean), changes))
    return found


def _factor(design: Design, h: int, control_group: str, weighting: str) -> float:
    """Return G/(G-1) (n-1)/(n-p) of the regression at event time h.

    The plain regression holds periods in which nobody adopts too; reweighted, they have no weight.
    """
    rows, periods, units = 0, 0, np.zeros(design.n_units, bool)
    place = {position: column for column, position in enumerate(design.times)}
    for t in design.times[1:]:
        if t - 1 not in place or t + h not in place:
            continue
        seen = design.seen[:, place[t - 1]] & design.seen[:, place[t + h]]
        until = design.times[-1] if control_group == "never_treated" else t + max(h, 0)
        used = seen & ((design.starts == t) | (design.starts > until))
        if weighting == "treated" and not (used & (design.starts == t)).any():
            continue
        rows, periods, units = rows + int(used.sum()), periods + bool(used.any()), units | used
    clusters, parameters = len(np.unique(design.clusters[units])), 1 + periods
    if clusters < 2 or rows <= parameters:
        return np.nan
    return clusters / (clusters - 1) * (rows - 1) / (rows - parameters)


def _require_any(treated: np.ndarray, cohort: str) -> None:
    if not treated.sum():
        raise EstimationError(
            "No treated period can be compared with untreated units.",
            where=f"column {cohort!r}",
            expected="units that are untreated while others are treated",
            mend="Add never-treated units or later cohorts, or choose control_group='not_yet_treated'.",
        )
