"""Networks of many blocks at once: one block-diagonal CSR whose diagonal blocks are networks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.networks.engine import (
    kernels,
    lexicographic_order,
    offsets,
    run_of,
    run_starts,
    run_sums,
    stable_order,
)


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
        Acts from this end to the other, or number of gatherings shared.
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
class Dyads:
    """Acts between two people, one row per ordered pair and cell, both orders always present.

    Sorted by person, other, cell; `acts` counts those from person to other, 0 if there are only others back.
    """

    person: np.ndarray
    other: np.ndarray
    cell: np.ndarray
    acts: np.ndarray
    n_persons: int


@dataclass(frozen=True)
class Joins:
    """People in gatherings, one row per gathering, person and cell, sorted in this order."""

    gathering: np.ndarray
    person: np.ndarray
    cell: np.ndarray
    n_persons: int
    n_gatherings: int


def collect_dyads(
    source: np.ndarray, target: np.ndarray, cell: np.ndarray, n_persons: int, n_cells: int
) -> Dyads:
    """Count the acts of each ordered pair in each cell."""
    person, other = np.concatenate([source, target]), np.concatenate([target, source])
    cell = np.concatenate([cell, cell])
    order = lexicographic_order((cell, n_cells), (other, n_persons), (person, n_persons))
    person, other, cell = person[order], other[order], cell[order]
    starts = run_starts(person, other, cell)
    acts = run_sums((order < len(source)).astype(np.float64), starts)
    return Dyads(person[starts], other[starts], cell[starts], acts, n_persons)


def collect_joins(
    gathering: np.ndarray,
    person: np.ndarray,
    cell: np.ndarray,
    n_gatherings: int,
    n_persons: int,
    n_cells: int,
) -> Joins:
    """Keep one row per gathering, person and cell."""
    order = lexicographic_order((cell, n_cells), (person, n_persons), (gathering, n_gatherings))
    gathering, person, cell = gathering[order], person[order], cell[order]
    starts = run_starts(gathering, person, cell)
    return Joins(gathering[starts], person[starts], cell[starts], n_persons, n_gatherings)


def dyadic_blocks(
    dyads: Dyads, lookups: list[np.ndarray], n_blocks: int, *, min_weight: float, directed: bool
) -> Blocks:
    """Return the networks of dyadic acts; `lookups` give the block of each cell, -1 for none."""
    block, (person, other, acts) = _spread(lookups, dyads.cell, dyads.person, dyads.other, dyads.acts)
    order = stable_order(block, n_blocks)
    block, person, other = block[order], person[order], other[order]
    starts = run_starts(block, person, other)
    out = run_sums(acts[order], starts)
    block, person, other = block[starts], person[starts], other[starts]
    mirror = lexicographic_order((other, dyads.n_persons), (block, n_blocks))
    first = run_starts(block, person)
    node = run_of(first, len(block))
    done = run_sums(out, first).astype(np.int64)
    back = out[mirror]
    strong = np.maximum(out, back) if directed else out + back
    if directed:
        out = np.where(out >= min_weight, out, 0.0)
    keep = strong >= min_weight
    row, mirror = node[keep], _kept(mirror, keep)
    out = out[keep]
    return Blocks(
        n_blocks, block[first], person[first], done, offsets(row, len(first)), row[mirror], mirror,
        out + out[mirror], out,
    )  # fmt: skip


def gathering_blocks(
    joins: Joins,
    lookups: list[np.ndarray],
    n_blocks: int,
    *,
    min_weight: float,
    sizes: tuple[int, int | None],
) -> Blocks:
    """Return the networks of projected gatherings, weighted 1 / (people - 1) per gathering (Newman 2001)."""
    block, (gathering, person) = _spread(lookups, joins.cell, joins.gathering, joins.person)
    order = stable_order(block, n_blocks)
    block, gathering, person = block[order], gathering[order], person[order]
    starts = run_starts(block, gathering, person)
    block, gathering, person = block[starts], gathering[starts], person[starts]
    first = run_starts(block, gathering)
    event_ptr = np.append(first, len(block)).astype(np.int64)
    event = run_of(first, len(block))
    order = lexicographic_order((person, joins.n_persons), (block, n_blocks))
    start = run_starts(block[order], person[order])
    node = run_of(start, len(block))
    members = np.empty(len(block), dtype=np.int32)
    members[order] = node
    size = np.diff(event_ptr)
    projected = (size >= sizes[0]) & (size <= (sizes[1] or len(block)))
    node_ptr = np.append(start, len(block)).astype(np.int64)
    indptr, indices, weight, shared = kernels().project(event_ptr, members, node_ptr, event[order], projected)
    node_block, persons = block[order][start], person[order][start]
    if min_weight > 1:
        keep = shared >= min_weight
        row = np.repeat(np.arange(len(start), dtype=np.int32), np.diff(indptr))[keep]
        indptr, indices, weight, shared = offsets(row, len(start)), indices[keep], weight[keep], shared[keep]
    mirror = stable_order(indices, max(len(start), 1))
    return Blocks(n_blocks, node_block, persons, np.diff(node_ptr), indptr, indices, mirror, weight, shared)


def _spread(lookups: list[np.ndarray], cell: np.ndarray, *columns: np.ndarray):
    """Repeat each row for every lookup that puts its cell in a block; rows keep their order."""
    block = np.stack([lookup[cell] for lookup in lookups], axis=1).ravel()
    inside = np.flatnonzero(block >= 0)
    row = inside // len(lookups)
    return block[inside], [column[row] for column in columns]


def _kept(mirror: np.ndarray, keep: np.ndarray) -> np.ndarray:
    position = np.cumsum(keep) - 1
    return position[mirror[keep]]
