"""From acts to networks, compiled with numba; `build_scipy` holds the same functions without it.

Every network (block) is a list of ranges of rows, so nothing is sorted over the whole log: each block is
woven from its own rows, in memory that fits a cache. `dyadic` and `gathering` return node_ptr (int64, nodes
of each block), person, acts, indptr, indices, mirror, weight and out of `blocks.Blocks`.
"""

from __future__ import annotations

import numpy as np

from analysis.networks.kernels.kernels_numba import _compiled
from analysis.networks.kernels.ranges_numba import distinct_people, first_joins, sizes, spread

__all__ = ["distinct_people", "dyadic", "first_joins", "gathering"]


@_compiled
def dyadic(
    range_ptr, starts, stops, factors, source, target, weight, n_persons, min_weight, directed
):  # fmt: skip
    """Networks of acts from `source` to `target`; `weight` is empty where every act weighs 1."""
    total, largest = sizes(range_ptr, starts, stops)
    weighted = len(weight) > 0
    blocks, most = len(range_ptr) - 1, min(2 * largest, n_persons)
    lowest, width = spread(range_ptr, starts, stops, source, target)
    local = np.full(width, -1, dtype=np.int32)
    names = np.empty(most, dtype=np.int32)
    end = np.empty(most + 1, dtype=np.int64)
    entry = np.empty(largest, dtype=np.int64)
    value = np.empty(largest if weighted else 0, dtype=np.float64)
    seen = np.empty(most, dtype=np.int32)
    there, back = np.zeros(most, dtype=np.float64), np.zeros(most, dtype=np.float64)
    partners = np.empty(most, dtype=np.int32)
    node_ptr = np.zeros(blocks + 1, dtype=np.int64)
    person = np.empty(2 * total, dtype=np.int32)
    acts = np.empty(2 * total, dtype=np.int64)
    indptr = np.zeros(2 * total + 1, dtype=np.int64)
    pair_ptr = np.zeros(most + 1, dtype=np.int64)
    ends = np.empty(largest, dtype=np.int32)
    forth, again = np.empty(largest, dtype=np.float64), np.empty(largest, dtype=np.float64)
    halves, fill = _halves(2 * total), np.empty(most, dtype=np.int64)
    for block in range(blocks):
        base, n, pairs = node_ptr[block], 0, 0
        for r in range(range_ptr[block], range_ptr[block + 1]):
            for i in range(starts[r], stops[r]):
                for p in (source[i], target[i]):
                    if local[p - lowest] < 0:
                        local[p - lowest] = 0
                        names[n] = p
                        n += 1
        _number(names, n, local, lowest)
        node_ptr[block + 1] = base + n
        person[base : base + n] = names[:n]
        acts[base : base + n] = 0
        end[: n + 1] = 0
        seen[:n] = -1
        for r in range(range_ptr[block], range_ptr[block + 1]):
            for i in range(starts[r], stops[r]):
                u, v = local[source[i] - lowest], local[target[i] - lowest]
                acts[base + u] += 1
                end[min(u, v) + 1] += 1
        for u in range(n):
            end[u + 1] += end[u]
        for r in range(range_ptr[block], range_ptr[block + 1]):
            for i in range(starts[r], stops[r]):
                u, v = local[source[i] - lowest], local[target[i] - lowest]
                low = min(u, v)
                entry[end[low]] = 2 * v if u == low else 2 * u + 1
                if weighted:
                    value[end[low]] = weight[i] * factors[r]
                end[low] += 1
        first = 0
        for u in range(n):
            found = 0
            for i in range(first, end[u]):
                v = entry[i] >> 1
                if seen[v] != u:
                    seen[v] = u
                    there[v], back[v] = 0.0, 0.0
                    partners[found] = v
                    found += 1
                gain = value[i] if weighted else 1.0
                if entry[i] & 1:
                    back[v] += gain
                else:
                    there[v] += gain
            first = end[u]
            for v in partners[:found]:
                a, b = there[v], back[v]
                if directed:
                    a, b = a if a >= min_weight else 0.0, b if b >= min_weight else 0.0
                if a + b >= min_weight and a + b > 0:
                    ends[pairs], forth[pairs], again[pairs] = v, a, b
                    pairs += 1
            pair_ptr[u + 1] = pairs
        for p in names[:n]:
            local[p - lowest] = -1
        _both_ways(base, pair_ptr[: n + 1], ends, forth, again, False, fill, indptr, halves)
    nodes = node_ptr[blocks]
    return (node_ptr, person[:nodes].copy(), acts[:nodes].copy(), indptr[: nodes + 1].copy(),
            *_cut(halves, indptr[nodes]))  # fmt: skip


