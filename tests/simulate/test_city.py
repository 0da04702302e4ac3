"""The city as a set of tables: right types, keys and references, the same every time."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import time

import pandas as pd
import pytest

from analysis.errors import AnalysisError
from analysis.simulate import simulate_city, write_city
from analysis.simulate.city import TABLES
from analysis.tables import schema
from analysis.tables.check import check_study

DIGEST = """
import hashlib, sys
from pathlib import Path
from analysis.simulate import simulate_city, write_city
from analysis.simulate.city import TABLES
out = write_city(simulate_city(2, 3, 14, 11), sys.argv[1])
for file in sorted(out.iterdir()):
    print(file.name, hashlib.sha256(file.read_bytes()).hexdigest())
"""


def digests(folder):
    return {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in sorted(folder.iterdir())}


@pytest.mark.parametrize("table", TABLES)
def test_every_table_holds_the_rules_of_the_dictionary(city, table):
    frame = city.frames[table]
    blank = schema.empty(table)
    assert len(frame) > 0
    assert frame.dtypes.to_dict() == blank.dtypes.to_dict()
    schema.MODELS[table].validate(frame, lazy=True)
    if table in schema.PRIMARY_KEYS:
        assert not frame.duplicated(list(schema.PRIMARY_KEYS[table])).any()


def test_references_resolve(city):
    keys = {"places.place_id": city.frames["places"]["place_id"]}
    keys["matters.matter_id"] = city.frames["matters"]["matter_id"]
    keys["listings.listing_id"] = city.frames["listings"]["listing_id"]
    keys["organisations.org_id"] = city.frames["organisations"]["org_id"]
    keys["options.option_id"] = city.frames["options"]["option_id"]
    references = 0
    for table, frame in city.frames.items():
        for name, column in schema.columns(table).items():
            if column.refers_to:
                assert frame[name].dropna().isin(keys[column.refers_to]).all(), (table, name)
                references += 1
    assert references > 8


def test_people_and_organisations_that_act_are_in_their_tables(city):
    people = set(city.frames["people"]["person_id"])
    actors = people | set(city.frames["organisations"]["org_id"])
    log = city.frames["interactions"]
    assert set(log["source_id"]) | set(log["target_id"].dropna()) <= people
    assert set(city.frames["steps"]["actor_id"].dropna()) <= actors
    assert set(city.frames["votes"]["person_id"]) | set(city.frames["options"]["author_id"]) <= people
    assert set(city.frames["listings"]["provider_id"].dropna()) <= actors
    assert set(city.frames["duties"]["department"]) == {
        name.split(" Bureau")[0]
        for name in city.frames["organisations"].query("kind == 'department'")["name"]
    }


def test_nobody_acts_alone_twice_or_before_joining(city):
    log = city.frames["interactions"]
    assert (log["source_id"] != log["target_id"]).all()
    assert (log["target_id"].isna() ^ log["gathering_id"].isna()).all()
    gathered = log[log["gathering_id"].notna()]
    assert not gathered.duplicated(["gathering_id", "source_id"]).any()
    assert len(gathered[["gathering_id", "community_id"]].drop_duplicates()) == len(
        gathered["gathering_id"].drop_duplicates()
    )
    joined = city.frames["people"].set_index("person_id")["joined"]
    for role in ("source_id", "target_id"):
        assert (log["time"] >= log[role].map(joined)).where(log[role].notna(), True).all(), role


def test_everything_happens_in_the_window(city):
    dated = {"interactions": "time", "steps": "time", "listings": "opened", "votes": "time"}
    for table, column in dated.items():
        times = city.frames[table][column]
        assert times.min() >= pd.Timestamp("2021-01-01"), table
        assert times.max() < pd.Timestamp("2024-01-01"), table
        assert times.dt.to_period("M").nunique() == 36, table
    assert sorted(city.frames["outcomes"]["period"].unique())[::35] == ["2021-01", "2023-12"]
    assert (city.frames["reforms"]["start"].dt.day == 1).all()


def test_matches_are_mutual_and_of_opposite_sides(city):
    listings = city.frames["listings"].set_index("listing_id")
    matched = listings[listings["matched_id"].notna()]
    other = listings.loc[matched["matched_id"]]
    assert (other["matched_id"].to_numpy() == matched.index).all()
    assert (other["side"].to_numpy() != matched["side"].to_numpy()).all()
    for same in ("category", "community_id", "closed", "provider_id"):
        assert (other[same].to_numpy() == matched[same].to_numpy()).all(), same
    assert (matched["closed"] >= matched["opened"]).all()


def test_a_gathering_of_a_consultation_bears_its_matter(city):
    log, matters = city.frames["interactions"], city.frames["matters"]
    held = log[log["kind"] == "consultation"]
    found = matters.set_index("matter_id").loc[held["gathering_id"]]
    assert (found["process"] == "consultation").all()
    assert (found["community_id"].to_numpy() == held["community_id"].to_numpy()).all()


def test_the_same_seed_gives_the_same_bytes_in_every_process(tmp_path):
    outputs = []
    for hash_seed in ("0", "4242"):
        environment = os.environ | {"PYTHONHASHSEED": hash_seed}
        outputs.append(
            subprocess.run(
                [sys.executable, "-c", DIGEST, str(tmp_path / hash_seed)],
                env=environment,
                capture_output=True,
                text=True,
                check=True,
            ).stdout
        )
    assert outputs[0] == outputs[1]
    assert outputs[0].count("\n") == len(TABLES) + 2  # the tables, truth.json, study.toml


def test_another_seed_gives_another_city():
    one, other = (simulate_city(2, 3, 14, seed, tables=["outcomes"]) for seed in (11, 12))
    assert not one.frames["outcomes"].equals(other.frames["outcomes"])


@pytest.mark.parametrize("table", TABLES)
def test_a_table_is_the_same_whichever_others_are_made(table):
    full = simulate_city(2, 3, 14, 11)
    alone = simulate_city(2, 3, 14, 11, tables=[table])
    assert list(alone.frames) == [table]
    pd.testing.assert_frame_equal(alone.frames[table], full.frames[table])
    assert alone.truth == full.truth


def test_outcomes_alone_are_quick():
    simulate_city(2, 2, 12, 0, tables=["outcomes"])
    start = time.process_time()
    simulate_city(seed=3, tables=["places", "reforms", "outcomes"])
    assert time.process_time() - start < 0.5  # about 0.06 s


@pytest.mark.parametrize("size", [(1, 1, 12), (1, 2, 13), (3, 1, 36), (2, 11, 12)])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_small_cities_work(size, seed, tmp_path):
    small = simulate_city(*size, seed)
    for table, frame in small.frames.items():
        schema.MODELS[table].validate(frame, lazy=True)
    places = small.frames["places"]["kind"].value_counts()
    assert places["community"] == size[0] * size[1]
    json.dumps(small.truth, allow_nan=False)
    problems = check_study(write_city(small, tmp_path)).problems
    assert set(problems["rule"]) <= {"one_community", "no_reform", "no_rows"}


def test_many_districts_have_names_of_their_own():
    places = simulate_city(500, 4, 12, 1, tables=["places"]).frames["places"]
    for kind, count in (("district", 500), ("street", 500), ("community", 2000)):
        of_kind = places[places["kind"] == kind]
        assert len(of_kind) == count
        assert of_kind["name"].is_unique
        assert of_kind["name_zh"].is_unique
    assert places.loc[places["kind"] == "district", "name_zh"].str.endswith("区").all()


def test_written_study_checks_without_a_problem(tmp_path):
    city = simulate_city(2, 5, 36, 7)
    study = check_study(write_city(city, tmp_path / "new"))
    assert len(study.problems) == 0
    assert study.name == city.name
    assert study.name_zh == city.name_zh
    assert len(study.periods) == 36
    for table, frame in city.frames.items():
        assert len(study.frames[table]) == len(frame), table
    pd.testing.assert_frame_equal(study.outcomes, city.frames["outcomes"])
    pd.testing.assert_frame_equal(study.duties, city.frames["duties"])
    pd.testing.assert_series_equal(study.interactions["time"], city.frames["interactions"]["time"])
    assert json.loads((tmp_path / "new" / "truth.json").read_text("utf-8")) == city.truth


def test_study_in_memory_has_all_tables(city):
    study = city.study()
    assert study.has(*TABLES)
    assert len(study.districts) == 8
    assert "seed 7" in repr(city)


def test_an_earlier_city_is_replaced_and_other_folders_are_left_alone(tmp_path):
    out = tmp_path / "city"
    write_city(simulate_city(1, 2, 12, 1), out)
    write_city(simulate_city(1, 2, 12, 1, tables=["places"]), out)
    assert sorted(digests(out)) == ["places.csv", "study.toml", "truth.json"]
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("precious")
    for taken in (tmp_path / "mine", tmp_path / "mine" / "thesis.txt"):
        with pytest.raises(AnalysisError, match="folder of its own") as error:
            write_city(simulate_city(1, 1, 12, 1, tables=["places"]), taken)
        assert str(taken) in str(error.value)
    assert (tmp_path / "mine" / "thesis.txt").read_text() == "precious"


def test_a_folder_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(AnalysisError, match="cannot be written"):
        write_city(simulate_city(1, 1, 12, 1, tables=["places"]), tmp_path / "file" / "below")


@pytest.mark.parametrize(
    ("arguments", "where"),
    [
        ({"districts": 0}, "districts"),
        ({"districts": -3}, "districts"),
        ({"districts": 2.5}, "districts"),
        ({"districts": True}, "districts"),
        ({"communities": 0}, "communities"),
        ({"communities": "20"}, "communities"),
        ({"months": 11}, "months"),
        ({"months": 10_000}, "months"),
        ({"seed": -1}, "seed"),
        ({"seed": None}, "seed"),
        ({"districts": 5_000, "communities": 5_000}, "districts x communities"),
        ({"tables": ["places", "persons"]}, "tables"),
    ],
)
def test_nonsense_is_refused(arguments, where):
    with pytest.raises(AnalysisError) as error:
        simulate_city(**arguments)
    assert error.value.where == where
    assert error.value.expected
