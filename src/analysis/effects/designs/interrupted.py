"""Interrupted series of one place, with autoregressive errors and placebo starts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.effects.credibility.rows import require_count, table_of
from analysis.effects.panel import checks
from analysis.effects.panel.timescale import TimeScale, read_scale
from analysis.effects.results.estimate import EffectEstimate, add_inference
from analysis.effects.results.notes import Note
from analysis.errors import EstimationError

LEAST = 8  # periods before and after: fewer cannot tell a trend from noise
EDGE = 0.97  # partial autocorrelation beyond which errors are close to a random walk
MOST_ORDER = 3


def interrupted_series(
    series: pd.DataFrame,
    *,
    time: str,
    value: str,
    start: object,
    order: int = 1,
    trend: bool = True,
    season: int | None = None,
) -> EffectEstimate:
    """Estimate how a series of one place changed at a known date, against its own straight line before.

    Generalised least squares with autoregressive errors by restricted maximum likelihood. The estimand is the
    difference between what happened and the line of before, drawn on; it rests on nothing else having
    happened at the start, on the line going on, and on no action ahead of the start.

    Parameters
    ----------
    series : DataFrame
        One row per period; not changed. Gaps are allowed; rows without a value are set aside and counted.
    time, value : str
        Columns; times as in `att_gt`.
    start : period
        First period after the change, written like the times; at least 8 periods with a value before and from
        it on.
    order : {0, 1, 2, 3}
        Of autoregression; 0: independent errors.
    trend : bool
        Whether the series may have a slope, and change it.
    season : int, optional
        Periods in a year, to let the level move with the season (one sine wave, and one of half the length).

    Returns
    -------
    EffectEstimate
        Rows "level change" (at the start), "slope change" (per period), both with `trend`, and "average
        effect" (mean over the periods from the start on of level change plus slope change). Intervals:
        Student's t with degrees of freedom reduced for autocorrelation. Extra column p_placebo, for the
        level change: the share of starts (with 8 periods on each side) whose level change is at least as many
        standard errors from zero, if the start were chosen at random.

    Raises
    ------
    EstimationError
        Two rows for a period, text, a start outside the series or too close to its ends, a constant value.

    References
    ----------
    Turner, S. L., Forbes, A. B., Karahalios, A., Taljaard, M. and McKenzie, J. E. (2021). Evaluation of
    statistical methods used in the analysis of interrupted time series studies. BMC Medical Research
    Methodology 21, 181 (restricted maximum likelihood is the most reliable for short series).
    """
    _require_order(order, season)
    times, values, scale, n_rows = _read(series, time, value)
    begin = _start(start, scale, times, time)
    line = Line(times, values, order, trend, season)
    fit = line.fit(begin)
    rows, placebo = [], line.placebo(begin, fit)
    for k, (term, contrast) in enumerate(line.contrasts(begin)):
        estimate, error = float(contrast @ fit.beta), float(np.sqrt(contrast @ fit.covariance @ contrast))
        columns = add_inference(np.array([estimate]), np.array([error]), fit.df)
        rows.append({name: column[0] for name, column in columns.items()} | {
            "term": term, "n_units": 1, "identified": True, "status": "estimated",
            "p_placebo": placebo[0] if k == 0 else np.nan,
        })  # fmt: skip
    missing = n_rows - len(values)
    return EffectEstimate(
        table=table_of(rows), estimator=f"Interrupted series, AR({order}) errors by REML",
        estimand=Note("estimand_interrupted", value=value, start=start), outcome=value, unit="one place",
        time=time, treatment=f"from {start} on", control_group=None, cluster=time, n_clusters=len(values),
        n_rows=n_rows, n_obs=len(values), n_units=1, n_treated=1,
        set_aside=(("missing value", missing),) if missing else (),
        notes=_notes(fit, placebo, start, order, missing),
    )  # fmt: skip


@dataclass(frozen=True)
class Fitted:
    """Coefficients with covariance matrix, partial autocorrelations, whitened residuals."""

    beta: np.ndarray
    covariance: np.ndarray
    partial: np.ndarray
    rho: float
    df: float
    white: np.ndarray


@dataclass(frozen=True)
class Line:
    """A series with the model of its level, trend, season and errors."""

    times: np.ndarray
    values: np.ndarray
    order: int
    trend: bool
    season: int | None

    def columns(self, begin: float) -> np.ndarray:
        """Return regressors: the change of level first, that of the slope second (with trend)."""
        after = (self.times >= begin).astype(float)
        columns = [after, after * (self.times - begin), np.ones(len(after)), self.times - begin]
        columns = columns if self.trend else [columns[0], columns[2]]
        for wave in (1, 2) if self.season else ():
            angle = 2 * np.pi * wave * self.times / self.season
            columns += [np.cos(angle)] if self.season == 2 * wave else [np.cos(angle), np.sin(angle)]
        return np.column_stack(columns)

    def contrasts(self, begin: float) -> list[tuple[str, np.ndarray]]:
        unit = np.eye(self.columns(begin).shape[1])
        if not self.trend:
            return [("level change", unit[0]), ("average effect", unit[0])]
        mean = (self.times[self.times >= begin] - begin).mean()
        rows = [("level change", unit[0]), ("slope change", unit[1])]
        return [*rows, ("average effect", unit[0] + mean * unit[1])]

    def fit(self, begin: float) -> Fitted:
        """Maximise the restricted likelihood over partial autocorrelations."""
        from scipy.optimize import minimize

        columns = self.columns(begin)
        if not self.order:
            return self._given(columns, np.zeros(0))
        best = None
        for first in (0.2, 0.7):
            guess = np.arctanh(np.append(first, np.zeros(self.order - 1)))
            found = minimize(lambda z: -self._likelihood(columns, np.tanh(z)), guess, method="Nelder-Mead",
                             options={"xatol": 1e-4, "fatol": 1e-6})  # fmt: skip
            best = found if best is None or found.fun < best.fun else best
        return self._given(columns, np.tanh(best.x))

    def placebo(self, begin: float, fit: Fitted) -> tuple[float, int]:
        """Return the share of possible starts with a level change as far from zero, and their number."""
        starts = self.times[LEAST : len(self.times) - LEAST + 1]
        starts = np.append(starts[starts != begin], begin)
        scores = []
        for candidate in starts:
            one = self._given(self.columns(candidate), fit.partial)
            scores.append(abs(one.beta[0]) / np.sqrt(one.covariance[0, 0]))
        return float(np.mean(np.array(scores) >= scores[-1] * (1 - 1e-9))), len(starts) - 1

    def _solve(self, columns, partial) -> tuple:
        white, logs = whiten(np.column_stack([columns, self.values]), self.times, partial)
        x, y = white[:, :-1], white[:, -1]
        cross = x.T @ x
        beta = np.linalg.lstsq(x, y, rcond=None)[0]
        return logs, cross, beta, y - x @ beta

    def _likelihood(self, columns, partial) -> float:
        logs, cross, _, rest = self._solve(columns, np.clip(partial, -0.999, 0.999))
        left = len(self.values) - columns.shape[1]
        logs = logs + np.linalg.slogdet(cross)[1]
        return -0.5 * (logs + left * np.log(max(rest @ rest, 1e-300)))

    def _given(self, columns, partial) -> Fitted:
        partial = np.clip(partial, -0.999, 0.999)
        _, cross, beta, rest = self._solve(columns, partial)
        left = len(self.values) - columns.shape[1]
        variance = float(rest @ rest) / left
        rho = float(correlations(partial, 1)[1])
        worth = (1 - rho) / (1 + rho) if rho > 0 else 1.0
        return Fitted(beta, variance * np.linalg.inv(cross), partial, rho, max(left * worth, 2.0), rest)


def whiten(columns: np.ndarray, times: np.ndarray, partial: np.ndarray) -> tuple[np.ndarray, float]:
    """Return columns free of autocorrelation, and the log determinant of the errors' correlation matrix."""
    if not len(partial):
        return columns, 0.0
    n, p = len(times), len(partial)
    if times[-1] - times[0] > n - 1:
        lags = np.abs(times[:, None] - times).astype(int)
        root = np.linalg.cholesky(correlations(partial, int(lags.max()))[lags] + 1e-12 * np.eye(n))
        return np.linalg.solve(root, columns), 2 * float(np.log(np.diag(root)).sum())
    lags = np.abs(np.subtract.outer(np.arange(p), np.arange(p)))
    root = np.linalg.cholesky(correlations(partial, p)[lags])
    spread = float(np.sqrt(np.prod(1 - partial**2)))
    later = columns[p:] - sum(c * columns[p - k - 1 : n - k - 1] for k, c in enumerate(coefficients(partial)))
    white = np.vstack([np.linalg.solve(root, columns[:p]), later / spread])
    return white, 2 * float(np.log(np.diag(root)).sum() + (n - p) * np.log(spread))


