"""What an indicator may need beside the networks: the people by group, the order of periods, the log."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from analysis.networks.building.roster import Census

if TYPE_CHECKING:
    from analysis.networks.building.ties import Ties
    from analysis.networks.counting.timelines import Timeline


@dataclass(frozen=True)
class Scene:
    """Where and when a set of blocks lies: blocks go place by place, layer by layer, period by period.

    Attributes
    ----------
    ties : Ties
    form, level : str
    whole : bool
    layers, labels : list of str
        Layers and periods of the blocks.
    census : Census
        Who lives in the places or is active there, in every period of the span.
    reference : dict of str -> array (2, periods)
        By mark, how many people of the whole study with code 0 and 1 had joined by each period.
    timeline : Timeline or None
        The acts with their times.
    """

    ties: Ties
    form: str
    level: str
    whole: bool
    layers: list[str]
    labels: list[str]
    census: Census
    reference: dict[str, np.ndarray]
    timeline: Timeline | None = None

    @cached_property
    def columns(self) -> list[int]:
        """Positions of the periods among all of the span."""
        every = self.ties.layout.labels(self.whole)
        return [every.index(label) for label in self.labels]

    def among(self, person: np.ndarray | None = None) -> np.ndarray:
        """Return the number of people of each block, of those who are True in `person`."""
        counts = self.census.count(person)[:, self.columns]
        return np.repeat(counts[:, None, :], len(self.layers), axis=1).ravel()

    @cached_property
    def steps(self) -> np.ndarray:
        """Number of directly preceding periods among those of the blocks, for each block."""
        steps = np.zeros(len(self.labels), dtype=np.int64)
        for i in range(1, len(self.labels)):
            steps[i] = steps[i - 1] + 1 if self.columns[i] == self.columns[i - 1] + 1 else 0
        places = len(self.ties.layout.places[self.level])
        return np.tile(steps, places * len(self.layers))

    def share(self, mark: str) -> np.ndarray:
        """Return, for each block, the share of code 1 among the study's people of known mark; NaN if 0."""
        last = [self.ties.layout.window_of(label).stop - 1 for label in self.labels]
        low, high = self.reference[mark][:, last]
        share = np.divide(high, low + high, out=np.full(len(high), np.nan), where=high > 0)
        return np.tile(share, len(self.ties.layout.places[self.level]) * len(self.layers))

    def gatherings(self) -> np.ndarray:
        """Return the number of gatherings of two people or more of each block."""
        joins, layout = self.ties.joins, self.ties.layout
        pointer, cell, _ = layout.ranges(self.form, joins.cells, self.level, self.layers, self.labels)
        length = joins.stops[cell] - joins.starts[cell]
        row = np.arange(length.sum()) + np.repeat(joins.starts[cell] - (np.cumsum(length) - length), length)
        of_cell = np.repeat(np.arange(len(pointer) - 1), np.diff(pointer))
        pairs = np.column_stack([np.repeat(of_cell, length), joins.gathering[row], joins.person[row]])
        pairs = np.unique(pairs.astype(np.int64), axis=0)
        events, size = np.unique(pairs[:, :2], axis=0, return_counts=True)
        return np.bincount(events[size > 1, 0], minlength=len(pointer) - 1)
