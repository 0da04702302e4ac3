"""What the reforms changed: for the whole study from several sides, then this district's own part."""

from __future__ import annotations

import textwrap

import numpy as np
import pandas as pd

from analysis.display.alt import listed
from analysis.display.effect_words import POWER_FACTOR, format_effect, p_text
from analysis.display.figures import figure_html, new_axes
from analysis.display.html import Html, bullets, element, paragraph, section, table
from analysis.display.numbers import NO_VALUE, format_number
from analysis.display.plots import plot_event_time
from analysis.display.reasons import reason_text
from analysis.reporting.examination import DRAWS
from analysis.reporting.findings.grades import grade_words, grades_of, level_words
from analysis.reporting.kept import kept
from analysis.reporting.sections.common import notes

COLUMNS = 3
READ = (
    "reform", "outcome", "aggregation", "term", "event_time", "estimate", "std_error", "conf_low",
    "conf_high", "p_value", "n_units", "identified", "status", "note", "breakdown", "trusted",
)  # fmt: skip
SHOWN = ["outcome", "estimate", "std_error", "conf_low", "conf_high"]
DRAWN = ["outcome", "event_time", "estimate", "conf_low", "conf_high", "identified"]  # what a course shows


def effects(report) -> Html:
    """Write per reform: sentences with their doubts, tables, the course over time, and this district."""
    text, estimates = report.text, report.study_rows("effects")
    if not len(estimates):
        note = element("p", text("sentence.no_reform"), class_="missing")
        return section("effects", text("heading.effects"), note)
    told = [f"{part}_{text.language}" for part in ("text", "doubt")]
    estimates = estimates[[c for c in (*READ, *told) if c in estimates]]  # wide frames are slow to take apart
    parts = [paragraph(text("sentence.effects"))]
    for reform, rows in estimates.groupby("reform", sort=True):
        name = text.named("reform", reform)
        overall = rows[rows["aggregation"] == "overall"]
        parts += [element("h3", name[:1].upper() + name[1:]), sentences(report, overall)]
        parts += [estimates_table(report, name, overall), robustness(report, name, rows)]
        courses = rows[(rows["aggregation"] == "event_time") & rows["event_time"].notna()]
        if courses["identified"].any():
            parts.append(courses_picture(report, name, courses))
        parts += [grades_table(report, reform, name), _here(report, reform, name, overall)]
    overall = estimates[estimates["aggregation"] == "overall"]
    if (overall["identified"] & overall["std_error"].isna()).any():
        parts.append(notes(text("sentence.no_interval")))
    lines = [text("sentence.detectable"), text("sentence.effects_plot", period=_period(report))]
    if overall["identified"].any():
        lines += [text("effect.robust_note"), text("effect.district_note")]
    lines += [text("grade.note"), grade_meanings(text)]
    return section("effects", text("heading.effects"), *parts, notes(*lines))


def _period(report) -> str:
    return report.text(f"period.{report.city.meta['period']}")


def sentences(report, overall: pd.DataFrame) -> Html:
    """Write what was found; a doubt that all share stands once, after them."""
    text = report.text
    rows = overall.dropna(subset=[f"text_{text.language}"])
    said, doubts = (rows[f"{part}_{text.language}"] for part in ("text", "doubt"))
    if len(rows) > 1 and len(set(doubts)) == 1:
        return Html(bullets(said) + paragraph(doubts.iloc[0]))
    pairs = zip(said, doubts, strict=True)
    return bullets(text("effect.pair", first=first, second=second).strip() for first, second in pairs)


def _outcome(text, name: str) -> str:
    label = text.measure(name)
    return text("word.percentage_points", name=label.name) if label.kind == "share" else label.name


def _interval(row, kind: str) -> str:
    if row.conf_low != row.conf_low:
        return NO_VALUE
    low, high = (format_effect(value, row.std_error, kind) for value in (row.conf_low, row.conf_high))
    return f"[{low}, {high}]"


