"""A study that is split into its districts, open: little in memory, one district at a time."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

import pandas as pd

from analysis.errors import StudyError
from analysis.large.files import read_table
from analysis.tables import schema
from analysis.tables.config import SPLIT
from analysis.tables.declared import FILE as PROCEDURES
from analysis.tables.declared import read_procedures
from analysis.tables.periods import periods_between
from analysis.tables.places import PlaceTree
from analysis.tables.procedures import Procedure
from analysis.tables.study import FILE_ACCOUNT, Study

HEADER, FORMAT = SPLIT, 2
WHOLE, DISTRICTS, OUTSIDE = "whole", "districts", "outside"
VISITORS = "visitors"
FILES = "files.parquet"  # the account by file, where a table stands in several


def is_split(path: str | Path) -> bool:
    """Whether a folder holds a split study."""
    return (Path(path) / HEADER).is_file()


def open_split(path: str | Path) -> SplitStudy:
    """Open a study that `gongzhi split` wrote.

    Parameters
    ----------
    path : path
        The folder.

    Returns
    -------
    SplitStudy

    Raises
    ------
    StudyError
        The folder holds none, or one that is not whole or of another version.
    """
    path = Path(path)
    try:
        header = json.loads((path / HEADER).read_text(encoding="utf-8"))
        found = header["format"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise StudyError(
            "There is no split study in this folder.", where=str(path), value=error,
            expected=f"a folder with {HEADER}", mend=f"Make one: gongzhi split STUDY {path}",
        ) from error  # fmt: skip
    if found != FORMAT:
        raise StudyError(
            "The split study was written by another version.", where=str(path / HEADER), value=found,
            expected=f"format {FORMAT}", mend="Split the study again: gongzhi split STUDY OUT",
        )  # fmt: skip
    return SplitStudy(path, header)


@dataclass(frozen=True, repr=False)
class SplitStudy:
    """A checked study in one folder per district. Open one with `open_split`.

    Attributes
    ----------
    path : Path
    header : dict
        The content of split.json.
    """

    path: Path
    header: dict = field(repr=False)

    name = property(lambda self: self.header["name"], doc="Name of the study.")
    name_zh = property(lambda self: self.header["name_zh"], doc="Name of the study in Chinese.")
    period = property(lambda self: self.header["period"], doc="The step of the panel.")

    @cached_property
    def places(self) -> pd.DataFrame:
        """All places."""
        return read_table(self.path / WHOLE, "places").reset_index(drop=True)

    @cached_property
    def reforms(self) -> pd.DataFrame:
        """All reforms."""
        return read_table(self.path / WHOLE, "reforms").reset_index(drop=True)

    @cached_property
    def first_acts(self) -> pd.DataFrame:
        """The first act of each kind, state, form and day of the whole study, as interactions."""
        return read_table(self.path / WHOLE, "interactions", name="first_acts").reset_index(drop=True)

    @cached_property
    def first_person(self) -> pd.DataFrame:
        """The first row of the people table, or none."""
        return read_table(self.path / WHOLE, "people", name="first_person")

    @cached_property
    def accounting(self) -> pd.DataFrame:
        """Account of the rows of the whole study: table, rows_in, kept, set_aside, rule."""
        return pd.read_parquet(self.path / WHOLE / "accounting.parquet").astype(
            {"table": "str", "rule": "str"}
        )

    @cached_property
    def files(self) -> pd.DataFrame:
        """Account of each file of the tables that stood in several: table, file, rows_in, kept, set_aside."""
        path = self.path / WHOLE / FILES
        if not path.exists():
            return pd.DataFrame(columns=FILE_ACCOUNT)
        return pd.read_parquet(path).astype({"table": "str", "file": "str"})

    @cached_property
    def problems(self) -> pd.DataFrame:
        """The first 1,000 problems of every kind; `whole/problems.parquet` holds all."""
        found = pd.read_parquet(self.path / WHOLE / "shown_problems.parquet")
        return found.astype({column: "Int64" if column == "row" else "str" for column in found.columns})

    @cached_property
    def procedures(self) -> tuple[Procedure, ...]:
        """Procedures that the study declares itself."""
        folder = self.path / WHOLE
        return read_procedures(folder) if (folder / PROCEDURES).exists() else ()

    @cached_property
    def tree(self) -> PlaceTree:
        """The tree of all places."""
        return PlaceTree(self.places)

    @cached_property
    def _entries(self) -> dict[str, dict]:
        return {entry["place_id"]: entry for entry in self.header["districts"]}

    @property
    def districts(self) -> list[str]:
        """Identifiers of the districts, in table order."""
        return [entry["place_id"] for entry in self.header["districts"]]

    @property
    def periods(self) -> list[str]:
        """Every period of the study, without gaps."""
        return periods_between(*self.header["periods"], self.period) if self.header["periods"] else []

    def has(self, *tables: str) -> bool:
        """Whether every one of `tables` holds at least one row."""
        kept = self.accounting[self.accounting["rule"] == ""].set_index("table")["kept"]
        return all(kept[table] for table in tables)

    def district(self, district_id: str) -> Study:
        """Return the study of one district: what `open_study(...).district(district_id)` gives."""
        return self._study(district_id)

    @property
    def outside(self) -> Study:
        """What lies in no district: the city's outcomes, communities without a district and all there."""
        return self._study(None)

    def without_log(self, kinds: tuple[str, ...] = ()) -> Study:
        """Return the whole study without its log; every other table fits into memory.

        Of the log it has the acts of `kinds`, and those that gather around a matter: these are few.
        """
        frames = {"places": self.places, "reforms": self.reforms}
        for table in sorted(
            set(schema.MODELS) - set(frames), key="interactions".__eq__
        ):  # the log comes last
            found = (self._table(district, table) for district in [*self.districts, None])
            if table == "interactions":
                matters = frames["matters"]["matter_id"]
                found = (f[f["kind"].isin(kinds) | f["gathering_id"].isin(matters)] for f in found)
            found = [frame for frame in found if len(frame)]
            frames[table] = (
                pd.concat(found).sort_index().reset_index(drop=True) if found else schema.empty(table)
            )
        return self._with({table: frames[table] for table in schema.MODELS})

    def lending(self, district_id: str | None) -> Study:
        """Return the study of a district with, in its people table, also those of elsewhere who act there.

        Measures of what people of certain groups do in a district need them. None: what lies in no district.
        A district without acts has one of elsewhere, as having none is not the same as having no log.
        """
        study = self._study(district_id)
        people = pd.concat([self.residents(district_id), self.visitors(district_id)]).sort_index()
        acts = study.interactions if len(study.interactions) else self.first_acts.head(1)
        return replace(
            study, frames=study.frames | {"people": people.reset_index(drop=True), "interactions": acts}
        )

    def interactions(self, district_id: str | None) -> pd.DataFrame:
        """Return the acts of a district (None: of none); the index is their row in the log."""
        return self._table(district_id, "interactions")

    def residents(self, district_id: str | None) -> pd.DataFrame:
        """Return the people of a district (None: of none); the index is their row in the people table."""
        return self._table(district_id, "people")

    def visitors(self, district_id: str | None) -> pd.DataFrame:
        """Return the people of elsewhere who act in a district (None: in none); the index is their row."""
        return self._table(district_id, "people", VISITORS)

    def _study(self, district_id: str | None) -> Study:
        return self._with({t: self._table(district_id, t).reset_index(drop=True) for t in schema.MODELS})

    def _with(self, frames: dict[str, pd.DataFrame]) -> Study:
        window = tuple(self.header["periods"] or self.header["window"] or ()) or None
        return Study(
            frames=frames, name=self.name, name_zh=self.name_zh, period=self.period,
            accounting=self.accounting, problems=self.problems, files=self.files, window=window,
            procedures=self.procedures,
        )  # fmt: skip

    def _table(self, district_id: str | None, table: str, name: str | None = None) -> pd.DataFrame:
        entry = self.header["outside"] if district_id is None else self._entry(district_id)
        rows = entry["rows"].get(name or table, 0)
        if not rows:
            return schema.empty(table)
        above = self.path if district_id is None else self.path / DISTRICTS
        return read_table(above / entry["folder"], table, rows, name)

    def _entry(self, district_id: str) -> dict:
        if district_id in self._entries:
            return self._entries[district_id]
        known = self.districts[:12] + (["…"] if len(self.districts) > 12 else [])
        raise StudyError(
            f"There is no district {district_id!r} in this study.", where="places.place_id",
            value=district_id, expected="one of " + ", ".join(known), mend="Use one of these identifiers.",
        )  # fmt: skip

    def __repr__(self) -> str:
        whole = self.accounting[self.accounting["rule"] == ""]
        sizes = ", ".join(f"{row.table} {row.kept:,}" for row in whole.itertuples() if row.kept)
        span = f"{self.periods[0]} to {self.periods[-1]}" if self.periods else "no dated rows"
        return (
            f"<SplitStudy {self.name!r}: {len(self.districts)} districts, {span}; {sizes}; "
            f"{whole['set_aside'].sum():,} rows set aside>"
        )
