"""Matters under way and the steps they take: consultations, requests, contracts, fund projects."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.simulate import calibration as known
from analysis.simulate.frames import Sampler, frame, numbered, pick, shares
from analysis.simulate.ground import Ground
from analysis.simulate.latent import Latent
from analysis.simulate.organisations import COMMITTEE, OWNERS, PROPERTY, SOCIAL, Organisations
from analysis.simulate.people import CADRE, SOCIAL_WORKER, Joining, Persons
from analysis.simulate.setting import Setting
from analysis.tables.values import LEVELS, MATTER_OUTCOMES, STEPS

PROCESSES = tuple(known.MATTERS_PER_MONTH)
ORIGINS = ("citizen", "organisation", "meeting", "official")
ADOPTED, REJECTED, RESOLVED, UNRESOLVED, WITHDRAWN = range(5)
COMMUNITY, STREET, DISTRICT = (LEVELS.index(level) for level in ("community", "street", "district"))


@dataclass
class Batch:
    """Matters of one process: arrays by matter, and the steps as matter x step (NaN days: not taken)."""

    community: np.ndarray
    raised: np.ndarray
    steps: tuple[str, ...]
    days: np.ndarray
    actors: np.ndarray
    levels: np.ndarray
    outcome: np.ndarray
    decided: np.ndarray
    satisfaction: np.ndarray
    amount: np.ndarray
    topic: np.ndarray
    origin: np.ndarray
    treated: np.ndarray


class Actors:
    """Who takes a step: a user already there, or an organisation. Codes: persons, then organisations."""

    def __init__(
        self, setting: Setting, persons: Persons, joining: Joining, organised: Organisations
    ) -> None:
        start = np.where(joining.month < 0, -1, joining.month + 1)
        self.setting, self.organised = setting, organised
        self.labels = persons.ids + organised.ids
        self.first_organisation = len(persons.ids)
        self._anyone = Sampler(persons.community, persons.activity, start)
        staff = np.flatnonzero(persons.role >= SOCIAL_WORKER)
        cadres = np.flatnonzero(persons.role == CADRE)
        self._staff, self._cadres = staff, cadres
        self._staff_of = Sampler(persons.community[staff], np.ones(len(staff)))
        self._cadre_of = Sampler(persons.community[cadres], np.ones(len(cadres)))

    def anyone(self, rng: np.random.Generator, community: np.ndarray, day: np.ndarray) -> np.ndarray:
        """Draw a user of the community who is there by that day."""
        drawn = self._anyone.draw(rng, community, self.setting.month_of(day))
        return np.where(drawn >= 0, drawn, self.cadre(rng, community))

    def staff(self, rng: np.random.Generator, community: np.ndarray) -> np.ndarray:
        """Draw a social worker or cadre of the community."""
        return self._staff[self._staff_of.draw(rng, community)]

    def cadre(self, rng: np.random.Generator, community: np.ndarray) -> np.ndarray:
        """Draw a cadre of the community."""
        return self._cadres[self._cadre_of.draw(rng, community)]

    def organisation(self, kind: int, community: np.ndarray) -> np.ndarray:
        """Return the community's organisation of this kind, or else its residents' committee."""
        n = self.setting.n
        found, committee = self.organised.of_community(kind, n), self.organised.of_community(COMMITTEE, n)
        return self.first_organisation + np.where(found >= 0, found, committee)[community]

    def department(self, rng: np.random.Generator, community: np.ndarray) -> np.ndarray:
        """Draw a department of the community's district."""
        table = self.organised.departments()
        drawn = rng.integers(0, table.shape[1], len(community))
        return self.first_organisation + table[self.setting.district_of[community], drawn]


