"""What to look at next: every rule that fired, with its figure, its reason and its source."""

from __future__ import annotations

from analysis.display.html import Html, bullets, element, paragraph, section
from analysis.display.html import text as text_of
from analysis.reporting.findings.advice import recommendations
from analysis.reporting.sections.common import notes


def advice(report) -> Html:
    """Write the recommendations of the district as a table."""
    text, found = report.text, recommendations(report)
    if not found:
        return section("advice", text("heading.advice"), paragraph(text("advice.none")))
    return section("advice", text("heading.advice"), notes(text("advice.intro")), recommended(found, text))


def recommended(found, text) -> Html:
    """Return recommendations as a list: what to look at, the figure, then reason, threshold and source."""
    items = []
    for one in found:
        parts = {"reason": one.reason, "threshold_word": one.threshold, "source": one.source}
        small = " ".join(text("advice.pair", name=text(f"advice.{name}"), words=words)
                         for name, words in parts.items())  # fmt: skip
        items.append(
            Html(element("strong", one.text) + " " + text_of(one.said) + paragraph(small, class_="note"))
        )
    return bullets(items)
