"""Section 9: the community funds, their money, how soon it is made public, and who oversees them."""

from __future__ import annotations

import pandas as pd

from analysis.display.alt import course_words, joined
from analysis.display.figures import figure_html
from analysis.display.governance_plots import plot_ledger
from analysis.display.html import Html, paragraph, section, table
from analysis.display.numbers import NO_VALUE, SMALLEST_CELL, format_number, is_hidden
from analysis.display.plots import legend_below
from analysis.reporting.sections.common import inline, interval, known, missing_section, notes

MOST_FUNDS = 12
PUBLIC_PROCESSES = ("fund", "budgeting")  # other entries may be help to one person: only in the totals


def funds(report) -> Html:
    """Write budgets, spending and what is left, fund by fund, and how public and overseen it is."""
    text, found = report.text, report.rows("funds")
    if not len(found) or not (found["entries"] > 0).any():
        return missing_section(report, "funds", "funds")
    totals = {name: found[name].astype(float).sum() for name in ("budget", "income", "spent", "balance")}
    words = {name: format_number(value, "yuan") for name, value in totals.items()}
    words["funds"] = format_number(len(found), "people")
    parts = [paragraph(text("sentence.funds", **words)), _publication(report), _listing(report, found)]
    course = _course(report)
    if len(course) > 1:
        parts.append(_picture(report, course))
    parts.append(_oversight(report))
    return section("funds", text("heading.funds"), *parts)


def _publication(report) -> Html:
    text = report.text
    if not report.has("ledger_published_30"):
        return Html("")
    words = {"share": inline(report, "ledger_published_30"),
             "interval": interval(report, "ledger_published_30"),
             "n": format_number(report.value("ledger_published_30")[1], "people"),
             "days": inline(report, "ledger_publication_days")}  # fmt: skip
    timed = known(report.value("ledger_publication_days")[0])
    return paragraph(
        text("sentence.fund_publication" if timed else "sentence.fund_publication_share", **words)
    )


def _listing(report, found: pd.DataFrame) -> Html:
    text, rows = report.text, []
    mine = found[found["process"].isin(PUBLIC_PROCESSES)].copy()
    order = pd.to_numeric(mine["budget"], errors="coerce").sort_values(ascending=False, kind="stable").index
    for row in mine.loc[order[:MOST_FUNDS]].itertuples():
        place = text.place(report.places.loc[row.community_id])
        kind = row.category if isinstance(row.category, str) and row.category != "nan" else ""
        name = text("word.pair", first=place, second=text.named("kind", kind)) if kind else place
        few = row.entries < SMALLEST_CELL
        published = NO_VALUE if few else text(
            "word.of", first=format_number(row.published, "people"),
            second=format_number(row.entries, "people"),
        )  # fmt: skip
        days = NO_VALUE if few else format_number(row.publication_days, "days")
        money = [format_number(getattr(row, c), "yuan") for c in ("budget", "income", "spent", "remaining")]
        rows.append((name, *money, published, days))
    if not rows:
        return Html("")
    columns = ("fund", "budget", "income", "spent", "remaining", "entries_public", "publication_days")
    header = [text(f"column.{c}") for c in columns]
    listing = table(header, rows, caption=text("caption.funds_table"))
    more = len(order) - MOST_FUNDS
    lines = [text("sentence.more_funds", count=more)] if more > 0 else []
    return Html(listing + notes(*lines, text("sentence.funds_note")))


def _course(report) -> pd.DataFrame:
    names = ("income", "spent", "balance")
    course = {name: report.course(f"ledger_{name}", [report.district])[report.district] for name in names}
    return pd.DataFrame(course).dropna(subset="balance")


def _picture(report, course: pd.DataFrame) -> Html:
    text = report.text
    ax = plot_ledger(course, labels=tuple(text(f"legend.{name}") for name in course.columns))
    legend_below(ax)
    period = text(f"period.{report.city.meta['period']}")
    said = [course_words(text, text(f"legend.{name}"), course[name], "yuan") for name in course.columns]
    alt = joined(text, text("picture.funds", period=period), *said)
    return figure_html(ax.figure, alt=alt, caption=text("caption.funds_figure", period=period))


def _oversight(report) -> Html:
    text, found = report.text, report.rows("oversight")
    if not len(found):
        return Html("")
    row = found.iloc[0]
    if is_hidden(row["n"]):
        return notes(text("sentence.oversight_few"))
    words = {name: format_number(row[name], "share") for name in ("reviewed", "published", "independent")}
    words |= {"n": format_number(row["n"], "people"), "overseers": format_number(row["overseers"], "count"),
              "kinds": format_number(row["kinds"], "count")}  # fmt: skip
    key = "sentence.oversight" if known(row["independent"]) else "sentence.oversight_none"
    return paragraph(text(key, **words))
