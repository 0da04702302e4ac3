"""Robust intervals under bounded changes of slope (Rambachan and Roth 2023, sections 2.4.1 and 4.1)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Smoothness:
    """Event-study estimates with an optimal fixed-length interval for every bound on changes of slope.

    The estimator extrapolates the pre-trend: ``weights @ effects - w @ changes``, with `w` on the changes
    between neighbouring pre-periods chosen to make the interval, which allows for the worst bias, shortest.

    Attributes
    ----------
    beta : (n_pre + n_post,) array
        Coefficients in order of event time, without the reference.
    sigma : (n_pre + n_post, n_pre + n_post) array
    n_pre : int
        At least 1.
    weights : (n_post,) array
        Not negative.
    level : float
    """

    beta: np.ndarray
    sigma: np.ndarray
    n_pre: int
    weights: np.ndarray
    level: float = 0.95

    def interval(self, m: float) -> tuple[float, float]:
        """Return the interval when the slope changes by at most `m` from one period to the next.

        NaN if the optimisation does not converge.
        """
        from scipy.optimize import LinearConstraint, minimize

        n_pre, steps = self.n_pre, np.arange(1, len(self.weights) + 1)
        target = steps @ self.weights  # by so much a linear trend moves the parameter, per unit of slope
        fixed = sum(steps[:s] @ self.weights[-s:] for s in steps) - target
        changes = np.diff(np.append(np.eye(len(self.beta))[:n_pre], np.zeros((1, len(self.beta))), 0), axis=0)
        parameter = np.append(np.zeros(n_pre), self.weights)
        scale = np.sqrt(parameter @ self.sigma @ parameter)
        sums = np.tril(np.ones((n_pre, n_pre)))

        def figures(x: np.ndarray) -> tuple[float, float, np.ndarray]:
            vector = parameter - x[n_pre:] @ changes
            return m * (fixed + x[:n_pre].sum()), np.sqrt(vector @ self.sigma @ vector), vector

        def length(x: np.ndarray) -> tuple[float, np.ndarray]:
            bias, sd, vector = figures(x)
            value, by_bias, by_sd = _half_length(bias, sd, self.level)
            slope = -(changes @ self.sigma @ vector) / sd
            return value / scale, np.append(np.full(n_pre, by_bias * m), by_sd * slope) / scale

        bounds = np.vstack([np.hstack([np.eye(n_pre), -sums]), np.hstack([np.eye(n_pre), sums])])
        balance = np.append(np.zeros(n_pre), np.ones(n_pre))
        rules = [LinearConstraint(bounds, 0, np.inf), LinearConstraint(balance, target, target)]
        w = self._least_variance(changes, parameter, target)
        done = minimize(length, np.append(np.abs(sums @ w), w), jac=True, constraints=rules, method="SLSQP",
                        options={"ftol": 1e-12, "maxiter": 500})  # fmt: skip
        w = done.x[n_pre:]
        kept = abs(w.sum() - target) < 1e-6 * max(target, 1) and np.isfinite(done.fun)
        if not kept:
            return np.nan, np.nan
        bias, sd, vector = figures(np.append(np.abs(sums @ w), w))
        half = _half_length(bias, sd, self.level)[0]
        centre = vector @ self.beta
        return float(centre - half), float(centre + half)

    def _least_variance(self, changes: np.ndarray, parameter: np.ndarray, target: float) -> np.ndarray:
        """Return the weights on pre-period changes of least variance among those that fit a line."""
        n = self.n_pre
        quadratic, linear = changes @ self.sigma @ changes.T, changes @ self.sigma @ parameter
        system = np.block([[quadratic, np.ones((n, 1))], [np.ones((1, n)), np.zeros((1, 1))]])
        return np.linalg.lstsq(system, np.append(linear, target), rcond=None)[0][:n]


def _half_length(bias: float, sd: float, level: float) -> tuple[float, float, float]:
    """Return the `level` quantile of |N(bias, sd^2)| and its derivatives by bias and sd."""
    from scipy.special import ndtr, ndtri

    ratio = abs(bias) / sd
    z = ratio + ndtri(level)  # right when the bias is large, too small otherwise: Newton climbs from here
    for _ in range(50):
        density = np.exp(-((z - ratio) ** 2) / 2) + np.exp(-((z + ratio) ** 2) / 2)
        step = (ndtr(z - ratio) - ndtr(-z - ratio) - level) * np.sqrt(2 * np.pi) / density
        z -= step
        if abs(step) < 1e-13 * z:
            break
    tilt = np.tanh(z * ratio)  # the derivative of the quantile by the ratio
    return z * sd, tilt, z - tilt * ratio
