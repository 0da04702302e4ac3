"""The table of districts: the page's heart, whole without any script."""

from __future__ import annotations

import re

from analysis.display.html import Html, element
from analysis.errors import shorten
from analysis.reporting.site.facts import District, Facts

NAMES = {"en": "English", "zh": "中文"}
LANG = {"en": "en", "zh": "zh-CN"}
FILES = {"page": "HTML", "pdf": "PDF", "docx": "Word"}


def districts_table(facts: Facts) -> Html:
    """Return the table: a row per district with its measures, rank interval, reforms, data and reports."""
    text = facts.text
    header = [("name", text("column.district")), ("", text("site.column_reports"))]
    header += [("communities", text("site.column_communities"))]
    header += [(m, text.measure(m).name) for m in facts.measures]
    if len(facts.city.frames["index"]):
        header.append(("rank", text("site.column_rank")))
    if facts.reforms:
        header.append(("reforms", text("site.column_reforms")))
    header.append(("quality", text("site.column_quality")))
    plain = ("name", "", "reforms", "quality")
    names = [
        element("th", name, scope="col", data_column=key or None, class_=None if key in plain else "number")
        for key, name in header
    ]
    rows = [_row(facts, district) for district in facts.districts]
    return element(
        "table", element("caption", element("span", text("site.table_caption"), id="table-caption")),
        element("thead", element("tr", *names)), element("tbody", *rows), id="table",
    )  # fmt: skip


def filters(facts: Facts) -> list[tuple[str, str, list[tuple[str, str]]]]:
    """Return (name, label, choices as value and words) per filter of the table."""
    text, every = facts.text, ("", facts.text("site.filter_all"))
    reforms = []
    for reform in facts.reforms:
        name = text.named("reform", reform)
        reforms += [
            (reform, text("site.adopted", reform=name)),
            (f"!{reform}", text("site.not_adopted", reform=name)),
        ]
    found = [("reforms", text("site.filter_reform"), [every, *reforms])] if reforms else []
    for name, values in (("quality", ("full", "part")), ("report", ("made", "failed", "none"))):
        choices = [(value, text(f"site.{name}_{value}")) for value in values]
        found.append((name, text(f"site.filter_{name}"), [every, *choices]))
    return found


def _row(facts: Facts, district: District) -> Html:
    text, all_ = facts.text, len(facts.measures)
    other = "en" if text.language == "zh" else "zh-CN"
    also = [" ", element("span", district.other, class_="also", lang=other)] if district.other else []
    name = element("span", district.name, class_="name")
    cells = [
        element("th", name, *also, " ", element("span", district.id, class_="id"), scope="row"),
        element("td", report_links(facts, district.reports, district.name), class_="reports"),
        element("td", district.communities, class_="number", data_sort=district.communities),
    ]
    cells += [_figure(facts, district, measure) for measure in facts.measures]
    if len(facts.city.frames["index"]):
        cells.append(_rank(facts, district))
    if facts.reforms:
        shares = [
            text("site.reform_share", reform=text.named("reform", r), adopted=n, all=district.communities)
            for r, n in sorted(district.adopted.items())
        ]
        lines = "".join(element("span", share, class_="line") for share in shares)
        words = Html(lines) if lines else text("word.none")
        cells.append(element("td", words, data_sort=sum(district.adopted.values())))
    known, hidden = district.count("shown"), district.count("hidden")
    words = text(
        "site.quality_hidden" if hidden else "site.quality_cell", known=known, all=all_, hidden=hidden
    )
    cells.append(element("td", words, data_sort=known))
    return element(
        "tr", *cells, data_id=district.id, data_reforms=" ".join(district.adopted),
        data_quality="full" if known == all_ else "part", data_report=district.report_state,
    )  # fmt: skip


def _figure(facts: Facts, district: District, measure: str) -> Html:
    figure = district.figures[measure]
    parts = [figure.shown]
    if figure.n:
        parts += [" ", element("span", facts.text("site.n", n=figure.n), class_="n")]
    return element("td", *parts, class_="number",
                   data_sort=figure.value if figure.status == "shown" else "")  # fmt: skip


def _rank(facts: Facts, district: District) -> Html:
    if not district.rank:
        return element("td", facts.text("site.rank_none"), data_sort="")
    return element("td", rank_words(facts, district), class_="number", data_sort=district.rank[0])


def rank_words(facts: Facts, district: District) -> str:
    """Return a rank as the interval it is known to."""
    _, low, high = district.rank
    return facts.text("site.rank_span", low=low, high=high, count=len(facts.city.frames["index"]))


def report_links(facts: Facts, reports: list[dict], name: str) -> Html:
    """Return a line per report about `name`: links to its files, or why there is none."""
    text, lines = facts.text, []
    for entry in sorted(reports, key=lambda entry: entry["language"] != text.language):
        language, lang = NAMES[entry["language"]], LANG[entry["language"]]
        if entry["status"] == "failed":
            words = text("site.report_error", language=language, error=without_paths(entry["error"]))
            lines.append(element("p", words, class_="failed"))
            continue
        words = text("site.report_of", district=name, language=language)
        subject = element("span", words, " ", class_="hear")
        links = [
            element("a", subject, kind, href=entry[key], hreflang=lang)
            for key, kind in FILES.items()
            if entry.get(key)
        ]
        lines.append(element("p", element("span", language, " ", lang=lang), Html(" · ".join(links))))
        if entry.get("moved"):
            lines.append(element("p", text("site.report_moved", language=language), class_="soft"))
    return Html("".join(lines)) or element("p", text("site.report_none"), class_="soft")


def without_paths(error: str) -> str:
    """Return an error message on one line, without the folders of the machine it happened on."""
    return shorten(re.sub(r"(?:[A-Za-z]:)?(?:[\\/][^\s\\/:'\"]+)+[\\/]", "…/", error), 200)
