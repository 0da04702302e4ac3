"""The words of init in one language, and how a proposal's lines say how sure they are."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib.resources import files

from analysis.intake.match import LIKELY, SURE, Match

SAID = 8  # values that are listed at most


def say(language: str, key: str, **fields: object) -> str:
    """Return a sentence of words.toml in "en" or "zh"."""
    return _words()[key][language].format(**fields)


def mark(confidence: float) -> str:
    """Return three stars for sure, two for likely, one for a guess."""
    return "***" if confidence >= SURE else "**" if confidence >= LIKELY else "*"


def reasons(match: Match, language: str) -> str:
    """Return why a column is taken to be ours."""
    said = say(language, match.reason)
    if match.share is not None:
        said += ("，" if language == "zh" else ", ") + say(language, "share", share=f"{match.share:.0%}")
    return said


def listed(items: list[str], language: str) -> str:
    """Return the first few items, and how many more there are."""
    joined = ("、" if language == "zh" else ", ").join(items[:SAID])
    return joined + (f" … +{len(items) - SAID:,}" if len(items) > SAID else "")


@cache
def _words() -> dict:
    return tomllib.loads(files(__package__).joinpath("words.toml").read_text(encoding="utf-8"))["init"]
