"""Who is in ranges of rows, and how much there is in them: compiled parts of `build_numba`."""

from __future__ import annotations

import numpy as np

from analysis.networks.kernels.kernels_numba import _compiled


@_compiled
def first_joins(starts, stops, event, person, n_events, n_persons):
    """Rows to keep so that nobody is in a gathering twice within a cell, and the new starts and stops."""
    rows = np.empty(len(event), dtype=np.int64)
    begin, close = np.empty_like(starts), np.empty_like(stops)
    largest = 0
    for cell in range(len(starts)):
        largest = max(largest, stops[cell] - starts[cell])
    number = np.full(n_events, -1, dtype=np.int32)
    end, place = np.zeros(largest + 1, dtype=np.int64), np.empty(largest, dtype=np.int64)
    last = np.full(n_persons, -1, dtype=np.int64)
    again = np.zeros(len(event), dtype=np.bool_)
    kept, unique = 0, 0
    for cell in range(len(starts)):
        first, stop, events = starts[cell], stops[cell], 0
        for i in range(first, stop):
            if number[event[i]] < 0:
                number[event[i]] = events
                end[events + 1] = 0
                events += 1
            end[number[event[i]] + 1] += 1
        end[0] = 0
        for e in range(events):
            end[e + 1] += end[e]
        for i in range(first, stop):
            e = number[event[i]]
            place[end[e]] = i
            end[e] += 1
        begun = 0
        for e in range(events):
            for i in place[begun : end[e]]:
                again[i] = last[person[i]] == unique
                last[person[i]] = unique
            begun = end[e]
            unique += 1
        begin[cell] = kept
        for i in range(first, stop):
            number[event[i]] = -1
            if not again[i]:
                rows[kept] = i
                kept += 1
        close[cell] = kept
    return rows[:kept], begin, close


@_compiled
def distinct_people(
    dyad_ptr, dyad_starts, dyad_stops, join_ptr, join_starts, join_stops, source, target, person, n_persons
):
    """Pointers of each block, and everyone taking part in an act of it, once."""
    blocks = len(dyad_ptr) - 1
    found = np.empty(
        2 * sizes(dyad_ptr, dyad_starts, dyad_stops)[0] + sizes(join_ptr, join_starts, join_stops)[0],
        dtype=np.int32,
    )
    pointer = np.zeros(blocks + 1, dtype=np.int64)
    low, wide = spread(dyad_ptr, dyad_starts, dyad_stops, source, target)
    least, width = spread(join_ptr, join_starts, join_stops, person, person)
    lowest = min(low, least)
    top = max(low + wide if wide else lowest, least + width if width else lowest)
    last = np.full(top - lowest, -1, dtype=np.int32)
    size = 0
    for block in range(blocks):
        for r in range(dyad_ptr[block], dyad_ptr[block + 1]):
            for i in range(dyad_starts[r], dyad_stops[r]):
                for p in (source[i], target[i]):
                    if last[p - lowest] != block:
                        last[p - lowest] = block
                        found[size] = p
                        size += 1
        for r in range(join_ptr[block], join_ptr[block + 1]):
            for i in range(join_starts[r], join_stops[r]):
                if last[person[i] - lowest] != block:
                    last[person[i] - lowest] = block
                    found[size] = person[i]
                    size += 1
        pointer[block + 1] = size
    return pointer, found[:size].copy()


@_compiled
def sizes(range_ptr, starts, stops):
    total, largest = 0, 0
    for block in range(len(range_ptr) - 1):
        rows = 0
        for r in range(range_ptr[block], range_ptr[block + 1]):
            rows += stops[r] - starts[r]
        total += rows
        largest = max(largest, rows)
    return total, largest


@_compiled
def spread(range_ptr, starts, stops, one, other):
    """Least of the codes, and how many numbers they span: in a sorted log far fewer than there are codes."""
    lowest, highest = np.int64(2**31), np.int64(-1)
    for r in range(range_ptr[-1]):
        for i in range(starts[r], stops[r]):
            lowest = min(lowest, one[i], other[i])
            highest = max(highest, one[i], other[i])
    return lowest, max(highest - lowest + 1, 0)
