"""Measures of the processes: breadth, completeness, order, days to the answer, adoption, escalation."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from analysis.processes.matters import end_of, matter_table
from analysis.processes.participation import breadth, has_consultation, residents_from_people
from analysis.processes.procedures import Procedure, procedures_of
from analysis.processes.survival import check_horizon, fit_curves, medians_of, restricted_means_of
from analysis.processes.waiting import days_between
from analysis.tables.measures import Grid, Measure
from analysis.tables.values import PROCESSES

DAY = np.timedelta64(1, "D")
_OECD = "OECD (2021), Evaluation Guidelines for Representative Deliberative Processes"
_CONFORMANCE = "conformance of cases to a declared process, van der Aalst (2016), Process Mining"

_ANSWERS = "matters opened with a known wait, answered or not"
_ESCALATION = "街道吹哨、部门报到"

# name, formula, unit, what n counts, source; every one is given per process
_PER_PROCESS = (
    ("raised", "number of matters opened in the period", "matters", "matters opened", "count"),
    ("unopened", "number of matters whose opening step is not on record, dated by their first step; those "
     "without any step stand in \"all\" only", "matters", "matters without opening step", "count"),
    ("completeness", "mean over matters of required steps taken / required steps; of matters that had "
     "settle_days to run their course, without withdrawn ones", "share 0-1", "settled matters", _CONFORMANCE),
    ("order_violations", "matters with a step before an earlier step of the procedure / matters with two or "
     "more steps of it", "share 0-1", "matters with two or more steps", _CONFORMANCE),
    ("answered", "of matters opened in the period, answered by the end of the study / (answered + open)",
     "share 0-1", "matters answered or open", _OECD),
    ("open", "number of matters opened in the period and not answered by the end of the study", "matters",
     "open matters", "count"),
    ("days_to_answer", "Kaplan-Meier median of days from the opening to the closing step; open matters are "
     "censored at the end of the study, those withdrawn or ended without answer at their last step", "days",
     _ANSWERS, "Kaplan and Meier (1958)"),
    ("mean_days_to_answer", "area under the Kaplan-Meier curve of days to the answer up to `horizon` (90) "
     "days: the mean wait when longer ones count as 90; NaN where the matters were not watched that long",
     "days", _ANSWERS, "Klein and Moeschberger (2003), section 4.5"),
    ("adopted", "adopted / (adopted + rejected)", "share 0-1", "matters adopted or rejected", _OECD),
    ("resolved", "resolved / (resolved + unresolved)", "share 0-1", "matters resolved or unresolved",
     _ESCALATION),
    ("escalated", "matters with the step \"escalated\" / matters; unknown if no matter of the process has it",
     "share 0-1", "matters", _ESCALATION),
    ("satisfaction", "mean of the stated satisfaction", "points 0-100", "matters with a statement", _OECD),
)  # fmt: skip

# the same, for some processes only
_FOR_SOME = {
    ("consultation", "fund", "budgeting"): (
        ("published", "of matters decided at least settle_days before the end of the study, not withdrawn, "
         "with the step \"published\" by the end", "share 0-1", "matters decided long enough ago", _OECD),
        ("days_to_publish", "Kaplan-Meier median of days from the decision to its publication; those not "
         "published are censored at the end of the study, or at the last step if they ended unanswered; "
         "those published before the decision are left out", "days", "matters decided", _OECD),
    ),
    ("consultation", "contract", "fund", "budgeting", "aid"): (
        ("implemented", "of settled matters that were adopted or resolved, or decided (signed) with no "
         "outcome yet, those carried out (implemented, performed, spent, helped) by the end", "share 0-1",
         "settled matters to be carried out", _OECD),
    ),
    ("request",): (
        ("escalated_resolved", "of escalated matters, resolved / (resolved + unresolved)", "share 0-1",
         "escalated matters with an outcome", _ESCALATION),
        ("days_to_arrival", "Kaplan-Meier median of days from the step \"escalated\" to \"arrived\"; those "
         "where nobody arrived are censored when answered, or else at the end of the study", "days",
         "escalated matters", _ESCALATION),
    ),
}  # fmt: skip

# the same, for every process whose procedures say who may take a step or by when
_IF_DECLARED = (
    ("late", "matters with a step after its deadline, or overdue at the end of the study / matters with a "
     "deadline met or missed", "share 0-1", "matters with a deadline met or missed", _CONFORMANCE),
    ("actor_violations", "matters with a step by someone who may not take it / matters with a step whose "
     "actor's role or kind is known", "share 0-1", "matters with a known actor", _CONFORMANCE),
)  # fmt: skip


def _declared(process: str) -> tuple:
    some = [entry for processes, entries in _FOR_SOME.items() if process in processes for entry in entries]
    return (*_PER_PROCESS, *some, *_IF_DECLARED)


MEASURES: dict[str, Measure] = {
    "consultation_breadth": Measure(
        "consultation_breadth",
        "distinct people in done interactions of kind consultation or in the gathering of a consultation "
        "matter (gathering_id is its matter_id), acting in steps of one, or voting on or writing one of its "
        "statements / residents (places.population, or else rows of the people table, and then only those of "
        "them who took part)",
        "share of residents",
        "residents",
        _OECD,
    )
} | {
    f"{process}_{name}": Measure(f"{process}_{name}", formula, unit, n, source)
    for process in PROCESSES
    for name, formula, unit, n, source in _declared(process)
}


def process_measures(
    study,
    *,
    procedures: Sequence[Procedure] | None = None,
    settle_days: float = 90,
    horizon: float = 90,
) -> pd.DataFrame:
    """Return the process measures of every community, street and district, by period and over all.

    Parameters
    ----------
    study : Study
        Its matters and steps, and for breadth its interactions, people and places.
    procedures : sequence of Procedure, optional
        The first one of a process is its usual one; default: those of the study, then those shipped.
    settle_days : float
        Age in days at the end of the study from which a matter's completeness, publication and
        implementation count: without it the last periods would hold the quickest matters only.
    horizon : float
        Days up to which the restricted mean of the days to the answer looks, above 0.

    Returns
    -------
    DataFrame
        place_id, period, measure, value, n, std_error; one row for every place, period (and "all") and
        measure of `MEASURES` that belongs to a process the study has. A matter belongs to the period it
        was opened in, and a street or district is measured over its matters, not over its communities'
        values. NaN with n 0 where there is nothing to measure; a count is 0 there. std_error takes
        matters as independent draws, and is NaN for counts, breadth and medians.
        ``attrs`` holds residents_from_people, the number of communities that state no population, so that
        breadth is a share of those in the people table, and steps_not_recorded, per process the steps of
        its procedure that no matter took: what rests on them (answers above all) is NaN.

    Raises
    ------
    AnalysisError
        As `matter_table`.

    Notes
    -----
    Matters without an opening step count where they can be dated by another step, and are reported as
    ``<process>_unopened``. Counts assume that the tables cover every community of the study.
    """
    check_horizon(horizon)
    grid = Grid(study)
    results = {"consultation_breadth": breadth(study, grid)} if has_consultation(study) else {}
    table = matter_table(study, procedures=procedures, settle_days=settle_days)
    publishing = {p.name for p in procedures_of(study, procedures) if p.publishes}
    table["publishes"] = table["procedure"].isin(publishing)
    table["decided_early"] = (end_of(study) - table["decided_at"]) / DAY >= settle_days
    for process in PROCESSES:
        chosen = table[table["process"] == process]
        if len(chosen):
            found = _of_process(chosen, grid, process, horizon)
            results |= {f"{process}_{name}": result for name, result in found.items()}
    measures = grid.frame(results)
    measures.attrs = table.attrs | {
        "residents_from_people": residents_from_people(study), "horizon": horizon,
    }  # fmt: skip
    return measures


def _of_process(table: pd.DataFrame, grid: Grid, process: str, horizon: float) -> dict[str, tuple]:
    """Return (value, n, std_error) per cell for every measure of the matters of one process."""
    rows, cells = grid.cells(table["community_id"], table["entered"], undated=True)
    found = {name: grid.mean(rows, cells, _floats(values)) for name, values in _shares(table).items()}
    opened, still = table["opened"].notna(), table["open"]
    counts = {"raised": opened, "unopened": ~opened, "open": still.fillna(False) & opened}
    found |= {name: grid.count(rows, cells, flags.to_numpy(bool)) for name, flags in counts.items()}
    if still.isna().all():  # answers are not recorded: how many are open is not known
        found["open"] = grid.mean(rows, cells, np.full(len(table), np.nan))
    days, ended = table["days_observed"].to_numpy(), table["days_to_answer"].notna().to_numpy()
    found["days_to_answer"], found["mean_days_to_answer"] = _waits(
        days, ended, rows, cells, grid.size, horizon
    )
    names = [name for name, *_ in _declared(process)]
    for name, start, stop in (("days_to_publish", "decided_at", "published"),
                              ("days_to_arrival", "escalated", "arrived")):  # fmt: skip
        if name in names:
            days, ended = days_between(table, start, stop, leave=name == "days_to_arrival")
            if name == "days_to_publish":
                days = np.where(table["publishes"], days, np.nan)
            found[name], _ = _waits(days, ended, rows, cells, grid.size, horizon)
    unused = [name for name, *_ in _IF_DECLARED if not found[name][1].any()]
    return {name: found[name] for name in names if name not in unused}


def _shares(table: pd.DataFrame) -> dict[str, pd.Series]:
    """Return the value of each matter in every measure that is a mean; NaN where it does not count."""
    opened, outcome, settled = table["opened"].notna(), table["outcome"], table["settled"]
    answered, escalated = table["answered_at"].notna(), table["escalated"].notna()
    published, done = table["published"].notna(), table["realised_at"].notna()
    agreed = outcome.isin(["adopted", "resolved"]) | (table["decided_at"].notna() & outcome.isna())
    to_publish = table["publishes"] & table["decided_early"] & (outcome != "withdrawn")
    return {
        "completeness": table["completeness"].where(settled),
        "order_violations": 1 - table["order_ok"].astype("Float64"),
        "answered": answered.astype(float).where(opened & (answered | table["open"].fillna(False))),
        "adopted": _share(outcome, "adopted", "rejected"),
        "resolved": _share(outcome, "resolved", "unresolved"),
        "escalated": escalated.astype(float).where(escalated | escalated.any()),  # else not recorded
        "satisfaction": table["satisfaction"],
        "published": published.astype(float).where(to_publish & published.any()),
        "implemented": done.astype(float).where(agreed & settled & done.any()),
        "escalated_resolved": _share(outcome, "resolved", "unresolved").where(escalated),
        "late": table["late"].astype("Float64"),
        "actor_violations": 1 - table["actors_ok"].astype("Float64"),
    }


def _waits(
    days: np.ndarray, ended: np.ndarray, rows: np.ndarray, cells: np.ndarray, size: int, horizon: float
) -> tuple[tuple, tuple]:
    """Return (value, n, std_error) per cell of the median wait, and of the mean wait up to the horizon."""
    known = ~np.isnan(days[rows])
    rows, cells = rows[known], cells[known]
    curves, n = fit_curves(cells, days[rows], ended[rows], size), np.bincount(cells, minlength=size)
    mean, error = restricted_means_of(curves, horizon)
    return (medians_of(curves), n, np.full(size, np.nan)), (mean, n, error)


def _share(outcome: pd.Series, yes: str, no: str) -> pd.Series:
    """Return 1 where `outcome` is `yes`, 0 where it is `no`, NaN elsewhere."""
    return (outcome == yes).astype(float).where(outcome.isin([yes, no]))


def _floats(values: pd.Series) -> np.ndarray:
    return values.astype("Float64").to_numpy("float64", na_value=np.nan)
