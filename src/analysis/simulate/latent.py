"""What nobody sees: who reforms when, social capital, and the mean of every outcome before it is measured."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.errors import AnalysisError
from analysis.simulate import calibration as known
from analysis.simulate.ground import Ground
from analysis.simulate.setting import Setting
from analysis.simulate.truth import CAPITAL, REFORMS, STAGGERED, extend

NEVER = 10**6  # start month of a community that a reform never reaches
LOW, HIGH = 0.28, 0.76  # staggered reforms start in this part of the window
MOST_STARTS = 4
PILOTS = 7 / 145  # Chancheng: 7 of 145 communities were pilots


@dataclass(frozen=True)
class Latent:
    """The hidden state of the city. Arrays are community x month unless said otherwise.

    Attributes
    ----------
    starts : dict of reform -> array of int, by community
        Month number of the start; NEVER where the reform does not come.
    multipliers : dict of reform -> array of float, by district
    capital : array
        Social capital in log points: 0 is the average.
    means : dict of measure -> array
        Expected outcome, all effects included.
    effects : dict of reform -> measure -> array
        Effect that the reform has there and then; "social_capital" is one of the measures.
    spillover : array
        Part of `means["participation"]` that comes from treated neighbours.
    processes : bool
        Whether the reforms change matters, consultations and duties.
    """

    starts: dict[str, np.ndarray]
    multipliers: dict[str, np.ndarray]
    capital: np.ndarray
    means: dict[str, np.ndarray]
    effects: dict[str, dict[str, np.ndarray]]
    spillover: np.ndarray
    processes: bool

    def event_time(self, reform: str) -> np.ndarray:
        """Months since the start, by community and month; far below 0 where the reform never comes."""
        return np.arange(self.capital.shape[1]) - self.starts[reform][:, None]

    def treated(self, reform: str) -> np.ndarray:
        """Whether the reform has started, by community and month."""
        return self.event_time(reform) >= 0

    def logged(self, reform: str) -> np.ndarray:
        """Whether the reform shows in matters, consultations and duties, by community and month."""
        return self.treated(reform) & self.processes


def draw_latent(setting: Setting, ground: Ground) -> Latent:
    """Draw the hidden state: assignment, effects, social capital, then the outcomes' means."""
    starts = {reform: _draw_starts(setting, reform) for reform in REFORMS}
    multipliers = {reform: _draw_multipliers(setting, reform) for reform in REFORMS}
    effects, drifts = {}, {}
    for reform in REFORMS:
        effects[reform], drifts[reform] = _effects(setting, reform, starts[reform], multipliers[reform])
    rng = setting.stream("capital")
    capital = rng.normal(0, known.CAPITAL_SD, setting.n)[:, None] + _shocks(
        rng, known.CAPITAL_SHOCK_SD, setting
    )
    capital = capital + sum(effects[r][CAPITAL] + drifts[r][CAPITAL] for r in REFORMS)
    spillover = _spillover(setting, ground, starts["consultation"], multipliers["consultation"])
    means = {}
    for measure in known.MEASURES:
        mean = _untreated(setting, measure)
        mean = mean + sum(effects[r][measure] + drifts[r][measure] for r in REFORMS)
        if measure == "trust":  # the reforms' part through social capital is in effects already
            mean = mean + setting.truth.trust_per_capital * (
                capital - sum(effects[r][CAPITAL] + drifts[r][CAPITAL] for r in REFORMS)
            )
        if measure == "participation":
            mean = mean + spillover
        _check_bounds(measure, mean)
        means[measure] = mean
    return Latent(starts, multipliers, capital, means, effects, spillover, setting.truth.processes)


