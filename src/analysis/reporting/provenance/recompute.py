"""Make a run again and say what differs from what is stored."""

from __future__ import annotations

import json
import platform
import tempfile
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import numpy as np
import pandas as pd

from analysis import __version__
from analysis.errors import ReportError
from analysis.reporting.city import City, input_hashes, load_city, run_city
from analysis.reporting.layout import Layout

CLOSE = 1e-9  # relative: sums in another order, on another processor


@dataclass(frozen=True)
class Difference:
    """One thing that is not as it was.

    Attributes
    ----------
    what : {"input", "version", "frame", "column", "meta", "page"}
    name : str
    stored, now : str
    rows : int
        In which it differs, 0 where there are no rows.
    greatest : float
        Greatest difference of numbers, NaN where there are none.
    """

    what: str
    name: str
    stored: str
    now: str
    rows: int = 0
    greatest: float = float("nan")

    def __str__(self) -> str:
        more = f" in {self.rows:,} row(s)" if self.rows else ""
        more += f", by up to {self.greatest:.6g}" if self.greatest == self.greatest else ""
        return f"{self.what} {self.name}: stored {self.stored}, now {self.now}{more}"


@dataclass(frozen=True)
class Verification:
    """What became of a verification: causes (inputs, versions) and differences (results)."""

    frames: int
    pages: int
    causes: list[Difference]
    differences: list[Difference]

    @property
    def equal(self) -> bool:
        """Whether every result is as it was."""
        return not self.differences


def verify(run: str | Path, *, reports: bool = False) -> Verification:
    """Compute the city stage of a run again from its study and compare it with what is stored.

    Parameters
    ----------
    run : path
        Folder of a run.
    reports : bool
        Make the pages again too, and compare them byte by byte.

    Raises
    ------
    ReportError
        There is no run here, its study is not where the manifest says, or its pages were made with a
        template of its own.
    """
    layout = Layout(Path(run).absolute())
    manifest = _manifest(layout)
    study = Path(manifest["study"])
    if not study.exists():
        raise ReportError(
            "The study of this run is not there any more.", where=str(layout.manifest), value=str(study),
            expected="the study folder that the manifest names", mend="Put it back, or correct the manifest.",
        )  # fmt: skip
    stored = load_city(layout.city)
    causes = _causes(manifest, study) + _code(layout)
    if not reports:
        from analysis.tables import open_study

        return Verification(len(stored.frames), 0, causes, compare(stored, run_city(open_study(study))))
    with tempfile.TemporaryDirectory(prefix="gongzhi-verify-") as folder:
        again = _again(manifest, study, Path(folder))
        pages = [e for e in manifest["reports"] if e.get("page") and e["status"] in ("made", "reused")]
        found = compare(stored, load_city(again.city)) + _pages(layout, again, pages)
    return Verification(len(stored.frames), len(pages), causes, found)


def _manifest(layout: Layout) -> dict:
    try:
        found = json.loads(layout.manifest.read_text(encoding="utf-8"))
        found["study"], found["inputs"], found["reports"], found["libraries"]
        return found
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ReportError(
            "There is no run here that can be verified.", where=str(layout.manifest), value=error,
            expected="the folder of a run of gongzhi report", mend="Name the folder given as --out.",
        ) from error  # fmt: skip


def _causes(manifest: dict, study: Path) -> list[Difference]:
    now, then = input_hashes(study), manifest["inputs"]
    found = [
        Difference("input", name, then.get(name, "not there")[:12], now.get(name, "not there")[:12])
        for name in sorted(now.keys() | then.keys()) if now.get(name) != then.get(name)
    ]  # fmt: skip
    software = {"gongzhi": (manifest["gongzhi"], __version__)}
    software["python"] = (manifest.get("python", ""), platform.python_version())
    for name, was in manifest["libraries"].items():
        try:
            software[name] = (was, version(name))
        except PackageNotFoundError:
            software[name] = (was, "not there")
    return found + [
        Difference("version", name, *pair) for name, pair in software.items() if pair[0] != pair[1]
    ]


