"""Event-time rows of an estimate as the coefficients and covariance matrix that checks of pre-trends need."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.effects.estimators.group_time import GroupTimeEffects
from analysis.effects.results.estimate import EffectEstimate
from analysis.effects.results.notes import Note
from analysis.errors import EstimationError

RANK = 1e-10  # of the largest eigenvalue: below it, a direction has no error but that of rounding


@dataclass(frozen=True)
class EventRows:
    """Coefficients around one reference event time, in order and without gaps.

    Attributes
    ----------
    estimate : EffectEstimate
        Where they come from.
    beta : (n_pre + n_post,) array
        Without the reference.
    sigma : (n_pre + n_post, n_pre + n_post) array
    event_time : (n_pre + n_post,) array of int
        Counted from adoption.
    n_pre : int
        Those before the reference.
    notes : tuple of Note
    """

    estimate: EffectEstimate
    beta: np.ndarray
    sigma: np.ndarray
    event_time: np.ndarray
    n_pre: int
    notes: tuple[Note, ...]

    @property
    def pre(self) -> slice:
        return slice(0, self.n_pre)

    def require_full_rank(self, clusters: int) -> None:
        """Raise if there are too few clusters to measure how all these rows vary together."""
        roots = np.linalg.eigvalsh(self.sigma)
        if roots[0] < RANK * roots[-1]:
            raise EstimationError(
                "Too few clusters to measure how the event-time rows vary together: some average of them "
                "would seem to have no error at all.",
                where="argument window",
                value=f"{len(self.beta)} event times, {clusters} clusters",
                expected="clearly fewer event times than clusters",
                mend="Give a narrower window, for example window=(-3, 2).",
            )

    def weights(self, target: int | str) -> np.ndarray:
        """Return weights on the coefficients after the reference: one event time, or the mean from 0 on."""
        post = self.event_time[self.n_pre :]
        chosen = post >= 0 if target == "average" else post == target
        if not chosen.any() or isinstance(target, bool):
            raise EstimationError(
                "There is no such event time after the reference.",
                where="argument target",
                value=target,
                expected="'average' or one of: " + ", ".join(map(str, post[post >= 0])),
                mend="Choose an event time of the table.",
            )
        return chosen / chosen.sum()


def read_event_rows(
    estimate: EffectEstimate | GroupTimeEffects, window: tuple[int, int] | None = None
) -> EventRows:
    """Return the event-time rows of `estimate` next to its reference, as far as they are identified.

    Raises
    ------
    EstimationError
        No event times; a varying base period, whose pre-period rows are changes and not levels; no rows
        before or after the reference.
    """
    if isinstance(estimate, GroupTimeEffects):
        estimate = estimate.aggregate("event_time")
    table = estimate.table
    if "event_time" not in table or estimate.covariance is None:
        raise EstimationError(
            "The estimate has no effects by event time with their covariance matrix.",
            where="argument estimate",
            value=estimate.estimator,
            expected="event_study(...) or att_gt(..., base_period='universal').aggregate('event_time')",
            mend='Pass an event_study, or att_gt(...).aggregate("event_time").',
        )
    if any(note.code == "varying_base" for note in estimate.notes):
        raise EstimationError(
            "Pre-period rows compare each period with the one before it: they are changes, not levels.",
            where="argument estimate",
            value="base_period='varying'",
            expected="all rows measured against one reference period",
            mend="Use att_gt(..., base_period='universal') or event_study.",
        )
    rows = np.flatnonzero(table["event_time"].notna())
    time = table["event_time"].iloc[rows].to_numpy(int)
    reference = time[(table["status"].iloc[rows] == "reference").to_numpy()]
    if len(reference) != 1:
        raise EstimationError(
            "The rows are not measured against one reference event time.", where="argument estimate",
            value=f"{len(reference)} reference rows", expected="one row with status 'reference'",
            mend="Panels whose periods have gaps near adoption mix references: choose periods without gaps.",
        )  # fmt: skip
    good = (table["std_error"].iloc[rows] > 0).to_numpy() | (time == reference[0])
    low, high = _block(time, good, reference[0])
    notes = [] if high - low + 1 == len(time) else [Note("event_rows_left_out", low=low, high=high)]
    if window is not None:
        low, high = max(low, window[0]), min(high, window[1])
        notes = [Note("window", low=low, high=high)]
    kept = (time >= low) & (time <= high) & (time != reference[0])
    n_pre = int((time[kept] < reference[0]).sum())
    _require_both(n_pre, int((time[kept] >= 0).sum()), int(reference[0]))
    chosen = rows[kept]
    beta, sigma = table["estimate"].to_numpy(float)[chosen], estimate.covariance[np.ix_(chosen, chosen)]
    return EventRows(estimate, beta, sigma, time[kept], n_pre, tuple(notes))


def _block(time: np.ndarray, good: np.ndarray, reference: int) -> tuple[int, int]:
    """Return the first and last event time reached from the reference without a gap or a bad row."""
    known = set(time[good].tolist())
    low = high = int(reference)
    while low - 1 in known:
        low -= 1
    while high + 1 in known:
        high += 1
    return low, high


def _require_both(before: int, after: int, reference: int) -> None:
    for count, side in ((before, "before"), (after, "after")):
        if not count:
            raise EstimationError(
                f"No event time {side} the reference ({reference}) has an estimate with a standard error.",
                where="argument estimate",
                expected="at least one on either side",
                mend="Use a panel with more periods, or a wider window.",
            )
