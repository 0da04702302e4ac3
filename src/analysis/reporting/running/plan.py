"""Which reports are to be made, and why."""

from __future__ import annotations

from dataclasses import dataclass

from analysis.reporting.layout import Layout
from analysis.reporting.request import Request
from analysis.reporting.running.keys import digest, report_parts, unchanged
from analysis.reporting.running.stage import Stage
from analysis.reporting.running.supervise import MADE, REUSED
from analysis.reporting.worker import Task

WORDS = {
    "template": "the template changed", "parameters": "the parameters changed",
    "formats": "other formats are wanted", "data": "the data of the district changed",
    "code": "the code changed", "versions": "other versions are installed", "fonts": "the fonts changed",
}  # fmt: skip


@dataclass(frozen=True)
class Planned:
    """One report of a batch.

    Attributes
    ----------
    task : Task
    parts : dict of str to str
        What it is made from, part by part, hashed; `key` is the hash of all.
    shared : str
        Hash of the numbers it shares with other districts.
    reason : str
        Why it is to be made; empty where the one that is there will do.
    """

    task: Task
    parts: dict[str, str]
    shared: str
    reason: str

    @property
    def key(self) -> str:
        return digest(self.parts)


def plan_reports(request: Request, stage: Stage, tasks: list[Task], known: dict[str, dict]) -> list[Planned]:
    """Return every report wanted, with the reason to make it.

    Parameters
    ----------
    known : dict
        Entries of the state of earlier runs by name.
    """
    planned = []
    for task in tasks:
        parts = report_parts(
            template=task.template or request.template, parameters=request.parameters, district=task.district,
            language=task.language, formats=request.formats, data=stage.slice_of(task.district),
        )  # fmt: skip
        shared, entry = stage.shared.get(task.district, ""), known.get(task.name)
        reason = _reason(request, entry, parts, shared) if request.resume else "asked for"
        planned.append(Planned(task, parts, shared, reason))
    return planned


def _reason(request: Request, entry: dict | None, parts: dict[str, str], shared: str) -> str:
    if entry is None:
        return "it was never made"
    if entry.get("status") not in (MADE, REUSED):
        return f"it was {entry.get('status', 'lost').replace('_', ' ')} before"
    changed = [words for name, words in WORDS.items() if entry.get("parts", {}).get(name) != parts[name]]
    if changed:
        return ", ".join(changed)
    if request.remake_moved and entry.get("shared") != shared:
        return "numbers it shares with other districts moved"
    return _damaged(request.layout, entry)


def _damaged(layout: Layout, entry: dict) -> str:
    outputs = entry.get("outputs") or {"": ""}
    name = unchanged(
        layout.root, {o["path"]: o["sha256"] for o in outputs.values()} if "" not in outputs else {"?": ""}
    )
    return f"{name} is missing or was changed" if name else ""


def still_true(layout: Layout, stage: Stage, entry: dict) -> bool:
    """Whether an entry of an earlier run that this one does not touch still says what is there."""
    if entry.get("parts", {}).get("data") != stage.slice_of(entry.get("district", "")):
        return False
    return entry["status"] not in (MADE, REUSED) or not _damaged(layout, entry)
