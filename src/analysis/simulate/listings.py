"""Needs and resources, and which of them find each other."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.simulate import calibration as known
from analysis.simulate.frames import frame, numbered, pick, shares
from analysis.simulate.ground import Ground
from analysis.simulate.matters import Actors
from analysis.simulate.setting import Setting
from analysis.tables.values import SIDES

PATIENCE = 150  # days between need and resource beyond which nobody is still waiting
ROUNDS = 3
CATEGORIES = tuple(known.LISTING_CATEGORIES)


def listings(setting: Setting, ground: Ground, actors: Actors) -> pd.DataFrame:
    """Return the `listings` table: in a community, a need may meet a resource of its kind."""
    rng = setting.stream("listings")
    rate = np.array([known.LISTINGS_PER_MONTH[side] for side in SIDES])
    count = rng.poisson(np.broadcast_to(rate[:, None, None], (len(SIDES), setting.n, setting.months)))
    side, community, month = (np.repeat(x.ravel(), count.ravel()) for x in np.indices(count.shape))
    n = len(side)
    opened = rng.integers(setting.month_starts[month], setting.month_starts[month + 1])
    category = np.empty(n, int)
    for code, weights in enumerate(zip(*known.LISTING_CATEGORIES.values(), strict=True)):
        mine = side == code
        category[mine] = shares(rng, dict(zip(CATEGORIES, weights, strict=True)), mine.sum())
    provider = np.where(side == SIDES.index("resource"), actors.anyone(rng, community, opened), -1)
    need, resource = _pairs(side, community * len(CATEGORIES) + category, opened)
    apart = np.abs(opened[need] - opened[resource])
    met = np.maximum(opened[need], opened[resource]) + np.floor(rng.exponential(9, len(need)))
    meets = (rng.random(len(need)) < known.MATCHED) & (apart <= PATIENCE) & (met < setting.days)
    need, resource, met = need[meets], resource[meets], met[meets]
    matched, closed = np.full(n, -1), np.full(n, np.nan)
    matched[need], matched[resource] = resource, need
    provider[need] = provider[resource]
    closed[need] = closed[resource] = met
    withdrawn = opened + 60 + np.floor(rng.exponential(90, n))
    gone = (matched < 0) & (rng.random(n) < 0.4) & (withdrawn < setting.days)
    closed = np.where(gone, withdrawn, closed)
    order = np.lexsort((side, opened, community))
    new_number = np.empty(n + 1, int)
    new_number[order], new_number[-1] = np.arange(n), -1  # -1 looks up the last entry
    ids = numbered("L", n, 4)
    return frame(
        "listings",
        listing_id=ids,
        community_id=pick(ground.community_ids, community[order]),
        side=pick(SIDES, side[order]),
        category=pick(CATEGORIES, category[order]),
        opened=setting.dates(opened[order]),
        closed=setting.dates(closed[order]),
        matched_id=pick(ids, new_number[matched[order]]),
        provider_id=pick(actors.labels, provider[order]),
    )


def _pairs(side: np.ndarray, group: np.ndarray, opened: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Pair needs and resources of a group that follow each other in time, in a few rounds."""
    left, pairs = np.lexsort((side, opened, group)), []
    for _ in range(ROUNDS):
        meets = (group[left][1:] == group[left][:-1]) & (side[left][1:] != side[left][:-1])
        at = np.arange(len(meets))
        run_start = np.maximum.accumulate(np.where(meets, -1, at)) if len(meets) else at
        first = np.flatnonzero(meets & ((at - run_start) % 2 == 1))
        pairs.append(np.column_stack([left[first], left[first + 1]]))
        left = np.delete(left, np.concatenate([first, first + 1]))
    found = np.concatenate(pairs)
    swap = side[found[:, 0]] == SIDES.index("resource")
    found[swap] = found[swap][:, ::-1]
    return found[:, 0], found[:, 1]
