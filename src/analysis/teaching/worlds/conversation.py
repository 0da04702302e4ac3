"""A conversation about lifts for old buildings, with two camps whose agreement is known."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.simulate import City

TALK, OPENED = "LIFTS", pd.Timestamp("2023-06-01 09:00")
STATEMENTS = {  # kind: for each statement, who agrees in the first and in the second camp
    "first camp's own": [(0.97, 0.30), (0.93, 0.12), (0.90, 0.20), (0.86, 0.08), (0.82, 0.15)],
    "second camp's own": [(0.22, 0.95), (0.10, 0.90), (0.30, 0.93), (0.15, 0.84)],
    "uniting": [(0.77, 0.77), (0.70, 0.68), (0.66, 0.66), (0.63, 0.66), (0.60, 0.55)],
    "of no interest": [(0.35, 0.32), (0.28, 0.30), (0.42, 0.38), (0.50, 0.45)],
}
SECOND_CAMP = {"registered": 0.18, "non_registered": 0.78}  # chance of leaning to it
COMES = {"registered": 0.20, "non_registered": 0.10}  # chance that a user takes part
VOTED_ON, PASSED = 0.8, 0.3


def change(city: City, *, seed: int) -> City:
    """Return the city with one consultation more, the statements made in it and the votes cast on them."""
    rng = np.random.default_rng([seed, 4])
    frames, places = dict(city.frames), city.frames["places"].set_index("place_id")
    home = places.index[places["kind"] == "community"][0]
    kinds = np.repeat(list(STATEMENTS), [len(rows) for rows in STATEMENTS.values()])
    chances = np.concatenate([np.array(rows) for rows in STATEMENTS.values()])
    ids = [f"T{number + 1:02d}" for number in rng.permutation(len(kinds))]  # the number tells nothing
    frames["votes"], second_of_voters = _vote(rng, frames["people"], ids, chances)
    frames["options"] = pd.DataFrame(
        {"option_id": sorted(ids), "matter_id": TALK, "kind": "statement", "place_id": home,
         "category": "lifts", "opened": OPENED, "admitted": True}
    )  # fmt: skip
    matter = pd.DataFrame(
        {"matter_id": [TALK], "process": "consultation", "community_id": home, "category": "lifts",
         "origin": "citizen", "level": "community"}
    )  # fmt: skip
    step = pd.DataFrame({"matter_id": [TALK], "step": "raised", "time": OPENED, "level": "community"})
    for table, rows in (("matters", matter), ("steps", step)):
        rows = rows.reindex(columns=frames[table].columns).astype(frames[table].dtypes.to_dict())
        frames[table] = pd.concat([frames[table], rows], ignore_index=True)
    away = float(places.loc["CITY", "share_nonregistered"])
    second = (1 - away) * SECOND_CAMP["registered"] + away * SECOND_CAMP["non_registered"]
    statements = pd.DataFrame({"option_id": ids, "kind": kinds})
    statements["first_camp"], statements["second_camp"] = chances.T
    statements["all_residents"] = chances @ np.array([1 - second, second])
    conversation = {
        "second_camp_of_residents": second,
        "second_camp_of_voters": second_of_voters,
        "statements": statements.sort_values("option_id").to_dict("records"),
    }
    return City(frames, city.truth | {"conversation": conversation})


def _vote(
    rng: np.random.Generator, people: pd.DataFrame, ids: list[str], chances: np.ndarray
) -> tuple[pd.DataFrame, float]:
    """Draw who comes, their camps and votes; return the votes and the share of the second camp."""
    comes = rng.random(len(people)) < people["residency"].map(COMES).to_numpy(float)
    voters = people[comes]
    camp = (rng.random(len(voters)) < voters["residency"].map(SECOND_CAMP).to_numpy(float)).astype(int)
    person, option = (index.ravel() for index in np.indices((len(voters), len(ids))))
    cast = rng.random(len(person)) < VOTED_ON
    person, option = person[cast], option[cast]
    draw, agree = rng.random(len(person)), chances[option, camp[person]]
    minutes = rng.integers(0, 20 * 1440, len(person))
    votes = pd.DataFrame(
        {"option_id": np.array(ids)[option], "person_id": voters["person_id"].to_numpy()[person],
         "vote": np.where(draw < agree, 1.0, np.where(draw < agree + (1 - agree) * PASSED, 0.0, -1.0)),
         "time": OPENED + pd.to_timedelta(minutes, unit="min"), "channel": "online"}
    )  # fmt: skip
    return votes, float(camp.mean())
