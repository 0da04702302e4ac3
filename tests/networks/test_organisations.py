"""Organisations by hand, against networkx, and in the synthetic city."""

from __future__ import annotations

import networkx as nx
import numpy as np
import pandas as pd
import pytest

from analysis.errors import StudyError
from analysis.networks.questions.organisations import (
    alliances,
    describe_kinds,
    double_report,
    fund_oversight,
    kind_mixing,
    memberships,
)
from analysis.simulate import simulate_city

ORGS = pd.DataFrame(
    {"org_id": ["O1", "O2", "O3"], "kind": ["residents_committee", "property_company", "owners_committee"]}
)
PEOPLE = pd.DataFrame({"person_id": ["p", "w"], "community_id": "C0", "role": ["resident", "social_worker"]})
MATTERS = pd.DataFrame(
    {
        "matter_id": ["m1", "m2", "m3"],
        "process": ["consultation", "fund", "fund"],
        "community_id": ["C0", "C0", "C1"],
    }
)
STEPS = pd.DataFrame(
    [("m1", "raised", "w"), ("m1", "decided", "O1"), ("m1", "published", "O1"), ("m2", "decided", "O1"),
     ("m2", "spent", "O2"), ("m2", "reviewed", "O3"), ("m3", "spent", "O2"), ("m3", "reviewed", "O2"),
     ("m3", "published", "x")],
    columns=["matter_id", "step", "actor_id"],
)  # fmt: skip


def table():
    return memberships(STEPS, MATTERS, ORGS, people=PEOPLE)


def test_memberships_and_alliances_by_hand():
    found = table()
    assert len(found) == 6  # O1 once in m1, x is in no table
    pairs = alliances(found).set_index(["actor_id", "other_id"])
    assert pairs["weight"].to_dict() == pytest.approx(
        {("O1", "O2"): 0.5, ("O1", "O3"): 0.5, ("O2", "O3"): 0.5, ("O1", "w"): 1}
    )
    assert (pairs["shared"] == 1).all()
    assert len(alliances(found, affiliation_kinds=["consultation"])) == 1


def test_kinds_by_hand():
    kinds = describe_kinds(table()).set_index("kind")
    assert kinds.loc["residents_committee", ["n", "affiliations", "partners", "partner_kinds"]].tolist() == [
        1,
        2,
        3,
        3,
    ]
    assert kinds.at["residents_committee", "brokerage"] == pytest.approx(2 / 3)
    assert kinds.at["owners_committee", "brokerage"] == 0
    assert kinds.at["property_company", "bridging_share"] == 1
    mixing = kind_mixing(table()).set_index(["kind", "other_kind"])
    assert mixing.loc[("owners_committee", "property_company")].tolist() == [1, 1]


def test_listings_and_gatherings_are_affiliations():
    listings = pd.DataFrame(
        {
            "listing_id": ["l1", "l2", "l3"],
            "matched_id": ["l2", "l1", None],
            "provider_id": ["O1", "w", "O2"],
            "community_id": "C0",
        }
    )
    acts = pd.DataFrame(
        {
            "gathering_id": ["g", "g", "g"],
            "source_id": ["w", "p", "O3"],
            "kind": "meeting",
            "community_id": "C0",
        }
    )
    found = memberships(organisations=ORGS, people=PEOPLE, listings=listings, interactions=acts)
    pairs = alliances(found)
    assert set(zip(pairs["actor_id"], pairs["other_id"], strict=True)) == {("O1", "w"), ("O3", "w")}
    assert not len(memberships())
    assert not len(alliances(memberships()))


@pytest.fixture(scope="module")
def study():
    return simulate_city(districts=1, communities=8, months=24, seed=4).study()


def test_projection_and_brokerage_equal_networkx(study):
    found = memberships(study.steps, study.matters, study.organisations)
    graph = nx.Graph()
    graph.add_nodes_from(found["actor_id"], bipartite=0)
    graph.add_edges_from(zip(found["actor_id"], "m" + found["affiliation_id"], strict=True))
    actors = set(found["actor_id"])
    projected = nx.bipartite.collaboration_weighted_projected_graph(graph, actors)
    pairs = alliances(found)
    assert projected.number_of_edges() == len(pairs)
    for one, other, weight in zip(pairs["actor_id"], pairs["other_id"], pairs["weight"], strict=True):
        assert projected[one][other]["weight"] == pytest.approx(weight, abs=1e-9)
    kinds = describe_kinds(found).set_index("kind")
    local, kind = (
        nx.clustering(projected),
        found.drop_duplicates("actor_id").set_index("actor_id")["actor_kind"],
    )
    for name in ("department", "residents_committee"):
        mine = [a for a in actors if kind[a] == name]
        expected = np.mean([1 - local[a] for a in mine if projected.degree(a) > 1])
        assert kinds.at[name, "brokerage"] == pytest.approx(expected)
        assert kinds.at[name, "partners"] == pytest.approx(np.mean([projected.degree(a) for a in mine]))
    assert kinds.at["department", "bridging_share"] > kinds.at["residents_committee", "bridging_share"] == 0


def test_fund_oversight_by_hand_and_in_the_city(study):
    found = fund_oversight(STEPS, MATTERS, ORGS).set_index("community_id")
    assert found.loc["C0"].tolist() == [1, 1, 0, 1, 2, 3]
    assert found.loc["C1", ["n", "reviewed", "published", "independent", "overseers", "kinds"]].tolist() == [
        1,
        1,
        1,
        0,
        2,
        1,
    ]
    with pytest.raises(StudyError, match="funds"):
        fund_oversight(STEPS, MATTERS[:1], ORGS)
    city = fund_oversight(study.steps, study.matters, study.organisations)
    assert len(city)
    assert city["independent"].dropna().between(0, 1).all()


def test_double_report_by_hand():
    people = pd.DataFrame(
        {
            "person_id": ["a", "b", "c"],
            "community_id": ["C0", "C0", "C1"],
            "role": ["cadre", "cadre", "resident"],
        }
    )
    acts = pd.DataFrame(
        {"time": pd.to_datetime(["2021-01-05", "2021-03-05", "2021-03-06", "2021-04-01"]),
         "source_id": ["a", "a", "a", "c"], "community_id": ["C0", "C0", "C1", "C1"]}
    )  # fmt: skip
    row = double_report(acts, people).set_index("role").loc["cadre"]
    assert row.tolist() == [2, 0.5, 0.5, 0.5, 0.5]
