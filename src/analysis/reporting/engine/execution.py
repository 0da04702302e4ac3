"""A notebook from its first cell to its last, in the shell of this process; nbclient makes the outputs."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Iterator
from contextlib import contextmanager

from nbclient.client import timestamp
from nbclient.exceptions import CellExecutionComplete, CellExecutionError, CellTimeoutError
from nbclient.util import run_hook
from papermill.clientwrap import PapermillNotebookClient
from papermill.exceptions import PapermillExecutionError

from analysis.reporting.engine.shell import NotebookShell


class HostedClient(PapermillNotebookClient):
    """papermill's client, with the kernel in this process; the making of outputs is nbclient's own."""

    def execute(self, **_: object):
        """Run every cell, until one fails; the notebook is as stock papermill would leave it."""
        self.reset_execution_trackers()
        history = [] if self._has_history_file() else [f"--HistoryManager.hist_file={self.ipython_hist_file}"]
        self.kc = NotebookShell([*self.extra_arguments, *history])
        try:
            asyncio.run(self._run())
        finally:
            self.kc.close()
        self.nb.metadata["language_info"] = self.kc.language_info
        self.set_widgets_metadata()
        return self.nb

    def _has_history_file(self) -> bool:
        return any(a.startswith("--HistoryManager.hist_file") for a in self.extra_arguments)

    async def _run(self) -> None:
        self.kc.start()
        await run_hook(self.on_notebook_start, notebook=self.nb)
        for index, cell in enumerate(self.nb.cells):
            try:
                self.nb_man.cell_start(cell, index)
                await self.async_execute_cell(cell, index)
            except CellExecutionError as error:
                self.nb_man.cell_exception(self.nb.cells[index], cell_index=index, exception=error)
                if error.ename == "SystemExit":
                    raise _left(self.nb.cells[index], index, error.evalue) from None
                break
            except (CellTimeoutError, PapermillExecutionError) as error:
                self.nb_man.cell_exception(self.nb.cells[index], cell_index=index, exception=error)
                raise
            finally:
                self.nb_man.cell_complete(self.nb.cells[index], cell_index=index)
        await run_hook(self.on_notebook_complete, notebook=self.nb)

    async def async_execute_cell(self, cell, cell_index, execution_count=None, store_history=True):
        """Run one cell; see `NotebookClient.async_execute_cell`."""
        await run_hook(self.on_cell_start, cell=cell, cell_index=cell_index)
        tags = cell.metadata.get("tags", [])
        if cell.cell_type != "code" or not cell.source.strip() or self.skip_cells_with_tag in tags:
            return cell
        if self.record_timing:
            cell["metadata"]["execution"] = {}
        allows = (not self.force_raise_errors) and (self.allow_errors or "raises-exception" in tags)
        await run_hook(self.on_cell_execute, cell=cell, cell_index=cell_index)
        self.code_cells_executed += 1
        cell.outputs = []
        self.clear_before_next_output = False
        with _within(self._get_timeout(cell), cell):
            messages, reply = await self.kc.execute(cell.source, stop_on_error=not allows)
        self._take(messages, reply, cell, cell_index)
        await run_hook(self.on_cell_executed, cell=cell, cell_index=cell_index, execute_reply=reply)
        await self._check_raise_for_error(cell, cell_index, reply)
        self.nb["cells"][cell_index] = cell
        if self.kc.left:
            raise _left(cell, cell_index, "")
        return cell

    def _take(self, messages: list[dict], reply: dict, cell, index: int) -> None:
        for message in messages:
            try:
                self.process_message(message, cell, index)
            except CellExecutionComplete:
                break
        if self.record_timing:
            cell["metadata"]["execution"]["shell.execute_reply"] = timestamp(reply)


def _left(cell, index: int, value: str) -> PapermillExecutionError:
    """Return the error for a cell that ended the notebook by itself; papermill would call that a success."""
    return PapermillExecutionError(
        cell_index=index, exec_count=cell.execution_count, source=cell.source, ename="SystemExit",
        evalue=value or "the notebook ended itself", traceback=[],
    )  # fmt: skip


@contextmanager
def _within(seconds: float | None, cell) -> Iterator[None]:
    """Interrupt what runs in here after that many seconds, as Ctrl-C would; say which cell took so long."""
    if not seconds or seconds < 0 or not hasattr(signal, "setitimer"):
        yield
        return
    late, loop = False, asyncio.get_running_loop()

    def interrupt(_: int, frame: object) -> None:
        nonlocal late
        late = True
        handler = signal.getsignal(signal.SIGINT)  # of a cell that awaits another than of one that computes
        if callable(handler):
            handler(signal.SIGINT, frame)
        loop.call_soon_threadsafe(int)  # wakes a loop that waits for nothing else

    before = signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, seconds, 1.0)
    try:
        yield
    except KeyboardInterrupt:
        if not late:
            raise
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
        if late:
            raise CellTimeoutError.error_from_timeout_and_cell("Cell execution timed out", seconds, cell)
