"""Who belongs to a network: the people of a place and those active there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analysis.errors import StudyError
from analysis.networks.building.acts import period_numbers
from analysis.networks.building.layout import DYADIC, GATHERINGS
from analysis.networks.kernels.engine import builders
from analysis.tables.periods import ALL, FREQUENCIES
from analysis.tables.values import OLD_AGE_BANDS

if TYPE_CHECKING:
    from analysis.networks.building.layout import Layout
    from analysis.networks.building.ties import Ties

LABELS = ("residency", "role", "age_band")
MARKS = {  # label: column, values with code 1, values with code 0 (None: every other one)
    "registered": ("residency", ("registered",), None),
    "age": ("age_band", ("0-17", "18-44", "45-59"), OLD_AGE_BANDS),
    "authority": ("role", ("cadre", "social_worker"), None),
    "income": ("income_band", ("high",), ("low",)),
}


@dataclass(frozen=True)
class Roster:
    """Everyone known: first those in the ties, in the order of their codes, then the others of `people`.

    Attributes
    ----------
    persons : Index
    known : bool array
        Whether the person is in the people table.
    communities : Index
    home : int32 array
        Position of the person's community in `communities`; -1 if it is none of them.
    joined : int32 array
        Position of the period in which the person joined: 0 if in the first, before or not known; the number
        of periods if after the last.
    labels : dict of str -> int32 array
        Codes of community, residency, role and age band, and of each of MARKS; -1 where missing.
    """

    persons: pd.Index
    known: np.ndarray
    communities: pd.Index
    home: np.ndarray
    joined: np.ndarray
    labels: dict[str, np.ndarray]


def call_roll(ties: Ties, people: pd.DataFrame | None) -> Roster:
    """Return the roster of `ties` with `people`.

    Raises
    ------
    StudyError
        If person_id or community_id is missing, a person is there twice, or `joined` holds no dates.
    """
    size = len(ties.persons)
    if people is None or not len(people):
        nobody = np.full(size, -1, dtype=np.int32)
        labels = dict.fromkeys(("community", *LABELS, *MARKS), nobody)
        never = np.zeros(size, dtype=bool)
        communities = ties.layout.communities
        return Roster(ties.persons, never, communities, nobody, np.zeros(size, np.int32), labels)
    check_people(people)
    code = ties.persons.get_indexer(pd.Index(people["person_id"]))
    new = code < 0
    code[new] = size + np.arange(new.sum())
    persons = ties.persons.append(pd.Index(people["person_id"][new])) if new.any() else ties.persons

    def by_person(values: np.ndarray, missing: object) -> np.ndarray:
        full = np.full(len(persons), missing, dtype=values.dtype)
        full[code] = values
        return full

    home = ties.layout.communities.get_indexer(pd.Index(people["community_id"])).astype(np.int32)
    home[people["community_id"].isna()] = -1
    labels = {"community": _codes(people, "community_id"), **{name: _codes(people, name) for name in LABELS}}
    labels |= {name: _marks(people, *mark) for name, mark in MARKS.items()}
    return Roster(
        persons=persons,
        known=by_person(np.ones(len(people), dtype=bool), False),
        communities=ties.layout.communities,
        home=by_person(home, -1),
        joined=by_person(_joined(people, ties), 0),
        labels={name: by_person(codes, -1) for name, codes in labels.items()},
    )


def population(ties: Ties, roster: Roster, level: str, whole: bool) -> np.ndarray:
    """Return the number of people of each place and period: an int64 array (places, periods).

    A network's people are those living in the place who joined by the end of the period, and anyone else
    active there in the period in an act the rule uses. Without a people table they are everyone ever active
    in the place. All layers of a place and period have the same people.
    """
    return take_census(ties, roster, level, whole).count()


@dataclass(frozen=True)
class Census:
    """Who is counted in each place and period of a level; a label is a period that networks are given for.

    `place` and `joined` hold the residents `member`; `at_place`, `at_period` the others active, `other`.
    """

    shape: tuple[int, int]
    labels: int
    member: np.ndarray
    place: np.ndarray
    joined: np.ndarray
    other: np.ndarray
    at_place: np.ndarray
    at_period: np.ndarray | None

    def count(self, among: np.ndarray | None = None) -> np.ndarray:
        """Return the people of each place and period, of those who are True in `among` (one per person)."""
        places, spans = self.shape
        cell = self.place * spans + self.joined
        cell = cell if among is None else cell[among[self.member]]
        members = np.cumsum(np.bincount(cell, minlength=places * spans).reshape(self.shape), axis=1)
        members = members[:, -self.labels :] if self.at_period is not None else members
        chosen = slice(None) if among is None else among[self.other]
        if self.at_period is None:
            count = members[:, -1] + np.bincount(self.at_place[chosen], minlength=places)
            return np.repeat(count[:, None], self.labels, axis=1)
        cell = (self.at_place * self.labels + self.at_period)[chosen]
        return members + np.bincount(cell, minlength=places * self.labels).reshape(places, self.labels)


def take_census(ties: Ties, roster: Roster, level: str, whole: bool) -> Census:
    """Return who is counted by `population`."""
    layout = ties.layout
    places, spans = len(layout.places[level]), max(len(layout.periods), 1)
    lives = _lives(layout, roster, level)
    lives = np.where(roster.joined < spans, lives, -1)
    member = np.flatnonzero(lives >= 0)
    residents = (member, lives[member], roster.joined[member])
    labels = layout.labels(whole)
    if whole or not roster.known.any():
        place, person = active_people(ties, level, [ALL])
        other = lives[person] != place
        return Census((places, spans), len(labels), *residents, person[other], place[other], None)
    block, person = active_people(ties, level, labels)
    place, step = np.divmod(block, max(len(labels), 1))
    other = (lives[person] != place) | (roster.joined[person] >= step + layout.window)
    return Census((places, spans), len(labels), *residents, person[other], place[other], step[other])


def active_people(ties: Ties, level: str, labels: list[str]) -> tuple[np.ndarray, np.ndarray]:
    """Return everyone taking part in an act, once per place and label.

    Returns
    -------
    tuple of int64 arrays
        Place times the number of labels plus the position in `labels`; person.
    """
    layout, pieces = ties.layout, []
    for form, rows in ((DYADIC, ties.dyads), (GATHERINGS, ties.joins)):
        together = layout.layers[form][-1:]
        pointer, cell, _ = layout.ranges(form, rows.cells, level, together, labels)
        if not together:
            pointer = np.zeros(len(layout.places[level]) * len(labels) + 1, dtype=np.int64)
        pieces += [pointer, rows.starts[cell], rows.stops[cell]]
    pointer, person = builders().distinct_people(
        *pieces, ties.dyads.source, ties.dyads.target, ties.joins.person, ties.dyads.n_persons
    )
    return np.repeat(np.arange(len(pointer) - 1), np.diff(pointer)), person.astype(np.int64)


def people_of(ties: Ties, roster: Roster, place_id: str, period: str) -> np.ndarray:
    """Return the codes of the people of one place and period: those that `population` counts."""
    layout = ties.layout
    level = layout.level_of(place_id)
    number = layout.places[level].get_loc(place_id)
    last = layout.window_of(period).stop - 1
    block, person = active_people(ties, level, [period if roster.known.any() else ALL])
    active = block == number
    lives = (_lives(layout, roster, level) == number) & (roster.joined <= last)
    return np.union1d(np.flatnonzero(lives), person[active])


def _lives(layout: Layout, roster: Roster, level: str) -> np.ndarray:
    """Return the position of each person's place of a level; -1 for people of other places."""
    community = layout.communities.get_indexer(roster.communities)
    place = np.append(layout.place_of[level], -1)[community]
    return np.append(place, -1).astype(np.int64)[roster.home]


