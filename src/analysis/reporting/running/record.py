"""What happened and how things stand: a journal that only grows, a state that is always whole."""

from __future__ import annotations

import json
import time
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from analysis.errors import ReportError
from analysis.files import write_whole

VERSION = 1
PAUSE = 1.0  # seconds between two states on disk; the journal has every event at once


class Journal:
    """An append-only file with a line of JSON per event.

    Parameters
    ----------
    path : Path
    copy : Path, optional
        A second file that holds the events of this run only.
    run : str
        Name of the run, in every line.
    """

    def __init__(self, path: Path, run: str, copy: Path | None = None) -> None:
        self.run = run
        self._streams: list[IO[str]] = []
        for file, mode in ((path, "a"), (copy, "w")):
            if file is None:
                continue
            try:
                self._streams.append(open(file, mode, encoding="utf-8"))  # noqa: SIM115 (closed in close)
            except OSError as error:
                self.close()
                raise ReportError(
                    "The journal cannot be written.", where=str(file), value=error.strerror,
                    expected="a file in a folder in which you may write", mend="Choose another place.",
                ) from error  # fmt: skip

    def note(self, event: str, **details: object) -> None:
        """Write one event."""
        stamp = datetime.now(UTC).isoformat(timespec="milliseconds")
        line = json.dumps({"time": stamp, "run": self.run, "event": event, **details}, ensure_ascii=False)
        for stream in self._streams:
            stream.write(line + "\n")
            stream.flush()

    def close(self) -> None:
        """Close the files."""
        for stream in self._streams:
            with suppress(OSError):  # a full disk: what could be written is there
                stream.close()


class State:
    """What became of each report, in one file that is replaced as a whole.

    Parameters
    ----------
    path : Path
    """

    def __init__(self, path: Path) -> None:
        self.path, self._saved = path, 0.0
        self.content: dict = {"version": VERSION, "languages": [], "reports": {}, "index": {}}
        self.content |= _read(path)

    @property
    def reports(self) -> dict[str, dict]:
        """Name of a report ("D01.en") -> district, language, status, key, parts, outputs and more."""
        return self.content["reports"]

    def save(self, *, now: bool = False) -> None:
        """Write the file, at most once a second unless `now`."""
        if not now and time.monotonic() - self._saved < PAUSE:
            return
        write_whole(self.path, json.dumps(self.content, ensure_ascii=False, indent=1))
        self._saved = time.monotonic()


def _read(path: Path) -> dict:
    """Return an earlier state; an unreadable one counts as none: everything is then made again."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        return found if found["version"] == VERSION and isinstance(found["reports"], dict) else {}
    except (OSError, ValueError, KeyError, TypeError):
        return {}
