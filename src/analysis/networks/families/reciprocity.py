"""Reciprocity in three forms. All follow the direction of the acts, whatever the rule says of direction."""

from __future__ import annotations

import numpy as np

from analysis.networks.counting.entry import NO_TIES, ONLY_DYADIC, Indicator, Result, ratio
from analysis.networks.counting.sums import Sums


def _rho(s: Sums) -> Result:
    people = s.people.astype(np.float64)
    chance = ratio(s.arcs, people * (people - 1))
    return ratio(ratio(s.returned, s.arcs) - chance, 1 - chance), s.arcs


def _weighted(s: Sums) -> Result:
    out = s.blocks.out
    return ratio(s.by_half(np.minimum(out, out[s.blocks.mirror])), s.by_half(out)), s.arcs


ENTRIES = (
    Indicator(
        "reciprocity", "reciprocity",
        "directed ties that are returned / directed ties, over the pairs tied under the rule (networkx "
        "overall_reciprocity; not igraph's mode=\"ratio\", which is over pairs)",
        "Wasserman & Faust 1994, ch. 13", (0, 1), NO_TIES, "ties",
        lambda s: (ratio(s.returned, s.arcs), s.arcs), forms=ONLY_DYADIC,
    ),
    Indicator(
        "reciprocity_rho", "reciprocity",
        "(r - a) / (1 - a), r the reciprocity and a the directed density M / (N (N - 1)): 0 as if ties were "
        "placed at random, below 0 if they avoid each other",
        "Garlaschelli & Loffredo 2004", (-1, 1), "no ties, or every possible one", "ties",
        _rho, forms=ONLY_DYADIC,
    ),
    Indicator(
        "reciprocity_weighted", "reciprocity",
        "sum of min(w_ij, w_ji) / sum of w_ij over ordered pairs, w the number of acts",
        "Squartini, Picciolo, Ruzzenenti & Garlaschelli 2013", (0, 1), NO_TIES, "ties",
        _weighted, forms=ONLY_DYADIC,
    ),
)  # fmt: skip
