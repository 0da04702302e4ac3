"""Section 6: what the reforms changed, estimated for the whole study, and this district's part in it."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.display.figures import figure_html, new_axes
from analysis.display.html import Html, element, paragraph, section, table
from analysis.display.numbers import NO_VALUE, format_number
from analysis.display.plots import plot_event_time
from analysis.reporting.sections.common import notes

POWER_FACTOR = 2.8  # 1.96 + 0.84: two-sided 5 % test, power 80 %
COLUMNS = 3


def effects(report) -> Html:
    """Write a table and event-time charts per reform, then what this district adopted."""
    text, estimates = report.text, report.city.frames["effects"]
    if not len(estimates):
        note = element("p", text("sentence.no_reform"), class_="missing")
        return section("effects", text("heading.effects"), note)
    parts = [paragraph(text("sentence.effects"))]
    for number, (reform, rows) in enumerate(estimates.groupby("reform", sort=True), start=1):
        name = text.named("reform", reform)
        overall = rows[(rows["aggregation"] == "overall")]
        parts += [element("h3", name[:1].upper() + name[1:]), _estimates(report, name, overall, number)]
        courses = rows[(rows["aggregation"] == "event_time") & rows["event_time"].notna()]
        if courses["identified"].any():
            parts.append(_picture(report, name, courses, number))
        parts.append(_here(report, reform, name, overall["outcome"].tolist(), number))
    if (
        estimates["identified"] & estimates["std_error"].isna() & (estimates["aggregation"] == "overall")
    ).any():
        parts.append(notes(text("sentence.no_interval")))
    parts.append(notes(text("sentence.detectable"), text("sentence.effects_plot", period=_period(report))))
    return section("effects", text("heading.effects"), *parts)


def _period(report) -> str:
    return report.text(f"period.{report.city.meta['period']}")


def _estimates(report, name: str, overall: pd.DataFrame, number: int) -> Html:
    text, rows = report.text, []
    for row in overall.itertuples():
        label = text.measure(row.outcome)
        outcome = text("word.percentage_points", name=label.name) if label.kind == "share" else label.name
        if not row.identified:
            reason = row.note if isinstance(row.note, str) else text("word.not_recorded")
            reason = text("sentence.not_identified", reason=reason)
            rows.append((text("word.pair", first=outcome, second=reason), *[NO_VALUE] * 4))
            continue
        figures = (row.estimate, row.conf_low, row.conf_high)
        estimate, low, high = (format_number(v, label.kind, signed=True) for v in figures)
        known = row.std_error == row.std_error
        detectable = format_number(POWER_FACTOR * row.std_error, label.kind, signed=True).lstrip("+")
        interval = f"[{low}, {high}]" if known else NO_VALUE
        rows.append((outcome, estimate, interval, format_number(row.n_units, "people"), detectable))
    header = [text(f"column.{c}") for c in ("outcome", "effect", "interval", "treated", "detectable")]
    return table(header, rows, caption=text("caption.effects_table", reform=name, number=number))


def _picture(report, name: str, courses: pd.DataFrame, number: int) -> Html:
    text = report.text
    groups = [
        (outcome, rows)
        for outcome, rows in courses.groupby("outcome", sort=False)
        if rows["identified"].any()
    ]
    lines = -(-len(groups) // COLUMNS)
    axes = np.atleast_1d(new_axes(width=8.8, height=0.3 + 1.75 * lines, rows=lines, columns=COLUMNS)).ravel()
    detail = []
    for ax, (outcome, rows) in zip(axes, groups, strict=False):
        label = text.measure(outcome)
        plot_event_time(rows, percent=label.kind == "share", ax=ax)
        ax.set_title(_wrapped(label.name, text.language), fontsize=8)
        ax.tick_params(labelsize=7)
        if label.kind == "share":
            ax.yaxis.set_major_formatter("{x:.1f}%")
        known = rows[rows["identified"]]
        last = known.loc[known["event_time"].idxmax()]
        estimate = format_number(last["estimate"], label.kind, signed=True)
        detail.append(f"{label.name} ({int(last['event_time'])}): {estimate}")
    for ax in axes[len(groups) :]:
        ax.set_visible(False)
    period = _period(report)
    alt = text("alt.effects", count=len(groups), period=period, reform=name, detail="; ".join(detail))
    caption = text("caption.effects_figure", number=number, reform=name, period=period)
    return figure_html(axes[0].figure, alt=alt, caption=caption)


def _wrapped(name: str, language: str) -> str:
    width = 15 if language == "zh" else 30
    if len(name) <= width:
        return name
    if language == "zh":
        return name[:width] + "\n" + name[width:]
    import textwrap

    return "\n".join(textwrap.wrap(name, width))


def _here(report, reform: str, name: str, outcomes: list[str], number: int) -> Html:
    text, adoption = report.text, report.city.frames["adoption"]
    mine = adoption[(adoption["reform"] == reform) & (adoption["district_id"] == report.district)]
    words = {"communities": len(report.communities), "reform": name, "adopted": len(mine)}
    if not len(mine):
        return paragraph(text("sentence.effects_place_none", **words))
    started = mine[mine["start"] <= report.periods[-1]]
    if not len(started):
        return paragraph(text("sentence.effects_place_later", **words))
    sentence = text("sentence.effects_place", first=mine["start"].min(), last=mine["start"].max(), **words)
    rows = []
    panel = report.city.frames["panel"]
    panel = panel[panel["place_id"].isin(started["place_id"])]
    after = panel["time"] >= panel[f"cohort_{reform}"]
    for outcome in outcomes:
        label = text.measure(outcome)
        means = [panel.loc[flag, outcome].mean() for flag in (~after, after)]
        rows.append((label.name, *(format_number(mean, label.kind) for mean in means)))
    header = [text(f"column.{c}") for c in ("outcome", "before", "after")]
    return Html(
        paragraph(sentence)
        + table(header, rows, caption=text("caption.place_table", reform=name, number=number))
    )
