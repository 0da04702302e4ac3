"""What several sections share."""

from __future__ import annotations

import pandas as pd

from analysis.display.html import Html, element, paragraph, section
from analysis.display.numbers import NO_VALUE, format_number


def missing_section(report, name: str, family: str) -> Html:
    """Return a section that says which table would bring it."""
    tables = report.text.listed(report.missing(family)) or report.text("word.not_recorded")
    note = element("p", report.text("sentence.missing", tables=tables), class_="missing")
    return section(name, report.text(f"heading.{name}"), note)


def span(low: float, high: float, kind: str) -> str:
    """Return two numbers as a range, without pretending one where both are unknown."""
    if low != low or high != high:
        return NO_VALUE
    return f"{format_number(low, kind)} – {format_number(high, kind)}"


def first_and_last(values: pd.Series, kind: str) -> tuple[str, str]:
    """Return the first and the last known value as text."""
    known = values.dropna()
    if not len(known):
        return NO_VALUE, NO_VALUE
    return format_number(known.iloc[0], kind), format_number(known.iloc[-1], kind)


def mean_of_first_and_last_year(values: pd.Series, per_year: int) -> tuple[float, float]:
    """Return the means over the first and over the last year."""
    return values.iloc[:per_year].mean(), values.iloc[-per_year:].mean()


def notes(*lines: str) -> Html:
    """Return lines of small print."""
    return Html("".join(paragraph(line, class_="note") for line in lines))
