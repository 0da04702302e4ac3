"""Weights of the members of a group: declared, compared in pairs, or taken from the data."""

from __future__ import annotations

import numpy as np

RETAINED = 0.1  # a component counts if it explains more than this share of the variance


def consistency(comparisons: np.ndarray) -> float:
    """Return the consistency ratio of Saaty (1980), with the random indices of Tummala and Ling (1998)."""
    if len(comparisons) < 3:
        return 0.0
    return float(_ahp(comparisons).get_cr())


def ahp_weights(comparisons: np.ndarray) -> np.ndarray:
    """Return the principal eigenvector of pairwise comparisons, summing to one (Saaty 1980)."""
    return _ahp(comparisons)()


def data_weights(values: np.ndarray, method: str) -> np.ndarray:
    """Return the weights that complete `values` (places x members, more is better) give to their columns.

    Parameters
    ----------
    values : array
        Normalised, without NaN.
    method : str
        "equal"; "entropy" (Shannon; Hwang and Yoon 1981), of values above zero as they are, and otherwise of
        values stretched to 0.01 to 1; "critic" (Diakoulaki et al. 1995); "pca" (OECD/JRC 2008, 6.1, as its
        Table 18: components that explain over 10 % of the variance, varimax, squared loadings).
    """
    members = values.shape[1]
    constant = np.ptp(values, axis=0) == 0
    if method == "equal" or members < 2 or constant.any():
        return np.full(members, 1 / members)
    weights = {"entropy": _entropy, "critic": _critic, "pca": _pca}[method](values)
    weights = np.maximum(weights, 1e-9)  # rounding may leave a zero a little below
    return weights / weights.sum()


def _ahp(comparisons: np.ndarray):
    from pymcdm.weights.subjective import AHP

    upper = np.triu(np.asarray(comparisons, dtype=float), 1)
    with np.errstate(divide="ignore"):
        lower = np.where(upper.T > 0, 1 / upper.T, 0)
    return AHP(matrix=upper + np.eye(len(upper)) + lower)


def _entropy(values: np.ndarray) -> np.ndarray:
    from pymcdm.weights import entropy_weights

    if values.min() <= 0:
        low = values.min(axis=0)
        values = 0.01 + 0.99 * (values - low) / (values.max(axis=0) - low)
    return entropy_weights(values)


def _critic(values: np.ndarray) -> np.ndarray:
    """Contrast times conflict; pymcdm's own takes 13 ms for 12 members, too slow for thousands of draws."""
    low = values.min(axis=0)
    contrast = np.std((values - low) / (values.max(axis=0) - low), axis=0, ddof=1)
    weights = contrast * (1 - np.corrcoef(values, rowvar=False)).sum(axis=0)
    return weights if weights.sum() > 1e-9 else contrast  # all say the same: only contrast is left


def _pca(values: np.ndarray) -> np.ndarray:
    from statsmodels.multivariate.factor_rotation import rotate_factors

    size, vectors = components(values)
    kept = max(1, int((size / size.sum() > RETAINED).sum()))
    loadings = vectors[:, :kept] * np.sqrt(size[:kept])
    if kept > 1:
        loadings, _ = rotate_factors(loadings, "varimax")
    squared = loadings**2
    explained = squared.sum(axis=0)
    own = np.argmax(squared / explained, axis=1)
    rows = np.arange(len(own))
    return squared[rows, own] / explained[own] * explained[own] / explained.sum()


def components(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return eigenvalues, largest first, and eigenvectors (columns) of the correlations of the columns."""
    size, vectors = np.linalg.eigh(np.corrcoef(values, rowvar=False))
    return size[::-1], vectors[:, ::-1]
