"""Uniform confidence bands by the multiplier bootstrap (Callaway and Sant'Anna 2021, algorithm 1)."""

from __future__ import annotations

import numpy as np

from analysis.effects.results.estimate import LEVEL

BLOCK = 4_000_000  # multipliers held at a time, so that memory does not grow with the number of draws


def uniform_critical_value(
    parts: np.ndarray, df: float = np.inf, *, n_boot: int = 999, seed: int = 0, level: float = LEVEL
) -> float:
    """Return the factor on standard errors that makes all intervals hold together with probability `level`.

    Parameters
    ----------
    parts : (clusters, K) array
        Contributions to K errors, each divided by its standard error.
    df : float
        Degrees of freedom of one interval; the result is never below its critical value.
    n_boot : int
        Draws of Mammen's two-point multipliers, one per cluster.
    seed : int
    """
    from scipy.special import ndtri, stdtrit

    single = float(ndtri(0.5 + level / 2) if not np.isfinite(df) else stdtrit(df, 0.5 + level / 2))
    if parts.shape[1] < 2:
        return single
    rng, root = np.random.default_rng(seed), np.sqrt(5.0)
    low, high, chance = (1 - root) / 2, (1 + root) / 2, (1 + root) / (2 * root)
    largest = []
    per_block = max(1, BLOCK // len(parts))
    for begin in range(0, n_boot, per_block):
        draws = min(per_block, n_boot - begin)
        multipliers = np.where(rng.random((draws, len(parts))) < chance, low, high)
        largest.append(np.abs(multipliers @ parts).max(axis=1))
    return max(single, float(np.quantile(np.concatenate(largest), level)))
