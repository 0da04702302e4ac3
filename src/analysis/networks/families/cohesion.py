"""How much people are tied, to whom at most, and whether there is a core."""

from __future__ import annotations

import numpy as np

from analysis.networks.counting.entry import NO_PEOPLE, ONLY_DYADIC, Indicator, Result, ratio
from analysis.networks.counting.sums import Sums


def _density(s: Sums) -> Result:
    people = s.people.astype(np.float64)
    return ratio(s.arcs if s.directed else 2 * s.ties, people * (people - 1)), s.people


def _mean_degree(s: Sums) -> Result:
    return ratio(s.arcs if s.directed else 2 * s.ties, s.people), s.people


def _centralisation(s: Sums) -> Result:
    people = s.people.astype(np.float64)
    most = np.zeros(s.blocks.n_blocks)
    np.maximum.at(most, s.blocks.node_block, s.degree)
    possible = np.where(people > 2, (people - 1) * (people - 2), 0)
    return ratio(people * most - 2 * s.ties, possible), s.people


def _max_core(s: Sums) -> Result:
    most = np.zeros(s.blocks.n_blocks)
    np.maximum.at(most, s.blocks.node_block, s.core_number)
    return np.where(s.people > 0, most, np.nan), s.people


def _core_periphery(s: Sums) -> Result:
    return s.core_periphery[0], s.people


def _core_share(s: Sums) -> Result:
    return ratio(s.core_periphery[1], s.people), s.people


ENTRIES = (
    Indicator(
        "density", "cohesion", "ties / possible ties: 2 M / (N (N - 1)); directed: M / (N (N - 1))",
        "Wasserman & Faust 1994, ch. 4", (0, 1), "fewer than two people", "people", _density,
    ),
    Indicator(
        "mean_degree", "cohesion", "ties per person: 2 M / N; directed: M / N, given or received",
        "Wasserman & Faust 1994, ch. 4", (0, np.inf), NO_PEOPLE, "people", _mean_degree,
    ),
    Indicator(
        "giant_share", "cohesion", "people in the largest (weak) component / people; nobody tied: 1 / N",
        "Newman 2010, ch. 6", (0, 1), NO_PEOPLE, "people", lambda s: (ratio(s.giant, s.people), s.people),
    ),
    Indicator(
        "isolates_share", "cohesion", "people without a tie / people",
        "Wasserman & Faust 1994, ch. 4", (0, 1), NO_PEOPLE, "people",
        lambda s: (ratio(s.people - s.tied, s.people), s.people),
    ),
    Indicator(
        "degree_centralisation", "core",
        "sum over people of (largest degree - degree) / ((N - 1) (N - 2)), direction ignored: 1 for a star",
        "Freeman 1979", (0, 1), "fewer than three people", "people", _centralisation, default=ONLY_DYADIC,
    ),
    Indicator(
        "max_core", "core", "largest k such that some people have k ties or more among themselves (k-core)",
        "Seidman 1983; Batagelj & Zaversnik 2003", (0, np.inf), NO_PEOPLE, "people", _max_core,
        default=ONLY_DYADIC,
    ),
    Indicator(
        "core3_share", "core", "people in the 3-core / people",
        "Seidman 1983", (0, 1), NO_PEOPLE, "people",
        lambda s: (ratio(s.by_node(s.core_number >= 3), s.people), s.people), default=ONLY_DYADIC,
    ),
    Indicator(
        "core_periphery", "core",
        "largest correlation of being tied with the pattern: both in the core 1, both in the periphery 0, "
        "one in each left out; over all cores \"degree at least d\" with two people or more in core and "
        "periphery (Lip 2011 shows that a best core of the 0/1 pattern is one of highest degrees)",
        "Borgatti & Everett 1999, discrete model, off-diagonal missing; Lip 2011", (-1, 1),
        "fewer than four people, or no division in which ties vary", "people", _core_periphery,
        default=ONLY_DYADIC,
    ),
    Indicator(
        "core_share", "core", "people in that core (of several that fit equally, the smallest) / people",
        "Borgatti & Everett 1999", (0, 1), "core_periphery is undefined", "people", _core_share,
        default=ONLY_DYADIC,
    ),
)  # fmt: skip
