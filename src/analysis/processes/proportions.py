"""Shares with their intervals: one share, the difference of two, the ratio of two."""

from __future__ import annotations

from statistics import NormalDist

import numpy as np

LEAST_PEOPLE = 5  # fewer than these are not shown


def quantile(level: float) -> float:
    """Return the normal quantile of a two-sided interval: 1.96 for `level` 0.95."""
    return NormalDist().inv_cdf(0.5 + level / 2)


def wilson(successes: np.ndarray, n: np.ndarray, *, level: float = 0.95) -> tuple[np.ndarray, np.ndarray]:
    """Return the score interval of a share, NaN where `n` is 0.

    Parameters
    ----------
    successes, n : array of float
    level : float
        Coverage, 0 to 1.

    Source: Wilson (1927), Probable inference, the law of succession, and statistical inference.
    """
    k, n = np.asarray(successes, float), np.asarray(n, float)
    z = quantile(level)
    with np.errstate(invalid="ignore", divide="ignore"):  # 0 / 0 is the NaN of an empty cell
        share = k / n
        centre = (share + z**2 / (2 * n)) / (1 + z**2 / n)
        half = z / (1 + z**2 / n) * np.sqrt(share * (1 - share) / n + z**2 / (4 * n**2))
        low, high = np.where(k == 0, 0.0, centre - half), np.where(k == n, 1.0, centre + half)
    return np.where(n > 0, low, np.nan), np.where(n > 0, high, np.nan)


def difference(
    k1: np.ndarray, n1: np.ndarray, k2: np.ndarray, n2: np.ndarray, *, level: float = 0.95
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return (difference, low, high) of two shares, each estimated as (k + 1) / (n + 2).

    Source: Agresti and Caffo (2000), Simple and effective confidence intervals for proportions and
    differences of proportions.
    """
    k1, n1, k2, n2 = (np.asarray(x, float) for x in (k1, n1, k2, n2))
    p1, p2 = (k1 + 1) / (n1 + 2), (k2 + 1) / (n2 + 2)
    half = quantile(level) * np.sqrt(p1 * (1 - p1) / (n1 + 2) + p2 * (1 - p2) / (n2 + 2))
    return p1 - p2, np.maximum(p1 - p2 - half, -1.0), np.minimum(p1 - p2 + half, 1.0)


def ratio(
    k1: np.ndarray, n1: np.ndarray, k2: np.ndarray, n2: np.ndarray, *, level: float = 0.95
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return (ratio, low, high) of two shares, each estimated as (k + 1) / (n + 2).

    The interval is that of the log of the ratio (Katz et al. 1978), with the same added counts.
    """
    k1, n1, k2, n2 = (np.asarray(x, float) for x in (k1, n1, k2, n2))
    found = (k1 + 1) / (n1 + 2) / ((k2 + 1) / (n2 + 2))
    half = quantile(level) * np.sqrt(1 / (k1 + 1) - 1 / (n1 + 2) + 1 / (k2 + 1) - 1 / (n2 + 2))
    return found, found * np.exp(-half), found * np.exp(half)


def shown(counts: np.ndarray) -> np.ndarray:
    """Return which cells of one breakdown may be shown: none of 1 to 4 people, nor one that gives it away.

    Where a single cell would be hidden, the smallest of the others is hidden as well, for the parts of a
    whole give away any one of them.
    """
    counts = np.asarray(counts)
    hide = (counts > 0) & (counts < LEAST_PEOPLE)
    others = np.flatnonzero(~hide & (counts > 0))
    if hide.sum() == 1 and len(others):
        hide[others[np.argmin(counts[others])]] = True
    return ~hide
