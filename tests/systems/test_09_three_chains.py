"""System 9, the three chains of Qindu (咸阳秦都三链): alliances of organisations, and who joins them.

On record: alliances along a development, a service and an interest chain; service stations; property firms
with party branches; interest clubs. Who is in which alliance is made up. A chain is the category of a
matter, and taking a step in it is taking part.
"""

import pytest

from analysis.networks import alliances, describe_kinds, kind_mixing, memberships
from analysis.processes import process_measures

CHAINS = {
    "development": ["committee", "firm1", "firm2", "firm3"],
    "service": ["committee", "property", "branch", "station"],
    "interest": ["committee", "club1", "club2"],
}
KINDS = {"committee": "residents_committee", "property": "property_company", "branch": "party_branch",
         "station": "other"} | {f"firm{i}": "business" for i in (1, 2, 3)} | {
             f"club{i}": "association" for i in (1, 2)}  # fmt: skip


@pytest.fixture(scope="module")
def study(frame, hold):
    homes = {"firm1": "B", "firm2": None, "firm3": None}
    matters = [
        (f"{chain}{n}", "contract", place, chain) for chain in CHAINS for n, place in ((1, "A"), (2, "B"))
    ]
    steps = [
        (f"{chain}{n}", "proposed" if org == "committee" else "signed", f"2020-0{n}-10", org)
        for chain, members in CHAINS.items() for n in (1, 2) for org in members
    ]  # fmt: skip
    return hold(
        ("2020-01", "2020-12"),
        places=frame(
            "place_id kind parent_id",
            [("D", "district", None), ("A", "community", "D"), ("B", "community", "D")],
        ),
        organisations=frame(
            "org_id kind community_id", [(o, k, homes.get(o, "A")) for o, k in KINDS.items()]
        ),
        matters=frame("matter_id process community_id category", matters),
        steps=frame("matter_id step time actor_id", steps),
    )


@pytest.fixture(scope="module")
def joined(study):
    return memberships(study.steps, study.matters, study.organisations)


def test_it_is_held(study, survives):
    survives(study)


def test_affiliation_network_of_each_chain(study):
    expected = {"development": 6, "service": 6, "interest": 3}  # 4 x 3 / 2, 4 x 3 / 2, 3 x 2 / 2
    for chain, pairs in expected.items():
        matters = study.matters[study.matters["category"] == chain]
        found = alliances(memberships(study.steps, matters, study.organisations))
        assert len(found) == pairs
        assert (found["shared"] == 2).all()  # in two matters
        members = len(CHAINS[chain])
        assert found["weight"].tolist() == pytest.approx([2 / (members - 1)] * pairs)


def test_brokerage(joined, cell):
    found = describe_kinds(joined)
    at = {"kind": "residents_committee"}
    # partners 3 + 3 + 2, of whose 28 pairs 3 + 3 + 1 act together
    assert cell(found, "partners", **at) == 8
    assert cell(found, "brokerage", **at) == pytest.approx(1 - 7 / 28)
    assert cell(found, "outside", **at) == 1
    assert cell(found, "partner_kinds", **at) == 5
    assert cell(found, "affiliations", **at) == 6
    for kind, outside in (("business", 1 / 3), ("association", 1 / 2), ("party_branch", 1)):
        assert cell(found, "brokerage", kind=kind) == 0
        assert cell(found, "outside", kind=kind) == pytest.approx(outside)
        assert cell(found, "bridging_share", kind=kind) == 1  # matters in A and in B


def test_property_firms_with_branches(joined, cell):
    found = kind_mixing(joined)
    assert cell(found, "affiliations", kind="party_branch", other_kind="property_company") == 2
    assert cell(found, "pairs", kind="business", other_kind="business") == 3
    mixed = found.set_index(["kind", "other_kind"]).index
    assert ("association", "business") not in mixed  # only the committee joins the chains


def test_contracts_of_the_alliances(study, cell):
    found = process_measures(study)
    assert cell(found, place_id="D", period="all", measure="contract_raised") == 6
