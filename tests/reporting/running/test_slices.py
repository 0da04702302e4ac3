"""What the key of a report sees of the city stage, and what it does not."""

import numpy as np
import pandas as pd
import pytest

from analysis.reporting.city import City
from analysis.reporting.running.slices import city_numbers, moved, slice_city


def a_city(**changes):
    """Two districts of one community; changes: frame -> function of the frame."""
    frames = {
        "places": pd.DataFrame(
            {
                "place_id": ["C", "D1", "D2", "a", "b"],
                "kind": ["city", "district", "district", "community", "community"],
                "district_id": [None, "D1", "D2", "D1", "D2"],
            }
        ),
        "outcomes": pd.DataFrame(
            {
                "place_id": ["D1", "D2", "a", "b"], "period": "all", "measure": "trust",
                "value": [1 / 3, 2 / 3, 0.0, np.nan], "n": [50, 60, 50, 60],
            }
        ),
        "mobilisation": pd.DataFrame(
            {"place_id": ["D1", "D2"], "indicator": "recruited", "value": [0.5, 0.4], "null_mean": [0.2, 0.3]}
        ),
        "funnel": pd.DataFrame({"district_id": ["D1", "D2", "D2"], "step": ["a", "a", None], "matters": 3}),
        "lists": pd.DataFrame({"district_id": ["D1", "D2"], "names": [["x"], ["y", "z"]]}),
        "effects": pd.DataFrame(
            {"reform": "r", "outcome": "trust", "district": [None, "D1", "D2"], "estimate": [0.5, 0.4, 0.6]}
        ),
        "indicators": pd.DataFrame(
            {
                "place_id": ["D1", "D1", "D2", "D2"], "period": "all", "n": 9,
                "indicator": ["density", "exposure_age"] * 2, "value": [0.1, 0.9, 0.2, 1.1],
            }
        ),
        "waiting": pd.DataFrame(
            {"district_id": ["D1", "D1", "D2", "D2"], "days": [1.0, 999.0] * 2, "at_risk": 9}
        ),
        "panel": pd.DataFrame({"district_id": ["D1", "D2"], "trust": [1.0, 2.0]}),
    }  # fmt: skip
    for name, change in changes.items():
        frames[name] = change(frames[name].copy())
    return City({"periods": ["2021-01"], "inputs": {"x": "1"}}, frames)


def put(row, column, value):
    def change(frame):
        frame.loc[row, column] = value
        return frame

    return change


def changed(**changes):
    before, after = slice_city(a_city()), slice_city(a_city(**changes))
    return {district for district in before if before[district] != after[district]}


@pytest.mark.parametrize(
    ("frame", "change", "districts"),
    [
        ("outcomes", put(1, "value", 0.66), {"D2"}),
        ("outcomes", put(0, "value", 1 / 3 + 1e-5), {"D1"}),
        ("outcomes", put(3, "value", 0.1), {"D2"}),  # its community
        ("outcomes", put(2, "n", 51), {"D1"}),
        ("outcomes", put(0, "value", 1 / 3 + 1e-13), set()),  # the same sum in another order
        ("outcomes", put(0, "measure", "other"), {"D1"}),
        ("outcomes", lambda f: f.assign(more=1), {"D1", "D2"}),
        ("funnel", lambda f: f.iloc[[0, 2, 1]], {"D2"}),
        ("funnel", lambda f: f.iloc[:2], {"D2"}),
        ("funnel", put(2, "step", "b"), {"D2"}),
        ("lists", lambda f: f.assign(names=[["x"], ["y"]]), {"D2"}),
        ("mobilisation", put(0, "value", 0.6), {"D1"}),
        ("mobilisation", put(0, "null_mean", 0.25), set()),  # by chance, from one stream for all
        ("indicators", put(0, "value", 0.12), {"D1"}),
        ("indicators", put(1, "value", 0.92), set()),  # against the whole city
        ("waiting", put(0, "at_risk", 8), {"D1"}),
        ("waiting", lambda f: f.iloc[[0, 2, 3]], set()),  # the city decides how far the days go
        ("effects", put(1, "estimate", 0.45), set()),
        ("panel", put(1, "trust", 3.0), set()),
    ],
)
def test_a_district_sees_its_own_rows(frame, change, districts):
    assert changed(**{frame: change}) == districts


def test_numbers_shared_with_others_are_watched_to_three_digits():
    def names(**changes):
        return moved(city_numbers(a_city()), city_numbers(a_city(**changes)))

    assert names() == []
    assert names(outcomes=put(1, "value", 0.6667)) == []
    assert "trust of district, quantile 1.0" in names(outcomes=put(1, "value", 0.9))
    assert names(effects=put(0, "estimate", 0.51)) == ["effects r trust estimate"]
    before, after = city_numbers(a_city()), city_numbers(a_city(effects=put(1, "estimate", 0.45)))
    assert {d for d in before if before[d] != after[d]} == {"D1"}
    after = city_numbers(a_city(mobilisation=put(1, "null_mean", 0.35)))
    assert {d for d in before if before[d] != after[d]} == {"D2"}


def test_nothing_is_changed_by_looking():
    city = a_city()
    before = {name: frame.copy() for name, frame in city.frames.items()}
    slice_city(city), city_numbers(city)
    for name, frame in city.frames.items():
        pd.testing.assert_frame_equal(frame, before[name])
