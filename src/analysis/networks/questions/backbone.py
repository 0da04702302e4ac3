"""Which ties stand out: the disparity backbone for drawing, and statistically validated projections."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.errors import StudyError
from analysis.networks.building.layout import GATHERINGS
from analysis.networks.building.rows import place_members
from analysis.networks.building.rule import TieRule
from analysis.networks.variants.nulls import compare_with_null
from analysis.networks.variants.replicates import Network, read_networks
from analysis.networks.variants.shuffles import curveball
from analysis.tables.periods import ALL
from analysis.tables.places import PlaceTree

CHANCE = 0.05


def disparity(edges: pd.DataFrame) -> pd.DataFrame:
    """Add to undirected ties the chance that a tie would carry so much of an end's weight.

    Parameters
    ----------
    edges : DataFrame
        source_id, target_id, weight: each tie once, as `Ties.edges` gives them.

    Returns
    -------
    DataFrame
        `edges` with `alpha`: the smaller over both ends of (1 - w / s) ** (k - 1), w the tie's weight, s and
        k the weight and number of the end's ties; 1 for an end with one tie. Small alpha: backbone.

    Notes
    -----
    Serrano, Boguñá & Vespignani 2009, PNAS 106, 6483, eq. 2. Equal weights make no backbone.
    """
    weight = edges["weight"].to_numpy(dtype=float)
    alpha = np.ones(len(edges))
    ends = pd.concat([edges["source_id"], edges["target_id"]], ignore_index=True)
    codes = pd.factorize(ends)[0]
    strength, degree = np.bincount(codes, np.tile(weight, 2)), np.bincount(codes)
    for half in (codes[: len(edges)], codes[len(edges) :]):
        share = np.minimum(weight / strength[half], 1)
        alpha = np.minimum(alpha, np.where(degree[half] > 1, (1 - share) ** (degree[half] - 1), 1.0))
    return edges.assign(alpha=alpha)


def validated_ties(
    interactions: pd.DataFrame,
    *,
    tree: PlaceTree | pd.DataFrame | None = None,
    layer: str = GATHERINGS,
    period: str = ALL,
    rule: TieRule | None = None,
    alpha: float = 0.05,
    n_null: int = 99,
    seed: int = 0,
) -> pd.DataFrame:
    """Count the pairs who meet more often than chance: one by one, and pooled over each place.

    Parameters
    ----------
    interactions : DataFrame
    tree : PlaceTree or DataFrame, optional
        Adds streets and districts, which pool the pairs of their communities.
    layer, period, rule
        Which gatherings.
    alpha : float, default 0.05
        False discovery rate among all pairs of a place.
    n_null : int, default 99; seed : int

    Returns
    -------
    DataFrame
        place_id, n (people who joined), pairs (all pairs of them within a community: the tests), met (pairs
        who met), validated (pairs kept at false discovery rate `alpha`), smallest_p; and the pooled test:
        value (pairs whose own p is 0.05 or less), null_mean, null_low, null_high, z, p_value of that number.
        Show no row with n under 5.

    Raises
    ------
    StudyError
        If the layer has no gatherings.

    Notes
    -----
    Tumminello et al. 2011, PLoS ONE 6, e17994: of N gatherings of the community, two people joined a and b;
    the chance to share as many or more is hypergeometric. Benjamini & Hochberg 1995 over all pairs, those who
    never met included. A community's year seldom validates a single pair: the least p that few gatherings
    can give is far above alpha / pairs. The pooled test asks whether more pairs than chance meet often, with
    the number of such pairs under curveball shuffles within each community (Strona et al. 2014) as its null,
    added up over a district: that has power where no pair has.
    """
    found = {}
    for number, network in enumerate(
        read_networks(interactions, tree=tree, rule=rule, layer=layer, period=period)
    ):
        if network.form != GATHERINGS:
            raise StudyError(
                "Only gatherings can be validated.",
                where="layer",
                value=layer,
                expected="a gathering layer",
                mend="Use a layer of gatherings.",
            )
        found[network.place_id] = _community(network, n_null, np.random.default_rng([seed, number]))
    rows = []
    for place, members in place_members(tree, list(found)).items():
        parts = [found[list(found)[i]] for i in members]
        if parts:
            rows.append({"place_id": place} | _pool(parts, alpha))
    return pd.DataFrame(rows)


def pair_chances(
    person: np.ndarray, gathering: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return, for every pair who met: both people, gatherings shared, chance of sharing as many or more."""
    from scipy.sparse import coo_matrix, triu
    from scipy.stats import hypergeom

    people, rows = np.unique(person, return_inverse=True)
    events, columns = np.unique(gathering, return_inverse=True)
    table = coo_matrix((np.ones(len(rows), np.int64), (rows, columns))).tocsr()
    shared = triu(table @ table.T, k=1).tocoo()
    joined = np.bincount(rows)
    p = hypergeom.sf(shared.data - 1, len(events), joined[shared.row], joined[shared.col])
    return people[shared.row], people[shared.col], shared.data, p


def _community(network: Network, n_null: int, rng: np.random.Generator) -> dict:
    person, gathering = network.source, network.other
    n = len(np.unique(person))
    if not n:
        return {"n": 0, "pairs": 0, "p": np.zeros(0), "null": np.zeros(n_null)}
    null = [
        (pair_chances(*curveball(person, gathering, seed=int(rng.integers(2**62))))[3] <= CHANCE).sum()
        for _ in range(n_null)
    ]
    return {
        "n": n,
        "pairs": n * (n - 1) // 2,
        "p": pair_chances(person, gathering)[3],
        "null": np.array(null),
    }


def _pool(parts: list[dict], alpha: float) -> dict:
    p = np.sort(np.concatenate([part["p"] for part in parts]))
    pairs = sum(part["pairs"] for part in parts)
    passed = np.flatnonzero(p <= alpha * np.arange(1, len(p) + 1) / max(pairs, 1))
    often = np.array([sum((part["p"] <= CHANCE).sum() for part in parts)])
    pooled = compare_with_null(often, sum(part["null"] for part in parts)[:, None])
    return {
        "n": sum(part["n"] for part in parts), "pairs": pairs, "met": len(p),
        "validated": int(passed[-1]) + 1 if len(passed) else 0, "smallest_p": p[0] if len(p) else np.nan,
    } | {name: float(values[0]) for name, values in pooled.items()}  # fmt: skip
