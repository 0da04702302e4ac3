"""Shortest paths compiled with numba; `kernels_scipy` holds the same functions without it."""

from __future__ import annotations

import numpy as np

from analysis.networks.kernels.compiled import compiled as _compiled


@_compiled
def distances(block_ptr, indptr, indices):
    """Of the shortest paths from each node: sum of 1 / length, sum of length, greatest length (float64)."""
    nodes = len(indptr) - 1
    result = np.zeros((3, nodes))
    length = np.full(nodes, -1, dtype=np.int64)
    queue = np.empty(nodes, dtype=np.int64)
    for start in range(nodes):
        length[start] = 0
        queue[0] = start
        head, tail = 0, 1
        while head < tail:
            u = queue[head]
            head += 1
            for v in indices[indptr[u] : indptr[u + 1]]:
                if length[v] < 0:
                    length[v] = length[u] + 1
                    queue[tail] = v
                    tail += 1
        for v in queue[1:tail]:
            result[0, start] += 1.0 / length[v]
            result[1, start] += length[v]
            result[2, start] = max(result[2, start], length[v])
        for v in queue[:tail]:
            length[v] = -1
    return result


@_compiled
def local_efficiency(indptr, indices):
    """Global efficiency of each node's neighbours among themselves (float64)."""
    nodes = len(indptr) - 1
    result = np.zeros(nodes)
    length = np.full(nodes, -2, dtype=np.int64)  # -2: not a neighbour, -1: not reached
    queue = np.empty(nodes, dtype=np.int64)
    for ego in range(nodes):
        others = indices[indptr[ego] : indptr[ego + 1]]
        if len(others) < 2:
            continue
        total = 0.0
        for v in others:
            length[v] = -1
        for start in others:
            length[start] = 0
            queue[0] = start
            head, tail = 0, 1
            while head < tail:
                u = queue[head]
                head += 1
                for v in indices[indptr[u] : indptr[u + 1]]:
                    if length[v] == -1:
                        length[v] = length[u] + 1
                        queue[tail] = v
                        tail += 1
            for v in queue[1:tail]:
                total += 1.0 / length[v]
            for v in queue[:tail]:
                length[v] = -1
        for v in others:
            length[v] = -2
        result[ego] = total / (len(others) * (len(others) - 1))
    return result
