"""Time given and received: who gives, who does both, and how far hours come back (a time bank)."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.errors import StudyError
from analysis.tables.measures import Grid, Measure
from analysis.tables.values import INTERACTION_KINDS

_BANK = "time bank: Seyfang (2004), Community Development Journal 39"
_LINES = (
    ("exchange_hours", "sum of the hours of acts between two people", "hours", "acts that state their hours",
     "时间银行"),
    ("exchange_people", "different people who gave or received hours", "people", "people", "count"),
    ("exchange_both", "people who gave and received hours / people who gave or received", "share 0-1",
     "people who gave or received", _BANK),
    ("exchange_covered", "sum over people of min(hours given, hours received) / hours: 1 if everyone gets "
     "back what they give, from whomever", "share of hours", "people who gave or received", _BANK),
    ("exchange_returned", "sum over ordered pairs of min(hours from i to j, hours from j to i) / hours: what "
     "comes back from the same person", "share of hours", "pairs of people, either direction",
     "Squartini, Picciolo, Ruzzenenti & Garlaschelli 2013"),
)  # fmt: skip
MEASURES: dict[str, Measure] = {line[0]: Measure(*line) for line in _LINES}


def exchange_measures(study, kinds: tuple[str, ...] | None = None) -> pd.DataFrame:
    """Return how hours are exchanged in every community, street and district, by period and over all.

    Parameters
    ----------
    study : Study
        Its interactions: done acts between two people that state their hours (above 0).
    kinds : tuple of str, optional
        Kinds of act that count; all by default.

    Returns
    -------
    DataFrame
        place_id, period, measure, value, n, std_error for the measures of `MEASURES`; no rows without such
        acts. An act counts where it took place. Shares are NaN with n 0 where no hours were given; a count
        is 0 there. std_error is NaN: acts are counted whole. ``attrs["without_hours"]`` counts done acts
        between two people that state no hours. Show no cell with fewer than five people.

    Raises
    ------
    StudyError
        If a kind is not in the dictionary.
    """
    for kind in kinds or ():
        if kind not in INTERACTION_KINDS:
            raise StudyError(
                "There is no such kind of act.", where="kinds", value=kind,
                expected="some of " + ", ".join(INTERACTION_KINDS), mend="Name kinds of the dictionary.",
            )  # fmt: skip
    acts, grid = study.interactions, Grid(study)
    acts = acts[acts["target_id"].notna() & (acts["status"].fillna("done") == "done")]
    acts = acts[acts["kind"].isin(kinds)] if kinds else acts
    timed = acts[acts["hours"] > 0]
    if not len(timed) or not study.periods:
        return grid.frame({})
    rows, cells = grid.cells(timed["community_id"], timed["time"])
    code, _ = pd.factorize(pd.concat([timed["source_id"], timed["target_id"]]))
    hours, people = timed["hours"].to_numpy(float)[rows], int(code.max()) + 1
    giver, taker = (side[rows].astype("int64") for side in np.split(code, 2))
    total = np.bincount(cells, hours, grid.size)
    number, both, covered = _balances(cells, giver, taker, hours, people, grid.size)
    pairs, returned = _returns(cells, giver, taker, hours, people, grid.size)
    nothing, share = np.full(grid.size, np.nan), _share(total)
    results = {
        "exchange_hours": (total, np.bincount(cells, minlength=grid.size), nothing),
        "exchange_people": (number.astype(float), number, nothing),
        "exchange_both": (_share(number.astype(float))(both), number, nothing),
        "exchange_covered": (share(covered), number, nothing),
        "exchange_returned": (share(returned), pairs, nothing),
    }
    found = grid.frame({name: results[name] for name in MEASURES})
    found.attrs = {"without_hours": int(acts["hours"].isna().sum())}
    return found


def _share(total: np.ndarray):
    return lambda part: np.divide(part, total, out=np.full(len(total), np.nan), where=total > 0)


def _balances(cells, giver, taker, hours, people: int, size: int) -> tuple[np.ndarray, ...]:
    """Return per cell the people, those who both gave and received, and the sum of the smaller of the two."""
    key = np.concatenate([cells * people + giver, cells * people + taker])
    held, at = np.unique(key, return_inverse=True)
    given, received = (np.bincount(side, hours, len(held)) for side in np.split(at, 2))
    cell, both = held // people, (given > 0) & (received > 0)
    sums = (np.bincount(cell, weight, size) for weight in (both, np.minimum(given, received)))
    return np.bincount(cell, minlength=size), *sums


def _returns(cells, giver, taker, hours, people: int, size: int) -> tuple[np.ndarray, np.ndarray]:
    """Return per cell the pairs of people, and the hours that came back within a pair (both ways)."""
    low, high = np.minimum(giver, taker), np.maximum(giver, taker)
    pair, at = np.unique(np.column_stack([cells, low, high]), axis=0, return_inverse=True)
    forth = np.bincount(at.ravel(), np.where(giver == low, hours, 0), len(pair))
    back = np.bincount(at.ravel(), hours, len(pair)) - forth
    cell = pair[:, 0]
    return np.bincount(cell, minlength=size), np.bincount(cell, 2 * np.minimum(forth, back), size)
