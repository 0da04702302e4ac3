"""What the questions on a whole district come to."""

from __future__ import annotations

import pandas as pd

from analysis.burden import burden_measures, hours_freed
from analysis.effects import att_gt, district_effects
from analysis.index import composite_index, index_table, rank_uncertainty, read_index
from analysis.networks import TieRule, build_ties, indicators
from analysis.panel import build_panel
from analysis.processes import process_measures
from analysis.teaching.answers import once

DISTRICT, DRAWS = "D02", 200
KEYS = {"unit": "place_id", "time": "time", "cohort": "cohort_consultation"}


@once
def index_parts(study) -> tuple:
    """Return the table of indicators by district, their standard errors, and the index."""
    spec = read_index()
    ties = build_ties(study.interactions, TieRule(period=study.period), tree=study.tree, people=study.people)
    names = [name.removeprefix("network_") for name in spec.columns if name.startswith("network_")]
    measures = [process_measures(study), burden_measures(study), indicators(ties, study.people, names=names)]
    table = index_table(measures, places=study.districts)
    errors = index_table(measures, places=study.districts, value="std_error")
    return table, errors, spec.fit(table)[0]


@once
def _scores(study) -> pd.Series:
    table, _, spec = index_parts(study)
    return composite_index(table, spec).table.set_index("place_id")["score"]


def rank(study) -> float:
    return float(_scores(study).rank(ascending=False)[DISTRICT])


def rank_from_below(study) -> float:
    return float(_scores(study).rank()[DISTRICT])


@once
def ranks(study):
    """Return the index computed again under other choices."""
    table, errors, spec = index_parts(study)
    return rank_uncertainty(table, spec, std_error=errors, draws=DRAWS, seed=1)


def certain_pairs(study) -> int:
    return int(ranks(study).pairs["certain"].sum())


def uncertain_pairs(study) -> int:
    return int((~ranks(study).pairs["certain"]).sum())


def main_driver(study) -> list[str]:
    return [ranks(study).drivers.set_index("factor")["total"].idxmax()]


def main_first_order(study) -> list[str]:
    return [ranks(study).drivers.set_index("factor")["first_order"].idxmax()]


@once
def panel(study) -> pd.DataFrame:
    """Return the panel of communities and months."""
    return build_panel(study)


@once
def _districts(study) -> pd.DataFrame:
    return district_effects(panel(study), "trust", district="district_id", **KEYS).table.set_index("term")


def _district(study, column: str) -> float:
    return float(_districts(study).loc[f"district_id={DISTRICT}", column])


def raw_effect(study) -> float:
    return _district(study, "raw")


def shrunk_effect(study) -> float:
    return _district(study, "estimate")


def detectable(study) -> float:
    return _district(study, "detectable")


def overall_of_districts(study) -> float:
    return float(_districts(study).loc["overall", "estimate"])


@once
def city_effect(study) -> float:
    """Return the effect over all treated communities and months."""
    effects = att_gt(panel(study), "trust", **KEYS, n_boot=0)
    return float(effects.aggregate("overall").table["estimate"].iloc[-1])


def by_cohort(study) -> float:
    table = att_gt(panel(study), "trust", **KEYS, n_boot=0).aggregate("cohort").table
    return float(table.set_index("term").loc["overall", "estimate"])


@once
def _freed(study) -> pd.Series:
    return hours_freed(study).set_index("place_id").loc[DISTRICT]


def freed(study) -> float:
    return float(_freed(study)["freed"])


def hours_after(study) -> float:
    return float(_freed(study)["duty_hours_after"])


def service_change(study) -> float:
    return float(_freed(study)["service_change"])


def truth_table(truth: dict) -> pd.DataFrame:
    """Return the true effect of consultation on trust by district, over treated months."""
    effects = truth["reforms"]["consultation"]["effects"]["trust"]
    rows = [*effects["att_by_district"].items(), ("all", effects["att_overall"])]
    return pd.DataFrame(rows, columns=["district", "true effect on trust (points)"])
