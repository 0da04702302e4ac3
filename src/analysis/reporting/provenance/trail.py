"""What every table and figure was made from, noted while a section is written."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field

from analysis.display.html import MADE, Html

WRITERS = tuple(f"analysis.reporting.{name}" for name in ("sections", "citywide", "findings"))
WHOLE = re.compile(r'<(table|figure)\b[^>]*? data-source="(\d+)"[^>]*>(.*?)</\1>', re.DOTALL)
NUMBER = re.compile(r"<(?:caption|figcaption)>\D{0,12}?([\d.]*\d[a-z]?)")
THINGS = ("table", "figure")
MARK = re.compile(r' data-source="\d+"')


@dataclass
class Trail:
    """Uses of data, and tables and figures made, in the order in which they came, each with who asked.

    Who asked are the running functions that write the section, the outermost first.
    """

    events: list[tuple[str, str, tuple]] = field(default_factory=list)

    def note(self, kind: str, name: str) -> None:
        """Note one use ("measure" or "frame") or one thing made ("table" or "figure")."""
        self.events.append((kind, name, _writers()))

    def made(self, kind: str) -> str:
        """Note that a table or figure is made; return the mark it is to bear."""
        self.note(kind, "")
        return str(len(self.events) - 1)

    def source_of(self, mark: int) -> dict:
        """Return call, measures and frames of the thing with this mark.

        Measures are those which the function that made it, and those it called, used since they last made
        something; if these used nothing, before; if nothing at all, those of the functions above it.
        Frames are those of all of these, for functions hand them down.
        """
        kind, _, stack = self.events[mark]
        inner, since = stack[-1:], 0
        for at, (what, _, asked) in enumerate(self.events[:mark]):
            if what in THINGS and asked[-1:] == inner:
                since = at
        own = [(at, e) for at, e in enumerate(self.events[:mark]) if inner and inner[0] in e[2]]
        above = [e for e in self.events[:mark] if e[2] and e[2][-1] in stack[:-1]]
        fresh, all_own = [e for at, e in own if at >= since], [e for _, e in own]
        if not _uses(all_own):  # drawn from what was handed down: by the caller, or by what it called
            last = max((at for at, e in enumerate(self.events[:mark]) if e[0] in THINGS), default=0)
            above += [e for e in self.events[last:mark] if stack[-2:-1] and stack[-2] in e[2]]
        nearest = next((group for group in (fresh, all_own, above) if _uses(group)), [])
        frames = _named("frame", [*(fresh if _named("frame", fresh) else all_own), *above])
        call = [f"{frame.f_globals['__name__']}.{frame.f_code.co_name}" for frame in stack]
        return {"kind": kind, "call": call, "measures": _named("measure", nearest), "frames": frames}


def _uses(events: list[tuple]) -> bool:
    return any(what in ("measure", "frame") for what, _, _ in events)


def _named(kind: str, events: list[tuple]) -> list[str]:
    return sorted({name for what, name, _ in events if what == kind})


_TRAIL: ContextVar[Trail | None] = ContextVar("trail", default=None)


def used(kind: str, name: str) -> None:
    """Note that a measure or a frame of the city stage is used; nothing happens outside of a section."""
    trail = _TRAIL.get()
    if trail is not None:
        trail.note(kind, str(name))


@contextmanager
def following() -> Iterator[Trail]:
    """Note what is used and made in here."""
    trail = Trail()
    tokens = _TRAIL.set(trail), MADE.set(trail.made)
    try:
        yield trail
    finally:
        _TRAIL.reset(tokens[0])
        MADE.reset(tokens[1])


def _writers() -> tuple:
    frame, found = sys._getframe(3), []
    while frame is not None:
        if frame.f_globals.get("__name__", "").startswith(WRITERS) and not frame.f_code.co_name.startswith(
            "<"
        ):
            found.append(frame)
        frame = frame.f_back
    return tuple(found[::-1])


def with_sources(html: Html, trail: Trail) -> Html:
    """Return a numbered section with the sources of its tables and figures as JSON at its end.

    Parameters
    ----------
    html : Html
        With the marks that `Trail.made` gave.
    trail : Trail
    """
    sources = []
    for kind, mark, inner in WHOLE.findall(html):
        number = NUMBER.search(inner)
        source = trail.source_of(int(mark))
        if number:
            sources.append({"number": number.group(1)} | source | {"kind": kind})
    plain = MARK.sub("", html)
    return Html(plain + as_script("sources", sources)) if sources else Html(plain)


def as_script(name: str, content: object) -> Html:
    """Return data as a part of a page that is neither shown nor run."""
    text = json.dumps(content, separators=(",", ":"), sort_keys=True)
    for sign in "<>&":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return Html(f'<script type="application/json" class="{name}">{text}</script>')


class Watched(Mapping):
    """Frames of a city stage that note which of them a section uses.

    Parameters
    ----------
    plain : mapping of str to DataFrame
        The same frames, unwatched.
    """

    def __init__(self, plain: Mapping) -> None:
        self.plain = plain

    def __getitem__(self, name: str):
        used("frame", name)
        return self.plain[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.plain)

    def __len__(self) -> int:
        return len(self.plain)

    def __or__(self, other: Mapping) -> dict:
        return {**self.plain, **other}
