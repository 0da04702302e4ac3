"""Ties: what a log of interactions says about who is connected with whom, under one stated rule."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from analysis.errors import StudyError
from analysis.networks import blocks
from analysis.networks.acts import Acts, period_ends, read_acts
from analysis.networks.collect import collect_rows, count_lonely
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
from analysis.tables.periods import ALL, FREQUENCIES
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

    def blocks(
        self,
        form: str,
        level: str,
        whole: bool,
        *,
        layers: list[str] | None = None,
        labels: list[str] | None = None,
    ) -> blocks.Blocks:
        """Return every network of a form ("dyadic", "gatherings"), level and span, block by block.

        Blocks are numbered place by place, layer by layer, period by period. `layers` and `labels` (periods,
        in order of time) choose some of those of `layout.layers[form]` and `layout.labels(whole)`.
        """
        layers = self.layout.layers[form] if layers is None else layers
        labels = self.layout.labels(whole) if labels is None else labels
        return self._blocks(form, self.layout, level, layers, labels)

    def block(self, place_id: str, layer: str, period: str = "all") -> blocks.Blocks:
        """Return one network as a single block."""
        self.layout.check(place_id, layer, period)
        level = self.layout.level_of(place_id)
        inside = self.layout.place_of[level] == self.layout.places[level].get_loc(place_id)
        layout = replace(
            self.layout,
            places={level: pd.Index([place_id])},
            place_of={level: np.where(inside, 0, -1).astype(np.int32)},
        )
        return self._blocks(self.layout.form_of(layer), layout, level, [layer], [period])

    def _blocks(
        self, form: str, layout: Layout, level: str, layers: list[str], labels: list[str]
    ) -> blocks.Blocks:
        rows = self.dyads if form == DYADIC else self.joins
        pointer, cell, label = layout.ranges(form, rows.cells, level, layers, labels)
        factor = np.zeros(0)
        if self.rule.half_life:
            ends = np.array([self.period_end(text) for text in labels])
            factor = np.exp2((rows.end[cell] - ends[label]) / self.rule.half_life)
        ranges = pointer, cell, factor
        if form == DYADIC:
            return blocks.dyadic_blocks(
                rows, ranges, min_weight=self.rule.least_weight, directed=self.rule.directed
            )
        return blocks.gathering_blocks(
            rows, ranges, min_weight=self.rule.least_weight, sizes=self.rule.gathering_sizes
        )

    def period_end(self, period: str) -> float:
        """Return the end of a period, or of the whole time ("all"), in days since 1970."""
        layout = self.layout
        if not layout.periods:
            return float(period_ends(layout.last_month, 1, "month")[0])
        label = layout.periods[-1] if period == ALL else period
        number = pd.Period(label, freq=FREQUENCIES[self.rule.period]).ordinal
        return float(period_ends(number, 1, self.rule.period)[0])

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

    def to_igraph(self, place_id: str, layer: str, period: str = "all", people: pd.DataFrame | None = None):
        """Return one network as an igraph graph: see `analysis.networks.graphs.to_igraph`."""
        from analysis.networks.graphs import to_igraph

        return to_igraph(self, place_id, layer, period, people)

    def picture(self, place_id: str, layer: str = "dyadic", period: str = "all", **options):
        """Return one network made ready for a figure: see `analysis.networks.picture.picture`."""
        from analysis.networks.picture import picture

        return picture(self, place_id, layer, period, **options)

    def view(self, place_id: str, layer: str = "dyadic", period: str = "all", **options):
        """Show one network as an interactive widget: see `analysis.networks.view.view`."""
        from analysis.networks.view import view

        return view(self, place_id, layer, period, **options)

    def write_graphml(
        self,
        path: str | Path,
        place_id: str,
        layer: str,
        period: str = "all",
        people: pd.DataFrame | None = None,
    ) -> Path:
        """Write one network as GraphML, for Gephi and the like, and return the path.

        Attributes of people, ties and the network (its tie rule too) are those of `to_networkx`.
        """
        import networkx as nx

        nx.write_graphml(self.to_networkx(place_id, layer, period, people), path)
        return Path(path)

    def __repr__(self) -> str:
        places = ", ".join(f"{len(index):,} {level}" for level, index in self.layout.places.items())
        layers = ", ".join(str(name) for form in FORMS for name in self.layout.layers[form])
        span = f"{len(self.layout.steps)} periods"
        return f"<Ties of {len(self.persons):,} people; places: {places}; layers: {layers}; {span}>"


def build_ties(
    interactions: pd.DataFrame,
    rule: TieRule | None = None,
    *,
    tree: PlaceTree | pd.DataFrame | None = None,
    people: pd.DataFrame | None = None,
    kinds: dict[str, list[str]] | None = None,
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
    kinds : dict, optional
        Kinds of act to give layers to, by form ("dyadic", "gatherings"), found in this log or not: so that
        the parts of a log have the same layers. By default those found.

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
    used = acts.communities[np.bincount(acts.community, minlength=len(acts.communities)) > 0]
    communities, places, place_of, strangers = read_places(tree, used, homes)
    wanted = kinds or {}
    used_kinds = (
        np.bincount(acts.kind * np.int32(2) + dyadic, minlength=2 * len(acts.kinds)).reshape(-1, 2) > 0
    )
    kinds = {
        form: sorted({*acts.kinds[used_kinds[:, column]], *wanted.get(form, ())}, key=str)
        for column, form in enumerate((GATHERINGS, DYADIC))
    }
    layout = Layout(
        communities=communities,
        places=places,
        place_of=place_of,
        kinds=kinds,
        layers=name_layers(kinds),
        periods=label_periods(acts.first_period, acts.n_periods, rule.period),
        last_month=acts.last_month,
        window=rule.window,
    )
    _check_size(layout)
    dyads, joins = collect_rows(acts, dyadic, layout, rule)
    aside["repeat_join"] = len(dyadic) - int(dyadic.sum()) - len(joins.person)
    accounting = {
        "acts_in": len(interactions),
        "acts_dyadic": int(dyadic.sum()),
        "acts_gathering": len(joins.person),
        **{f"set_aside_{reason}": number for reason, number in aside.items() if number},
        **notes,
        "one_person_gatherings": count_lonely(joins),
        "communities_not_in_tree": strangers,
    }
    ties = Ties(rule, layout, acts.persons, dyads, joins, accounting, people)
    if people is not None:
        accounting.update(_by_home(ties, acts))
    return ties


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
