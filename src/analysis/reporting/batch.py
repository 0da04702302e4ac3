"""The batch: the city stage once, then one notebook per district and language, each in its own process."""

from __future__ import annotations

import os
import tempfile
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from analysis import __version__
from analysis.display.text import LANGUAGES
from analysis.reporting.layout import Layout
from analysis.reporting.manifest import failure_line, manifest_entries, write_manifest
from analysis.reporting.provenance.crate import write_crate
from analysis.reporting.request import Request, check_request, choose_districts, no_room, prepare_folder
from analysis.reporting.running.guards import alone, interruptible
from analysis.reporting.running.index import refresh_index
from analysis.reporting.running.make import Maker
from analysis.reporting.running.plan import Planned, plan_reports, still_true
from analysis.reporting.running.record import Journal, State
from analysis.reporting.running.stage import Stage, find_stage, new_stage, open_inputs
from analysis.reporting.running.supervise import BAD, REUSED, Limits
from analysis.reporting.running.tasks import plan_tasks
from analysis.reporting.worker import FOLDER_TROUBLE
from analysis.tables.share import shared

TEMPLATE = "notebooks/reports/district_report.ipynb"


@dataclass(frozen=True, repr=False)
class Run:
    """What a batch has made.

    Attributes
    ----------
    index, manifest : Path
    outcomes : list of dict
        Per report wanted: district, language, status, error, cell, seconds, cpu_seconds, memory_mb, outputs.
    failures : list of str
        A text per report that is not there, with the command to try again.
    counts : dict of str to int
        Status -> reports wanted in this run.
    moved : list of str
        Numbers for all districts that have another value than in the reports that were kept.
    """

    index: Path
    manifest: Path
    outcomes: list[dict]
    failures: list[str]
    counts: dict[str, int]
    moved: list[str]

    def __repr__(self) -> str:
        made = ", ".join(f"{count:,} {status}" for status, count in self.counts.items())
        return "\n".join([f"<Run: reports {made}; index {self.index}>", *self.failures])


def report_study(
    study: str | Path,
    out: str | Path,
    *,
    languages: tuple[str, ...] = ("en",),
    districts: tuple[str, ...] | None = None,
    jobs: int = 1,
    parameters: dict[str, object] | None = None,
    template: str | Path | None = None,
    formats: tuple[str, ...] = ("html",),
    engine: str = "auto",
    resume: bool = False,
    remake_moved: bool = False,
    limits: Limits | None = None,
    log_json: str | Path | None = None,
    scheduler: str | None = None,
    city_report: bool = False,
) -> Run:
    """Make the reports of a study: documents per district and language, an index and a manifest.

    Parameters
    ----------
    study : path
        Study folder.
    out : path
        Folder of the run (see `Layout`); made if it is not there.
    languages : tuple of {"en", "zh"}
        The first is the language of index.html.
    districts : tuple of str, optional
        place_ids; all by default.
    jobs : int
        Reports made at once.
    parameters : dict, optional
        Further parameters of the template: plain values of the type it declares, or text that reads as one.
    template : path, optional
        A notebook in place of the project's own.
    formats : tuple of {"html", "pdf", "docx"}
        "html" always belongs to it: the others are made from it.
    engine : {"auto", "gongzhi", "stock"}
        "gongzhi" forks each report from a warmed process, "stock" runs papermill in a fresh one; "auto" forks
        where that is safe.
    resume : bool
        Keep what an earlier run made from the same things (see docs/reports.md).
    remake_moved : bool
        With `resume`: make also those again in which only numbers for all districts have moved.
    limits : Limits, optional
        Time and memory of a report, retries, failures borne.
    log_json : path, optional
        A file for the events of this run, a line of JSON each, as they happen.
    scheduler : str, optional
        Address of a Dask scheduler, as "tcp://host:8786": its workers make the reports. They must run the
        same code and see `out` under the same path.
    city_report : bool
        Make the report on all districts too, as city.<language>.

    Returns
    -------
    Run
        A district whose notebook fails is in `failures`; the others are made.

    Raises
    ------
    AnalysisError
        Before anything runs: the study cannot be used, or a district, language, parameter or folder is wrong.
        Later: the folder has no room left, or cannot be written any more.
    """
    path = Path(template).absolute() if template else shared(TEMPLATE)
    request = check_request(
        Request(
            Path(study).absolute(), Layout(Path(out).absolute()), path, languages, districts,
            parameters or {}, formats, jobs, engine, limits or Limits(), resume, remake_moved,
            Path(log_json) if log_json else None, scheduler, template is not None,
            city_report,
        )
    )  # fmt: skip
    stored = find_stage(request.study, request.layout) if resume else None
    opened = None if stored else open_inputs(request.study)
    known = [row["place_id"] for row in stored.districts] if stored else opened.study.districts
    chosen = choose_districts(known, districts)
    prepare_folder(request.layout)
    try:
        with alone(request.layout), interruptible(), _journal(request) as journal:
            journal.note("run_started", **_said(request, chosen))
            stage = stored or new_stage(opened, request.layout, journal)
            return _run(request, stage, chosen, journal)
    except OSError as error:
        if error.errno in FOLDER_TROUBLE:
            raise no_room(request.layout.root, error.strerror) from error
        raise


