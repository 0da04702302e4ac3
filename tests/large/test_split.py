"""A study split into districts is the study opened as a whole, frame for frame, whatever the log is like."""

from __future__ import annotations

import sys
from pathlib import Path

import pandas as pd
import pytest

from analysis.large import split, split_log
from analysis.tables import open_study, schema
from analysis.tables.formats import text

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


@pytest.mark.parametrize("suffix", list(WRITERS))
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
    from analysis.networks import run_indicators

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
