"""Economic connectedness, exposure and friending bias of Chetty et al. 2022, for any division in two.

Chetty et al. divide people at the median of socioeconomic status of the whole country: L below, H above. The
share of H among the friends of i, over the share of H among all people, is i's connectedness; a community's
is the mean over its L. Exposure puts the share of H in i's setting in place of that among i's friends, and
friending bias is 1 - connectedness / exposure.

Here the setting is the place. "All people" are those of the people table (of `reference`, if given) with the
label who joined by the end of the period. Friends are ties of the layer, direction and weight ignored, with
people whose group is known. Unlike in the paper, i is not in the own setting (exposure is over the others),
since a community has hundreds of people and not millions.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from analysis.networks.counting.entry import ON_REQUEST, ONLY_DYADIC, Indicator, Result, ratio
from analysis.networks.counting.sums import Sums


def _connectedness(label: str) -> Callable[[Sums], Result]:
    def compute(s: Sums) -> Result:
        group = s.labels[label][s.blocks.person]
        other = group[s.blocks.indices]
        friends = np.bincount(s.row[other >= 0], minlength=len(group))
        high = np.bincount(s.row[other == 1], minlength=len(group))
        low = (group == 0) & (friends > 0)
        people = s.by_node(low)
        mean = ratio(s.by_node(np.where(low, high / np.maximum(friends, 1), 0.0)), people)
        return mean / s.scene.share(label), people

    return compute


def _exposure(label: str) -> Callable[[Sums], Result]:
    def compute(s: Sums) -> Result:
        codes = s.labels[label]
        low, high = s.among(codes == 0), s.among(codes == 1)
        share = ratio(high, np.where(low > 0, low + high - 1, 0))
        return share / s.scene.share(label), low

    return compute


def _bias(label: str) -> Callable[[Sums], Result]:
    def compute(s: Sums) -> Result:
        (connected, n), (exposed, _) = _connectedness(label)(s), _exposure(label)(s)
        return 1 - ratio(connected, np.nan_to_num(exposed)), n

    return compute


def entries(
    label: str, mark: str, low: str, high: str, default: tuple[str, ...] = ONLY_DYADIC
) -> tuple[Indicator, ...]:
    """Return connectedness, exposure and friending bias of the people `low` to the people `high`.

    Parameters
    ----------
    label : str
        What the indicators are called.
    mark : str
        One of `roster.MARKS`, with codes 0 (low) and 1 (high).
    low, high : str
        The groups in words.
    """
    return (
        Indicator(
            f"connectedness_{label}", "connectedness",
            f"mean over people who are {low} and tied of (their ties to people who are {high} / their ties "
            f"to people of known group) / share of {high} among the study's people by then: 1 as if group "
            "did not matter",
            "Chetty et al. 2022 (I), economic connectedness", (0, np.inf),
            f"nobody {low} is tied, or nobody in the study is {high}", "people",
            _connectedness(mark), default=default,
        ),
        Indicator(
            f"exposure_{label}", "connectedness",
            f"mean over people who are {low} of the share of {high} among the others of the place / share "
            f"of {high} among the study's people by then; the same for every layer",
            "Chetty et al. 2022 (II), exposure", (0, np.inf),
            f"nobody {low} in the place, or nobody in the study is {high}", "people",
            _exposure(mark), default=default,
        ),
        Indicator(
            f"friending_bias_{label}", "connectedness",
            f"1 - connectedness / exposure: above 0 where people who are {low} have fewer ties to people who "
            f"are {high} than they meet in the place",
            "Chetty et al. 2022 (II), friending bias", (-np.inf, 1),
            f"connectedness is undefined, or nobody in the place is {high}", "people",
            _bias(mark), default=default,
        ),
    )  # fmt: skip


ENTRIES = (
    *entries("residency", "registered", "not registered here", "registered here"),
    *entries("age", "age", "old (60 and over)", "not old"),
    *entries("authority", "authority", "without authority", "cadres or social workers"),
    *entries(
        "income", "income", "of low income", "of high income (column income_band: low, high)", ON_REQUEST
    ),
)
