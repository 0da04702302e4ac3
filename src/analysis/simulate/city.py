"""A synthetic city with known truth: drawn stage by stage."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from analysis.errors import AnalysisError
from analysis.simulate.answers import describe_truth
from analysis.simulate.duties import duties
from analysis.simulate.ground import draw_ground, places
from analysis.simulate.interactions import (
    Members,
    attend,
    call_consultations,
    call_gatherings,
    draw_dyadic,
    draw_first_acts,
    gathering_ids,
    interactions,
)
from analysis.simulate.latent import draw_latent
from analysis.simulate.ledger import ledger
from analysis.simulate.listings import listings
from analysis.simulate.matters import (
    Actors,
    draw_consultations,
    draw_contracts,
    draw_funds,
    draw_requests,
    matter_ids,
    matters,
    steps,
)
from analysis.simulate.names import CITY
from analysis.simulate.opinions import Ballots, draw_projects, draw_statements, options, votes
from analysis.simulate.organisations import draw_organisations, organisations
from analysis.simulate.outcomes import outcomes, reforms
from analysis.simulate.people import draw_joining, draw_persons, people
from analysis.simulate.setting import Setting
from analysis.simulate.ties import draw_pairs, draw_ties
from analysis.simulate.truth import Truth
from analysis.tables import schema
from analysis.tables.study import Study


@dataclass(frozen=True, repr=False)
class City:
    """A synthetic city.

    Attributes
    ----------
    frames : dict of str -> DataFrame
        The tables asked for, in the columns and types of the dictionary.
    truth : dict
        What was put in: see `describe_truth` for the meaning of every entry. Holds only what JSON can.
    """

    frames: dict[str, pd.DataFrame]
    truth: dict

    @property
    def name(self) -> str:
        """Name of the study in English."""
        return f"{CITY[0]} (synthetic city, seed {self.truth['seed']})"

    @property
    def name_zh(self) -> str:
        """Name of the study in Chinese."""
        return f"{CITY[1]}（合成城市，种子 {self.truth['seed']}）"

    def study(self) -> Study:
        """Return the city as a study in memory."""
        return Study.from_frames(self.frames, name=self.name, name_zh=self.name_zh, period="month")

    def __repr__(self) -> str:
        sizes = ", ".join(f"{table} {len(frame):,}" for table, frame in self.frames.items())
        return f"<City {self.name!r}: {sizes}>"


def simulate_city(
    districts: int = 8,
    communities: int = 20,
    months: int = 36,
    seed: int = 7,
    *,
    tables: Iterable[str] | None = None,
    truth: Truth | None = None,
) -> City:
    """Make a synthetic city whose every effect is known.

    Places, people, ties, matters, duties, listings, outcomes and staggered reforms are drawn from a fixed
    seed and calibrated with published facts (`analysis.simulate.calibration`). The hidden state comes
    first (who reforms when, social capital, expected outcomes); log and outcomes are drawn from it.

    Parameters
    ----------
    districts : int, at least 1
    communities : int, at least 1
        Per district.
    months : int, at least 12
        Length of the window, which ends with December 2023.
    seed : int, at least 0
        The same seed and sizes give the same city.
    tables : iterable of str, optional
        Names of the tables to make; every one of `TABLES` by default. A table comes out the same whichever
        others are made; without people, interactions, matters, steps and listings a city takes milliseconds.
    truth : Truth, optional
        What the reforms change; `Truth()` by default.

    Returns
    -------
    City

    Raises
    ------
    AnalysisError
        If a size is out of range, a table is unknown, or the truth drives an outcome out of its range.
    """
    names = _table_names(tables)
    setting = Setting(districts, communities, months, seed, Truth() if truth is None else truth)
    draft = _Draft(setting)
    frames = {name: getattr(draft, name)() for name in names}
    return City(frames, describe_truth(setting, draft.ground, draft.latent))


def _table_names(tables: Iterable[str] | None) -> list[str]:
    wanted = list(TABLES) if tables is None else [tables] if isinstance(tables, str) else list(tables)
    for name in wanted:
        if name not in TABLES:
            raise AnalysisError(
                "The synthetic city has no table of this name.",
                where="tables",
                value=name,
                expected="some of " + ", ".join(TABLES),
                mend="Use one of these.",
            )
    return [name for name in TABLES if name in wanted]


class _Draft:
    """The stages of one city, each drawn when a table first needs it; one method per table."""

    def __init__(self, setting: Setting) -> None:
        self.setting = setting

    ground = cached_property(lambda self: draw_ground(self.setting))
    latent = cached_property(lambda self: draw_latent(self.setting, self.ground))
    persons = cached_property(lambda self: draw_persons(self.setting, self.ground))
    pairs = cached_property(lambda self: draw_pairs(self.setting, self.ground, self.persons))
    joining = cached_property(lambda self: draw_joining(self.setting, self.persons, self.pairs))
    organised = cached_property(lambda self: draw_organisations(self.setting))

    @cached_property
    def actors(self) -> Actors:
        return Actors(self.setting, self.persons, self.joining, self.organised)

    @cached_property
    def batches(self) -> list:
        draws = (draw_consultations, draw_requests, draw_contracts, draw_funds)
        return [draw(self.setting, self.latent, self.actors) for draw in draws]

    @cached_property
    def _places(self) -> pd.DataFrame:
        return places(self.setting, self.ground)

    def places(self) -> pd.DataFrame:
        return self._places

    def people(self) -> pd.DataFrame:
        return people(self.setting, self.ground, self.persons, self.joining)

    def organisations(self) -> pd.DataFrame:
        return organisations(self.ground, self.organised, self._places)

    def interactions(self) -> pd.DataFrame:
        setting, persons = self.setting, self.persons
        ties = draw_ties(setting, persons, self.pairs, self.joining)
        members = Members(setting, persons, self.joining, ties)
        gathered = attend(setting, "attendance", call_gatherings(setting, persons, members), members)
        called, matter = call_consultations(setting, self.batches[0])
        ids = matter_ids(self.batches)
        consulted = attend(setting, "consulted", called, members)
        first = draw_first_acts(setting, persons, self.joining)
        log = [
            (draw_dyadic(setting, self.latent, persons, members), []),
            (gathered, gathering_ids("G", gathered)),
            (consulted, [ids[m] for m in matter]),
            (first, gathering_ids("V", first)),
        ]
        return interactions(setting, self.ground, persons, log)

    def matters(self) -> pd.DataFrame:
        return matters(self.setting, self.ground, self.batches)

    def steps(self) -> pd.DataFrame:
        return steps(self.setting, self.batches, self.actors)

    @cached_property
    def ballots(self) -> list[Ballots]:
        consultations, funds = self.batches[0], self.batches[-1]
        first = sum(len(batch.raised) for batch in self.batches[:-1])
        return [
            draw_statements(self.setting, self.persons, consultations, self.actors),
            draw_projects(self.setting, funds, self.actors, first),
        ]

    def options(self) -> pd.DataFrame:
        return options(self.setting, self.ground, self.ballots, matter_ids(self.batches), self.actors)

    def votes(self) -> pd.DataFrame:
        return votes(self.setting, self.persons, self.ballots)

    def ledger(self) -> pd.DataFrame:
        funds = self.batches[3]
        return ledger(self.setting, funds, matter_ids(self.batches)[-len(funds.raised) :], self.actors)

    def duties(self) -> pd.DataFrame:
        return duties(self.setting, self.ground, self.latent)

    def listings(self) -> pd.DataFrame:
        return listings(self.setting, self.ground, self.actors)

    def outcomes(self) -> pd.DataFrame:
        return outcomes(self.setting, self.ground, self.latent)

    def reforms(self) -> pd.DataFrame:
        return reforms(self.setting, self.ground, self.latent)


TABLES = tuple(name for name in schema.MODELS if hasattr(_Draft, name))
