"""System 4, the neighbourhoods of Chongchuan (南通崇川邻里): units, associations, burden, mediation.

On record: 108 communities; units of about 150-300 households, each with a council, an elected chair and a
hired social worker; ledgers cut by a third; over 2,200 registered associations, 20 million yuan of support;
112 units in joint committees; over 20,000 matters done a year. Uncertain in print, and here a scenario
only: items cut from 110 to 50(?), 362(?) and 392(?) party branches, 720(?) associations active in
mediation. How many units there are, who sits with whom, and all dates are made up.
"""

import pytest

from analysis import burden_measures, process_measures
from analysis.coverage import organisation_coverage
from analysis.networks import alliances, describe_kinds, kind_mixing, memberships
from analysis.processes import fund_ledger

WINDOW = ("2014-01", "2014-12")
COMMUNITIES = [f"C{i:03}" for i in range(108)]
UNITS = [f"{c}-U{k}" for c in COMMUNITIES for k in range(4)]
ASSOCIATIONS = [f"association{i}" for i in range(2200)]
MEDIATING = 720  # (?)
BRANCHES = {"firm": 362, "association": 392}  # (?) (?)
ITEMS_AFTER = 50  # (?)
MEMBERS, COMMITTEES = 112, 8


@pytest.fixture(scope="module")
def study(frame, hold):
    places = [("D", "district", None, None)] + [(c, "community", "D", 800) for c in COMMUNITIES]
    places += [(u, "unit", u[:4], 150 + 50 * (i % 4)) for i, u in enumerate(UNITS)]
    home = lambda i: COMMUNITIES[i % 108]  # noqa: E731
    organisations = [(name, "association", home(i)) for i, name in enumerate(ASSOCIATIONS)]
    organisations += [(f"council-{u}", "council", u[:4]) for u in UNITS]
    organisations += [
        (f"branch-{kind}-{i}", "party_branch", home(i)) for kind, n in BRANCHES.items() for i in range(n)
    ]
    organisations += [(f"member{i}", "business", home(i)) for i in range(MEMBERS)]
    organisations += [("street office", "department", None)]
    acts = [("2014-03-01", home(i), "mediation", ASSOCIATIONS[i], f"case{i // 2}") for i in range(MEDIATING)]
    size = MEMBERS // COMMITTEES
    acts += [("2014-04-01", "C000", "meeting", f"member{i}", f"joint{i // size}") for i in range(MEMBERS)]
    acts += [("2014-04-01", "C000", "meeting", "street office", f"joint{k}") for k in range(COMMITTEES)]
    sources = ["statutory", "assisted", "evaluation", "seal"]
    kinds = ["ledger"] * 30 + [sources[i % 4] for i in range(80)]
    kept = [i < 20 if kind == "ledger" else i - 30 < ITEMS_AFTER - 20 for i, kind in enumerate(kinds)]
    duties = [
        (f"{c}-{i}", c, kind, "2013-01-01", None if kept[i] else "2014-06-30", 1.0)
        for c in COMMUNITIES[:3] for i, kind in enumerate(kinds)
    ]  # fmt: skip
    requests = [(f"m{i}", "request", home(i), "resolved", None) for i in range(20_000)]
    support = [("support", "fund", "C000", None, 20_000_000.0)]
    times = [(f"m{i}", step, day) for i in range(20_000)
             for step, day in (("raised", "2014-05-01"), ("answered", "2014-05-04"))]  # fmt: skip
    paid = [(f"e{i}", "support", "spending", 20_000_000 / 2200, "2014-02-01", name)
            for i, name in enumerate(ASSOCIATIONS)]  # fmt: skip
    return hold(
        WINDOW,
        places=frame("place_id kind parent_id households", places),
        people=frame(
            "person_id community_id unit_id role", [(f"worker-{u}", u[:4], u, "social_worker") for u in UNITS]
        ),
        organisations=frame("org_id kind community_id", organisations),
        interactions=frame("time community_id kind source_id gathering_id", acts),
        duties=frame("duty_id community_id list start end hours_per_month", duties),
        matters=frame("matter_id process community_id outcome amount", requests + support),
        steps=frame("matter_id step time", times),
        ledger=frame("entry_id matter_id side amount booked org_id", paid),
        reforms=frame("place_id reform start", [("D", "burden_reduction", "2014-07-01")]),
    )


@pytest.fixture(scope="module")
def joined(study):
    return memberships(organisations=study.organisations, interactions=study.interactions)


def test_it_is_held(study, survives):
    survives(study)


def test_nested_units(study, cell):
    tree = study.tree
    assert len(tree.communities_of("D")) == 108
    units = tree.table[tree.table["kind"] == "unit"]
    assert units["households"].between(150, 300).all()
    assert (units.groupby("community_id").size() == 4).all()
    assert (units["district_id"] == "D").all()
    found = organisation_coverage(study)
    assert cell(found, "organisations", place_id="C007", kind="council") == 4  # one for every unit
    assert cell(found, "share", place_id="D", kind="council") == 1
    workers = study.people.groupby("unit_id").size()
    assert (workers.reindex(units.index) == 1).all()


def test_associations_and_branches(study, cell):
    found = organisation_coverage(study)
    assert cell(found, "organisations", place_id="D", kind="association") == 2200
    assert cell(found, "organisations", place_id="D", kind="party_branch") == sum(BRANCHES.values())
    assert cell(fund_ledger(study), "spent", matter_id="support") == pytest.approx(20_000_000)
    assert cell(fund_ledger(study), "entries", matter_id="support") == 2200


def test_network_of_joint_committees(joined, cell):
    pairs = alliances(joined, affiliation_kinds=["meeting"])
    among = 8 * (14 * 13 // 2)  # pairs of members of one committee
    assert len(pairs) == among + 112  # and the street office with every member
    found = describe_kinds(joined, affiliation_kinds=["meeting"])
    assert cell(found, "n", kind="business") == 112
    assert cell(found, "partners", kind="business") == 13 + 1
    assert cell(found, "brokerage", kind="business") == 0
    assert cell(found, "affiliations", kind="department") == 8
    assert cell(found, "brokerage", kind="department") == pytest.approx(1 - among / (112 * 111 / 2))


def test_mediation(joined, cell):
    found = describe_kinds(joined, affiliation_kinds=["mediation"])
    assert cell(found, "n", kind="association") == MEDIATING
    assert cell(found, "partners", kind="association") == 1
    mixed = kind_mixing(joined[joined["affiliation_kind"] == "mediation"])
    assert cell(mixed, "affiliations", kind="association", other_kind="association") == MEDIATING / 2


def test_burden_cut(study, cell):
    found = burden_measures(study)
    for period, items, ledgers in (("2014-06", 110, 30), ("2014-07", ITEMS_AFTER, 20)):
        at = {"place_id": "D", "period": period}
        assert cell(found, measure="burden_duties", **at) == items
        assert cell(found, measure="burden_duties_ledger", **at) == ledgers
    assert cell(found, measure="burden_hours", place_id="D", period="2014-07") == ITEMS_AFTER


def test_matters_done_in_a_year(study, cell):
    found = process_measures(study)
    at = {"place_id": "D", "period": "all"}
    assert cell(found, measure="request_raised", **at) == 20_000
    assert cell(found, measure="request_resolved", **at) == 1
    assert cell(found, measure="request_days_to_answer", **at) == 3
