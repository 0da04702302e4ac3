"""Sums over the triangles of every block: indirect ties, redundancy, weighted closure, closed paths."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from analysis.networks.kernels.engine import kernels

if TYPE_CHECKING:
    from analysis.networks.counting.sums import Sums

MOST_STEPS = 2_000_000  # pairs of neighbours looked at in one go: bounds memory


@dataclass(frozen=True)
class TriangleSums:
    """Sums over triangles.

    Attributes
    ----------
    indirect : dict of bool -> array
        By unweighted (False) and weighted (True): for each half-edge from i to j, the sum over q of
        p_iq p_qj, p the share of i's ties.
    redundant : array
        For each node i, the sum over pairs j, q of its neighbours of p_iq m_jq, weighted.
    strength : array
        For each node i, the sum over ordered pairs j, h of tied neighbours of (w_ij + w_ih) / 2.
    """

    indirect: dict[bool, np.ndarray]
    redundant: np.ndarray
    strength: np.ndarray


def ordered_triangles(s: Sums) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Yield triangles in pieces, each six times: half-edges from i to j, from i to q, and from q to j."""
    b = s.blocks
    later_ptr, later, edge = kernels().towards_degree(b.indptr, b.indices)
    steps = np.concatenate([[0], np.cumsum(np.diff(later_ptr)[later])])[later_ptr]
    first, nodes = 0, len(later_ptr) - 1
    while first < nodes:
        last = max(int(np.searchsorted(steps, steps[first] + MOST_STEPS, side="right")) - 1, first + 1)
        if steps[last] > steps[first]:
            uv, uw, vw = kernels().triangles(later_ptr, later, edge, first, last)
            vu, wu, wv = b.mirror[uv], b.mirror[uw], b.mirror[vw]
            yield (
                np.concatenate([uv, vu, uw, wu, vw, wv]),
                np.concatenate([uw, vw, uv, wv, vu, wu]),
                np.concatenate([wv, wu, vw, vu, uw, uv]),
            )
        first = last


def sum_triangles(s: Sums) -> TriangleSums:
    """Return sums over the triangles of every block."""
    b, nodes, halves = s.blocks, len(s.blocks.person), len(s.blocks.indices)
    indirect = {False: np.zeros(halves), True: np.zeros(halves)}
    redundant, strength = np.zeros(nodes), np.zeros(nodes)
    largest = np.zeros(nodes)
    np.maximum.at(largest, s.row, b.weight)
    for ij, iq, qj in ordered_triangles(s):
        for weighted, sums in indirect.items():
            share = s.proportion(weighted)
            sums += np.bincount(ij, share[iq] * share[qj], minlength=halves)
        ego = s.row[ij]
        marginal = b.weight[qj] / largest[b.indices[ij]]
        redundant += np.bincount(ego, s.proportion(True)[iq] * marginal, minlength=nodes)
        strength += np.bincount(ego, (b.weight[ij] + b.weight[iq]) / 2, minlength=nodes)
    return TriangleSums(indirect, redundant, strength)


def brokered_paths(s: Sums, label: str) -> np.ndarray:
    """Return, per block, paths a to b to c without a tie a to c by role, and the people b of such paths.

    Rows: coordinator, consultant, gatekeeper, representative, liaison, people who broker. Paths among people
    whose group by `label` is not known are left out.
    """
    b = s.blocks
    codes = s.labels[label]
    group = codes[b.person]
    groups = int(codes.max(initial=0)) + 1
    known = (group[s.row] >= 0) & (group[b.indices] >= 0)
    gives, gets = known & (b.out > 0), known & (b.out[b.mirror] > 0)
    cell = s.row.astype(np.int64) * groups + group[b.indices]

    def count(halves: np.ndarray) -> np.ndarray:
        return np.bincount(cell[halves], minlength=len(group) * groups).reshape(len(group), groups)

    given, got, both = count(gives), count(gets), count(gives & gets)
    own = np.clip(group, 0, None)[:, None]
    given_in, got_in, both_in = (np.take_along_axis(v, own, 1)[:, 0] for v in (given, got, both))
    same, out, into = (given * got).sum(1), given.sum(1) - given_in, got.sum(1) - got_in
    apart = same - given_in * got_in
    roles = np.array(
        [
            given_in * got_in - both_in, apart - (both.sum(1) - both_in), into * given_in, got_in * out,
            into * out - apart,
        ]
    )  # fmt: skip
    for ac, ab, bc in ordered_triangles(s):
        closed = (b.out[ac] > 0) & gives[ab] & gives[bc] & known[ac]
        first, broker, last = (group[v[closed]] for v in (s.row[ac], b.indices[ab], b.indices[ac]))
        role = np.select(
            [(first == broker) & (broker == last), first == last, broker == last, first == broker],
            range(4),
            4,
        )
        node = b.indices[ab][closed].astype(np.int64)
        roles -= np.bincount(role * len(group) + node, minlength=5 * len(group)).reshape(5, len(group))
    brokers = s.by_node(roles.sum(axis=0) > 0)
    return np.vstack([*(s.by_node(row) for row in roles), brokers])
