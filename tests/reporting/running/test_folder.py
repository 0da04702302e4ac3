"""Folders without room or permission: one clear error for the whole batch, whole files only."""

import json
import os
import subprocess
from contextlib import suppress

import pytest

from analysis.errors import ReportError
from analysis.reporting.running import make as making


@pytest.fixture
def tiny(tmp_path):
    """A file system of a few hundred kilobytes."""
    folder = tmp_path / "out"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=640k", "tmpfs", str(folder)]
    if os.name == "nt" or subprocess.run(command, capture_output=True).returncode:
        pytest.skip("no file system can be mounted here (that needs root)")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


@pytest.mark.heavy
def test_full_disk(make, tiny):
    with pytest.raises(ReportError, match="cannot be written") as caught:
        make("print('x' * 120_000)")
    assert "No space left" in caught.value.value
    pages = list((tiny / "public").glob("*.html"))
    assert len(pages) < 4
    assert all(page.read_text(encoding="utf-8").rstrip().endswith("</html>") for page in pages)
    left = [p for p in tiny.rglob(".*") if p.name != ".lock"]
    assert not left


def test_full_disk_while_a_report_is_published(pretend, monkeypatch, state, journal, tmp_path):
    def full(self, verdict):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(making.Maker, "_publish", full)
    with pytest.raises(ReportError, match="cannot be written") as caught:
        pretend()
    assert caught.value.value == "No space left on device"
    assert "--resume" in caught.value.mend
    assert not list((tmp_path / "out" / "public").iterdir())
    assert journal()[-1]["event"] == "run_ended"
    assert {e["status"] for e in state().values()} == {"not_started"}


@pytest.mark.heavy
def test_folder_that_is_full_to_the_last_byte(make, tiny, monkeypatch):
    """The process of the report cannot even leave its receipt: its exit status and a look tell."""
    begin = making.Maker._begin

    def spoiled(self, name, number):
        begun = begin(self, name, number)
        with suppress(OSError), open(tiny / "filler", "wb", buffering=0) as filler:
            while True:
                filler.write(b"0" * 4096)
        return begun

    monkeypatch.setattr(making.Maker, "_begin", spoiled)
    with pytest.raises(ReportError, match="cannot be written") as caught:
        make("", jobs=1)
    assert "No space left" in caught.value.value
    assert not list((tiny / "public").iterdir())


def test_folder_that_cannot_be_made(pretend, tmp_path):
    (tmp_path / "out").write_text("in the way")
    with pytest.raises(ReportError, match="cannot be written") as caught:
        pretend()
    assert "--out" in caught.value.mend


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may write everywhere")
def test_read_only_folder(pretend, tmp_path):
    (tmp_path / "out").mkdir(mode=0o500)
    with pytest.raises(ReportError, match="cannot be written"):
        pretend()


def test_journal_that_cannot_be_written(pretend, tmp_path):
    with pytest.raises(ReportError, match="journal"):
        pretend(log_json=tmp_path / "nowhere" / "events.jsonl")


def test_two_runs_in_one_folder(pretend, tmp_path):
    fcntl = pytest.importorskip("fcntl")
    pretend()
    with open(tmp_path / "out" / "internal" / ".lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(ReportError, match="Another run"):
            pretend()


def test_events_as_they_happen(pretend, journal, tmp_path):
    pretend(districts=("D1",), log_json=tmp_path / "events.jsonl")
    events = [json.loads(line) for line in (tmp_path / "events.jsonl").read_text().splitlines()]
    assert [e["event"] for e in events] == [
        "run_started", "city_started", "city_ended", "report_started", "report_ended", "run_ended",
    ]  # fmt: skip
    assert events[4]["status"] == "made"
    assert len(events[4]["key"]) == 64
    pretend(districts=("D1",))
    assert len(journal()) == 12  # only ever appended to
