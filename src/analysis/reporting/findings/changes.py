"""What changed in a place: from the first year to the last, beyond noise or not."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from analysis.processes.proportions import difference as share_difference
from analysis.reporting.findings.figures import NAN, Z95, Figure, limits, of_cases
from analysis.reporting.masked import VALUE, N
from analysis.reporting.provenance.trail import used

PER_YEAR = {"month": 12, "quarter": 4, "year": 1}
ENOUGH = 0.8  # of what a block rests on must lie in periods that may be shown
UP, DOWN, UNCLEAR, NO_ERROR = "up", "down", "unclear", "no_error"
SAME_PEOPLE = "network_"  # measured of the same people again and again


@dataclass(frozen=True)
class Change:
    """The change of a measure between two blocks of periods.

    Attributes
    ----------
    first, last : Figure
    difference, low, high : float
        Last less first, with its 95 % interval; NaN where an error is not known.
    verdict : str
        "up" or "down" (the interval leaves zero out), "unclear", "no_error".
    """

    first: Figure
    last: Figure
    difference: float
    low: float = NAN
    high: float = NAN
    verdict: str = NO_ERROR


def blocks(periods: list[str], frequency: str) -> tuple[list[str], list[str]]:
    """Return the first and the last year, or the two halves where there are not two years; empty for one.

    Parameters
    ----------
    periods : list of str
        In order.
    frequency : {"month", "quarter", "year"}
    """
    size = min(PER_YEAR[frequency], len(periods) // 2)
    return (periods[:size], periods[-size:]) if size else ([], [])


def pooled(report, measure: str, place: str, periods: list[str]) -> Figure:
    """Return a measure of a place over several periods, from the periods' own figures.

    The value is the mean of the periods' values by their n. Rows are taken as independent draws, as the
    periods' standard errors take them: the variance is that within periods and that between them, over all
    rows. Measures of networks are of the same people in every period, so their error is not made smaller by
    adding periods. Hidden periods stay out; if they hold more than a fifth of the rows, there is no figure.

    Parameters
    ----------
    report : DistrictReport
    measure, place : str
        `place`: a district.
    periods : list of str
    """
    label = report.text.measure(measure)
    ends = (periods[0], periods[-1]) if periods else ()
    blank = Figure(measure, kind=label.kind, periods=ends)
    used("measure", measure)
    rows = report.masked.course(measure, [place], periods)[:, :, 0]
    known, there = ~np.isnan(rows[VALUE]), rows[N] > 0
    seen, hidden = rows[:, known & there].copy(), rows[N][there & ~known].sum()
    n = float(seen[N].sum())
    if not n or n < ENOUGH * (n + hidden):
        return blank
    value, error = _mean(*seen, together=measure.startswith(SAME_PEOPLE))
    n = float(seen[N].max()) if _recurring(label, measure) else n
    low, high = limits(value, n, error, kind=label.kind, cases=of_cases(measure))
    return Figure(measure, value, low, high, n, label.kind, ends)


def _recurring(label, measure: str) -> bool:
    """Whether n counts the same things in every period."""
    return label.counts == "places" or measure.startswith(SAME_PEOPLE)


def _mean(values: np.ndarray, n: np.ndarray, errors: np.ndarray, *, together: bool) -> tuple[float, float]:
    total = n.sum()
    value = float((n * values).sum() / total)
    if np.isnan(errors).all():
        return value, NAN
    errors = np.nan_to_num(errors)  # of one row, or of rows all alike: what they add lies between periods
    if together:
        return value, float((n * errors).sum() / total)
    within, between = (n * errors**2 * n).sum() / total, (n * (values - value) ** 2).sum() / total
    return value, math.sqrt((within + between) / total)


def change(report, measure: str, place: str | None = None) -> Change | None:
    """Return the change of a measure from the first block of periods to the last, None where there is none.

    Parameters
    ----------
    report : DistrictReport
    measure : str
    place : str, optional
        A district, by default the report's own.
    """
    first, last = blocks(report.periods, report.city.meta["period"])
    pair = [pooled(report, measure, place or report.district, block) for block in (first, last)]
    return between(*pair) if all(figure.known for figure in pair) else None


def between(first: Figure, last: Figure) -> Change:
    """Return the change between two figures that rest on different rows."""
    difference = last.value - first.value
    if of_cases(first.name) and first.kind == "share" and first.n and last.n:
        counts = (last.value * last.n, last.n, first.value * first.n, first.n)
        _, low, high = (float(x) for x in share_difference(*counts))
        low, high = (
            min(low, difference),
            max(high, difference),
        )  # centred on shrunk shares, holds the plain one
    else:
        spread = math.hypot(first.error, last.error)
        if math.isnan(spread):
            return Change(first, last, difference)
        low, high = difference - Z95 * spread, difference + Z95 * spread
    verdict = UP if low > 0 else DOWN if high < 0 else UNCLEAR
    return Change(first, last, difference, low, high, verdict)
