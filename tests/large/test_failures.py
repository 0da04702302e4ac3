"""A split is there whole or not at all, whatever happens; and what is not right is said in one message."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest

from analysis.cli import main
from analysis.errors import StudyError
from analysis.large import is_split, open_split, parts, sorting, split, split_log
from analysis.tables import example_study, open_study

sys.path.insert(0, str(Path(__file__).parent))
from split_studies import a_log, in_order, write_study


@pytest.fixture
def study(tmp_path, monkeypatch):
    monkeypatch.setattr(split, "ROWS_AT_ONCE", 70)
    return write_study(tmp_path / "study", a_log(200), ".parquet")


def test_the_command_accounts_for_every_row_and_the_split_is_no_raw_study(study, tmp_path, capsys):
    assert main(["split", str(study), str(tmp_path / "out"), "--memory", "500MB"]) == 0
    said = capsys.readouterr().out
    account = open_split(tmp_path / "out").accounting
    total = account.query("table == 'interactions' and rule == ''").iloc[0]
    assert total["rows_in"] == 200 == total["kept"] + total["set_aside"]
    assert f"{total['kept']:,}" in said
    assert "unknown place" in said
    assert "3 districts" in said
    assert main(["check", str(tmp_path / "out")]) == 2
    assert "split study" in capsys.readouterr().err
    again = tmp_path / "again.parquet"
    assert main(["indicators", str(tmp_path / "out"), "--out", str(again), "--names", "density"]) == 0
    assert set(pd.read_parquet(again)["place_id"]) >= {"D0", "D1", "C0", "lone"}


def test_in_a_district_acts_lie_month_by_month_and_open_in_the_order_of_the_log(study, tmp_path):
    done = split_log(study, tmp_path / "out", progress=False)
    file = next((tmp_path / "out" / "districts").glob("00001-D0/interactions.checked.parquet"))
    lying = pq.read_table(file).to_pandas()
    months = lying["time"].dt.to_period("M")
    assert months.is_monotonic_increasing
    assert (lying.groupby(months)["row"].diff().dropna() > 0).all()
    assert not lying["row"].is_monotonic_increasing
    assert done.interactions("D0").index.is_monotonic_increasing
    assert list(done.interactions("D0").index) == sorted(lying["row"])


def test_no_identifier_reaches_the_disk(study, tmp_path):
    split_log(study, tmp_path / "out", progress=False)
    raw = {f"r{n}" for n in range(60)} | {"nobody", "13812345678"}
    looked_at = 0
    for file in (tmp_path / "out").rglob("*.parquet"):
        for name, column in pq.read_table(file).to_pandas().items():
            if name != "row":
                looked_at += 1
                assert not raw & set(column.dropna().astype(str)), (file.name, name)
    assert looked_at > 100


def test_forgetting_pseudonyms_and_keeping_few_problems_changes_nothing_else(study, tmp_path, monkeypatch):
    whole = open_study(study)
    monkeypatch.setattr(parts, "REMEMBERED", 5)
    monkeypatch.setattr(parts, "SHOWN", 3)
    done = split_log(study, tmp_path / "out", progress=False)
    pd.testing.assert_frame_equal(done.district("D0").interactions, whole.district("D0").interactions)
    assert done.problems.groupby(["table", "column", "rule"]).size().max() == 3
    every = pd.read_parquet(tmp_path / "out" / "whole" / "problems.parquet").astype(whole.problems.dtypes)
    pd.testing.assert_frame_equal(in_order(every), in_order(whole.problems))


def test_a_study_without_a_log_and_one_with_an_empty_log(study, tmp_path):
    pq.write_table(pq.read_table(study / "log.parquet").slice(0, 0), study / "log.parquet")
    done = split_log(study, tmp_path / "out", progress=False)
    assert "no_rows" in set(done.problems.query("table == 'interactions'")["rule"])
    assert not len(done.district("D0").interactions)
    (study / "study.toml").write_text("[study]\nfrom = '2021-01'\nuntil = '2021-03'\nmax_set_aside = 0.5\n")
    (study / "log.parquet").unlink()
    done = split_log(study, tmp_path / "out", progress=False)  # in the place of the older split
    whole = open_study(study)
    pd.testing.assert_frame_equal(in_order(done.accounting), in_order(whole.accounting))
    for table, frame in whole.district("D1").frames.items():
        pd.testing.assert_frame_equal(done.district("D1").frames[table], frame)
    assert "3 districts, 2021-01 to 2021-03" in repr(done)


def leftovers(folder):
    return sorted(path.name for path in folder.iterdir() if path.name not in ("study", "out"))


def test_too_many_rows_set_aside_leaves_nothing(study, tmp_path):
    toml = (study / "study.toml").read_text()
    (study / "study.toml").write_text(toml.replace("0.6", "0.05"))
    with pytest.raises(StudyError) as ours:
        split_log(study, tmp_path / "out", progress=False)
    with pytest.raises(StudyError) as theirs:
        open_study(study)
    assert "may be" in str(ours.value)
    assert str(ours.value) == str(theirs.value)
    assert not (tmp_path / "out").exists()
    assert not leftovers(tmp_path)


@pytest.mark.parametrize(
    "trouble", [KeyboardInterrupt, StudyError("half way", where="log"), OSError(28, "full")]
)
def test_whatever_fails_half_way_the_older_split_stays(study, tmp_path, monkeypatch, trouble):
    split_log(study, tmp_path / "out", progress=False)
    before = {p: p.read_bytes() for p in (tmp_path / "out").rglob("*") if p.is_file()}
    plain, calls = parts.LogCheck.check_part, []

    def fail_later(self, raw, now):
        calls.append(1)
        if len(calls) == 3:
            raise trouble
        return plain(self, raw, now)

    monkeypatch.setattr(parts.LogCheck, "check_part", fail_later)
    with pytest.raises(KeyboardInterrupt if trouble is KeyboardInterrupt else StudyError) as raised:
        split_log(study, tmp_path / "out", progress=False)
    if isinstance(trouble, OSError):
        assert "The disk is full" in str(raised.value)
    assert before == {p: p.read_bytes() for p in (tmp_path / "out").rglob("*") if p.is_file()}
    assert not leftovers(tmp_path)


def test_a_full_disk_is_one_message_and_leaves_nothing(study, tmp_path):
    code = (
        "import resource, signal, sys\n"
        "from analysis.cli import main\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (6000, 6000))\n"
        f"sys.exit(main(['split', {str(study)!r}, {str(tmp_path / 'out')!r}]))\n"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert ended.returncode == 2, ended.stderr
    assert "Traceback" not in ended.stderr
    assert "cannot be split" in ended.stderr
    assert not leftovers(tmp_path)
    assert not (tmp_path / "out").exists()


def test_what_duckdb_says_of_memory_and_disk_is_told_apart(tmp_path):
    import duckdb

    full = sorting._trouble(duckdb.IOException("IO Error: No space left on device"), "1GB", tmp_path)
    little = sorting._trouble(duckdb.OutOfMemoryException("Out of Memory Error: failed"), "1MB", tmp_path)
    assert "room on the disk" in str(full)
    assert "--memory 2GB" in str(little)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"memory": "much"}, "amount of memory"), ({"memory": "1GB'; DROP"}, "amount of memory"),
        ({"threads": 0}, "number of threads"),
    ],
)  # fmt: skip
def test_amounts_that_are_none(study, tmp_path, options, words):
    with pytest.raises(StudyError, match=words):
        split_log(study, tmp_path / "out", progress=False, **options)


def test_a_folder_that_is_taken_is_not_touched(study, tmp_path):
    taken = tmp_path / "mine"
    taken.mkdir()
    (taken / "letter.txt").write_text("keep")
    with pytest.raises(StudyError, match="holds something else"):
        split_log(study, taken, progress=False)
    with pytest.raises(StudyError, match="holds something else"):
        split_log(study, study, progress=False)
    assert (taken / "letter.txt").read_text() == "keep"


def test_a_split_that_is_not_whole_says_so(tmp_path):
    shutil.copytree(example_study(), tmp_path / "study")
    done = split_log(tmp_path / "study", tmp_path / "out", progress=False)
    with pytest.raises(StudyError, match="no district 'D9'"):
        done.district("D9")
    next((tmp_path / "out" / "districts").glob("*/people.checked.parquet")).write_bytes(b"torn")
    with pytest.raises(StudyError, match="not whole"):
        done.district(done.districts[0])
    header = json.loads((tmp_path / "out" / "split.json").read_text())
    (tmp_path / "out" / "split.json").write_text(json.dumps(header | {"format": 99}))
    with pytest.raises(StudyError, match="another version"):
        open_split(tmp_path / "out")
    (tmp_path / "out" / "split.json").write_text("{")
    with pytest.raises(StudyError, match="no split study"):
        open_split(tmp_path / "out")
    assert not is_split(tmp_path / "study")
