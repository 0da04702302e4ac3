"""The log: help, goods and skills between people, and gatherings where people meet."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.simulate import calibration as known
from analysis.simulate.frames import Sampler, frame, numbered, pick, shares
from analysis.simulate.ground import Ground
from analysis.simulate.latent import Latent
from analysis.simulate.matters import Batch
from analysis.simulate.people import Joining, Persons
from analysis.simulate.setting import DAY, Setting
from analysis.simulate.ties import Ties
from analysis.tables.values import INTERACTION_KINDS, STATUSES

CODE = {kind: INTERACTION_KINDS.index(kind) for kind in INTERACTION_KINDS}
FORUM = CODE["forum"]


@dataclass(frozen=True)
class Acts:
    """Rows of the log as arrays; `target` and `gathering` are -1 where there is none, `day` is a time."""

    day: np.ndarray
    community: np.ndarray
    kind: np.ndarray
    source: np.ndarray
    target: np.ndarray
    gathering: np.ndarray
    hours: np.ndarray


@dataclass(frozen=True)
class Gatherings:
    """Gatherings before people come: where, when (a time), which kind, who calls, how many more are asked,
    and whether non-registered users are asked as often as others."""

    community: np.ndarray
    day: np.ndarray
    kind: np.ndarray
    organiser: np.ndarray
    size: np.ndarray
    hours: np.ndarray
    open: np.ndarray


class Members:
    """Who can be drawn for a gathering: users who have joined, and those tied to the organiser."""

    def __init__(self, setting: Setting, persons: Persons, joining: Joining, ties: Ties) -> None:
        self.setting, self.persons, self.ties = setting, persons, ties
        self.month = np.where(joining.month < 0, -1, joining.month + 1)
        self.indptr, self.neighbours = ties.neighbours(len(persons.ids))
        self._all = self.sampler(persons.activity)
        shy = np.array(known.PROCESS_TRUTH["consultation"]["nonregistered_weight"])[0]
        self._closed = self.sampler(persons.activity * np.where(persons.residency == 1, shy, 1.0))

    def count(self) -> np.ndarray:
        """Return the users there in each community and month."""
        shape = (self.setting.n, self.setting.months + 1)
        new = np.zeros(shape)
        np.add.at(new, (self.persons.community, np.clip(self.month, 0, self.setting.months)), 1)
        return np.cumsum(new, axis=1)[:, :-1]

    def sampler(self, weight: np.ndarray) -> Sampler:
        """Return a sampler over all users by community."""
        return Sampler(self.persons.community, weight, self.month)

    def guest(
        self, rng: np.random.Generator, community: np.ndarray, month: np.ndarray, open: np.ndarray
    ) -> np.ndarray:
        """Draw a user of the community who is there by then."""
        anyone, usual = (s.draw(rng, community, month) for s in (self._all, self._closed))
        return np.where(open, anyone, usual)

    def follower(self, rng: np.random.Generator, leader: np.ndarray, month: np.ndarray) -> np.ndarray:
        """Draw someone tied to the leader who is there by then; -1 if that one is not."""
        degree = self.indptr[leader + 1] - self.indptr[leader]
        at = self.indptr[leader] + np.floor(rng.random(len(leader)) * degree).astype(np.int64)
        drawn = self.neighbours[np.minimum(at, len(self.neighbours) - 1)] if len(self.neighbours) else at
        return np.where((degree > 0) & (self.month[drawn] <= month), drawn, -1)


def draw_dyadic(setting: Setting, latent: Latent, persons: Persons, members: Members) -> Acts:
    """Draw help, goods and skill acts: as many per member as social capital has it, along the ties.

    Some acts are returned within days, some draw in a common acquaintance.
    """
    rng, ties = setting.stream("dyadic"), members.ties
    rate = known.DYADIC_RATE * members.count() * np.exp(latent.capital)
    count = rng.poisson(rate)
    community, month = (np.repeat(x.ravel(), count.ravel()) for x in np.indices(rate.shape))
    tie = Sampler(persons.community[ties.a], ties.weight, ties.month).draw(rng, community, month)
    there = tie >= 0
    tie, community, day = tie[there], community[there], _time(rng, setting, month)[there]
    back = ties.mutual[tie] & (rng.random(len(tie)) < 0.5)
    source, target = np.where(back, ties.b[tie], ties.a[tie]), np.where(back, ties.a[tie], ties.b[tie])
    again = np.flatnonzero(ties.mutual[tie] & (rng.random(len(tie)) < known.RETURNED))
    third = ties.third[tie]
    known_then = (third >= 0) & (members.month[third] <= setting.month_of(day))
    joint = np.flatnonzero(known_then & (rng.random(len(tie)) < known.TOGETHER))
    which = np.concatenate([np.arange(len(tie)), again, joint, joint])
    day = day[which] + np.where(np.arange(len(which)) < len(tie), 0, rng.integers(1, 11, len(which)))
    kept = day < setting.days
    kind = np.array([CODE[k] for k in known.DYADIC_KINDS])[shares(rng, known.DYADIC_KINDS, len(which))]
    return Acts(
        day=day[kept],
        community=community[which][kept],
        kind=kind[kept],
        source=np.concatenate([source, target[again], third[joint], source[joint]])[kept],
        target=np.concatenate([target, source[again], target[joint], third[joint]])[kept],
        gathering=np.full(kept.sum(), -1),
        hours=_hours(rng, 1.0, 0.7, len(which))[kept],
    )


def call_gatherings(setting: Setting, persons: Persons, members: Members) -> Gatherings:
    """Draw activities, forum topics and meetings, mostly called by those with a role."""
    rng = setting.stream("gatherings")
    count = rng.poisson(known.GATHERING_RATE * members.count())
    community, month = (np.repeat(x.ravel(), count.ravel()) for x in np.indices(count.shape))
    weight = persons.activity * np.where(persons.mobiliser, 4.0, 0.5)
    organiser = members.sampler(weight).draw(rng, community, month)
    kind = np.array([CODE[k] for k in known.GATHERING_KINDS])[shares(rng, known.GATHERING_KINDS, len(month))]
    size = _size(rng, *known.GATHERING_SIZE, len(month))
    hours = np.where(kind == FORUM, 0.25, _hours(rng, 2.0, 0.35, len(month)))
    asked = np.ones(len(month), bool)
    return Gatherings(community, _time(rng, setting, month), kind, organiser, size, hours, asked)


def call_consultations(setting: Setting, batch: Batch) -> tuple[Gatherings, np.ndarray]:
    """Return a gathering for each consultation discussed in the window, and the matter's number of each."""
    rng, truth = setting.stream("consultation gatherings"), known.PROCESS_TRUTH["consultation"]
    size = _size(rng, *known.CONSULTATION_SIZE, len(batch.raised))
    size = np.rint(size * np.where(batch.treated, truth["participants"], 1.0)).astype(int)
    hours = _hours(rng, 1.5, 0.3, len(size))
    held = np.flatnonzero(batch.days[:, 1] < setting.days - 1)
    day = np.floor(batch.days[held, 1]) + 0.78
    kind = np.full(len(held), CODE["consultation"])
    organiser = batch.actors[held, 1]
    return Gatherings(
        batch.community[held], day, kind, organiser, size[held], hours[held], batch.treated[held]
    ), held


