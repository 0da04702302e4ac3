"""What offices call tables, columns and values: the catalogue, and how near a word is to one of its words."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from functools import cache, lru_cache
from importlib.resources import files

from analysis.tables import schema, values

VOCABULARIES = {  # (table, column) -> name of its words in the catalogue, where not the column's own
    ("places", "kind"): "places_kind", ("organisations", "kind"): "organisations_kind",
    ("interactions", "kind"): "interactions_kind", ("options", "kind"): "options_kind",
    ("ledger", "side"): "ledger_side",
}  # fmt: skip
OTHER = "other"


@cache
def catalogue() -> dict:
    """Return the content of catalogue.toml."""
    return tomllib.loads(files(__package__).joinpath("catalogue.toml").read_text(encoding="utf-8"))


@lru_cache(maxsize=1 << 16)
def plain(text: str) -> str:
    """Return a name as it is compared: no brackets, blanks, underscores; usual letters, lower case."""
    text = unicodedata.normalize("NFKC", str(text)).lower()
    text = re.sub(r"[(\[【<《].*?[)\]】>》]", "", text) or text
    return re.sub(r"[\s_\-:*.·、/]+", "", text)


def is_known(header: str) -> bool:
    """Whether a text is a name that some column goes by."""
    return plain(header) in _all_names()


def name_score(table: str, column: str, header: str) -> tuple[float, str]:
    """Return how surely a column called `header` is this one by its name alone, and why.

    Returns
    -------
    (score, reason) : float from 0 to 1, and "own_name", "synonym", "part_of_name" or ""
    """
    said = plain(header)
    if not said:
        return 0.0, ""
    if said == plain(column):
        return 1.0, "own_name"
    best, reason = 0.0, ""
    for place, synonym in enumerate(catalogue()["columns"][table].get(column, ())):
        word = plain(synonym)
        if said == word:
            found = (0.95 - 0.01 * min(place, 20), "synonym")
        elif len(word) > 1 and (word in said or (len(said) > 1 and said in word)):
            found = (0.4 + 0.25 * min(len(word), len(said)) / max(len(word), len(said)), "part_of_name")
        else:
            continue
        if found[0] > best:
            best, reason = found
    return best, reason


def table_hint(table: str, label: str) -> str:
    """Return the longest word of the catalogue for `table` that stands in `label`, or nothing."""
    said = plain(label)
    return max((w for w in catalogue()["tables"].get(table, ()) if plain(w) in said), key=len, default="")


def constant(table: str, column: str, label: str) -> tuple[str, str] | None:
    """Return the value that the name of a file gives a column, and the word in it that says so."""
    said = plain(label)
    words = catalogue()["constants"].get(table, {}).get(column, {})
    found = [(word, value) for value, listed in words.items() for word in listed if plain(word) in said]
    if not found:
        return None
    word, value = max(found, key=lambda pair: len(pair[0]))
    return value, word


@cache
def vocabulary(table: str, column: str) -> dict[str, str]:
    """Return every word (as compared) for a value of this column -> the value."""
    entry = schema.columns(table)[column]
    words = catalogue()["values"].get(VOCABULARIES.get((table, column), column), {})
    if entry.type == "flag":
        words = catalogue()["values"]["flag"]
    elif entry.values is None and column != "vote":
        return {}
    known = {plain(word): value for value, listed in words.items() for word in listed}
    return known | {plain(value): value for value in (entry.values or ())}


def meaning(table: str, column: str, value: str) -> tuple[str, bool] | None:
    """Return what a value means in the words of this column, and whether that is sure; None: not known."""
    known, said = vocabulary(table, column), plain(value)
    if said in known:
        return known[said], True
    if column == "age_band":
        age = re.fullmatch(r"(\d{1,3})(?:岁|周岁)?", said)
        return (age_band(int(age[1])), True) if age else None
    inside = [word for word in known if len(word) > 1 and word in said]
    return (known[max(inside, key=len)], False) if inside else None


def age_band(age: int) -> str:
    """Return the band of an age in years."""
    starts = [int(band.rstrip("+").split("-")[0]) for band in values.AGE_BANDS]
    return values.AGE_BANDS[sum(age >= start for start in starts) - 1]


def place_level(header: str) -> str:
    """Return which level of places a column of this name holds: city, district, street, community, or ""."""
    said = plain(header)
    return next((level for level, names in catalogue()["places"].items() if said in map(plain, names)), "")


def step_of(header: str) -> str:
    """Return the step whose time a column of this name holds, or ""."""
    said = plain(header)
    return next((step for step, names in catalogue()["times"].items() if said in map(plain, names)), "")


@cache
def _all_names() -> frozenset[str]:
    listed = catalogue()
    names = {plain(name) for columns in listed["columns"].values() for n in columns.values() for name in n}
    names |= {
        plain(n) for part in ("places", "times", "measures") for ns in listed[part].values() for n in ns
    }
    return frozenset(names | {plain(c) for table in schema.MODELS for c in schema.columns(table)})
