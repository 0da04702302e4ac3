"""A study in districts: what each needs to be computed alone, and what its results depend on, as hashes."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analysis.large import SplitStudy
from analysis.networks.building.acts import OPTIONAL, REQUIRED, read_acts
from analysis.networks.building.layout import DYADIC, GATHERINGS, LEVELS
from analysis.networks.building.roster import summarise_people
from analysis.networks.building.rule import TieRule
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
    study: Study | SplitStudy, rule: TieRule | None, salt: str, relative: bool = True, timed: bool = False
) -> Iterator[Unit]:
    """Yield the districts of a study that have communities; `salt` goes into every key.

    `relative` says whether indicators are relative to the people of the whole study, `timed` whether they
    look ahead, so that later acts change those of earlier periods. Of a study that is split already, one
    district at a time is read.
    """
    rule = rule or TieRule(period=study.period)
    if isinstance(study, SplitStudy):
        yield from _of_split(study, rule, salt, relative, timed)
        return
    log = study.interactions[[n for n in (*REQUIRED, *OPTIONAL) if n in study.interactions.columns]]
    people = study.people
    whole = _Whole(rule, _bounded(rule, log, study), salt, timed, people.head(1))
    whole.kinds = _kinds(log, whole.bounded)
    whole.reference = summarise_people(people) if relative and len(people) else None
    levels = _levels(study, log, people)
    where = levels.set_index("community_id")["unit"]
    at_log, at_people = log["community_id"].map(where), people["community_id"].map(where)
    rows_of, homes_of = (log.groupby(at_log).indices, people.groupby(at_people).indices)
    for name, places in levels.groupby("unit", sort=False):
        mine = log.iloc[rows_of.get(name, np.zeros(0, dtype=np.int64))]
        homes = np.zeros(len(people), dtype=bool)
        homes[homes_of.get(name, np.zeros(0, dtype=np.int64))] = True
        here = homes | _acting(people, mine)
        yield _unit(whole, name, places, mine, people[here] if len(people) else None, homes[here])


def _of_split(split: SplitStudy, rule: TieRule, salt: str, relative: bool, timed: bool) -> Iterator[Unit]:
    whole = _Whole(rule, _bounded(rule, split.first_acts, split), salt, timed, split.first_person)
    whole.kinds = _kinds(split.first_acts, whole.bounded)
    if relative and split.has("people"):
        whole.reference = _summed(
            [summarise_people(split.residents(name)) for name in [*split.districts, None]]
        )
    for name, places in _levels(split, split.first_acts, split.first_person).groupby("unit", sort=False):
        log = split.interactions(name or None)[[*REQUIRED, *OPTIONAL]]
        residents, visitors = split.residents(name or None), split.visitors(name or None)
        visitors = visitors[_acting(visitors, log)]
        people = pd.concat([residents, visitors]).sort_index() if len(visitors) else residents
        homes = people.index.isin(residents.index)
        yield _unit(whole, name, places, log, people if split.has("people") else None, homes)


@dataclass
class _Whole:
    """What every unit of a study needs to know of the whole."""

    rule: TieRule
    bounded: TieRule
    salt: str
    timed: bool
    first_person: pd.DataFrame
    kinds: dict[str, list[str]] = field(default_factory=dict)
    reference: pd.DataFrame | None = None
    reference_keys: dict[str, list[int]] = field(default_factory=dict)


def _unit(
    whole: _Whole,
    name: str,
    places: pd.DataFrame,
    log: pd.DataFrame,
    people: pd.DataFrame | None,
    homes: np.ndarray,
) -> Unit:
    if people is not None and not len(people):  # nobody here is not the same as no people table
        people, homes = whole.first_person, np.zeros(1, dtype=bool)
    unit = Unit(
        name=_file_name(name),
        interactions=log.reset_index(drop=True),
        people=None if people is None else people.reset_index(drop=True),
        levels=places[[f"{level}_id" for level in LEVELS]].reset_index(drop=True),
        kinds=whole.kinds,
        rule=whole.bounded,
        places=[p for level in LEVELS for p in places[f"{level}_id"].dropna().unique()],
        reference=whole.reference,
    )
    acts = pd.util.hash_pandas_object(unit.interactions, index=False).to_numpy()
    known = _hash(unit.people) if unit.people is not None else np.zeros(0, np.uint64)
    salt = whole.salt + json.dumps(_sum(acts)) if whole.timed else whole.salt
    return replace(unit, keys=_keys(unit, whole, acts, known, homes, salt))


def _kinds(log: pd.DataFrame, bounded: TieRule) -> dict[str, list[str]]:
    """Return the kinds of act that a rule uses, by form; one of each kind, state, form and day will do."""
    acts, _, _ = read_acts(log, bounded)
    return {
        form: sorted(acts.kinds[np.unique(acts.kind[rows])].tolist(), key=str) if rows.any() else []
        for form, rows in ((DYADIC, acts.target >= 0), (GATHERINGS, acts.target < 0))
    }


def _acting(people: pd.DataFrame, log: pd.DataFrame) -> np.ndarray:
    ends = pd.concat([log["source_id"], log["target_id"]]) if len(log) else pd.Series(dtype="str")
    return people["person_id"].isin(ends.unique()).to_numpy() if len(people) else np.zeros(0, dtype=bool)


def _summed(parts: list[pd.DataFrame]) -> pd.DataFrame:
    """Return the sorts of people of several parts as those of all of them."""
    whole = pd.concat([part for part in parts if len(part)])
    columns = [name for name in whole.columns if name != "people"]
    if not columns:
        return pd.DataFrame({"people": [whole["people"].sum()]})
    return whole.groupby(columns, dropna=False, observed=True)["people"].sum().reset_index()


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
    unit: Unit, whole: _Whole, acts: np.ndarray, people: np.ndarray, at_home: np.ndarray, salt: str
) -> dict[str, str]:
    log, bounded, rule = unit.interactions, unit.rule, whole.rule
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
            if label not in whole.reference_keys:
                whole.reference_keys[label] = _sum(_hash(_joined_by(unit.reference, period)))
            parts.append(whole.reference_keys[label])
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
