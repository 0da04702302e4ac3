"""A notebook run in a forked process while its papermill stays here: events come back over a pipe."""

from __future__ import annotations

import atexit
import json
import os
import select
import signal
import tempfile
import threading
from contextlib import suppress
from functools import cache
from pathlib import Path

from analysis.reporting.engine.ended import VANISHED, Ended
from analysis.reporting.engine.processes import Zygote

CALL = "analysis.reporting.engine.apart:run_notebook"
PLAIN = (
    "allow_errors", "allow_error_names", "coalesce_streams", "execution_timeout", "extra_arguments",
    "force_raise_errors", "ipython_hist_file", "record_timing", "skip_cells_with_tag", "store_widget_state",
    "timeout",
)  # fmt: skip
HERE = ("input_path", "log_output", "stdout_file", "stderr_file", "start_timeout", "kernel_manager_class")
_lock = threading.Lock()


def _zygote() -> Zygote:
    return _zygote_of(os.getpid())


@cache
def _zygote_of(_: int) -> Zygote:
    """Return the warmed process of this one; a fork of it gets its own."""
    zygote = Zygote()
    atexit.register(zygote.close)
    return zygote


def fits(options: dict) -> bool:
    """Whether all options mean something to a run in another process, or nothing at all to any."""
    return all(name in PLAIN or name in HERE or value is None for name, value in options.items())


def run_apart(nb_man, options: dict) -> object:
    """Run the notebook in a forked process, keeping papermill's record of each cell up to date.

    One at a time, whatever the threads: several at once are what a batch is for.

    Raises
    ------
    PapermillExecutionError, CellTimeoutError
        As in the process itself: a cell that ended the notebook, or took too long.
    DeadKernelError
        When the process ended in the middle of a cell.
    """
    from nbclient.exceptions import DeadKernelError

    with _lock, tempfile.TemporaryDirectory(prefix="gongzhi-") as folder:
        notebook, events = Path(folder) / "notebook.json", Path(folder) / "events"
        notebook.write_text(json.dumps(nb_man.nb), encoding="utf-8")
        os.mkfifo(events)
        pipe = os.open(events, os.O_RDONLY | os.O_NONBLOCK)
        argument = {
            "notebook": str(notebook), "events": str(events), "folder": os.getcwd(),
            "environment": dict(os.environ), "options": {k: options[k] for k in PLAIN if k in options},
        }  # fmt: skip
        pid = None
        try:
            pid = _zygote().start(CALL, argument, log=Path(folder) / "log")
            return _follow(nb_man, pipe, pid, options)
        except DeadKernelError as problem:
            said = (Path(folder) / "log").read_text(encoding="utf-8", errors="replace").strip()
            raise DeadKernelError(
                f"{problem} It said last: {said[-300:]}" if said else str(problem)
            ) from None
        finally:
            os.close(pipe)
            if pid is not None:
                _zygote().signal(pid, signal.SIGKILL)
                _zygote().wait(0)


def _follow(nb_man, pipe: int, pid: int, options: dict) -> object:
    from papermill.clientwrap import PapermillNotebookClient
    from papermill.log import logger

    told = {k: options.get(k) for k in ("stdout_file", "stderr_file")}
    teller = PapermillNotebookClient(nb_man, log_output=bool(options.get("log_output")), log=logger, **told)
    at, ended = None, None
    for event in _events(pipe, pid):
        if isinstance(event, Ended):
            ended = event
        elif "start" in event:
            at = event["start"]
            nb_man.cell_start(nb_man.nb.cells[at], at)
        elif "cell" in event:
            _take_cell(nb_man, teller, at, event)
            at = None
        elif "updated" in event:
            nb_man.nb.cells[event["updated"]].outputs = _node(event["outputs"])
        elif "raised" in event:
            raise _rebuilt(event)
        elif "finished" in event:
            nb_man.nb.metadata.update(_node(event["finished"]))
            return nb_man.nb
    raise _died(nb_man, at, ended)


def _events(pipe: int, pid: int):
    received, ended = b"", None
    while True:
        ready = select.select([pipe], [], [], 0 if ended else 0.1)[0]
        data = b""
        if ready:
            with suppress(BlockingIOError):
                data = os.read(pipe, 1 << 20)
        *lines, received = (received + data).split(b"\n")
        yield from (json.loads(line) for line in lines)
        if data:
            continue
        if ended:
            yield ended
            return
        wait = 0.1 if ready else 0  # a pipe without a writer is always ready
        ended = next((e for e in _zygote().wait(wait) if e.pid == pid), None)


