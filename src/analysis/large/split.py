"""gongzhi split: check a study whose log is larger than memory, and lay it out district by district."""

from __future__ import annotations

import errno
import os
import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from analysis.errors import StudyError
from analysis.files import MENDS, replacing_folder
from analysis.large.files import DISTRICT, ROW, arrow_schema, write_frame, write_table
from analysis.large.opened import (
    DISTRICTS,
    FILES,
    FORMAT,
    HEADER,
    OUTSIDE,
    WHOLE,
    SplitStudy,
    is_split,
    open_split,
)
from analysis.large.parts import LOG, Findings, LogCheck
from analysis.large.sorting import sort_rows
from analysis.large.write import DistrictFiles, slice_tables, write_header, write_visitors
from analysis.tables.check import refuse
from analysis.tables.config import read_config
from analysis.tables.declared import FILE as PROCEDURES
from analysis.tables.places import PlaceTree
from analysis.tables.problems import COLUMNS
from analysis.tables.read import read_parts

if TYPE_CHECKING:
    import pyarrow as pa

ROWS_AT_ONCE = 500_000
SPILL = "spill"


def split_log(
    study: str | Path,
    out: str | Path,
    *,
    memory: str = "1GB",
    threads: int = 2,
    now: pd.Timestamp | None = None,
    progress: bool = True,
) -> SplitStudy:
    """Check a study without reading its log into memory, and write it district by district.

    Parameters
    ----------
    study : path
        The study folder. Every table but `interactions` has to fit into memory.
    out : path
        Folder to write; it must not exist, or hold an older split, which is then replaced.
    memory : str, default "1GB"
        What the sorting may take. The whole process takes about 1 GB more.
    threads : int, default 2
        Threads of the sorting.
    now : Timestamp, optional
        What counts as the present for "in the future"; default: the clock, plus one day for time zones.
    progress : bool, default True
        Whether to show a progress bar on standard error.

    Returns
    -------
    SplitStudy
        Opened. Its accounting is that of `open_study`; `whole/problems.parquet` holds every problem, with the
        row that was set aside.

    Raises
    ------
    StudyError
        Something must be mended before the study can be used, as with `open_study`; `out` is something else;
        or the disk is full. Then `out` is as it was before, and nothing else is left.

    Notes
    -----
    The log is read once, part by part. Each part is checked by the rules of every study and made pseudonymous
    before anything of it is written, so that no identifier reaches the disk. DuckDB sorts the rows kept by
    district, month and row, within `memory` and by way of a folder in the draft of `out`. In a district the
    acts lie month by month; the number of each row says where it stood in the log, and a district opens
    in the order of the log. A killed split leaves a hidden draft beside `out`; it is not resumed.
    """
    config, out = read_config(study), Path(out)
    _refuse_out(out, Path(study))
    _check_amounts(memory, threads)
    now = now or pd.Timestamp.now() + pd.Timedelta(days=1)
    check = LogCheck(replace(config, tables={t: c for t, c in config.tables.items() if t != LOG}))
    check.config = config
    check.read_others()
    refuse(check.problems.frame(), study)
    try:
        with replacing_folder(out) as draft:
            _write(check, draft, study, memory, threads, now, progress)
    except OSError as error:
        what, mend = MENDS.get(error.errno, (error.strerror or str(error), "Check the disk and the path."))
        if error.errno == errno.EFBIG:
            what, mend = "A file would be larger than is allowed here.", "Raise the limit (ulimit -f)."
        raise StudyError(
            f"The study cannot be split. {what}", where=str(out), mend=mend,
            expected="room for the split and, while it goes on, about 150 bytes for each act",
        ) from error  # fmt: skip
    return open_split(out)


