"""System 10, a provincial-capital district (三聚焦三创新四抓手三提升): levels, points, budgeting, admission.

On record: a network of five levels; lists of supply and demand; points for members; participatory budgeting
of micro-projects; items accepted by communities compressed by admission. No figures are on record; those
below are made up. Points are held as an outcome of the place, with how many members they rest on: no person
has a score.
"""

import pytest

from analysis import build_ties, indicators
from analysis.burden import burden_measures, compare_with_target
from analysis.networks import TieRule
from analysis.outcomes import outcome_measures
from analysis.processes import matching_measures, process_measures
from analysis.processes.budgeting import budget_measures, budget_money, budgeting_measures

WINDOW = ("2021-01", "2021-12")
PROJECTS = [
    ("lamp", "benches and lamps", 30_000, True, "2021-09-01"),
    ("garden", "greening", 20_000, True, None),
    ("court", "sports", 60_000, False, None),
]
CHOICES = {"lamp": 8, "garden": 5, "court": 3}  # voters of each project, ten in all
FIRST = {"lamp": 0, "garden": 0, "court": 7}  # and the first of them


@pytest.fixture(scope="module")
def study(frame, hold):
    places = [("Y", "city", None, None), ("D", "district", "Y", None), ("S", "street", "D", None),
              ("A", "community", "S", 40), ("B", "community", "S", 60), ("A-1", "unit", "A", None),
              ("A-2", "unit", "A", None)]  # fmt: skip
    people = [("cadre", "A", None, "cadre"), ("worker", "A", None, "social_worker")]
    people += [(f"x{i}", "A", f"A-{1 + i % 2}", "resident") for i in range(10)]
    acts = [("cadre", f"x{i}") for i in range(4)] + [("worker", "x4"), ("worker", "cadre"), ("x5", "x6")]
    votes = [(p, f"x{(first + i) % 10}", 1, "2021-05-01", "online" if i % 2 else "meeting")
             for p, first in FIRST.items() for i in range(CHOICES[p])]  # fmt: skip
    requests = [("q1", "2021-03-01", "city", "resolved"), ("q2", "2021-03-01", "district", "unresolved"),
                ("q3", "2021-03-01", None, None)]  # fmt: skip
    steps = [("b", "proposed", "2021-04-01", "community"), ("b", "voted", "2021-05-01", "community")]
    for name, day, level, _ in requests:
        steps.append((name, "raised", day, "unit"))
        if level:
            steps.append((name, "escalated", "2021-03-05", level))
            steps.append((name, "arrived", "2021-03-09", level))
    matters = [("b", "budgeting", "A", None, 55_000)] + [
        (n, "request", "A", o, None) for n, _, _, o in requests
    ]
    duties = [(f"d{i}", "A", "assisted", f"department {i % 4}", "2020-01-01",
               None if i < 12 else "2021-06-30", 2.0, i < 12) for i in range(30)]  # fmt: skip
    listings = [("n1", "A", "need", "tutor", "2021-02-01", "2021-02-08", "o1"),
                ("o1", "B", "resource", "tutor", "2021-02-01", "2021-02-08", "n1"),
                ("n2", "A", "need", "meals", "2021-02-01", None, None)]  # fmt: skip
    return hold(
        WINDOW,
        places=frame("place_id kind parent_id population", places),
        people=frame("person_id community_id unit_id role", people),
        interactions=frame("source_id target_id", acts).assign(
            time="2021-02-01", community_id="A", kind="help"
        ),
        matters=frame("matter_id process community_id outcome amount", matters),
        steps=frame("matter_id step time level", steps),
        options=frame("option_id category amount selected completed", PROJECTS).assign(
            matter_id="b", kind="project", place_id="A"
        ),
        votes=frame("option_id person_id vote time channel", votes),
        duties=frame("duty_id community_id list department start end hours_per_month on_list", duties),
        listings=frame("listing_id community_id side category opened closed matched_id", listings),
        outcomes=frame(
            "place_id period measure value n",
            [
                ("A", "2021-12", "points_per_member", 30.0, 20),
                ("B", "2021-12", "points_per_member", 60.0, 10),
            ],
        ),
    )


