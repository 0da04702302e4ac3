"""Ties within and between groups: E-I, bonding, bridging, linking, and assortativity."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from analysis.networks.counting.entry import NO_LABELLED, ONLY_DYADIC, Indicator, Result, ratio
from analysis.networks.counting.sums import Sums

AUTHORITY = "people with authority (role cadre or social_worker)"


def _external_internal(label: str) -> Callable[[Sums], Result]:
    def compute(s: Sums) -> Result:
        within, between = s.mixing(label)
        return ratio(between - within, within + between), within + between

    return compute


def _share_of_ties(label: str, inside: bool) -> Callable[[Sums], Result]:
    def compute(s: Sums) -> Result:
        within, between = s.mixing(label)
        return ratio(within if inside else between, within + between), within + between

    return compute


def _linking_reach(s: Sums) -> Result:
    mark = s.labels["authority"]
    people = s.among(mark == 0)
    own = mark[s.blocks.person]
    reached = np.zeros(len(own), dtype=bool)
    reached[s.row[own[s.blocks.indices] == 1]] = True
    return ratio(s.by_node(reached & (own == 0)), people), people


def _by_category(label: str) -> Callable[[Sums], Result]:
    def compute(s: Sums) -> Result:
        codes = s.labels[label]
        group = codes[s.blocks.person]
        one, other = group[s.row], group[s.blocks.indices]
        counted = (one >= 0) & (other >= 0)
        if s.directed:
            counted &= s.blocks.out > 0
        groups = int(codes.max(initial=0)) + 1
        block = s.block_of_half[counted].astype(np.int64) * groups
        size = s.blocks.n_blocks * groups
        ends = [np.bincount(block + g[counted], minlength=size) for g in (one, other)]
        chance = (ends[0] * ends[1]).reshape(s.blocks.n_blocks, groups).sum(axis=1).astype(np.float64)
        total, same = s.count(counted), s.count(counted & (one == other))
        n = total if s.directed else total / 2
        return ratio(total * same - chance, total * total - chance), n

    return compute


def _by_number(values: Callable[[Sums], np.ndarray]) -> Callable[[Sums], Result]:
    """Pearson correlation over half-edges, which is symmetric: from sums over nodes and one over ties."""

    def compute(s: Sums) -> Result:
        x, ends = values(s).astype(np.float64), 2 * s.ties
        first = s.by_node(x * s.degree)
        second = s.by_node(x * x * s.degree)
        product = s.by_half(x[s.row] * x[s.blocks.indices])
        return ratio(ends * product - first * first, ends * second - first * first), s.ties

    return compute


ENTRIES = (
    Indicator(
        "ei_residency", "mixing", "(between - within) / (between + within) of ties, by residency",
        "Krackhardt & Stern 1988", (-1, 1), NO_LABELLED, "ties", _external_internal("residency"),
    ),
    Indicator(
        "ei_role", "mixing", "(between - within) / (between + within) of ties, by role",
        "Krackhardt & Stern 1988", (-1, 1), NO_LABELLED, "ties", _external_internal("role"),
    ),
    Indicator(
        "ei_age", "mixing", "(between - within) / (between + within) of ties, by old (60 and over) or not",
        "Krackhardt & Stern 1988", (-1, 1), NO_LABELLED, "ties", _external_internal("age"),
        default=ONLY_DYADIC,
    ),
    Indicator(
        "bonding_residency", "mixing", "ties within a residency group / ties with both residencies known",
        "Putnam 2000; Woolcock 1998", (0, 1), NO_LABELLED, "ties", _share_of_ties("residency", True),
    ),
    Indicator(
        "bridging_residency", "mixing", "ties between residency groups / ties with both residencies known",
        "Putnam 2000; Woolcock 1998", (0, 1), NO_LABELLED, "ties", _share_of_ties("residency", False),
    ),
    Indicator(
        "linking_share", "mixing",
        f"ties between {AUTHORITY} and others / ties with both roles known; bonding and bridging are by "
        "residency, so a linking tie is also one of them",
        "Woolcock 1998; Szreter & Woolcock 2004", (0, 1), NO_LABELLED, "ties",
        _share_of_ties("authority", False), default=ONLY_DYADIC,
    ),
    Indicator(
        "linking_reach", "mixing", f"people without authority tied to {AUTHORITY} / people without authority",
        "Woolcock 1998; Szreter & Woolcock 2004", (0, 1), "nobody known to be without authority", "people",
        _linking_reach, default=ONLY_DYADIC,
    ),
    Indicator(
        "cross_community", "mixing",
        "ties between residents of different communities / ties with both communities known",
        "Granovetter 1973", (0, 1), NO_LABELLED, "ties", _share_of_ties("community", False),
    ),
    *(
        Indicator(
            f"assortativity_{label}", "assortativity",
            f"(sum of e_gg - sum of a_g b_g) / (1 - sum of a_g b_g) over groups g by {words}, e the shares "
            "of ties between groups, a and b their margins",
            "Newman 2003, eq. 2", (-1, 1), "all ties within one group, or none with both labels", "ties",
            _by_category(label), default=ONLY_DYADIC,
        )
        for label, words in (("residency", "residency"), ("role", "role"), ("age", "old or not"))
    ),
    Indicator(
        "assortativity_degree", "assortativity",
        "Pearson correlation of the degrees of the two ends of a tie, direction and weight ignored",
        "Newman 2003, eq. 21", (-1, 1), "degrees at the ends of ties do not vary", "ties",
        _by_number(lambda s: s.degree), default=ONLY_DYADIC,
    ),
    Indicator(
        "assortativity_activity", "assortativity",
        "Pearson correlation of the acts done by the two ends of a tie, direction and weight ignored",
        "Newman 2003, eq. 21", (-1, 1), "acts at the ends of ties do not vary", "ties",
        _by_number(lambda s: s.blocks.acts), default=ONLY_DYADIC,
    ),
)  # fmt: skip
