"""One report: papermill runs the notebook, nbconvert makes the page; files appear only when whole."""

from __future__ import annotations

import logging
import os
import signal
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from analysis.errors import shorten
from analysis.reporting.engine.kernels import SOCKETS


@dataclass(frozen=True)
class Task:
    """What one report is made from, and where it goes."""

    district: str
    language: str
    title: str
    template: Path
    parameters: dict[str, object]
    notebook: Path
    page: Path

    @property
    def failed_notebook(self) -> Path:
        """Where the notebook of a failed report is kept, to see what went wrong."""
        return self.notebook.with_suffix(".failed.ipynb")


@dataclass(frozen=True)
class Outcome:
    """What became of a task.

    `error` says what stopped a failed one, `cell` in which cell: the n of its prompt In [n].
    """

    district: str
    language: str
    status: str
    seconds: float
    error: str = ""
    cell: int | None = None


def prepare(sockets: str) -> None:
    """Set up a worker process: one thread per computation, quiet logs, Ctrl-C left to the parent.

    Parameters
    ----------
    sockets : str
        Folder for the sockets of its kernels; the parent removes it.
    """
    import psutil

    def end(*_: object) -> None:
        for child in psutil.Process().children(recursive=True):  # kernels, also those still starting
            with suppress(psutil.NoSuchProcess):
                child.kill()
        os._exit(128 + signal.SIGTERM)

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, end)
    os.environ[SOCKETS] = sockets
    for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(name, "1")
    logging.getLogger("papermill").setLevel(logging.ERROR)


def make_report(task: Task, drafts: str) -> Outcome:
    """Make one report and say what became of it; a failing notebook is an outcome, not an exception.

    Parameters
    ----------
    task : Task
    drafts : str
        Folder on the file system of the reports for what is not yet whole; the parent removes it.
    """
    start = time.perf_counter()
    error, cell = "", None
    draft = Path(drafts) / task.notebook.name
    try:
        _execute(task, draft)
        _publish(task, draft)
    except Exception as problem:  # whatever a notebook can raise: the other reports go on
        error, cell = _describe(problem)
        if draft.exists():
            os.replace(draft, task.failed_notebook)
    seconds = round(time.perf_counter() - start, 2)
    return Outcome(task.district, task.language, "failed" if error else "made", seconds, error, cell)


def _execute(task: Task, draft: Path) -> None:
    import papermill

    papermill.execute_notebook(
        str(task.template), str(draft), parameters=task.parameters, progress_bar=False, log_output=False,
        cwd=str(task.template.parent), autosave_cell_every=0, **_engine_options(),
    )  # fmt: skip


def _engine_options() -> dict[str, object]:
    options: dict[str, object] = {"extra_arguments": ["--log-level=50"]}  # its log is not the user's business
    if os.name != "nt":
        options["kernel_manager_class"] = "analysis.reporting.engine.kernels.LocalKernelManager"
    return options


def _publish(task: Task, draft: Path) -> None:
    from analysis.reporting.documents import page_html

    page = draft.with_suffix(".html")
    page.write_text(page_html(draft, title=task.title, language=task.language), encoding="utf-8")
    os.replace(draft, task.notebook)
    os.replace(page, task.page)
    task.failed_notebook.unlink(missing_ok=True)


def _describe(problem: Exception) -> tuple[str, int | None]:
    from papermill.exceptions import PapermillExecutionError

    if isinstance(problem, PapermillExecutionError):
        return shorten(f"{problem.ename}: {problem.evalue}", 300), problem.exec_count
    return shorten(f"{type(problem).__name__}: {problem}", 300), None
