"""Random-effects pooling of estimates that may share comparison units (so their errors may be correlated)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

BISECTIONS = 80
TAUS = 60


@dataclass(frozen=True)
class Pooled:
    """Estimates pooled under ``estimate = mean + N(0, tau^2) + error``, errors with covariance `sigma`.

    Attributes
    ----------
    mean, mean_error, tau, tau_low, tau_high : float
        Generalised least squares at the Paule-Mandel tau, with its Q-profile interval.
    shrunk, shrunk_error, weight : (K,) arrays
        Empirical-Bayes estimates, their standard errors with the uncertainty of mean and tau, and the weight
        each gives its own raw estimate.
    new_error : float
        Standard error of the mean as a prediction of one more true effect.
    """

    mean: float
    mean_error: float
    tau: float
    tau_low: float
    tau_high: float
    shrunk: np.ndarray
    shrunk_error: np.ndarray
    weight: np.ndarray
    new_error: float


def pool(estimate: np.ndarray, sigma: np.ndarray, noise_df: float = np.inf, level: float = 0.95) -> Pooled:
    """Pool two estimates or more.

    Tau solves Q(tau^2) = K - 1 (Paule and Mandel 1982), its interval Q(tau^2) = the chi-square quantiles
    (Viechtbauer 2007), or K - 1 times those of F if `sigma` was estimated with `noise_df` degrees of freedom;
    Q is quadratic in the whole covariance matrix, so shared comparison units count.
    Standard errors of shrunk estimates average over what tau may be (restricted likelihood, flat in tau), for
    at a single value of it their intervals are too short.
    """
    from scipy.special import chdtri, fdtri

    df = len(estimate) - 1.0
    tail = (1 - level) / 2
    variance = _solve(estimate, sigma, df)
    exact = np.isinf(noise_df)
    low, high = (
        _solve(estimate, sigma, chdtri(df, 1 - share) if exact else df * fdtri(df, noise_df, share))
        for share in (1 - tail, tail)
    )
    mean, mean_variance, shrunk, _, weight = _shrink(estimate, sigma, variance)
    reach = 2 * np.sqrt(max(high, variance, np.diag(sigma).mean()))
    *errors, new = np.sqrt(_average_squares(estimate, sigma, np.append(shrunk, mean), reach))
    return Pooled(mean, np.sqrt(mean_variance), *np.sqrt([variance, low, high]), shrunk, np.array(errors),
                  weight, float(new))  # fmt: skip


def _average_squares(estimate, sigma, centres, reach: float) -> np.ndarray:
    """Return mean square errors of `centres` for each true effect and for a new one.

    They are averaged over tau up to `reach` by its restricted likelihood.
    """
    taus, likelihood, squares = np.linspace(0, reach, TAUS), np.empty(TAUS), []
    for k, tau in enumerate(taus):
        inverse = np.linalg.inv(sigma + tau**2 * np.eye(len(estimate)))
        determinant = np.linalg.slogdet(inverse)[1] - np.log(inverse.sum())
        likelihood[k] = (determinant - _q(estimate, sigma, tau**2)) / 2
        mean, mean_variance, shrunk, error, _ = _shrink(estimate, sigma, tau**2)
        noise = np.append(error**2, tau**2 + mean_variance)
        squares.append(noise + (np.append(shrunk, mean) - centres) ** 2)
    share = np.exp(likelihood - likelihood.max())
    return share @ np.array(squares) / share.sum()


def _q(estimate: np.ndarray, sigma: np.ndarray, variance: float) -> float:
    inverse = np.linalg.inv(sigma + variance * np.eye(len(estimate)))
    off = estimate - inverse.sum(axis=0) @ estimate / inverse.sum()
    return float(off @ inverse @ off)


def _solve(estimate: np.ndarray, sigma: np.ndarray, target: float) -> float:
    """Return the variance between at which Q falls to `target`; 0 if it is below it already."""
    if _q(estimate, sigma, 0.0) <= target:
        return 0.0
    low, high = 0.0, float(np.var(estimate) + np.diag(sigma).max())
    while _q(estimate, sigma, high) > target:
        low, high = high, 2 * high
    for _ in range(BISECTIONS):
        middle = (low + high) / 2
        low, high = (middle, high) if _q(estimate, sigma, middle) > target else (low, middle)
    return high


def _shrink(estimate: np.ndarray, sigma: np.ndarray, variance: float) -> tuple:
    inverse = np.linalg.inv(sigma + variance * np.eye(len(estimate)))
    mean_variance = 1 / inverse.sum()
    mean = float(mean_variance * inverse.sum(axis=0) @ estimate)
    pull = variance * inverse
    shrunk = mean + pull @ (estimate - mean)
    rest = 1 - pull.sum(axis=1)
    error = np.sqrt(np.maximum(variance - variance * np.diag(pull) + rest**2 * mean_variance, 0.0))
    return mean, float(mean_variance), shrunk, error, np.diag(pull)
