"""gongzhi bench: measure side by side."""

from __future__ import annotations

import argparse

from analysis.commands.common import OK


def bench(options: argparse.Namespace) -> int:
    """Measure side by side and print one JSON object last."""
    if options.what == "effects":
        from analysis.effects.bench import main as measure_effects

        measure_effects()
        return OK
    if options.what == "reports":
        from analysis.reporting.bench import main as measure_reports

        measure_reports(options.districts)
        return OK
    from analysis.networks.bench import main as measure

    measure(options.events)
    return OK


def add(commands: argparse._SubParsersAction) -> None:
    """Add the command and its options."""
    command = commands.add_parser("bench", help="measure side by side; prints one JSON object last")
    command.add_argument("what", choices=["networks", "effects", "reports"])
    command.add_argument(
        "--events", type=int, default=1_000_000, help="acts in the log, for networks (default 1,000,000)"
    )
    command.add_argument(
        "--districts", type=int, default=6, help="districts of the synthetic city, for reports (default 6)"
    )
    command.set_defaults(run=bench)
