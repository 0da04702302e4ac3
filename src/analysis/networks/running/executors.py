"""Where districts are computed: in this process, in others here, or on the workers of a cluster."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from typing import TYPE_CHECKING

import pandas as pd

from analysis.errors import StudyError
from analysis.large.cluster import connect

if TYPE_CHECKING:
    from distributed import Client


@contextmanager
def open_executor(jobs: int, scheduler: str | None) -> Iterator[tuple[Executor | None, int, Callable | None]]:
    """Give an executor (None to work here), how many districts are under way, and what is done in waiting."""
    if scheduler is None and jobs == 1:
        yield None, 1, None
    elif scheduler is None:
        with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as executor:
            yield executor, jobs + 1, None
    else:
        with connect(scheduler) as client:
            width = max(2 * sum(client.nthreads().values()), 2)
            yield client.get_executor(pure=False), width, lambda: _refuse_alone(client)


def _refuse_alone(client: Client) -> None:
    if not client.nthreads():
        raise StudyError(
            "The Dask scheduler has no workers any more.", where="scheduler", value=client.scheduler.address,
            expected="at least one worker", mend="Start workers and call again: districts done are kept.",
        )  # fmt: skip


def result_of(future: Future) -> pd.DataFrame:
    """Return what a process computed.

    Raises
    ------
    StudyError
        The processes that worked on it died, time after time.
    """
    try:
        return future.result()
    except Exception as error:
        if type(error).__name__ not in ("KilledWorker", "CancelledError", "BrokenProcessPool"):
            raise
        raise StudyError(
            "The processes that computed a district were lost.", where="run_indicators", value=error,
            expected="workers with enough memory for the largest district",
            mend="Use fewer jobs or larger workers, and call again: districts done are kept.",
        ) from error  # fmt: skip
