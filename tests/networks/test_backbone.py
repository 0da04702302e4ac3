"""Backbone and validated projections by hand and against closed forms."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.integrate import quad
from scipy.special import comb

from analysis.errors import StudyError
from analysis.networks.questions.backbone import disparity, pair_chances, validated_ties


def test_alpha_is_the_integral_of_the_paper():
    edges = pd.DataFrame(
        {"source_id": list("aaab"), "target_id": list("bcdc"), "weight": [6.0, 1.0, 1.0, 2.0]}
    )
    alpha = disparity(edges)["alpha"].tolist()
    strength, degree = {"a": 8, "b": 8, "c": 3, "d": 1}, {"a": 3, "b": 2, "c": 2, "d": 1}

    def one_end(node, weight):
        k = degree[node]
        if k < 2:
            return 1
        return 1 - (k - 1) * quad(lambda x: (1 - x) ** (k - 2), 0, weight / strength[node])[0]

    rows = edges.itertuples(index=False)
    assert alpha == pytest.approx([min(one_end(s, w), one_end(t, w)) for s, t, w in rows], abs=1e-9)
    assert "alpha" not in edges


def test_the_chance_of_a_pair_by_counting():
    joined = {0: range(4), 1: range(2, 7), 2: [9]}
    person, gathering = np.array([(p, g) for p, gs in joined.items() for g in gs]).T
    gathering = np.append(gathering, [7, 8])
    person = np.append(person, [3, 3])
    one, two, shared, p = pair_chances(person, gathering)
    assert (one.tolist(), two.tolist(), shared.tolist()) == ([0], [1], [2])
    ways = sum(comb(5, k) * comb(5, 4 - k) for k in range(2, 5)) / comb(10, 4)
    assert p[0] == pytest.approx(ways)


def gatherings(rng, groups, people=40, number=40, size=5):
    """Gatherings of people at chance; with `groups`, half of them of one circle of ten."""
    rows = []
    for event in range(number):
        circle = groups and event % 2
        pool = np.arange(10) + 10 * rng.integers(0, people // 10) if circle else np.arange(people)
        rows += [(f"p{p}", f"g{event}") for p in rng.choice(pool, size, replace=False)]
    return pd.DataFrame(
        {"time": pd.Timestamp("2021-01-05"), "community_id": "C0", "kind": "activity",
         "source_id": [p for p, _ in rows], "gathering_id": [g for _, g in rows]}
    )  # fmt: skip


def test_pooled_test_finds_circles_and_has_its_size_without():
    rng, ps = np.random.default_rng(0), []
    for seed in range(40):
        row = validated_ties(gatherings(rng, False), n_null=19, seed=seed).iloc[0]
        ps.append(row["p_value"])
        assert row["pairs"] == row["n"] * (row["n"] - 1) / 2
    assert np.mean(np.array(ps) <= 0.2) < 0.4  # 0.2 expected, s.e. 0.063
    found = validated_ties(gatherings(rng, True), n_null=39).iloc[0]
    assert found["p_value"] == pytest.approx(0.05)
    assert found["z"] > 3


def test_places_pool_their_communities_and_fdr_is_over_all_pairs():
    rng = np.random.default_rng(1)
    log = pd.concat([gatherings(rng, True, number=60).assign(community_id=c) for c in ("C0", "C1")])
    log["gathering_id"] += log["community_id"]
    tree = pd.DataFrame({"community_id": ["C0", "C1"], "district_id": "D0"})
    table = validated_ties(log, tree=tree, n_null=9).set_index("place_id")
    for name in ("n", "pairs", "met", "value"):
        assert table.at["D0", name] == table.at["C0", name] + table.at["C1", name]
    again = gatherings(np.random.default_rng(1), True, number=60)
    p = pair_chances(pd.factorize(again["source_id"])[0], pd.factorize(again["gathering_id"])[0])[3]
    from statsmodels.stats.multitest import multipletests

    every = np.append(p, np.ones(int(table.at["C0", "pairs"]) - len(p)))
    assert table.at["C0", "validated"] == multipletests(every, 0.05, "fdr_bh")[0].sum()


def test_acts_between_two_people_are_not_validated():
    log = gatherings(np.random.default_rng(0), False, number=3)
    log["target_id"], log["gathering_id"], log["kind"] = "x", None, "help"
    with pytest.raises(StudyError, match="gatherings"):
        validated_ties(log, layer="help")
