"""Submissions that mean harm, or only go wrong, harm nobody; answers count up to where it happened."""

import csv
import os
import sys

import nbformat
import psutil
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from analysis.errors import AnalysisError
from analysis.teaching import grade_folder, solution_copy, student_copy
from analysis.teaching.case import read_case
from analysis.teaching.grading import folder as folders
from analysis.teaching.grading import landlock, marking
from analysis.teaching.grading.attempt import Attempt, attempt
from analysis.teaching.grading.pages import page
from analysis.teaching.grading.sandbox import Limits

linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="limits of Linux")
MARK = f"a mark of this test, {os.getpid()}"


def run(cells, tmp_path, seconds=30, folder=None):
    (tmp_path / "studies").mkdir(exist_ok=True)
    return attempt(
        list(enumerate(cells, 1)), ["q1", "q2", "q3"], folder=folder, studies=tmp_path / "studies",
        limits=Limits(seconds=seconds),
    )  # fmt: skip


def test_harm_stays_inside_and_honest_answers_count(tmp_path):
    precious, own = tmp_path / "precious.txt", tmp_path / "own"
    precious.write_text("keep me")
    own.mkdir()
    (own / "data.csv").write_text("x\n41\n")
    if hasattr(os, "mkfifo"):
        os.mkfifo(own / "pipe")  # cannot be copied; must not be waited for
    (own / "analysis").mkdir()  # must not stand in for the package
    (own / "analysis" / "__init__.py").write_text(f"open({str(precious)!r}, 'w')")
    cells = [
        "import os, shutil, subprocess, socket\nq1 = int(open('data.csv').read().split()[1]) + 1",
        f"os.remove({str(precious)!r})",
        f"open({str(precious)!r}, 'w').write('gone')",
        f"shutil.rmtree({str(tmp_path)!r})",
        "os.fork()",
        "subprocess.run(['touch', 'x'])",
        "!touch y",
        f"os.kill({os.getpid()}, 9)",
        "socket.create_connection(('127.0.0.1', 9), timeout=1)",
        f"os.rename({str(precious)!r}, 'mine.txt')",
        "os.remove('data.csv'); open('mine.csv', 'w').write('allowed')",
        "class Odd:\n    def to_dict(self): raise RuntimeError\nq2 = Odd()",
        "def broken(:",
        "raise SystemExit",
        "q3 = 'b'",
    ]
    done = run(cells, tmp_path, folder=own)
    assert done.status == "finished"
    assert done.answers == {"q1": {"value": 42.0}, "q2": {"kind": "RuntimeError"}, "q3": {"value": "b"}}
    assert precious.read_text() == "keep me"
    assert (own / "data.csv").exists()
    assert not (own / "mine.csv").exists()
    assert {2, 3, 4, 5, 6, 8, 9, 10, 13, 14} <= set(done.errors)
    assert {1, 11, 12, 15}.isdisjoint(done.errors)
    assert "audit hook" in done.isolation


@linux
@pytest.mark.skipif(landlock.version() == 0, reason="a kernel without Landlock")
def test_code_that_is_not_python_is_held_too(tmp_path):
    precious = tmp_path / "precious.txt"
    precious.write_text("keep me")
    cells = [
        "import ctypes; c = ctypes.CDLL(None, use_errno=True)",
        f"q1 = c.unlink({str(precious).encode()!r})",
        f"q2 = c.truncate({str(precious).encode()!r}, 0)",
        f"q3 = c.open({str(precious).encode()!r}, 0)",  # nor read: others' submissions are no business of its
    ]
    done = run(cells, tmp_path)
    assert precious.read_text() == "keep me"
    assert {k: v["value"] for k, v in done.answers.items()} == {"q1": -1, "q2": -1, "q3": -1}
    assert "Landlock" in done.isolation


