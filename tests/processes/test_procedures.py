import pytest

from analysis.errors import AnalysisError, StudyError
from analysis.processes import (
    FIVE_DISCUSSIONS_FIVE_PUBLICATIONS,
    FOUR_DISCUSSIONS_TWO_PUBLICATIONS,
    PROCEDURES,
    Procedure,
    ProcedureStep,
    read_procedures,
)
from analysis.processes.procedures import procedures_of, usual_procedure
from analysis.tables import values

RAISED, ANSWERED = ProcedureStep("raised"), ProcedureStep("answered")


def test_shipped_procedures_are_the_ones_of_the_field():
    steps = {p.name: p.names for p in PROCEDURES}
    assert steps == {
        "simple consultation": values.STEPS[:6],
        "four discussions and two publications": (
            "proposed", "deliberated", "examined", "decided", "published", "implemented", "result_published",
        ),
        "five discussions and five publications": (
            "suggested", "procedure_published", "proposed", "deliberated", "examined", "process_published",
            "decided", "published", "progress_published", "implemented", "result_published",
        ),
        "whistle and report": ("raised", "escalated", "arrived", "answered"),
        "contract life cycle": ("proposed", "signed", "performed", "reviewed"),
        "fund project": ("proposed", "decided", "budgeted", "published", "spent", "reviewed"),
        "participatory budgeting": (
            "proposed", "screened", "voted", "selected", "published", "implemented", "result_published",
        ),
        "online aid request": ("raised", "verified", "referred", "helped", "answered"),
    }  # fmt: skip
    assert {p.process for p in PROCEDURES} == set(values.PROCESSES)
    four = FOUR_DISCUSSIONS_TWO_PUBLICATIONS  # four discussions, two publications, nothing else required
    assert len([s for s in four.steps if s.required]) == 4 + 2
    assert len([s for s in FIVE_DISCUSSIONS_FIVE_PUBLICATIONS.steps if s.required]) == 5 + 5
    assert usual_procedure("consultation").name == "simple consultation"


@pytest.mark.parametrize(
    ("process", "steps", "text"),
    [
        ("party", (RAISED, ANSWERED), "an unknown process"),
        ("request", (RAISED, ProcedureStep("sung")), "an unknown step"),
        ("request", (RAISED, ProcedureStep("answered", only_after="sung")), "an unknown step"),
        ("request", (RAISED, ProcedureStep("answered", only_after="decided")), "not before it"),
        ("request", (ProcedureStep("raised", only_after="answered"), ANSWERED), "not before it"),
        ("request", (RAISED, ProcedureStep("answered", waived_for=("lost",))), "an unknown outcome"),
        ("request", (RAISED, RAISED), "no order"),
        ("request", (RAISED,), "no order"),
    ],
)
def test_wrong_procedures_say_what_is_wrong(process, steps, text):
    with pytest.raises(AnalysisError, match=text) as error:
        Procedure("mine", process, steps)
    assert error.value.expected
    assert error.value.mend


def test_two_procedures_of_one_name_are_refused(make_study):
    again = Procedure("Whistle  and report", "request", (RAISED, ANSWERED))
    with pytest.raises(AnalysisError, match="Two procedures have one name") as error:
        procedures_of(make_study(), (*PROCEDURES, again))
    assert error.value.value == "whistle and report"


def test_a_process_without_procedure_requires_nothing():
    stand_in = usual_procedure("fund", PROCEDURES[:2])
    assert (stand_in.opening, stand_in.closing) == ("raised", "answered")
    assert not any(step.required for step in stand_in.steps)


OWN = """
[[procedure]]
name = "seven-day rule"
name_zh = "七日制"
process = "consultation"
usual = true
steps = [
    "raised",
    { step = "discussed", by = ["resident", "council"] },
    { step = "decided", required = false },
    { step = "published", within_days = 7, since = "discussed", only_after = "decided" },
]
"""


def test_procedures_are_read_from_a_file(tmp_path):
    (tmp_path / "procedures.toml").write_text(OWN, encoding="utf-8")
    expected = Procedure(
        "seven-day rule",
        "consultation",
        (
            RAISED,
            ProcedureStep("discussed", by=("resident", "council")),
            ProcedureStep("decided", required=False),
            ProcedureStep("published", within_days=7, since="discussed", only_after="decided"),
        ),
        name_zh="七日制",
        usual=True,
    )
    assert read_procedures(tmp_path) == read_procedures(tmp_path / "procedures.toml") == (expected,)


@pytest.mark.parametrize(
    ("old", "new", "text", "mend"),
    [
        ('"raised"', '"raized"', "unknown step", "Did you mean 'raised'?"),
        ('"consultation"', '"consulting"', "unknown process", "Did you mean 'consultation'?"),
        ('"council"', '"parliament"', "unknown role or kind of organisation", "Correct"),
        ('since = "discussed", ', "", "half a deadline", "Correct"),
        ("within_days = 7", "within_days = 0", "no number of days", "Correct"),
        ("within_days = 7", 'within_days = "week"', "cannot be read", "leave it out"),
        ('since = "discussed"', 'since = "answered"', "waits for one not before it", "Correct"),
        ("usual", "usuall", "unknown key", "Did you mean 'usual'?"),
        ("required", "requird", "unknown key", "Did you mean 'required'?"),
        ("usual = true", "usual = 1", "usual of a procedure is none", "true or false"),
        ('"raised",', "3,", "neither a name nor a table", "this form"),
        ('name = "seven-day rule"', "", "has no name", "name = "),
        ("[[procedure]]", "[[procedure]", "not valid TOML", "Correct the line"),
        ("[[procedure]]", "[procedures]", "unknown key", "Did you mean 'procedure'?"),
        (OWN, "", "no procedure in the file", "Declare one"),
        (OWN, OWN + OWN, "Two procedures have one name", "another name"),
        (
            OWN,
            OWN + OWN.replace("seven-day", "six").replace("七", "六"),
            "are the usual one",
            "Take one away",
        ),
    ],
)
def test_a_wrong_file_says_where_and_what(tmp_path, old, new, text, mend):
    file = tmp_path / "mine.toml"
    assert old in OWN
    file.write_text(OWN.replace(old, new, 1) if old != OWN else new, encoding="utf-8")
    with pytest.raises(StudyError, match=text) as error:
        read_procedures(file)
    assert "mine.toml" in error.value.where
    assert mend in error.value.mend
    assert error.value.expected


def test_a_file_that_is_not_there_or_not_text(tmp_path):
    with pytest.raises(StudyError, match="cannot be read"):
        read_procedures(tmp_path)
    (tmp_path / "procedures.toml").write_bytes("名".encode("gb18030"))
    with pytest.raises(StudyError, match="cannot be read"):
        read_procedures(tmp_path)
