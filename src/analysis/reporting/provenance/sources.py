"""Trace a table or figure of a report back to calls, measures, formulas and files."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from pathlib import Path

from analysis.errors import ReportError
from analysis.reporting.provenance.makers import MAKERS, formula, frame_of

SCRIPT = re.compile(r'<script\b[^>]*?class="(sources|run)"[^>]*>(.*?)</script>', re.DOTALL)
WHAT = re.compile(
    r"(?P<kind>table|tab\.?|figure|fig\.?|表|图)?\s*(?P<number>\d+(?:\.\d+)+[a-z]?)", re.IGNORECASE
)
KINDS = {"表": "table", "图": "figure", "t": "table", "f": "figure"}


@dataclass(frozen=True)
class Source:
    """Where a table or figure comes from.

    Attributes
    ----------
    page : Path
        The HTML report that says so.
    kind : {"table", "figure"}
    number : str
    call : list of str
        Functions that wrote it, the section's first.
    measures : list of dict
        measure, frame, formula, source.
    frames : list of dict
        frame, function (that computed it), tables (of the study that it reads).
    run : dict
        gongzhi, study, district, language, period, parameters, inputs (name -> sha256), libraries.
    """

    page: Path
    kind: str
    number: str
    call: list[str]
    measures: list[dict]
    frames: list[dict]
    run: dict = field(default_factory=dict)

    def __str__(self) -> str:
        return "\n".join(_lines(self))


def trace(report: str | Path, what: str) -> list[Source]:
    """Return where a table or figure of a report comes from.

    Parameters
    ----------
    report : path
        HTML report; of a PDF or Word file the HTML of the same name beside it is read.
    what : str
        "Table 3.1", "Figure 4.2", "表3.1", "图 4.2"; "3.1" alone means both.

    Raises
    ------
    ReportError
        The report or the table is not there, or the report does not say where its numbers come from.
    """
    page = _page(Path(report))
    found = {name: [] for name in ("sources", "run")}
    for name, content in SCRIPT.findall(page.read_text(encoding="utf-8")):
        found[name].append(json.loads(content))
    sources = [source for section in found["sources"] for source in section]
    if not sources:
        raise ReportError(
            "This page does not say where its numbers come from.", where=str(page),
            expected="a report made by gongzhi report with its own sections",
            mend="Make it again: gongzhi report STUDY --out DIR.",
        )  # fmt: skip
    asked = WHAT.fullmatch(what.strip())
    kind = KINDS.get((asked["kind"] or "")[:1].lower()) if asked else None
    mine = [s for s in sources if asked and s["number"] == asked["number"] and kind in (None, s["kind"])]
    if not mine:
        there = ", ".join(f"{s['kind']} {s['number']}" for s in sources)
        raise ReportError(
            "There is no such table or figure in this report.", where=str(page), value=what,
            expected=there, mend="Give it as it stands in the caption, for example: \"Table 3.1\".",
        )  # fmt: skip
    run = found["run"][0] if found["run"] else {}
    return [_source(page, one, run) for one in mine]


def _page(path: Path) -> Path:
    page = path if path.suffix.lower() in (".html", ".htm") else path.with_suffix(".html")
    if not page.is_file():
        also = "" if page == path else " or the HTML report of the same name beside it"
        raise ReportError(
            "There is no such report.", where=str(page), expected=f"an HTML report{also}",
            mend="PDF and Word files are made from the HTML report: keep it beside them, or name it.",
        )  # fmt: skip
    return page


def _source(page: Path, one: dict, run: dict) -> Source:
    measures = []
    for name in one["measures"]:
        how, where = formula(name)
        measures.append({"measure": name, "frame": frame_of(name), "formula": how, "source": where})
    names = dict.fromkeys([*one["frames"], *(m["frame"] for m in measures)])
    frames = [
        {"frame": name, "function": MAKERS[name].function, "tables": list(MAKERS[name].tables)}
        for name in names if name in MAKERS
    ]  # fmt: skip
    return Source(page, one["kind"], one["number"], one["call"], measures, frames, run)


def _lines(source: Source) -> list[str]:
    run = source.run
    lines = [f"{source.kind.capitalize()} {source.number}, as {source.page} says", "", "written by"]
    lines += [f"  {'  ' * depth}{call}" for depth, call in enumerate(source.call)]
    if source.measures:
        lines += ["", "measures"]
    for one in source.measures:
        lines.append(f"  {one['measure']}  (frame {one['frame']})")
        lines += [f"      {one[part]}" for part in ("formula", "source") if one[part]]
    lines += ["", "frames of the city stage, and what computed them"]
    for one in source.frames:
        tables = f"  from {', '.join(one['tables'])}" if one["tables"] else ""
        lines.append(f"  {one['frame']:16}{one['function']}{tables}")
    if run:
        lines += ["", "parameters"]
        lines += [f"  {name} = {value}" for name, value in run["parameters"].items()]
        lines += ["", "input files (sha256)"]
        lines += [f"  {value}  {name}" for name, value in run["inputs"].items()]
        lines += ["", "versions", f"  gongzhi {run['gongzhi']}, Python {run['python']}"]
        lines.append("  " + ", ".join(f"{name} {value}" for name, value in run["libraries"].items()))
    return lines
