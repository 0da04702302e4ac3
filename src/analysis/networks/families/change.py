"""Which ties last from one period to the next."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from analysis.networks.counting.entry import ONLY_DYADIC, Indicator, Result, ratio
from analysis.networks.counting.sums import Sums


def _retention(s: Sums) -> Result:
    before = s.before(s.ties)
    return ratio(s.before(s.count(s.lasts) / 2), before), before


def _decay(old: bool) -> Callable[[Sums], Result]:
    def compute(s: Sums) -> Result:
        chosen = s.lasted == old
        before = s.before(s.count(chosen) / 2)
        before = np.where(s.scene.steps > 1, before, 0.0)
        return ratio(s.before(s.count(chosen & ~s.lasts) / 2), before), before

    return compute


ENTRIES = (
    Indicator(
        "tie_retention", "change",
        "ties of the period before that are there again / ties of the period before, direction ignored",
        "Burt 2000", (0, 1), "first period, whole time, or no ties in the period before", "ties",
        _retention, default=ONLY_DYADIC, needs="periods",
    ),
    Indicator(
        "tie_decay_new", "change",
        "ties of the period before that are gone / ties of the period before, of those that were not there "
        "in the period before it",
        "Burt 2000", (0, 1), "first two periods, whole time, or no such ties", "ties",
        _decay(False), default=ONLY_DYADIC, needs="periods",
    ),
    Indicator(
        "tie_decay_old", "change",
        "the same of those that were there in the period before it: Burt's older ties, which decay less",
        "Burt 2000", (0, 1), "first two periods, whole time, or no such ties", "ties",
        _decay(True), default=ONLY_DYADIC, needs="periods",
    ),
)  # fmt: skip
