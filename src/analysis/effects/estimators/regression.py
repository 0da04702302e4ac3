"""The one door to pyfixest: quiet, with names of our own, and without its own count of parameters."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
import pandas as pd


@dataclass(frozen=True)
class Regression:
    """Coefficients of the regressors that could be kept, with what their errors are made of.

    Attributes
    ----------
    kept : tuple of str
    estimate : (kept,) array
    regressors : (rows, kept) array
        With unit and period effects taken out, times the root of the weights if there are any.
    residuals : (rows,) array
        Likewise.
    """

    kept: tuple[str, ...]
    estimate: np.ndarray
    regressors: np.ndarray
    residuals: np.ndarray

    @property
    def exact(self) -> bool:
        """Whether the fit leaves nothing: as many parameters as rows, or outcomes without noise."""
        spread = max(np.abs(self.regressors @ self.estimate).max(), np.finfo(float).tiny)
        return bool(np.abs(self.residuals).max() < 1e-10 * spread)

    def scores(self) -> np.ndarray:
        """Return each row's contribution to the errors of the coefficients."""
        return (self.regressors * self.residuals[:, None]) @ np.linalg.inv(
            self.regressors.T @ self.regressors
        )


def regress(frame: pd.DataFrame, names: list[str], weights: str | None = None) -> Regression | None:
    """Regress y on `names` with effects of u and t; None if these absorb every regressor.

    The first of several collinear regressors is kept.
    """
    import pyfixest

    # a regression with as many parameters as rows divides by zero in the library's own R2, which is not used
    with np.errstate(divide="ignore", invalid="ignore"), warnings.catch_warnings():
        # callers say it in their own words: what is dropped becomes a row that is not identified
        warnings.filterwarnings("ignore", message=r"(?s).*collinear", category=UserWarning)
        # the library's own use of pandas, which the user can do nothing about
        warnings.filterwarnings("ignore", category=DeprecationWarning, module=r"pyfixest\.")
        formula = f"y ~ {' + '.join(names)} | u + t"
        try:
            plain = pyfixest.ssc(k_adj=False, G_adj=False)  # errors are made from the scores, by the caller
            fit = pyfixest.feols(
                formula, frame, "iid", weights=weights, ssc=plain, fixef_rm="none", demeaner=demeaner()
            )
        except ValueError as error:
            if "collinear" not in str(error):
                raise
            return None
    kept = tuple(fit._coefnames)
    estimate, residuals = np.asarray(fit._beta_hat, float).ravel(), np.asarray(fit._u_hat, float).ravel()
    return Regression(kept, estimate, np.asarray(fit._X, float), residuals)


def demeaner():
    """Return how fixed effects are taken out: until nothing changes beyond rounding.

    With the library's own tolerance of 1e-6 results differ between runs in the seventh digit.
    """
    from pyfixest.demeaners import MapDemeaner

    return MapDemeaner(fixef_tol=1e-12, fixef_maxiter=100_000)


def small_sample(clusters: int, rows: int, parameters: int) -> float:
    """Return fixest's factor on cluster-robust variances, G/(G-1) times (N-1)/(N-K); NaN for one cluster or
    as many parameters as rows.

    K counts regressors and periods but not units, which are nested in clusters. It is counted here because
    pyfixest 0.60 takes further fixed effects for nested depending on the names and order of their columns.
    """
    if clusters < 2 or rows <= parameters:
        return np.nan
    return clusters / (clusters - 1) * (rows - 1) / (rows - parameters)
