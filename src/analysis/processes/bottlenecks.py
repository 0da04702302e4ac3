"""Where matters wait: from each step of their procedure to the next."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from analysis.errors import AnalysisError
from analysis.processes.matters import end_of, matter_table
from analysis.processes.procedures import Procedure, follow, procedures_of
from analysis.processes.survival import check_horizon, fit_curves, medians_of, restricted_means_of
from analysis.tables import values

DAY = np.timedelta64(1, "D")
COLUMNS = (
    "process", "procedure", "step", "next_step", "entered", "passed", "skipped", "waiting", "ended",
    "out_of_order", "median_days", "mean_days", "std_error", "days_waited", "share_of_waiting",
)  # fmt: skip


def bottlenecks(
    study,
    *,
    procedures: Sequence[Procedure] | None = None,
    horizon: float = 90,
    place_id: str | None = None,
) -> pd.DataFrame:
    """Return, per procedure, how long matters wait after each step for the one that follows.

    Parameters
    ----------
    study : Study
    procedures : sequence of Procedure, optional
        As for `matter_table`.
    horizon : float
        Days up to which mean_days looks, above 0.
    place_id : str, optional
        Only matters of the communities in this place; default: all.

    Returns
    -------
    DataFrame
        One row per step but the last of every procedure in use, in order; steps not recorded are left out.

        process, procedure, step : where the matter stands.
        next_step : the step it needs next: the first later one required of a matter that took `step`.
        entered : matters that took `step`, = passed + waiting + ended + out_of_order.
        passed : went on to `next_step` or any other later step; skipped : of these, those that went past
            `next_step` without it.
        waiting : still there at the end of the study; ended : ended there (withdrawn, or with an outcome that
            needs no answer).
        out_of_order : took a later step only before this one; they have no wait here.
        median_days, mean_days, std_error : Kaplan-Meier median of the days until the matter moved on, mean up
            to the horizon, and its standard error; those waiting or ended are censored.
        days_waited : days all matters together were seen to wait here; share_of_waiting : of the days waited
            in the procedure.

    Raises
    ------
    AnalysisError
        If the horizon is not above 0, the place is not known, or as `matter_table`.

    Notes
    -----
    A wait ends with the first later step taken, whichever it is, so that a matter is counted in one place at
    a time. A step taken twice counts at its first time. Every matter counts alike, whenever it was opened.
    """
    whole = None if place_id is None else {place_id: communities_in(study, place_id)}
    found = _of_places(study, procedures, horizon, whole)
    return found.drop(columns="place_id")


def bottlenecks_of_districts(
    study, *, procedures: Sequence[Procedure] | None = None, horizon: float = 90
) -> pd.DataFrame:
    """Return `bottlenecks` for every district of a study, with place_id as the first column."""
    return _of_places(
        study, procedures, horizon, {place: study.tree.communities_of(place) for place in study.districts}
    )


def _of_places(study, procedures, horizon: float, places: dict[str, list[str]] | None) -> pd.DataFrame:
    """Return the rows of every place (its communities given), or of the whole study."""
    check_horizon(horizon)
    table = matter_table(study, procedures=procedures)
    groups, _ = follow(study.matters, procedures_of(study, procedures))
    recorded = table.groupby("process")[list(values.STEPS)].count() > 0
    parts = []
    for place, communities in ({"": None} if places is None else places).items():
        inside = np.ones(len(table), bool)
        if communities is not None:
            inside = table["community_id"].isin(communities).to_numpy()
        for procedure, rows in groups:
            mine = table.iloc[rows[inside[rows]]]
            if procedure.name and len(mine):
                rows_ = _of_procedure(mine, procedure, recorded.loc[procedure.process], horizon)
                parts += [(place, *row) for row in rows_]
    found = pd.DataFrame(parts, columns=["place_id", *COLUMNS[:-1]])
    total = found.groupby(["place_id", "procedure"])["days_waited"].transform("sum")
    found["share_of_waiting"] = (found["days_waited"] / total.where(total > 0)).astype("float64")
    found.attrs = {"horizon": horizon, "end": str(end_of(study)), **table.attrs}
    return found


def communities_in(study, place_id: str) -> list[str]:
    """Return the communities of a place; AnalysisError if there is no such place."""
    if place_id not in study.tree.table.index:
        raise AnalysisError(
            "There is no such place in the study.", where="place_id", value=place_id,
            expected="a place_id of the places table", mend="Correct it.",
        )  # fmt: skip
    return study.tree.communities_of(place_id)


def _of_procedure(table: pd.DataFrame, procedure: Procedure, recorded: pd.Series, horizon: float) -> list:
    """Return one row per recorded step that another one follows."""
    names = [name for name in procedure.names if recorded[name]]
    times = table[names].to_numpy("datetime64[ns]").astype("datetime64[ms]").astype(float) / 86_400_000
    times[table[names].isna().to_numpy(bool)] = np.nan
    seen = (table["last_seen"] - pd.Timestamp(0)) / DAY
    ended = (table["last_seen"] < table["last_seen"].max()).to_numpy()
    rows = []
    for i, name in enumerate(names[:-1]):
        here = ~np.isnan(times[:, i])
        since, later = times[here, i], times[here, i + 1 :]
        after = np.where(later >= since[:, None], later, np.inf)
        passed = np.isfinite(after).any(axis=1)
        wrong = ~passed & ~np.isnan(later).all(axis=1)
        following = _next(procedure, name, names[i + 1 :])
        skipped = passed & np.isnan(later[:, following]) & (after.argmin(axis=1) > following)
        days = np.where(passed, after.min(axis=1), seen.to_numpy()[here]) - since
        stays = ~passed & ~wrong
        curve = fit_curves(np.zeros((~wrong).sum(), int), days[~wrong], passed[~wrong], 1)
        mean, error = restricted_means_of(curve, horizon)
        rows.append(
            (procedure.process, procedure.name, name, names[i + 1 + following], len(since), passed.sum(),
             skipped.sum(), (stays & ~ended[here]).sum(), (stays & ended[here]).sum(), wrong.sum(),
             medians_of(curve)[0], mean[0], error[0], days[~wrong].sum())
        )  # fmt: skip
    return rows


def _next(procedure: Procedure, name: str, later: list[str]) -> int:
    """Return the position in `later` of the step that a matter at `name` needs next."""
    steps = {step.name: step for step in procedure.steps}
    for position, following in enumerate(later):
        if steps[following].required and steps[following].only_after in (None, name):
            return position
    return len(later) - 1
