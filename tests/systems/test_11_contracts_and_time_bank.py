"""System 11, Guilin (桂林): co-building by contract, and a time bank.

On record: three lists and four steps of a contract (proposed, signed, performed, reviewed); a time bank;
six-party talks; at least 200,000 yuan a year and community for serving residents. Who gives time to whom,
and all dates, are made up.
"""

import pytest

from analysis import build_ties, indicators, process_measures
from analysis.networks import TieRule, describe_kinds, exchange_measures, memberships
from analysis.processes import bottlenecks, fund_measures

WINDOW = ("2019", "2020")
SIX = ["party_branch", "residents_committee", "owners_committee", "property_company", "social_organisation",
       "department"]  # fmt: skip
LIFE = ("proposed", "signed", "performed", "reviewed")
CONTRACTS = {  # days of the steps in 2019, as months
    "k1": ("01-01", "01-11", "02-10", "03-12"),
    "k2": ("01-01", "01-21", "04-01", None),
    "k3": ("01-01", "01-31", None, None),
    "k4": ("01-01", None, None, None),
}
HOURS = [("ann", "bo", 4), ("bo", "ann", 1), ("bo", "cy", 3), ("cy", "ann", 2), ("dee", "cy", 2)]


@pytest.fixture(scope="module")
def study(frame, hold):
    steps = [(k, step, f"2019-{day}") for k, days in CONTRACTS.items()
             for step, day in zip(LIFE, days, strict=True) if day]  # fmt: skip
    steps += [
        ("k5", "proposed", "2019-06-01"),
        ("k5", "signed", "2019-05-01"),
    ]  # signed before it was proposed
    talks = [("2019-02-01", "A", "meeting", kind, None, "talks", None) for kind in SIX]
    acts = [("2019-03-01", "A", "help", one, other, None, hours) for one, other, hours in HOURS]
    money = [(f"{c}{y}", f"service {c}", "income", 200_000.0, f"{y}-01-15")
             for c in "AB" for y in (2019, 2020)]  # fmt: skip
    return hold(
        WINDOW,
        period="year",
        places=frame(
            "place_id kind parent_id",
            [("D", "district", None), ("A", "community", "D"), ("B", "community", "D")],
        ),
        people=frame(
            "person_id community_id role", [(p, "A", "resident") for p in ("ann", "bo", "cy", "dee", "eve")]
        ),
        organisations=frame("org_id kind community_id", [(kind, kind, "A") for kind in SIX]),
        interactions=frame("time community_id kind source_id target_id gathering_id hours", acts + talks),
        matters=frame(
            "matter_id process community_id",
            [(k, "contract", "A") for k in (*CONTRACTS, "k5")] + [(f"service {c}", "fund", c) for c in "AB"],
        ),
        steps=frame("matter_id step time", steps),
        ledger=frame("entry_id matter_id side amount booked", money),
    )


def test_it_is_held(study, survives):
    survives(study)


def test_contract_life_cycle(study, cell):
    found = process_measures(study)
    at = {"place_id": "A", "period": "all"}
    assert cell(found, measure="contract_raised", **at) == 5
    taken = (4 + 3 + 2 + 1 + 2) / 4 / 5
    assert cell(found, measure="contract_completeness", **at) == pytest.approx(taken)
    assert cell(found, measure="contract_order_violations", **at) == 1 / 4  # k5; k4 has one step only
    assert cell(found, measure="contract_implemented", **at) == 2 / 4  # of those signed
    assert cell(found, measure="contract_answered", **at) == 1 / 5  # reviewed


def test_where_contracts_wait(study, cell):
    found = bottlenecks(study)
    rows = {"procedure": "contract life cycle"}
    # to the signature 10, 20, 30 days, and k4 waits; k5 is out of order
    assert cell(found, "median_days", step="proposed", **rows) == (20 + 30) / 2
    assert (
        cell(found, "out_of_order", step="signed", **rows) + cell(found, "waiting", step="signed", **rows)
        == 2
    )
    assert cell(found, "waiting", step="performed", **rows) == 1


def test_time_bank(study, cell):
    found = exchange_measures(study, kinds=("help",))
    at = {"place_id": "A", "period": "2019"}
    # given: ann 4, bo 4, cy 2, dee 2; received: ann 3, bo 4, cy 5
    expected = {"exchange_hours": 12, "exchange_people": 4, "exchange_both": 3 / 4,
                "exchange_covered": (3 + 4 + 2) / 12, "exchange_returned": 2 * 1 / 12}  # fmt: skip
    for measure, value in expected.items():
        assert cell(found, measure=measure, **at) == pytest.approx(value), measure
    rule = TieRule(period="all", layers=("help",))
    ties = build_ties(study.interactions, rule, tree=study.tree, people=study.people)
    network = indicators(ties, names=["reciprocity", "isolates_share"], levels="community", layers="help")
    assert cell(network, place_id="A", indicator="reciprocity") == pytest.approx(2 / 5)
    assert cell(network, place_id="A", indicator="isolates_share") == pytest.approx(1 / 5)


def test_six_party_talks(study, cell):
    joined = memberships(organisations=study.organisations, interactions=study.interactions)
    found = describe_kinds(joined, affiliation_kinds=["meeting"])
    assert len(found) == 6
    assert (found["partner_kinds"] == 5).all()
    assert cell(found, "brokerage", kind="owners_committee") == 0


def test_money_for_serving_residents(study, cell):
    found = fund_measures(study)
    for place in "AB":
        for year in ("2019", "2020"):
            assert cell(found, place_id=place, period=year, measure="ledger_income") >= 200_000
