"""Section 11: the rank of the district on an index, never without its interval."""

from __future__ import annotations

import pandas as pd

from analysis.display.figures import figure_html
from analysis.display.governance_plots import plot_ranks
from analysis.display.html import Html, element, paragraph, section, table
from analysis.display.numbers import format_number
from analysis.reporting.sections.common import notes

MOST_LINES = 40


def index(report) -> Html:
    """Write the rank with its interval, draw all districts, and say what the index is made of."""
    text, meta, ranks = report.text, report.city.meta["index"], report.shared("index")
    heading = text("heading.index")
    if not len(ranks):
        return section("index", heading, element("p", _why_not(report, meta), class_="missing"))
    ranks = ranks.sort_values("rank", kind="stable").reset_index(drop=True)
    mine = ranks[ranks["district_id"] == report.district]
    if not len(mine):
        note = element("p", text("reason_index.not_here"), class_="missing")
        return section("index", heading, note)
    row = mine.iloc[0]
    words = {
        "rank": int(row["rank"]), "low": int(row["rank_low"]), "high": int(row["rank_high"]),
        "districts": len(ranks), "level": f"{meta['level']:.0%}",
        "draws": format_number(meta["draws"], "people"),
        "certain": format_number(meta["certain_share"], "share"),
    }  # fmt: skip
    parts = [
        paragraph(text("sentence.rank", **words)), paragraph(text("sentence.certain_pairs", **words)),
        _picture(report, ranks, words), _indicators(report, meta), notes(text("sentence.rank_note")),
    ]  # fmt: skip
    return section("index", heading, *parts)


def _why_not(report, meta: dict) -> str:
    text = report.text
    names = text.listed(text.measure(name).name for name in meta["measures"])
    return text(f"reason_index.{meta['reason']}", measures=names, message=meta["message"])


def _picture(report, ranks: pd.DataFrame, words: dict) -> Html:
    text = report.text
    here = int(ranks.index[ranks["district_id"] == report.district][0])
    first = min(max(here - MOST_LINES // 2, 0), max(len(ranks) - MOST_LINES, 0))
    shown = ranks[first : first + MOST_LINES].reset_index(drop=True)
    names = [text.place(report.places.loc[district]) for district in shown["district_id"]]
    shown = shown.assign(name=names)[["name", "rank", "rank_low", "rank_high"]]
    ax = plot_ranks(shown.astype(dict.fromkeys(("rank", "rank_low", "rank_high"), float)), here - first,
                    rank_label=text("axis.rank"))  # fmt: skip
    key = "caption.index_figure" if len(shown) == len(ranks) else "caption.index_figure_part"
    caption = text(key, shown=len(shown), **words)
    return figure_html(ax.figure, alt=text("alt.index", **words), caption=caption)


def _indicators(report, meta: dict) -> Html:
    text, rows = report.text, []
    for measure, direction in meta["indicators"]:
        label, values = text.measure(measure), report.among(measure, report.districts)
        better = text("word.more_better" if direction > 0 else "word.less_better")
        rows.append((label.name, better, report.shown(measure), format_number(values.median(), label.kind)))
    header = [text(f"column.{c}") for c in ("measure", "direction", "here", "median")]
    return table(header, rows, caption=text("caption.index_table"))
