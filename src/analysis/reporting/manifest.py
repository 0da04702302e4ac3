"""The manifest: what was made from what, with which versions, how long it took and what failed."""

from __future__ import annotations

import json
import platform
import shlex
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from analysis import __version__
from analysis.display.text import LANGUAGES
from analysis.files import write_whole
from analysis.reporting.request import Request
from analysis.reporting.running.record import State
from analysis.reporting.running.stage import Stage
from analysis.reporting.running.supervise import BAD, NOT_STARTED

LIBRARIES = ("pandas", "numpy", "networkx", "statsmodels", "diff-diff", "pyfixest", "matplotlib", "papermill",
             "nbconvert")  # fmt: skip
SHOWN = ("district", "language", "status", "seconds", "cpu_seconds", "memory_mb", "attempts", "error", "cell",
         "key", "moved")  # fmt: skip


def failure_line(entry: dict, request: Request) -> str:
    """Return what became of a report that was not made, and the command that makes it again."""
    cell = f" in cell In [{entry['cell']}]" if entry["cell"] else ""
    how = entry["status"].replace("_", " ")
    return (
        f"{entry['district'] or 'city'} ({entry['language']}) {how}{cell}: {entry['error']}\n"
        f"  try again: {rerun_command(request, entry)}"
    )


def rerun_command(request: Request, entry: dict) -> str:
    """Return the command that makes one report again."""
    words = ["gongzhi", "report", str(request.study), "--out", str(request.layout.root)]
    words += ["--districts", entry["district"]] if entry["district"] else []
    words += ["--language", entry["language"]]
    if request.formats != ("html",):
        words += ["--format", ",".join(request.formats)]
    if request.own_template:
        words += ["--template", str(request.template)]
    for name, value in request.parameters.items():
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        words += ["--parameter", f"{name}={text}"]
    return shlex.join(words)


def manifest_entries(request: Request, state: State) -> list[dict]:
    """Return the reports of the folder by district and language, with their files below it."""
    order = sorted(state.reports.values(), key=lambda e: (e["district"], LANGUAGES.index(e["language"])))
    entries = []
    for state_entry in order:
        entry = {name: state_entry[name] for name in SHOWN}
        files = {kind: output["path"] for kind, output in state_entry["outputs"].items()}
        entry |= {{"html": "page"}.get(kind, kind): path for kind, path in files.items()}
        entry["sha256"] = {kind: output["sha256"] for kind, output in state_entry["outputs"].items()}
        if entry["status"] in (*BAD, NOT_STARTED):
            entry["rerun"] = rerun_command(request, state_entry)
            kept = state_entry.get("failed_notebook")
            entry |= {"notebook": kept} if kept else {}
        entries.append(entry)
    return entries


def write_manifest(request: Request, stage: Stage, entries: list[dict]) -> Path:
    """Write the manifest of a run and return its path."""
    content = {
        "gongzhi": __version__,
        "made": datetime.now(UTC).isoformat(timespec="seconds"),
        "study": str(request.study),
        "inputs": stage.study["inputs"],
        "rows": stage.study.get("rows", {}),
        "parameters": request.parameters,
        "formats": list(request.formats),
        "template": request.template.name,
        "python": platform.python_version(),
        "libraries": {name: version(name) for name in LIBRARIES},
        "reports": entries,
    }
    write_whole(request.layout.manifest, json.dumps(content, ensure_ascii=False, indent=1))
    return request.layout.manifest