def _code(layout: Layout) -> list[Difference]:
    """Return whether the code, or the version of any library, is another than when the run was made."""
    from analysis.reporting.running.keys import code_version, digest, installed
    from analysis.reporting.running.stage import RECORD

    try:
        record = json.loads((layout.city / RECORD).read_text(encoding="utf-8"))
        then, now = record["key"], digest(record["inputs"], code_version(), installed())
    except (OSError, ValueError, KeyError, TypeError):
        return []
    return [] if then == now else [Difference("version", "code or libraries", then[:12], now[:12])]


def _again(manifest: dict, study: Path, folder: Path) -> Layout:
    from analysis.reporting.batch import TEMPLATE, report_study

    template = manifest.get("template", Path(TEMPLATE).name)
    if template != Path(TEMPLATE).name:
        raise ReportError(
            "The pages of this run were made with a template of its own.", where="--reports", value=template,
            expected=f"pages made with {Path(TEMPLATE).name}",
            mend="Leave out --reports: the numbers can be verified all the same.",
        )  # fmt: skip
    entries = manifest["reports"]
    report_study(
        study, folder, languages=tuple(dict.fromkeys(e["language"] for e in entries)),
        districts=tuple(dict.fromkeys(e["district"] for e in entries)),
        parameters=manifest.get("parameters") or {},
    )  # fmt: skip
    return Layout(folder)


def _pages(layout: Layout, again: Layout, entries: list[dict]) -> list[Difference]:
    found = []
    for entry in entries:
        old, new = (one.root / entry["page"] for one in (layout, again))
        old, new = (path.read_text(encoding="utf-8") if path.is_file() else None for path in (old, new))
        if old != new:
            lines = _lines_apart(old, new) if old is not None and new is not None else 0
            words = ["not there" if page is None else f"{len(page):,} characters" for page in (old, new)]
            found.append(Difference("page", entry["page"], *words, rows=lines))
    return found


def _lines_apart(old: str, new: str) -> int:
    first, second = old.splitlines(), new.splitlines()
    return sum(a != b for a, b in zip(first, second, strict=False)) + abs(len(first) - len(second))


def compare(stored: City, now: City) -> list[Difference]:
    """Return how two city stages differ: frames, rows, columns and the greatest difference of numbers."""
    found = []
    for name in sorted(stored.frames.keys() | now.frames.keys()):
        old, new = stored.frames.get(name), now.frames.get(name)
        if old is None or new is None:
            found.append(
                Difference("frame", name, *("not there" if f is None else "there" for f in (old, new)))
            )
        elif len(old) != len(new):
            found.append(Difference("frame", name, f"{len(old):,} rows", f"{len(new):,} rows"))
        elif list(old.columns) != list(new.columns):
            found.append(Difference("frame", name, ", ".join(old.columns), ", ".join(new.columns)))
        else:
            found += _columns(name, old.reset_index(drop=True), new.reset_index(drop=True))
    for key in sorted((stored.meta.keys() | now.meta.keys()) - {"inputs", "version"}):
        old, new = stored.meta.get(key), now.meta.get(key)
        if old != new:
            found.append(Difference("meta", key, str(old)[:60], str(new)[:60]))
    return found


def _columns(name: str, old: pd.DataFrame, new: pd.DataFrame) -> list[Difference]:
    found = []
    for column in old.columns:
        a, b = old[column], new[column]
        apart, greatest = _apart(a, b)
        if apart.any():
            at = int(np.flatnonzero(apart)[0])
            words = [str(series.iloc[at]) for series in (a, b)]
            found.append(Difference("column", f"{name}.{column}", *words, int(apart.sum()), greatest))
    return found


def _apart(a: pd.Series, b: pd.Series) -> tuple[np.ndarray, float]:
    """Return in which rows two columns differ, and by how much at most."""
    if all(pd.api.types.is_numeric_dtype(s) and not pd.api.types.is_bool_dtype(s) for s in (a, b)):
        x, y = (s.to_numpy(float, na_value=np.nan) for s in (a, b))
        apart = ~np.isclose(x, y, rtol=CLOSE, atol=1e-12, equal_nan=True)
        both = apart & np.isfinite(x) & np.isfinite(y)
        return apart, float(np.abs(x - y)[both].max()) if both.any() else float("nan")
    x, y = (s.astype("object").where(s.notna(), None).map(str).to_numpy() for s in (a, b))
    return x != y, float("nan")