def _draw_starts(setting: Setting, reform: str) -> np.ndarray:
    """Assign start months at random, in each district a mix of all starts and of never."""
    rng = setting.stream(f"starts of {reform}")
    starts = np.full(setting.n, NEVER)
    if reform not in STAGGERED:
        pilots = rng.permutation(setting.n)[: max(1, round(setting.n * PILOTS))]
        starts[pilots] = setting.months // 12 + rng.integers(0, max(1, setting.months // 12))
        return starts
    span = np.arange(int(setting.months * LOW), int(setting.months * HIGH))
    dates = [rng.choice(part) for part in np.array_split(span, min(MOST_STARTS, len(span)))]
    never = setting.truth.never_share
    for district in range(setting.districts):
        order = rng.permutation([*dates, NEVER])
        share = np.where(order == NEVER, never, (1 - never) / len(dates))
        at = (rng.random() + np.arange(setting.communities)) / setting.communities
        slots = order[np.minimum(np.searchsorted(np.cumsum(share), at), len(order) - 1)]
        first = district * setting.communities
        starts[first : first + setting.communities] = rng.permutation(slots)
    return starts


def _draw_multipliers(setting: Setting, reform: str) -> np.ndarray:
    spread = setting.truth.multiplier_sd
    raw = 1 + spread * np.clip(
        setting.stream(f"multipliers of {reform}").normal(size=setting.districts), -2, 2
    )
    return raw / raw.mean()


def _effects(
    setting: Setting, reform: str, starts: np.ndarray, multipliers: np.ndarray
) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Return effects, and drifts that break parallel trends, per measure."""
    truth, months = setting.truth, np.arange(setting.months)
    ever = starts < NEVER
    dates = np.unique(starts[ever])
    rank = np.searchsorted(dates, np.where(ever, starts, 0)) / max(1, len(dates) - 1)
    tilt = 1 + truth.cohort_tilt * (2 * rank - 1) * (len(dates) > 1)
    factor = (multipliers[setting.district_of] * tilt)[:, None]
    event_time = np.where(ever[:, None], months - starts[:, None], -NEVER) + truth.anticipation
    effects, drifts = {}, {}
    for measure in (*known.MEASURES, CAPITAL):
        profile = np.array(truth.designed(reform, measure))
        effects[measure] = extend(profile, event_time) * factor
        drifts[measure] = ever[:, None] * truth.trend * profile[-1] * months
    return effects, drifts


def _spillover(setting: Setting, ground: Ground, starts: np.ndarray, multipliers: np.ndarray) -> np.ndarray:
    """Return what treated neighbours of the same street add to a community not yet treated."""
    treated = (np.arange(setting.months) >= starts[:, None]).astype(float)
    n_streets = len(ground.street_ids)
    of_street = np.zeros((n_streets, setting.months))
    np.add.at(of_street, ground.street_of, treated)
    others = np.bincount(ground.street_of, minlength=n_streets)[ground.street_of][:, None] - 1
    share = (of_street[ground.street_of] - treated) / np.maximum(others, 1)
    return setting.truth.spillover * multipliers[setting.district_of][:, None] * share * (1 - treated)


def _untreated(setting: Setting, measure: str) -> np.ndarray:
    """Draw a measure's means without any reform: levels, shocks of the month, shocks of the community."""
    rng, m = setting.stream(f"level of {measure}"), known.MEASURES[measure]
    level = rng.normal(m.mean, m.district_sd, setting.districts)[setting.district_of]
    level = np.clip(level + rng.normal(0, m.community_sd, setting.n), m.least, m.most)
    return level[:, None] + rng.normal(0, m.month_sd, setting.months) + _shocks(rng, m.shock_sd, setting)


def _shocks(rng: np.random.Generator, sd: float, setting: Setting) -> np.ndarray:
    """Draw stationary AR(1) shocks, community x month."""
    rho = known.SHOCK_PERSISTENCE
    fresh = rng.normal(0, sd, (setting.n, setting.months))
    shocks = fresh.copy()
    for month in range(1, setting.months):
        shocks[:, month] = rho * shocks[:, month - 1] + np.sqrt(1 - rho**2) * fresh[:, month]
    return shocks


def _check_bounds(measure: str, mean: np.ndarray) -> None:
    low, high = known.MEASURES[measure].bounds
    if mean.min() < low or mean.max() > high:
        raise AnalysisError(
            f"Under this truth {measure} leaves the range that it can take.",
            where="truth",
            value=f"{mean.min():.3g} to {mean.max():.3g}",
            expected=f"{low:g} to {high:g} {known.MEASURES[measure].unit}",
            mend="Make the effects, the trend or the district multipliers smaller.",
        )
