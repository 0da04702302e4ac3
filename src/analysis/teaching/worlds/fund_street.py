"""A street with a fund and new cameras, and six streets without; incidents drift, cameras change nothing."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.simulate import City
from analysis.tables import schema

FIRST, MONTHS = "2013-01", 60
STREETS = [f"S{number}" for number in range(1, 8)]  # the first has the fund
LEVEL, DRIFT_SD, PERSISTENCE = 11.0, 2.6, 0.7  # incidents a month
CANDIDATES = range(27, 36)  # the cameras come in 2015, from April on: after the worst half-year
HOUSEHOLDS, PER_HOUSEHOLD = 199, 2.62
ORGANISATIONS = {
    "OC": "owners_committee", "RC": "residents_committee", "CO": "council", "PC": "property_company",
    "PS": "department",
}  # fmt: skip
STEPS = {  # who, and months before the cameras work
    "CAMERAS": [("proposed", "OC", 5), ("decided", "CO", 4), ("budgeted", "RC", 4), ("published", "RC", 3),
                ("spent", "PC", 0), ("reviewed", "PS", -1)],
    "RAMPS": [("proposed", "RC", -10), ("decided", "CO", -12), ("budgeted", "RC", -12)],
}  # fmt: skip
BUDGET = {"CAMERAS": 350_000.0, "RAMPS": 60_000.0}
LEDGER = [  # project, side, yuan, months before the cameras work, days to publication
    ("CAMERAS", "income", 400_000, 8, 12), ("CAMERAS", "income", 250_000, 7, 20),
    ("CAMERAS", "income", 200_000, 6, 45), ("CAMERAS", "income", 150_000, 6, 25),
    ("CAMERAS", "spending", 105_000, 3, 15), ("CAMERAS", "spending", 175_000, 1, 28),
    ("CAMERAS", "spending", 70_000, 0, 62), ("RAMPS", "spending", 30_000, -13, None),
]  # fmt: skip


def change(city: City, *, seed: int) -> City:
    """Return a study of the seven streets; nothing is left of the city but its seed."""
    rng = np.random.default_rng([seed, 7])
    months = pd.period_range(FIRST, periods=MONTHS, freq="M")
    incidents, start = _draw(rng)
    matters = [
        (name, "fund", STREETS[0], None if name == "RAMPS" else "adopted", BUDGET[name]) for name in STEPS
    ]
    steps = [
        (name, step, (months[start] - before).to_timestamp() + pd.Timedelta("9 days 10:00:00"), org)
        for name, taken in STEPS.items()
        for step, org, before in taken
    ]
    households = np.array([HOUSEHOLDS, *rng.integers(170, 260, len(STREETS) - 1)])
    people = np.rint(households * PER_HOUSEHOLD).astype(int)
    rows = {
        "places": pd.DataFrame({
            "place_id": ["D1", *STREETS], "kind": ["district", *["community"] * len(STREETS)],
            "parent_id": [None, *["D1"] * len(STREETS)], "households": [households.sum(), *households],
            "population": [people.sum(), *people],
        }),
        "organisations": pd.DataFrame({
            "org_id": list(ORGANISATIONS), "kind": list(ORGANISATIONS.values()), "community_id": STREETS[0],
        }),
        "matters": pd.DataFrame(
            matters, columns=["matter_id", "process", "community_id", "outcome", "amount"]
        ),
        "steps": pd.DataFrame(steps, columns=["matter_id", "step", "time", "actor_id"]),
        "ledger": _ledger(months[start]),
        "outcomes": pd.DataFrame({
            "place_id": np.repeat(STREETS, MONTHS), "period": np.tile(months.astype(str), len(STREETS)),
            "measure": "incidents", "value": incidents.ravel(), "n": np.repeat(people, MONTHS),
        }),
    }  # fmt: skip
    truth = {
        "start": str(months[start]),
        "effect": 0.0,
        "mean": LEVEL,
        "persistence": PERSISTENCE,
        "sd": DRIFT_SD,
    }
    frames = {}
    for table, frame in rows.items():
        blank = schema.empty(table)
        frames[table] = frame.reindex(columns=blank.columns).astype(blank.dtypes.to_dict())
    return City(frames, {"seed": seed, "fund": truth})


def _draw(rng: np.random.Generator) -> tuple[np.ndarray, int]:
    """Return incidents, street x month, and the month of the cameras."""
    drift = rng.normal(0, DRIFT_SD, (len(STREETS), MONTHS))
    for month in range(1, MONTHS):
        drift[:, month] = PERSISTENCE * drift[:, month - 1] + np.sqrt(1 - PERSISTENCE**2) * drift[:, month]
    before = [drift[0, month - 6 : month].mean() for month in CANDIDATES]
    return np.maximum(np.rint(LEVEL + drift), 0), CANDIDATES[int(np.argmax(before))]


def _ledger(start: pd.Period) -> pd.DataFrame:
    rows = []
    for number, (project, side, amount, before, lag) in enumerate(LEDGER):
        booked = (start - before).to_timestamp() + pd.Timedelta(days=4 + number)
        public = pd.NaT if lag is None else booked + pd.Timedelta(days=lag)
        org = "PC" if side == "spending" else None
        rows.append((f"E{number + 1}", project, side, float(amount), booked, public, org))
    names = ["entry_id", "matter_id", "side", "amount", "booked", "published", "org_id"]
    return pd.DataFrame(rows, columns=names)
