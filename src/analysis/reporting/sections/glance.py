"""Section 1, the first page: how is this district doing, what changed, how sure are we, what next."""

from __future__ import annotations

from analysis.display.effect_words import format_effect, within
from analysis.display.html import Html, bullets, element, paragraph, section, table
from analysis.display.numbers import format_number
from analysis.reporting.findings.advice import recommendations
from analysis.reporting.findings.changes import NO_ERROR as NO_CHANGE_ERROR
from analysis.reporting.findings.changes import UNCLEAR, blocks, change
from analysis.reporting.findings.figures import hidden_measures, measured, short_basis
from analysis.reporting.findings.grades import grades_of
from analysis.reporting.findings.standing import ALONE, NO_ERROR, standing
from analysis.reporting.sections.common import notes, totals

KEY = (  # of each group the first that is there; then the others, up to the most
    (
        "consultation_completeness",
        "consultation_answered",
        "consultation_satisfaction",
        "consultation_adopted",
        "consultation_raised",
    ),
    ("request_satisfaction", "request_mean_days_to_answer", "request_answered"),
    ("burden_hours", "burden_duties", "burden_admission"),
    ("network_active_share", "network_volunteering_rate", "network_support"),
    ("matching_needs_met", "ledger_published_30", "ledger_budget_used"),
    ("budgeting_funded_choice", "budgeting_turnout", "budgeting_follow_through"),
    ("opinion_agreement", "opinion_voters", "opinion_participation"),
)
OUTCOMES = ("satisfaction", "trust", "participation", "response_days", "incidents")  # then all others
MOVING = (  # measured alike in every period: a matter opened late has had as long as one opened early
    "burden_hours",
    "consultation_completeness", "request_satisfaction", "network_active_share",
    "request_mean_days_to_answer", "consultation_satisfaction", "burden_duties", "ledger_published_30",
    "budgeting_turnout", "opinion_agreement",
)  # fmt: skip
MOST_MEASURES, MOST_CHANGES, MOST_ADVICE, MOST_OUTCOMES = 7, 4, 3, 3


def glance(report) -> Html:
    """Write the first page: four questions, each answered in plain words with its interval or n."""
    text = report.text
    parts = [*_standing(report), *_changed(report), *_sure(report), *_next(report)]
    return section("glance", text("heading.glance"), *parts)


def key_measures(report, most: int = MOST_MEASURES) -> list[str]:
    """Return the measures that say most about a district: one of each group, then further ones."""
    return choose(report, lambda measure: measured(report, measure).known, most)


def choose(report, known, most: int) -> list[str]:
    """Return at most `most` measures for which `known` holds: the first of each group, then further ones."""
    outcomes = outcome_names(report)
    groups = [[m for m in group if known(m)] for group in (outcomes, *KEY)]
    chosen = [group[0] for group in groups if group] + [m for group in groups for m in group[1:]]
    chosen = set(chosen[:most])
    return [m for group in groups for m in group if m in chosen]


def outcome_names(report) -> list[str]:
    """Return the outcomes of the study, the usual ones first."""
    there = report.outcomes()
    return [m for m in OUTCOMES if m in there] + [m for m in there if m not in OUTCOMES]


def moving(report) -> list[str]:
    """Return the measures whose change over time can be told: outcomes, then those measured alike."""
    return list(dict.fromkeys([*outcome_names(report), *MOVING]))


def _head(report, name: str) -> Html:
    return element("h3", report.text(f"first.{name}"))


def _standing(report) -> list[Html]:
    text, rows = report.text, []
    for measure in key_measures(report):
        found = standing(report, measure)
        figure = found.figure
        here = f"{figure.shown()} {short_basis(figure, text)}"
        others = format_number(found.others, figure.kind)
        rows.append((text.measure(measure).name, here, others, standing_words(found, text)))
    if not rows:
        return [_head(report, "standing"), paragraph(text("first.nothing_known"))]
    header = [text("column.measure"), *(text(f"first.column_{name}") for name in ("here", "others", "words"))]
    if len(report.districts) < 2:
        header, rows = header[:2], [row[:2] for row in rows]
    key = "first.standing_table" if report.periods else "first.standing_table_all"
    ends = (
        {"first": text.period(report.periods[0]), "last": text.period(report.periods[-1])}
        if report.periods
        else {}
    )
    lines = [text("first.alone")] if len(report.districts) < 2 else []
    listing = table(header, rows, caption=text(key, **ends), numeric_from=9)
    return [_head(report, "standing"), listing, notes(*lines)]


def standing_words(found, text) -> str:
    """Return a standing in words, never more than its error allows."""
    if found.verdict == NO_ERROR:
        if format_number(found.figure.value, found.figure.kind) == format_number(
            found.others, found.figure.kind
        ):
            return text("first.standing_equal")
        side = text("first.side_high" if found.difference > 0 else "first.side_low")
        return text("first.standing_no_error", side=side)
    return text("first.standing_alone" if found.verdict == ALONE else f"first.standing_{found.verdict}")


