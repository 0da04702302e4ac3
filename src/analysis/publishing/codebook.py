"""What the columns of a replication package mean, and what the tables of its reports rest on."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path

from analysis.display.text import Text
from analysis.errors import ReportError
from analysis.panel import KEYS
from analysis.publishing.data import DataFacts
from analysis.reporting.provenance.makers import MAKERS, frame_of
from analysis.reporting.provenance.sources import SCRIPT
from analysis.tables.dictionary import datapackage, dictionary_markdown
from analysis.tables.study import Study

REPORTS = ("page", "kind", "number", "functions", "frames", "made_by")


def write_codebook(folder: Path, study: Study, facts: DataFacts) -> None:
    """Write study_tables.md and .json (the study's own tables) and analysis_data.md (both languages)."""
    folder.mkdir(parents=True, exist_ok=True)
    described = datapackage(replace(study, path=None))
    _write(folder / "study_tables.json", json.dumps(described, ensure_ascii=False, indent=1) + "\n")
    head, *tables = dictionary_markdown().split("\n## ")
    here = [part for part in tables if study.has(part.split("\n", 1)[0])]
    _write(folder / "study_tables.md", "\n## ".join([head, *here]))
    pages = [_analysis_page(facts, Text(language)) for language in ("en", "zh")]
    _write(folder / "analysis_data.md", "\n".join(pages))


def write_report_map(path: Path, run: Path) -> None:
    """Write for every table and figure of the reports of a run which functions and frames it rests on.

    Raises
    ------
    ReportError
        There are no reports that say so.
    """
    rows = []
    for page in sorted((run / "public").glob("*.html")):
        for name, content in SCRIPT.findall(page.read_text(encoding="utf-8")):
            for one in json.loads(content) if name == "sources" else []:
                frames = dict.fromkeys([*one["frames"], *map(frame_of, one["measures"])])
                makers = dict.fromkeys(MAKERS[frame].function for frame in frames if frame in MAKERS)
                rows.append((page.name, one["kind"], one["number"], "; ".join(one["call"]), "; ".join(frames),
                             "; ".join(makers)))  # fmt: skip
    if not rows:
        raise ReportError(
            "There are no reports here that say what they rest on.", where=f"--report {run}",
            expected="the folder of a run of gongzhi report",
            mend="Name the folder given to gongzhi report --out, or leave out --report.",
        )  # fmt: skip
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows([REPORTS, *rows])


def _analysis_page(facts: DataFacts, text: Text) -> str:
    def say(key: str, **values) -> str:
        return text(f"publication_codebook.{key}", **values)

    rows = [(name, say(name), "") for name in KEYS]
    for name in (*facts.outcomes, *facts.measures):
        label = text.measure(name)
        rows.append((name, label.name, text.named("publication_kind", label.kind)))
    for reform in facts.reforms:
        word = text.named("reform", reform)
        rows += [(f"{part}_{reform}", say(part, reform=word), "") for part in ("cohort", "dose")]
    lines = [
        f"# {say('title')}: panel.csv",
        "",
        f"| {say('column')} | {say('meaning')} | {say('unit')} |",
        "|---|---|---|",
    ]
    lines += [f"| `{name}` | {meaning} | {unit} |" for name, meaning, unit in rows]
    return "\n".join(lines) + "\n"


def _write(path: Path, words: str) -> None:
    path.write_text(words, encoding="utf-8", newline="\n")