@_compiled
def gathering(
    range_ptr, starts, stops, factors, event, person, weight, n_persons, n_events, min_weight, least, most
):
    """Networks of people in the same gatherings, each weighing 1 / (people - 1) for every pair."""
    total, largest = sizes(range_ptr, starts, stops)
    weighted = len(weight) > 0
    blocks, wide = len(range_ptr) - 1, min(largest, n_persons)
    lowest, width = spread(range_ptr, starts, stops, person, person)
    lowest_event, events_wide = spread(range_ptr, starts, stops, event, event)
    local, number = np.full(width, -1, dtype=np.int32), np.full(events_wide, -1, dtype=np.int32)
    names, codes = np.empty(wide, dtype=np.int32), np.empty(largest, dtype=np.int32)
    size, last = np.empty(largest, dtype=np.int64), np.empty(largest, dtype=np.int32)
    event_ptr, current = np.empty(largest + 1, dtype=np.int64), np.empty(largest, dtype=np.int64)
    decay = np.empty(largest, dtype=np.float64)
    members, joined = np.empty(largest, dtype=np.int32), np.empty(largest, dtype=np.int32)
    end = np.empty(wide + 1, dtype=np.int64)
    seen = np.empty(wide, dtype=np.int32)
    strength, common = np.zeros(wide, dtype=np.float64), np.zeros(wide, dtype=np.float64)
    partners = np.empty(wide, dtype=np.int32)
    node_ptr = np.zeros(blocks + 1, dtype=np.int64)
    persons, acts = np.empty(total, dtype=np.int32), np.empty(total, dtype=np.int64)
    indptr = np.zeros(total + 1, dtype=np.int64)
    pair_ptr = np.zeros(wide + 1, dtype=np.int64)
    room = 8 * largest + 1024
    ends = np.empty(room, dtype=np.int32)
    weights, shared = np.empty(room, dtype=np.float64), np.empty(room, dtype=np.float64)
    halves, fill = _halves(32 * total + 1024), np.empty(wide, dtype=np.int64)  # untouched room costs nothing
    for block in range(blocks):
        base, n, events, pairs = node_ptr[block], 0, 0, 0
        for r in range(range_ptr[block], range_ptr[block + 1]):
            for i in range(starts[r], stops[r]):
                if local[person[i] - lowest] < 0:
                    local[person[i] - lowest] = 0
                    names[n] = person[i]
                    n += 1
                if number[event[i] - lowest_event] < 0:
                    number[event[i] - lowest_event] = events
                    codes[events] = event[i]
                    size[events], last[events], decay[events], current[events] = 0, -1, 0.0, 0
                    events += 1
        _number(names, n, local, lowest)
        node_ptr[block + 1] = base + n
        persons[base : base + n] = names[:n]
        end[: n + 1] = 0
        seen[:n] = -1
        for r in range(range_ptr[block], range_ptr[block + 1]):
            for i in range(starts[r], stops[r]):
                end[local[person[i] - lowest] + 1] += 1
        for u in range(n):
            end[u + 1] += end[u]
        for r in range(range_ptr[block], range_ptr[block + 1]):
            for i in range(starts[r], stops[r]):
                u, e = local[person[i] - lowest], number[event[i] - lowest_event]
                joined[end[u]] = e
                end[u] += 1
                gain = weight[i] * factors[r] if weighted else 1.0
                decay[e] = max(decay[e], gain)
        first, kept = 0, 0  # joins again are dropped where they stand
        for u in range(n):
            begin = kept
            for i in range(first, end[u]):
                e = joined[i]
                if last[e] != u:
                    last[e] = u
                    size[e] += 1
                    joined[kept] = e
                    kept += 1
            first, end[u] = end[u], kept
            acts[base + u] = kept - begin
        event_ptr[0] = 0
        for e in range(events):
            event_ptr[e + 1] = event_ptr[e] + size[e]
        first = 0
        for u in range(n):
            for e in joined[first : end[u]]:
                members[event_ptr[e] + current[e]] = u
                current[e] += 1
            first = end[u]
        current[:events] = 0
        first = 0
        for u in range(n):
            found = 0
            for e in joined[first : end[u]]:
                current[e] += 1
                if size[e] < least or size[e] > most:
                    continue
                gain = decay[e] / (size[e] - 1)
                for v in members[event_ptr[e] + current[e] : event_ptr[e + 1]]:
                    if seen[v] != u:
                        seen[v] = u
                        strength[v], common[v] = 0.0, 0.0
                        partners[found] = v
                        found += 1
                    strength[v] += gain
                    common[v] += decay[e]
            first = end[u]
            if pairs + found > len(ends):
                room = max(2 * len(ends), pairs + found)
                ends, weights, shared = _grown(ends, room), _grown(weights, room), _grown(shared, room)
            for v in partners[:found]:
                if common[v] >= min_weight and common[v] > 0:
                    ends[pairs], weights[pairs], shared[pairs] = v, strength[v], common[v]
                    pairs += 1
            pair_ptr[u + 1] = pairs
        for p in names[:n]:
            local[p - lowest] = -1
        for e in codes[:events]:
            number[e - lowest_event] = -1
        needed = indptr[base] + 2 * pairs
        if needed > len(halves[0]):
            room = max(2 * len(halves[0]), needed)
            halves = (_grown(halves[0], room), _grown(halves[1], room), _grown(halves[2], room),
                      _grown(halves[3], room))  # fmt: skip
        _both_ways(base, pair_ptr[: n + 1], ends, weights, shared, True, fill, indptr, halves)
    nodes = node_ptr[blocks]
    return (node_ptr, persons[:nodes].copy(), acts[:nodes].copy(), indptr[: nodes + 1].copy(),
            *_cut(halves, indptr[nodes]))  # fmt: skip


