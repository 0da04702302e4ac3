"""Files appear whole or not at all, whoever is killed and whatever the disk does."""

import os
import signal
import subprocess
import sys
import time

import pytest

from analysis.cli import main
from analysis.files import describe_trouble, replacing, replacing_folder, write_whole


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_draft_takes_the_place_only_when_it_is_whole(tmp_path):
    path = tmp_path / "new" / "报告.csv"
    write_whole(path, "old\n")
    with pytest.raises(TypeError), replacing(path) as draft:
        draft.write_text("half") and draft.write_text(None)
    assert path.read_bytes() == b"old\n"
    with replacing(path) as draft:
        assert draft.suffix == ".csv"
        draft.write_bytes(b"new")
        assert path.read_bytes() == b"old\n"
    assert path.read_bytes() == b"new"
    assert names(path.parent) == ["报告.csv"]


def test_a_link_stays_a_link(tmp_path):
    write_whole(tmp_path / "real.txt", "old")
    (tmp_path / "link.txt").symlink_to("real.txt")
    write_whole(tmp_path / "link.txt", "new")
    assert (tmp_path / "link.txt").is_symlink()
    assert (tmp_path / "real.txt").read_text() == "new"


def test_a_folder_is_replaced_whole_and_kept_if_the_new_one_fails(tmp_path):
    out = tmp_path / "out"
    with replacing_folder(out) as draft:
        (draft / "a").write_text("1")
    with pytest.raises(TypeError), replacing_folder(out) as draft:
        (draft / "b").write_text("2") and draft.write_text(None)
    assert names(out) == ["a"]
    with replacing_folder(out) as draft:
        (draft / "b").write_text("2")
    assert names(out) == ["b"]
    assert names(tmp_path) == ["out"]


def test_the_old_folder_comes_back_if_the_new_one_cannot_be_moved(tmp_path, monkeypatch):
    out = tmp_path / "out"
    out.mkdir()
    (out / "a").write_text("1")
    move, moved = os.replace, []

    def second_fails(source, target):
        moved.append(target)
        if len(moved) == 2:
            raise OSError(5, "Input/output error", str(target))
        move(source, target)

    monkeypatch.setattr(os, "replace", second_fails)
    with pytest.raises(OSError, match="Input/output"), replacing_folder(out) as draft:
        (draft / "b").write_text("2")
    assert names(out) == ["a"]
    assert names(tmp_path) == ["out"]


def test_drafts_of_the_dead_are_cleared_after_a_day_and_others_stay(tmp_path):
    old, young, foreign = (tmp_path / name for name in (".t.draft-aa.csv", ".t.draft-bb.csv", ".x.draft-cc"))
    for path in (old, young, foreign):
        path.write_text("half")
    long_ago = time.time() - 2 * 24 * 3600
    os.utime(old, (long_ago, long_ago))
    os.utime(foreign, (long_ago, long_ago))
    write_whole(tmp_path / "t.csv", "whole")
    assert names(tmp_path) == [".t.draft-bb.csv", ".x.draft-cc", "t.csv"]


WRITER = """
import sys
from analysis.files import write_whole
size = 4_000_000
for turn in range(1000):
    write_whole(sys.argv[1], f"{turn % 10}" * size)
"""


def test_a_reader_never_sees_a_part_while_writers_write_and_are_killed(tmp_path):
    path = tmp_path / "shared.txt"
    write_whole(path, "0" * 4_000_000)
    writers = [subprocess.Popen([sys.executable, "-c", WRITER, str(path)]) for _ in range(2)]
    seen = set()
    try:
        for turn in range(60):
            if turn in (20, 40):
                writers[turn // 20 - 1].send_signal(signal.SIGKILL)
            content = path.read_text()
            assert len(content) == 4_000_000
            assert len(set(content)) == 1
            seen.add(content[0])
            time.sleep(0.02)
    finally:
        for writer in writers:
            writer.kill()
            writer.wait()
    assert len(seen) > 2


def test_trouble_is_told_in_one_line_with_the_way_out(repository, tmp_path, capsys):
    error = OSError(28, "No space left on device", "/somewhere/file.csv")
    assert describe_trouble(error) == (
        "The disk is full. At /somewhere/file.csv. Make room, or choose a folder on another disk."
    )
    (tmp_path / "file").write_text("")
    study = repository / "data" / "examples" / "small-city"
    code = main(["indicators", str(study), "--out", str(tmp_path / "file" / "below" / "table.parquet")])
    said = capsys.readouterr().err.strip()
    assert code == 2
    assert said.startswith("gongzhi: A part of the path is a file, not a folder. At ")
    assert len(said.splitlines()) == 1