def _take_cell(nb_man, teller, at: int, event: dict) -> None:
    cell, new = nb_man.nb.cells[at], _node(event["cell"])
    for name in ("outputs", "execution_count"):
        if name in new:
            cell[name] = new[name]
    if "execution" in new.metadata:
        cell.metadata["execution"] = new.metadata["execution"]
    for output in cell.get("outputs", []):
        teller.log_output_message(output)
    if event["failed"]:
        nb_man.cell_exception(cell, cell_index=at)
    nb_man.cell_complete(cell, cell_index=at)


def _node(value: object) -> object:
    import nbformat

    return nbformat.from_dict(value)


def _rebuilt(event: dict) -> Exception:
    from nbclient.exceptions import CellTimeoutError
    from papermill.exceptions import PapermillExecutionError

    if event["raised"] == "PapermillExecutionError":
        return PapermillExecutionError(**event["values"])
    if event["raised"] == "CellTimeoutError":
        return CellTimeoutError(event["text"])
    return RuntimeError(f"{event['raised']}: {event['text']}")


def _died(nb_man, at: int | None, ended: Ended) -> Exception:
    from nbclient.exceptions import DeadKernelError

    if at is not None:
        nb_man.cell_exception(nb_man.nb.cells[at], cell_index=at)
        nb_man.cell_complete(nb_man.nb.cells[at], cell_index=at)
    if ended.status == VANISHED:
        how = "left in the middle of a cell with exit code 0"
    elif ended.status < 0:
        how = f"was ended by {signal.Signals(-ended.status).name}"
    else:
        how = f"ended in the middle of a cell with exit code {ended.status}"
    return DeadKernelError(f"The process of the notebook {how}.")


def run_notebook(argument: dict) -> None:
    """Run the notebook in this process, forked for it; what happens is written to the pipe of events."""
    from analysis.reporting.engine import calls
    from analysis.reporting.engine.papermill_engine import run_here

    calls.claim_isolation()
    os.environ.clear()
    os.environ.update(argument["environment"])
    os.chdir(argument["folder"])
    notebook = _node(json.loads(Path(argument["notebook"]).read_text(encoding="utf-8")))
    with open(argument["events"], "wb", buffering=0) as pipe:
        relay = _Relay(notebook, pipe)
        try:
            run_here(relay, **argument["options"])
        except Exception as error:
            relay.say_updates()
            names = ("cell_index", "exec_count", "source", "ename", "evalue", "traceback")
            values = {name: getattr(error, name, None) for name in names}
            relay.say(raised=type(error).__name__, text=str(error), values=values)
            return
        relay.say_updates()
        metadata = {k: notebook.metadata[k] for k in ("language_info", "widgets") if k in notebook.metadata}
        relay.say(finished=metadata)


class _Relay:
    """What papermill calls a notebook manager, for the process that runs: it passes everything on."""

    def __init__(self, nb, pipe) -> None:
        self.nb, self._pipe, self._failed = nb, pipe, None
        self._sent: dict[int, int] = {}

    def say(self, **event: object) -> None:
        data = memoryview(json.dumps(event).encode() + b"\n")
        while data:
            data = data[self._pipe.write(data) :]

    def say_updates(self) -> None:
        """Send the outputs that cells further down changed, through a display id."""
        for index, sent in self._sent.items():
            outputs = self.nb.cells[index].get("outputs")
            if hash(json.dumps(outputs)) != sent:
                self.say(updated=index, outputs=outputs)

    def cell_start(self, cell, cell_index: int, **_: object) -> None:
        self.say(start=cell_index)

    def cell_exception(self, cell, cell_index: int, **_: object) -> None:
        self._failed = cell_index

    def cell_complete(self, cell, cell_index: int, **_: object) -> None:
        self._sent[cell_index] = hash(json.dumps(cell.get("outputs")))
        self.say(cell=cell, failed=self._failed == cell_index)

    def autosave_cell(self) -> None:
        """The papermill that is followed saves."""
