"""The tie rule: what counts as a tie, stated as a value that travels with every result."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from numbers import Integral, Real

import numpy as np
import pandas as pd

from analysis.errors import StudyError
from analysis.tables.periods import ALL, FREQUENCIES


@dataclass(frozen=True, repr=False)
class TieRule:
    """What makes a tie between two people.

    Parameters
    ----------
    layers : tuple of str, optional
        Kinds of act to use; None uses every kind found. Acts of other kinds are set aside and counted.
    directed : bool, default False
        Whether a tie from a to b is another tie than one from b to a. Projected gatherings have no direction
        either way; reciprocity is always computed from the direction of the acts.
    period : {"month", "quarter", "year", "all"}, default "month"
        Step of the networks. The whole time ("all") is always given too; "all" gives nothing else. The whole
        time runs from the first to the last act used, or from `start` to `end` where they are set.
    statuses : tuple of (str or None), default ("done", None)
        States of an act that count; None stands for a missing status.
    min_weight : float, optional
        Least weight of a tie in its own place, layer and period: number of acts between two people (in one
        direction if `directed`) or, for projected ties, number of gatherings both joined; with `half_life`,
        of acts or gatherings weighted by their age. None keeps every tie.
    gathering_sizes : tuple of (int, int or None), default (2, None)
        Fewest and most people, in the network's own place and period, of a gathering that is projected.
        Others make no tie but still count as participation.
    window : int, default 1
        Periods in each network, ending with the one it is named after: 3 with months gives rolling quarters.
        Windows that would begin before the first period are not given. 1 if `period` is "all".
    half_life : float, optional
        Days after which an act counts half: at the end of the network's period (of the last period, or of
        the last month if `period` is "all", for the whole time) an act of age t days counts
        2 ** (-t / half_life); a gathering is as old as its latest join. None counts every act 1.
    start, end : str or date, optional
        First and last day, both included; acts outside are set aside and counted.

    Raises
    ------
    StudyError
        If a value is not one of those allowed.
    """

    layers: tuple[str, ...] | None = None
    directed: bool = False
    period: str = "month"
    statuses: tuple[str | None, ...] = ("done", None)
    min_weight: float | None = None
    gathering_sizes: tuple[int, int | None] = (2, None)
    window: int = 1
    half_life: float | None = None
    start: str | None = None
    end: str | None = None

    def __post_init__(self) -> None:
        if isinstance(self.layers, str):
            object.__setattr__(self, "layers", (self.layers,))
        if isinstance(self.statuses, str) or self.statuses is None:
            object.__setattr__(self, "statuses", (self.statuses,))
        for name in ("layers", "statuses", "gathering_sizes"):
            if isinstance(getattr(self, name), Iterable):
                object.__setattr__(self, name, tuple(getattr(self, name)))
        for name in ("start", "end"):
            object.__setattr__(self, name, _day(getattr(self, name), name))
        self._check()

    def _check(self) -> None:
        if self.period not in (*FREQUENCIES, ALL):
            _refuse("period", self.period, "one of " + ", ".join((*FREQUENCIES, ALL)))
        if not isinstance(self.directed, bool):
            _refuse("directed", self.directed, "True or False")
        if self.layers is not None and not (isinstance(self.layers, tuple) and self.layers):
            _refuse("layers", self.layers, "at least one kind of act, or None for every kind")
        if not isinstance(self.statuses, tuple):
            _refuse("statuses", self.statuses, 'states of an act, as ("done", None)')
        if self.min_weight is not None and not (isinstance(self.min_weight, Real) and self.min_weight > 0):
            _refuse("min_weight", self.min_weight, "a number above 0, or None")
        if isinstance(self.window, bool) or not isinstance(self.window, Integral) or self.window < 1:
            _refuse("window", self.window, "a whole number of periods, at least 1")
        if self.period == ALL and self.window > 1:
            _refuse("window", self.window, 'window=1 where period is "all"')
        if self.half_life is not None and not (
            isinstance(self.half_life, Real) and np.isfinite(self.half_life) and self.half_life > 0
        ):
            _refuse("half_life", self.half_life, "a number of days above 0, or None")
        if self.start and self.end and self.start > self.end:
            _refuse("start", self.start, f"a day not after end, {self.end}")
        if not _is_range(self.gathering_sizes):
            _refuse(
                "gathering_sizes",
                self.gathering_sizes,
                "(fewest, most): fewest at least 2, most not below it or None",
            )

    @property
    def least_weight(self) -> float:
        """Least weight of a tie as a number; 0 keeps every tie."""
        return 0.0 if self.min_weight is None else float(self.min_weight)

    def __repr__(self) -> str:
        own = [f"{f.name}={v!r}" for f in fields(self) if (v := getattr(self, f.name)) != f.default]
        return f"TieRule({', '.join(own)})"

    def describe(self) -> dict[str, object]:
        """Return the rule as a plain dict of text, numbers, lists and None, fit for JSON."""
        return {k: list(v) if isinstance(v, tuple) else v for k, v in asdict(self).items()}


def _is_range(sizes: object) -> bool:
    if not (isinstance(sizes, tuple) and len(sizes) == 2 and isinstance(sizes[0], Integral)):
        return False
    return sizes[0] >= 2 and (sizes[1] is None or (isinstance(sizes[1], Integral) and sizes[1] >= sizes[0]))


def _day(value: object, name: str) -> str | None:
    if value is None:
        return None
    try:
        day = pd.Timestamp(value)
    except (ValueError, TypeError):
        day = pd.NaT
    if day is pd.NaT:
        _refuse(name, value, "a day, as 2021-03-31")
    return day.strftime("%Y-%m-%d")


def _refuse(name: str, value: object, expected: str) -> None:
    raise StudyError(
        f"This tie rule cannot be used: {name} is not right.",
        where=f"TieRule.{name}",
        value=value,
        expected=expected,
        mend=f"Give TieRule another {name}.",
    )
