"""Closure, overlap and the strength of weak ties. Direction is ignored; weights only where named."""

from __future__ import annotations

import numpy as np

from analysis.networks.counting.entry import (
    NO_PEOPLE,
    NO_TIES,
    ONLY_DYADIC,
    Indicator,
    Result,
    correlation,
    ratio,
)
from analysis.networks.counting.sums import Sums


def _clustering_weighted(s: Sums) -> Result:
    strength = s.strength_of_node * np.maximum(s.degree - 1, 1)
    local = s.triangles.strength / np.where(strength > 0, strength, 1)
    return ratio(s.by_node(local), s.between_two), s.between_two


def _overlap(s: Sums) -> Result:
    shared, defined = s.overlap
    ties = s.count(defined) / 2
    return ratio(s.by_half(shared) / 2, ties), ties


def _local_bridges(s: Sums) -> Result:
    _, defined = s.overlap
    ties = s.count(defined) / 2
    return ratio(s.count(defined & (s.common == 0)) / 2, ties), ties


def _weak(s: Sums) -> Result:
    return ratio(s.count(s.acts_of_tie <= 1) / 2, s.ties), s.ties


def _overlap_by_weight(s: Sums) -> Result:
    shared, defined = s.overlap
    weight = np.where(defined, s.blocks.weight, 0.0)
    ties = s.count(defined)
    sums = (s.by_half(v) for v in (weight, shared, weight * weight, shared * shared, weight * shared))
    return correlation(ties, *sums), ties / 2


ENTRIES = (
    Indicator(
        "transitivity", "closure", "3 triangles / paths of two ties, direction ignored",
        "Coleman 1988; Newman 2003, eq. 3", (0, 1), "nobody with two ties", "people",
        lambda s: (ratio(s.closed, s.paths), s.between_two),
    ),
    Indicator(
        "clustering", "closure",
        "mean over all people of the share of their pairs of neighbours that are tied, direction and weight "
        "ignored; 0 for people with fewer than two ties (as networkx average_clustering)",
        "Watts & Strogatz 1998", (0, 1), NO_PEOPLE, "people",
        lambda s: (ratio(s.local_clustering, s.people), s.people),
    ),
    Indicator(
        "clustering_tied", "closure",
        "the same mean over the people with two ties or more only (as igraph, which leaves the others out)",
        "Watts & Strogatz 1998; Chetty et al. 2022 (I), clustering", (0, 1), "nobody with two ties", "people",
        lambda s: (ratio(s.local_clustering, s.between_two), s.between_two),
    ),
    Indicator(
        "clustering_weighted", "closure",
        "mean over the people with two ties or more of 1 / (s_i (k_i - 1)) x sum over ordered pairs of tied "
        "neighbours j, h of (w_ij + w_ih) / 2 (Barrat, as igraph; not Onnela's, as networkx, which scales "
        "every place by its one strongest tie)",
        "Barrat, Barthelemy, Pastor-Satorras & Vespignani 2004", (0, 1), "nobody with two ties",
        "people", _clustering_weighted, forms=ONLY_DYADIC,
    ),
    Indicator(
        "support", "closure", "ties whose two people have a common neighbour / ties, direction ignored",
        "Jackson, Rodriguez-Barraquer & Tan 2012; Chetty et al. 2022 (I), support ratio", (0, 1), NO_TIES,
        "ties", lambda s: (ratio(s.supported, s.ties), s.ties),
    ),
    Indicator(
        "overlap", "weak ties",
        "mean over ties of n_ij / (k_i + k_j - 2 - n_ij), n_ij the common neighbours; pairs with no other "
        "tie are left out",
        "Granovetter 1973; Onnela et al. 2007", (0, 1), "no tie with a neighbour", "ties", _overlap,
        default=ONLY_DYADIC,
    ),
    Indicator(
        "local_bridges_share", "weak ties",
        "ties without a common neighbour / ties, pairs with no other tie left out",
        "Granovetter 1973", (0, 1), "no tie with a neighbour", "ties", _local_bridges, default=ONLY_DYADIC,
    ),
    Indicator(
        "weak_ties_share", "weak ties", "ties of a single act (a single gathering shared) / ties",
        "Granovetter 1973", (0, 1), NO_TIES, "ties", _weak, default=ONLY_DYADIC,
    ),
    Indicator(
        "overlap_weight_correlation", "weak ties",
        "Pearson correlation over ties of weight and overlap: above 0 where weak ties bridge",
        "Granovetter 1973; Onnela et al. 2007, fig. 2", (-1, 1), "weight or overlap does not vary", "ties",
        _overlap_by_weight, default=ONLY_DYADIC,
    ),
)  # fmt: skip
