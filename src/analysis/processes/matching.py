"""Needs and resources: which of them met, how soon, and what nobody offers or nobody asks for."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.processes.matters import end_of
from analysis.processes.survival import median_waits
from analysis.tables.measures import Grid, Measure
from analysis.tables.places import LEVELS_UP

DAY = np.timedelta64(1, "D")
NEED, RESOURCE = "need", "resource"
_SOURCE = "三联工作法, 三项清单"
_LINES = (
    ("matching_needs", "needs listed in the period", "needs", "needs", "count"),
    ("matching_resources", "resources listed in the period", "resources", "resources", "count"),
    ("matching_needs_met", "needs listed in the period and matched by the end of the study / needs listed "
     "in the period", "share 0-1", "needs", _SOURCE),
    ("matching_resources_used", "resources listed in the period and matched by the end of the study / "
     "resources listed in the period", "share 0-1", "resources", _SOURCE),
    ("matching_unmet", "needs listed in the period and not matched by the end of the study", "needs", "needs",
     _SOURCE),
    ("matching_days", "Kaplan-Meier median of days from listing a need to its match; open needs are censored "
     "at the end of the study, withdrawn ones when they were withdrawn", "days",
     "needs with a known wait, matched or not", "Kaplan and Meier (1958)"),
    ("matching_elsewhere", "of the needs listed in the period and matched with a listing on record, those "
     "whose match stands in another community", "share 0-1", "needs matched with a listing on record",
     _SOURCE),
)  # fmt: skip
MEASURES: dict[str, Measure] = {line[0]: Measure(*line) for line in _LINES}
SIDED = ("place_id", "category", "kind", "needs", "resources")


def listing_table(study) -> pd.DataFrame:
    """Return one row per listing as known at the end of the study, with what became of it.

    Parameters
    ----------
    study : Study
        Its listings. Those opened after the end of the study's last period are left out.

    Returns
    -------
    DataFrame
        The columns of the study's listings, in table order, and
        matched : whether it met a listing of the other side (or one that is not in the table).
        partner_id : the listing it met; missing where that is not in the table.
        partner_community : the community of that listing.
        withdrawn : closed without a match.
        open : neither.
        days : days from opening to closing, or while open to the end of the study; missing where a match
            has no date, or closed before it opened.

    Notes
    -----
    A listing counts in one match. Where several name the same one, it is matched with the one it names
    itself, or else with the earliest closed (then the first in the table); the others count as withdrawn,
    or open, as their own dates say. A listing named by another is matched even if it does not say so itself,
    on the other's date if it has none. A match of two needs, or of two resources, is none. A match dated
    after the end of the study has not happened yet.
    """
    end = end_of(study)
    listings = study.listings
    if not pd.isna(end):
        listings = listings[listings["opened"] < end]
    listings = listings.drop_duplicates("listing_id").reset_index(drop=True)
    closed = listings["closed"].to_numpy("datetime64[ns]")
    known = np.isnat(closed) | _before(closed, end)
    partner, outside = _partners(listings, known)
    met = partner >= 0
    theirs = closed[partner]
    closed = np.where(met & np.isnat(closed), theirs, closed)
    happened = (met & (np.isnat(closed) | _before(closed, end))) | (outside & known)
    closed = np.where(_before(closed, end), closed, np.datetime64("NaT", "ns"))
    opened = listings["opened"].to_numpy("datetime64[ns]")
    last = np.where(np.isnat(closed) & ~happened, end.to_datetime64(), closed)
    days = (last - opened) / DAY
    paired = happened & met
    ids, places = listings["listing_id"].to_numpy(object), listings["community_id"].to_numpy(object)
    return listings.assign(
        closed=closed.astype("datetime64[ns]"),
        matched=happened,
        partner_id=pd.array(np.where(paired, ids[partner], None), dtype="str") if len(ids) else ids,
        partner_community=pd.array(np.where(paired, places[partner], None), dtype="str") if len(ids) else ids,
        withdrawn=~happened & ~np.isnat(closed),
        open=~happened & np.isnat(closed),
        days=np.where(days >= 0, days, np.nan),
    )


def matching_measures(study) -> pd.DataFrame:
    """Return the matching measures of every community, street and district, by period and over all.

    Parameters
    ----------
    study : Study
        Its listings.

    Returns
    -------
    DataFrame
        place_id, period, measure, value, n, std_error; one row for every place, period (and "all") and
        measure of `MEASURES`; no rows without listings or without periods. A listing belongs to the community
        and the period it was opened in. NaN with n 0 where there is nothing to measure; a count is 0 there.
        std_error takes listings as independent draws and is NaN for counts and medians.

    Notes
    -----
    How a match is recognised: `listing_table`. Shares of the last periods are low because their listings had
    little time; the median of days allows for that, if those withdrawn or still waiting are no different
    from those matched after as many days.
    """
    grid, table = Grid(study), listing_table(study)
    if not len(table) or not study.periods:
        return grid.frame({})
    rows, cells = grid.cells(table["community_id"], table["opened"])
    need = (table["side"] == NEED).to_numpy()
    matched = table["matched"].to_numpy(float)
    days = np.where(need, table["days"].to_numpy(), np.nan)
    timed = ~np.isnan(days[rows])
    wait = median_waits(cells[timed], days[rows[timed]], table["matched"].to_numpy()[rows[timed]], grid.size)
    elsewhere = (table["partner_community"] != table["community_id"]).to_numpy(float)
    paired = need & table["partner_id"].notna().to_numpy()
    found = {
        "matching_needs": grid.count(rows, cells, need),
        "matching_resources": grid.count(rows, cells, ~need),
        "matching_needs_met": grid.mean(rows, cells, np.where(need, matched, np.nan)),
        "matching_resources_used": grid.mean(rows, cells, np.where(need, np.nan, matched)),
        "matching_unmet": grid.count(rows, cells, need & (matched == 0)),
        "matching_days": (wait, np.bincount(cells[timed], minlength=grid.size), np.full(grid.size, np.nan)),
        "matching_elsewhere": grid.mean(rows, cells, np.where(paired, elsewhere, np.nan)),
    }
    return grid.frame({name: found[name] for name in MEASURES})


def unmet(study) -> pd.DataFrame:
    """Return the needs of every place by kind: met, withdrawn and still open at the end of the study.

    Parameters
    ----------
    study : Study

    Returns
    -------
    DataFrame
        place_id (community, street or district), category ("all": all together; missing where not stated),
        needs, met, withdrawn, open, unmet (withdrawn + open), met_share (met / needs); one row for every
        place and category with a need, the largest number unmet first within a place.
    """
    table = listing_table(study)
    needs = table[table["side"] == NEED].assign(category=lambda t: t["category"].astype(object))
    needs = _by_place(study, pd.concat([needs, needs.assign(category="all")]))
    flags = needs.assign(needs=1)[["place_id", "category", "needs", "matched", "withdrawn", "open"]]
    counts = flags.groupby(["place_id", "category"], sort=False, dropna=False).sum().astype("int64")
    counts = counts.rename(columns={"matched": "met"})
    counts["unmet"] = counts["needs"] - counts["met"]
    counts["met_share"] = counts["met"] / counts["needs"]
    counts = counts.reset_index()
    counts["category"] = counts["category"].astype("str")
    counts["whole"], counts["at"] = counts["category"] != "all", _position(study, counts["place_id"])
    counts = counts.sort_values(["at", "whole", "unmet", "category"], ascending=[True, True, False, True])
    return counts.drop(columns=["whole", "at"]).reset_index(drop=True)


def one_sided(study) -> pd.DataFrame:
    """Return needs that nobody offers and resources that nobody asks for, at every level of places.

    Returns
    -------
    DataFrame
        place_id : city, district, street or community.
        category : as listed.
        kind : "nobody_offers" (needs and no resource of the category in the place), "nobody_asks" (resources
            and no need).
        needs, resources : listings over the whole study.

        Only such places and categories; listings that do not state their category are left out.

    Notes
    -----
    Categories are compared as they are written: two words for one thing look like two one-sided lists.
    """
    table = listing_table(study)[["community_id", "category", "side"]].dropna()
    held = _by_place(study, table, city=True)
    counts = held.groupby(["place_id", "category", "side"]).size().unstack(fill_value=0)
    counts = counts.reindex(columns=[NEED, RESOURCE], fill_value=0).set_axis(["needs", "resources"], axis=1)
    counts = counts[(counts == 0).any(axis=1)].reset_index()
    counts["kind"] = np.where(counts["resources"] == 0, "nobody_offers", "nobody_asks")
    counts["listed"], counts["at"] = (
        counts["needs"] + counts["resources"],
        _position(study, counts["place_id"]),
    )
    order = ["at", "kind", "listed", "category"]
    counts = counts.sort_values(order, ascending=[True, False, False, True])
    return counts[list(SIDED)].reset_index(drop=True)


def _partners(listings: pd.DataFrame, known: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the row of each listing's partner (-1: none), and whether it names one that is not in the table.

    Only listings whose closing is `known` at the end of the study can name one.
    """
    ids = pd.Index(listings["listing_id"])
    named = listings["matched_id"].notna().to_numpy() & known
    other = np.where(named, ids.get_indexer(listings["matched_id"]), -1)
    side = listings["side"].to_numpy(object)
    row = np.flatnonzero((other >= 0) & (side != side[other]))
    closed = listings["closed"].fillna(pd.Timestamp.max).to_numpy()[row]
    one_way = other[other[row]] != row
    partner = np.full(len(listings), -1)
    for at in row[np.lexsort((row, closed, one_way))]:
        if partner[at] < 0 and partner[other[at]] < 0:
            partner[at], partner[other[at]] = other[at], at
    return partner, named & (other < 0) & (partner < 0)


def _before(times: np.ndarray, end: pd.Timestamp) -> np.ndarray:
    """Whether each time is known and before the end; any known time without an end."""
    return ~np.isnat(times) if pd.isna(end) else times < end.to_datetime64()


def _by_place(study, rows: pd.DataFrame, *, city: bool = False) -> pd.DataFrame:
    """Return every row once per place that holds its community."""
    table = study.tree.table
    levels = [table[f"{kind}_id"] for kind in LEVELS_UP]
    cities = study.tree.of_kind("city")
    if city and len(cities) == 1:
        levels.append(pd.Series(cities[0], index=table.index))
    held = [rows.assign(place_id=rows["community_id"].map(level)) for level in levels]
    return pd.concat(held, ignore_index=True).dropna(subset="place_id")


def _position(study, places: pd.Series) -> pd.Series:
    return places.map({place: i for i, place in enumerate(study.tree.table.index)})
