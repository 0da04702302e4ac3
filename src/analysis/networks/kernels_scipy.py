"""The kernels of `kernels_numba` without numba: slower and hungrier, equal results."""

from __future__ import annotations

import numpy as np
from scipy import sparse
from scipy.sparse import csgraph


def counting_order(keys: np.ndarray, size: int) -> np.ndarray:
    """Stable order that sorts `keys` (int32, in [0, size))."""
    return np.argsort(keys, kind="stable")


def project(event_ptr, members, node_ptr, events, projected):
    """Co-membership of nodes: indptr, indices (sorted), Newman weights, number of events shared."""
    nodes, sizes = len(node_ptr) - 1, np.diff(event_ptr)
    gain = np.where(projected, 1.0 / np.maximum(sizes - 1, 1), 0.0)
    joined = sparse.csr_array((np.ones(len(events)), events, node_ptr), shape=(nodes, len(sizes)))
    shared = _square(joined * np.asarray(projected, dtype=float), joined)
    weight = _square(joined * gain, joined)
    return shared.indptr.astype(np.int64), shared.indices.astype(np.int32), weight.data, shared.data


def _square(left: sparse.csr_array, right: sparse.csr_array) -> sparse.csr_array:
    product = sparse.coo_array(left @ right.T)
    keep = (product.row != product.col) & (product.data > 0)
    kept = sparse.csr_array((product.data[keep], (product.row[keep], product.col[keep])), shape=product.shape)
    kept.sort_indices()
    return kept


def common_neighbours(block_ptr, indptr, indices, mirror):
    """Number of common neighbours of the two ends of each half-edge (int32)."""
    nodes = len(indptr) - 1
    tie = sparse.csr_array((np.ones(len(indices)), indices, indptr), shape=(nodes, nodes))
    row = np.repeat(np.arange(nodes), np.diff(indptr))
    closed = sparse.coo_array((tie @ tie) * tie)
    count = sparse.csr_array((closed.data, (closed.row, closed.col)), shape=tie.shape)
    return np.asarray(count[row, indices]).ravel().astype(np.int32) if len(indices) else np.zeros(0, np.int32)


def components(indptr, indices):
    """Component of each node, named by its smallest node (int32)."""
    nodes = len(indptr) - 1
    if not nodes:
        return np.zeros(0, dtype=np.int32)
    tie = sparse.csr_array((np.ones(len(indices), np.int8), indices, indptr), shape=(nodes, nodes))
    _, label = csgraph.connected_components(tie, directed=False)
    first = np.full(label.max() + 1, nodes, dtype=np.int32)
    np.minimum.at(first, label, np.arange(nodes, dtype=np.int32))
    return first[label]
