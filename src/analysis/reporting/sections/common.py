"""What several sections share."""

from __future__ import annotations

import math

import pandas as pd

from analysis.display.html import Html, element, paragraph, section, table
from analysis.display.numbers import NO_VALUE, format_number, is_hidden
from analysis.reporting.findings.figures import limits, of_cases


def missing_section(report, name: str, family: str) -> Html:
    """Return a section that says which table would bring it, or that its tables hold nothing for it here."""
    tables = report.text.listed(report.missing(family))
    note = report.text("sentence.missing", tables=tables) if tables else report.text(f"nothing.{name}")
    return section(name, report.text(f"heading.{name}"), element("p", note, class_="missing"))


def part(report, name: str, *content: object) -> Html:
    """Return a part of a section under its own heading; nothing without content."""
    found = [piece for piece in content if piece]
    return Html(element("h3", report.text(f"part.{name}")) + "".join(found)) if found else Html("")


def span(low: float, high: float, kind: str) -> str:
    """Return two numbers as a range, without pretending one where both are unknown."""
    if low != low or high != high:
        return NO_VALUE
    return f"{format_number(low, kind)} – {format_number(high, kind)}"


def bracketed(low: float, high: float, kind: str) -> str:
    """Return an interval in brackets; a dash where it is not known."""
    if low != low or high != high:
        return NO_VALUE
    return f"[{format_number(low, kind)}, {format_number(high, kind)}]"


def interval(report, measure: str) -> str:
    """Return the 95 % interval of the district's value over the whole time, a dash where there is none.

    Of a share of cases after Wilson (1927), of another mean from its standard error.
    """
    value, n = report.value(measure)
    label = report.text.measure(measure)
    if label.hides(n):
        return NO_VALUE
    ends = limits(value, n, report.error(measure), kind=label.kind, cases=of_cases(measure))
    return bracketed(*ends, label.kind)


def comparison(report, measures, caption: str) -> Html:
    """Return a table of measures: here, with interval and n, and in the districts of the study."""
    text, rows = report.text, []
    for measure in measures:
        values = report.among(measure, report.districts)
        if not values.notna().any() and not report.has(measure):
            continue
        label, (_, n) = text.measure(measure), report.value(measure)
        rests_on = "" if label.kind in ("people", "yuan") or is_hidden(n) else format_number(n, "people")
        rows.append(
            (
                label.name, report.shown(measure), interval(report, measure) if rests_on else "", rests_on,
                format_number(values.median(), label.kind), span(values.min(), values.max(), label.kind),
            )
        )  # fmt: skip
    header = [text(f"column.{c}") for c in ("measure", "here", "interval", "n", "median", "range")]
    return table(header, rows, caption=text(caption)) if rows else Html("")


def lean(header: list[str], rows: list[tuple]) -> tuple[list[str], list[tuple]]:
    """Return the table without columns in which nothing is known; rows of one cell stay headings."""
    full = [row for row in rows if len(row) > 1]
    kept = [at for at in range(len(header)) if not at or any(row[at] not in ("", NO_VALUE) for row in full)]
    rows = [row if len(row) == 1 else tuple(row[at] for at in kept) for row in rows]
    return [header[at] for at in kept], rows


def count(report, n: float) -> str:
    """Return a number of people or cases; of one to four only that they are so few."""
    return report.text("word.few") if is_hidden(n) else format_number(n, "people")


def inline(report, measure: str) -> str:
    """Return the district's value over the whole time as words that can stand in a sentence."""
    text, (value, n) = report.text, report.value(measure)
    label = text.measure(measure)
    if n == n and label.hides(n):
        return text("word.withheld")
    if not known(value):
        return text("word.unknown")
    shown = format_number(value, label.kind)
    return text("word.some_days", number=shown) if label.kind == "days" else shown


def kind_name(report, category: object) -> str:
    """Return the name of a kind of need or project; "" stands for all kinds that are not named."""
    if category == "":
        return report.text("word.other_kinds")
    stated = isinstance(category, str) and category != "nan"
    return report.text.named("kind", category) if stated else report.text("word.not_stated")


def totals(report) -> pd.Series:
    """Return how many rows were read, kept and set aside in all: rows_in, kept, set_aside."""
    accounts = report.shared("accounting")
    return accounts.loc[accounts["rule"] == "", ["rows_in", "kept", "set_aside"]].sum()


def known(value: float) -> bool:
    """Whether a number is there."""
    return value is not None and not pd.isna(value) and not math.isinf(value)


def mean_of_first_and_last_year(values: pd.Series, per_year: int) -> tuple[float, float]:
    """Return the means over the first and over the last year."""
    return values.iloc[:per_year].mean(), values.iloc[-per_year:].mean()


def notes(*lines: str) -> Html:
    """Return lines of small print."""
    return Html("".join(paragraph(line, class_="note") for line in lines))
