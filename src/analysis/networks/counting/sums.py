"""Counts of every block, from which indicators are ratios; each is computed once, when first asked for."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from analysis.networks.building.blocks import Blocks
from analysis.networks.building.layout import DYADIC
from analysis.networks.counting.partitions import find_partitions
from analysis.networks.counting.structure import best_core, ties_lasting
from analysis.networks.counting.triangles import TriangleSums, brokered_paths, sum_triangles
from analysis.networks.kernels.engine import kernels, stable_order

if TYPE_CHECKING:
    from analysis.networks.counting.scene import Scene


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
    scene : Scene, optional
        Needed by indicators by group, over time, and of gatherings held.
    """

    def __init__(
        self,
        blocks: Blocks,
        people: np.ndarray,
        labels: dict[str, np.ndarray],
        directed: bool = False,
        scene: Scene | None = None,
    ) -> None:
        self.blocks, self.people, self.labels, self.directed = blocks, people, labels, directed
        self.scene = scene
        self._among: dict[bytes, np.ndarray] = {}
        self._proportion: dict[bool, np.ndarray] = {}
        self._mixing: dict[str, tuple[np.ndarray, np.ndarray]] = {}

    def by_node(self, values: np.ndarray) -> np.ndarray:
        """Add up one value per node."""
        return np.bincount(self.blocks.node_block, values, minlength=self.blocks.n_blocks)

    def count(self, half_edges: np.ndarray) -> np.ndarray:
        """Count the half-edges that are True; half-edges lie in the order of their blocks."""
        return np.diff(
            np.searchsorted(np.flatnonzero(half_edges), self.blocks.indptr[self.block_ptr])
        ).astype(np.float64)

    def by_half(self, values: np.ndarray) -> np.ndarray:
        """Add up one value per half-edge."""
        return self.by_node(self.by_row(values))

    def by_row(self, values: np.ndarray) -> np.ndarray:
        """Add up one value per half-edge over the half-edges of each node."""
        return np.bincount(self.row, values, minlength=len(self.blocks.person))

    def among(self, person: np.ndarray) -> np.ndarray:
        """Count the people of each block who are True in `person`."""
        key = np.packbits(person).tobytes()
        if key not in self._among:
            self._among[key] = self.scene.among(person)
        return self._among[key]

    @cached_property
    def row(self) -> np.ndarray:
        """Node at this end of each half-edge."""
        return self.blocks.row

    @cached_property
    def block_of_half(self) -> np.ndarray:
        return self.blocks.node_block[self.row]

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
        largest = np.zeros(self.blocks.n_blocks, dtype=np.int64)
        np.maximum.at(largest, self.blocks.node_block, self.component_size_of_node)
        return np.maximum(largest, np.minimum(self.people, 1))

    @cached_property
    def overlap(self) -> tuple[np.ndarray, np.ndarray]:
        """Onnela's overlap of the tie of each half-edge, and whether it is defined (0 where not)."""
        other = self.degree[self.row] + self.degree[self.blocks.indices] - 2 - self.common
        return self.common / np.maximum(other, 1), other > 0

    @cached_property
    def acts_of_tie(self) -> np.ndarray:
        """Acts in both directions, or gatherings shared, of the tie of each half-edge."""
        dyadic = self.scene is None or self.scene.form == DYADIC
        return self.blocks.weight if dyadic else self.blocks.out

    @cached_property
    def strength_of_node(self) -> np.ndarray:
        """Sum of the weights of the ties of each node."""
        return self.by_row(self.blocks.weight)

    def proportion(self, weighted: bool) -> np.ndarray:
        """Share of this end's ties (of their weight) that each half-edge is."""
        if weighted not in self._proportion:
            b = self.blocks
            self._proportion[weighted] = (
                b.weight / self.strength_of_node[self.row] if weighted else 1.0 / self.degree[self.row]
            )
        return self._proportion[weighted]

    @cached_property
    def triangles(self) -> TriangleSums:
        return sum_triangles(self)

    @cached_property
    def brokered(self) -> np.ndarray:
        """Brokered paths by role, and people who broker: see `brokered_paths`."""
        return brokered_paths(self, "residency")

    @cached_property
    def distances(self) -> np.ndarray:
        """Of the shortest paths from each node: sum of 1 / length, sum of length, greatest length."""
        return kernels().distances(self.block_ptr, self.blocks.indptr, self.blocks.indices)

    @cached_property
    def local_efficiency(self) -> np.ndarray:
        """Global efficiency of each node's neighbours among themselves."""
        return kernels().local_efficiency(self.blocks.indptr, self.blocks.indices)

    @cached_property
    def component_size_of_node(self) -> np.ndarray:
        root = kernels().components(self.blocks.indptr, self.blocks.indices)
        return np.bincount(root, minlength=len(root))[root]

    @cached_property
    def in_giant(self) -> tuple[np.ndarray, np.ndarray]:
        """Whether each node is in a largest component of two or more, and people in such ones."""
        size = self.component_size_of_node
        inside = (size > 1) & (size == self.giant[self.blocks.node_block])
        return inside, self.by_node(inside)

    @cached_property
    def partitions(self) -> np.ndarray:
        """Largest, least and spread of modularity, and number of parts: see `find_partitions`."""
        return find_partitions(self)

    @cached_property
    def core_number(self) -> np.ndarray:
        """Largest k of whose k-core each node is part."""
        return kernels().core_numbers(self.blocks.indptr, self.blocks.indices)

    @cached_property
    def core_periphery(self) -> tuple[np.ndarray, np.ndarray]:
        """Fit of the best core, and the people in it: see `best_core`."""
        return best_core(self)

    @cached_property
    def lasts(self) -> np.ndarray:
        """Whether the tie of each half-edge is there in the next period too."""
        return self._lasting[0]

    @cached_property
    def lasted(self) -> np.ndarray:
        """Whether the tie of each half-edge was there in the period before."""
        return self._lasting[1]

    @cached_property
    def _lasting(self) -> tuple[np.ndarray, np.ndarray]:
        return ties_lasting(self)

    def before(self, values: np.ndarray) -> np.ndarray:
        """Return each block's value of the period before; 0 where there is none."""
        return np.where(self.scene.steps > 0, np.concatenate([[0.0], values[:-1]]), 0.0)

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
