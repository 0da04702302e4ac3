"""What the questions on the shared community come to."""

from __future__ import annotations

import pandas as pd

from analysis.networks import TieRule, build_ties, inclusion, indicators, null_test
from analysis.simulate import calibration as known
from analysis.teaching.answers import once

NAMES = ["support", "weak_ties_share", "bridging_residency"]


def gatherings(study) -> int:
    return study.interactions["gathering_id"].nunique()


def participations(study) -> int:
    return int(study.interactions["gathering_id"].notna().sum())


@once
def _table(study) -> pd.DataFrame:
    ties = build_ties(study.interactions, TieRule(period="month"), tree=study.tree, people=study.people)
    layers = ["dyadic", "gatherings"]
    return indicators(ties, study.people, names=NAMES, levels="district", layers=layers)


def _whole(study, name: str, layer: str) -> float:
    table = _table(study)
    row = table[(table["period"] == "all") & (table["layer"] == layer) & (table["indicator"] == name)]
    return row["value"].item()


def support_gap(study) -> float:
    return _whole(study, "support", "gatherings") - _whole(study, "support", "dyadic")


def support_of_gatherings(study) -> float:
    return _whole(study, "support", "gatherings")


def _null(study, null: str) -> pd.Series:
    table = null_test(
        study.interactions, study.people, null=null, names=["support"], tree=study.tree, level="district",
        n_null=99, seed=1,
    )  # fmt: skip
    return table.iloc[0]


@once
def shuffled_support(study) -> float:
    return _null(study, "curveball")["null_mean"]


@once
def _swapped(study) -> pd.Series:
    return _null(study, "swap")


def closure_above_chance(study) -> float:
    return _swapped(study)["value"] - _swapped(study)["null_mean"]


def closure_by_chance(study) -> float:
    return _swapped(study)["null_mean"]


def _monthly(study) -> float:
    table = _table(study)
    rows = table[(table["layer"] == "dyadic") & (table["indicator"] == "weak_ties_share")]
    return rows.loc[rows["period"] != "all", "value"].mean()


def thinner_in_a_month(study) -> float:
    return _monthly(study) - _whole(study, "weak_ties_share", "dyadic")


def thin_in_a_month(study) -> float:
    return _monthly(study)


def _newcomers(study) -> float:
    return (study.people["residency"] == "non_registered").mean()


def bridging_by_chance(study) -> float:
    p = _newcomers(study)
    return 2 * p * (1 - p)


def half_of_bridging(study) -> float:
    p = _newcomers(study)
    return p * (1 - p)


def bridging_of_the_population(study) -> float:
    places = study.places
    p = places.loc[places["kind"] == "district", "share_nonregistered"].iloc[0]
    return 2 * p * (1 - p)


@once
def _included(study) -> pd.DataFrame:
    table = inclusion(
        study.interactions, study.people, population=study.places, level="district", tree=study.tree
    )
    return table.set_index("measure")


def representation(study) -> float:
    return _included(study).loc["representation", "ratio"]


def active_ratio(study) -> float:
    return _included(study).loc["active", "ratio"]


def truth_table(truth: dict) -> pd.DataFrame:
    """Return how the network was drawn; the same in every synthetic city."""
    reach = known.TIE_REACH
    rows = [
        (
            "odds of a non-registered resident being a user, against a registered one",
            known.REACH_NONREGISTERED,
        ),
        ("odds of an elderly resident being a user, against a younger one", known.REACH_ELDERLY),
        ("share of first ties sought among people of one's own kind", _alike(reach)),
        ("ties closing a triangle in two rounds, as shares of the ties so far: first", known.CLOSURE[0]),
        ("the same: second", known.CLOSURE[1]),
        ("share of people at a gathering who came for its organiser", known.FOLLOW),
        ("share of acts along a mutual tie that are returned within days", known.RETURNED),
    ]
    return pd.DataFrame(rows, columns=["what was put in", "value"])


def _alike(reach: dict[str, float]) -> float:
    return sum(share for kind, share in reach.items() if kind.startswith("alike"))
