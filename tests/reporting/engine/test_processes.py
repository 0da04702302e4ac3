"""Processes: how they end is told as it was, and nothing outlives the end of any of them."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from analysis.errors import ReportError
from analysis.reporting.engine import Fresh, Zygote, can_fork, open_processes
from analysis.reporting.engine.ended import VANISHED

HERE = Path(__file__).parent
CALLS = "calls_for_tests"
pytestmark = pytest.mark.skipif(not can_fork(), reason="forking is not safe on this system")


@pytest.fixture(autouse=True)
def _calls_can_be_found(monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(HERE), prepend=os.pathsep)


@pytest.fixture(params=[lambda: Zygote("builtins:dict"), Fresh], ids=["zygote", "fresh"])
def processes(request, _calls_can_be_found):
    with request.param() as opened:
        yield opened


def one(processes, call, **argument):
    pid = processes.start(f"{CALLS}:{call}", argument)
    ended = []
    until = time.monotonic() + 20
    while not ended and time.monotonic() < until:
        ended = processes.wait(5)
    assert [e.pid for e in ended] == [pid]
    return ended[0]


@pytest.mark.parametrize(
    ("call", "argument", "status"),
    [
        ("come_back", {"word": "x"}, 0), ("give_three", {}, 3), ("fail", {}, 1), ("end_well", {}, 1),
        ("leave", {"code": 0}, VANISHED), ("leave", {"code": 9}, 9), ("no_such_function", {}, 1),
    ],
)  # fmt: skip
def test_how_a_process_ended(processes, call, argument, status):
    assert one(processes, call, **argument).status == status


def test_a_process_that_is_killed(processes, tmp_path):
    pid = processes.start(f"{CALLS}:linger", {"ready": str(tmp_path / "ready")})
    assert processes.wait(0.05) == []
    wait_for(tmp_path / "ready")
    processes.signal(pid, signal.SIGKILL)
    assert [e.status for e in processes.wait(10)] == [-signal.SIGKILL]
    processes.signal(pid, signal.SIGKILL)  # gone: nothing happens


def test_cpu_and_memory_are_its_own(processes):
    ended = one(processes, "burn", seconds=0.3, megabytes=100)
    assert 0.28 < ended.cpu_seconds < 0.8
    assert 100 < ended.peak_mb < 250


def test_what_is_printed_goes_to_the_log(processes, tmp_path):
    for call, argument in (("come_back", {"word": "共治"}), ("fail", {})):
        processes.start(f"{CALLS}:{call}", argument, log=tmp_path / "log")
        while not processes.wait(5):
            pass
    said = (tmp_path / "log").read_text(encoding="utf-8")
    assert said.startswith("said 共治\n")
    assert "no such ledger" in said


def test_several_at_once(processes):
    pids = {processes.start(f"{CALLS}:burn", {"seconds": 0.05 * n, "megabytes": 1}) for n in range(3)}
    ended = []
    while len(ended) < 3:
        ended += processes.wait(10)
    assert {e.pid for e in ended} == pids
    assert {e.status for e in ended} == {0}


def test_a_forked_process_is_one_of_its_own(zygote, tmp_path):
    found = []
    for name in ("one", "two"):
        assert one(zygote, "around", to=str(tmp_path / name)).status == 0
        found.append(json.loads((tmp_path / name).read_text()))
    for about in found:
        assert about["stdin"] == ""
        assert about["session"]
        assert about["interrupt"]
        assert (
            len(about["files"]) == 5
        )  # the standard three, the word that it is done, the folder being listed
    assert found[0]["random"] != found[1]["random"]


def wait_for(path):
    until = time.monotonic() + 20
    while not path.exists():
        assert time.monotonic() < until
        time.sleep(0.02)
    time.sleep(0.05)


def family(pid):
    return [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]


def assert_gone(processes, seconds=8):
    _, alive = psutil.wait_procs(processes, timeout=seconds)
    alive = [p for p in alive if p.is_running() and p.status() != psutil.STATUS_ZOMBIE]
    for process in alive:
        process.kill()
    assert not alive


def test_a_report_that_ends_leaves_nothing(zygote, tmp_path):
    pid = zygote.start(f"{CALLS}:linger", {"ready": str(tmp_path / "ready"), "wait": False})
    wait_for(tmp_path / "ready")
    _, *started = map(int, (tmp_path / "ready").read_text().split())
    assert [(e.pid, e.status) for e in zygote.wait(10)] == [(pid, 0)]
    assert not [p for p in started if psutil.pid_exists(p)]
    assert not psutil.Process(zygote.pid).children()


def test_a_report_that_is_killed_leaves_nothing_and_the_others_go_on(zygote, tmp_path):
    first = zygote.start(f"{CALLS}:linger", {"ready": str(tmp_path / "first")})
    second = zygote.start(f"{CALLS}:linger", {"ready": str(tmp_path / "second")})
    wait_for(tmp_path / "first")
    wait_for(tmp_path / "second")
    theirs, others = family(first), family(second)
    assert len(theirs) == len(others) == 4
    os.kill(first, signal.SIGKILL)
    assert [(e.pid, e.status) for e in zygote.wait(10)] == [(first, -signal.SIGKILL)]
    assert_gone(theirs)
    assert all(p.is_running() for p in others)


def test_a_zygote_that_is_killed_leaves_nothing_and_the_next_call_opens_another(zygote, tmp_path):
    pid = zygote.start(f"{CALLS}:linger", {"ready": str(tmp_path / "ready")})
    wait_for(tmp_path / "ready")
    before, theirs = zygote.pid, family(zygote.pid)
    os.kill(before, signal.SIGKILL)
    assert [(e.pid, e.status) for e in zygote.wait(10)] == [(pid, -signal.SIGKILL)]
    assert_gone(theirs)
    assert one(zygote, "give_three").status == 3
    assert zygote.pid != before


@pytest.mark.parametrize("kind", ["Zygote('builtins:dict')", "Fresh()"])
def test_a_client_that_is_killed_leaves_nothing(kind, tmp_path):
    code = (
        "import time\nfrom analysis.reporting.engine import Fresh, Zygote\n"
        f"kept = {kind}\nkept.start('{CALLS}:linger', {{'ready': {str(tmp_path / 'ready')!r}}})\n"
        "time.sleep(600)"
    )
    client = subprocess.Popen([sys.executable, "-c", code])
    wait_for(tmp_path / "ready")
    theirs = family(client.pid)
    fork = "Zygote" in kind
    assert len(theirs) == (6 if fork else 4)  # the daemon has left the family of a process that is not forked
    client.kill()
    client.wait()
    alone = [p for p in theirs if not fork and p.is_running() and p.cmdline()[:1] == ["sleep"]]
    assert_gone([p for p in theirs if p not in alone or os.getsid(p.pid) != p.pid])


def test_closing_ends_what_runs(tmp_path):
    with Zygote("builtins:dict") as opened:
        opened.start(f"{CALLS}:linger", {"ready": str(tmp_path / "ready")})
        wait_for(tmp_path / "ready")
        theirs = family(opened.pid)
        assert len(theirs) == 5
    assert_gone(theirs, 1)
    assert opened.pid is None


def test_a_warm_up_that_fails_says_so():
    with pytest.raises(ReportError, match="could not be prepared") as caught:
        Zygote("calls_for_tests:fail").start("builtins:dict", {})
    assert "no such ledger" in str(caught.value)
    assert "--engine stock" in str(caught.value)


def test_a_warm_up_that_leaves_a_thread_is_refused(tmp_path, monkeypatch):
    (tmp_path / "threads.py").write_text(
        "import threading, time\n"
        "def go(_): threading.Thread(target=time.sleep, args=(600,), daemon=True).start()\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path), prepend=os.pathsep)
    with pytest.raises(ReportError, match="could not be prepared") as caught:
        Zygote("threads:go").start("builtins:dict", {})
    assert "threads running" in str(caught.value)


def test_where_forking_is_not_safe(monkeypatch, caplog):
    monkeypatch.setattr(sys, "platform", "darwin")
    with open_processes() as chosen:
        assert isinstance(chosen, Fresh)
    assert "fresh process" in caplog.text
    with pytest.raises(ReportError, match="cannot be forked safely"):
        Zygote()
