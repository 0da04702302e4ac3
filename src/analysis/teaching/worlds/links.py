"""Needs and resources whose log is not clean, and calls for aid that pass through three hands."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.simulate import City
from analysis.simulate.calibration import MATCHED

SILENT = 0.12  # of the matches, those that only one of the two listings names
CLAIMED = 0.10  # of the needs never met, those that name a resource which went to another need
ELSEWHERE = 0.5  # of the needs withdrawn, those met without the platform
AID, HELPED = 49, 42  # Jiangbei: online applications, people helped after referral
AID_STEPS, AID_DAYS = ("raised", "verified", "referred", "helped", "answered"), (2, 3, 6, 3)
FIRST, SPAN = pd.Timestamp("2022-01-05"), 620


def change(city: City, *, seed: int) -> City:
    """Return the city with blemishes in its listings, and with calls for aid."""
    rng = np.random.default_rng([seed, 6])
    frames = dict(city.frames)
    frames["listings"], truth = _blemish(rng, frames["listings"])
    for table, rows in zip(("matters", "steps"), _aid(rng, frames), strict=True):
        rows = rows.reindex(columns=frames[table].columns).astype(frames[table].dtypes.to_dict())
        frames[table] = pd.concat([frames[table], rows], ignore_index=True)
    return City(frames, city.truth | {"links": truth})


def _blemish(rng: np.random.Generator, listings: pd.DataFrame) -> tuple[pd.DataFrame, dict]:
    """Leave out some references and add false claims; return the listings and what is true of the needs."""
    clean = listings.set_index("listing_id")
    table, need, met = clean.copy(), clean["side"] == "need", clean["matched_id"].notna()
    elsewhere = need & ~met & clean["closed"].notna() & (rng.random(len(clean)) < ELSEWHERE)
    pairs = clean.index[need & met]
    named = np.where(rng.random(len(pairs)) < 0.5, pairs, clean.loc[pairs, "matched_id"])
    table.loc[named[rng.random(len(pairs)) < SILENT], "matched_id"] = None
    taken, claims = clean[~need & met], 0
    for listing_id, row in clean[need & ~met & (rng.random(len(clean)) < CLAIMED)].iterrows():
        alike = (taken["community_id"] == row["community_id"]) & (taken["category"] == row["category"])
        alike = taken[alike & (taken["closed"] > row["opened"])]
        if len(alike):
            claimed = alike.iloc[rng.integers(len(alike))]
            table.loc[listing_id, "matched_id"], table.loc[listing_id, "closed"] = (
                claimed.name,
                claimed["closed"],
            )
            elsewhere[listing_id], claims = False, claims + 1
    truth = {
        "needs": int(need.sum()), "met_on_platform": int((need & met).sum()),
        "met_elsewhere": int(elsewhere.sum()),
        "false_claims": claims, "chance_of_acceptance": MATCHED, "change_over_time": 0.0,
    }  # fmt: skip
    return table.reset_index()[list(listings.columns)], truth


def _aid(rng: np.random.Generator, frames: dict[str, pd.DataFrame]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Draw the calls for aid: a resident asks, a worker checks, the committee refers, someone helps."""
    people, organisations = frames["people"], frames["organisations"]
    homes = frames["places"].query("kind == 'community'")["place_id"].to_numpy(object)
    matters, steps = [], []
    for number in range(AID):
        home, matter = homes[rng.integers(len(homes))], f"AID{number + 1:02d}"
        at_home = people[people["community_id"] == home].groupby("role")["person_id"].agg(list)
        near = organisations[organisations["community_id"] == home].groupby("kind")["org_id"].agg(list)
        committee = near["residents_committee"][0]
        worker, asks = rng.choice(at_home["social_worker"]), rng.choice(at_home["resident"])
        helper = rng.choice(near.get("social_organisation", [committee]))
        days = rng.integers(SPAN) + np.cumsum([0, *rng.gamma(2.0, AID_DAYS)])
        matters.append((matter, "aid", home, "resolved" if number < HELPED else "unresolved"))
        steps += [
            (matter, step, FIRST + pd.to_timedelta(round(day * 24), unit="h"), actor)
            for step, day, actor in zip(
                AID_STEPS, days, (asks, worker, committee, helper, worker), strict=True
            )
            if number < HELPED or step not in AID_STEPS[3:]
        ]
    return (
        pd.DataFrame(matters, columns=["matter_id", "process", "community_id", "outcome"]),
        pd.DataFrame(steps, columns=["matter_id", "step", "time", "actor_id"]),
    )
