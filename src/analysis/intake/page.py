"""A check as a page: the account of every row, and equal problems put together with their mends."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from pathlib import Path

from analysis.display.html import Html, element, paragraph, section
from analysis.display.numbers import format_number
from analysis.display.text import Text
from analysis.files import write_whole
from analysis.intake.groups import group_problems, places_text
from analysis.tables.problems import ERROR, NOTE, SET_ASIDE
from analysis.tables.study import Study

SHOWN_VALUES = 8
STYLE = """
body { font: 16px/1.5 system-ui, "Noto Sans CJK SC", "Microsoft YaHei", sans-serif; color: #1a1a1a;
  background: #fff; max-width: 72rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.6rem; } h2 { font-size: 1.2rem; margin-top: 2rem; }
table { border-collapse: collapse; width: 100%; font-size: .9rem; }
th, td { text-align: left; vertical-align: top; padding: .35rem .6rem; border-bottom: 1px solid #d0d0d0; }
tbody th { font-weight: 600; overflow-wrap: break-word; } td { min-width: 5rem; }
.part { font-weight: 400; padding-left: 1rem; }
thead th { border-bottom: 2px solid #555; } td.number, th.number { text-align: right; white-space: nowrap; }
pre { background: #f4f4f4; padding: .4rem .6rem; margin: .3rem 0 0; white-space: pre-wrap; }
.state { padding: .6rem .9rem; border-left: .35rem solid #2b6a4d; background: #f2f7f4; }
.state.bad { border-color: #a33b20; background: #fbf3f0; }
"""


def write_page(study: Study, path: str | Path, language: str = "en") -> Path:
    """Write the check of a study as one HTML file that needs no other."""
    return write_whole(path, check_page(study, language))


def check_page(study: Study, language: str = "en") -> str:
    """Return the check of a study as an HTML page in "en" or "zh"."""
    text, words = Text(language), _Words(language)
    name = study.name_zh if language == "zh" and study.name_zh else study.name
    errors = int((study.problems["level"] == ERROR).sum())
    state = words("unusable", count=f"{errors:,}") if errors else words("usable")
    groups = group_problems(study.problems)
    parts = [
        element("h1", words("title", name=name)),
        paragraph(state, class_="state bad" if errors else "state"),
        section("account", words("account"), _account(study, text, words)),
    ]
    for level in (ERROR, SET_ASIDE, NOTE):
        alike = groups[groups["level"] == level]
        if len(alike):
            parts.append(section(level, words(level), _problems(alike, text, words)))
    head = element("head", Html('<meta charset="utf-8">'), element("title", words("title", name=name)),
                   element("style", Html(STYLE)))  # fmt: skip
    body = element("body", element("main", *parts))
    return "<!DOCTYPE html>\n" + element("html", head, body, lang="zh-CN" if language == "zh" else "en")


class _Words:
    """Sentences of the check in one language."""

    def __init__(self, language: str) -> None:
        self.language = language

    def __call__(self, key: str, **fields: object) -> str:
        return _load()["check"][key][self.language].format(**fields)

    def rule(self, rule: str, text: Text) -> str:
        """Return the name of a rule."""
        return _load()["rule"].get(rule, {}).get(self.language) or text.named("rule", rule)

    def mend(self, rule: str, hint: str) -> str:
        """Return how to mend a problem; hints are English where the catalogue has no other."""
        return _load()["mend"].get(rule, {}).get(self.language) or hint


def _account(study: Study, text: Text, words: _Words) -> Html:
    rows = []
    for name, account in study.accounting.groupby("table", sort=False):
        total, rules = account.iloc[0], account.iloc[1:]
        if total["rows_in"]:
            why = (
                f"{words.rule(r.rule, text)} {format_number(r.set_aside, 'people')}"
                for r in rules.itertuples()
            )
            counts = [format_number(total[c], "people") for c in ("rows_in", "kept", "set_aside")]
            rows.append((text.named("table", name), *counts, text.listed(why)))
            for part in study.files[study.files["table"] == name].itertuples():
                counts = [format_number(n, "people") for n in (part.rows_in, part.kept, part.set_aside)]
                of_which = element("span", words("of_which", file=part.file), class_="part")
                rows.append((of_which, *counts, ""))
    return _table([words(k) for k in ("table", "rows_in", "kept", "aside", "reasons")], rows, (1, 2, 3))


def _problems(groups, text: Text, words: _Words) -> Html:
    rows = []
    for group in groups.itertuples():
        shown = [element("div", _value(entry, words)) for entry in group.values[:SHOWN_VALUES]]
        if len(group.values) > SHOWN_VALUES:
            shown.append(element("div", words("more", count=f"{len(group.values) - SHOWN_VALUES:,}")))
        mend = [element("div", words.mend(group.rule, group.hint))]
        if group.suggestion:
            mend += [element("div", words("toml")), element("pre", group.suggestion)]
        where = [f"{group.table}.", Html("<wbr>"), group.column] if group.column else [group.table]
        cells = (element("span", *where), words.rule(group.rule, text), f"{group.count:,}")
        rows.append((*cells, element("div", *shown), element("div", *mend)))
    return _table([words(k) for k in ("column", "what", "rows", "examples", "mend")], rows, (2,))


def _table(header: list[str], rows: list[tuple], numbers: tuple[int, ...]) -> Html:
    """Return a table whose columns at `numbers` stand right."""
    kinds = ["number" if n in numbers else None for n in range(len(header))]
    top = [element("th", name, scope="col", class_=kind) for name, kind in zip(header, kinds, strict=True)]
    lines = []
    for first, *rest in rows:
        cells = [element("td", cell, class_=kind) for cell, kind in zip(rest, kinds[1:], strict=True)]
        lines.append(element("tr", element("th", first, scope="row"), *cells))
    return element("table", element("thead", element("tr", *top)), element("tbody", *lines))


def _value(entry: tuple[str, int, list], words: _Words) -> str:
    value, count, places = entry
    if not places:
        return value
    named = places_text(places, count, words("row", rows="{rows}"))
    return words("times", value=f"“{value}”", count=f"{count:,}", rows=named) if value else named


@cache
def _load() -> dict:
    import tomllib

    return tomllib.loads(files(__package__).joinpath("words.toml").read_text(encoding="utf-8"))
