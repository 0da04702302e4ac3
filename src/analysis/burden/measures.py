"""Measures of burden: duties in force and their hours, by list, and whether new ones keep to admission."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.tables.measures import Grid, Measure
from analysis.tables.periods import FREQUENCIES
from analysis.tables.values import DUTY_LISTS

_SOURCE = "社区减负, 准入制度"
_IN_FORCE = "sum over {} of days in force in the period / days of the period; mean of the communities"
_HOURS = (
    "sum over {} of hours_per_month x days in force in the period / days of the period; mean of the "
    "communities; a community is known where all its duties in force state their hours"
)


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
        not settle it are left out of value and n. NaN with n 0 where there is nothing to measure. std_error
        takes new duties as independent draws and is NaN for numbers and hours, which are counted whole.

    Notes
    -----
    Duties lodged above a community count nowhere: which communities they fall on is not known. A duty that
    starts on the first day of a study may be older than the register.
    """
    duties = study.duties
    if not len(duties):
        return Grid(study).frame({})
    grid = Grid(study)
    above = study.tree.table["community_id"]
    duties = duties.assign(community_id=duties["community_id"].map(above))
    duties = duties.dropna(subset=["community_id", "start", "list"])
    names = duties["community_id"].unique()
    community = pd.Index(names).get_indexer(duties["community_id"])
    number, hours = _in_force(duties, community, len(names), grid, study.period)
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
    return grid.frame({name: results[name] for name in MEASURES})


def _in_force(
    duties: pd.DataFrame, community: np.ndarray, size: int, grid: Grid, period: str
) -> tuple[np.ndarray, np.ndarray]:
    """Return duties and hours in force: community x (total, five lists) x period, the last one "all".

    A cell of hours is NaN where a duty in force does not state its own.
    """
    width = len(DUTY_LISTS)
    group = community * width + pd.Index(DUTY_LISTS).get_indexer(duties["list"])
    start, end = (_day_numbers(duties[column]) for column in ("start", "end"))
    end = np.where(duties["end"].isna(), np.inf, end)
    stated = duties["hours_per_month"].to_numpy()
    unstated = np.isnan(stated)
    sums = np.zeros((3, size, width, len(grid.periods)))  # duties, hours, duties without hours; in days
    lengths = []
    for t, label in enumerate(grid.periods[:-1]):
        span = pd.Period(label, freq=FREQUENCIES[period])
        first, last = _day_numbers(pd.Series([span.start_time, span.end_time]))
        days = np.clip(np.minimum(end, last) - np.maximum(start, first) + 1, 0, None)
        lengths.append(last - first + 1)
        for k, weight in enumerate((days, np.where(unstated, 0, stated) * days, unstated * days)):
            sums[k, ..., t] = np.bincount(group, weight, size * width).reshape(size, width)
    sums[..., -1] = sums[..., :-1].sum(axis=-1)
    sums = np.concatenate([sums.sum(axis=2, keepdims=True), sums], axis=2)
    whole = np.array([*lengths, sum(lengths)], dtype=float)
    whole[whole == 0] = np.nan
    return sums[0] / whole, np.where(sums[2] > 0, np.nan, sums[1] / whole)


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


def _day_numbers(times: pd.Series) -> np.ndarray:
    """Return days since 1970 as floats; a missing day gives a meaningless number."""
    return times.to_numpy("datetime64[D]").astype("int64").astype("float64")
