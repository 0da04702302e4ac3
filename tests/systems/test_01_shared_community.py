"""System 1, the shared community of Chancheng (禅城共享社区): its networks, who is in them, and its pilot.

On record: 1.2087 million people, 41.2 % not registered; 145 villages and communities in 1 town and 3
streets, one street with 600,000 residents on 21.5 km2; 7 pilot communities from the second half of 2017;
332 help topics, the most viewed seen 1,676 times; a fundraiser that reached nearly 100,000 yuan. How the
145 divide among the streets, who acts in the log, and the gains of the pilots are made up, so that results
are known. Views have no table of their own: they are held as an outcome of the place.
"""

import pandas as pd
import pytest

from analysis import att_gt, build_panel, build_ties, imputation, indicators
from analysis.networks import TieRule, inclusion, mobilisation
from analysis.outcomes import outcome_measures
from analysis.processes import fund_ledger
from analysis.tables.periods import periods_between

WINDOW = ("2016Q3", "2018Q4")
COMMUNITIES = [f"C{i:03}" for i in range(145)]
PILOTS = {COMMUNITIES[i]: (4, float(gain)) for i, gain in enumerate((2, 3, 4, 5, 6, 7, 8))}  # from 2017Q3
PEOPLE = [
    ("p1", "C000", "45-59", "registered", "party_member"),
    ("v1", "C000", "18-44", "registered", "volunteer"),
    ("r1", "C000", "60-74", "registered", "resident"),
    ("r2", "C000", "75+", "registered", "resident"),
    ("r3", "C000", "18-44", "registered", "resident"),
    ("r4", "C000", "18-44", "non_registered", "resident"),
    ("r5", "C000", "18-44", "non_registered", "resident"),
    ("r6", "C000", "18-44", "non_registered", "resident"),
    ("r7", "C000", "18-44", "non_registered", "resident"),
    ("r8", "C000", "18-44", "registered", "resident"),
]
ACTS = [
    ("2018-01-02", "help", "p1", "r1", None),
    ("2018-01-03", "help", "v1", "r2", None),
    ("2018-01-10", "help", "p1", "r1", None),
    ("2018-01-20", "help", "r1", "p1", None),
    ("2018-01-22", "help", "r4", "r3", None),
    ("2018-02-01", "goods", "r3", "r4", None),
    ("2018-02-03", "goods", "v1", "r3", None),
    ("2018-02-05", "skill", "r4", "v1", None),
    ("2018-02-10 09:00", "activity", "p1", None, "dumplings"),
    ("2018-02-10 10:00", "activity", "r5", None, "dumplings"),
    ("2018-02-10 11:00", "activity", "r6", None, "dumplings"),
]


@pytest.fixture(scope="module")
def study(frame, hold, trending):
    places = [("D", "district", None, 1_208_700, 0.412, None)]
    places += [("S0", "street", "D", 600_000, None, 21.5)]
    places += [(f"S{i}", "street", "D", None, None, None) for i in (1, 2, 3)]
    places += [(c, "community", f"S{i % 4}", 1000, 0.412, None) for i, c in enumerate(COMMUNITIES)]
    visitors = [(f"w{i}", "C001", None, None, None) for i in range(200)]
    acts = [(time, "C000", kind, source, target, meeting) for time, kind, source, target, meeting in ACTS]
    acts += [
        ("2018-03-01", "C001", "forum", f"w{(i + k) % 200}", None, f"topic{i}")
        for i in range(332) for k in (0, 1)
    ]  # fmt: skip
    views = frame("place_id period measure value n", [("C001", "2018Q1", "views_of_top_topic", 1676, None)])
    return hold(
        WINDOW,
        period="quarter",
        places=frame("place_id kind parent_id population share_nonregistered area_km2", places),
        people=frame("person_id community_id age_band residency role", PEOPLE + visitors),
        interactions=frame("time community_id kind source_id target_id gathering_id", acts),
        matters=frame("matter_id process community_id category", [("F", "fund", "C000", "fundraiser")]),
        ledger=frame("entry_id matter_id side amount booked", [("E", "F", "income", 99_000, "2018-05-01")]),
        outcomes=pd.concat([trending(COMMUNITIES, periods_between(*WINDOW, "quarter"), PILOTS), views]),
        reforms=frame("place_id reform start", [(c, "shared_community", "2017-07-01") for c in PILOTS]),
    )


