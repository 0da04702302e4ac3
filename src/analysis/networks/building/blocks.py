"""Networks of many blocks at once: one block-diagonal CSR whose diagonal blocks are networks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.networks.kernels.engine import builders, run_starts, stable_order


@dataclass(frozen=True)
class Blocks:
    """Networks side by side: every tie is held as two half-edges, one from each end.

    Nodes are the people active in a block, in the order of their person codes, block after block. People of
    the place who were not active are no nodes here: they are counted by `roster.population`.

    Attributes
    ----------
    n_blocks : int
    node_block, person : int32 arrays, one value per node
    acts : int64 array, one value per node
        Acts done: acts towards others, or gatherings joined.
    indptr : int64 array; indices, mirror : arrays, one value per half-edge
        Compressed sparse rows; `mirror` is the position of the same tie seen from the other end.
    weight : float64 array
        Weight of the tie: acts in both directions, or Newman weight.
    out : float64 array
        Acts from this end to the other, or number of gatherings shared. Where the rule has a half-life, an
        act or gathering counts 2 ** (-age / half_life) in `weight` and `out`.
    """

    n_blocks: int
    node_block: np.ndarray
    person: np.ndarray
    acts: np.ndarray
    indptr: np.ndarray
    indices: np.ndarray
    mirror: np.ndarray
    weight: np.ndarray
    out: np.ndarray

    @property
    def degree(self) -> np.ndarray:
        """Number of ties of each node."""
        return np.diff(self.indptr)

    @property
    def row(self) -> np.ndarray:
        """Node at this end of each half-edge."""
        return np.repeat(np.arange(len(self.person), dtype=np.int32), self.degree)


@dataclass(frozen=True)
class Rows:
    """Rows of the log in the order of their cells: rows starts[i] to stops[i] - 1 lie in cell cells[i].

    Attributes
    ----------
    cells, starts, stops : int64 arrays
        Only cells with rows, ascending.
    end : float64 array
        End of each cell's period in days since 1970: what ages are counted from. Empty without a half-life.
    weight : float64 array
        2 ** (-age / half_life) of each row at the end of its own period; empty without a half-life.
    n_persons : int
    """

    cells: np.ndarray
    starts: np.ndarray
    stops: np.ndarray
    end: np.ndarray
    weight: np.ndarray
    n_persons: int

    def spread(self, values: np.ndarray) -> np.ndarray:
        """Return one value per row of `values`, which has one per cell; rows in the order of `order`."""
        return np.repeat(values, self.stops - self.starts)

    @property
    def positions(self) -> np.ndarray:
        """Positions of the rows of these cells, in their order."""
        length = self.stops - self.starts
        return np.arange(length.sum()) + np.repeat(self.starts - (np.cumsum(length) - length), length)

    def __len__(self) -> int:
        return int((self.stops - self.starts).sum())


@dataclass(frozen=True)
class Dyads(Rows):
    """Acts between two people: one row per act, with the codes of who did it and for whom."""

    source: np.ndarray
    target: np.ndarray


@dataclass(frozen=True)
class Joins(Rows):
    """People in gatherings: one row per gathering, person and cell."""

    gathering: np.ndarray
    person: np.ndarray
    n_gatherings: int


def sort_cells(
    cell: np.ndarray, n_cells: int
) -> tuple[np.ndarray | None, np.ndarray, np.ndarray, np.ndarray]:
    """Return the order that sorts rows by cell (None if they are), and cells, starts, stops in that order."""
    order = None
    if len(cell) and (cell[1:] < cell[:-1]).any():
        order = stable_order(cell, n_cells)
        cell = cell[order]
    starts = run_starts(cell)
    return order, cell[starts].astype(np.int64), starts, np.append(starts[1:], len(cell)).astype(np.int64)


def dyadic_blocks(
    dyads: Dyads, ranges: tuple[np.ndarray, np.ndarray, np.ndarray], *, min_weight: float, directed: bool
) -> Blocks:
    """Return the networks of dyadic acts.

    `ranges` are pointers of each block into a list of cells (positions in `dyads.cells`) and the factor of
    each by age: see `Layout.ranges`.
    """
    pointer, cell, factor = ranges
    built = builders().dyadic(
        pointer, dyads.starts[cell], dyads.stops[cell], factor, dyads.source, dyads.target, dyads.weight,
        dyads.n_persons, float(min_weight), directed,
    )  # fmt: skip
    return _blocks(*built)


def gathering_blocks(
    joins: Joins,
    ranges: tuple[np.ndarray, np.ndarray, np.ndarray],
    *,
    min_weight: float,
    sizes: tuple[int, int | None],
) -> Blocks:
    """Return the networks of projected gatherings, weighted 1 / (people - 1) per gathering (Newman 2001)."""
    pointer, cell, factor = ranges
    built = builders().gathering(
        pointer, joins.starts[cell], joins.stops[cell], factor, joins.gathering, joins.person, joins.weight,
        joins.n_persons, joins.n_gatherings, float(min_weight), sizes[0], sizes[1] or 2**31 - 1,
    )  # fmt: skip
    return _blocks(*built)


def _blocks(node_ptr: np.ndarray, person: np.ndarray, acts: np.ndarray, *ties: np.ndarray) -> Blocks:
    number = len(node_ptr) - 1
    block = np.repeat(np.arange(number, dtype=np.int32), np.diff(node_ptr))
    return Blocks(number, block, person, acts, *ties)
