"""The city stage of a run: computed and stored, or taken again where study and code are what they were."""

from __future__ import annotations

import json
import os
import time
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from analysis.errors import AnalysisError
from analysis.files import replacing_folder
from analysis.reporting.layout import Layout
from analysis.reporting.running.keys import code_version, digest, file_hash, hashes, installed, unchanged

if TYPE_CHECKING:
    import pandas as pd

    from analysis.reporting.city import City
    from analysis.reporting.running.record import Journal
    from analysis.tables.study import Study

RECORD, NUMBERS = "record.json", "numbers.json"
ON_SERVER = "postgresql:"


@dataclass
class Stage:
    """What a batch needs of a city stage, without reading it.

    Attributes
    ----------
    folder : Path
    key : str
        Hash of the study's files, the code and the versions installed.
    study : dict
        Name of the study, hashes of its inputs by name, and what became of the rows of its tables.
    inputs : dict of str to str
        Path of every file of the study -> sha256.
    districts : list of dict
        place_id, name, name_zh of every district, in the order of the study.
    slices : dict of str to str
        District -> hash of what its report sees of it.
    shared : dict of str to str
        District -> hash of the numbers its report shares with others.
    files : dict of str to str
        The files of the stage -> sha256.
    """

    folder: Path
    key: str
    study: dict
    inputs: dict[str, str]
    districts: list[dict]
    slices: dict[str, str]
    shared: dict[str, str]
    files: dict[str, str] = field(default_factory=dict)
    moved: list[str] = field(default_factory=list)
    reused: bool = False

    def slice_of(self, district: str) -> str:
        """Return the hash of what a district's report sees; of the whole stage for the report on all ("")."""
        return self.slices.get(district, "") if district else digest(sorted(self.files.items()))

    @cached_property
    def city(self) -> City:
        """The city stage itself, read on use."""
        from analysis.reporting.city import load_city

        return load_city(self.folder)


@dataclass(frozen=True)
class Inputs:
    """A study that was opened, and the hashes its files had before that."""

    study: Study
    hashes: dict[str, str]


def open_inputs(folder: Path) -> Inputs:
    """Open a study whose city stage is to be computed.

    Raises
    ------
    AnalysisError
        It cannot be used.
    """
    from analysis.tables import open_study

    before = _inputs(folder) if (folder / "study.toml").is_file() else {}
    return Inputs(open_study(folder), before)


def new_stage(opened: Inputs, layout: Layout, journal: Journal) -> Stage:
    """Compute the city stage and store it in place of an earlier one."""
    from analysis.reporting.city import run_city

    began = time.perf_counter()
    journal.note("city_started")
    stage = _store(run_city(opened.study), opened.hashes, layout)
    journal.note("city_ended", seconds=round(time.perf_counter() - began, 2), key=stage.key)
    return stage


def find_stage(study: Path, layout: Layout) -> Stage | None:
    """Return the stored city stage if study, code and installed versions are what they were, else None."""
    folder = layout.city
    try:
        stage = Stage(folder, **json.loads((folder / RECORD).read_text(encoding="utf-8")), reused=True)
        same = stage.inputs == _inputs(study)
    except (OSError, ValueError, TypeError, AnalysisError):
        return None
    same = same and stage.key == _key(stage.inputs) and not unchanged(folder, stage.files)
    return stage if same else None


def _inputs(study: Path) -> dict[str, str]:
    """Return the sha256 of every file in the folder of a study, and of those it names elsewhere."""
    from analysis.tables.config import read_config

    tables = read_config(study).tables.values()
    elsewhere = [os.path.relpath(file, study) for t in tables for file in t.files if file.is_file()]
    return _hash_all(study, [*_listing(study), *elsewhere]) | _on_server(study)


def _hash_all(study: Path, names: list[str]) -> dict[str, str]:
    return {name: file_hash(study / name) for name in names}


def _on_server(study: Path) -> dict[str, str]:
    from analysis.tables.config import read_config
    from analysis.tables.read import server_hashes

    return {ON_SERVER + table: found for table, found in server_hashes(read_config(study)).items()}


def _listing(study: Path) -> list[str]:
    return sorted(p.name for p in study.iterdir() if p.is_file() and not p.name.startswith("."))


def _key(inputs: dict[str, str]) -> str:
    return digest(inputs, code_version(), installed())


def rows_by_table(accounting: pd.DataFrame) -> dict[str, dict]:
    """Return table -> rows read, kept, and set aside by rule, of the tables that hold rows."""
    found: dict[str, dict] = {}
    for row in accounting.itertuples():
        if row.rows_in and not row.rule:
            found[row.table] = {"read": int(row.rows_in), "kept": int(row.kept), "set_aside": {}}
    for row in accounting[accounting["rule"] != ""].itertuples():
        found[row.table]["set_aside"][row.rule] = int(row.set_aside)
    return found


def _store(city: City, inputs: dict[str, str], layout: Layout) -> Stage:
    from analysis.reporting.running.slices import city_numbers, moved, slice_city

    numbers = city_numbers(city)
    places = city.frames["places"]
    rows = places.loc[places["kind"] == "district", ["place_id", "name", "name_zh"]]
    rows = rows.astype("object").where(rows.notna(), None).to_dict("records")
    shared = {row["place_id"]: digest(numbers[""], numbers.get(row["place_id"])) for row in rows}
    rows_of = rows_by_table(city.frames["accounting"])
    named = {"name": city.meta["study"], "inputs": city.meta["inputs"], "rows": rows_of}
    stage = Stage(layout.city, _key(inputs), named, inputs, rows, slice_city(city), shared)
    before = _earlier_numbers(layout.city)
    stage.moved = moved(before, numbers) if before else []
    with replacing_folder(layout.city) as draft:
        city.write(draft)
        (draft / NUMBERS).write_text(json.dumps(numbers, ensure_ascii=False), encoding="utf-8")
        stage.files = hashes(draft, [p for p in draft.iterdir() if p.is_file()])
        kept = {k: v for k, v in asdict(stage).items() if k not in ("folder", "reused", "moved")}
        (draft / RECORD).write_text(json.dumps(kept, ensure_ascii=False, indent=1), encoding="utf-8")
    stage.city = city
    return stage


def _earlier_numbers(folder: Path) -> dict:
    try:
        return json.loads((folder / NUMBERS).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
