"""A study with every fault a log can have, in every kind of file."""

from __future__ import annotations

import numpy as np
import pandas as pd

TOML = """[study]
name = "Dirt"
from = "2021-01"
until = "2021-12"
max_set_aside = 0.6
[tables.interactions]
path = "log{suffix}"
columns = {{ time = "when", source_id = "sender" }}
values = {{ kind = {{ "互助" = "help" }} }}
"""


def a_log(rows=600, seed=1):
    """Return acts with every fault a row can have, in no order of time."""
    rng = np.random.default_rng(seed)
    people = np.array([*(f"r{n}" for n in range(60)), "O1", "nobody"])
    places = ["C0", "C1", "C2", "C3", "C4", "lone", "D0", "S0", "unknown", ""]
    day = pd.Timestamp("2020-11-20") + pd.to_timedelta(rng.integers(0, 460 * 86_400, rows), unit="s")
    times = np.where(rng.random(rows) < 0.5, day.strftime("%Y-%m-%d %H:%M:%S"), day.strftime("%Y/%m/%d"))
    times[rng.random(rows) < 0.02] = "gestern"
    times[rng.random(rows) < 0.02] = "2093-05-01"
    frame = pd.DataFrame({
        "when": times,
        "community_id": rng.choice(places, rows, p=[0.2, *[0.15] * 3, 0.1, 0.1, *[0.04] * 3, 0.03]),
        "kind": rng.choice([*["help", "互助", "goods", "consultation"] * 5, "unheard", ""], rows),
        "sender": rng.choice(people, rows),
        "target_id": np.where(rng.random(rows) < 0.3, "", rng.choice(people, rows)),
        "gathering_id": np.where(rng.random(rows) < 0.7, "", rng.choice(["g1", "M1", "13812345678"], rows)),
        "hours": rng.choice(["1.5", "", "1,200", "-3", "long"], rows, p=[0.5, 0.3, 0.1, 0.05, 0.05]),
        "status": rng.choice(["done", "", "cancelled"], rows, p=[0.5, 0.4, 0.1]),
        "remark": "not read",
    })  # fmt: skip
    frame.iloc[rng.choice(rows, 9, replace=False)] = ""
    return frame


def write_study(folder, log, suffix=".csv"):
    folder.mkdir(parents=True)
    kinds = {"city": ["X"], "district": ["D0", "D1", "D2"], "street": ["S0"],
             "community": ["C0", "C1", "C2", "C3", "C4", "lone"], "unit": ["U0"]}  # fmt: skip
    above = {"D0": "X", "D1": "X", "D2": "X", "S0": "D0", "C0": "S0", "C1": "S0", "C2": "D0", "C3": "D1",
             "C4": "D1", "lone": "X", "U0": "C0"}  # fmt: skip
    pd.DataFrame(
        [(p, kind, above.get(p, "")) for kind, places in kinds.items() for p in places],
        columns=["place_id", "kind", "parent_id"],
    ).to_csv(folder / "places.csv", index=False)
    rng = np.random.default_rng(0)
    pd.DataFrame({
        "person_id": [*(f"r{n}" for n in range(60)), "r3"],
        "community_id": [*rng.choice(["C0", "C1", "C2", "C3", "lone"], 60), "C1"],
        "residency": rng.choice(["registered", "non_registered", "odd"], 61),
        "role": rng.choice(["resident", "cadre", "social_worker"], 61),
    }).to_csv(folder / "people.csv", index=False)  # fmt: skip
    pd.DataFrame({"org_id": ["O1"], "kind": ["department"]}).to_csv(folder / "organisations.csv", index=False)
    pd.DataFrame({
        "place_id": ["C0", "C3", "X", "D1", "lone"], "period": "2021-03", "measure": "trust", "value": 1,
    }).to_csv(folder / "outcomes.csv", index=False)  # fmt: skip
    pd.DataFrame({
        "place_id": ["X", "D1", "C2"], "reform": ["consultation", "consultation", "shared_community"],
        "start": ["2021-06-01", "2021-04-01", "2021-05-01"],
    }).to_csv(folder / "reforms.csv", index=False)  # fmt: skip
    pd.DataFrame({
        "matter_id": ["M1", "M2"], "process": ["consultation", "request"], "community_id": ["C0", "C4"],
    }).to_csv(folder / "matters.csv", index=False)  # fmt: skip
    pd.DataFrame({
        "matter_id": ["M1", "M2", "M2"], "step": ["raised", "raised", "answered"],
        "time": ["2021-02-01", "2021-03-01", "2021-04-01"],
    }).to_csv(folder / "steps.csv", index=False)  # fmt: skip
    (folder / "study.toml").write_text(TOML.format(suffix=suffix), encoding="utf-8")
    WRITERS[suffix](log, folder / f"log{suffix}")
    return folder


def _csv(log, path):
    lines = log.to_csv(index=False).splitlines(keepends=True)
    for place in (17, 18, 200, len(lines) - 2):
        lines.insert(place, "too,few\n")
    path.write_text("".join([*lines, "too,few,at,the,end\n"]), encoding="gb18030")


def _duckdb(log, path):
    import duckdb

    with duckdb.connect(str(path)) as connection:
        connection.register("frame", log)
        connection.execute("CREATE TABLE log AS SELECT * FROM frame")


WRITERS = {
    ".csv": _csv, ".parquet": lambda log, path: log.to_parquet(path, index=False),
    ".jsonl": lambda log, path: log.to_json(path, orient="records", lines=True, force_ascii=False),
    ".duckdb": _duckdb, ".xlsx": lambda log, path: log.to_excel(path, index=False),
}  # fmt: skip


def in_order(frame):
    return frame.sort_values(list(frame.columns), ignore_index=True)