def _codes(people: pd.DataFrame, name: str) -> np.ndarray:
    if name not in people.columns:
        return np.full(len(people), -1, dtype=np.int32)
    return pd.factorize(people[name], use_na_sentinel=True)[0].astype(np.int32)


def _marks(
    people: pd.DataFrame, column: str, ones: tuple[str, ...], zeros: tuple[str, ...] | None
) -> np.ndarray:
    if column not in people.columns:
        return np.full(len(people), -1, dtype=np.int32)
    values = people[column]
    known = values.notna() if zeros is None else values.isin([*ones, *zeros])
    return np.where(known, values.isin(ones), -1).astype(np.int32)


def count_marks(people: pd.DataFrame | None, ties: Ties) -> dict[str, np.ndarray]:
    """Return, by mark, how many people of code 0 and of code 1 had joined by each period: (2, periods).

    Where `people` has a column `people`, a row stands for so many.
    """
    periods = max(len(ties.layout.periods), 1)
    if people is None or not len(people):
        return dict.fromkeys(MARKS, np.zeros((2, periods)))
    joined, counts = _joined(people, ties), {}
    number = people["people"].to_numpy() if "people" in people.columns else np.ones(len(people))
    for name, mark in MARKS.items():
        code = _marks(people, *mark)
        inside = (code >= 0) & (joined < periods)
        cell = code[inside].astype(np.int64) * periods + joined[inside]
        count = np.bincount(cell, number[inside], minlength=2 * periods)
        counts[name] = count.reshape(2, periods).cumsum(axis=1)
    return counts


def summarise_people(people: pd.DataFrame) -> pd.DataFrame:
    """Return what `count_marks` needs of people, a row for each sort of people and day of joining."""
    columns = [c for c in ("joined", *(column for column, _, _ in MARKS.values())) if c in people.columns]
    if not columns:
        return pd.DataFrame({"people": [len(people)]})
    return people.groupby(columns, dropna=False, observed=True).size().rename("people").reset_index()


def _joined(people: pd.DataFrame, ties: Ties) -> np.ndarray:
    layout = ties.layout
    if "joined" not in people.columns or layout.last_month is None or people["joined"].isna().all():
        return np.zeros(len(people), dtype=np.int32)
    if not pd.api.types.is_datetime64_dtype(people["joined"]):
        raise StudyError(
            "The days on which people joined are not dates.",
            where="people.joined",
            value=people["joined"].dropna().iloc[0],
            expected="dates of type datetime64, or the column left out",
            mend="Convert the column with pandas.to_datetime.",
        )
    joined = people["joined"].to_numpy()
    if layout.periods:
        first = pd.Period(layout.periods[0], freq=FREQUENCIES[ties.rule.period]).ordinal
        position = np.clip(period_numbers(joined, ties.rule.period) - first, 0, len(layout.periods))
    else:
        position = (period_numbers(joined, "month") > layout.last_month).astype(np.int64)
    return np.where(people["joined"].isna(), 0, position).astype(np.int32)


def check_people(people: pd.DataFrame) -> None:
    """Raise StudyError if person_id or community_id is missing or a person is there twice."""
    missing = [name for name in ("person_id", "community_id") if name not in people.columns]
    if missing:
        raise StudyError(
            "The people table lacks columns.",
            where="people",
            value=", ".join(missing),
            expected="person_id and community_id",
            mend="Add or rename the columns, or leave the table out.",
        )
    repeated = int(people["person_id"].duplicated().sum())
    if repeated:
        raise StudyError(
            "Some people are in the people table more than once.",
            where="people.person_id",
            value=f"{repeated:,} repeated rows",
            expected="one row per person",
            mend="Keep one row per person; `gongzhi check` lists the repeated ones.",
        )
