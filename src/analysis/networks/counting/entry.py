"""What an indicator is, and what every family needs to define one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from analysis.networks.building.layout import DYADIC, FORMS

if TYPE_CHECKING:
    from analysis.networks.counting.sums import Sums

Result = tuple[np.ndarray, np.ndarray]  # value and n, one per block

ONLY_DYADIC = (DYADIC,)
ON_REQUEST: tuple[str, ...] = ()

NO_PEOPLE = "no people"
NO_TIES = "no ties"
NO_TIED = "nobody with a tie"
NO_LABELLED = "no tie whose ends both have the label"


@dataclass(frozen=True)
class Indicator:
    """One indicator.

    Attributes
    ----------
    name, family, formula, source : str
    range : tuple of float
        Least and greatest possible value.
    undefined : str
        When the value is NaN.
    counts : {"people", "ties"}
        What n counts: the people or ties that the value rests on.
    compute : callable
        From `Sums` to (value, n), arrays with one value per block.
    forms : tuple of str
        Forms of layer it is given for: "dyadic", "gatherings".
    default : tuple of str or None
        Forms of layer it is computed for when no names are given: None for all of `forms`, () for none, that
        is, only on request.
    proportion : bool
        Whether it is a share of people, each in or out on their own account, so that
        sqrt(p (1 - p) / n) is its standard error.
    needs : {"", "periods", "times"}
        What it needs beside one network: those of other periods, or the time of every act.
    """

    name: str
    family: str
    formula: str
    source: str
    range: tuple[float, float]
    undefined: str
    counts: str
    compute: Callable[[Sums], Result]
    forms: tuple[str, ...] = FORMS
    default: tuple[str, ...] | None = None
    proportion: bool = False
    needs: str = ""

    @property
    def default_forms(self) -> tuple[str, ...]:
        """Forms of layer it is computed for when no names are given."""
        return self.forms if self.default is None else self.default


def ratio(top: np.ndarray, bottom: np.ndarray) -> np.ndarray:
    """Divide; NaN where `bottom` is 0."""
    bottom = np.asarray(bottom, dtype=np.float64)
    return np.divide(top, bottom, out=np.full(len(bottom), np.nan), where=bottom > 0)


def correlation(
    n: np.ndarray, x: np.ndarray, y: np.ndarray, xx: np.ndarray, yy: np.ndarray, xy: np.ndarray
) -> np.ndarray:
    """Return Pearson's correlation from sums; NaN where one of the two does not vary.

    A variance below 1e-12 of its second moment is rounding, not variation.
    """
    spread_x, spread_y = n * xx - x * x, n * yy - y * y
    varies = (spread_x > 1e-12 * n * xx) & (spread_y > 1e-12 * n * yy)
    below = np.sqrt(np.where(varies, spread_x, 0.0) * np.where(varies, spread_y, 0.0))
    return np.clip(ratio(n * xy - x * y, below), -1, 1)
