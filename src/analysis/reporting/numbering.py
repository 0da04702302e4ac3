"""The numbers of headings, tables and figures: given here, in the order in which they stand."""

from __future__ import annotations

import re

from analysis.display.html import Html

CAPTION = re.compile(r"<(caption|figcaption)>(?:(?:Table|Figure) [\d.]+[a-z]?\. |[表图][\d.]+[a-z]?\s+)?")


def number_section(html: Html, number: int, text) -> Html:
    """Return a section with its heading, its tables and its figures numbered.

    Parameters
    ----------
    html : Html
        One section; a number that a caption already bears is replaced.
    number : int
        Of the section.
    text : Text
    """
    counts = {"caption": 0, "figcaption": 0}

    def numbered(found: re.Match) -> str:
        tag = found.group(1)
        counts[tag] += 1
        key = "word.table_number" if tag == "caption" else "word.figure_number"
        return f"<{tag}>" + text(key, number=f"{number}.{counts[tag]}")

    return Html(CAPTION.sub(numbered, html).replace("<h2>", f"<h2>{number}  ", 1))
