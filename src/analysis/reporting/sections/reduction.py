"""Part of the section on burden: before and after the reform, by department, admission, what came back."""

from __future__ import annotations

import numpy as np

from analysis.display.alt import course_words, joined
from analysis.display.figures import figure_html, new_axes, period_labels
from analysis.display.governance_plots import plot_start
from analysis.display.html import Html, paragraph, table
from analysis.display.numbers import NO_VALUE, format_number, is_hidden
from analysis.display.plots import legend_below, plot_course
from analysis.reporting.sections.common import count, inline, known, notes, part

REFORM = "burden_reduction"
SHOWN = ("burden_duties", "burden_hours")
MOST_DEPARTMENTS = 6
REASONS = ("on_list", "agreement_and_money", "no_agreement", "no_money", "neither", "not_stated")


def before_and_after(report) -> Html:
    """Draw duties and hours with the start of the reform marked, and say where freed hours went."""
    text = report.text
    adoption = report.rows("adoption")
    starts = adoption[adoption["reform"] == REFORM]["start"]
    if not len(starts):
        return Html("")
    starts = starts.sort_values()
    first, last = starts.iloc[0], starts.iloc[-1]
    words = {
        "section": text("heading.effects"),
        "adopted": len(starts),
        "communities": len(report.communities),
        "first": text.period(first),
        "last": text.period(last),
    }
    parts = [paragraph(text("sentence.reduction", **words))]
    if len(report.periods) > 1:
        parts.append(_picture(report, first, last))
    return part(report, "reduction", *parts, _freed(report))


