"""Indicators given on request, hand-made networks with known answers, and what the registry says."""

from __future__ import annotations

import random
import sys
from pathlib import Path

import networkx as nx
import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analysis.errors import StudyError
from analysis.networks import INDICATORS, TieRule, build_ties, indicators
from analysis.networks.catalogue import write_page
from analysis.networks.counting.timelines import kaplan_meier_median
from analysis.networks.registry import OMITTED, choose

sys.path.insert(0, str(Path(__file__).parent))
import naive_paths as slow
from logs import LEVELS, random_log, random_people
from naive import all_indicators, label_of, people_of, used_acts
from test_ties import acts

DISTANCES = [entry.name for entry in INDICATORS.values() if entry.family == "distances"]
PARTS = [entry.name for entry in INDICATORS.values() if entry.family == "parts"]
TIMING = ["burstiness", "reciprocation_days", "temporal_reachability"]


def whole(table, layer="dyadic", place="C0"):
    chosen = table[(table["layer"] == layer) & (table["period"] == "all") & (table["place_id"] == place)]
    return chosen.set_index("indicator")["value"]


def of_graph(graph, names, people=None, log=False, **rule):
    table = pd.DataFrame(
        [(u, v) for u, v, d in graph.edges(data=True) for _ in range(int(d.get("weight", 1)))],
        columns=["source_id", "target_id"],
    ).assign(time=pd.Timestamp("2021-01-01"), community_id="C0", kind="help")
    return whole(indicators(build_ties(table, TieRule(**rule), people=people), names=names))


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    seed=st.integers(0, 10**6), rows=st.integers(5, 90), persons=st.integers(2, 12), directed=st.booleans(),
    with_people=st.booleans(),
)  # fmt: skip
def test_distances_and_timing_equal_the_slow_way(seed, rows, persons, directed, with_people):
    log = random_log(seed, rows, persons)
    log.loc[0, ["status", "target_id", "source_id"]] = ["done", "p0", "p1"]
    people = random_people(seed, persons) if with_people else None
    ties = build_ties(log, TieRule(directed=directed), tree=LEVELS, people=people)
    table = indicators(ties, names=[*DISTANCES, *TIMING], log=log)
    found = table.set_index(["place_id", "period", "layer", "indicator"])["value"]
    used = used_acts(log)
    begin, end = min(a["time"] for a in used), max(a["time"] for a in used)
    for place, inside in (("C0", {"C0"}), ("S0", {"C0", "C1"}), ("D0", {"C0", "C1", "C2"})):
        here = [a for a in used if a["community_id"] in inside]
        entered = slow.newcomers([a for a in here if a["dyadic"]], begin, end)
        for span in [*ties.layout.periods, "all"]:
            then = [a for a in here if span in ("all", label_of(a["time"], "month"))]
            last = pd.Period(ties.layout.periods[-1] if span == "all" else span).end_time
            nodes = people_of(here, then, people, inside, last)
            dyadic = [a for a in then if a["dyadic"]]
            expected = {"burstiness": slow.burstiness(dyadic)}
            if nodes:
                expected |= slow.distances(dyadic, nodes)
                expected["temporal_reachability"] = slow.reachability(dyadic, nodes, directed)
            mine = [e for e in entered if span in ("all", label_of(e[0], "month"))]
            expected["reciprocation_days"] = slow.median_wait(mine)
            for name, value in expected.items():
                at = (place, span, "dyadic", name)
                assert found[at] == pytest.approx(value, abs=1e-9, nan_ok=True), at
            if "gatherings" in table["layer"].values:
                value = slow.burstiness([a for a in then if not a["dyadic"]])
                assert found[place, span, "gatherings", "burstiness"] == pytest.approx(
                    value, abs=1e-9, nan_ok=True
                )


@pytest.mark.parametrize("seed", range(6))
def test_leiden_finds_the_best_partition_of_a_handful(seed):
    rng = random.Random(seed)
    graph = nx.gnp_random_graph(8, 0.35, seed=seed)
    for u, v in graph.edges:
        graph.edges[u, v]["weight"] = rng.randint(1, 4)
    graph.remove_nodes_from(list(nx.isolates(graph)))
    found = of_graph(graph, PARTS)
    assert found["modularity"] == pytest.approx(slow.best_modularity(graph), abs=1e-9)
    assert found["modularity_low"] <= found["modularity"] + 1e-12


def test_modularity_of_the_karate_club_is_the_published_optimum_and_leaves_chance_alone():
    state = random.getstate()
    graph = nx.karate_club_graph()
    nx.set_edge_attributes(graph, 1, "weight")
    found = of_graph(graph, PARTS)
    assert found["modularity"] == pytest.approx(0.4197896, abs=1e-7)  # Brandes et al. 2008: 0.4198, 4 parts
    assert found["parts"] == 4
    assert random.getstate() == state
    values = slow.leiden_values(graph)
    assert found["modularity_low"] >= min(values) - 0.02
    pd.testing.assert_series_equal(found, of_graph(graph, PARTS))


def test_every_registered_indicator_is_certified():
    certified = {key[3] for key in all_indicators(random_log(1, 60, 8), None, LEVELS)}
    assert certified | {*DISTANCES, *PARTS, *TIMING} == set(INDICATORS)


def test_a_star_and_a_ring():
    star = of_graph(nx.star_graph(5), "all")
    for name in ("degree_centralisation", "betweenness_centralisation", "local_bridges_share"):
        assert star[name] == pytest.approx(1)
    assert star["assortativity_degree"] == pytest.approx(-1)
    assert star["effective_size"] == pytest.approx((5 + 5 * 1) / 6)
    ring = of_graph(nx.cycle_graph(6), "all")
    assert ring[["degree_centralisation", "betweenness_centralisation"]].tolist() == pytest.approx([0, 0])
    assert ring[["diameter", "max_core", "constraint"]].tolist() == pytest.approx([3, 2, 0.5])