@linux
@pytest.mark.heavy
def test_a_process_that_slips_away_is_ended(tmp_path, monkeypatch):
    monkeypatch.setattr("analysis.teaching.grading.attempt.secrets.token_hex", lambda _: MARK)
    away = (
        "import ctypes, os, time; c = ctypes.CDLL(None); q1 = 1\n"
        "if c.fork() == 0:\n    c.setsid()\n    time.sleep(600)"
    )
    done = run([away, "q2 = 2"], tmp_path)
    assert done.answers["q1"] == {"value": 1.0}
    assert not [p for p in psutil.process_iter() if carries_mark(p)]


def carries_mark(process):
    try:
        alive = process.status() != psutil.STATUS_ZOMBIE
        return alive and process.environ().get("GONGZHI_SUBMISSION") == MARK
    except psutil.Error:
        return False


@linux
@pytest.mark.parametrize(
    ("harm", "status"),
    [
        ("while True: pass", "time"),
        pytest.param("import os; os._exit(0)", "ended", marks=pytest.mark.heavy),
        pytest.param("import os; os.abort()", "ended", marks=pytest.mark.heavy),
    ],
    ids=["loop", "exit", "crash"],
)
def test_what_was_answered_before_the_end_counts(harm, status, tmp_path):
    done = run(["q1 = 1", harm, "q2 = 2"], tmp_path, seconds=4)
    assert done.status == status
    assert done.answers == {"q1": {"value": 1.0}}
    assert done.last == 2


@linux
@pytest.mark.heavy
def test_greed_is_an_error_of_its_cell_alone(tmp_path):
    done = run(["x = bytearray(64 * 1024**3)", "open('big', 'wb').write(bytes(10**8))", "q1 = 1"], tmp_path)
    assert done.status == "finished"
    assert "MemoryError" in done.errors[1]
    assert 2 in done.errors
    assert done.answers == {"q1": {"value": 1.0}}


def fake_attempt(cells, names, **_):
    """Stand in for the process: an answer is right where its cell says so."""
    honest = any("honest" in text for _, text in cells)
    answers = {"q1": {"value": 4.0}, "q7": {"value": "b"}, "q8": {"kind": "dict"}}
    return Attempt(answers=answers if honest else {}, status="finished", seconds=1.0, isolation="none")


def submit(file, *cells):
    file.parent.mkdir(parents=True, exist_ok=True)
    notebook = new_notebook(cells=[new_code_cell(source) for source in cells])
    nbformat.write(notebook, file)


def test_a_class_becomes_a_table_and_pages(tmp_path, monkeypatch):
    monkeypatch.setattr(marking, "attempt", fake_attempt)
    monkeypatch.setattr(marking, "study_folder", lambda case: tmp_path / "studies" / case.slug)
    monkeypatch.setattr(folders, "rehearse", lambda case, limits, caches: caches.mkdir())
    monkeypatch.setattr("analysis.teaching.checking._function_value", lambda slug, name: 4.0)
    root, out = tmp_path / "class", tmp_path / "out"
    opening = 'study = open_case("burden_reduction")'
    submit(root / "=anna.ipynb", opening, "honest")
    submit(root / "bo" / "work.ipynb", opening)
    submit(root / "<script>.ipynb", "x = 1")
    (root / "torn.ipynb").write_text("{")
    (root / ".hidden.ipynb").write_text("{")
    results = grade_folder(root, out)
    assert [(r.student, r.total, r.status) for r in results] == [
        ("<script>", 0, "unreadable"), ("=anna", 4.0, "finished"), ("bo", 0, "finished"),
        ("torn", 0, "unreadable"),
    ]  # fmt: skip
    with (out / "points.csv").open(encoding="utf-8-sig") as stream:
        rows = {row["student"]: row for row in csv.DictReader(stream)}
    anna = rows["'=anna"]
    assert (anna["q1"], anna["q2"], anna["q7"], anna["q8"], anna["q10"]) == ("2.0", "0.0", "2.0", "0.0", "")
    assert (anna["points"], anna["out_of"], anna["by_hand"]) == ("4.0", "20.0", "5.0")
    assert len(list(out.glob("*.html"))) == 4
    for file in out.glob("*.html"):
        assert "<script" not in file.read_text(encoding="utf-8")
    text = page(results[1], "zh")
    assert "自动评分：4 / 20 分" in text
    assert "谁在什么时候启动" in text
    assert "Who started" not in text


