"""System 2, consultation in urban and rural communities (城乡社区协商): who takes part, what becomes of it.

On record: broad participation with non-registered residents, rules of who, what, procedure, effect and
accountability, links between levels, duties of information and response. No figures are on record: those
below are made up, so that results are known. The rules are a procedure with deadlines and with those who
may take each step.
"""

import pytest

from analysis import att_gt, build_panel, imputation
from analysis.processes import Procedure, ProcedureStep, bottlenecks, process_measures, representation
from analysis.tables.periods import periods_between

WINDOW = ("2021-01", "2021-12")
RULES = Procedure(
    "consultation with a duty to reply",
    "consultation",
    (
        ProcedureStep("raised", by=("resident", "volunteer", "residents_committee")),
        ProcedureStep("discussed"),
        ProcedureStep("decided", by=("council",)),
        ProcedureStep("published", within_days=7, since="decided"),
        ProcedureStep("implemented", waived_for=("rejected",)),
        ProcedureStep("answered", within_days=60, since="raised"),
    ),
    usual=True,
)
MATTERS = [
    ("m1", "A", "adopted", 80),
    ("m2", "A", "rejected", 60),
    ("m3", "A", "adopted", None),
    ("m4", "B", "adopted", 70),
    ("m5", "B", None, None),
]
STEPS = [
    ("m1", "raised", "2021-01-01", "r1"), ("m1", "discussed", "2021-01-05", None),
    ("m1", "decided", "2021-01-10", "council"), ("m1", "published", "2021-01-12", None),
    ("m1", "implemented", "2021-02-01", None), ("m1", "answered", "2021-02-10", None),
    ("m2", "raised", "2021-01-03", "n1"), ("m2", "discussed", "2021-01-08", None),
    ("m2", "decided", "2021-01-20", "council"), ("m2", "published", "2021-01-30", None),
    ("m2", "answered", "2021-02-12", None),
    ("m3", "raised", "2021-01-05", "n1"), ("m3", "decided", "2021-01-15", "council"),
    ("m3", "published", "2021-01-16", None), ("m3", "answered", "2021-03-06", None),
    ("m4", "raised", "2021-01-07", "rc"), ("m4", "decided", "2021-01-10", "property"),
    ("m4", "discussed", "2021-01-12", None), ("m4", "implemented", "2021-02-01", None),
    ("m4", "answered", "2021-02-20", None),
    ("m5", "raised", "2021-02-01", "rc"),
]  # fmt: skip


@pytest.fixture(scope="module")
def study(frame, hold):
    people = [(f"r{i}", "A", "registered", "resident") for i in range(60)]
    people += [(f"n{i}", "A", "non_registered", "resident") for i in range(40)]
    met = [f"r{i}" for i in range(18)] + [f"n{i}" for i in range(6)]
    return hold(
        WINDOW,
        procedures=[RULES],
        places=frame(
            "place_id kind parent_id population share_nonregistered",
            [("D", "district", None, None, None), ("A", "community", "D", 100, 0.4),
             ("B", "community", "D", 200, 0.1)],
        ),
        people=frame("person_id community_id residency role", people),
        organisations=frame(
            "org_id kind community_id",
            [("council", "council", "A"), ("rc", "residents_committee", "B"),
             ("property", "property_company", "B")],
        ),
        interactions=frame(
            "time community_id kind source_id gathering_id",
            [("2021-01-05", "A", "meeting" if i % 2 else "forum", who, "m1") for i, who in enumerate(met)],
        ),
        matters=frame("matter_id community_id outcome satisfaction", MATTERS).assign(process="consultation"),
        steps=frame("matter_id step time actor_id", STEPS),
    )  # fmt: skip


@pytest.fixture(scope="module")
def measured(study, cell):
    found = process_measures(study)
    return lambda place, name: cell(found, place_id=place, period="all", measure=f"consultation_{name}")


def test_it_is_held(study, survives):
    survives(study)


def test_breadth_and_inclusion(study, measured, cell):
    assert measured("A", "breadth") == pytest.approx(24 / 100)  # those in a hall and those online alike
    assert measured("D", "breadth") == pytest.approx(24 / 300)
    found = representation(study, "residency", base="places")
    assert cell(found, "ratio", place_id="A", level="non_registered") == pytest.approx((6 / 24) / 0.4)
    assert cell(found, "ratio", place_id="A", level="registered") == pytest.approx((18 / 24) / 0.6)


def test_procedure_openness_and_accountability(measured):
    assert measured("D", "completeness") == pytest.approx((1 + 1 + 4 / 6 + 5 / 6 + 1 / 6) / 5)
    assert measured("D", "order_violations") == 1 / 4  # m4 decided before it discussed; m5 has one step only
    assert measured("D", "published") == 3 / 4
    assert measured("D", "days_to_publish") == (2 + 10) / 2  # 2, 10, 1 days and m4 never: half from 2 to 10
    assert measured("D", "late") == 2 / 5  # m2 published after 10 days, m5 without an answer
    assert measured("D", "actor_violations") == 1 / 5  # the property company decided m4


def test_response_adoption_implementation_satisfaction(measured):
    assert measured("D", "answered") == 4 / 5
    assert measured("D", "days_to_answer") == 44  # 40, 40, 44, 60 days, and one open
    assert measured("D", "adopted") == 3 / 4
    assert measured("D", "implemented") == pytest.approx(2 / 3)
    assert measured("D", "satisfaction") == 70


def test_where_matters_wait(study, cell):
    found = bottlenecks(study)
    assert cell(found, "waiting", step="raised") == 1
    assert cell(found, "skipped", step="raised") == 1  # m3 was never discussed


def test_effect_on_outcomes(frame, hold, trending):
    places = [f"C{i}" for i in range(12)]
    starts = dict.fromkeys(places[:4], (3, 2.0)) | dict.fromkeys(places[4:8], (6, 5.0))
    dates = {3: "2021-04-01", 6: "2021-07-15"}
    study = hold(
        WINDOW,
        places=frame(
            "place_id kind parent_id", [("D", "district", None)] + [(p, "community", "D") for p in places]
        ),
        outcomes=trending(places, periods_between(*WINDOW), starts, "trust"),
        reforms=frame(
            "place_id reform start", [(p, "consultation", dates[first]) for p, (first, _) in starts.items()]
        ),
    )
    panel = build_panel(study)
    keys = {"unit": "place_id", "time": "time", "cohort": "cohort_consultation"}
    by_cohort = att_gt(panel, "trust", **keys, n_boot=0).aggregate("cohort").table
    assert by_cohort["estimate"].tolist() == pytest.approx([2, 5, 3.5])
    overall = imputation(panel, "trust", **keys).table.set_index("term").loc["overall", "estimate"]
    assert overall == pytest.approx((9 * 2 + 6 * 5) / 15)  # nine treated months, and six
