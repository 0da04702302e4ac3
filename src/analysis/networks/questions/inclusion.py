"""Inclusion: is a group in the network as often, as deep and as mutual as the others?"""

from __future__ import annotations

from statistics import NormalDist

import numpy as np
import pandas as pd

from analysis.errors import StudyError
from analysis.networks.building.layout import DYADIC
from analysis.networks.building.rule import TieRule
from analysis.networks.variants.replicates import Network, read_networks
from analysis.tables.periods import ALL
from analysis.tables.places import PlaceTree
from analysis.tables.values import OLD_AGE_BANDS

GROUPS = {
    "residency": ("residency", ("non_registered",), "share_nonregistered"),
    "old": ("age_band", OLD_AGE_BANDS, "share_elderly"),
}
COLUMNS = ["place_id", "measure", "group", "value_group", "value_others", "ratio", "conf_low", "conf_high",
           "n_group", "n_others"]  # fmt: skip


def inclusion(
    interactions: pd.DataFrame,
    people: pd.DataFrame,
    *,
    group: str = "residency",
    focus: str | tuple[str, ...] | None = None,
    population: pd.DataFrame | None = None,
    level: str = "community",
    places: list[str] | None = None,
    layer: str = DYADIC,
    period: str = ALL,
    rule: TieRule | None = None,
    tree: PlaceTree | pd.DataFrame | None = None,
    conf: float = 0.95,
) -> pd.DataFrame:
    """Compare a group with the other residents of each place: ratios with intervals.

    Parameters
    ----------
    interactions, people : DataFrame
        The log; people with person_id, community_id and the group's column.
    group : str, default "residency"
        "residency" (non-registered against registered), "old" (60 or over against younger, by age_band), or a
        column of `people` together with `focus`.
    focus : str or tuple of str, optional
        Values of the column that make the group; everyone else with a known value is the others.
    population : DataFrame, optional
        The places table: adds `representation` for "residency" and "old".
    level, places, layer, period, rule, tree
        Which networks: as for `null_test`.
    conf : float, default 0.95

    Returns
    -------
    DataFrame
        place_id, measure, group, value_group, value_others, ratio, conf_low, conf_high, n_group, n_others
        (people behind the values). Show no row with either n under 5. Measures:

        representation: people on the platform per resident of the population; active: share who did an act;
        tied: share with a tie; ties: ties per person; depth: acts per tie of those tied; mutual: share of a
        tied person's ties with acts both ways, on average. Gathering layers have representation, active and
        joined (gatherings per person).

    Raises
    ------
    StudyError
        If the group is not known or nobody's value of its column is.

    Notes
    -----
    The people are those who live in the place and joined by the end of the period. Intervals are for the
    ratio of two means by the delta method on its logarithm (of two Poisson rates for representation, the
    population taken as known). They treat people as drawn on their own; a tie shared between the groups
    moves both means the same way, so intervals of ties are somewhat wide where groups mix. A ratio is
    NaN where the others' value is 0; a ratio of 0 has no interval.
    """
    column, chosen, share = _group(group, focus, people)
    pieces = []
    found = read_networks(
        interactions,
        rule=rule,
        people=people,
        tree=tree,
        level=level,
        places=places,
        layer=layer,
        period=period,
    )
    for network in found:
        value = network.labels[column]
        inside = value.isin(chosen).to_numpy() & network.lives
        others = ~value.isin(chosen).to_numpy() & value.notna().to_numpy() & network.lives
        rows = [
            (name, *_compare(values[inside & of], values[others & of], conf))
            for name, (values, of) in _measures(network).items()
        ]
        if population is not None and share is not None:
            rows.insert(
                0, ("representation", *_represent(population, network.place_id, share, inside, others, conf))
            )
        piece = pd.DataFrame(rows, columns=["measure", *COLUMNS[3:]])
        pieces.append(piece.assign(place_id=network.place_id, group=", ".join(chosen)))
    table = pd.concat(pieces, ignore_index=True) if pieces else pd.DataFrame(columns=COLUMNS)
    table = table[COLUMNS]
    table.attrs = {"group": group, "layer": layer, "period": period, "conf": conf}
    return table


def _group(
    group: str, focus: str | tuple[str, ...] | None, people: pd.DataFrame
) -> tuple[str, tuple[str, ...], str | None]:
    column, chosen, share = GROUPS.get(group, (group, focus, None))
    if focus is not None:
        chosen, share = focus, None
    if chosen is None or column not in people.columns or people[column].isna().all():
        raise StudyError(
            "People cannot be divided into this group and others.",
            where="group" if column in people.columns else f"people.{column}",
            value=group,
            expected="residency, old, or a column of people with known values and `focus`, the values wanted",
            mend="Use one of these, or a column of the people table with focus.",
        )
    return column, (chosen,) if isinstance(chosen, str) else tuple(chosen), share


def _measures(network: Network) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Return measure -> (value, whom it is defined for), one item per person."""
    n = network.n_people
    acts = np.bincount(network.source, minlength=n)
    everyone = np.ones(n, dtype=bool)
    if network.form != DYADIC:
        return {"active": ((acts > 0).astype(float), everyone), "joined": (acts.astype(float), everyone)}
    low, high = np.minimum(network.source, network.other), np.maximum(network.source, network.other)
    tie, at = np.unique(low.astype(np.int64) * n + high, return_inverse=True)
    weight = np.bincount(at, minlength=len(tie))
    forth = np.bincount(at, network.source == low, minlength=len(tie))
    both = ((forth > 0) & (forth < weight)).astype(float)
    ends = np.concatenate([tie // max(n, 1), tie % max(n, 1)])
    ties, strength, mutual = (
        np.bincount(ends, None if w is None else np.tile(w, 2), minlength=n).astype(float)
        for w in (None, weight, both)
    )
    tied = ties > 0
    return {
        "active": ((acts > 0).astype(float), everyone),
        "tied": (tied.astype(float), everyone),
        "ties": (ties, everyone),
        "depth": (strength / np.maximum(ties, 1), tied),
        "mutual": (mutual / np.maximum(ties, 1), tied),
    }


def _compare(group: np.ndarray, others: np.ndarray, conf: float) -> tuple[float, ...]:
    one, other = (values.mean() if len(values) else np.nan for values in (group, others))
    error = np.sqrt(
        sum(
            values.var(ddof=1) / (len(values) * mean**2) if len(values) > 1 and mean > 0 else np.nan
            for values, mean in ((group, one), (others, other))
        )
    )
    return one, other, *_interval(one, other, error, conf), len(group), len(others)


def _represent(
    population: pd.DataFrame, place: str, share: str, inside: np.ndarray, others: np.ndarray, conf: float
) -> tuple[float, ...]:
    row = population[population["place_id"] == place]
    if not len(row):
        return *[np.nan] * 5, int(inside.sum()), int(others.sum())
    residents, part = float(row["population"].astype(float).iloc[0]), float(row[share].iloc[0])
    counts = inside.sum(), others.sum()
    rates = [
        count / size if size > 0 else np.nan
        for count, size in zip(counts, (residents * part, residents * (1 - part)), strict=True)
    ]
    error = np.sqrt(sum(1 / count if count else np.nan for count in counts))
    return *rates, *_interval(*rates, error, conf), int(counts[0]), int(counts[1])


def _interval(one: float, other: float, error: float, conf: float) -> tuple[float, float, float]:
    ratio = one / other if other > 0 else np.nan
    width = NormalDist().inv_cdf(0.5 + conf / 2) * error
    return ratio, ratio * np.exp(-width), ratio * np.exp(width)