def test_words_are_shown_as_words_and_what_nobody_wrote_as_missing(tmp_path, monkeypatch):
    monkeypatch.setattr(marking, "attempt", fake_attempt)
    monkeypatch.setattr(marking, "study_folder", lambda case: tmp_path / "studies" / case.slug)
    monkeypatch.setattr("analysis.teaching.checking._function_value", lambda slug, name: 4.0)
    for language, missing in (("zh", "没有找到答案"), ("en", "No answer was found"), (None, "No answer was")):
        file = student_copy("three_links", tmp_path / f"{language}.ipynb", language)
        text = page(marking.mark(file, "li", None, Limits(), None), language)
        assert missing in text.split("10 ")[-1]
        assert "<blockquote>" not in text
    assert "<code>matched_id</code>" in text
    notebook = nbformat.read(file, as_version=4)
    next(
        c for c in notebook.cells if c.metadata.get("nbgrader", {}).get("grade_id") == "q10"
    ).source = "a <b>"
    nbformat.write(notebook, file)
    assert "<blockquote>a &lt;b&gt;</blockquote>" in page(marking.mark(file, "li", None, Limits(), None))


def test_code_that_changes_while_a_class_is_graded_stops_the_grading(tmp_path, monkeypatch):
    from analysis.teaching import opening

    monkeypatch.setattr(marking, "attempt", fake_attempt)
    monkeypatch.setattr(marking, "study_folder", lambda case: tmp_path / "studies" / case.slug)
    monkeypatch.setattr(opening._maker, "__wrapped__", lambda: "another")
    submit(tmp_path / "a.ipynb", 'study = open_case("burden_reduction")', "honest")
    with pytest.raises(AnalysisError, match="Gongzhi was changed"):
        marking.mark(tmp_path / "a.ipynb", "a", None, Limits(), None)


def test_nothing_to_grade_is_said(tmp_path):
    with pytest.raises(AnalysisError, match="no such folder"):
        grade_folder(tmp_path / "none", tmp_path / "out")
    with pytest.raises(AnalysisError, match="nothing to grade"):
        grade_folder(tmp_path, tmp_path / "out")


def test_a_rehearsal_that_fails_stops_the_grading(tmp_path, monkeypatch):
    monkeypatch.setattr(marking, "attempt", fake_attempt)
    monkeypatch.setattr("analysis.teaching.checking._function_value", lambda slug, name: 4.0)
    with pytest.raises(AnalysisError, match="own solution does not get all points"):
        marking.rehearse(read_case("burden_reduction"), Limits(), tmp_path / "caches")


@pytest.mark.heavy
def test_a_class_of_three_is_graded(tmp_path):
    """The solution gets everything, the empty copy nothing, a loop half."""
    root = tmp_path / "class"
    good = solution_copy("burden_reduction", root / "good.ipynb")
    student_copy("burden_reduction", root / "empty.ipynb", "zh")
    looping = nbformat.read(good, as_version=4)
    stop = next(i for i, c in enumerate(looping.cells) if c.source.startswith("q7 ="))
    looping.cells[stop].source = "while True: pass"
    nbformat.write(looping, root / "loop.ipynb")
    results = {r.student: r for r in grade_folder(root, tmp_path / "out", limits=Limits(seconds=60))}
    assert results["good"].total == 20
    assert results["empty"].total == 0
    assert results["loop"].status == "time"
    assert results["loop"].total == 13
