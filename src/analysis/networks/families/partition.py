"""Communities found in the network (Leiden): how well it falls into parts, over several seeds."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from analysis.networks.counting.entry import NO_TIES, ON_REQUEST, ONLY_DYADIC, Indicator, Result
from analysis.networks.counting.sums import Sums

NAMES = ("modularity", "modularity_low", "modularity_std", "parts")


def _leiden(position: int) -> Callable[[Sums], Result]:
    return lambda s: (s.partitions[position], s.tied)


def _entry(position: int, formula: str, low: float, high: float) -> Indicator:
    return Indicator(
        NAMES[position], "parts", formula,
        "Newman & Girvan 2004; Traag, Waltman & van Eck 2019", (low, high), NO_TIES, "people",
        _leiden(position), forms=ONLY_DYADIC, default=ON_REQUEST,
    )  # fmt: skip


ENTRIES = (
    _entry(
        0, "largest modularity (1 / 2W) sum of (w_ij - s_i s_j / 2W) over pairs in one part that ten runs of "
        "the Leiden algorithm find, with fixed seeds; weighted by acts in both directions", -0.5, 1,
    ),
    _entry(1, "smallest modularity of the ten runs", -0.5, 1),
    _entry(2, "standard deviation of the modularity of the ten runs", 0, 1),
    _entry(3, "parts of two people or more in the run of largest modularity (first of equals)", 0, np.inf),
)  # fmt: skip
