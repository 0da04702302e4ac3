"""Duties as intervals: the days each is in force in each period, added up over groups of duties."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.errors import AnalysisError
from analysis.tables.periods import FREQUENCIES
from analysis.tables.places import LEVELS_UP


def duties_of_communities(study) -> pd.DataFrame:
    """Return the duties that lie on a community, those on a unit counted for the community that holds it.

    A duty lodged above a community counts nowhere: which communities it falls on is not known.
    """
    above = study.tree.table["community_id"]
    duties = study.duties.assign(community_id=study.duties["community_id"].map(above))
    return duties.dropna(subset=["community_id", "start", "list"]).reset_index(drop=True)


def in_force(
    duties: pd.DataFrame, group: np.ndarray, size: int, periods: list[str], period: str
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return duties, hours and duties without hours in force: group x period, the last column over all.

    Parameters
    ----------
    duties : DataFrame
        start, end, hours_per_month.
    group : array of int
        Group of each duty, 0 to size - 1.
    size : int
    periods : list of str
        Labels without gaps.
    period : {"month", "quarter", "year"}

    Returns
    -------
    tuple of three arrays, size x (len(periods) + 1)
        A duty counts for the share of the period's days on which it is in force, first and last day
        included. Hours are those stated. NaN in the last column without any period.
    """
    start, end = (day_numbers(duties[column]) for column in ("start", "end"))
    end = np.where(duties["end"].isna(), np.inf, end)
    stated = duties["hours_per_month"].to_numpy(float)
    unstated = np.isnan(stated)
    sums, lengths = np.zeros((3, size, len(periods) + 1)), []
    for t, label in enumerate(periods):
        span = pd.Period(label, freq=FREQUENCIES[period])
        first, last = day_numbers(pd.Series([span.start_time, span.end_time]))
        days = np.clip(np.minimum(end, last) - np.maximum(start, first) + 1, 0, None)
        lengths.append(last - first + 1)
        for k, weight in enumerate((days, np.where(unstated, 0, stated) * days, unstated * days)):
            sums[k, :, t] = np.bincount(group, weight, size)
    sums[..., -1] = sums[..., :-1].sum(axis=-1)
    whole = np.array([*lengths, sum(lengths)], dtype=float)
    whole[whole == 0] = np.nan
    number, hours, without = sums / whole
    return number, hours, without


def day_numbers(times: pd.Series) -> np.ndarray:
    """Return days since 1970 as floats; a missing day gives a meaningless number."""
    return times.to_numpy("datetime64[D]").astype("int64").astype("float64")


def last_day(study) -> pd.Timestamp:
    """Return the last day of the study's last period; NaT for a study without periods."""
    if not study.periods:
        return pd.NaT
    return pd.Period(study.periods[-1], freq=FREQUENCIES[study.period]).end_time.normalize().as_unit("ns")


def reform_starts(study, reform: str) -> pd.Series:
    """Return the first day of a reform in each community that it reaches, itself or from a place above.

    Raises
    ------
    AnalysisError
        If the study has no reform of this name.
    """
    rows = study.reforms[study.reforms["reform"] == reform]
    if not len(rows):
        names = sorted(study.reforms["reform"].dropna().unique())
        raise AnalysisError(
            "The study has no reform of this name.",
            where="reforms.reform",
            value=reform,
            expected="one of " + ", ".join(names) if names else "a table of reforms",
            mend="Name one of the study's reforms, or add it to the table reforms.",
        )
    first = rows.groupby("place_id")["start"].min()
    parents = study.tree.table["parent_id"]
    here = study.tree.table.loc[study.tree.table["kind"] == "community", "place_id"]
    found = []
    while len(here):
        found.append(here.map(first))
        here = here.map(parents).dropna()
    starts = pd.concat(found, axis=1).min(axis=1) if found else pd.Series(dtype="datetime64[ns]")
    return starts.dropna().rename_axis("community_id").rename("start")


def places_above(study, communities: pd.Series) -> tuple[np.ndarray, np.ndarray]:
    """Return (row, place_id): every row once per community, street and district that holds its community."""
    table = study.tree.table
    above = table.reindex(communities)[[f"{kind}_id" for kind in LEVELS_UP]].to_numpy(object)
    rows, level = np.nonzero(~pd.isna(above))
    return rows, above[rows, level]
