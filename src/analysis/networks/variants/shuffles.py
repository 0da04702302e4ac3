"""Random logs, graphs and memberships that keep what a null model keeps."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np
import pandas as pd

from analysis.errors import StudyError
from analysis.networks.building.rows import used_rows
from analysis.networks.building.rule import TieRule

WITHIN = ("month", "gathering", "all")


def shuffle_times(
    interactions: pd.DataFrame, *, within: str = "month", rule: TieRule | None = None, seed: int = 0
) -> pd.DataFrame:
    """Return the rows that a rule uses with their times permuted: who met whom stays, when does not.

    Parameters
    ----------
    interactions : DataFrame
    within : {"month", "gathering", "all"}, default "month"
        Times change places among the acts of one community, month and form (acts between two people,
        joins); among the joins of one gathering only (acts between two people as under "month"); or among
        all acts of one community and form.
    rule : TieRule, optional
    seed : int

    Returns
    -------
    DataFrame
        As `used_rows`: the used rows with new times.

    Notes
    -----
    "Permuted times" of Holme & Saramäki 2012, section 3.3, in strata: activity by person, community and
    month and the static network are kept, the order of acts is not.
    """
    rows = used_rows(interactions, rule)
    order = np.random.default_rng(seed)
    shuffled = permute_within(time_strata(rows, within), order)
    return rows.assign(time=rows["time"].to_numpy()[shuffled])


def time_strata(rows: pd.DataFrame, within: str) -> np.ndarray:
    """Return the stratum of each used row in which its time may change places."""
    if within not in WITHIN:
        raise StudyError(
            "Times cannot be shuffled within this.",
            where="within",
            value=within,
            expected="one of " + ", ".join(WITHIN),
            mend="Use columns of the log.",
        )
    dyadic = rows["target_id"].notna().to_numpy()
    month = rows["time"].to_numpy().astype("datetime64[M]").astype(np.int64)
    keys = pd.DataFrame(
        {
            "community": pd.factorize(rows["community_id"])[0],
            "dyadic": dyadic,
            "month": month,
            "gathering": -1,
        }
    )
    if within == "all":
        keys["month"] = 0
    if within == "gathering":
        gathering = rows.groupby(["kind", "gathering_id"], sort=False).ngroup().to_numpy()
        keys["gathering"] = np.where(dyadic, -1, gathering)
        keys["month"] = np.where(dyadic, month, 0)
    return keys.groupby(list(keys.columns), sort=False).ngroup().to_numpy()


def permute_within(strata: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return a permutation of positions, uniform among those that stay in their stratum."""
    by_stratum = np.argsort(strata, kind="stable")
    key = strata[by_stratum] + rng.random(len(strata))  # strata are whole numbers
    result = np.empty(len(strata), dtype=np.int64)
    result[by_stratum] = by_stratum[np.argsort(key)]
    return result


def swap_edges(
    edges: np.ndarray,
    *,
    group: np.ndarray | None = None,
    sweeps: float = 10,
    directed: bool = False,
    seed: int = 0,
) -> np.ndarray:
    """Return a random simple graph with the same degrees, by edge swaps.

    Parameters
    ----------
    edges : int array (number of edges, 2)
        Each edge once, no loops.
    group : int array, optional
        Group of each edge: only edges of one group swap their ends, so degrees are kept group by group.
    sweeps : float, default 10
        Swaps tried per edge; a swap that would make a loop or a second edge leaves the graph as it is but
        counts, as uniformity needs.
    directed : bool, default False
        Whether to keep in- and out-degrees apart.
    seed : int

    Returns
    -------
    int array (number of edges, 2)
        The edge in row k goes on from row k of `edges`, so attributes can travel with rows.

    Notes
    -----
    Maslov & Sneppen 2002, Science 296, 910. For undirected graphs the walk is over all simple graphs of
    these degrees, each as likely (Fosdick et al. 2018, SIAM Review 60, 315). Directed swaps alone cannot
    turn a directed triangle around, so they miss some graphs of a few degree sequences (Rao et al. 1996).
    """
    edges = np.array(edges, dtype=np.int64).reshape(-1, 2)
    tries = int(np.ceil(sweeps * len(edges)))
    if len(edges) < 2 or not tries:
        return edges
    if (edges[:, 0] == edges[:, 1]).any():
        raise StudyError(
            "Edges cannot be swapped: some lead from a person to the same person.",
            where="edges",
            value=int((edges[:, 0] == edges[:, 1]).sum()),
            expected="no loops",
            mend="Leave out acts of people towards themselves.",
        )
    rng = np.random.default_rng(seed)
    pick = _pick_pairs(len(edges), group, tries, rng)
    flip = rng.random(tries) < (0.0 if directed else 0.5)
    nodes, codes = np.unique(edges, return_inverse=True)
    ends = codes.reshape(-1, 2).astype(np.int64)
    row, other = (ends[:, 0], ends[:, 1]) if directed else (ends.ravel("F"), ends[:, ::-1].ravel("F"))
    start = np.concatenate([[0], np.cumsum(np.bincount(row, minlength=len(nodes)))]).astype(np.int64)
    slots = np.ascontiguousarray(other[np.argsort(row, kind="stable")])
    return nodes[_compiled("swap")(np.ascontiguousarray(ends), pick, flip, directed, start, slots)]