def draw_consultations(setting: Setting, latent: Latent, actors: Actors) -> Batch:
    """Draw consultations: six steps, some left out, delayed or out of order, fewer so after the reform."""
    rng, truth = setting.stream("consultations"), known.PROCESS_TRUTH["consultation"]
    batch = _raise(rng, setting, latent, "consultation", truth["matters_raised"])
    n, after = len(batch.raised), batch.treated.astype(int)
    parts = rng.dirichlet((1.5, 2.0, 1.0, 5.0, 1.5), n).cumsum(axis=1)
    response = latent.means["response_days"][batch.community, setting.month_of(batch.raised)]
    mean = known.CONSULTATION_DAYS * np.where(batch.treated, truth["days"], 1.0)
    mean = mean * response / known.MEASURES["response_days"].mean
    total = mean * rng.gamma(3.0, size=n) / 3.0 + 2
    offsets = np.column_stack([np.zeros(n), parts * total[:, None]])
    swapped = np.flatnonzero(rng.random(n) < np.array(known.OUT_OF_ORDER)[after])
    at = rng.integers(1, 5, len(swapped))
    offsets[swapped, at], offsets[swapped, at + 1] = offsets[swapped, at + 1], offsets[swapped, at].copy()
    taken = rng.random((n, 6)) < np.array(truth["step_taken"])[after][:, None]
    taken[:, 0] = True
    draw = rng.random(n)
    outcome = np.where(draw < known.ADOPTED, ADOPTED, REJECTED)
    outcome = np.where(draw > 1 - known.WITHDRAWN, WITHDRAWN, outcome)
    taken[outcome == REJECTED, 4] = False
    taken[outcome == WITHDRAWN, 2:] = False
    days = batch.raised[:, None] + offsets
    batch.days, batch.decided = np.where(taken, days, np.nan), days[:, 2]
    community = batch.community
    batch.actors = np.column_stack(
        [actors.anyone(rng, community, batch.raised), actors.cadre(rng, community),
         actors.organisation(COMMITTEE, community), actors.organisation(COMMITTEE, community),
         actors.organisation(PROPERTY, community), actors.staff(rng, community)]
    )  # fmt: skip
    batch.outcome = outcome
    batch.satisfaction = _satisfaction(rng, setting, latent, batch)
    return batch


def draw_requests(setting: Setting, latent: Latent, actors: Actors) -> Batch:
    """Draw residents' requests; what a community cannot solve calls departments to it."""
    rng = setting.stream("requests")
    batch = _raise(rng, setting, latent, "request")
    n, community = len(batch.raised), batch.community
    called = rng.random(n) < known.ESCALATED
    mean = latent.means["response_days"][community, setting.month_of(batch.raised)]
    mean = mean * np.array(known.REQUEST_TIME)[called.astype(int)]
    total = mean * rng.gamma(known.CASE_SHAPE, size=n) / known.CASE_SHAPE
    escalated = batch.raised + total * rng.uniform(0.05, 0.3, n)
    arrived = escalated + (batch.raised + total - escalated) * rng.uniform(0.2, 0.6, n)
    answered = batch.raised + total
    silent = rng.random(n) < known.NEVER_ANSWERED
    batch.days = np.column_stack(
        [batch.raised, np.where(called, escalated, np.nan), np.where(called, arrived, np.nan),
         np.where(silent, np.nan, answered)]
    )  # fmt: skip
    answerer = np.where(called, actors.department(rng, community), actors.staff(rng, community))
    batch.actors = np.column_stack(
        [actors.anyone(rng, community, batch.raised), actors.organisation(COMMITTEE, community),
         answerer, answerer]
    )  # fmt: skip
    level = np.where(called, DISTRICT, COMMUNITY)
    batch.levels = np.column_stack([np.full(n, COMMUNITY), np.full(n, STREET), level, level])
    batch.outcome = np.where(silent | (rng.random(n) < 0.12), UNRESOLVED, RESOLVED)
    batch.decided = np.where(silent, batch.raised + 120, answered)
    batch.satisfaction = np.where(silent, np.nan, _satisfaction(rng, setting, latent, batch))
    return batch


