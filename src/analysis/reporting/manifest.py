"""The manifest: what was made from what, with which versions, how long it took and what failed."""

from __future__ import annotations

import json
import os
import platform
import shlex
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from analysis import __version__
from analysis.display.text import LANGUAGES
from analysis.reporting.city import City
from analysis.reporting.worker import Outcome

LIBRARIES = ("pandas", "numpy", "networkx", "statsmodels", "diff-diff", "pyfixest", "matplotlib", "papermill",
             "nbconvert")  # fmt: skip


def failure_line(outcome: Outcome, study: str | Path, out: Path) -> str:
    cell = f" in cell In [{outcome.cell}]" if outcome.cell else ""
    return (
        f"{outcome.district} ({outcome.language}) failed{cell}: {outcome.error}\n"
        f"  try again: {rerun_command(study, out, outcome)}"
    )


def rerun_command(study: str | Path, out: Path, outcome: Outcome) -> str:
    """Return the command that makes one report again."""
    words = ["gongzhi", "report", str(study), "--out", str(out), "--districts", outcome.district]
    return shlex.join([*words, "--language", outcome.language])


def write_manifest(out, study, city, tasks, outcomes, parameters, template) -> Path:
    entries = {}
    for task, outcome in zip(tasks, outcomes, strict=True):
        failed = outcome.status == "failed"
        notebook = task.failed_notebook if failed else task.notebook
        entry = asdict(outcome) | {"page": task.page.name, "notebook": f"notebooks/{notebook.name}"}
        if failed:
            entry["rerun"] = rerun_command(study, out, outcome)
        entries[task.district, task.language] = entry
    path = out / "manifest.json"
    for entry in _earlier(path, city):
        entries.setdefault((entry["district"], entry["language"]), entry)
    content = {
        "gongzhi": __version__,
        "made": datetime.now(UTC).isoformat(timespec="seconds"),
        "study": str(study),
        "inputs": city.meta["inputs"],
        "parameters": parameters,
        "template": template.name,
        "python": platform.python_version(),
        "libraries": {name: version(name) for name in LIBRARIES},
        "reports": [entries[key] for key in sorted(entries, key=lambda k: (k[0], LANGUAGES.index(k[1])))],
    }
    draft = path.with_suffix(".json.draft")
    draft.write_text(json.dumps(content, ensure_ascii=False, indent=1), encoding="utf-8")
    os.replace(draft, path)
    return path


def _earlier(path: Path, city: City) -> list[dict]:
    """Return the entries of an earlier run from the same inputs whose pages are still there."""
    if not path.is_file():
        return []
    try:
        earlier = json.loads(path.read_text(encoding="utf-8"))
        if earlier["inputs"] != city.meta["inputs"] or earlier["gongzhi"] != __version__:
            return []
        return [
            e for e in earlier["reports"] if (path.parent / e["page"]).is_file() or e["status"] == "failed"
        ]
    except (ValueError, KeyError, TypeError):
        return []
