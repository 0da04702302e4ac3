"""What the questions on the three links come to."""

from __future__ import annotations

import pandas as pd

from analysis.processes import best_matching, end_of, listing_table
from analysis.teaching.answers import once

PATIENT = 60  # days


@once
def needs(study) -> pd.DataFrame:
    """Return the needs with what became of them."""
    return listing_table(study).query("side == 'need'")


def share_closed(study) -> float:
    return float(needs(study)["closed"].notna().mean())


def share_met(study) -> float:
    return float(needs(study)["matched"].mean())


def share_naming(study) -> float:
    return float(study.listings.query("side == 'need'")["matched_id"].notna().mean())


def share_not_met(study) -> float:
    return 1 - share_met(study)


def change_within_60_days(study) -> float:
    old = needs(study)
    old = old[old["opened"] <= end_of(study) - pd.Timedelta(days=PATIENT)]
    prompt = old["matched"] & (old["days"] <= PATIENT)
    means = prompt.groupby(old["opened"].dt.year).mean()
    return float(means.iloc[1] - means.iloc[0])


def change_as_is(study) -> float:
    means = needs(study).groupby(needs(study)["opened"].dt.year)["matched"].mean()
    return float(means.iloc[1] - means.iloc[0])


@once
def _by_kind(study) -> pd.DataFrame:
    return needs(study).groupby("category")["matched"].agg(["size", "sum", "mean"])


def least_met(study) -> list[str]:
    return [_by_kind(study)["mean"].idxmin()]


def most_unmet(study) -> list[str]:
    return [(_by_kind(study)["size"] - _by_kind(study)["sum"]).idxmax()]


@once
def possible(study) -> pd.DataFrame:
    """Return what could have been matched in each district, all kinds together."""
    return best_matching(study, level="district").query("category == 'all'")


def gain_search(study) -> int:
    return int(possible(study)["gain_search"].sum())


def gain_best(study) -> int:
    return int(possible(study)["gain_best"].sum())


def pooled(study) -> int:
    return int(possible(study)["pooled"].sum())


def accepted(study) -> float:
    return float(possible(study)["happened"].sum() / possible(study)["pairwise"].sum())


def accepted_of_needs(study) -> float:
    return float(possible(study)["happened"].sum() / possible(study)["needs"].sum())


def accepted_of_best(study) -> float:
    return float(possible(study)["happened"].sum() / possible(study)["best"].sum())


def _aid(study) -> tuple[int, int]:
    aid = study.matters.query("process == 'aid'")
    return int((aid["outcome"] == "resolved").sum()), len(aid)


def aid_low(study) -> float:
    from statsmodels.stats.proportion import proportion_confint

    return float(proportion_confint(*_aid(study), method="wilson")[0])


def aid_share(study) -> float:
    helped, asked = _aid(study)
    return helped / asked


def aid_low_normal(study) -> float:
    from statsmodels.stats.proportion import proportion_confint

    return float(proportion_confint(*_aid(study), method="normal")[0])


def truth_table(truth: dict) -> pd.DataFrame:
    """Return what became of the needs, in numbers and shares."""
    drawn = truth["links"]
    rows = [
        ("needs listed", drawn["needs"]),
        ("met on the platform", drawn["met_on_platform"]),
        ("met elsewhere, entered as withdrawn", drawn["met_elsewhere"]),
        ("false claims on a resource that went to another", drawn["false_claims"]),
    ]
    table = pd.DataFrame(rows, columns=["what", "needs"])
    return table.assign(share=(table["needs"] / drawn["needs"]).round(3))