def _write(check: LogCheck, draft: Path, study, memory: str, threads: int, now, progress: bool) -> None:
    import pyarrow.parquet as pq

    whole = draft / WHOLE
    for folder in (whole, draft / SPILL, draft / DISTRICTS, draft / OUTSIDE):
        folder.mkdir()
    tree = PlaceTree(check.kept("places"))
    with pq.ParquetWriter(whole / "problems.parquet", _problem_schema()) as writer:
        findings = Findings(lambda found: writer.write_table(_problem_table(found)))
        parts = _parts(check, tree, findings, now, progress)
        ordered = sort_rows(parts, _log_schema(), draft / SPILL, memory=memory, threads=threads)
        first = next(ordered, None)  # by then every part is checked and sorted
        check.finish(now)
        outline = check.study()
        problems = findings.finish(outline.problems)
    refuse(problems, study)
    outline = replace(outline, problems=problems)
    entries = slice_tables(outline, tree, draft)
    files = DistrictFiles(draft, entries)
    if first is not None:
        files.write(first)
        for batch in ordered:
            files.write(batch)
    files.close()
    write_visitors(outline.people, entries, draft)
    _write_whole(check, outline, whole)
    shutil.rmtree(draft / SPILL)
    write_header(outline, entries, draft / HEADER, FORMAT)


def _parts(
    check: LogCheck, tree: PlaceTree, findings: Findings, now, progress: bool
) -> Iterator[pa.RecordBatch]:
    """Yield the rows kept of one part of the log after the other, with row and number of the district."""
    import pyarrow as pa
    from tqdm import tqdm

    if LOG not in check.config.tables:
        return
    numbers = {place: n for n, place in enumerate(tree.districts)}
    district = tree.table["district_id"].map(numbers).fillna(-1).astype("int64")
    schema = _log_schema()
    with tqdm(unit="row", unit_scale=True, disable=not progress, desc="check") as bar:
        for raw in read_parts(LOG, check.config.tables[LOG], ROWS_AT_ONCE):
            rows, found = check.check_part(raw, now)
            findings.add(found)
            rows = rows.assign(**{ROW: rows.index, DISTRICT: rows["community_id"].map(district)})
            yield from pa.Table.from_pandas(rows, schema, preserve_index=False).to_batches()
            bar.update(raw.rows_in)


def _log_schema() -> pa.Schema:
    return arrow_schema(LOG, DISTRICT, ROW)


def _problem_schema() -> pa.Schema:
    import pyarrow as pa

    return pa.schema([(name, pa.int64() if name == "row" else pa.string()) for name in COLUMNS])


def _problem_table(found: pd.DataFrame) -> pa.Table:
    import pyarrow as pa

    return pa.Table.from_pandas(found, _problem_schema(), preserve_index=False)


def _write_whole(check: LogCheck, outline, whole: Path) -> None:
    import pyarrow as pa

    write_table(whole, "places", outline.places)
    write_table(whole, "reforms", outline.reforms)
    write_table(whole, LOG, check.acts, name="first_acts")
    write_table(whole, "people", outline.people.head(1), name="first_person")
    write_frame(whole / "accounting.parquet", pa.Table.from_pandas(outline.accounting, preserve_index=False))
    if len(outline.files):
        write_frame(whole / FILES, pa.Table.from_pandas(outline.files, preserve_index=False))
    write_frame(whole / "shown_problems.parquet", _problem_table(outline.problems))
    declared = check.config.path / PROCEDURES
    if declared.exists():
        shutil.copyfile(declared, whole / PROCEDURES)


def _refuse_out(out: Path, study: Path) -> None:
    if out.exists() and not is_split(out) and (not out.is_dir() or any(out.iterdir())):
        raise StudyError(
            "The folder to write is there and holds something else.", where="OUT", value=str(out),
            expected="a name that is not taken, or an older split", mend="Choose another name.",
        )  # fmt: skip
    if out.resolve() == study.resolve() or out.resolve() in study.resolve().parents:
        raise StudyError(
            "The split would take the place of the study itself.", where="OUT", value=str(out),
            expected="another folder", mend="Choose another name.",
        )  # fmt: skip


def _check_amounts(memory: str, threads: int) -> None:
    if not re.fullmatch(r"[1-9]\d*(\.\d+)?\s*(KB|MB|GB|TB|KiB|MiB|GiB|TiB)", str(memory)):
        raise StudyError(
            "The amount of memory is not one.", where="memory", value=memory, expected="such as 1GB or 800MB",
            mend="Write a number and a unit.",
        )  # fmt: skip
    if not isinstance(threads, int) or not 1 <= threads <= 4 * (os.cpu_count() or 1):
        raise StudyError(
            "The number of threads is not right.", where="threads", value=threads,
            expected="a whole number, at least 1", mend="Give the number of processor cores to use.",
        )  # fmt: skip
