"""The map: boundaries where the study has them, points where it has coordinates, else a tile per district."""

from __future__ import annotations

import math

from analysis.display.html import Html, element, paragraph
from analysis.display.numbers import format_number
from analysis.reporting.site.facts import District, Facts, groups
from analysis.reporting.stages.boundaries import WIDTH, projection

NAMED = 40  # districts up to which a map has room for names and values
TILE = 100


def map_section(facts: Facts) -> Html:
    """Return the map coloured by the first measure, its legend and what is not on it."""
    if not facts.measures:
        return Html("")
    text, measure = facts.text, facts.measures[0]
    kind, height, shapes = _shapes(facts)
    drawn = [d for d in facts.districts if d.id in shapes]
    colours = {d.id: g for d, g in zip(facts.districts, group_of(facts, measure), strict=True)}
    roomy = len(drawn) <= NAMED
    many = max(colours.values()) + 1
    marks = [_mark(facts, d, shapes[d.id], colours[d.id], many, kind, len(drawn)) for d in drawn]
    alt = text("site.map_alt", count=len(drawn), measure=text.measure(measure).name)
    picture = element("svg", *marks, viewBox=f"0 0 {WIDTH} {height}", role="img", aria_label=alt,
                      id="map-svg", class_=f"map {kind}", data_size=_size(len(drawn)))  # fmt: skip
    rest = [d.name for d in facts.districts if d.id not in shapes]
    notes = [text(f"site.map_{kind}"), *([] if roomy else [text("site.map_numbers")])]
    notes += [text("site.map_missing", names=text.listed(rest))] if rest else []
    options = [element("option", text.measure(m).name, value=m) for m in facts.measures]
    choice = element("p", element("label", text("site.map_measure"), for_="map-measure"), " ",
                     element("select", *options, id="map-measure"), class_="scripted")  # fmt: skip
    legend = element(
        "ul", *_legend(facts, measure), id="legend", class_="legend", aria_label=text("site.legend")
    )
    return Html(
        "".join((
            choice, element("p", "", id="map-status", role="status", class_="hear"),
            element("p", text.measure(measure).name, id="map-name", class_="map-name"), legend, picture,
            *(paragraph(note, class_="note") for note in notes),
        ))
    )  # fmt: skip


def group_of(facts: Facts, measure: str) -> list[int]:
    """Return the colour group of every district's value, -1 where it is not shown."""
    return groups([d.figures[measure].value for d in facts.districts]).tolist()


def legend_texts(facts: Facts, measure: str) -> list[str]:
    """Return the range of values in each colour group, lowest first."""
    kind = facts.text.measure(measure).kind
    members: dict[int, list[float]] = {}
    for district, group in zip(facts.districts, group_of(facts, measure), strict=True):
        members.setdefault(group, []).append(district.figures[measure].value)
    members.pop(-1, None)
    shown = [[format_number(end(members[g]), kind) for end in (min, max)] for g in sorted(members)]
    return [a if a == b else facts.text("site.legend_range", low=a, high=b) for a, b in shown]


def _legend(facts: Facts, measure: str) -> list[Html]:
    texts = legend_texts(facts, measure)
    lines = [
        element("li", element("span", n + 1, class_=f"swatch k{spread(n, len(texts))}"), " ", t)
        for n, t in enumerate(texts)
    ]
    return [
        *lines,
        element("li", element("span", "–", class_="swatch none"), " ", facts.text("site.legend_none")),
    ]


def spread(group: int, groups: int) -> int:
    """Return the colour, 0 to 4, of a group when there are fewer groups than colours."""
    return group if groups < 2 or group < 0 else round(group * 4 / (groups - 1))


def _shapes(facts: Facts) -> tuple[str, int, dict[str, dict]]:
    """Return the kind of map, its height, and per district what to draw: path or none, and centre."""
    bounds = facts.city.meta.get("boundaries")
    if bounds:
        return "boundaries", bounds["height"], bounds["districts"]
    places = facts.report.places.loc[facts.report.districts]
    located = places[places["longitude"].notna() & places["latitude"].notna()]
    if len(located):
        corners = list(zip(located["longitude"], located["latitude"], strict=True))
        place, height = projection(corners, margin=125 if len(located) <= NAMED else 40)
        centres = [[round(at, 1) for at in place(*corner)] for corner in corners]
        return "points", height, {d: {"centre": c} for d, c in zip(located.index, centres, strict=True)}
    return "tiles", *_tiles(facts.report.districts)


def _tiles(districts: list[str]) -> tuple[int, dict[str, dict]]:
    across = max(math.ceil(math.sqrt(len(districts) * 1.6)), 5)
    size = WIDTH / across
    side = round(size * 0.94, 1)
    found = {}
    for number, district in enumerate(districts):
        x, y = round(number % across * size, 1), round(number // across * size, 1)
        path = f"M{x} {y}h{side}v{side}h-{side}Z"
        found[district] = {"path": path, "centre": [round(x + side / 2, 1), round(y + side / 2, 1)]}
    return math.ceil(math.ceil(len(districts) / across) * size), found


def _size(count: int) -> float:
    """Return how large points are drawn: smaller where there are too many to name."""
    return 1.0 if count <= NAMED else round(max(math.sqrt(NAMED / count), 0.3), 2)


def _mark(
    facts: Facts, district: District, shape: dict, group: int, many: int, kind: str, count: int
) -> Html:
    roomy, size = count <= NAMED, _size(count)
    figure, colour = district.figures[facts.measures[0]], spread(group, many)
    x, y = shape["centre"]
    if kind == "points":
        radius = 24 + 4 * colour if group >= 0 else 20
        drawn = element("circle", cx=x, cy=y, r=f"{radius * size:g}")
    else:
        drawn = element("path", d=shape["path"])
    title = element("title", facts.text("site.map_label", name=district.name, value=figure.shown))
    if roomy:
        down, first, second = (y + 46, "0.8em", "2em") if kind == "points" else (y, "-0.1em", "1.1em")
        name = element("text", district.name, x=x, y=down, dy=first, class_="name")
        words = [name, element("text", figure.shown, x=x, y=down, dy=second, class_="value")]
    else:
        number = group + 1 if group >= 0 else "–"
        words = [element("text", number, x=x, y=y, dy="0.35em", class_="value inside")]
    look = f"k{colour}" if group >= 0 else "none"
    return element("g", title, drawn, *words, class_=look, data_id=district.id)