def coefficients(partial: np.ndarray) -> np.ndarray:
    """Return the coefficients of the autoregression with these partial autocorrelations (Durbin)."""
    phi = np.zeros(0)
    for value in partial:
        phi = np.append(phi - value * phi[::-1], value)
    return phi


def correlations(partial: np.ndarray, lags: int) -> np.ndarray:
    """Return autocorrelations at lags 0 to `lags` of an autoregression with these partial ones (Durbin)."""
    phi = np.zeros(0)
    found = [1.0]
    for k, value in enumerate(partial):
        found.append(float(value * (1 - phi @ found[1 : k + 1]) + phi @ found[k:0:-1]) if k else float(value))
        phi = np.append(phi - value * phi[::-1], value)
    while len(found) <= lags:
        found.append(float(phi @ found[: -len(phi) - 1 : -1]) if len(phi) else 0.0)
    return np.array(found[: lags + 1])


def _read(series, time: str, value: str) -> tuple[np.ndarray, np.ndarray, TimeScale, int]:
    checks.require_columns(series, {"time": time, "value": value})
    values = checks.numeric_column(series, value, "value")
    codes, labels = checks.codes_of(series, time, "period")
    scale = read_scale(labels, time)
    checks.require_unique(np.zeros(len(codes), int), codes, ("the place", time), (["the place"], labels))
    positions = scale.positions(labels, time)[codes]
    known = np.isfinite(values)
    checks.require_variation(values[known], value)
    order = np.argsort(positions[known])
    return positions[known][order], values[known][order], scale, len(series)


