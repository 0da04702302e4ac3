"""Small tools to turn arrays into tables of the dictionary, and to draw from changing groups."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from analysis.tables import schema


def frame(table: str, **columns: object) -> pd.DataFrame:
    """Return `table` with these columns in the dictionary's types and order; the others are empty."""
    blank = schema.empty(table)
    return pd.DataFrame(columns).reindex(columns=blank.columns).astype(blank.dtypes.to_dict())


def pick(labels: Sequence[str], codes: np.ndarray):
    """Return the label of each code; code -1 gives a missing value."""
    return pd.array(labels, dtype="str").take(np.asarray(codes), allow_fill=True)


def numbered(prefix: str, n: int, least_width: int = 1) -> list[str]:
    """Return `n` identifiers of equal length: prefix and a number from 1."""
    width = max(least_width, len(str(n)))
    return [f"{prefix}{i:0{width}d}" for i in range(1, n + 1)]


class Sampler:
    """Weighted draws from groups that grow: an item can be drawn from its `start` on.

    Parameters
    ----------
    group : array of int
        Group of each item.
    weight : array of float, positive
    start : array of int, optional
        First month in which the item can be drawn; -1 for always, which is the default.
    """

    def __init__(self, group: np.ndarray, weight: np.ndarray, start: np.ndarray | None = None) -> None:
        start = np.full(len(group), -1) if start is None else start
        self._span = int(start.max(initial=0)) + 3
        self._items = np.lexsort((start, group))
        self._keys = self._key(group, start)[self._items]
        self._total = np.concatenate([[0.0], np.cumsum(weight[self._items])])

    def draw(self, rng: np.random.Generator, group: np.ndarray, month: np.ndarray | int = 0) -> np.ndarray:
        """Return one item per entry of `group`, drawn among those already there in `month`; -1 if none."""
        month = np.broadcast_to(np.minimum(month, self._span - 2), np.shape(group))
        first = np.searchsorted(self._keys, self._key(group, np.full(np.shape(group), -1)), side="left")
        last = np.searchsorted(self._keys, self._key(group, month), side="right")
        low, high = self._total[first], self._total[last]
        drawn = np.searchsorted(self._total, low + rng.random(len(low)) * (high - low), side="right") - 1
        drawn = np.clip(drawn, first, np.maximum(last - 1, first))
        found = last > first
        items = self._items[np.where(found, drawn, 0)] if len(self._items) else np.zeros(len(low), int)
        return np.where(found, items, -1)

    def _key(self, group: np.ndarray, month: np.ndarray) -> np.ndarray:
        return np.asarray(group, np.int64) * self._span + month + 1


def shares(rng: np.random.Generator, parts: dict[str, float], size: int) -> np.ndarray:
    """Draw `size` positions in `parts`, each with its share."""
    edges = np.cumsum(list(parts.values()))
    return np.minimum(np.searchsorted(edges / edges[-1], rng.random(size), side="right"), len(parts) - 1)
