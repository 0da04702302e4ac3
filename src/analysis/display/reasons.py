"""Why an effect cannot be estimated, in the reader's language."""

from __future__ import annotations

import re
from functools import cache

from analysis.display.text import Text
from analysis.effects.results.estimate import STATUS

COUNTED = re.compile(r"(.+) \((\d+)\)")  # "no untreated units to compare with (12)"


def reason_text(reason: str, text: Text) -> str:
    """Return what an EstimationError says of the data, in the language of `text`.

    A sentence that the catalogue does not know stays as it is: better in English than not said.

    Parameters
    ----------
    reason : str
        The `what` of the error.
    text : Text
    """
    if text.language == "en":
        return reason
    for name, pattern in _patterns():
        if found := pattern.fullmatch(reason):
            values = {key: _word(value, text) for key, value in found.groupdict().items()}
            return text(f"effect_reason.{name}", **values)
    return reason


@cache
def _patterns() -> list[tuple[str, re.Pattern]]:
    """Return the English sentences as patterns, those without fields first."""
    known = Text("en").names("effect_reason")
    found = [(name, re.compile(re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>.+?)", re.escape(said))))
             for name, said in known.items()]  # fmt: skip
    return sorted(found, key=lambda pair: pair[1].groups)


def _word(value: str, text: Text) -> str:
    """Return what stands in a field: a column's part in the estimation, or a list of reasons, translated."""
    words = {said: key for key, said in Text("en").names("effect_reason_word").items()}
    return text.named("effect_reason_word", words[value]) if value in words else _statuses(value, text)


def _statuses(value: str, text: Text) -> str:
    """Return a list of reasons of single cells ("a (3); b (5)") in the language of `text`."""
    codes = {said: code for code, said in STATUS.items()}
    parts = [COUNTED.fullmatch(part) for part in value.split("; ")]
    if not all(part and part[1] in codes for part in parts):
        return value
    return "；".join(f"{text.named('effect_status', codes[part[1]])}（{part[2]}）" for part in parts)
