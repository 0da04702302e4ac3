import numpy as np
import pandas as pd
import pytest

from analysis.errors import AnalysisError
from analysis.processes import PROCEDURES, Procedure, ProcedureStep, matter_table

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
