"""Section 2: what came in, what was used, what was set aside and why."""

from __future__ import annotations

import numpy as np

from analysis.display.alt import course_words, joined
from analysis.display.figures import figure_html, new_axes
from analysis.display.html import Html, bullets, paragraph, section, table
from analysis.display.numbers import format_number
from analysis.display.plots import legend_below, mark_periods
from analysis.reporting.sections.common import totals as whole_account


def coverage(report) -> Html:
    """Write the account of rows, the acts over time, and what is missing."""
    text = report.text
    parts = [paragraph(in_words(report)), accounts(report)]
    if alone := without_district(report):
        parts.append(paragraph(text("sentence.no_district", count=alone)))
    missing = report.city.meta["missing"]
    lines = [
        text(
            "sentence.missing_part",
            what=text.named("family", family),
            tables=text.listed(report.missing(family)),
        )
        for family in missing
    ]
    parts.append(bullets(lines))
    here = report.rows("activity")
    if len(here):
        parts.append(_picture(report, here))
    return section("coverage", text("heading.coverage"), *parts)


def without_district(report) -> int:
    """Return how many communities belong to no district."""
    return int(report.places.loc[report.all_communities, "district_id"].isna().sum())


def in_words(report) -> str:
    totals = whole_account(report)
    shown = {name: format_number(value, "people") for name, value in totals.items()}
    if not totals["set_aside"]:
        return report.text("sentence.all_kept", rows_in=shown["rows_in"])
    share = format_number(totals["set_aside"] / totals["rows_in"], "share")
    return report.text("sentence.coverage", share=share, **shown)


def accounts(report) -> Html:
    text, rows = report.text, []
    for name, account in report.shared("accounting").groupby("table", sort=False):
        total, reasons = account.iloc[0], account.iloc[1:]
        if total["rows_in"]:
            listed = text.listed(
                f"{text.named('rule', r.rule)} {format_number(r.set_aside, 'people')}"
                for r in reasons.itertuples()
            )
            counts = [format_number(total[c], "people") for c in ("rows_in", "kept", "set_aside")]
            rows.append((text.named("table", name), *counts, listed))
    header = [text(f"column.{c}") for c in ("table", "rows_in", "kept", "set_aside", "reason")]
    return table(header, rows, caption=text("caption.coverage_table"))


def _picture(report, here) -> Html:
    text, period = report.text, report.text(f"period.{report.city.meta['period']}")
    wide = here.pivot(index="period", columns="form", values="acts").reindex(report.periods)
    ax = new_axes(height=2.4)
    said = []
    for form, line in (("dyadic", "-"), ("gatherings", "--")):
        counts = wide[form].fillna(0) if form in wide else wide.iloc[:, 0] * 0
        ax.plot(np.arange(len(counts)), counts, line, label=text(f"legend.{form}"))
        said.append(course_words(text, text(f"legend.{form}"), counts, "people"))
    mark_periods(ax, report.periods)
    ax.set_ylim(bottom=0)
    legend_below(ax)
    alt = joined(text, text("picture.coverage", period=period), *said)
    return figure_html(ax.figure, alt=alt, caption=text("caption.coverage_figure", period=period))
