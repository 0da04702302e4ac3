"""From a submission's notebook and its answers to points and words."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from analysis.teaching.case import Case, CaseError, read_case, slugs
from analysis.teaching.checking import judge, words
from analysis.teaching.copies import FINAL, MARK, PLACEHOLDERS, marks, master
from analysis.teaching.grading.attempt import Attempt, attempt
from analysis.teaching.grading.sandbox import Limits
from analysis.teaching.opening import same_maker, study_folder

LARGEST = 20 * 1024 * 1024  # bytes of a notebook
OPENED = re.compile(r"""open_case\(\s*["']([A-Za-z0-9_]+)["']""")


@dataclass(frozen=True)
class Question:
    """A question of a case.

    Attributes
    ----------
    name : str
    points : float
    by_hand : bool
        Whether a teacher reads the answer.
    title : dict of language -> str
    """

    name: str
    points: float
    by_hand: bool
    title: dict[str, str]


@dataclass
class Marked:
    """One submission, marked.

    Attributes
    ----------
    student, file : str
    case : Case or None
        None if the file could not be read as a submission.
    points : dict of str -> float or None
        By question; None for what is read by hand.
    hints : dict of str -> dict of language -> str
    answers : dict of str -> str
        The words of answers read by hand; empty if there are none.
    errors : list of str
        What went wrong in cells.
    status, isolation : str
    seconds : float
    """

    student: str
    file: str
    case: Case | None = None
    points: dict[str, float | None] = field(default_factory=dict)
    hints: dict[str, dict[str, str]] = field(default_factory=dict)
    answers: dict[str, str] = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)
    status: str = "unreadable"
    isolation: str = ""
    seconds: float = 0.0

    @property
    def total(self) -> float:
        """Points given so far."""
        return sum(points for points in self.points.values() if points is not None)


@cache
def questions(slug: str) -> tuple[Question, ...]:
    """Return the graded questions of a case in their order."""
    found, title = [], {}
    for cell in master(read_case(slug)).cells:
        heading = re.match(r"## (.+)", cell.source) if cell.cell_type == "markdown" else None
        if heading and cell.metadata.get("tags"):
            title[cell.metadata["tags"][0]] = heading.group(1)
        if marks(cell).get("grade"):
            by_hand = bool(marks(cell)["solution"])
            found.append(Question(marks(cell)["grade_id"], marks(cell)["points"], by_hand, dict(title)))
    return tuple(found)


def mark(file: Path, student: str, folder: Path | None, limits: Limits, caches: Path | None) -> Marked:
    """Run a submission apart and mark it; a file that is no submission is marked as unreadable.

    Raises
    ------
    CaseError
        If the code that draws studies was changed meanwhile.
    """
    result = Marked(student, file.name)
    try:
        notebook = read_notebook(file)
        case = case_of(notebook)
    except CaseError as error:
        result.errors.append(error.what)
        return result
    result.case = case
    cells = [
        (number, MARK.sub("", cell.source))
        for number, cell in enumerate(notebook.cells, 1)
        if cell.cell_type == "code" and not _needless(cell)
    ]
    asked = questions(case.slug)
    names = [question.name for question in asked if not question.by_hand]
    run = attempt(
        cells, names, folder=folder, studies=study_folder(case).parent, limits=limits, caches=caches
    )
    if not same_maker():
        raise CaseError(
            "Gongzhi was changed while a submission ran, so it may have been given another study.",
            where=file.name,
            mend="Grade again.",
        )
    _judge(result, asked, run)
    written = {marks(c).get("grade_id"): c.source for c in notebook.cells if c.cell_type == "markdown"}
    result.answers = {q.name: _written(str(written.get(q.name, ""))) for q in asked if q.by_hand}
    return result


def _written(answer: str) -> str:
    """Return an answer in words, nothing if it is what the student copy holds in its place."""
    return "" if answer.strip() in ("", *PLACEHOLDERS) else answer


def rehearse(case: Case, limits: Limits, caches: Path) -> None:
    """Mark the case's own solution, which must get all points; its compiled functions serve the others.

    Raises
    ------
    CaseError
        If it does not.
    """
    result = mark(case.notebook, "solution", None, limits, caches)
    short = [question for question, points in result.points.items() if points == 0]
    if short or result.status != "finished":
        raise CaseError(
            "The case's own solution does not get all points here, so nothing can be graded.",
            where=case.slug,
            value=f"{result.status}; {', '.join(short)}; {'; '.join(result.errors)}",
            mend="Give more time (--seconds) or memory (--memory); else the installation is not whole.",
        )


def case_of(notebook) -> Case:
    """Return the case that a notebook opens."""
    source = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "code")
    found = {slug for slug in OPENED.findall(source) if slug in slugs()}
    if len(found) != 1:
        raise CaseError(
            "The notebook does not open one case, so there is nothing to grade it by.",
            value=", ".join(sorted(found)) or "none",
            expected='study = open_case("...") in its first code cell',
        )
    return read_case(found.pop())


def read_notebook(file: Path):
    """Read a notebook; raise CaseError if it is none."""
    import nbformat

    try:
        if file.stat().st_size > LARGEST:
            raise ValueError("too large")
        notebook = nbformat.reads(file.read_text(encoding="utf-8"), as_version=4)
        nbformat.validate(notebook)
    except (OSError, ValueError, AttributeError, KeyError, TypeError, RecursionError) as error:
        raise CaseError("The file is not a notebook that can be read.", where=file.name) from error
    except nbformat.ValidationError as error:
        raise CaseError("The file is not a valid notebook.", where=file.name) from error
    return notebook


def _needless(cell) -> bool:
    """Whether a cell only checks, or shows the truth: both are done outside."""
    given = marks(cell)
    return given.get("grade_id") == FINAL or (bool(given.get("grade")) and not given.get("solution"))


def _judge(result: Marked, asked: tuple[Question, ...], run: Attempt) -> None:
    result.status, result.seconds, result.isolation = run.status, run.seconds, run.isolation
    result.errors = [f"[{number}] {words}" for number, words in sorted(run.errors.items())]
    if run.last is not None:
        result.errors.append(f"[{run.last}] {run.status}")
    for question in asked:
        if question.by_hand:
            result.points[question.name] = None
            continue
        answer = _answer(run.answers.get(question.name, {}))
        feedback = judge(result.case, question.name, answer)
        result.points[question.name] = question.points if feedback.right else 0.0
        result.hints[question.name] = words("page_missing") if answer is None else feedback.texts


def _answer(told: dict) -> object:
    """Return what a submission told of an answer; an object of no known kind if it is no answer."""
    if told.get("missing") or not told:
        return None
    value = told.get("value")
    return object() if value is None else value
