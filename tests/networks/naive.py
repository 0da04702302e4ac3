"""Slow, plain computations with networkx that analysis.networks is held against."""

from __future__ import annotations

import sys
from collections import Counter
from itertools import combinations
from pathlib import Path

import networkx as nx
import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).parent))
from naive_families import further, lasting

LEVELS = ("community_id", "street_id", "district_id")


def used_acts(table, statuses=("done", None)):
    """Rows that count, as dicts, with missing values as None."""
    rows = []
    for row in table.astype(object).where(table.notna(), None).to_dict("records"):
        dyadic = row["target_id"] is not None
        if row.get("status") not in statuses or (dyadic and row["source_id"] == row["target_id"]):
            continue
        rows.append({**row, "dyadic": dyadic})
    return rows


def label_of(time, period):
    return str(pd.Timestamp(time).to_period({"month": "M", "quarter": "Q", "year": "Y"}[period]))


def dyadic_graph(acts, min_weight=1, directed=False):
    """Arcs with act counts; under an undirected rule an arc stays if the pair is strong enough."""
    count = Counter((a["source_id"], a["target_id"]) for a in acts)
    graph = nx.DiGraph()
    for (u, v), n in count.items():
        if (n if directed else n + count.get((v, u), 0)) >= min_weight:
            graph.add_edge(u, v, weight=n)
    return graph


def projected_graph(acts, min_weight=1, sizes=(2, None)):
    members = {}
    for a in acts:
        members.setdefault((a["kind"], a["gathering_id"]), set()).add(a["source_id"])
    weight, shared = Counter(), Counter()
    for people in members.values():
        if len(people) < sizes[0] or (sizes[1] and len(people) > sizes[1]):
            continue
        for pair in combinations(sorted(people, key=str), 2):
            weight[pair] += 1 / (len(people) - 1)
            shared[pair] += 1
    graph = nx.Graph()
    graph.add_edges_from(
        (u, v, {"weight": w, "shared": shared[u, v]})
        for (u, v), w in weight.items()
        if shared[u, v] >= min_weight
    )
    return graph, members


def people_of(acts_here, acts_in_period, people, inside, last_day):
    """Node set: residents who joined by the last day and anyone active; without people, ever active here."""
    if people is None:
        acts_in_period = acts_here
    nodes = {a["source_id"] for a in acts_in_period} | {a["target_id"] for a in acts_in_period if a["dyadic"]}
    if people is not None:
        joined = people["joined"].isna() | (people["joined"] <= last_day)
        nodes |= set(people.loc[people["community_id"].isin(inside) & joined, "person_id"])
    return nodes


def measures(graph, nodes, done, labels, directed=False):
    """Every indicator by networkx or by its formula: name -> value."""
    skeleton = nx.Graph(graph.to_undirected() if graph.is_directed() else graph)
    skeleton.add_nodes_from(nodes)
    n, m = len(nodes), skeleton.number_of_edges()
    arcs = graph.number_of_edges() if directed else m
    nan = float("nan")
    degree = dict(skeleton.degree)
    tied = [v for v in skeleton if degree[v] > 1]
    local = nx.clustering(skeleton)
    result = {
        "density": nan if n < 2 else arcs / (n * (n - 1)) * (1 if directed else 2),
        "mean_degree": nan if n < 1 else arcs / n * (1 if directed else 2),
        "giant_share": max(map(len, nx.connected_components(skeleton))) / n if n else nan,
        "isolates_share": len(list(nx.isolates(skeleton))) / n if n else nan,
        "transitivity": nx.transitivity(skeleton) if tied else nan,
        "clustering": nx.average_clustering(skeleton) if n else nan,
        "clustering_tied": np.mean([local[v] for v in tied]) if tied else nan,
        "support": np.mean([bool(set(nx.common_neighbors(skeleton, u, v))) for u, v in skeleton.edges])
        if m
        else nan,
        "active_share": sum(done.get(v, 0) > 0 for v in nodes) / n if n else nan,
        "participation_gini": gini([done.get(v, 0) for v in nodes]),
    }
    if graph.is_directed():
        result["reciprocity"] = nx.overall_reciprocity(graph) if graph.number_of_edges() else nan
    pairs = list(graph.edges if directed else skeleton.edges)
    for name, label in (
        ("ei_residency", "residency"),
        ("ei_role", "role"),
        ("cross_community", "community_id"),
    ):
        group = labels.get(label, {})
        known = [(group[u], group[v]) for u, v in pairs if u in group and v in group]
        between = sum(a != b for a, b in known) / len(known) if known else nan
        result[name] = 2 * between - 1 if name.startswith("ei") else between
        if label == "residency":
            result["bridging_residency"], result["bonding_residency"] = between, 1 - between
    return result


