"""Files and sheets that are one table: an export per month or per street, with the same columns."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise, takewhile
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analysis.intake.catalogue import catalogue, constant
from analysis.intake.sources import LOOKED_AT, Source
from analysis.intake.words import listed, say
from analysis.tables import schema
from analysis.tables.parse import parse_column
from analysis.tables.patterns import is_like, natural, plain_months

if TYPE_CHECKING:
    from analysis.intake.proposal import TableProposal

SHOWN = 3  # names in the label of a joined source
ALIKE = 0.5  # least share of columns that two files of one table have in common
YEAR_MONTH = re.compile(r"(?<!\d)((?:19|20)\d\d)\s*[-_.年/]?\s*(1[0-2]|0?[1-9])(?!\d)")
MONTH = re.compile(r"(?<!\d)(1[0-2]|0?[1-9])月")


def join_alike(sources: Sequence[Source]) -> list[Source]:
    """Return the sources with those of the same columns, in whatever order, put together.

    Two whose names say different things that a table needs, such as what kind of act is in them, stay apart,
    and so do tables of a database.
    """
    groups: dict[tuple, list[Source]] = {}
    for source in sources:
        columns = (frozenset(source.frame.columns), source.doubled)
        groups.setdefault((columns, says(source), _database(source)), []).append(source)
    return [joined for same in groups.values() for joined in join(same)]


def join(sources: Sequence[Source]) -> list[Source]:
    """Return one source of all that one entry of study.toml can name, and the others as they are."""
    parts = sorted((p for s in sources for p in s.parts or (s,)), key=lambda p: natural(p.label))
    if len(parts) < 2:
        return list(sources)
    apart: list[Source] = []
    if sheets_of(parts) is None:
        used = {path: {p.config.sheet for p in parts if p.config.path == path} for path in _files(parts)}
        first = next(used[p.config.path] for p in parts if p.sheets)
        apart = [p for p in parts if p.sheets and used[p.config.path] != first]
        parts = [p for p in parts if p not in apart]
    return [_together(parts), *apart] if len(parts) > 1 else [*parts, *apart]


def is_similar(proposal: TableProposal, source: Source) -> bool:
    """Whether a file could be of the same table by its columns and its name."""
    ours, theirs = set(proposal.source.frame.columns), set(source.frame.columns)
    common = len(ours & theirs) / max(len(ours | theirs), 1)
    return common >= ALIKE and says(source) == says(proposal.source) and not _database(source)


def lacks(proposal: TableProposal, source: Source) -> list[str]:
    """Return their columns that the table is taken from, cannot be without, and the file does not have."""
    required = [match for ours, match in proposal.columns.items()
                if schema.columns(proposal.table)[ours].required]  # fmt: skip
    names = dict.fromkeys(name for match in required for name in match.theirs)
    return [n for n in names if any(n not in part.frame.columns for part in source.parts or (source,))]


def renamed(proposal: TableProposal, other: TableProposal) -> list[tuple[str, str]]:
    """Return (its name, the other's name) of the columns that two files of a table name differently."""
    both = [(proposal.columns[ours].theirs, match.theirs) for ours, match in other.columns.items()
            if ours in proposal.columns]  # fmt: skip
    return [(" + ".join(mine), " + ".join(theirs)) for mine, theirs in both if mine != theirs]


def says(source: Source) -> tuple:
    """Return what the name of a file or sheet says that holds for all of its rows."""
    label = (source.parts or (source,))[0].label
    columns = ((t, c) for t, words in catalogue()["constants"].items() for c in words)
    found = ((table, column, constant(table, column, label)) for table, column in columns)
    return tuple((table, column, value[0]) for table, column, value in found if value)


def sheets_of(parts: Sequence[Source]) -> str | list[str] | None:
    """Return the `sheet` of study.toml that means these and no others; "": no workbook; None: none does."""
    used = {
        path: [p.config.sheet for p in parts if p.config.path == path and p.sheets] for path in _files(parts)
    }
    lists = [names for names in used.values() if names]
    if not lists:
        return ""
    if all(set(names) == set(lists[0]) for names in lists):
        return lists[0] if len(lists[0]) > 1 else lists[0][0]
    every = {p.config.path: p.sheets for p in parts}
    names = [name for names in lists for name in names]
    first, last = _beginning(names), _beginning([name[::-1] for name in names])[::-1]
    for like in ("*", f"{first}*", f"*{last}"):
        if all(
            {s for s in every[path] if is_like(s, like)} == set(names)
            for path, names in used.items()
            if names
        ):
            return like
    return None


def _beginning(names: list[str]) -> str:
    alike = takewhile(lambda letters: len(set(letters)) == 1, zip(*names, strict=False))
    return "".join(letters[0] for letters in alike)


def joined_reasons(proposal: TableProposal, language: str) -> list[str]:
    """Return why files are put together as one table, and what to look at."""
    parts = proposal.source.parts
    if not parts:
        return []
    every = set.intersection(*(set(p.frame.columns) for p in parts))
    differing = [name for name in proposal.source.frame.columns if name not in every]
    lines = [say(language, "joined" if differing else "joined_same", count=len(parts))]
    months = [month_of(part.label) for part in parts]
    if all(months) and len(set(months)) == len(months):
        lines.append(say(language, "joined_months", first=months[0], last=months[-1]))
        spans = [span(proposal, part) for part in parts]
        covered = months if all("-" in month for month in months) else [_middle(s) for s in spans if s]
        missing = listed(_between(covered), language)
        lines += [f"!!! {say(language, 'joined_gap', months=missing)}"] if missing else []
        dated = [(part, s) for part, s in zip(parts, spans, strict=True) if s]
        dated.sort(key=lambda pair: pair[1])  # by name January stands before the December that came first
        lines += [
            f"!!! {say(language, 'joined_overlap', first=first.label, second=second.label)}"
            for (first, a), (second, b) in pairwise(dated) if b[0] <= a[1]
        ]  # fmt: skip
    twice = _in_two(proposal)
    lines += [f"!!! {say(language, 'joined_twice', count=f'{twice:,}')}"] if twice else []
    unread = [name for name in differing if name in proposal.unused]
    lines += [say(language, "joined_unread", columns=listed(unread, language))] if unread else []
    for ours, labels in proposal.may_lack.items():
        theirs = " + ".join(proposal.columns[ours].theirs)
        said = say(language, "may_lack", files=listed(labels, language), column=theirs)
        lines.append(f"*   {ours}: {said}")
    return lines


def _between(months: list[str]) -> list[str]:
    """Return the months from the first to the last that are not there."""
    between = pd.period_range(min(months), max(months), freq="M").astype(str) if months else ()
    return [month for month in between if month not in months]


def _middle(days: tuple[str, str]) -> str:
    """Return the month half way between two days: that of a file with a few acts of its neighbours."""
    first, last = (pd.Timestamp(day) for day in days)
    return f"{first + (last - first) / 2:%Y-%m}"


def part_note(proposal: TableProposal, part: Source, language: str) -> str:
    """Return how many rows a file has and from when to when they are."""
    many = "at_least" if len(part.frame) >= LOOKED_AT else "rows"
    dates = span(proposal, part)
    return say(language, many, count=f"{len(part.frame):,}") + (f", {dates[0]} – {dates[1]}" if dates else "")


def span(proposal: TableProposal, part: Source) -> tuple[str, str] | None:
    """Return the first and last day in a file, where its table needs a time."""
    for ours, match in proposal.columns.items():
        column = schema.columns(proposal.table)[ours]
        name = match.theirs[0]
        if column.type in ("time", "date") and column.required and name in part.frame:
            times = parse_column(part.values(name), column, time_format=proposal.time_format)[0].dropna()
            return (f"{times.min():%Y-%m-%d}", f"{times.max():%Y-%m-%d}") if len(times) else None
    return None


def month_of(label: str) -> str:
    """Return the one month that a name says, as 2021-03 or, without a year, 03; else nothing."""
    said = plain_months(label)
    dated = {f"{year}-{int(month):02d}" for year, month in YEAR_MONTH.findall(said)}
    bare = {f"{int(month):02d}" for month in MONTH.findall(said)}
    found = dated or bare
    return found.pop() if len(found) == 1 else ""


def _in_two(proposal: TableProposal) -> int:
    """Return how many rows of a file stand in an earlier one as well, in all columns that are read."""
    parts = proposal.source.parts
    names = list(dict.fromkeys(name for match in proposal.columns.values() for name in match.theirs))
    rows = pd.util.hash_pandas_object(proposal.source.frame[names], index=False)
    file = np.repeat(np.arange(len(parts)), [len(part.frame) for part in parts])
    return int((file > pd.Series(file).groupby(rows.to_numpy()).transform("min")).sum())


def _together(parts: list[Source]) -> Source:
    encodings = {part.encoding for part in parts if part.encoding}
    headers = {part.header_rows for part in parts}
    labels = [part.label for part in parts]
    more = f" … +{len(labels) - SHOWN:,}" if len(labels) > SHOWN else ""
    return Source(
        parts[0].config,
        ", ".join(labels[:SHOWN]) + more,
        pd.concat([part.frame for part in parts], ignore_index=True).fillna(""),
        headers.pop() if len(headers) == 1 else (),
        encodings.pop() if len(encodings) == 1 else None,
        tuple(sorted({name for part in parts for name in part.doubled})),
        parts=tuple(parts),
    )


def _files(parts: Sequence[Source]) -> list[Path]:
    return list(dict.fromkeys(part.config.path for part in parts))


def _database(source: Source) -> tuple | None:
    return (source.config.path, source.config.table) if source.config.table else None
