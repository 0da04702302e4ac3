"""What a submission's process gives up before it runs the first line of a student."""

from __future__ import annotations

import os
import sys
import sysconfig
from dataclasses import dataclass
from pathlib import Path

import analysis
from analysis.teaching.grading import landlock

MB = 1024 * 1024
FORBIDDEN = (
    "os.fork", "os.forkpty", "os.posix_spawn", "os.spawn", "os.exec", "os.system", "os.startfile", "os.kill",
    "os.killpg", "subprocess.Popen", "pty.spawn", "socket.connect", "socket.bind", "socket.sendto",
)  # fmt: skip
CHANGING = (
    "os.remove", "os.rename", "os.rmdir", "os.mkdir", "os.truncate", "os.chmod", "os.chown", "os.link",
    "os.symlink", "os.utime", "shutil.rmtree", "shutil.move",
)  # fmt: skip
SYSTEM = ("/usr", "/lib", "/lib64", "/bin", "/sbin", "/etc", "/proc", "/sys/devices", "/dev", "/nix",
          "/Library", "/System")  # fmt: skip
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


@dataclass(frozen=True)
class Limits:
    """What one submission may use.

    Attributes
    ----------
    seconds : int
        Of processor time; on the clock three times as much, for a busy machine.
    memory_mb, file_mb : int
        Address space; size of a file.
    processes : int
        Processes and threads that this user may start besides those already there; does not bind root.
    """

    seconds: int = 180
    memory_mb: int = 6144
    file_mb: int = 64
    processes: int = 256

    @property
    def wall_seconds(self) -> int:
        """Time on the clock after which a submission is ended."""
        return 3 * self.seconds


def enter(home: Path, readable: list[Path], limits: Limits) -> str:
    """Give up everything but `home`, and say in words by what means."""
    means = []
    if _limit(limits):
        means.append("resource limits")
    number = landlock.confine([*_installation(), *readable], [home, Path(os.devnull)])
    if number:
        means.append(f"Landlock {number}")
    sys.addaudithook(_guard(home))
    return ", ".join([*means, "audit hook"])


def _installation() -> list[Path]:
    """Return the folders that Python, its packages and fonts are read from."""
    paths = {sys.prefix, sys.base_prefix, *sysconfig.get_paths().values(), *filter(None, sys.path)}
    package = Path(analysis.__file__).resolve().parent
    checkout = [package.parents[1] / "notebooks", package.parents[1] / "data"]
    return [*map(Path, SYSTEM), *map(Path, sorted(paths)), package, *checkout]


def _limit(limits: Limits) -> bool:
    try:
        import resource
    except ImportError:  # Windows
        return False
    _set(resource.RLIMIT_CPU, limits.seconds)
    _set(resource.RLIMIT_FSIZE, limits.file_mb * MB)
    _set(resource.RLIMIT_CORE, 0)
    if sys.platform.startswith("linux"):
        _set(resource.RLIMIT_AS, limits.memory_mb * MB)
        _set(resource.RLIMIT_NPROC, _tasks() + limits.processes)
    return True


def _set(kind: int, value: int) -> None:
    import resource

    most = resource.getrlimit(kind)[1]
    value = value if most == resource.RLIM_INFINITY else min(value, most)
    resource.setrlimit(kind, (value, value))


def _tasks() -> int:
    """Return how many threads this user's processes have."""
    import psutil

    mine = os.getuid()
    found = psutil.process_iter(["uids", "num_threads"])
    return sum(p.info["num_threads"] or 1 for p in found if p.info["uids"] and p.info["uids"].real == mine)


def _guard(home: Path):
    """Return an audit hook that refuses to touch anything outside `home`, to start processes and to connect.

    It also works where the kernel offers nothing. It stops accidents, not somebody who means harm: code that
    is not Python does not pass by it.
    """
    inside = os.path.realpath(home)

    def outside(path: object) -> bool:
        if isinstance(path, int) or path is None:
            return False
        real = os.path.realpath(os.fsdecode(path))
        return real != os.devnull and real != inside and not real.startswith(inside + os.sep)

    def guard(event: str, arguments: tuple) -> None:
        if event == "open":
            path, mode, flags = arguments
            writes = any(letter in mode for letter in "wax+") if mode else flags & WRITING
            if writes and outside(path):
                raise PermissionError("while it is graded, a submission writes only into its own folder")
        elif event in CHANGING:
            if any(outside(path) for path in arguments[:2] if isinstance(path, str | bytes | os.PathLike)):
                raise PermissionError("while it is graded, a submission changes only its own folder")
        elif event in FORBIDDEN:
            raise PermissionError(f"while it is graded, a submission may not do this: {event}")

    return guard
