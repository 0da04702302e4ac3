"""Who mobilises whom: the order of first acts by role, recruiters and their recruits, cascades."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain

import numpy as np
import pandas as pd

from analysis.errors import StudyError
from analysis.networks.building.rows import place_members, used_rows
from analysis.networks.building.rule import TieRule
from analysis.networks.questions.order import leaders_before, measure_trees, place_in_order
from analysis.networks.variants.shuffles import permute_within, time_strata
from analysis.tables.places import PlaceTree

ORDINARY = "resident"
COLUMNS = ("place_id", "indicator", "value", "null_mean", "null_low", "null_high", "z", "p_value", "n")


@dataclass(frozen=True)
class Recruitment:
    """Who came in when, and through whom.

    `first` holds the time of each person's first act as a float (inf: none), `community` where it was,
    `recruiter` the person's recruiter (-1: nobody); `persons` are the identifiers.
    """

    persons: pd.Index
    first: np.ndarray
    community: np.ndarray
    recruiter: np.ndarray


@dataclass(frozen=True)
class _Log:
    """The acts as codes; `by_source` are their positions sorted by source."""

    source: np.ndarray
    by_source: np.ndarray
    target: np.ndarray
    gathering: np.ndarray
    community: np.ndarray
    persons: pd.Index
    communities: pd.Index
    n_gatherings: int


def mobilisation(
    interactions: pd.DataFrame,
    people: pd.DataFrame,
    *,
    window_days: float = 30,
    n_null: int = 199,
    seed: int = 0,
    tree: PlaceTree | pd.DataFrame | None = None,
    rule: TieRule | None = None,
    within: str = "month",
) -> pd.DataFrame:
    """Test whether those with a role act first and draw ordinary residents in (differential order).

    Parameters
    ----------
    interactions, people : DataFrame
        The log; people with person_id and role.
    window_days : float, default 30
        Days within which an act can have drawn someone in.
    n_null : int, default 199
        Logs with permuted times to hold the observed one against.
    seed : int
    tree : PlaceTree or DataFrame, optional
        Adds streets and districts to the communities.
    rule : TieRule, optional
        Which acts count (kinds, statuses, window); its other terms do not matter here.
    within : {"month", "gathering", "all"}, default "month"
        What times are permuted within: see `shuffle_times`.

    Returns
    -------
    DataFrame
        place_id, indicator, value, null_mean, null_low, null_high (2.5 and 97.5 % of the null), z, p_value
        (two-sided, never below 2 / (n_null + 1)), n (people the value rests on). NaN where undefined. Show no
        row with n under 5. Indicators:

        order_<role>: mean place of first acts of that role in their community, 0 first, 1 last;
        leaders_first: share of pairs of a leader and an ordinary resident of one community in which the
        leader's first act came first (ties half);
        recruited: residents with a recruiter / residents with a first act;
        recruited_by_leaders: recruited residents whose recruiter leads / recruited residents;
        recruits_per_leader: recruited residents whose recruiter leads / leaders with a first act;
        cascade_size, cascade_depth: mean number of people, and of steps on the longest way, of the trees of
        recruiters and recruits with at least two people; n are their people.

    Raises
    ------
    StudyError
        If columns are missing or an argument is out of range.

    Notes
    -----
    A person's first act is the earliest in which they are the source; the log's start cuts off earlier
    ones. Leaders are people with a role other than "resident". Someone whose first act is joining a
    gathering that another opened (joined first) at most `window_days` before was recruited by the one who
    opened it; otherwise by the last who acted towards them in the `window_days` before; otherwise by nobody.
    A recruiter's first act always lies before the recruit's, so recruitment forms trees; a tree belongs to
    the community of its root. Places add up the counts of their communities.

    The null keeps everyone's acts, the network, and the acts of each community and month: under it only
    chance decides who is first there. The test is exact for that null. It says that order follows role
    beyond activity, not that leaders cause others to join: a common reason to come would look alike.
    """
    _check(people, window_days, n_null)
    rows = _in_order(used_rows(interactions, rule))
    log = _code(rows)
    role = people.set_index("person_id")["role"].reindex(log.persons).to_numpy(dtype=object)
    members = place_members(tree, log.communities)
    time = _days(rows)
    strata, rng = time_strata(rows, within), np.random.default_rng(seed)
    draws = chain([time], (time[permute_within(strata, rng)] for _ in range(n_null)))  # one held at a time
    results = [
        _measure(_recruit(log, draw, window_days), role, members, len(log.communities)) for draw in draws
    ]
    pieces = [_test(name, [result[name] for result in results], list(members)) for name in results[0]]
    table = pd.concat(pieces, ignore_index=True) if pieces else pd.DataFrame(columns=list(COLUMNS))
    order = pd.Index(list(members)).get_indexer(table["place_id"])
    table = table.iloc[np.argsort(order, kind="stable")].reset_index(drop=True)
    table.attrs = {"window_days": window_days, "n_null": n_null, "within": within, "seed": seed}
    return table


def recruit(
    interactions: pd.DataFrame, *, window_days: float = 30, rule: TieRule | None = None
) -> Recruitment:
    """Return who came in when and through whom, as `mobilisation` defines it; never shown by person."""
    rows = _in_order(used_rows(interactions, rule))
    return _recruit(_code(rows), _days(rows), window_days)


def _days(rows: pd.DataFrame) -> np.ndarray:
    return rows["time"].to_numpy().astype("datetime64[us]").astype(np.int64) / 86_400e6


def _check(people: pd.DataFrame, window_days: float, n_null: int) -> None:
    missing = [name for name in ("person_id", "role") if name not in people.columns]
    twice = "person_id" in people.columns and people["person_id"].duplicated().any()
    wrong = {
        "people": (bool(missing), ", ".join(missing), "person_id and role"),
        "people.person_id": (twice, "repeated", "one row per person"),
        "window_days": (not window_days > 0, window_days, "a number of days above 0"),
        "n_null": (n_null < 1, n_null, "1 or more; 199 is usual"),
    }
    for where, (bad, value, expected) in wrong.items():
        if bad:
            raise StudyError("Mobilisation cannot be measured.", where=where, value=value, expected=expected)


def _in_order(rows: pd.DataFrame) -> pd.DataFrame:
    """Sort so that neither the order of the log nor that of its ties in time matters."""
    return rows.sort_values(["time", "community_id", "source_id", "target_id", "kind", "gathering_id"])


def _code(rows: pd.DataFrame) -> _Log:
    persons = pd.Index(pd.concat([rows["source_id"], rows["target_id"]]).dropna().unique()).sort_values()
    communities = pd.Index(rows["community_id"].unique())
    groups = rows.groupby(["kind", "gathering_id"], sort=False)
    source = persons.get_indexer(rows["source_id"])
    return _Log(
        source=source,
        by_source=np.argsort(source, kind="stable"),
        target=np.where(rows["target_id"].isna(), -1, persons.get_indexer(rows["target_id"])),
        gathering=groups.ngroup().to_numpy(dtype=np.int64, na_value=-1) if len(rows) else np.zeros(0, int),
        community=communities.get_indexer(rows["community_id"]),
        persons=persons,
        communities=communities,
        n_gatherings=groups.ngroups,
    )


def _recruit(log: _Log, time: np.ndarray, window: float) -> Recruitment:
    n = len(log.persons)
    order = log.by_source[np.argsort(time[log.by_source], kind="stable")]  # by time, then source
    source, gathering, at = log.source[order], log.gathering[order], time[order]
    rows = _first_rows(source, n)
    who = np.flatnonzero(rows >= 0)
    row = rows[who]
    first, community = np.full(n, np.inf), np.full(n, -1)
    first[who], community[who] = at[row], log.community[order[row]]
    recruiter = _last_towards(log.target[order], source, at, first, window)
    opened = _first_rows(gathering, log.n_gatherings)
    joining = row[gathering[row] >= 0]
    by = opened[gathering[joining]]
    lag = at[joining] - at[by]
    drawn = (lag > 0) & (lag <= window) & (source[by] != source[joining])
    recruiter[source[joining[drawn]]] = source[by[drawn]]
    return Recruitment(log.persons, first, community, recruiter)


def _first_rows(codes: np.ndarray, size: int) -> np.ndarray:
    """Return the first position of each code from 0 to `size` - 1; -1 where there is none."""
    found = np.full(size, -1, dtype=np.int64)
    known = np.flatnonzero(codes >= 0)[::-1]
    found[codes[known]] = known  # the last one written is the first in the log
    return found


def _last_towards(
    target: np.ndarray, source: np.ndarray, at: np.ndarray, first: np.ndarray, window: float
) -> np.ndarray:
    """Return who last acted towards each person before their first act and within the window; -1: nobody."""
    result = np.full(len(first), -1, dtype=np.int64)
    aimed = np.flatnonzero(target >= 0)
    lag = first[target[aimed]] - at[aimed]
    aimed = aimed[(lag > 0) & (lag <= window)]
    result[target[aimed]] = source[aimed]  # rows are in order of time: the last one stays
    return result


Counts = dict[str, tuple[np.ndarray, np.ndarray, np.ndarray]]


def _measure(
    found: Recruitment, role: np.ndarray, members: dict[str, np.ndarray], n_communities: int
) -> Counts:
    """Return indicator -> (numerator, denominator, people), each with one value per place."""
    place, known = found.community, pd.notna(role) & np.isfinite(found.first)
    ordinary = known & (role == ORDINARY)
    leads = known & ~ordinary
    per: Counts = {}

    def count(mask: np.ndarray, values: np.ndarray | None = None) -> np.ndarray:
        weights = None if values is None else values[mask]
        return np.bincount(place[mask], weights, minlength=n_communities).astype(float)

    rank = place_in_order(found.first, place, known)
    for name in sorted(set(role[known])):
        mask = known & (role == name)
        per[f"order_{name}"] = count(mask, rank), count(mask), count(mask)
    won = leaders_before(found.first, place, ordinary, leads)
    pairs = count(ordinary) * count(leads)
    per["leaders_first"] = count(ordinary, won), pairs, (count(ordinary) + count(leads)) * (pairs > 0)
    drawn = ordinary & (found.recruiter >= 0)
    by_leader = drawn & leads[found.recruiter]
    per["recruited"] = count(drawn), count(ordinary), count(ordinary)
    per["recruited_by_leaders"] = count(by_leader), count(drawn), count(drawn)
    per["recruits_per_leader"] = count(by_leader), count(leads), count(leads)
    size, depth = measure_trees(found.recruiter)
    root = (found.recruiter < 0) & (size > 1) & (place >= 0)
    per["cascade_size"] = count(root, size), count(root), count(root, size)
    per["cascade_depth"] = count(root, depth), count(root), count(root, size)
    held = np.concatenate([np.empty(0, dtype=np.int64), *members.values()])
    owner = np.repeat(np.arange(len(members)), [len(inside) for inside in members.values()])
    return {
        name: tuple(np.bincount(owner, values[held], minlength=len(members)) for values in columns)
        for name, columns in per.items()
    }


def _test(name: str, results: list[tuple[np.ndarray, ...]], places: list[str]) -> pd.DataFrame:
    from analysis.networks.variants.nulls import compare_with_null

    blank = np.full(len(places), np.nan)
    values = np.array(
        [np.divide(top, bottom, out=blank.copy(), where=bottom > 0) for top, bottom, _ in results]
    )
    table = pd.DataFrame({"place_id": places, "indicator": name} | compare_with_null(values[0], values[1:]))
    table["n"] = results[0][2].astype(np.int64)
    return table[list(COLUMNS)]
