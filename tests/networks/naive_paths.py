"""Distances, parts and timing by networkx, igraph or step by step: slow and plain."""

from __future__ import annotations

import random
from collections import defaultdict
from itertools import combinations

import igraph
import networkx as nx
import numpy as np
from naive_families import NAN, mean


def weigh(acts):
    """Undirected Graph of acts, weighted by their number."""
    graph = nx.Graph()
    for a in acts:
        u, v = a["source_id"], a["target_id"]
        old = graph.edges[u, v]["weight"] if graph.has_edge(u, v) else 0
        graph.add_edge(u, v, weight=old + 1)
    return graph


def distances(acts, nodes):
    graph = weigh(acts)
    graph.add_nodes_from(nodes)
    n = len(graph)
    result = dict.fromkeys(("mean_distance", "diameter"), NAN)
    largest = max(map(len, nx.connected_components(graph)))
    if largest > 1:
        parts = [graph.subgraph(c) for c in nx.connected_components(graph) if len(c) == largest]
        result["mean_distance"] = mean(nx.average_shortest_path_length(part) for part in parts)
        result["diameter"] = max(nx.diameter(part) for part in parts)
    between = nx.betweenness_centrality(graph, normalized=False).values()
    result["betweenness_centralisation"] = (
        sum(max(between) - b for b in between) / ((n - 1) ** 2 * (n - 2) / 2) if n > 2 else NAN
    )
    return result | {
        "efficiency_global": nx.global_efficiency(graph) if n > 1 else NAN,
        "efficiency_local": nx.local_efficiency(graph),
    }


def modularity_of(graph, parts):
    return nx.community.modularity(graph, parts, weight="weight")


def best_modularity(graph):
    """By every partition: for graphs of a handful of people."""
    return max(modularity_of(graph, parts) for parts in partitions(list(graph)))


def partitions(items):
    if not items:
        yield []
        return
    for parts in partitions(items[1:]):
        yield [{items[0]}, *parts]
        for i, part in enumerate(parts):
            yield [*parts[:i], part | {items[0]}, *parts[i + 1 :]]


def burstiness(acts):
    times = defaultdict(list)
    joined = set()
    for a in sorted(acts, key=lambda a: a["time"]):
        key = (a["kind"], a["gathering_id"], a["source_id"])
        if a["dyadic"] or key not in joined:
            times[a["source_id"]].append(a["time"].timestamp())
            joined.add(key)
    values = []
    for moments in times.values():
        gaps = np.diff(sorted(moments))
        n = len(gaps)
        if n > 1 and gaps.sum() > 0:
            r = gaps.std() / gaps.mean()
            values.append((np.sqrt(n + 1) * r - np.sqrt(n - 1)) / ((np.sqrt(n + 1) - 2) * r + np.sqrt(n - 1)))
    return mean(values)


def reachability(acts, nodes, directed):
    """From each person on: who is reached by acts one after the other."""
    total = 0
    for start in nodes:
        reached = {start: -np.inf}
        for time in sorted({a["time"] for a in acts}):
            new = {}
            for a in acts:
                if a["time"] == time:
                    ends = [(a["source_id"], a["target_id"])]
                    ends += [] if directed else [(a["target_id"], a["source_id"])]
                    new |= {v: time for u, v in ends if u in reached and v not in reached}
            reached |= new
        total += len(reached) - 1
    n = len(nodes)
    return total / (n * (n - 1)) if n > 1 else NAN


def newcomers(acts, begin, end):
    """(entry, days, mutual) of everyone first seen 30 days or more after `begin`."""
    rows = []
    for p in {x for a in acts for x in (a["source_id"], a["target_id"])}:
        mine = [a for a in acts if p in (a["source_id"], a["target_id"])]
        entry = min(a["time"] for a in mine)
        if (entry - begin).total_seconds() < 30 * 86400:
            continue
        mutual = []
        for q in {x for a in mine for x in (a["source_id"], a["target_id"])} - {p}:
            to = [a["time"] for a in mine if a["target_id"] == q]
            back = [a["time"] for a in mine if a["source_id"] == q]
            if to and back:
                mutual.append(max(min(to), min(back)))
        until = min(mutual) if mutual else end
        rows.append((entry, (until - entry).total_seconds() / 86400, bool(mutual)))
    return rows


def median_wait(rows):
    """Kaplan & Meier by igraph-free hand: product of (1 - events / at risk)."""
    left = 1.0
    for moment in sorted({days for _, days, seen in rows if seen}):
        events = sum(seen and days == moment for _, days, seen in rows)
        left *= 1 - events / sum(days >= moment for _, days, _ in rows)
        if left <= 0.5 + 1e-12:
            return moment
    return NAN


def leiden_values(graph, seeds=range(10)):
    """Modularity of each run, in the order of seeds, on the graph as given."""
    index = {v: i for i, v in enumerate(graph)}
    g = igraph.Graph(len(index), [(index[u], index[v]) for u, v in graph.edges])
    weight = [graph.edges[e]["weight"] for e in graph.edges]
    values = []
    for seed in seeds:
        igraph.set_random_number_generator(random.Random(seed))
        found = g.community_leiden(objective_function="modularity", weights=weight, n_iterations=-1)
        names = list(index)
        values.append(modularity_of(graph, [{names[i] for i in part} for part in found]))
    igraph.set_random_number_generator(random)
    return values


def core_by_every_split(graph):
    """Least disagreement with "core tied, periphery not" over every core (Lip 2011)."""
    nodes, m = list(graph), graph.number_of_edges()
    best = m
    for size in range(len(nodes) + 1):
        for inside in combinations(nodes, size):
            held = graph.subgraph(inside).number_of_edges()
            outside = graph.subgraph(set(nodes) - set(inside)).number_of_edges()
            best = min(best, size * (size - 1) / 2 - held + outside)
    return best
