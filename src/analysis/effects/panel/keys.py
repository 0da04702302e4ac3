"""Which row is which unit and period: what a panel's key columns say, checked."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.effects.panel import checks
from analysis.effects.panel.timescale import TimeScale
from analysis.errors import EstimationError

ROWS = "row"  # what a unit is in repeated cross-sections


@dataclass(frozen=True)
class Keys:
    """Units and periods of the rows of a panel.

    Attributes
    ----------
    unit, time : str or None, str
        Column names; without a unit, every row is one.
    units, times : Index
        Distinct values in order of appearance.
    codes : (unit codes, time codes) of the rows, or None
        None for a panel that is sorted by unit and period and lacks no row, so that it need only be folded.
    """

    unit: str | None
    time: str
    units: pd.Index
    times: pd.Index
    codes: tuple[np.ndarray, np.ndarray] | None

    @property
    def unit_codes(self) -> np.ndarray:
        return np.repeat(np.arange(len(self.units)), len(self.times)) if self.codes is None else self.codes[0]

    def require_unique(self) -> None:
        """Raise if a unit has two rows for one period."""
        if self.codes is not None and self.unit is not None:
            checks.require_unique(*self.codes, (self.unit, self.time), (self.units, self.times))

    def clusters(self, panel: pd.DataFrame, cluster: str | None) -> np.ndarray:
        """Return the cluster of each unit as integer codes; the unit itself where none is named."""
        n = len(self.units)
        if cluster is None or cluster == self.unit:
            return np.arange(n)
        if self.unit is None:
            return checks.codes_of(panel, cluster, "cluster")[0]
        return checks.cluster_codes(panel, cluster, self.unit, self.unit_codes, n)

    def constant(self, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return each unit's value and a mask of the rows that differ from it."""
        if self.unit is None:
            return values, np.zeros(len(values), bool)
        if self.codes is None:
            folded = values.reshape(len(self.units), -1)
            return folded[:, 0], (folded != folded[:, :1]).ravel()
        return checks.constant_within(self.codes[0], values, len(self.units))

    def spread(self, values: np.ndarray, whole: np.ndarray, order: np.ndarray) -> np.ndarray:
        """Return the (units, periods) array of `values` of the `whole` rows, NaN elsewhere."""
        if self.codes is None:
            kept = values if whole.all() else np.where(whole, values, np.nan)
            return kept.reshape(len(self.units), -1)
        wide = np.full((len(self.units), len(self.times)), np.nan)
        units, times = self.codes
        wide[units[whole], np.argsort(order)[times][whole]] = values[whole]
        return wide


def read_keys(panel: pd.DataFrame, unit: str | None, time: str) -> Keys:
    """Return the keys of a panel; raise if one is missing."""
    if unit is None:
        time_codes, times = checks.codes_of(panel, time, "period")
        return Keys(None, time, pd.RangeIndex(len(panel)), times, (np.arange(len(panel)), time_codes))
    folded = _fold(panel[unit], panel[time])
    if folded is not None:
        return Keys(unit, time, *folded, None)
    unit_codes, units = checks.codes_of(panel, unit, "unit")
    time_codes, times = checks.codes_of(panel, time, "period")
    return Keys(unit, time, units, times, (unit_codes, time_codes))


def _fold(units: pd.Series, times: pd.Series) -> tuple[pd.Index, pd.Index] | None:
    """Return the distinct keys if rows are sorted by unit and period, whole numbers, and none is missing."""
    if not (_whole(units) and _whole(times)) or len(units) < 2:
        return None
    unit, time = units.to_numpy(), times.to_numpy()
    again = time[1:] == time[0]
    width = int(np.argmax(again)) + 1 if again.any() else len(time)
    if len(time) % width:
        return None
    first, block = unit[::width], time[:width]
    regular = (time.reshape(-1, width) == block).all() and (unit.reshape(-1, width) == first[:, None]).all()
    if not regular or (np.diff(block) <= 0).any():
        return None
    if (np.diff(first) <= 0).any() and len(np.unique(first)) < len(first):
        return None
    return pd.Index(first), pd.Index(block)


def _whole(column: pd.Series) -> bool:
    return isinstance(column.dtype, np.dtype) and column.dtype.kind in "iu"


def read_starts(panel: pd.DataFrame, cohort: str, keys: Keys, scale: TimeScale) -> np.ndarray:
    """Return each unit's start as a position, +inf where never treated."""
    column = panel[cohort]
    if scale.kind == "number" and column.dtype.kind in "iuf":
        numbers = column.to_numpy(float, na_value=np.inf)
        if column.dtype.kind == "f":
            numbers = np.where(np.isnan(numbers), np.inf, numbers)
        found, differs = keys.constant(numbers)
        starts = scale.positions(found, cohort)
        zero = (found == 0).any()
    else:
        codes, labels = pd.factorize(column)
        positions = np.append(scale.positions(pd.Index(labels), cohort), np.inf)
        starts, differs = keys.constant(positions[codes])
        zero = (pd.Index(labels) == 0).any()
    if scale.kind == "number" and scale.origin > 0 and zero:
        raise _zero(cohort)
    if differs.any():
        raise _varying(panel, cohort, keys, differs)
    return starts


def read_weights(
    panel: pd.DataFrame, weights: str | None, keys: Keys
) -> tuple[np.ndarray, np.ndarray | None]:
    """Return each unit's weight and which rows lack one (None where no weights are named)."""
    if weights is None:
        return np.ones(len(keys.units)), None
    values = checks.numeric_column(panel, weights, "weight")
    if (values < 0).any():
        raise EstimationError(
            "A weight is negative.",
            where=f"column {weights!r}",
            value=np.nanmin(values),
            expected="weights of at least 0",
            mend="Correct or leave out these rows.",
        )
    lacking = ~(values > 0)
    # a unit whose weight is missing in some rows keeps the one it has in the others
    codes = keys.unit_codes
    size = np.ones(len(keys.units))
    size[codes[~lacking]] = values[~lacking]
    differs = ~lacking & (values != size[codes])
    if differs.any():
        row = int(np.argmax(differs))
        raise EstimationError(
            f"The weight varies within {len(np.unique(codes[differs]))} units.",
            where=f"column {weights!r}",
            value=f"{panel[keys.unit].iloc[row]}: {values[row]:g} and {size[codes[row]]:g}",
            expected="one weight per unit, the same in all its rows",
            mend="Use a weight fixed before adoption, such as the population in the first period.",
        )
    return size, lacking


def _zero(cohort: str) -> EstimationError:
    return EstimationError(
        "Cohort 0 lies before the panel: it looks like the code of other packages for never treated.",
        where=f"column {cohort!r}",
        value=0,
        expected="<NA> for units never treated; the first treated period otherwise",
        mend=f"Use panel[{cohort!r}].replace(0, pd.NA) for never-treated units; for units treated before "
        "the panel, give the true period.",
    )


def _varying(panel: pd.DataFrame, cohort: str, keys: Keys, differs: np.ndarray) -> EstimationError:
    row = int(np.argmax(differs))
    return EstimationError(
        f"The cohort varies within {len(np.unique(keys.unit_codes[differs]))} units: a cohort is the one "
        "period in which a unit is first treated, and treatment does not end.",
        where=f"column {cohort!r}",
        value=f"{panel[keys.unit].iloc[row]}: {panel[cohort].iloc[row]}",
        expected="one cohort per unit, the same in all its rows; <NA> if never treated",
        mend="Compute the first treated period per unit; treatment that ends again needs twfe "
        "or a design for it.",
    )
