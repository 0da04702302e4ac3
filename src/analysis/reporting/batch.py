"""The batch: the city stage once, then one notebook per district and language in parallel processes."""

from __future__ import annotations

import json
import multiprocessing
import os
import re
import shutil
import sys
import tempfile
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

from analysis.display.text import Text
from analysis.reporting.city import City, run_city
from analysis.reporting.manifest import failure_line, write_manifest
from analysis.reporting.request import check_request, choose_districts, prepare_folder
from analysis.reporting.site import write_index
from analysis.reporting.worker import Outcome, Task, make_report, prepare
from analysis.tables import open_study
from analysis.tables.share import shared

TEMPLATE = "notebooks/reports/district_report.ipynb"


@dataclass(frozen=True)
class Run:
    """What a batch has made: index, manifest, and a line per failure with the command to try again."""

    index: Path
    manifest: Path
    outcomes: list[Outcome]
    failures: list[str]


def report_study(
    study: str | Path,
    out: str | Path,
    *,
    languages: tuple[str, ...] = ("en",),
    districts: tuple[str, ...] | None = None,
    jobs: int = 1,
    parameters: dict[str, object] | None = None,
    template: str | Path | None = None,
) -> Run:
    """Make the reports of a study: HTML per district and language, an index and a manifest.

    Parameters
    ----------
    study : path
        Study folder.
    out : path
        Folder for the reports; made if it is not there.
    languages : tuple of {"en", "zh"}
        The first is the language of index.html.
    districts : tuple of str, optional
        place_ids; all by default.
    jobs : int
        Reports made at once.
    parameters : dict, optional
        Further parameters of the template.
    template : path, optional
        A notebook in place of the project's own.

    Returns
    -------
    Run
        A district whose notebook fails is in `failures`; the others are made.

    Raises
    ------
    AnalysisError
        Before anything runs: the study cannot be used, or a district, language, parameter or folder is wrong.
    """
    template = Path(template) if template else shared(TEMPLATE)
    check_request(template, languages, parameters or {}, jobs)
    opened = open_study(study)
    chosen = choose_districts(opened.districts, districts)
    out = prepare_folder(Path(out))
    city = run_city(opened)
    _write_city(city, out / "city")
    tasks = _tasks(city, out, template, chosen, languages, parameters or {})
    outcomes = _run(tasks, jobs, out)
    failures = [failure_line(o, study, out) for o in outcomes if o.status == "failed"]
    manifest = write_manifest(out, study, city, tasks, outcomes, parameters or {}, template)
    index = write_index(out, city, languages, json.loads(manifest.read_text(encoding="utf-8"))["reports"])
    return Run(index, manifest, outcomes, failures)


def _write_city(city: City, folder: Path) -> None:
    draft = Path(tempfile.mkdtemp(dir=folder.parent, prefix=".city-"))
    city.write(draft)
    if folder.exists():
        shutil.rmtree(folder)
    os.replace(draft, folder)


def _tasks(
    city: City, out: Path, template: Path, districts: list[str], languages: tuple[str, ...], parameters: dict
) -> list[Task]:
    places = city.frames["places"].set_index("place_id", drop=False)
    stems = file_stems(places.index[places["kind"] == "district"].tolist())
    tasks = []
    for district in districts:
        for language in languages:
            text, name = Text(language), f"{stems[district]}.{language}"
            title = text("report.title", district=text.place(places.loc[district]))
            tasks.append(
                Task(
                    district, language, title, template,
                    parameters | {"city": str(out / "city"), "district": district, "language": language},
                    out / "notebooks" / f"{name}.ipynb", out / f"{name}.html",
                )
            )  # fmt: skip
    return tasks


def file_stems(identifiers: list[str]) -> dict[str, str]:
    """Return a file name without ending for each identifier: safe on every system, and no two alike."""
    stems, taken = {}, {"index"}
    for identifier in identifiers:
        stem = re.sub(r"[^\w-]+", "-", identifier).strip("-") or "district"
        number, name = 1, stem
        while name.lower() in taken:
            number += 1
            name = f"{stem}-{number}"
        taken.add(name.lower())
        stems[identifier] = name
    return stems


def _run(tasks: list[Task], jobs: int, out: Path) -> list[Outcome]:
    from tqdm import tqdm

    outcomes: dict[tuple[str, str], Outcome] = {}
    context = multiprocessing.get_context("spawn")
    with (
        tempfile.TemporaryDirectory(prefix="gongzhi-") as sockets,
        tempfile.TemporaryDirectory(prefix=".making-", dir=out) as drafts,
    ):
        pool = ProcessPoolExecutor(
            min(jobs, len(tasks)), mp_context=context, initializer=prepare, initargs=(sockets,)
        )
        try:
            futures = {pool.submit(make_report, task, drafts): task for task in tasks}
            for future in tqdm(as_completed(futures), total=len(tasks), unit="report", file=sys.stderr):
                task = futures[future]
                outcomes[task.district, task.language] = _result(task, future)
        except KeyboardInterrupt:
            for child in multiprocessing.active_children():
                child.terminate()  # it takes its kernel along
            raise
        finally:
            pool.shutdown(wait=True, cancel_futures=True)
    return [outcomes[task.district, task.language] for task in tasks]


def _result(task: Task, future: Future) -> Outcome:
    try:
        return future.result()
    except Exception as problem:  # the worker process itself died
        error = f"the process that made it ended: {problem}"
        return Outcome(task.district, task.language, "failed", 0.0, error)
