"""How far parallel trends may fail before an effect can no longer be told from zero."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from analysis.effects.credibility.event_rows import EventRows, read_event_rows
from analysis.effects.credibility.relative import RelativeMagnitudes
from analysis.effects.credibility.smooth import Smoothness
from analysis.effects.estimators.group_time import GroupTimeEffects
from analysis.effects.results.estimate import LEVEL, EffectEstimate, add_inference, make_table
from analysis.effects.results.notes import Note
from analysis.errors import EstimationError

METHODS = ("relative_magnitudes", "smoothness")
MBARS = (0.0, 0.5, 1.0, 1.5, 2.0)
SLOPES = (0.0, 0.25, 0.5, 0.75, 1.0)
FARTHEST = 1024.0
PRECISION = 1e-3


def sensitivity(
    estimate: EffectEstimate | GroupTimeEffects,
    method: str = "relative_magnitudes",
    grid: Sequence[float] | None = None,
    *,
    target: int | str = 0,
    window: tuple[int, int] | None = None,
    seed: int = 0,
) -> EffectEstimate:
    """Give intervals that hold even if trends are not parallel, within a stated bound.

    "relative_magnitudes": the difference in trends changes from one period to the next, from the reference
    on, by at most Mbar times its largest change before the reference. "smoothness": its slope changes by at
    most M from one period to the next, before and after. The estimand is the effect at `target`.

    Parameters
    ----------
    estimate : EffectEstimate or GroupTimeEffects
        From `event_study`, or from `att_gt` with ``base_period="universal"``.
    method : {"relative_magnitudes", "smoothness"}
    grid : sequence of float, optional
        Bounds of at least 0: Mbar (a ratio; by default 0, 0.5, ..., 2) or M (units of the outcome per period
        and period; by default 0, 0.25, ..., 1 times the standard error).
    target : int or "average"
        The event time of interest, or the mean of event times 0 and later.
    window : (int, int), optional
        First and last event time to use; far ones rest on few units. By default all next to the reference.
    seed : int
        Of the draws behind critical values of relative magnitudes.

    Returns
    -------
    EffectEstimate
        A row "parallel trends" with the usual interval and a row per bound, whose conf_low and conf_high hold
        under that bound; statistic and p_value are NaN there, for there is no single test behind them. Extra
        columns: bound (NaN in the first row), breakdown (the same in all rows: the smallest bound at which
        the interval holds zero; inf if it is beyond 1,024). A note says it in words.

    Raises
    ------
    EstimationError
        No event times, or a varying base period; no such method or target; a negative bound; for smoothness,
        no more clusters than event times.

    Notes
    -----
    Relative magnitudes: union of conditional tests with the least-favourable first stage (Andrews, Roth and
    Pakes 2023), 5 % with a tenth of it for the first stage, as R's HonestDiD does by default. Smoothness:
    the optimal fixed-length interval. Both take the covariance matrix as known and normal: with few clusters
    intervals are too short.

    References
    ----------
    Rambachan, A. and Roth, J. (2023). A more credible approach to parallel trends. Review of Economic Studies
    90(5), 2555-2591.
    """
    if method not in METHODS:
        raise EstimationError(
            "There is no such method.",
            where="argument method",
            value=method,
            expected=" or ".join(METHODS),
            mend="Use one of these.",
        )
    rows = read_event_rows(estimate, window)
    weights = rows.weights(target)
    vector = np.append(np.zeros(rows.n_pre), weights)
    centre, error = vector @ rows.beta, np.sqrt(vector @ rows.sigma @ vector)
    relative = method == "relative_magnitudes"
    if not relative:
        rows.require_full_rank(rows.estimate.n_clusters)
    bounds = _read_grid(grid, MBARS if relative else tuple(share * error for share in SLOPES))
    core = (
        RelativeMagnitudes(rows.beta, rows.sigma, rows.n_pre, weights, LEVEL, seed)
        if relative
        else Smoothness(rows.beta, rows.sigma, rows.n_pre, weights, LEVEL)
    )
    breakdown = find_breakdown(core.interval, 1.0 if relative else error)
    intervals = np.array([core.interval(bound) for bound in bounds])
    table = _tabulate(rows, bounds, intervals, centre, error, breakdown, "Mbar" if relative else "M")
    source, code = rows.estimate, "relative" if relative else "smoothness"
    kept = tuple(note for note in source.notes if note.code in ("few_clusters", "few_treated_clusters"))
    return replace(
        source, table=table, estimator=f"Sensitivity of {source.estimator} ({method.replace('_', ' ')})",
        estimand=Note(f"estimand_{code}", outcome=source.outcome, target=_name(target)), covariance=None,
        notes=(*kept, *rows.notes, _describe_breakdown(breakdown, code), Note("normal_covariance")),
    )  # fmt: skip


def find_breakdown(interval: Callable[[float], tuple[float, float]], scale: float) -> float:
    """Return the smallest bound at which `interval` holds zero, to a thousandth; inf beyond 1,024 scales."""

    def holds(bound: float) -> bool:
        low, high = interval(bound)
        return not (low > 0 or high < 0)

    if holds(0.0):
        return 0.0
    low, high = 0.0, scale
    while not holds(high):
        low, high = high, 2 * high
        if high > FARTHEST * scale:
            return np.inf
    while high - low > PRECISION * high:
        middle = (low + high) / 2
        low, high = (low, middle) if holds(middle) else (middle, high)
    return high


def _name(target: int | str) -> str:
    return "0 and later, on average," if target == "average" else str(target)


def _read_grid(grid: Sequence[float] | None, default: tuple[float, ...]) -> np.ndarray:
    bounds = np.atleast_1d(np.asarray(default if grid is None else grid, dtype=float))
    if bounds.ndim != 1 or not len(bounds) or not np.isfinite(bounds).all() or (bounds < 0).any():
        raise EstimationError(
            "The bounds cannot be used.",
            where="argument grid",
            value=grid,
            expected="finite numbers of at least 0",
            mend="Give numbers of 0 or more, in rising order.",
        )
    return np.unique(bounds)


def _tabulate(rows: EventRows, bounds, intervals, centre: float, error: float, breakdown: float, name: str):
    count = len(bounds)
    columns = {key: np.repeat(value, count + 1) for key, value in
               add_inference(np.array([centre]), np.array([error])).items()}  # fmt: skip
    for key in ("statistic", "p_value"):
        columns[key][1:] = np.nan
    columns["conf_low"][1:], columns["conf_high"][1:] = intervals.T
    identified = np.append(True, np.isfinite(intervals).all(axis=1))
    for key in ("estimate", "std_error"):
        columns[key][~identified] = np.nan
    return make_table(columns | {
        "term": ["parallel trends", *(f"{name}={bound:.6g}" for bound in bounds)],
        "n_units": rows.estimate.n_treated,
        "identified": identified,
        "status": np.where(identified, "estimated", "numerical"),
        "bound": np.append(np.nan, bounds),
        "breakdown": breakdown,
    })  # fmt: skip


def _describe_breakdown(value: float, code: str) -> Note:
    if value == 0:
        return Note(f"breakdown_{code}_zero")
    if np.isinf(value):
        return Note(f"breakdown_{code}_never")
    return Note(f"breakdown_{code}", value=value)
