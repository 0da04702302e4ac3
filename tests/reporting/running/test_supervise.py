"""The loop over real processes that do next to nothing: limits, retries, thresholds, and ending them all."""

import os
import time

import psutil
import pytest

from analysis.reporting.engine import Fresh
from analysis.reporting.running.supervise import Attempt, Limits, Supervisor, Verdict

CALLS = """
import os, signal, subprocess, time
from pathlib import Path

def work(argument):
    exec(argument["code"])
"""
pytestmark = pytest.mark.skipif(os.name == "nt", reason="signals")


@pytest.fixture
def supervise(tmp_path, monkeypatch):
    (tmp_path / "calls_for_test.py").write_text(CALLS)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))

    def run(codes, limits=Limits(), at_once=2, stop=None):  # noqa: B008
        def begin(name, number):
            folder = tmp_path / f"{name}-{number}"
            folder.mkdir()
            return "calls_for_test:work", {"code": codes[name]}, folder

        events = []
        with Fresh() as runner:
            loop = Supervisor(runner, limits, at_once, begin=begin, read=lambda v: v, finish=lambda v: None)
            for event in loop.run(list(codes)):
                events.append(event)
                if stop is not None:
                    stop(event)
        return events

    return run


def ends(events):
    return {e.name: e.status for e in events if isinstance(e, Verdict) and e.final}


def sleeping(seconds):
    return [p for p in psutil.process_iter(["cmdline"]) if p.info["cmdline"] == ["sleep", str(seconds)]]


def test_too_long_is_asked_to_end_then_ended_with_all_below(supervise):
    deaf = "signal.signal(signal.SIGTERM, signal.SIG_IGN); subprocess.Popen(['sleep', '731']); time.sleep(60)"
    began = time.monotonic()
    events = supervise({"a": deaf, "b": "pass", "c": "time.sleep(60)"}, Limits(timeout=1.5, grace=0.5), 3)
    assert ends(events) == {"a": "timed_out", "b": "made", "c": "timed_out"}
    assert time.monotonic() - began < 30
    assert not sleeping(731)


def test_too_much_memory(supervise):
    big = "held = bytearray(b'x' * 400_000_000); time.sleep(60)"
    events = supervise({"a": big, "b": "time.sleep(0.5)"}, Limits(memory_mb=300, grace=0.5))
    assert ends(events) == {"a": "out_of_memory", "b": "made"}
    told = next(e for e in events if isinstance(e, Verdict) and e.name == "a")
    assert told.memory_mb > 300
    assert "limit is 300 MB" in told.error


def test_memory_of_processes_below_counts(supervise):
    big = "import time; held = bytearray(b'x' * 400_000_000); time.sleep(60)"
    below = f"import sys; subprocess.run([sys.executable, '-c', {big!r}])"
    assert ends(supervise({"a": below}, Limits(memory_mb=300, grace=0.5))) == {"a": "out_of_memory"}


def test_retries_until_it_is_made(supervise, tmp_path):
    second = f"p = Path({str(tmp_path)!r}, 'mark'); there = p.exists(); p.touch(); assert there"
    events = supervise({"a": second, "b": "raise ValueError"}, Limits(retries=2))
    told = [(e.name, e.status, e.attempt, e.final) for e in events if isinstance(e, Verdict)]
    assert sorted(told) == [
        ("a", "failed", 1, False), ("a", "made", 2, True),
        ("b", "failed", 1, False), ("b", "failed", 2, False), ("b", "failed", 3, True),
    ]  # fmt: skip


def test_no_more_are_started_after_so_many_failures(supervise):
    codes = dict.fromkeys("abcdef", "raise ValueError")
    events = supervise(codes, Limits(max_failures=2), at_once=1)
    assert ends(events) == {"a": "failed", "b": "failed"}
    assert [e.name for e in events if isinstance(e, Attempt)] == ["a", "b"]


def test_never_more_at_once_than_asked_for(supervise):
    running, most = set(), []

    def count(event):
        (running.add if isinstance(event, Attempt) else running.discard)(event.name)
        most.append(len(running))

    supervise(dict.fromkeys("abcdef", "time.sleep(0.05)"), at_once=2, stop=count)
    assert max(most) == 2


def test_whatever_stops_the_loop_no_process_is_left(supervise):
    def stop(event):
        if isinstance(event, Verdict):
            raise KeyboardInterrupt

    deaf = "signal.signal(signal.SIGTERM, signal.SIG_IGN); subprocess.Popen(['sleep', '732']); time.sleep(60)"
    with pytest.raises(KeyboardInterrupt):
        supervise({"a": deaf, "b": "time.sleep(1)"}, Limits(grace=0.5), stop=stop)
    assert not sleeping(732)
    assert not [
        p for p in psutil.Process().children(recursive=True) if "calls_for_test" in " ".join(p.cmdline())
    ]


def test_a_signal_is_named(supervise):
    events = supervise(
        {"a": "os.kill(os.getpid(), 9)", "b": "os.abort()", "c": "os._exit(0)", "d": "os._exit(9)"}
    )
    assert ends(events) == {"a": "killed", "b": "killed", "c": "failed", "d": "failed"}
    said = {e.name: e.error for e in events if isinstance(e, Verdict)}
    assert "SIGKILL" in said["a"]
    assert "SIGABRT" in said["b"]
    assert "ended itself" in said["c"]
    assert "status 9" in said["d"]
