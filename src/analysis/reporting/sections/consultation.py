"""Section 4: consultation, from raised to answered."""

from __future__ import annotations

from analysis.display.alt import listed
from analysis.display.figures import figure_html, new_axes
from analysis.display.html import Html, paragraph, section
from analysis.display.numbers import SMALLEST_CELL, format_number
from analysis.display.plots import plot_funnel
from analysis.reporting.sections.common import comparison, inline, known, missing_section, notes, part
from analysis.reporting.sections.waits import waits, who_takes_part

STEPS = ("raised", "discussed", "decided", "published", "implemented", "answered")
SHOWN = (
    "consultation_raised", "consultation_breadth", "consultation_completeness", "consultation_answered",
    "consultation_days_to_answer", "consultation_adopted", "consultation_escalated",
    "consultation_satisfaction", "request_days_to_answer", "request_escalated",
)  # fmt: skip
RULES = (
    "consultation_published", "consultation_days_to_publish", "consultation_implemented",
    "consultation_order_violations", "consultation_actor_violations", "request_days_to_arrival",
    "consultation_late", "request_late", "contract_late", "fund_late", "budgeting_late", "aid_late",
)  # fmt: skip
MOST_PROCEDURES = 3


def consultation(report) -> Html:
    """Write the steps matters took, how long they waited, what was made public, and who took part."""
    raised = report.value("consultation_raised")[0]
    if not raised > 0 and not len(report.rows("waiting")):
        return missing_section(report, "consultation", "consultation")
    parts = [_course(report, raised)] if raised > 0 else []
    parts += [waits(report), _openness(report), who_takes_part(report)]
    return section("consultation", report.text("heading.consultation"), *parts)


def _course(report, raised: float) -> Html:
    text, funnel = report.text, report.rows("funnel")
    open_ones = report.value("consultation_open")[0]
    taken = funnel.groupby("step")["matters"].sum()
    share, n = report.value("consultation_answered")
    answered = round(share * n) if share == share else taken.get("answered", 0)
    parts = []
    if open_ones == open_ones:
        words = {
            "raised": format_number(raised, "people"), "open": format_number(open_ones, "people"),
            "answered": format_number(answered, "people"),
        }  # fmt: skip
        parts = [
            paragraph(text("sentence.consultation", **words)),
            notes(text("sentence.consultation_withdrawn")),
        ]
    parts.append(comparison(report, SHOWN, "caption.consultation_table"))
    absent = [step for step in STEPS if step not in set(funnel["step"])]
    if absent and len(taken) and funnel["procedure"].nunique() == 1:
        steps = text.listed(text.named("step", step) for step in absent)
        parts.append(notes(text("sentence.not_recorded", steps=steps)))
    if report.city.meta["residents_from_people"]:
        parts.append(
            notes(text("sentence.breadth_register", count=report.city.meta["residents_from_people"]))
        )
    if len(taken) > 1:
        parts.append(_picture(report, funnel))
        parts.append(notes(text("sentence.funnel")))
    return Html("".join(parts))


def _picture(report, funnel) -> Html:
    """Draw a funnel for every procedure of the district, the most used ones first."""
    text = report.text
    sizes = funnel.groupby("procedure")["total"].max()
    sizes = sizes if len(sizes) == 1 else sizes[sizes >= SMALLEST_CELL]
    sizes = sizes.sort_values(ascending=False, kind="stable")
    groups = [funnel[funnel["procedure"] == name] for name in sizes.index[:MOST_PROCEDURES]]
    groups = [rows for rows in groups if len(rows) > 1]
    if not groups:
        return Html("")
    if len(groups) == 1:
        axes = [new_axes(height=0.5 + 0.34 * len(groups[0]))]
    else:
        lines = [len(rows) for rows in groups]
        axes = new_axes(height=0.6 * len(groups) + 0.32 * sum(lines), rows=len(groups))
        axes[0].get_gridspec().set_height_ratios(lines)
    detail = []
    for ax, rows in zip(axes, groups, strict=True):
        names = [text.named("step", step) for step in rows["step"]]
        plot_funnel(names, rows["matters"].tolist(), ax=ax)
        name = procedure_name(report, rows.iloc[0])
        if len(groups) > 1:
            ax.set_title(name)
        counted = text.listed(f"{step} {n}" for step, n in zip(names, rows["matters"], strict=True))
        detail.append(text("word.pair", first=name, second=counted))
    alt = text("alt.consultation", detail=listed(text, detail))
    return figure_html(axes[0].figure, alt=alt, caption=text("caption.consultation_figure"))


def procedure_name(report, row) -> str:
    """Return the name of a procedure in the report's language."""
    if not row["procedure"]:
        return report.text("word.other_procedures")
    given = row["procedure_zh"] if report.text.language == "zh" else row["procedure"]
    return given if isinstance(given, str) and given and given != "nan" else row["procedure"]


def _openness(report) -> Html:
    """Write what was made public and when, and whether the rules and deadlines were kept."""
    text = report.text
    measures = [m for m in RULES if report.has(m)]
    if not measures:
        return Html("")
    share, days = inline(report, "consultation_published"), inline(report, "consultation_days_to_publish")
    lines = []
    if report.has("consultation_published"):
        timed = known(report.value("consultation_days_to_publish")[0])
        key = "sentence.openness" if timed else "sentence.openness_share"
        lines.append(paragraph(text(key, share=share, days=days)))
    if not any(m.endswith("_late") for m in measures):
        lines.append(notes(text("sentence.no_deadline")))
    return part(report, "openness", *lines, comparison(report, measures, "caption.openness_table"))
