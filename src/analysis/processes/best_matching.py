"""The most matches that needs and resources could have made, against what happened and against pairing."""

from __future__ import annotations

from collections import defaultdict, deque
from numbers import Real

import numpy as np
import pandas as pd

from analysis.errors import AnalysisError
from analysis.processes.matching import NEED, listing_table

LEVELS = ("community", "district", "city")
EARTH_KM = 6371.0088
BLOCK = 4_000_000  # pairs looked at in one go
MOST_PAIRS = 50_000_000  # possible pairs of one category held at once, four bytes each
COUNTS = ["needs", "resources", "happened", "happened_outside", "pairwise", "pooled", "best"]


def best_matching(
    study, *, max_days: float | None = None, max_km: float | None = None, level: str = "city"
) -> pd.DataFrame:
    """Return the largest number of matches that was possible, beside what happened and what pairing gives.

    A need and a resource can meet if they are of one category, both waiting on one day, and not too far
    apart. Each meets at most one other.

    Parameters
    ----------
    study : Study
        Its listings and, for distances, longitude and latitude of its communities.
    max_days : float, days, optional
        How long a listing waits at most. By default it waits as recorded: until it was matched or withdrawn,
        or to the end of the study. With a number, one that was matched waits as long as others, so that it
        could have met another later.
    max_km : float, km, optional
        Largest distance between two communities (great circle). A community without coordinates then
        searches alone.
    level : {"community", "district", "city"}
        How far the search goes: within the community, the district, or the whole study. A community in no
        district searches alone at level "district".

    Returns
    -------
    DataFrame
        place_id : the community, district or city (or "all") searched in.
        category : "all" for all together; missing for listings that do not state theirs, which can meet none.
        needs, resources : listings opened before the end of the study.
        happened : needs that were matched.
        happened_outside : those of them whose match the conditions here rule out or cannot see: another
            category, elsewhere, beyond max_days, or a listing that is not on record.
        pairwise : needs met if each listing takes, on the day it opens, the one of its own community that has
            waited longest: point-to-point pairing.
        pooled : the same in the whole place, within max_km: many-to-many search without foresight.
        best : the maximum matching: many-to-many search with full foresight, an upper bound.
        gain_search, gain_best : pooled - pairwise and best - pairwise.

    Raises
    ------
    AnalysisError
        If an argument is out of range, or there are more possible pairs than can be held.

    Notes
    -----
    What people would have accepted is not known: everything of one category counts as equally good, and being
    matched elsewhere costs nothing. `best` is at least happened - happened_outside, and at least pairwise and
    pooled. Source of the maximum: Hopcroft and Karp (1973), as in scipy.
    """
    _check(max_days, max_km, level)
    table = listing_table(study)
    start, until = _waiting(table, max_days)
    pool, labels = _pools(study, table["community_id"], level)
    community, ids = pd.factorize(table["community_id"])
    category, names = pd.factorize(table["category"])
    near = _reachable(study, ids, pool, community, max_km)
    place = pool if near is None else community
    need = (table["side"] == NEED).to_numpy()
    alone = {code: [code] for code in range(len(ids))}
    reach = {code: [code] for code in range(len(labels))} if near is None else near
    flags = {
        "needs": need,
        "resources": ~need,
        "happened": need & table["matched"].to_numpy(bool),
        "pairwise": _first_come(need, category, community, start, until, alone),
        "pooled": _first_come(need, category, place, start, until, reach),
        "best": _maximum(need, category, place, start, until, reach),
    }
    flags["happened_outside"] = flags["happened"] & ~_possible(table, category, place, start, until, reach)
    counts = pd.DataFrame({name: flags[name].astype("int64") for name in COUNTS})
    counts = counts.groupby([pool, category]).sum()
    counts.index.names = ["pool", "category"]
    whole = counts.groupby(level="pool").sum()
    rows = pd.concat([whole.assign(category="all").reset_index(), counts.reset_index()], ignore_index=True)
    rows = rows.sort_values("pool", kind="stable").reset_index(drop=True)
    words = dict(enumerate(names)) | {"all": "all", -1: None}
    rows["category"] = pd.Series([words[code] for code in rows["category"]], index=rows.index, dtype="str")
    rows.insert(
        0, "place_id", pd.Series([labels[code] for code in rows["pool"]], index=rows.index, dtype="str")
    )
    rows["gain_search"] = rows["pooled"] - rows["pairwise"]
    rows["gain_best"] = rows["best"] - rows["pairwise"]
    return rows[["place_id", "category", *COUNTS, "gain_search", "gain_best"]]


