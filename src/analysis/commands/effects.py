"""gongzhi effects: what one reform did to one outcome, from every side."""

from __future__ import annotations

import argparse
from pathlib import Path

from analysis.commands.common import OK, listed


def effects(options: argparse.Namespace) -> int:
    """Estimate what one reform did to one outcome, from every side."""
    from analysis.reporting.effect_study import study_effect
    from analysis.tables import open_study

    paths = study_effect(
        open_study(options.study), options.out, outcome=options.outcome, reform=options.reform,
        estimator=options.estimator, languages=listed(options.language), seed=options.seed,
    )  # fmt: skip
    print((options.out / "sentence.txt").read_text(encoding="utf-8"), end="")
    for path in paths:
        print(path)
    return OK


def add(commands: argparse._SubParsersAction) -> None:
    """Add the command and its options."""
    command = commands.add_parser("effects", help="what one reform did to one outcome, from every side")
    command.add_argument("study", type=Path, help="study folder")
    command.add_argument("--outcome", required=True, help="a measure of the outcomes, or of the panel")
    command.add_argument("--reform", required=True, help="as in the reforms table")
    command.add_argument("--estimator", default="att_gt", help="of the headline (default att_gt)")
    command.add_argument("--out", type=Path, required=True, help="folder to write")
    command.add_argument("--language", default="en,zh", help="en, zh or en,zh (default)")
    command.add_argument("--seed", type=int, default=0, help="of permutations and draws (default 0)")
    command.set_defaults(run=effects)
