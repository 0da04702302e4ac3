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
    basis = _Basis(estimate, sigma)
    variance = basis.solve(df)
    exact = np.isinf(noise_df)
    low, high = (
        basis.solve(chdtri(df, 1 - share) if exact else df * fdtri(df, noise_df, share))
        for share in (1 - tail, tail)
    )
    mean, mean_variance, shrunk, _, weight = basis.shrink(variance)
    reach = 2 * np.sqrt(max(high, variance, np.diag(sigma).mean()))
    *errors, new = np.sqrt(_average_squares(basis, np.append(shrunk, mean), reach))
    return Pooled(mean, np.sqrt(mean_variance), *np.sqrt([variance, low, high]), shrunk, np.array(errors),
                  weight, float(new))  # fmt: skip


def _average_squares(basis: _Basis, centres: np.ndarray, reach: float) -> np.ndarray:
    """Return mean square errors of `centres` for each true effect and for a new one.

    They are averaged over tau up to `reach` by its restricted likelihood.
    """
    taus, likelihood, squares = np.linspace(0, reach, TAUS), np.empty(TAUS), []
    for k, tau in enumerate(taus):
        likelihood[k] = basis.likelihood(tau**2)
        mean, mean_variance, shrunk, error, _ = basis.shrink(tau**2)
        noise = np.append(error**2, tau**2 + mean_variance)
        squares.append(noise + (np.append(shrunk, mean) - centres) ** 2)
    share = np.exp(likelihood - likelihood.max())
    return share @ np.array(squares) / share.sum()


class _Basis:
    """The estimates in the eigenvectors of `sigma`: its inverse at any tau costs K divisions, not K**3.

    Parameters
    ----------
    estimate : (K,) array
    sigma : (K, K) array
        Their covariance matrix. A combination to which it gives no error (or, by rounding, less than
        none) is taken to have one of a rounding error, so that Q stays finite and the likelihood defined.
    """

    def __init__(self, estimate: np.ndarray, sigma: np.ndarray) -> None:
        self.estimate = estimate
        values, self.vectors = np.linalg.eigh(sigma)
        self.values = np.maximum(values, np.finfo(float).eps * len(values) * values[-1])
        self.ones, self.turned = self.vectors.sum(axis=0), self.vectors.T @ estimate

    def mean(self, variance: float) -> tuple[float, float]:
        """Return the weighted mean and its variance."""
        weight = 1 / (self.values + variance)
        total = (self.ones**2 * weight).sum()
        return float((self.ones * weight) @ self.turned / total), float(1 / total)

    def q(self, variance: float) -> float:
        """Return the weighted sum of squares around the mean."""
        off = self.turned - self.mean(variance)[0] * self.ones
        return float((off**2 / (self.values + variance)).sum())

    def likelihood(self, variance: float) -> float:
        """Return the logarithm of the restricted likelihood but for a constant."""
        determinant = np.log(self.mean(variance)[1]) - np.log(self.values + variance).sum()
        return float(determinant - self.q(variance)) / 2

    def solve(self, target: float) -> float:
        """Return the variance between at which Q falls to `target`; 0 if it is below it already."""
        if self.q(0.0) <= target:
            return 0.0
        spread = (self.vectors**2 @ self.values).max()
        low, high = 0.0, float(np.var(self.estimate) + spread)
        while self.q(high) > target:
            low, high = high, 2 * high
        for _ in range(BISECTIONS):
            middle = (low + high) / 2
            low, high = (middle, high) if self.q(middle) > target else (low, middle)
        return high

    def shrink(self, variance: float) -> tuple:
        """Return the mean, its variance, the shrunk estimates, their errors and the weight of their own."""
        mean, mean_variance = self.mean(variance)
        weight = variance / (self.values + variance)
        shrunk = mean + self.vectors @ (weight * (self.turned - mean * self.ones))
        own = self.vectors**2 @ weight
        rest = 1 - self.vectors @ (weight * self.ones)
        error = np.sqrt(np.maximum(variance - variance * own + rest**2 * mean_variance, 0.0))
        return mean, mean_variance, shrunk, error, own
