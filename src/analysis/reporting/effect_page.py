"""The page about one effect: what was found, over time, in other ways, against doubts, by district."""

from __future__ import annotations

import math

from analysis import __version__
from analysis.display.alt import listed, named_value
from analysis.display.effect_plots import plot_course_of_effect, plot_forest
from analysis.display.effect_words import (
    comparison_name,
    effect_text,
    format_effect,
    headline,
    note_text,
    p_text,
    within,
)
from analysis.display.figures import figure_html, style
from analysis.display.html import Html, bullets, element, paragraph, section, table
from analysis.display.numbers import NO_VALUE, format_number
from analysis.display.reasons import reason_text
from analysis.display.text import Text
from analysis.reporting.documents import page
from analysis.reporting.examination import DRAWS, Examination
from analysis.tables.study import Study


def effect_page(found: Examination, study: Study, reform: str, text: Text) -> str:
    """Return a self-contained HTML page in the language of `text`."""
    with style(text.language):
        return _whole(found, study, reform, text)


def _whole(found: Examination, study: Study, reform: str, text: Text) -> str:
    label, name = text.measure(found.headline.outcome), text.named("reform", reform)
    title = text("effect.page_title", reform=name, outcome=within(label.name))
    subtitle = study.name_zh if text.language == "zh" and study.name_zh else study.name
    said = effect_text(
        found.headline, text.language, reform=name, checks=found.checks, robustness=found.robustness
    )
    parts = [
        element("h1", title), element("p", subtitle, class_="subtitle"),
        section("result", text("effect.result"), paragraph(said)),
        section("course", text("effect.over_time"), *_course(found, text, study.period)),
        section("others", text("effect.other_ways"), *_others(found, text, study.period)),
        section("checks", text("effect.checks"), _checks(found, text)),
        section("sensitivity", text("effect.sensitivity"), *_sensitivity(found, text, study.period)),
        section("inference", text("effect.inference"), *_inference(found, text)),
        section("districts", text("effect.districts"), *_districts(found, study, text)),
        section("notes", text("effect.notes"), _notes(found, text)),
    ]  # fmt: skip
    return page("\n".join(parts), title=title, language=text.language)


def course_of(found: Examination, text: Text, period: str, ax=None):
    """Draw the effects by time since adoption; None where there are none."""
    if found.course is None or not found.course.table["identified"].any():
        return None
    kind = _kind(found, text)
    words = text("effect.axis_since", period=text(f"period.{period}")), _axis(text, kind)
    return plot_course_of_effect(found.course.table, labels=words, percent=kind == "share", ax=ax)


def forest_of(found: Examination, text: Text, period: str = "", ax=None):
    """Draw the average effect by every estimator, the headline first."""
    rows, kind = _estimates(found), _kind(found, text)
    drawn = [(text.named("effect_estimator", one.estimator), *_figures(row)) for _, one, row in rows]
    return plot_forest(drawn, label=_axis(text, kind), percent=kind == "share", ax=ax)


def _kind(found: Examination, text: Text) -> str:
    return text.measure(found.headline.outcome).kind


def _axis(text: Text, kind: str) -> str:
    unit = text.names("effect_unit").get(kind)
    return text("effect.axis_effect", unit=unit) if unit else text("effect.axis_plain")


def _figures(row) -> tuple[float, float, float]:
    return tuple(float(row[name]) for name in ("estimate", "conf_low", "conf_high"))


def _estimates(found: Examination) -> list:
    rows = [(name, one, headline(one)) for name, one in found.others.items()]
    return [entry for entry in rows if entry[2]["identified"]]


def _cells(row, kind: str) -> tuple[str, str]:
    """Return estimate and interval as text."""
    value, low, high = _figures(row)
    scale = float(row["std_error"])
    scale = scale if scale == scale else (high - low) / 4
    ends = [format_effect(end, scale, kind) for end in (low, high)]
    return format_effect(value, scale, kind), NO_VALUE if low != low else f"[{ends[0]}, {ends[1]}]"


def _course(found: Examination, text: Text, period: str) -> list:
    ax = course_of(found, text, period)
    if ax is None:
        return [_lacking(found, "course", text)]
    kind, known = _kind(found, text), found.course.table
    known = known[known["identified"] & known["event_time"].notna()]
    ends = [known.iloc[0], known.iloc[-1]]
    detail = listed(
        text, (named_value(text, int(row["event_time"]), " ".join(_cells(row, kind))) for row in ends)
    )
    word = text(f"period.{period}")
    alt = text("effect.course_alt", period=word, detail=detail)
    return [figure_html(ax.figure, alt=alt, caption=text("effect.over_time_note", period=word))]


def _others(found: Examination, text: Text, period: str) -> list:
    kind, rows = _kind(found, text), []
    for _, one, row in _estimates(found):
        name = text.named("effect_estimator", one.estimator)
        n = format_number(row["n_units"], "people")
        rows.append((name, *_cells(row, kind), p_text(float(row["p_value"])), n, comparison_name(one, text)))
    header = [text(f"effect_column.{c}") for c in
              ("estimator", "estimate", "interval", "p_value", "n_units", "comparison")]  # fmt: skip
    ax = forest_of(found, text, period)
    detail = listed(text, (named_value(text, row[0], f"{row[1]} {row[2]}") for row in rows))
    alt = text("effect.forest_alt", count=len(rows), detail=detail)
    figure = figure_html(ax.figure, alt=alt, caption=text("effect.other_ways_note"))
    return [figure, table(header, rows, caption=_unit_caption(text, kind))]


