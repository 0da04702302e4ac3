"""gongzhi privacy: keys, and how easily people could be found again."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from analysis.commands.common import OK
from analysis.errors import AnalysisError


def risk(options: argparse.Namespace) -> int:
    """Print how many people could be told apart by what is often known of them."""
    from analysis.reporting.release import risk_of
    from analysis.tables import open_study

    study = open_study(options.study)
    show_risk(study, options.k)
    if options.csv:
        from analysis.privacy import neutralise

        neutralise(risk_of(study, k=options.k)).to_csv(options.csv, index=False, encoding="utf-8-sig")
        print(options.csv)
    return OK


def show_risk(study, k: int) -> None:
    """Print the linkage risk of a study's people by district."""
    from analysis.reporting.release import risk_of

    found = risk_of(study, k=k)
    print(
        f"People told apart by age, sex, residency, role, unit and community (below: alike to fewer than {k})"
    )
    print(f"{'district':20}{'people':>10}{'classes':>10}{'alone':>10}{'':>8}{'below':>10}{'':>8}")
    for row in found.itertuples():
        print(
            f"{row.district_id or 'all':20}{row.people:>10,}{row.classes:>10,}{row.unique:>10,}"
            f"{row.share_unique:>8.1%}{row.below:>10,}{row.share_below:>8.1%}"
        )
    print()


def rotate(options: argparse.Namespace) -> int:
    """Put a new key in the place of the one in use; write who is who only if asked."""
    from analysis.tables.pseudonyms import read_key, rotate_key

    if options.table and options.study is None:
        raise AnalysisError(
            "Whose pseudonyms are to be written is not said.", where="--table", expected="--study STUDY",
            mend="Name the study with --study, or leave --table out.",
        )  # fmt: skip
    where = _key_file(options)
    before = read_key(where) if options.table else None
    raw = _people_of(options.study) if options.table else None
    path, old = rotate_key(where)
    print(f"new key: {path}")
    if old:
        print(f"old key: {old}")
        print("to recompute an earlier run, name the old key: key_file in study.toml, or GONGZHI_KEY_FILE")
    if options.table:
        _write_table(raw, before, read_key(where), options.table)
        print(
            f"old and new pseudonyms: {options.table}\n  Whoever holds it can link runs: delete it when done."
        )
    return OK


def keys(options: argparse.Namespace) -> int:
    """Print the key in use and the old ones beside it."""
    from analysis.tables.pseudonyms import fingerprint, kept_keys, key_path, read_key

    where = _key_file(options)
    print(f"in use  {fingerprint(read_key(where))}  {key_path(where)}")
    for path in kept_keys(where):
        print(f"old     {path.name.rpartition('-')[2]}  {path}")
    return OK


def _key_file(options: argparse.Namespace) -> Path | None:
    from analysis.tables.config import read_config

    if options.key_file:
        return options.key_file
    return read_config(options.study).key_file if options.study else None


def _people_of(study: Path):
    """Return the identifiers of people as they stand in a study."""
    import pandas as pd

    from analysis.tables import schema
    from analysis.tables.config import read_config
    from analysis.tables.parse import parse_column
    from analysis.tables.read import read_raw

    found = []
    for table, config in read_config(study).tables.items():
        people = {name: entry for name, entry in schema.columns(table).items() if entry.person}
        frame = read_raw(table, config).frame if people else None
        found += [parse_column(frame[name], entry)[0] for name, entry in people.items() if name in frame]
    return pd.Series(pd.concat(found).dropna().unique(), dtype="str") if found else pd.Series(dtype="str")


def _write_table(raw, before: bytes, after: bytes, path: Path) -> None:
    from analysis.tables.pseudonyms import pseudonyms

    pairs = sorted(zip(pseudonyms(raw, before), pseudonyms(raw, after), strict=True))
    content = "old,new\n" + "".join(f"{old},{new}\n" for old, new in pairs)
    with os.fdopen(os.open(path, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600), "w") as file:
        file.write(content)


def add(commands: argparse._SubParsersAction) -> None:
    """Add the command and its options."""
    command = commands.add_parser("privacy", help="keys, and how easily people could be found again")
    actions = command.add_subparsers(dest="action", required=True, metavar="ACTION")
    part = actions.add_parser("risk", help="how many people could be told apart by what is known of them")
    part.add_argument("study", type=Path, help="study folder")
    part.add_argument("--k", type=int, default=5, help="least size of a class of people alike (default 5)")
    part.add_argument("--csv", type=Path, help="also write the table to this file")
    part.set_defaults(run=risk)
    for name, run, said in (("rotate-key", rotate, "make a new key and keep the old one"),
                            ("keys", keys, "the key in use and the old ones")):  # fmt: skip
        part = actions.add_parser(name, help=said)
        part.add_argument("--study", type=Path, help="study folder whose key_file is meant")
        part.add_argument("--key-file", type=Path, help="the key (default: GONGZHI_KEY_FILE, or your own)")
        part.set_defaults(run=run)
        if run is rotate:
            part.add_argument("--table", type=Path, help="also write old and new pseudonyms to this file")
