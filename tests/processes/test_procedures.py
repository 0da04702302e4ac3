import pytest

from analysis.errors import AnalysisError
from analysis.processes import PROCEDURES, Procedure, ProcedureStep
from analysis.processes.procedures import procedure_of
from analysis.tables import values

RAISED, ANSWERED = ProcedureStep("raised"), ProcedureStep("answered")


def test_shipped_procedures_are_the_ones_of_the_field():
    steps = {p.name: p.names for p in PROCEDURES}
    assert steps == {
        "four discussions and two publications": values.STEPS[:6],
        "whistle and report": ("raised", "escalated", "arrived", "answered"),
        "contract life cycle": ("proposed", "signed", "performed", "reviewed"),
        "fund project": ("proposed", "decided", "budgeted", "published", "spent", "reviewed"),
    }
    assert len({p.process for p in PROCEDURES}) == len(PROCEDURES)


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


def test_two_procedures_of_one_process_are_refused():
    mine = Procedure("mine", "request", (RAISED, ANSWERED))
    with pytest.raises(AnalysisError, match="2 procedures for the process 'request'"):
        procedure_of("request", (*PROCEDURES, mine))


def test_a_process_without_procedure_requires_nothing():
    stand_in = procedure_of("fund", PROCEDURES[:2])
    assert (stand_in.opening, stand_in.closing) == ("raised", "answered")
    assert not any(step.required for step in stand_in.steps)
