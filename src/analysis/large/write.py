"""The folders of a split study: each district's tables, its acts as they come sorted, its visitors."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from analysis.files import write_whole
from analysis.large.files import COMPRESSION, DISTRICT, GROUP, ROW, SUFFIX, arrow_schema, write_table
from analysis.large.opened import DISTRICTS, OUTSIDE, VISITORS
from analysis.large.parts import LOG
from analysis.tables import schema
from analysis.tables.places import PlaceTree
from analysis.tables.study import BY_COMMUNITY, BY_MATTER, Study

NOWHERE = -1
PERSONS = {t: [n for n, column in schema.columns(t).items() if column.person] for t in schema.MODELS}
CITY = "\0city"  # no place is called so


def slice_tables(outline: Study, tree: PlaceTree, out: Path) -> dict[int, dict]:
    """Write every table but the log, district by district.

    Returns
    -------
    dict of int -> dict
        By number of the district, -1 for what lies in none: place_id, folder, rows by table, and for the time
        being residents, the identifiers of those who live there, and strangers, of others who act there.
    """
    numbers = {place: n for n, place in enumerate(tree.districts)}
    of_place = tree.table["district_id"].map(numbers).fillna(NOWHERE).astype("int64")
    held = _held_reforms(outline.reforms, tree)
    frames = {t: frame for t, frame in outline.frames.items() if t not in (LOG, "reforms") and len(frame)}
    groups = {t: _groups(code) for t, code in _codes(outline.frames, of_place).items() if t in frames}
    held = dict(list(held.groupby("place_id")[held.columns]))
    residents_of, nobody = groups.get("people", {}), np.zeros(0, dtype=np.int64)
    entries = {}
    for number, place in [*enumerate(tree.districts), (NOWHERE, None)]:
        folder = out / DISTRICTS / _folder(number, place) if place else out / OUTSIDE
        folder.mkdir(exist_ok=True)
        rows = {t: places[number] for t, places in groups.items() if number in places}
        for table, positions in rows.items():
            write_table(folder, table, frames[table].iloc[positions], positions)
        sizes = {table: len(positions) for table, positions in rows.items()}
        seen = [frames[t][c].iloc[p].dropna() for t, p in rows.items() if t != "people" for c in PERSONS[t]]
        reforms = _reforms_of(place, frames["places"].iloc[rows.get("places", nobody)], held)
        if len(reforms):
            write_table(folder, "reforms", reforms)
            sizes["reforms"] = len(reforms)
        residents = outline.people["person_id"].iloc[residents_of.get(number, nobody)]
        entries[number] = {"place_id": place, "folder": folder.name, "rows": sizes, "residents": residents}
        entries[number]["strangers"] = _strangers(set().union(*seen), residents)
    return entries


def _held_reforms(reforms: pd.DataFrame, tree: PlaceTree) -> pd.DataFrame:
    """Return the reforms, those of the city under the name None."""
    city = reforms["place_id"].isin(tree.of_kind("city"))
    return reforms.assign(place_id=reforms["place_id"].mask(city, CITY), row=np.arange(len(reforms)))


def _reforms_of(district: str | None, places: pd.DataFrame, held: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Return the reforms that hold in a district: its own places' and, as its own, the city's."""
    if district is None or not held:
        return pd.DataFrame()
    mine = [held[place] for place in places["place_id"] if place in held]
    city = [held[CITY].assign(place_id=district)] if CITY in held else []
    if not mine + city:
        return pd.DataFrame()
    found = pd.concat([*mine, *city]).sort_values("row").drop(columns="row")
    return found.sort_values("start", kind="stable").drop_duplicates(["place_id", "reform"])


def _codes(frames: dict[str, pd.DataFrame], of_place: pd.Series) -> dict[str, pd.Series]:
    """Return the number of the district of every row, by table; reforms hold below their place too."""
    codes = {"places": frames["places"]["place_id"].map(of_place)}
    codes |= {table: frames[table]["community_id"].map(of_place) for table in BY_COMMUNITY}
    codes["outcomes"] = frames["outcomes"]["place_id"].map(of_place)
    of_matter = pd.Series(codes["matters"].to_numpy(), index=frames["matters"]["matter_id"])
    codes |= {table: frames[table]["matter_id"].map(of_matter) for table in BY_MATTER}
    of_option = pd.Series(codes["options"].to_numpy(), index=frames["options"]["option_id"])
    codes["votes"] = frames["votes"]["option_id"].map(of_option)
    return {table: code.fillna(NOWHERE).astype("int64") for table, code in codes.items()}


