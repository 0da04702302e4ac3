"""Many variants of one network at once: any registered indicator of each, in one block-diagonal pass."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import islice

import numpy as np
import pandas as pd

from analysis.errors import StudyError
from analysis.networks.building.build import build_ties
from analysis.networks.building.layout import DYADIC, FORMS, GATHERINGS
from analysis.networks.building.rows import place_members, used_rows
from analysis.networks.building.rule import TieRule
from analysis.networks.indicators import indicators
from analysis.networks.registry import INDICATORS, choose
from analysis.tables.periods import ALL, FREQUENCIES, period_of
from analysis.tables.places import PlaceTree

ROWS = 400_000  # acts and people held at once
ACT = "act"


@dataclass(frozen=True)
class Draw:
    """One variant: `person` is the original of each person; acts refer to positions in it."""

    person: np.ndarray
    source: np.ndarray
    other: np.ndarray
    act: np.ndarray  # the original act of each act, for its time and community


@dataclass(frozen=True)
class Network:
    """The acts and people of one place, layer and period, as codes.

    `source`, and `other`, a person (dyadic) or a gathering (gatherings), one value per act; `community` of
    the act; `home` of each person: below `n_inside` a community of the place, above another one, -1 unknown;
    `lives` says who is known to live in the place; `people` are those of the study by then.
    """

    place_id: str
    layer: str
    period: str
    form: str
    rule: TieRule
    source: np.ndarray
    other: np.ndarray
    community: np.ndarray
    time: np.ndarray
    home: np.ndarray
    lives: np.ndarray
    n_inside: int
    labels: pd.DataFrame | None
    people: pd.DataFrame | None = None

    @property
    def n_people(self) -> int:
        """Number of people, those without a tie included."""
        return len(self.home)

    def itself(self) -> Draw:
        """Return the network as it is."""
        return Draw(np.arange(self.n_people), self.source, self.other, np.arange(len(self.source)))


def read_networks(
    interactions: pd.DataFrame,
    *,
    rule: TieRule | None = None,
    people: pd.DataFrame | None = None,
    tree: PlaceTree | pd.DataFrame | None = None,
    level: str = "community",
    places: list[str] | None = None,
    layer: str = DYADIC,
    period: str = ALL,
) -> Iterator[Network]:
    """Yield the network of each place of a level (or of `places`), with all its people.

    Raises
    ------
    StudyError
        If the log has no such place, layer or level.
    """
    rule = rule or TieRule()
    rows = used_rows(interactions, rule)
    homes = pd.Index([] if people is None else people["community_id"].dropna().unique())
    communities = pd.Index(rows["community_id"].unique()).union(homes, sort=False)
    members = place_members(tree, communities, None if places is not None else level)
    last, joined = _last_day(rows, rule, period), people
    if people is not None and "joined" in people.columns and last is not None:
        joined = people[~(people["joined"] > last)]
    acts = _by_community(rows)
    residents = None if people is None else _by_community(joined)
    known = None if people is None else people.set_index("person_id")
    for place in places if places is not None else members:
        if place not in members:
            _refuse("place_id", place, list(members))
        inside = communities[members[place]]
        here = rows.take(_positions(acts, inside))
        living = None if people is None else joined["person_id"].take(_positions(residents, inside))
        yield _network(here, place, layer, period, inside, known, living, joined, rule)


def _by_community(rows: pd.DataFrame) -> dict[str, np.ndarray]:
    """Return the positions of each community's rows."""
    return rows.groupby("community_id", observed=True, sort=False).indices


def _positions(groups: dict[str, np.ndarray], communities: pd.Index) -> np.ndarray:
    """Return the positions of the rows of some communities, in their order."""
    found = [groups[name] for name in communities if name in groups]
    return np.sort(np.concatenate(found)) if found else np.empty(0, dtype=np.int64)


def _last_day(rows: pd.DataFrame, rule: TieRule, period: str) -> pd.Timestamp | None:
    """Return the end of the period, by which people must have joined to belong to it."""
    if period != ALL:
        return pd.Period(period, FREQUENCIES[rule.period]).end_time
    if not len(rows) and not rule.end:
        return None
    last = pd.Timestamp(rule.end) if rule.end else rows["time"].max()
    return last.to_period(FREQUENCIES.get(rule.period, "M")).end_time


def _network(
    rows: pd.DataFrame,
    place: str,
    layer: str,
    period: str,
    inside: pd.Index,
    people: pd.DataFrame | None,
    living: pd.Series | None,
    joined: pd.DataFrame | None,
    rule: TieRule,
) -> Network:
    """Return one network; `people` stand by person_id, `living` are those of them who live in the place."""
    then = rows
    if period != ALL:
        at = pd.Period(period, FREQUENCIES[rule.period])
        window = [str(at - back) for back in range(rule.window)]
        then = rows[period_of(rows["time"], rule.period).isin(window)]
    form, mine = _layer(rows, then, layer)
    present = then if people is not None else rows  # without a people table: everyone ever active
    persons = pd.Index(pd.concat([present["source_id"], present["target_id"]]).dropna().unique())
    labels = home = None
    if people is not None:
        persons = persons.union(pd.Index(living), sort=False)
        labels = people.reindex(persons).reset_index(drop=True)
        every = inside.append(pd.Index(labels["community_id"].dropna().unique()).difference(inside))
        home = every.get_indexer(labels["community_id"])
        home[labels["community_id"].isna()] = -1
        labels = labels.drop(columns=["community_id", "joined"], errors="ignore")
    source = persons.get_indexer(mine["source_id"])
    if form == DYADIC:
        other = persons.get_indexer(mine["target_id"])
    else:
        other = mine.groupby(["kind", "gathering_id"], sort=False).ngroup().to_numpy()
    if home is None:
        home, lives = np.zeros(len(persons), dtype=np.int64), np.zeros(len(persons), dtype=bool)
    else:  # people of the network through other layers only: counted with its residents
        lives = (home >= 0) & (home < len(inside))
        elsewhere = ~lives
        elsewhere[source] = False
        if form == DYADIC:
            elsewhere[other] = False
        home[elsewhere] = 0
    return Network(
        place, layer, period, form, rule, source, other, inside.get_indexer(mine["community_id"]),
        mine["time"].to_numpy(), home, lives, max(len(inside), 1),
        labels, None if joined is None else joined.drop(columns="joined", errors="ignore"),
    )  # fmt: skip


