"""Rank intervals: a dot and a bar per district, never a rank alone."""

from __future__ import annotations

from analysis.display.html import Html, element, paragraph
from analysis.display.numbers import format_number
from analysis.reporting.site.districts_table import rank_words
from analysis.reporting.site.facts import Facts

OPEN = 40  # districts up to which all intervals stand open
EDGE, HIGH = 10, 20


def ranks_section(facts: Facts) -> Html:
    """Return the rank interval of every district, or why there is none."""
    text, meta, count = facts.text, facts.city.meta["index"], len(facts.city.frames["index"])
    if not count:
        names = text.listed(text.measure(m).name for m in meta.get("measures", ()))
        return paragraph(
            text(f"reason_index.{meta['reason']}", measures=names, message=meta.get("message", ""))
        )
    words = {
        "level": f"{meta['level']:.0%}", "draws": format_number(meta["draws"], "people"),
        "certain": format_number(meta["certain_share"], "share"),
    }  # fmt: skip
    header = [text("column.district"), text("site.ranks_chart"), text("site.column_rank")]
    head = element("tr", *(element("th", name, scope="col") for name in header))
    rows = [
        element("tr", element("th", d.name, scope="row"), element("td", _chart(d.rank, count)),
                element("td", rank_words(facts, d), class_="number"), data_id=d.id)
        for d in facts.districts if d.rank
    ]  # fmt: skip
    caption = element("caption", text("site.ranks_caption"))
    table = element("table", caption, element("thead", head), element("tbody", *rows), class_="ranks")
    if count > OPEN:
        table = element("details", element("summary", text("site.ranks_show", count=count)), table)
    return Html(
        paragraph(text("site.ranks_lead", **words))
        + table
        + paragraph(text("sentence.rank_note"), class_="note")
    )


def _chart(rank: tuple[int, int, int], count: int) -> Html:
    middle, low, high = (_across(r, count) for r in rank)
    return element(
        "svg",
        element("line", x1=f"{EDGE / 2}%", x2=f"{100 - EDGE / 2}%", y1=HIGH / 2, y2=HIGH / 2, class_="axis"),
        element("line", x1=f"{low}%", x2=f"{high}%", y1=HIGH / 2, y2=HIGH / 2, class_="span"),
        element("circle", cx=f"{middle}%", cy=HIGH / 2, r=5),
        width="100%", height=HIGH, aria_hidden="true", class_="rank",
    )  # fmt: skip


def _across(rank: int, count: int) -> float:
    return round(EDGE / 2 + (100 - EDGE) * (rank - 1) / max(count - 1, 1), 1)
