"""What each file is and what its columns mean: a proposal for study.toml, with reasons."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

import pandas as pd

from analysis.intake.catalogue import catalogue, constant, plain, step_of, table_hint
from analysis.intake.joining import is_similar, join, join_alike, lacks, renamed, says
from analysis.intake.match import (
    LIKELY,
    Match,
    fit,
    found_in,
    match_columns,
    time_format,
    time_of_day,
    value_map,
)
from analysis.intake.places import derive_places
from analysis.intake.proposal import StudyProposal, TableProposal
from analysis.intake.sources import Source, find_sources
from analysis.privacy.detect import kinds_of
from analysis.privacy.identifiers import looks_like_names
from analysis.tables import schema

FALLBACK = {  # where neither a column nor a name says it; one of these is often asked for
    ("interactions", "kind"): "other", ("organisations", "kind"): "other", ("matters", "process"): "request",
    ("places", "kind"): "community", ("options", "kind"): "statement", ("reforms", "reform"): "reform",
}  # fmt: skip
LEAST_RATING = 0.75
CLOSE = 0.3  # a file is not taken for a table that it fits this much worse than another
KEYS = {"matter_id": ("matters", "matter_id"), "option_id": ("options", "option_id")}


def propose_study(
    paths: Iterable[str | Path],
    name: str = "study",
    ask: Callable[[dict[str, TableProposal]], None] | None = None,
) -> StudyProposal:
    """Look at files and propose which is which table, which column which, and what their values mean.

    Parameters
    ----------
    paths : iterable of path
        Files, or folders of files, as they were exported.
    name : str
        Name of the study; the one district is called so where the files name none.
    ask : callable, optional
        Called with table -> TableProposal once it is known which file is which table, before what rests on
        the choice of columns is worked out; it may change their `columns` and `constants`, and put another
        proposal in the place of one.

    Returns
    -------
    StudyProposal
        Nothing is written; `write_study` does that.

    Raises
    ------
    StudyError
        A path does not exist, or nothing in the files can be read.
    """
    sources, unread = find_sources(paths)
    sources = join_alike(sources)
    unread += [(source.label, "no_rows") for source in sources if not len(source.frame)]
    sources = [source for source in sources if len(source.frame)]
    rated = [
        proposal for source in sources for table in schema.MODELS
        if (proposal := rate(table, source)).rating >= LEAST_RATING
    ]  # fmt: skip
    best = {id(p.source): 0.0 for p in rated}
    for proposal in rated:
        best[id(proposal.source)] = max(best[id(proposal.source)], proposal.rating)
    rated = [p for p in rated if p.rating > best[id(p.source)] - CLOSE]
    tables: dict[str, TableProposal] = {}
    placed: set[int] = set()
    for proposal in sorted(rated, key=lambda p: (-round(p.rating, 1), -len(p.source.frame))):
        if proposal.table not in tables and id(proposal.source) not in placed:
            tables[proposal.table] = proposal
            placed.add(id(proposal.source))
    left = [source for source in sources if id(source) not in placed]
    tables = {table: tables[table] for table in schema.MODELS if table in tables}
    proposal = StudyProposal(name, tables)
    differing = _join_similar(tables, left, rated)
    if ask:
        ask(tables)
    for table in tables:
        complete(tables[table], proposal)
    proposal.steps = _steps(proposal)
    proposal.places, used = derive_places(proposal, left)
    candidates = {id(p.source) for p in rated}
    proposal.unplaced = (
        [
            (part.label, differing.get(id(source)) or ("taken" if id(source) in candidates else "no_table"))
            for source in left
            if id(source) not in used or id(source) in differing
            for part in source.parts or (source,)
        ]
        + [(label, "left_out") for table in tables.values() for label in table.left_out]
        + unread
    )
    return proposal


def _join_similar(
    tables: dict[str, TableProposal], left: list[Source], rated: list[TableProposal]
) -> dict[int, tuple[str, dict]]:
    """Put files with nearly the columns of a table to it, out of `left`; return why the others stay there."""
    differing = {}
    for source in list(left):
        mine = sorted((p for p in rated if p.source is source), key=lambda p: -p.rating)
        other = (
            tables.get(mine[0].table) if mine
            else next((p for p in tables.values() if is_similar(p, source)), None)
        )  # fmt: skip
        if other is None or other.source.config.table:
            continue
        lacking = lacks(other, source)
        if lacking and mine:
            pairs = renamed(mine[0], other)
            words = {"table": other.table, "pairs": ", ".join(f"{a} → {b}" for a, b in pairs)}
            differing |= {id(source): ("renamed", words)} if pairs else {}
        elif lacking and is_similar(other, source):
            differing[id(source)] = ("differs", {"table": other.table, "columns": ", ".join(lacking)})
        elif not lacking and says(source) != says(other.source):
            differing[id(source)] = ("says_other", {"label": other.source.label})
        if lacking or not is_similar(other, source):
            continue
        together = join([other.source, source])
        joined = rate(other.table, together[0])
        if (
            len(together) == 1
            and not lacks(joined, together[0])
            and set(joined.lacking) <= set(other.lacking)
        ):
            tables[other.table] = joined
            left.remove(source)
        elif len(together) > 1:
            differing[id(source)] = ("sheets_apart", {"label": other.source.label})
    return differing


def rate(table: str, source: Source) -> TableProposal:
    """Return how a source would be read as a table; its rating says how well it fits, about 0 to 2."""
    columns = match_columns(table, source)
    proposal = TableProposal(table, source, 0.0, columns)
    _fill_constants(proposal)
    if table == "places" and not ({"kind", "parent_id"} & set(columns) and "place_id" in columns):
        return proposal  # a list of names is used to make places, but is no table of them
    required = [c for c in schema.columns(table).values() if c.required]
    sure = {"file_name": 0.7, "column_name": 0.8, "fallback": 0.4}
    marks = [
        columns[c.name].confidence if c.name in columns
        else sure[proposal.constants[c.name][1]] if c.name in proposal.constants
        else -0.4
        for c in required
    ]  # fmt: skip
    rating = sum(marks) / len(marks)
    rating += 0.3 if table_hint(table, source.label) else 0.0
    rating += min(0.3, 0.06 * sum(m.confidence >= LIKELY for m in columns.values() if m.ours not in required))
    rating += 0.25 * len(columns) / max(len(source.frame.columns), 1)
    if table == "interactions" and not {"target_id", "gathering_id"} & set(columns):
        rating -= 0.4
    if any(c.type in ("time", "date", "number", "period") for c in required if c.name in proposal.lacking):
        rating -= 0.5
    proposal.rating = rating
    return proposal


def complete(proposal: TableProposal, study: StudyProposal) -> None:
    """Fill in what rests on other tables and on values: references, two-part times, words of categories."""
    table, source = proposal.table, proposal.source
    for name in proposal.lacking:
        if name in KEYS and KEYS[name][0] in study.tables:
            _by_reference(proposal, name, study.tables[KEYS[name][0]], KEYS[name][1])
    _two_parts(proposal)
    proposal.values, proposal.unknown = {}, {}
    for name, match in proposal.columns.items():
        column = schema.columns(table)[name]
        values = source.values(match.theirs[0])
        if column.type in ("time", "date") and len(match.theirs) == 1:
            proposal.time_format = proposal.time_format or time_format(values)
        if column.type in ("category", "flag") or name == "vote":
            impersonal = values.iloc[:0] if looks_like_names(values) else values[kinds_of(values) == ""]
            known, unknown = value_map(table, column, impersonal)
            if known:
                proposal.values[name] = known
            if unknown:
                proposal.unknown[name] = unknown


def _by_reference(proposal: TableProposal, name: str, other: TableProposal, key: str) -> None:
    if key not in other.columns:
        return
    known = set(other.source.values(other.columns[key].theirs[0]))
    taken = {n for match in proposal.columns.values() for n in match.theirs}
    for theirs in proposal.source.frame.columns:
        if theirs not in taken and found_in(proposal.source, theirs, known) >= 0.8:
            proposal.columns[name] = Match(name, (theirs,), 0.65, "found_in")
            return


def _two_parts(proposal: TableProposal) -> None:
    """Put a day and a time of day together where they stand in two columns."""
    match = proposal.columns.get("time")
    if match is None or len(match.theirs) > 1:
        return
    taken = {n for m in proposal.columns.values() for n in m.theirs}
    days = proposal.source.values(match.theirs[0])
    clock = time_of_day(proposal.source, taken)
    if clock and not days.str.contains(r"\d[::点时]\d?", regex=True).any():
        proposal.columns["time"] = replace(match, theirs=(match.theirs[0], clock))


def _fill_constants(proposal: TableProposal) -> None:
    table, source = proposal.table, proposal.source
    for name in proposal.lacking:
        said = constant(table, name, source.label)
        if said:
            proposal.constants[name] = (said[0], "file_name", said[1])
        elif (table, name) == ("outcomes", "measure"):
            value = proposal.columns.get("value")
            for measure, names in catalogue()["measures"].items():
                if value and plain(value.theirs[0]) in map(plain, names):
                    proposal.constants[name] = (measure, "column_name", value.theirs[0])
        elif (table, name) in FALLBACK:
            proposal.constants[name] = (FALLBACK[table, name], "fallback", "")


def _steps(study: StudyProposal) -> pd.DataFrame | None:
    """Return the steps whose times stand in columns of the table of matters."""
    matters = study.tables.get("matters")
    if matters is None or "steps" in study.tables or "matter_id" not in matters.columns:
        return None
    frame, key = matters.source.frame, matters.columns["matter_id"].theirs[0]
    parts = []
    for theirs in frame.columns:
        step = step_of(theirs)
        if step and (fit("steps", schema.columns("steps")["time"], matters.source, theirs) or 0) > 0.5:
            part = pd.DataFrame({"matter_id": frame[key], "step": step, "time": frame[theirs]})
            parts.append(part[part["time"] != ""])
    return pd.concat(parts, ignore_index=True) if parts else None
