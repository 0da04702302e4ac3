"""Structural holes (Burt) and brokerage between groups (Gould and Fernandez)."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from analysis.networks.counting.entry import NO_TIED, ONLY_DYADIC, Indicator, Result, ratio
from analysis.networks.counting.sums import Sums

ROLES = {
    "coordinator": "all three of one group",
    "consultant": "the two of one group, the broker of another",
    "gatekeeper": "the first of another group than broker and last",
    "representative": "the last of another group than first and broker",
    "liaison": "all three of different groups",
}


def _mean(values: Callable[[Sums], np.ndarray]) -> Callable[[Sums], Result]:
    return lambda s: (ratio(s.by_node(values(s)), s.tied), s.tied)


def _constraint(weighted: bool) -> Callable[[Sums], np.ndarray]:
    return lambda s: s.by_row((s.proportion(weighted) + s.triangles.indirect[weighted]) ** 2)


def _effective_size(s: Sums) -> np.ndarray:
    return s.degree - s.closed_of_node / np.maximum(s.degree, 1)


def _effective_size_weighted(s: Sums) -> np.ndarray:
    return s.degree - s.triangles.redundant


def _efficiency(s: Sums) -> np.ndarray:
    return _effective_size(s) / np.maximum(s.degree, 1)


def _role(position: int) -> Callable[[Sums], Result]:
    def compute(s: Sums) -> Result:
        paths = s.brokered
        return ratio(paths[position], paths[:5].sum(axis=0)), paths[5]

    return compute


def _burt(name: str, formula: str, high: float, values: Callable[[Sums], np.ndarray]) -> Indicator:
    return Indicator(
        name, "structural holes", "mean over people with a tie of " + formula, "Burt 1992, ch. 2", (0, high),
        NO_TIED, "people", _mean(values), forms=ONLY_DYADIC,
    )  # fmt: skip


ENTRIES = (
    _burt(
        "constraint",
        "sum over neighbours j of (p_ij + sum over q of p_iq p_qj)^2, p_ij = 1 / k_i, direction and weight "
        "ignored (networkx and igraph agree)",
        np.inf, _constraint(False),
    ),
    _burt(
        "constraint_weighted", "the same, p_ij = w_ij / s_i, w the acts in both directions", np.inf,
        _constraint(True),
    ),
    _burt(
        "effective_size",
        "k_i - 2 t_i / k_i, t_i the ties among the neighbours (Borgatti 1997), direction and weight ignored",
        np.inf, _effective_size,
    ),
    _burt(
        "effective_size_weighted",
        "sum over neighbours j of 1 - sum over q of p_iq m_jq, m_jq = w_jq / largest w of j, w the acts in "
        "both directions (networkx effective_size with nodes=; without, 3.6.1 gives other numbers)",
        np.inf, _effective_size_weighted,
    ),
    _burt("burt_efficiency", "effective size / number of ties", 1, _efficiency),
    *(
        Indicator(
            f"brokerage_{role}", "brokerage",
            f"share of brokered paths a to b to c (acts from a to b and b to c, none from a to c, all three "
            f"residencies known) in which, by residency, {words}",
            "Gould & Fernandez 1989", (0, 1), "nobody brokers", "people", _role(position), forms=ONLY_DYADIC,
        )
        for position, (role, words) in enumerate(ROLES.items())
    ),
)  # fmt: skip