def _layer(rows: pd.DataFrame, then: pd.DataFrame, layer: str) -> tuple[str, pd.DataFrame]:
    dyadic = then["target_id"].notna()
    if layer in FORMS:
        mine = then[dyadic == (layer == DYADIC)]
        form = layer
    else:
        kind = layer.removesuffix("_gatherings")
        seen = rows.loc[rows["kind"] == kind, "target_id"].notna()
        form = DYADIC if kind == layer and seen.any() else GATHERINGS
        mine = then[(then["kind"] == kind) & (dyadic == (form == DYADIC))]
    if form == GATHERINGS:
        mine = mine.drop_duplicates(["kind", "gathering_id", "source_id"])
    return form, mine


def evaluate(
    network: Network, draws: Iterable[Draw], names: list[str] | str | None = None
) -> tuple[np.ndarray, np.ndarray, list[str]]:
    """Return value and n of each indicator for each draw, arrays (draws, indicators), and the names."""
    chosen = [
        entry.name for entry in choose(names, timed=True) if network.form in entry.forms and not entry.needs
    ]
    size = max(1, ROWS // max(len(network.source) + network.n_people, 1))
    draws, values, counts = iter(draws), [], []
    while batch := list(islice(draws, size)):
        table = _indicators(network, batch, chosen)
        for column, found in (("value", values), ("n", counts)):
            wide = table.pivot(index="place_id", columns="indicator", values=column)
            found.append(wide.reindex(index=-1 - np.arange(len(batch)), columns=chosen).to_numpy())
    shape = (0, len(chosen))
    value, n = (np.concatenate(found) if found else np.empty(shape) for found in (values, counts))
    if network.labels is None:  # homes are unknown
        unknown = np.array([name == "cross_community" for name in chosen])
        value[:, unknown], n[:, unknown] = np.nan, 0
    return value, n, chosen


def _indicators(network: Network, batch: list[Draw], names: list[str]) -> pd.DataFrame:
    """Return indicators with the draws as districts called -1, -2, ..."""
    inside = network.n_inside
    homes = max(inside, int(network.home.max(initial=0)) + 1)
    each = max(max(len(draw.person) for draw in batch), 1)
    gatherings = int(network.other.max(initial=0)) + 1 if network.form == GATHERINGS else 0
    gatherings = max([gatherings, *(int(draw.other.max(initial=0)) + 1 for draw in batch)])
    acts, persons = [], []
    for number, draw in enumerate(batch):
        other = draw.other + number * (each if network.form == DYADIC else gatherings)
        acts.append((draw.source + number * each, other, network.community[draw.act] + number * homes,
                     network.time[draw.act]))  # fmt: skip
        home = network.home[draw.person]
        persons.append((np.arange(len(draw.person)) + number * each,
                        np.where(home < 0, -1, home + number * homes), draw.person))  # fmt: skip
    source, other, community, time = (np.concatenate(column) for column in zip(*acts, strict=True))
    column = "target_id" if network.form == DYADIC else "gathering_id"
    log = pd.DataFrame({"time": time, "community_id": community, "source_id": source, column: other})
    nowhere = [time[0] if len(time) else np.datetime64("2000-01-01", "ns"), len(batch) * homes, -1, -2]
    log.loc[len(log)] = nowhere  # so that a network nobody acted in is an empty network, not none
    log["kind"] = pd.Categorical.from_codes(np.zeros(len(log), dtype=np.int8), [ACT])
    people = _people(network, persons)
    tree = pd.DataFrame({"number": np.repeat(np.arange(len(batch)), inside)})
    tree["community_id"] = tree["number"] * homes + np.tile(np.arange(inside), len(batch))
    tree["district_id"] = -1 - tree["number"]
    rule = replace(network.rule, layers=None, period=ALL, window=1, start=None, end=None, statuses=(None,))
    ties = build_ties(log, rule, tree=tree, people=people)
    return indicators(
        ties, names=names, levels="district", layers=network.form, periods=ALL, reference=network.people
    )


def _people(network: Network, persons: list[tuple[np.ndarray, ...]]) -> pd.DataFrame:
    number, home, original = (np.concatenate(column) for column in zip(*persons, strict=True))
    people = pd.DataFrame({"person_id": number, "community_id": pd.array(home).astype("Int64")})
    people["community_id"] = people["community_id"].mask(home < 0)
    if network.labels is not None:
        for name in network.labels:
            codes, values = pd.factorize(network.labels[name])
            people[name] = pd.Categorical.from_codes(codes[original], values)
    return people


def limits(names: list[str]) -> tuple[np.ndarray, np.ndarray]:
    """Return the least and the greatest possible value of each indicator."""
    low, high = zip(*(INDICATORS[name].range for name in names), strict=True)
    return np.array(low, dtype=float), np.array(high, dtype=float)


def _refuse(where: str, value: object, known: list) -> None:
    shown = [str(v) for v in known[:12]] + ["…"] * (len(known) > 12)
    raise StudyError(
        "There is no such network in this log.",
        where=where, value=value, expected="one of " + ", ".join(shown), mend="Use one of these.",
    )  # fmt: skip
