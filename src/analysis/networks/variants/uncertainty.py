"""How far an indicator would move with other people or other acts: bootstrap intervals."""

from __future__ import annotations

from collections.abc import Iterator
from statistics import NormalDist

import numpy as np
import pandas as pd

from analysis.errors import StudyError
from analysis.networks.building.layout import DYADIC
from analysis.networks.building.rule import TieRule
from analysis.networks.variants.replicates import Draw, Network, evaluate, limits, read_networks
from analysis.tables.periods import ALL
from analysis.tables.places import PlaceTree

UNITS = ("person", "act")


def bootstrap_indicators(
    interactions: pd.DataFrame,
    people: pd.DataFrame | None = None,
    *,
    unit: str = "person",
    names: list[str] | str | None = None,
    level: str = "community",
    places: list[str] | None = None,
    layer: str = DYADIC,
    period: str = ALL,
    rule: TieRule | None = None,
    tree: PlaceTree | pd.DataFrame | None = None,
    n_boot: int = 199,
    conf: float = 0.95,
    seed: int = 0,
) -> pd.DataFrame:
    """Bootstrap any indicator of the registry.

    Parameters
    ----------
    interactions, people : DataFrame
    unit : {"person", "act"}, default "person"
        What is drawn again with replacement. "person": the place's people, with all acts between those drawn
        (dyadic layers only): would other people of the same kind have such a network? "act": acts between two
        people, or whole gatherings: would the same people have such a network in another log as long?
    names, level, places, layer, period, rule, tree
        Which indicators and networks: as for `null_test`.
    n_boot : int, default 199; conf : float, default 0.95; seed : int

    Returns
    -------
    DataFrame
        place_id, period, layer, indicator, value, std_error, conf_low, conf_high (value +- z std_error, cut
        off at its range), boot_mean, n_defined (replicates in which it was defined), n, unit. Where
        the value is undefined, or fewer than half of the replicates are defined, interval and error are NaN.

    Raises
    ------
    StudyError
        If the unit is not known or does not fit the layer.

    Notes
    -----
    Vertex bootstrap of Snijders & Borgatti 1999, Connections 22(2), 61: two copies of one person get the dyad
    of two people drawn by chance. It takes people as a sample from a larger population of exchangeable
    people; it measures no error of the log. Copies make some triangles and drop some ties, and acts drawn
    again repeat ties already there, so `boot_mean` lies off `value` (density under "act" always lies
    below): intervals are laid around the value, not around the replicates.
    """
    if unit not in UNITS or n_boot < 2:
        raise StudyError(
            "This bootstrap cannot be made.",
            where="unit" if unit not in UNITS else "n_boot",
            value=unit if unit not in UNITS else n_boot,
            expected='unit "person" or "act", n_boot 2 or more',
            mend="Use one of these.",
        )
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
        if unit == "person" and network.form != DYADIC:
            raise StudyError(
                "People in gatherings cannot be drawn again: copies of a person would always meet.",
                where="unit",
                value=unit,
                expected='unit="act" for gathering layers',
                mend="Use the bootstrap of events.",
            )
        draws = _draws(network, unit, n_boot, np.random.default_rng([seed, number]))
        values, counts, chosen = evaluate(network, draws, names)
        summary = _summary(values, chosen, conf)
        key = {"place_id": network.place_id, "period": period, "layer": layer, "indicator": chosen}
        pieces.append(pd.DataFrame(key | summary | {"n": counts[0].astype(np.int64), "unit": unit}))
    table = pd.concat(pieces, ignore_index=True) if pieces else pd.DataFrame()
    table.attrs = {"unit": unit, "n_boot": n_boot, "conf": conf, "seed": seed}
    return table


def _draws(network: Network, unit: str, n_boot: int, rng: np.random.Generator) -> Iterator[Draw]:
    yield network.itself()
    for _ in range(n_boot):
        if unit == "person":
            yield draw_people(network, rng.integers(0, network.n_people, network.n_people), rng)
        elif network.form == DYADIC:
            act = rng.integers(0, len(network.source), len(network.source))
            yield Draw(np.arange(network.n_people), network.source[act], network.other[act], act)
        else:
            number = int(network.other.max(initial=-1)) + 1
            yield draw_gatherings(network, rng.integers(0, number, number) if number else np.zeros(0, int))


