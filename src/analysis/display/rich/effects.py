"""Estimates as HTML: the sentence, the figures with their intervals, what they rest on, their limits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, replace

import pandas as pd

from analysis.display.effect_words import effect_text, note_text, p_text
from analysis.display.html import Html, bullets, element, paragraph, table
from analysis.display.numbers import NO_VALUE, format_number
from analysis.display.rich.columns import columns_of, error_decimals, write_number
from analysis.display.rich.language import words
from analysis.display.rich.results import _block, long_table
from analysis.display.rich.tables import show_table
from analysis.display.text import Text
from analysis.effects import Specification

FIGURES = ("term", "estimate", "interval", "std_error", "p_value")
FEW = 4  # further columns that stand in the same table
USUAL = {
    "term", "estimate", "std_error", "statistic", "p_value", "conf_low", "conf_high", "n_units", "identified",
    "status", "event_time", "pre_period", "cohort", "time", "band_low", "band_high", "estimator",
    "control_group", "cluster", "n_clusters", "n_obs", "n_controls", "n_periods",
}  # fmt: skip


def effect_html(estimate) -> Html:
    """Return an estimate: a sentence where it has an overall effect, its table, sample sizes, notes."""
    text = words()
    head = text("rich.effect", estimator=text.named("effect_estimator", estimate.estimator),
                outcome=text.measure(estimate.outcome).name)  # fmt: skip
    further = [name for name in estimate.table if name not in USUAL and _adds(estimate.table, name)]
    few = further if len(further) <= FEW else []
    parts = [paragraph(_said(estimate, text)), _figures(estimate, text, few)]
    if further and not few:
        rest = show_table(estimate.table[["term", *further]], sortable=False)
        parts.append(_folded(", ".join(further), rest))
    parts += [paragraph(_resting(estimate, text), class_="note"), _notes(estimate.notes, text)]
    return _block(head, *parts)


def cells_html(effects) -> Html:
    """Return effects by cohort and period, averaged by time since adoption."""
    text = words()
    note = paragraph(text("rich.cells", count=f"{len(effects.table):,}"), class_="note")
    averages = effects.aggregate("event_time")
    rows = averages.table[averages.table["term"] != "overall"]
    course = replace(averages, table=pd.concat([effects.aggregate("overall").table, rows], ignore_index=True))
    head = text("rich.effect", estimator=text.named("effect_estimator", course.estimator),
                outcome=text.measure(course.outcome).name)  # fmt: skip
    said = paragraph(effect_text(effects, text.language))
    return _block(head, said, _figures(course, text), note, paragraph(_resting(course, text), class_="note"),
                  _notes(course.notes, text))  # fmt: skip


def checks_html(checks) -> Html:
    """Return checks of a design: the name, whether it was passed, what it says."""
    text = words()
    results = {True: "passed", False: "failed", None: "unsure"}
    rows = [
        [
            text.named("effect_check", check.name),
            text(f"effect.{results[check.passed]}"),
            note_text(check.text, text),
        ]
        for check in checks
    ]
    header = [text(f"rich_column.{name}") for name in ("check", "result", "says")]
    made = table(header, rows, caption=text("rich.checks"))
    return _block("", Html(made.replace("<td>", '<td class="said">')))


def sentence(words: str) -> str:
    """Return words with a large first letter."""
    return words[:1].upper() + words[1:]


def check_html(check) -> Html:
    """Return one check, with its figures."""
    return Html(checks_html([check]) + (show_table(check.table) if len(check.table) else ""))


def curve_html(curve) -> Html:
    """Return a specification curve: the joint test, then every specification."""
    text = words()
    rows = curve.table
    figures = [c for c in ("estimate", "conf_low", "conf_high", "p_permutation") if c in rows]
    choices = [f.name for f in fields(Specification) if f.name in rows]
    varied = [c for c in choices if len(set(rows[c].astype(str))) > 1]
    every = show_table(rows[[*varied, *figures]])
    head = text("rich.curve", outcome=text.measure(curve.outcome).name, count=len(rows))
    joint = show_table(curve.joint, text("rich.joint"), sortable=False)
    return _block(head, joint, every, _notes(curve.notes, text))


def _said(estimate, text: Text) -> str:
    """Return the sentence of an overall effect with its interval, or else what the figures stand for."""
    overall = estimate.table[estimate.table["term"].astype(str) == "overall"]
    if len(overall) and (not overall["identified"].iloc[0] or overall["conf_low"].notna().iloc[0]):
        return effect_text(estimate, text.language)
    return note_text(estimate.estimand, text)


def _order(table: pd.DataFrame) -> list[int]:
    """Return the rows with the overall effect first, then event times from adoption on, then those before."""
    terms = table["term"].astype(str).tolist()
    times = table["event_time"].tolist() if "event_time" in table else [None] * len(terms)
    keys = []
    for at, (term, time) in enumerate(zip(terms, times, strict=True)):
        before = time is not None and time is not pd.NA and time == time and time < 0
        keys.append((term != "overall", before, -time if before else 0, at))
    return sorted(range(len(keys)), key=keys.__getitem__)


def _adds(table: pd.DataFrame, name: str) -> bool:
    """Whether a column says more than the terms do."""
    known = table[table[name].notna()]
    return bool((known[name].astype(str) != known["term"].astype(str)).any())


def _figures(estimate, text: Text, further: Sequence[str] = ()) -> Html:
    """Return the table of terms, the overall effect first, without columns that hold nothing."""
    found, kind = estimate.table, text.measure(estimate.outcome).kind
    found = found.iloc[_order(found)]
    scale = 100 if kind == "share" else 1
    errors, values = (found[name].to_numpy("float64") * scale for name in ("std_error", "estimate"))
    places = error_decimals(errors, values)
    more = dict(zip(further, columns_of(found[list(further)], text), strict=True))
    rows = []
    for row in found.to_dict("records"):
        low, high = (write_number(row[name] * scale, places) for name in ("conf_low", "conf_high"))
        rows.append([
            text("effect.overall") if row["term"] == "overall" else str(row["term"]),
            write_number(row["estimate"] * scale, places),
            f"{low} – {high}" if low != NO_VALUE and high != NO_VALUE else NO_VALUE,
            write_number(row["std_error"] * scale, places), p_text(float(row["p_value"])),
            *(column.write(row[name]) for name, column in more.items()),
            format_number(row["n_units"], "people"),
            "" if row["identified"] else text.named("effect_status", row.get("status", "")),
        ])  # fmt: skip
    named = [text(f"rich_column.{name}") for name in FIGURES]
    unit = text.names("effect_unit").get(kind)
    named[1] += f" ({unit})" if unit else ""
    header = [*named, *further, *(text(f"rich_column.{name}") for name in ("n_units", "status"))]
    kept = [at for at in range(len(header)) if at < 2 or any(row[at] not in ("", NO_VALUE) for row in rows)]
    return long_table([header[at] for at in kept], [[row[at] for at in kept] for row in rows])


def _resting(estimate, text: Text) -> str:
    said = text(
        "rich.resting", used=f"{estimate.n_obs:,}", rows=f"{estimate.n_rows:,}",
        units=f"{estimate.n_units:,}", treated=f"{estimate.n_treated:,}", clusters=f"{estimate.n_clusters:,}",
        cluster=text.named("cluster", estimate.cluster), level=f"{estimate.level:.0%}",
    )  # fmt: skip
    aside = text.listed(f"{reason} ({count:,})" for reason, count in estimate.set_aside if count)
    return said + (" " + text("rich.aside_rows", listed=aside) if aside else "")


def _notes(notes, text: Text) -> Html:
    if not notes:
        return Html("")
    return _folded(
        text("rich.notes", count=len(notes)), bullets(sentence(note_text(note, text)) for note in notes)
    )


def _folded(head: str, content: Html) -> Html:
    return element("details", element("summary", head), content)
