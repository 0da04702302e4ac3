"""The benchmark runs, its sides agree, and it refuses to time sides that do not."""

from __future__ import annotations

import json

import numpy as np
import pytest

from analysis.errors import StudyError
from analysis.networks import bench, rivals


@pytest.fixture(autouse=True)
def short(monkeypatch):
    monkeypatch.setattr(bench, "ROUNDS", 1)
    monkeypatch.setattr(bench, "THIN", 20)


def test_one_line_of_json_with_every_figure(capsys):
    result = bench.main(25_000)
    assert json.loads(capsys.readouterr().out.splitlines()[-1]) == result
    wanted = {"events", *bench.RATIOS, "peak_rss_mb", "thin_cpu_ms"}
    assert wanted <= set(result)
    assert all(result[name] > 0 for name in wanted)


def test_sides_that_differ_are_not_timed(monkeypatch):
    monkeypatch.setattr(rivals, "pandas_ties", lambda path: (1, 2, 3.0))
    with pytest.raises(StudyError, match="agree"):
        bench.main(25_000)


def test_too_few_events_are_refused():
    with pytest.raises(StudyError, match="events"):
        bench.main(10)


def test_the_log_is_sorted_by_community_and_month(tmp_path):
    bench.write_log(tmp_path / "log.parquet", 50_000)
    log = bench.read_log(tmp_path / "log.parquet")
    month = log["time"].to_numpy().astype("datetime64[M]").astype(int)
    place = log["community_id"].cat.codes.to_numpy().astype(int) * 10_000 + month
    assert (np.diff(place) >= 0).all()
    assert len(log) == 50_000
    assert log["target_id"].isna().equals(log["gathering_id"].notna())
