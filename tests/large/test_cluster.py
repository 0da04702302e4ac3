"""A split study over a real Dask scheduler and two workers, one of them killed half way: the same bytes."""

from __future__ import annotations

import os
import signal
import threading
import time

import pytest

from analysis.errors import StudyError
from analysis.large import split_log
from analysis.large.cluster import connect
from analysis.networks import run_indicators
from analysis.simulate import simulate_city, write_city

NAMES = ["density", "support", "connectedness_residency", "constraint", "tie_retention", "burstiness"]


@pytest.mark.heavy
def test_a_worker_killed_half_way_changes_no_byte(cluster, tmp_path):
    address, (victim, _) = cluster
    write_city(simulate_city(districts=12, communities=2, months=12, seed=3), tmp_path / "study")
    split_log(tmp_path / "study", tmp_path / "split", progress=False)
    local = run_indicators(tmp_path / "split", tmp_path / "local.parquet", names=NAMES, progress=False)
    parts, seen = tmp_path / "far.parquet.parts", []

    def kill_half_way():
        while len(list(parts.glob("*.parquet"))) < 4:
            time.sleep(0.02)
        seen.append(len(list(parts.glob("*.parquet"))))
        os.kill(victim.pid, signal.SIGKILL)

    killer = threading.Thread(target=kill_half_way, daemon=True)
    killer.start()
    far = run_indicators(
        tmp_path / "split", tmp_path / "far.parquet", names=NAMES, scheduler=address, progress=False
    )
    killer.join(timeout=1)
    assert seen
    assert seen[0] < 12
    assert victim.wait(timeout=10) == -signal.SIGKILL
    assert far.out.read_bytes() == local.out.read_bytes()
    assert (far.rows, far.computed) == (local.rows, local.computed)


def test_a_scheduler_that_does_not_answer():
    with pytest.raises(StudyError, match="does not answer"):
        connect("nonsense")


@pytest.mark.heavy
def test_a_scheduler_without_workers(scheduler):
    with pytest.raises(StudyError, match="no workers"):
        connect(scheduler[0])
