"""A batch over a real Dask scheduler and two workers, one of them killed half way."""

import json
import os
import signal
import threading
import time

import psutil
import pytest

from analysis.errors import ReportError
from analysis.reporting import batch
from analysis.reporting.running.supervise import Limits

MANY = [f"D{n}" for n in range(1, 13)]


@pytest.mark.heavy
def test_every_report_is_there_and_none_twice_though_a_worker_is_killed(cluster, small, tmp_path):
    address, (victim, _) = cluster
    study = small.write_study(tmp_path / "study", MANY)
    template = small.write_template(tmp_path / "t.ipynb", "import time; time.sleep(1)")
    public = tmp_path / "out" / "public"
    below = []

    def kill_half_way():
        while len(list(public.glob("D*.html"))) < 4:
            time.sleep(0.1)
        below.extend(p.pid for p in psutil.Process(victim.pid).children(recursive=True))
        os.kill(victim.pid, signal.SIGKILL)

    killer = threading.Thread(target=kill_half_way, daemon=True)
    killer.start()
    run = batch.report_study(study, tmp_path / "out", template=template, scheduler=address)
    killer.join(timeout=1)
    assert below  # it had a warmed process
    assert run.counts == {"made": 12}
    assert sorted(p.name for p in public.glob("D*.html")) == sorted(f"{d}.en.html" for d in MANY)
    lines = (tmp_path / "out" / "internal" / "journal.jsonl").read_text().splitlines()
    ended = [e["report"] for e in map(json.loads, lines) if e["event"] == "report_ended"]
    assert sorted(ended) == sorted(f"{d}.en" for d in MANY)
    deadline = time.monotonic() + 20
    while any(psutil.pid_exists(pid) for pid in below):
        assert time.monotonic() < deadline
        time.sleep(0.2)

    # limits hold on the workers, and a failure there is told like one here
    slow = "import time\nif district == 'D1':\n    time.sleep(300)"
    small.write_template(tmp_path / "t.ipynb", slow, "if district == 'D2':\n    raise ValueError('odd')")
    options = {"template": template, "scheduler": address, "districts": ("D1", "D2", "D3")}
    run = batch.report_study(study, tmp_path / "out", limits=Limits(timeout=20, grace=0.5), **options)
    assert {o["district"]: o["status"] for o in run.outcomes} == {
        "D1": "timed_out",
        "D2": "failed",
        "D3": "made",
    }
    assert "ValueError: odd" in run.outcomes[1]["error"]
    assert run.outcomes[1]["cell"] == 4


@pytest.mark.heavy
def test_a_scheduler_that_does_not_answer(pretend):
    with pytest.raises(ReportError, match="does not answer"):
        pretend(scheduler="nonsense")
