"""When people act: bursts, the way of newcomers into mutual ties, and what time lets through."""

from __future__ import annotations

import numpy as np

from analysis.networks.counting.entry import ON_REQUEST, ONLY_DYADIC, Indicator
from analysis.networks.counting.timelines import burstiness, reachability, reciprocation

ENTRIES = (
    Indicator(
        "burstiness", "timing",
        "mean over people with three acts or more of (sqrt(n + 1) r - sqrt(n - 1)) / ((sqrt(n + 1) - 2) r + "
        "sqrt(n - 1)), r = standard deviation / mean of their n intervals between acts done (gatherings "
        "joined): -1 regular, 0 random, 1 all in one burst. Those whose acts are all at one moment are left "
        "out",
        "Goh & Barabasi 2008; Kim & Jo 2016", (-1, 1), "nobody with three acts", "people",
        burstiness, default=ON_REQUEST, needs="times",
    ),
    Indicator(
        "reciprocation_days", "timing",
        "median days from a newcomer's first act, given or received, to the first pair of acts in both "
        "directions, by Kaplan and Meier: those without one by the end of the log are censored. Newcomers of "
        "the period: first seen in the place and layer in it, and not in the first 30 days of the log",
        "Kaplan & Meier 1958; Marmaros & Sacerdote 2006", (0, np.inf),
        "no newcomers, or fewer than half ever tied both ways", "people", reciprocation,
        forms=ONLY_DYADIC, default=ON_REQUEST, needs="times",
    ),
    Indicator(
        "temporal_reachability", "timing",
        "ordered pairs (i, j) such that acts one after the other (not at one moment) lead from i to j / "
        "(N (N - 1)); either way along an act unless the rule is directed",
        "Holme & Saramaki 2012", (0, 1), "fewer than two people", "people", reachability,
        forms=ONLY_DYADIC, default=ON_REQUEST, needs="times",
    ),
)  # fmt: skip
