"""Bootstrap and rarefaction against adjacency matrices, closed forms and known spread."""

from __future__ import annotations

from itertools import combinations

import networkx as nx
import numpy as np
import pandas as pd
import pytest
from scipy.special import comb

from analysis.errors import StudyError
from analysis.networks import build_ties, indicators
from analysis.networks.variants.adjust import rarefy, size_adjusted
from analysis.networks.variants.replicates import evaluate, read_networks
from analysis.networks.variants.uncertainty import bootstrap_indicators, draw_people


def log_of(pairs, community="C0"):
    ends = [[f"{community}-{person}" for person in people] for people in zip(*pairs, strict=True)]
    return pd.DataFrame(
        {"time": pd.Timestamp("2021-01-05"), "community_id": community, "kind": "help",
         "source_id": ends[0], "target_id": ends[1]}
    )  # fmt: skip


def people_of(n, community="C0"):
    return pd.DataFrame({"person_id": [f"{community}-{i}" for i in range(n)], "community_id": community})


def test_a_vertex_replicate_is_the_matrix_of_those_drawn():
    graph = nx.gnp_random_graph(20, 0.2, seed=1, directed=True)
    network = next(read_networks(log_of(graph.edges), people=people_of(20)))
    rng = np.random.default_rng(2)
    chosen = rng.integers(0, 20, 20)
    draw = draw_people(network, chosen, rng)
    original = np.zeros((20, 20), int)
    original[network.source, network.other] = 1
    found = np.zeros((20, 20), int)
    np.add.at(found, (draw.source, draw.other), 1)
    same = draw.person[:, None] == draw.person[None, :]
    np.testing.assert_array_equal(np.sort(draw.person), np.sort(chosen))
    np.testing.assert_array_equal(found[~same], original[np.ix_(draw.person, draw.person)][~same])
    assert not found.diagonal().any()
    copies = [draw_people(network, np.arange(20) // 2, rng) for _ in range(300)]
    filled = [np.mean(d.source // 2 == d.other // 2) * len(d.source) / 20 for d in copies]
    assert np.mean(filled) == pytest.approx(original.sum() / 380, rel=0.1)  # copies are tied as others are


def test_standard_error_of_density_with_people_who_differ():
    """Ties made by people's own tendencies: the spread over samples of people is known by simulation."""
    rng = np.random.default_rng(0)

    def sample():
        tendency = rng.choice([0.1, 0.6], 40)
        return [(i, j) for i, j in combinations(range(40), 2) if rng.random() < tendency[i] * tendency[j]]

    values = [2 * len(sample()) / (40 * 39) for _ in range(300)]
    errors, inside = [], 0
    for seed in range(30):
        row = bootstrap_indicators(
            log_of(sample()), people_of(40), names="density", n_boot=80, seed=seed
        ).iloc[0]
        errors.append(row["std_error"])
        inside += row["conf_low"] <= np.mean(values) <= row["conf_high"]
    assert np.mean(errors) == pytest.approx(np.std(values), rel=0.2)
    assert inside >= 24  # 28.5 expected


def test_act_bootstrap_of_a_share_of_acts():
    """Distinct ties of n acts drawn from n different ones: n (1 - (1 - 1/n)^n), and its variance."""
    pairs = [(2 * i, 2 * i + 1) for i in range(30)]
    row = bootstrap_indicators(
        log_of(pairs), people_of(60), unit="act", names="mean_degree", n_boot=400
    ).iloc[0]
    q1, q2 = (1 - 1 / 30) ** 30, (1 - 2 / 30) ** 30
    assert row["boot_mean"] == pytest.approx(30 * (1 - q1) * 2 / 60, rel=0.02)
    assert row["std_error"] == pytest.approx(np.sqrt(30 * q1 + 870 * q2 - 900 * q1**2) / 30, rel=0.15)


def test_gatherings_are_drawn_whole():
    joins = pd.DataFrame(
        {"time": pd.Timestamp("2021-01-05"), "community_id": "C0", "kind": "activity",
         "source_id": list("abcabd"), "gathering_id": list("ggghhh")}
    )  # fmt: skip
    table = bootstrap_indicators(
        joins, unit="act", layer="gatherings", names=["density", "active_share"], n_boot=60
    )
    row = table.set_index("indicator").loc["density"]
    assert row["value"] == pytest.approx(5 / 6)
    assert row["boot_mean"] == pytest.approx((3 / 6 + 5 / 6) / 2, abs=0.06)  # same gathering twice, or both
    with pytest.raises(StudyError, match="copies"):
        bootstrap_indicators(joins, layer="gatherings")


def test_undefined_is_nan_and_intervals_stay_in_range():
    table = bootstrap_indicators(log_of([(0, 1), (2, 3)]), people_of(4), n_boot=30).set_index("indicator")
    assert table.loc["transitivity", ["value", "std_error", "conf_low"]].isna().all()
    assert table.at["transitivity", "n"] == 0
    assert table["conf_low"].dropna().ge(-1).all()
    assert table.loc["active_share", "conf_high"] <= 1
    same = bootstrap_indicators(log_of([(0, 1), (2, 3)]), people_of(4), n_boot=30).set_index("indicator")
    pd.testing.assert_frame_equal(table, same)


@pytest.mark.parametrize(("change", "where"), [({"unit": "tie"}, "unit"), ({"n_boot": 1}, "n_boot")])
def test_bad_bootstraps_say_where(change, where):
    with pytest.raises(StudyError) as error:
        bootstrap_indicators(log_of([(0, 1)]), **change)
    assert error.value.where == where


def test_rarefied_ties_follow_the_hypergeometric_formula():
    pairs = [(0, 1)] * 6 + [(1, 2)] * 3 + [(2, 3)] + [(3, 0)] * 2
    row = rarefy(log_of(pairs), people_of(4), size=4, names="mean_degree", n_draws=2000).iloc[0]
    expected = sum(1 - comb(12 - w, 4) / comb(12, 4) for w in (6, 3, 1, 2)) * 2 / 4
    assert row["rarefied"] == pytest.approx(expected, abs=0.02)
    assert row["value"] == 2
    assert row["available"] == 12


def test_two_places_alike_but_for_effort_or_size_come_out_alike():
    rng = np.random.default_rng(1)
    partner = {p: rng.integers(1, 100, 6) for p in range(100)}

    def acts(number):
        source = rng.integers(0, 100, number)
        return [(s, (s + rng.choice(partner[s])) % 100) for s in source]

    log = pd.concat([log_of(acts(1200), "C0"), log_of(acts(400), "C1")], ignore_index=True)
    people = pd.concat([people_of(100, "C0"), people_of(100, "C1")], ignore_index=True)
    table = rarefy(log, people, names="density", n_draws=30).set_index("place_id")
    assert table["value"]["C0"] > 1.3 * table["value"]["C1"]
    assert table["rarefied"]["C0"] == pytest.approx(table["rarefied"]["C1"], rel=0.07)
    assert table["rarefied"]["C1"] == pytest.approx(table["value"]["C1"])
    graphs = {"C0": nx.gnm_random_graph(50, 150, seed=1), "C1": nx.gnm_random_graph(400, 1200, seed=2)}
    log = pd.concat([log_of(graph.edges, place) for place, graph in graphs.items()], ignore_index=True)
    people = pd.concat([people_of(50, "C0"), people_of(400, "C1")], ignore_index=True)
    table = indicators(
        build_ties(log, people=people), names=["density", "transitivity"], periods="all", layers="dyadic"
    )
    found = size_adjusted(table, size=100).set_index(["indicator", "place_id"])["adjusted"]
    assert found["density", "C0"] == pytest.approx(found["density", "C1"]) == pytest.approx(6 / 99)
    assert found["transitivity", "C0"] == pytest.approx(0, abs=0.05)
    assert found["transitivity", "C1"] == pytest.approx(0, abs=0.01)


def test_rarefying_by_people_keeps_density_and_takes_induced_graphs():
    graph = nx.gnm_random_graph(30, 120, seed=3)
    row = rarefy(log_of(graph.edges), people_of(30), by="people", size=12, names="density", n_draws=400).iloc[
        0
    ]
    assert row["rarefied"] == pytest.approx(nx.density(graph), abs=0.02)
    whole = rarefy(
        log_of(graph.edges), people_of(30), by="people", size=30, names="transitivity", n_draws=2
    ).iloc[0]
    assert whole["rarefied"] == pytest.approx(nx.transitivity(graph))
    assert np.isnan(rarefy(log_of(graph.edges), people_of(30), by="people", size=31).iloc[0]["rarefied"])
    for change in ({"by": "ties"}, {"size": 0}, {"n_draws": 0}):
        with pytest.raises(StudyError):
            rarefy(log_of(graph.edges), **change)


def test_the_engine_of_replicates_evaluates_many_at_once():
    graph = nx.gnm_random_graph(15, 40, seed=3)
    network = next(read_networks(log_of(graph.edges), people=people_of(15)))
    values, _, _ = evaluate(network, [network.itself()] * 3, ["density", "transitivity"])
    np.testing.assert_allclose(values, [[nx.density(graph), nx.transitivity(graph)]] * 3)
