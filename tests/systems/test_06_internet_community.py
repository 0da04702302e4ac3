"""System 6, the internet and community work (互联网+社区工作): pairing one by one against search by all.

On record: point-to-point pairing against many-to-many search, and five roles of the platform: integration,
e-government, self-governance, credit (openness), guidance. No figures are on record; those below are made
up. Each role has a value: what search by all gains, how soon an application is answered, breadth of
consultation, how soon decisions and money are public, and whether leaders come first.
"""

import pytest

from analysis.networks import mobilisation
from analysis.processes import best_matching, fund_measures, matching_measures, one_sided, process_measures

WINDOW = ("2016-01", "2016-06")
LISTINGS = [
    ("n1", "A", "need", "tutoring", "2016-01-01", None, None),
    ("n2", "A", "need", "tutoring", "2016-01-02", "2016-01-04", None),  # gave up
    ("r1", "B", "resource", "tutoring", "2016-01-03", None, None),
    ("r2", "B", "resource", "tutoring", "2016-01-10", None, None),
    ("n3", "A", "need", "repairs", "2016-01-01", "2016-01-04", "r3"),
    ("r3", "A", "resource", "repairs", "2016-01-04", "2016-01-04", "n3"),
    ("n4", "B", "need", "parking", "2016-02-01", None, None),
    ("r5", "A", "resource", "piano", "2016-02-01", None, None),
]
MATTERS = [("c1", "consultation", "A", "adopted"), ("c2", "consultation", "A", "adopted"),
           ("c3", "consultation", "B", "adopted"), ("a1", "aid", "A", "resolved"), ("a2", "aid", "B", None),
           ("f1", "fund", "A", None)]  # fmt: skip
STEPS = [("c1", "raised", "2016-01-01", "x0"), ("c1", "decided", "2016-01-10", None),
         ("c1", "published", "2016-01-11", None), ("c2", "raised", "2016-01-02", "x1"),
         ("c2", "decided", "2016-01-10", None), ("c2", "published", "2016-01-15", None),
         ("c3", "raised", "2016-01-02", "y0"), ("c3", "decided", "2016-01-10", None),
         ("a1", "raised", "2016-01-05", None), ("a1", "answered", "2016-01-07", None),
         ("a2", "raised", "2016-01-05", None)]  # fmt: skip


@pytest.fixture(scope="module")
def study(frame, hold):
    people = [(f"x{i}", "A", "party_member" if i == 0 else "resident") for i in range(5)]
    people += [(f"y{i}", "B", "resident") for i in range(5)]
    entries = [("e1", "f1", "income", 500.0, "2016-01-01", "2016-01-31"),
               ("e2", "f1", "spending", 200.0, "2016-01-01", "2016-02-01")]  # fmt: skip
    acts = [("2016-01-01", "x0", None), ("2016-01-03", "x1", None), ("2016-01-05", "x2", None)]
    return hold(
        WINDOW,
        places=frame(
            "place_id kind parent_id population",
            [("D", "district", None, None), ("A", "community", "D", 50), ("B", "community", "D", 50)],
        ),
        people=frame("person_id community_id role", people),
        listings=frame("listing_id community_id side category opened closed matched_id", LISTINGS),
        matters=frame("matter_id process community_id outcome", MATTERS),
        steps=frame("matter_id step time actor_id", STEPS),
        ledger=frame("entry_id matter_id side amount booked published", entries),
        interactions=frame("time source_id target_id", acts).assign(
            kind="forum", community_id="A", gathering_id="guide"
        ),
    )


def test_it_is_held(study, survives):
    survives(study)


def test_one_by_one_against_search_by_all(study, cell):
    found = best_matching(study)
    whole = {"category": "all"}
    # n3 finds r3 next door. By all, r1 goes to n1, who waits longest, and r2 comes too late for n2;
    # with foresight r1 goes to n2 and r2 to n1
    expected = {
        "needs": 4,
        "happened": 1,
        "pairwise": 1,
        "pooled": 2,
        "best": 3,
        "gain_search": 1,
        "gain_best": 2,
    }
    for column, value in expected.items():
        assert cell(found, column, **whole) == value, column
    assert cell(found, "pooled", category="tutoring") == 1
    assert cell(found, "best", category="tutoring") == 2


def test_how_soon_needs_are_met_and_what_is_one_sided(study, cell):
    found = matching_measures(study)
    assert cell(found, place_id="D", period="all", measure="matching_needs_met") == 1 / 4
    assert cell(found, place_id="A", period="all", measure="matching_resources_used") == 1 / 2
    sides = one_sided(study)
    assert cell(sides, "kind", place_id="D", category="parking") == "nobody_offers"
    assert cell(sides, "kind", place_id="D", category="piano") == "nobody_asks"


def test_openness_and_timeliness_of_publication(study, cell):
    found = process_measures(study)
    at = {"place_id": "D", "period": "all"}
    assert cell(found, measure="consultation_published", **at) == pytest.approx(2 / 3)
    assert cell(found, measure="consultation_days_to_publish", **at) == 5  # 1 and 5 days, and one never
    money = fund_measures(study)
    assert cell(money, measure="ledger_published_30", **at) == 1 / 2  # after 30 days, and after 31
    assert cell(money, measure="ledger_publication_days", **at) == (30 + 31) / 2


def test_the_other_roles(study, cell):
    found = process_measures(study)
    at = {"place_id": "D", "period": "all"}
    assert cell(found, measure="aid_answered", **at) == 1 / 2
    assert cell(found, measure="consultation_breadth", **at) == 3 / 100
    guided = mobilisation(study.interactions, study.people, n_null=9, tree=study.tree)
    assert cell(guided, place_id="A", indicator="leaders_first") == 1
    assert cell(guided, place_id="A", indicator="recruits_per_leader") == 2
