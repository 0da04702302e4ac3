"""Figures that all reports of a run share are drawn once, and kept beside the city stage."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from importlib.resources import files
from pathlib import Path

from analysis.display.figures import figure_png
from analysis.files import write_whole

FOLDER = "drawn"


def kept(city: Path | None, facts: object, draw: Callable[[], object]) -> bytes:
    """Return a figure as PNG, from the folder of the city stage if it was drawn there before.

    Parameters
    ----------
    city : Path, optional
        Folder of the city stage; without one, or where it cannot be written, everything is drawn anew.
    facts : object
        All that the figure depends on, as text; code and words of `analysis.display` are added here.
    draw : callable
        Returns the figure; the same for the same facts.
    """
    if city is None:
        return figure_png(draw())
    name = hashlib.sha256((_display() + str(facts)).encode()).hexdigest()[:32]
    path = Path(city) / FOLDER / f"{name}.png"
    if path.is_file():
        return path.read_bytes()
    drawn = figure_png(draw())
    with suppress(OSError):  # a folder that may only be read: the next report draws it again
        write_whole(path, drawn)
    return drawn


@cache
def _display() -> str:
    """Return a hash of the code and the words that a figure is drawn with."""
    found = hashlib.sha256()
    folder = files("analysis.display")
    for part in (folder, folder / "text"):
        for file in sorted(part.iterdir(), key=lambda entry: entry.name):
            if file.name.endswith((".py", ".toml")):
                found.update(file.read_bytes())
    return found.hexdigest()
