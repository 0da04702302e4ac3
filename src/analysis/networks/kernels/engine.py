"""The compute kernels: compiled with numba where it is installed, numpy and scipy otherwise.

Nothing here imports numba before a kernel is first asked for.
"""

from __future__ import annotations

from functools import cache
from types import ModuleType

import numpy as np


@cache
def kernels() -> ModuleType:
    """Return the module of kernels in use: `kernels_numba`, or `kernels_scipy` where numba is missing."""
    try:
        from analysis.networks.kernels import kernels_numba as module
    except ImportError:
        from analysis.networks.kernels import kernels_scipy as module
    return module


@cache
def builders() -> ModuleType:
    """Return the module that builds networks: `build_numba`, or `build_scipy` where numba is missing."""
    try:
        from analysis.networks.kernels import build_numba as module
    except ImportError:
        from analysis.networks.kernels import build_scipy as module
    return module


def stable_order(keys: np.ndarray, size: int) -> np.ndarray:
    """Return the stable order that sorts integer `keys`, all in [0, size)."""
    if size > 4 * len(keys) + 1024:  # a counting sort would spend its time on empty buckets
        return np.argsort(keys, kind="stable")
    return kernels().counting_order(np.ascontiguousarray(keys, dtype=np.int32), size)


def lexicographic_order(*keys: tuple[np.ndarray, int]) -> np.ndarray:
    """Return the order that sorts by the last (keys, size) first, then the one before it, and so on."""
    order = stable_order(*keys[0])
    for values, size in keys[1:]:
        order = order[stable_order(values[order], size)]
    return order


def run_starts(*sorted_keys: np.ndarray) -> np.ndarray:
    """Return the positions at which any of the jointly sorted keys changes, the first one included."""
    if not len(sorted_keys[0]):
        return np.zeros(0, dtype=np.int64)
    change = np.ones(len(sorted_keys[0]), dtype=bool)
    change[1:] = False
    for key in sorted_keys:
        change[1:] |= key[1:] != key[:-1]
    return np.flatnonzero(change)


def run_sums(values: np.ndarray, starts: np.ndarray) -> np.ndarray:
    """Return the sum of `values` over each run."""
    return np.add.reduceat(values, starts) if len(starts) else values[:0]


def run_of(starts: np.ndarray, length: int) -> np.ndarray:
    """Return the number of the run that each of `length` positions lies in, as int32."""
    marks = np.zeros(length, dtype=np.int32)
    marks[starts[1:]] = 1
    return np.cumsum(marks, dtype=np.int32)


def offsets(keys: np.ndarray, size: int) -> np.ndarray:
    """Return where each key's run begins in sorted `keys`: size + 1 int64 values."""
    return np.concatenate([[0], np.cumsum(np.bincount(keys, minlength=size))]).astype(np.int64)
