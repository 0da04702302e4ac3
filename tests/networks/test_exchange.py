"""A time bank's hours: hand-calculated, and against a count pair by pair."""

import numpy as np
import pandas as pd
import pytest

from analysis.errors import StudyError
from analysis.networks import exchange_measures
from analysis.tables.study import Study

PLACES = pd.DataFrame(
    [("D", "district", None), ("S", "street", "D"), ("A", "community", "S"), ("B", "community", "S")],
    columns=["place_id", "kind", "parent_id"],
)
COLUMNS = ["time", "community_id", "kind", "source_id", "target_id", "gathering_id", "hours", "status"]
ACTS = [
    ("2021-01-05", "A", "help", "p", "q", None, 4, "done"),
    ("2021-01-09", "A", "skill", "q", "p", None, 1, None),
    ("2021-02-01", "A", "help", "q", "r", None, 2, "done"),
    ("2021-02-02", "B", "help", "r", "p", None, 3, "done"),
    ("2021-02-03", "A", "help", "p", "r", None, None, "done"),  # states no hours
    ("2021-02-03", "A", "help", "p", "r", None, 9, "cancelled"),
    ("2021-02-04", "A", "activity", "p", None, "g", 5, "done"),  # towards nobody
    ("2021-02-05", "A", "help", "s", "r", None, 0, "done"),  # no time given
]


def make(acts=ACTS, window=("2021-01", "2021-03")):
    acts = pd.DataFrame(acts, columns=COLUMNS)
    acts["time"] = pd.to_datetime(acts["time"])
    return Study.from_frames({"places": PLACES, "interactions": acts}, window=window)


def cells(found, place, period="all"):
    rows = found[(found["place_id"] == place) & (found["period"] == period)].set_index("measure")
    return rows["value"].to_dict(), rows["n"].to_dict()


def test_hours_by_hand():
    found = exchange_measures(make())
    value, n = cells(found, "A")
    # given p 4, q 3; received q 4, p 1, r 2; p gets 1 of 4 back, q 3 of 3; from each other 1 and 1 of 7
    assert value == pytest.approx(
        {"exchange_hours": 7, "exchange_people": 3, "exchange_both": 2 / 3, "exchange_covered": 4 / 7,
         "exchange_returned": 2 / 7}
    )  # fmt: skip
    assert n == {"exchange_hours": 3, "exchange_people": 3, "exchange_both": 3, "exchange_covered": 3,
                 "exchange_returned": 2}  # fmt: skip
    value, _ = cells(
        found, "D"
    )  # r gives 3 elsewhere: p 4 given, 4 received; q 3 of 4; r 3 given, 2 received
    assert value["exchange_covered"] == pytest.approx((4 + 3 + 2) / 10)
    assert value["exchange_both"] == 1
    assert found.attrs == {"without_hours": 1}


def test_empty_cells_and_kinds():
    found = exchange_measures(make(), kinds=("skill",))
    value, n = cells(found, "A")
    assert value["exchange_hours"] == 1
    assert value["exchange_returned"] == 0
    value, n = cells(found, "A", "2021-03")
    assert value["exchange_hours"] == value["exchange_people"] == 0
    assert np.isnan(value["exchange_covered"])
    assert not any(n.values())
    assert not len(exchange_measures(make(), kinds=("goods",)))
    assert not len(exchange_measures(make([])))
    with pytest.raises(StudyError, match="no such kind"):
        exchange_measures(make(), kinds=("helps",))


def test_agrees_with_a_count_pair_by_pair():
    rng = np.random.default_rng(3)
    acts = [
        (f"2021-0{rng.integers(1, 4)}-11", rng.choice(["A", "B"]), "help", f"p{a}", f"p{b}", None,
         int(rng.integers(1, 6)), "done")
        for a, b in rng.integers(0, 9, (120, 2)) if a != b
    ]  # fmt: skip
    study = make(acts)
    hours = study.interactions.groupby(["source_id", "target_id"])["hours"].sum().unstack()
    names = sorted(set(hours.index) | set(hours.columns))
    h = hours.reindex(index=names, columns=names).fillna(0).to_numpy()
    value, _ = cells(exchange_measures(study), "S")
    assert value["exchange_returned"] == pytest.approx(np.minimum(h, h.T).sum() / h.sum())
    assert value["exchange_covered"] == pytest.approx(np.minimum(h.sum(0), h.sum(1)).sum() / h.sum())
    shuffled = exchange_measures(make(acts[::-1]))
    pd.testing.assert_frame_equal(shuffled, exchange_measures(study))
