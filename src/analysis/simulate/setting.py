"""The size, window and random streams of one synthetic city."""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from analysis.errors import AnalysisError
from analysis.simulate.truth import Truth

END = np.datetime64("2024-01", "M")  # the window always ends with December 2023
LEAST_MONTHS, MOST_MONTHS, MOST_COMMUNITIES = 12, 240, 20_000
DAY = 86_400


@dataclass(frozen=True)
class Setting:
    """How large a city to make, from which seed, under which truth.

    Every stage of the simulation has a random stream of its own, named after it: leaving one out or
    changing one does not move the others.
    """

    districts: int
    communities: int
    months: int
    seed: int
    truth: Truth = field(default_factory=Truth)

    def __post_init__(self) -> None:
        _whole("districts", self.districts, 1, MOST_COMMUNITIES)
        _whole("communities", self.communities, 1, MOST_COMMUNITIES)
        _whole("months", self.months, LEAST_MONTHS, MOST_MONTHS)
        _whole("seed", self.seed, 0, 2**63 - 1)
        if self.n > MOST_COMMUNITIES:
            raise AnalysisError(
                "This synthetic city would be larger than any that can be made.",
                where="districts x communities",
                value=self.n,
                expected=f"at most {MOST_COMMUNITIES:,} communities in all",
                mend="Ask for fewer districts or fewer communities per district.",
            )

    @property
    def n(self) -> int:
        """Number of communities."""
        return self.districts * self.communities

    @cached_property
    def district_of(self) -> np.ndarray:
        """District number of each community."""
        return np.repeat(np.arange(self.districts), self.communities)

    @cached_property
    def first_day(self) -> np.datetime64:
        """The first day of the window."""
        return (END - self.months).astype("datetime64[D]")

    @cached_property
    def month_starts(self) -> np.ndarray:
        """Day on which each month starts, counted from the window's first; one more for the end."""
        months = END - self.months + np.arange(self.months + 1)
        return (months.astype("datetime64[D]") - self.first_day).astype(np.int64)

    @cached_property
    def periods(self) -> list[str]:
        """Label of each month."""
        return np.datetime_as_string(END - self.months + np.arange(self.months)).tolist()

    @property
    def days(self) -> int:
        """Length of the window in days."""
        return int(self.month_starts[-1])

    def month_of(self, day: np.ndarray) -> np.ndarray:
        """Month number of each day; days before the window give -1, after it `months`."""
        return np.searchsorted(self.month_starts, np.floor(day), side="right") - 1

    def stream(self, name: str) -> np.random.Generator:
        """Return the random stream of the stage called `name`."""
        key = zlib.crc32(name.encode())
        return np.random.default_rng(np.random.SeedSequence(self.seed, spawn_key=(key,)))

    def dates(self, days: np.ndarray) -> np.ndarray:
        """Turn day numbers (whole or with a time of day; NaN for none) into times, to the second."""
        seconds = np.floor(np.asarray(days, float) * DAY + 0.5)
        known = np.isfinite(seconds)
        offsets = np.where(known, seconds, 0).astype(np.int64).astype("timedelta64[s]")
        times = self.first_day.astype("datetime64[s]") + offsets
        return np.where(known, times, np.datetime64("NaT")).astype("datetime64[ns]")


def _whole(name: str, value: object, least: int, most: int) -> None:
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or not least <= value <= most:
        raise AnalysisError(
            f"A synthetic city cannot be made with this number of {name}."
            if name != "seed"
            else "A synthetic city cannot be made from this seed.",
            where=name,
            value=value,
            expected=f"a whole number from {least:,} to {most:,}",
        )
