"""One network in the hand, as networkx."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import networkx as nx
import pandas as pd
import pytest

from analysis.networks import TieRule, build_ties, indicators

sys.path.insert(0, str(Path(__file__).parent))
from logs import LEVELS, random_log, random_people
from test_ties import acts


def test_provenance_attributes_and_isolates():
    people = pd.DataFrame(
        {
            "person_id": list("abc"), "community_id": "C0", "role": ["cadre", None, "resident"],
            "joined": pd.to_datetime(["2020-05-01", None, None]),
        }
    )  # fmt: skip
    ties = build_ties(acts(("a", "b"), ("b", "a"), ("a", "b")), people=people)
    graph = ties.to_networkx("C0", "help", "2021-03")
    assert type(graph) is nx.Graph
    assert json.loads(graph.graph["rule"]) == TieRule().describe()
    assert json.loads(graph.graph["accounting"])["acts_in"] == 3
    assert (graph.graph["place_id"], graph.graph["layer"], graph.graph["period"]) == ("C0", "help", "2021-03")
    assert graph.nodes["a"] == {"community_id": "C0", "role": "cadre", "joined": "2020-05-01"}
    assert graph.nodes["b"] == {"community_id": "C0"}
    assert graph.edges["a", "b"]["weight"] == 3
    assert graph.degree("c") == 0


def test_directed_rules_give_digraphs_of_dyadic_layers():
    ties = build_ties(acts(("a", "b"), ("a", "b"), ("b", "a"), ("a", None, "g")), TieRule(directed=True))
    graph = ties.to_networkx("C0", "help")
    assert type(graph) is nx.DiGraph
    assert dict(graph.edges) == {("a", "b"): {"weight": 2.0}, ("b", "a"): {"weight": 1.0}}
    assert type(ties.to_networkx("C0", "activity")) is nx.Graph


@pytest.mark.parametrize("directed", [False, True])
def test_the_graph_in_the_hand_has_the_indicators_of_the_table(directed):
    people = random_people(8, 20)
    ties = build_ties(random_log(8, 300, 20), TieRule(directed=directed), tree=LEVELS, people=people)
    table = indicators(ties).set_index(["place_id", "layer", "period", "indicator"])["value"].sort_index()
    for place in ("C1", "S0", "D0"):
        for layer in ("help", "dyadic", "activity", "gatherings"):
            for period in ("2021-02", "all"):
                graph = ties.to_networkx(place, layer, period)
                at = table.loc[place, layer, period]
                assert at["density"] == pytest.approx(nx.density(graph), abs=1e-9)
                skeleton = nx.Graph(graph)
                if max(dict(skeleton.degree).values()) > 1:
                    assert at["transitivity"] == pytest.approx(nx.transitivity(skeleton), abs=1e-9)
                else:
                    assert pd.isna(at["transitivity"])  # networkx says 0


@pytest.mark.parametrize("directed", [False, True])
def test_graphml_and_igraph_hold_the_same_network(directed, tmp_path):
    people = random_people(8, 20)
    ties = build_ties(
        random_log(8, 300, 20), TieRule(directed=directed, window=2), tree=LEVELS, people=people
    )
    for layer in ("help", "gatherings"):
        graph = ties.to_networkx("S0", layer, "2021-02")
        path = ties.write_graphml(tmp_path / "network.graphml", "S0", layer, "2021-02")
        read = nx.read_graphml(path)
        assert dict(read.nodes(data=True)) == dict(graph.nodes(data=True))
        assert {(u, v): d["weight"] for u, v, d in read.edges(data=True)} == {
            (u, v): d["weight"] for u, v, d in graph.edges(data=True)
        }
        assert json.loads(read.graph["rule"])["window"] == 2
        other = ties.to_igraph("S0", layer, "2021-02")
        assert other.is_directed() == graph.is_directed()
        assert other["rule"] == graph.graph["rule"]
        names = other.vs["name"]
        assert names == list(graph)
        assert [(names[e.source], names[e.target], e["weight"]) for e in other.es] == [
            (u, v, d["weight"]) for u, v, d in graph.edges(data=True)
        ]
        assert other.vs["role"] == [d.get("role") for _, d in graph.nodes(data=True)]
    empty = build_ties(acts(("a", None, "g"))).to_igraph("C0", "activity")
    assert (empty.vcount(), empty.ecount()) == (1, 0)
