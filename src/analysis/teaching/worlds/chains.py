"""Joint matters of three chains of organisations: two fill their seats at random, the third has circles."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.simulate import City
from analysis.tables import schema

CHAINS = {
    "development": {"business": 24, "party_branch": 10},
    "service": {"property_company": 12, "social_organisation": 12, "owners_committee": 8},
    "interest": {"association": 36},
}
PREFIX = {"business": "B", "party_branch": "P", "property_company": "F", "social_organisation": "S",
          "owners_committee": "O", "association": "A"}  # fmt: skip
WORKERS = 8  # social workers of the service stations, in the service chain
COMMITTEES = 12  # residents' committees, now and then in the matters of every chain
MATTERS, SEATS = 30, (3, 7)  # of a chain; least and most + 1 without the committee
ASSEMBLY = 0.7  # share of a chain that comes to its one assembly
SITS = 0.5  # chance that a committee sits in a matter
CIRCLES, LOYAL = 4, 0.9  # of the interest chain: circles, and weight of their own members in a seat


def change(city: City, *, seed: int) -> City:
    """Return a study of one street's chains; of the city only places and people are left."""
    rng = np.random.default_rng([seed, 9])
    places, people = city.frames["places"], city.frames["people"]
    home = places.loc[places["kind"] == "community", "place_id"].to_numpy(object)
    workers = people.loc[people["role"] == "social_worker", "person_id"].to_numpy(object)
    committees = [f"RC{number + 1:02d}" for number in range(COMMITTEES)]
    organisations = [(org, "residents_committee", home[k % len(home)]) for k, org in enumerate(committees)]
    matters, steps = [], []
    for chain, kinds in CHAINS.items():
        members = [(f"{PREFIX[kind]}{k + 1:02d}", kind) for kind, n in kinds.items() for k in range(n)]
        organisations += [(org, kind, home[rng.integers(len(home))]) for org, kind in members]
        names = [org for org, _ in members] + (list(workers[:WORKERS]) if chain == "service" else [])
        for number, seats in enumerate(_seats(rng, np.array(names, object), chain == "interest")):
            matter = f"{chain[:3].upper()}-{'ASSEMBLY' if number == 0 else f'{number:02d}'}"
            if rng.random() < SITS:
                seats = [*seats, committees[rng.integers(COMMITTEES)]]
            day = pd.Timestamp("2022-01-10 14:00") + pd.Timedelta(days=int(rng.integers(0, 700)))
            matters.append((matter, "contract", home[rng.integers(len(home))], chain))
            steps += [(matter, "signed", day, actor) for actor in seats]
    rows = {
        "places": places, "people": people,
        "organisations": pd.DataFrame(organisations, columns=["org_id", "kind", "community_id"]),
        "matters": pd.DataFrame(matters, columns=["matter_id", "process", "community_id", "category"]),
        "steps": pd.DataFrame(steps, columns=["matter_id", "step", "time", "actor_id"]),
    }  # fmt: skip
    frames = {}
    for table, frame in rows.items():
        blank = schema.empty(table)
        frames[table] = frame.reindex(columns=blank.columns).astype(blank.dtypes.to_dict())
    truth = {"circles": {"development": 0, "service": 0, "interest": CIRCLES}, "loyalty": LOYAL}
    return City(frames, city.truth | {"chains": truth})


def _seats(rng: np.random.Generator, names: np.ndarray, circles: bool) -> list[list[str]]:
    """Draw who sits in the assembly, and then in each joint matter, the active ones more often."""
    active = rng.gamma(3.0, size=len(names)) + 0.5
    circle = rng.permutation(np.arange(len(names)) % CIRCLES)
    drawn = [list(names[rng.random(len(names)) < ASSEMBLY])]
    for number in range(MATTERS):
        weight = active
        if circles:
            weight = active * np.where(circle == number % CIRCLES, LOYAL, (1 - LOYAL) / (CIRCLES - 1))
        drawn.append(list(rng.choice(names, rng.integers(*SEATS), replace=False, p=weight / weight.sum())))
    return drawn
