"""How matters keep to their procedure: steps taken, in order, by those who may, and in time."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.tables.procedures import Procedure

DAY = np.timedelta64(1, "D")


def conformance(
    matters: pd.DataFrame, times: pd.DataFrame, procedure: Procedure, recorded: pd.Series
) -> pd.DataFrame:
    """Return how matters of one procedure kept to it.

    Parameters
    ----------
    matters, times : DataFrame
        Rows of the matters table, and the first time of every step of the dictionary, row by row.
    procedure : Procedure
    recorded : Series of bool
        By step: whether any matter of the process took it.

    Returns
    -------
    DataFrame
        procedure, opened, answered_at, decided_at, realised_at, ended, completeness, order_ok.
    """
    withdrawn = matters["outcome"] == "withdrawn"
    never = pd.Series(pd.NaT, index=matters.index, dtype="datetime64[ns]")
    at = {None: never} | {name: times[name] for name in procedure.names}
    taken = times[list(procedure.names)].notna().to_numpy()
    required = np.zeros_like(taken)
    for j, step in enumerate(procedure.steps):
        waived = matters["outcome"].isin(step.waived_for).to_numpy()
        required[:, j] = step.required & recorded[step.name] & ~waived
        if step.only_after:
            required[:, j] &= taken[:, procedure.names.index(step.only_after)]
    required[withdrawn.to_numpy()] = False
    due = required.sum(axis=1)
    complete = np.divide((taken & required).sum(axis=1), due, out=np.full(len(due), np.nan), where=due > 1)
    return pd.DataFrame(
        {
            "procedure": pd.Series(procedure.name or None, index=matters.index, dtype="str"),
            "opened": at[procedure.opening],
            "answered_at": at[procedure.closing],
            "decided_at": at[procedure.decision],
            "realised_at": at[procedure.realisation],
            "ended": withdrawn | matters["outcome"].isin(procedure.steps[-1].waived_for),
            "completeness": complete,
            "order_ok": _ordered(times[list(procedure.names)], taken),
        },
        index=matters.index,
    )


def _ordered(times: pd.DataFrame, taken: np.ndarray) -> np.ndarray:
    """Return whether the steps taken came in the order of the columns; missing with fewer than two."""
    numbers = times.to_numpy().view("int64")  # NaT is the smallest number, so it never holds up the maximum
    before = np.maximum.accumulate(numbers, axis=1)
    ordered = pd.array(~(taken & (numbers < before)).any(axis=1), dtype="boolean")
    ordered[taken.sum(axis=1) < 2] = pd.NA
    return ordered


def lateness(
    matters: pd.DataFrame, times: pd.DataFrame, part: pd.DataFrame, procedure: Procedure, recorded: pd.Series
) -> pd.DataFrame:
    """Return late and days_late of matters of one procedure; `part` has ended, last_seen and answered_at.

    A step taken is judged by its time. One not taken is overdue once the deadline has passed by the end of
    the study; not so where it is not required or not recorded, or the matter is answered or ended.
    """
    late = np.full(len(times), np.nan)
    live = (part["answered_at"].isna() & ~part["ended"]).to_numpy()
    for step in procedure.steps:
        if step.within_days is None or not (recorded[step.name] and recorded[step.since]):
            continue
        started = times[step.since]
        over = ((times[step.name] - started) / DAY - step.within_days).to_numpy()
        overdue = ((part["last_seen"] - started) / DAY - step.within_days).to_numpy()
        needed = step.required & ~matters["outcome"].isin(step.waived_for).to_numpy()
        if step.only_after:
            needed &= times[step.only_after].notna().to_numpy()
        waits = live & needed & times[step.name].isna().to_numpy() & (overdue > 0)
        late = np.fmax(late, np.maximum(np.where(waits, overdue, over), 0))
    unknown = np.isnan(late)
    flags = pd.array(late > 0, dtype="boolean")
    flags[unknown] = pd.NA
    return pd.DataFrame({"late": flags, "days_late": late}, index=times.index)


def actors_of(study, groups: list[tuple[Procedure, np.ndarray]], end: pd.Timestamp) -> np.ndarray:
    """Return per matter whether every known actor of its steps may take them; missing if none is known.

    An actor is known by the role in the people table or the kind in the organisations table. Every record
    of a step counts, repeats included.
    """
    matters, steps = study.matters, study.steps
    allowed = {(i, s.name): s.by for i, (p, _) in enumerate(groups) for s in p.steps if s.by}
    right = pd.array(np.ones(len(matters), bool), dtype="boolean")
    known = np.zeros(len(matters), bool)
    if allowed:
        group = np.full(len(matters) + 1, -1)  # the last one stands for matters not in the table
        for i, (_, rows) in enumerate(groups):
            group[rows] = i
        use = steps["step"].isin({name for _, name in allowed}) & (steps["time"] < end)
        steps = steps[use & steps["actor_id"].notna()]
        row = pd.Index(matters["matter_id"]).get_indexer(steps["matter_id"])
        kinds = _kinds(study).reindex(steps["actor_id"]).to_numpy(object)
        step, mine = steps["step"].to_numpy(object), group[row]
        for (i, name), by in allowed.items():
            here = (mine == i) & (step == name) & pd.notna(kinds)
            known[row[here]] = True
            right[row[here & ~np.isin(kinds, by)]] = False
    right[~known] = pd.NA
    return right


def _kinds(study) -> pd.Series:
    """Return the role of each person and the kind of each organisation, by identifier."""
    people = study.people.dropna(subset=["role"]).set_index("person_id")["role"]
    organisations = study.organisations.set_index("org_id")["kind"]
    found = pd.concat([organisations, people])
    return found[~found.index.duplicated()]
