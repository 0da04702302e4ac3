"""What the questions on pilot counties come to."""

from __future__ import annotations

import pandas as pd

from analysis.effects import att_gt, event_study, matched_before_after, pretrend_test, sensitivity, twfe
from analysis.panel import build_panel
from analysis.teaching.answers import once

KEYS = {"unit": "district_id", "time": "quarter", "cohort": "cohort"}
WINDOW = {"window": (-4, 3), "target": "average"}
FIRST, BEFORE, LAST = "2021Q1", "2021Q4", "2023Q4"  # first quarter, the last without pilots, the last one


@once
def county(study) -> pd.DataFrame:
    """Return satisfaction by county and quarter."""
    panel = build_panel(study)
    panel = panel.assign(quarter=pd.PeriodIndex(panel["period"], freq="M").asfreq("Q").astype(str))
    table = panel.groupby(["district_id", "quarter"], as_index=False)["satisfaction"].mean()
    starts = study.reforms.set_index("place_id")["start"].dt.to_period("Q").astype(str)
    return table.assign(cohort=table["district_id"].map(starts))


def _counties(study) -> pd.Series:
    return county(study).drop_duplicates("district_id")["cohort"]


def never(study) -> int:
    return int(_counties(study).isna().sum())


def pilots(study) -> int:
    return int(_counties(study).notna().sum())


def never_rows(study) -> int:
    return int(county(study)["cohort"].isna().sum())


def _means(study, quarter: str) -> pd.Series:
    table = county(study)
    table = table[table["quarter"] == quarter]
    return table.groupby(table["cohort"].notna())["satisfaction"].mean()


def _gap(study, quarter: str) -> float:
    means = _means(study, quarter)
    return means[True] - means[False]


def last_gap(study) -> float:
    return _gap(study, LAST)


def gap_of_all_quarters(study) -> float:
    table = county(study)
    means = table.groupby(table["cohort"].notna())["satisfaction"].mean()
    return means[True] - means[False]


def early_rise(study) -> float:
    return _gap(study, BEFORE) - _gap(study, FIRST)


def rise_of_pilots(study) -> float:
    return _means(study, BEFORE)[True] - _means(study, FIRST)[True]


@once
def did(study) -> float:
    effects = att_gt(
        county(study),
        "satisfaction",
        **KEYS,
        control_group="never_treated",
        base_period="universal",
        n_boot=0,
    )
    return effects.aggregate("overall").table["estimate"].iloc[0]


@once
def did_by_default(study) -> float:
    effects = att_gt(county(study), "satisfaction", **KEYS, n_boot=0)
    return effects.aggregate("overall").table["estimate"].iloc[0]


def two_way(study) -> float:
    table = county(study)
    table = table.assign(treated=(table["quarter"] >= table["cohort"].fillna("9999")).astype(float))
    estimate = twfe(table, "satisfaction", unit="district_id", time="quarter", treatment="treated")
    return estimate.table["estimate"].iloc[0]


@once
def _course(study):
    return event_study(county(study), "satisfaction", **KEYS)


@once
def _test(study) -> pd.DataFrame:
    return pretrend_test(_course(study), **WINDOW).table.set_index("power")


def p_value(study) -> float:
    return _test(study)["p_value"].iloc[0]


def slope_found(study) -> float:
    return _test(study).loc[0.8, "slope"]


def slope_half_found(study) -> float:
    return _test(study).loc[0.5, "slope"]


@once
def breakdown(study) -> float:
    return sensitivity(_course(study), **WINDOW).table["breakdown"].iloc[0]


@once
def _matched(study) -> pd.Series:
    table = matched_before_after(county(study), "satisfaction", **KEYS, before=4, after=4).table
    return table.set_index("term")["estimate"]


def matched(study) -> float:
    return _matched(study)["overall"]


def matched_at_start(study) -> float:
    return _matched(study)["event_time=0"]


def truth_table(truth: dict) -> pd.DataFrame:
    """Return the counties' mean trends and the pilots' effect."""
    trends, starts = pd.Series(truth["trends"]), pd.Series(truth["starts"])
    rows = [
        (f"own trend, pilots of {month[:4]} (points a quarter)", trends[starts.index[starts == month]].mean())
        for month in sorted(starts.unique())
    ]
    rows.append(
        ("own trend, never pilots (points a quarter)", trends[~trends.index.isin(starts.index)].mean())
    )
    rows.append(("effect of being a pilot (points)", truth["effect"]))
    return pd.DataFrame(rows, columns=["truth", "value"])
