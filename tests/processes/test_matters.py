from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from analysis.errors import AnalysisError
from analysis.processes import (
    FOUR_DISCUSSIONS_TWO_PUBLICATIONS,
    PROCEDURES,
    Procedure,
    ProcedureStep,
    matter_table,
)
from analysis.tables.study import Study

SIX = ("raised", "discussed", "decided", "published", "implemented", "answered")
END = pd.Timestamp("2021-07-01")


def full(matter, start="2021-01-10", every=10, steps=SIX):
    first = pd.Timestamp(start)
    return [(matter, step, first + pd.Timedelta(days=every * i)) for i, step in enumerate(steps)]


@pytest.fixture
def table(make_study):
    def make(*arguments, settle_days=90, procedures=PROCEDURES, **keywords):
        made = matter_table(
            make_study(*arguments, **keywords), settle_days=settle_days, procedures=procedures
        )
        return made.set_index("matter_id")

    return make


def test_a_whole_matter(table):
    m = table([("m", "A", "adopted", 80)], full("m")).loc["m"]
    assert m["procedure"] == "simple consultation"
    assert m["opened"] == m["entered"] == m["raised"] == pd.Timestamp("2021-01-10")
    assert m["period"] == "2021-01"
    assert m["decided"] == pd.Timestamp("2021-01-30")
    assert m["completeness"] == 1
    assert m["order_ok"]
    assert not m["open"]
    assert m["days_to_answer"] == m["days_observed"] == 50
    assert pd.isna(m["censored_at"])
    assert pd.isna(m["escalated"])
    assert m["settled"]


def test_an_open_matter_is_censored_at_the_end_of_the_study(table):
    rows = table([("m", "A"), ("o", "A")], [*full("m"), ("o", "raised", "2021-06-01")])
    o = rows.loc["o"]
    assert o["open"]
    assert np.isnan(o["days_to_answer"])
    assert o["censored_at"] == END
    assert o["days_observed"] == 30
    assert not o["settled"]
    assert o["completeness"] == pytest.approx(1 / 6)
    assert pd.isna(o["order_ok"])


def test_a_withdrawn_matter_is_last_seen_at_its_last_step(table):
    steps = [*full("m"), ("w", "raised", "2021-02-01"), ("w", "discussed", "2021-02-11")]
    w = table([("m", "A"), ("w", "A", "withdrawn")], steps).loc["w"]
    assert not w["open"]
    assert w["days_observed"] == 10
    assert np.isnan(w["completeness"])
    assert w["order_ok"]


def test_steps_after_the_end_are_not_yet_taken(table):
    steps = [*full("m"), *full("late", start="2021-06-21", every=20)]
    late = table([("m", "A"), ("late", "A")], steps).loc["late"]
    assert late["open"]
    assert late["completeness"] == pytest.approx(1 / 6)
    assert pd.isna(late["discussed"])


def test_what_a_rejected_matter_need_not_do(table):
    steps = full("r", steps=("raised", "discussed", "decided", "published", "answered"))
    rows = table([("r", "A", "rejected"), ("a", "A", "adopted"), ("m", "A")],
                 [*steps, *[("a", s, t) for _, s, t in steps], *full("m")])  # fmt: skip
    assert rows.loc["r", "completeness"] == 1
    assert rows.loc["a", "completeness"] == pytest.approx(5 / 6)


def test_order_and_repeats(table):
    steps = [
        *full("m"),
        *full("swap", every=1, steps=("raised", "decided", "discussed")),
        *full("tie", every=0, steps=("raised", "discussed")),
        *full("twice", start="2021-02-05", every=2, steps=("raised", "discussed", "discussed")),
        *full("skip", every=1, steps=("answered", "raised", "discussed")),
    ]
    rows = table([(m, "A") for m in ("m", "swap", "tie", "twice", "skip")], steps)
    assert rows["order_ok"].to_dict() == {"m": True, "swap": False, "tie": True, "twice": True, "skip": False}
    assert rows["steps_repeated"].to_dict() == {"m": 0, "swap": 0, "tie": 0, "twice": 1, "skip": 0}
    assert rows.loc["twice", "discussed"] == pd.Timestamp("2021-02-07")
    # answered before it was raised: answered, after a time that is not known
    assert not rows.loc["skip", "open"]
    assert np.isnan(rows.loc["skip", "days_observed"])


def test_a_matter_without_opening_step_keeps_its_first_step(table):
    rows = table([("m", "A"), ("u", "A"), ("none", "A", "adopted"), ("blank", "A")],
                 [*full("m"), ("u", "discussed", "2021-03-05")])  # fmt: skip
    u = rows.loc["u"]
    assert pd.isna(u["opened"])
    assert u["entered"] == pd.Timestamp("2021-03-05")
    assert u["period"] == "2021-03"
    assert pd.isna(u["open"])
    assert u["completeness"] == pytest.approx(1 / 6)
    assert pd.isna(rows.loc["none", "period"])
    assert rows.loc["none", "settled"]
    assert rows.loc["none", "completeness"] == 0
    assert not rows.loc["blank", "settled"]


