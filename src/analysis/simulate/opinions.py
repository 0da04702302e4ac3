"""What people vote on, statements in consultations and projects of the community funds, and how they vote."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.simulate import calibration as known
from analysis.simulate.frames import frame, numbered, pick, shares
from analysis.simulate.ground import Ground
from analysis.simulate.matters import ADOPTED, STEPS_OF, Actors, Batch
from analysis.simulate.people import Persons
from analysis.simulate.setting import Setting
from analysis.tables.values import OPTION_KINDS, VOTE_CHANNELS

DECIDED, SPENT = (STEPS_OF["fund"].index(name) for name in ("decided", "spent"))
STATEMENT, PROJECT = (OPTION_KINDS.index(kind) for kind in ("statement", "project"))
CATEGORIES = tuple(dict.fromkeys((*known.TOPICS["consultation"], *known.PROJECT_KINDS)))
NO, YES, UNKNOWN = 0, 1, -1


@dataclass(frozen=True)
class Ballots:
    """Options and votes on them as arrays; `matter` numbers matters of all processes, -1 is none.

    Flags are NO, YES or UNKNOWN; `option` of a vote is the row of the option; days are times or NaN.
    """

    matter: np.ndarray
    kind: np.ndarray
    community: np.ndarray
    category: np.ndarray
    amount: np.ndarray
    author: np.ndarray
    opened: np.ndarray
    admitted: np.ndarray
    selected: np.ndarray
    completed: np.ndarray
    option: np.ndarray
    person: np.ndarray
    vote: np.ndarray
    day: np.ndarray


def draw_statements(
    setting: Setting, persons: Persons, consultations: Batch, actors: Actors, first: int = 0
) -> Ballots:
    """Draw the statements of some consultations, and the votes of two camps on them.

    Registered and non-registered users lean to different camps; some statements unite the camps, some divide
    them. `first` is the number of the first consultation among all matters.
    """
    rng, batch = setting.stream("statements"), consultations
    held = np.flatnonzero(rng.random(len(batch.raised)) < known.CONVERSATION_SHARE)
    held = held[batch.raised[held] + known.STATEMENT_DAYS < setting.days]
    matter = np.repeat(held, rng.integers(*known.STATEMENTS, len(held)))
    n, community = len(matter), batch.community[matter]
    opened = batch.raised[matter] + rng.random(n) * known.STATEMENT_DAYS
    admitted = (rng.random(n) < known.ADMITTED).astype(int)
    author = actors.anyone(rng, community, batch.raised[matter])
    agree = np.array(list(known.CAMP_AGREEMENT.values()))[shares(rng, known.STATEMENT_KINDS, n)]
    agree = np.where(rng.random((n, 1)) < 0.5, agree, agree[:, ::-1])  # each camp has statements of its own
    voters, where = _voters(rng, held, batch.raised[held], batch.community[held], actors, known.VOTERS)
    option, voter = _pairs(matter, where)
    cast = (rng.random(len(option)) < known.VOTED_ON) & (admitted[option] == YES)
    option, person = option[cast], voters[voter[cast]]
    camp = rng.random(len(persons.ids)) < np.array(known.CAMP)[persons.residency]
    day = opened[option] + rng.exponential(known.VOTE_DAYS, len(option))
    again = np.flatnonzero(rng.random(len(option)) < known.VOTED_AGAIN)
    option, person = np.append(option, option[again]), np.append(person, person[again])
    day = np.append(day, day[again] + rng.exponential(known.VOTE_DAYS, len(again)))
    draw = rng.random(len(option))
    likely = agree[option, camp[person].astype(int)]
    vote = np.where(draw < likely, 1.0, np.where(draw < likely + (1 - likely) * known.PASSED, 0.0, -1.0))
    on_time = day < setting.days
    none, blank = np.full(n, UNKNOWN), np.full(n, np.nan)
    topics = np.array([CATEGORIES.index(topic) for topic in known.TOPICS["consultation"]])
    return Ballots(
        first + matter, np.full(n, STATEMENT), community, topics[batch.topic[matter]], blank, author, opened,
        admitted, none, blank, option[on_time], person[on_time], vote[on_time], day[on_time],
    )  # fmt: skip


def draw_projects(setting: Setting, funds: Batch, actors: Actors, first: int = 0) -> Ballots:
    """Draw the projects put to the vote by the community funds, who approves which, and what became of them.

    The most approved are chosen while the money lasts; a chosen one is finished, if at all, soon after the
    money is spent. `first` is the number of the first fund among all matters.
    """
    rng = setting.stream("projects")
    decided = funds.days[:, DECIDED]
    matter = np.repeat(np.arange(len(funds.raised)), rng.integers(*known.PROJECTS, len(funds.raised)))
    n, community = len(matter), funds.community[matter]
    begin, end = funds.raised[matter], decided[matter]
    opened = begin + rng.random(n) * 0.4 * (end - begin)
    kind = shares(rng, known.PROJECT_KINDS, n)
    amount = np.maximum(np.rint(funds.amount[matter] * rng.uniform(*known.PROJECT_COST, n) / 100) * 100, 100)
    author = actors.anyone(rng, community, begin)
    appeal = rng.beta(2, 4, n)
    every = np.arange(len(funds.raised))
    voters, where = _voters(rng, every, funds.raised, funds.community, actors, known.BUDGET_VOTERS)
    option, voter = _pairs(matter, where)
    wish = np.where(rng.random(len(option)) < appeal[option], rng.random(len(option)), np.inf)
    order = np.lexsort((wish, voter))
    rank = np.arange(len(order)) - np.searchsorted(voter[order], voter[order])
    taken = np.sort(order[(rank < known.CHOICES) & np.isfinite(wish[order])])
    option, voter = option[taken], voter[taken]
    moment = rng.random(len(voters))[voter]  # one ballot: all its choices at one time
    day = end[option] - (1 - moment) * 0.5 * (end - begin)[option]
    selected = _choose(matter, np.bincount(option, minlength=n), amount, funds.amount)
    selected &= (funds.outcome == ADOPTED)[matter]
    spent = funds.days[matter, SPENT] + rng.exponential(known.FINISHED_DAYS, n)
    finished = selected & (rng.random(n) < known.FINISHED) & (spent < setting.days)
    put_up, on_time = opened < setting.days, day < setting.days
    known_by_now = end < setting.days
    kinds = np.array([CATEGORIES.index(name) for name in known.PROJECT_KINDS])
    drawn = Ballots(
        first + matter, np.full(n, PROJECT), community, kinds[kind], amount, author, opened, np.full(n, YES),
        np.where(known_by_now, selected, UNKNOWN), np.where(finished, spent, np.nan), option[on_time],
        voters[voter[on_time]], np.ones(int(on_time.sum())), day[on_time],
    )  # fmt: skip
    return _only(drawn, put_up)


def options(setting: Setting, ground: Ground, drawn: list[Ballots], ids: list[str], actors: Actors):
    """Return the `options` table; `ids` are the identifiers of all matters."""
    join = lambda field: np.concatenate([getattr(ballots, field) for ballots in drawn])  # noqa: E731
    flag = lambda field: pd.array(join(field) == YES, dtype="boolean").copy()  # noqa: E731
    admitted, selected = flag("admitted"), flag("selected")
    admitted[join("admitted") == UNKNOWN] = pd.NA
    selected[join("selected") == UNKNOWN] = pd.NA
    return frame(
        "options",
        option_id=option_ids(drawn),
        matter_id=pick(ids, join("matter")),
        kind=pick(OPTION_KINDS, join("kind")),
        place_id=pick(ground.community_ids, join("community")),
        category=pick(CATEGORIES, join("category")),
        amount=join("amount"),
        author_id=pick(actors.labels, join("author")),
        opened=setting.dates(np.floor(join("opened"))),
        admitted=admitted,
        selected=selected,
        completed=setting.dates(np.floor(join("completed"))),
    )


def votes(setting: Setting, persons: Persons, drawn: list[Ballots]) -> pd.DataFrame:
    """Return the `votes` table, option by option in order of time."""
    rng = setting.stream("channels")
    before = np.cumsum([0] + [len(ballots.matter) for ballots in drawn])
    option = np.concatenate([b + ballots.option for b, ballots in zip(before, drawn, strict=False)])
    person, vote, day = (
        np.concatenate([getattr(ballots, field) for ballots in drawn]) for field in ("person", "vote", "day")
    )
    old = persons.age > 2
    channel = np.empty(len(persons.ids), int)
    for group, parts in ((~old, known.CHANNELS["under 60"]), (old, known.CHANNELS["60 and over"])):
        channel[group] = shares(rng, parts, int(group.sum()))
    order = np.lexsort((person, day, option))
    return frame(
        "votes",
        option_id=pick(option_ids(drawn), option[order]),
        person_id=pick(persons.ids, person[order]),
        vote=vote[order],
        time=setting.dates(day[order]),
        channel=pick(VOTE_CHANNELS, channel[person[order]]),
    )


def option_ids(drawn: list[Ballots]) -> list[str]:
    """Return the identifiers of all options."""
    return numbered("O", sum(len(ballots.matter) for ballots in drawn), 4)


def _voters(
    rng: np.random.Generator, matter: np.ndarray, raised: np.ndarray, community: np.ndarray, actors: Actors,
    size: tuple[int, int],
) -> tuple[np.ndarray, np.ndarray]:  # fmt: skip
    """Return persons and the matter they take part in, each once per matter."""
    count = rng.integers(*size, len(matter))
    at = np.repeat(np.arange(len(matter)), count)
    person = actors.anyone(rng, community[at], raised[at])
    pairs = np.unique(np.column_stack([at, person]), axis=0)
    return pairs[:, 1], matter[pairs[:, 0]]


def _pairs(matter: np.ndarray, where: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return (option, voter) for every option and every voter of its matter; both come sorted by matter."""
    first, last = (np.searchsorted(matter, where, side=side) for side in ("left", "right"))
    voter = np.repeat(np.arange(len(where)), last - first)
    step = np.arange(len(voter)) - np.repeat(np.cumsum(last - first) - (last - first), last - first)
    return first[voter] + step, voter


def _choose(matter: np.ndarray, approvals: np.ndarray, cost: np.ndarray, money: np.ndarray) -> np.ndarray:
    """Return which projects are chosen: by approvals, each that the money left still pays for."""
    chosen, left = np.zeros(len(matter), bool), money.copy()
    for at in np.lexsort((cost, -approvals, matter)):
        if approvals[at] and cost[at] <= left[matter[at]]:
            chosen[at] = True
            left[matter[at]] -= cost[at]
    return chosen


def _only(drawn: Ballots, keep: np.ndarray) -> Ballots:
    """Return the ballots without the options not to be kept, and without the votes on them."""
    number = np.cumsum(keep) - 1
    votes = keep[drawn.option]
    of_option = [getattr(drawn, name)[keep] for name in tuple(Ballots.__dataclass_fields__)[:10]]
    return Ballots(*of_option, number[drawn.option[votes]], drawn.person[votes], drawn.vote[votes],
                   drawn.day[votes])  # fmt: skip
