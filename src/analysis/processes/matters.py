"""One row per matter: which steps it took when, how it kept to its procedure, how long it waited."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from analysis.errors import AnalysisError
from analysis.processes.conformance import actors_of, conformance, lateness
from analysis.processes.procedures import Procedure, follow, procedures_of, usual_procedure
from analysis.tables import values
from analysis.tables.periods import FREQUENCIES, period_of

DAY = np.timedelta64(1, "D")
ADDED = (
    "procedure", "opened", "answered_at", "decided_at", "realised_at", "entered", "period", "settled",
    "completeness", "order_ok", "steps_repeated", "actors_ok", "late", "days_late", "open", "days_to_answer",
    "censored_at", "days_observed", "last_seen",
)  # fmt: skip


def matter_table(
    study,
    *,
    procedures: Sequence[Procedure] | None = None,
    settle_days: float = 90,
) -> pd.DataFrame:
    """Return one row per matter: its steps, how it kept to its procedure, and how long it waited.

    Everything is as known at the end of the study's last period: later steps are not yet taken.

    Parameters
    ----------
    study : Study
    procedures : sequence of Procedure, optional
        The first one of a process is its usual one; default: those of the study, then those shipped.
    settle_days : float
        Age in days at the end of the study from which a matter's completeness counts.

    Returns
    -------
    DataFrame
        The columns of the study's matters, as they are, but `procedure`:
        procedure : name of the procedure followed, the one the matter names or the usual one of its process;
            missing if none is declared under that name for the process.
        raised, discussed, ... : first time of each step of the dictionary, missing if not taken.
        steps_repeated : how many recorded steps repeat an earlier one of the same kind.
        opened : time of the opening step of the procedure; missing if it is not on record.
        answered_at : time of the closing step of the procedure.
        decided_at, realised_at : time of its decision (decided, selected or signed), and of carrying it out
            (implemented, performed, spent or helped).
        entered : `opened`, or else the first step of any kind, be it after the end of the study; missing
            without steps.
        period : the period of `entered`.
        settled : whether the matter had `settle_days` to run its course, or has an outcome and no steps.
        completeness : share of required steps taken; missing for withdrawn matters, and where fewer than
            two steps are required. Steps that the outcome waives, or that are due only after a step not
            taken, are not required.
        order_ok : whether the steps taken came in the order of the procedure (ties are in order);
            missing with fewer than two of them.
        actors_ok : whether everyone whose role or kind is known was one who may take the step; missing if
            nobody is known, or anyone may.
        late, days_late : whether a step missed its deadline, taken too late or overdue at the end of the
            study, and by how many days at most (0 if none did); missing if no deadline was met or missed.
        open : neither answered nor ended without answer (withdrawn, or with an outcome that waives the
            closing step); missing if neither opening nor closing step is on record, or if answers are not
            recorded.
        days_to_answer : days from opening to closing step; missing if open, or if answered before opened.
        censored_at : when an unanswered matter was last seen waiting: the end of the study, or the last
            step of one that ended without answer.
        days_observed : `days_to_answer`, or days from opening to `censored_at`.
        last_seen : the end of the study, or the last step of a matter that ended without answer.

        A step of a procedure that no matter of the process ever took is not recorded by this study rather
        than missed by every matter: it is not required. ``attrs["steps_not_recorded"]`` lists such steps
        per process, and ``attrs["unknown_procedures"]`` how many matters name a procedure that is not
        declared for their process: their waits are measured, the rest is not.

    Raises
    ------
    AnalysisError
        If `settle_days` is negative, a matter_id stands twice, or two procedures have one name.
    """
    _check(study.matters, settle_days)
    matters, end = study.matters, end_of(study)
    procedures = procedures_of(study, procedures)
    times, repeated, last = _step_times(matters, study.steps, end)
    start = study.steps.groupby("matter_id")["time"].min().reindex(matters["matter_id"])
    groups, unknown = follow(matters, procedures)
    groups = groups or [(usual_procedure(values.PROCESSES[0], procedures), np.empty(0, "int64"))]
    recorded = {p: times[(matters["process"] == p).to_numpy()].notna().any() for p in values.PROCESSES}
    parts, unrecorded = [], {}
    for procedure, rows in groups:
        known = recorded[procedure.process]
        part, mine = conformance(matters.iloc[rows], times.iloc[rows], procedure, known), last.iloc[rows]
        part = part.join(_waiting(part, mine, end, answers=known[procedure.closing]))
        parts.append(part.join(lateness(matters.iloc[rows], times.iloc[rows], part, procedure, known)))
        lacking = unrecorded.setdefault(procedure.process, [])
        lacking += [name for name in procedure.names if len(rows) and not known[name] and name not in lacking]
    stated = matters.drop(columns="procedure")
    table = pd.concat([stated, times, pd.concat(parts).reindex(matters.index)], axis=1)
    table["actors_ok"] = actors_of(study, groups, end)
    table["steps_repeated"] = repeated
    table["entered"] = table["opened"].fillna(start.set_axis(matters.index))
    table["period"] = period_of(table["entered"], study.period)
    settled = (end - table["entered"]) / DAY >= settle_days
    table["settled"] = settled | (table["entered"].isna() & table["outcome"].notna())
    table.attrs = {
        "steps_not_recorded": {process: names for process, names in unrecorded.items() if names},
        "unknown_procedures": unknown,
    }
    return table[[*stated.columns, *times.columns, *ADDED]]


def end_of(study) -> pd.Timestamp:
    """Return the first moment after the last period of the study; NaT for a study without periods."""
    if not study.periods:
        return pd.NaT
    return (pd.Period(study.periods[-1], freq=FREQUENCIES[study.period]) + 1).start_time.as_unit("ns")


def _check(matters: pd.DataFrame, settle_days: float) -> None:
    if not settle_days >= 0:
        raise AnalysisError(
            "A matter cannot settle before it is raised.",
            where="settle_days",
            value=settle_days,
            expected="0 or more",
            mend="Give the days a matter needs to run its course.",
        )
    if matters["matter_id"].duplicated().any():
        raise AnalysisError(
            "A matter stands twice in the study.",
            where="matters.matter_id",
            value=matters.loc[matters["matter_id"].duplicated(), "matter_id"].iloc[0],
            expected="one row per matter",
            mend="Open the study with open_study, which sets repeated rows aside.",
        )


def _step_times(
    matters: pd.DataFrame, steps: pd.DataFrame, end: pd.Timestamp
) -> tuple[pd.DataFrame, np.ndarray, pd.Series]:
    """Return the first time of each step per matter, the number of repeated steps, and the last time."""
    row = pd.Index(matters["matter_id"]).get_indexer(steps["matter_id"])
    column = pd.Index(values.STEPS).get_indexer(steps["step"])
    when = steps["time"].to_numpy("datetime64[ns]")
    use = (row >= 0) & (column >= 0) & (when < end.to_datetime64())
    row, column, when = row[use], column[use], when[use].astype("int64")
    unseen, missing = np.iinfo("int64").max, np.iinfo("int64").min  # `missing` is the number of NaT
    first = np.full((len(matters), len(values.STEPS)), unseen)
    np.minimum.at(first, (row, column), when)
    last = np.full(len(matters), missing)
    np.maximum.at(last, row, when)
    repeated = np.bincount(row, minlength=len(matters)) - (first < unseen).sum(axis=1)
    first[first == unseen] = missing
    times = pd.DataFrame(first.view("datetime64[ns]"), columns=list(values.STEPS), index=matters.index)
    return times, repeated, pd.Series(last.view("datetime64[ns]"), index=matters.index)


def _waiting(part: pd.DataFrame, last: pd.Series, end: pd.Timestamp, *, answers: bool) -> pd.DataFrame:
    """Return open, days_to_answer, censored_at, days_observed and last_seen; without `answers` unknown."""
    opened, answered = part["opened"], part["answered_at"]
    unknown = (opened.isna() & answered.isna()) | ~np.bool_(answers)
    days = (answered - opened) / DAY
    days = days.where(days >= 0)
    waits = opened.notna() & answered.isna() & ~unknown
    seen = last.where(part["ended"] & answered.isna(), end).astype("datetime64[ns]")
    censored = seen.where(waits).astype("datetime64[ns]")
    return pd.DataFrame(
        {
            "open": (answered.isna() & ~part["ended"]).astype("boolean").mask(unknown),
            "days_to_answer": days,
            "censored_at": censored,
            "days_observed": days.fillna((censored - opened) / DAY),
            "last_seen": seen,
        }
    )
