"""Outcomes as a survey, a hotline and the police would report them: the hidden mean plus sampling noise."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from analysis.simulate import calibration as known
from analysis.simulate.frames import frame, pick
from analysis.simulate.ground import Ground
from analysis.simulate.latent import NEVER, Latent
from analysis.simulate.setting import Setting
from analysis.simulate.truth import REFORMS

DECIMALS = {"satisfaction": 2, "trust": 2, "response_days": 2, "participation": 4, "incidents": 3}


def outcomes(setting: Setting, ground: Ground, latent: Latent) -> pd.DataFrame:
    """Return the `outcomes` table: every measure, community and month, then every district and month.

    satisfaction, trust : mean of n respondents' points. participation : share of the same respondents.
    response_days : mean of n cases, gamma. incidents : Poisson count per 1,000 residents, n residents.
    A district's value is the mean of all its respondents, cases or residents. std_error: the spread of
    answers divided by the root of n; of shares and counts the binomial and Poisson one. Another truth moves
    the means under the same chances.
    """
    values, sizes = _measure(setting, ground, latent)
    errors = _errors(values, sizes)
    parts = []
    for measure, value in values.items():
        n = sizes[measure]
        n_district, total, squares = (np.zeros((setting.districts, setting.months)) for _ in range(3))
        np.add.at(n_district, setting.district_of, n)
        np.add.at(total, setting.district_of, n * value)
        np.add.at(squares, setting.district_of, (n * errors[measure]) ** 2)
        ids = ground.community_ids + ground.district_ids
        stacked = np.vstack([value, total / n_district]).round(DECIMALS[measure])
        spread = np.vstack([errors[measure], np.sqrt(squares) / n_district]).round(DECIMALS[measure] + 2)
        rows = stacked.size
        parts.append(
            frame(
                "outcomes",
                place_id=pick(ids, np.repeat(np.arange(len(ids)), setting.months)),
                period=pick(setting.periods, np.tile(np.arange(setting.months), len(ids))),
                measure=pick([measure], np.zeros(rows, int)),
                value=stacked.ravel(),
                n=np.vstack([n, n_district]).astype(np.int64).ravel(),
                std_error=spread.ravel(),
            )
        )
    return pd.concat(parts, ignore_index=True)


def reforms(setting: Setting, ground: Ground, latent: Latent) -> pd.DataFrame:
    """Return the `reforms` table: one row per community that a reform reaches."""
    place, reform, start = [], [], []
    for name in REFORMS:
        reached = np.flatnonzero(latent.starts[name] < NEVER)
        place += [ground.community_ids[c] for c in reached]
        reform += [name] * len(reached)
        start.append(setting.month_starts[latent.starts[name][reached]])
    return frame("reforms", place_id=place, reform=reform, start=setting.dates(np.concatenate(start)))


def _measure(
    setting: Setting, ground: Ground, latent: Latent
) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    shape = (setting.n, setting.months)
    respondents = _counts(setting, "respondents", *known.RESPONDENTS)
    cases = _counts(setting, "cases", *known.CASES)
    residents = np.broadcast_to(ground.residents[:, None], shape)
    means, values = latent.means, {}
    for measure in ("satisfaction", "trust"):
        noise = setting.stream(f"survey of {measure}").normal(0, known.ANSWER_SD, shape)
        values[measure] = np.clip(means[measure] + noise / np.sqrt(respondents), 0, 100)
    rng, total_shape = setting.stream("survey of response_days"), cases * known.CASE_SHAPE
    values["response_days"] = means["response_days"] * rng.gamma(total_shape) / total_shape
    chance = setting.stream("survey of participation").random(shape)
    values["participation"] = _binomial(chance, respondents, means["participation"]) / respondents
    chance = setting.stream("count of incidents").random(shape)
    values["incidents"] = _poisson(chance, means["incidents"] * residents / 1000) / residents * 1000
    n = dict.fromkeys(values, respondents) | {"response_days": cases, "incidents": residents}
    return values, n


def _errors(values: dict[str, np.ndarray], sizes: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return the standard error of each value, as whoever measured it would state it.

    A share or count of nobody is not certain: two more of either answer (Agresti and Coull 1998), one more
    incident.
    """
    root = {measure: np.sqrt(n) for measure, n in sizes.items()}
    n = sizes["participation"]
    share = (values["participation"] * n + 2) / (n + 4)
    return {
        "satisfaction": known.ANSWER_SD / root["satisfaction"],
        "trust": known.ANSWER_SD / root["trust"],
        "response_days": values["response_days"] / np.sqrt(known.CASE_SHAPE) / root["response_days"],
        "participation": np.sqrt(share * (1 - share)) / root["participation"],
        "incidents": 1000 * np.sqrt(values["incidents"] / 1000 * sizes["incidents"] + 1) / sizes["incidents"],
    }


def _counts(setting: Setting, name: str, mean: float, spread: float, least: int) -> np.ndarray:
    """Draw how many answered: Poisson around a level of each community."""
    rng = setting.stream(name)
    level = mean * np.exp(rng.normal(0, spread, setting.n))
    return np.maximum(rng.poisson(level[:, None], (setting.n, setting.months)), least)


def _poisson(chance: np.ndarray, mean: np.ndarray) -> np.ndarray:
    """Return the Poisson quantile of each chance."""
    most = int(mean.max() + 12 * np.sqrt(mean.max()) + 20)
    return _climb(chance, np.exp(-mean), lambda k: mean / (k + 1), most)


def _binomial(chance: np.ndarray, n: np.ndarray, share: np.ndarray) -> np.ndarray:
    """Return the binomial quantile of each chance."""
    odds = share / (1 - share)
    count = _climb(chance, (1 - share) ** n, lambda k: odds * (n - k) / (k + 1), int(n.max()))
    return np.minimum(count, n)


def _climb(
    chance: np.ndarray, at_zero: np.ndarray, ratio: Callable[[int], np.ndarray], most: int
) -> np.ndarray:
    """Count upwards from 0 until the probability of at most that many reaches `chance`."""
    count, probability, total = np.zeros(chance.shape), at_zero.copy(), at_zero.copy()
    for k in range(most):
        below = total < chance
        if not below.any():
            break
        count += below
        probability = probability * ratio(k)
        total += probability
    return count
