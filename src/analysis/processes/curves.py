"""The share still waiting, day by day: Kaplan-Meier curves with their intervals."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.processes.proportions import LEAST_PEOPLE, quantile
from analysis.processes.survival import fit_curves


def waiting_curve(
    days: np.ndarray, answered: np.ndarray, at: np.ndarray, *, level: float = 0.95
) -> pd.DataFrame:
    """Return the share of matters still waiting after each of some numbers of days.

    Parameters
    ----------
    days : array of float
        Days until the answer, or until the matter was last seen waiting; NaN is left out.
    answered : array of bool
        Whether the wait ended with an answer; the others are right-censored.
    at : array of float
        Days to look at, 0 or more.
    level : float
        Coverage of the interval, 0 to 1.

    Returns
    -------
    DataFrame
        days, waiting (share 0-1), conf_low, conf_high, at_risk (matters seen waiting that long or longer).
        Only days that at least five matters were seen to reach; no rows with fewer than five matters.

    Notes
    -----
    The variance is Greenwood's, the interval that of log(-log): it stays between 0 and 1. It is NaN before
    the first answer and once nobody waits. Assumes that open matters are no different from those answered
    after as many days. Source: Kalbfleisch and Prentice (2002), section 1.4.
    """
    known = ~np.isnan(days)
    curve = fit_curves(np.zeros(known.sum(), int), days[known], np.asarray(answered, bool)[known], 1)
    n = curve.at_risk.astype(float)
    jumps = curve.answered & (n > 1)
    pieces = np.divide(1, n * (n - 1), out=np.zeros(len(n)), where=jumps)
    last = np.searchsorted(curve.days, at, side="right")
    waiting = np.concatenate([[1.0], curve.waiting])[last]
    spread = np.sqrt(np.concatenate([[0.0], np.cumsum(pieces)])[last])
    with np.errstate(invalid="ignore", divide="ignore"):  # log 1 and log 0 have no interval
        power = quantile(level) * spread / np.log(waiting)
        low, high = waiting ** np.exp(-power), waiting ** np.exp(power)
    unsure = (waiting >= 1) | (waiting <= 0)
    table = pd.DataFrame(
        {
            "days": np.asarray(at, float), "waiting": waiting, "conf_low": np.where(unsure, np.nan, low),
            "conf_high": np.where(unsure, np.nan, high),
            "at_risk": known.sum() - np.searchsorted(curve.days, at, side="left"),
        }
    )  # fmt: skip
    return table[table["at_risk"] >= LEAST_PEOPLE].reset_index(drop=True)
