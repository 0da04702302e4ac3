"""From raw indicators to comparable ones: outliers, direction and scale, and filling gaps."""

from __future__ import annotations

import numpy as np

MAX_SKEW, MAX_KURTOSIS = 2.0, 3.5  # the JRC's rule for an indicator that a few places dominate
MAX_WINSORISED = 5  # places per indicator, as the JRC does


def shape_of(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return skewness and excess kurtosis of each column, without bias (0 with fewer than 4 values)."""
    known = ~np.isnan(x)
    n = known.sum(axis=0).astype(float)
    with np.errstate(invalid="ignore", divide="ignore"):
        d = np.where(known, x - np.where(known, x, 0).sum(axis=0) / n, 0)
        m2, m3, m4 = ((d**power).sum(axis=0) / n for power in (2, 3, 4))
        skew = np.sqrt(n * (n - 1)) / (n - 2) * m3 / m2**1.5
        kurtosis = (n - 1) / ((n - 2) * (n - 3)) * ((n + 1) * m4 / m2**2 - 3 * (n - 1))
    usable = (n >= 4) & (m2 > 0)
    return np.where(usable, skew, 0), np.where(usable, kurtosis, 0)


def dominated(x: np.ndarray) -> np.ndarray:
    """Return which columns a few places dominate: |skewness| > 2 and excess kurtosis > 3.5."""
    skew, kurtosis = shape_of(x)
    return (np.abs(skew) > MAX_SKEW) & (kurtosis > MAX_KURTOSIS)


def treat_outliers(x: np.ndarray, method: str) -> np.ndarray:
    """Return `x` with the dominated columns treated, the others as they are."""
    if method == "none":
        return x
    treat = {"winsorise": _winsorised, "log": _logged, "boxcox": _box_cox}[method]
    x = x.copy()
    for j in np.flatnonzero(dominated(x)):
        x[:, j] = treat(x[:, j])
    return x


def _winsorised(column: np.ndarray) -> np.ndarray:
    """Set the most extreme value to the next one, up to five places, while the column is dominated."""
    for _ in range(MAX_WINSORISED):
        skew, _ = shape_of(column[:, None])
        extreme = np.nanmax(column) if skew[0] > 0 else np.nanmin(column)
        rest = column[(column != extreme) & ~np.isnan(column)]
        if len(np.unique(rest)) < 2:  # one step more and nothing would be left to compare
            break
        column = np.where(column == extreme, rest.max() if skew[0] > 0 else rest.min(), column)
        if not dominated(column[:, None])[0]:
            break
    return column


def _positive(column: np.ndarray) -> tuple[np.ndarray, float]:
    """Return the column with its long tail to the right and above zero, and the sign that turns it back."""
    sign = 1.0 if shape_of(column[:, None])[0][0] > 0 else -1.0
    turned = sign * column
    return turned - np.nanmin(turned) + 0.01 * (np.nanmax(turned) - np.nanmin(turned)), sign


def _logged(column: np.ndarray) -> np.ndarray:
    turned, sign = _positive(column)
    return sign * np.log(turned)


def _box_cox(column: np.ndarray) -> np.ndarray:
    from scipy.stats import boxcox

    turned, sign = _positive(column)
    known = ~np.isnan(turned)
    turned[known] = boxcox(turned[known])[0]
    return sign * turned


def normalise(x: np.ndarray, indicators, method: str, span: tuple[float, float] = (0.0, 1.0)) -> np.ndarray:
    """Return `x` (places x indicators, transformed) on a common scale, more being better.

    Source: OECD/JRC (2008), Handbook on Constructing Composite Indicators, step 5.
    """
    sign = np.array([float(i.direction) for i in indicators])
    if method == "minmax":
        return _minmax(x, indicators, sign, span)
    if method == "rank":
        return _ranks(sign * x)
    if method == "reference":
        reference = np.array([reference_of(x[:, j], i) for j, i in enumerate(indicators)])
        return 1 + sign * (x - reference) / np.abs(reference)
    if method == "zscore":
        return sign * (x - np.nanmean(x, axis=0)) / np.nanstd(x, axis=0, ddof=1)
    if method == "vector":
        return sign * x / np.sqrt(np.nansum(x**2, axis=0))
    return sign * x


def _minmax(x: np.ndarray, indicators, sign: np.ndarray, span: tuple[float, float]) -> np.ndarray:
    low, high = np.nanmin(x, axis=0), np.nanmax(x, axis=0)
    for j, indicator in enumerate(indicators):
        if indicator.goalposts is not None:
            bounds = np.asarray(indicator.goalposts, dtype=float)
            low[j], high[j] = np.log(bounds) if indicator.transform == "log" else bounds
    share = np.clip((x - low) / (high - low), 0, 1)
    return span[0] + (span[1] - span[0]) * np.where(sign > 0, share, 1 - share)


def _ranks(x: np.ndarray) -> np.ndarray:
    """Return 1 + the number of worse places, per column."""
    ranks = np.full(x.shape, np.nan)
    for j in range(x.shape[1]):
        known = ~np.isnan(x[:, j])
        values = x[known, j]
        ranks[known, j] = 1 + np.searchsorted(np.sort(values), values)
    return ranks


def reference_of(column: np.ndarray, indicator) -> float:
    """Return the value that distances are measured from, on the transformed scale."""
    if not isinstance(indicator.reference, str):
        return float(np.log(indicator.reference) if indicator.transform == "log" else indicator.reference)
    if indicator.reference == "mean":
        return float(np.nanmean(column))
    top = (indicator.reference == "best") == (indicator.direction > 0)
    return float(np.nanmax(column) if top else np.nanmin(column))


def fill(values: np.ndarray, parents: list[str], method: str) -> np.ndarray:
    """Return normalised values without gaps: the mean of the place's dimension, or of the indicator."""
    gaps = np.isnan(values)
    if not gaps.any():
        return values
    if method == "indicator_mean":
        return np.where(gaps, np.nanmean(values, axis=0), values)
    values = values.copy()
    labels = np.array(parents)
    for parent in dict.fromkeys(parents):
        inside = labels == parent
        block = values[:, inside]
        rows = np.isnan(block).any(axis=1)
        if rows.any():
            means = np.nanmean(block[rows], axis=1, keepdims=True)
            block[rows] = np.where(np.isnan(block[rows]), means, block[rows])
            values[:, inside] = block
    return values


def aggregate(values: np.ndarray, weights: np.ndarray, method: str) -> np.ndarray:
    """Return one score per place from its members (places x members) and weights that sum to one."""
    if method == "arithmetic":
        return values @ weights
    if method == "geometric":
        return np.exp(np.log(values) @ weights)
    return _closeness(values, weights)


def _closeness(values: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return the closeness to the ideal of TOPSIS (Hwang and Yoon 1981); 0.5 if all places are alike."""
    from pymcdm.methods import TOPSIS

    if not np.ptp(values, axis=0).any():
        return np.full(len(values), 0.5)
    method = TOPSIS(normalization_function=lambda x, cost=False: x)
    return method(values, weights, np.ones(len(weights), dtype=int), validation=False)
