"""Requests of a county before and after whistle and report began, cut off where the data end."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.simulate import City
from analysis.tables import schema

FIRST, BEGIN, END = pd.Timestamp("2019-10-01"), pd.Timestamp("2020-10-01"), pd.Timestamp("2021-03-01")
PER_MONTH = 7.0  # requests of a community
HARD = 0.35  # those that a community cannot solve alone
MEDIAN_DAYS = (9.0, 75.0)  # of a request that it can solve, that it cannot
SHAPE = 1.2  # Weibull
TIME_RATIO = 0.8  # whistle and report: waits of hard requests times this
COMMUNITY_SD = 0.5  # log days between communities
CATEGORIES = (("rubbish", "street stalls", "noise"), ("leak", "road damage", "illegal building"))


def change(city: City, *, seed: int) -> City:
    """Return the city with the requests of its communities, half of which join in the first month, by lot."""
    rng = np.random.default_rng([seed, 8])
    places = city.frames["places"]
    homes = places.loc[places["kind"] == "community", "place_id"].to_numpy(object)
    slow = rng.normal(0, COMMUNITY_SD, len(homes))
    joined = rng.permutation(np.arange(len(homes)) % 2) == 1
    span = (END - FIRST).days
    home = np.repeat(np.arange(len(homes)), rng.poisson(PER_MONTH * span / 30.4, len(homes)))
    raised = rng.random(len(home)) * span
    home, raised = home[np.argsort(raised)], np.sort(raised)
    hard = rng.random(len(home)) < HARD
    helped = hard & joined[home] & (raised >= (BEGIN - FIRST).days)
    median = (
        np.where(hard, MEDIAN_DAYS[1], MEDIAN_DAYS[0]) * np.exp(slow[home]) * np.where(helped, TIME_RATIO, 1)
    )
    wait = median * (rng.exponential(size=len(home)) / np.log(2)) ** (1 / SHAPE)
    ids = np.array([f"R{number + 1:04d}" for number in range(len(home))])
    kinds = np.array(CATEGORIES)[hard.astype(int), rng.integers(0, 3, len(home))]
    answered = raised + wait < span
    matters = pd.DataFrame(
        {"matter_id": ids, "process": "request", "community_id": homes[home], "category": kinds,
         "origin": "citizen", "level": "community"}
    )  # fmt: skip
    matters["outcome"] = pd.Series("resolved", index=matters.index).where(answered)
    days = {"raised": raised, "escalated": np.where(hard, raised + 0.02 * wait, np.nan),
            "answered": np.where(answered, raised + wait, np.nan)}  # fmt: skip
    times = {step: FIRST + pd.to_timedelta(day, unit="D").round("s") for step, day in days.items()}
    steps = pd.concat(
        [pd.DataFrame({"matter_id": ids, "step": step, "time": time}) for step, time in times.items()]
    )
    steps = steps[steps["time"].notna() & (steps["time"] < END)].sort_values(["matter_id", "time"])
    reforms = pd.DataFrame({"place_id": homes[joined], "reform": "whistle_and_report", "start": BEGIN})
    frames = {"places": places}
    for table, rows in (("matters", matters), ("steps", steps), ("reforms", reforms)):
        blank = schema.empty(table)
        frames[table] = rows.reindex(columns=blank.columns).astype(blank.dtypes.to_dict())
    truth = {
        "time_ratio": TIME_RATIO, "rate_ratio": TIME_RATIO**-SHAPE, "median_days": MEDIAN_DAYS,
        "sd_between_communities": COMMUNITY_SD,
    }  # fmt: skip
    return City(frames, city.truth | {"requests": truth})
