"""The batch: the city stage once, then one notebook per district and language in parallel processes."""

from __future__ import annotations

import json
import multiprocessing
import os
import platform
import re
import shutil
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from analysis import __version__
from analysis.display.text import LANGUAGES, Text
from analysis.errors import ReportError
from analysis.reporting.city import City, run_city
from analysis.reporting.share import shared
from analysis.reporting.site import write_index
from analysis.reporting.worker import Outcome, Task, make_report, prepare
from analysis.tables import open_study

TEMPLATE = "notebooks/reports/district_report.ipynb"
OWN_PARAMETERS = ("city", "district", "language")
LIBRARIES = ("pandas", "numpy", "networkx", "statsmodels", "diff-diff", "pyfixest", "matplotlib", "papermill",
             "nbconvert")  # fmt: skip


@dataclass(frozen=True)
class Run:
    """What a batch has made: its index, its manifest, and a line per failure with the command to try again."""

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
    _check_request(template, languages, parameters or {}, jobs)
    opened = open_study(study)
    chosen = _choose(opened.districts, districts)
    out = _prepare_folder(Path(out))
    city = run_city(opened)
    _write_city(city, out / "city")
    tasks = _tasks(city, out, template, chosen, languages, parameters or {})
    outcomes = _run(tasks, jobs)
    failures = [_failure_line(o, study, out) for o in outcomes if o.status == "failed"]
    manifest = _write_manifest(out, study, city, tasks, outcomes, parameters or {}, template)
    index = write_index(out, city, languages, json.loads(manifest.read_text(encoding="utf-8"))["reports"])
    return Run(index, manifest, outcomes, failures)


def _check_request(template: Path, languages: tuple[str, ...], parameters: dict, jobs: int) -> None:
    if not languages:
        raise ReportError(
            "No language was given.", where="language", expected="en, zh or zh,en", mend="Give one."
        )
    for language in languages:
        Text(language)
    if jobs < 1:
        raise ReportError(
            "The number of jobs is not positive.", where="jobs", value=jobs, expected="1 or more",
            mend="Use the number of processors, for example 2.",
        )  # fmt: skip
    if not template.is_file():
        raise ReportError(
            "The template is missing.", where=str(template), expected="a notebook", mend="Correct its path."
        )
    known = _parameters_of(template)
    lacking = [name for name in OWN_PARAMETERS if name not in known]
    if lacking:
        raise ReportError(
            "The template lacks parameters.", where=str(template), value=", ".join(lacking),
            expected="a cell tagged parameters that sets " + ", ".join(OWN_PARAMETERS),
            mend="Add them to that cell.",
        )  # fmt: skip
    free = [name for name in known if name not in OWN_PARAMETERS]
    for name in parameters:
        if name not in free:
            raise ReportError(
                "The template has no such parameter.", where="parameter", value=name,
                expected=", ".join(free) or "none: this template has no parameters of its own",
                mend="Leave it out, or add it to the parameters cell of the template.",
            )  # fmt: skip


def _parameters_of(template: Path) -> list[str]:
    import ast

    import nbformat

    try:
        notebook = nbformat.read(template, as_version=4)
        cells = [c for c in notebook.cells if "parameters" in c.metadata.get("tags", [])]
        tree = ast.parse("\n".join(c.source for c in cells))
    except (ValueError, SyntaxError, OSError, nbformat.reader.NotJSONError) as error:
        raise ReportError(
            "The template is not a notebook that can be read.", where=str(template), value=error,
            expected="a Jupyter notebook whose parameters cell is Python", mend="Save it again from JupyterLab.",
        ) from error  # fmt: skip
    targets = [t for node in tree.body if isinstance(node, ast.Assign) for t in node.targets]
    targets += [node.target for node in tree.body if isinstance(node, ast.AnnAssign)]
    return [t.id for t in targets if isinstance(t, ast.Name)]


