"""A replication package from inside: what its programs read, and where they put tables and figures."""

from __future__ import annotations

import csv
import json
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path

import pandas as pd

from analysis.display.text import Text
from analysis.errors import AnalysisError
from analysis.publishing.figures import save_figure
from analysis.publishing.tables import SUFFIXES, save_table

SETTINGS = "settings.json"
PLACES = ("place_id", "district_id", "street_id", "period")  # identifiers, also where they look like numbers
DIGITS = 10  # of numbers in results: the last of sixteen change with the memory a sum happens to lie in
MAP = ("exhibit", "title", "program", "line", "output", "note")


def open_package(program: str | Path) -> Package:
    """Return the package that a program belongs to.

    Parameters
    ----------
    program : path
        The program itself (`__file__`), or the folder of the package.

    Raises
    ------
    AnalysisError
        There is no package around it.
    """
    path = Path(program).resolve()
    root = path if path.is_dir() else path.parents[1]
    if not (root / "programs" / SETTINGS).is_file():
        raise AnalysisError(
            "This is no replication package.", where=path.name, expected=f"a folder with programs/{SETTINGS}",
            mend="Make one with: gongzhi replicate STUDY OUT.",
        )  # fmt: skip
    return Package(root)


class Package:
    """Data, settings and results of a replication package.

    Attributes
    ----------
    root : Path
    settings : dict
        What programs/settings.json says: study, period, language, seed, outcomes, measures, reforms,
        estimated, exhibits (names of tables and figures in their order).
    text : Text
        Words in the language of the package.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.settings = json.loads((root / "programs" / SETTINGS).read_text(encoding="utf-8"))
        self.text = Text(self.settings["language"])

    @property
    def raw(self) -> Path:
        """Folder of the study itself, which may not be part of the package."""
        return self.root / "data" / "raw"

    @contextmanager
    def own_key(self) -> Iterator[None]:
        """Open the study, while in here, with a key of the package; no secret: the identifiers are there."""
        before = os.environ.get("GONGZHI_KEY_FILE")
        with tempfile.TemporaryDirectory() as place:
            path = Path(place) / "key"
            path.touch(mode=0o600)
            path.write_text("0" * 64, encoding="ascii")
            os.environ["GONGZHI_KEY_FILE"] = str(path)
            try:
                yield
            finally:
                os.environ.pop("GONGZHI_KEY_FILE")
                if before is not None:
                    os.environ["GONGZHI_KEY_FILE"] = before

    @property
    def data(self) -> Path:
        """Folder of the analysis data."""
        return self.root / "data" / "analysis"

    @cached_property
    def panel(self) -> pd.DataFrame:
        """The panel: a row per community and period."""
        panel = self._read("panel.csv")
        whole = {c: "Int64" for c in panel if c.startswith("cohort_")}
        return panel.astype(whole | dict.fromkeys(PLACES, "str"))

    @cached_property
    def districts(self) -> pd.DataFrame:
        """Measures of the districts over the whole time."""
        return self._read("districts.csv")

    @cached_property
    def accounting(self) -> pd.DataFrame:
        """The account of the study's rows."""
        return self._read("accounting.csv").fillna({"rule": ""})

    def _read(self, name: str) -> pd.DataFrame:
        path = self.data / name
        if not path.is_file():
            raise AnalysisError(
                "A file of the analysis data is not here.", where=f"data/analysis/{name}",
                expected="the file that this package describes",
                mend="Put the study into data/raw and run programs/01_build_data.py.",
            )  # fmt: skip
        return pd.read_csv(path, dtype=dict.fromkeys(PLACES, "str"))

    def title(self, name: str) -> str:
        """Return the title of a table or figure; "effects.consultation" is of "effects", with the reform."""
        kind, _, about = name.partition(".")
        reform = self.text.named("reform", about) if about else ""
        return self.text(f"publication_title.{kind}", reform=reform)

    def labels(self, names) -> dict[str, str]:
        """Return what measures are called."""
        return {name: self.text.measure(name).name for name in names}

    def save_table(self, name: str, table, *, note: str = "", **options) -> None:
        """Save a table in every format and enter it into the map of tables and programs."""
        files = [self.root / "results" / "tables" / f"{self._number(name)[1]}{suffix}" for suffix in SUFFIXES]
        for file in files:
            save_table(table, file, title=self.title(name), note=note, language=self.settings["language"],
                       significant=DIGITS, **options)  # fmt: skip
        self._enter(name, files, note, sys._getframe(1))

    def save_figure(self, name: str, figure, *, note: str = "", **options) -> None:
        """Save a figure in every format and enter it into the map of tables and programs."""
        stem = self.root / "results" / "figures" / self._number(name)[1]
        self._enter(name, save_figure(figure, stem, **options), note, sys._getframe(1))

    def leave_out(self, name: str, reason: str) -> None:
        """Say in the map why a table or figure is not there."""
        self._enter(name, [], reason, sys._getframe(1))

    def _number(self, name: str) -> tuple[str, str]:
        """Return what a table or figure is called ("Table 3") and its file ("table3")."""
        entries = self.settings["exhibits"]
        kind = next((entry["kind"] for entry in entries if entry["name"] == name), None)
        if kind is None:
            known = ", ".join(entry["name"] for entry in entries)[:200]
            raise AnalysisError(
                "This table or figure is not among those of the package.",
                where=f"programs/{SETTINGS}, exhibits", value=name, expected=known,
                mend="Add it to the exhibits.",
            )  # fmt: skip
        alike = [entry["name"] for entry in entries if entry["kind"] == kind]
        number = alike.index(name) + 1
        return self.text(f"publication.{kind}_number", number=number), f"{kind}{number}"

    def _enter(self, name: str, files: list[Path], note: str, frame) -> None:
        path = self.root / "results" / "exhibits.csv"
        path.parent.mkdir(parents=True, exist_ok=True)
        rows = []
        if path.is_file():
            with path.open(encoding="utf-8", newline="") as file:
                rows = [tuple(row[key] for key in MAP) for row in csv.DictReader(file)]
        called = self._number(name)[0]
        program = Path(frame.f_code.co_filename).name
        output = "; ".join(file.relative_to(self.root).as_posix() for file in files)
        mine = (called, self.title(name), f"programs/{program}", str(frame.f_lineno), output, note)
        order = [self._number(entry["name"])[0] for entry in self.settings["exhibits"]]
        rows = sorted([row for row in rows if row[0] != called] + [mine], key=lambda row: order.index(row[0]))
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows([MAP, *rows])
