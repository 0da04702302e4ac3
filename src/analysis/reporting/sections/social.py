"""Section 3: social capital, communities of the district against communities of the city."""

from __future__ import annotations

from analysis.display.alt import against_words, course_words, joined
from analysis.display.figures import figure_html
from analysis.display.html import Html, paragraph, section, table
from analysis.display.numbers import format_number
from analysis.display.plots import legend_below, plot_course
from analysis.reporting.sections.common import missing_section, span
from analysis.reporting.sections.people import one_community, who_draws_whom, who_is_included

SHOWN = {
    "activity": (
        "active_share", "volunteering_rate", "mean_degree", "density", "isolates_share", "giant_share",
        "participation_gini",
    ),
    "closure": (
        "reciprocity", "support", "clustering", "transitivity", "local_bridges_share", "weak_ties_share",
    ),
    "across": (
        "bridging_residency", "ei_residency", "connectedness_residency", "friending_bias_residency",
        "connectedness_age", "friending_bias_age", "linking_reach", "ei_role", "cross_community",
    ),
    "structure": ("constraint", "core3_share", "core_periphery", "assortativity_degree"),
}  # fmt: skip
COURSE = "network_active_share"


def social(report) -> Html:
    """Write the indicators of acts between two people, and the share of people active over time."""
    text = report.text
    measures = {
        theme: [m for m in map("network_{}".format, names) if report.among(m, report.districts).notna().any()]
        for theme, names in SHOWN.items()
    }
    activity = report.rows("activity")
    mine = activity[activity["form"] == "dyadic"]
    if not any(measures.values()) or not len(mine):
        return missing_section(report, "social", "networks")
    acts = format_number(mine["acts"].sum(), "people")
    parts = [
        paragraph(text("sentence.social", acts=acts)),
        paragraph(text("sentence.social_two"), class_="note"),
        _comparison(report, measures),
    ]
    if report.has(COURSE) and len(report.periods) > 1:
        parts.append(_picture(report))
    parts += [one_community(report), who_is_included(report), who_draws_whom(report)]
    return section("social", text("heading.social"), *parts)


def _comparison(report, measures: dict[str, list[str]]) -> Html:
    text, rows = report.text, []
    for theme, names in measures.items():
        rows += [(text(f"theme.{theme}"),)] if names else []
        rows += [_row(report, measure) for measure in names]
    header = [
        text(f"column.{c}") for c in ("measure", "here", "community_middle", "city_middle", "city_half")
    ]
    return table(header, rows, caption=text("caption.social_table"))


def _row(report, measure: str) -> tuple[str, ...]:
    label = report.text.measure(measure)
    here, city = report.among(measure, report.communities), report.among(measure, report.all_communities)
    low, middle, high = city.quantile([0.25, 0.5, 0.75])
    return (
        label.name, report.shown(measure), format_number(here.median(), label.kind),
        format_number(middle, label.kind), span(low, high, label.kind),
    )  # fmt: skip


def _picture(report) -> Html:
    text, period = report.text, report.text(f"period.{report.city.meta['period']}")
    values = report.course(COURSE, report.districts)
    labels = tuple(text(f"legend.{name}") for name in ("here", "median", "half"))
    others = values.drop(columns=report.district)
    ax = plot_course(values[report.district], others, labels=labels, percent=True)
    ax.yaxis.set_major_formatter("{x:.0f}%")
    legend_below(ax)
    here = values[report.district]
    alt = joined(text, text("picture.social", period=period), course_words(text, report.name, here, "share"),
                 against_words(text, here, others, "share"))  # fmt: skip
    return figure_html(ax.figure, alt=alt, caption=text("caption.social_figure", period=period))
