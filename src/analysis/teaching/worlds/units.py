"""Neighbourhood units with few answers each: surveys, visits and training, both without any effect."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.simulate import City
from analysis.tables import schema

MEAN, COMMUNITY_SD, UNIT_SD, ANSWER_SD = 68.0, 4.0, 2.0, 18.0
ANSWERS = (14.0, 0.9, 3)  # of a unit: median, log spread, least
SURVEYS = ("2022-06", "2023-06")
VISITED = 30


def change(city: City, *, seed: int) -> City:
    """Return the city with surveys of its units, the lowest of which are visited, and training by lot."""
    rng = np.random.default_rng([seed, 5])
    places = city.frames["places"]
    units = places[places["kind"] == "unit"].reset_index(drop=True)
    community, ids = pd.factorize(units["parent_id"])
    true = MEAN + rng.normal(0, COMMUNITY_SD, len(ids))[community] + rng.normal(0, UNIT_SD, len(units))
    median, spread, least = ANSWERS
    level = median * np.exp(rng.normal(0, spread, len(units)))
    surveys = []
    for month in SURVEYS:
        n = np.maximum(rng.poisson(level), least)
        value = np.clip(true + rng.normal(0, ANSWER_SD, len(units)) / np.sqrt(n), 0, 100).round(2)
        surveys.append(
            pd.DataFrame({"place_id": units["place_id"], "period": month, "measure": "satisfaction",
                          "value": value, "n": n})
        )  # fmt: skip
    first = surveys[0]
    trained = ids[rng.permutation(np.arange(len(ids)) % 2) == 1]
    visited = first.nsmallest(VISITED, "value")["place_id"]
    reforms = [("training", trained, "2022-01-01"), ("visits", visited, "2022-09-01")]
    frames = {
        "places": places,
        "outcomes": _typed("outcomes", pd.concat(surveys, ignore_index=True)),
        "reforms": _typed("reforms", pd.concat([
            pd.DataFrame({"place_id": list(where), "reform": reform, "start": pd.Timestamp(start)})
            for reform, where, start in reforms
        ], ignore_index=True)),
    }  # fmt: skip
    drawn = {
        "sd_between_communities": COMMUNITY_SD, "sd_within_communities": UNIT_SD, "sd_of_answers": ANSWER_SD,
        "effect_of_visits": 0.0, "effect_of_training": 0.0, "effect_of_size": 0.0,
        "community": units["parent_id"].tolist(), "true": true.round(3).tolist(),
        "observed": first["value"].tolist(), "n": first["n"].tolist(),
    }  # fmt: skip
    return City(frames, city.truth | {"units": drawn})


def _typed(table: str, rows: pd.DataFrame) -> pd.DataFrame:
    blank = schema.empty(table)
    return rows.reindex(columns=blank.columns).astype(blank.dtypes.to_dict())
