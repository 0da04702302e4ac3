"""Part of section 4: how long matters wait, where they wait, and who takes part."""

from __future__ import annotations

import numpy as np

from analysis.display.alt import listed
from analysis.display.figures import figure_html, new_axes
from analysis.display.governance_plots import plot_waiting
from analysis.display.html import Html, paragraph, table
from analysis.display.numbers import NO_VALUE, format_number, is_hidden
from analysis.display.plots import legend_below
from analysis.reporting.sections.common import bracketed, count, notes, part
from analysis.tables.periods import ALL

LOOK = 30  # days at which the sentence compares
MOST_ROWS = 3  # of every procedure


def waits(report) -> Html:
    """Write the share still waiting by days, and the steps at which most of the waiting is done."""
    curves = report.rows("waiting")
    lines = [paragraph(_in_words(report, curves)), _curves(report, curves)] if len(curves) else []
    lines.append(_bottlenecks(report))
    return part(report, "waiting", *lines)


def _at(rows, days: int = LOOK) -> str:
    row = rows[rows["days"] == days]
    return format_number(row["waiting"].iloc[0], "share") if len(row) else NO_VALUE


def _processes(curves) -> list[str]:
    return [name for name in ("consultation", "request", "aid") if (curves["process"] == name).any()]


def _in_words(report, curves) -> str:
    text, everywhere = report.text, report.rows("waiting", ALL)
    lines = []
    for process in _processes(curves):
        mine, all_ = (rows[rows["process"] == process] for rows in (curves, everywhere))
        name = text.named("process", process)
        lines.append(text("sentence.waiting", process=name, days=LOOK, here=_at(mine), city=_at(all_)))
    joined = "".join(lines) if text.language == "zh" else " ".join(lines)
    return joined + ("" if text.language == "zh" else " ") + text("sentence.waiting_censored")


def _curves(report, curves) -> Html:
    text, everywhere = report.text, report.rows("waiting", ALL)
    processes = _processes(curves)
    axes = np.atleast_1d(new_axes(height=3.0, columns=len(processes)))
    labels, detail = (text("legend.here"), text("legend.study")), []
    for ax, process in zip(axes, processes, strict=True):
        mine, all_ = (rows[rows["process"] == process] for rows in (curves, everywhere))
        plot_waiting(mine, all_, labels=labels, ax=ax)
        name = text.named("process", process)
        ax.set_title(name[:1].upper() + name[1:])
        ax.set_xlabel(text("axis.days"))
        detail.append(text("alt.waiting_one", process=name, days=LOOK, here=_at(mine), city=_at(all_)))
    legend_below(axes[0])
    alt = text("alt.waiting", detail=listed(text, detail))
    return figure_html(axes[0].figure, alt=alt, caption=text("caption.waiting_figure"))


def _bottlenecks(report) -> Html:
    from analysis.reporting.sections.consultation import procedure_name

    text, found, rows = report.text, report.rows("bottlenecks"), []
    found = found[found["share_of_waiting"].notna()]
    for _, lines in found.groupby("procedure", sort=False):
        lines = lines[~lines["entered"].map(is_hidden)]
        if not len(lines):
            continue
        rows.append((procedure_name(report, lines.iloc[0]),))
        for row in lines.sort_values("share_of_waiting", ascending=False, kind="stable")[
            :MOST_ROWS
        ].itertuples():
            between = text("word.from_to", first=text.named("step", row.step),
                           second=text.named("step", row.next_step))  # fmt: skip
            rows.append(
                (
                    between, format_number(row.entered, "people"), count(report, row.waiting),
                    format_number(row.median_days, "days"), format_number(row.mean_days, "days"),
                    format_number(row.share_of_waiting, "share"),
                )
            )  # fmt: skip
    if not rows:
        return Html("")
    header = [text(f"column.{c}") for c in ("between", "came_here", "still_here", "median_days", "mean_days",
                                            "share_of_waiting")]  # fmt: skip
    return Html(
        table(header, rows, caption=text("caption.bottleneck_table", most=MOST_ROWS))
        + notes(text("sentence.bottlenecks"))
    )


def who_takes_part(report) -> Html:
    """Write the share of groups among participants against their share of residents, with intervals."""
    text, found, rows = report.text, report.rows("representation"), []
    shown = None
    for group, lines in found.groupby("group", sort=False):
        if not (lines["participants_known"] > 0).any() and not lines["hidden"].any():
            continue
        base = text(f"base.{lines['base'].iloc[0]}")
        rows.append((text("word.pair", first=text(f"group.{group}"), second=base),))
        for row in lines.itertuples():
            name = text.named("level", row.level)
            if row.hidden:
                rows.append((name, text("sentence.hidden"), *[""] * 4))
                continue
            if not row.participants and not row.share_residents > 0:
                continue
            rows.append(
                (
                    name, format_number(row.participants, "people"),
                    format_number(row.share_participants, "share"),
                    format_number(row.share_residents, "share"), format_number(row.ratio, "number"),
                    bracketed(row.conf_low, row.conf_high, "number"),
                )
            )  # fmt: skip
            if row.level == "non_registered":
                shown = row
    if not rows:
        return Html("")
    columns = ("group_name", "participants", "share_participants", "share_residents", "ratio", "interval")
    header = [text(f"column.{c}") for c in columns]
    lines = []
    if shown is not None:
        shares = {name: format_number(getattr(shown, f"share_{name}"), "share")
                  for name in ("participants", "residents")}  # fmt: skip
        lines.append(paragraph(text("sentence.takes_part", **shares)))
    listing = table(header, rows, caption=text("caption.representation_table"))
    return part(report, "takes_part", *lines, listing, notes(text("sentence.takes_part_note")))
