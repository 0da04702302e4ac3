"""A study in districts: what each needs to be computed alone, and what its results depend on, as hashes."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analysis.networks.acts import OPTIONAL, REQUIRED, read_acts
from analysis.networks.layout import DYADIC, GATHERINGS, LEVELS
from analysis.networks.roster import summarise_people
from analysis.networks.rule import TieRule
from analysis.tables.periods import ALL, FREQUENCIES, periods_between

if TYPE_CHECKING:
    from analysis.tables.study import Study


@dataclass(frozen=True)
class Unit:
    """One district, or all communities in none.

    Attributes
    ----------
    name : str
        Name of its part: text safe in file names.
    interactions, people, levels : DataFrame
        The acts there; everyone who lives there or acts there; its communities, streets and district.
    kinds : dict of form -> list of str
        Kinds of act of the whole study, so that every district has the same layers.
    rule : TieRule
    places : list of str
        Identifiers of its places: communities, streets, district.
    reference : DataFrame or None
        The people of the whole study in sorts, where indicators are relative to them.
    keys : dict of str -> str
        For each period, and "all" last, a hash of all that its indicators depend on.
    """

    name: str
    interactions: pd.DataFrame
    people: pd.DataFrame | None
    levels: pd.DataFrame
    kinds: dict[str, list[str]]
    rule: TieRule
    places: list[str]
    reference: pd.DataFrame | None = None
    keys: dict[str, str] = field(default_factory=dict)


def split_study(
    study: Study, rule: TieRule | None, salt: str, relative: bool = True, timed: bool = False
) -> list[Unit]:
    """Return the districts of a study that have communities; `salt` goes into every key.

    `relative` says whether indicators are relative to the people of the whole study, `timed` whether they
    look ahead, so that later acts change those of earlier periods.
    """
    rule = rule or TieRule(period=study.period)
    log = study.interactions[[n for n in (*REQUIRED, *OPTIONAL) if n in study.interactions.columns]]
    people = study.people
    bounded = _bounded(rule, log, study)
    acts, _, _ = read_acts(log, bounded)
    kinds = {
        form: sorted(acts.kinds[np.unique(acts.kind[rows])].tolist(), key=str) if rows.any() else []
        for form, rows in ((DYADIC, acts.target >= 0), (GATHERINGS, acts.target < 0))
    }
    del acts
    levels = _levels(study, log, people)
    where = levels.set_index("community_id")["unit"]
    at_log, at_people = log["community_id"].map(where), people["community_id"].map(where)
    rows_of, homes_of = (log.groupby(at_log).indices, people.groupby(at_people).indices)
    hashes = pd.util.hash_pandas_object(log, index=False).to_numpy(), _hash(people)
    reference = summarise_people(people) if relative and len(people) else None
    units = []
    for name, places in levels.groupby("unit", sort=False):
        rows = rows_of.get(name, np.zeros(0, dtype=np.int64))
        mine = log.iloc[rows]
        homes = np.zeros(len(people), dtype=bool)
        homes[homes_of.get(name, np.zeros(0, dtype=np.int64))] = True
        here = homes
        if len(people):
            here = (
                homes | people["person_id"].isin(pd.concat([mine["source_id"], mine["target_id"]])).to_numpy()
            )
            here[
                :1
            ] |= not here.any()  # a people table without people here is not the same as no people table
        unit = Unit(
            name=_file_name(name),
            interactions=mine.reset_index(drop=True),
            people=people[here].reset_index(drop=True) if len(people) else None,
            levels=places[[f"{level}_id" for level in LEVELS]].reset_index(drop=True),
            kinds=kinds,
            rule=bounded,
            places=[p for level in LEVELS for p in places[f"{level}_id"].dropna().unique()],
            reference=reference,
        )
        ahead = salt + json.dumps(_sum(hashes[0][rows])) if timed else salt
        units.append(
            replace(unit, keys=_keys(unit, rule, hashes[0][rows], hashes[1][here], homes[here], ahead))
        )
    return units


def _bounded(rule: TieRule, log: pd.DataFrame, study: Study) -> TieRule:
    """Return the rule bounded by the study's periods, so that all districts have the same."""
    if rule.start and rule.end:
        return rule
    if not study.periods:
        return rule
    first, last = (pd.Period(study.periods[i], freq=FREQUENCIES[study.period]) for i in (0, -1))
    start = rule.start or min(str(first.start_time.date()), rule.end or "9999")
    end = rule.end or max(str(last.end_time.date()), rule.start or "")
    return replace(rule, start=start, end=end)


