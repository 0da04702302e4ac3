"""Section 8: needs met and unmet, and the matches that were possible."""

from __future__ import annotations

import pandas as pd

from analysis.display.alt import listed, named_value
from analysis.display.figures import figure_html
from analysis.display.governance_plots import plot_parts
from analysis.display.html import Html, paragraph, section, table
from analysis.display.numbers import SMALLEST_CELL, format_number
from analysis.display.plots import legend_below
from analysis.reporting.sections.common import (
    comparison,
    count,
    inline,
    kind_name,
    known,
    missing_section,
    notes,
    part,
)

SHOWN = (
    "matching_needs", "matching_resources", "matching_needs_met", "matching_days", "matching_elsewhere",
    "matching_resources_used",
)  # fmt: skip
MOST_KINDS = 12
POSSIBLE = ("happened", "pairwise", "pooled", "best")


def needs(report) -> Html:
    """Write how many needs were met and how soon, which kinds were not, and what was possible."""
    text, found = report.text, report.rows("needs")
    whole = found[found["category"] == "all"]
    if not len(whole):
        return missing_section(report, "needs", "matching")
    row = whole.iloc[0]
    words = {"needs": format_number(row["needs"], "people"), "met": count(report, row["met"]),
             "open": count(report, row["open"]), "withdrawn": count(report, row["withdrawn"]),
             "share": inline(report, "matching_needs_met"),
             "days": inline(report, "matching_days")}  # fmt: skip
    kinds = _pooled(found[found["category"] != "all"], ["needs", "met", "unmet"])
    timed = known(report.value("matching_days")[0])
    sentence = text("sentence.needs" if timed else "sentence.needs_untimed", **words)
    parts = [paragraph(sentence), comparison(report, SHOWN, "caption.needs_table")]
    if len(kinds) > 1:
        parts.append(_picture(report, kinds))
    lonely = _stated(
        found.loc[found["nobody_offers"].astype(bool) & (found["needs"] >= SMALLEST_CELL), "category"]
    )
    if lonely:
        parts.append(notes(text("sentence.nobody_offers", kinds=text.listed(lonely))))
    parts.append(_possible(report))
    return section("needs", text("heading.needs"), *parts)


def _stated(categories: pd.Series) -> list[str]:
    return [name for name in categories if isinstance(name, str) and name not in ("nan", "all")]


def _pooled(kinds: pd.DataFrame, columns: list[str]) -> pd.DataFrame:
    """Return the kinds with most needs, and the others together as kind "": no cell of one to four cases.

    A kind with a small cell joins the others; while these have one, the smallest kind left joins them too,
    for the whole is shown and would give away what is missing.
    """
    kinds = kinds.sort_values("needs", ascending=False, kind="stable").reset_index(drop=True)
    small = kinds[columns].apply(lambda column: column.between(1, SMALLEST_CELL - 1)).any(axis=1)
    kept = kinds[~small][:MOST_KINDS]
    rest = kinds.drop(kept.index)
    while len(rest) and len(kept) and rest[columns].sum().between(1, SMALLEST_CELL - 1).any():
        rest, kept = pd.concat([rest, kept[-1:]]), kept[:-1]
    parts = kept[["category", *columns]]
    if len(rest) and len(kept):
        other = pd.DataFrame([rest[columns].sum().to_dict() | {"category": ""}])
        parts = pd.concat([parts, other], ignore_index=True)
    return parts.reset_index(drop=True)


def _picture(report, kinds: pd.DataFrame) -> Html:
    text = report.text
    names = [kind_name(report, category) for category in kinds["category"]]
    texts = [format_number(m / n, "share") for m, n in zip(kinds["met"], kinds["needs"], strict=True)]
    ax = plot_parts(names, kinds["met"], kinds["unmet"], labels=(text("legend.met"), text("legend.unmet")),
                    texts=texts)  # fmt: skip
    legend_below(ax)
    detail = listed(text, (named_value(text, name, shown) for name, shown in zip(names, texts, strict=True)))
    alt = text("alt.needs", count=len(names), detail=detail)
    return figure_html(ax.figure, alt=alt, caption=text("caption.needs_figure"))


def _possible(report) -> Html:
    """Write the matches that happened beside those that pairing and searching could have made."""
    text, found = report.text, report.rows("matching")
    whole = found[found["category"] == "all"]
    if not len(whole) or whole["needs"].iloc[0] < SMALLEST_CELL:
        return Html("")
    kinds = _pooled(found[found["category"] != "all"], ["needs", "resources", *POSSIBLE])
    rows = []
    for row in pd.concat([whole, kinds]).itertuples():
        name = text("word.all_kinds") if row.category == "all" else kind_name(report, row.category)
        rows.append((name, *(count(report, getattr(row, c)) for c in ("needs", "resources", *POSSIBLE))))
    header = [text(f"column.{c}") for c in ("kind", "needs", "resources", *POSSIBLE)]
    one = whole.iloc[0]
    words = {name: count(report, one[name]) for name in POSSIBLE}
    return part(
        report, "possible", paragraph(text("sentence.possible", **words)),
        table(header, rows, caption=text("caption.possible_table")), notes(text("sentence.possible_note")),
    )  # fmt: skip
