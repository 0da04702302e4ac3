"""The sections of the report on changes, one function each: report in, HTML out."""

from __future__ import annotations

from collections import Counter

from analysis.display.effect_words import format_effect
from analysis.display.html import Html, bullets, element, paragraph, section, table
from analysis.display.numbers import NO_VALUE, format_number
from analysis.reporting.comparing.runs import (
    SAME,
    inputs_changed,
    made_differently,
    moved,
    places_changed,
    restated,
)
from analysis.reporting.findings.changes import DOWN, NO_ERROR, UNCLEAR, UP
from analysis.reporting.findings.grades import grades_of
from analysis.reporting.sections.common import notes
from analysis.reporting.sections.glance import KEY, moving, outcome_names, points

MOST_NAMES, MOST_MEASURES, MOST_ROWS = 20, 12, 400
KINDS = ("district", "street", "community", "unit")


def overview(report) -> Html:
    """Say what was compared with what, and in how many districts what moved."""
    text, scope = report.text, report.scope
    lines = [_compared(report)]
    if scope.how == SAME:
        lines.append(text("change.warning"))
    elif not scope.season:
        lines.append(text("change.seasons"))
    items = [line for measure in _measures(report) if (line := _measure_line(report, measure))]
    unjudged = [m for m in _measures(report) if scope.how != SAME and _unjudged(report, m)]
    if unjudged:
        names = text.listed(text.measure(measure).name for measure in unjudged)
        items.append(text("change.no_error", measures=names))
    parts = [paragraph(line) for line in lines]
    parts.append(bullets(items) if items else paragraph(text("change.nothing")))
    return section("overview", text("change.overview"), *parts)


def _compared(report) -> str:
    text, scope = report.text, report.scope
    if scope.how == SAME:
        return text("change.how_same", common=len(scope.common))
    names = {f"{when}{end}": text.period(periods[at])
             for when, periods in (("before", scope.before), ("after", scope.after))
             for end, at in (("0", 0), ("1", -1))}  # fmt: skip
    return text(f"change.how_{scope.how}", **names)


def _measures(report) -> list[str]:
    if report.scope.how != SAME:
        return moving(report.new)
    return outcome_names(report.new) + [m for group in KEY for m in group]


def _changes(report, measure: str) -> dict:
    kept = vars(report).setdefault("_kept", {})
    if measure not in kept:
        found = {
            d: moved(report.old.at(d), report.new.at(d), report.scope, d, measure) for d in report.districts
        }
        kept[measure] = {d: one for d, one in found.items() if one is not None}
    return kept[measure]


def _measure_line(report, measure: str) -> str:
    text, found = report.text, _changes(report, measure)
    if not found:
        return ""
    label, verdicts = text.measure(measure).name, Counter(one.verdict for one in found.values())
    judged = len(found) - verdicts[NO_ERROR]
    if judged:
        return text("city.moved", measure=label, districts=judged, up=verdicts[UP], down=verdicts[DOWN],
                    unclear=verdicts[UNCLEAR])  # fmt: skip
    differ = sum(one.difference != 0 for one in found.values())
    if report.scope.how != SAME or not differ:
        return ""
    return text("change.differ", measure=label, differ=differ, districts=len(found))


def _unjudged(report, measure: str) -> bool:
    found = _changes(report, measure)
    return bool(found) and all(one.verdict == NO_ERROR for one in found.values())


def figures(report) -> Html:
    """Write every change, measure by measure and district by district, with its interval."""
    text, rows, shown = report.text, [], 0
    for measure in _measures(report):
        found = _changes(report, measure)
        if report.scope.how == SAME:
            found = {d: one for d, one in found.items() if one.difference}
        if not found or shown >= MOST_MEASURES or len(rows) > MOST_ROWS:
            continue
        shown += 1
        rows.append((text.measure(measure).name,))
        rows += [_row(report, district, one) for district, one in found.items()]
    if not rows:
        return section("figures", text("change.figures"), paragraph(text("change.nothing")))
    header = [
        text("column.district"),
        *(text(f"change.column_{c}") for c in ("old", "new", "difference", "interval", "words")),
    ]
    lines = [text("change.figures_note")] + ([text("change.same_note")] if report.scope.how == SAME else [])
    return section(
        "figures",
        text("change.figures"),
        table(header, rows, caption=text("change.figures_table")),
        notes(*lines),
    )