def _choose(known: list[str], wanted: tuple[str, ...] | None) -> list[str]:
    if not known:
        raise ReportError(
            "The study has no district, and reports are per district.", where="places.kind",
            expected="at least one place of kind district that holds the communities",
            mend="Add a district to places and make it the parent of the communities.",
        )  # fmt: skip
    unknown = [d for d in wanted or () if d not in known]
    if unknown:
        raise ReportError(
            "There is no such district in the study.", where="districts", value=", ".join(unknown),
            expected="some of " + ", ".join(known[:12]) + (" …" if len(known) > 12 else ""),
            mend="Use these identifiers, separated by commas.",
        )  # fmt: skip
    return [d for d in known if wanted is None or d in wanted]


def _prepare_folder(out: Path) -> Path:
    try:
        (out / "notebooks").mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=out):
            pass
    except OSError as error:
        raise ReportError(
            "The folder for the reports cannot be written.", where=str(out), value=error.strerror,
            expected="a folder with room in which you may write", mend="Choose another with --out.",
        ) from error  # fmt: skip
    return out.resolve()


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
            tasks.append(
                Task(
                    district, language, text("report.title", district=text.place(places.loc[district])), template,
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


def _run(tasks: list[Task], jobs: int) -> list[Outcome]:
    from tqdm import tqdm

    outcomes: dict[tuple[str, str], Outcome] = {}
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(min(jobs, len(tasks)), mp_context=context, initializer=prepare)
    try:
        futures = {pool.submit(make_report, task): task for task in tasks}
        for future in tqdm(as_completed(futures), total=len(tasks), unit="report", file=sys.stderr):
            task = futures[future]
            try:
                outcomes[task.district, task.language] = future.result()
            except Exception as problem:  # the worker process itself died
                error = f"the process that made it ended: {problem}"
                outcomes[task.district, task.language] = Outcome(
                    task.district, task.language, "failed", 0.0, error
                )
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
    return [outcomes[task.district, task.language] for task in tasks]


def _failure_line(outcome: Outcome, study: str | Path, out: Path) -> str:
    cell = f" in cell {outcome.cell}" if outcome.cell else ""
    return (
        f"{outcome.district} ({outcome.language}) failed{cell}: {outcome.error}\n"
        f"  try again: {rerun_command(study, out, outcome)}"
    )


def rerun_command(study: str | Path, out: Path, outcome: Outcome) -> str:
    """Return the command that makes one report again."""
    import shlex

    words = ["gongzhi", "report", str(study), "--out", str(out), "--districts", outcome.district]
    return shlex.join([*words, "--language", outcome.language])


def _write_manifest(out, study, city, tasks, outcomes, parameters, template) -> Path:
    entries = {}
    for task, outcome in zip(tasks, outcomes, strict=True):
        entry = asdict(outcome) | {"page": task.page.name, "notebook": f"notebooks/{task.notebook.name}"}
        if outcome.status == "failed":
            entry["rerun"] = rerun_command(study, out, outcome)
        entries[task.district, task.language] = entry
    path = out / "manifest.json"
    for entry in _earlier(path, city):
        entries.setdefault((entry["district"], entry["language"]), entry)
    content = {
        "gongzhi": __version__,
        "made": datetime.now(UTC).isoformat(timespec="seconds"),
        "study": str(study),
        "inputs": city.meta["inputs"],
        "parameters": parameters,
        "template": template.name,
        "python": platform.python_version(),
        "libraries": {name: version(name) for name in LIBRARIES},
        "reports": [entries[key] for key in sorted(entries, key=lambda k: (k[0], LANGUAGES.index(k[1])))],
    }
    draft = path.with_suffix(".json.draft")
    draft.write_text(json.dumps(content, ensure_ascii=False, indent=1), encoding="utf-8")
    os.replace(draft, path)
    return path


def _earlier(path: Path, city: City) -> list[dict]:
    """Return the entries of an earlier run from the same inputs whose pages are still there."""
    if not path.is_file():
        return []
    try:
        earlier = json.loads(path.read_text(encoding="utf-8"))
        if earlier["inputs"] != city.meta["inputs"] or earlier["gongzhi"] != __version__:
            return []
        return [
            e for e in earlier["reports"] if (path.parent / e["page"]).is_file() or e["status"] == "failed"
        ]
    except (ValueError, KeyError, TypeError):
        return []
