"""Safe mends into a copy: only what cannot change what a row means, each one on record."""

from __future__ import annotations

import os
import shutil
import tomllib
from pathlib import Path

import pandas as pd

from analysis.errors import StudyError
from analysis.files import harmless, replacing_folder, require_free
from analysis.intake.catalogue import meaning
from analysis.intake.write import quote
from analysis.tables import schema
from analysis.tables.checking import Check
from analysis.tables.clean import narrow, tidy
from analysis.tables.parts import locate

RECORD = "mends.csv"
COLUMNS = ["table", "file", "row", "column", "mend", "before", "after"]
IDENTICAL = (
    "places",
    "people",
    "organisations",
    "matters",
    "options",
    "ledger",
    "duties",
    "listings",
    "reforms",
)


def mend_study(check: Check, out: str | Path) -> pd.DataFrame:
    """Write a copy of a study with safe mends, as CSV files under our names, and return what was done.

    Words of categories that mean one of ours; full-width letters and digits in references; names of places
    in place of their identifiers; blank rows and rows that repeat another of the same key in every column.
    Nothing else is touched. Columns that the study does not read are left out, and so are records that could
    not be taken apart into fields; each of those is on record too.

    Parameters
    ----------
    check : Check
        From `analysis.tables.check.run_check`.
    out : path
        A folder that does not exist or is empty.

    Returns
    -------
    DataFrame
        table, file (of several), row (in it), column, mend ("known_word", "usual_letters", "place_name",
        "identical_row", or the rule by which a record was left out), before, after; also written to
        mends.csv in the copy. People stand there under pseudonyms.

    Raises
    ------
    StudyError
        The folder holds something, or a table of the study cannot be read.
    """
    out = Path(out)
    require_free(out)
    unread = [table for table in check.config.tables if table not in check.raw]
    if unread:
        raise StudyError(
            "A table cannot be read, so that the copy would lack it.", where=f"table {unread[0]}",
            mend="Mend this first: gongzhi check names what is wrong.",
        )  # fmt: skip
    frames = {table: raw.frame.copy() for table, raw in check.raw.items()}
    done = [mend for table in frames for mend in _mend_table(check, table, frames)]
    record = _located(check, pd.DataFrame(done, columns=[name for name in COLUMNS if name != "file"]))
    with replacing_folder(out) as folder:
        for table, frame in frames.items():
            frame.to_csv(folder / f"{table}.csv", index=False, lineterminator="\n")
        (folder / "study.toml").write_text(_study_toml(check, out), encoding="utf-8", newline="\n")
        for extra in ("procedures.toml", "boundaries.geojson"):
            if (check.config.path / extra).is_file():
                shutil.copyfile(check.config.path / extra, folder / extra)
        record.map(harmless).to_csv(folder / RECORD, index=False, encoding="utf-8-sig", lineterminator="\n")
    return record


def _located(check: Check, record: pd.DataFrame) -> pd.DataFrame:
    """Return the record with the file and its own row in place of the row of the table."""
    record["file"] = ""
    for table, parts in check.problems.parts.items():
        mine = record["table"] == table
        if parts and mine.any():
            record.loc[mine, "file"], record.loc[mine, "row"] = locate(parts, record.loc[mine, "row"])
    return record[COLUMNS]


def _mend_table(check: Check, table: str, frames: dict[str, pd.DataFrame]) -> list[tuple]:
    frame, done = frames[table], []
    for name, column in schema.columns(table).items():
        if name not in frame:
            continue
        text = tidy(frame[name])
        ids = _ids(check, column)
        mends = {v: m for v in text.unique() if v and (m := _mend(check, column, v, ids))}
        if not mends:
            continue
        hit = text[text.isin(list(mends))]
        after = hit.map({value: after for value, (_, after) in mends.items()})
        shown = (check.shown(table, name, hit), check.shown(table, name, after))
        done += [
            (table, row, name, mends[value][0], before, new)
            for row, value, before, new in zip(hit.index, hit, *shown, strict=True)
        ]
        frame[name] = after.reindex(frame.index).where(text.isin(list(mends)), frame[name])
    done += [(table, row, "", rule, "", "") for rule, rows in check.apart(table).items() for row in rows]
    if table in IDENTICAL:
        again = frame.map(lambda v: "" if pd.isna(v) else str(v)).duplicated()
        again &= _has_key(table, frame)
        done += [(table, row, "", "identical_row", "", "") for row in frame.index[again]]
        frames[table] = frame[~again]
    return done


def _has_key(table: str, frame: pd.DataFrame) -> pd.Series:
    keys = [frame[key].map(lambda v: not pd.isna(v) and str(v).strip() != "")
            for key in schema.PRIMARY_KEYS[table] if key in frame]  # fmt: skip
    return pd.concat(keys, axis=1).all(axis=1) if keys else pd.Series(False, index=frame.index)


def _ids(check: Check, column: schema.Column) -> set[str]:
    """Return the identifiers that a column may refer to."""
    if not column.refers_to:
        return set()
    other, key = column.refers_to.split(".")
    return set(check.frames[other][key].dropna())


def _mend(check: Check, column: schema.Column, value: str, ids: set[str]) -> tuple[str, str] | None:
    """Return the name of the mend and the mended value, or None where none is safe or needed."""
    if column.type == "category":
        known = meaning(column.table, column.name, value)
        safe = known and known[1] and value not in column.values
        return ("known_word", known[0]) if safe else None
    if not ids or value in ids:
        return None
    if narrow(value) in ids:
        return "usual_letters", narrow(value)
    if column.refers_to == "places.place_id":
        places = check.frames["places"]
        named = places.loc[(places["name"] == value) | (places["name_zh"] == value), "place_id"].unique()
        if len(named) == 1:
            return "place_name", str(named[0])
    return None


def _study_toml(check: Check, out: Path) -> str:
    file = check.config.path / "study.toml"
    study = tomllib.loads(file.read_text(encoding="utf-8-sig")).get("study", {}) if file.exists() else {}
    study.setdefault("name", check.config.name)
    if check.config.key_file:
        study["key_file"] = os.path.relpath(check.config.key_file.resolve(), out.resolve())
    lines = [f"# Copy of {check.config.path.name} with safe mends; {RECORD} says which.", "", "[study]"]
    lines += [
        f"{key} = {value if isinstance(value, int | float) else quote(value)}" for key, value in study.items()
    ]
    for table, config in check.config.tables.items():
        kept = {k: v for k in ("time_zone", "time_format") if (v := getattr(config, k))}
        if kept:
            lines += ["", f"[tables.{table}]", f'path = "{table}.csv"']
            lines += [f"{key} = {quote(value)}" for key, value in kept.items()]
    return "\n".join(lines) + "\n"
