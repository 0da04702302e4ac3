"""Who takes part, how unequally, and civic engagement after Chetty et al. 2022 (I)."""

from __future__ import annotations

import numpy as np

from analysis.networks.building.layout import GATHERINGS
from analysis.networks.counting.entry import NO_PEOPLE, ON_REQUEST, ONLY_DYADIC, Indicator, Result, ratio
from analysis.networks.counting.sums import Sums


def _gini(s: Sums) -> Result:
    value = ratio(2 * s.ranked_acts, s.people * s.acts) - ratio(s.people + 1.0, s.people)
    return value, s.people


def _volunteering(s: Sums) -> Result:
    paid = s.labels["authority"] == 1
    people = s.people - s.among(paid)
    doing = (s.blocks.acts > 0) & ~paid[s.blocks.person]
    return ratio(s.by_node(doing), people), people


ENTRIES = (
    Indicator(
        "participation_gini", "participation",
        "Gini coefficient of acts done (gatherings joined) per person, those with none included",
        "Gini 1912; sum of (2 i - N - 1) x_i / (N sum of x), ascending", (0, 1), "no acts", "people", _gini,
    ),
    Indicator(
        "active_share", "participation", "people who did an act (joined a gathering) / people",
        "Chetty et al. 2022 (I), civic engagement", (0, 1), NO_PEOPLE, "people",
        lambda s: (ratio(s.active, s.people), s.people), proportion=True,
    ),
    Indicator(
        "volunteering_rate", "participation",
        "people without a paid role who did an act for someone else / people without a paid role (cadre, "
        "social worker; unknown roles count as unpaid). Adapted: Chetty et al. count members of volunteering "
        "groups, a log shows who gives",
        "Chetty et al. 2022 (I), volunteering rate", (0, 1), "nobody without a paid role", "people",
        _volunteering, forms=ONLY_DYADIC, proportion=True,
    ),
    Indicator(
        "civic_gathering_rate", "participation",
        "gatherings of two people or more per 1,000 people. Adapted: Chetty et al. count the pages of civic "
        "organisations per 1,000 users",
        "Chetty et al. 2022 (I), civic organisations", (0, np.inf), NO_PEOPLE, "people",
        lambda s: (ratio(1000.0 * s.scene.gatherings(), s.people), s.people), forms=(GATHERINGS,),
        default=ON_REQUEST,
    ),
)  # fmt: skip
