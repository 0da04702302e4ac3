"""The ledger of the funds keeps to its matters: money after the decision, payments after the budget."""

import pandas as pd
import pytest

from analysis.simulate import Truth, simulate_city
from analysis.simulate import calibration as known


@pytest.fixture(scope="module")
def entries(city):
    """Every entry with its matter and the times of the matter's steps."""
    times = city.frames["steps"].pivot_table(index="matter_id", columns="step", values="time", aggfunc="min")
    matters = city.frames["matters"].set_index("matter_id")[["process", "community_id", "amount", "outcome"]]
    matters = matters.rename(columns={"amount": "budget"})
    steps = times[["decided", "budgeted", "spent"]]
    return city.frames["ledger"].join(matters, on="matter_id").join(steps, on="matter_id")


def test_money_moves_only_for_projects_with_a_budget_and_after_it(entries):
    assert (entries["process"] == "fund").all()
    assert (entries["outcome"] == "adopted").all()
    income, spending = (entries[entries["side"] == side] for side in ("income", "spending"))
    assert (income["booked"] >= income["decided"].dt.normalize()).all()
    assert (spending["booked"] >= spending["budgeted"].dt.normalize()).all()
    done = spending[spending["spent"].notna()]
    assert (done["booked"] <= done["spent"]).all()
    assert (entries["published"] > entries["booked"]).where(entries["published"].notna(), True).all()
    assert entries["booked"].max() < pd.Timestamp("2024-01-01")


def test_sums_are_near_the_budget(entries):
    done = entries[entries["spent"] < pd.Timestamp("2023-11-01")]
    sums = done.groupby(["matter_id", "budget", "side"])["amount"].sum().unstack()
    ratio = sums.div(sums.index.get_level_values("budget"), axis=0)
    assert ratio["spending"].between(0.7, 1.25).all()
    assert ratio["income"].between(0.85, 1.35).all()
    assert 0.05 < (ratio["spending"] > 1).mean() < 0.5  # some projects cost more than was budgeted


def test_payers_and_payees_are_organisations_of_the_place(city, entries):
    known_orgs = city.frames["organisations"].set_index("org_id")
    named = entries[entries["org_id"].notna()]
    own = known_orgs.loc[named["org_id"], "community_id"]
    assert (own.isna().to_numpy() | (own.to_numpy() == named["community_id"].to_numpy())).all()
    assert (entries["org_id"].isna() == (entries["category"] == "residents")).all()
    assert set(entries["category"]) == set(known.FUND_PAYERS) | set(known.FUND_USES)


def test_the_consultation_reform_speeds_up_publication():
    lag = {}
    for processes in (True, False):
        truth = Truth(processes=processes)
        city = simulate_city(4, 20, 60, 3, tables=["ledger", "matters", "reforms"], truth=truth)
        ledger = city.frames["ledger"]
        lag[processes] = (ledger["published"] - ledger["booked"]).dt.days.mean()
    assert lag[True] < lag[False] - 3


def test_a_city_without_projects_has_an_empty_ledger():
    city = simulate_city(1, 1, 12, 1, tables=["ledger", "matters"])
    assert not (city.frames["matters"]["process"] == "fund").any()
    assert len(city.frames["ledger"]) == 0
