"""The frames of a city stage laid out for reports: each reads its own rows, and what all of them share."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import pandas as pd

from analysis.reporting.masked import Masked, mask, read_masked

OFFSETS, ROWS = "rows.json", "rows.arrow"
SHARED = ("places", "accounting", "index")  # frames that every report reads whole
OUTCOMES, GRADES = "outcome_names", "grades"  # the same for every report, made from outcomes and effects
STUDY = ""  # owner of the rows that belong to no district
OWNERS = ("district_id", "district", "place_id")
TIDY = ("indicators", "processes", "burden", "further", "outcomes", "hidden", "panel")


class Frames(Mapping):
    """The frames of a city stage in a folder, each read on its first use.

    Parameters
    ----------
    folder : Path
    names : sequence of str
    """

    def __init__(self, folder: Path, names: tuple[str, ...]) -> None:
        self.folder, self._names, self._read = folder, names, {}

    def __getitem__(self, name: str) -> pd.DataFrame:
        if name not in self._read:
            if name not in self._names:
                raise KeyError(name)
            self._read[name] = pd.read_parquet(self.folder / f"{name}.parquet")
        return self._read[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)

    def __or__(self, other: Mapping) -> dict[str, pd.DataFrame]:
        return {**self, **other}

    @cached_property
    def prepared(self) -> Prepared | None:
        """What is laid out for reports; None where an older version wrote the folder."""
        return Prepared(self.folder) if (self.folder / OFFSETS).is_file() else None


@dataclass
class Prepared:
    """What `prepare` has left in a folder, each part read on its first use."""

    folder: Path
    _read: dict = field(default_factory=dict)

    @cached_property
    def masked(self) -> Masked:
        """The measures as they may be shown."""
        return read_masked(self.folder)

    @cached_property
    def _offsets(self) -> dict:
        return json.loads((self.folder / OFFSETS).read_text(encoding="utf-8"))

    def shared(self, name: str) -> pd.DataFrame:
        """Return a frame of `SHARED`, `OUTCOMES` or `GRADES`."""
        return self._frames(None, self._offsets["shared"], self._offsets["at"])[name]

    def rows(self, name: str, owner: str) -> pd.DataFrame | None:
        """Return the rows of a frame that belong to an owner; None for frames not laid out."""
        names, owners = self._offsets["frames"], self._offsets["owners"]
        if name not in names:
            return None
        known = owner in owners
        frames = self._frames(owner if known else STUDY, names, owners[owner if known else STUDY])
        return frames[name] if known else frames[name][:0]

    def _frames(self, owner: str | None, names: list[str], offset: int) -> _Streams:
        if owner not in self._read:
            self._read[owner] = _Streams(self.folder / ROWS, names, offset)
        return self._read[owner]


class _Streams:
    """Tables that stand one after the other in a file."""

    def __init__(self, path: Path, names: list[str], offset: int) -> None:
        import pyarrow as pa

        with pa.OSFile(str(path)) as stream:
            stream.seek(offset)
            self._tables = {name: pa.ipc.open_stream(stream).read_all() for name in names}
        self._read: dict[str, pd.DataFrame] = {}

    def __getitem__(self, name: str) -> pd.DataFrame:
        if name not in self._read:
            self._read[name] = self._tables[name].to_pandas()
        return self._read[name]


def owner_column(frame: pd.DataFrame) -> str | None:
    """Return the column that says whose a row is."""
    return next((column for column in OWNERS if column in frame), None)


def rows_of(frame: pd.DataFrame, owner: str) -> pd.DataFrame:
    """Return the rows of an owner: a district, "all" where a frame has such rows, or `STUDY`."""
    column = owner_column(frame)
    if column is None:
        return frame[:0]
    mine = frame[column].isna() if owner == STUDY else frame[column] == owner
    return frame[mine.to_numpy(bool)].reset_index(drop=True)


def prepare(frames: Mapping[str, pd.DataFrame], periods: list[str], label: Callable, folder: Path) -> None:
    """Write into a folder what reports read: masked measures, rows by district, and what all share."""
    from analysis.reporting.findings.grades import grade_effects

    mask(frames, periods, label).write(folder)
    shared = {name: frames[name] for name in SHARED}
    shared[OUTCOMES] = outcome_names(frames["outcomes"])
    shared[GRADES] = grade_effects(frames["effects"])
    apart = [name for name in frames if name not in (*SHARED, *TIDY) and owner_column(frames[name])]
    with open(folder / ROWS, "wb") as stream:
        for frame in shared.values():
            _append(stream, _table(frame))
        owners = _write_owners(stream, {name: frames[name] for name in apart}, _districts(frames["places"]))
    known = {"shared": list(shared), "at": 0, "frames": apart, "owners": owners}
    (folder / OFFSETS).write_text(json.dumps(known, ensure_ascii=False), encoding="utf-8")


def outcome_names(outcomes: pd.DataFrame) -> pd.DataFrame:
    """Return the names of the outcomes of a study as a frame with the column measure."""
    return pd.DataFrame({"measure": sorted(outcomes["measure"].astype("str").unique())}, dtype="str")


def _districts(places: pd.DataFrame) -> list[str]:
    return places.loc[places["kind"] == "district", "place_id"].tolist()


def _write_owners(stream, frames: dict[str, pd.DataFrame], districts: list[str]) -> dict[str, int]:
    """Write the rows of each owner, all frames together; return where those of an owner begin."""
    groups = {}
    for name, frame in frames.items():
        owner = frame[owner_column(frame)].astype("object")
        found = owner.where(owner.notna(), STUDY).reset_index(drop=True)
        groups[name] = _table(frame), found.groupby(found.to_numpy(), sort=False).indices
    further = {owner for _, rows in groups.values() for owner in rows}
    found = {}
    for owner in dict.fromkeys([STUDY, *districts, *sorted(further)]):
        found[owner] = stream.tell()
        for table, rows in groups.values():
            at = rows.get(owner)
            _append(stream, table.slice(0, 0) if at is None else table.take(at))
    return found


def _table(frame: pd.DataFrame):
    import pyarrow as pa

    return pa.Table.from_pandas(frame.reset_index(drop=True), preserve_index=False)


def _append(stream, table) -> None:
    import pyarrow as pa

    options = pa.ipc.IpcWriteOptions(compression="lz4")
    with pa.ipc.new_stream(stream, table.schema, options=options) as writer:
        writer.write_table(table)