def _start(start: object, scale: TimeScale, times: np.ndarray, time: str) -> float:
    begin = float(np.ceil(scale.positions(pd.Index([start]), "start")[0]))
    before, after = int((times < begin).sum()), int((times >= begin).sum())
    if min(before, after) < LEAST:
        raise EstimationError(
            "Too few periods on one side of the start.", where="argument start", value=start,
            expected=f"at least {LEAST} periods before and from it on; here {before} and {after}",
            mend=f"Check that it is written like column {time!r}, or use a longer series.",
        )  # fmt: skip
    return begin


def _require_order(order: int, season: int | None) -> None:
    require_count(0, order=order)
    if order > MOST_ORDER:
        raise EstimationError(
            "A short series cannot tell so long a memory.",
            where="argument order",
            value=order,
            expected="0, 1, 2 or 3",
            mend="Use a lower order, or a longer series.",
        )
    if season is not None:
        require_count(4, season=season)


def _notes(fit: Fitted, placebo, start, order: int, missing: int) -> tuple[Note, ...]:
    from scipy.special import chdtrc

    n, lags = len(fit.white), min(10, len(fit.white) // 5)
    centred = fit.white - fit.white.mean()
    acf = np.array([centred[k:] @ centred[:-k] for k in range(1, lags + 1)]) / (centred @ centred)
    statistic = n * (n + 2) * (acf**2 / (n - np.arange(1, lags + 1))).sum()
    p_value = float(chdtrc(max(lags - order, 1), statistic))
    share, count = placebo
    notes = [Note("interrupted_one", start=start),
             Note("interrupted_ar", order=order, rho=fit.rho, df=fit.df),
             Note("interrupted_placebo", count=count, p_value=share)]  # fmt: skip
    notes += [Note("set_aside", count=missing, reason="missing value")] if missing else []
    notes += [Note("interrupted_left", p_value=p_value)] if p_value < 0.05 else []
    edge = len(fit.partial) and np.abs(fit.partial).max() > EDGE
    return (*notes, Note("interrupted_edge")) if edge else tuple(notes)
