"""What every family of measures shares: the tidy shape, and the grid of places and periods."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.tables.periods import ALL, ordinal
from analysis.tables.places import LEVELS_UP

COLUMNS = ("place_id", "period", "measure", "value", "n", "std_error")
MONTHS = {"month": 1, "quarter": 3, "year": 12}
UNDATED, OUTSIDE = -1, -2  # instead of the number of a period


@dataclass(frozen=True)
class Measure:
    """What a measure is: its name in frames, formula, unit, what its n counts, and its source."""

    name: str
    formula: str
    unit: str
    n: str
    source: str


def describe(measures: dict[str, Measure]) -> pd.DataFrame:
    """Return a registry as a table: name, formula, unit, n, source."""
    return pd.DataFrame(
        [(m.name, m.formula, m.unit, m.n, m.source) for m in measures.values()],
        columns=["name", "formula", "unit", "n", "source"],
    )


def empty_measures() -> pd.DataFrame:
    """Return a measures frame without rows: place_id, period, measure, value, n, std_error."""
    types = ("str", "str", "str", "float64", "int64", "float64")
    return pd.DataFrame({c: pd.Series([], dtype=t) for c, t in zip(COLUMNS, types, strict=True)})


class Grid:
    """Every community, street and district by every period of a study, and "all" as the last period.

    A row lodged in a place counts for that place and for the community, street and district that hold
    it. A cell is a place by a period, numbered ``place * len(periods) + period``.

    Parameters
    ----------
    study : Study

    Attributes
    ----------
    places : list of str
        Communities, then streets, then districts, each in table order.
    periods : list of str
        The periods of the study, then "all".
    size : int
        Number of cells.
    """

    def __init__(self, study) -> None:
        table = study.tree.table
        self.places = [place for kind in LEVELS_UP for place in study.tree.of_kind(kind)]
        self.periods = [*study.periods, ALL]
        self.size = len(self.places) * len(self.periods)
        codes = pd.Index(self.places)
        self._known = table.index
        self._above = np.column_stack([codes.get_indexer(table[f"{kind}_id"]) for kind in LEVELS_UP])
        self._months = MONTHS[study.period]
        self._first = int(ordinal(pd.Series(study.periods[:1]), study.period).iloc[0]) if study.periods else 0

    def places_of(self, place_ids: pd.Series) -> tuple[np.ndarray, np.ndarray]:
        """Return (row, place) numbers: every row once per place that holds it; unknown places drop out."""
        at = self._known.get_indexer(place_ids)
        above = np.where(at[:, None] >= 0, self._above[at], -1) if len(self._known) else np.empty((0, 3), int)
        rows, level = np.nonzero(above >= 0)
        return rows, above[rows, level]

    def period_of(self, times: pd.Series) -> np.ndarray:
        """Return the number of each time's period; UNDATED without a time, OUTSIDE beyond the window."""
        months = times.to_numpy("datetime64[M]").astype("int64")
        numbers = np.floor_divide(months, self._months) - self._first
        inside = (numbers >= 0) & (numbers < len(self.periods) - 1)
        return np.where(times.isna(), UNDATED, np.where(inside, numbers, OUTSIDE))

    def cells(
        self, place_ids: pd.Series, times: pd.Series, *, undated: bool = False
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return (row, cell) numbers: every row in its period and in "all", at every level.

        Rows outside the window drop out; with `undated`, rows without a time count in "all" only.
        """
        rows, places = self.places_of(place_ids)
        period = self.period_of(times)[rows]
        width = len(self.periods)
        dated = period >= 0
        whole = dated | (period == UNDATED) if undated else dated
        cells = np.concatenate([(places * width + period)[dated], (places * width + width - 1)[whole]])
        return np.concatenate([rows[dated], rows[whole]]), cells

    def count(self, rows: np.ndarray, cells: np.ndarray, flags: np.ndarray) -> tuple:
        """Return (value, n, std_error) per cell of a count: how many rows have their flag set."""
        number = np.bincount(cells, weights=flags[rows].astype(float), minlength=self.size)
        return number, number.astype("int64"), np.full(self.size, np.nan)

    def mean(self, rows: np.ndarray, cells: np.ndarray, values: np.ndarray) -> tuple:
        """Return (value, n, std_error) per cell of a mean over the rows whose value is known.

        The standard error takes the rows as independent draws: sample standard deviation over the root
        of n. It is NaN with fewer than two rows or when all are equal, where that formula would promise
        a certainty the data cannot give.
        """
        known = ~np.isnan(values[rows])
        rows, cells = rows[known], cells[known]
        n = np.bincount(cells, minlength=self.size)
        with np.errstate(invalid="ignore", divide="ignore"):  # 0 / 0 is the NaN of an empty cell
            value = np.bincount(cells, weights=values[rows], minlength=self.size) / n
            squares = np.bincount(cells, weights=(values[rows] - value[cells]) ** 2, minlength=self.size)
            error = np.sqrt(squares / (n - 1) / n)
        error[(n < 2) | (error < 1e-12)] = np.nan
        return value, n, error

    def frame(self, results: dict[str, tuple]) -> pd.DataFrame:
        """Return the tidy frame of (value, n, std_error) per measure, one row per cell and measure."""
        if not results or not self.size:
            return empty_measures()
        places, periods = pd.array(self.places, dtype="str"), pd.array(self.periods, dtype="str")
        times, width, cells = len(results), len(self.periods), np.arange(self.size)
        names = pd.array(list(results), dtype="str")
        return pd.DataFrame(
            {
                "place_id": places.take(np.tile(cells // width, times)),
                "period": periods.take(np.tile(cells % width, times)),
                "measure": names.take(np.repeat(np.arange(times), self.size)),
                "value": np.concatenate([value for value, _, _ in results.values()]),
                "n": np.concatenate([n for _, n, _ in results.values()]).astype("int64"),
                "std_error": np.concatenate([error for _, _, error in results.values()]),
            }
        )
