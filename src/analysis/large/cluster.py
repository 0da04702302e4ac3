"""A Dask cluster: how its scheduler is reached, and what is said if it does not answer or has no workers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analysis.errors import AnalysisError, StudyError

if TYPE_CHECKING:
    from distributed import Client

PATIENCE = 60.0  # seconds without any worker before a run gives up


def connect(address: str, error: type[AnalysisError] = StudyError) -> Client:
    """Return a client of the scheduler at `address`, to be closed by the caller.

    Raises
    ------
    AnalysisError
        Of the kind `error`: the scheduler does not answer, or has no workers.
    """
    from distributed import Client

    try:
        client = Client(address, timeout="15s", set_as_default=False)
    except (OSError, TimeoutError, ValueError) as problem:
        raise error(
            "The Dask scheduler does not answer.", where="scheduler", value=address,
            expected="the address that `dask scheduler` prints, as tcp://host:8786",
            mend="Start it and its workers, or leave scheduler out to work on this machine.",
        ) from problem  # fmt: skip
    if not client.nthreads():
        client.close()
        raise error(
            "The Dask scheduler has no workers.", where="scheduler", value=address,
            expected="at least one worker", mend=f"Start one: dask worker {address} --nthreads 1",
        )  # fmt: skip
    return client
