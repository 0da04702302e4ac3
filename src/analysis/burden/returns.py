"""What was added back: duties that ended at a reform, and how soon others of their kind came."""

from __future__ import annotations

from collections import deque

import numpy as np
import pandas as pd

from analysis.burden.intervals import duties_of_communities, last_day, places_above, reform_starts
from analysis.errors import AnalysisError
from analysis.tables.values import DUTY_LISTS

MATCHES = {"list": ["community_id", "list"], "department": ["community_id", "list", "department"]}
HORIZONS = {6: 183, 12: 365}  # months: days
YEAR = pd.Timedelta(days=365)
DAY = np.timedelta64(1, "D")
NEAR = 1e-9  # products of fractions round


def added_back(
    study, reform: str = "burden_reduction", *, days_before: int = 31, days_after: int = 183
) -> pd.DataFrame:
    """Return which share of the duties that ended at a reform came back, and how soon.

    Parameters
    ----------
    study : Study
        Its duties and reforms.
    reform : str
    days_before, days_after : int, days
        A duty was cut by the reform if it was in force before its first day and its last day lies in this
        window around that day.

    Returns
    -------
    DataFrame
        place_id : community, street or district with a reformed community that has duties on record.
        list : one of the five lists, or "all".
        match : "list": a new duty of the same community and list counts as a return. "department": only one
            of the same department too; cut duties that do not state theirs are left out.
        cut : duties cut.
        returned : those that found a return by the end of the study.
        median_days : days from the last day to the return by which half have returned (Kaplan-Meier; duties
            that have not returned are censored at the end of the study); NaN while fewer than half have.
        share_6, share_12 : share of the cut duties that returned within 6 and 12 months (183 and 365 days),
            Kaplan-Meier; NaN if none was observed that long.
        hours_cut : hours per month of the cut duties that state them.
        hours_share_6, hours_share_12 : the same shares with each duty weighted by its hours per month.
        new_before, new_after : new duties of the list per community and year, in up to a year before the
            reform and in the time after it: what comes in anyway.

    Raises
    ------
    AnalysisError
        If the study has no reform of this name, or a number of days is negative.

    Notes
    -----
    A register gives a duty that comes back a new duty_id, so a return is not seen but inferred: each duty
    that starts on or after the reform's first day takes the place of the cut duty of its kind that ended
    first and before it, one for one. Both ways of matching therefore count the ordinary inflow of new duties
    as returns (compare new_after with new_before); "department" does so less, and misses duties that another
    department laid on again. The hours are those of the duty that was cut, not of the one in its place.
    Source of the curve: Kaplan and Meier (1958).
    """
    for name, value in (("days_before", days_before), ("days_after", days_after)):
        if not value >= 0:
            raise AnalysisError(
                "A window around a reform cannot be shorter than no days.", where=name, value=value,
                expected="0 or more", mend="Give the days around the reform's first day.",
            )  # fmt: skip
    starts, duties, end = reform_starts(study, reform), duties_of_communities(study), last_day(study)
    duties = duties.assign(reformed=starts.reindex(duties["community_id"]).to_numpy())
    duties = duties[duties["reformed"].notna() & (duties["reformed"] <= end) & (duties["start"] <= end)]
    since = (duties["end"] - duties["reformed"]).dt.days
    cut = (duties["start"] < duties["reformed"]) & since.between(-days_before, days_after)
    cut &= duties["end"] <= end
    fresh = duties[duties["start"] >= duties["reformed"]]
    inflow = _inflow(study, duties, end)
    parts = []
    for match, keys in MATCHES.items():
        rows = duties[cut].dropna(subset=keys)
        rows = rows.assign(back=_pair(rows, fresh.dropna(subset=keys), keys))
        parts.append(_shares(study, rows, inflow.index, end).assign(match=match).join(inflow))
    table = pd.concat(parts).reset_index()
    order = {name: i for i, name in enumerate((*study.tree.table.index, "all", *DUTY_LISTS, *MATCHES))}
    keys = ["place_id", "list", "match"]
    table = table.sort_values(keys, key=lambda column: column.map(order), kind="stable")
    rest = [column for column in table.columns if column not in keys]
    return table[[*keys, *rest]].reset_index(drop=True)


def _pair(cut: pd.DataFrame, fresh: pd.DataFrame, keys: list[str]) -> np.ndarray:
    """Return the day on which each cut duty came back: first ended, first replaced; NaT if not."""
    back = np.full(len(cut), np.datetime64("NaT"), "datetime64[ns]")
    events = pd.concat(
        [
            cut[keys].assign(time=cut["end"], row=np.arange(len(cut))),
            fresh[keys].assign(time=fresh["start"], row=-1),
        ]
    ).sort_values([*keys, "time", "row"], kind="stable")  # a duty that starts on a last day is no return
    waiting, here = deque(), None
    groups = events.groupby(keys, sort=False).ngroup().to_numpy()
    for group, time, row in zip(groups, events["time"].to_numpy(), events["row"].to_numpy(), strict=True):
        if group != here:
            waiting, here = deque(), group
        if row >= 0:
            waiting.append(row)
        elif waiting:
            back[waiting.popleft()] = time
    return back


