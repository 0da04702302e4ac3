"""Random logs and people to test with."""

from __future__ import annotations

import numpy as np
import pandas as pd

LEVELS = pd.DataFrame(
    {
        "community_id": ["C0", "C1", "C2", "C3"],
        "street_id": ["S0", "S0", "S1", None],
        "district_id": ["D0", "D0", "D0", "D1"],
    }
)


def random_log(seed, rows, persons, months=3, kinds=("help", "goods"), gatherings=("activity", "forum")):
    rng = np.random.default_rng(seed)
    dyadic = rng.random(rows) < 0.6
    kind = np.where(dyadic, rng.choice([*kinds, "forum"], rows), rng.choice(gatherings, rows))
    days = rng.integers(0, 28, rows) + 31 * rng.integers(0, months, rows)
    name = np.array([f"p{i}" for i in range(persons)])
    return pd.DataFrame(
        {
            "time": pd.Timestamp("2021-01-01") + pd.to_timedelta(days, "D"),
            "community_id": rng.choice(["C0", "C1", "C2", "C3"], rows, p=[0.4, 0.3, 0.2, 0.1]),
            "kind": kind,
            "source_id": name[rng.integers(0, persons, rows)],
            "target_id": pd.Series(name[rng.integers(0, persons, rows)]).where(dyadic),
            "gathering_id": pd.Series(rng.choice(["g0", "g1", "g2", "g3"], rows)).where(~dyadic),
            "status": pd.Series(
                rng.choice(["done", "cancelled", "requested", ""], rows, p=[0.7, 0.1, 0.1, 0.1])
            ).replace("", None),
        }
    )


def random_people(seed, persons, extra=3):
    rng = np.random.default_rng(seed)
    known = rng.permutation(persons)[: max(persons - 2, 0)]
    ids = [f"p{i}" for i in known] + [f"q{i}" for i in range(extra)]
    n = len(ids)
    joined = pd.Timestamp("2020-12-01") + pd.to_timedelta(rng.integers(0, 150, n), "D")
    return pd.DataFrame(
        {
            "person_id": pd.Series(ids, dtype="str"),
            "community_id": rng.choice(["C0", "C1", "C2", "C3"], n),
            "residency": pd.Series(rng.choice(["registered", "non_registered", ""], n)).replace("", None),
            "role": rng.choice(["resident", "volunteer", "cadre"], n),
            "age_band": pd.Series(rng.choice(["18-44", "60-74", "75+", ""], n)).replace("", None),
            "income_band": pd.Series(rng.choice(["low", "high", "middle"], n)).replace("middle", None),
            "joined": pd.Series(joined).where(rng.random(n) < 0.8),
        }
    )
