"""Tests of pre-trends with what they could have found (Roth 2022)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.effects.credibility.event_rows import EventRows, read_event_rows
from analysis.effects.estimators.group_time import GroupTimeEffects
from analysis.effects.results.estimate import LEVEL, EffectEstimate
from analysis.effects.results.notes import Note

DRAWS = 20_000


@dataclass(frozen=True)
class CheckResult:
    """One check of a design: did it pass, with which figures, in words.

    Attributes
    ----------
    name : str
    passed : bool or None
        None if the check could not be made or cannot tell.
    table : DataFrame
    text : Note
    """

    name: str
    passed: bool | None
    table: pd.DataFrame
    text: Note

    def __repr__(self) -> str:
        return f"CheckResult({self.name}: passed={self.passed}. {self.text})"


def pretrend_test(
    estimate: EffectEstimate | GroupTimeEffects,
    *,
    power: tuple[float, ...] = (0.5, 0.8),
    target: int | str = 0,
    window: tuple[int, int] | None = None,
    seed: int = 0,
) -> CheckResult:
    """Test that all pre-period effects are zero, and say which trend this could have found.

    The joint test is a Wald test. Its power is judged, as in Roth (2022), for linear differences in trends
    and for the habit of accepting parallel trends when no single pre-period row leaves zero out of its 95 %
    interval.

    Parameters
    ----------
    estimate : EffectEstimate or GroupTimeEffects
        As for `sensitivity`.
    power : tuple of float
        Chances of being found, between 0.05 and 1.
    target : int or "average"
        The event time whose bias is reported.
    window : (int, int), optional
        First and last event time to use.
    seed : int

    Returns
    -------
    CheckResult
        ``passed``: whether the joint test's p-value is at least 0.05. ``table``: one row per power, with the
        slope per period that would be found so often, the violation of parallel trends it means at `target`,
        bias_if_passed (the mean error of the estimate at `target` among samples that pass), and statistic,
        df and p_value of the joint test.

    Raises
    ------
    EstimationError
        As `sensitivity`; no more clusters than event times.

    References
    ----------
    Roth, J. (2022). Pretest with caution: event-study estimates after testing for parallel trends. American
    Economic Review: Insights 4(3), 305-322.
    """
    from scipy.special import chdtrc

    rows = read_event_rows(estimate, window)
    rows.require_full_rank(rows.estimate.n_clusters)
    beta, sigma = rows.beta[rows.pre], rows.sigma[rows.pre, rows.pre]
    df = rows.n_pre
    statistic = float(beta @ np.linalg.solve(sigma, beta))
    p_value = float(chdtrc(df, statistic))
    table = pd.DataFrame(_powers(rows, power, target, seed))
    table = table.assign(statistic=statistic, df=df, p_value=p_value)
    last = table.iloc[-1]
    text = Note("pretrend_test", p_value=p_value, rows=rows.n_pre, power=last["power"], slope=last["slope"],
                violation=last["violation"])  # fmt: skip
    return CheckResult("pre_trends", p_value >= 1 - LEVEL, table, text)


def _powers(rows: EventRows, power: tuple[float, ...], target: int | str, seed: int) -> list[dict]:
    from scipy.special import ndtri

    reference = _reference(rows)
    line = rows.event_time - reference
    vector = np.append(np.zeros(rows.n_pre), rows.weights(target))
    roots, vectors = np.linalg.eigh(rows.sigma)
    root = vectors * np.sqrt(np.maximum(roots, 0.0))
    noise = np.random.default_rng(seed).standard_normal((DRAWS, len(line))) @ root.T
    limits = ndtri(0.5 + LEVEL / 2) * np.sqrt(np.diag(rows.sigma)[rows.pre])

    def passing(slope: float) -> np.ndarray:
        return (np.abs(noise[:, rows.pre] + slope * line[rows.pre]) <= limits).all(axis=1)

    found = []
    for chance in power:
        low, high = 0.0, float(limits.max())
        while 1 - passing(high).mean() < chance:
            high *= 2
        for _ in range(40):
            middle = (low + high) / 2
            low, high = (middle, high) if 1 - passing(middle).mean() < chance else (low, middle)
        through = passing(high)
        bias = high * (vector @ line) + (noise[through] @ vector).mean() if through.any() else np.nan
        found.append({"power": chance, "slope": high, "violation": high * (vector @ line),
                      "bias_if_passed": bias})  # fmt: skip
    return found


def _reference(rows: EventRows) -> int:
    return int(rows.event_time[rows.n_pre]) - 1
