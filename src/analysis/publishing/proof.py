"""The proof of a replication package: its own programs, in a fresh process, from a copy of it alone."""

from __future__ import annotations

import csv
import math
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path

from analysis.errors import AnalysisError

CLOSE = 1e-9  # relative, of numbers computed on another machine
MADE = ("results", "data/analysis")  # what the programs write
THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")


@dataclass(frozen=True)
class Comparison:
    """How two sets of results compare: files of the same bytes, with the same numbers, and others."""

    same: list[str] = field(default_factory=list)
    close: list[str] = field(default_factory=list)
    different: list[str] = field(default_factory=list)


def run_programs(root: Path) -> tuple[str, float]:
    """Run every program of a package in a fresh process that knows this package's wheel and nothing else.

    Returns
    -------
    (str, float)
        What the programs printed, and their seconds by the clock.

    Raises
    ------
    AnalysisError
        A program failed; its last lines are in the error.
    """
    with tempfile.TemporaryDirectory(prefix="gongzhi-proof-") as place:
        site = Path(place) / "site"
        with zipfile.ZipFile(next((root / "software").glob("*.whl"))) as wheel:
            wheel.extractall(site)
        known = ("GONGZHI_", "PYTHON", "MPL")
        own = {name: value for name, value in os.environ.items() if not name.startswith(known)}
        own |= dict.fromkeys((*THREADS, "PYTHONNOUSERSITE", "PYTHONUTF8", "PYTHONDONTWRITEBYTECODE"), "1")
        own |= {"PYTHONPATH": str(site), "MPLBACKEND": "agg"}
        start = time.monotonic()
        done = subprocess.run(
            [sys.executable, str(Path("programs") / "00_run_all.py")], cwd=root, env=own, capture_output=True,
            text=True, encoding="utf-8", errors="replace",
        )  # fmt: skip
        seconds = time.monotonic() - start
    if done.returncode != 0:
        raise AnalysisError(
            "A program of the replication package failed.", where="programs/00_run_all.py",
            value=_without_paths(done.stderr.strip().splitlines()[-1] if done.stderr.strip() else "", root),
            expected="every program to end well",
            mend="gongzhi check STUDY names problems of the data; if there are none, please report this.",
        )  # fmt: skip
    return _without_paths(done.stdout, root), seconds


def prove(root: Path) -> tuple[Comparison, str, float]:
    """Run the programs of a package in a copy without results, and compare with the results it holds."""
    with tempfile.TemporaryDirectory(prefix="gongzhi-proof-") as place:
        copy = Path(place) / "package"
        shutil.copytree(root, copy, ignore=shutil.ignore_patterns("results", "logs"))
        if (copy / "data" / "raw").is_dir():
            shutil.rmtree(copy / "data" / "analysis")  # made anew from the study itself
        printed, seconds = run_programs(copy)
        return compare(root, copy), printed, seconds


def compare(first: Path, second: Path) -> Comparison:
    """Return how the results in two folders compare: byte by byte, CSV and Excel also number by number."""
    found = Comparison()
    names = {
        path.relative_to(root).as_posix()
        for root in (first, second) for part in MADE for path in (root / part).rglob("*") if path.is_file()
    }  # fmt: skip
    for name in sorted(names):
        one, other = first / name, second / name
        if not one.is_file() or not other.is_file():
            found.different.append(
                f"{name} ({'only in the copy' if other.is_file() else 'lacking in the copy'})"
            )
        elif one.read_bytes() == other.read_bytes():
            found.same.append(name)
        elif name.endswith((".csv", ".xlsx")) and _close(one, other):
            found.close.append(name)
        else:
            found.different.append(name)
    return found


def machine() -> dict[str, str]:
    """Return what the proof ran on, without the name of the machine: system, processor, cores, memory."""
    from analysis.reporting.provenance.record import versions

    memory = _memory()
    libraries = ", ".join(f"{name} {version}" for name, version in versions().items())
    return {
        "system": f"{platform.system()} {platform.machine()}", "cores": str(os.cpu_count()),
        "memory": f"{memory / 2**30:.1f} GiB" if memory else "not known",
        "python": f"{platform.python_implementation()} {platform.python_version()}", "libraries": libraries,
    }  # fmt: skip


def _memory() -> int:
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return 0


def _close(one: Path, other: Path) -> bool:
    tables = [_cells(path) for path in (one, other)]
    if [len(row) for row in tables[0]] != [len(row) for row in tables[1]]:
        return False
    pairs = zip(*(chain.from_iterable(table) for table in tables), strict=True)
    return all(a == b or _near(a, b) for a, b in pairs)


def _cells(path: Path) -> list[list[str]]:
    if path.suffix == ".xlsx":
        from openpyxl import load_workbook

        book = load_workbook(path, read_only=True)
        return [[repr(value) for value in row] for sheet in book for row in sheet.iter_rows(values_only=True)]
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file))


def _near(a: str, b: str) -> bool:
    try:
        return math.isclose(float(a), float(b), rel_tol=CLOSE, abs_tol=1e-12)
    except ValueError:
        return False


def _without_paths(words: str, root: Path) -> str:
    for path in {str(root), str(root.resolve()), str(Path.home()), tempfile.gettempdir(), sys.prefix}:
        if len(path) > 1:
            words = words.replace(path, "…")
    return words