def _pick_pairs(n: int, group: np.ndarray | None, tries: int, rng: np.random.Generator) -> np.ndarray:
    """Draw pairs of positions, the second from the group of the first; as likely in either order."""
    first = rng.integers(0, n, tries)
    if group is None:
        return np.column_stack([first, rng.integers(0, n, tries)])
    order, (_, codes) = np.argsort(group, kind="stable"), np.unique(group, return_inverse=True)
    size = np.bincount(codes)
    start, mine = np.cumsum(size) - size, codes[first]
    return np.column_stack([first, order[start[mine] + rng.integers(0, size[mine])]])


def curveball(
    person: np.ndarray,
    gathering: np.ndarray,
    *,
    group: np.ndarray | None = None,
    sweeps: float = 5,
    seed: int = 0,
) -> tuple[np.ndarray, np.ndarray]:
    """Return random memberships in which everyone joins as many gatherings, and each has as many people.

    Parameters
    ----------
    person, gathering : int arrays
        One value per membership, each pair once.
    group : int array, optional
        Group of each membership, the same for all of a gathering: people trade within groups only.
    sweeps : float, default 5
        Trades per person.
    seed : int

    Returns
    -------
    (person, gathering)
        Sorted by person.

    Notes
    -----
    Strona et al. 2014, Nature Communications 5, 4114; uniform over all such tables (Carstens 2015, Physical
    Review E 91, 042812).
    """
    keys = np.column_stack([np.zeros(len(person), dtype=np.int64) if group is None else group, person])
    people, codes = np.unique(keys, axis=0, return_inverse=True)
    codes = codes.ravel()
    order = np.lexsort((gathering, codes))
    held = np.asarray(gathering, dtype=np.int64)[order].copy()
    start = np.concatenate([[0], np.cumsum(np.bincount(codes, minlength=len(people)))]).astype(np.int64)
    if len(people) > 1:
        rng = np.random.default_rng(seed)
        trades = int(np.ceil(sweeps * len(people)))
        first, second = _pick_pairs(len(people), people[:, 0], trades, rng).T
        first, second = first[first != second], second[first != second]
        size = int(held.max()) + 1
        held = _compiled("trade")(held, start, first, second, size, int(rng.integers(2**31)))
    return people[codes[order], 1], held


@cache
def _compiled(name: str) -> Callable:
    find = _find
    try:
        import numba
    except ImportError:
        return _trade if name == "trade" else _swapper(find)
    return numba.njit(_trade if name == "trade" else _swapper(numba.njit(find)))


def _find(slots, start, node, other):
    """Return where `other` stands among the neighbours of `node`; -1 if nowhere."""
    for p in range(start[node], start[node + 1]):
        if slots[p] == other:
            return p
    return -1


def _swapper(find):
    def swap(edges, pick, flip, directed, start, slots):
        for k in range(len(pick)):
            i, j = pick[k, 0], pick[k, 1]
            a, b, c, d = edges[i, 0], edges[i, 1], edges[j, 0], edges[j, 1]
            if flip[k]:
                c, d = d, c
            if i == j or a == d or c == b:
                continue
            if find(slots, start, a, d) >= 0 or find(slots, start, c, b) >= 0:
                continue
            slots[find(slots, start, a, b)] = d
            slots[find(slots, start, c, d)] = b
            if not directed:
                slots[find(slots, start, b, a)] = c
                slots[find(slots, start, d, c)] = a
            edges[i, 1] = d
            edges[j, 0], edges[j, 1] = c, b
        return edges

    return swap


def _trade(held, start, first, second, size, seed):
    np.random.seed(seed)  # noqa: NPY002  the only generator that both numba and numpy have
    mark = np.zeros(size, dtype=np.int64)
    pool = np.empty(len(held), dtype=np.int64)
    for k in range(len(first)):
        a0, a1, b0, b1 = start[first[k]], start[first[k] + 1], start[second[k]], start[second[k] + 1]
        for p in range(a0, a1):
            mark[held[p]] += 1
        for p in range(b0, b1):
            mark[held[p]] += 2
        number, mine = 0, 0
        for p in range(a0, a1):
            if mark[held[p]] == 1:
                pool[number] = p
                number += 1
        mine = number
        for p in range(b0, b1):
            if mark[held[p]] == 2:
                pool[number] = p
                number += 1
        for p in range(a0, a1):
            mark[held[p]] = 0
        for p in range(b0, b1):
            mark[held[p]] = 0
        if mine == 0 or mine == number:
            continue
        for q in range(number - 1, 0, -1):
            r = np.random.randint(0, q + 1)  # noqa: NPY002
            held[pool[q]], held[pool[r]] = held[pool[r]], held[pool[q]]
    return held