def test_a_core_that_is_tied_and_a_periphery_that_is_not_fits_perfectly():
    graph = nx.complete_graph(4)
    graph.add_edges_from((i % 4, 4 + i) for i in range(6))
    found = of_graph(graph, ["core_periphery", "core_share"])
    assert found.tolist() == pytest.approx([1, 0.4])


@pytest.mark.parametrize("seed", range(5))
def test_no_split_disagrees_less_than_a_core_of_highest_degrees(seed):
    graph = nx.gnp_random_graph(9, 0.4, seed=seed)
    degrees = sorted((d for _, d in graph.degree), reverse=True)
    sizes = range(len(graph) + 1)
    best = min(k * (k - 1) / 2 + graph.number_of_edges() - sum(degrees[:k]) for k in sizes)
    assert best == slow.core_by_every_split(graph)


def test_connectedness_by_hand_and_its_reference():
    people = pd.DataFrame({
        "person_id": list("abcdxy"), "community_id": ["C0"] * 4 + ["C1"] * 2,
        "residency": ["non_registered"] * 2 + ["registered"] * 2 + ["registered"] * 2,
    })  # fmt: skip
    log = acts(("a", "b"), ("a", "c"), ("b", "a"))
    names = ["connectedness_residency", "exposure_residency", "friending_bias_residency"]
    found = whole(indicators(build_ties(log, people=people), names=names))
    share = 4 / 6
    assert found.tolist() == pytest.approx([0.25 / share, (2 / 3) / share, 1 - 0.25 / (2 / 3)])
    part = people[people["community_id"] == "C0"]
    ties = build_ties(log, people=part)
    again = whole(indicators(ties, names=names, reference=people))
    pd.testing.assert_series_equal(found, again)
    assert whole(indicators(ties, names=names))["connectedness_residency"] == pytest.approx(0.5)


def test_burstiness_is_minus_one_when_regular_near_zero_at_random_and_one_in_one_burst():
    def value(times):
        log = acts(*[("a", "b")] * len(times), time=pd.Timestamp("2021-01-01") + pd.to_timedelta(times, "s"))
        return whole(indicators(build_ties(log), names="burstiness", log=log))["burstiness"]

    assert value([0, 100, 200, 300]) == pytest.approx(-1)
    assert value([0, 0, 0, 0, 900]) == pytest.approx(1)
    waits = np.random.default_rng(0).exponential(10_000, 4_000)
    assert abs(value(np.cumsum(waits).astype(int))) < 0.03  # its standard error is about 0.008
    assert np.isnan(value([5, 5, 5]))


def test_kaplan_meier_by_hand():
    wait, seen = np.array([1.0, 2, 2, 3, 9]), np.array([True, False, True, True, False])
    assert kaplan_meier_median(wait, seen) == 3  # 4/5, 3/5, 3/10
    assert np.isnan(kaplan_meier_median(wait, np.zeros(5, dtype=bool)))


def test_acts_at_one_moment_carry_nothing_on():
    times = pd.to_datetime(["2021-01-01", "2021-01-01", "2021-01-02"])
    log = acts(("a", "b"), ("b", "c"), ("c", "d"), time=times)
    found = whole(indicators(build_ties(log, TieRule(directed=True)), names="temporal_reachability", log=log))
    assert found.tolist() == pytest.approx([4 / 12])  # ab, bc, cd, bd


def test_what_needs_times_asks_for_the_log():
    ties = build_ties(acts(("a", "b")))
    with pytest.raises(StudyError, match="time of every act") as error:
        indicators(ties, names=["density", "burstiness"])
    assert "log=" in error.value.mend
    assert not set(TIMING) & set(indicators(ties, names="all")["indicator"])
    assert set(INDICATORS) == {entry.name for entry in choose("all", timed=True)}


@pytest.mark.parametrize("log", [acts(("a", "a")), acts(("a", None, "g")), acts(("a", "b"), ("b", "a"))])
def test_thin_logs_give_values_or_nan(log):
    table = indicators(build_ties(log), names="all", log=log)
    for name, rows in table.groupby("indicator"):
        low, high = INDICATORS[name].range
        assert rows["value"].dropna().between(low - 1e-9, high + 1e-9).all(), name


def test_all_values_lie_in_their_range():
    log = random_log(9, 500, 25)
    table = indicators(build_ties(log, tree=LEVELS, people=random_people(9, 25)), names="all", log=log)
    for name, rows in table.groupby("indicator"):
        low, high = INDICATORS[name].range
        assert rows["value"].dropna().between(low - 1e-9, high + 1e-9).all(), name
    assert table.loc[table["n"] == 0, "value"].isna().all()
    assert set(table["indicator"]) == set(INDICATORS)


def test_a_period_asked_for_alone_has_what_it_has_among_all():
    log, people = random_log(4, 400, 20), random_people(4, 20)
    ties = build_ties(log, tree=LEVELS, people=people)
    keys = ["place_id", "layer", "indicator"]
    every = indicators(ties).query("period == '2021-03'").sort_values(keys, ignore_index=True)
    alone = indicators(ties, periods="2021-03").sort_values(keys, ignore_index=True)
    pd.testing.assert_frame_equal(every, alone)
    assert every.query("indicator == 'tie_decay_old'")["value"].notna().any()


def test_the_page_of_methods_is_that_of_the_registry():
    page = Path(__file__).parents[2] / "docs" / "methods" / "networks.md"
    assert page.read_text(encoding="utf-8") == write_page()
    assert all(name in write_page() for name in [*INDICATORS, *OMITTED])
