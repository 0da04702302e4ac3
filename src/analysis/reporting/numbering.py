"""The numbers of headings, tables and figures: given here, in the order in which they stand."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from analysis.display.html import Html
from analysis.errors import ReportError
from analysis.reporting.provenance.trail import following, with_sources

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


def write_section(report, name: str, sections: Mapping[str, Callable], *, sources: bool = True) -> Html:
    """Return one section of a report, numbered, with what its tables and figures rest on.

    Parameters
    ----------
    report : DistrictReport, CityReport or ChangeReport
    name : str
        One of the names of `sections`.
    sections : mapping of str to callable
        Makers of the sections, in the order of the report.
    sources : bool
        Whether to note calls, measures and frames for `trace`.

    Raises
    ------
    ReportError
        There is no such section.
    """
    from analysis.display.figures import style

    if name not in sections:
        raise ReportError(
            "There is no such section.", where="section", value=name, expected=", ".join(sections),
            mend="Use one of these names.",
        )  # fmt: skip
    with style(report.text.language), following() as trail:
        html = number_section(sections[name](report), list(sections).index(name) + 1, report.text)
    return with_sources(html, trail) if sources else html