def changes(pairs, place, layer, span, spans):
    at = spans.index(span) if span in spans else 0
    before = pairs[place, layer, spans[at - 1]] if at else None
    return lasting(pairs[place, layer, span], before, pairs[place, layer, spans[at - 2]] if at > 1 else None)


def gini(values):
    values = np.asarray(values, dtype=float)
    if not values.sum():
        return float("nan")
    return np.abs(values[:, None] - values[None, :]).sum() / (2 * len(values) * values.sum())


def all_indicators(
    table, people=None, levels=None, *, period="month", directed=False, min_weight=1, sizes=(2, None)
):
    """Return {(place, period, layer, indicator): value} the slow way."""
    acts = used_acts(table)
    forms = {
        True: sorted({a["kind"] for a in acts if a["dyadic"]}),
        False: sorted({a["kind"] for a in acts if not a["dyadic"]}),
    }
    times = pd.Series([a["time"] for a in acts])
    spans = pd.period_range(
        times.min(), times.max(), freq={"month": "M", "quarter": "Q", "year": "Y"}[period]
    )
    labels = {}
    if people is not None:
        for name in people.columns.intersection(
            ["residency", "role", "community_id", "age_band", "income_band"]
        ):
            labels[name] = people.dropna(subset=[name]).set_index("person_id")[name].to_dict()
    places = {}
    for level in LEVELS:
        if level in levels.columns:
            for place, rows in levels.groupby(level):
                places[place] = set(rows["community_id"])
    result, pairs = {}, {}
    for place, inside in places.items():
        here = [a for a in acts if a["community_id"] in inside]
        for span in [*map(str, spans), "all"]:
            then = [a for a in here if span == "all" or label_of(a["time"], period) == span]
            last = (spans[-1] if span == "all" else pd.Period(span)).end_time
            there = None
            if people is not None:
                there = set(people["person_id"][people["joined"].isna() | (people["joined"] <= last)])
            nodes = people_of(here, then, people, inside, last)
            for dyadic, kinds in forms.items():
                for layer in [*kinds, "dyadic" if dyadic else "gatherings"] if kinds else []:
                    mine = [
                        a
                        for a in then
                        if a["dyadic"] == dyadic and (a["kind"] == layer or layer not in kinds)
                    ]
                    name = f"{layer}_gatherings" if not dyadic and layer in forms[True] else layer
                    if dyadic:
                        graph = dyadic_graph(mine, min_weight, directed)
                        done = Counter(a["source_id"] for a in mine)
                    else:
                        graph, members = projected_graph(mine, min_weight, sizes)
                        done = Counter(v for people_in in members.values() for v in people_in)
                    found = measures(graph, nodes, done, labels, directed and dyadic)
                    found |= further(graph, nodes, done, labels, directed and dyadic, there)
                    if not dyadic:
                        held = sum(len(people_in) > 1 for people_in in members.values())
                        found["civic_gathering_rate"] = 1000 * held / len(nodes) if nodes else float("nan")
                    pairs[place, name, span] = {frozenset(pair) for pair in graph.edges}
                    found |= changes(pairs, place, name, span, list(map(str, spans)))
                    result |= {(place, span, name, k): v for k, v in found.items()}
    return result
