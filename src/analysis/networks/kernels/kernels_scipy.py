"""The kernels of `kernels_numba` without numba: slower and hungrier, equal results."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from scipy import sparse
from scipy.sparse import csgraph


def counting_order(keys: np.ndarray, size: int) -> np.ndarray:
    """Stable order that sorts `keys` (int32, in [0, size))."""
    return np.argsort(keys, kind="stable")


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


def towards_degree(indptr, indices):
    """Half-edges to ends of greater degree: where each node's begin, their other ends and positions."""
    degree = np.diff(indptr)
    row = np.repeat(np.arange(len(degree)), degree)
    later = (degree[indices] > degree[row]) | ((degree[indices] == degree[row]) & (indices > row))
    edge = np.flatnonzero(later)
    later_ptr = np.concatenate([[0], np.cumsum(np.bincount(row[edge], minlength=len(degree)))])
    return later_ptr.astype(np.int64), indices[edge], edge


def triangles(later_ptr, later, edge, first, last):
    """Half-edges u to v, u to w, v to w of each triangle whose end u of least degree is in [first, last)."""
    nodes = np.int64(len(later_ptr))
    length = np.diff(later_ptr)
    row = np.repeat(np.arange(len(length)), length)
    order = np.argsort(row * nodes + later)
    keys = (row * nodes + later)[order]
    uv = np.arange(later_ptr[first], later_ptr[last])
    times = length[later[uv]]
    one = np.repeat(uv, times)
    two = np.arange(times.sum()) + np.repeat(later_ptr[later[uv]] - (np.cumsum(times) - times), times)
    wanted = row[one] * nodes + later[two]
    place = np.searchsorted(keys, wanted).clip(max=max(len(keys) - 1, 0))
    there = keys[place] == wanted if len(keys) else np.zeros(0, dtype=bool)
    return np.array([edge[one[there]], edge[order[place[there]]], edge[two[there]]])


def core_numbers(indptr, indices):
    """Largest k of whose k-core each node is part (int32)."""
    degree = np.diff(indptr).astype(np.int64)
    row = np.repeat(np.arange(len(degree)), degree)
    core, left = np.zeros(len(degree), dtype=np.int32), np.ones(len(degree), dtype=bool)
    k = 0
    while left.any():
        leaving = left & (degree <= k)
        if not leaving.any():
            k += 1
            continue
        core[leaving] = k
        left &= ~leaving
        degree -= np.bincount(row[leaving[indices]], minlength=len(degree))
    return core


def distances(block_ptr, indptr, indices):
    """Of the shortest paths from each node: sum of 1 / length, sum of length, greatest length (float64)."""
    result = [np.zeros((3, 0))]
    for first, last in pairwise(block_ptr.tolist()):
        if last > first:
            length = _lengths(indptr[first : last + 1] - indptr[first], indices, indptr[first], first)
            reached = np.isfinite(length) & (length > 0)
            inverse = np.divide(1.0, length, out=np.zeros_like(length), where=reached)
            length = np.where(reached, length, 0)
            result.append(np.array([inverse.sum(1), length.sum(1), length.max(1)]))
    return np.concatenate(result, axis=1)


def _lengths(indptr, indices, start, first):
    ends = indices[start : start + indptr[-1]] - first
    size = len(indptr) - 1
    tie = sparse.csr_array((np.ones(len(ends), np.int8), ends, indptr), shape=(size, size))
    return csgraph.shortest_path(tie, directed=False, unweighted=True)


def local_efficiency(indptr, indices):
    """Global efficiency of each node's neighbours among themselves (float64)."""
    nodes = len(indptr) - 1
    tie = sparse.csr_array((np.ones(len(indices), np.int8), indices, indptr), shape=(nodes, nodes))
    result = np.zeros(nodes)
    for ego in range(nodes):
        others = indices[indptr[ego] : indptr[ego + 1]]
        if len(others) > 1:
            length = csgraph.shortest_path(tie[others][:, others], directed=False, unweighted=True)
            reached = np.isfinite(length) & (length > 0)
            result[ego] = (1.0 / length[reached]).sum() / (len(others) * (len(others) - 1))
    return result
