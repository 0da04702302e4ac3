"""The networks of blocks in igraph, and the Leiden algorithm on every one."""

from __future__ import annotations

import random
from collections.abc import Iterator
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from analysis.networks.kernels.engine import run_starts

if TYPE_CHECKING:
    from igraph import Graph

    from analysis.networks.counting.sums import Sums

SEEDS = range(10)


def find_partitions(s: Sums) -> np.ndarray:
    """Return, per block, largest, smallest and standard deviation of modularity, and parts of the best."""
    import igraph

    result = np.full((4, s.blocks.n_blocks), np.nan)
    try:
        for block, graph in graphs(s):
            found = []
            for seed in SEEDS:
                igraph.set_random_number_generator(random.Random(seed))
                parts = graph.community_leiden(
                    objective_function="modularity", weights="weight", n_iterations=-1
                )
                found.append((graph.modularity(parts.membership, weights="weight"), parts))
            values = np.array([value for value, _ in found])
            parts = found[int(np.flatnonzero(values >= values.max() - 1e-12)[0])][1]
            result[:, block] = values.max(), values.min(), values.std(), sum(n > 1 for n in parts.sizes())
    finally:
        igraph.set_random_number_generator(random)
    return result


def graphs(s: Sums) -> Iterator[tuple[int, Graph]]:
    """Yield the number of each block with ties, and its network in igraph: weighted, without direction."""
    from igraph import Graph

    b, once = s.blocks, np.flatnonzero(s.row < s.blocks.indices)
    ends = np.column_stack([s.row[once], b.indices[once]])
    block = b.node_block[ends[:, 0]]
    starts = np.append(run_starts(block), len(block))
    for low, high in pairwise(starts.tolist()):
        number = int(block[low])
        first, last = s.block_ptr[number : number + 2]
        graph = Graph(int(last - first), ends[low:high] - first)
        graph.es["weight"] = b.weight[once[low:high]]
        yield number, graph