def _row(report, district: str, one) -> tuple[str, ...]:
    text, kind = report.text, one.first.kind
    error = one.last.error if one.low == one.low else 0.0
    near = min(abs(one.low), abs(one.high), error) if one.verdict in (UP, DOWN) else error
    low, high = (format_effect(end, near or error, kind) for end in (one.low, one.high))
    return (
        report.name(district), one.first.shown(), one.last.shown(), points(one.difference, error, kind, text),
        NO_VALUE if one.low != one.low else f"[{low}, {high}]", text(f"change.verdict_{one.verdict}"),
    )  # fmt: skip


def restatements(report) -> Html:
    """Write how many figures for the same periods are no longer the same."""
    text, heading = report.text, report.text("change.restated")
    if not report.scope.common:
        return section("restatements", heading, paragraph(text("change.no_common")))
    found = restated(report.old, report.new, report.scope.common)
    if not len(found):
        return section(
            "restatements", heading, paragraph(text("change.none_restated", periods=len(report.scope.common)))
        )
    rows = [
        (
            text.measure(row.measure).name,
            format_number(row.compared, "people"),
            format_number(row.differ, "people"),
        )
        for row in found.head(MOST_MEASURES * 2).itertuples()
    ]
    header = [text("column.measure"), text("change.column_compared"), text("change.column_differ")]
    listing = table(header, rows, caption=text("change.restated_table"))
    return section(
        "restatements",
        heading,
        paragraph(text("change.restated_intro", periods=len(report.scope.common))),
        listing,
    )


def effects(report) -> Html:
    """Write the effects of both runs beside each other, with their grades."""
    text, heading = report.text, report.text("change.effects")
    pair = []
    for one in (report.old, report.new):
        frame = one.city.frames["effects"]
        if len(frame):
            frame = frame[frame["aggregation"] == "overall"].merge(
                grades_of(one)[["reform", "outcome", "grade"]]
            )
        pair.append(frame)
    if not all(len(frame) for frame in pair):
        return section("effects", heading, paragraph(text("change.no_effects")))
    both = pair[0].merge(pair[1], on=["reform", "outcome"], suffixes=("_old", "_new"))
    rows = []
    for reform, found in both.groupby("reform", sort=True):
        name = text.named("reform", reform)
        rows.append((name[:1].upper() + name[1:],))
        rows += [_effect_row(text, row) for _, row in found.iterrows()]
    columns = ("old", "new", "grades", "words")
    header = [text("column.outcome"), *(text(f"change.column_{c}") for c in columns)]
    listing = table(header, rows, caption=text("change.effects_table"))
    return section("effects", heading, listing, notes(text("change.effects_note"), text("grade.note")))


def _effect_row(text, row) -> tuple[str, ...]:
    kind = text.measure(row["outcome"]).kind
    shown = [_effect(row, side, kind) for side in ("old", "new")]
    grades = text("change.grades", old=row["grade_old"], new=row["grade_new"])
    known = row["conf_low_old"] == row["conf_low_old"] and row["estimate_new"] == row["estimate_new"]
    inside = known and row["conf_low_old"] <= row["estimate_new"] <= row["conf_high_old"]
    words = text("change.inside" if inside else "change.outside") if known else NO_VALUE
    return (text.measure(row["outcome"]).name, *shown, grades, words)


