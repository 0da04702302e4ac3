"""What the questions on burden reduction come to."""

from __future__ import annotations

import pandas as pd

from analysis.effects import att_gt, bacon, twfe
from analysis.panel import build_panel
from analysis.teaching.answers import once

COHORT = "cohort_burden_reduction"
KEYS = {"unit": "place_id", "time": "time", "cohort": COHORT}


@once
def panel(study) -> pd.DataFrame:
    """Return the panel with whether each community-month is treated."""
    table = build_panel(study)
    return table.assign(treated=(table["time"] >= table[COHORT]).astype(float))


def starting_months(study) -> int:
    return panel(study)[COHORT].nunique()


def communities(study) -> int:
    return panel(study)["place_id"].nunique()


def _duties(study) -> pd.Series:
    return panel(study).groupby("treated")["burden_duties"].mean()


def duties_cut(study) -> float:
    return _duties(study)[0] - _duties(study)[1]


def share_left(study) -> float:
    return _duties(study)[1] / _duties(study)[0]


def share_cut(study) -> float:
    return 1 - share_left(study)


def before_after(study) -> float:
    means = panel(study).groupby("treated")["satisfaction"].mean()
    return means[1] - means[0]


def _two_way(study) -> pd.Series:
    table = twfe(panel(study), "satisfaction", unit="place_id", time="time", treatment="treated").table
    return table.set_index("term").loc["treated"]


def two_way(study) -> float:
    return _two_way(study)["estimate"]


def two_way_error(study) -> float:
    return _two_way(study)["std_error"]


def _bacon(study, kind: str) -> pd.Series:
    return bacon(panel(study), "satisfaction", **KEYS).table.set_index("kind").loc[kind]


def forbidden_weight(study) -> float:
    return _bacon(study, "later_vs_earlier")["weight"]


def forbidden_estimate(study) -> float:
    return _bacon(study, "later_vs_earlier")["estimate"]


def clean_weight(study) -> float:
    return _bacon(study, "earlier_vs_later")["weight"]


def _aggregate(study, kind: str) -> float:
    effects = att_gt(panel(study), "satisfaction", **KEYS, n_boot=0)
    return effects.aggregate(kind).table.set_index("term").loc["overall", "estimate"]


def group_time_overall(study) -> float:
    return _aggregate(study, "overall")


def by_cohort(study) -> float:
    return _aggregate(study, "cohort")


def truth_table(truth: dict) -> pd.DataFrame:
    """Return the true effect on satisfaction: over all treated months, and by months since the start."""
    effects = truth["reforms"]["burden_reduction"]["effects"]["satisfaction"]
    rows = [("all", effects["att_overall"])]
    rows += [(month, value) for month, value in effects["att_by_event_time"].items() if int(month) % 3 == 0]
    return pd.DataFrame(rows, columns=["months since the start", "true effect (points)"])
