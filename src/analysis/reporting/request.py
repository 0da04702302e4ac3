"""What is asked of a batch, checked before anything runs."""

from __future__ import annotations

import ast
import tempfile
from pathlib import Path

from analysis.display.text import Text
from analysis.errors import ReportError

OWN_PARAMETERS = ("city", "district", "language")


def check_request(template: Path, languages: tuple[str, ...], parameters: dict, jobs: int) -> None:
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
    import nbformat

    try:
        notebook = nbformat.read(template, as_version=4)
        cells = [c for c in notebook.cells if "parameters" in c.metadata.get("tags", [])]
        tree = ast.parse("\n".join(c.source for c in cells))
    except (ValueError, SyntaxError, OSError, nbformat.reader.NotJSONError) as error:
        raise ReportError(
            "The template is not a notebook that can be read.", where=str(template), value=error,
            expected="a Jupyter notebook whose parameters cell is Python",
            mend="Save it again from JupyterLab.",
        ) from error  # fmt: skip
    targets = [t for node in tree.body if isinstance(node, ast.Assign) for t in node.targets]
    targets += [node.target for node in tree.body if isinstance(node, ast.AnnAssign)]
    return [t.id for t in targets if isinstance(t, ast.Name)]


def choose_districts(known: list[str], wanted: tuple[str, ...] | None) -> list[str]:
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


def prepare_folder(out: Path) -> Path:
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
