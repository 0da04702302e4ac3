"""Detectable effects: the textbook formula on independent noise, longer memory, districts."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from analysis.effects import att_gt, detectable_effect
from analysis.errors import EstimationError

KEYS = {"unit": "unit", "time": "period", "cohort": "cohort"}
NORMAL = {0.5: 1.959964, 0.8: 1.959964 + 0.841621, 0.9: 1.959964 + 1.281552}


@pytest.fixture(scope="module")
def simple():
    """400 units, half treated from period 4 of 6, independent noise of 1."""
    rng = np.random.default_rng(0)
    panel = pd.DataFrame({"unit": np.repeat(np.arange(400), 6), "period": np.tile(np.arange(1, 7), 400)})
    panel["cohort"] = pd.array(np.where(panel["unit"] < 200, 4, None), dtype="Int64")
    panel["district"] = panel["unit"] % 4
    panel["block"] = panel["unit"] % 50
    return panel.assign(y=rng.normal(size=len(panel)) + 3.0 * (panel["unit"] < 200) * (panel["period"] > 3))


def test_on_independent_noise_it_is_the_textbook_formula(simple):
    """Variance (1/200 + 1/200)(1/3 + 1); 400 paths leave an error of about 4 % in its root."""
    table = detectable_effect(simple, "y", **KEYS, n_draws=4000).table
    deviation = np.sqrt((2 / 200) * (4 / 3))
    for row in table.itertuples():
        assert row.estimate == pytest.approx(NORMAL[row.power] * deviation, rel=0.1)
        assert row.std_error == pytest.approx(deviation, rel=0.1)


def test_the_effect_itself_does_not_matter_and_units_scale(simple):
    base = detectable_effect(simple, "y", **KEYS, n_draws=500).table["estimate"]
    larger = simple.assign(y=simple["y"] + 50.0 * (simple["period"] > 3) * (simple["unit"] < 200))
    assert np.allclose(detectable_effect(larger, "y", **KEYS, n_draws=500).table["estimate"], base)
    tenfold = simple.assign(y=10 * simple["y"])
    assert np.allclose(detectable_effect(tenfold, "y", **KEYS, n_draws=500).table["estimate"], 10 * base)


def test_districts_have_a_quarter_of_the_units_and_half_the_power(simple):
    table = detectable_effect(simple, "y", **KEYS, district="district", power=[0.8]).table
    assert list(table["district"].iloc[1:]) == ["0", "1", "2", "3"]
    assert (table["estimate"].iloc[1:] / table["estimate"].iloc[0]).mean() == pytest.approx(2, rel=0.08)
    assert (table["n_units"].iloc[1:] == 50).all()
    alone = simple[simple["district"].isin([0, 1])]
    alone = alone.assign(cohort=alone["cohort"].where(alone["district"] == 0))
    rows = detectable_effect(alone, "y", **KEYS, district="district", power=[0.8]).table
    assert list(rows["status"]) == ["estimated", "estimated", "no_treated"]


def test_a_shared_shock_of_clusters_costs_power(simple):
    shock = np.random.default_rng(1).normal(0, 2, (50, 7))[simple["block"], simple["period"]]
    panel = simple.assign(cohort=pd.array(np.where(simple["block"] < 25, 4, None), dtype="Int64"))
    panel["y"] = simple["y"] - 3.0 * (simple["unit"] < 200) * (simple["period"] > 3) + shock
    by_unit = detectable_effect(panel, "y", **KEYS, power=[0.8]).table["estimate"].iloc[0]
    by_block = detectable_effect(panel, "y", **KEYS, power=[0.8], cluster="block").table["estimate"].iloc[0]
    assert by_block > 1.8 * by_unit


@pytest.mark.slow
def test_the_effect_said_to_be_found_in_four_of_five_cases_is(simple):
    """300 samples: the standard error of a share of 0.8 is 0.023."""
    effect = detectable_effect(simple, "y", **KEYS, power=[0.8], n_draws=4000).table["estimate"].iloc[0]
    rng = np.random.default_rng(2)
    found = []
    for _ in range(300):
        y = rng.normal(size=len(simple)) + effect * ((simple["unit"] < 200) & (simple["period"] > 3))
        row = att_gt(simple.assign(y=y), "y", **KEYS, n_boot=0).aggregate().table.iloc[0]
        found.append(row["p_value"] < 0.05)
    assert np.mean(found) == pytest.approx(0.8, abs=0.07)


@pytest.mark.parametrize(
    ("change", "arguments", "words"),
    [
        (lambda p: p.iloc[1:], {}, "Whole paths"),
        (lambda p: p, {"power": [1.0]}, "chance of being found"),
        (lambda p: p, {"power": [0.04]}, "chance of being found"),
        (lambda p: p, {"n_draws": 10}, "at least 200"),
        (lambda p: p, {"cluster": "district"}, "Too few clusters"),
        (lambda p: p, {"district": "street"}, "missing"),
    ],
)
def test_bad_input_is_refused_in_words(simple, change, arguments, words):
    with pytest.raises(EstimationError, match=words):
        detectable_effect(change(simple), "y", **KEYS, **arguments)
