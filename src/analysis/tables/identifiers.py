"""What tells who somebody is, in columns where it has no place: hashed, emptied or refused, with a word."""

from __future__ import annotations

import pandas as pd

from analysis.privacy.detect import EMPTIED, HASHED, LEFT, REFUSED, detect, kinds_of
from analysis.privacy.identifiers import header_kind, looks_like_names, mask, mask_all
from analysis.tables import schema
from analysis.tables.problems import ERROR, NOTE, SET_ASIDE
from analysis.tables.pseudonyms import pseudonyms

PLACES = (("places", "place_id"), ("places", "name"), ("places", "name_zh"))
LABELS = (("organisations", "name"),)
HINTS = {
    HASHED: "Replaced by keyed hashes. Better: give these rows a number of their own.",
    EMPTIED: "Emptied: neither reports nor exports hold it. Take it out of the file, or map another column.",
    REFUSED: "It would tell who somebody is. Map another column, or give the rows a number of their own.",
}


def find(table: str, raw, config) -> pd.DataFrame:
    """Return what `detect` finds in a table as it was read; columns of people are hashed anyway."""
    entries = schema.columns(table)
    columns = [name for name in raw.frame.columns if name in entries and not entries[name].person]
    headers = {name: " ".join(config.their(name)) for name in columns if name in config.columns}
    places = tuple(name for name in columns if _is_place(table, name, entries[name]))
    types = {name: entries[name].type for name in columns}
    labels = tuple(name for name in columns if (table, name) in LABELS)
    return detect(raw.frame[columns], types, headers=headers, places=places, labels=labels)


def secret_columns(found: pd.DataFrame) -> set[str]:
    """Return the columns of which no value is shown in any message."""
    return set(found.loc[found["evidence"] != "value", "column"])


def shown(values: pd.Series, secret: bool) -> list[str]:
    """Return values as messages may show them."""
    if secret or looks_like_names(values):
        return ["[hidden]" if value else "" for value in values]
    return list(mask_all(values))


def protect(check, table: str, found: pd.DataFrame, unused: tuple[str, ...] = ()) -> None:
    """Do with a table that is being checked what has to be done about what was found in it.

    Parameters
    ----------
    check : Check
        Its frame of the table is changed, and its problems grow.
    table : str
    found : DataFrame
        As `find` returns it.
    unused : tuple of str
        Columns of the source that are not read.
    """
    personal = [mask(name) for name in unused if header_kind(name)]
    if personal:
        check.problems.add(
            table, "personal_columns", NOTE, "Not read, and not needed: leave them out of the file.",
            values=", ".join(personal),
        )  # fmt: skip
    for row in found.itertuples():
        if row.action == LEFT:
            continue
        what = f"{row.rows:,} rows: {row.kind.replace('_', ' ')}"
        if row.action == REFUSED:
            hint = HINTS[REFUSED]
            check.problems.add(table, "identifies_people", ERROR, hint, column=row.column, values=what)
            continue
        _replace(check, table, row, what)


def _replace(check, table: str, row, what: str) -> None:
    """Hash or empty the values of a kind; where a row needs the value, the row is set aside."""
    entry, frame = schema.columns(table)[row.column], check.frames[table]
    values = frame[row.column]
    if row.evidence == "value" or entry.type == "id":
        places = _is_place(table, row.column, entry)
        kinds = kinds_of(values, but=("address", "name") if places else (), free_text=entry.type == "text")
        mine = (kinds == row.kind) & values.notna()
    else:
        mine = values.notna()
    if row.action == HASHED:
        frame[row.column] = values.where(~mine, pseudonyms(values, check.key))
    elif entry.required:
        rows = frame.index[mine & (check.fate[table] == "")]
        check.flag(table, rows, "identifies_people", SET_ASIDE, column=row.column, hint=HINTS[REFUSED])
        return
    else:
        frame[row.column] = values.mask(mine)
    rule = "identifiers_hashed" if row.action == HASHED else "identifiers_dropped"
    check.problems.add(table, rule, NOTE, HINTS[row.action], column=row.column, values=what)


def _is_place(table: str, name: str, entry) -> bool:
    return (table, name) in PLACES or entry.refers_to == "places.place_id"
