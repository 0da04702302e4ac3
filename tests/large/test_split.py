"""A study split into districts is the study opened as a whole, frame for frame, whatever the log is like."""

from __future__ import annotations

import sys
from itertools import pairwise
from pathlib import Path

import pandas as pd
import pytest

from analysis.burden import service_measures
from analysis.errors import StudyError
from analysis.large import split, split_log
from analysis.networks import run_indicators
from analysis.panel import build_panel
from analysis.tables import open_study, schema
from analysis.tables.config import read_config
from analysis.tables.formats import text
from analysis.tables.read import read_parts

sys.path.insert(0, str(Path(__file__).parent))
from split_studies import WRITERS, a_log, in_order, write_study

FAULTS = {
    "unknown_place", "wrong_kind_of_place", "not_allowed", "not_readable", "missing_value", "self_loop",
    "out_of_range", "outside_window", "in_the_future", "no_other_side", "blank_row",
}  # fmt: skip


@pytest.fixture(autouse=True)
def small_parts(monkeypatch):
    monkeypatch.setattr(split, "ROWS_AT_ONCE", 61)
    monkeypatch.setattr(text, "BLOCK", 4096)


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


QUICK = (
    ".csv",
    ".parquet",
)  # that others are read in parts as they are whole is held by tests/tables/test_parts.py


@pytest.mark.parametrize(
    "suffix", [pytest.param(s, marks=() if s in QUICK else pytest.mark.heavy) for s in WRITERS]
)
def test_a_split_study_is_the_study_frame_for_frame(tmp_path, suffix):
    study = write_study(tmp_path / "study", a_log(), suffix)
    whole = open_study(study)
    done = split_log(study, tmp_path / "out", progress=False)
    assert_same(done, whole)
    rules = set(whole.accounting.query("table == 'interactions'")["rule"])
    assert rules >= FAULTS
    assert ("wrong_number_of_fields" in rules) == (suffix == ".csv")
    assert not list(tmp_path.glob(".*"))


def measured(study, tmp_path, name, **options):
    names = [
        "density",
        "support",
        "connectedness_residency",
        "burstiness",
        "participation_gini",
        "cross_community",
    ]
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


@pytest.mark.slow
def test_the_panel_of_a_split_study_is_that_of_the_whole(tmp_path, repository):
    whole = open_study(repository / "data/examples/small-city")
    done = split_log(repository / "data/examples/small-city", tmp_path / "out", progress=False)
    given = run_indicators(done, tmp_path / "given.parquet", names=["density", "support"], progress=False)
    given = pd.read_parquet(given.out)
    expected = build_panel(whole, indicators=given)
    assert len(expected.columns) > 60
    assert_same_panel(build_panel(done, indicators=given), expected)


def test_the_panel_computes_networks_by_district_where_they_are_not_given(tmp_path):
    study = write_study(tmp_path / "study", a_log(), ".parquet")
    assert_same_panel(
        build_panel(split_log(study, tmp_path / "out", progress=False)), build_panel(open_study(study))
    )


@pytest.mark.slow
def test_without_its_log_a_split_study_is_the_study_and_few_acts(tmp_path, repository):
    whole = open_study(repository / "data/examples/small-city")
    done = split_log(repository / "data/examples/small-city", tmp_path / "out", progress=False)
    kept = done.without_log(("consultation",))
    for table, frame in whole.frames.items():
        if table == "interactions":
            around = frame["gathering_id"].isin(whole.matters["matter_id"])
            frame = frame[(frame["kind"] == "consultation") | around].reset_index(drop=True)
            assert 0 < len(frame) < len(whole.interactions)
        pd.testing.assert_frame_equal(kept.frames[table], frame)
    assert kept.periods == whole.periods
    keys = ["place_id", "period", "measure"]
    theirs = service_measures(whole).query("place_id in @whole.tree.communities").sort_values(keys)
    ours = pd.concat([service_measures(done.lending(district)) for district in done.districts])
    ours = ours.query("place_id in @whole.tree.communities").sort_values(keys)
    pd.testing.assert_frame_equal(ours.reset_index(drop=True), theirs.reset_index(drop=True))


