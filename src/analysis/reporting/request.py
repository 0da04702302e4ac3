"""What is asked of a batch, checked before anything runs."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

from analysis.display.text import Text
from analysis.errors import ReportError
from analysis.reporting.layout import Layout
from analysis.reporting.running.parameters import read_parameters, typed
from analysis.reporting.running.supervise import Limits
from analysis.reporting.worker import FORMATS

OWN_PARAMETERS = ("city", "district", "language")
ENGINES = ("auto", "gongzhi", "stock")


@dataclass(frozen=True)
class Request:
    """A batch as it is asked for, checked."""

    study: Path
    layout: Layout
    template: Path
    languages: tuple[str, ...]
    districts: tuple[str, ...] | None
    parameters: dict[str, object]
    formats: tuple[str, ...]
    jobs: int
    engine: str
    limits: Limits
    resume: bool = False
    remake_moved: bool = False
    log_json: Path | None = None
    scheduler: str | None = None
    own_template: bool = False
    city_report: bool = False


def check_request(request: Request) -> Request:
    """Return the request with typed parameters.

    Raises
    ------
    ReportError
        A language, format, number, template or parameter that cannot be used.
    """
    if not request.languages:
        raise ReportError(
            "No language was given.", where="language", expected="en, zh or zh,en", mend="Give one."
        )
    for language in request.languages:
        Text(language)
    _check_formats(request.formats)
    _check_numbers(request)
    if request.engine not in ENGINES:
        raise ReportError(
            "There is no such engine.", where="engine", value=request.engine, expected=", ".join(ENGINES),
            mend="Leave it out, or use one of these.",
        )  # fmt: skip
    template = request.template
    if not template.is_file():
        raise ReportError(
            "The template is missing.", where=str(template), expected="a notebook", mend="Correct its path."
        )
    known = read_parameters(template)
    lacking = [name for name in OWN_PARAMETERS if name not in known]
    if lacking:
        raise ReportError(
            "The template lacks parameters.", where=str(template), value=", ".join(lacking),
            expected="a cell tagged parameters that sets " + ", ".join(OWN_PARAMETERS),
            mend="Add them to that cell.",
        )  # fmt: skip
    return replace(request, parameters=typed(request.parameters, known, OWN_PARAMETERS))


def _check_formats(formats: tuple[str, ...]) -> None:
    unknown = [name for name in formats if name not in FORMATS]
    if unknown or "html" not in formats:
        raise ReportError(
            "These formats cannot be made.", where="format", value=",".join(unknown or formats) or None,
            expected="html, and besides it pdf or docx, separated by commas",
            mend="Write for example: --format html,pdf",
        )  # fmt: skip


def _check_numbers(request: Request) -> None:
    limits = request.limits
    least = (
        ("jobs", request.jobs, 1, "the number of processors, for example 2"),
        ("timeout", limits.timeout, 0.001, "seconds, for example 300"),
        ("memory", limits.memory_mb, 1, "megabytes, for example 2000"),
        ("retries", limits.retries, 0, "how often to try again, for example 1"),
        ("max-failures", limits.max_failures, 1, "a number of reports, for example 5"),
    )
    for name, value, smallest, what in least:
        if value is not None and not value >= smallest:
            said = "The number of jobs is not positive." if name == "jobs" else "A limit is too small."
            raise ReportError(
                said, where=name, value=value, expected=f"{smallest:g} or more", mend=f"Use {what}."
            )


def choose_districts(known: list[str], wanted: tuple[str, ...] | None) -> list[str]:
    """Return the districts wanted, in the order of the study.

    Raises
    ------
    ReportError
        The study has none, or not one that is wanted.
    """
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


def prepare_folder(layout: Layout) -> None:
    """Make the folders of a run and see that they can be written.

    Raises
    ------
    ReportError
        They cannot, or lie on different file systems, so that files could not appear whole.
    """
    folders = (layout.public, layout.internal, layout.notebooks)
    try:
        for folder in folders:
            folder.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=folder) as probe:
                probe.write(b"0" * 65536)
                probe.flush()
    except OSError as error:
        raise no_room(layout.root, error.strerror or str(error)) from error
    if len({folder.stat().st_dev for folder in folders}) > 1:
        raise ReportError(
            "The folder for the reports lies on two file systems.", where=str(layout.root),
            expected="public and internal on one, so that files appear whole or not at all",
            mend="Choose another folder with --out.",
        )  # fmt: skip


def no_room(root: Path, reason: str) -> ReportError:
    """Return the error for a folder that cannot be written, or has no room left."""
    return ReportError(
        "The folder for the reports cannot be written.", where=str(root), value=reason,
        expected="a folder with room in which you may write",
        mend="Make room or choose another with --out; --resume then goes on where this stopped.",
    )  # fmt: skip
