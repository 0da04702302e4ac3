"""Duties laid on communities, and needs and resources listed there."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.simulate import calibration as known
from analysis.simulate.frames import frame, numbered, pick, shares
from analysis.simulate.ground import Ground
from analysis.simulate.latent import Latent
from analysis.simulate.setting import Setting
from analysis.tables.values import DUTY_LISTS

SHARES = {name: share for name, (share, _, _) in known.DUTY_LISTS.items()}
CUT = np.array([cut for _, cut, _ in known.DUTY_LISTS.values()])
HOURS = np.array([hours for _, _, hours in known.DUTY_LISTS.values()])
LISTS = np.array([DUTY_LISTS.index(name) for name in known.DUTY_LISTS])
STATUTORY = list(known.DUTY_LISTS).index("statutory")


def duties(setting: Setting, ground: Ground, latent: Latent) -> pd.DataFrame:
    """Return the `duties` table: a stock, new ones, most cut by the reform, some of these added back."""
    rng = setting.stream("duties")
    starts, seen = latent.starts["burden_reduction"], latent.logged("burden_reduction").any(axis=1)
    reformed = np.where(seen, setting.month_starts[np.minimum(starts, setting.months)], np.inf)
    community, start, kind = _laid_on(rng, setting, latent)
    on_list, agreement, funded = _admission(rng, kind, start >= reformed[community])
    end = _ends(rng, start, kind, on_list, reformed[community])
    back = np.flatnonzero((end < setting.days) & (start < reformed[community]) & (end >= reformed[community]))
    back = back[rng.random(len(back)) < known.ADDED_BACK]
    again = end[back] + 30 + rng.integers(60, 360, len(back))
    back, again = back[again < setting.days], again[again < setting.days]
    n = len(community) + len(back)
    community, kind = np.concatenate([community, community[back]]), np.concatenate([kind, kind[back]])
    start, end = np.concatenate([start, again]), np.concatenate([end, np.full(len(back), np.nan)])
    fresh = _admission(rng, kind[-len(back) :] if len(back) else kind[:0], np.ones(len(back), bool))
    flags = [np.concatenate(pair) for pair in zip((on_list, agreement, funded), fresh, strict=True)]
    hours = np.maximum(np.rint(HOURS[kind] * np.exp(rng.normal(-0.125, 0.5, n)) * 4) / 4, 0.25)
    department = rng.integers(0, len(known.DEPARTMENTS), n)
    order = np.lexsort((start, community))
    return frame(
        "duties",
        duty_id=numbered("U", n, 4),
        community_id=pick(ground.community_ids, community[order]),
        list=pick(DUTY_LISTS, LISTS[kind[order]]),
        department=pick(known.DEPARTMENTS, department[order]),
        start=setting.dates(start[order]),
        end=setting.dates(np.where(end < setting.days, end, np.nan)[order]),
        hours_per_month=hours[order],
        on_list=flags[0][order],
        agreement=flags[1][order],
        funded=flags[2][order],
    )


def _laid_on(
    rng: np.random.Generator, setting: Setting, latent: Latent
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Draw community, first day and list: a stock from the five years before, then new ones each month."""
    stock = np.repeat(np.arange(setting.n), rng.poisson(known.DUTIES, setting.n))
    before, after = known.NEW_DUTIES
    count = rng.poisson(np.where(latent.logged("burden_reduction"), after, before))
    community, month = (np.repeat(x.ravel(), count.ravel()) for x in np.indices(count.shape))
    low, high = setting.month_starts[month], setting.month_starts[month + 1]
    start = np.concatenate([-rng.integers(30, 1800, len(stock)), rng.integers(low, high)])
    community = np.concatenate([stock, community])
    return community, start.astype(float), shares(rng, SHARES, len(community))


def _admission(
    rng: np.random.Generator, kind: np.ndarray, after: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Draw the three flags: on the list, or else with agreement and money, more so after the reform."""
    n, after = len(kind), after.astype(int)
    on_list = (kind == STATUTORY) | (rng.random(n) < np.array(known.ON_LIST)[after])
    admitted = ~on_list & (rng.random(n) < np.array(known.ADMITTED_OFF_LIST)[after])
    one_only = rng.random(n)
    return on_list, admitted | (one_only < 0.15), admitted | (one_only > 0.92)


def _ends(
    rng: np.random.Generator, start: np.ndarray, kind: np.ndarray, on_list: np.ndarray, reformed: np.ndarray
) -> np.ndarray:
    """Draw last days: some duties lapse by themselves, the reform cuts most, those off the list first."""
    n = len(start)
    lapse = np.floor(np.maximum(start, 0) + rng.exponential(5000, n))
    cut = np.clip(CUT[kind] * np.where(on_list, 0.92, 1.1), 0, 1)
    cut = (rng.random(n) < cut) & (start < reformed)
    delay = np.where(np.isfinite(reformed), reformed, 0) + np.minimum(np.floor(rng.exponential(30, n)), 120)
    return np.where(cut, np.minimum(lapse, np.where(np.isfinite(reformed), delay, np.inf)), lapse)
