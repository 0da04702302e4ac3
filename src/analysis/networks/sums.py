"""Counts of every block, from which indicators are ratios; each is computed once, when first asked for."""

from __future__ import annotations

from functools import cached_property

import numpy as np

from analysis.networks.blocks import Blocks
from analysis.networks.engine import kernels, stable_order


class Sums:
    """Counts of every block of `blocks`: arrays with one value per block.

    Parameters
    ----------
    blocks : Blocks
    people : int array
        Number of people of each block.
    labels : dict of str -> int array
        Group of each person, by label; -1 where unknown.
    directed : bool
        Whether the indicators follow the direction of ties where they can.
    """

    def __init__(
        self, blocks: Blocks, people: np.ndarray, labels: dict[str, np.ndarray], directed: bool = False
    ) -> None:
        self.blocks, self.people, self.labels, self.directed = blocks, people, labels, directed
        self._mixing: dict[str, tuple[np.ndarray, np.ndarray]] = {}

    def by_node(self, values: np.ndarray) -> np.ndarray:
        """Add up one value per node."""
        return np.bincount(self.blocks.node_block, values, minlength=self.blocks.n_blocks)

    def count(self, half_edges: np.ndarray) -> np.ndarray:
        """Count the half-edges that are True; half-edges lie in the order of their blocks."""
        return np.diff(
            np.searchsorted(np.flatnonzero(half_edges), self.blocks.indptr[self.block_ptr])
        ).astype(np.float64)

    @cached_property
    def block_ptr(self) -> np.ndarray:
        """Where each block's nodes begin; n_blocks + 1 values."""
        return np.searchsorted(self.blocks.node_block, np.arange(self.blocks.n_blocks + 1))

    @cached_property
    def degree(self) -> np.ndarray:
        return self.blocks.degree

    @cached_property
    def ties(self) -> np.ndarray:
        """Pairs with a tie, whatever its direction."""
        return self.by_node(self.degree) / 2

    @cached_property
    def arcs(self) -> np.ndarray:
        """Ties with a direction."""
        return self.count(self.blocks.out > 0)

    @cached_property
    def returned(self) -> np.ndarray:
        """Ties with a direction whose opposite is there too."""
        out = self.blocks.out
        return self.count((out > 0) & (out[self.blocks.mirror] > 0))

    @cached_property
    def common(self) -> np.ndarray:
        """Common neighbours of the ends of each half-edge."""
        b = self.blocks
        return kernels().common_neighbours(self.block_ptr, b.indptr, b.indices, b.mirror)

    @cached_property
    def supported(self) -> np.ndarray:
        """Pairs with a tie and at least one common neighbour."""
        return self.count(self.common > 0) / 2

    @cached_property
    def closed_of_node(self) -> np.ndarray:
        """Twice the triangles each node is in."""
        total = np.concatenate([[0], np.cumsum(self.common, dtype=np.int64)])
        return np.diff(total[self.blocks.indptr]).astype(np.float64)

    @cached_property
    def paths_of_node(self) -> np.ndarray:
        """Twice the pairs of neighbours of each node."""
        degree = self.degree.astype(np.float64)
        return degree * (degree - 1)

    @cached_property
    def paths(self) -> np.ndarray:
        return self.by_node(self.paths_of_node)

    @cached_property
    def closed(self) -> np.ndarray:
        return self.by_node(self.closed_of_node)

    @cached_property
    def local_clustering(self) -> np.ndarray:
        """Sum of the local clustering of the nodes with two ties or more."""
        return self.by_node(self.closed_of_node / np.maximum(self.paths_of_node, 1))

    @cached_property
    def between_two(self) -> np.ndarray:
        """People with two ties or more."""
        return self.by_node(self.degree > 1)

    @cached_property
    def tied(self) -> np.ndarray:
        """People with a tie."""
        return self.by_node(self.degree > 0)

    @cached_property
    def giant(self) -> np.ndarray:
        """People in the largest component; someone without a tie is a component of one."""
        root = kernels().components(self.blocks.indptr, self.blocks.indices)
        size = np.bincount(root, minlength=len(root))
        largest = np.zeros(self.blocks.n_blocks, dtype=np.int64)
        np.maximum.at(largest, self.blocks.node_block, size)
        return np.maximum(largest, np.minimum(self.people, 1))

    @cached_property
    def active(self) -> np.ndarray:
        """People who did at least one act."""
        return self.by_node(self.blocks.acts > 0)

    @cached_property
    def acts(self) -> np.ndarray:
        return self.by_node(self.blocks.acts)

    @cached_property
    def ranked_acts(self) -> np.ndarray:
        """Sum of acts times their rank among all people of the block, from 1, in ascending order."""
        acts, block = self.blocks.acts, self.blocks.node_block
        order = stable_order(acts, int(acts.max(initial=0)) + 1)
        order = order[stable_order(block[order], max(self.blocks.n_blocks, 1))]
        nodes = np.bincount(block, minlength=self.blocks.n_blocks)
        first = np.cumsum(nodes) - nodes
        block = block[order]
        rank = np.arange(len(order)) - first[block] + (self.people - nodes)[block] + 1
        return np.bincount(block, rank * acts[order].astype(np.float64), minlength=self.blocks.n_blocks)

    def mixing(self, label: str) -> tuple[np.ndarray, np.ndarray]:
        """Ties within and between groups, of those whose ends both have the label."""
        if label not in self._mixing:
            group = self.labels[label][self.blocks.person]
            one, other = np.repeat(group, self.degree), group[self.blocks.indices]
            known = (one >= 0) & (other >= 0)
            weights = known & (self.blocks.out > 0) if self.directed else known
            scale = 1 if self.directed else 2
            within = self.count(weights & (one == other)) / scale
            self._mixing[label] = within, self.count(weights & (one != other)) / scale
        return self._mixing[label]