def test_whistle_and_report_wants_arrival_only_after_a_whistle(table):
    steps = [
        *full("here", steps=("raised", "answered")),
        *full("came", steps=("raised", "escalated", "arrived", "answered")),
        *full("nobody", steps=("raised", "escalated", "answered")),
    ]
    rows = table([(m, "A") for m in ("here", "came", "nobody")], steps, process="request")
    assert rows["completeness"].round(3).to_dict() == {"here": 1, "came": 1, "nobody": 0.667}


def test_a_contract_opens_with_its_proposal(table):
    steps = full("k", steps=("proposed", "signed", "performed", "reviewed"))
    k = table([("k", "A")], steps, process="contract").loc["k"]
    assert k["opened"] == pd.Timestamp("2021-01-10")
    assert k["days_to_answer"] == 30
    assert k["completeness"] == 1


def test_a_rejected_project_ends_without_review(table):
    steps = [
        *full("r", start="2021-02-01", every=4, steps=("proposed", "decided", "published")),
        *full("f", steps=("proposed", "decided", "budgeted", "published", "spent", "reviewed")),
    ]
    rows = table([("r", "A", "rejected"), ("f", "A", "adopted")], steps, process="fund")
    assert rows["completeness"].tolist() == [1, 1]
    assert rows["open"].tolist() == [False, False]
    assert rows.loc["r", "days_observed"] == 8
    assert np.isnan(rows.loc["r", "days_to_answer"])


def test_a_process_without_procedure_still_has_its_waits(table):
    f = table(
        [("f", "A")],
        [("f", "raised", "2021-01-01"), ("f", "answered", "2021-01-09")],
        process="fund",
        procedures=(),
    )
    assert f.loc["f", "days_to_answer"] == 8
    assert np.isnan(f.loc["f", "completeness"])
    assert pd.isna(f.loc["f", "procedure"])


def test_steps_nobody_ever_took_are_not_recorded_rather_than_missed(make_study):
    steps = [
        ("a", "raised", "2021-01-01"), ("a", "decided", "2021-01-09"), ("b", "raised", "2021-01-01"),
    ]  # fmt: skip
    rows = matter_table(make_study([("a", "A"), ("b", "A")], steps))
    assert rows.attrs["steps_not_recorded"] == {
        "consultation": ["discussed", "published", "implemented", "answered"]
    }
    assert rows["completeness"].tolist() == [1, 0.5]
    assert rows["open"].isna().all()
    assert rows["days_observed"].isna().all()


def test_a_procedure_of_ones_own(table):
    mine = Procedure("two steps", "consultation", (ProcedureStep("raised"), ProcedureStep("decided")))
    rows = table([("m", "A")], full("m"), procedures=(mine,))
    assert rows.loc["m", "procedure"] == "two steps"
    assert rows.loc["m", "days_to_answer"] == 20


def named(study, **procedures):
    column = study.matters["matter_id"].map(procedures)
    matters = study.matters.assign(procedure=column.astype("str"))
    return Study.from_frames(study.frames | {"matters": matters}, window=study.window)


FOUR = ("proposed", "deliberated", "examined", "decided", "published", "implemented", "result_published")


def test_a_matter_follows_the_procedure_it_names(make_study):
    """A village of twelve groups: one matter by all four discussions, one without the members' review."""
    steps = [*full("whole", steps=FOUR), *full("short", steps=(*FOUR[:2], *FOUR[3:5])), *full("plain")]
    study = named(
        make_study([("whole", "A"), ("short", "A"), ("plain", "A")], steps),
        whole="Four discussions and  two publications",
        short="四议两公开",
    )
    rows = matter_table(study).set_index("matter_id")
    assert rows["procedure"].tolist() == [FOUR_DISCUSSIONS_TWO_PUBLICATIONS.name] * 2 + [
        "simple consultation"
    ]
    assert rows["completeness"].round(3).tolist() == [1, 0.667, 1]
    assert rows["open"].tolist() == [False, True, False]
    assert rows["days_to_answer"].fillna(0).tolist() == [60, 0, 50]
    assert rows.loc["short", "decided_at"] == rows.loc["short", "decided"]
    assert rows["order_ok"].all()


def test_an_unknown_procedure_is_a_stated_limit(make_study):
    study = make_study([("m", "A"), ("n", "A"), ("k", "A")], [*full("m"), *full("n", every=2), *full("k")])
    study = named(study, m="six thinking hats", n="whistle and report")  # the second is of another process
    rows = matter_table(study)
    assert rows.attrs["unknown_procedures"] == {"six thinking hats": 1, "whistle and report": 1}
    rows = rows.set_index("matter_id")
    assert rows["procedure"].isna().tolist() == [True, True, False]
    assert rows["days_to_answer"].tolist() == [50, 10, 50]
    assert rows["completeness"].isna().tolist() == [True, True, False]


