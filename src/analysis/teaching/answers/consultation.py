"""What the questions on consultation come to."""

from __future__ import annotations

import pandas as pd

from analysis.processes import agreement, consensus, divisive, matter_table, opinion_groups, representation
from analysis.teaching.answers import once

AWAY = "non_registered"


@once
def matters(study) -> pd.DataFrame:
    """Return the consultations with their steps and waits."""
    return matter_table(study).query("process == 'consultation'")


def still_open(study) -> int:
    return int(matters(study)["open"].sum())


def without_outcome(study) -> int:
    return int(matters(study)["outcome"].isna().sum())


def without_answer(study) -> int:
    return int(matters(study)["answered_at"].isna().sum())


@once
def _settled(study) -> pd.Series:
    return matters(study).query("settled")["completeness"].dropna()


def share_complete(study) -> float:
    return float((_settled(study) == 1).mean())


def mean_completeness(study) -> float:
    return float(_settled(study).mean())


def share_incomplete(study) -> float:
    return 1 - share_complete(study)


def _ratio(study, base: str, column: str = "ratio") -> float:
    rows = representation(study, "residency", base=base).query("place_id == 'all'")
    return float(rows.set_index("level").loc[AWAY, column])


def ratio_to_users(study) -> float:
    return _ratio(study, "people")


def ratio_to_residents(study) -> float:
    return _ratio(study, "places")


def share_of_participants(study) -> float:
    return _ratio(study, "places", "share_participants")


@once
def _agreed(study) -> pd.Series:
    return agreement(study.votes, study.options).set_index("option_id")["agreement"]


def most_agreed(study) -> list[str]:
    return _agreed(study).nlargest(3).index.tolist()


def least_agreed(study) -> list[str]:
    return _agreed(study).nsmallest(3).index.tolist()


@once
def camps(study):
    """Return the opinion groups."""
    return opinion_groups(study.votes, study.options, seed=1)


def _first(study) -> str:
    return _agreed(study).idxmax()


def division_of_first(study) -> float:
    rows = divisive(study.votes, camps(study), study.options).set_index("option_id")
    return float(rows.loc[_first(study), "division"])


def consensus_of_first(study) -> float:
    rows = consensus(study.votes, camps(study), study.options).set_index("option_id")
    return float(rows.loc[_first(study), "consensus"])


@once
def by_residency(study) -> pd.DataFrame:
    """Return the share who agree with each statement, by residency."""
    residency = study.people.set_index("person_id")["residency"]
    votes = study.votes.assign(
        residency=study.votes["person_id"].map(residency), agrees=study.votes["vote"] == 1
    )
    return votes.groupby(["option_id", "residency"])["agrees"].mean().unstack()


def _away(study) -> float:
    return float(study.places.set_index("place_id").loc["CITY", "share_nonregistered"])


def weighted_first(study) -> float:
    shares = by_residency(study).loc[_first(study)]
    return float((1 - _away(study)) * shares["registered"] + _away(study) * shares[AWAY])


def unweighted_first(study) -> float:
    return float(_agreed(study)[_first(study)])


def plain_mean_first(study) -> float:
    return float(by_residency(study).loc[_first(study)].mean())


def truth_table(truth: dict) -> pd.DataFrame:
    """Return who agrees with each statement: in each camp, and among all residents."""
    table = pd.DataFrame(truth["conversation"]["statements"])
    columns = {"option_id": "statement", "first_camp": "first camp", "second_camp": "second camp",
               "all_residents": "all residents"}  # fmt: skip
    return table.sort_values("all_residents", ascending=False).rename(columns=columns).round(3)
