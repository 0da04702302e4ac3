"""A proposal as a study folder: study.toml with its reasons beside each line, and the files."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

from analysis.files import replacing_folder, require_free
from analysis.intake.catalogue import step_of
from analysis.intake.joining import joined_reasons, part_note, sheets_of
from analysis.intake.proposal import StudyProposal, TableProposal
from analysis.intake.sources import LOOKED_AT
from analysis.intake.words import listed, mark, reasons, say
from analysis.tables import schema


def write_study(
    proposal: StudyProposal, out: str | Path, *, link: bool = False, language: str = "en"
) -> Path:
    """Write a proposal as a study folder with study.toml, the files, and the places made, if any.

    Parameters
    ----------
    proposal : StudyProposal
    out : path
        A folder that does not exist or is empty. It appears whole or not at all.
    link : bool
        Name the files where they lie instead of copying them.
    language : {"en", "zh"}
        Of the comments in study.toml.

    Returns
    -------
    Path
        The folder.

    Raises
    ------
    StudyError
        The folder holds something, or a table named places would overwrite a file of that name.
    """
    out = Path(out)
    require_free(out)
    names = _file_names(proposal)
    paths = {
        file: os.path.relpath(file.resolve(), out.resolve()) if link else name for file, name in names.items()
    }
    with replacing_folder(out) as folder:
        if not link:
            for file, name in names.items():
                shutil.copyfile(file, folder / name)
        if proposal.places is not None:
            proposal.places.frame.to_csv(folder / "places.csv", index=False, lineterminator="\n")
        if proposal.steps is not None:
            proposal.steps.to_csv(folder / "steps.csv", index=False, lineterminator="\n")
        text = study_toml(proposal, {file: Path(p).as_posix() for file, p in paths.items()}, language)
        (folder / "study.toml").write_text(text, encoding="utf-8", newline="\n")
    return out


def study_toml(proposal: StudyProposal, paths: dict[Path, str], language: str = "en") -> str:
    """Return the text of study.toml; `paths` gives the path that it names each file by."""
    count = len(proposal.tables)
    lines = [
        f"# {say(language, 'head', count=count)}",
        f"# {say(language, 'marks')}",
        "",
        "[study]",
        f"name = {quote(proposal.name)}",
        f'period = "{proposal.period}"          # {say(language, "period")}',
        f"max_set_aside = 0.05      # {say(language, 'max_set_aside')}",
    ]
    if proposal.places is not None:
        of = listed(proposal.places.of, language)
        lines += ["", _rule("places · places.csv")]
        lines += [f"# {say(language, 'places_made', of=of, count=f'{len(proposal.places.frame):,}')}"]
        lines += [f"# {say(language, 'one_district')}"] if proposal.places.one_district else []
        if proposal.places.homeless:
            lines += [f"# !!! {say(language, 'homeless')}: {listed(proposal.places.homeless, language)}"]
        for name, near in proposal.places.doubtful:
            lines += [f"# !!! {say(language, 'doubtful', name=_one_line(name), near=_one_line(near))}"]
    elif "places" not in proposal.tables:
        lines += ["", f"# {say(language, 'no_places')}"]
    for table in proposal.tables.values():
        lines += ["", *_table_lines(table, paths, language)]
    if proposal.steps is not None:
        lines += ["", _rule("steps · steps.csv")]
        lines += [f"# {say(language, 'steps_made', count=f'{len(proposal.steps):,}')}"]
    if proposal.unplaced:
        lines += ["", _rule(say(language, "unplaced"))]
        lines += [
            f"# {_one_line(label)}: {reason_text(reason, language)}" for label, reason in proposal.unplaced
        ]
    return "\n".join(lines) + "\n"


def reason_text(reason: str | tuple[str, dict], language: str) -> str:
    """Return why a file is not used, in words."""
    if isinstance(reason, tuple):
        return _one_line(say(language, reason[0], **reason[1]))
    keys = ("no_table", "taken", "kind", "no_rows", "left_out")
    return say(language, reason) if reason in keys else _one_line(reason)


def quote(text: str) -> str:
    """Return a TOML string."""
    return json.dumps(str(text), ensure_ascii=False).replace("\x7f", "\\u007f")


def _table_lines(proposal: TableProposal, paths: dict[Path, str], language: str) -> list[str]:
    table, source, config = proposal.table, proposal.source, proposal.source.config
    rows = "at_least" if len(source.frame) >= LOOKED_AT else "rows"
    count = say(language, rows, count=f"{len(source.frame):,}")
    lines = [
        _rule(f"{table} · {_one_line(source.label)} · {count}"),
        f"[tables.{table}]",
        *(f"# {_one_line(reason)}" for reason in joined_reasons(proposal, language)),
        *_path_lines(proposal, paths, language),
    ]
    if proposal.may_lack:
        lines.append(f"may_lack = [{', '.join(map(quote, proposal.may_lack))}]")
    if config.table:
        lines.append(f"table = {quote(config.table)}")
    if source.header_rows:
        rows = list(source.header_rows)
        lines.append(f"header = {rows[0] if len(rows) == 1 else rows}")
    if source.encoding and not source.encoding.startswith("utf-8"):
        lines.append(f"encoding = {quote(source.encoding)}")
    if proposal.time_format:
        lines.append(f"time_format = {quote(proposal.time_format)}   # {say(language, 'time_format')}")
    if proposal.lacking:
        columns = ", ".join(proposal.lacking)
        lines.append(f"# !!! {say(language, 'lacking', table=table, columns=columns)}")
    lines += _column_lines(proposal, language) + _constant_lines(proposal, language)
    for column, mapping in proposal.values.items():
        lines += ["", f"[tables.{table}.values.{column}]", *_value_lines(proposal, column, mapping, language)]
    for column, unknown in proposal.unknown.items():
        if column not in proposal.values or not set(unknown) <= set(proposal.values[column]):
            lines.append(
                f"# {column}: {listed(list(map(_one_line, unknown)), language)}: {say(language, 'unknown')}"
            )
    made = {name for name in proposal.unused if proposal.table == "matters" and step_of(name)}
    if set(proposal.unused) - made:
        unused = [name for name in proposal.unused if name not in made]
        lines += [f"# {say(language, 'unused')}: {listed(list(map(_one_line, unused)), language)}"]
    lines += [f"# {_one_line(name)}: {say(language, 'doubled')}" for name in source.doubled]
    return lines


def _path_lines(proposal: TableProposal, paths: dict[Path, str], language: str) -> list[str]:
    """Return the lines of path and sheet; several files or sheets stand one below the other."""
    source = proposal.source
    files, sheets = source.files, sheets_of(source.parts or (source,))
    if len(files) == 1:
        lines = [f"path = {quote(paths[files[0]])}"]
    else:
        notes = {part.config.path: part_note(proposal, part, language) for part in source.parts}
        several = {f: say(language, "sheets", count=n) for f in files
                   if (n := sum(part.config.path == f for part in source.parts)) > 1}  # fmt: skip
        lines = ["path = [", *_notes([quote(paths[f]) for f in files], list((notes | several).values())), "]"]
    if isinstance(sheets, list) and len(files) == 1:
        notes = {part.config.sheet: part_note(proposal, part, language) for part in source.parts}
        lines += ["sheet = [", *_notes(list(map(quote, sheets)), [notes[sheet] for sheet in sheets]), "]"]
    elif isinstance(sheets, list):
        lines.append(f"sheet = [{', '.join(map(quote, sheets))}]")
    elif sheets:
        lines.append(f"sheet = {quote(sheets)}")
    return lines


def _notes(items: list[str], notes: list[str]) -> list[str]:
    wide = max(map(_width, items))
    return [f"  {i},{' ' * (wide - _width(i))}   # {note}" for i, note in zip(items, notes, strict=True)]


def _column_lines(proposal: TableProposal, language: str) -> list[str]:
    shown = {
        ours: match for ours in schema.columns(proposal.table)
        if (match := proposal.columns.get(ours)) and match.theirs != (ours,)
    }  # fmt: skip
    dropped = [
        ours for ours in schema.columns(proposal.table)
        if ours not in proposal.columns and ours in proposal.source.frame.columns
    ]  # fmt: skip
    if not shown:
        return [f"# {ours}" for ours in dropped]
    wide = max(map(len, shown))
    values = {
        ours: quote(m.theirs[0]) if len(m.theirs) == 1 else "[" + ", ".join(map(quote, m.theirs)) + "]"
        for ours, m in shown.items()
    }
    room = max(_width(v) for v in values.values())
    return ["", f"[tables.{proposal.table}.columns]"] + [
        f"{ours:<{wide}} = {values[ours]}{' ' * (room - _width(values[ours]))}   "
        f"# {mark(match.confidence):<3} {reasons(match, language)}"
        for ours, match in shown.items()
    ]


def _constant_lines(proposal: TableProposal, language: str) -> list[str]:
    if not proposal.constants:
        return []
    lines = ["", f"[tables.{proposal.table}.constants]"]
    for ours, (value, reason, word) in proposal.constants.items():
        allowed = schema.columns(proposal.table)[ours].values
        others = f" ({', '.join(allowed)})" if allowed and reason == "fallback" else ""
        lines.append(f"{ours} = {quote(value)}   # {say(language, reason, word=word)}{others}")
    return lines


def _value_lines(proposal: TableProposal, column: str, mapping: dict[str, str], language: str) -> list[str]:
    wide = max(_width(quote(theirs)) for theirs in mapping)
    unknown = set(proposal.unknown.get(column, ()))
    return [
        f"{quote(theirs)}{' ' * (wide - _width(quote(theirs)))} = {quote(ours)}"
        + (f"   # * {say(language, 'unknown_other')}" if theirs in unknown else "")
        for theirs, ours in mapping.items()
    ]


def _file_names(proposal: StudyProposal) -> dict[Path, str]:
    """Return file -> a name of its own in the study folder; ours are kept free."""
    kept = {f"{name}.csv" for name in ("places", "steps")} if proposal.places is not None else set()
    taken, names = set(kept), {}
    for table in proposal.tables.values():
        for file in table.source.files:
            if file in names:
                continue
            name, number = file.name, 1
            if name.lower() in taken and file.resolve().parent.name:
                name = f"{file.resolve().parent.name}-{name}"
            whole = name
            while name.lower() in taken or _own_name(name, table.table):
                number += 1
                stem, dot, end = whole.partition(".")
                name = f"{stem}-{number}{dot}{end}"
            taken.add(name.lower())
            names[file] = name
    return names


def _own_name(name: str, table: str) -> bool:
    """Whether a file would be taken for another table by its name."""
    stem = name.lower().partition(".")[0]
    return stem in schema.MODELS and stem != table


def _rule(text: str) -> str:
    return f"# ── {text} " + "─" * max(3, 70 - _width(text))


def _width(text: str) -> int:
    return sum(2 if "\u2e80" <= mark <= "\uffef" else 1 for mark in text)


def _one_line(text: str) -> str:
    return " ".join("".join(c if c.isprintable() else " " for c in str(text)).split())
