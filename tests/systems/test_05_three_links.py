"""System 5, the three links of Jiangbei (重庆江北三联工作法): needs, resources and services linked.

On record: 104 communities; 29 kinds of service items, 233 benefit policies and 30 funds of 217 million yuan
disclosed in real time; 191 projects for common needs; 35 social organisations incubated, 382 social
workers, 5,612 volunteers; 84 extended services for 8.4 million yuan; 49 online aid applications, 42 people
helped after referral; 428 contact points of leaders with branches. Nine needs that nobody met, all dates,
and who works with whom are made up. Policies have no table of their own: how many are disclosed is an
outcome.
"""

import pytest

from analysis.networks import describe_kinds, kind_mixing, memberships
from analysis.outcomes import outcome_measures
from analysis.processes import fund_ledger, fund_measures, matching_measures, process_measures, unmet

WINDOW = ("2015-01", "2015-12")
COMMUNITIES = [f"C{i:03}" for i in range(104)]
FUNDS = 30
AID = [("raised", "2015-03-01"), ("verified", "2015-03-02"), ("referred", "2015-03-03"),
       ("helped", "2015-03-10"), ("answered", "2015-03-11")]  # fmt: skip
SERVICE = [("proposed", "2015-05-01", "committee{c}"), ("signed", "2015-05-10", "organisation{o}"),
           ("performed", "2015-06-10", "worker{w}"), ("reviewed", "2015-07-10", "committee{c}")]  # fmt: skip


@pytest.fixture(scope="module")
def study(frame, hold):
    home = lambda i: COMMUNITIES[i % 104]  # noqa: E731
    people = [(f"worker{i}", home(i), "social_worker") for i in range(382)]
    people += [(f"volunteer{i}", home(i), "volunteer") for i in range(5612)]
    people += [(f"leader{i}", home(i), "cadre") for i in range(428)]
    organisations = [(f"committee{i}", "residents_committee", home(i)) for i in range(104)]
    organisations += [(f"organisation{i}", "social_organisation", None) for i in range(35)]
    organisations += [(f"branch{i}", "party_branch", home(i)) for i in range(428)]
    meetings = [
        ("2015-04-01", home(i), "meeting", f"{who}{i}", f"point{i}")
        for i in range(428) for who in ("leader", "branch")
    ]  # fmt: skip
    listings = []
    for i in range(200):
        met = i < 191
        kind, closed = f"kind{i % 29}", "2015-02-11" if met else None
        offer = f"offer{i}" if met else None
        who = f"committee{i % 104}"
        listings.append((f"need{i}", home(i), "need", kind, "2015-02-01", closed, offer, who))
        if met:
            who = f"organisation{i % 35}"
            listings.append((offer, home(i), "resource", kind, "2015-02-05", closed, f"need{i}", who))
    matters = [(f"fund{i}", "fund", home(i), None, 217e6 / FUNDS) for i in range(FUNDS)]
    matters += [(f"service{i}", "contract", home(i), None, 8.4e6 / 84) for i in range(84)]
    matters += [(f"aid{i}", "aid", home(i), "resolved" if i < 42 else "unresolved", None) for i in range(49)]
    steps = [
        (f"service{i}", step, day, who.format(c=i % 104, o=i % 35, w=i))
        for i in range(84) for step, day, who in SERVICE
    ]  # fmt: skip
    steps += [(f"aid{i}", step, day, None) for i in range(49) for step, day in AID
              if i < 42 or step in ("raised", "verified", "answered")]  # fmt: skip
    entries = [
        (f"i{i}", f"fund{i}", "income", 217e6 / FUNDS, "2015-01-10", "2015-01-10") for i in range(FUNDS)
    ]
    entries += [
        (f"s{i}", f"service{i}", "spending", 8.4e6 / 84, "2015-06-10", "2015-06-10") for i in range(84)
    ]
    return hold(
        WINDOW,
        places=frame(
            "place_id kind parent_id",
            [("D", "district", None)] + [(c, "community", "D") for c in COMMUNITIES],
        ),
        people=frame("person_id community_id role", people),
        organisations=frame("org_id kind community_id", organisations),
        interactions=frame("time community_id kind source_id gathering_id", meetings),
        listings=frame(
            "listing_id community_id side category opened closed matched_id provider_id", listings
        ),
        matters=frame("matter_id process community_id outcome amount", matters),
        steps=frame("matter_id step time actor_id", steps),
        ledger=frame("entry_id matter_id side amount booked published", entries),
        outcomes=frame(
            "place_id period measure value",
            [("D", "2015-01", "policies_disclosed", 233), ("D", "2015-01", "service_kinds_disclosed", 29)],
        ),
    )


