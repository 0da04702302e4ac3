"""Acts with their times, block by block, and the indicators that rest on the order of acts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analysis.networks.building.acts import period_numbers
from analysis.networks.building.layout import DYADIC, GATHERINGS
from analysis.networks.building.rows import used_rows
from analysis.networks.counting.entry import Result, ratio
from analysis.networks.kernels.engine import run_of, run_starts, run_sums
from analysis.tables.periods import FREQUENCIES

if TYPE_CHECKING:
    from analysis.networks.building.ties import Ties
    from analysis.networks.counting.scene import Scene
    from analysis.networks.counting.sums import Sums

SECONDS = 86_400
SETTLING = 30 * SECONDS


@dataclass(frozen=True)
class Timeline:
    """The acts that ties were made from, in order of time: codes of people, seconds since 1970.

    The log runs from `begin` to `end`: the bounds of the tie rule, or else its first and last act.
    """

    begin: int
    end: int
    time: np.ndarray
    source: np.ndarray
    target: np.ndarray
    gathering: np.ndarray
    kind: pd.Series
    community: pd.Series

    @classmethod
    def read(cls, log: pd.DataFrame, ties: Ties) -> Timeline:
        """Return the timeline of the log that `ties` were made from."""
        rows = used_rows(log, ties.rule).sort_values("time", kind="stable", ignore_index=True)
        gathering = rows.groupby(["kind", "gathering_id"], sort=False, observed=True).ngroup()
        time = rows["time"].to_numpy().astype("datetime64[s]").astype(np.int64)
        begin, end = (time[0], time[-1]) if len(time) else (0, 0)
        begin = pd.Timestamp(ties.rule.start).timestamp() if ties.rule.start else begin
        end = pd.Timestamp(ties.rule.end).timestamp() + SECONDS if ties.rule.end else end
        return cls(
            int(begin),
            int(end),
            time,
            ties.persons.get_indexer(pd.Index(rows["source_id"])),
            np.where(rows["target_id"].isna(), -1, ties.persons.get_indexer(pd.Index(rows["target_id"]))),
            gathering.fillna(-1).to_numpy(dtype=np.int64),
            rows["kind"],
            rows["community_id"],
        )

    def places(self, scene: Scene) -> Iterator[tuple[int, np.ndarray]]:
        """Yield (position of place and layer, positions of their acts over the whole time)."""
        layout = scene.ties.layout
        community = layout.communities.get_indexer(pd.Index(self.community))
        place = np.append(layout.place_of[scene.level], -1)[community]
        form = (self.target >= 0) == (scene.form == DYADIC)
        kinds = layout.kinds[scene.form]
        for number, layer in enumerate(scene.layers):
            at = layout.layers[scene.form].index(layer)
            mine = form & (place >= 0)
            if at < len(kinds):
                mine &= (self.kind == kinds[at]).to_numpy()
            rows = np.flatnonzero(mine)
            rows = rows[np.argsort(place[rows], kind="stable")]
            starts = run_starts(place[rows])
            for one in np.split(rows, starts[1:]) if len(rows) else []:
                yield int(place[one[0]]) * len(scene.layers) + number, one

    def windows(self, scene: Scene, rows: np.ndarray) -> Iterator[tuple[int, np.ndarray]]:
        """Yield (position of the period, those of `rows` in it)."""
        if scene.whole:
            yield 0, rows
            return
        layout, freq = scene.ties.layout, scene.ties.rule.period
        first = pd.Period(layout.periods[0], freq=FREQUENCIES[freq]).ordinal
        step = period_numbers(self.time[rows].astype("datetime64[s]"), freq) - first
        for position, label in enumerate(scene.labels):
            window = layout.window_of(label)
            low, high = np.searchsorted(step, [window.start, window.stop])
            if high > low:
                yield position, rows[low:high]

    def blocks(self, scene: Scene) -> Iterator[tuple[int, np.ndarray]]:
        """Yield (block, positions of its acts, in order of time)."""
        for place, rows in self.places(scene):
            for position, part in self.windows(scene, rows):
                yield place * len(scene.labels) + position, part


def burstiness(s: Sums) -> Result:
    """Mean burstiness of the people of every block, corrected for few acts."""
    t, total, people = s.scene.timeline, np.zeros(s.blocks.n_blocks), np.zeros(s.blocks.n_blocks)
    for block, rows in t.blocks(s.scene):
        if s.scene.form == GATHERINGS:  # joining again is one joining
            pairs = np.column_stack([t.gathering[rows], t.source[rows]])
            rows = rows[np.sort(np.unique(pairs, axis=0, return_index=True)[1])]
        rows = rows[np.argsort(t.source[rows], kind="stable")]
        person = t.source[rows]
        same = person[1:] == person[:-1]
        gap, person = np.diff(t.time[rows])[same].astype(np.float64), person[1:][same]
        first = run_starts(person)
        number = np.diff(np.append(first, len(gap)))
        mean = run_sums(gap, first) / np.maximum(number, 1)
        spread = np.sqrt(run_sums((gap - mean[run_of(first, len(gap))]) ** 2, first) / np.maximum(number, 1))
        good = (number > 1) & (mean > 0)
        n, r = number[good], spread[good] / mean[good]
        value = (np.sqrt(n + 1) * r - np.sqrt(n - 1)) / ((np.sqrt(n + 1) - 2) * r + np.sqrt(n - 1))
        total[block], people[block] = value.sum(), good.sum()
    return np.clip(ratio(total, people), -1, 1), people


def reciprocation(s: Sums) -> Result:
    """Median days of newcomers to their first reciprocated tie, by Kaplan and Meier."""
    t, scene = s.scene.timeline, s.scene
    value, n = np.full(s.blocks.n_blocks, np.nan), np.zeros(s.blocks.n_blocks)
    for place, rows in t.places(scene):
        entry, wait, seen = _waits(t.source[rows], t.target[rows], t.time[rows], t.end)
        late = t.time[entry_rows := rows[entry]] >= t.begin + SETTLING
        order = np.flatnonzero(late)
        order = order[np.argsort(entry_rows[order], kind="stable")]
        for position, part in t.windows(scene, entry_rows[order]):
            inside = order[np.isin(entry_rows[order], part)]
            block = place * len(scene.labels) + position
            value[block], n[block] = kaplan_meier_median(wait[inside] / SECONDS, seen[inside]), len(inside)
    return value, n


def _waits(
    source: np.ndarray, target: np.ndarray, time: np.ndarray, end: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return each person's first act (its position), seconds waited, and whether for a mutual tie."""
    first: dict[int, int] = {}
    mutual: dict[int, int] = {}
    done: set[tuple[int, int]] = set()
    for i, (a, b) in enumerate(zip(source.tolist(), target.tolist(), strict=True)):
        first.setdefault(a, i)
        first.setdefault(b, i)
        done.add((a, b))
        if (b, a) in done:
            mutual.setdefault(a, i)
            mutual.setdefault(b, i)
    entry = np.fromiter(first.values(), np.int64, len(first))
    seen = np.array([p in mutual for p in first], dtype=bool)
    last = np.array([time[mutual[p]] if p in mutual else end for p in first], dtype=np.int64)
    return entry, last - time[entry], seen


