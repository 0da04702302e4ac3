"""What a figure shows, in words: made from the numbers it is drawn from, for those who cannot see it."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from analysis.display.numbers import format_number
from analysis.display.text import Text


def course_words(text: Text, name: str, values: pd.Series, kind: str) -> str:
    """Return a course over time in words: first, last, lowest and highest value, and when.

    Parameters
    ----------
    text : Text
    name : str
        What is measured, in the language of `text`.
    values : Series
        By period label, in order; missing values are passed over.
    kind : str
        As `format_number` takes it.
    """
    known = values.dropna()
    if not len(known):
        return text("picture.unknown", name=name)
    when = {"start": text.period(known.index[0]), "end": text.period(known.index[-1])}
    first = format_number(known.iloc[0], kind)
    if known.min() == known.max():
        return text("picture.steady", name=name, first=first, **when)
    return text(
        "picture.course", name=name, first=first, last=format_number(known.iloc[-1], kind),
        low=format_number(known.min(), kind), low_at=text.period(known.idxmin()),
        high=format_number(known.max(), kind), high_at=text.period(known.idxmax()), **when,
    )  # fmt: skip


def against_words(text: Text, here: pd.Series, others: pd.DataFrame, kind: str) -> str:
    """Return how often a course lies above and below the median of the others, and how it ends.

    Parameters
    ----------
    here : Series
        By period label.
    others : DataFrame
        One column per other place, rows as in `here`.
    """
    middle = others.median(axis=1) if others.shape[1] else pd.Series(index=here.index, dtype=float)
    both = here.notna() & middle.notna()
    if not both.any():
        return ""
    here, middle = here[both], middle[both]
    return text(
        "picture.against", above=int((here > middle).sum()), below=int((here < middle).sum()), all=len(here),
        at_end=format_number(here.iloc[-1], kind), median=format_number(middle.iloc[-1], kind),
    )  # fmt: skip


def joined(text: Text, *parts: str) -> str:
    """Return sentences one after the other, as the language sets them."""
    return ("" if text.language == "zh" else " ").join(part for part in parts if part)


def named_value(text: Text, name: object, value: object) -> str:
    """Return a name with its value."""
    return text("word.pair", first=name, second=value)


def listed(text: Text, items: Iterable[str]) -> str:
    """Return items of an alt text one after the other."""
    return ("；" if text.language == "zh" else "; ").join(items)