def _shares(study, cut: pd.DataFrame, index: pd.MultiIndex, end: pd.Timestamp) -> pd.DataFrame:
    """Return cut, returned, median_days, shares and hours by place and list."""
    at, held = _by_place_and_list(study, cut)
    group, size = index.get_indexer(at), len(index)
    seen = held["back"].notna().to_numpy()
    days = ((held["back"].fillna(end) - held["end"]) / DAY).to_numpy()
    hours = held["hours_per_month"].fillna(0).to_numpy()
    counted = np.bincount(group, minlength=size)
    table = pd.DataFrame({"cut": counted, "returned": np.bincount(group[seen], minlength=size)}, index=index)
    table["hours_cut"] = np.where(counted > 0, np.bincount(group, hours, size), np.nan)
    for prefix, weights in (("", np.ones(len(days))), ("hours_", hours)):
        half, shares = _returned(group, days, seen, weights, size)
        table[f"{prefix}median_days"] = half
        for months, share in zip(HORIZONS, shares, strict=True):
            table[f"{prefix}share_{months}"] = share
    return table[["cut", "returned", "median_days", "share_6", "share_12", "hours_cut",
                  "hours_share_6", "hours_share_12"]]  # fmt: skip


def _returned(
    group: np.ndarray, days: np.ndarray, seen: np.ndarray, weights: np.ndarray, size: int
) -> tuple[np.ndarray, list[np.ndarray]]:
    """Return per group the day by which half of the weight has returned, and the share by each horizon."""
    order = np.lexsort((~seen, days, group))
    order = order[weights[order] > 0]
    group, days, seen, weights = group[order], days[order], seen[order], weights[order]
    before = np.cumsum(weights) - weights
    start = np.searchsorted(group, np.arange(size))
    total = np.bincount(group, weights, size)
    waiting = total[group] - (before - before[start[group]])
    factor = np.where(seen, np.clip(1 - weights / waiting, 0, 1), 1.0)  # a tie's factors telescope
    left = pd.Series(factor).groupby(group).cumprod().to_numpy()
    half, longest, lowest = np.full(size, np.inf), np.full(size, -np.inf), np.ones(size)
    reached = left <= 0.5 + NEAR
    np.minimum.at(half, group[reached], days[reached])
    np.maximum.at(longest, group, days)
    np.minimum.at(lowest, group, left)
    shares = []
    for horizon in HORIZONS.values():
        by_then, still = days <= horizon, np.ones(size)
        np.minimum.at(still, group[by_then], left[by_then])
        known = (total > 0) & ((longest >= horizon) | (lowest < NEAR))
        shares.append(np.where(known, 1 - still, np.nan))
    return np.where(np.isinf(half), np.nan, half), shares


def _inflow(study, duties: pd.DataFrame, end: pd.Timestamp) -> pd.DataFrame:
    """Return new duties per community and year before and after the reform, by place and list."""
    first = pd.Period(study.periods[0]).start_time if study.periods else pd.NaT
    reformed = duties.drop_duplicates("community_id").set_index("community_id")["reformed"]
    spans = pd.DataFrame({
        "before": (reformed - first).clip(pd.Timedelta(0), YEAR) / YEAR,
        "after": (end - reformed + pd.Timedelta(days=1)) / YEAR,
    })  # fmt: skip
    age = duties["start"] - duties["reformed"]
    new = duties.assign(
        before=(age < pd.Timedelta(0)) & (age >= -YEAR) & (duties["start"] >= first),
        after=age >= pd.Timedelta(0),
    )
    at, held = _by_place_and_list(study, new)
    keys = ["place_id", "list"]
    counts = held.groupby([at.get_level_values(key) for key in keys])[["before", "after"]].sum()
    rows, place = places_above(study, pd.Series(spans.index, dtype="str"))
    years = spans.iloc[rows].groupby(place).sum()
    index = pd.MultiIndex.from_product([years.index, ["all", *DUTY_LISTS]], names=keys)
    years = years.reindex(index.get_level_values("place_id")).set_axis(index)
    rate = counts.reindex(index, fill_value=0) / years.where(years > 0)
    return rate.set_axis(["new_before", "new_after"], axis=1)


def _by_place_and_list(study, duties: pd.DataFrame) -> tuple[pd.MultiIndex, pd.DataFrame]:
    """Return every duty once per place that holds it, in its list and in "all", with (place, list)."""
    rows, place = places_above(study, duties["community_id"])
    held = duties.iloc[np.concatenate([rows, rows])]
    lists = np.concatenate([duties["list"].to_numpy(object)[rows], np.full(len(rows), "all", object)])
    at = pd.MultiIndex.from_arrays([np.concatenate([place, place]), lists], names=["place_id", "list"])
    return at, held
