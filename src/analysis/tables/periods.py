"""Calendar periods: months, quarters and years as sortable text ("2021-03", "2021Q1", "2021")."""

from __future__ import annotations

import pandas as pd

FREQUENCIES = {"month": "M", "quarter": "Q", "year": "Y"}
ALL = "all"  # the period label of a measure over the whole time


def period_of(times: pd.Series, period: str = "month") -> pd.Series:
    """Return the period label of each time; missing times give missing labels.

    Parameters
    ----------
    times : Series of datetime64
    period : {"month", "quarter", "year"}
    """
    labels = times.dt.to_period(FREQUENCIES[period]).astype("str")
    return labels.where(times.notna(), None).astype("str")


def ordinal(labels: pd.Series, period: str = "month") -> pd.Series:
    """Return each period label as an Int64 count of periods since 1970, so that differences are steps."""
    known = pd.Series(labels).dropna().unique()
    numbers = {label: pd.Period(label, freq=FREQUENCIES[period]).ordinal for label in known}
    return pd.Series(labels).map(numbers).astype("Int64")


def label(number: int, period: str = "month") -> str:
    """Return the label of a period number: the inverse of `ordinal`."""
    return str(pd.Period(ordinal=int(number), freq=FREQUENCIES[period]))


def periods_between(first: str, last: str, period: str = "month") -> list[str]:
    """Return every period label from `first` to `last`, both included."""
    return [str(p) for p in pd.period_range(first, last, freq=FREQUENCIES[period])]
