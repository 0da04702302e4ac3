"""What the figures rest on: the rows of every table, and what could not be measured for want of a table."""

from __future__ import annotations

from analysis.display.html import Html, bullets, element, table
from analysis.display.numbers import format_number
from analysis.reporting.site.facts import Facts


def quality_section(facts: Facts) -> Html:
    """Return the account of rows in, used and set aside, and a line per family of measures missing."""
    text, rows = facts.text, []
    for name, account in facts.city.frames["accounting"].groupby("table", sort=False):
        total, reasons = account.iloc[0], account.iloc[1:]
        if not total["rows_in"]:
            continue
        why = (
            f"{text.named('rule', row.rule)} {format_number(row.set_aside, 'people')}"
            for row in reasons.itertuples()
        )
        counts = [format_number(total[c], "people") for c in ("rows_in", "kept", "set_aside")]
        rows.append((text.named("table", name), *counts, text.listed(why)))
    header = [text(f"column.{c}") for c in ("table", "rows_in", "kept", "set_aside", "reason")]
    found = table(header, rows, caption=text("site.quality_caption"))
    framed = element("div", found, class_="wide", tabindex=0, role="region", aria_label=text("site.quality"))
    missing = []
    for family in facts.city.meta["missing"]:
        tables = text.listed(facts.report.missing(family))
        missing.append(text("sentence.missing_part", what=text.named("family", family), tables=tables))
    return Html(framed + bullets(missing))