def test_the_studys_own_procedures_are_used(make_study):
    mine = Procedure("mine", "consultation", (ProcedureStep("raised"), ProcedureStep("decided")), usual=True)
    other = Procedure("other", "consultation", (ProcedureStep("raised"), ProcedureStep("published")))
    study = named(make_study([("m", "A"), ("n", "A")], [*full("m"), *full("n")]), n="other")
    rows = matter_table(replace(study, procedures=(other, mine)))
    assert rows["procedure"].tolist() == ["mine", "other"]
    assert rows["days_to_answer"].tolist() == [20, 30]
    # without usual = true it is only for those that name it
    rows = matter_table(replace(study, procedures=(other, replace(mine, usual=False))))
    assert rows["procedure"].tolist() == ["simple consultation", "other"]


def test_deadlines(table):
    mine = Procedure(
        "ten days",
        "consultation",
        (
            ProcedureStep("raised"),
            ProcedureStep("decided", within_days=10, since="raised", waived_for=("rejected",)),
            ProcedureStep("published", within_days=3, since="decided"),
        ),
    )
    steps = [
        *full("good", every=3, steps=("raised", "decided", "published")),
        *full("slow", every=14, steps=("raised", "decided", "published")),  # 4 and 11 days too late
        ("overdue", "raised", "2021-06-11"),
        ("young", "raised", "2021-06-25"),
        ("gone", "raised", "2021-01-01"),
        ("waived", "raised", "2021-01-01"),
    ]
    matters = [("good", "A"), ("slow", "A"), ("overdue", "A"), ("young", "A"), ("gone", "A", "withdrawn")]
    rows = table([*matters, ("waived", "A", "rejected")], steps, procedures=(mine,))
    assert rows["late"].tolist() == [False, True, True, pd.NA, pd.NA, pd.NA]
    assert rows["days_late"].fillna(-1).tolist() == [0, 11, 10, -1, -1, -1]
    assert table(matters, steps)["late"].isna().all()  # no shipped step has a deadline


def test_who_may_take_a_step(make_study):
    steps = [
        ("right", "raised", "2021-01-01", "p"), ("right", "escalated", "2021-01-02", "p"),
        ("right", "arrived", "2021-01-03", "police"),
        ("wrong", "escalated", "2021-01-02", "p"), ("wrong", "arrived", "2021-01-03", "firm"),
        ("wrong", "arrived", "2021-01-04", "police"),
        ("stranger", "arrived", "2021-01-03", "nobody"), ("blank", "arrived", "2021-01-03"),
        ("person", "arrived", "2021-01-03", "p"),
    ]  # fmt: skip
    organisations = pd.DataFrame({"org_id": ["police", "firm"], "kind": ["department", "property_company"]})
    people = pd.DataFrame({"person_id": ["p"], "community_id": ["A"], "role": ["resident"]})
    matters = [(m, "A") for m in ("right", "wrong", "stranger", "blank", "person")]
    study = make_study(matters, steps, process="request", organisations=organisations, people=people)
    assert matter_table(study)["actors_ok"].tolist() == [True, False, pd.NA, pd.NA, False]


def test_bad_arguments(make_study):
    with pytest.raises(AnalysisError, match="cannot settle before"):
        matter_table(make_study(), settle_days=-1)
    with pytest.raises(AnalysisError, match="stands twice") as error:
        matter_table(make_study([("m", "A"), ("m", "B")]))
    assert error.value.value == "m"


def test_no_matters_no_steps(make_study, table):
    columns = matter_table(make_study()).columns
    assert {"raised", "answered", "completeness", "order_ok", "days_to_answer", "open", "censored_at"} <= set(
        columns
    )
    alone = table([("m", "A", "adopted", 70)], window=None)  # nothing in the study has a date
    assert alone["settled"].tolist() == [True]
    assert alone["completeness"].isna().all()  # the study records no step at all
    assert pd.isna(alone.loc["m", "entered"])


def test_row_order_does_not_matter_and_nothing_is_mutated(make_study):
    study = make_study([("m", "A"), ("n", "B")], [*full("m"), *full("n", every=3)])
    before = {k: f.copy() for k, f in study.frames.items()}
    rows = matter_table(study).set_index("matter_id")
    for table, frame in before.items():
        pd.testing.assert_frame_equal(study.frames[table], frame)
    study.frames["steps"] = study.steps.sample(frac=1, random_state=1)
    study.frames["matters"] = study.matters[::-1]
    again = matter_table(study).set_index("matter_id")
    pd.testing.assert_frame_equal(again.loc[rows.index], rows)
