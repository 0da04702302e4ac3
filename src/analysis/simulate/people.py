"""The platform's registered users: who they are, whom they know, and who drew them in."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.simulate import calibration as known
from analysis.simulate.frames import Sampler, frame, numbered, pick
from analysis.simulate.ground import Ground
from analysis.simulate.setting import Setting
from analysis.tables.values import AGE_BANDS, RESIDENCIES, ROLES, SEXES

RESIDENT, VOLUNTEER, PARTY_MEMBER, SOCIAL_WORKER, CADRE = range(5)
BEFORE = 180  # days that the platform ran before the window
LAST_JOIN = 20  # days before the window's end


@dataclass(frozen=True)
class Persons:
    """Users as arrays; codes index AGE_BANDS, RESIDENCIES and ROLES of the dictionary."""

    ids: list[str]
    community: np.ndarray
    unit: np.ndarray
    age: np.ndarray
    residency: np.ndarray
    role: np.ndarray
    activity: np.ndarray

    @property
    def mobiliser(self) -> np.ndarray:
        """Whether the person is anything but an ordinary resident."""
        return self.role != RESIDENT


@dataclass(frozen=True)
class Joining:
    """When each person joined, in days since the window's first, and who drew them in (-1: nobody)."""

    day: np.ndarray
    month: np.ndarray
    recruiter: np.ndarray


def draw_persons(setting: Setting, ground: Ground) -> Persons:
    """Draw the registered users of every community."""
    rng = setting.stream("persons")
    median, spread, least, most = known.USERS
    users = np.clip(np.rint(median * np.exp(rng.normal(0, spread, setting.n))), least, most).astype(int)
    community = np.repeat(np.arange(setting.n), users)
    unit = Sampler(ground.community_of, ground.population.astype(float)).draw(rng, community)
    residency, age = _draw_groups(rng, ground, unit)
    role = _draw_roles(rng, community, residency, age)
    age = np.where((role >= SOCIAL_WORKER) & ((age == 0) | (age > 2)), 1 + rng.integers(0, 2, len(age)), age)
    factor = np.array([known.ACTIVITY_BY_ROLE[r] for r in ROLES])[role] * np.where(age > 2, 0.8, 1.0)
    activity = rng.gamma(known.ACTIVITY_SHAPE, size=len(role)) * np.exp(
        rng.normal(0, known.ACTIVITY_LOG_SPREAD, len(role))
    )
    ids = numbered("P", len(role), 5)
    return Persons(ids, community, unit, age, residency, role, activity * factor + 1e-3)


def draw_joining(setting: Setting, persons: Persons, ties: np.ndarray) -> Joining:
    """Draw when people joined: cadres and social workers first, then party members and volunteers; residents
    of their own accord, or drawn in by those they are tied to, in two waves.

    `ties` is an array of pairs of persons.
    """
    rng = setting.stream("joining")
    n, role, end = len(persons.role), persons.role, setting.days - LAST_JOIN
    own = np.floor(-BEFORE + rng.beta(1.2, 1.5, n) * (end + BEFORE))
    early = np.floor(-BEFORE + rng.exponential(0.16 * setting.days, n))
    day = np.where(role == RESIDENT, own, np.where(early < end, early, own))
    day = np.where(role >= SOCIAL_WORKER, -BEFORE + rng.integers(0, 30, n), day)
    recruiter = np.full(n, -1)
    for wave, source in enumerate((persons.mobiliser, ~persons.mobiliser)):
        pairs = np.vstack([ties, ties[:, ::-1]])
        pairs = pairs[source[pairs[:, 0]] & (role[pairs[:, 1]] == RESIDENT)]
        draws = rng.random(len(pairs)) < (0.35, 0.12)[wave]
        lag = 2 + np.floor(rng.exponential(0.15 * setting.days, len(pairs)))
        when = np.where(draws, day[pairs[:, 0]] + lag, np.inf)
        order = np.lexsort((pairs[:, 0], when, pairs[:, 1]))
        target, first = np.unique(pairs[order, 1], return_index=True)
        best = order[first]
        sooner = (when[best] < day[target]) & (when[best] < end)
        day[target[sooner]] = when[best[sooner]]
        recruiter[target[sooner]] = pairs[best[sooner], 0]
    day = day.astype(np.int64)
    return Joining(day, setting.month_of(day), recruiter)


def people(setting: Setting, ground: Ground, persons: Persons, joining: Joining) -> pd.DataFrame:
    """Return the `people` table."""
    men = setting.stream("sexes").random(len(persons.ids)) < known.MEN
    return frame(
        "people",
        person_id=persons.ids,
        community_id=pick(ground.community_ids, persons.community),
        unit_id=pick(ground.unit_ids, persons.unit),
        age_band=pick(AGE_BANDS, persons.age),
        sex=pick(SEXES, np.where(men, SEXES.index("male"), SEXES.index("female"))),
        residency=pick(RESIDENCIES, persons.residency),
        role=pick(ROLES, persons.role),
        joined=setting.dates(joining.day),
    )


def _draw_groups(rng: np.random.Generator, ground: Ground, unit: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Draw residency and age band; old and non-registered residents are reached less often."""
    away = (ground.nonregistered / ground.population)[unit]
    reach = known.REACH_NONREGISTERED
    residency = (rng.random(len(unit)) < reach * away / (reach * away + 1 - away)).astype(int)
    old_all, ratio = (ground.elderly / ground.population)[unit], known.ELDERLY_NONREGISTERED_RATIO
    old = np.clip(old_all / (1 - away + ratio * away) * np.where(residency == 1, ratio, 1.0), 0, 0.9)
    old = known.REACH_ELDERLY * old / (known.REACH_ELDERLY * old + 1 - old)
    over = rng.random(len(unit)) < old
    draw = rng.random(len(unit))
    younger = np.searchsorted(np.cumsum(known.AGES_UNDER_60)[:-1], draw, side="right")
    older = 3 + (draw > known.AGES_OVER_60[0])
    return residency, np.where(over, older, younger)


def _draw_roles(
    rng: np.random.Generator, community: np.ndarray, residency: np.ndarray, age: np.ndarray
) -> np.ndarray:
    """Draw roles: in each community first its cadres, then its social workers, the rest by chance."""
    n, communities = len(community), community[-1] + 1
    chance = np.array([known.PARTY_MEMBERS["registered"], known.PARTY_MEMBERS["non_registered"]])[residency]
    draw = rng.random(n)
    role = np.where(
        draw < chance, PARTY_MEMBER, np.where(draw < chance + known.VOLUNTEERS, VOLUNTEER, RESIDENT)
    )
    role[age == 0] = RESIDENT
    cadres = rng.integers(known.CADRES[0], known.CADRES[1] + 1, communities)[community]
    workers = np.maximum(rng.poisson(known.SOCIAL_WORKERS, communities), 1)[community]
    place = np.arange(n) - np.searchsorted(community, community)
    return np.where(place < cadres, CADRE, np.where(place < cadres + workers, SOCIAL_WORKER, role))
