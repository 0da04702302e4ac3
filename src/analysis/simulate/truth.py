"""What the reforms do in the synthetic city: the design of the effects, known because it is ours."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from analysis.errors import AnalysisError
from analysis.simulate.calibration import MEASURES

REFORMS = ("consultation", "burden_reduction", "shared_community")
STAGGERED = ("consultation", "burden_reduction")
CAPITAL = "social_capital"
SLOW = (0.40, 0.62, 0.80, 0.92, 1.0)  # grows over five months, then stays
QUICK = (0.55, 0.80, 1.0)


def _grow(size: float, shape: tuple[float, ...] = SLOW) -> tuple[float, ...]:
    return tuple(round(size * step, 6) for step in shape)


def _direct_effects() -> dict[str, dict[str, tuple[float, ...]]]:
    return {
        "consultation": {
            "satisfaction": _grow(1.8),
            "trust": _grow(1.08),
            "response_days": _grow(-1.2),
            "participation": _grow(0.03),
            "incidents": _grow(-0.45),
        },
        "burden_reduction": {
            "satisfaction": _grow(1.6, QUICK),
            "trust": _grow(1.4, QUICK),
            "response_days": _grow(-0.9, QUICK),
        },
    }


@dataclass(frozen=True)
class Truth:
    """The effects that a synthetic city is made with; the defaults are those of the built-in city.

    Attributes
    ----------
    direct : dict of reform -> measure -> tuple of float
        Direct effect at event time 0, 1, 2, ... months since the start, in the measure's unit; the last
        value lasts. A measure that is not named is not affected directly.
    capital : dict of reform -> tuple of float
        Effect on a community's social capital, in log points of its help, goods and skill acts per member.
    trust_per_capital : float
        Points of trust per log point of social capital: the mediated path.
    multiplier_sd : float
        Spread between districts of the factor by which all effects of a reform are multiplied (mean 1
        over the districts).
    spillover : float
        Change of `participation` in a community not yet treated by the consultation reform, if all other
        communities of its street are; proportional to their share. No other measure spills over.
    processes : bool
        Whether the reforms also change matters, consultations and duties, as `PROCESS_TRUTH` of the
        calibration says.
    never_share : float
        Share of communities that a staggered reform never reaches.
    anticipation : int
        Months by which the effects set in before the start. 0: none.
    trend : float
        Drift of communities that will ever be treated, per month, as a share of the final effect. 0:
        parallel trends hold.
    cohort_tilt : float
        First cohort's effects are multiplied by 1 - cohort_tilt, the last one's by 1 + cohort_tilt, those
        between in equal steps. 0: all alike.
    """

    direct: Mapping[str, Mapping[str, tuple[float, ...]]] = field(default_factory=_direct_effects)
    capital: Mapping[str, tuple[float, ...]] = field(
        default_factory=lambda: {"consultation": _grow(0.18), "shared_community": _grow(0.30)}
    )
    trust_per_capital: float = 4.0
    multiplier_sd: float = 0.25
    spillover: float = 0.012
    processes: bool = True
    never_share: float = 0.28
    anticipation: int = 0
    trend: float = 0.0
    cohort_tilt: float = 0.0

    def __post_init__(self) -> None:
        for reform, profile in self.capital.items():
            _one_of(reform, REFORMS, "truth.capital")
            _profile(profile, f"truth.capital[{reform!r}]")
        for reform, effects in self.direct.items():
            _one_of(reform, REFORMS, "truth.direct")
            for measure, profile in effects.items():
                _one_of(measure, tuple(MEASURES), f"truth.direct[{reform!r}]")
                _profile(profile, f"truth.direct[{reform!r}][{measure!r}]")
        for name, expected, holds in (
            ("never_share", "at least 0, below 1", 0 <= self.never_share < 1),
            ("multiplier_sd", "from 0 to 0.5", 0 <= self.multiplier_sd <= 0.5),
            ("anticipation", "a whole number of months, 0 or more", self.anticipation in range(240)),
        ):
            if not holds:
                raise AnalysisError(
                    "This truth cannot be simulated.",
                    where=f"truth.{name}",
                    value=getattr(self, name),
                    expected=expected,
                )

    @classmethod
    def none(cls) -> Truth:
        """A city in which no reform changes anything."""
        return cls(direct={}, capital={}, spillover=0.0, processes=False)

    def designed(self, reform: str, measure: str) -> tuple[float, ...]:
        """Effect of `reform` on `measure` by event time: direct and, for trust, through social capital.

        `measure` may also be "social_capital".
        """
        capital = self.capital.get(reform, (0.0,))
        if measure == CAPITAL:
            return tuple(capital)
        direct = self.direct.get(reform, {}).get(measure, (0.0,))
        if measure != "trust":
            return tuple(direct)
        length = max(len(direct), len(capital))
        direct, capital = (extend(np.asarray(p), np.arange(length)) for p in (direct, capital))
        return tuple((direct + self.trust_per_capital * capital).round(6).tolist())


def extend(profile: np.ndarray, event_time: np.ndarray) -> np.ndarray:
    """Return the effect at each event time: 0 before the start, the last value after the profile's end."""
    profile = np.asarray(profile, float)
    values = profile[np.clip(event_time, 0, len(profile) - 1)]
    return np.where(event_time >= 0, values, 0.0)


def _one_of(value: str, known: tuple[str, ...], where: str) -> None:
    if value not in known:
        raise AnalysisError(
            "This truth names something that the synthetic city does not have.",
            where=where,
            value=value,
            expected="one of " + ", ".join(known),
        )


def _profile(profile: tuple[float, ...], where: str) -> None:
    if len(profile) == 0 or not np.isfinite(profile).all():
        raise AnalysisError(
            "An effect is given by its values at event time 0, 1, 2, ...; the last one lasts.",
            where=where,
            value=profile,
            expected="one finite number or more",
        )
