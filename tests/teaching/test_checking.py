"""Checks: what is right, which hint a mistake gets, and that no hint holds the figure."""

import re

import numpy as np
import pandas as pd
import pytest

from analysis.errors import AnalysisError
from analysis.teaching import check, open_case, seal
from analysis.teaching.case import Case
from analysis.teaching.checking import judge, plain

RULE = {"en": "own hint", "zh": "提示"}


@pytest.fixture
def case(monkeypatch):
    """A case whose study is a number, with one check of each kind."""
    functions = {
        "half": lambda study: study / 2,
        "count": lambda study: int(study),
        "double": lambda study: 2 * study,
        "table": lambda study: pd.Series({"north": study, "south": 1.0}),
        "names": lambda study: ["b", "a"],
    }
    checks = {
        "q1": RULE | {"answer": "half", "tolerance": 0.01, "mistakes": [
            {"answer": "double", "en": "twice, not half", "zh": "是一半"}]},
        "q2": RULE | {"sealed": seal("toy", "q2", "b"), "choices": ["a", "b"], "mistakes": []},
        "q3": RULE | {"answer": "table", "tolerance": 0.01},
        "q4": RULE | {"answer": "names"},
        "q5": RULE | {"answer": "count"},
    }  # fmt: skip
    monkeypatch.setattr(Case, "function", lambda self, name: functions[name])
    monkeypatch.setattr(
        "analysis.teaching.checking._function_value", lambda slug, name: plain(functions[name](0.5))
    )
    return Case("toy", {"checks": checks})


@pytest.mark.parametrize(
    ("question", "answer", "right", "words"),
    [
        ("q1", 0.25, True, "Right"),
        ("q1", np.float64(0.259), True, "Right"),
        ("q1", 1.0, False, "twice"),
        ("q1", 25.0, False, "factor of 100"),
        ("q1", -0.25, False, "sign"),
        ("q1", 0.27, False, "Close, but not within what rounding explains. own hint"),
        ("q1", 7, False, "own hint"),
        ("q1", "0.25", False, "A number"),
        ("q1", True, False, "A number"),
        ("q1", float("nan"), False, "A number"),
        ("q1", [0.25], False, "A number"),
        ("q1", None, False, "No answer yet"),
        ("q1", ..., False, "No answer yet"),
        ("q2", " B", True, "Right"),
        ("q2", "a", False, "own hint"),
        ("q2", "z", False, "One of these is asked for: a, b"),
        ("q2", 2, False, "One of these"),
        ("q2", ..., False, "No answer yet"),
        ("q3", {"south": 1, "north": 0.5}, True, "Right"),
        ("q3", pd.DataFrame({"x": [0.5, 1.0]}, index=["north", "south"]), True, "Right"),
        ("q3", {"north": 0.5}, False, "rows: north, south"),
        ("q3", {"north": 0.9, "south": 1}, False, "own hint"),
        ("q4", pd.Index(["a", "b"]), True, "Right"),
        ("q4", {"b", "a"}, True, "Right"),
        ("q4", ["a"], False, "own hint"),
        ("q4", 3.0, False, "list of names"),
        ("q5", 0, True, "Right"),
        ("q5", 1, False, "own hint"),
    ],
)
def test_an_answer_gets_its_words(case, question, answer, right, words):
    feedback = judge(case, question, answer, "en")
    assert feedback.right is right
    assert bool(feedback) is right
    assert words in feedback.text
    assert words in repr(feedback)
    assert not re.search(r"0\.25|0\.5\b", feedback.text)


def test_feedback_shows_itself_and_can_be_required(case):
    wrong = judge(case, "q1", 7)
    assert "own hint" in wrong.text
    assert "提示" in wrong.text
    assert "提示" in wrong._repr_html_()
    with pytest.raises(AssertionError, match="own hint"):
        wrong.require()
    judge(case, "q1", 0.25).require()


def test_check_wants_an_open_case_and_a_known_question(monkeypatch):
    from analysis.teaching import opening

    monkeypatch.setitem(opening._now, "case", None)
    with pytest.raises(AnalysisError, match="No case is open"):
        check("q1", 1)
    with pytest.raises(AnalysisError, match="language"):
        open_case("burden_reduction", "fr")


def test_the_study_holds_no_truth_and_checks_meet_it(monkeypatch, tmp_path):
    from analysis.teaching import opening

    monkeypatch.setenv(opening.PLACE, str(tmp_path))
    opening.case_study.cache_clear()
    study = open_case("burden_reduction", "zh")
    (folder,) = tmp_path.iterdir()
    written = {path.name for path in folder.iterdir()}
    assert written == {"study.toml", "places.csv", "duties.csv", "outcomes.csv", "reforms.csv"}
    assert "2117" not in (folder / "study.toml").read_text()  # the seed
    assert study.name_zh == "青海：给社区减负"
    assert check("q1", 4)
    assert "社区的个数" in check("q1", 84).text
    assert "启动月份" in check("q1", 5).text
    with pytest.raises(AnalysisError, match="no automatic check"):
        check("q10", "words")
    opening.case_study.cache_clear()


def test_a_place_that_cannot_be_made_is_said(monkeypatch, tmp_path):
    from analysis.teaching import opening

    (tmp_path / "file").write_text("")
    monkeypatch.setenv(opening.PLACE, str(tmp_path / "file" / "cases"))
    opening.case_study.cache_clear()
    with pytest.raises(AnalysisError, match="cannot be made"):
        open_case("burden_reduction")
