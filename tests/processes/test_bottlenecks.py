import numpy as np
import pandas as pd
import pytest

from analysis.errors import AnalysisError
from analysis.processes import bottlenecks

ORDER = ("proposed", "signed", "performed", "reviewed")


@pytest.fixture
def study(make_study):
    """Contracts: whole, waiting after signing, skipping the performance, withdrawn, out of order."""
    steps = [
        *[("whole", s, f"2021-01-{d:02}") for s, d in zip(ORDER, (1, 3, 13, 14), strict=True)],
        ("waits", "proposed", "2021-06-01"), ("waits", "signed", "2021-06-11"),
        ("skips", "proposed", "2021-01-01"), ("skips", "signed", "2021-01-05"),
        ("skips", "reviewed", "2021-02-04"),
        ("gone", "proposed", "2021-01-01"), ("gone", "signed", "2021-01-02"),
        ("turned", "proposed", "2021-02-03"), ("turned", "signed", "2021-02-01"),
    ]  # fmt: skip
    matters = [("whole", "A"), ("waits", "A"), ("skips", "B"), ("gone", "B", "withdrawn"), ("turned", "B")]
    return make_study(matters, steps, process="contract")


def test_by_hand(study):
    found = bottlenecks(study, horizon=20).set_index("step")
    assert found.index.tolist() == list(ORDER[:3])
    assert found["next_step"].tolist() == list(ORDER[1:])
    counts = ["entered", "passed", "skipped", "waiting", "ended", "out_of_order"]
    assert found.loc["proposed", counts].tolist() == [5, 4, 0, 0, 0, 1]
    # turned signed on 1 February and is waiting since
    assert found.loc["signed", counts].tolist() == [5, 2, 1, 2, 1, 0]
    assert found.loc["performed", counts].tolist() == [1, 1, 0, 0, 0, 0]
    assert found.loc["proposed", "median_days"] == 3  # 1, 2, 4, 10
    assert found.loc["proposed", "mean_days"] == pytest.approx(17 / 4)
    # 10, 0+, 20+, 30, 150+: after the day of withdrawal four are left
    assert found.loc["signed", "mean_days"] == pytest.approx(10 + 0.75 * 10)
    assert found.loc["signed", "days_waited"] == 10 + 20 + 30 + 0 + 150
    assert found["share_of_waiting"].sum() == pytest.approx(1)
    assert (found[["passed", "waiting", "ended", "out_of_order"]].sum(axis=1) == found["entered"]).all()


def test_of_one_place(study):
    found = bottlenecks(study, place_id="A").set_index("step")
    assert found["entered"].tolist() == [2, 2, 1]
    assert bottlenecks(study, place_id="C").empty
    with pytest.raises(AnalysisError, match="no such place"):
        bottlenecks(study, place_id="X")
    with pytest.raises(AnalysisError, match="no number of days"):
        bottlenecks(study, horizon=0)


def test_steps_on_the_way_and_steps_not_recorded(make_study):
    steps = [
        ("here", "raised", "2021-01-01"), ("here", "answered", "2021-01-05"),
        ("called", "raised", "2021-01-01"), ("called", "escalated", "2021-01-02"),
        ("called", "answered", "2021-01-10"),
    ]  # fmt: skip
    found = bottlenecks(make_study([("here", "A"), ("called", "A")], steps, process="request"))
    assert found[["step", "next_step"]].to_numpy().tolist() == [
        ["raised", "answered"],
        ["escalated", "answered"],
    ]
    assert found["passed"].tolist() == [2, 1]
    assert found["skipped"].tolist() == [0, 0]
    assert found["median_days"].tolist() == [2.5, 8]


def test_procedures_apart_and_an_empty_study(make_study):
    steps = [("a", "raised", "2021-01-01"), ("a", "decided", "2021-01-02"),
             ("b", "proposed", "2021-01-01"), ("b", "decided", "2021-01-05")]  # fmt: skip
    study = make_study([("a", "A"), ("b", "A")], steps)
    study.frames["matters"]["procedure"] = pd.array([None, "四议两公开"], dtype="str")
    found = bottlenecks(study)
    assert found["procedure"].tolist() == ["simple consultation", "four discussions and two publications"]
    np.testing.assert_array_equal(found["share_of_waiting"], [1, 1])
    empty = bottlenecks(make_study())
    assert empty.empty
    assert list(empty.columns) == list(found.columns)
