"""What only Linux offers to keep processes together: parent-death signals, adoption of orphans, pidfds."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from contextlib import suppress

PDEATHSIG, SUBREAPER = 1, 36  # of prctl(2)
MARK = "GONGZHI_ZYGOTE"  # environment variable every process that comes from one zygote carries


def can_fork() -> bool:
    """Whether processes can be forked from a warmed one and watched without a gap on this system."""
    if not sys.platform.startswith("linux") or not hasattr(os, "pidfd_open"):
        return False
    try:
        os.close(os.pidfd_open(os.getpid()))
    except OSError:
        return False
    return True


def die_with_parent(parent: int) -> None:
    """Have the kernel kill this process when its parent ends; end at once if it already has."""
    _prctl(PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


def adopt_orphans() -> None:
    """Become the parent of descendants whose own parent ends, so that they can be ended."""
    _prctl(SUBREAPER, 1)


def _prctl(option: int, value: int) -> None:
    if ctypes.CDLL(None, use_errno=True).prctl(option, int(value), 0, 0, 0):
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def kill_group(pid: int, signum: int | None = None) -> None:
    """Send a signal, or SIGKILL, to the process group that `pid` leads; nothing if it is gone."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL if signum is None else signum)


def kill_children(keep: set[int]) -> None:
    """End and reap every child of this process that is not in `keep`: orphans that it adopted."""
    while strangers := _children() - keep:
        for pid in strangers:
            with suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        for pid in strangers:
            with suppress(ChildProcessError):
                os.waitpid(pid, 0)


def _children() -> set[int]:
    try:
        with open(f"/proc/self/task/{os.getpid()}/children", encoding="ascii") as file:
            return {int(pid) for pid in file.read().split()}
    except OSError:  # a kernel without that file
        import psutil

        return {child.pid for child in psutil.Process().children()}


def kill_marked(mark: str) -> None:
    """End every process that carries this mark: what is left of a zygote that was killed."""
    import psutil

    for process in psutil.process_iter():
        with suppress(psutil.Error):
            if process.environ().get(MARK) == mark:
                process.kill()
