"""What the scripts of a page need, as JSON: rounded as shown, and nothing that is hidden."""

from __future__ import annotations

import json
import math

from analysis.reporting.site.districts_table import LANG
from analysis.reporting.site.facts import District, Facts, places_after_point
from analysis.reporting.site.map import group_of, legend_texts, spread


def script_data(facts: Facts) -> str:
    """Return the data as JSON that can stand in a page.

    measures: id, name, digits after the point, legend and colours of its groups. districts: id, name, rank
    (low and high, or null), and per measure [shown, n, group] or, where it is shown, [shown, n, group,
    value, low, high]. text: the words of the scripts.
    """
    text, count = facts.text, len(facts.city.frames["index"])
    groups = {name: group_of(facts, name) for name in facts.measures}
    districts = [
        {"id": d.id, "name": d.name, "rank": d.rank and d.rank[1:],
         "figures": [_figure(d, name, groups[name][at]) for name in facts.measures]}
        for at, d in enumerate(facts.districts)
    ]  # fmt: skip
    words = text.names("site_script") | {
        "none": text("site.legend_none"), "n": text("site.n", n="{n}"), "no_rank": text("site.rank_none"),
        "rank_span": text("site.rank_span", low="{low}", high="{high}", count=count),
        "label": text("site.map_label", name="{name}", value="{value}"),
        "map": text("site.map_alt", count=len(facts.districts), measure="{measure}"),
    }  # fmt: skip
    data = {
        "language": LANG[text.language], "text": words, "districts": districts,
        "measures": [_measure(facts, name) for name in facts.measures],
    }  # fmt: skip
    return json.dumps(data, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")


def _measure(facts: Facts, name: str) -> dict:
    label, legend = facts.text.measure(name), legend_texts(facts, name)
    return {
        "id": name, "name": label.name, "share": label.kind == "share",
        "digits": places_after_point(label.kind), "legend": legend,
        "colours": [spread(number, len(legend)) for number in range(len(legend))],
    }  # fmt: skip


def _figure(district: District, measure: str, group: int) -> list:
    figure = district.figures[measure]
    if figure.status != "shown":
        return [figure.shown, figure.n, -1]
    ends = [None if math.isnan(end) else end for end in (figure.low, figure.high)]
    return [figure.shown, figure.n, group, figure.value, *ends]
