"""Small multiples: one chart per district and measure, all of a measure on one scale, drawn here as SVG."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.display.html import Html, element, paragraph
from analysis.display.numbers import format_number
from analysis.reporting.site.facts import Facts

WIDE, HIGH, EDGE = 120, 32, 3
MOST = 6  # measures drawn over time


def trends_section(facts: Facts) -> Html:
    """Return one group of small charts per measure that has a course; the first group is open."""
    courses = {m: facts.course(m) for m in facts.measures}
    known = {m: c for m, c in courses.items() if c.max().max() > c.min().min()}
    drawn = [_group(facts, m, known[m], number) for number, m in enumerate(list(known)[:MOST])]
    if not drawn:
        return Html("")
    return Html(paragraph(facts.text("site.trends_lead")) + "".join(drawn))


def _group(facts: Facts, measure: str, course: pd.DataFrame, number: int) -> Html:
    label = facts.text.measure(measure)
    low, high = np.nanmin(course.to_numpy()), np.nanmax(course.to_numpy())
    middle = element(
        "path", d=line(course.median(axis=1).to_numpy(), low, high), id=f"middle-{number}", class_="middle"
    )
    cells = [_cell(facts, measure, course, district, (low, high), number) for district in facts.districts]
    heading = facts.text("site.trends_scale", measure=label.name, low=format_number(low, label.kind),
                         high=format_number(high, label.kind))  # fmt: skip
    hidden = element("svg", element("defs", middle), width=0, height=0, aria_hidden="true", class_="defs")
    return element("details", element("summary", heading), hidden, element("ul", *cells, class_="trends"),
                   open="" if number == 0 else None)  # fmt: skip


def _cell(facts: Facts, measure: str, course: pd.DataFrame, district, scale: tuple, number: int) -> Html:
    text, label, values = facts.text, facts.text.measure(measure), course[district.id]
    name, there = element("span", district.name, class_="name"), values.dropna()
    if len(there) < 2:
        return element(
            "li", name, element("span", text("site.trends_few"), class_="soft"), data_id=district.id
        )
    ends = {"start": there.iloc[0], "end": there.iloc[-1], "low": there.min(), "high": there.max()}
    shown = {key: format_number(value, label.kind) for key, value in ends.items()}
    period = text(f"period.{facts.city.meta['period']}")
    alt = text("site.trends_alt", measure=label.name, district=district.name, period=period, **shown)
    chart = element(
        "svg", element("use", href=f"#middle-{number}"),
        element("path", d=line(values.to_numpy(), *scale), class_="course"),
        viewBox=f"0 0 {WIDE} {HIGH}", preserveAspectRatio="none", role="img", aria_label=alt,
    )  # fmt: skip
    words = element("span", text("site.trends_ends", **shown), class_="ends")
    return element("li", name, chart, words, data_id=district.id)


def line(values: np.ndarray, low: float, high: float) -> str:
    """Return the data of an SVG path through the values, broken where a value is NaN."""
    across = (WIDE - 2 * EDGE) / max(len(values) - 1, 1)
    up = (HIGH - 2 * EDGE) / (high - low) if high > low else 0
    parts, down = [], False
    for number, value in enumerate(values):
        if np.isnan(value):
            down = False
            continue
        x, y = round(EDGE + number * across), round(HIGH - EDGE - (value - low) * up if up else HIGH / 2)
        parts.append(f"{'L' if down else 'M'}{x} {y}" + ("" if down else "h0"))
        down = True
    return "".join(parts)