def _check(max_days: float | None, max_km: float | None, level: str) -> None:
    if level not in LEVELS:
        raise AnalysisError(
            "Nobody searches at this level.", where="level", value=level,
            expected="one of " + ", ".join(LEVELS), mend="Name one of these levels.",
        )  # fmt: skip
    for name, value in (("max_days", max_days), ("max_km", max_km)):
        if value is not None and not (isinstance(value, Real) and value >= 0):
            raise AnalysisError(
                "A limit of the search cannot be below nothing.", where=name, value=value,
                expected="0 or more, or None for no limit", mend="Give a number or leave it out.",
            )  # fmt: skip


def _waiting(table: pd.DataFrame, max_days: float | None) -> tuple[np.ndarray, np.ndarray]:
    """Return the first and last day on which each listing can be met, in days since 1970."""
    day = np.timedelta64(1, "D")
    start = (table["opened"].to_numpy() - np.datetime64(0, "D")) / day
    closed = table["closed"].to_numpy("datetime64[ns]")
    until = np.where(np.isnat(closed), np.inf, (closed - np.datetime64(0, "D")) / day)
    if max_days is not None:
        until = np.where(table["matched"].to_numpy(bool), np.inf, until)
        until = np.minimum(until, start + max_days)
    return start, until


def _pools(study, communities: pd.Series, level: str) -> tuple[np.ndarray, list[str]]:
    """Return the number of the place each listing searches in, and the identifiers of these places."""
    if level == "city":
        cities = study.tree.of_kind("city")
        return np.zeros(len(communities), int), [cities[0] if len(cities) == 1 else "all"]
    held = communities
    if level == "district":
        held = communities.map(study.tree.table["district_id"]).astype("str").fillna(communities)
    order = {place: i for i, place in enumerate(study.tree.table.index)}
    labels = sorted(held.unique(), key=lambda place: order.get(place, len(order)))
    return pd.Index(labels).get_indexer(held), labels


def _reachable(
    study, ids: pd.Index, pool: np.ndarray, community: np.ndarray, max_km: float | None
) -> dict[int, list[int]] | None:
    """Return the communities within reach of each, itself included; None where all of a pool are."""
    if max_km is None:
        return None
    pool_of = np.zeros(len(ids), int)
    pool_of[community] = pool
    table = study.tree.table.reindex(ids)
    longitude, latitude = (np.radians(table[name].to_numpy(float)) for name in ("longitude", "latitude"))
    near = {}
    for at in range(len(ids)):
        across = np.sin((latitude - latitude[at]) / 2) ** 2
        across += np.cos(latitude) * np.cos(latitude[at]) * np.sin((longitude - longitude[at]) / 2) ** 2
        close = 2 * EARTH_KM * np.arcsin(np.sqrt(np.clip(across, 0, 1))) <= max_km  # False where unknown
        close[at] = True
        near[at] = np.flatnonzero(close & (pool_of == pool_of[at])).tolist()
    return near


