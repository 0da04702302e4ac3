"""Distances, efficiency and betweenness: on request, since not linear. Direction and weight are ignored."""

from __future__ import annotations

import numpy as np

from analysis.networks.counting.entry import NO_PEOPLE, ON_REQUEST, ONLY_DYADIC, Indicator, Result, ratio
from analysis.networks.counting.partitions import graphs
from analysis.networks.counting.sums import Sums


def _mean_distance(s: Sums) -> Result:
    inside, people = s.in_giant
    ordered = s.by_node(np.where(inside, s.component_size_of_node - 1, 0))
    return ratio(s.by_node(np.where(inside, s.distances[1], 0)), ordered), people


def _diameter(s: Sums) -> Result:
    inside, people = s.in_giant
    longest = np.zeros(s.blocks.n_blocks)
    np.maximum.at(longest, s.blocks.node_block, np.where(inside, s.distances[2], 0))
    return np.where(s.tied > 0, longest, np.nan), people


def _global(s: Sums) -> Result:
    people = s.people.astype(np.float64)
    return ratio(s.by_node(s.distances[0]), people * (people - 1)), s.people


def _local(s: Sums) -> Result:
    return ratio(s.by_node(s.local_efficiency), s.people), s.people


def _betweenness(s: Sums) -> Result:
    value = np.zeros(s.blocks.n_blocks)
    people = s.people.astype(np.float64)
    for block, graph in graphs(s):
        found = np.array(graph.betweenness(directed=False))
        value[block] = people[block] * found.max(initial=0) - found.sum()
    possible = np.where(people > 2, (people - 1) ** 2 * (people - 2) / 2, 0)
    return ratio(value, possible), s.people


ENTRIES = (
    Indicator(
        "mean_distance", "distances",
        "mean length of the shortest paths between people of the largest component (of all largest ones, if "
        "several are equal)",
        "Watts & Strogatz 1998", (1, np.inf), "no ties", "people", _mean_distance,
        forms=ONLY_DYADIC, default=ON_REQUEST,
    ),
    Indicator(
        "diameter", "distances", "longest of those shortest paths", "Wasserman & Faust 1994, ch. 4",
        (1, np.inf), "no ties", "people", _diameter, forms=ONLY_DYADIC, default=ON_REQUEST,
    ),
    Indicator(
        "efficiency_global", "distances",
        "sum over ordered pairs of 1 / length of the shortest path, 0 without one, / (N (N - 1))",
        "Latora & Marchiori 2001", (0, 1), "fewer than two people", "people", _global,
        forms=ONLY_DYADIC, default=ON_REQUEST,
    ),
    Indicator(
        "efficiency_local", "distances",
        "mean over all people of the global efficiency of the network among their neighbours, 0 with fewer "
        "than two",
        "Latora & Marchiori 2001", (0, 1), NO_PEOPLE, "people", _local,
        forms=ONLY_DYADIC, default=ON_REQUEST,
    ),
    Indicator(
        "betweenness_centralisation", "distances",
        "sum over people of (largest betweenness - betweenness) / ((N - 1)^2 (N - 2) / 2), exact, each pair "
        "counted once: 1 for a star",
        "Freeman 1977", (0, 1), "fewer than three people", "people", _betweenness,
        forms=ONLY_DYADIC, default=ON_REQUEST,
    ),
)  # fmt: skip
