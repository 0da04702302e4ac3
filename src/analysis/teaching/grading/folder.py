"""A class's folder into a table of points and a page of feedback for each student."""

from __future__ import annotations

import csv
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from analysis.files import harmless
from analysis.teaching.case import CaseError, read_case
from analysis.teaching.grading.marking import Marked, case_of, mark, questions, read_notebook, rehearse
from analysis.teaching.grading.pages import write_page
from analysis.teaching.grading.sandbox import Limits

TABLE = "points.csv"


def grade_folder(
    folder: str | Path,
    out: str | Path,
    *,
    limits: Limits | None = None,
    language: str | None = None,
    tell: Callable[[Marked], None] | None = None,
) -> list[Marked]:
    """Grade every notebook of a folder.

    Each is run in a fresh process that may write only into a temporary copy of its folder, cannot connect to
    anything, and is ended when its time is up (docs/cases.md says what that holds off and what not). What the
    process says of points is not asked: answers are judged outside. First the case's own solution must get
    all points.

    Parameters
    ----------
    folder : path
        With a notebook per student (student's name = name of the file) or a folder per student (name of the
        folder), as nbgrader's `submitted`.
    out : path
        Folder for points.csv and the pages.
    limits : Limits, optional
    language : {"en", "zh"}, optional
        Of the pages; both by default.
    tell : callable, optional
        Called with each result as it comes.

    Returns
    -------
    list of Marked
        One per notebook; one that cannot be read or does not finish is among them.

    Raises
    ------
    CaseError
        No folder, no notebooks in it, or `out` cannot be written.
    """
    folder, out, limits = Path(folder), Path(out), limits or Limits()
    found = list(submissions(folder))
    if not found:
        raise CaseError("There is nothing to grade.", where=str(folder), expected="notebooks (.ipynb)",
                        mend="Name the folder that holds the students' notebooks.")  # fmt: skip
    results: list[Marked] = []
    with tempfile.TemporaryDirectory(prefix="gongzhi-caches-") as caches:
        for student, file, own in found:
            warm = _prepare(file, limits, Path(caches))
            results.append(mark(file, student, own, limits, warm))
            if tell:
                tell(results[-1])
    try:
        out.mkdir(parents=True, exist_ok=True)
        for result in results:
            write_page(result, out, language)
        _write_table(results, out / TABLE)
    except OSError as error:
        raise CaseError("The results cannot be written.", where=str(out), value=error.strerror,
                        mend="Choose a folder that you may write to.") from error  # fmt: skip
    return results


def check_file(file: str | Path, limits: Limits | None = None) -> Marked:
    """Mark one submission as `grade_folder` would, without the rehearsal."""
    file = Path(file)
    if not file.is_file():
        raise CaseError("There is no such file.", where=str(file), expected="a notebook (.ipynb)")
    return mark(file, file.stem, None, limits or Limits(), None)


def submissions(folder: Path) -> Iterator[tuple[str, Path, Path | None]]:
    """Yield student, notebook and the folder to copy (None for a file that stands alone), by name."""
    if not folder.is_dir():
        raise CaseError("There is no such folder.", where=str(folder), expected="a folder of notebooks")
    for entry in sorted(folder.iterdir()):
        if entry.name.startswith(".") or entry.is_symlink():
            continue
        if entry.is_file() and entry.suffix == ".ipynb":
            yield entry.stem, entry, None
        elif entry.is_dir():
            files = [f for f in sorted(entry.rglob("*.ipynb")) if f.is_file() and not f.is_symlink()]
            for file in files:
                if not any(part.startswith(".") for part in file.relative_to(entry).parts):
                    yield entry.name, file, file.parent


def _prepare(file: Path, limits: Limits, caches: Path) -> Path | None:
    """Rehearse the case of a notebook, if that was not done yet; return where its caches are."""
    slug = _slug(file)
    if slug is None:
        return None
    if not (caches / slug).exists():
        rehearse(read_case(slug), limits, caches / slug)
    return caches / slug


def _slug(file: Path) -> str | None:
    try:
        return case_of(read_notebook(file)).slug
    except CaseError:
        return None


def _write_table(results: list[Marked], file: Path) -> None:
    """Write one row per submission: points per question, empty where a teacher reads, and the sums."""
    names: list[str] = []
    for result in results:
        names += [name for name in result.points if name not in names]
    with file.open("w", newline="", encoding="utf-8-sig") as stream:  # a spreadsheet knows it by the mark
        table = csv.writer(stream)
        table.writerow(
            ["student", "case", "file", *names, "points", "out_of", "by_hand", "status", "seconds"]
        )
        for result in results:
            asked = questions(result.case.slug) if result.case else ()
            table.writerow([
                harmless(result.student), result.case.slug if result.case else "", harmless(result.file),
                *("" if result.points.get(name) is None else result.points[name] for name in names),
                result.total, sum(q.points for q in asked if not q.by_hand),
                sum(q.points for q in asked if q.by_hand), result.status, result.seconds,
            ])  # fmt: skip
