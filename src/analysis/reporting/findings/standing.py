"""Where a district stands on a measure: against the mean of the other districts, beyond noise or not."""

from __future__ import annotations

import math
from dataclasses import dataclass

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
    table = (
        of_districts(report, measure).reindex(report.districts).drop(index=report.district, errors="ignore")
    )
    others = table[table["value"].notna()]
    if not figure.known or not len(others):
        return Standing(figure)
    mean = float(others["value"].mean())
    difference = figure.value - mean
    errors = (others["high"] - others["low"]).astype(float) / (2 * Z95) / len(others)
    spread = math.sqrt(figure.error**2 + (errors**2).sum(skipna=False))
    if math.isnan(spread):
        return Standing(figure, mean, difference, verdict=NO_ERROR)
    low, high = difference - Z95 * spread, difference + Z95 * spread
    verdict = HIGHER if low > 0 else LOWER if high < 0 else ALIKE
    return Standing(figure, mean, difference, low, high, verdict)
