"""gongzhi lab: JupyterLab with the notebooks, ready at once."""

from __future__ import annotations

import argparse
from pathlib import Path

from analysis.commands.common import OK

FOLDER = Path("gongzhi-notebooks")


def run(options: argparse.Namespace) -> int:
    """Copy the notebooks into a folder where they are not there yet, and open JupyterLab there."""
    from analysis.reporting.lab import fill, serve
    from analysis.teaching import list_cases, student_copy

    cases = {f"{n:02}_{case.slug}.ipynb": case for n, case in enumerate(list_cases(), 1)}
    titles = {file: (case.text("title", "en"), case.text("title", "zh")) for file, case in cases.items()}
    folder = fill(options.folder, titles)
    for file, case in cases.items():
        if not (folder / "cases" / file).exists():
            student_copy(case.slug, folder / "cases" / file)
    print(f"The notebooks are in {folder}; JupyterLab stops with Ctrl-C.", flush=True)
    serve(
        folder, stock=options.stock, port=options.port, browser=not options.no_browser,
        root=options.allow_root,
    )  # fmt: skip
    return OK


def add(commands: argparse._SubParsersAction) -> None:
    """Add the command and its options."""
    command = commands.add_parser("lab", help="JupyterLab with copies of the notebooks, ready at once")
    command.add_argument(
        "folder", type=Path, nargs="?", default=FOLDER, metavar="FOLDER",
        help=f"where the copies are kept; nothing there is overwritten (default: {FOLDER})",
    )  # fmt: skip
    command.add_argument("--port", type=int, help="8888 by default; the next free one where it is taken")
    command.add_argument("--no-browser", action="store_true", help="print the address, open nothing")
    command.add_argument("--allow-root", action="store_true", help="run as root, in a container for example")
    command.add_argument("--stock", action="store_true", help="start notebooks' kernels as Jupyter does")
    command.set_defaults(run=run)