def estimates_table(report, name: str, overall: pd.DataFrame) -> Html:
    text, rows = report.text, []
    for row in overall.itertuples():
        outcome, kind = _outcome(text, row.outcome), text.measure(row.outcome).kind
        if not row.identified:
            status = text.named("effect_status", row.status)
            reason = reason_text(row.note, text) if isinstance(row.note, str) else status
            reason = text("sentence.not_identified", reason=reason)
            rows.append((text("word.pair", first=outcome, second=reason), *[NO_VALUE] * 4))
            continue
        detectable = format_effect(POWER_FACTOR * row.std_error, row.std_error, kind).lstrip("+")
        estimate = format_effect(row.estimate, row.std_error, kind)
        treated = format_number(row.n_units, "people")
        rows.append((outcome, estimate, _interval(row, kind), treated, detectable))
    header = [text(f"column.{c}") for c in ("outcome", "effect", "interval", "treated", "detectable")]
    return table(header, rows, caption=text("caption.effects_table", reform=name))


def robustness(report, name: str, found: pd.DataFrame) -> Html:
    text, rows = report.text, []
    overall = found[(found["aggregation"] == "overall") & found["identified"]]
    others, inference = (_by_term(found, part) for part in ("other", "inference"))
    trusted = {}
    for (outcome, _), one in inference.items():
        if pd.notna(one.trusted) and one.trusted:
            trusted.setdefault(outcome, one.p_value)
    for row in overall[["outcome", "breakdown"]].itertuples():
        kind = text.measure(row.outcome).kind
        cells = []
        for estimator in ("imputation", "event_study"):
            one = others.get((row.outcome, estimator))
            shown = NO_VALUE if one is None else format_effect(one.estimate, one.std_error, kind)
            around = "" if one is None else _interval(one, kind)
            cells.append(f"{shown} {around}".strip())
        drawn = inference.get((row.outcome, "randomisation"))
        drawn = np.nan if drawn is None else drawn.p_value
        by_clusters = p_text(trusted[row.outcome], DRAWS) if row.outcome in trusted else NO_VALUE
        survives = _survives(text, row.breakdown)
        rows.append((_outcome(text, row.outcome), *cells, p_text(drawn, DRAWS), by_clusters, survives))
    columns = ("imputation", "event_study", "randomisation", "trusted", "breakdown")
    header = [text("column.outcome"), *(text(f"effect_column.{c}") for c in columns)]
    return table(header, rows, caption=text("effect.robust_table", reform=name)) if rows else Html("")


def _by_term(found: pd.DataFrame, part: str) -> dict[tuple[str, str], tuple]:
    """Return the rows of one aggregation by outcome and term."""
    columns = ["outcome", "term", "estimate", "std_error", "conf_low", "conf_high", "p_value", "trusted"]
    rows = found.loc[found["aggregation"] == part, columns]
    return {(row.outcome, row.term): row for row in rows.itertuples(index=False)}


def grades_table(report, reform: str, name: str) -> Html:
    """Return the evidence grade of each outcome with the rules that decided it."""
    text, grades = report.text, grades_of(report)
    rows = [
        (text.measure(row.outcome).name, row.grade, grade_words(row, text.language))
        for row in grades[grades["reform"] == reform].itertuples()
    ]
    header = [text("column.outcome"), text("grade.column"), text("grade.why")]
    return table(header, rows, caption=text("grade.table", reform=name), numeric_from=9)


def grade_meanings(text) -> str:
    """Return what the grades mean, in one line."""
    said = [
        text("grade.means", letter=letter, meaning=level_words(letter, text.language)) for letter in "ABCD"
    ]
    return ("；" if text.language == "zh" else "; ").join(said) + ("。" if text.language == "zh" else ".")


def _survives(text, breakdown: float) -> str:
    if breakdown != breakdown:
        return NO_VALUE
    return text("effect.any") if np.isinf(breakdown) else text("effect.times", value=f"{breakdown:.2f}")


