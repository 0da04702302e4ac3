"""From a master notebook to the student's copy and to the solution."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

from analysis.teaching.case import LANGUAGES, Case, CaseError, read_case

if TYPE_CHECKING:
    from nbformat import NotebookNode

SOLUTION = re.compile(r"^[ \t]*### BEGIN SOLUTION.*?^[ \t]*### END SOLUTION[ \t]*$", re.M | re.S)
HIDDEN = re.compile(r"\n?^[ \t]*### BEGIN HIDDEN TESTS.*?^[ \t]*### END HIDDEN TESTS[ \t]*$", re.M | re.S)
MARK = re.compile(r"^[ \t]*### (?:BEGIN|END) SOLUTION[ \t]*\n?", re.M)
FINAL = "reveal"  # grade_id of the cell that shows the truth
HERE = {"en": "*Your answer here.*", "zh": "*请在此作答。*"}
BOTH = " / ".join(HERE.values())
PLACEHOLDERS = (*HERE.values(), BOTH)


def student_copy(slug: str, out: str | Path, language: str | None = None) -> Path:
    """Write the notebook that students get: no solutions, no hidden checks, no outputs, no truth.

    Parameters
    ----------
    slug : str
        Name of the case.
    out : path
        A file ending in .ipynb, or a folder.
    language : {"en", "zh"}, optional
        Only this one; both by default.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    CaseError
        No such case or language; a file that is there already or cannot be written.
    """
    case = read_case(slug)
    notebook = _read(case, language)
    kept = [cell for cell in notebook.cells if marks(cell).get("grade_id") != FINAL]
    for cell in kept:
        if marks(cell).get("solution") and cell.cell_type == "markdown":
            cell.source = HERE[language] if language else BOTH
        elif marks(cell).get("solution"):
            question = marks(cell)["grade_id"].removesuffix("-answer")
            cell.source = SOLUTION.sub(f"{question} = ...", cell.source)
        cell.source = HIDDEN.sub("", cell.source).replace("open_case, reveal\n", "open_case\n")
    notebook.cells = kept
    return _write(notebook, case, out)


def solution_copy(slug: str, out: str | Path, language: str | None = None) -> Path:
    """Write the notebook with the answers and the truth; arguments as in `student_copy`."""
    case = read_case(slug)
    notebook = _read(case, language)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.source = HIDDEN.sub("", MARK.sub("", cell.source)).rstrip("\n")
    return _write(notebook, case, out)


def marks(cell: NotebookNode) -> dict:
    """Return nbgrader's metadata of a cell; empty if it has none."""
    return cell.metadata.get("nbgrader", {})


def master(case: Case) -> NotebookNode:
    """Read the master notebook of a case."""
    import nbformat

    return nbformat.read(case.notebook, as_version=4)


def _read(case: Case, language: str | None) -> NotebookNode:
    if language not in (None, *LANGUAGES):
        raise CaseError("The cases are not written in this language.", where="language", value=language,
                        expected="en or zh")  # fmt: skip
    notebook = master(case)
    others = {code for code in LANGUAGES if language and code != language}
    notebook.cells = [cell for cell in notebook.cells if not others & set(cell.metadata.get("tags", ()))]
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
            if language:
                cell.source = cell.source.replace(
                    f'open_case("{case.slug}")', f'open_case("{case.slug}", language="{language}")'
                )
    return notebook


def _write(notebook: NotebookNode, case: Case, out: str | Path) -> Path:
    import nbformat

    out = Path(out)
    file = out if out.suffix == ".ipynb" else out / f"{case.slug}.ipynb"
    if file.exists():
        raise CaseError("The file is there already; somebody's answers may be in it.", where=str(file),
                        mend="Name another file, or move this one away.")  # fmt: skip
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        part = file.with_name(file.name + ".part")
        part.write_text(nbformat.writes(notebook) + "\n", encoding="utf-8")
        os.replace(part, file)
    except OSError as error:
        raise CaseError("The notebook cannot be written.", where=str(file), value=error.strerror,
                        mend="Choose a folder that you may write to.") from error  # fmt: skip
    return file
