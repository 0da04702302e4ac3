"""gongzhi export: what of a study may be handed out."""

from __future__ import annotations

import argparse
from pathlib import Path

from analysis.commands.common import OK, listed
from analysis.errors import AnalysisError

LEDGER = "released.jsonl"  # beside the key: what the releases of every study have cost


def export(options: argparse.Namespace) -> int:
    """Write what of a study may be handed out, after saying how easily people could be found in it."""
    from analysis.commands.privacy import show_risk
    from analysis.tables import open_study

    _check(options)
    study = open_study(options.study)
    if study.has("people"):
        show_risk(study, options.k)
    for line in (_people if options.people else _noisy if options.epsilon is not None else _panel)(
        options, study
    ):
        print(line)
    print(options.out / "public")
    return OK


def _check(options: argparse.Namespace) -> None:
    if options.public == options.people:
        raise AnalysisError(
            "Say what to export.", where="gongzhi export", expected="--public, or --people",
            mend="gongzhi export STUDY OUT --public",
        )  # fmt: skip
    if options.people and options.epsilon is not None:
        raise AnalysisError(
            "Rows about people carry no noise.", where="--epsilon", expected="--public with --epsilon",
            mend="Leave --epsilon out, or export counts with --public.",
        )  # fmt: skip


def _panel(options: argparse.Namespace, study) -> list[str]:
    from analysis.reporting.release import export_panel

    made = export_panel(study, options.out, licence=options.licence)
    hidden, shown = int(made.cells["hidden"].sum()), int(made.cells["shown"].sum())
    lines = [f"{len(made.panel):,} rows; {shown:,} values shown, {hidden:,} hidden"]
    if made.left_out:
        lines.append(f"left out, because nothing of them may be shown: {', '.join(made.left_out)}")
    return lines


def _noisy(options: argparse.Namespace, study) -> list[str]:
    from analysis.reporting.release import export_noisy
    from analysis.tables.config import read_config
    from analysis.tables.pseudonyms import key_path

    ledger = key_path(read_config(options.study).key_file).with_name(LEDGER)
    made, spent = export_noisy(
        study, options.out, epsilon=options.epsilon, cells_per_person=options.cells_per_person,
        measures=listed(options.measures), licence=options.licence, ledger=ledger,
    )  # fmt: skip
    whole = made.budget.iloc[-1]
    lines = [
        f"{int(whole['cells']):,} counts; noise of scale {whole['scale']:.4g}: "
        f"19 of 20 are off by {int(whole['error_95']):,} at most",
        f"epsilon {whole['epsilon']:g} for this release, {spent:g} for all releases of this study ({ledger})",
    ]
    for row in made.bounded.itertuples():
        lines.append(f"{row.measure}: {row.cells_used:,} of {row.cells_in:,} times a person counts were used")
    return lines


def _people(options: argparse.Namespace, study) -> list[str]:
    from analysis.display.text import Text
    from analysis.reporting.release import export_people

    made = export_people(study, options.out, k=options.k, coarser=options.generalise, licence=options.licence)
    text = Text("en")
    lines = [f"made coarser: {text.named('release_step', step)}" for step in made.steps]
    return [*lines, f"{made.rows_in:,} people: {len(made.people):,} rows, {made.left_out:,} left out"]


def add(commands: argparse._SubParsersAction) -> None:
    """Add the command and its options."""
    command = commands.add_parser("export", help="write what of a study may be handed out")
    command.add_argument("study", type=Path, help="study folder")
    command.add_argument("out", type=Path, help="folder to write")
    command.add_argument("--public", action="store_true", help="the panel of communities, small cells hidden")
    command.add_argument(
        "--epsilon", type=float, metavar="E",
        help="with --public: counts of people with differential privacy instead of the panel",
    )  # fmt: skip
    command.add_argument(
        "--cells-per-person", type=int, default=12, metavar="N",
        help="with --epsilon: places and periods in which a person counts at most (default 12)",
    )  # fmt: skip
    command.add_argument(
        "--measures", default="people_active",
        help="with --epsilon: what is counted, of people_active, people_helping, people_gathering; comma "
        "separated (default people_active). They share epsilon.",
    )  # fmt: skip
    command.add_argument("--people", action="store_true", help="rows about people, without identifiers")
    command.add_argument(
        "--generalise", action="store_true",
        help="with --people: make rows coarser and leave people out until nobody stands out",
    )  # fmt: skip
    command.add_argument("--k", type=int, default=5, help="least size of a class of people alike (default 5)")
    command.add_argument("--licence", default="", metavar="TEXT", help="terms of use, for the README")
    command.set_defaults(run=export)
