"""What the questions on the community fund come to."""

from __future__ import annotations

import pandas as pd

from analysis.effects import interrupted_series
from analysis.processes import fund_ledger, fund_measures, incident_series
from analysis.teaching.answers import once

STREET, PROJECT = "S1", "CAMERAS"
STARTS = ("2014-07", "2015-01", "2015-07", "2016-01", "2016-07")


def donated(study) -> float:
    return float(study.ledger.query("side == 'income'")["amount"].sum())


def balance(study) -> float:
    return donated(study) - float(study.ledger.query("side == 'spending'")["amount"].sum())


def remaining_of_donations(study) -> float:
    return donated(study) - float(fund_ledger(study).set_index("matter_id").loc[PROJECT, "spent"])


def _fund(study, measure: str) -> float:
    rows = fund_measures(study).query("period == 'all' and place_id == @STREET")
    return float(rows.set_index("measure").loc[measure, "value"])


def published(study) -> float:
    return _fund(study, "ledger_published_30")


def published_ever(study) -> float:
    return float(study.ledger["published"].notna().mean())


@once
def series(study) -> pd.DataFrame:
    """Return the months of the street with the fund."""
    return incident_series(study, "incidents", STREET, matter_id=PROJECT)


def start(study) -> str:
    return series(study).query("periods_since == 0")["period"].iloc[0]


def half_years(study) -> float:
    table = series(study)
    after = table.query("0 <= periods_since < 6")["value"].mean()
    return float(after - table.query("-6 <= periods_since < 0")["value"].mean())


def all_months(study) -> float:
    return float(series(study).groupby("after")["value"].mean().diff().iloc[-1])


def _level(table: pd.DataFrame, begin: str, order: int) -> pd.Series:
    line = interrupted_series(table, time="period", value="value", start=begin, order=order)
    return line.table.set_index("term").loc["level change"]


@once
def _independent(study) -> pd.Series:
    return _level(series(study), start(study), 0)


@once
def _persistent(study) -> pd.Series:
    return _level(series(study), start(study), 1)


def level_independent(study) -> float:
    return float(_independent(study)["estimate"])


def p_independent(study) -> float:
    return float(_independent(study)["p_value"])


def level_persistent(study) -> float:
    return float(_persistent(study)["estimate"])


def p_persistent(study) -> float:
    return float(_persistent(study)["p_value"])


@once
def others(study) -> pd.DataFrame:
    """Return the months of the six streets without a fund, a column each."""
    return study.outcomes.pivot(index="period", columns="place_id", values="value").drop(columns=STREET)


def carry_over(study) -> float:
    return float(others(study).apply(pd.Series.autocorr).mean())


def squared_carry_over(study) -> float:
    return float((others(study).apply(pd.Series.autocorr) ** 2).mean())


def _false_alarms(study, order: int) -> float:
    alarms = []
    for street in others(study):
        table = others(study)[street].rename("value").reset_index()
        alarms += [_level(table, begin, order)["p_value"] < 0.05 for begin in STARTS]
    return float(pd.Series(alarms).mean())


@once
def alarms_independent(study) -> float:
    return _false_alarms(study, 0)


@once
def alarms_persistent(study) -> float:
    return _false_alarms(study, 1)


@once
def _turns(study) -> pd.Series:
    before = others(study).rolling(6).mean().shift(1).loc["2015-04":"2015-12"]
    after = others(study).rolling(6).mean().shift(-5)
    return pd.Series({s: after.loc[before[s].idxmax(), s] - before[s].max() for s in before})


def turn_of_others(study) -> float:
    return float(_turns(study).mean())


def truth_table(truth: dict) -> pd.DataFrame:
    """Return what the incidents were drawn with."""
    drawn = truth["fund"]
    rows = [
        ("effect of the cameras (incidents a month)", drawn["effect"]),
        ("mean of every street (incidents a month)", drawn["mean"]),
        ("standard deviation of a month", drawn["sd"]),
        ("part of a month's deviation that carries over to the next", drawn["persistence"]),
    ]
    return pd.DataFrame(rows, columns=["what", "value"])
