"""Rows about people: how easily they could be found again, and what may be handed out of them."""

from __future__ import annotations

import pandas as pd

from analysis.errors import ReportError, StudyError
from analysis.privacy import generalise, linkage_risk
from analysis.privacy.generalise import KEPT, Generalised

KEYS = ("age_band", "sex", "residency", "role", "unit_id", "community_id")


def placed_people(study) -> pd.DataFrame:
    """Return the people of a study with street_id and district_id.

    Raises
    ------
    StudyError
        The study has no people.
    """
    if not study.has("people"):
        raise StudyError(
            "The study has no people.", where="people", expected="the table people",
            mend="Export the panel with --public.",
        )  # fmt: skip
    levels = study.tree.table[["street_id", "district_id"]]
    return study.people.join(levels, on="community_id")


def risk_of(study, *, k: int = 5) -> pd.DataFrame:
    """Return `linkage_risk` of a study's people by age, sex, residency, role, unit and community.

    Columns that hold nothing are no keys.
    """
    people = placed_people(study)
    keys = [key for key in KEYS if people[key].notna().any()]
    return linkage_risk(people, keys, k=k)


def public_people(study, *, k: int = 5, coarser: bool = False) -> Generalised:
    """Return rows about people that may be handed out.

    Parameters
    ----------
    study : Study
    k : int
        Nobody can be told from fewer than k people by what the rows say.
    coarser : bool
        Make them coarser, and leave people out, as far as that takes.

    Raises
    ------
    ReportError
        People are in classes of fewer than k, and `coarser` is not set.
    """
    people = placed_people(study)
    risk = risk_of(study, k=k).iloc[0]
    if risk["below"] and not coarser:
        raise ReportError(
            f"{risk['below']:,} of {risk['people']:,} people are in classes of fewer than {k} people alike.",
            where="people: " + ", ".join(KEYS), value=f"{risk['unique']:,} are alone in their class",
            expected=f"classes of {k} people or more",
            mend="Add --generalise: rows are made coarser, and who still stands out is left out.",
        )  # fmt: skip
    columns = [name for name in KEPT if people[name].notna().any()]
    return generalise(people[columns], k=k)
