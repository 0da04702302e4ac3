"""Effects over the whole city with their grade, and how far they differ between districts."""

from __future__ import annotations

from analysis.display.effect_plots import plot_forest
from analysis.display.effect_words import format_effect
from analysis.display.figures import figure_html
from analysis.display.html import Html, element, paragraph, section, table
from analysis.display.numbers import NO_VALUE, format_number
from analysis.reporting.findings.grades import grades_of
from analysis.reporting.sections.common import notes
from analysis.reporting.sections.effects import (
    courses_picture,
    estimates_table,
    grade_meanings,
    grades_table,
    robustness,
    sentences,
)

NEW, MEAN, MOST_LINES = "new district", "overall", 40


def effects(report) -> Html:
    """Write per reform: sentences with their doubts, tables, the grade, and the course over time."""
    text, estimates = report.text, report.city.frames["effects"]
    if not len(estimates):
        return section("effects", text("heading.effects"), paragraph(text("sentence.no_reform")))
    parts = [paragraph(text("city.effects_intro"))]
    for reform, rows in estimates.groupby("reform", sort=True):
        name = text.named("reform", reform)
        overall = rows[rows["aggregation"] == "overall"]
        parts += [element("h3", name[:1].upper() + name[1:]), sentences(report, overall)]
        parts += [estimates_table(report, name, overall), robustness(report, name, rows)]
        parts.append(grades_table(report, reform, name))
        courses = rows[(rows["aggregation"] == "event_time") & rows["event_time"].notna()]
        if courses["identified"].any():
            parts.append(courses_picture(report, name, courses))
    period = text(f"period.{report.city.meta['period']}")
    lines = [text("sentence.detectable"), text("sentence.effects_plot", period=period),
             text("effect.robust_note"), text("grade.note"), grade_meanings(text)]  # fmt: skip
    return section("effects", text("heading.effects"), *parts, notes(*lines))


def differences(report) -> Html:
    """Write how far effects differ between districts: their spread, and what to expect elsewhere."""
    text, frame = report.text, report.city.frames["effects"]
    rows = frame[frame["aggregation"] == "district"] if len(frame) else frame
    heading = text("city.differences")
    if not len(rows) or not rows["identified"].any():
        return section("differences", heading, paragraph(text("city.no_differences")))
    parts = [paragraph(text("city.differences_intro"))]
    for reform, found in rows.groupby("reform", sort=True):
        name = text.named("reform", reform)
        parts += [element("h3", name[:1].upper() + name[1:]), _spread(report, name, found)]
        parts.append(_forest(report, reform, name, found))
    return section("differences", heading, *parts, notes(text("city.differences_note")))


def _spread(report, name: str, found) -> Html:
    text, rows = report.text, []
    for outcome, lines in found.groupby("outcome", sort=False):
        kind, districts = text.measure(outcome).kind, lines[lines["district"].notna() & lines["identified"]]
        if not len(districts):
            continue
        new = lines[(lines["term"] == NEW) & lines["identified"]]
        mean = lines[(lines["term"] == MEAN) & lines["identified"]]
        clear = int(((districts["conf_low"] > 0) | (districts["conf_high"] < 0)).sum())
        tau = districts["tau"].iloc[0] if "tau" in districts else float("nan")
        error = districts["std_error"].median()
        rows.append(
            (
                text.measure(outcome).name, _estimate(mean, kind),
                NO_VALUE if tau != tau else format_effect(tau, error, kind).lstrip("+"), _interval(new, kind),
                text("word.of", first=clear, second=len(districts)),
            )
        )  # fmt: skip
    columns = ("mean", "tau", "prediction", "clear")
    header = [text("column.outcome"), *(text(f"city.column_{c}") for c in columns)]
    return table(header, rows, caption=text("city.differences_table", reform=name)) if rows else Html("")


def _estimate(rows, kind: str) -> str:
    return (
        NO_VALUE
        if not len(rows)
        else format_effect(rows["estimate"].iloc[0], rows["std_error"].iloc[0], kind)
    )


def _interval(rows, kind: str) -> str:
    if not len(rows) or rows["conf_low"].isna().iloc[0]:
        return NO_VALUE
    row = rows.iloc[0]
    low, high = (format_effect(row[end], row["std_error"], kind) for end in ("conf_low", "conf_high"))
    return f"[{low}, {high}]"


def _forest(report, reform: str, name: str, found) -> Html:
    """Draw the districts' shrunk effects on the outcome with the best evidence."""
    text, grades = report.text, grades_of(report)
    ranked = grades[grades["reform"] == reform].sort_values("level", ascending=False, kind="stable")[
        "outcome"
    ]
    for outcome in ranked:
        lines = found[(found["outcome"] == outcome) & found["identified"]]
        districts = lines[lines["district"].notna()].head(MOST_LINES)
        if len(districts) >= 2:
            break
    else:
        return Html("")
    kind, mean, new = text.measure(outcome).kind, *(lines[lines["term"] == term] for term in (MEAN, NEW))
    drawn = [(text("effect.all_districts"), mean), (text("effect.new_district"), new)]
    rows = [(label, *_figures(one.iloc[0])) for label, one in drawn if len(one)]
    rows += [(report.name(row["district"]), *_figures(row)) for _, row in districts.iterrows()]
    unit = text.names("effect_unit").get(kind)
    label = text("effect.axis_plain") if unit is None else text("effect.axis_effect", unit=unit)
    ax = plot_forest(rows, label=label, percent=kind == "share")
    detail = "; ".join(f"{row[0]}: {format_number(row[1], kind, signed=True)}" for row in rows)
    caption = text("city.forest", reform=name, outcome=text.measure(outcome).name)
    return figure_html(
        ax.figure, alt=text("effect.districts_alt", count=len(districts), detail=detail), caption=caption
    )


def _figures(row) -> tuple[float, float, float]:
    return float(row["estimate"]), float(row["conf_low"]), float(row["conf_high"])
