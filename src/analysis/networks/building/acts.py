"""From the interactions table to coded acts: which rows a tie rule uses, and why it sets others aside."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.errors import StudyError
from analysis.networks.building.rule import TieRule
from analysis.tables.periods import ALL

REQUIRED = ("time", "community_id", "kind", "source_id")
OPTIONAL = ("target_id", "gathering_id", "status")


@dataclass(frozen=True)
class Acts:
    """The acts a rule uses, as codes.

    `community`, `kind`, `period`, `source`, `target`, `gathering` hold one int32 per act; `target` or
    `gathering` is -1. `persons`, `communities` and `kinds` are what the codes stand for; period codes count
    from `first_period`. `days` are the times in days since 1970, if the rule has a half-life.
    """

    community: np.ndarray
    kind: np.ndarray
    period: np.ndarray
    source: np.ndarray
    target: np.ndarray
    gathering: np.ndarray
    persons: pd.Index
    communities: pd.Index
    kinds: pd.Index
    first_period: int
    n_periods: int
    last_month: int | None
    days: np.ndarray | None = None


def encode(*columns: pd.Series) -> tuple[list[np.ndarray], pd.Index]:
    """Return one int32 code per value (-1 where missing), common to all columns, and the values coded."""
    coded = [_factorize(column) for column in columns]
    found = [uniques for _, uniques in coded if len(uniques)]
    if not found:
        return [codes for codes, _ in coded], pd.Index([], dtype="str")
    index = found[0]
    for other in found[1:]:
        if not other.is_(index):
            index = index.append(other[index.get_indexer(other) < 0])
    results = []
    for codes, uniques in coded:
        if len(uniques) and not uniques.is_(index) and not index[: len(uniques)].equals(uniques):
            codes = np.append(index.get_indexer(uniques), -1).astype(np.int32)[codes]
        results.append(codes)
    return results, index


def _factorize(column: pd.Series) -> tuple[np.ndarray, pd.Index]:
    if isinstance(column.dtype, pd.CategoricalDtype):
        return column.cat.codes.to_numpy().astype(np.int32, copy=False), column.cat.categories
    codes, uniques = pd.factorize(column, use_na_sentinel=True)
    return codes.astype(np.int32, copy=False), pd.Index(uniques)


def read_acts(interactions: pd.DataFrame, rule: TieRule) -> tuple[Acts, dict[str, int], dict[str, int]]:
    """Return the acts that `rule` uses, the number of rows set aside by reason, and further counts.

    A row with both target_id and gathering_id is an act towards the target.

    Raises
    ------
    StudyError
        If a required column is missing, or `time` does not hold times.
    """
    table = _columns(interactions)
    aside: dict[str, int] = {}
    time = _times(table["time"])
    (kind,), kinds = encode(table["kind"])
    (community,), communities = encode(table["community_id"])
    (source, target), persons = encode(table["source_id"], table["target_id"])
    (gathering,), _ = encode(table["gathering_id"])
    keep = np.ones(len(interactions), dtype=bool)

    def set_aside(reason: str, rows: np.ndarray) -> None:
        rows &= keep
        number = int(np.count_nonzero(rows))
        if number:
            aside[reason] = aside.get(reason, 0) + number
            keep[rows] = False

    if rule.layers is not None:
        set_aside("kind_not_in_rule", (kind >= 0) & ~np.append(kinds.isin(rule.layers), False)[kind])
    for reason, rows in _by_status(table["status"], rule):
        set_aside(reason, rows)
    for name, codes in (("kind", kind), ("community", community), ("source", source)):
        set_aside(f"{name}_missing", codes < 0)
    set_aside("time_missing", np.isnat(time))
    if rule.start:
        set_aside("before_start", time < np.datetime64(rule.start))
    if rule.end:
        set_aside("after_end", time >= np.datetime64(rule.end) + np.timedelta64(1, "D"))
    set_aside("target_and_gathering_missing", (target < 0) & (gathering < 0))
    set_aside("self_loop", (source == target) & (target >= 0))
    both = (target >= 0) & (gathering >= 0)
    notes = {"target_and_gathering": int(np.count_nonzero(keep & both))}
    if both.any():
        gathering = np.where(both, np.int32(-1), gathering)
    if not keep.all():
        time = time[keep]
        community, kind, source, target, gathering = (
            codes[keep] for codes in (community, kind, source, target, gathering)
        )
    days = _days(time)
    first, period = _periods(days, rule)
    acts = Acts(
        community,
        kind,
        period,
        source,
        target,
        gathering,
        persons=persons,
        communities=communities,
        kinds=kinds,
        first_period=first[0],
        n_periods=first[1],
        last_month=_last_month(days, rule),
        days=time.astype("datetime64[us]").astype(np.int64) / 86.4e9 if rule.half_life else None,
    )
    return acts, aside, notes


def _columns(interactions: pd.DataFrame) -> dict[str, pd.Series]:
    missing = [name for name in REQUIRED if name not in interactions.columns]
    if missing:
        raise StudyError(
            "The interactions lack columns that ties are made from.",
            where="interactions",
            value=", ".join(missing),
            expected=", ".join(REQUIRED) + ", and target_id or gathering_id",
            mend="Add or rename the columns, or map them in study.toml.",
        )
    absent = pd.Series(pd.Categorical.from_codes(np.full(len(interactions), -1, dtype=np.int8), []))
    return {name: interactions.get(name, absent) for name in (*REQUIRED, *OPTIONAL)}


def _times(column: pd.Series) -> np.ndarray:
    if isinstance(column.dtype, pd.DatetimeTZDtype):
        column = column.dt.tz_localize(None)  # the dictionary's times are local
    if not pd.api.types.is_datetime64_dtype(column):
        if column.isna().all():
            return np.full(len(column), np.datetime64("NaT", "us"))
        raise StudyError(
            "The times of the interactions are not times.",
            where="interactions.time",
            value=column.dropna().iloc[0],
            expected="one local time per row, of type datetime64",
            mend="Convert the column, for example with pandas.to_datetime; bring several time zones to one.",
        )
    return column.to_numpy()


def _by_status(status: pd.Series, rule: TieRule):
    (codes,), values = encode(status)
    for code, value in enumerate(values):
        if value not in rule.statuses:
            yield f"status_{value}", codes == code
    if None not in rule.statuses:
        yield "status_missing", codes < 0


def _days(time: np.ndarray) -> np.ndarray:
    """Return the day of each time, counted from 1970."""
    unit, step = np.datetime_data(time.dtype)
    per_day = {"D": 1, "h": 24, "m": 1440, "s": 86_400, "ms": 86_400_000, "us": 86_400_000_000}
    per_day["ns"] = 86_400_000_000_000
    if step != 1 or unit not in per_day:
        return time.astype("datetime64[D]").astype(np.int64)
    return (time.view(np.int64) // per_day[unit]).astype(np.int32)


def _periods(days: np.ndarray, rule: TieRule) -> tuple[tuple[int, int], np.ndarray]:
    """Return (first period, number of periods) and the period code of each day, counted from the first."""
    if rule.period == ALL:
        return (0, 0), np.zeros(len(days), dtype=np.int32)
    bounds = [
        int(period_numbers(np.array([day], dtype="datetime64[s]"), rule.period)[0]) if day else None
        for day in (rule.start, rule.end)
    ]
    if not len(days):
        if None in bounds:
            return (0, 0), np.zeros(0, dtype=np.int32)
        return (bounds[0], bounds[1] - bounds[0] + 1), np.zeros(0, dtype=np.int32)
    earliest = int(days.min())
    calendar = np.arange(earliest, int(days.max()) + 1, dtype=np.int64).astype("datetime64[D]")
    number = period_numbers(calendar, rule.period)
    first = bounds[0] if bounds[0] is not None else int(number[0])
    last = bounds[1] if bounds[1] is not None else int(number[-1])
    return (first, last - first + 1), (number - first).astype(np.int32)[days - earliest]


def _last_month(days: np.ndarray, rule: TieRule) -> int | None:
    if rule.end:
        day = np.array([rule.end], dtype="datetime64[D]")
    elif len(days):
        day = np.array([int(days.max())], dtype="datetime64[D]")
    else:
        return None
    return int(period_numbers(day, "month")[0])


def period_ends(first: int, number: int, period: str) -> np.ndarray:
    """Return the end of each of `number` periods from period number `first`, in days since 1970."""
    months = {"month": 1, "quarter": 3, "year": 12}[period]
    start = (np.arange(first + 1, first + number + 1) * months).astype("datetime64[M]")
    return start.astype("datetime64[D]").astype(np.float64)


def period_numbers(time: np.ndarray, period: str) -> np.ndarray:
    """Return the number of each time's period since 1970, as pandas counts them."""
    months = time.astype("datetime64[M]").astype(np.int64)
    return {"month": months, "quarter": months // 3, "year": months // 12}[period]