def test_it_is_held(study, survives):
    survives(study)


def test_five_levels(study, cell):
    levels = ("city", "district", "street", "community", "unit")
    assert [len(study.tree.of_kind(kind)) for kind in levels] == [1, 1, 1, 2, 2]
    found = process_measures(study)
    at = {"place_id": "A", "period": "all"}
    assert cell(found, measure="request_escalated", **at) == pytest.approx(2 / 3)
    assert cell(found, measure="request_escalated_resolved", **at) == 1 / 2
    assert cell(found, measure="request_days_to_arrival", **at) == 4


def test_linking_ties_and_hierarchy(study, cell):
    ties = build_ties(study.interactions, TieRule(period="all"), tree=study.tree, people=study.people)
    names = ["linking_share", "linking_reach", "degree_centralisation"]
    found = indicators(ties, names=names, levels="community")
    at = {"place_id": "A", "layer": "dyadic", "period": "all"}
    # seven ties: five to residents of those in office, one between these, one between residents
    assert cell(found, indicator="linking_share", **at) == pytest.approx(5 / 7)
    assert cell(found, indicator="linking_reach", **at) == pytest.approx(5 / 10)
    degrees = [5, 2] + [1] * 7 + [0] * 3  # cadre, worker, x0-x6, three with no tie
    spread = sum(5 - d for d in degrees) / (11 * 10)
    assert cell(found, indicator="degree_centralisation", **at) == pytest.approx(spread)


def test_points(study, cell):
    found = outcome_measures(study)
    at = {"period": "2021-12", "measure": "points_per_member"}
    assert cell(found, place_id="A", **at) == 30
    assert cell(found, place_id="D", **at) == pytest.approx((20 * 30 + 10 * 60) / 30)  # by members
    assert cell(found, "n", place_id="D", **at) == 30


def test_supply_and_demand(study, cell):
    found = matching_measures(study)
    at = {"place_id": "A", "period": "all"}
    assert cell(found, measure="matching_needs_met", **at) == 1 / 2
    assert cell(found, measure="matching_elsewhere", **at) == 1


def test_participatory_budgeting_and_follow_through(study, cell):
    found = budget_measures(study)
    # lamp by x0-x7, garden by x0-x4, court by x7-x9: ten voters, of whom x8 and x9 chose only what lost
    expected = {"voters": 10, "turnout": 10 / 40, "choices_per_voter": 1.6, "funded_choice": 8 / 10,
                "projects": 3, "projects_selected": 2, "cost_selected": 50_000, "budget_used": 50 / 55,
                "completed": 1 / 2}  # fmt: skip
    for measure, value in expected.items():
        assert cell(found, measure=measure, matter_id="b") == pytest.approx(value), measure
    assert (
        cell(budgeting_measures(study), place_id="A", period="all", measure="budgeting_follow_through")
        == 1 / 2
    )
    money = budget_money(study, by="category")
    assert cell(money, "awarded", category="greening") == 20_000
    assert cell(money, "share_awarded", category="sports") == 0


def test_items_compressed_by_admission(study, frame, cell):
    found = burden_measures(study)
    at = {"place_id": "A", "measure": "burden_duties"}
    assert [cell(found, period=month, **at) for month in ("2021-06", "2021-07")] == [30, 12]
    target = frame("list department max_hours", [("assisted", "department 0", 8.0), ("assisted", None, 4.0)])
    held = compare_with_target(study, target, at="2021-12-01")
    assert cell(held, "status", department="department 0") == "on_target"  # three duties of two hours
    others = held[held["department"].isna()]
    assert others["over_hours"].tolist() == [9 * 2.0 - 4.0]
