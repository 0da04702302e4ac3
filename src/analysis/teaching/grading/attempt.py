"""Run one submission in a process of its own and collect its answers."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path

from analysis.teaching.grading.sandbox import Limits
from analysis.teaching.opening import PLACE

MOST_SAID = 4 * 1024 * 1024  # bytes that a submission may answer
MARK = "GONGZHI_SUBMISSION"  # environment variable every process of one submission carries
ROUNDS = 20  # of ending processes that a submission left: they may start others meanwhile
PASSED_ON = ("PATH", "LANG", "LC_ALL", "SYSTEMROOT", "COMSPEC", "PATHEXT", "TZ")
CACHES = "home"  # inside the temporary folder: where compiled functions and fonts are kept


@dataclass
class Attempt:
    """What one run of a submission came to.

    Attributes
    ----------
    answers : dict of str -> dict
        By variable: "value", or "kind" of something that is no answer, or "missing".
    errors : dict of int -> str
        First line of the error by number of the cell.
    status : str
        "finished", "time", "ended" or "flooded".
    last : int or None
        Number of the cell under way when it was stopped.
    seconds : float
    isolation : str
    """

    answers: dict[str, dict] = field(default_factory=dict)
    errors: dict[int, str] = field(default_factory=dict)
    status: str = "ended"
    last: int | None = None
    seconds: float = 0.0
    isolation: str = ""


def attempt(
    cells: list[tuple[int, str]],
    names: list[str],
    *,
    folder: Path | None,
    studies: Path,
    limits: Limits,
    caches: Path | None = None,
) -> Attempt:
    """Run code cells and return the answers.

    Parameters
    ----------
    cells : list of (int, str)
        Number and source of each.
    names : list of str
        Variables to collect.
    folder : Path or None
        Folder of the submission; a temporary copy is the working directory.
    studies : Path
        Folder of drawn studies, which may be read.
    limits : Limits
    caches : Path, optional
        Folder of compiled functions and fonts: copied in if it is there, else kept there from this run.
    """
    with tempfile.TemporaryDirectory(prefix="gongzhi-grading-", ignore_cleanup_errors=True) as scratch:
        home = Path(scratch).resolve()
        _furnish(home, cells, names, folder, studies, limits, caches)
        mark, start = secrets.token_hex(8), time.monotonic()
        try:
            said, status = _run(home, studies, limits, mark)
        finally:
            _end_all(mark)
        found = _read(said)
        found.seconds = round(time.monotonic() - start, 1)
        found.status = "finished" if found.status == "finished" else status
        if caches is not None and not caches.exists() and found.status == "finished":
            shutil.copytree(home / CACHES, caches)
        return found


def _furnish(home: Path, cells, names, folder, studies, limits, caches) -> None:
    if folder is None:
        (home / "work").mkdir()
    else:
        with suppress(shutil.Error, OSError):  # what cannot be copied, such as a pipe, is not there for it
            shutil.copytree(folder, home / "work", symlinks=True)
        (home / "work").mkdir(exist_ok=True)
    if caches is not None and caches.exists():
        shutil.copytree(caches, home / CACHES)
    else:
        (home / CACHES).mkdir()
    job = {"cells": cells, "names": names, "readable": [str(studies)], "limits": asdict(limits)}
    (home / "cells.json").write_text(json.dumps(job), encoding="utf-8")


def _run(home: Path, studies: Path, limits: Limits, mark: str) -> tuple[bytes, str]:
    kept = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    own = {name: str(home / CACHES) for name in ("HOME", "USERPROFILE", "TMPDIR", "TEMP", "TMP",
           "MPLCONFIGDIR", "IPYTHONDIR", "NUMBA_CACHE_DIR", "XDG_CACHE_HOME", "XDG_CONFIG_HOME")}  # fmt: skip
    threads = dict.fromkeys(
        ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"), "1"
    )
    fixed = {"PYTHONDONTWRITEBYTECODE": "1", "MPLBACKEND": "agg", PLACE: str(studies), MARK: mark}
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "analysis.teaching.grading.child", str(home)],
        cwd=home, env=kept | own | threads | fixed, start_new_session=True,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    said, done = bytearray(), threading.Event()
    listener = threading.Thread(target=_listen, args=(process.stdout, said, done), daemon=True)
    listener.start()
    deadline, status = time.monotonic() + limits.wall_seconds, "ended"
    try:
        while process.poll() is None and not done.is_set():
            if time.monotonic() > deadline:
                status = "time"
                break
            done.wait(0.2)
    finally:  # an interrupted teacher leaves no submission running
        _kill(process)
    if len(said) > MOST_SAID:
        status = "flooded"
    listener.join(5)
    if status == "ended" and process.returncode in (-24, -9):  # SIGXCPU: processor time is used up
        status = "time"
    return bytes(said[:MOST_SAID]), status


def _listen(stream, said: bytearray, done: threading.Event) -> None:
    """Read until the other side closes, has said that it is done, or says too much."""
    with suppress(OSError, ValueError):
        while chunk := stream.read1(65536):
            said += chunk
            if len(said) > MOST_SAID or said.endswith(b'{"done": true}\n'):
                break
    done.set()


def _kill(process: subprocess.Popen) -> None:
    with suppress(subprocess.TimeoutExpired):
        process.wait(0.5)
    if hasattr(os, "killpg"):
        import signal

        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    elif process.poll() is None:
        process.kill()
    process.wait()


def _end_all(mark: str) -> None:
    """End every process that still carries the mark: what a submission started and sent away."""
    import psutil

    for _ in range(ROUNDS):
        left = list(filter(partial(_carries, mark), psutil.process_iter()))
        for process in left:
            with suppress(psutil.Error):
                process.kill()
        if not left:
            return
        psutil.wait_procs(left, timeout=1)


def _carries(mark: str, process) -> bool:
    import psutil

    try:
        return process.status() != psutil.STATUS_ZOMBIE and process.environ().get(MARK) == mark
    except (psutil.Error, OSError):
        return False


def _read(said: bytes) -> Attempt:
    """Read what a submission said, believing no more of it than its form allows."""
    found = Attempt()
    for line in said.decode("utf-8", "replace").splitlines():
        try:
            words = json.loads(line)
            _take(found, words)
        except (ValueError, TypeError, AttributeError, RecursionError):
            continue
    return found


def _take(found: Attempt, words: dict) -> None:
    if "isolation" in words and not found.isolation:
        found.isolation = str(words["isolation"])[:200]
    elif "start" in words:
        found.last = int(words["start"])
    elif "end" in words:
        found.answers |= {str(k): v for k, v in words["answers"].items() if isinstance(v, dict)}
        if words["error"] is not None:
            found.errors[int(words["end"])] = str(words["error"])[:300]
        found.last = None
    elif words.get("done") is True:
        found.status = "finished"
