"""Outcomes pooled over places and periods, with the error that their rows state."""

import numpy as np
import pandas as pd
import pytest

from analysis.outcomes import outcome_measures
from analysis.simulate.city import _Draft
from analysis.simulate.setting import Setting
from analysis.simulate.truth import Truth
from analysis.tables.study import Study

PLACES = pd.DataFrame(
    {
        "place_id": ["D", "A", "B"],
        "kind": ["district", "community", "community"],
        "parent_id": [None, "D", "D"],
    }
)


def study_of(rows):
    columns = ["place_id", "period", "value", "n", "std_error"]
    outcomes = pd.DataFrame(rows, columns=columns).assign(measure="trust")
    return Study.from_frames({"places": PLACES, "outcomes": outcomes}, window=("2021-01", "2021-02"))


def cell(found, place, period="all"):
    row = found[(found["place_id"] == place) & (found["period"] == period)].iloc[0]
    return row["value"], row["n"], row["std_error"]


def test_errors_pool_as_those_of_independent_samples():
    found = outcome_measures(
        study_of(
            [
                ("A", "2021-01", 60.0, 100, 2.0),
                ("B", "2021-01", 50.0, 300, 1.0),
                ("A", "2021-02", 64.0, 50, 3.0),
            ]
        )
    )
    assert cell(found, "A", "2021-01") == (60.0, 100, 2.0)
    value, n, error = cell(found, "D", "2021-01")
    assert (value, n) == (52.5, 400)
    assert error == pytest.approx(np.sqrt((100 * 2) ** 2 + (300 * 1) ** 2) / 400)
    value, n, error = cell(found, "D")
    assert (value, n) == (pytest.approx((6000 + 15000 + 3200) / 450), 450)
    assert error == pytest.approx(np.sqrt(200**2 + 300**2 + 150**2) / 450)


def test_one_row_without_an_error_leaves_the_whole_without_one():
    found = outcome_measures(study_of([("A", "2021-01", 60.0, 100, 2.0), ("B", "2021-01", 50.0, 300, None)]))
    assert cell(found, "A", "2021-01")[2] == 2.0
    assert np.isnan(cell(found, "D", "2021-01")[2])


def test_a_places_own_row_states_its_own_error():
    found = outcome_measures(study_of([("A", "2021-01", 60.0, 100, 2.0), ("D", "2021-01", 55.0, 500, 0.5)]))
    assert cell(found, "D", "2021-01") == (55.0, 500, 0.5)


def test_stated_errors_of_a_synthetic_city_are_the_spread_around_its_truth():
    """z = (drawn - mean) / std_error has variance 1, over cities that differ in nothing but the draw."""
    scores = {}
    for seed in range(12):
        draft = _Draft(Setting(1, 3, 12, seed, Truth()))
        drawn = draft.outcomes()
        drawn = drawn[drawn["place_id"].isin(draft.ground.community_ids)]
        for measure, mean in draft.latent.means.items():
            rows = drawn[drawn["measure"] == measure]
            value, error = (rows[name].to_numpy().reshape(mean.shape) for name in ("value", "std_error"))
            scores.setdefault(measure, []).append(((value - mean) / error).ravel())
    assert set(scores) == {"satisfaction", "trust", "response_days", "participation", "incidents"}
    for measure, z in scores.items():
        z = np.concatenate(z)
        # 432 draws: the standard error of a variance of 1 is sqrt(2 / 432) = .07; Agresti-Coull errs upwards
        assert 0.75 < z.var() < 1.2, (measure, z.var())
        assert abs(z.mean()) < 0.25, measure
