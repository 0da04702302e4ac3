"""The report on changes as pages that need no network."""

from __future__ import annotations

from pathlib import Path

from analysis.display.text import Text
from analysis.errors import ReportError
from analysis.files import write_whole
from analysis.reporting.comparing.report import open_change_report
from analysis.reporting.comparing.sections import SECTIONS
from analysis.reporting.documents.html import page


def write_change_report(
    old: str | Path, new: str | Path, out: str | Path, *, languages: tuple[str, ...] = ("en",)
) -> list[Path]:
    """Write change.<language>.html.

    Parameters
    ----------
    old, new : path
        Folders of two runs, or of their city stages.
    out : path
        Folder to write; made if it is not there.
    languages : tuple of {"en", "zh"}

    Returns
    -------
    list of Path

    Raises
    ------
    ReportError
        As `open_change_report`; no language; the folder cannot be written.
    """
    if not languages:
        raise ReportError(
            "No language was given.", where="language", expected="en, zh or zh,en", mend="Give one."
        )
    texts = [Text(language) for language in languages]
    paths = []
    for text in texts:
        report = open_change_report(str(old), str(new), text.language)
        title = text("change.title", study=report.new.study)
        body = "\n".join([report.title(), *(report.section(name) for name in SECTIONS)])
        path = Path(out) / f"change.{text.language}.html"
        _write(path, page(body, title=title, language=text.language))
        paths.append(path)
    return paths


def _write(path: Path, content: str) -> None:
    try:
        write_whole(path, content)
    except OSError as error:
        raise ReportError(
            "The report on changes cannot be written.", where=str(path), value=error.strerror,
            expected="a folder with room in which you may write", mend="Choose another with --out.",
        ) from error  # fmt: skip
