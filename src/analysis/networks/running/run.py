"""Indicators of a whole study, district by district, over processes or a Dask cluster; only what changed."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Executor, wait
from dataclasses import dataclass, replace
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from analysis.errors import StudyError
from analysis.large import SplitStudy, is_split, open_split
from analysis.large.cluster import PATIENCE
from analysis.networks.building.build import build_ties
from analysis.networks.building.rule import TieRule
from analysis.networks.indicators import COLUMNS, indicators
from analysis.networks.registry import TIMES, choose
from analysis.networks.running.executors import open_executor, result_of
from analysis.networks.running.units import Unit, split_study
from analysis.privacy import neutralise

if TYPE_CHECKING:
    from analysis.tables.study import Study

KEYS = b"gongzhi_keys"


@dataclass(frozen=True)
class IndicatorRun:
    """What a run wrote.

    Attributes
    ----------
    out : Path
        The table of indicators.
    rows : int
    computed, reused : int
        Networks' periods computed, and taken from the last run, over all districts.
    """

    out: Path
    rows: int
    computed: int
    reused: int


def run_indicators(
    study: Study | SplitStudy | str | Path,
    out: str | Path,
    *,
    names: list[str] | tuple[str, ...] | str | None = None,
    jobs: int = 1,
    scheduler: str | None = None,
    rule: TieRule | None = None,
    progress: bool = True,
) -> IndicatorRun:
    """Compute the indicators of every place of a study and write them to a file.

    Parameters
    ----------
    study : Study, SplitStudy or path
        An open study, a split one, or the folder of either. Of a split study, one district at a time is read.
    out : path
        File to write, .parquet or .csv. Beside it, the folder `<out>.parts` keeps one part per district.
    names : str or list of str, optional
        Indicators wanted; None computes all.
    jobs : int, default 1
        Processes at work at once; 1 works in this process. Each holds one district.
    scheduler : str, optional
        Address of a Dask scheduler, as "tcp://host:8786": districts are then sent to its workers, which need
        this package but no shared folder. `jobs` is ignored.
    rule : TieRule, optional
        By default the rule with the study's own period. Where it has no start or end, the first and last
        period of the study bound it.
    progress : bool, default True
        Whether to show a progress bar on standard error.

    Returns
    -------
    IndicatorRun

    Raises
    ------
    StudyError
        If the study, the file's ending, a name or the rule cannot be used, or the scheduler does not answer.

    Notes
    -----
    The table has the columns and values of `indicators` for the whole study, in the order of districts.

    A second run takes from the parts what has not changed. The key of a district's period is a hash of the
    tie rule, the indicators' formulas, the version of this package, the district's places, every act there up
    to the end of the period, and the people who live there and joined by then or have been active there by
    then. So acts of a new month change the key of that month only, and of the whole time ("all"), which is
    always computed anew when anything changed; a correction in an old month changes the keys from that month
    on, as indicators may look back (rolling windows, lasting ties). Connectedness and exposure also depend on
    how many people of each group the whole study had by then. Without a people table the people of a
    place are those ever active there, so that new acts change every period of their district; so they do
    with indicators of timing, as how long newcomers waited is only known later.
    """
    from analysis.tables import open_study

    out = _writable(Path(out))
    chosen = choose(names, timed=True)
    entries = [(entry.name, entry.formula) for entry in chosen]
    relative = any(entry.family == "connectedness" for entry in chosen)
    if not isinstance(jobs, int) or jobs < 1:
        raise StudyError(
            "The number of jobs is not right.", where="jobs", value=jobs,
            expected="a whole number, at least 1", mend="Give the number of processor cores to use.",
        )  # fmt: skip
    if isinstance(study, str | Path):
        study = open_split(study) if is_split(study) else open_study(study)
    timed = any(entry.needs == TIMES for entry in chosen)
    units = split_study(study, rule, json.dumps([entries, _version()]), relative, timed)
    parts = out.with_name(out.name + ".parts")
    parts.mkdir(parents=True, exist_ok=True)
    done = Progress(study.tree.levels()["district_id"].nunique(dropna=False), progress)
    tasks = _tasks(units, parts, done)
    few = list(islice(tasks, 2))  # not worth a pool of processes
    with done.bar, open_executor(jobs if len(few) > 1 else 1, scheduler) as working:
        for path, unit, old, table in _computed(*working, chain(few, tasks), names):
            _write_part(path, unit, table if old is None else pd.concat([old, table], ignore_index=True))
            done.bar.update()
    for path in set(parts.glob("*.parquet")) - set(done.parts):
        path.unlink()
    rows = _gather(done.parts, out)
    return IndicatorRun(out, rows, done.computed, done.reused)


class Progress:
    """What a run has come to: its parts in order, periods computed and reused, and a bar."""

    def __init__(self, districts: int, shown: bool) -> None:
        from tqdm import tqdm

        self.parts: list[Path] = []
        self.computed = self.reused = 0
        self.bar = tqdm(total=districts, unit="district", disable=not shown, leave=None)


def _tasks(units: Iterator[Unit], parts: Path, done: Progress) -> Iterator[tuple]:
    """Yield the units with something to compute, one at a time."""
    for unit in units:
        path = parts / f"{unit.name}.parquet"
        done.parts.append(path)
        missing, old = _missing(path, unit)
        done.reused += len(unit.keys) - len(missing)
        done.computed += len(missing)
        if missing or old is None:
            yield path, unit, missing, old
        else:
            done.bar.update()


def compute_unit(unit: Unit, missing: list[str], names: list[str] | str | None) -> pd.DataFrame:
    """Compute the periods `missing` of one district: what runs on a worker."""
    ties = build_ties(unit.interactions, unit.rule, tree=unit.levels, people=unit.people, kinds=unit.kinds)
    log = unit.interactions
    table = indicators(ties, unit.people, names, periods=missing, reference=unit.reference, log=log)
    table.attrs = {}
    return table[table["place_id"].isin(unit.places)].reset_index(drop=True)


def _computed(
    executor: Executor | None, width: int, meanwhile: Callable | None, tasks: Iterator[tuple], names
) -> Iterator[tuple]:
    """Yield path, unit, what was there before and the new table, in the order they get ready."""
    running = {}
    while True:
        while len(running) < width and (task := next(tasks, None)) is not None:
            path, unit, missing, old = task
            if executor is None:
                yield path, unit, old, compute_unit(unit, missing, names)
            else:
                running[executor.submit(compute_unit, unit, missing, names)] = path, _light(unit), old
        if not running:
            return
        done, _ = wait(running, timeout=PATIENCE, return_when=FIRST_COMPLETED)
        if not done and meanwhile is not None:
            meanwhile()
        for future in done:
            yield *running.pop(future), result_of(future)


def _light(unit: Unit) -> Unit:
    """Return a unit without its data."""
    return replace(unit, interactions=unit.interactions.iloc[:0], people=None, reference=None)


def _missing(path: Path, unit: Unit) -> tuple[list[str], pd.DataFrame | None]:
    """Return the periods to compute and the table of those that an earlier run left and that still hold."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        table = pq.read_table(path)
        keys = json.loads((table.schema.metadata or {})[KEYS])
    except (OSError, KeyError, ValueError, pa.ArrowInvalid):
        return list(unit.keys), None
    missing = [label for label, key in unit.keys.items() if keys.get(label) != key]
    frame = table.to_pandas()
    kept = frame[frame["period"].isin(unit.keys.keys() - set(missing))]
    return missing, kept if missing or len(kept) == len(frame) else None