def _unit_caption(text: Text, kind: str) -> str:
    axis = _axis(text, kind)
    return axis[:1].upper() + axis[1:]


def _checks(found: Examination, text: Text) -> Html:
    words = {True: text("effect.passed"), False: text("effect.failed"), None: text("effect.unsure")}
    rows, kind = [], _kind(found, text)
    for check in found.checks:
        passed = None if check.passed is None else bool(check.passed)
        plain = check.name == "comparisons" and found.headline.estimand.code == "estimand_twfe"
        said = (
            text("effect_note.comparisons_clean", **check.text.values)
            if plain
            else note_text(check.text, text, kind)
        )
        rows.append((text.named("effect_check", check.name), words[passed], said[:1].upper() + said[1:]))
    header = [text(f"effect_column.{c}") for c in ("check", "result", "meaning")]
    return table(header, rows, numeric_from=9)


def _sensitivity(found: Examination, text: Text, period: str) -> list:
    if found.robustness is None:
        return [_lacking(found, "robustness", text)]
    kind, rows = _kind(found, text), []
    for row in found.robustness.table.iloc[1:].to_dict("records"):
        rows.append((f"{row['bound']:g} ×", _cells(row, kind)[1]))
    notes = {note.code: note for note in found.robustness.notes}
    said = next(note_text(note, text) for code, note in notes.items() if code.startswith("breakdown"))
    last = int(notes["window"].values["high"]) if "window" in notes else 0
    word = text(f"period.{period}")
    header = [text("effect_column.bound"), text("effect_column.interval")]
    caption = text("effect.sensitivity_note", last=last, period=word)
    return [paragraph(said[:1].upper() + said[1:]), table(header, rows, caption=caption)]


def _inference(found: Examination, text: Text) -> list:
    if found.inference is None:
        return [_lacking(found, "inference", text)]
    kind, rows = _kind(found, text), []
    for row in found.inference.table.to_dict("records"):
        shown = _cells(row, kind) if row["identified"] else (NO_VALUE, NO_VALUE)
        advice = text("effect.yes") if row["trusted"] else ""
        p_value = p_text(float(row["p_value"]), DRAWS)
        rows.append((text.named("effect_estimator", row["term"]), *shown, p_value, advice))
    header = [text(f"effect_column.{c}") for c in ("method", "estimate", "interval", "p_value", "advice")]
    wanted = [n for n in found.inference.notes if n.code == "cluster_facts" or n.code.startswith("trust_")]
    said = [note_text(note, text) for note in wanted]
    cluster = text.named("cluster", found.inference.cluster)
    caption = text("effect.inference_note", cluster=cluster)
    return [bullets(line[:1].upper() + line[1:] for line in said), table(header, rows, caption=caption)]


def _districts(found: Examination, study: Study, text: Text) -> list:
    if found.districts is None:
        reason = reason_text(found.refused.get("districts", ""), text)
        return [element("p", text("effect.no_districts", reason=reason), class_="missing")]
    places = study.tree.table
    kind, rows, drawn = _kind(found, text), [], []
    for row in found.districts.table.to_dict("records"):
        own = isinstance(row["district"], str)
        special = {"overall": text("effect.all_districts"), "new district": text("effect.new_district")}
        name = text.place(places.loc[row["district"]]) if own else special[row["term"]]
        if not row["identified"]:
            rows.append((name, text.named("effect_status", row["status"]), *[NO_VALUE] * 3))
            continue
        weight = format_number(row["weight"], "share")
        least = format_effect(row["detectable"], row["std_error"], kind).lstrip("+")
        rows.append((name, *_cells(row, kind), weight, least if own else NO_VALUE))
        if own:
            drawn.append((name, *_figures(row)))
    drawn.insert(0, (text("effect.all_districts"), *_figures(headline(found.districts, "overall"))))
    ax = plot_forest(drawn, label=_axis(text, kind), percent=kind == "share")
    detail = listed(text, (named_value(text, row[0], f"{row[1]} {row[2]}") for row in rows))
    alt = text("effect.districts_alt", count=len(drawn) - 1, detail=detail)
    header = [text(f"effect_column.{c}") for c in ("district", "shrunk", "interval", "weight", "detectable")]
    spread = next((note for note in found.districts.notes if note.code == "tau"), None)
    known = spread is not None and not math.isnan(spread.values["tau"])
    said = note_text(spread, text, kind) if known else ""
    caption = _unit_caption(text, kind)
    return [paragraph(text("effect.districts_note")), paragraph(said[:1].upper() + said[1:]),
            figure_html(ax.figure, alt=alt, caption=caption), table(header, rows)]  # fmt: skip


def _notes(found: Examination, text: Text) -> Html:
    said = [note_text(note, text) for note in found.headline.notes] + [
        text("effect.made_by", version=__version__)
    ]
    return bullets(line[:1].upper() + line[1:] for line in said)


def _lacking(found: Examination, part: str, text: Text) -> Html:
    reason = reason_text(found.refused.get(part, ""), text)
    return element("p", text("effect.no_part", reason=reason), class_="missing")
