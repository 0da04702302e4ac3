"""A teaching case: its texts, the world it is drawn from, its checks and its notes for the teacher."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path

from analysis.errors import AnalysisError
from analysis.tables.share import shared

FOLDER = Path(__file__).with_name("cases")
LANGUAGES = ("en", "zh")


class CaseError(AnalysisError):
    """A case, a check or a submission that cannot be used as asked."""


@dataclass(frozen=True)
class Case:
    """One teaching case, as its TOML file describes it (docs/cases.md gives the format).

    Attributes
    ----------
    slug : str
        Name of the case in calls and files.
    data : dict
        title, about, minutes, facts, sources, simulation, checks, reveal, notes.
    """

    slug: str
    data: dict

    def text(self, key: str, language: str) -> str:
        """Return a text of the case, such as "title" or "about"."""
        return self.data[key][language]

    @property
    def checks(self) -> dict[str, dict]:
        """The checks by question."""
        return self.data["checks"]

    @property
    def minutes(self) -> int:
        """How long a class needs."""
        return self.data["minutes"]

    @property
    def notebook(self) -> Path:
        """The master notebook."""
        found = sorted(shared("notebooks/cases").glob(f"*_{self.slug}.ipynb"))
        if not found:
            raise CaseError(
                "The case has no master notebook.",
                where="notebooks/cases",
                value=self.slug,
                expected=f"a file NN_{self.slug}.ipynb",
            )
        return found[0]

    def function(self, name: str) -> Callable:
        """Return a function of the case's answers, by name."""
        return getattr(import_module(f"analysis.teaching.answers.{self.slug}"), name)


@cache
def read_case(slug: str) -> Case:
    """Return the case called `slug`.

    Raises
    ------
    CaseError
        If there is none.
    """
    file = FOLDER / f"{slug}.toml"
    if str(slug) not in slugs():
        raise CaseError(
            "There is no case of this name.",
            where="case",
            value=slug,
            expected="one of " + ", ".join(slugs()),
            mend="Use one of these; `gongzhi case list` shows what each is about.",
        )
    return Case(slug, tomllib.loads(file.read_text(encoding="utf-8")))


def slugs() -> list[str]:
    """Return the names of all cases."""
    return sorted(file.stem for file in FOLDER.glob("*.toml"))


def list_cases() -> list[Case]:
    """Return all cases in the order of their notebooks."""
    return sorted((read_case(slug) for slug in slugs()), key=lambda case: case.notebook.name)
