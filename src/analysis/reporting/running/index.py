"""The index of a run, written again only when something it shows has changed."""

from __future__ import annotations

from pathlib import Path

from analysis.reporting.layout import Layout
from analysis.reporting.running.keys import code_version, digest, hashes, unchanged
from analysis.reporting.running.record import State
from analysis.reporting.running.stage import Stage
from analysis.reporting.running.supervise import BAD, MADE, REUSED


def index_entries(state: State, layout: Layout) -> list[dict]:
    """Return what the index shows of each report: district, language, status made or failed, error, files."""
    entries = []
    for name, entry in sorted(state.reports.items()):
        if entry["status"] not in (MADE, REUSED, *BAD):
            continue
        files = {
            {"html": "page"}.get(kind, kind): (layout.root / output["path"])
            .relative_to(layout.public)
            .as_posix()
            for kind, output in entry["outputs"].items()
            if kind != "notebook"
        }
        status = "failed" if entry["status"] in BAD else "made"
        shown = {key: entry[key] for key in ("district", "language", "error", "moved")}
        entries.append({"name": name, "status": status, **shown, **files})
    return entries


def refresh_index(layout: Layout, stage: Stage, state: State) -> Path:
    """Write the index if the city stage, a report or the code changed, or its files are not what they were.

    Returns
    -------
    Path
        index.html
    """
    entries, languages = index_entries(state, layout), tuple(state.content["languages"])
    key = digest(stage.key, entries, list(languages), code_version())
    known, index = state.content["index"], layout.public / "index.html"
    if known.get("key") == key and not unchanged(layout.root, known["files"]):
        return index
    from analysis.reporting.site import write_index  # heavy, and not needed where nothing changed

    index = write_index(layout.public, stage.city, languages, entries)
    documents = {output["path"] for entry in state.reports.values() for output in entry["outputs"].values()}
    found = [p for p in layout.public.rglob("*") if p.is_file() and p.name[:1] != "."]
    own = [p for p in found if p.relative_to(layout.root).as_posix() not in documents]
    state.content["index"] = {"key": key, "files": hashes(layout.root, own)}
    return index
