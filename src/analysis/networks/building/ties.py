"""Ties: what a log of interactions says about who is connected with whom, under one stated rule."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from analysis.networks.building import blocks
from analysis.networks.building.acts import period_ends
from analysis.networks.building.layout import DYADIC, FORMS, Layout
from analysis.networks.building.rule import TieRule
from analysis.tables.periods import ALL, FREQUENCIES


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
        """Return one network as a plain networkx graph: see `networks.showing.graphs.to_networkx`."""
        from analysis.networks.showing.graphs import to_networkx

        return to_networkx(self, place_id, layer, period, people)

    def to_igraph(self, place_id: str, layer: str, period: str = "all", people: pd.DataFrame | None = None):
        """Return one network as an igraph graph: see `analysis.networks.showing.graphs.to_igraph`."""
        from analysis.networks.showing.graphs import to_igraph

        return to_igraph(self, place_id, layer, period, people)

    def picture(self, place_id: str, layer: str = "dyadic", period: str = "all", **options):
        """Return one network made ready for a figure: see `analysis.networks.showing.picture.picture`."""
        from analysis.networks.showing.picture import picture

        return picture(self, place_id, layer, period, **options)

    def view(self, place_id: str, layer: str = "dyadic", period: str = "all", **options):
        """Show one network as an interactive widget: see `analysis.networks.showing.view.view`."""
        from analysis.networks.showing.view import view

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
