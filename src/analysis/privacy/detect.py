"""Columns that hold what could tell who somebody is, and what is done about it."""

from __future__ import annotations

import pandas as pd

from analysis.privacy.identifiers import KINDS, LONG_CHINESE, found_in, header_kind, is_long, looks_like_names

COLUMNS = ["column", "kind", "evidence", "values", "rows", "share", "action"]
HASHED, EMPTIED, LEFT, REFUSED = "hashed", "emptied", "left", "refused"
COLUMN_SHARE = 0.5  # of distinct values: from here on the whole column is of this kind
MANY, OWN_WORDS = 50, 0.7  # distinct values, and their share: labels repeat, what people write does not
NAMED_PLACES = ("address", "name")  # what places may be called
SUSPECT = r"\d{5}|\d{3}[- ]\d|@|[*＊×]{4}|wxid_|[\u4e00-\u9fff\uff10-\uff19]|[Ww]e[Cc]hat|[Qq][Qq]"

# type of a column -> what is done with a value by itself, and with a column that is of a kind as a whole
ACTIONS = {
    "id": (HASHED, REFUSED),
    "text": (EMPTIED, EMPTIED),
    "category": (LEFT, REFUSED),  # values outside the vocabulary are set aside already
    "number": (EMPTIED, EMPTIED),
    "integer": (EMPTIED, EMPTIED),
}
NEVER_NUMBERS = ("identity_number", "bank_card")  # of other kinds, one large number is a number


def detect(
    frame: pd.DataFrame,
    types: dict[str, str] | None = None,
    *,
    headers: dict[str, str] | None = None,
    places: tuple[str, ...] = (),
    labels: tuple[str, ...] = (),
) -> pd.DataFrame:
    """Find what could tell who somebody is in the columns of a table.

    Parameters
    ----------
    frame : DataFrame
        A table as read; values of any type. Columns that are replaced by keyed hashes anyway are left out
        by the caller.
    types : dict of str to str, optional
        Logical type of each column ("id", "text", "category", "number", ...); default: "text" for all. Dates
        and times are not looked at.
    headers : dict of str to str, optional
        What each column was called in its source, if otherwise.
    places : tuple of str
        Columns that hold places, which may well be called like an address or a person.
    labels : tuple of str
        Columns in which every row has a text of its own, such as a name of an organisation.

    Returns
    -------
    DataFrame
        A row per column and kind: column; kind (`KINDS` or "free_text"); evidence ("value": single values;
        "column": most distinct values, or the pattern of all; "header": the name of the column); values (how
        many distinct ones); rows; share (of the rows that hold anything); action ("hashed", "emptied",
        "left", "refused").
    """
    found = []
    for name in frame.columns:
        kind = (types or {}).get(name, "text")
        if kind not in ACTIONS:
            continue
        header = (headers or {}).get(name, "")
        but = NAMED_PLACES if name in places else ()
        found += _of_column(name, frame[name], kind, header, but, own_text=name in (*places, *labels))
    return pd.DataFrame(found, columns=COLUMNS)


def kinds_of(values: pd.Series, *, but: tuple[str, ...] = (), free_text: bool = False) -> pd.Series:
    """Return the kind found in each value, "" for none; with `free_text` also text too long for a label."""
    codes, distinct = pd.factorize(_written(values))
    kinds = _kinds(pd.Series(distinct, dtype="str"), but, free_text)
    return pd.Series(pd.array([*kinds, ""], dtype="str").take(codes), index=values.index)


def _kinds(distinct: pd.Series, but: tuple[str, ...], free_text: bool) -> pd.Series:
    kinds = pd.Series("", index=distinct.index, dtype="str")
    suspects = distinct[distinct.str.contains(SUSPECT, regex=True)]
    kinds.loc[suspects.index] = [found_in(value) for value in suspects]
    kinds = kinds.mask(kinds.isin(but), "")
    if free_text:
        long = distinct[(distinct.str.len() > LONG_CHINESE) & (kinds == "")]
        kinds.loc[long.index[[is_long(value) for value in long]]] = "free_text"
    return kinds


def _of_column(
    name: str, values: pd.Series, type: str, header: str, but: tuple[str, ...], *, own_text: bool
) -> list[tuple]:
    counts = values.value_counts()  # every distinct value once: a log has many rows and few of them
    text = _written(counts.index.to_series()).fillna("").str.strip()
    counts = counts[(text != "").to_numpy()].to_numpy()
    text = text[text != ""].reset_index(drop=True)
    distinct, rows, (alone, whole) = len(text), int(counts.sum()), ACTIONS[type]
    if not distinct:
        return []
    entire = _as_a_whole(text, rows, type, header_kind(header), but, own_text)
    if entire:
        return [(name, *entire, distinct, rows, 1.0, whole)]
    kinds = _kinds(text, but, type == "text")
    found = []
    for kind in (*KINDS, "free_text"):
        mine = (kinds == kind).to_numpy(bool)
        most = mine.sum() >= COLUMN_SHARE * distinct
        if not mine.any() or (type in ("number", "integer") and not most and kind not in NEVER_NUMBERS):
            continue
        action = alone if type == "id" or not most else whole
        held = int(counts[mine].sum())
        found.append((name, kind, "column" if most else "value", int(mine.sum()), held, held / rows, action))
    return found


def _as_a_whole(text, rows: int, type: str, promised: str, but: tuple, own_text: bool) -> tuple | None:
    """Return kind and evidence of a column that is of a kind as a whole."""
    share = len(text) / rows
    own = type == "text" and not own_text and len(text) >= MANY and share >= OWN_WORDS
    if promised == "free_text":
        promised = "free_text" if type == "text" and share > OWN_WORDS / 2 else ""
    if promised and promised not in but and type in ("id", "text"):
        return promised, "header"
    if "name" not in but and looks_like_names(text):
        return "name", "column"
    return ("free_text", "column") if own else None


def _written(values: pd.Series) -> pd.Series:
    """Return values as text; whole numbers without a decimal point, as they are dialled."""
    if pd.api.types.is_float_dtype(values):
        whole = values.notna() & (values.abs() < 1e18) & (values == values.round())
        return values.where(whole).astype("Int64").astype("str").where(whole)
    return values.astype("str")