def _groups(code: pd.Series) -> dict[int, np.ndarray]:
    """Return number -> positions, in order."""
    order = np.argsort(code.to_numpy(), kind="stable")
    values, starts = np.unique(code.to_numpy()[order], return_index=True)
    return dict(zip(values.tolist(), np.split(order, starts[1:]), strict=True)) if len(values) else {}


def _folder(number: int, place: str) -> str:
    """Return a name that is safe on every disk; the number keeps apart what would look alike."""
    return f"{number + 1:05}-{re.sub(r'[^A-Za-z0-9-]', '_', place)[:40]}"


class DistrictFiles:
    """Writes the sorted log, one district after the other."""

    def __init__(self, out: Path, entries: dict[int, dict]) -> None:
        self.out, self.entries = out, entries
        self._number: int | None = None
        self._writer = None
        self._seen: set[str] = set()
        self._waiting: list[pa.RecordBatch] = []

    def write(self, batch: pa.RecordBatch) -> None:
        """Take the next rows."""
        codes = batch.column(DISTRICT).to_numpy()
        starts = np.flatnonzero(np.diff(codes, prepend=codes[:1] - 1)) if len(codes) else []
        for start, stop in zip(starts, [*starts[1:], len(codes)], strict=True):
            if codes[start] != self._number:
                self.close()
                self._open(int(codes[start]))
            rows = batch.slice(start, stop - start).drop_columns([DISTRICT])
            self.entries[self._number]["rows"][LOG] = self.entries[self._number]["rows"].get(LOG, 0) + len(
                rows
            )
            for name in ("source_id", "target_id"):
                self._seen.update(pc.unique(rows.column(name)).to_pylist())
            self._waiting.append(rows)
            if sum(map(len, self._waiting)) >= GROUP:
                self._flush()

    def close(self) -> None:
        """End the file of the district under way."""
        if self._number is None:
            return
        self._flush()
        self._writer.close()
        entry = self.entries[self._number]
        self._seen.update(entry["strangers"].to_pylist())
        entry["strangers"] = _strangers(self._seen, entry["residents"])
        self._number, self._writer = None, None

    def _open(self, number: int) -> None:
        entry = self.entries[number]
        folder = self.out / (DISTRICTS if entry["place_id"] else "") / entry["folder"]
        self._number, self._seen, self._waiting = number, set(), []
        self._writer = pq.ParquetWriter(folder / f"{LOG}{SUFFIX}", arrow_schema(LOG, ROW), **COMPRESSION)

    def _flush(self) -> None:
        if self._waiting:
            rows = pa.Table.from_batches(self._waiting).cast(arrow_schema(LOG, ROW))
            self._writer.write_table(rows, row_group_size=GROUP)
            self._waiting = []


def _strangers(seen: set, residents: pd.Series) -> pa.Array:
    """Return who of those seen does not live here; some of them may be organisations or not be known."""
    return pa.array(sorted(seen.difference(residents, [None])), pa.string())


def write_visitors(people: pd.DataFrame, entries: dict[int, dict], out: Path) -> None:
    """Write, for each district, the people who act there and live elsewhere."""
    index = pd.Index(people["person_id"])
    for entry in entries.values():
        found = index.get_indexer(pd.Index(entry["strangers"].to_pandas()))
        rows = np.sort(found[found >= 0])
        if len(rows):
            folder = out / (DISTRICTS if entry["place_id"] else "") / entry["folder"]
            write_table(folder, "people", people.iloc[rows], rows, name=VISITORS)
            entry["rows"][VISITORS] = len(rows)


def write_header(outline: Study, entries: dict[int, dict], path: Path, version: int) -> None:
    """Write what a split study is called and which districts it has: the last file of all."""
    from analysis import __version__

    plain = {n: {k: entry[k] for k in ("place_id", "folder", "rows")} for n, entry in entries.items()}
    header = {
        "format": version, "gongzhi": __version__, "name": outline.name, "name_zh": outline.name_zh,
        "period": outline.period, "window": outline.window,
        "periods": [outline.periods[0], outline.periods[-1]] if outline.periods else None,
        "districts": [entry for n, entry in plain.items() if n != NOWHERE], "outside": plain[NOWHERE],
    }  # fmt: skip
    write_whole(path, json.dumps(header, ensure_ascii=False, indent=1) + "\n")
