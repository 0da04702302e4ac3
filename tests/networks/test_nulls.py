"""Null models: what they keep, that each possible graph comes as often, and against independent draws."""

from __future__ import annotations

import sys
from itertools import combinations, product
from pathlib import Path

import networkx as nx
import numpy as np
import pandas as pd
import pytest
from scipy.stats import chisquare

from analysis.errors import StudyError
from analysis.networks import TieRule, build_ties, indicators
from analysis.networks.variants.nulls import compare_with_null, null_test
from analysis.networks.variants.replicates import evaluate, read_networks
from analysis.networks.variants.shuffles import _find, _swapper, _trade, curveball, shuffle_times, swap_edges

sys.path.insert(0, str(Path(__file__).parent))
from logs import LEVELS, random_log, random_people

OF_ONE_PERIOD = ("density", "mean_degree", "reciprocity", "transitivity", "support", "ei_role", "giant_share",
                 "active_share", "cross_community", "participation_gini")  # fmt: skip
RELATIVE = ("connectedness_", "exposure_")  # to the shares of the whole study, here to those of the place


@pytest.mark.parametrize("directed", [False, True])
def test_swaps_keep_degrees_and_simplicity(directed):
    graph = nx.gnm_random_graph(40, 120, seed=1, directed=directed)
    edges = np.array(graph.edges)
    before = edges.copy()
    after = swap_edges(edges, directed=directed, seed=2)
    found = (nx.DiGraph if directed else nx.Graph)(after.tolist())
    assert found.number_of_edges() == 120
    assert nx.number_of_selfloops(found) == 0
    if directed:
        assert dict(found.in_degree) == {v: d for v, d in graph.in_degree if v in found}
        assert dict(found.out_degree) == {v: d for v, d in graph.out_degree if v in found}
    else:
        assert dict(found.degree) == {v: d for v, d in graph.degree if d}
    assert set(map(frozenset, after.tolist())) != set(map(frozenset, before.tolist()))
    np.testing.assert_array_equal(edges, before)


def graphs_of(degrees, directed=False):
    """Every labelled simple graph of these degrees, (out, in) if directed."""
    n = len(degrees)
    pairs = (
        list(combinations(range(n), 2))
        if not directed
        else [p for p in product(range(n), repeat=2) if p[0] != p[1]]
    )
    size = sum(degrees) // 2 if not directed else sum(out for out, _ in degrees)
    for chosen in combinations(pairs, size):
        ends = np.array(chosen)
        if directed:
            here = list(
                zip(np.bincount(ends[:, 0], minlength=n), np.bincount(ends[:, 1], minlength=n), strict=True)
            )
        else:
            here = np.bincount(ends.ravel(), minlength=n).tolist()
        if [tuple(map(int, d)) if directed else d for d in here] == list(degrees):
            yield frozenset(chosen)


@pytest.mark.parametrize(
    ("degrees", "directed"),
    [((2, 2, 2, 1, 1), False), ((3, 2, 2, 2, 1), False), (((2, 1), (1, 1), (1, 1), (0, 1)), True)],
)
def test_every_graph_of_these_degrees_comes_as_often(degrees, directed):
    every = list(graphs_of(degrees, directed))
    assert len(every) > 3
    start = np.array(sorted(every[0]))
    count = dict.fromkeys(every, 0)
    for seed in range(2500):
        found = swap_edges(start, sweeps=12, directed=directed, seed=seed).tolist()
        count[frozenset(tuple(e) if directed else tuple(sorted(e)) for e in found)] += 1
    assert chisquare(list(count.values())).pvalue > 1e-3


def test_every_membership_table_of_these_margins_comes_as_often():
    rows, columns = (2, 2, 1, 1), (3, 2, 1)
    cells = list(product(range(4), range(3)))
    every = [
        frozenset(chosen)
        for chosen in combinations(cells, 6)
        if tuple(np.bincount([r for r, _ in chosen], minlength=4)) == rows
        and tuple(np.bincount([c for _, c in chosen], minlength=3)) == columns
    ]
    count = dict.fromkeys(every, 0)
    person, gathering = np.array(sorted(every[0])).T
    for seed in range(2500):
        count[
            frozenset(map(tuple, np.column_stack(curveball(person, gathering, sweeps=8, seed=seed)).tolist()))
        ] += 1
    assert len(every) > 5
    assert chisquare(list(count.values())).pvalue > 1e-3


