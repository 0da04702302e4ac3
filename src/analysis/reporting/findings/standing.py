"""Where a district stands on a measure: against the mean of the other districts, beyond noise or not."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from analysis.reporting.findings.figures import NAN, Z95, Figure, measured, of_districts

ALIKE, HIGHER, LOWER, NO_ERROR, ALONE = "alike", "higher", "lower", "no_error", "alone"


@dataclass(frozen=True)
class Standing:
    """A district's figure against the others.

    Attributes
    ----------
    figure : Figure
    others : float
        Mean of the values of the other districts, each district alike.
    difference, low, high : float
        Figure less `others`, with the 95 % interval of the difference; NaN where an error is not known.
    verdict : str
        "higher" or "lower" (the interval leaves zero out), "alike" (cannot be told apart), "no_error",
        "alone" (no other district has a value).
    """

    figure: Figure
    others: float = NAN
    difference: float = NAN
    low: float = NAN
    high: float = NAN
    verdict: str = ALONE


def standing(report, measure: str) -> Standing:
    """Compare the district of a report with the mean of the other districts.

    Assumes that districts were measured independently of each other.

    Parameters
    ----------
    report : DistrictReport
    measure : str
    """
    figure = measured(report, measure)
    value, low, high = of_districts(report, measure)
    others = ~np.isnan(value) & np.array([district != report.district for district in report.districts])
    if not figure.known or not others.any():
        return Standing(figure)
    mean = float(value[others].mean())
    difference = figure.value - mean
    errors = (high[others] - low[others]) / (2 * Z95) / others.sum()
    spread = math.sqrt(figure.error**2 + (errors**2).sum())
    if math.isnan(spread):
        return Standing(figure, mean, difference, verdict=NO_ERROR)
    low, high = difference - Z95 * spread, difference + Z95 * spread
    verdict = HIGHER if low > 0 else LOWER if high < 0 else ALIKE
    return Standing(figure, mean, difference, low, high, verdict)