def draw_people(network: Network, chosen: np.ndarray, rng: np.random.Generator) -> Draw:
    """Return the network between `chosen` people (positions, with repetitions), as Snijders & Borgatti do."""
    order = np.argsort(chosen, kind="stable")
    person = chosen[order]
    first = np.searchsorted(person, np.arange(network.n_people))
    copies = np.bincount(person, minlength=network.n_people)
    each = copies[network.source] * copies[network.other]
    act = np.repeat(np.arange(len(each)), each)
    number = np.arange(len(act)) - np.repeat(np.cumsum(each) - each, each)
    source, target = network.source[act], network.other[act]
    ends = first[source] + number // copies[target], first[target] + number % copies[target]
    extra = _between_copies(network, first, copies, rng)
    source, target, act = (np.concatenate(pair) for pair in zip((*ends, act), extra, strict=True))
    return Draw(person, source, target, act)


def _between_copies(
    network: Network, first: np.ndarray, copies: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Give each pair of copies of one person the acts of two different people drawn by chance."""
    again = np.flatnonzero(copies > 1)
    pairs = [np.add(np.triu_indices(copies[who], 1), first[who]) for who in again]
    one, two = np.concatenate(pairs, axis=1) if pairs else np.zeros((2, 0), dtype=np.int64)
    n = network.n_people
    if n < 2:
        one, two = one[:0], two[:0]
    i = rng.integers(0, max(n, 1), len(one))
    j = (i + rng.integers(1, max(n, 2), len(one))) % max(n, 1)
    key = np.minimum(network.source, network.other) * n + np.maximum(network.source, network.other)
    order = np.argsort(key, kind="stable")
    wanted = np.minimum(i, j) * n + np.maximum(i, j)
    left, right = (np.searchsorted(key[order], wanted, side=side) for side in ("left", "right"))
    which = np.repeat(np.arange(len(one)), right - left)
    at = np.arange(len(which)) - np.repeat(np.cumsum(right - left) - (right - left), right - left)
    act = order[left[which] + at]
    forth = network.source[act] == i[which]
    return np.where(forth, one[which], two[which]), np.where(forth, two[which], one[which]), act


def draw_gatherings(network: Network, chosen: np.ndarray) -> Draw:
    """Return the network of `chosen` gatherings (codes, with repetitions), each copy one of its own."""
    order = np.argsort(network.other, kind="stable")
    size = np.bincount(network.other, minlength=int(network.other.max(initial=-1)) + 1)
    start = np.cumsum(size) - size
    gathering = np.repeat(np.arange(len(chosen)), size[chosen])
    within = np.arange(len(gathering)) - np.repeat(np.cumsum(size[chosen]) - size[chosen], size[chosen])
    act = order[start[chosen][gathering] + within] if len(gathering) else np.zeros(0, dtype=np.int64)
    return Draw(np.arange(network.n_people), network.source[act], gathering, act)


def _summary(values: np.ndarray, names: list[str], conf: float) -> dict[str, np.ndarray]:
    value, again = values[0], values[1:]
    defined = np.isfinite(again)
    number = defined.sum(axis=0)
    enough = (number >= 2) & (2 * number >= len(again)) & np.isfinite(value)
    filled = np.where(defined, again, 0.0)
    mean = np.divide(filled.sum(axis=0), number, out=np.full(len(value), np.nan), where=enough)
    square = np.where(defined, (again - mean) ** 2, 0.0).sum(axis=0)
    error = np.sqrt(np.divide(square, number - 1, out=np.full(len(value), np.nan), where=enough))
    low, high = limits(names)
    width = NormalDist().inv_cdf(0.5 + conf / 2) * error
    return {
        "value": value, "std_error": error, "conf_low": np.maximum(value - width, low),
        "conf_high": np.minimum(value + width, high), "boot_mean": mean, "n_defined": number,
    }  # fmt: skip
