"""What the questions on whistle and report come to."""

from __future__ import annotations

import pandas as pd

from analysis.effects import time_to_answer
from analysis.processes import compare_waits, matter_table
from analysis.teaching.answers import once

BEGIN = "2020-10-01"
HALF_YEAR = 180  # days


@once
def requests(study) -> pd.DataFrame:
    """Return the requests with waits: hard, raised after the start, in a community that joined."""
    table = matter_table(study)
    joined = set(study.reforms["place_id"])
    return table.assign(
        hard=table["escalated"].notna(),
        after=(table["opened"] >= BEGIN).astype(int),
        joined=table["community_id"].isin(joined).astype(int),
        answered_yet=table["days_to_answer"].notna().astype(int),
    ).assign(
        both=lambda t: t["after"] * t["joined"], when=lambda t: t["after"].map({0: "before", 1: "after"})
    )


@once
def hard(study) -> pd.DataFrame:
    """Return the requests that called a department."""
    return requests(study).query("hard")


def open_hard(study) -> int:
    return int(hard(study)["open"].sum())


def open_all(study) -> int:
    return int(requests(study)["open"].sum())


def _closed(study, rows: str) -> pd.Series:
    return hard(study).query(rows).groupby("after")["days_to_answer"].mean()


def fall_of_closed(study) -> float:
    means = _closed(study, "joined == 1")
    return 1 - means[1] / means[0]


def days_of_closed(study) -> float:
    means = _closed(study, "joined == 1")
    return means[0] - means[1]


def fall_without(study) -> float:
    means = _closed(study, "joined == 0")
    return 1 - means[1] / means[0]


def days_without(study) -> float:
    means = _closed(study, "joined == 0")
    return means[0] - means[1]


@once
def _waits(study) -> pd.DataFrame:
    return compare_waits(hard(study).query("joined == 1"), by="when", reference="before").set_index("group")


def median_after(study) -> float:
    return float(_waits(study).loc["after", "median_days"])


def median_before(study) -> float:
    return float(_waits(study).loc["before", "median_days"])


def median_of_closed(study) -> float:
    return float(hard(study).query("joined == 1 and after == 1")["days_to_answer"].median())


def _row(table: pd.DataFrame, term: str, **options) -> pd.Series:
    names = [term] if isinstance(term, str) else list(term)
    result = time_to_answer(
        table, duration="days_observed", event="answered_yet", covariates=names, **options
    )
    return result.table.set_index("term").loc[names[-1]]


@once
def _alone(study) -> pd.Series:
    return _row(hard(study).query("after == 1"), "joined")


@once
def _clustered(study) -> pd.Series:
    return _row(hard(study).query("after == 1"), "joined", cluster="community_id")


def error_alone(study) -> float:
    return float(_alone(study)["std_error"])


def error_clustered(study) -> float:
    return float(_clustered(study)["std_error"])


def ratio_alone(study) -> float:
    return float(_alone(study)["ratio"])


@once
def _within(study) -> pd.Series:
    return _row(hard(study), ("joined", "after", "both"), cluster="community_id", model="weibull")


def time_ratio(study) -> float:
    return float(_within(study)["ratio"])


def log_time_ratio(study) -> float:
    return float(_within(study)["estimate"])


@once
def _within_rate(study) -> float:
    return float(_row(hard(study), ("joined", "after", "both"), cluster="community_id")["ratio"])


def rate_ratio(study) -> float:
    return _within_rate(study)


@once
def escalated_ratio(study) -> float:
    """Return the rate at which requests that called a department are answered, against the others."""
    table = requests(study).assign(called=requests(study)["hard"].map({True: "called", False: "alone"}))
    waits = compare_waits(table, by="called", reference="alone").set_index("group")
    return float(waits.loc["called", "ratio"])


def truth_table(truth: dict) -> pd.DataFrame:
    """Return what the waits were drawn with."""
    drawn = truth["requests"]
    rows = [
        ("waits of requests that call a department: times", drawn["time_ratio"]),
        ("rate at which they are answered: times", round(drawn["rate_ratio"], 2)),
        ("median days without the reform, community alone", drawn["median_days"][0]),
        ("median days without the reform, department called", drawn["median_days"][1]),
        ("standard deviation between communities, log days", drawn["sd_between_communities"]),
    ]
    return pd.DataFrame(rows, columns=["what", "value"])
