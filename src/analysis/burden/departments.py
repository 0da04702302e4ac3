"""Who lays duties on communities: burden by department, and how concentrated it is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.burden.intervals import duties_of_communities, in_force
from analysis.tables.measures import Grid

COLUMNS = ("place_id", "period", "department", "duties", "hours", "n", "n_hours")
TOP = 3


@dataclass(frozen=True)
class _Pairs:
    """Sums over the communities of each place and department that meet: pair x period."""

    place: np.ndarray
    department: np.ndarray  # -1: not stated
    names: pd.Index
    duties: np.ndarray
    hours: np.ndarray
    unknown: np.ndarray  # communities in which a duty in force of the department does not state its hours
    communities: np.ndarray  # per place: those with any duty on record


def burden_by_department(study) -> pd.DataFrame:
    """Return duties and hours in force by department, for every place and period and over all.

    Parameters
    ----------
    study : Study
        Its duties, as in `burden_measures`.

    Returns
    -------
    DataFrame
        place_id : community, street or district.
        period : or "all", the mean over the days of the study.
        department : missing for duties that do not state theirs.
        duties, hours : duties in force per community, and their hours per month and community; partial
            periods by days. Summed over departments, duties is `burden_duties` of `burden_measures`.
        n : communities with any duty on record.
        n_hours : those of them that hours rests on; the others have a duty of this department in force
            that does not state its hours. NaN hours where there is none.

        One row per place, period and department that has ever had a duty there; no rows without duties.
    """
    grid, duties = Grid(study), duties_of_communities(study)
    if not len(duties):
        types = dict(zip(COLUMNS, ("str", "str", "str", float, float, "int64", "int64"), strict=True))
        return pd.DataFrame({name: pd.Series([], dtype=kind) for name, kind in types.items()})
    pairs = _pairs(duties, grid, study.period)
    size, width = pairs.duties.shape
    n = pairs.communities[pairs.place][:, None]
    known = n - pairs.unknown
    return pd.DataFrame(
        {
            "place_id": pd.array(grid.places, dtype="str").take(np.repeat(pairs.place, width)),
            "period": pd.array(grid.periods, dtype="str").take(np.tile(np.arange(width), size)),
            "department": pd.array(pairs.names, dtype="str").take(
                np.repeat(pairs.department, width), allow_fill=True
            ),
            "duties": (pairs.duties / n).ravel(),
            "hours": np.divide(
                pairs.hours, known, out=np.full((size, width), np.nan), where=known > 0
            ).ravel(),
            "n": np.repeat(n.ravel(), width),
            "n_hours": known.ravel(),
        },
        columns=list(COLUMNS),
    )


def concentration(duties: pd.DataFrame, grid: Grid, period: str) -> dict[str, tuple]:
    """Return (value, n, std_error) per cell of the number of departments, Herfindahl index and top share."""
    pairs = _pairs(duties, grid, period)
    shape = (len(grid.places), len(grid.periods))
    stated = pairs.department >= 0
    place, amount = pairs.place[stated], np.nan_to_num(pairs.duties[stated])
    total, squares, number, top = (np.zeros(shape) for _ in range(4))
    np.add.at(total, place, amount)
    np.add.at(number, place, amount > 0)
    np.add.at(squares, place, amount**2)
    for at in range(shape[1]):
        order = np.lexsort((-amount[:, at], place))
        rank = np.arange(len(order)) - np.searchsorted(place[order], place[order])
        leading = order[rank < TOP]
        np.add.at(top[:, at], place[leading], amount[leading, at])
    n = np.broadcast_to(pairs.communities[:, None], shape)
    found = {}
    for name, value in (("herfindahl", squares / np.where(total > 0, total, np.nan) ** 2),
                        ("top3", top / np.where(total > 0, total, np.nan)),
                        ("departments", np.where((n > 0) & (total > 0), number, np.nan))):  # fmt: skip
        known = ~np.isnan(value)
        found[f"burden_{name}"] = (value.ravel(), np.where(known, n, 0).ravel(), np.full(grid.size, np.nan))
    return found


def _pairs(duties: pd.DataFrame, grid: Grid, period: str) -> _Pairs:
    """Add up duties by community and department, then by place and department."""
    department, names = pd.factorize(duties["department"])  # -1 where missing
    width = len(names) + 1
    community, communities = pd.factorize(duties["community_id"])
    cell, group = np.unique(community * width + department + 1, return_inverse=True)
    number, hours, without = in_force(duties, group, len(cell), grid.periods[:-1], period)
    rows, places = grid.places_of(pd.Series(communities[cell // width], dtype="str"))
    pair, at = np.unique(places * width + (cell % width)[rows], return_inverse=True)
    unknown = (without > 0) & ~np.isnan(without)
    sums = [np.zeros((len(pair), len(grid.periods))) for _ in range(3)]
    for total, amounts in zip(sums, (number, np.where(unknown, 0, hours), unknown), strict=True):
        np.add.at(total, at, amounts[rows])
    _, place_of_community = grid.places_of(pd.Series(communities, dtype="str"))
    return _Pairs(
        pair // width, pair % width - 1, names, sums[0], sums[1], sums[2].astype("int64"),
        np.bincount(place_of_community, minlength=len(grid.places)),
    )  # fmt: skip