def courses_picture(report, name: str, courses: pd.DataFrame) -> Html:
    """Draw the effects over time of a reform: the same in all reports, so that only the first one draws."""
    text, period, detail, courses = report.text, _period(report), [], courses[DRAWN]
    known = courses[courses["identified"]]
    for row in known.loc[known.groupby("outcome", sort=False)["event_time"].idxmax()].itertuples():
        label = text.measure(row.outcome)
        estimate = format_number(row.estimate, label.kind, signed=True)
        detail.append(text("picture.effect", name=label.name, at=int(row.event_time), estimate=estimate))
    facts = text.language, courses.to_csv(index=False)
    drawn = kept(report.city.folder, facts, lambda: _courses(text, courses))
    alt = text(
        "alt.effects",
        count=len(detail),
        period=period,
        reform=name,
        detail=listed(text, detail),
    )
    return figure_html(drawn, alt=alt, caption=text("caption.effects_figure", reform=name, period=period))


def _courses(text, courses: pd.DataFrame):
    groups = [(o, rows) for o, rows in courses.groupby("outcome", sort=False) if rows["identified"].any()]
    lines = -(-len(groups) // COLUMNS)
    axes = np.atleast_1d(new_axes(height=0.3 + 1.75 * lines, rows=lines, columns=COLUMNS)).ravel()
    for ax, (outcome, rows) in zip(axes, groups, strict=False):
        label = text.measure(outcome)
        plot_event_time(rows, percent=label.kind == "share", ax=ax)
        ax.set_title(_wrapped(label.name, text.language), fontsize=8)
        ax.tick_params(labelsize=7)
        if label.kind == "share":
            ax.yaxis.set_major_formatter("{x:.1f}%")
    for ax in axes[len(groups) :]:
        ax.set_visible(False)
    return axes[0].figure


def _wrapped(name: str, language: str) -> str:
    if language == "zh":
        return "\n".join(name[at : at + 15] for at in range(0, len(name), 15))
    return "\n".join(textwrap.wrap(name, 30))


def _here(report, reform: str, name: str, overall: pd.DataFrame) -> Html:
    """Say what this district adopted, and its own effects: shrunk, beside what its data could have shown."""
    text, adoption = report.text, report.rows("adoption")
    mine = adoption[adoption["reform"] == reform]
    words = {"communities": len(report.communities), "reform": name, "adopted": len(mine)}
    if not len(mine):
        return paragraph(text("sentence.effects_place_none", **words))
    if not (mine["start"] <= report.periods[-1]).any():
        return paragraph(text("sentence.effects_place_later", **words))
    sentence = text(
        "effect.adopted",
        first=text.period(mine["start"].min()),
        last=text.period(mine["start"].max()),
        **words,
    )
    overall, rows = {row.outcome: row for row in overall[SHOWN].itertuples()}, []
    own = report.rows("effects")[["reform", "aggregation", "identified", "detectable", *SHOWN]]
    own = own[(own["reform"] == reform) & (own["aggregation"] == "district") & own["identified"].astype(bool)]
    for row in own.itertuples():
        kind, whole = text.measure(row.outcome).kind, overall[row.outcome]
        shown = [
            format_effect(row.estimate, row.std_error, kind), _interval(row, kind),
            format_effect(row.detectable, row.std_error, kind).lstrip("+"),
            format_effect(whole.estimate, whole.std_error, kind),
        ]  # fmt: skip
        rows.append((_outcome(text, row.outcome), *shown))
    if not rows:
        return Html(paragraph(sentence) + paragraph(text("effect.none_shown")))
    header = [
        text("column.outcome"), text("effect_column.here"), text("column.interval"),
        text("effect_column.detectable"), text("effect.study_level"),
    ]  # fmt: skip
    caption = text("effect.district_table", reform=name)
    return Html(paragraph(sentence) + table(header, rows, caption=caption))
