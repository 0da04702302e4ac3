"""How easily a person could be found again by what is known of her: classes of people who look alike."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from analysis.errors import AnalysisError

KEYS = ("age_band", "sex", "residency", "role", "unit_id")
LEAST = 5
COLUMNS = ["district_id", "people", "classes", "smallest", "median", "unique", "share_unique", "below",
           "share_below"]  # fmt: skip


def linkage_risk(
    people: pd.DataFrame, keys: Sequence[str] = KEYS, *, k: int = LEAST, district: str = "district_id"
) -> pd.DataFrame:
    """Return how many people could be told apart by `keys`, for every district and for all.

    Parameters
    ----------
    people : DataFrame
        A row per person.
    keys : sequence of str
        What somebody may know of a person from elsewhere (quasi-identifiers). People alike in all of them
        are a class. A missing value is a value of its own: it does not protect.
    k : int
        Size from which on a class counts as safe.
    district : str
        Column of the district; without it there is one row.

    Returns
    -------
    DataFrame
        district_id ("" for all together), people, classes (with at least one of its people), smallest and
        median size of the class a person is in, unique (people alone in their class), share_unique, below
        (people in classes of fewer than k), share_below. Classes are those of the whole table.

    Raises
    ------
    AnalysisError
        A key is no column, there is none, or k is below 2.

    Notes
    -----
    k-anonymity (Sweeney 2002, Int. J. Uncertainty Fuzziness 10(5)). It says how many people share what is
    known; it does not say what an attacker learns of a class whose people are alike in all else, and there is
    no sensitive value here for l-diversity to look at.
    """
    sizes = _sizes(people, keys, k)
    classes = people.groupby(list(keys), dropna=False, sort=False).ngroup()
    frame = pd.DataFrame({"size": sizes.to_numpy(), "class": classes.to_numpy()})
    parts = [("", frame)]
    if district in people.columns:
        named = people[district].astype("str").fillna("none").to_numpy()
        parts += [(str(name), rows) for name, rows in frame.groupby(named, sort=True)]
    return pd.DataFrame([_row(name, rows, k) for name, rows in parts], columns=COLUMNS)


def risk_classes(people: pd.DataFrame, keys: Sequence[str] = KEYS) -> pd.DataFrame:
    """Return the keys of every class of people who look alike and how many it holds, the smallest first."""
    _sizes(people, keys, LEAST)
    grouped = people.groupby(list(keys), dropna=False, sort=True).size()
    return grouped.rename("people").reset_index().sort_values("people", kind="stable", ignore_index=True)


def _sizes(people: pd.DataFrame, keys: Sequence[str], k: int) -> pd.Series:
    """Return the size of everybody's class."""
    lacking = [key for key in keys if key not in people.columns]
    if lacking or not len(keys):
        raise AnalysisError(
            "People cannot be compared by what the table does not hold.", where="linkage_risk keys",
            value=", ".join(lacking) or "no key", expected="one or more of " + ", ".join(people.columns),
            mend="Name columns of the table of people.",
        )  # fmt: skip
    if isinstance(k, bool) or not isinstance(k, int) or k < 2:
        raise AnalysisError(
            "The least size of a class is no such size.", where="linkage_risk k", value=k,
            expected="a whole number from 2 on", mend="Use k=5.",
        )  # fmt: skip
    return people.groupby(list(keys), dropna=False)[keys[0]].transform("size")


def _row(name: str, rows: pd.DataFrame, k: int) -> tuple:
    number = len(rows)
    unique, below = int((rows["size"] == 1).sum()), int((rows["size"] < k).sum())
    if not number:
        return (name, 0, 0, 0, float("nan"), 0, float("nan"), 0, float("nan"))
    return (name, number, rows["class"].nunique(), int(rows["size"].min()), float(rows["size"].median()),
            unique, unique / number, below, below / number)  # fmt: skip
