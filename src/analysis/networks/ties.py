"""Ties: what a log of interactions says about who is connected with whom, under one stated rule."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.errors import StudyError
from analysis.networks import blocks
from analysis.networks.acts import Acts, read_acts
from analysis.networks.layout import (
    DYADIC,
    FORMS,
    GATHERINGS,
    MOST_CELLS,
    Layout,
    label_periods,
    name_layers,
    read_places,
)
from analysis.networks.roster import call_roll, check_people
from analysis.networks.rule import TieRule
from analysis.tables.places import PlaceTree


@dataclass(frozen=True, repr=False)
class Ties:
    """The ties of a study under one rule. Make them with `build_ties`.

    Attributes
    ----------
    rule : TieRule
    layout : Layout
        Places by level, layers by form, periods.
    persons : Index
        Identifiers of everyone in the acts used or set aside, in the order of their codes.
    dyads, joins
        Acts between two people and people in gatherings, by community, kind and period.
    accounting : dict of str -> int
        acts_in = acts_dyadic + acts_gathering + every set_aside_<reason>; further counts of what was kept
        but deserves notice: see `build_ties`.
    people : DataFrame or None
        The people table given.
    """

    rule: TieRule
    layout: Layout
    persons: pd.Index
    dyads: blocks.Dyads
    joins: blocks.Joins
    accounting: dict[str, int]
    people: pd.DataFrame | None = None

    def blocks(self, form: str, level: str, whole: bool) -> blocks.Blocks:
        """Return every network of a form ("dyadic", "gatherings"), level and span, block by block."""
        lookups = self.layout.block_of_cell(form, level, whole)
        return self._blocks(form, lookups, self.layout.n_blocks(form, level, whole))

    def block(self, place_id: str, layer: str, period: str = "all") -> blocks.Blocks:
        """Return one network as a single block."""
        self.layout.check(place_id, layer, period)
        form = self.layout.form_of(layer)
        return self._blocks(form, [self.layout.one_block(form, place_id, layer, period)], 1)

    def _blocks(self, form: str, lookups: list[np.ndarray], number: int) -> blocks.Blocks:
        if form == DYADIC:
            return blocks.dyadic_blocks(
                self.dyads, lookups, number, min_weight=self.rule.min_weight, directed=self.rule.directed
            )
        return blocks.gathering_blocks(
            self.joins, lookups, number, min_weight=self.rule.min_weight, sizes=self.rule.gathering_sizes
        )

    def edges(self, place_id: str, layer: str, period: str = "all") -> pd.DataFrame:
        """Return the ties of one network as a table.

        Returns
        -------
        DataFrame
            source_id, target_id, weight: acts from source to target and back, or Newman weight. Undirected
            ties appear once. Dyadic ties also carry acts_out and acts_back; if the rule is directed there is
            one row per direction with the acts in it as weight. Projected ties carry `shared`, the number of
            gatherings both joined.
        """
        found = self.block(place_id, layer, period)
        dyadic = self.layout.form_of(layer) == DYADIC
        directed = dyadic and self.rule.directed
        keep = found.out > 0 if directed else found.row < found.indices
        ends = {
            "source_id": self.persons[found.person[found.row[keep]]],
            "target_id": self.persons[found.person[found.indices[keep]]],
        }
        if directed:
            return pd.DataFrame({**ends, "weight": found.out[keep]})
        if dyadic:
            counts = {"acts_out": found.out[keep], "acts_back": found.out[found.mirror[keep]]}
        else:
            counts = {"shared": found.out[keep]}
        return pd.DataFrame({**ends, "weight": found.weight[keep], **counts})

    def to_networkx(self, place_id: str, layer: str, period: str = "all", people: pd.DataFrame | None = None):
        """Return one network as a plain networkx graph: see `analysis.networks.graphs.to_networkx`."""
        from analysis.networks.graphs import to_networkx

        return to_networkx(self, place_id, layer, period, people)

    def __repr__(self) -> str:
        places = ", ".join(f"{len(index):,} {level}" for level, index in self.layout.places.items())
        layers = ", ".join(str(name) for form in FORMS for name in self.layout.layers[form])
        span = f"{len(self.layout.periods)} periods"
        return f"<Ties of {len(self.persons):,} people; places: {places}; layers: {layers}; {span}>"


def build_ties(
    interactions: pd.DataFrame,
    rule: TieRule | None = None,
    *,
    tree: PlaceTree | pd.DataFrame | None = None,
    people: pd.DataFrame | None = None,
) -> Ties:
    """Turn a log of interactions into ties.

    Parameters
    ----------
    interactions : DataFrame
        time, community_id, kind, source_id, and target_id (an act between two people) or gathering_id (a
        person in a gathering), optionally status. An act with both is an act towards the target. Further
        columns are ignored; the frame is not changed.
    rule : TieRule, optional
        What counts as a tie; the default rule if not given.
    tree : PlaceTree or DataFrame, optional
        Which community (community_id or place_id) lies in which street_id and district_id. Without it there
        are networks of communities only.
    people : DataFrame, optional
        The people table: kept as the default of `indicators` and `to_networkx`; communities of which only
        people are known get networks too.

    Returns
    -------
    Ties
        `accounting` counts acts_in, acts_dyadic, acts_gathering (used), set_aside_<reason> for
        kind_not_in_rule, status_<status>, kind_missing, community_missing, source_missing, time_missing,
        before_start, after_end, target_and_gathering_missing, self_loop, repeat_join (a person who joined
        the same gathering again in the same community and period), and, among the acts used,
        target_and_gathering (both given), one_person_gatherings (over the whole log: no tie),
        cross_community_acts and acts_of_unknown_people (both only if `people` is given: acts between people
        of different communities; acts in which someone takes part who is not in the people table), and
        communities_not_in_tree.

    Raises
    ------
    StudyError
        If a required column is missing or of the wrong type, if a kind of act is called "dyadic" or
        "gatherings", if a person is twice in `people`, or if periods, communities and kinds multiply to more
        than can be numbered.

    Notes
    -----
    An act belongs to the community in which it happened, whoever took part: a tie between residents of two
    communities is a tie of the place of the act, of its street and of its district. Gatherings are told
    apart by kind and gathering_id; a gathering with n people gives each pair the weight 1 / (n - 1), n being
    the people who joined it within the network's own place and period, so that each person's weights from it
    add up to 1 (Newman 2001, Phys. Rev. E 64, 016132). One-person gatherings give no tie.
    """
    rule = rule or TieRule()
    people = people if people is not None and len(people) else None
    if people is not None:
        check_people(people)
    acts, aside, notes = read_acts(interactions, rule)
    dyadic = acts.target >= 0
    homes = pd.Index(people["community_id"].dropna().unique()) if people is not None else pd.Index([])
    used = acts.communities[np.unique(acts.community)] if len(acts.community) else acts.communities[:0]
    communities, places, place_of, strangers = read_places(tree, used, homes)
    kinds = {
        DYADIC: _kinds(acts, dyadic),
        GATHERINGS: _kinds(acts, ~dyadic),
    }
    layout = Layout(
        communities=communities,
        places=places,
        place_of=place_of,
        kinds=kinds,
        layers=name_layers(kinds),
        periods=label_periods(acts.first_period, acts.n_periods, rule.period),
        last_month=acts.last_month,
    )
    _check_size(layout)
    dyads, joins = _collect(acts, dyadic, layout)
    aside["repeat_join"] = int((~dyadic).sum()) - len(joins.person)
    accounting = {
        "acts_in": len(interactions),
        "acts_dyadic": int(dyadic.sum()),
        "acts_gathering": len(joins.person),
        **{f"set_aside_{reason}": number for reason, number in aside.items() if number},
        **notes,
        "one_person_gatherings": _lonely(joins),
        "communities_not_in_tree": strangers,
    }
    ties = Ties(rule, layout, acts.persons, dyads, joins, accounting, people)
    if people is not None:
        accounting.update(_by_home(ties, acts))
    return ties


def _kinds(acts: Acts, rows: np.ndarray) -> list[str]:
    return sorted(acts.kinds[np.unique(acts.kind[rows])].tolist(), key=str) if rows.any() else []


def _collect(acts: Acts, dyadic: np.ndarray, layout: Layout) -> tuple[blocks.Dyads, blocks.Joins]:
    community = layout.communities.get_indexer(acts.communities)[acts.community]
    cells = {}
    for form, rows in ((DYADIC, dyadic), (GATHERINGS, ~dyadic)):
        number = max(len(layout.kinds[form]), 1)
        kind = pd.Index(layout.kinds[form]).get_indexer(acts.kinds)[acts.kind[rows]]
        cell = (community[rows] * number + kind) * max(len(layout.periods), 1) + acts.period[rows]
        cells[form] = cell.astype(np.int32)
    persons = max(len(acts.persons), 1)
    dyads = blocks.collect_dyads(
        acts.source[dyadic], acts.target[dyadic], cells[DYADIC], persons, layout.n_cells(DYADIC)
    )
    key = acts.kind[~dyadic].astype(np.int64) * (2**32) + acts.gathering[~dyadic]
    gathering, found = pd.factorize(key)
    joins = blocks.collect_joins(
        gathering.astype(np.int32), acts.source[~dyadic], cells[GATHERINGS],
        max(len(found), 1), persons, layout.n_cells(GATHERINGS),
    )  # fmt: skip
    return dyads, joins


def _check_size(layout: Layout) -> None:
    most = max(layout.n_cells(form) for form in FORMS)
    if most > MOST_CELLS:
        raise StudyError(
            "There are too many combinations of community, kind and period to hold at once.",
            where="interactions",
            value=f"{most:,}, over {len(layout.periods):,} periods",
            expected=f"at most {MOST_CELLS:,}",
            mend="Set TieRule.start and end if stray times stretch the log; else go district by district.",
        )


def _lonely(joins: blocks.Joins) -> int:
    if not len(joins.person):
        return 0
    pairs = np.unique(joins.gathering.astype(np.int64) * joins.n_persons + joins.person)
    return int((np.bincount(pairs // joins.n_persons) == 1).sum())


def _by_home(ties: Ties, acts: Acts) -> dict[str, int]:
    roster = call_roll(ties, ties.people)
    home = roster.labels["community"][: len(ties.persons)]
    known = roster.known[: len(ties.persons)]
    target = np.where(acts.target >= 0, acts.target, acts.source)
    pair = (home[acts.source] >= 0) & (home[target] >= 0)
    return {
        "cross_community_acts": int((pair & (home[acts.source] != home[target])).sum()),
        "acts_of_unknown_people": int((~known[acts.source] | ~known[target]).sum()),
    }
