"""Section 2: every key figure of the district, and where it lies among all districts."""

from __future__ import annotations

import pandas as pd

from analysis.display.alt import listed, named_value
from analysis.display.figures import figure_html
from analysis.display.html import Html, paragraph, section, table
from analysis.display.numbers import NO_VALUE, format_number, is_hidden
from analysis.display.plots import plot_among
from analysis.reporting.sections.common import notes, span

OWN = (
    "network_active_share", "network_support", "consultation_breadth", "consultation_completeness",
    "consultation_days_to_answer", "opinion_voters", "budgeting_funded_choice", "burden_duties",
    "burden_hours", "matching_needs_met",
)  # fmt: skip
FACTS = ("population", "share_nonregistered", "share_elderly")
MOST_OUTCOMES = 8


def figures(report) -> Html:
    """Write the key figures of the district, and where it lies among all districts."""
    text = report.text
    outcomes = [m for m in report.outcomes() if report.has(m)][:MOST_OUTCOMES]
    own = [m for m in OWN if report.has(m) and not (m == "consultation_breadth" and _on_the_register(report))]
    measures = [*outcomes, *own]
    first, last = (report.periods[0], report.periods[-1]) if report.periods else ("–", "–")
    first, last = text.period(first), text.period(last)
    names = {"district": report.name, "communities": len(report.communities), "first": first, "last": last}
    parts = [paragraph(text("sentence.glance" if measures else "sentence.glance_nothing", **names))]
    rows = [*_facts(report), *(_row(report, m) for m in measures)]
    header = [text(f"column.{c}") for c in ("measure", "here", "n", "median", "range")]
    if rows:
        parts.append(table(header, rows, caption=text("caption.glance_table", **names)))
        parts.append(notes(text("sentence.glance_n")))
    if measures and len(report.districts) > 1:
        parts.append(_picture(report, measures))
    return section("figures", text("heading.figures"), *parts)


def _on_the_register(report) -> bool:
    """Whether breadth is a share of people on a register, who all took part in something."""
    return report.city.meta["residents_from_people"] > 0


def _facts(report) -> list[tuple]:
    rows = []
    districts = report.places.loc[report.districts]
    for fact in FACTS:
        value, label = districts[fact].get(report.district), report.text.measure(fact)
        if pd.isna(value):
            continue
        all_values = districts[fact].astype(float)
        low, high = all_values.min(), all_values.max()
        median = format_number(all_values.median(), label.kind)
        rows.append(
            (label.name, format_number(float(value), label.kind), "", median, span(low, high, label.kind))
        )
    return rows


def _row(report, measure: str) -> tuple:
    label, values = report.text.measure(measure), report.among(measure, report.districts)
    n = report.value(measure)[1]
    return (
        label.name, report.shown(measure), "" if is_hidden(n) else format_number(n, "people"),
        format_number(values.median(), label.kind), span(values.min(), values.max(), label.kind),
    )  # fmt: skip


def _picture(report, measures: list[str]) -> Html:
    text, rows = report.text, []
    for measure in measures:
        values = report.among(measure, report.districts)
        rows.append((text.measure(measure).name, values, report.district, report.shown(measure)))
    # the table says why a value is hidden; beside a line there is no room for it
    drawn = [(*row[:3], NO_VALUE if pd.isna(row[1][row[2]]) else row[3]) for row in rows]
    ax = plot_among(drawn, ends=(text("legend.lowest"), text("legend.highest")))
    detail = listed(text, (_position(report, *row) for row in rows))
    alt = text("alt.glance", count=len(rows), districts=len(report.districts), detail=detail)
    return figure_html(ax.figure, alt=alt, caption=text("caption.glance_figure"))


def _position(report, label: str, values: pd.Series, place: str, shown: str) -> str:
    others, here = values.drop(place).dropna(), values[place]
    if pd.isna(here):
        return named_value(report.text, label, shown)
    above = int((others > here).sum())
    return report.text("picture.among", name=label, value=shown, above=above, others=len(others))
