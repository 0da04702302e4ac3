"""Open a case's study, and at the end show the truth behind it."""

from __future__ import annotations

import getpass
import hashlib
import json
import os
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from analysis import simulate
from analysis.simulate import City, write_city
from analysis.simulate.write import TRUTH
from analysis.tables import open_study
from analysis.teaching import worlds
from analysis.teaching.case import LANGUAGES, Case, CaseError, read_case
from analysis.teaching.worlds import draw_world

if TYPE_CHECKING:
    import pandas as pd

    from analysis.tables.study import Study

PLACE = "GONGZHI_CASES"  # environment variable: the folder that holds the drawn studies
_now: dict[str, str | None] = {"case": None, "language": None}


def open_case(slug: str, language: str | None = None) -> Study:
    """Open the study of a case; later calls of `check` are about it.

    The study is synthetic, drawn once from the case's seed and kept in a temporary folder without the truth
    behind it.

    Parameters
    ----------
    slug : str
        Name of the case, as `gongzhi case list` gives it.
    language : {"en", "zh"}, optional
        Of hints; both by default.

    Returns
    -------
    Study

    Raises
    ------
    CaseError
        No such case or language.
    """
    read_case(slug)
    if language not in (None, *LANGUAGES):
        raise CaseError("There are no texts in this language.", where="open_case(language=...)",
                        value=language, expected="en or zh")  # fmt: skip
    _now.update(case=slug, language=language)
    return case_study(slug)


@cache
def case_study(slug: str) -> Study:
    """Return the study of a case, without making it the one that `check` is about."""
    return open_study(study_folder(read_case(slug)))


def current() -> tuple[Case, str | None]:
    """Return the case opened last and the language of its hints."""
    if _now["case"] is None:
        raise CaseError("No case is open.", where="check", expected="a case opened before",
                        mend='Run the first cell: study = open_case("...")')  # fmt: skip
    return read_case(_now["case"]), _now["language"]


def study_folder(case: Case) -> Path:
    """Return the folder of the case's study, drawn now if it is not there yet."""
    recipe = json.dumps([_maker(), case.text("title", "en"), case.data["simulation"]], sort_keys=True)
    place = _place()
    folder = place / f"{case.slug}-{hashlib.sha256(recipe.encode()).hexdigest()[:12]}"
    if not folder.is_dir():
        with tempfile.TemporaryDirectory(dir=place) as scratch:
            _write(case, Path(scratch) / "study")
            with suppress(OSError):  # another process was first
                os.replace(Path(scratch) / "study", folder)
    return folder


@cache
def _maker() -> str:
    """Return a hash of the code that draws studies: other code, another study."""
    files = [*Path(simulate.__file__).parent.glob("*.py"), *Path(worlds.__file__).parent.glob("*.py")]
    code = b"".join(file.read_bytes() for file in sorted(files))
    return hashlib.sha256(code).hexdigest()


def same_maker() -> bool:
    """Whether the code that draws studies is still the one this process draws with."""
    return _maker.__wrapped__() == _maker()


def _place() -> Path:
    """Return the folder of the drawn studies; it is this user's own."""
    given = os.environ.get(PLACE)
    folder = Path(given) if given else Path(tempfile.gettempdir()) / f"gongzhi-cases-{_user()}"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise CaseError(
            "The folder for drawn studies cannot be made.",
            where=str(folder),
            value=error.strerror,
            mend=f"Name another in the environment variable {PLACE}.",
        ) from error
    if not given and hasattr(os, "getuid") and folder.stat().st_uid != os.getuid():
        raise CaseError(
            "The folder for drawn studies belongs to somebody else.",
            where=str(folder),
            mend=f"Name a folder of your own in the environment variable {PLACE}.",
        )
    return folder


def _user() -> str:
    return str(os.getuid()) if hasattr(os, "getuid") else getpass.getuser()


def _write(case: Case, folder: Path) -> None:
    city = draw_world(case)
    frames = {table: frame.reset_index(drop=True) for table, frame in city.frames.items()}
    write_city(City(frames, {"seed": 0}), folder)  # nothing of the truth touches the disk
    (folder / TRUTH).unlink()
    config = {"name": case.text("title", "en"), "name_zh": case.text("title", "zh"), "period": "month"}
    lines = [f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in config.items()]
    (folder / "study.toml").write_text("\n".join(["[study]", *lines, ""]), encoding="utf-8")


@dataclass(frozen=True, repr=False)
class Revealed:
    """The truth behind a case.

    Attributes
    ----------
    text : str
        What was put in, in words.
    table : DataFrame
        What was put in, as figures.
    truth : dict
        Everything that is known of the world, as `analysis.simulate` describes it.
    """

    text: str
    table: pd.DataFrame
    truth: dict

    def __repr__(self) -> str:
        return f"{self.text}\n\n{self.table.to_string(index=False)}"

    def _repr_html_(self) -> str:
        words = "".join(f"<p>{line}</p>" for line in self.text.splitlines() if line)
        return words + self.table.to_html(index=False, border=0, float_format="{:.2f}".format)


def reveal(slug: str, language: str | None = None) -> Revealed:
    """Show the truth that a case's study was drawn with: for the end of the lesson.

    Parameters
    ----------
    slug : str
    language : {"en", "zh"}, optional
        By default that of `open_case`, else both.

    Returns
    -------
    Revealed
    """
    case = read_case(slug)
    language = language or _now["language"]
    truth = draw_world(case).truth
    words = [case.text("reveal", code) for code in ([language] if language else LANGUAGES)]
    return Revealed("\n\n".join(words), case.function(case.data["reveal"]["table"])(truth), truth)
