"""Where things lie in the folder of a run."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Layout:
    """The folder of a run: what may be handed out lies apart from what may not.

    Parameters
    ----------
    root : Path
        The folder named by `--out`.
    """

    root: Path

    @property
    def public(self) -> Path:
        """Index, pages, PDF, Word files and data to download: one folder to copy to a web server."""
        return self.root / "public"

    @property
    def internal(self) -> Path:
        """What the run needs for itself: holds small cells, so it is not handed out."""
        return self.root / "internal"

    @property
    def city(self) -> Path:
        """The city stage as Parquet."""
        return self.internal / "city"

    @property
    def notebooks(self) -> Path:
        """The executed notebooks."""
        return self.internal / "notebooks"

    @property
    def journal(self) -> Path:
        """What happened, a line of JSON per event, only ever appended to."""
        return self.internal / "journal.jsonl"

    @property
    def state(self) -> Path:
        """What became of each report."""
        return self.internal / "state.json"

    @property
    def manifest(self) -> Path:
        """What was made from what, with which versions."""
        return self.internal / "manifest.json"