def _write_part(path: Path, unit: Unit, table: pd.DataFrame) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    order = {label: i for i, label in enumerate(unit.keys)}
    places = {place: i for i, place in enumerate(unit.places)}
    ranks = pd.DataFrame(
        {"place": table["place_id"].map(places), "whole": table["period"] == "all",
         "period": table["period"].map(order)}
    )  # fmt: skip
    table = table.loc[ranks.sort_values(["place", "period"], kind="stable").index]
    content = pa.Table.from_pandas(table, preserve_index=False)
    content = content.replace_schema_metadata(
        (content.schema.metadata or {}) | {KEYS: json.dumps(unit.keys).encode()}
    )
    _replace(path, lambda file: pq.write_table(content, file))


def _gather(parts: list[Path], out: Path) -> int:
    import pyarrow as pa
    import pyarrow.parquet as pq

    rows = 0

    def write(file: Path) -> None:
        nonlocal rows
        writer = None
        for part in parts:
            table = pq.read_table(part)
            rows += len(table)
            if out.suffix == ".csv":
                frame = neutralise(table.to_pandas())
                frame.to_csv(file, mode="a", header=writer is None, index=False, encoding="utf-8")
                writer = True
            else:
                table = table.replace_schema_metadata(None)
                writer = writer or pq.ParquetWriter(file, table.schema)
                writer.write_table(table.cast(writer.schema))
        if out.suffix != ".csv" and writer is not None:
            writer.close()
        if writer is None:
            empty = pd.DataFrame({name: pd.Series(dtype="object") for name in COLUMNS})
            empty.to_csv(file, index=False) if out.suffix == ".csv" else pq.write_table(
                pa.Table.from_pandas(empty), file
            )

    _replace(out, write)
    return rows


def _replace(path: Path, write) -> None:
    """Write a file whole or not at all."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        write(draft)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def _writable(out: Path) -> Path:
    if out.suffix not in (".parquet", ".csv"):
        raise StudyError(
            "The file for the indicators has another ending than expected.", where="out", value=str(out),
            expected=".parquet or .csv", mend="Name it for example indicators.parquet.",
        )  # fmt: skip
    out.parent.mkdir(parents=True, exist_ok=True)
    return out


def _version() -> str:
    from analysis import __version__

    return __version__
