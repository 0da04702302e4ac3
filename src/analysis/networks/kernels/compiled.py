"""Compilation with numba, kept on disk where that is possible."""

from __future__ import annotations

from collections.abc import Callable

from numba import njit


def compiled(function: Callable) -> Callable:
    """Return the function compiled; it is compiled when first called."""
    try:
        return njit(cache=True, nogil=True)(function)
    except RuntimeError:  # numba found no folder to cache in: read-only installation without a home
        return njit(nogil=True)(function)
