"""Logs read whole and part by part: the same networks, whatever the parts; unsorted logs are refused."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from analysis.errors import StudyError
from analysis.networks import build_ties, indicators, read_log, read_log_parts
from analysis.tables.places import PlaceTree

sys.path.insert(0, str(Path(__file__).parent))
from logs import random_log

NAMES = ["mean_degree", "transitivity", "reciprocity", "participation_gini"]


@pytest.fixture(scope="module")
def log():
    frame = random_log(5, 4_000, 120)
    return frame.sort_values(["community_id", "time"], kind="stable").reset_index(drop=True)


def write(path, frame, rows=300):
    pq.write_table(pa.Table.from_pandas(frame, preserve_index=False), path, row_group_size=rows)
    return path


def plain(frame):
    return frame.astype({name: "object" for name in frame.columns if name != "time"})


@pytest.mark.parametrize("rows", [1, 250, 700, 1_500, 10**6])
def test_parts_hold_every_row_once_and_whole_communities(log, tmp_path, rows):
    path = write(tmp_path / "log.parquet", log)
    parts = list(read_log_parts(path, rows))
    joined = pd.concat([plain(part) for part in parts], ignore_index=True)
    pd.testing.assert_frame_equal(joined, plain(read_log(path)), check_dtype=False)
    places = [set(part["community_id"].dropna()) for part in parts]
    assert sum(map(len, places)) == len(set().union(*places)) == log["community_id"].nunique()
    assert (len(parts) == 1) == (rows == 10**6)


def test_indicators_part_by_part_are_those_of_the_whole(log, tmp_path):
    path = write(tmp_path / "log.parquet", log)
    whole = indicators(build_ties(read_log(path)), names=NAMES)
    parts = [indicators(build_ties(part), names=NAMES) for part in read_log_parts(path, 500)]
    keys = ["place_id", "period", "layer", "indicator"]
    apart = pd.concat(parts).set_index(keys)["value"]
    found = whole.set_index(keys)["value"].dropna()
    np.testing.assert_allclose(apart.reindex(found.index), found, rtol=1e-12)
    assert len(parts) > 2
    assert len(found) > 100


def test_parts_of_whole_districts(log, tmp_path):
    codes = sorted(log["community_id"].unique())
    places = pd.DataFrame(
        {
            "place_id": ["D1", "D2", *codes],
            "kind": ["district"] * 2 + ["community"] * len(codes),
            "parent_id": [None, None, *(["D1"] * 3 + ["D2"] * (len(codes) - 3))],
        }
    )
    parts = list(read_log_parts(write(tmp_path / "log.parquet", log), 1, tree=PlaceTree(places)))
    assert [part["community_id"].nunique() for part in parts] == [3, len(codes) - 3]


def test_an_unsorted_log_is_refused(log, tmp_path):
    path = write(tmp_path / "log.parquet", pd.concat([log, log[:5]]))
    with pytest.raises(StudyError, match="not sorted") as caught:
        list(read_log_parts(path, 500))
    assert log["community_id"][0] in str(caught.value)


def test_a_log_without_communities_and_one_without_rows(log, tmp_path):
    with pytest.raises(StudyError, match="community"):
        list(read_log_parts(write(tmp_path / "a.parquet", log.drop(columns="community_id"))))
    assert list(read_log_parts(write(tmp_path / "b.parquet", log[:0]))) == []


def test_communities_as_numbers_are_told_apart_too(log, tmp_path):
    numbers = log.assign(community_id=pd.factorize(log["community_id"])[0])
    parts = list(read_log_parts(write(tmp_path / "log.parquet", numbers), 1))
    assert len(parts) == log["community_id"].nunique()
