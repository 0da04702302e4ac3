"""System 13, measures of a county: whistle and report, members who report at home, money for communities.

On record: whistle and report (街道吹哨、部门报到) from October 2020; in-service members report to their home
community and serve at least monthly; communities with over 20 members become general branches; 30,000 yuan
of office money and 100,000 yuan of public-benefit money per community and year; service rooms of at least
600 m2. Waits and acts are made up. Rooms are held as an outcome.
"""

import pandas as pd
import pytest

from analysis.networks import double_report
from analysis.outcomes import outcome_measures
from analysis.processes import compare_waits, fund_measures, process_measures

WINDOW = ("2020", "2021")
WAITS = {"housing": (1, 3), "water": (2, 4)}  # days to the answer, of calls that departments came to
ARRIVALS = {"housing": (0.5, 1), "water": (1, 2)}


@pytest.fixture(scope="module")
def study(frame, hold):
    calls = pd.Timestamp("2020-10-05")
    matters, steps = [], []
    for department, waits in WAITS.items():
        for k, days in enumerate(waits):
            name = f"{department}{k}"
            matters.append((name, "request", "A", department, "resolved"))
            steps += [(name, "raised", calls, None), (name, "escalated", calls, None),
                      (name, "arrived", calls + pd.Timedelta(days=ARRIVALS[department][k]), department),
                      (name, "answered", calls + pd.Timedelta(days=days), None)]  # fmt: skip
    matters.append(("local", "request", "A", None, "resolved"))
    steps += [("local", "raised", calls, None), ("local", "answered", calls + pd.Timedelta(days=9), None)]
    people = [(f"member{i}", "A", "party_member") for i in range(25)] + [("other", "B", "party_member")]
    acts = []
    for month in range(1, 13):
        acts += [(f"2021-{month:02}-10", "A", f"member{i}") for i in range(20)]  # every month at home
        acts += [(f"2021-{month:02}-11", "B", f"member{i}") for i in range(10)]  # and where they work
        if month % 2:
            acts += [(f"2021-{month:02}-10", "A", "member20")]  # six months of twelve
    money = [(f"{use}{c}{y}", f"{use}{c}", "income", amount, f"{y}-02-01") for c in "AB" for y in (2020, 2021)
             for use, amount in (("office", 30_000), ("benefit", 100_000))]  # fmt: skip
    matters += [(f"{use}{c}", "fund", c, use, None) for c in "AB" for use in ("office", "benefit")]
    return hold(
        WINDOW,
        period="year",
        places=frame(
            "place_id kind parent_id",
            [("D", "district", None), ("A", "community", "D"), ("B", "community", "D")],
        ),
        people=frame("person_id community_id role", people),
        organisations=frame("org_id kind", [(d, "department") for d in WAITS]),
        interactions=frame("time community_id source_id", acts).assign(
            kind="volunteering", gathering_id="service"
        ),
        matters=frame("matter_id process community_id category outcome", matters),
        steps=frame("matter_id step time actor_id", steps),
        ledger=frame("entry_id matter_id side amount booked", money),
        outcomes=frame(
            "place_id period measure value",
            [("A", "2021", "room_m2", 640.0), ("B", "2021", "room_m2", 580.0)],
        ),
        reforms=frame("place_id reform start", [("D", "whistle_and_report", "2020-10-01")]),
    )


def test_it_is_held(study, survives):
    survives(study)


def test_response_times(study, cell):
    found = process_measures(study)
    at = {"place_id": "A", "period": "2020"}
    assert cell(found, measure="request_escalated", **at) == 4 / 5
    assert cell(found, measure="request_escalated_resolved", **at) == 1
    assert cell(found, measure="request_days_to_arrival", **at) == 1  # 0.5, 1, 1, 2
    assert cell(found, measure="request_days_to_answer", **at) == 3  # 1, 2, 3, 4, 9
    assert cell(found, measure="request_mean_days_to_answer", **at) == pytest.approx((1 + 2 + 3 + 4 + 9) / 5)


def test_departments_compared(study, cell):
    found = compare_waits(study, by="category", process="request", reference="housing", cluster=None)
    assert cell(found, "median_days", group="housing") == (1 + 3) / 2
    # answered in turn: housing, water, housing, water; the partial likelihood is largest where
    # 4 t^2 + t - 1 = 0, t the ratio of the rates
    assert cell(found, "ratio", group="water") == pytest.approx((17**0.5 - 1) / 8, rel=1e-6)


def test_members_report_at_home(study, cell):
    found = double_report(study.interactions, study.people)
    at = {"role": "party_member"}
    assert cell(found, "n", **at) == 26
    assert cell(found, "at_home", **at) == pytest.approx(21 / 26)
    assert cell(found, "both", **at) == pytest.approx(10 / 26)
    # the log ends in December: twenty served in every month, one in six of the twelve
    assert cell(found, "monthly", **at) == pytest.approx((20 * 1 + 6 / 12) / 21)
    large = study.people.groupby("community_id").size() > 20
    assert large[large].index.tolist() == ["A"]  # a general branch


def test_money_and_rooms_per_community(study, cell):
    found = fund_measures(study)
    for place, communities in (("A", 1), ("B", 1), ("D", 2)):
        for year in ("2020", "2021"):
            income = cell(found, place_id=place, period=year, measure="ledger_income")
            assert income == communities * (30_000 + 100_000)
    rooms = outcome_measures(study)
    large = {c: cell(rooms, place_id=c, period="2021", measure="room_m2") >= 600 for c in "AB"}
    assert large == {"A": True, "B": False}
