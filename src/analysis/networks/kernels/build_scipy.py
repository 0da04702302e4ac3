"""The functions of `build_numba` without numba: slower and hungrier, equal results."""

from __future__ import annotations

import numpy as np
from scipy import sparse

from analysis.networks.kernels.engine import offsets, run_of, run_starts, run_sums


def dyadic(range_ptr, starts, stops, factors, source, target, weight, n_persons, min_weight, directed):
    """Networks of acts from `source` to `target`; `weight` is empty where every act weighs 1."""
    n_blocks = len(range_ptr) - 1
    block, row, gain = _rows(range_ptr, starts, stops, factors, weight)
    one, two = source[row], target[row]
    person, other = np.concatenate([one, two]), np.concatenate([two, one])
    block, gain = np.tile(block, 2), np.concatenate([gain, np.zeros(len(row))])
    act = np.repeat([1.0, 0.0], len(row))
    order = np.lexsort((other, person, block))
    block, person, other = block[order], person[order], other[order]
    begin = run_starts(block, person, other)
    out, act = run_sums(gain[order], begin), run_sums(act[order], begin)
    block, person, other = block[begin], person[begin], other[begin]
    mirror = np.lexsort((person, other, block))
    first = run_starts(block, person)
    node = run_of(first, len(block))
    done = run_sums(act, first).astype(np.int64)
    strong = out + out[mirror]
    if directed:
        out = np.where(out >= min_weight, out, 0.0)
        strong = out + out[mirror]
    keep = (strong >= min_weight) & (strong > 0)
    position = np.cumsum(keep) - 1
    at, mirror, out = node[keep], position[mirror[keep]], out[keep]
    node_ptr = offsets(block[first], n_blocks)
    indptr = offsets(at, len(first))
    return node_ptr, person[first], done, indptr, at[mirror], mirror, out + out[mirror], out


def gathering(
    range_ptr, starts, stops, factors, event, person, weight, n_persons, n_events, min_weight, least, most
):
    """Networks of people in the same gatherings, each weighing 1 / (people - 1) for every pair."""
    n_blocks = len(range_ptr) - 1
    block, row, gain = _rows(range_ptr, starts, stops, factors, weight)
    order = np.lexsort((person[row], event[row], block))
    block, gain, event, person = block[order], gain[order], event[row][order], person[row][order]
    begin = run_starts(block, event, person)
    gain = np.maximum.reduceat(gain, begin) if len(begin) else gain
    block, event, person = block[begin], event[begin], person[begin]
    first = run_starts(block, event)
    decay = np.maximum.reduceat(gain, first) if len(first) else gain
    event_ptr = np.append(first, len(block)).astype(np.int64)
    number = run_of(first, len(block))
    order = np.lexsort((person, block))
    start = run_starts(block[order], person[order])
    size = np.diff(event_ptr)
    projected = (size >= least) & (size <= most)
    node_ptr = np.append(start, len(block)).astype(np.int64)
    indptr, indices, weights, shared = _project(
        node_ptr, number[order], size, np.where(projected, decay, 0.0)
    )
    keep = (shared >= min_weight) & (shared > 0)
    at = np.repeat(np.arange(len(start), dtype=np.int32), np.diff(indptr))[keep]
    indptr, indices, weights, shared = offsets(at, len(start)), indices[keep], weights[keep], shared[keep]
    mirror = np.argsort(indices, kind="stable")
    blocks_ptr = offsets(block[order][start], n_blocks)
    return blocks_ptr, person[order][start], np.diff(node_ptr), indptr, indices, mirror, weights, shared


def first_joins(starts, stops, event, person, n_events, n_persons):
    """Rows to keep so that nobody is in a gathering twice within a cell, and the new starts and stops."""
    cell = np.repeat(np.arange(len(starts)), stops - starts)
    order = np.lexsort((person, event, cell))
    keep = np.sort(order[run_starts(cell[order], event[order], person[order])])
    pointer = offsets(cell[keep], len(starts))
    return keep, pointer[:-1], pointer[1:]


def distinct_people(
    dyad_ptr, dyad_starts, dyad_stops, join_ptr, join_starts, join_stops, source, target, person, n_persons
):
    """Pointers of each block, and everyone taking part in an act of it, once."""
    one = _rows(dyad_ptr, dyad_starts, dyad_stops, np.zeros(0), np.zeros(0))
    two = _rows(join_ptr, join_starts, join_stops, np.zeros(0), np.zeros(0))
    block = np.concatenate([one[0], one[0], two[0]])
    people = np.concatenate([source[one[1]], target[one[1]], person[two[1]]])
    found = np.unique(block.astype(np.int64) * n_persons + people)
    return offsets(found // n_persons, len(dyad_ptr) - 1), found % n_persons


def _project(node_ptr, events, size, decay):
    joined = sparse.csr_array((np.ones(len(events)), events, node_ptr), shape=(len(node_ptr) - 1, len(size)))
    shared = _square(joined * decay, joined)
    weights = _square(joined * (decay / np.maximum(size - 1, 1)), joined)
    return shared.indptr.astype(np.int64), shared.indices.astype(np.int32), weights.data, shared.data


def _rows(range_ptr, starts, stops, factors, weight):
    """Return block, row and weight of every row of every range."""
    length = stops - starts
    block = np.repeat(np.repeat(np.arange(len(range_ptr) - 1), np.diff(range_ptr)), length)
    before = np.cumsum(length) - length
    row = np.arange(length.sum()) + np.repeat(starts - before, length)
    gain = weight[row] * np.repeat(factors, length) if len(weight) else np.ones(len(row))
    return block, row, gain


def _square(left: sparse.csr_array, right: sparse.csr_array) -> sparse.csr_array:
    product = sparse.coo_array(left @ right.T)
    keep = (product.row != product.col) & (product.data > 0)
    kept = sparse.csr_array((product.data[keep], (product.row[keep], product.col[keep])), shape=product.shape)
    kept.sort_indices()
    return kept