@pytest.fixture(scope="module")
def joined(study):
    return memberships(study.steps, study.matters, study.organisations, study.listings, study.people,
                       study.interactions)  # fmt: skip


def test_it_is_held(study, survives):
    assert study.people["role"].value_counts()["volunteer"] == 5612
    survives(study)


def test_needs_resources_and_services_are_matched(study, cell):
    found = matching_measures(study)
    at = {"place_id": "D", "period": "all"}
    expected = {"matching_needs": 200, "matching_needs_met": 191 / 200, "matching_resources_used": 1,
                "matching_unmet": 9, "matching_days": 10, "matching_elsewhere": 0}  # fmt: skip
    for measure, value in expected.items():
        assert cell(found, measure=measure, **at) == pytest.approx(value), measure
    kinds = unmet(study)
    kinds = kinds[(kinds["place_id"] == "D") & (kinds["category"] != "all")]
    assert len(kinds) == 29
    assert kinds["unmet"].sum() == 9


def test_online_aid(study, cell):
    found = process_measures(study)
    at = {"place_id": "D", "period": "all"}
    assert cell(found, measure="aid_raised", **at) == 49
    assert cell(found, measure="aid_resolved", **at) == pytest.approx(42 / 49)
    assert cell(found, measure="aid_implemented", **at) == 1  # all who were to be helped were
    assert cell(found, measure="aid_days_to_answer", **at) == 10


def test_openness(study, cell):
    ledger = fund_ledger(study)
    funds = ledger[ledger["process"] == "fund"]
    assert len(funds) == 30
    assert funds["budget"].sum() == pytest.approx(217e6)
    assert (funds["publication_days"] == 0).all()  # in real time
    assert ledger.loc[ledger["process"] == "contract", "spent"].sum() == pytest.approx(8.4e6)
    found = fund_measures(study)
    assert cell(found, place_id="D", period="all", measure="ledger_published_30") == 1
    disclosed = outcome_measures(study)
    assert cell(disclosed, place_id="D", period="all", measure="policies_disclosed") == 233


def test_three_party_network(joined, cell):
    services = joined[joined["affiliation_kind"] == "contract"]
    found = kind_mixing(services)
    three = ["residents_committee", "social_organisation", "social_worker"]
    for kind, other in ((three[0], three[1]), (three[0], three[2]), (three[1], three[2])):
        assert cell(found, "affiliations", kind=kind, other_kind=other) == 84
        assert cell(found, "pairs", kind=kind, other_kind=other) == 84
    assert len(found) == 3
    described = describe_kinds(services)
    assert cell(described, "partner_kinds", kind="social_organisation") == 2
    # 35 organisations share 84 services: 14 have three and 21 two; of an organisation with three services
    # 3 of 15 pairs of partners (a committee and a worker) work together, with two 2 of 6
    broker = (14 * (1 - 3 / 15) + 21 * (1 - 2 / 6)) / 35
    assert cell(described, "brokerage", kind="social_organisation") == pytest.approx(broker)
    matched = kind_mixing(joined[joined["affiliation_kind"] == "listing"])
    assert cell(matched, "affiliations", kind=three[0], other_kind=three[1]) == 191


def test_contact_points_of_leaders(joined, cell):
    found = kind_mixing(joined[joined["affiliation_kind"] == "meeting"])
    assert cell(found, "affiliations", kind="cadre", other_kind="party_branch") == 428
