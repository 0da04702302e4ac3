"""Measures of burden: duties in force, their hours, who lays them on, and whether new ones are admitted."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.burden.departments import concentration
from analysis.burden.intervals import duties_of_communities, in_force
from analysis.tables.measures import Grid, Measure
from analysis.tables.values import DUTY_LISTS

_SOURCE = "社区减负, 准入制度"
_IN_FORCE = "sum over {} of days in force in the period / days of the period; mean of the communities"
_HOURS = (
    "sum over {} of hours_per_month x days in force in the period / days of the period; mean of the "
    "communities; a community is known where all its duties in force state their hours"
)
_HERFINDAHL = "Hirschman (1964), The Paternity of an Index"
_CONCENTRATION = (
    ("burden_departments", "departments with a duty in force on a day of the period", "departments"),
    ("burden_herfindahl", "sum over departments of (duties of the department in force / duties in force that "
     "state their department) squared; over the duties of all communities of the place", "share 0-1"),
    ("burden_top3", "duties of the three departments with the most / duties in force that state their "
     "department", "share 0-1"),
)  # fmt: skip


def _registry() -> dict[str, Measure]:
    groups = {"": "all duties"} | {f"_{name}": f"duties on the {name} list" for name in DUTY_LISTS}
    lines = [
        (f"burden_duties{end}", _IN_FORCE.format(what), "duties per community")
        for end, what in groups.items()
    ]
    lines += [
        (f"burden_hours{end}", _HOURS.format(what), "hours per month and community")
        for end, what in groups.items()
    ]
    lines.append(
        ("burden_new", "number of duties that start in the period; mean of the communities",
         "duties per community")
    )  # fmt: skip
    registry = {name: Measure(name, f, unit, "communities with duties", _SOURCE) for name, f, unit in lines}
    registry["burden_admission"] = Measure(
        "burden_admission",
        "duties that start in the period and are on the list, or have an agreement and money / duties that "
        "start in the period and state enough to tell",
        "share 0-1",
        "new duties that can be judged",
        _SOURCE,
    )
    for name, formula, unit in _CONCENTRATION:
        registry[name] = Measure(name, formula, unit, "communities with duties", _HERFINDAHL)
    return registry


MEASURES = _registry()


def burden_measures(study) -> pd.DataFrame:
    """Return the burden measures of every community, street and district, by period and over all.

    Parameters
    ----------
    study : Study
        Its duties. A duty is in force from `start` to `end`, both days included, and without `end` until
        the study ends.

    Returns
    -------
    DataFrame
        place_id, period, measure, value, n, std_error; one row for every place, period (and "all") and
        measure of `MEASURES`, no rows if the study has no duties. Numbers of duties and hours are per
        community: a street or district has the mean over its communities, n of them, and "all" the mean
        over the days of the study. A community without any duty on record has not reported and is
        left out; one whose register is merely empty in a period counts with 0. Hours are known where
        all duties in force state them. Admission is pooled over the new duties; those whose flags do
        not settle it are left out of value and n. Concentration is over all duties of the place together,
        and NaN where none in force states its department. NaN with n 0 where there is nothing to measure.
        std_error takes new duties as independent draws and is NaN for everything else, which is counted
        whole.

    Notes
    -----
    Duties lodged above a community count nowhere: which communities they fall on is not known. A duty that
    starts on the first day of a study may be older than the register. Rows with different duty_id are
    different duties, even if community, list and department are the same.
    """
    if not len(study.duties):
        return Grid(study).frame({})
    grid = Grid(study)
    duties = duties_of_communities(study)
    names = duties["community_id"].unique()
    community = pd.Index(names).get_indexer(duties["community_id"])
    number, hours = _by_list(duties, community, len(names), grid, study.period)
    rows, places = grid.places_of(pd.Series(names, dtype="str"))
    results = {}
    for label, amounts in (("duties", number), ("hours", hours)):
        for j, end in enumerate(["", *(f"_{name}" for name in DUTY_LISTS)]):
            results[f"burden_{label}{end}"] = _mean_of(amounts[:, j], rows, places, grid)
    new = _new_duties(duties, community, len(names), grid)
    results["burden_new"] = _mean_of(new, rows, places, grid)
    compliant = duties["on_list"] | (duties["agreement"] & duties["funded"])  # missing if undecided
    rows, cells = grid.cells(duties["community_id"], duties["start"])
    results["burden_admission"] = grid.mean(rows, cells, compliant.to_numpy("float64", na_value=np.nan))
    results |= concentration(duties, grid, study.period)
    return grid.frame({name: results[name] for name in MEASURES})


def _by_list(
    duties: pd.DataFrame, community: np.ndarray, size: int, grid: Grid, period: str
) -> tuple[np.ndarray, np.ndarray]:
    """Return duties and hours in force: community x (total, five lists) x period, the last one "all".

    A cell of hours is NaN where a duty in force does not state its own.
    """
    width = len(DUTY_LISTS)
    group = community * width + pd.Index(DUTY_LISTS).get_indexer(duties["list"])
    sums = np.stack(in_force(duties, group, size * width, grid.periods[:-1], period))
    sums = sums.reshape(3, size, width, len(grid.periods))
    number, hours, without = np.concatenate([sums.sum(axis=2, keepdims=True), sums], axis=2)
    return number, np.where(without > 0, np.nan, hours)


def _new_duties(duties: pd.DataFrame, community: np.ndarray, size: int, grid: Grid) -> np.ndarray:
    """Return how many duties start: community x period, the last one "all"."""
    period, width = grid.period_of(duties["start"]), len(grid.periods)
    inside = period >= 0
    counts = np.bincount((community * width + period)[inside], minlength=size * width).reshape(size, width)
    counts = counts.astype(float)
    counts[:, -1] = counts[:, :-1].sum(axis=1) if width > 1 else np.nan
    return counts


def _mean_of(amounts: np.ndarray, rows: np.ndarray, places: np.ndarray, grid: Grid) -> tuple:
    """Return (value, n, std_error) per cell: the mean over the communities of each place that are known."""
    width = len(grid.periods)
    values = amounts[rows]
    known = ~np.isnan(values)
    cells = (places[:, None] * width + np.arange(width))[known]
    n = np.bincount(cells, minlength=grid.size)
    total = np.bincount(cells, values[known], minlength=grid.size)
    mean = np.divide(total, n, out=np.full(grid.size, np.nan), where=n > 0)
    return mean, n, np.full(grid.size, np.nan)