def draw_contracts(setting: Setting, latent: Latent, actors: Actors) -> Batch:
    """Draw service contracts: proposed, signed, performed, reviewed."""
    rng = setting.stream("contracts")
    batch = _raise(rng, setting, latent, "contract")
    n, community = len(batch.raised), batch.community
    batch.days = batch.raised[:, None] + np.cumsum(
        np.column_stack([np.zeros(n), rng.gamma(3, 8, n), rng.gamma(3, 35, n), rng.gamma(2, 12, n)]), axis=1
    )
    stays = rng.random((n, 4)) < np.array([1.0, 0.9, 0.92, 0.75])
    batch.days = np.where(np.logical_and.accumulate(stays, axis=1), batch.days, np.nan)
    committee, partner = actors.organisation(COMMITTEE, community), actors.organisation(SOCIAL, community)
    batch.actors = np.column_stack([partner, committee, partner, committee])
    batch.outcome = np.where(np.isnan(batch.days[:, 1]), WITHDRAWN, RESOLVED)
    batch.decided = np.where(np.isnan(batch.days[:, 1]), batch.raised + 60, batch.days[:, 2])
    typical, spread = known.CONTRACT_AMOUNT
    batch.amount = np.rint(typical * np.exp(rng.normal(0, spread, n)) / 100) * 100
    batch.satisfaction = _satisfaction(rng, setting, latent, batch)
    return batch


def draw_funds(setting: Setting, latent: Latent, actors: Actors) -> Batch:
    """Draw projects of the community funds: proposed, decided, budgeted, published, spent, reviewed."""
    rng = setting.stream("funds")
    batch = _raise(rng, setting, latent, "fund")
    n, community = len(batch.raised), batch.community
    waits = rng.gamma(2.5, (8, 6, 5, 25, 15), (n, 5))
    batch.days = batch.raised[:, None] + np.cumsum(np.column_stack([np.zeros(n), waits]), axis=1)
    rejected = rng.random(n) < 0.15
    batch.days[np.ix_(rejected, [2, 4, 5])] = np.nan
    batch.days[rng.random(n) < 0.2, 3] = np.nan
    committee, owners = actors.organisation(COMMITTEE, community), actors.organisation(OWNERS, community)
    contractor = actors.organisation(PROPERTY, community)
    batch.actors = np.column_stack([owners, committee, committee, committee, contractor, owners])
    batch.outcome = np.where(rejected, REJECTED, ADOPTED)
    batch.decided = batch.days[:, 1]
    typical, spread, most = known.FUND_AMOUNT
    batch.amount = np.rint(np.minimum(typical * np.exp(rng.normal(0, spread, n)), most) / 100) * 100
    return batch


STEPS_OF = {
    "consultation": ("raised", "discussed", "decided", "published", "implemented", "answered"),
    "request": ("raised", "escalated", "arrived", "answered"),
    "contract": ("proposed", "signed", "performed", "reviewed"),
    "fund": ("proposed", "decided", "budgeted", "published", "spent", "reviewed"),
}


def matter_ids(batches: list[Batch]) -> list[str]:
    """Return the identifiers of all matters, batch after batch."""
    return numbered("M", sum(len(batch.raised) for batch in batches), 5)


def matters(setting: Setting, ground: Ground, batches: list[Batch]) -> pd.DataFrame:
    """Return the `matters` table: the outcome is empty until it is known within the window."""
    process = np.repeat(np.arange(len(PROCESSES)), [len(batch.raised) for batch in batches])
    topics = [topic for name in PROCESSES for topic in known.TOPICS[name]]
    first = np.cumsum([0] + [len(known.TOPICS[name]) for name in PROCESSES])
    join = lambda field: np.concatenate([getattr(batch, field) for batch in batches])  # noqa: E731
    settled = join("decided") < setting.days
    return frame(
        "matters",
        matter_id=matter_ids(batches),
        process=pick(PROCESSES, process),
        community_id=pick(ground.community_ids, join("community")),
        category=pick(topics, first[process] + join("topic")),
        origin=pick(ORIGINS, join("origin")),
        level=pick(LEVELS, np.concatenate([batch.levels[:, 0] for batch in batches])),
        outcome=pick(MATTER_OUTCOMES, np.where(settled, join("outcome"), -1)),
        satisfaction=join("satisfaction"),
        amount=join("amount"),
    )


