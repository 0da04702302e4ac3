"""How far something reaches: communities with a reform in force, and with an organisation of a kind."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.tables.measures import Grid
from analysis.tables.periods import FREQUENCIES

COLUMNS = ("place_id", "kind", "organisations", "communities", "with_any", "share", "per_10000")


def coverage_measures(study) -> pd.DataFrame:
    """Return the share of communities, and of residents, with each reform in force at the end of a period.

    The roll-out of a reform or service (canteens, smart communities, pilots), place by place.

    Parameters
    ----------
    study : Study
        Its reforms and places. A reform of a place holds in every community below it, from `start` to `end`,
        both days included, and without `end` on.

    Returns
    -------
    DataFrame
        place_id, period, measure, value, n, std_error, per reform:
        coverage_<reform> : communities with it in force on the last day of the period / communities (n).
        coverage_<reform>_residents : residents of these communities / residents (n), by places.population;
            NaN where a community of the place states none.

        "all" stands for the end of the study. No rows without reforms or periods. std_error is NaN:
        communities are counted whole.
    """
    grid, reforms = Grid(study), study.reforms.dropna(subset=["place_id", "reform", "start"])
    if not len(reforms) or not study.periods:
        return grid.frame({})
    table = study.tree.table
    communities = table.index[table["kind"] == "community"]
    population = table.loc[communities, "population"].to_numpy("float64", na_value=np.nan)
    last = pd.PeriodIndex(study.periods, freq=FREQUENCIES[study.period]).end_time.normalize().to_numpy()
    last = np.append(last, last[-1]).astype("datetime64[ns]")
    rows, places = grid.places_of(pd.Series(communities))
    found = {}
    for name, held in reforms.groupby("reform", sort=True):
        force = _in_force(table, communities, held, last)
        for end, weight in (("", np.ones(len(communities))), ("_residents", population)):
            found[f"coverage_{name}{end}"] = _share(force[rows], weight[rows], places, len(grid.places))
    return grid.frame(found)


def organisation_coverage(study) -> pd.DataFrame:
    """Return how many organisations of each kind places have, and which share of their communities has any.

    Parameters
    ----------
    study : Study
        Its organisations and places. Those that serve several communities (no community_id) belong to no
        place; they are counted in ``attrs["without_community"]``.

    Returns
    -------
    DataFrame
        place_id : community, street or district.
        kind : of organisation.
        organisations : on record there.
        communities, with_any : communities of the place, and those with one or more.
        share : with_any / communities.
        per_10000 : organisations per 10,000 residents, by places.population of the communities; NaN where
            one of them states none.

        One row for every place and kind that the study has.
    """
    grid, table = Grid(study), study.tree.table
    communities = table.index[table["kind"] == "community"]
    kinds = study.organisations["kind"].dropna().drop_duplicates().sort_values().to_numpy(object)
    at, kind = communities.get_indexer(study.organisations["community_id"]), pd.Index(kinds)
    kind = kind.get_indexer(study.organisations["kind"])
    use = (at >= 0) & (kind >= 0)
    counts = np.zeros((len(communities), len(kinds)))
    np.add.at(counts, (at[use], kind[use]), 1)
    rows, places = grid.places_of(pd.Series(communities))
    size = len(grid.places)
    number, any_ = (np.zeros((size, len(kinds))) for _ in range(2))
    np.add.at(number, places, counts[rows])
    np.add.at(any_, places, counts[rows] > 0)
    of = np.bincount(places, minlength=size).astype(float)
    population = table.loc[communities, "population"].to_numpy("float64", na_value=np.nan)
    living = np.bincount(places, population[rows], size)
    with np.errstate(invalid="ignore", divide="ignore"):  # a street without communities has no share
        share, per = any_ / of[:, None], number / np.where(living > 0, living, np.nan)[:, None] * 10_000
    found = pd.DataFrame(
        {
            "place_id": pd.array(grid.places, dtype="str").take(np.repeat(np.arange(size), len(kinds))),
            "kind": pd.array(np.tile(kinds, size), dtype="str"),
            "organisations": number.ravel().astype("int64"),
            "communities": np.repeat(of.astype("int64"), len(kinds)),
            "with_any": any_.ravel().astype("int64"),
            "share": share.ravel(),
            "per_10000": per.ravel(),
        },
        columns=list(COLUMNS),
    )
    found.attrs = {"without_community": int((at < 0).sum())}
    return found


def _in_force(table: pd.DataFrame, communities: pd.Index, held: pd.DataFrame, last: np.ndarray) -> np.ndarray:
    """Return which communities have one of the reforms in force on each of the days: community x day."""
    here, levels = pd.Series(communities, index=np.arange(len(communities))), []
    while len(here) and len(levels) < len(table):
        levels.append(here)
        here = here.map(table["parent_id"]).dropna()
    at = pd.concat(levels).rename("place_id").rename_axis("at").reset_index()
    rows = at.merge(held[["place_id", "start", "end"]], on="place_id")
    start, end = (rows[name].to_numpy("datetime64[ns]") for name in ("start", "end"))
    force = np.zeros((len(communities), len(last)), bool)
    for column, day in enumerate(last):
        force[rows["at"].to_numpy()[(start <= day) & (np.isnat(end) | (day <= end))], column] = True
    return force


def _share(force: np.ndarray, weight: np.ndarray, places: np.ndarray, size: int) -> tuple:
    """Return (value, n, std_error) per cell of the share of weight in force."""
    total, covered = np.bincount(places, weight, size), np.zeros((size, force.shape[1]))
    np.add.at(covered, places, force * weight[:, None])
    value = covered / np.where(total > 0, total, np.nan)[:, None]
    n = np.broadcast_to(np.nan_to_num(total)[:, None], value.shape)
    return value.ravel(), n.ravel(), np.full(value.size, np.nan)