def test_curveball_keeps_margins():
    rng = np.random.default_rng(0)
    person, gathering = np.array(sorted({(int(a), int(b)) for a, b in rng.integers(0, [30, 20], (200, 2))})).T
    after = curveball(person * 7, gathering, seed=3)
    assert len(set(zip(*after, strict=True))) == len(person)
    np.testing.assert_array_equal(np.sort(after[0]), np.sort(person * 7))
    np.testing.assert_array_equal(np.bincount(after[1]), np.bincount(gathering))


def test_groups_keep_their_own_degrees_and_memberships():
    graph = nx.disjoint_union(nx.gnm_random_graph(20, 60, seed=1), nx.gnm_random_graph(20, 60, seed=2))
    edges = np.array(graph.edges)
    group = (edges[:, 0] >= 20).astype(int)
    after = swap_edges(edges, group=group, seed=3)
    np.testing.assert_array_equal(after[:, 0] >= 20, group)
    np.testing.assert_array_equal(after[:, 1] >= 20, group)
    np.testing.assert_array_equal(np.bincount(after.ravel()), np.bincount(edges.ravel()))
    assert (np.sort(after) != np.sort(edges)).any()
    person, gathering = np.array(
        sorted({(p, g) for p, g in np.random.default_rng(0).integers(0, 30, (250, 2)).tolist()})
    ).T
    found = curveball(person, gathering, group=gathering % 2, seed=1)
    for parity in (0, 1):
        mine, before = found[1] % 2 == parity, gathering % 2 == parity
        np.testing.assert_array_equal(
            np.bincount(found[0][mine], minlength=30), np.bincount(person[before], minlength=30)
        )
    np.testing.assert_array_equal(np.bincount(found[1]), np.bincount(gathering))


