"""Measures of the processes: breadth, completeness, order, days to the answer, adoption, escalation."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from analysis.processes.matters import matter_table
from analysis.processes.participation import breadth, has_consultation, residents_from_people
from analysis.processes.procedures import PROCEDURES, Procedure
from analysis.processes.survival import median_waits
from analysis.tables.measures import Grid, Measure
from analysis.tables.values import PROCESSES

_OECD = "OECD (2021), Evaluation Guidelines for Representative Deliberative Processes"
_CONFORMANCE = "conformance of cases to a declared process, van der Aalst (2016), Process Mining"

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
     "matters opened with a known wait, answered or not", "Kaplan and Meier (1958)"),
    ("adopted", "adopted / (adopted + rejected)", "share 0-1", "matters adopted or rejected", _OECD),
    ("resolved", "resolved / (resolved + unresolved)", "share 0-1", "matters resolved or unresolved",
     "街道吹哨、部门报到"),
    ("escalated", "matters with the step \"escalated\" / matters; unknown if no matter of the process has it",
     "share 0-1", "matters", "街道吹哨、部门报到"),
    ("satisfaction", "mean of the stated satisfaction", "points 0-100", "matters with a statement", _OECD),
)  # fmt: skip

MEASURES: dict[str, Measure] = {
    "consultation_breadth": Measure(
        "consultation_breadth",
        "distinct people in done interactions of kind consultation or in the gathering of a consultation "
        "matter (gathering_id is its matter_id), or acting in steps of one / residents (places.population, "
        "or else rows of the people table, and then only those of them who took part)",
        "share of residents",
        "residents",
        _OECD,
    )
} | {
    f"{process}_{name}": Measure(f"{process}_{name}", formula, unit, n, source)
    for process in PROCESSES
    for name, formula, unit, n, source in _PER_PROCESS
}


def process_measures(
    study,
    *,
    procedures: Sequence[Procedure] = PROCEDURES,
    settle_days: float = 90,
) -> pd.DataFrame:
    """Return the process measures of every community, street and district, by period and over all.

    Parameters
    ----------
    study : Study
        Its matters and steps, and for breadth its interactions, people and places.
    procedures : sequence of Procedure
        At most one per process.
    settle_days : float
        Age in days at the end of the study from which a matter's completeness counts: without it the
        last periods would hold the quickest matters only.

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
    grid = Grid(study)
    results = {"consultation_breadth": breadth(study, grid)} if has_consultation(study) else {}
    table = matter_table(study, procedures=procedures, settle_days=settle_days)
    for process in PROCESSES:
        chosen = table[table["process"] == process]
        if len(chosen):
            results |= {f"{process}_{name}": r for name, r in _of_process(chosen, grid).items()}
    measures = grid.frame(results)
    measures.attrs = table.attrs | {"residents_from_people": residents_from_people(study)}
    return measures


def _of_process(table: pd.DataFrame, grid: Grid) -> dict[str, tuple]:
    """Return (value, n, std_error) per cell for every measure of the matters of one process."""
    rows, cells = grid.cells(table["community_id"], table["entered"], undated=True)
    opened, still = table["opened"].notna(), table["open"]
    answered, escalated = table["answered_at"].notna(), table["escalated"].notna()
    shares = {
        "completeness": table["completeness"].where(table["settled"]),
        "order_violations": 1 - table["order_ok"].astype("Float64"),
        "answered": answered.astype(float).where(opened & (answered | still.fillna(False))),
        "adopted": _share(table["outcome"], "adopted", "rejected"),
        "resolved": _share(table["outcome"], "resolved", "unresolved"),
        "escalated": escalated.astype(float).where(escalated | escalated.any()),  # else not recorded
        "satisfaction": table["satisfaction"],
    }
    means = {name: grid.mean(rows, cells, _floats(values)) for name, values in shares.items()}
    counts = {"raised": opened, "unopened": ~opened, "open": still.fillna(False) & opened}
    found = means | {name: grid.count(rows, cells, flags.to_numpy(bool)) for name, flags in counts.items()}
    if still.isna().all():  # answers are not recorded: how many are open is not known
        found["open"] = grid.mean(rows, cells, np.full(len(table), np.nan))
    found["days_to_answer"] = _median_days(table, rows, cells, grid.size)
    return {name: found[name] for name, *_ in _PER_PROCESS}


def _median_days(table: pd.DataFrame, rows: np.ndarray, cells: np.ndarray, size: int) -> tuple:
    days = table["days_observed"].to_numpy()
    known = ~np.isnan(days[rows])
    rows, cells = rows[known], cells[known]
    answered = table["days_to_answer"].notna().to_numpy()
    median = median_waits(cells, days[rows], answered[rows], size)
    return median, np.bincount(cells, minlength=size), np.full(size, np.nan)


def _share(outcome: pd.Series, yes: str, no: str) -> pd.Series:
    """Return 1 where `outcome` is `yes`, 0 where it is `no`, NaN elsewhere."""
    return (outcome == yes).astype(float).where(outcome.isin([yes, no]))


def _floats(values: pd.Series) -> np.ndarray:
    return values.astype("Float64").to_numpy("float64", na_value=np.nan)
