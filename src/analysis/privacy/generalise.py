"""Rows about people made coarser until nobody stands out, and what was done for it."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from analysis.errors import AnalysisError
from analysis.privacy.linkage import LEAST, linkage_risk

PLACES = ("community_id", "street_id", "district_id")
KEPT = ("age_band", "sex", "residency", "role", "unit_id", *PLACES)
BROAD_AGES = {"0-17": "0-17", "18-44": "18-59", "45-59": "18-59", "60-74": "60+", "75+": "60+"}
BROADER_AGES = {"0-17": "0-59", "18-59": "0-59", "60+": "60+"}
BROAD_ROLES = {"volunteer": "active", "party_member": "active", "social_worker": "active", "cadre": "active"}
AT_MOST = 0.05  # share of people who may be left out before the rows are made coarser still


@dataclass(frozen=True)
class Generalised:
    """People nobody can be told from among fewer than k.

    Attributes
    ----------
    people : DataFrame
        What is left of age_band, sex, residency, role and the place, sorted: the order says nothing.
    steps : tuple of str
        What was made coarser, in order, of unit, ages, roles, street, sex, district, two_ages, city.
    rows_in, left_out : int
        People in the study; people in classes of fewer than k, who are not in the table.
    k : int
    """

    people: pd.DataFrame
    steps: tuple[str, ...]
    rows_in: int
    left_out: int
    k: int


def generalise(people: pd.DataFrame, *, k: int = LEAST, at_most: float = AT_MOST) -> Generalised:
    """Make people coarser, step by step, until few are in classes of fewer than `k`, and leave these out.

    Parameters
    ----------
    people : DataFrame
        Any of age_band, sex, residency, role, unit_id, community_id, street_id, district_id. Other columns
        (person_id, joined) are never passed on.
    k : int
    at_most : float
        Share of people that may be left out; if it is more after the last step, they are left out too.

    Returns
    -------
    Generalised
        The steps are, in this order, as far as they are needed: without the unit; ages 0-17, 18-59 and 60+;
        roles resident and active; the street in place of the community; without the sex; the district in
        place of the street; ages 0-59 and 60+; without the district.

    Raises
    ------
    AnalysisError
        There is none of these columns, or k is below 2.
    """
    found = people[[name for name in KEPT if name in people.columns]].astype("str").fillna("unknown")
    if not found.shape[1]:
        raise AnalysisError(
            "The table of people holds nothing that could be handed out.", where="people",
            expected="one or more of " + ", ".join(KEPT), mend="Hand out the panel of communities instead.",
        )  # fmt: skip
    if "community_id" in found:
        found = found.drop(columns=[name for name in ("street_id", "district_id") if name in found])
    above = people[[name for name in ("street_id", "district_id") if name in people.columns]].astype("str")
    done = []
    for said, coarser in _steps(above.fillna("none")):
        if _share_below(found, k) <= at_most:
            break
        changed = coarser(found)
        if changed is not None and changed.shape[1]:
            found = changed
            done.append(said)
    sizes = found.groupby(list(found.columns))[found.columns[0]].transform("size")
    kept = found[sizes >= k].sort_values(list(found.columns), ignore_index=True)
    return Generalised(kept, tuple(done), len(people), len(found) - len(kept), k)


def _share_below(found: pd.DataFrame, k: int) -> float:
    share = linkage_risk(found, list(found.columns), k=k, district="")["share_below"].iloc[0]
    return 0.0 if share != share else share


def _steps(above: pd.DataFrame):
    def without(name):
        return lambda f: f.drop(columns=name) if name in f else None

    def words(name, map):
        return lambda f: f.assign(**{name: f[name].replace(map)}) if name in f else None

    def place(old, new):
        def coarser(f):
            if old not in f:
                return None
            f = f.drop(columns=old)
            return f.assign(**{new: above[new]}) if new in above else f

        return coarser

    yield "unit", without("unit_id")
    yield "ages", words("age_band", BROAD_AGES)
    yield "roles", words("role", BROAD_ROLES)
    yield "street", place("community_id", "street_id")
    yield "sex", without("sex")
    yield "district", place("street_id", "district_id")
    yield "two_ages", words("age_band", BROADER_AGES)
    yield "city", without("district_id")
