"""A table of places made of the names of communities, streets and districts in the other tables."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import pandas as pd

from analysis.intake.catalogue import place_level, plain, table_hint
from analysis.intake.match import Match, match_columns
from analysis.intake.sources import Source

if TYPE_CHECKING:
    from analysis.intake.proposal import StudyProposal, TableProposal

LEVELS = ("city", "district", "street", "community")
ATTRIBUTES = (
    "population", "households", "share_elderly", "share_nonregistered", "area_km2", "longitude", "latitude",
)  # fmt: skip
ENDINGS = re.compile(r"(社区居委会|居民委员会|居委会|社区|村委会|村|街道办事处|街道)$")
FEW = 3  # rows: a community that is named so seldom may be a slip of the pen
IDENTIFIER = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")


@dataclass
class Places:
    """Places made of names.

    Attributes
    ----------
    frame : DataFrame
        The columns of the places table.
    of : list of str
        Names of the files the places were taken from.
    one_district : bool
        Whether no file names a district, so that one was made for all.
    homeless : list of str
        Communities of which no file says the district, though some do of others.
    doubtful : list of (name, near)
        Communities named in a few rows only, whose name is near to that of another.
    """

    frame: pd.DataFrame
    of: list[str]
    one_district: bool
    homeless: list[str]
    doubtful: list[tuple[str, str]] = field(default_factory=list)


def derive_places(study: StudyProposal, left: list[Source]) -> tuple[Places | None, set[int]]:
    """Make places where no file holds them, and map the names in the tables to their identifiers.

    Returns
    -------
    (places, used)
        places is None where a file is the table of places; used: identities of sources in `left` that
        places were taken from.
    """
    if "places" in study.tables:
        known = _names_of_table(study.tables["places"])
        for proposal in study.tables.values():
            _map_by_name(proposal, known)
        return None, set()
    found, used, labels = _gather(study, left)
    if found.empty:
        return None, set()
    places, ids = _identify(found, study.name)
    for proposal in study.tables.values():
        _map_to_ids(proposal, ids, places)
    one = not found["district"].any()
    homeless = [] if one else found.loc[found["district"] == "", "community"].drop_duplicates().tolist()
    return Places(places, labels, one, homeless, _doubtful(study)), used


def _gather(study: StudyProposal, left: list[Source]) -> tuple[pd.DataFrame, set[int], list[str]]:
    """Return the distinct (city, district, street, community) with what is said of them."""
    parts, labels, used = [], [], set()
    for source in left:
        levels = {place_level(name): name for name in source.frame.columns}
        listed = table_hint("places", source.label) or "district" in levels
        if "community" in levels and listed:
            said = match_columns("places", source, frozenset(levels.values()))
            columns = {level: levels.get(level) for level in LEVELS}
            columns |= {name: said[name].theirs[0] for name in ATTRIBUTES if name in said}
            parts.append(_part(source, columns))
            labels.append(source.label)
            used.add(id(source))
    for proposal in study.tables.values():
        match = _place_match(proposal)
        if match is None or proposal.table in ("outcomes", "reforms"):
            continue
        levels = {place_level(name): name for name in proposal.source.frame.columns}
        columns = {level: levels.get(level) for level in LEVELS} | {"community": match.theirs[-1]}
        if proposal.table == "people" and "unit_id" in proposal.columns:
            columns["unit"] = proposal.columns["unit_id"].theirs[-1]
        parts.append(_part(proposal.source, columns))
        labels.append(proposal.source.label)
    if not parts:
        return pd.DataFrame(columns=[*LEVELS, "unit", *ATTRIBUTES]), used, labels
    found = pd.concat(parts, ignore_index=True)
    found = found.reindex(columns=[*LEVELS, "unit", *ATTRIBUTES]).astype(object).fillna("")
    found = found[found["community"] != ""].drop_duplicates()
    for level in ("street", "district", "city"):  # a name without its district is in the one that others say
        told = found[found[level] != ""].drop_duplicates(["community", level])
        once = told[~told["community"].duplicated(keep=False)].set_index("community")[level]
        found[level] = found[level].where(
            found[level] != "", found["community"].map(once).astype(object).fillna("")
        )
    return found.drop_duplicates(), used, labels


def _doubtful(study: StudyProposal) -> list[tuple[str, str]]:
    """Return communities that may be a slip of the pen: few rows name them, another is called nearly so."""
    counts: dict[str, int] = {}
    for proposal in study.tables.values():
        match = _place_match(proposal)
        if match is not None:
            said = proposal.source.frame[match.theirs[-1]].value_counts()
            for name, count in said.items():
                counts[name] = counts.get(name, 0) + int(count)
    often = [name for name, count in counts.items() if count > FEW and name]
    rare = [name for name, count in counts.items() if count <= FEW and name and len(often) > 1]
    near = {name: difflib.get_close_matches(name, often, n=1, cutoff=0.7) for name in rare}
    return [(name, found[0]) for name, found in near.items() if found]


def _part(source: Source, columns: dict[str, str | None]) -> pd.DataFrame:
    return pd.DataFrame(
        {ours: source.frame[name] for ours, name in columns.items() if name}
    ).drop_duplicates()


def _identify(found: pd.DataFrame, name: str) -> tuple[pd.DataFrame, dict[tuple, str]]:
    """Return the places table and (level, names from the district down) -> identifier."""
    rows, ids = [], {}
    keep = all(IDENTIFIER.fullmatch(c) for c in found["community"])

    def add(key: tuple, kind: str, label: str, parent: str, stem: str, **said: str) -> str:
        if key not in ids:
            ids[key] = label if keep and kind == "community" else stem
            words = {"name_zh": label} if re.search("[\u4e00-\u9fff]", label) else {"name": label}
            rows.append({"place_id": ids[key], "kind": kind, "parent_id": parent, **words, **said})
        return ids[key]

    cities = sorted(set(found["city"]) - {""})
    nowhere = not found["district"].any()
    for row in found.to_dict("records"):
        district = "" if nowhere else row["district"]
        top = add(("city", cities[0]), "city", cities[0], "", "CITY") if len(cities) == 1 else ""
        above = top
        if district or nowhere:
            number = sum(key[0] == "district" for key in ids) + 1
            above = add(("district", district), "district", district or name, top, f"D{number:02d}")
        if row["street"]:
            number = sum(key[0] == "street" and key[1] == district for key in ids) + 1
            key = ("street", district, row["street"])
            above = add(key, "street", row["street"], above, f"{above or 'X'}-S{number}")
        number = sum(key[0] == "community" and key[1] == district for key in ids) + 1
        stem = ids.get(("district", district), "X")
        said = {a: row[a] for a in ATTRIBUTES if row[a]}
        key = ("community", district, row["community"])
        community = add(key, "community", row["community"], above, f"{stem}-C{number:02d}", **said)
        if row["unit"]:
            number = sum(k[0] == "unit" and k[1:3] == key[1:3] for k in ids) + 1
            add(("unit", *key[1:], row["unit"]), "unit", row["unit"], community, f"{community}-U{number}")
    columns = ["place_id", "kind", "parent_id", "name", "name_zh", *ATTRIBUTES]
    frame = pd.DataFrame(rows).reindex(columns=columns)
    order = {kind: n for n, kind in enumerate((*LEVELS, "unit"))}
    frame = frame.sort_values("kind", key=lambda kinds: kinds.map(order), kind="stable", ignore_index=True)
    return frame.loc[:, [c for c in columns if c in columns[:3] or frame[c].notna().any()]], ids


def _map_to_ids(proposal: TableProposal, ids: dict[tuple, str], places: pd.DataFrame) -> None:
    match = _place_match(proposal)
    if match is None:
        return
    frame, column = proposal.source.frame, match.ours
    if proposal.table in ("outcomes", "reforms"):
        known = {key[-1]: place for key, place in reversed(ids.items())}
        known |= {key[-1]: place for key, place in ids.items() if key[0] == "community"}
        _set_map(proposal, column, known)
        return
    level = next((n for n in frame.columns if place_level(n) == "district"), None)
    names = [key[2] for key in ids if key[0] == "community"]
    if level and len(names) > len(set(names)):  # the same name in two districts
        proposal.columns[column] = replace(match, theirs=(level, match.theirs[-1]))
        known = {f"{key[1]} {key[2]}".strip(): place for key, place in ids.items() if key[0] == "community"}
        _set_map(proposal, column, known, joined=proposal.columns[column])
    else:
        _set_map(proposal, column, {k[2]: place for k, place in ids.items() if k[0] == "community"})
    unit = proposal.columns.get("unit_id")
    if unit and any(key[0] == "unit" for key in ids):
        proposal.columns["unit_id"] = replace(unit, theirs=(match.theirs[-1], unit.theirs[-1]))
        known = {f"{key[2]} {key[3]}": place for key, place in ids.items() if key[0] == "unit"}
        _set_map(proposal, "unit_id", known, joined=proposal.columns["unit_id"])


def _map_by_name(proposal: TableProposal, known: dict[str, str]) -> None:
    """Map names of places to the identifiers of the places table, where it has them; drop what it lacks."""
    for column in ("community_id", "place_id", "unit_id"):
        if column not in proposal.columns or proposal.table == "places":
            continue
        theirs = proposal.columns[column].theirs[0]
        values = proposal.source.values(theirs)
        found = {v: known.get(v) or known.get(_stem(v)) for v in values}
        if column == "unit_id" and sum(map(bool, found.values())) * 2 < len(found):
            del proposal.columns[column]
            continue
        mapped = {v: place for v, place in found.items() if place and place != v}
        if mapped:
            proposal.values[column] = mapped


def _names_of_table(proposal: TableProposal) -> dict[str, str]:
    """Return identifier, name and name without its ending -> identifier, for what means one place only."""
    frame, columns = proposal.source.frame, proposal.columns
    ids = frame[columns["place_id"].theirs[0]]
    names = [(place, place) for place in ids]
    for name in ("name_zh", "name"):
        if name in columns:
            said = frame[columns[name].theirs[0]]
            names += [(n, place) for n, place in zip(said, ids, strict=True) if n]
            names += [(_stem(n), place) for n, place in zip(said, ids, strict=True) if n]
    several = pd.DataFrame(names, columns=["name", "place"]).drop_duplicates()
    once = several[~several["name"].duplicated(keep=False)]
    return dict(zip(once["name"], once["place"], strict=True)) | {place: place for place in ids}


def _set_map(
    proposal: TableProposal, column: str, known: dict[str, str], joined: Match | None = None
) -> None:
    theirs = (joined or proposal.columns[column]).theirs
    frame = proposal.source.frame
    said = frame[theirs[0]] if len(theirs) == 1 else (frame[theirs[0]] + " " + frame[theirs[1]]).str.strip()
    mapped = {v: known[v] for v in dict.fromkeys(said) if v in known and known[v] != v}
    if mapped:
        proposal.values[column] = mapped


def _place_match(proposal: TableProposal) -> Match | None:
    return proposal.columns.get("community_id") or proposal.columns.get("place_id")


def _stem(name: str) -> str:
    return ENDINGS.sub("", plain(name)) or name