def _changed(report) -> list[Html]:
    text = report.text
    first, last = blocks(report.periods, report.city.meta["period"])
    found = [one for measure in moving(report) if first and (one := change(report, measure)) is not None]
    found = [one for one in found if one.first.value or one.last.value]
    if not found:
        return [_head(report, "changed"), paragraph(text("first.changed_none"))]
    judged = [one for one in found if one.verdict != NO_CHANGE_ERROR]
    kept = judged[: MOST_CHANGES - 1]  # what can be judged comes first, with one at least that cannot
    kept += [one for one in found if one not in judged][: MOST_CHANGES - len(kept)]
    kept += judged[MOST_CHANGES - 1 :][: MOST_CHANGES - len(kept)]
    ends = zip(("first0", "first1", "last0", "last1"), (first[0], first[-1], last[0], last[-1]), strict=True)
    names = {name: text.period(period) for name, period in ends}
    lines = [text("first.changed_when" if len(first) > 1 else "first.changed_when_one", **names)]
    if report.city.meta["period"] != "year" and first[0][:4] == last[-1][:4]:
        lines.append(text("first.changed_halves"))
    return [_head(report, "changed"), bullets(change_words(one, text) for one in kept), notes(*lines)]


def change_words(one, text) -> str:
    """Return a change as one sentence with its interval, or that there is none."""
    measure, kind = one.first.name, one.first.kind
    error = one.last.error if one.low == one.low else 0.0
    label = text.measure(measure)
    words = {
        "measure": label.name, "before": one.first.shown(), "after": one.last.shown(),
        "difference": points(one.difference, error, kind, text), "n": format_number(one.last.n, "people"),
    }  # fmt: skip
    if one.verdict == NO_CHANGE_ERROR:
        key = "changed_counted" if label.counts == "places" else "changed_no_error"
        return text(f"first.{key}", **words)
    near = min(abs(one.low), abs(one.high), error) if one.verdict != UNCLEAR else error
    low, high = (format_effect(end, near or error, kind) for end in (one.low, one.high))
    return text(f"first.changed_{one.verdict}", interval=text("first.interval", low=low, high=high), **words)


def points(difference: float, error: float, kind: str, text) -> str:
    """Return a difference with its sign and unit."""
    unit = text.names("effect_unit").get(kind)
    shown = format_effect(difference, error, kind)
    return shown if unit is None else text("effect.with_unit", number=shown, unit=unit)


def _sure(report) -> list[Html]:
    text, lines = report.text, []
    grades = grades_of(report)
    for reform, rows in grades.groupby("reform", sort=True):
        lines.append(reform_words(reform, rows, text))
    small = [paragraph(text("first.grade_note", section=text("heading.effects")), class_="note")]
    if not len(grades):
        lines, small = [text("first.effects_none")], []
    lines.append(quality_words(report))
    return [_head(report, "sure"), bullets(lines), *small]


def reform_words(reform: str, rows, text) -> str:
    """Return in how many outcomes the effect of a reform can be told from no change, with the grades."""
    name = text.named("reform", reform)
    name = name[:1].upper() + name[1:]
    moved = rows[rows["holds_zero"] == 0].sort_values(["level"], ascending=False, kind="stable")
    if not len(moved):
        return text("first.effects_nothing", reform=name, count=len(rows))
    graded = [text("first.grade_of", outcome=within(text.measure(row.outcome).name), letter=row.grade)
              for row in moved[:MOST_OUTCOMES].itertuples()]  # fmt: skip
    more = len(moved) - MOST_OUTCOMES
    graded += [text("first.grade_more", count=more)] if more > 0 else []
    return text("first.effects_some", reform=name, count=len(rows), moved=len(moved),
                grades=text.listed(graded))  # fmt: skip


def quality_words(report, *, here: bool = True) -> str:
    """Return what came in, what was set aside, what is missing, and what is hidden `here`."""
    text = report.text
    rows = totals(report)
    families = [text.named("family", name) for name in report.city.meta["missing"]]
    said = text(
        "first.quality" if rows["set_aside"] else "first.quality_all",
        rows_in=format_number(rows["rows_in"], "people"),
        set_aside=format_number(rows["set_aside"], "people"),
        missing=text("first.quality_missing", families=text.listed(families)) if families else "",
    )
    if not here:
        return said
    hidden = len(hidden_measures(report))
    more = text("first.quality_hidden", count=hidden) if hidden else ""
    return said + ("" if text.language == "zh" or not more else " ") + more


def _next(report) -> list[Html]:
    text, found = report.text, recommendations(report)
    if not found:
        return [_head(report, "next"), paragraph(text("first.next_none"))]
    items = [
        Html(element("strong", one.text) + " " + element("span", one.said)) for one in found[:MOST_ADVICE]
    ]
    more, name = len(found) - MOST_ADVICE, text("heading.advice")
    lines = [text("first.next_more" if more > 0 else "first.next_why", count=more, section=name)]
    return [_head(report, "next"), bullets(items), notes(*lines)]
