"""One report, made in a process of its own: the notebook is run, documents made, a receipt left."""

from __future__ import annotations

import errno
import hashlib
import json
import logging
import os
import sys
from dataclasses import dataclass
from pathlib import Path

from analysis.errors import shorten
from analysis.files import write_whole
from analysis.reporting.layout import Layout

CALL = "analysis.reporting.worker:make_report"
NOTEBOOK, PAGE, WORD, PDF, RECEIPT = (
    "report.ipynb",
    "report.html",
    "report.docx",
    "report.pdf",
    "receipt.json",
)
FILES = {"html": PAGE, "docx": WORD, "pdf": PDF, "notebook": NOTEBOOK}
FORMATS = ("html", "pdf", "docx")
FAILED, NO_ROOM = 1, 74  # exit statuses; the second: what is to be written cannot be
CODES = ("ENOSPC", "EDQUOT", "EROFS", "EACCES", "EPERM", "EFBIG")
FOLDER_TROUBLE = {getattr(errno, name) for name in CODES if hasattr(errno, name)}


@dataclass(frozen=True)
class Task:
    """What one report is made from, and where it goes."""

    name: str
    district: str
    language: str
    title: str
    parameters: dict[str, object]
    layout: Layout
    template: Path | None = None  # in place of the batch's own

    def target(self, kind: str) -> Path:
        """Where a finished file goes: kind is "notebook" or one of `FORMATS`."""
        if kind == "notebook":
            return self.layout.notebooks / f"{self.name}.ipynb"
        return self.layout.public / f"{self.name}.{kind}"

    @property
    def failed_notebook(self) -> Path:
        """Where the notebook of a failed report is kept, to see what went wrong."""
        return self.layout.notebooks / f"{self.name}.failed.ipynb"


class Unfinished(Exception):
    """The notebook came to an end before its last cell."""

    def __init__(self, what: str, cell: int | None) -> None:
        super().__init__(what)
        self.cell = cell


def make_report(argument: dict) -> None:
    """Make the files of one report in `argument["folder"]`; the process then ends with 0, FAILED or NO_ROOM.

    Parameters
    ----------
    argument : dict
        folder, template, parameters, title, date (as people write it), language, formats; engine
        ("gongzhi" or "stock") and sockets (folder for those of its kernel).
    """
    folder = Path(argument["folder"])
    _set_up(argument)
    try:
        _execute(argument, folder / NOTEBOOK)
        _check_whole(folder / NOTEBOOK)
        _write_documents(argument, folder)
    except Exception as problem:  # whatever a notebook can raise: it is told, not shown as a traceback
        trouble = isinstance(problem, OSError) and problem.errno in FOLDER_TROUBLE
        error, cell = _describe(problem)
        _leave_receipt(folder, {"error": error, "cell": cell, "outputs": {}})
        sys.exit(NO_ROOM if trouble else FAILED)
    kinds = ["notebook", *(f for f in ("html", "docx") if (folder / FILES[f]).is_file())]
    outputs = {kind: hashlib.sha256((folder / FILES[kind]).read_bytes()).hexdigest() for kind in kinds}
    if not _leave_receipt(folder, {"error": "", "cell": None, "outputs": outputs}):
        sys.exit(NO_ROOM)


def _set_up(argument: dict) -> None:
    from analysis.reporting.engine.kernels import SOCKETS

    os.environ[SOCKETS] = argument["sockets"]
    for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(name, "1")
    logging.getLogger("papermill").setLevel(logging.ERROR)


def _execute(argument: dict, draft: Path) -> None:
    import papermill

    template = Path(argument["template"])
    papermill.execute_notebook(
        _verbatim(template), _verbatim(draft), parameters=argument["parameters"], progress_bar=False,
        log_output=False, cwd=_verbatim(template.parent), autosave_cell_every=0,
        request_save_on_cell_execute=False, **_engine_options(argument["engine"]),
    )  # fmt: skip


def _verbatim(path: Path) -> str:
    """Return a path as papermill takes it: it fills in what stands in braces."""
    return str(path).replace("{", "{{").replace("}", "}}")


def _engine_options(engine: str) -> dict[str, object]:
    if engine != "stock":
        from papermill.engines import papermill_engines

        from analysis.reporting.engine.papermill_engine import GongzhiEngine

        papermill_engines.register(engine, GongzhiEngine)  # also where the entry point is not installed
        return {"engine_name": engine}
    options: dict[str, object] = {"extra_arguments": ["--log-level=50"]}  # its log is not the user's business
    if os.name != "nt":
        options["kernel_manager_class"] = "analysis.reporting.engine.kernels.LocalKernelManager"
    return options


def _check_whole(notebook: Path) -> None:
    """Raise where a cell was left out or raised: papermill takes sys.exit() and sys.exit(0) for success."""
    cells = [c for c in json.loads(notebook.read_text(encoding="utf-8"))["cells"] if c["cell_type"] == "code"]
    for cell in cells:
        if any(output["output_type"] == "error" for output in cell["outputs"]):
            said = next(o for o in cell["outputs"] if o["output_type"] == "error")
            raise Unfinished(f"{said['ename']}: {said['evalue']}".strip(": "), cell["execution_count"])
    left = [c for c in cells if "".join(c["source"]).strip() and c["execution_count"] is None]
    if left:
        ran = max((c["execution_count"] or 0 for c in cells), default=0)
        raise Unfinished(f"the notebook ended itself: {len(left)} cells did not run", ran or None)


def _write_documents(argument: dict, folder: Path) -> None:
    from analysis.reporting.documents import page_html

    page = page_html(folder / NOTEBOOK, title=argument["title"], language=argument["language"])
    (folder / PAGE).write_text(page, encoding="utf-8")
    if "docx" in argument["formats"]:
        from analysis.reporting.documents import write_docx

        page, language = folder / PAGE, argument["language"]
        write_docx(page, folder / WORD, header=argument["title"], date=argument["date"], language=language)


def _leave_receipt(folder: Path, receipt: dict) -> bool:
    """Write the receipt last: a process that ended early, with whatever status, has none."""
    try:
        write_whole(folder / RECEIPT, json.dumps(receipt, ensure_ascii=False))
    except OSError:
        return False
    return True


def _describe(problem: Exception) -> tuple[str, int | None]:
    from papermill.exceptions import PapermillExecutionError

    if isinstance(problem, PapermillExecutionError):
        return shorten(f"{problem.ename}: {problem.evalue}", 300), problem.exec_count
    if isinstance(problem, Unfinished):
        return shorten(str(problem), 300), problem.cell
    return shorten(f"{type(problem).__name__}: {problem}", 300), None