def _picture(report, first: str, last: str) -> Html:
    text = report.text
    shown = [m for m in SHOWN if report.course(m, [report.district])[report.district].notna().any()]
    axes = np.atleast_1d(new_axes(height=2.9, columns=len(shown)))
    labels = tuple(text(f"legend.{name}") for name in ("here", "median", "half"))
    detail = []
    for ax, measure in zip(axes, shown, strict=True):
        values = report.course(measure, report.districts)
        here = values[report.district]
        plot_start(
            ax, report.periods, first, last, text("legend.start" if first == last else "legend.starts")
        )
        plot_course(here, values.drop(columns=report.district), labels=labels, ax=ax)
        label = text.measure(measure)
        ax.set_title(_split(label.name, text.language), fontsize=8.5)
        step = max(1, -(-len(report.periods) // 4))
        ax.set_xticks(range(0, len(report.periods), step), period_labels(report.periods[::step]))
        before = here[here.index < first].dropna()
        after = here[here.index > last].dropna()
        means = [format_number(v.mean(), label.kind) if len(v) else NO_VALUE for v in (before, after)]
        detail.append(text("picture.before_after", measure=label.name, before=means[0], after=means[1]))
        detail.append(course_words(text, label.name, here, label.kind))
    legend_below(axes[0], columns=2)
    starts = {"first": text.period(first), "last": text.period(last)}
    alt = joined(text, text("picture.reduction", **starts), *detail)
    return figure_html(axes[0].figure, alt=alt, caption=text("caption.reduction_figure"))


def _split(name: str, language: str) -> str:
    import textwrap

    return name if language == "zh" else "\n".join(textwrap.wrap(name, 38))


def _freed(report) -> Html:
    text, found = report.text, report.rows("freed")
    if not len(found) or not found["n"].iloc[0] > 0:
        return Html("")
    row = found.iloc[0]
    if is_hidden(row["n_staff"]):
        return notes(text("sentence.freed_hidden"))
    hours = {name: format_number(row[name], "hours") for name in ("duty_hours_before", "duty_hours_after",
             "service_hours_before", "service_hours_after", "freed", "service_change")}  # fmt: skip
    change = (format_number(-row["freed"], "hours", signed=True),
              format_number(row["service_change"], "hours", signed=True))  # fmt: skip
    rows = [
        (text("word.duty_hours"), hours["duty_hours_before"], hours["duty_hours_after"], change[0]),
        (text("word.service_hours"), hours["service_hours_before"], hours["service_hours_after"], change[1]),
    ]
    header = [text(f"column.{c}") for c in ("hours_a_month", "before_reform", "after_reform", "change")]
    words = {"freed": hours["freed"], "n": format_number(row["n"], "people"),
             "share": format_number(row["to_residents"], "share"), "periods": _periods(row)}  # fmt: skip
    sentence = "sentence.freed" if known(row["to_residents"]) else "sentence.not_freed"
    return Html(
        paragraph(text(sentence, **words)) + table(header, rows, caption=text("caption.freed_table"))
        + notes(text("sentence.freed_note", **words))
    )  # fmt: skip


def _periods(row) -> str:
    return format_number(round(float(row["periods_before"])), "people")


def departments(report) -> Html:
    """Write which departments lay most duties on the communities, and how concentrated that is."""
    text, found = report.text, report.rows("departments")
    found = found[(found["department"] != "") & (found["last"] > 0)]
    if not len(found):
        return Html("")
    rows = [
        (text.named("kind", r.department), *(format_number(v, "count") for v in (r.first, r.last)),
         format_number(r.hours, "hours"), format_number(r.last / found["last"].sum(), "share"))
        for r in found[:MOST_DEPARTMENTS].itertuples()
    ]  # fmt: skip
    header = [text(f"column.{c}") for c in ("department", "first_year", "last_year", "hours_last_year",
                                            "share_last_year")]  # fmt: skip
    words = {"departments": len(found), "top": inline(report, "burden_top3"),
             "herfindahl": inline(report, "burden_herfindahl"),
             "equal": format_number(1 / len(found), "ratio")}  # fmt: skip
    return part(
        report, "departments", paragraph(text("sentence.departments", **words)),
        table(header, rows, caption=text("caption.departments_table", most=MOST_DEPARTMENTS)),
    )  # fmt: skip


def admission(report) -> Html:
    """Write how new duties came to the communities, before and after the reform."""
    text, found = report.text, report.rows("admissions")
    found = found[found["list"] == "all"]
    if not len(found):
        return Html("")
    phases = [p for p in ("before", "after", "all") if (found["phase"] == p).any()]
    cells = found.set_index(["phase", "reason"])
    rows = []
    for reason in REASONS:
        if not any(cells.loc[(p, reason), "duties"] > 0 for p in phases):
            continue
        row = [text.named("admission", reason)]
        for phase in phases:
            one = cells.loc[(phase, reason)]
            judged = cells.loc[phase].drop(index="not_stated", errors="ignore")["duties"].sum()
            share = NO_VALUE if is_hidden(judged) else format_number(one["share"], "share")
            row += [format_number(one["duties"], "people"), share]
        rows.append(tuple(row))
    header = [text("column.how_admitted")]
    for phase in phases:
        header += [text(f"column.duties_{phase}"), text("column.share")]
    n = report.value("burden_admission")[1]
    words = {"share": inline(report, "burden_admission"), "n": count(report, n)}
    return part(
        report, "admission", paragraph(text("sentence.admission", **words)),
        table(header, rows, caption=text("caption.admission_table")), _returned(report),
    )  # fmt: skip


def _returned(report) -> Html:
    """Say how much of what the reform cut came back."""
    text, found = report.text, report.rows("returns")
    found = found[(found["list"] == "all") & (found["cut"] > 0)].set_index("match")
    if "list" not in found.index:
        return Html("")
    one = found.loc["list"]
    strict = found.loc["department"] if "department" in found.index else one
    if is_hidden(one["cut"]):
        return notes(text("sentence.returned_few"))
    words = {
        "cut": format_number(one["cut"], "people"), "share": format_number(one["share_12"], "share"),
        "strict": format_number(strict["share_12"], "share"), "returned": count(report, one["returned"]),
        "before": format_number(one["new_before"], "count"),
        "after": format_number(one["new_after"], "count"),
    }  # fmt: skip
    return paragraph(text("sentence.returned", **words))
