"""Data to download: the table of districts as CSV, and what its columns mean."""

from __future__ import annotations

import csv
import io
import math

from analysis.display.text import LANGUAGES, Text
from analysis.files import harmless
from analysis.reporting.site.facts import District, Facts

TABLE, DICTIONARY = "data/districts.csv", "data/dictionary.csv"
PARTS = ("n", "low", "high", "status")


def districts_csv(facts: Facts) -> str:
    """Return the table of districts as CSV with a byte-order mark, so that Excel reads it as UTF-8.

    Per measure: its value as shown (shares from 0 to 1), n, low and high of its interval, and status: shown,
    hidden or unknown. Hidden and unknown values are empty.
    """
    header = ["place_id", "name", "name_zh", "communities"]
    for measure in facts.measures:
        header += [measure, *(f"{measure}_{part}" for part in PARTS)]
    ranked = bool(len(facts.city.frames["index"]))
    header += ["rank_low", "rank_high"] * ranked
    header += [f"adopted_{reform}" for reform in facts.reforms]
    return _csv([header, *(_row(facts, district, ranked) for district in facts.districts)])


def dictionary_csv(facts: Facts) -> str:
    """Return what each column of the table of districts means, in both languages, as CSV."""
    texts = {language: Text(language) for language in LANGUAGES}
    rows = [["column", *LANGUAGES, *(f"unit_{language}" for language in LANGUAGES)]]

    def add(column: str, key: str, unit: str = "", **names: tuple[str, str]) -> None:
        """Add a column; `names` are (kind of name, what) to be put into words in each language."""
        said = [
            t(f"site_dictionary.{key}", **{k: _named(t, *v) for k, v in names.items()})
            for t in texts.values()
        ]
        rows.append([column, *said, *(t(f"site_unit.{unit}") if unit else "" for t in texts.values())])

    for column in ("place_id", "name", "name_zh"):
        add(column, column)
    add("communities", "communities", "people")
    for name in facts.measures:
        label, measure = facts.text.measure(name), ("measure", name)
        add(name, "value", label.kind, measure=measure)
        add(f"{name}_n", "measure_n", "people", measure=measure, counts=("site_counts", label.counts))
        for part in ("low", "high"):
            add(f"{name}_{part}", f"measure_{part}", label.kind, measure=measure)
        add(f"{name}_status", "measure_status", measure=measure)
    if len(facts.city.frames["index"]):
        add("rank_low", "rank_low")
        add("rank_high", "rank_high")
    for reform in facts.reforms:
        add(f"adopted_{reform}", "adopted", "people", reform=("reform", reform))
    return _csv(rows)


def _row(facts: Facts, district: District, ranked: bool) -> list[object]:
    cells: list[object] = [*map(harmless, (district.id, *district.names)), district.communities]
    for measure in facts.measures:
        figure = district.figures[measure]
        n = "" if figure.status == "hidden" else figure.n.replace(",", "")
        cells += [number(figure.value), n, number(figure.low), number(figure.high), figure.status]
    if ranked:
        cells += district.rank[1:] if district.rank else ("", "")
    return [*cells, *(district.adopted.get(reform, 0) for reform in facts.reforms)]


def number(value: float) -> str:
    """Return a number in plain digits, or nothing for NaN."""
    return "" if math.isnan(value) else f"{value:.10f}".rstrip("0").rstrip(".")


def _named(text: Text, kind: str, what: str) -> str:
    return text.measure(what).name if kind == "measure" else text.named(kind, what)


def _csv(rows: list[list[object]]) -> str:
    stream = io.StringIO()
    csv.writer(stream).writerows(rows)
    return "\ufeff" + stream.getvalue()