@_compiled
def _number(names, n, local, lowest):
    names[:n].sort()
    for u in range(n):
        local[names[u] - lowest] = u


@_compiled
def _grown(values, room):
    result = np.empty(room, dtype=values.dtype)
    result[: len(values)] = values
    return result


@_compiled
def _halves(room):
    """Room for half-edges: indices, mirror, weight, out."""
    return (
        np.empty(room, dtype=np.int32),
        np.empty(room, dtype=np.int64),
        np.empty(room, dtype=np.float64),
        np.empty(room, dtype=np.float64),
    )


@_compiled
def _cut(halves, size):
    return halves[0][:size], halves[1][:size], halves[2][:size], halves[3][:size]


@_compiled
def _both_ways(base, pair_ptr, ends, first, second, projected, fill, indptr, halves):
    """Append the compressed rows of one block, whose first node is `base`, to those of the blocks before it.

    Its pairs are listed at their lower end; as lower ends come in order, the rows come out sorted.
    """
    indices, mirror, weight, out = halves
    nodes, at = len(pair_ptr) - 1, indptr[base]
    size = 2 * pair_ptr[nodes]
    indices[at : at + size], mirror[at : at + size] = 0, 0  # in order first: what follows goes to and fro,
    weight[at : at + size], out[at : at + size] = 0, 0  # and is twice as fast on memory that is in the cache
    indptr[base + 1 : base + nodes + 1] = 0
    for u in range(nodes):
        indptr[base + u + 1] += pair_ptr[u + 1] - pair_ptr[u]
        for i in range(pair_ptr[u], pair_ptr[u + 1]):
            indptr[base + ends[i] + 1] += 1
    for u in range(nodes):
        fill[u] = indptr[base + u]
        indptr[base + u + 1] += fill[u]
    for u in range(nodes):
        for i in range(pair_ptr[u], pair_ptr[u + 1]):
            p = fill[ends[i]]
            fill[ends[i]] += 1
            indices[p], weight[p], out[p] = base + u, first[i], second[i]
    for v in range(nodes):
        for p in range(indptr[base + v], indptr[base + v + 1] - (pair_ptr[v + 1] - pair_ptr[v])):
            u = indices[p] - base
            q = fill[u]
            fill[u] += 1
            indices[q], mirror[q], mirror[p] = base + v, p, q
            if projected:
                weight[q], out[q] = weight[p], out[p]
            else:  # `first` goes from the lower end to the higher, `second` comes back
                out[q] = weight[p]
                weight[p] += out[p]
                weight[q] = weight[p]
