"""One page of the site: its parts put together, and the data its scripts need."""

from __future__ import annotations

from collections.abc import Callable
from importlib.resources import files
from string import Template

from analysis import __version__
from analysis.display.html import Html, bullets, element, paragraph, section
from analysis.display.html import text as escaped
from analysis.display.numbers import format_number
from analysis.display.text import Text
from analysis.reporting.site.districts_table import LANG, NAMES, districts_table, filters, report_links
from analysis.reporting.site.downloads import DICTIONARY, TABLE
from analysis.reporting.site.facts import Facts
from analysis.reporting.site.map import map_section
from analysis.reporting.site.quality import quality_section
from analysis.reporting.site.ranks import ranks_section
from analysis.reporting.site.script_data import script_data
from analysis.reporting.site.trends import trends_section


def index_page(facts: Facts, others: dict[str, str]) -> str:
    """Return a whole page; `others` names the pages in other languages."""
    text, meta = facts.text, facts.city.meta
    study = meta["study_zh" if text.language == "zh" else "study"]
    periods = meta["periods"]
    parts = [(name, body) for name, make in SECTIONS.items() if (body := make(facts))]
    contents = [element("li", element("a", text(f"site.{name}"), href=f"#{name}"),
                        class_="scripted" if name == "compare" else None) for name, _ in parts]  # fmt: skip
    bodies = [section(name, text(f"site.{name}"), body) for name, body in parts]
    template = Template(files(__package__).joinpath("page.html").read_text(encoding="utf-8"))
    words = {name: escaped(text(f"site.{name}")) for name in WORDS}
    return template.substitute(
        words, lang=LANG[text.language], title=escaped(text("site.title", study=study)),
        subtitle=escaped(_covers(text, periods)),
        languages=_languages(facts, others), contents="".join(contents), tiles=_tiles(facts),
        sections="\n".join(bodies), made=escaped(text("site.made", version=__version__)),
        data=script_data(facts),
    )  # fmt: skip


def _covers(text: Text, periods: list[str]) -> str:
    return (
        text("site.covers", first=text.period(periods[0]), last=text.period(periods[-1])) if periods else ""
    )


def _languages(facts: Facts, others: dict[str, str]) -> Html:
    links = [element("a", NAMES[lang], href=page, lang=LANG[lang], hreflang=LANG[lang], class_="language")
             for lang, page in others.items()]  # fmt: skip
    here = element("span", NAMES[facts.text.language], aria_current="true")
    label = facts.text("site.languages")
    return element("nav", here, *links, aria_label=label, class_="languages") if links else Html("")


def _tiles(facts: Facts) -> str:
    text, states = facts.text, [entry["status"] for entry in facts.reports]
    failed = states.count("failed")
    totals = facts.city.frames["accounting"].query("rule == ''")[["rows_in", "kept"]].sum()
    kept = format_number(totals["kept"] / totals["rows_in"], "share") if totals["rows_in"] else ""
    shown = {
        "districts": format_number(len(facts.districts), "people"),
        "communities": format_number(sum(d.communities for d in facts.districts), "people"),
        "made": format_number(len(states) - failed, "people"),
        "failed": format_number(failed, "people") if failed else "",
        "kept": kept,
    }
    return "".join(
        element("div", element("dt", text(f"site.tile_{name}")), element("dd", value),
                class_="failed" if name == "failed" else None)
        for name, value in shown.items() if value
    )  # fmt: skip


def _districts(facts: Facts) -> Html:
    text = facts.text
    search = element("p", element("label", text("site.search"), for_="search"),
                     element("input", id="search", type="search", autocomplete="off", spellcheck="false",
                             aria_describedby="search-help"),
                     element("span", text("site.search_help"), id="search-help", class_="note"))  # fmt: skip
    chosen = [
        element("p", element("label", label, for_=f"filter-{name}"),
                element("select", *(element("option", words, value=value) for value, words in choices),
                        id=f"filter-{name}", data_filter=name))
        for name, label, choices in filters(facts)
    ]  # fmt: skip
    clear = element("p", element("button", text("site.clear"), type="button", id="clear"))
    tools = element("div", search, *chosen, clear, class_="tools scripted", role="search")
    status = element("p", "", id="status", role="status", class_="status scripted")
    framed = element("div", districts_table(facts), class_="wide", tabindex=0, role="region",
                     aria_labelledby="table-caption")  # fmt: skip
    whole = [entry for entry in facts.reports if entry["district"] not in facts.report.districts]
    name = text("site.whole_city")
    city = (
        element("div", paragraph(name), report_links(facts, whole, name), class_="whole reports")
        if whole
        else ""
    )
    places = facts.city.frames["places"]
    alone = places[places["kind"].eq("community") & places["district_id"].isna()]
    names = text.listed(text.place(row) for _, row in alone.iterrows())
    rest = paragraph(text("site.no_district", names=names), class_="note") if len(alone) else ""
    return Html("".join((city, tools, status, framed, rest)))


def _compare(facts: Facts) -> Html:
    if len(facts.districts) < 2:
        return Html("")
    text, options = facts.text, [element("option", d.name, value=d.id) for d in facts.districts]
    choices = [
        element("p", element("label", text(f"site.compare_{which}"), for_=f"compare-{which}"),
                element("select", *options, id=f"compare-{which}"))
        for which in ("first", "second")
    ]  # fmt: skip
    result = element("div", "", id="compared", class_="wide", tabindex=0, role="region",
                     aria_label=text("site.compare"))  # fmt: skip
    said = element("p", "", id="compare-status", role="status", class_="status")
    note = paragraph(text("site.compare_help"), class_="note")
    return element("div", element("div", *choices, class_="tools"), said, result, note, class_="scripted")


def _downloads(facts: Facts) -> Html:
    text = facts.text
    links = [element("a", text(f"site.download_{name}"), href=path, download="")
             for name, path in (("table", TABLE), ("dictionary", DICTIONARY))]  # fmt: skip
    return Html(bullets(links) + paragraph(text("site.download_note"), class_="note"))


SECTIONS: dict[str, Callable[[Facts], Html]] = {
    "districts": _districts, "compare": _compare, "map": map_section, "trends": trends_section,
    "ranks": ranks_section, "quality": quality_section, "downloads": _downloads,
}  # fmt: skip
WORDS = ("skip", "on_this_page", "lead", "scriptless", "hidden_note")