def steps(setting: Setting, batches: list[Batch], actors: Actors) -> pd.DataFrame:
    """Return the `steps` table: every step taken within the window, matter by matter in order of time."""
    matter, step, day, actor, level, first = [], [], [], [], [], 0
    for batch in batches:
        rows, columns = np.nonzero(batch.days < setting.days)  # NaN compares false
        matter.append(first + rows)
        step.append(np.array([STEPS.index(name) for name in batch.steps])[columns])
        day.append(_by_daylight(batch.days[rows, columns]))
        actor.append(batch.actors[rows, columns])
        level.append(batch.levels[rows, columns])
        first += len(batch.raised)
    matter, step, day, actor, level = (np.concatenate(x) for x in (matter, step, day, actor, level))
    order = np.lexsort((day, matter))
    return frame(
        "steps",
        matter_id=pick(matter_ids(batches), matter[order]),
        step=pick(STEPS, step[order]),
        time=setting.dates(day[order]),
        actor_id=pick(actors.labels, actor[order]),
        level=pick(LEVELS, level[order]),
    )


def _by_daylight(day: np.ndarray) -> np.ndarray:
    """Squeeze times into office hours, keeping day and order."""
    return np.floor(day) + 0.35 + 0.4 * (day - np.floor(day))


def _raise(
    rng: np.random.Generator, setting: Setting, latent: Latent, process: str, factor: float = 1.0
) -> Batch:
    """Draw when and where matters are raised; the rest of the batch is empty."""
    after = latent.logged("consultation")
    rate = known.MATTERS_PER_MONTH[process] * np.where(after, factor, 1.0)
    community, month = (x.ravel() for x in np.indices(rate.shape))
    count = rng.poisson(rate).ravel()
    community, month = np.repeat(community, count), np.repeat(month, count)
    n, names = len(community), STEPS_OF[process]
    start, end = setting.month_starts[month], setting.month_starts[month + 1]
    raised = start + rng.random(n) * (end - start)
    blank = np.full(n, np.nan)
    return Batch(
        community=community, raised=raised, steps=names, days=np.full((n, len(names)), np.nan),
        actors=np.full((n, len(names)), -1), levels=np.full((n, len(names)), COMMUNITY),
        outcome=np.full(n, -1), decided=blank, satisfaction=blank, amount=blank,
        topic=rng.integers(0, len(known.TOPICS[process]), n),
        origin=_origins(rng, process, n), treated=after[community, month],
    )  # fmt: skip


def _origins(rng: np.random.Generator, process: str, n: int) -> np.ndarray:
    parts = known.ORIGINS[process]
    return np.array([ORIGINS.index(name) for name in parts])[shares(rng, parts, n)]


def _satisfaction(rng: np.random.Generator, setting: Setting, latent: Latent, batch: Batch) -> np.ndarray:
    """Draw the points given by those concerned; many do not answer, nobody before the last step."""
    mean = latent.means["satisfaction"][batch.community, setting.month_of(batch.raised)]
    mean = mean + np.where(np.isin(batch.outcome, (REJECTED, UNRESOLVED)), -12.0, 3.0)
    points = np.rint(np.clip(mean + rng.normal(0, known.ANSWER_SD, len(mean)), 0, 100))
    stated = (rng.random(len(mean)) < known.MATTER_RESPONSE) & (batch.days[:, -1] < setting.days)
    return np.where(stated, points, np.nan)
