"""Complementary hiding: which further cells must be hidden so that no small cell can be worked out.

A table of counts is places (a tree) by columns, the last of which is the total of the others. Every place is
the sum of its children and every total the sum of its row, so a hidden cell is the difference of published
ones unless enough others are hidden beside it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.display.numbers import SMALLEST_CELL

LEAST_PLAY = (
    7  # how much lower the cells hidden beside a small one can be: 3 let it be 4, the rest is reserve
)
HIDDEN_N = 1.0  # stands for every n of a hidden cell: `is_hidden` knows it
MOST = np.iinfo(np.int64).max


@dataclass(frozen=True)
class Tree:
    """Places and their parents, the whole study as root.

    Attributes
    ----------
    parent : ndarray of int
        Of every place, the root last; the root's is -1.
    """

    parent: np.ndarray

    @classmethod
    def of(cls, places: list[str], parents: dict[str, str]) -> Tree:
        """Return the tree of `places`; a place whose parent is not among them hangs at the root."""
        at = {place: number for number, place in enumerate(places)}
        root = len(places)
        return cls(np.array([*(at.get(parents.get(place), root) for place in places), -1]))

    def levels(self) -> list[tuple[np.ndarray, np.ndarray, np.ndarray]]:
        """Return (children, starts, parents) per level, the deepest first; children of a parent adjoin."""
        depth = np.zeros(len(self.parent), int)
        above = self.parent
        while (above >= 0).any():
            depth += above >= 0
            above = np.where(above >= 0, self.parent[above], -1)
        found = []
        for level in range(depth.max(), 0, -1):
            children = np.flatnonzero(depth == level)
            children = children[np.argsort(self.parent[children], kind="stable")]
            parents, starts = np.unique(self.parent[children], return_index=True)
            found.append((children, starts, parents))
        return found

    def summed(self, counts: np.ndarray, known: np.ndarray) -> np.ndarray:
        """Return `counts` with a row for the root, and places not `known` as the sums of their children."""
        counts = np.vstack([counts, np.zeros((1, counts.shape[1]), counts.dtype)])
        for children, starts, parents in self.levels():
            totals = np.add.reduceat(counts[children], starts, axis=0)
            lacking = ~np.append(known, False)[parents]
            counts[parents[lacking]] = totals[lacking]
        return counts


def hide(
    layers: list[np.ndarray], tree: Tree, hidden: np.ndarray | None = None, *, secret: bool = True
) -> np.ndarray:
    """Return which cells to hide: those of one to four, and others from which they could be worked out.

    Parameters
    ----------
    layers : list of int array, places (the root last) by columns (their total last)
        Counts that are published or hidden together: a number of people, or those with and those without
        something.
    tree : Tree
    hidden : bool array, optional
        Cells hidden already, for whatever reason.
    secret : bool
        Whether the counts themselves are hidden. If not, they are known, and what is hidden is a value that
        rests on them: then it is enough that the hidden cells of a sum rest on five together.

    Returns
    -------
    bool array
        In every sum that holds a hidden cell of one to four people, the other hidden cells together could be
        lower by `LEAST_PLAY` at least; no sum has just one hidden cell. What is hidden further is the
        smallest cell of the sum that is not empty, again and again until nothing changes.

    Notes
    -----
    Primary and secondary suppression of Hundepool et al. (2012), Statistical Disclosure Control, ch. 4, by
    a simple heuristic over all sums at once. Sums taken together can tell more than each alone: with a
    `LEAST_PLAY` of 3 linear programming told one cell in 500 of small random tables to within fewer than
    four values, with 7 none of 8,340. Counts that do not add up (the same person in two months) are treated
    as if they did: that hides more, never less.
    """
    hidden = np.zeros(layers[0].shape, bool) if hidden is None else hidden.copy()
    for counts in layers:
        hidden |= (counts > 0) & (counts < SMALLEST_CELL)
    if not hidden.any():
        return hidden
    levels = tree.levels()
    changed = True
    while changed:
        changed = False
        for counts in layers:
            for mend in (_mend_places, _mend_totals):
                changed |= mend(counts, hidden, levels, secret)
    return hidden


def _play(counts: np.ndarray, hidden: np.ndarray, levels, secret: bool) -> np.ndarray:
    """Return how far every hidden cell could be lower, given that a hidden cell is at least one.

    A sum can be lower only as far as its own parts are hidden. Where counts are known, their number instead.
    """
    play = np.where(hidden & (counts > 0), counts - secret, 0)
    for children, starts, parents in levels:
        total = np.add.reduceat(play[children], starts, axis=0)
        made = np.add.reduceat(counts[children], starts, axis=0) > 0
        play[parents] = np.where(made, np.minimum(play[parents], total), play[parents])
    made = (counts[:, :-1] > 0).any(axis=1)
    play[:, -1] = np.where(made, np.minimum(play[:, -1], play[:, :-1].sum(axis=1)), play[:, -1])
    return play


def _wanting(play, counts, hidden, above, secret, add, most):
    """Return which sums give a hidden cell away, and which of them have nothing left to hide.

    `add` and `most` reduce the parts of every sum; `above` says which sums are hidden themselves.
    """
    there = counts > 0
    concealed = hidden & there
    small = concealed & (counts < SMALLEST_CELL)
    number, free = add(concealed.astype(np.int64)), add((there & ~hidden).astype(np.int64))
    room = add(play) - (most(np.where(small, play, -1)) if secret else 0)
    exposed = (add(small.astype(np.int64)) > 0) & (room < (LEAST_PLAY if secret else SMALLEST_CELL))
    exposed |= (number == 1) | (above & (number < 2) & (number + free > 0))
    return exposed & (free > 0), exposed & (free == 0) & (number > 0)


def _mend_places(counts: np.ndarray, hidden: np.ndarray, levels, secret: bool) -> bool:
    changed = False
    for children, starts, parents in levels:
        if not hidden[children].any() and not hidden[parents].any():
            continue

        def add(cells, starts=starts):
            return np.add.reduceat(cells, starts, axis=0)

        def most(cells, starts=starts):
            return np.maximum.reduceat(cells, starts, axis=0)

        play = _play(counts, hidden, levels, secret)[children]
        mine, shown = counts[children], hidden[children]
        more, spent = _wanting(play, mine, shown, hidden[parents], secret, add, most)
        spent &= ~hidden[parents]
        if more.any():
            group = np.repeat(np.arange(len(starts)), np.diff(np.append(starts, len(children))))
            free = (mine > 0) & ~shown & more[group]
            keys = np.where(free, mine * len(children) + np.arange(len(children))[:, None], MOST)
            least = np.minimum.reduceat(keys, starts, axis=0)
            hidden[children] |= free & (keys == least[group])
        if spent.any():
            hidden[parents] |= spent
        changed |= bool(more.any() or spent.any())
    return changed


def _mend_totals(counts: np.ndarray, hidden: np.ndarray, levels, secret: bool) -> bool:
    rows = np.flatnonzero(hidden.any(axis=1))
    play, mine, shown = _play(counts, hidden, levels, secret)[rows, :-1], counts[rows, :-1], hidden[rows, :-1]
    if not mine.shape[1]:
        return False
    more, spent = _wanting(
        play, mine, shown, hidden[rows, -1], secret,
        lambda cells: cells.sum(axis=1), lambda cells: cells.max(axis=1),
    )  # fmt: skip
    spent &= ~hidden[rows, -1]
    keys = np.where((mine > 0) & ~shown, mine, MOST)
    hidden[rows[more], keys[more].argmin(axis=1)] = True
    hidden[rows[spent], -1] = True
    return bool(more.any() or spent.any())
