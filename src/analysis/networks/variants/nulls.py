"""Null models: is an indicator other than degrees, gatherings or activity alone would make it?"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pandas as pd

from analysis.errors import StudyError
from analysis.networks.building.layout import DYADIC, GATHERINGS
from analysis.networks.building.rule import TieRule
from analysis.networks.variants.replicates import Draw, Network, evaluate, read_networks
from analysis.networks.variants.shuffles import curveball, permute_within, swap_edges
from analysis.tables.periods import ALL
from analysis.tables.places import PlaceTree

NULLS = {"swap": DYADIC, "curveball": GATHERINGS, "time": None}


def null_test(
    interactions: pd.DataFrame,
    people: pd.DataFrame | None = None,
    *,
    null: str = "swap",
    names: list[str] | str | None = None,
    level: str = "community",
    places: list[str] | None = None,
    layer: str | None = None,
    period: str = ALL,
    rule: TieRule | None = None,
    tree: PlaceTree | pd.DataFrame | None = None,
    within: str = "community",
    n_null: int = 199,
    seed: int = 0,
) -> pd.DataFrame:
    """Hold indicators against a null model: z-scores and p-values.

    Parameters
    ----------
    interactions, people : DataFrame
    null : {"swap", "curveball", "time"}
        "swap": everyone keeps their number of ties (dyadic layers; under a directed rule, of ties given and
        received); a tie's acts go with it. "curveball": everyone joins as many gatherings and each gathering
        has as many people (gathering layers). "time": acts of one community and month swap their times; says
        nothing about indicators that don't depend on time (z is NaN).
    names : str or list of str, optional
        Indicators of the registry; all of the layer's form if None.
    level : {"community", "street", "district"}; places : list of str, optional
        Whose networks; `places` overrides `level`.
    layer : str, optional
        By default all ties of the form that the null is for.
    period : str, default "all"
    rule, tree
        As for `build_ties`.
    within : {"community", "place"}, default "community"
        Whether ties are swapped (and people trade gatherings) only within the community where they happened,
        so that a district pools its communities, or across the whole place.
    n_null : int, default 199; seed : int

    Returns
    -------
    DataFrame
        place_id, period, layer, indicator, null, value, null_mean, null_sd, null_low, null_high (2.5 and
        97.5 %), z, p_value (two-sided, never below 2 / (n_null + 1)), n (as the registry counts it), n_null.

    Raises
    ------
    StudyError
        If the null, layer or place is not known, or null and layer don't fit.

    Notes
    -----
    Indicators relative to shares of the whole study (connectedness, exposure) are here relative to those of
    the place, also in `bootstrap_indicators` and `rarefy`.

    Maslov & Sneppen 2002 (swap), Strona et al. 2014 (curveball), Holme & Saramäki 2012 (time). With
    `within="place"` indicators of a street or district stand out by the mere fact that people meet in their
    community. Many tests: expect one in twenty below 0.05.
    """
    if null not in NULLS:
        raise StudyError(
            "There is no such null model.",
            where="null",
            value=null,
            expected="one of " + ", ".join(NULLS),
            mend="Use one of these.",
        )
    if within not in ("community", "place"):
        raise StudyError(
            "Nulls cannot be drawn within this.",
            where="within",
            value=within,
            expected='"community" or "place"',
            mend="Use one of these.",
        )
    layer = layer or NULLS[null] or DYADIC
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
    for number, network in enumerate(found):
        if NULLS[null] not in (None, network.form):
            raise StudyError(
                "This null model is not for this layer.",
                where="layer",
                value=layer,
                expected=f"a layer of form {NULLS[null]!r}",
                mend='Use "swap" for ties between two people, "curveball" for gatherings.',
            )
        pieces.append(_test(network, (null, within), names, n_null, np.random.default_rng([seed, number])))
    table = pd.concat(pieces, ignore_index=True) if pieces else pd.DataFrame()
    table.attrs = {"null": null, "n_null": n_null, "seed": seed}
    return table


def _test(
    network: Network,
    kind: tuple[str, str],
    names: list[str] | str | None,
    n_null: int,
    rng: np.random.Generator,
) -> pd.DataFrame:
    null, within = kind
    draw = {"swap": _swapped, "curveball": _traded, "time": _retimed}[null]
    values, counts, chosen = evaluate(network, _draws(network, draw, within, n_null, rng), names)
    return pd.DataFrame(
        {"place_id": network.place_id, "period": network.period, "layer": network.layer,
         "indicator": chosen, "null": null}
        | compare_with_null(values[0], values[1:], spread=True)
        | {"n": counts[0].astype(np.int64), "n_null": n_null}
    )  # fmt: skip


def _draws(
    network: Network, draw: Callable, within: str, n_null: int, rng: np.random.Generator
) -> Iterator[Draw]:
    group = network.community if within == "community" else np.zeros_like(network.community)
    yield network.itself()
    for _ in range(n_null):
        yield draw(network, group, rng)


def _swapped(network: Network, group: np.ndarray, rng: np.random.Generator) -> Draw:
    source, target, directed = network.source, network.other, network.rule.directed
    low, high = np.minimum(source, target), np.maximum(source, target)
    if directed:
        low, high = source, target
    _, first, tie = np.unique(low * network.n_people + high, return_index=True, return_inverse=True)
    edges = np.column_stack([low[first], high[first]]) if len(first) else np.empty((0, 2), np.int64)
    after = swap_edges(edges, group=group[first], directed=directed, seed=int(rng.integers(2**62)))
    forth = source == low
    ends = after[tie]
    return Draw(
        np.arange(network.n_people),
        np.where(forth, ends[:, 0], ends[:, 1]),
        np.where(forth, ends[:, 1], ends[:, 0]),
        np.arange(len(source)),
    )


def _traded(network: Network, group: np.ndarray, rng: np.random.Generator) -> Draw:
    event = np.zeros(int(network.other.max(initial=-1)) + 1, dtype=np.int64)
    event[network.other[::-1]] = group[::-1]  # a gathering belongs to the community of its first join
    order = np.lexsort((network.source, event[network.other]))
    seed = int(rng.integers(2**62))
    person, gathering = curveball(network.source, network.other, group=event[network.other], seed=seed)
    return Draw(np.arange(network.n_people), person, gathering, order)


def _retimed(network: Network, group: np.ndarray, rng: np.random.Generator) -> Draw:
    month = network.time.astype("datetime64[M]").astype(np.int64)
    _, strata = np.unique(np.column_stack([network.community, month]), axis=0, return_inverse=True)
    return Draw(
        np.arange(network.n_people), network.source, network.other, permute_within(strata.ravel(), rng)
    )


def compare_with_null(value: np.ndarray, null: np.ndarray, *, spread: bool = False) -> dict[str, np.ndarray]:
    """Return value, null_mean, (null_sd,) null_low, null_high, z and p_value, each with one item per column.

    Draws in which the value is undefined are left out. p is two-sided: twice the smaller of the two shares
    of draws at least as extreme, the observed value counted as one of them.
    """
    value, null = np.asarray(value, dtype=float), np.asarray(null, dtype=float)
    defined = np.isfinite(null)
    number = defined.sum(axis=0)
    usable = (number > 1) & np.isfinite(value)
    filled = np.where(defined, null, 0.0)
    mean = np.divide(filled.sum(axis=0), number, out=np.full(len(value), np.nan), where=number > 0)
    deviation = np.where(defined, null - mean, 0.0)
    sd = np.sqrt((deviation**2).sum(axis=0) / np.maximum(number - 1, 1))
    close = 1e-9 * np.maximum(np.abs(value), 1e-9)  # equal but for rounding is equal
    above = (defined & (null >= value - close)).sum(axis=0)
    below = (defined & (null <= value + close)).sum(axis=0)
    p = np.minimum(2 * (1 + np.minimum(above, below)) / (number + 1), 1.0)
    scale = np.maximum(np.abs(mean), 1e-9) * 1e-9
    z = np.divide(value - mean, sd, out=np.full(len(value), np.nan), where=usable & (sd > scale))
    low, high = np.full(len(value), np.nan), np.full(len(value), np.nan)
    for column in np.flatnonzero(number):
        low[column], high[column] = np.quantile(null[defined[:, column], column], [0.025, 0.975])
    results = {"value": value, "null_mean": mean, "null_sd": sd, "null_low": low, "null_high": high,
               "z": z, "p_value": np.where(usable, p, np.nan)}  # fmt: skip
    if not spread:
        del results["null_sd"]
    return results
