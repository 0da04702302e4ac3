"""Kernels compiled with numba; `kernels_scipy` holds the same functions without it."""

from __future__ import annotations

import numpy as np

from analysis.networks.kernels.compiled import compiled as _compiled
from analysis.networks.kernels.paths_numba import distances, local_efficiency

__all__ = [
    "common_neighbours", "components", "core_numbers", "counting_order", "distances", "local_efficiency",
    "towards_degree", "triangles",
]  # fmt: skip

MOST_WORDS = 2**25  # 256 MB of bits


@_compiled
def counting_order(keys, size):
    """Stable order that sorts `keys` (int32, in [0, size))."""
    place = np.zeros(size + 1, dtype=np.int64)
    for key in keys:
        place[key + 1] += 1
    for i in range(size):
        place[i + 1] += place[i]
    order = np.empty(len(keys), dtype=np.int64)
    for i in range(len(keys)):
        order[place[keys[i]]] = i
        place[keys[i]] += 1
    return order


@_compiled
def common_neighbours(block_ptr, indptr, indices, mirror):
    """Number of common neighbours of the two ends of each half-edge (int32).

    Each triangle is found once, from the end of least degree; in blocks so dense that comparing whole rows
    of bits costs less, by that.
    """
    later_ptr, later, edge = towards_degree(indptr, indices)
    count = np.zeros(len(indices), dtype=np.int32)
    mark = np.full(len(indptr) - 1, -1, dtype=np.int64)
    for block in range(len(block_ptr) - 1):
        first, last = block_ptr[block], block_ptr[block + 1]
        steps = 0
        for v in later[later_ptr[first] : later_ptr[last]]:
            steps += later_ptr[v + 1] - later_ptr[v]
        words = (last - first + 63) // 64
        if steps > words * (later_ptr[last] - later_ptr[first]) and words * (last - first) <= MOST_WORDS:
            _by_bits(first, last, indptr, indices, mirror, count)
        else:
            _by_marks(first, last, later_ptr, later, edge, mark, count)
            for i in range(indptr[first], indptr[last]):
                if mirror[i] > i:
                    count[i] += count[mirror[i]]
                    count[mirror[i]] = count[i]
    return count


@_compiled
def towards_degree(indptr, indices):
    """Half-edges to ends of greater degree: where each node's begin, their other ends and positions."""
    nodes = len(indptr) - 1
    later_ptr = np.zeros(nodes + 1, dtype=np.int64)
    later = np.empty(len(indices) // 2, dtype=np.int32)
    edge = np.empty(len(indices) // 2, dtype=np.int64)
    end = 0
    for u in range(nodes):
        degree = indptr[u + 1] - indptr[u]
        for i in range(indptr[u], indptr[u + 1]):
            v = indices[i]
            other = indptr[v + 1] - indptr[v]
            if other > degree or (other == degree and v > u):
                later[end], edge[end] = v, i
                end += 1
        later_ptr[u + 1] = end
    return later_ptr, later, edge


@_compiled
def _by_marks(first, last, later_ptr, later, edge, mark, count):
    for u in range(first, last):
        for i in range(later_ptr[u], later_ptr[u + 1]):
            mark[later[i]] = edge[i]
        for i in range(later_ptr[u], later_ptr[u + 1]):
            v = later[i]
            found = 0
            for j in range(later_ptr[v], later_ptr[v + 1]):
                third = mark[later[j]]
                if third >= 0:
                    found += 1
                    count[third] += 1
                    count[edge[j]] += 1
            count[edge[i]] += found
        for i in range(later_ptr[u], later_ptr[u + 1]):
            mark[later[i]] = -1


@_compiled
def _by_bits(first, last, indptr, indices, mirror, count):
    bits = np.zeros((last - first, (last - first + 63) // 64), dtype=np.uint64)
    for u in range(first, last):
        for v in indices[indptr[u] : indptr[u + 1]]:
            bits[u - first, (v - first) // 64] |= np.uint64(1) << np.uint64((v - first) % 64)
    for u in range(first, last):
        for i in range(indptr[u], indptr[u + 1]):
            if indices[i] > u:
                count[i] = _shared_bits(bits[u - first], bits[indices[i] - first])
                count[mirror[i]] = count[i]


@_compiled
def _shared_bits(one, other):
    total = np.uint64(0)
    for i in range(len(one)):
        x = one[i] & other[i]
        x = x - ((x >> np.uint64(1)) & np.uint64(0x5555555555555555))
        x = (x & np.uint64(0x3333333333333333)) + ((x >> np.uint64(2)) & np.uint64(0x3333333333333333))
        x = (x + (x >> np.uint64(4))) & np.uint64(0x0F0F0F0F0F0F0F0F)
        total += (x * np.uint64(0x0101010101010101)) >> np.uint64(56)
    return total


@_compiled
def components(indptr, indices):
    """Component of each node, named by its smallest node (int32)."""
    nodes = len(indptr) - 1
    root = np.full(nodes, -1, dtype=np.int32)
    stack = np.empty(nodes, dtype=np.int32)
    for start in range(nodes):
        if root[start] >= 0:
            continue
        root[start] = start
        stack[0] = start
        height = 1
        while height:
            height -= 1
            node = stack[height]
            for other in indices[indptr[node] : indptr[node + 1]]:
                if root[other] < 0:
                    root[other] = start
                    stack[height] = other
                    height += 1
    return root


@_compiled
def triangles(later_ptr, later, edge, first, last):
    """Half-edges u to v, u to w, v to w of each triangle whose end u of least degree is in [first, last)."""
    mark = np.full(len(later_ptr) - 1, -1, dtype=np.int64)
    total = 0
    found = np.empty((3, 0), dtype=np.int64)
    for write in (False, True):
        if write:
            found = np.empty((3, total), dtype=np.int64)
            total = 0
        for u in range(first, last):
            for i in range(later_ptr[u], later_ptr[u + 1]):
                mark[later[i]] = edge[i]
            for i in range(later_ptr[u], later_ptr[u + 1]):
                v = later[i]
                for j in range(later_ptr[v], later_ptr[v + 1]):
                    third = mark[later[j]]
                    if third >= 0:
                        if write:
                            found[0, total], found[1, total], found[2, total] = edge[i], third, edge[j]
                        total += 1
            for i in range(later_ptr[u], later_ptr[u + 1]):
                mark[later[i]] = -1
    return found


@_compiled
def core_numbers(indptr, indices):
    """Largest k of whose k-core each node is part (int32): Batagelj & Zaversnik."""
    nodes = len(indptr) - 1
    core = np.empty(nodes, dtype=np.int32)
    most = 0
    for v in range(nodes):
        core[v] = indptr[v + 1] - indptr[v]
        most = max(most, core[v])
    begin = np.zeros(most + 2, dtype=np.int64)
    for v in range(nodes):
        begin[core[v] + 1] += 1
    for d in range(most + 1):
        begin[d + 1] += begin[d]
    order = np.empty(nodes, dtype=np.int64)
    place = np.empty(nodes, dtype=np.int64)
    end = begin.copy()
    for v in range(nodes):
        place[v] = end[core[v]]
        order[place[v]] = v
        end[core[v]] += 1
    for i in range(nodes):
        v = order[i]
        for u in indices[indptr[v] : indptr[v + 1]]:
            if core[u] > core[v]:
                head = begin[core[u]]
                w = order[head]
                order[place[u]], order[head] = w, u
                place[w], place[u] = place[u], head
                begin[core[u]] += 1
                core[u] -= 1
    return core
