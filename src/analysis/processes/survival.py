"""Waiting times with the matters still waiting counted: Kaplan-Meier over many groups at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.errors import AnalysisError

HALF = 1e-9  # survival this near to one half is one half: products of fractions round


@dataclass(frozen=True)
class Curves:
    """Kaplan-Meier curves of many groups: one entry per matter, by group and day, an answer before a loss.

    `waiting` is the estimated share still waiting after the entry, `at_risk` how many waited before it.
    """

    groups: np.ndarray
    days: np.ndarray
    answered: np.ndarray
    at_risk: np.ndarray
    waiting: np.ndarray
    size: int


def fit_curves(groups: np.ndarray, days: np.ndarray, answered: np.ndarray, size: int) -> Curves:
    """Return the Kaplan-Meier curve of each group; arguments as `median_waits`."""
    order = np.lexsort((~answered, days, groups))
    groups, days, answered = groups[order], days[order], answered[order]
    counts = np.bincount(groups, minlength=size)
    at_risk = counts[groups] - (np.arange(len(groups)) - (np.cumsum(counts) - counts)[groups])
    # one matter at a time: within a tie the factors telescope to 1 - answered / waiting
    waiting = pd.Series(1 - answered / at_risk).groupby(groups).cumprod().to_numpy()
    return Curves(groups, days, answered, at_risk, waiting, size)


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
    return medians_of(fit_curves(groups, days, answered, size))


def medians_of(curves: Curves) -> np.ndarray:
    """Return the median wait of each curve, as `median_waits` defines it."""
    at_half = _first(curves, curves.waiting <= 0.5 + HALF)
    below = _first(curves, curves.waiting < 0.5 - HALF)
    return (at_half + np.where(np.isnan(below), at_half, below)) / 2


def restricted_means(
    groups: np.ndarray, days: np.ndarray, answered: np.ndarray, size: int, horizon: float
) -> tuple[np.ndarray, np.ndarray]:
    """Return the mean wait of each group up to a horizon, and its standard error.

    Parameters
    ----------
    groups, days, answered, size
        As for `median_waits`.
    horizon : float
        Days at which waits are cut off, above 0: one who waits longer counts with `horizon` days.

    Returns
    -------
    (mean, std_error) : arrays of float, length size, in days
        The area under the Kaplan-Meier curve up to the horizon. NaN where the curve is not known that far:
        the longest wait is shorter than the horizon and did not end with an answer. The standard error is
        NaN too where no two waits differ.

    Notes
    -----
    Unlike a median it exists though fewer than half are answered, and means can be compared and averaged.
    The variance is Greenwood's, without small-sample correction. Assumes as `median_waits`.
    Source: Klein and Moeschberger (2003), Survival Analysis, section 4.5.
    """
    return restricted_means_of(fit_curves(groups, days, answered, size), horizon)


def restricted_means_of(curves: Curves, horizon: float) -> tuple[np.ndarray, np.ndarray]:
    """Return the restricted mean of each curve and its standard error, as `restricted_means` defines them."""
    groups, size, waiting = curves.groups, curves.size, curves.waiting
    first = np.flatnonzero(np.diff(groups, prepend=-1))
    cut = np.minimum(curves.days, horizon)
    before = np.concatenate([[1.0], waiting])[: len(waiting)]
    since = np.concatenate([[0.0], cut])[: len(cut)]
    before[first], since[first] = 1.0, 0.0
    pieces = before * (cut - since)
    last = np.flatnonzero(np.diff(groups, append=-1))
    known = (waiting[last] < HALF) | (curves.days[last] >= horizon)
    tail = np.full(size, np.nan)
    tail[groups[last[known]]] = 0.0
    mean = np.bincount(groups, pieces, size) + tail
    so_far = np.cumsum(pieces)
    offset = np.zeros(size)
    offset[groups[first]] = so_far[first] - pieces[first]
    left = np.maximum(mean[groups] - (so_far - offset[groups]), 0)
    n = curves.at_risk.astype(float)
    jumps = curves.answered & (curves.days <= horizon) & (n > 1)
    share = np.divide(1, n * (n - 1), out=np.zeros(len(n)), where=jumps)
    error = np.sqrt(np.bincount(groups, left**2 * share, size))
    return mean, np.where(np.isnan(mean) | (error < HALF), np.nan, error)


def check_horizon(horizon: float) -> None:
    """Raise AnalysisError unless `horizon` is a number of days above 0."""
    if not 0 < horizon < np.inf:
        raise AnalysisError(
            "The horizon of the mean wait is no number of days.", where="horizon", value=horizon,
            expected="above 0", mend="Give the days after which a longer wait makes no difference.",
        )  # fmt: skip


def _first(curves: Curves, reached: np.ndarray) -> np.ndarray:
    """Return the smallest day per group where `reached`, NaN where nowhere."""
    first = np.full(curves.size, np.inf)
    np.minimum.at(first, curves.groups[reached], curves.days[reached])
    return np.where(np.isinf(first), np.nan, first)
