"""Exposure: how much of what surrounds a community is treated, by street, by distance or by ties."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from analysis.errors import StudyError
from analysis.tables.periods import FREQUENCIES, ordinal, period_of
from analysis.tables.places import PlaceTree

WAYS = ("street", "near", "ties")
EARTH_KM = 6371.0


def exposure(
    places: PlaceTree | pd.DataFrame,
    starts: Mapping[str, object] | pd.Series,
    periods: Sequence[str],
    *,
    through: str = "ties",
    interactions: pd.DataFrame | None = None,
    people: pd.DataFrame | None = None,
    until: str | None = None,
    nearest: int = 4,
    period: str = "month",
) -> pd.DataFrame:
    """Measure which share of a community's neighbours, or of its ties to other communities, is treated.

    Parameters
    ----------
    places : PlaceTree or DataFrame
        The places.
    starts : mapping or Series of place_id to period
        First treated period of each community, as a label or as its number (the panel's cohort columns);
        missing if never.
    periods : sequence of str
        Period labels.
    through : {"ties", "street", "near"}
        "ties": other communities by the number of pairs of people, one living here and one there, with an act
        between them; "street": the others of the same street, alike; "near": the `nearest` others by
        distance, alike.
    interactions, people : DataFrame, optional
        Needed for "ties", and for share_cross_ties otherwise. Acts between two people that were done count;
        a person lives where the people table says.
    until : str, optional
        Last period from which ties are taken; by default the last before the first start, so that treatment
        cannot have made them.
    nearest : int
        Neighbours for "near".
    period : {"month", "quarter", "year"}

    Returns
    -------
    DataFrame
        One row per community and period: place_id, period, exposure (0 to 1; 0 for a community without
        partners), share_cross_ties (pairs of people across communities among all pairs of the community's
        people with an act up to `until`; NaN without interactions or without pairs), n_partners (other
        communities that count) and weights_until (`until` as a number like the panel's `time`, where ties are
        the weights; missing otherwise). attrs "set_aside" counts acts not used, by reason.

    Raises
    ------
    StudyError
        An unknown way, missing tables or coordinates, an `until` at or after the first start, a place in
        `starts` that is no community.
    """
    tree = places if isinstance(places, PlaceTree) else PlaceTree(places)
    if through not in WAYS:
        raise StudyError(
            "There is no such way of being exposed.",
            where="argument through",
            value=through,
            expected=", ".join(WAYS),
            mend="Use one of these.",
        )
    if period not in FREQUENCIES:
        raise StudyError(
            "There is no such period.",
            where="argument period",
            value=period,
            expected=", ".join(FREQUENCIES),
            mend="Use one of these.",
        )
    communities = tree.communities
    number = _starts(starts, communities, period)
    numbers = _number(periods, "argument periods", period)
    until = _until(until, number, numbers, period)
    pairs, set_aside = None, {}
    if interactions is not None and people is not None:
        pairs, set_aside = _pairs(interactions, people, communities, until, period)
    if through == "ties":
        if pairs is None:
            raise StudyError("Ties need the log and where people live.", where="interactions and people",
                             expected="both tables", mend="Give both, or use through='street'.")  # fmt: skip
        weights = np.where(np.eye(len(communities), dtype=bool), 0, pairs)
    else:
        weights = _street(tree) if through == "street" else _near(tree, nearest)
    treated = (numbers >= number[:, None]).astype(float)
    total = weights.sum(axis=1)
    exposed = (weights @ treated) / np.maximum(total, 1)[:, None]
    width = len(numbers)
    table = pd.DataFrame({
        "place_id": pd.Series(np.repeat(communities, width), dtype="str"),
        "period": pd.Series(list(periods) * len(communities), dtype="str"),
        "exposure": np.clip(exposed, 0, 1).ravel(),
        "share_cross_ties": np.repeat(_cross_share(pairs, len(communities)), width),
        "n_partners": np.repeat((weights > 0).sum(axis=1), width),
        "weights_until": pd.array([until if through == "ties" else None] * (width * len(communities)),
                                  dtype="Int64"),
    })  # fmt: skip
    table.attrs = {"set_aside": set_aside}
    return table


def _starts(starts, communities: list[str], period: str) -> np.ndarray:
    """Return each community's first treated period as a number, +inf if never."""
    given = pd.Series(dict(starts), dtype=object)
    unknown = given.index.difference(communities)
    if len(unknown):
        raise StudyError(
            "A start belongs to no community.",
            where="argument starts",
            value=unknown[0],
            expected="place_id of communities",
            mend="Add the place, or correct its identifier.",
        )
    given = given.reindex(communities)
    texts = given.map(lambda value: isinstance(value, str))
    numbers = pd.to_numeric(given.where(~texts), errors="coerce").astype(float)
    if texts.any():
        numbers[texts] = _number(given[texts], "argument starts", period)
    return numbers.fillna(np.inf).to_numpy()


def _until(until: str | None, starts: np.ndarray, numbers: np.ndarray, period: str) -> int:
    first = starts.min(initial=np.inf)
    if until is None:
        return int(min(first - 1, numbers.max()))
    last = int(_number([until], "argument until", period)[0])
    if last >= first:
        raise StudyError(
            "Ties made after treatment began may be its result, and cannot say who is exposed to it.",
            where="argument until", value=until,
            expected=f"a period before {pd.Period(ordinal=int(first), freq=FREQUENCIES[period])}",
            mend="Leave until out, or choose an earlier period.",
        )  # fmt: skip
    return last


def _number(labels: Sequence[str], where: str, period: str) -> np.ndarray:
    try:
        return ordinal(pd.Series(list(labels), dtype="str"), period).to_numpy(float)
    except ValueError:
        raise StudyError(f"A label is no {period}.", where=where, value=next(iter(labels)),
                         expected='labels such as "2021-03"') from None  # fmt: skip


def _pairs(
    interactions, people, communities: list[str], last: int, period: str
) -> tuple[np.ndarray, dict[str, int]]:
    """Return numbers of pairs of people with an act, by the communities they live in, and acts not used."""
    done = True
    if "status" in interactions:
        done = (interactions["status"].isna() | (interactions["status"] == "done")).to_numpy(bool)
    early = ordinal(period_of(interactions["time"], period), period).le(last).fillna(False).to_numpy(bool)
    dyadic = interactions["target_id"].notna().to_numpy(bool)
    used = dyadic & done & early
    acts = interactions[used]
    set_aside = {"gatherings": int((~dyadic).sum()), "not_done": int((dyadic & ~(dyadic & done)).sum()),
                 "after_until": int((dyadic & done & ~early).sum())}  # fmt: skip
    known = people.drop_duplicates("person_id").set_index("person_id")["community_id"]
    home = pd.Series(pd.Index(communities).get_indexer(known), index=known.index)
    ends = [acts[column].map(home).fillna(-1).to_numpy(int) for column in ("source_id", "target_id")]
    lives = (ends[0] >= 0) & (ends[1] >= 0) & (acts["source_id"] != acts["target_id"]).to_numpy(bool)
    set_aside["home_unknown"] = int((~lives).sum())
    codes = pd.factorize(pd.concat([acts["source_id"], acts["target_id"]]))[0].reshape(2, -1)[:, lives]
    ends = np.stack(ends)[:, lives]
    _, first = np.unique(np.sort(codes, axis=0), axis=1, return_index=True)
    pairs = np.zeros((len(communities), len(communities)))
    np.add.at(pairs, tuple(ends[:, first]), 1.0)
    pairs = pairs + pairs.T
    pairs[np.diag_indices_from(pairs)] /= 2
    return pairs, set_aside


def _cross_share(pairs: np.ndarray | None, n: int) -> np.ndarray:
    if pairs is None:
        return np.full(n, np.nan)
    total = pairs.sum(axis=1)
    return np.where(total > 0, (total - np.diag(pairs)) / np.maximum(total, 1), np.nan)


def _street(tree: PlaceTree) -> np.ndarray:
    street = tree.levels()["street_id"]
    codes = pd.factorize(street)[0]
    if (codes < 0).all():
        raise StudyError("No community lies in a street.", where="places.parent_id",
                         expected="communities whose parent is a street",
                         mend="Use 'near' or 'ties'.")  # fmt: skip
    same = (codes[:, None] == codes) & (codes >= 0)
    return (same & ~np.eye(len(codes), dtype=bool)).astype(float)


def _near(tree: PlaceTree, nearest: int) -> np.ndarray:
    table = tree.table.loc[tree.communities]
    here = np.radians(table[["longitude", "latitude"]].to_numpy(float, na_value=np.nan))
    if not np.isfinite(here).all():
        raise StudyError("A community has no coordinates.", where="places.longitude, latitude",
                         value=table.index[~np.isfinite(here).all(axis=1)][0],
                         expected="degrees for every community", mend="Use 'street' or 'ties'.")  # fmt: skip
    if isinstance(nearest, bool) or not isinstance(nearest, int | np.integer) or not 1 <= nearest < len(here):
        raise StudyError(
            "This number of neighbours cannot be had.",
            where="argument nearest",
            value=nearest,
            expected=f"a whole number from 1 to {len(here) - 1}",
            mend="Give a number in that range.",
        )
    longitude, latitude = here.T
    step = np.sin((latitude[:, None] - latitude) / 2) ** 2
    step += np.cos(latitude[:, None]) * np.cos(latitude) * np.sin((longitude[:, None] - longitude) / 2) ** 2
    distance = 2 * EARTH_KM * np.arcsin(np.sqrt(np.clip(step, 0, 1)))
    np.fill_diagonal(distance, np.inf)
    weights = np.zeros(distance.shape)
    chosen = np.argsort(distance, axis=1, kind="stable")[:, :nearest]
    np.put_along_axis(weights, chosen, 1.0, axis=1)
    return weights