def _effect(row, side: str, kind: str) -> str:
    if not row[f"identified_{side}"]:
        return NO_VALUE
    error = row[f"std_error_{side}"]
    value, low, high = (
        format_effect(row[f"{c}_{side}"], error, kind) for c in ("estimate", "conf_low", "conf_high")
    )
    return f"{value} [{low}, {high}]" if low != NO_VALUE else value


def ranks(report) -> Html:
    """Write the ranks of both runs with their intervals."""
    text, heading = report.text, report.text("change.ranks")
    pair = [one.city.frames["index"] for one in (report.old, report.new)]
    if not all(len(frame) for frame in pair):
        return section("ranks", heading, paragraph(text("change.no_ranks")))
    old, new = (frame.set_index("district_id") for frame in pair)
    rows = []
    for district in [d for d in new.index if d in old.index]:
        a, b = old.loc[district], new.loc[district]
        overlap = a["rank_low"] <= b["rank_high"] and b["rank_low"] <= a["rank_high"]
        shown = [f"{int(r['rank'])} ({int(r['rank_low'])}–{int(r['rank_high'])})" for r in (a, b)]
        rows.append(
            (report.name(district), *shown, text("change.overlap" if overlap else "change.no_overlap"))
        )
    header = [text("column.district"), *(text(f"change.column_{c}") for c in ("old", "new", "words"))]
    lines = [text("change.ranks_note")]
    indices = [one.city.meta["index"]["indicators"] for one in (report.old, report.new)]
    lines += [text("change.other_index")] if indices[0] != indices[1] else []
    listing = table(header, rows, caption=text("change.ranks_table"), numeric_from=9)
    return section("ranks", heading, listing, notes(*lines))


def places(report) -> Html:
    """Write which places came, went, or now lie elsewhere."""
    text, found, items = report.text, places_changed(report.old.city, report.new.city), []
    for what in ("came", "went", "elsewhere"):
        for kind in KINDS:
            rows = found[(found["what"] == what) & (found["kind"] == kind)]
            if len(rows):
                names = text.listed(text.place(row) for _, row in rows.head(MOST_NAMES).iterrows())
                more = len(rows) - MOST_NAMES
                names += text("change.and_more", count=more) if more > 0 else ""
                words = {"count": len(rows), "kind": text(f"change.kind_{kind}"), "names": names}
                items.append(text(f"change.places_{what}", **words))
    content = bullets(items) if items else paragraph(text("change.no_places"))
    return section("places", text("change.places"), content)


def made(report) -> Html:
    """Write which versions, definitions and inputs are not the same."""
    text, old, new = report.text, report.old.city, report.new.city
    differ = made_differently(old, new)
    rows = [(_setting(text, name), before or NO_VALUE, after or NO_VALUE) for name, before, after in differ]
    header = [text("column.item"), text("change.column_old"), text("change.column_new")]
    listing = table(header, rows, caption=text("change.made_table"), numeric_from=9) if rows else (
        paragraph(text("change.made_alike"))
    )  # fmt: skip
    files = inputs_changed(old, new)
    items = [text(f"change.inputs_{what}", count=len(names), names=text.listed(names))
             for what, names in files.items() if names]  # fmt: skip
    measures = [set(one.measures.index.unique("measure")) for one in (report.old, report.new)]
    for what, names in (("came", measures[1] - measures[0]), ("went", measures[0] - measures[1])):
        if names:
            listed = text.listed(text.measure(name).name for name in sorted(names)[:MOST_NAMES])
            items.append(text(f"change.measures_{what}", count=len(names), names=listed))
    heading = element("h3", text("change.inputs")) if items else Html("")
    return section("made", text("change.made"), listing, heading, bullets(items))


def _setting(text, name: str) -> str:
    first, _, rest = name.partition(".")
    return text.named("setting", first) + (f" ({rest})" if rest else "")


SECTIONS = {
    function.__name__: function
    for function in (overview, figures, restatements, effects, ranks, places, made)
}
