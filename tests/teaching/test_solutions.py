"""The solution of a case passes its own checks, the unsolved copy fails them; nbgrader agrees."""

import csv
import json
import os
import subprocess
import sys

import matplotlib
import nbformat
import pytest

from analysis.teaching import check_file, read_case, solution_copy, student_copy
from analysis.teaching.case import slugs
from analysis.teaching.checking import judge
from analysis.teaching.copies import marks
from analysis.teaching.grading.marking import questions


def run(file):
    """Run a notebook's code in this process; return what `check` said, by question."""
    said, names = {}, {"display": print}
    for cell in nbformat.read(file, as_version=4).cells:
        if cell.cell_type == "code":
            if marks(cell).get("grade"):
                said[marks(cell)["grade_id"]] = eval(cell.source, names)
            else:
                exec(compile(cell.source, str(file), "exec"), names)
    return said


def test_solution_passes_and_unsolved_copy_fails(tmp_path, monkeypatch):
    matplotlib.use("agg")
    asked = {q.name for q in questions("pilots") if not q.by_hand}
    solved = run(solution_copy("pilots", tmp_path / "solved"))
    assert {question for question, feedback in solved.items() if feedback.right} == asked
    unsolved = run(student_copy("pilots", tmp_path / "unsolved", "zh"))
    assert set(unsolved) == asked
    assert not any(feedback.right for feedback in unsolved.values())
    assert all("还没有答案" in feedback.text for feedback in unsolved.values())
    matplotlib.pyplot.close("all")


def test_typical_mistakes_get_their_hints():
    case = read_case("pilots")
    from analysis.teaching.answers import pilots
    from analysis.teaching.opening import case_study

    study = case_study("pilots")
    assert "This counts rows" in judge(case, "q1", pilots.never_rows(study), "en").text
    assert "all quarters" in judge(case, "q2", pilots.gap_of_all_quarters(study), "en").text
    assert "两次里能查出一次" in judge(case, "q6", pilots.slope_half_found(study), "zh").text
    assert "smaller than those" in judge(case, "q7", "a", "en").text
    assert "by default" in judge(case, "q3", pilots.did_by_default(study), "en").text
    assert "whole year" in judge(case, "q9", pilots.matched_at_start(study), "en").text
    assert ".loc[" in judge(case, "q9", [1.0, 2.0], "en").text


@pytest.mark.heavy
@pytest.mark.parametrize("slug", slugs())
def test_graded_apart_the_solution_gets_all_points_and_the_unsolved_copy_none(slug, tmp_path):
    asked = [q for q in questions(slug) if not q.by_hand]
    solved = check_file(solution_copy(slug, tmp_path / "solved"))
    assert solved.status == "finished"
    assert solved.errors == []
    assert solved.total == sum(q.points for q in asked)
    unsolved = check_file(student_copy(slug, tmp_path / "unsolved"))
    assert unsolved.errors == []  # a student may run all cells from the first minute
    assert unsolved.total == 0


@pytest.mark.heavy
@pytest.mark.parametrize("slug", slugs())
def test_every_mistake_gets_its_own_hint(slug):
    """A wrong answer that the case foresees is neither right nor answered by another hint."""
    from analysis.teaching.opening import case_study

    case = read_case(slug)
    for question, rule in case.checks.items():
        for mistake in rule.get("mistakes", ()):
            if "answer" in mistake:
                wrong = case.function(mistake["answer"])(case_study(slug))
                feedback = judge(case, question, wrong)
                assert not feedback.right, (question, mistake["answer"])
                assert feedback.texts["en"] == mistake["en"], (question, mistake["answer"])


@pytest.fixture(scope="module")
def nbgrader(tmp_path_factory):
    """An environment of nbgrader's own, whose notebooks run in the kernel of this one."""
    place = tmp_path_factory.mktemp("nbgrader")
    python = place / "env" / "bin" / "python"
    subprocess.run([sys.executable, "-m", "venv", place / "env"], check=True)
    install = subprocess.run([python, "-m", "pip", "install", "-q", "nbgrader"], capture_output=True)
    if install.returncode:
        pytest.skip("nbgrader cannot be installed here")
    kernel = place / "jupyter" / "kernels" / "python3"
    kernel.mkdir(parents=True)
    argv = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    spec = {"argv": argv, "display_name": "Python 3", "language": "python"}
    (kernel / "kernel.json").write_text(json.dumps(spec))
    course = place / "course"
    course.mkdir()
    (course / "nbgrader_config.py").write_text(
        "c = get_config()\nc.ExecutePreprocessor.timeout = 900\nc.ExecutePreprocessor.startup_timeout = 300\n"
    )
    path = f"{place / 'env' / 'bin'}{os.pathsep}{os.environ['PATH']}"
    variables = os.environ | {"PATH": path, "JUPYTER_PATH": str(place / "jupyter")}

    def call(*arguments):
        command = [python, "-m", "nbgrader", *arguments]
        done = subprocess.run(command, cwd=course, env=variables, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr[-3000:]
        return done.stderr

    return course, call


@pytest.mark.heavy
@pytest.mark.parametrize("slug", slugs())
def test_nbgrader_takes_the_case_as_it_is(slug, nbgrader):
    course, call = nbgrader
    case = read_case(slug)
    source = course / "source" / slug / f"{slug}.ipynb"
    source.parent.mkdir(parents=True)
    source.write_bytes(case.notebook.read_bytes())
    said = call("generate_assignment", slug, "--create")
    assert "ERROR" not in said
    assert "WARNING" not in "\n".join(line for line in said.splitlines() if "GenerateAssignmentApp" in line)
    released = nbformat.read(course / "release" / slug / f"{slug}.ipynb", as_version=4)
    assert "reveal(" not in "\n".join(cell.source for cell in released.cells)
    asked = questions(slug)
    full = sum(q.points for q in asked if not q.by_hand)
    copy = nbformat.read(student_copy(slug, course / "copies", "zh"), as_version=4)
    _submit(course, "solved", slug, _solve(copy, case))
    _submit(course, "unsolved", slug, released)
    call("autograde", slug)
    call("generate_feedback", slug)
    call("export")
    with open(course / "grades.csv", newline="", encoding="utf-8") as file:
        rows = {r["student_id"]: r for r in csv.DictReader(file) if r["assignment"] == slug}
    assert {student: float(rows[student]["score"]) for student in ("solved", "unsolved")} == {
        "solved": full,
        "unsolved": 0,
    }
    assert {float(row["max_score"]) for row in rows.values()} == {sum(q.points for q in asked)}
    page = (course / "feedback" / "unsolved" / slug / f"{slug}.html").read_text(encoding="utf-8")
    assert all(q.name in page for q in asked)
    assert "reveal(" not in page
    assert (course / "feedback" / "solved" / slug / f"{slug}.html").stat().st_size > 10_000


def _solve(released, case):
    """Put the master's solutions into a student's copy."""
    solutions = {marks(c)["grade_id"]: c.source for c in nbformat.read(case.notebook, 4).cells if marks(c)}
    for cell in released.cells:
        if marks(cell).get("solution"):
            cell.source = solutions[marks(cell)["grade_id"]]
    return released


def _submit(course, student, slug, notebook):
    file = course / "submitted" / student / slug / f"{slug}.ipynb"
    file.parent.mkdir(parents=True)
    nbformat.write(notebook, file)
