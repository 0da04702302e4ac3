"""gongzhi init: files as an office exported them become a study, with every choice explained."""

from __future__ import annotations

import argparse
import shlex
import sys
from functools import partial
from pathlib import Path

from analysis.commands.common import BAD_INPUT, OK, tell


def init(options: argparse.Namespace) -> int:
    """Look at files, propose study.toml, ask where it is not sure, write the study."""
    from analysis.intake.propose import propose_study
    from analysis.intake.write import write_study

    asking = not options.yes and sys.stdin.isatty() and sys.stdout.isatty()
    ask = partial(_ask, language=options.language) if asking else None
    proposal = propose_study(options.files, options.name or options.out.resolve().name, ask)
    _show(proposal, options.language)
    if not proposal.tables:
        print("gongzhi: none of the files is a table of a study.", file=sys.stderr)
        return BAD_INPUT
    write_study(proposal, options.out, link=options.link, language=options.language)
    folders = {file.resolve().parent for table in proposal.tables.values() for file in table.source.files}
    also = "".join(f" --also-read {shlex.quote(str(f))}" for f in sorted(folders)) if options.link else ""
    print(f"\n{options.out / 'study.toml'}\n  gongzhi{also} check {options.out}")
    print(f"  gongzhi{also} report {options.out} --out {options.out}-reports")
    return OK


def _show(proposal, language: str) -> None:
    from analysis.intake.joining import joined_reasons, part_note
    from analysis.intake.words import listed, mark, reasons, say
    from analysis.intake.write import reason_text

    for table in proposal.tables.values():
        tell(f"{table.table}  <-  {table.source.label}  ({len(table.source.frame):,})")
        for reason in joined_reasons(table, language):
            tell(f"      {reason}")
        for part in table.source.parts:
            tell(f"        {part.label}   {part_note(table, part, language)}")
        for ours, match in table.columns.items():
            theirs = " + ".join(match.theirs)
            tell(f"  {mark(match.confidence):<3} {ours:16} <- {theirs}   {reasons(match, language)}")
        for ours, (value, reason, word) in table.constants.items():
            tell(f"  {'*' if reason == 'fallback' else '**':<3} {ours:16} =  {value}   "
                  f"{say(language, reason, word=word)}")  # fmt: skip
        for column, unknown in table.unknown.items():
            key = (
                "unknown_other"
                if column in table.values and unknown[0] in table.values[column]
                else "unknown"
            )
            tell(f"  !   {column}: {listed(unknown, language)}: {say(language, key)}")
        if table.lacking:
            tell(f"  !!! {say(language, 'lacking', table=table.table, columns=', '.join(table.lacking))}")
        if table.unused:
            tell(f"      {say(language, 'unused')}: {listed(table.unused, language)}")
    if proposal.places is not None:
        of, count = listed(proposal.places.of, language), f"{len(proposal.places.frame):,}"
        tell(f"places  <-  {say(language, 'places_made', of=of, count=count)}")
        if proposal.places.one_district:
            tell(f"      {say(language, 'one_district')}")
        if proposal.places.homeless:
            tell(f"  !!! {say(language, 'homeless')}: {listed(proposal.places.homeless, language)}")
        for name, near in proposal.places.doubtful:
            tell(f"  !!! {say(language, 'doubtful', name=name, near=near)}")
    elif "places" not in proposal.tables:
        tell(f"!!! {say(language, 'no_places')}")
    if proposal.steps is not None:
        tell(f"steps  <-  {say(language, 'steps_made', count=f'{len(proposal.steps):,}')}")
    for label, reason in proposal.unplaced:
        tell(f"{say(language, 'unplaced')}: {label}: {reason_text(reason, language)}")


def _ask(tables: dict, language: str) -> None:
    """Ask about every guess: Enter keeps it, a number takes another column, - leaves it out."""
    from analysis.intake.match import LIKELY, Match
    from analysis.intake.words import reasons
    from analysis.tables import schema
    from analysis.tables.identifiers import shown

    for name in tables:
        tables[name] = _ask_files(tables[name], language)
    for table in tables.values():
        for ours, column in schema.columns(table.table).items():
            match = table.columns.get(ours)
            unsure = match is not None and match.confidence < LIKELY
            if not unsure and ours not in table.lacking:
                if ours in table.constants and table.constants[ours][1] == "fallback" and column.values:
                    _ask_constant(table, ours, column)
                continue
            print(f"\n{table.table}.{ours}: {column.description}  [{table.source.label}]")
            print(f"  now: {' + '.join(match.theirs)} ({reasons(match, language)})" if match else "  now: -")
            free = [*(match.theirs if match else ()), *table.unused]
            for number, theirs in enumerate(free, start=1):
                sample = ", ".join(shown(table.source.values(theirs).head(200), secret=False)[:3])
                tell(f"  {number}: {theirs}   {sample[:60]}")
            answer = input("  Enter keeps it, a number takes that column, - none: ").strip()
            if answer == "-":
                table.columns.pop(ours, None)
            elif answer.isdigit() and 0 < int(answer) <= len(free):
                table.columns[ours] = Match(ours, (free[int(answer) - 1],), 1.0, "asked")


def _ask_files(table, language: str):
    """Ask about files that lack columns of the others of a table; return the table with or without them."""
    from analysis.intake.joining import join, joined_reasons
    from analysis.intake.propose import rate

    odd = {label for labels in table.may_lack.values() for label in labels}
    if not odd:
        return table
    print(f"\n{table.table}:")
    for reason in joined_reasons(table, language):
        tell(f"  {reason}")
    if input("  Enter keeps all of them, - leaves out the files named last: ").strip() != "-":
        return table
    kept = rate(table.table, join([part for part in table.source.parts if part.label not in odd])[0])
    kept.left_out = sorted(odd)
    return kept


def _ask_constant(table, ours: str, column) -> None:
    value = table.constants[ours][0]
    answer = input(f"\n{table.table}.{ours} of every row in {table.source.label} "
                   f"({', '.join(column.values)}) [{value}]: ").strip()  # fmt: skip
    if answer in column.values:
        table.constants[ours] = (answer, "asked", "")


def add(commands: argparse._SubParsersAction) -> None:
    """Add the command and its options."""
    command = commands.add_parser("init", help="make a study of files as they were exported")
    command.add_argument("files", type=Path, nargs="+", metavar="FILES", help="files, or folders of files")
    command.add_argument("out", type=Path, metavar="OUT", help="study folder to write")
    command.add_argument("--yes", action="store_true", help="ask nothing, take the likeliest")
    command.add_argument("--link", action="store_true", help="name the files where they lie, copy nothing")
    command.add_argument("--name", help="name of the study (default: that of the folder)")
    command.add_argument("--language", choices=("en", "zh"), default="en", help="of reasons and comments")
    command.set_defaults(run=init)
