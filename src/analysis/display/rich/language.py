"""The language in which results show themselves in a notebook."""

from __future__ import annotations

from analysis.display.text import Text

_SPOKEN = ["en"]


def speak(language: str) -> None:
    """Choose the language in which results show themselves from now on.

    Parameters
    ----------
    language : {"en", "zh"}

    Raises
    ------
    ReportError
        The language has no texts.
    """
    _SPOKEN[0] = Text(language).language


def words() -> Text:
    """Return the texts of the language chosen."""
    return Text(_SPOKEN[0])