def attend(setting: Setting, name: str, called: Gatherings, members: Members) -> Acts:
    """Draw who comes: those tied to the organiser and others, each once; those with a role come first.

    `name` names the random stream.
    """
    rng, persons = setting.stream(name), members.persons
    gathering = np.repeat(np.arange(len(called.day)), called.size)
    month = setting.month_of(called.day)[gathering]
    follows = rng.random(len(gathering)) < known.FOLLOW
    tied = members.follower(rng, called.organiser[gathering], month)
    other = members.guest(rng, called.community[gathering], month, called.open[gathering])
    source = np.where(follows & (tied >= 0), tied, other)
    gathering = np.concatenate([np.arange(len(called.day)), gathering])
    source = np.concatenate([called.organiser, source])
    _, first = np.unique(gathering * len(persons.ids) + source, return_index=True)
    first = np.sort(first[(source[first] >= 0) & (called.organiser[gathering[first]] >= 0)])
    gathering, source = gathering[first], source[first]
    late = np.where(persons.mobiliser[source], 0.0, 0.012) + rng.exponential(0.008, len(source))
    late = np.where(called.kind[gathering] == FORUM, late * 60, np.minimum(late, 0.05))
    late[first < len(called.day)] = 0.0
    return Acts(
        day=np.minimum(called.day[gathering] + late, setting.days - 1 / DAY),
        community=called.community[gathering],
        kind=called.kind[gathering],
        source=source,
        target=np.full(len(source), -1),
        gathering=gathering,
        hours=called.hours[gathering],
    )


