"""Matters and steps that are wrong in a study folder: each gives a clear line, and the rest is used."""

import pytest

from analysis.errors import StudyError
from analysis.processes import matter_table, process_measures
from analysis.tables.check import check_study, open_study

PLACES = "place_id,kind,parent_id,population\nD,district,,\nA,community,D,100\n"
GOOD = [
    (f"g{i}", s, f"2021-0{i % 5 + 1}-{d:02}") for i in range(30) for s, d in (("raised", 1), ("answered", 9))
]


@pytest.fixture
def folder(tmp_path):
    def make(steps=(), procedure="", procedures=None):
        ids = [*dict.fromkeys(m for m, *_ in GOOD), "x"]
        matters = [f"{m},consultation,A,{procedure if m == 'x' else ''}" for m in ids]
        rows = [",".join(row) for row in (*GOOD, *steps)]
        (tmp_path / "study.toml").write_text('[study]\nfrom = "2021-01"\nuntil = "2021-06"\n')
        (tmp_path / "places.csv").write_text(PLACES)
        (tmp_path / "matters.csv").write_text(
            "\n".join(["matter_id,process,community_id,procedure", *matters]), encoding="utf-8"
        )
        (tmp_path / "steps.csv").write_text("\n".join(["matter_id,step,time", *rows]))
        if procedures is not None:
            (tmp_path / "procedures.toml").write_text(procedures, encoding="utf-8")
        return tmp_path

    return make


def found(study, rule):
    return study.problems[study.problems["rule"] == rule]


def test_a_good_study_has_none_of_these(folder):
    study = open_study(folder([("x", "raised", "2021-01-01"), ("x", "discussed", "2021-01-01")]))
    rules = ("unknown_procedure", "repeated_step", "before_opening", "not_allowed", "unreadable_procedures")
    assert not study.problems["rule"].isin(rules).any()


def test_an_unknown_step_is_set_aside(folder):
    study = open_study(folder([("x", "raised", "2021-01-01"), ("x", "sung", "2021-01-03")]))
    problem = found(study, "not_allowed").iloc[0]
    assert (problem["table"], problem["column"], problem["value"], problem["row"]) == (
        "steps",
        "step",
        "sung",
        63,
    )
    assert "result_published" in problem["hint"]
    assert len(study.steps) == 61


def test_an_unknown_procedure_is_a_note(folder):
    study = open_study(folder([("x", "raised", "2021-01-01")], procedure="五步法"))
    problem = found(study, "unknown_procedure").iloc[0]
    assert (problem["level"], problem["value"], problem["row"]) == ("note", "五步法", 32)
    assert "procedures.toml" in problem["hint"]
    assert matter_table(study).attrs["unknown_procedures"] == {"五步法": 1}


@pytest.mark.parametrize("name", ["四议两公开", "four discussions and two publications", "own", "自定"])
def test_shipped_and_own_procedures_are_known(folder, name):
    own = '[[procedure]]\nname = "own"\nname_zh = "自定"\nprocess = "consultation"\n'
    own += 'steps = ["raised", "decided"]'
    study = open_study(folder([("x", "raised", "2021-01-01")], procedure=name, procedures=own))
    assert found(study, "unknown_procedure").empty
    assert [p.name for p in study.procedures] == ["own"]
    assert [p.name for p in study.district("D").procedures] == ["own"]
    assert matter_table(study)["procedure"].notna().all()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('[[procedure]]\nname = "own"\nprocess = "consultation"\nsteps = ["raised", "sung"]', "unknown step"),
        ('[[procedure]]\nname = "四议两公开"\nprocess = "fund"\nsteps = ["raised", "decided"]', "one name"),
        ("[[procedure]", "not valid TOML"),
    ],
)
def test_procedures_that_cannot_be_used_stop_the_study(folder, text, says):
    path = folder(procedures=text)
    problem = found(check_study(path), "unreadable_procedures").iloc[0]
    assert problem["level"] == "error"
    assert says in problem["hint"]
    with pytest.raises(StudyError, match=says):
        open_study(path)


def test_repeated_steps_and_steps_before_the_opening_are_notes_and_measured(folder):
    steps = [("x", "raised", "2021-02-10"), ("x", "raised", "2021-02-10"), ("x", "discussed", "2021-02-01"),
             ("x", "discussed", "2021-02-20"), ("x", "arrived", "2021-01-01")]  # fmt: skip
    study = open_study(folder(steps))
    assert found(study, "repeated_step")["row"].tolist() == [63]
    assert found(study, "before_opening")["row"].tolist() == [64]  # arrival is no step of a consultation
    assert set(found(study, "before_opening")["level"]) == {"note"}
    row = matter_table(study).set_index("matter_id").loc["x"]
    assert row["steps_repeated"] == 2
    assert not row["order_ok"]
    frame = process_measures(study)
    cell = frame[(frame["place_id"] == "A") & (frame["measure"] == "consultation_order_violations")]
    assert cell.set_index("period").loc["2021-02", "value"] == pytest.approx(1 / 7)


def test_steps_out_of_order_are_measured(folder):
    steps = [("x", "raised", "2021-02-01"), ("x", "decided", "2021-02-05"), ("x", "discussed", "2021-02-09")]
    row = matter_table(open_study(folder(steps))).set_index("matter_id").loc["x"]
    assert not row["order_ok"]
    assert row["opened"] == row["raised"]
