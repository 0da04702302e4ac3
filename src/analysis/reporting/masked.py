"""The measures of a city stage as they may be shown, in arrays: a report looks up what it needs."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd

from analysis.display.numbers import SMALLEST_CELL
from analysis.reporting.disclosure.cells import HIDDEN_N
from analysis.reporting.disclosure.measures import FAMILIES, hides_small
from analysis.tables.periods import ALL

NAMES, WHOLE, COURSES = "measures.json", "measures_whole.npy", "measures_by_period.npy"
VALUE, N, ERROR = range(3)
NETWORKS = "indicators"


@dataclass(frozen=True)
class Masked:
    """What may be shown of all measures. A cell without a row has value and error NaN and n 0.

    Attributes
    ----------
    names : list of str
        The measures, sorted.
    places : list of str
        All places, columns of `whole`.
    districts : list of str
        Columns of `courses`.
    periods : list of str
        Rows of `courses`.
    whole : ndarray (value, n and error; measures; places)
        Over the whole time.
    courses : ndarray (value, n and error; measures; periods; districts)
    """

    names: list[str]
    places: list[str]
    districts: list[str]
    periods: list[str]
    whole: np.ndarray
    courses: np.ndarray

    @cached_property
    def _rows(self) -> dict[str, int]:
        return {name: at for at, name in enumerate(self.names)}

    @cached_property
    def _places(self) -> dict[str, int]:
        return {name: at for at, name in enumerate(self.places)}

    @cached_property
    def _districts(self) -> dict[str, int]:
        return {name: at for at, name in enumerate(self.districts)}

    @cached_property
    def _periods(self) -> dict[str, int]:
        return {name: at for at, name in enumerate(self.periods)}

    def number(self, measure: str, place: str, period: str = ALL) -> tuple[float, float, float]:
        """Return value, n and standard error of a place; a period of its own only of a district."""
        row = self._rows.get(measure)
        column = (self._places if period == ALL else self._districts).get(place)
        if row is None or column is None:
            return np.nan, 0.0, np.nan
        if period == ALL:
            return tuple(self.whole[:, row, column].tolist())
        at = self._periods.get(period)
        return (np.nan, 0.0, np.nan) if at is None else tuple(self.courses[:, row, at, column].tolist())

    def among(self, measure: str, places: list[str]) -> np.ndarray:
        """Return an array of value, n and error over the whole time (rows) by places."""
        row = self._rows.get(measure)
        if row is None:
            return _empty(len(places))
        columns = np.array([self._places.get(place, -1) for place in places], dtype=np.intp)
        found = self.whole[:, row, columns]
        found[:, columns < 0] = _empty(1)
        return found

    def course(self, measure: str, districts: list[str], periods: list[str]) -> np.ndarray:
        """Return an array of value, n and error by periods and districts."""
        row, found = self._rows.get(measure), _empty((len(periods), len(districts)))
        known = [(to, self._districts[d]) for to, d in enumerate(districts) if d in self._districts]
        times = [(to, self._periods[p]) for to, p in enumerate(periods) if p in self._periods]
        if row is None or not known or not times:
            return found
        (to_column, column), (to_time, time) = np.transpose(known), np.transpose(times)
        found[np.ix_(range(3), to_time, to_column)] = self.courses[np.ix_(range(3), [row], time, column)][
            :, 0
        ]
        return found

    def counts(self, place: str) -> np.ndarray:
        """Return the n of all measures of a place over the whole time."""
        return np.array(self.whole[N, :, self._places[place]])

    def write(self, folder: Path) -> None:
        """Write everything into a folder."""
        for name, numbers in ((WHOLE, self.whole), (COURSES, self.courses)):
            np.save(folder / name, numbers)
        named = {name: getattr(self, name) for name in ("names", "places", "districts", "periods")}
        (folder / NAMES).write_text(json.dumps(named, ensure_ascii=False), encoding="utf-8")


def read_masked(folder: Path) -> Masked:
    """Return what `Masked.write` left in a folder; numbers stay on the disk until they are looked up."""
    named = json.loads((folder / NAMES).read_text(encoding="utf-8"))
    return Masked(**named, **{key: np.load(folder / name, mmap_mode="r")
                              for key, name in (("whole", WHOLE), ("courses", COURSES))})  # fmt: skip


def mask(frames: dict[str, pd.DataFrame], periods: list[str], label: Callable) -> Masked:
    """Return the measures of the frames of a city stage as they may be shown.

    Parameters
    ----------
    frames : dict of str to DataFrame
        places, hidden (cells not published), and the families of measures.
    periods : list of str
        Those of the study.
    label : callable
        From the name of a measure to its `Label`. Small cells are hidden besides, of every place.
    """
    places = frames["places"]
    ids = places["place_id"].astype("str").tolist()
    districts = places.loc[places["kind"] == "district", "place_id"].astype("str").tolist()
    families = [name for name in (NETWORKS, *FAMILIES) if len(frames[name])]
    names = sorted({name for family in families for name in _measures(family, frames[family])[1]})
    found = _blank(names, ids, districts, list(periods))
    hides = np.array([hides_small(name, label(name)) for name in names], bool)
    for family in families:
        _fill(found, family, frames[family], hides)
    _hide(found, frames["hidden"])
    return found


def masked_from(table: pd.DataFrame) -> Masked:
    """Return the same from a table of measures as `mask_measures` returns it: any place may have periods."""
    names, periods, places = (sorted(table.index.unique(name)) for name in ("measure", "period", "place_id"))
    found = _blank(names, places, places, [period for period in periods if period != ALL])
    rows, times, columns = (
        pd.Index(known).get_indexer(table.index.get_level_values(name))
        for known, name in ((names, "measure"), (found.periods, "period"), (places, "place_id"))
    )
    _put(found, rows, times, columns, columns, table[["value", "n", "std_error"]].to_numpy(float).T)
    return found


def _blank(names: list[str], places: list[str], districts: list[str], periods: list[str]) -> Masked:
    whole = _empty((len(names), len(places)))
    return Masked(
        names, places, districts, periods, whole, _empty((len(names), len(periods), len(districts)))
    )


def _empty(shape: int | Iterable[int]) -> np.ndarray:
    found = np.full((3, *np.atleast_1d(shape)), np.nan)
    found[N] = 0.0
    return found


def _measures(family: str, frame: pd.DataFrame) -> tuple[np.ndarray, list[str]]:
    """Return the code of the measure of each row, and the names."""
    codes, names = pd.factorize(frame["indicator" if family == NETWORKS else "measure"])
    return codes, [f"network_{name}" if family == NETWORKS else str(name) for name in names]


def _fill(found: Masked, family: str, frame: pd.DataFrame, hides: np.ndarray) -> None:
    codes, names = _measures(family, frame)
    rows = pd.Index(found.names).get_indexer(names)[codes]
    whole = frame["period"].eq(ALL).to_numpy(bool)
    places, own = pd.Index(found.places), pd.Index(found.districts)
    times = np.where(whole, -1, pd.Index(found.periods).get_indexer(frame["period"]))
    numbers = np.array([frame[name].to_numpy(float, na_value=np.nan) for name in ("value", "n", "std_error")])
    with np.errstate(invalid="ignore"):
        small = (numbers[N] > 0) & (numbers[N] < SMALLEST_CELL) & hides[rows]
    numbers[:, small] = np.array([[np.nan], [HIDDEN_N], [np.nan]])
    columns = np.where(whole, places.get_indexer(frame["place_id"]), -1)
    _put(found, rows, times, columns, own.get_indexer(frame["place_id"]), numbers)


def _put(found: Masked, rows, times, columns, own, numbers: np.ndarray) -> None:
    """Put numbers into their cells: over the whole time where no period is given, else of districts."""
    at = np.flatnonzero((times < 0) & (columns >= 0))
    found.whole[:, rows[at], columns[at]] = numbers[:, at]
    at = np.flatnonzero((times >= 0) & (own >= 0))
    found.courses[:, rows[at], times[at], own[at]] = numbers[:, at]


def _hide(found: Masked, hidden: pd.DataFrame) -> None:
    rows, times, columns, own = (
        pd.Index(known).get_indexer(hidden[name])
        for known, name in ((found.names, "measure"), (found.periods, "period"), (found.places, "place_id"),
                            (found.districts, "place_id"))
    )  # fmt: skip
    there = rows >= 0
    at = np.flatnonzero(there & (columns >= 0) & hidden["period"].eq(ALL).to_numpy(bool))
    _cover(found.whole, (rows[at], columns[at]))
    at = np.flatnonzero(there & (own >= 0) & (times >= 0))
    _cover(found.courses, (rows[at], times[at], own[at]))


def _cover(numbers: np.ndarray, at: tuple[np.ndarray, ...]) -> None:
    """Hide cells."""
    numbers[(VALUE, *at)] = numbers[(ERROR, *at)] = np.nan
    numbers[(N, *at)] = HIDDEN_N
