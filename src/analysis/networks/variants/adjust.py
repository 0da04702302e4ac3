"""Places on equal footing: indicators at the same number of acts or people, and free of size by formula."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.errors import StudyError
from analysis.networks.building.layout import DYADIC
from analysis.networks.building.rule import TieRule
from analysis.networks.variants.replicates import Draw, Network, evaluate, read_networks
from analysis.networks.variants.uncertainty import draw_gatherings
from analysis.tables.periods import ALL
from analysis.tables.places import PlaceTree

CLOSURE = ("transitivity", "clustering", "clustering_tied")


def rarefy(
    interactions: pd.DataFrame,
    people: pd.DataFrame | None = None,
    *,
    by: str = "acts",
    size: int | None = None,
    names: list[str] | str | None = None,
    level: str = "community",
    places: list[str] | None = None,
    layer: str = DYADIC,
    period: str = ALL,
    rule: TieRule | None = None,
    tree: PlaceTree | pd.DataFrame | None = None,
    n_draws: int = 50,
    seed: int = 0,
) -> pd.DataFrame:
    """Compute indicators of every place at the same number of acts, or of people.

    Parameters
    ----------
    interactions, people : DataFrame
    by : {"acts", "people"}, default "acts"
        "acts": that many acts (gatherings, in gathering layers) drawn without replacement, all people kept.
        "people": that many people drawn, with the acts between them.
    size : int, optional
        Acts or people drawn; by default as many as the smallest of the places has (at least 1 and 2).
    names, level, places, layer, period, rule, tree
        Which indicators and networks: as for `null_test`.
    n_draws : int, default 50; seed : int

    Returns
    -------
    DataFrame
        place_id, period, layer, indicator, value (as it is), rarefied (mean over draws), spread (standard
        deviation over draws: not a standard error), size, available (acts or people of the place), n.
        `rarefied` is NaN where a place has fewer than `size`.

    Raises
    ------
    StudyError
        If an argument is not one of those allowed.

    Notes
    -----
    With the acts, density, ties per person, giant share, closure and shares of active people grow; with the
    people, density and closure fall by construction (ties per person don't grow with the place). So a busy
    or a small place looks better connected than it is. Rarefaction by acts answers for effort, by people for
    size where dense groups matter; density of people drawn by chance stays as it is, so compare places of
    different size by mean_degree or `size_adjusted`. Rarefaction: Hurlbert 1971, Ecology 52, 577.
    """
    if by not in ("acts", "people") or (size is not None and size < 1) or n_draws < 1:
        where = (
            "by" if by not in ("acts", "people") else "size" if size is not None and size < 1 else "n_draws"
        )
        raise StudyError(
            "Places cannot be rarefied so.",
            where=where,
            value={"by": by, "size": size, "n_draws": n_draws}[where],
            expected='by "acts" or "people"; size and n_draws 1 or more',
        )
    found = list(
        read_networks(
            interactions,
            rule=rule,
            people=people,
            tree=tree,
            level=level,
            places=places,
            layer=layer,
            period=period,
        )
    )
    have = [_available(network, by) for network in found]
    size = size or max(min(have, default=1), 1 if by == "acts" else 2)
    pieces = []
    for number, (network, available) in enumerate(zip(found, have, strict=True)):
        rng = np.random.default_rng([seed, number])
        draws = [network.itself()]
        if available >= size:
            draws += [_draw(network, by, size, rng) for _ in range(n_draws)]
        values, counts, chosen = evaluate(network, draws, names)
        key = {"place_id": network.place_id, "period": period, "layer": layer, "indicator": chosen}
        mean, spread = _mean(values[1:])
        pieces.append(
            pd.DataFrame(key | {"value": values[0], "rarefied": mean, "spread": spread, "size": size,
                                "available": available, "n": counts[0].astype(np.int64)})
        )  # fmt: skip
    table = pd.concat(pieces, ignore_index=True) if pieces else pd.DataFrame()
    table.attrs = {"by": by, "size": size, "n_draws": n_draws, "seed": seed}
    return table


def _available(network: Network, by: str) -> int:
    if by == "people":
        return network.n_people
    return len(network.source) if network.form == DYADIC else len(np.unique(network.other))


def _draw(network: Network, by: str, size: int, rng: np.random.Generator) -> Draw:
    if by == "people":
        person = np.sort(rng.choice(network.n_people, size, replace=False))
        position = np.full(network.n_people, -1)
        position[person] = np.arange(size)
        kept = position[network.source] >= 0
        if network.form == DYADIC:
            kept &= position[network.other] >= 0
        act = np.flatnonzero(kept)
        other = position[network.other[act]] if network.form == DYADIC else network.other[act]
        return Draw(person, position[network.source[act]], other, act)
    chosen = rng.choice(_available(network, by), size, replace=False)
    if network.form != DYADIC:
        return draw_gatherings(network, chosen)
    return Draw(np.arange(network.n_people), network.source[chosen], network.other[chosen], chosen)


def _mean(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    defined = np.isfinite(values)
    number, blank = defined.sum(axis=0), np.full(values.shape[1], np.nan)
    mean = np.divide(np.where(defined, values, 0.0).sum(axis=0), number, out=blank.copy(), where=number > 0)
    square = np.where(defined, (values - mean) ** 2, 0.0).sum(axis=0)
    return mean, np.sqrt(np.divide(square, number - 1, out=blank, where=number > 1))


def size_adjusted(table: pd.DataFrame, size: int | None = None) -> pd.DataFrame:
    """Add values that don't fall with the number of people, by formula.

    Parameters
    ----------
    table : DataFrame
        Of `indicators`, with the rows of density, and of closure where wanted.
    size : int, optional
        People that density is brought to; by default the median of the places in `table`.

    Returns
    -------
    DataFrame
        The rows of density, transitivity, clustering and clustering_tied, with `adjusted`. Density: ties per
        person / (size - 1), the density of a place of `size` people whose people have as many ties. Closure:
        (value - density) / (1 - density): 0 as in a random graph of the same size and density, 1 if every
        pair of neighbours is tied.

    Raises
    ------
    StudyError
        If there are no rows of density.

    Notes
    -----
    Assumes that the number of ties a person keeps doesn't depend on the size of the place (Marsden 1993;
    Wasserman & Faust 1994, ch. 4). Closure against the same degrees, not only density: `null_test`.
    """
    key = ["place_id", "period", "layer"]
    density = table[table["indicator"] == "density"].set_index(key)
    if not len(density):
        raise StudyError(
            "Without density nothing can be adjusted for size.",
            where="table.indicator", value="no density", expected="the rows of density, from `indicators`",
        )  # fmt: skip
    rows = table[table["indicator"].isin(["density", *CLOSURE])].copy()
    at = density.reindex(pd.MultiIndex.from_frame(rows[key]))
    p, n = at["value"].to_numpy(), at["n"].to_numpy(dtype=float)
    size = size or int(density["n"].median())
    closure = np.divide(rows["value"] - p, 1 - p, out=np.full(len(rows), np.nan), where=p < 1)
    level = p * (n - 1) / max(size - 1, 1)
    rows["adjusted"] = np.where(rows["indicator"] == "density", level, closure)
    rows.attrs = table.attrs | {"size": size}
    return rows.reset_index(drop=True)
