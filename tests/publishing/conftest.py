"""A study that is small enough to make a replication package of in seconds."""

import numpy as np
import pandas as pd
import pytest


def write_study(folder, *, reforms=True, outcomes=True, seed=3):
    """Write a study of two districts with four communities each, eight months, two outcomes, one reform."""
    folder.mkdir(parents=True)
    rng = np.random.default_rng(seed)
    (folder / "study.toml").write_text(
        '[study]\nname = "Tiny"\nname_zh = "小研究"\nperiod = "month"\n', encoding="utf-8"
    )
    places = [("D1", "district", "", "East", "东区"), ("D2", "district", "", "West", "西区")]
    communities = [
        (f"SECRET-{d}-{k}", "community", d, f"Lane {d}{k}", f"{d}{k}巷")
        for d in ("D1", "D2")
        for k in range(5)
    ]
    columns = ["place_id", "kind", "parent_id", "name", "name_zh"]
    pd.DataFrame(places + communities, columns=columns).to_csv(folder / "places.csv", index=False)
    names = [place[0] for place in communities]
    if outcomes:
        rows = [
            (name, f"2021-{month:02}", measure, round(60 + rng.normal() + 3 * (k < 5 and month > 4), 3), n)
            for k, name in enumerate(names) for month in range(1, 9)
            for measure, n in (("satisfaction", 40 if (k, month) != (2, 3) else 3), ("trust", 40))
        ]  # fmt: skip
        columns = ["place_id", "period", "measure", "value", "n"]
        pd.DataFrame(rows, columns=columns).to_csv(folder / "outcomes.csv", index=False)
    if reforms:
        rows = [(name, "consultation", "2021-05-01") for name in names[:5]]
        pd.DataFrame(rows, columns=["place_id", "reform", "start"]).to_csv(
            folder / "reforms.csv", index=False
        )
    return folder


@pytest.fixture(scope="session", name="write_study")
def _write_study():
    return write_study


@pytest.fixture(scope="session")
def tiny(tmp_path_factory):
    return write_study(tmp_path_factory.mktemp("publishing") / "tiny")
