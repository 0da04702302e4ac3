"""Processes and all they started: how much memory they hold."""

from __future__ import annotations

from contextlib import suppress

MEGABYTE = 1024 * 1024


def resident_mb(pid: int) -> float:
    """Return the memory that a process and all below it hold, in MB; pages shared with others count."""
    import psutil

    total = 0
    with suppress(psutil.Error):
        process = psutil.Process(pid)
        for member in (process, *process.children(recursive=True)):
            with suppress(psutil.Error):
                total += member.memory_info().rss
    return total / MEGABYTE
