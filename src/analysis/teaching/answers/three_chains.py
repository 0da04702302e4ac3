"""What the questions on the three chains come to."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.networks import alliances, curveball, describe_kinds, memberships
from analysis.teaching.answers import once

DRAWS, FIRST, ASSEMBLY = 40, "development", "ASSEMBLY"


@once
def joined(study) -> pd.DataFrame:
    """Return who took part in which joint matter of which chain."""
    table = memberships(study.steps, study.matters, study.organisations, people=study.people)
    chain = study.matters.set_index("matter_id")["category"]
    return table.assign(
        chain=table["affiliation_id"].map(chain), assembly=table["affiliation_id"].str.endswith(ASSEMBLY)
    )


def _chain(study, name: str, assembly: bool = True) -> pd.DataFrame:
    rows = joined(study)[joined(study)["chain"] == name]
    return rows if assembly else rows[~rows["assembly"]]


def actors_in_service(study) -> int:
    return _chain(study, "service")["actor_id"].nunique()


def seats_in_service(study) -> int:
    return len(_chain(study, "service"))


def organisations_in_service(study) -> int:
    rows = _chain(study, "service")
    return rows.loc[rows["actor_kind"] != "social_worker", "actor_id"].nunique()


def _closed(actor: np.ndarray, matter: np.ndarray) -> float:
    """Return the share of paths of two ties that are closed by a third."""
    seats = np.zeros((actor.max() + 1, matter.max() + 1))
    seats[actor, matter] = 1
    ties = (seats @ seats.T > 0).astype(float)
    np.fill_diagonal(ties, 0)
    two = ties @ ties
    return float(np.trace(ties @ two) / (two.sum() - np.trace(two)))


def _observed(rows: pd.DataFrame) -> float:
    return _closed(pd.factorize(rows["actor_id"])[0], pd.factorize(rows["affiliation_id"])[0])


def _null(rows: pd.DataFrame) -> np.ndarray:
    actor, matter = (pd.factorize(rows[name])[0] for name in ("actor_id", "affiliation_id"))
    return np.array([_closed(*curveball(actor, matter, seed=seed)) for seed in range(DRAWS)])


def transitivity(study) -> float:
    return _observed(_chain(study, FIRST))


def density(study) -> float:
    n = _chain(study, FIRST)["actor_id"].nunique()
    return len(alliances(_chain(study, FIRST))) / (n * (n - 1) / 2)


def pairs_of_assembly(study) -> float:
    return 1 - len(alliances(_chain(study, FIRST, assembly=False))) / len(alliances(_chain(study, FIRST)))


def pairs_without_assembly(study) -> float:
    return 1 - pairs_of_assembly(study)


def weight_of_assembly(study) -> float:
    all_pairs = alliances(_chain(study, FIRST))["weight"].sum()
    return float(1 - alliances(_chain(study, FIRST, assembly=False))["weight"].sum() / all_pairs)


@once
def null_transitivity(study) -> float:
    return float(_null(_chain(study, FIRST)).mean())


@once
def excess(study) -> pd.DataFrame:
    """Return transitivity without assemblies by chain, and how far above chance it lies."""
    rows = {}
    for name in joined(study)["chain"].unique():
        chain = _chain(study, name, assembly=False)
        observed, null = _observed(chain), _null(chain)
        rows[name] = (observed, null.mean(), (observed - null.mean()) / null.std())
    return pd.DataFrame(rows, index=["observed", "null", "z"]).T


def tightest(study) -> list[str]:
    return [excess(study)["z"].idxmax()]


def highest_figure(study) -> list[str]:
    return [excess(study)["observed"].idxmax()]


@once
def _kinds(study) -> pd.DataFrame:
    return describe_kinds(joined(study)).set_index("kind")


def brokers(study) -> list[str]:
    return [_kinds(study)["brokerage"].idxmax()]


def most_partners(study) -> list[str]:
    return [_kinds(study)["partners"].idxmax()]


def most_outside(study) -> list[str]:
    return [_kinds(study)["outside"].idxmax()]


def truth_table(truth: dict) -> pd.DataFrame:
    """Return how the seats of each chain were filled."""
    drawn = truth["chains"]
    rows = [
        (chain, number, drawn["loyalty"] if number else np.nan) for chain, number in drawn["circles"].items()
    ]
    return pd.DataFrame(rows, columns=["chain", "lasting circles", "weight of a circle's own members"])
