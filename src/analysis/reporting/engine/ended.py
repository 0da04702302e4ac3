"""How a process ended."""

from __future__ import annotations

from dataclasses import dataclass

VANISHED = 70  # status of a process that ended with exit code 0 though its call had not come back


@dataclass(frozen=True)
class Ended:
    """How a process ended.

    `status` is the exit code, negative the signal that ended it; VANISHED (70) if it left with exit code 0
    in the middle of its call, as os._exit(0) does. `cpu_seconds` counts its own children too; `peak_mb` is
    the largest resident memory of one process in MiB.
    """

    pid: int
    status: int
    cpu_seconds: float
    peak_mb: float