def in_months(folder, log, kinds):
    """A study whose log is cut into pieces of unequal size, one of them without rows."""
    study = write_study(folder, log.head(0), ".parquet")
    (study / "log.parquet").unlink()
    toml = study / "study.toml"
    toml.write_text(toml.read_text().replace('"log.parquet"', '"months/log-*"'))
    (study / "months").mkdir()
    cuts = [0, 17, 17, 120, len(log)]
    for number, (start, stop) in enumerate(pairwise(cuts)):
        suffix = kinds[number % len(kinds)]
        piece, path = log.iloc[start:stop], study / "months" / f"log-{number}{suffix}"
        piece.to_csv(path, index=False) if suffix == ".csv" else WRITERS[suffix](piece, path)
    return study


def test_a_log_in_several_files_splits_into_the_same_bytes_as_in_one(tmp_path, monkeypatch):
    monkeypatch.setattr(split, "ROWS_AT_ONCE", 100)
    log = a_log(200)
    one = write_study(tmp_path / "one", log.head(0), ".parquet")
    (one / "log.parquet").unlink()
    (one / "study.toml").write_text((one / "study.toml").read_text().replace("log.parquet", "log.csv"))
    log.to_csv(one / "log.csv", index=False)
    whole = split_log(one, tmp_path / "whole", progress=False)
    done = split_log(in_months(tmp_path / "several", log, [".csv"]), tmp_path / "out", progress=False)
    assert done.files["rows_in"].tolist() == [17, 0, 103, 80]
    assert (done.files["rows_in"] == done.files["kept"] + done.files["set_aside"]).all()
    files = {p.relative_to(done.path) for p in done.path.rglob("*") if p.is_file()}
    assert {str(file) for file in files if "problems" in file.name or file.name == "files.parquet"} == {
        "whole/problems.parquet", "whole/shown_problems.parquet", "whole/files.parquet",
    }  # fmt: skip
    for file in sorted(files):
        if "problems" not in file.name and file.name != "files.parquet":
            assert (done.path / file).read_bytes() == (whole.path / file).read_bytes(), file


@pytest.mark.heavy
def test_files_of_several_kinds_split_as_they_open(tmp_path, monkeypatch):
    monkeypatch.setattr(split, "ROWS_AT_ONCE", 100)
    study = in_months(tmp_path / "study", a_log(200), [".csv", ".csv", ".parquet", ".xlsx"])
    whole = open_study(study)
    done = split_log(study, tmp_path / "out", progress=False)
    assert_same(done, whole)
    pd.testing.assert_frame_equal(done.files, whole.files.astype(done.files.dtypes.to_dict()))
    assert {"months/log-2.parquet", "months/log-3.xlsx"} < set(done.problems["file"])


def test_files_are_read_one_after_the_other(tmp_path, monkeypatch):
    """What is open at once is one file, however many there are."""
    study = in_months(tmp_path / "study", a_log(200), [".csv"])
    opened = []
    stream = text._stream

    def watched(config):
        opened.append(config.path.name)
        return stream(config)

    monkeypatch.setattr(text, "_stream", watched)
    parts = read_parts("interactions", read_config(study).tables["interactions"], 61)
    seen = [(part.parts[0].label, len(opened)) for part in parts]
    assert [label for label, _ in seen] == sorted(label for label, _ in seen)
    assert dict(seen) == {
        "months/log-0.csv": 1, "months/log-1.csv": 2, "months/log-2.csv": 3, "months/log-3.csv": 4,
    }  # fmt: skip


def test_a_broken_file_among_several_is_named_and_nothing_is_left(tmp_path):
    study = in_months(tmp_path / "study", a_log(200), [".csv"])
    with (study / "months/log-2.csv").open("ab") as file:
        file.write(b"2021-03-01,C1,help,\xff\xfe\xff,b,,,,\n" * 3)
    with pytest.raises(StudyError) as caught:
        split_log(study, tmp_path / "out", progress=False)
    assert "log-2.csv" in str(caught.value)
    assert not list(tmp_path.glob("*out*"))
