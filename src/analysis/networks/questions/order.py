"""Order and trees: who comes first in a community, and how far recruitment reaches."""

from __future__ import annotations

import numpy as np


def place_in_order(first: np.ndarray, community: np.ndarray, known: np.ndarray) -> np.ndarray:
    """Return each person's place among the first acts of the community: 0 first, 1 last, ties between."""
    rank, rows = np.full(len(known), np.nan), np.flatnonzero(known)
    if not len(rows):
        return rank
    order, community, left, right = _positions(first[rows], community[rows])
    start = np.searchsorted(community, community, side="left")
    size = np.searchsorted(community, community, side="right") - start
    middle = (left + right - 1) / 2 - start
    rank[rows[order]] = np.where(size > 1, middle / np.maximum(size - 1, 1), 0.5)
    return rank


def _positions(first: np.ndarray, community: np.ndarray) -> tuple[np.ndarray, ...]:
    """Sort people by community and first act: order, community, and where each one's equals start and end."""
    times = np.unique(first, return_inverse=True)[1]
    key = community.astype(np.int64) * (times.max() + 1) + times
    order = np.argsort(key, kind="stable")
    key = key[order]
    left, right = (np.searchsorted(key, key, side=side) for side in ("left", "right"))
    return order, community[order], left, right


def leaders_before(
    first: np.ndarray, community: np.ndarray, ordinary: np.ndarray, leads: np.ndarray
) -> np.ndarray:
    """Return for each ordinary resident how many leaders of the community came before (ties half)."""
    both = np.flatnonzero(ordinary | leads)
    if not len(both):
        return np.zeros(len(ordinary))
    order, community, left, right = _positions(first[both], community[both])
    cumulative = np.concatenate([[0], np.cumsum(leads[both][order])])
    start = np.searchsorted(community, community, side="left")
    result = np.zeros(len(ordinary))
    result[both[order]] = (cumulative[left] + cumulative[right]) / 2 - cumulative[start]
    return result


def measure_trees(recruiter: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return, at the root of each tree, its people and the steps of its longest way."""
    n = len(recruiter)
    above = np.where(recruiter >= 0, recruiter, np.arange(n))
    steps = (recruiter >= 0).astype(np.int64)
    while True:
        higher = above[above]
        if (higher == above).all():
            break
        steps, above = steps + steps[above], higher
    depth = np.zeros(n, dtype=np.int64)
    np.maximum.at(depth, above, steps)
    return np.bincount(above, minlength=n).astype(float), depth.astype(float)
