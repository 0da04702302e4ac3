"""The making of the reports of one run: drafts in, whole files out, journal, state and progress kept."""

from __future__ import annotations

import datetime
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from analysis.display.text import Text
from analysis.errors import shorten
from analysis.reporting.request import Request, no_room
from analysis.reporting.running.keys import file_hash
from analysis.reporting.running.plan import Planned
from analysis.reporting.running.record import Journal, State
from analysis.reporting.running.supervise import FAILED, MADE, NOT_STARTED, Attempt, Supervisor, Verdict
from analysis.reporting.worker import CALL, FILES, FOLDER_TROUBLE, NO_ROOM, NOTEBOOK, RECEIPT

if TYPE_CHECKING:
    from analysis.reporting.documents import Printer


@dataclass
class Maker:
    """Makes planned reports and notes what became of each.

    Parameters
    ----------
    request : Request
    state : State
    journal : Journal
    drafts, sockets : Path
        Folders that are removed afterwards; drafts on the file system of the reports.
    """

    request: Request
    state: State
    journal: Journal
    drafts: Path
    sockets: Path
    printer: Printer | None = None
    engine: str = "auto"

    def make(self, planned: list[Planned]) -> None:
        """Make them all, or as many as limits, a full disk or Ctrl-C let.

        Raises
        ------
        ReportError
            The folder cannot be written any more.
        """
        from tqdm import tqdm

        self.day = datetime.date.today().isoformat()
        self.planned = {one.task.name: one for one in planned}
        for one in planned:
            self.state.reports[one.task.name] = self._entry(one, status=NOT_STARTED)
        self.state.save(now=True)
        bar = tqdm(total=len(planned), unit="report", file=sys.stderr, disable=not sys.stderr.isatty())
        with bar, ThreadPoolExecutor(1, "printer") as self.outside, self._supervisor() as supervisor:
            try:
                for event in supervisor.run(list(self.planned)):
                    if self._note(event):
                        bar.update()
            finally:
                for printing in supervisor.finishing:
                    printing.cancel()
                self.outside.submit(self._close_printer)

    @contextmanager
    def _supervisor(self) -> Iterator[Supervisor]:
        """Give the loop: over processes of this machine, or of a cluster."""
        request = self.request
        engine = {"gongzhi": "warm"}.get(request.engine, request.engine)
        hooks = {"begin": self._begin, "read": self._read, "finish": self._finish}
        if request.scheduler:
            from analysis.reporting.running.cluster import ClusterSupervisor, join_cluster

            with join_cluster(request.scheduler, self.drafts) as client:
                yield ClusterSupervisor(client, engine, request.limits, **hooks)
            return
        from analysis.reporting.engine import open_processes

        with open_processes(engine) as runner:
            self.engine = "stock" if type(runner).__name__ == "Fresh" else "gongzhi"
            yield Supervisor(runner, request.limits, min(request.jobs, len(self.planned)), **hooks)

    def _begin(self, name: str, number: int) -> tuple[str, dict, Path]:
        task = self.planned[name].task
        folder = self.drafts / f"{name}-{number}"
        folder.mkdir()
        argument = {
            "folder": str(folder), "template": str(task.template or self.request.template),
            "parameters": task.parameters,
            "title": task.title, "language": task.language, "formats": list(self.request.formats),
            "engine": self.engine, "sockets": str(self.sockets),
            "date": self._date(task.language),
        }  # fmt: skip
        return CALL, argument, folder

    def _read(self, verdict: Verdict) -> Verdict:
        """Add what the process says itself; one that says nothing has not made its report."""
        receipt = None
        with suppress(OSError, ValueError):
            receipt = json.loads((verdict.folder / RECEIPT).read_text(encoding="utf-8"))
        if verdict.status == MADE and receipt is None:
            return replace(verdict, status=FAILED, error="its process ended before the report was whole")
        if verdict.status != FAILED:
            return verdict
        no_room = verdict.exit_status == NO_ROOM
        if receipt is None:
            return replace(verdict, fatal=_why_not_writable(self.drafts) if no_room else "")
        fatal = receipt["error"] if no_room else ""
        return replace(verdict, error=receipt["error"], cell=receipt["cell"], fatal=fatal)

    def _finish(self, verdict: Verdict) -> Future | None:
        if "pdf" not in self.request.formats:
            return None
        return self.outside.submit(self._print, verdict)

    def _print(self, verdict: Verdict) -> Verdict:
        """Print a page to PDF, in the one thread to which the browser belongs."""
        from analysis.reporting.documents import Printer

        folder, task = verdict.folder, self.planned[verdict.name].task
        try:
            if self.printer is None:
                self.printer = Printer()
            page, pdf = (folder / FILES[kind] for kind in ("html", "pdf"))
            date = self._date(task.language)
            self.printer.print(page, pdf, header=task.title, date=date, language=task.language)
        except Exception as problem:  # whatever a browser can do: the other reports go on
            fatal = str(problem) if _is_folder_trouble(problem) else ""
            error = f"no PDF: {shorten(str(problem) or type(problem).__name__, 300)}"
            return replace(verdict, status=FAILED, error=error, fatal=fatal)
        return verdict

    def _date(self, language: str) -> str:
        return Text(language).period(self.day)

    def _close_printer(self) -> None:
        if self.printer is not None:
            self.printer.close()

    def _note(self, event: Attempt | Verdict) -> bool:
        """Write down what happened; whether a report has come to its end."""
        try:
            if isinstance(event, Attempt):
                reason = self.planned[event.name].reason
                self.journal.note("report_started", report=event.name, attempt=event.number, reason=reason)
                return False
            made = event.status == MADE
            self._record(event, {"outputs": self._publish(event)} if made else self._keep_failed(event))
            shutil.rmtree(self.drafts / f"{event.name}-{event.attempt}", ignore_errors=True)
        except OSError as error:
            if _is_folder_trouble(error):
                raise no_room(self.request.layout.root, error.strerror) from error
            raise
        if event.fatal:
            raise no_room(self.request.layout.root, event.fatal)
        return event.final

    def _publish(self, verdict: Verdict) -> dict:
        """Move whole files to their places; return path below the run and sha256 by kind."""
        task, outputs = self.planned[verdict.name].task, {}
        root = self.request.layout.root
        for kind in ("notebook", *self.request.formats):
            draft, target = verdict.folder / FILES[kind], task.target(kind)
            outputs[kind] = {"path": target.relative_to(root).as_posix(), "sha256": file_hash(draft)}
            os.replace(draft, target)
        task.failed_notebook.unlink(missing_ok=True)
        return outputs

    def _keep_failed(self, verdict: Verdict) -> dict:
        """Keep the notebook of a report that failed for good, to see what went wrong."""
        draft, task = verdict.folder / NOTEBOOK, self.planned[verdict.name].task
        if not (verdict.final and draft.is_file()):
            return {}
        os.replace(draft, task.failed_notebook)
        return {"failed_notebook": task.failed_notebook.relative_to(self.request.layout.root).as_posix()}

    def _record(self, verdict: Verdict, files: dict) -> None:
        one = self.planned[verdict.name]
        told = {
            "status": verdict.status, "seconds": verdict.seconds, "cpu_seconds": verdict.cpu_seconds,
            "memory_mb": verdict.memory_mb, "attempts": verdict.attempt, "error": verdict.error,
            "cell": verdict.cell,
        }  # fmt: skip
        self.journal.note("report_ended", report=verdict.name, final=verdict.final, key=one.key, **told)
        if verdict.final:
            self.state.reports[verdict.name] = self._entry(one, **told, **files)
            self.state.save()

    def _entry(self, one: Planned, **told: object) -> dict:
        entry = {
            "district": one.task.district, "language": one.task.language, "status": "", "seconds": 0.0,
            "cpu_seconds": 0.0, "memory_mb": 0.0, "attempts": 0, "error": "", "cell": None, "key": one.key,
            "parts": one.parts, "shared": one.shared, "moved": False, "outputs": {},
        }  # fmt: skip
        return entry | told


def _is_folder_trouble(problem: Exception) -> bool:
    return isinstance(problem, OSError) and problem.errno in FOLDER_TROUBLE


def _why_not_writable(folder: Path) -> str:
    """Return why nothing can be written into a folder, or nothing if it can."""
    try:
        with tempfile.TemporaryFile(dir=folder) as probe:
            probe.write(b"0" * 65536)
            probe.flush()
    except OSError as error:
        return error.strerror or str(error)
    return ""
