"""Reading a log part by part holds a part of it, not what was read before."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from analysis.networks import read_log_parts
from analysis.tables.config import TableConfig
from analysis.tables.read import read_parts

ROWS, PARTS = 20_000, 30


@pytest.fixture(scope="module")
def log(tmp_path_factory):
    """A log of which nearly every byte is news, so that its size on disk is what reading it has to hold."""
    path, rng = tmp_path_factory.mktemp("log") / "log.parquet", np.random.default_rng(1)
    with pq.ParquetWriter(path, _part(0, rng).schema, compression="none", use_dictionary=False) as writer:
        for number in range(PARTS):
            writer.write_table(_part(number, rng))
    return path


def _part(number, rng):
    people = rng.integers(10**15, 10**16, (2, ROWS)).astype(str)
    frame = pd.DataFrame({
        "time": pd.date_range("2021-01-01", periods=ROWS, freq="min"), "community_id": f"C{number:03}",
        "kind": "help", "source_id": people[0], "target_id": people[1],
    })  # fmt: skip
    return pa.Table.from_pandas(frame, preserve_index=False)


def held(parts):
    """The most that Arrow holds between two parts, beyond what it held before."""
    before, most = pa.total_allocated_bytes(), 0
    for number, _ in enumerate(parts):
        if number:
            most = max(most, pa.total_allocated_bytes() - before)
    assert number + 1 == PARTS
    return most


def test_a_study_is_read_in_parts_without_holding_the_file(log):
    parts = read_parts("interactions", TableConfig(log), ROWS)
    assert held(parts) < log.stat().st_size / 4


def test_a_log_for_networks_is_read_in_parts_without_holding_the_file(log):
    assert held(read_log_parts(log, rows=ROWS)) < log.stat().st_size / 4
