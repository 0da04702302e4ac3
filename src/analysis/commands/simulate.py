"""gongzhi simulate: a synthetic city with known truth."""

from __future__ import annotations

import argparse
from pathlib import Path

from analysis.commands.common import OK


def simulate(options: argparse.Namespace) -> int:
    """Write a synthetic city with known truth."""
    from analysis.simulate import simulate_city, write_city

    city = simulate_city(options.districts, options.communities, options.months, options.seed)
    write_city(city, options.out)
    print(options.out)
    return OK


def add(commands: argparse._SubParsersAction) -> None:
    """Add the command and its options."""
    command = commands.add_parser("simulate", help="write a synthetic city with known truth")
    command.add_argument("out", type=Path, help="folder to write")
    command.add_argument("--districts", type=int, default=8)
    command.add_argument("--communities", type=int, default=20, help="communities per district")
    command.add_argument("--months", type=int, default=36)
    command.add_argument("--seed", type=int, default=7)
    command.set_defaults(run=simulate)
