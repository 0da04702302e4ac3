"""The stages of the sections on needs and on funds."""

from __future__ import annotations

from contextlib import suppress

import pandas as pd

from analysis.errors import AnalysisError
from analysis.processes import best_matching, fund_ledger, one_sided, unmet
from analysis.reporting.stages.common import blank, district_of, of_districts
from analysis.tables.study import Study

EMPTY = {
    "needs": "district_id category needs met withdrawn open unmet nobody_offers",
    "matching": "district_id category needs resources happened happened_outside pairwise pooled best",
    "funds": "district_id community_id category process budget income spent remaining balance overspent "
    "entries published published_30 publication_days",
    "oversight": "district_id n reviewed published independent overseers kinds",
}


def need_frames(study: Study) -> dict[str, pd.DataFrame]:
    """Return needs (by kind) and matching (the best that was possible within the district)."""
    found = {name: blank(EMPTY[name]) for name in ("needs", "matching")}
    if not study.has("listings") or not study.periods:
        return found
    table = of_districts(study, unmet(study))
    alone = one_sided(study)
    alone = of_districts(study, alone[alone["kind"] == "nobody_offers"])
    lonely = set(zip(alone["district_id"], alone["category"], strict=True))
    pairs = zip(table["district_id"], table["category"], strict=True)
    found["needs"] = table.assign(nobody_offers=[pair in lonely for pair in pairs])
    with suppress(
        AnalysisError
    ):  # more possible pairs than can be compared: the section says nothing of them
        found["matching"] = of_districts(study, best_matching(study, level="district"))
    return {name: frame[EMPTY[name].split()] for name, frame in found.items()}


def fund_frames(study: Study) -> dict[str, pd.DataFrame]:
    """Return funds (one row per fund or project with an entry) and oversight, by district."""
    found = {name: blank(EMPTY[name]) for name in ("funds", "oversight")}
    if not study.has("matters") or not study.periods:
        return found
    if study.has("ledger"):
        table = fund_ledger(study)
        table = table.assign(district_id=district_of(study, table["community_id"]))
        found["funds"] = table.dropna(subset="district_id")[EMPTY["funds"].split()]
    if study.matters["process"].eq("fund").any() and study.has("steps", "organisations"):
        from analysis.networks.questions.organisations import fund_oversight

        matters = study.matters.assign(district_id=district_of(study, study.matters["community_id"]))
        matters = matters.dropna(subset="district_id")
        if matters["process"].eq("fund").any():
            table = fund_oversight(study.steps, matters, study.organisations, level="district_id")
            found["oversight"] = table[EMPTY["oversight"].split()] if len(table) else found["oversight"]
    return found
