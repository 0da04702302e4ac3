"""Section 4: consultation, from raised to answered."""

from __future__ import annotations

from analysis.display.figures import figure_html
from analysis.display.html import Html, paragraph, section, table
from analysis.display.numbers import format_number
from analysis.display.plots import plot_funnel
from analysis.reporting.sections.common import missing_section, notes, span

STEPS = ("raised", "discussed", "decided", "published", "implemented", "answered")
SHOWN = (
    "consultation_raised", "consultation_breadth", "consultation_completeness",
    "consultation_order_violations", "consultation_answered", "consultation_days_to_answer",
    "consultation_adopted", "consultation_escalated", "consultation_satisfaction",
    "request_days_to_answer", "request_escalated",
)  # fmt: skip


def consultation(report) -> Html:
    """Write the funnel of matters and the measures of the process beside the city's."""
    text = report.text
    raised = report.value("consultation_raised")[0]
    if not raised > 0:
        return missing_section(report, "consultation", "consultation")
    funnel = report.city.frames["funnel"]
    mine = funnel[funnel["district_id"] == report.district].set_index("step")["matters"]
    known = report.value("consultation_open")[0]
    parts = []
    if known == known:
        words = {
            "raised": format_number(raised, "people"), "open": format_number(known, "people"),
            "answered": format_number(mine.get("answered", 0), "people"),
        }  # fmt: skip
        parts = [
            paragraph(text("sentence.consultation", **words)),
            notes(text("sentence.consultation_withdrawn")),
        ]
    parts.append(_comparison(report))
    taken = set(funnel["step"])
    counts = [int(mine.get(step, 0)) for step in STEPS if step in taken]
    names = [text.named("step", step) for step in STEPS if step in taken]
    if len(taken) < len(STEPS):
        absent = text.listed(text.named("step", step) for step in STEPS if step not in taken)
        parts.append(notes(text("sentence.not_recorded", steps=absent)))
    if report.city.meta["residents_from_people"]:
        parts.append(
            notes(text("sentence.breadth_register", count=report.city.meta["residents_from_people"]))
        )
    if len(taken) > 1:
        ax = plot_funnel(names, counts)
        detail = ", ".join(f"{name} {count}" for name, count in zip(names, counts, strict=True))
        parts.append(
            figure_html(
                ax.figure,
                alt=text("alt.consultation", detail=detail),
                caption=text("caption.consultation_figure"),
            )
        )
        parts.append(notes(text("sentence.funnel")))
    return section("consultation", text("heading.consultation"), *parts)


def _comparison(report) -> Html:
    text, rows = report.text, []
    for measure in SHOWN:
        values = report.among(measure, report.districts)
        if not len(values.dropna()):
            continue
        label, (_, n) = text.measure(measure), report.value(measure)
        rests_on = "" if label.kind == "people" else format_number(n, "people")
        rows.append(
            (
                label.name, report.shown(measure), rests_on,
                format_number(values.median(), label.kind), span(values.min(), values.max(), label.kind),
            )
        )  # fmt: skip
    header = [text(f"column.{c}") for c in ("measure", "here", "n", "median", "range")]
    return table(header, rows, caption=text("caption.consultation_table"))
