"""The same work as a loop over networkx, in pandas and as a loop over igraph, for the benchmark.

Each returns results in the same form, and the benchmark refuses to print ratios if they differ.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd

TEXTS = ["community_id", "kind", "source_id", "target_id", "gathering_id"]
COLUMNS = ["time", *TEXTS]


def scan(path: Path) -> int:
    """Read the columns of the log row group by row group, identifiers as codes; look at every value once."""
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    file, total = pq.ParquetFile(path, read_dictionary=TEXTS, memory_map=True), 0
    for group in range(file.num_row_groups):
        table = file.read_row_group(group, columns=COLUMNS)
        for column in table.columns:
            for chunk in column.chunks:
                values = chunk if column.type == table["time"].type else chunk.indices
                total += pc.count(values).as_py() + bool(pc.max(values).as_py())
    return total


def networkx_ties(path: Path) -> tuple[int, int, float]:
    """Return dyadic ties, projected ties and the sum of Newman weights, over communities and months.

    A loop over the rows that adds edges to networkx graphs, and networkx's own projection with Newman's
    weights (`bipartite.collaboration_weighted_projected_graph`).
    """
    from networkx import Graph
    from networkx.algorithms.bipartite import collaboration_weighted_projected_graph

    graphs, gatherings = _rows(path)
    bipartite = defaultdict(Graph)
    for (community, at, kind, gathering), people in gatherings.items():
        bipartite[community, at].add_edges_from((person, (kind, gathering)) for person in people)
    projected = {
        at: collaboration_weighted_projected_graph(graph, [n for n in graph if isinstance(n, str)])
        for at, graph in bipartite.items()
    }
    return _sizes(graphs), _sizes(projected), _weight(projected)


def loop_ties(path: Path) -> tuple[int, int, float]:
    """The same with the projection written out by hand: pairs of people added gathering by gathering."""
    from networkx import Graph

    graphs, gatherings = _rows(path)
    projected = defaultdict(Graph)
    for (community, at, _, _), people in gatherings.items():
        if len(people) > 1:
            graph, gain = projected[community, at], 1 / (len(people) - 1)
            for one, other in combinations(people, 2):
                if graph.has_edge(one, other):
                    graph[one][other]["weight"] += gain
                else:
                    graph.add_edge(one, other, weight=gain)
    return _sizes(graphs), _sizes(projected), _weight(projected)


def _rows(path: Path) -> tuple[dict, dict]:
    """Return graphs of acts by community and month, and the people of each gathering."""
    from networkx import Graph

    log = pd.read_parquet(path, columns=COLUMNS)
    month = log["time"].dt.year * 12 + log["time"].dt.month
    graphs, gatherings = defaultdict(Graph), defaultdict(set)
    columns = (log[name] for name in TEXTS)
    for community, kind, source, target, gathering, at, joined in zip(
        *columns, month, log["target_id"].isna(), strict=True
    ):
        if joined:
            gatherings[community, at, kind, gathering].add(source)
        elif source != target:
            graph = graphs[community, at]
            if graph.has_edge(source, target):
                graph[source][target]["weight"] += 1
            else:
                graph.add_edge(source, target, weight=1)
    return graphs, gatherings


def _weight(graphs: dict) -> float:
    return sum(w for graph in graphs.values() for *_, w in graph.edges(data="weight"))


def _sizes(graphs: dict) -> int:
    return sum(graph.number_of_edges() for graph in graphs.values())


def pandas_ties(path: Path) -> tuple[int, int, float]:
    """The same with group-by and merge on integer codes."""
    import pyarrow.parquet as pq

    log = pq.ParquetFile(path, read_dictionary=TEXTS, memory_map=True).read(columns=COLUMNS).to_pandas()
    months = log["time"].to_numpy().astype("datetime64[M]").astype(np.int64)
    people = pd.api.types.union_categoricals([log["source_id"], log["target_id"]]).categories
    source = log["source_id"].cat.set_categories(people).cat.codes.to_numpy()
    target = log["target_id"].cat.set_categories(people).cat.codes.to_numpy()
    place = log["community_id"].cat.codes.to_numpy().astype(np.int64) * 1200 + (months - months.min())
    dyadic = (target >= 0) & (source != target)
    pairs = pd.DataFrame(
        {"place": place[dyadic], "one": np.minimum(source, target)[dyadic],
         "other": np.maximum(source, target)[dyadic]}
    )  # fmt: skip
    ties = pairs.groupby(["place", "one", "other"], sort=False).size()
    joined = target < 0
    joins = pd.DataFrame(
        {"place": place[joined], "kind": log["kind"].cat.codes.to_numpy()[joined],
         "gathering": log["gathering_id"].cat.codes.to_numpy()[joined], "person": source[joined]}
    ).drop_duplicates()  # fmt: skip
    keys = ["place", "kind", "gathering"]
    joins["gain"] = 1 / (joins.groupby(keys, sort=False)["person"].transform("size") - 1).clip(lower=1)
    both = joins.merge(joins[[*keys, "person"]], on=keys, suffixes=("", "_other"))
    both = both[both["person"] < both["person_other"]]
    projected = both.groupby(["place", "person", "person_other"], sort=False)["gain"].sum()
    return len(ties), len(projected), float(projected.sum())


def networkx_graphs(edges: list[pd.DataFrame]) -> list[tuple]:
    """Return for each community a graph and a directed graph."""
    import networkx as nx

    pairs = []
    for table in edges:
        back = table["acts_back"] > 0
        directed = nx.DiGraph(list(zip(table["source_id"], table["target_id"], strict=True)))
        directed.add_edges_from(zip(table["target_id"][back], table["source_id"][back], strict=True))
        never = table["acts_out"] == 0
        directed.remove_edges_from(
            list(zip(table["source_id"][never], table["target_id"][never], strict=True))
        )
        pairs.append((nx.Graph(directed.to_undirected()), directed))
    return pairs


def networkx_indicators(graphs: list[tuple], done: list[dict], group: dict[str, str]) -> np.ndarray:
    """Return one row of ten indicators per graph."""
    import networkx as nx

    rows = []
    for (graph, directed), acts in zip(graphs, done, strict=True):
        n = graph.number_of_nodes()
        between = sum(group[u] != group[v] for u, v in graph.edges)
        supported = sum(not graph.adj[u].keys().isdisjoint(graph.adj[v]) for u, v in graph.edges)
        m = graph.number_of_edges()
        rows.append(
            (nx.density(graph), 2 * m / n, max(map(len, nx.connected_components(graph))) / n,
             nx.number_of_isolates(graph) / n, nx.overall_reciprocity(directed), nx.transitivity(graph),
             nx.average_clustering(graph), supported / m, (2 * between - m) / m, _gini(acts, n))
        )  # fmt: skip
    return np.array(rows)


def igraph_graphs(graphs: list[tuple]) -> list[tuple]:
    """Return for each community a graph, a directed graph and the names of the vertices."""
    import igraph

    found = []
    for _, directed in graphs:
        names = list(directed)
        position = {name: i for i, name in enumerate(names)}
        arcs = [(position[u], position[v]) for u, v in directed.edges]
        graph = igraph.Graph(len(names), arcs, directed=True)
        found.append((graph.as_undirected(), graph, names))
    return found


def igraph_indicators(graphs: list[tuple], done: list[dict], group: dict[str, str]) -> np.ndarray:
    """Return one row of ten indicators per graph."""
    rows = []
    for (graph, directed, names), acts in zip(graphs, done, strict=True):
        n, m = graph.vcount(), graph.ecount()
        label = np.array([group[name] for name in names])
        ends = np.array(graph.get_edgelist())
        between = int((label[ends[:, 0]] != label[ends[:, 1]]).sum())
        triangles = np.array(graph.list_triangles(), dtype=np.int64).reshape(-1, 3)
        sides = np.sort(
            np.concatenate([triangles[:, [0, 1]], triangles[:, [0, 2]], triangles[:, [1, 2]]]), axis=1
        )
        supported = len(np.unique(sides[:, 0] * n + sides[:, 1]))
        degree = np.array(graph.degree())
        rows.append(
            (graph.density(), degree.mean(), max(graph.connected_components().sizes()) / n,
             (degree == 0).mean(), directed.reciprocity(), graph.transitivity_undirected(),
             graph.transitivity_avglocal_undirected(mode="zero"), supported / m, (2 * between - m) / m,
             _gini(acts, n))
        )  # fmt: skip
    return np.array(rows)


def count_acts(edges: list[pd.DataFrame]) -> list[dict]:
    """Return how many acts each person did, community by community."""
    found = []
    for table in edges:
        acts: Counter = Counter()
        for name, count in (("source_id", "acts_out"), ("target_id", "acts_back")):
            acts.update(table.groupby(name)[count].sum().to_dict())
        found.append(acts)
    return found


def _gini(acts: dict, n: int) -> float:
    values = np.sort(np.fromiter(acts.values(), dtype=float, count=len(acts)))
    values = np.concatenate([np.zeros(n - len(values)), values])
    return float(2 * (np.arange(1, n + 1) * values).sum() / (n * values.sum()) - (n + 1) / n)