def _run(request: Request, stage: Stage, chosen: list[str], journal: Journal) -> Run:
    layout, state = request.layout, State(request.layout.state)
    tasks = plan_tasks(request, stage, chosen)
    wanted = {task.name for task in tasks}
    reports = {n: e for n, e in state.reports.items() if n in wanted or still_true(layout, stage, e)}
    state.content["reports"] = reports
    state.content["languages"] = _languages(request, state)
    planned = plan_reports(request, stage, tasks, reports)
    to_make = [one for one in planned if one.reason]
    for one in planned:
        if not one.reason:
            _reuse(one, state, journal)
    if to_make:
        _make(request, state, journal, to_make)
    rows = manifest_entries(request, state)
    manifest = write_manifest(request, stage, rows)
    index = refresh_index(layout, stage, state)
    write_crate(layout)
    state.save(now=True)
    return _result(request, stage, state, tasks, (index, manifest), journal)


def _make(request: Request, state: State, journal: Journal, to_make: list[Planned]) -> None:
    layout = request.layout
    try:
        with (
            tempfile.TemporaryDirectory(prefix="gongzhi-") as sockets,
            tempfile.TemporaryDirectory(prefix=".making-", dir=layout.internal) as drafts,
        ):
            Maker(request, state, journal, Path(drafts), Path(sockets)).make(to_make)
    finally:  # also after Ctrl-C: what was made until now is known to the next run
        with suppress(OSError):
            state.save(now=True)


def _reuse(one: Planned, state: State, journal: Journal) -> None:
    entry = state.reports[one.task.name]
    entry["status"], entry["moved"] = REUSED, entry.get("shared") != one.shared
    journal.note("report_reused", report=one.task.name, key=one.key, moved=entry["moved"])


def _result(request, stage, state, tasks, files, journal) -> Run:
    outcomes = [state.reports[task.name] for task in tasks]
    counts = Counter(outcome["status"] for outcome in outcomes)
    failures = [failure_line(e, request) for e in outcomes if e["status"] in BAD]
    stale = any(outcome["moved"] for outcome in outcomes)
    journal.note("run_ended", how="complete", counts=counts)
    return Run(
        *files, outcomes, failures, dict(counts), (stage.moved or ["since an earlier run"]) if stale else []
    )


def _said(request: Request, chosen: list[str]) -> dict[str, object]:
    return {
        "version": __version__, "study": str(request.study), "districts": len(chosen),
        "languages": list(request.languages), "formats": list(request.formats), "resume": request.resume,
        "engine": request.engine, "jobs": request.jobs, "process": os.getpid(),
    }  # fmt: skip


def _languages(request: Request, state: State) -> list[str]:
    """Return the languages of all reports of the folder; those of an earlier run keep their order."""
    there = {entry["language"] for entry in state.reports.values()} | set(request.languages)
    order = [*state.content["languages"], *request.languages, *LANGUAGES]
    if request.districts is None:
        order = [*request.languages, *order]
    return [language for language in dict.fromkeys(order) if language in there]


@contextmanager
def _journal(request: Request) -> Iterator[Journal]:
    name = f"{time.strftime('%Y%m%dT%H%M%S')}-{uuid.uuid4().hex[:6]}"
    journal = Journal(request.layout.journal, name, request.log_json)
    try:
        yield journal
    except BaseException as problem:
        with suppress(OSError):
            how = "interrupted" if isinstance(problem, KeyboardInterrupt) else "stopped"
            journal.note("run_ended", how=how, error=getattr(problem, "what", str(problem)))
        raise
    finally:
        journal.close()