def _levels(study: Study, log: pd.DataFrame, people: pd.DataFrame) -> pd.DataFrame:
    """Return the communities of the tree and of the data, with the unit each belongs to."""
    levels = study.tree.levels()
    seen = pd.concat([log["community_id"], people["community_id"]]).dropna().unique()
    strangers = [place for place in seen if place not in set(levels["community_id"])]
    if strangers:
        levels = pd.concat([levels, pd.DataFrame({"community_id": strangers})], ignore_index=True)
    levels = levels.reindex(columns=[f"{level}_id" for level in LEVELS])
    return levels.assign(unit=levels["district_id"].astype("object").where(levels["district_id"].notna(), ""))


def _keys(
    unit: Unit, rule: TieRule, acts: np.ndarray, people: np.ndarray, at_home: np.ndarray, salt: str
) -> dict[str, str]:
    log, bounded = unit.interactions, unit.rule
    labels = [] if rule.period == ALL else _labels(bounded)
    plain = rule.describe() | {"start": None, "end": None}
    common = [salt, plain, unit.kinds, _hash(unit.levels).tolist()]
    known = unit.people is not None
    time = log["time"].dt.tz_localize(None) if log["time"].dt.tz is not None else log["time"]
    since = _since(unit, time, at_home) if known else None
    order = np.argsort(time.to_numpy(), kind="stable")
    sorted_time = time.to_numpy()[order]
    keys = {}
    for label in [*labels[rule.window - 1 :], ALL]:
        end = pd.Timestamp(bounded.end) if label == ALL and bounded.end else None
        period = pd.Period(label, freq=FREQUENCIES[rule.period]) if label != ALL else None
        if label != ALL:
            end = min(period.end_time.normalize(), pd.Timestamp(bounded.end))
        stop = len(acts)
        if end is not None and known:
            stop = int(np.searchsorted(sorted_time, np.datetime64(end + pd.Timedelta(1, "D"))))
        parts = [*common, label, str(end), bounded.start, _sum(acts[order[:stop]]), stop]
        if known:
            mine = people if label == ALL else people[since <= np.datetime64(period.end_time)]
            parts.append([_sum(mine), len(mine)])
        if unit.reference is not None:
            parts.append(_sum(_hash(_joined_by(unit.reference, period))))
        keys[label] = hashlib.sha256(json.dumps(parts, default=str).encode()).hexdigest()[:32]
    return keys


def _joined_by(people: pd.DataFrame, period: pd.Period | None) -> pd.DataFrame:
    if period is None or not pd.api.types.is_datetime64_dtype(people.get("joined")):
        return people
    return people[~(people["joined"] > period.end_time)]


def _labels(rule: TieRule) -> list[str]:
    if not (rule.start and rule.end):
        return []
    first, last = (str(pd.Period(day, freq=FREQUENCIES[rule.period])) for day in (rule.start, rule.end))
    return periods_between(first, last, rule.period)


def _since(unit: Unit, time: pd.Series, at_home: np.ndarray) -> np.ndarray:
    """Return from when each person matters here: joined as a resident, or first seen in an act."""
    log = unit.interactions
    ends = pd.concat([log["source_id"], log["target_id"]], ignore_index=True)
    seen = pd.concat([time, time], ignore_index=True).groupby(ends).min()
    first = unit.people["person_id"].map(seen).to_numpy(dtype="datetime64[ns]")
    first = np.where(np.isnat(first), np.datetime64("2200-01-01", "ns"), first)
    joined = np.full(len(first), np.datetime64("1700-01-01", "ns"))
    if "joined" in unit.people.columns and pd.api.types.is_datetime64_dtype(unit.people["joined"]):
        given = unit.people["joined"].to_numpy().astype("datetime64[ns]")
        joined = np.where(np.isnat(given), joined, given)
    return np.where(at_home, np.minimum(joined, first), first)


def _hash(frame: pd.DataFrame) -> np.ndarray:
    return pd.util.hash_pandas_object(frame, index=False).to_numpy() if len(frame) else np.zeros(0, np.uint64)


def _sum(hashes: np.ndarray) -> list[int]:
    """Return two numbers of 64 bits that stand for the rows, in any order."""
    return [int(np.add.reduce(values, dtype=np.uint64)) for values in (hashes, hashes * hashes)]


def _file_name(name: str) -> str:
    safe = re.sub(r"[^\w-]", "_", name)
    return (
        safe
        if safe == name and name
        else f"{safe or 'no-district'}-{hashlib.sha256(name.encode()).hexdigest()[:8]}"
    )