def draw_first_acts(setting: Setting, persons: Persons, joining: Joining) -> Acts:
    """Draw the volunteering that brings recruits in: the recruiter first, then those drawn in that month."""
    rng = setting.stream("first acts")
    drawn = np.flatnonzero((joining.recruiter >= 0) & (joining.day >= 0))
    key, gathering = np.unique(
        joining.recruiter[drawn] * (setting.months + 1) + joining.month[drawn], return_inverse=True
    )
    recruiter, opening = key // (setting.months + 1), np.full(len(key), np.inf)
    np.minimum.at(opening, gathering, joining.day[drawn])
    source = np.concatenate([recruiter, drawn])
    day = np.concatenate([opening + 0.36, joining.day[drawn] + rng.integers(0, 4, len(drawn)) + 0.4])
    gathering = np.concatenate([np.arange(len(key)), gathering])
    hours = _hours(rng, 1.5, 0.3, len(key))[gathering]
    kind = np.full(len(source), CODE["volunteering"])
    day = day + rng.random(len(day)) * 0.03
    return Acts(
        day, persons.community[recruiter][gathering], kind, source, np.full(len(source), -1), gathering, hours
    )


def interactions(
    setting: Setting, ground: Ground, persons: Persons, log: list[tuple[Acts, list[str]]]
) -> pd.DataFrame:
    """Return the `interactions` table, by community and time.

    `log` holds acts with the identifiers of their gatherings. A tie may lead into another community of the
    district: the act is then logged where the tie belongs.
    """
    rng = setting.stream("interactions")
    first = np.cumsum([0] + [len(labels) for _, labels in log])
    gathering = np.concatenate(
        [
            np.where(acts.gathering < 0, -1, acts.gathering + start)
            for (acts, _), start in zip(log, first[:-1], strict=True)
        ]
    )
    labels = [label for _, some in log for label in some]
    day, community, kind, source, target, hours = (
        np.concatenate([getattr(acts, name) for acts, _ in log])
        for name in ("day", "community", "kind", "source", "target", "hours")
    )
    status = np.array([STATUSES.index(s) for s in known.STATUS_SHARES])[
        shares(rng, known.STATUS_SHARES, len(day))
    ]
    status[(gathering >= 0) & (status == STATUSES.index("requested"))] = STATUSES.index("done")
    order = np.lexsort((target, source, day, community))
    return frame(
        "interactions",
        time=setting.dates(day[order]),
        community_id=pick(ground.community_ids, community[order]),
        kind=pick(INTERACTION_KINDS, kind[order]),
        source_id=pick(persons.ids, source[order]),
        target_id=pick(persons.ids, target[order]),
        gathering_id=pick(labels, gathering[order]),
        hours=hours[order],
        status=pick(STATUSES, status[order]),
    )


def gathering_ids(prefix: str, acts: Acts) -> list[str]:
    """Return one identifier per gathering of these acts."""
    return numbered(prefix, int(acts.gathering.max(initial=-1)) + 1, 5)


def _time(rng: np.random.Generator, setting: Setting, month: np.ndarray) -> np.ndarray:
    """Draw a day of the month and a time between seven in the morning and ten at night."""
    start, end = setting.month_starts[month], setting.month_starts[month + 1]
    day = np.floor(start + rng.random(len(month)) * (end - start))
    return day + np.clip(rng.normal(15.0, 3.2, len(month)), 7.0, 21.9) / 24


def _hours(rng: np.random.Generator, typical: float, spread: float, n: int) -> np.ndarray:
    """Draw durations in quarters of an hour."""
    return np.maximum(np.rint(typical * np.exp(rng.normal(0, spread, n)) * 4) / 4, 0.25)


def _size(rng: np.random.Generator, median: float, spread: float, n: int) -> np.ndarray:
    return np.maximum(np.rint(median * np.exp(rng.normal(0, spread, n))), 1).astype(int)
