"""Section 7: the duties laid on communities, by list and over time."""

from __future__ import annotations

import pandas as pd

from analysis.display.alt import course_words, joined
from analysis.display.figures import figure_html
from analysis.display.html import Html, paragraph, section, table
from analysis.display.numbers import format_number
from analysis.display.plots import legend_below, plot_layers
from analysis.reporting.sections.common import mean_of_first_and_last_year, missing_section
from analysis.reporting.sections.reduction import admission, before_and_after, departments
from analysis.tables.values import DUTY_LISTS

PER_YEAR = {"month": 12, "quarter": 4, "year": 1}


def burden(report) -> Html:
    """Write duties and hours per community at the beginning and at the end, by list."""
    text = report.text
    duties = report.course("burden_duties", [report.district])[report.district]
    if not duties.notna().any():
        return missing_section(report, "burden", "burden")
    year = PER_YEAR[report.city.meta["period"]]
    rows, words = [], {}
    for measure in (
        "burden_duties",
        *(f"burden_duties_{name}" for name in DUTY_LISTS),
        "burden_hours",
        "burden_new",
    ):
        values = report.course(measure, [report.district])[report.district]
        city = report.course(measure, report.districts)
        if not values.notna().any():
            continue
        ends = mean_of_first_and_last_year(values, year)
        median = mean_of_first_and_last_year(city.median(axis=1), year)
        cells = [format_number(value, "count") for value in (*ends, *median)]
        rows.append((_label(report, measure), *cells))
        words[measure] = cells
    missing = [format_number(float("nan"))] * 4
    duty_words, hour_words = words["burden_duties"], words.get("burden_hours", missing)
    sentence = text(
        "sentence.burden", duties_first=duty_words[0], duties_last=duty_words[1],
        hours_first=hour_words[0], hours_last=hour_words[1],
    )  # fmt: skip
    here, median = text("column.here"), text("column.median")
    first, last = text("column.first_year"), text("column.last_year")
    pairs = [(whose, when) for whose in (here, median) for when in (first, last)]
    header = [text("column.measure"), *(text("word.pair", first=whose, second=when) for whose, when in pairs)]
    parts = [paragraph(sentence), table(header, rows, caption=text("caption.burden_table"))]
    if len(report.periods) > 1:
        parts.append(_picture(report, duties))
    parts += [before_and_after(report), departments(report), admission(report)]
    return section("burden", text("heading.burden"), *parts)


def _label(report, measure: str) -> str:
    name = measure.removeprefix("burden_duties_")
    return f"– {report.text.named('list', name)}" if name in DUTY_LISTS else report.text.measure(measure).name


def _picture(report, duties) -> Html:
    text = report.text
    names = [
        name
        for name in DUTY_LISTS
        if report.course(f"burden_duties_{name}", [report.district]).notna().any().any()
    ]
    layers = {
        name: report.course(f"burden_duties_{name}", [report.district])[report.district] for name in names
    }
    ax = plot_layers(pd.DataFrame(layers), labels=[text.named("list", name) for name in names])
    legend_below(ax)
    said = [course_words(text, text.named("list", name), values, "count") for name, values in layers.items()]
    whole = course_words(text, text("picture.all_lists"), duties, "count")
    alt = joined(text, text("picture.burden"), whole, *said)
    return figure_html(ax.figure, alt=alt, caption=text("caption.burden_figure"))
