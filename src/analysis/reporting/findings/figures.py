"""One figure with what it rests on: its interval where an error is known, its n, whether it is hidden."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from analysis.display.numbers import NO_VALUE, format_number, is_hidden
from analysis.processes.proportions import wilson
from analysis.reporting.provenance.trail import used

Z95 = 1.959964  # normal quantile of a two-sided 95 % interval
NAN = float("nan")
OF_CASES = (  # shares of cases that are so or not
    "_published", "_answered", "_late", "_order_violations", "_actor_violations", "_implemented", "_adopted",
    "_resolved", "_escalated", "_met", "_used", "_elsewhere", "_choice", "_through", "_30", "_overspent",
    "_admission",
)  # fmt: skip
COUNTED = ("ledger_budget_used", "matching_resources_used")  # end like shares of cases, and are none


@dataclass(frozen=True)
class Figure:
    """A figure of a place.

    Attributes
    ----------
    name : str
        The measure, or the fact.
    value, low, high : float
        `low` and `high`: the 95 % interval, NaN where no error is known. All NaN if hidden or unknown.
    n : float
        What it rests on.
    kind : str
        How it is written, a key of `display.numbers.DIGITS`.
    periods : tuple of str
        First and last period; empty for the whole time.
    hidden : bool
        Whether it rests on fewer than five people or cases.
    """

    name: str
    value: float = NAN
    low: float = NAN
    high: float = NAN
    n: float = 0.0
    kind: str = "number"
    periods: tuple[str, ...] = ()
    hidden: bool = False

    @property
    def known(self) -> bool:
        """Whether there is a value to show."""
        return not self.hidden and math.isfinite(self.value)

    @property
    def has_interval(self) -> bool:
        """Whether its error is known."""
        return self.known and math.isfinite(self.low) and math.isfinite(self.high)

    @property
    def error(self) -> float:
        """Standard error that its interval stands for, NaN without one."""
        return (self.high - self.low) / (2 * Z95) if self.has_interval else NAN

    def surely_above(self, threshold: float) -> bool:
        """Whether the whole interval (the value, where no error is known) lies above `threshold`."""
        return self.known and (self.low if self.has_interval else self.value) > threshold

    def surely_below(self, threshold: float) -> bool:
        """Whether the whole interval (the value, where no error is known) lies below `threshold`."""
        return self.known and (self.high if self.has_interval else self.value) < threshold

    def shown(self) -> str:
        """Return the value as text."""
        return format_number(self.value, self.kind) if self.known else NO_VALUE


def of_cases(measure: str) -> bool:
    """Whether a measure is a share of cases that are so or not."""
    return measure.endswith(OF_CASES) and measure not in COUNTED


def limits(value: float, n: float, error: float, *, kind: str, cases: bool = False) -> tuple[float, float]:
    """Return the 95 % interval of a value.

    Parameters
    ----------
    value, n, error : float
        `error`: its standard error, NaN where none is known.
    kind : str
        Of the measure: nothing below 0, no share above 1.
    cases : bool
        A share of `n` cases that are so or not: Wilson (1927), whatever the error.

    Returns
    -------
    (float, float)
        NaN where it is not known.
    """
    if not (math.isfinite(value) and n > 0):
        return NAN, NAN
    if cases and kind == "share":
        low, high = wilson(value * n, n)
        return float(low), float(high)
    if not error > 0:
        return NAN, NAN
    low, high = max(value - Z95 * error, 0.0) if value >= 0 else value - Z95 * error, value + Z95 * error
    return low, min(high, 1.0) if kind == "share" else high


def measured(report, measure: str) -> Figure:
    """Return a measure of the report's district over the whole time.

    Parameters
    ----------
    report : DistrictReport
    measure : str
    """
    used("measure", measure)
    label, (value, n, error) = report.text.measure(measure), report.masked.number(measure, report.district)
    n = n if n == n else 0.0
    if label.hides(n):
        return Figure(measure, n=n, kind=label.kind, hidden=True)
    low, high = limits(value, n, error, kind=label.kind, cases=of_cases(measure))
    return Figure(measure, value, low, high, n, label.kind)


def hidden_measures(report) -> list[str]:
    """Return the measures of the report's district that are hidden over the whole time."""
    masked = report.masked
    pairs = zip(masked.names, masked.counts(report.district).tolist(), strict=True)
    return [name for name, n in pairs if is_hidden(n) and report.text.measure(name).hides(n)]


def of_districts(report, measure: str) -> np.ndarray:
    """Return a measure of all districts over the whole time, worked out once per report.

    Returns
    -------
    ndarray
        Rows: value, low and high; columns: the districts in their order. NaN where there is no number, or
        none that may be shown.
    """
    kept = vars(report).setdefault("_kept", {})
    used("measure", measure)
    if ("places", measure) not in kept:
        kept["places", measure] = _of_districts(report, measure)
    return kept["places", measure]


def _of_districts(report, measure: str) -> np.ndarray:
    label = report.text.measure(measure)
    values, n, errors = report.masked.among(measure, report.districts).tolist()
    found = np.full((3, len(values)), NAN)
    for at, numbers in enumerate(zip(values, n, errors, strict=True)):
        if not label.hides(numbers[1]):
            found[:, at] = numbers[0], *limits(*numbers, kind=label.kind, cases=of_cases(measure))
    return found


def basis(figure: Figure, text) -> str:
    """Return what a figure rests on, in words: its interval or that there is none, its n and its time."""
    parts = []
    if figure.periods:
        first, last = (text.period(figure.periods[at], short=True) for at in (0, -1))
        parts.append(first if first == last else text("finding.time", first=first, last=last))
    if figure.has_interval:
        low, high = (format_number(end, figure.kind) for end in (figure.low, figure.high))
        parts.append(text("finding.interval", low=low, high=high))
    else:
        parts.append(text("finding.counted"))
    if _tells_n(figure, text):
        parts.append(text("finding.n", n=format_number(figure.n, "people")))
    return text("finding.basis", parts=text("finding.between").join(parts))


def short_basis(figure: Figure, text) -> str:
    """Return the interval and n of a figure in brackets, for a table that says what they are."""
    low, high = (format_number(end, figure.kind) for end in (figure.low, figure.high))
    parts = [text("finding.span", low=low, high=high)] if figure.has_interval else []
    if _tells_n(figure, text):
        parts.append(text("finding.n", n=format_number(figure.n, "people")))
    return text("finding.basis", parts=text("finding.between").join(parts)) if parts else ""


def _tells_n(figure: Figure, text) -> bool:
    """Whether n may be told: places are no people, so few of them may be."""
    return figure.n > 0 and (not is_hidden(figure.n) or text.measure(figure.name).counts == "places")
