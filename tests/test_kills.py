"""Commands killed at random moments: what they leave, the next command understands."""

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from hashlib import sha256

import pytest

CITY = ("--districts", "2", "--communities", "2", "--months", "12", "--seed", "5")


def start(*arguments):
    command = [sys.executable, "-m", "analysis", *map(str, arguments)]
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True
    )


def run(*arguments):
    process = start(*arguments)
    said, _ = process.communicate()
    return process.returncode, said


def kill_after(seconds, *arguments):
    """Run a command and kill it with all its children after so many seconds; return whether it was killed."""
    process = start(*arguments)
    try:
        process.communicate(timeout=seconds)
        return False
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        return True


def content(folder, *suffixes):
    """Return a hash per file of a folder; those of these suffixes, if any are named."""
    files = [f for f in sorted(folder.rglob("*")) if f.is_file() and not f.name.startswith(".")]
    chosen = [f for f in files if not suffixes or f.suffix in suffixes]
    return {f.relative_to(folder).as_posix(): sha256(f.read_bytes()).hexdigest() for f in chosen}


@pytest.fixture(scope="module")
def whole(tmp_path_factory, private_key):
    """A study, its indicators and its reports, made without a disturbance, and how long each took."""
    folder, took = tmp_path_factory.mktemp("whole"), {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GONGZHI_KEY_FILE", str(private_key))  # pictures of networks hang on it
        make(folder, took)
    return folder, took


def make(folder, took):
    for name, *arguments in (
        ("study", "simulate", folder / "study", *CITY),
        ("indicators", "indicators", folder / "study", "--out", folder / "indicators.csv"),
        ("report", "report", folder / "study", "--out", folder / "report", "--language", "zh"),
    ):
        begun = time.monotonic()
        code, said = run(*arguments)
        assert code == 0, said
        took[name] = time.monotonic() - begun


def pages(run_folder):
    return content(run_folder / "public", ".html", ".csv")


def killed_study(whole, out, seconds):
    folder, _ = whole
    killed = kill_after(seconds, "simulate", out, *CITY)
    code, said = run("check", out)
    assert (code == 0) == out.is_dir(), said
    assert run("simulate", out, *CITY)[0] == 0
    assert content(out) == content(folder / "study")
    return killed


def killed_indicators(whole, out, seconds):
    folder, _ = whole
    table = out / "indicators.csv"
    killed = kill_after(seconds, "indicators", folder / "study", "--out", table)
    expected = (folder / "indicators.csv").read_bytes()
    assert not table.exists() or table.read_bytes() == expected
    code, said = run("indicators", folder / "study", "--out", table)
    assert code == 0, said
    assert table.read_bytes() == expected
    return killed


def killed_report(whole, out, seconds):
    folder, _ = whole
    arguments = ("report", folder / "study", "--out", out, "--language", "zh")
    killed = kill_after(seconds, *arguments)
    whole_pages = pages(folder / "report")
    left = pages(out) if out.exists() else {}
    assert all(whole_pages[name] == found for name, found in left.items() if name.startswith("D"))
    code, said = run(*arguments, "--resume")
    assert code == 0, said
    assert pages(out) == whole_pages
    return killed


KILLED = {"study": killed_study, "indicators": killed_indicators, "report": killed_report}


@pytest.mark.heavy
@pytest.mark.parametrize(("command", "times"), [("study", 20), ("indicators", 15), ("report", 15)])
def test_fifty_kills_at_random_moments(whole, tmp_path, command, times):
    moments = random.Random(command)
    killed = 0
    for number in range(times):
        out = tmp_path / str(number)
        killed += KILLED[command](whole, out, moments.uniform(0.02, 1.0) * whole[1][command])
        shutil.rmtree(out)
    assert killed >= times * 0.6


def test_two_runs_at_once_leave_one_whole_table(repository, tmp_path):
    study, table = repository / "data" / "examples" / "small-city", tmp_path / "table.csv"
    both = [start("indicators", study, "--out", table, "--names", "support") for _ in range(2)]
    said = [process.communicate()[0] for process in both]
    assert [process.returncode for process in both] == [0, 0], said
    first = table.read_bytes()
    assert run("indicators", study, "--out", table, "--names", "support")[0] == 0
    assert table.read_bytes() == first
    assert first.count(b"\n") > 100