def _first_come(
    need: np.ndarray, category: np.ndarray, place: np.ndarray, start: np.ndarray, until: np.ndarray,
    reach: dict[int, list[int]],
) -> np.ndarray:  # fmt: skip
    """Return which listings are met if each takes, on opening, the one within reach that waits longest."""
    waiting: dict[tuple, deque] = defaultdict(deque)
    met = np.zeros(len(need), bool)
    for at in np.argsort(start, kind="stable"):
        if category[at] < 0:
            continue
        first = None
        for there in reach[place[at]]:
            queue = waiting[category[at], there, not need[at]]
            while queue and until[queue[0]] < start[at]:
                queue.popleft()
            if queue and (first is None or start[queue[0]] < start[first[0]]):
                first = queue
        if first is None:
            waiting[category[at], place[at], need[at]].append(at)
        else:
            met[[at, first.popleft()]] = True
    return met & need


def _maximum(
    need: np.ndarray, category: np.ndarray, place: np.ndarray, start: np.ndarray, until: np.ndarray,
    reach: dict[int, list[int]],
) -> np.ndarray:  # fmt: skip
    """Return which needs are met in a maximum matching."""
    from scipy.sparse import csr_matrix
    from scipy.sparse.csgraph import maximum_bipartite_matching

    met = np.zeros(len(need), bool)
    for code in np.unique(category[category >= 0]):
        rows = np.flatnonzero(need & (category == code))
        columns = np.flatnonzero(~need & (category == code))
        rows, columns = (x[np.argsort(place[x], kind="stable")] for x in (rows, columns))
        counts, partners, held = [], [], 0
        for mine, theirs in _blocks(rows, columns, place, reach):
            pairs = np.maximum(start[mine][:, None], start[columns[theirs]])
            pairs = pairs <= np.minimum(until[mine][:, None], until[columns[theirs]])
            counts.append(pairs.sum(axis=1))
            partners.append(theirs[np.nonzero(pairs)[1]].astype("int32"))
            held += len(partners[-1])
            _check_pairs(held)
        if not held:
            continue
        pointers = np.concatenate([[0], np.cumsum(np.concatenate(counts))]).astype("int32")
        graph = csr_matrix(
            (np.ones(held, "int8"), np.concatenate(partners), pointers), shape=(len(rows), len(columns))
        )
        met[rows[maximum_bipartite_matching(graph, perm_type="column") >= 0]] = True
    return met


def _blocks(rows: np.ndarray, columns: np.ndarray, place: np.ndarray, reach: dict[int, list[int]]):
    """Yield needs of one place, in the order of `rows`, with the positions of the resources within reach."""
    edges = np.searchsorted(place[columns], np.arange(place.max(initial=0) + 2))
    for mine in np.split(rows, np.flatnonzero(np.diff(place[rows])) + 1) if len(rows) else ():
        here = place[mine[0]]
        theirs = np.concatenate([np.arange(edges[there], edges[there + 1]) for there in reach[here]])
        step = max(BLOCK // max(len(theirs), 1), 1)
        for first in range(0, len(mine), step):
            yield mine[first : first + step], theirs


def _check_pairs(held: int) -> None:
    if held > MOST_PAIRS:
        raise AnalysisError(
            "There are more possible pairs of needs and resources than can be compared at once.",
            where="listings", value=f"over {MOST_PAIRS:,} pairs in one category",
            mend='Search less far: give max_days or max_km, or level "district".',
        )  # fmt: skip


def _possible(
    table: pd.DataFrame, category: np.ndarray, place: np.ndarray, start: np.ndarray, until: np.ndarray,
    reach: dict[int, list[int]],
) -> np.ndarray:  # fmt: skip
    """Return whether each listing and the partner it met could meet under the conditions of the search."""
    at = pd.Index(table["listing_id"]).get_indexer(table["partner_id"])
    near = np.array([there in reach[here] for here, there in zip(place, place[at], strict=True)], bool)
    together = np.maximum(start, start[at]) <= np.minimum(until, until[at])
    return (at >= 0) & (category >= 0) & (category == category[at]) & near & together
