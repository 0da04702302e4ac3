"""A study split into districts is the study opened as a whole, frame for frame, whatever the log is like."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from analysis.errors import StudyError
from analysis.large import is_split, open_split, parts, split, split_log
from analysis.tables import open_study, schema
from analysis.tables.formats import text

NOW = pd.Timestamp("2022-07-01")
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


@pytest.fixture(autouse=True)
def small_parts(monkeypatch):
    monkeypatch.setattr(split, "ROWS_AT_ONCE", 61)
    monkeypatch.setattr(text, "BLOCK", 4096)


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
        "when": times, "community_id": rng.choice(places, rows, p=[0.2] + [0.15] * 3 + [0.1, 0.1] + [0.04] * 3 + [0.03]),
        "kind": rng.choice(["help", "互助", "goods", "forum", "unheard", ""], rows, p=[0.3, 0.2, 0.2, 0.2, 0.05, 0.05]),
        "sender": rng.choice(people, rows), "target_id": np.where(rng.random(rows) < 0.3, "", rng.choice(people, rows)),
        "gathering_id": np.where(rng.random(rows) < 0.7, "", rng.choice(["g1", "g2", "13812345678"], rows)),
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
    above = {"D0": "X", "D1": "X", "D2": "X", "S0": "D0", "C0": "S0", "C1": "S0", "C2": "D0", "C3": "D1", "C4": "D1",
             "lone": "X", "U0": "C0"}  # fmt: skip
    pd.DataFrame(
        [(p, kind, above.get(p, "")) for kind, places in kinds.items() for p in places],
        columns=["place_id", "kind", "parent_id"],
    ).to_csv(folder / "places.csv", index=False)
    rng = np.random.default_rng(0)
    pd.DataFrame({
        "person_id": [*(f"r{n}" for n in range(60)), "r3"],
        "community_id": [*rng.choice(["C0", "C1", "C2", "C3", "lone"], 60), "C1"],
        "residency": rng.choice(["registered", "non_registered", "odd"], 61),
    }).to_csv(folder / "people.csv", index=False)  # fmt: skip
    pd.DataFrame({"org_id": ["O1"], "kind": ["department"]}).to_csv(folder / "organisations.csv", index=False)
    pd.DataFrame({
        "place_id": ["C0", "C3", "X", "D1", "lone"], "period": "2021-03", "measure": "trust", "value": [1, 2, 3, 4, 5],
    }).to_csv(folder / "outcomes.csv", index=False)  # fmt: skip
    pd.DataFrame({
        "place_id": ["X", "D1", "C2"], "reform": ["consultation", "consultation", "shared_community"],
        "start": ["2021-06-01", "2021-04-01", "2021-05-01"],
    }).to_csv(folder / "reforms.csv", index=False)  # fmt: skip
    pd.DataFrame({
        "matter_id": ["M1", "M2"], "process": "request", "community_id": ["C0", "C4"],
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


def assert_same(done, whole):
    """Assert that a split study is `whole`: rows, account, problems."""
    assert done.districts == whole.districts
    assert done.periods == whole.periods
    pd.testing.assert_frame_equal(in_order(done.accounting), in_order(whole.accounting))
    assert list(done.accounting["table"].unique()) == list(whole.accounting["table"].unique())
    pd.testing.assert_frame_equal(in_order(done.problems), in_order(whole.problems))
    rows = dict.fromkeys(schema.MODELS, 0)
    for district in whole.districts:
        ours, theirs = done.district(district), whole.district(district)
        for table, frame in theirs.frames.items():
            pd.testing.assert_frame_equal(ours.frames[table], frame)
            rows[table] += len(frame)
        assert ours.periods == theirs.periods
    for table in schema.MODELS:
        if table != "reforms":
            assert rows[table] + len(done.outside.frames[table]) == len(whole.frames[table]), table
    pd.testing.assert_frame_equal(done.reforms, whole.reforms)
    pd.testing.assert_frame_equal(done.places, whole.places)


@pytest.mark.parametrize("suffix", list(WRITERS))
def test_a_split_study_is_the_study_frame_for_frame(tmp_path, suffix):
    study = write_study(tmp_path / "study", a_log(), suffix)
    whole = open_study(study)
    done = split_log(study, tmp_path / "out", progress=False)
    assert_same(done, whole)
    rules = set(whole.accounting.query("table == 'interactions'")["rule"]) - {""}
    assert {"unknown_place", "wrong_kind_of_place", "not_allowed", "not_readable", "missing_value", "self_loop",
            "out_of_range", "outside_window", "in_the_future", "no_other_side", "blank_row"} <= rules  # fmt: skip
    assert ("wrong_number_of_fields" in rules) == (suffix == ".csv")
    assert not list(tmp_path.glob(".*"))


def measured(study, tmp_path, name, **options):
    from analysis.networks import run_indicators

    names = ["density", "support", "connectedness_residency", "burstiness", "participation_gini", "cross_community"]
    return run_indicators(study, tmp_path / f"{name}.parquet", names=names, progress=False, **options)


def test_indicators_of_a_split_study_are_those_of_the_study_to_the_last_byte(tmp_path):
    study = write_study(tmp_path / "study", a_log(), ".parquet")
    whole = measured(open_study(study), tmp_path, "whole")
    done = measured(split_log(study, tmp_path / "out", progress=False), tmp_path, "split")
    assert done.out.read_bytes() == whole.out.read_bytes()
    assert (done.rows, done.computed) == (whole.rows, whole.computed)
    assert measured(tmp_path / "out", tmp_path, "whole").computed == 0  # the same keys, too


def assert_same_panel(found, expected):
    assert sorted(found.columns) == sorted(expected.columns)
    pd.testing.assert_frame_equal(found[list(expected.columns)], expected, rtol=1e-12, check_dtype=True)
    assert sorted(found.attrs["post_treatment"]) == sorted(expected.attrs["post_treatment"])
    assert {k: v for k, v in found.attrs.items() if k != "post_treatment"} == {
        k: v for k, v in expected.attrs.items() if k != "post_treatment"
    }


@pytest.mark.parametrize("of", ["dirty", "city"])
def test_the_panel_by_district_is_the_panel_of_the_whole(tmp_path, of, repository):
    from analysis.panel import build_panel

    study = repository / "data/examples/small-city"
    if of == "dirty":
        study = write_study(tmp_path / "study", a_log(), ".parquet")
    whole, done = open_study(study), split_log(study, tmp_path / "out", progress=False)
    expected = build_panel(whole)
    assert_same_panel(build_panel(done), expected)
    if of == "dirty":
        indicators = pd.read_parquet(measured(done, tmp_path, "given").out)
        assert_same_panel(build_panel(done, indicators=indicators), build_panel(whole, indicators=indicators))