def test_a_district_pools_its_communities():
    log = pd.concat([karate(), karate().assign(community_id="C1")], ignore_index=True)
    log.loc[len(log) // 2 :, ["source_id", "target_id"]] += 100
    tree = pd.DataFrame({"community_id": ["C0", "C1"], "district_id": "D0"})
    spread = {
        within: null_test(
            log, tree=tree, level="district", names="giant_share", within=within, n_null=9
        ).iloc[0]
        for within in ("community", "place")
    }
    assert spread["community"]["null_high"] <= 0.5
    assert spread["place"]["null_mean"] > 0.9


def test_compiled_and_plain_kernels_do_the_same(monkeypatch):
    edges = np.array(nx.gnm_random_graph(60, 150, seed=1).edges)
    compiled = swap_edges(edges, seed=4)
    monkeypatch.setattr("analysis.networks.variants.shuffles._compiled", lambda _: _swapper(_find))
    np.testing.assert_array_equal(swap_edges(edges, seed=4), compiled)
    held, start = np.array([0, 1, 2, 1, 3, 0, 3, 4]), np.array([0, 3, 5, 8])
    moved = _trade(held.copy(), start, np.array([0, 1, 2]), np.array([1, 2, 0]), 5, 1)
    np.testing.assert_array_equal(np.sort(moved), np.sort(held))


def karate():
    pairs = list(nx.karate_club_graph().edges)
    return pd.DataFrame(
        {"time": pd.Timestamp("2021-01-05"), "community_id": "C0", "kind": "help",
         "source_id": [a for a, _ in pairs], "target_id": [b for _, b in pairs]}
    )  # fmt: skip


def test_the_karate_club_against_networkx_swaps():
    table = null_test(karate(), names=["transitivity", "density"], n_null=400).set_index("indicator")
    graph, independent = nx.karate_club_graph(), []
    for seed in range(400):
        other = graph.copy()
        nx.double_edge_swap(other, nswap=400, max_tries=100_000, seed=seed)
        independent.append(nx.transitivity(other))
    row = table.loc["transitivity"]
    assert row["value"] == pytest.approx(nx.transitivity(graph))
    assert row["null_mean"] == pytest.approx(
        np.mean(independent), abs=4 * np.std(independent) * np.sqrt(2 / 400)
    )
    assert row["null_sd"] == pytest.approx(np.std(independent), rel=0.2)
    density = table.loc["density"]
    assert density["value"] == pytest.approx(density["null_mean"], abs=1e-12)
    assert np.isnan(density["z"])
    assert density["p_value"] == 1


def test_p_and_z_by_hand():
    found = compare_with_null(
        np.array([3.0, 1.0, np.nan, 2.0]), np.array([[0, 1, 1, np.nan], [1, 1, 1, np.nan], [2, 1, 1, np.nan]])
    )
    assert found["p_value"][:2].tolist() == [0.5, 1.0]
    assert found["z"][0] == pytest.approx(2)
    assert np.isnan(found["z"][1:]).all()
    assert np.isnan(found["p_value"][2:]).all()


def test_two_sided_p_values_are_uniform_when_nothing_is_there():
    rng = np.random.default_rng(0)
    draws = rng.normal(size=(20, 4000))
    p = compare_with_null(draws[0], draws[1:])["p_value"]
    assert np.mean(p <= 0.1) == pytest.approx(0.1, abs=0.02)
    assert np.mean(p <= 0.5) == pytest.approx(0.5, abs=0.03)


@pytest.mark.parametrize(("seed", "directed"), [(0, False), (1, True)])
def test_a_network_as_it_is_has_the_indicators_of_the_study(seed, directed):
    log, people = random_log(seed, 200, 14), random_people(seed, 14)
    rule = TieRule(directed=directed, min_weight=1 + seed % 2)
    for given in (people, None):
        expected = indicators(build_ties(log, rule, tree=LEVELS, people=given))
        expected = expected.set_index(["place_id", "period", "layer", "indicator"]).sort_index()
        for level, layer, period in (
            ("community", "dyadic", "all"),
            ("street", "help", "2021-02"),
            ("district", "gatherings", "2021-02"),
            ("district", "dyadic", "2021-03"),
            ("community", "forum_gatherings", "all"),
            ("street", "forum", "all"),
        ):
            for network in read_networks(
                log, rule=rule, people=given, tree=LEVELS, level=level, layer=layer, period=period
            ):
                names = expected.loc[(network.place_id, period, layer)].index
                names = [name for name in names if not name.startswith(RELATIVE)]
                if period != "all":  # those that look back at earlier periods cannot be had from one
                    names = [name for name in names if name in OF_ONE_PERIOD]
                value, n, names = evaluate(network, [network.itself()], names)
                wanted = expected.loc[(network.place_id, period, layer)].loc[names]
                np.testing.assert_allclose(
                    value[0],
                    wanted["value"],
                    atol=1e-12,
                    err_msg=str((network.place_id, layer, period, given is None)),
                )
                np.testing.assert_array_equal(n[0], wanted["n"])


def test_shuffled_times_keep_their_strata():
    log = random_log(3, 400, 20)
    found = shuffle_times(log, seed=1)
    month = found["time"].dt.to_period("M")
    before = shuffle_times(log, seed=2)
    kept = ["community_id", "source_id", "target_id", "gathering_id", "kind"]
    pd.testing.assert_frame_equal(found[kept], before[kept])
    assert (found["time"] != before["time"]).any()
    assert (month == before["time"].dt.to_period("M")).all()
    for how in ("gathering", "all"):
        assert sorted(shuffle_times(log, within=how)["time"]) == sorted(found["time"])


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"null": "rewire"}, "null"),
        ({"null": "curveball", "layer": "dyadic"}, "layer"),
        ({"places": ["X"]}, "place_id"),
        ({"names": "fame"}, "names"),
        ({"within": "street"}, "within"),
    ],
)
def test_bad_input_says_where(change, where):
    with pytest.raises(StudyError) as error:
        null_test(karate(), n_null=2, **change)
    assert error.value.where == where


def test_no_ties_and_one_tie_are_answers():
    one = karate().iloc[:1]
    assert null_test(one, n_null=5)["z"].isna().all()
    table = null_test(one, null="curveball", n_null=5)
    assert table.set_index("indicator")["value"]["density"] == 0