@pytest.fixture(scope="module")
def networks(study):
    names = ["density", "weak_ties_share", "reciprocity", "support", "transitivity", "local_bridges_share",
             "bridging_residency", "civic_gathering_rate"]  # fmt: skip
    ties = build_ties(study.interactions, TieRule(period="all"), tree=study.tree, people=study.people)
    table = indicators(ties, names=names, levels="community")
    return table[table["period"] == "all"]


def test_it_is_held(study, survives):
    assert len(study.tree.communities_of("D")) == 145
    assert len(study.tree.of_kind("street")) == 4
    survives(study)


def test_networks_of_help_goods_skills_and_activities(networks, cell):
    pairs = 10 * 9 / 2
    ties = {"help": 3, "goods": 2, "skill": 1, "activity": 3}
    for layer, number in ties.items():
        found = cell(networks, place_id="C000", layer=layer, indicator="density")
        assert found == pytest.approx(number / pairs)
    assert cell(networks, place_id="C000", layer="help", indicator="bridging_residency") == pytest.approx(
        1 / 3
    )
    rate = cell(networks, place_id="C001", layer="forum", indicator="civic_gathering_rate")
    assert rate == pytest.approx(332 / 200 * 1000)  # topics per 1,000 people on the platform


def test_weak_ties_and_proxies_of_trust(networks, cell):
    # five pairs: p1-r1 three acts, r3-r4 two, v1-r2, v1-r3, v1-r4 one each; v1, r3, r4 are a triangle
    expected = {"weak_ties_share": 3 / 5, "local_bridges_share": 1 / 4, "reciprocity": 4 / 7,
                "support": 3 / 5, "transitivity": 3 / 5}  # fmt: skip
    for name, value in expected.items():
        assert cell(networks, place_id="C000", layer="dyadic", indicator=name) == pytest.approx(value), name


def test_inclusion_of_non_registered_and_old(study, cell):
    where = {"places": ["C000"], "tree": study.tree, "population": study.places,
             "rule": TieRule(period="all")}  # fmt: skip
    found = inclusion(study.interactions, study.people, group="residency", **where)
    expected = {"representation": (4 / 412) / (6 / 588), "active": (1 / 4) / (4 / 6),
                "tied": (1 / 4) / (5 / 6), "ties": (2 / 4) / (8 / 6)}  # fmt: skip
    for measure, ratio in expected.items():
        assert cell(found, "ratio", measure=measure) == pytest.approx(ratio), measure
    old = inclusion(study.interactions, study.people, group="old", **where)
    assert cell(old, "ratio", measure="tied") == pytest.approx((2 / 2) / (4 / 8))
    assert cell(old, "ratio", measure="active") == pytest.approx((1 / 2) / (4 / 8))


def test_who_mobilises_whom(study, cell):
    acts = study.interactions[study.interactions["community_id"] == "C000"]
    found = mobilisation(acts, study.people, n_null=19, tree=study.tree)
    # first acts: p1, v1, then r1 (helped by p1), r4, r3 (helped by r4), r5 and r6 (joined what p1 opened)
    expected = {"order_party_member": 0, "order_volunteer": 1 / 6, "leaders_first": 1, "recruited": 4 / 5,
                "recruited_by_leaders": 3 / 4, "recruits_per_leader": 3 / 2, "cascade_size": (4 + 2) / 2,
                "cascade_depth": 1}  # fmt: skip
    for indicator, value in expected.items():
        found_value = cell(found, place_id="C000", indicator=indicator)
        assert found_value == pytest.approx(value), indicator


def test_effect_of_joining_the_pilot(study):
    panel = build_panel(study)
    keys = {"unit": "place_id", "time": "time", "cohort": "cohort_shared_community"}
    mean = sum(gain for _, gain in PILOTS.values()) / 7
    overall = att_gt(panel, "satisfaction", **keys, n_boot=0).aggregate("overall").table.iloc[0]
    assert overall["estimate"] == pytest.approx(mean)
    # the controls share one trend exactly, so all uncertainty is the spread of seven gains: variance 4
    assert overall["std_error"] == pytest.approx((4 / 7) ** 0.5)
    assert overall["n_units"] == 7
    imputed = imputation(panel, "satisfaction", **keys).table.set_index("term")
    assert imputed.loc["overall", "estimate"] == pytest.approx(mean)


def test_topics_and_the_fundraiser(study, cell):
    found = outcome_measures(study)
    assert cell(found, place_id="C001", period="2018Q1", measure="views_of_top_topic") == 1676
    assert cell(fund_ledger(study), "income", matter_id="F") == 99_000
