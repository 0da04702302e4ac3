"""Waiting times with the matters still waiting counted: Kaplan-Meier over many groups at once."""

from __future__ import annotations

import numpy as np
import pandas as pd

HALF = 1e-9  # survival this near to one half is one half: products of fractions round


def median_waits(groups: np.ndarray, days: np.ndarray, answered: np.ndarray, size: int) -> np.ndarray:
    """Return the Kaplan-Meier median wait of each group.

    Parameters
    ----------
    groups : array of int
        Group of each matter, 0 to size - 1.
    days : array of float
        Days until the answer, or until the matter was last seen waiting.
    answered : array of bool
        Whether the wait ended with an answer; the others are right-censored.
    size : int
        Number of groups.

    Returns
    -------
    array of float, length size
        The first day by which half are answered, NaN if the curve does not come down to one half. Where it
        stays at exactly one half, the middle of that stretch up to the next answer: without censoring this
        is the ordinary median.

    Notes
    -----
    Assumes that matters still waiting are no different from those answered after as many days. A matter
    answered on the day another is last seen counts as answered first. Source: Kaplan and Meier (1958).
    """
    order = np.lexsort((~answered, days, groups))
    groups, days, answered = groups[order], days[order], answered[order]
    counts = np.bincount(groups, minlength=size)
    position = np.arange(len(groups)) - (np.cumsum(counts) - counts)[groups]
    # one matter at a time: within a tie the factors telescope to 1 - answered / waiting
    factor = 1 - answered / (counts[groups] - position)
    waiting = pd.Series(factor).groupby(groups).cumprod().to_numpy()
    at_half = _first(groups, days, waiting <= 0.5 + HALF, size)
    below = _first(groups, days, waiting < 0.5 - HALF, size)
    return (at_half + np.where(np.isnan(below), at_half, below)) / 2


def _first(groups: np.ndarray, days: np.ndarray, reached: np.ndarray, size: int) -> np.ndarray:
    """Return the smallest day per group where `reached`, NaN where nowhere."""
    first = np.full(size, np.inf)
    np.minimum.at(first, groups[reached], days[reached])
    return np.where(np.isinf(first), np.nan, first)