def kaplan_meier_median(wait: np.ndarray, seen: np.ndarray) -> float:
    """Return the least time by which half or more have had the event; NaN if that is not reached."""
    left, moments = 1.0, np.unique(wait[seen])
    for moment in moments:
        left *= 1 - (wait[seen] == moment).sum() / (wait >= moment).sum()
        if left <= 0.5 + 1e-12:
            return float(moment)
    return float("nan")


def reachability(s: Sums) -> Result:
    """Share of ordered pairs joined by acts one after the other."""
    t, reached = s.scene.timeline, np.zeros(s.blocks.n_blocks)
    for block, rows in t.blocks(s.scene):
        people, codes = np.unique(np.concatenate([t.source[rows], t.target[rows]]), return_inverse=True)
        pairs = zip(t.time[rows].tolist(), *codes.reshape(2, -1).tolist(), strict=True)
        origins = [1 << i for i in range(len(people))]  # who leads to each person so far, as bits
        for _, acts in groupby(pairs, key=lambda act: act[0]):
            new = {}
            for _, a, b in acts:
                new[b] = new.get(b, origins[b]) | origins[a]
                if not s.directed:
                    new[a] = new.get(a, origins[a]) | origins[b]
            for person, bits in new.items():
                origins[person] = bits
        reached[block] = sum(bits.bit_count() for bits in origins) - len(people)
    number = s.people.astype(np.float64)
    return ratio(reached, number * (number - 1)), s.people
