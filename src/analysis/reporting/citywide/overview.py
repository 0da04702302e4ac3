"""The first page of the city report: how the districts do, what changed, how sure, what to look at next."""

from __future__ import annotations

from collections import Counter

from analysis.display.html import Html, bullets, element, paragraph, section, table
from analysis.display.numbers import format_number
from analysis.reporting.findings import changes
from analysis.reporting.findings.advice import recommendations
from analysis.reporting.findings.grades import grades_of
from analysis.reporting.findings.standing import ALIKE, HIGHER, LOWER, standing
from analysis.reporting.sections.common import notes, span
from analysis.reporting.sections.effects import grade_meanings
from analysis.reporting.sections.glance import choose, moving, quality_words, reform_words

MOST_MEASURES, MOST_CHANGES, MOST_ADVICE = 8, 5, 4


def overview(report) -> Html:
    """Write the four questions of the first page for all districts together."""
    text = report.text
    parts = [*_standing(report), *_changed(report), *_sure(report), *_next(report)]
    return section("glance", text("city.overview"), *parts)


def key_measures(report, most: int = MOST_MEASURES) -> list[str]:
    """Return the measures that say most: of each group the first with values, then further ones."""
    return choose(report, lambda measure: report.among(measure, report.districts).notna().any(), most)


def _head(report, name: str) -> Html:
    return element("h3", report.text(f"city.{name}"))


def _standing(report) -> list[Html]:
    text, rows = report.text, []
    for measure in key_measures(report):
        values, label = report.among(measure, report.districts), text.measure(measure)
        verdicts = Counter(standing(report.at(district), measure).verdict for district in report.districts)
        counted = sum(verdicts[name] for name in (HIGHER, LOWER, ALIKE))
        words = text("city.differ", higher=verdicts[HIGHER], lower=verdicts[LOWER], alike=verdicts[ALIKE])
        rows.append(
            (
                label.name, format_number(values.median(), label.kind),
                span(values.min(), values.max(), label.kind), words if counted else text("city.no_error"),
            )
        )  # fmt: skip
    if not rows:
        return [_head(report, "standing"), paragraph(text("city.nothing_known"))]
    header = [text("column.measure"), *(text(f"city.column_{c}") for c in ("middle", "range", "differ"))]
    if len(report.districts) < 2:
        header, rows = header[:2], [row[:2] for row in rows]
    caption = text("city.standing_table", districts=len(report.districts))
    return [_head(report, "standing"), table(header, rows, caption=caption, numeric_from=9)]


def _changed(report) -> list[Html]:
    text = report.text
    first, last = changes.blocks(report.periods, report.city.meta["period"])
    lines = [line for measure in moving(report) if first and (line := _change_line(report, measure))]
    if not lines:
        there = [
            m for m in moving(report) if first and report.course(m, report.districts).notna().any(axis=None)
        ]
        names = text.listed(text.measure(measure).name for measure in there[:MOST_MEASURES])
        said = text("change.no_error", measures=names) if there else text("first.changed_none")
        return [_head(report, "changed"), paragraph(said)]
    ends = zip(("first0", "first1", "last0", "last1"), (first[0], first[-1], last[0], last[-1]), strict=True)
    names = {name: text.period(period) for name, period in ends}
    when = text("first.changed_when" if len(first) > 1 else "first.changed_when_one", **names)
    return [_head(report, "changed"), bullets(lines[:MOST_CHANGES]), notes(when)]


def _change_line(report, measure: str) -> str:
    text = report.text
    found = [one for d in report.districts if (one := changes.change(report.at(d), measure)) is not None]
    verdicts = Counter(one.verdict for one in found)
    judged = len(found) - verdicts[changes.NO_ERROR]
    if not judged:
        return ""
    words = {name: verdicts[getattr(changes, name.upper())] for name in ("up", "down", "unclear")}
    words |= {"measure": text.measure(measure).name, "districts": judged}
    return text("city.moved", **words)


def _sure(report) -> list[Html]:
    text, grades = report.text, grades_of(report)
    lines = [reform_words(reform, rows, text) for reform, rows in grades.groupby("reform", sort=True)]
    small = [notes(grade_meanings(text))] if lines else []
    lines = lines or [text("first.effects_none")]
    lines.append(quality_words(report, here=False))
    return [_head(report, "sure"), bullets(lines), *small]


def fired(report) -> list[tuple]:
    """Return (recommendation, {district: figure}) for every rule that fires, the most frequent first."""
    kept = vars(report).setdefault("_kept", {})
    if "fired" not in kept:
        found: dict[str, list] = {}
        for district in report.districts:
            for one in recommendations(report.at(district)):
                found.setdefault(one.id, [one, {}])[1][district] = one.figure
        kept["fired"] = sorted((tuple(pair) for pair in found.values()), key=lambda pair: -len(pair[1]))
    return kept["fired"]


def _next(report) -> list[Html]:
    text, found = report.text, fired(report)
    if not found:
        return [_head(report, "next"), paragraph(text("advice.none"))]
    items = [
        Html(
            element("strong", one.text)
            + " "
            + text("city.fired", count=len(where), districts=len(report.districts))
        )
        for one, where in found[:MOST_ADVICE]
    ]
    more = len(found) - MOST_ADVICE
    key = "first.next_more" if more > 0 else "first.next_why"
    return [
        _head(report, "next"),
        bullets(items),
        notes(text(key, count=more, section=text("heading.advice"))),
    ]
