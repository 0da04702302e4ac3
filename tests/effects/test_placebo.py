"""Placebos and leave-one-out: by hand, against the estimators themselves, and where there is a trend."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from analysis.effects import att_gt, imputation, leave_one_out, placebo_dates, placebo_outcomes
from analysis.effects.credibility.placebo import adjust_holm
from analysis.errors import EstimationError

KEYS = {"unit": "unit", "time": "period", "cohort": "cohort"}


def codes(estimate):
    return {note.code for note in estimate.notes}


def test_a_placebo_date_is_att_gt_on_the_rows_before_with_the_earlier_date(panel):
    rows = placebo_dates(panel, "y", **KEYS, shifts=[1, 2]).table.set_index("shift")
    early = panel[(panel["period"] < panel["cohort"]).fillna(True).astype(bool)]
    for shift in (1, 2):
        moved = early.assign(cohort=early["cohort"] - shift)
        alone = att_gt(moved, "y", **KEYS, n_boot=0).aggregate().table.iloc[0]
        assert rows.loc[shift, "estimate"] == pytest.approx(alone["estimate"], abs=1e-12)
        assert rows.loc[shift, "std_error"] == pytest.approx(alone["std_error"], abs=1e-12)


def test_an_effect_does_not_show_at_placebo_dates_and_a_trend_does(make):
    flat = make({4: 10, 6: 10, None: 20}, noise=0, effect=lambda e: 5.0)
    found = placebo_dates(flat, "y", **KEYS, shifts=[1, 2, 3]).table
    assert np.abs(found["estimate"]).max() < 1e-12
    drifting = flat.assign(y=flat["y"] + 0.5 * flat["period"] * flat["cohort"].notna())
    found = placebo_dates(drifting, "y", **KEYS, shifts=[2], control_group="never_treated").table
    assert found["estimate"].iloc[0] == pytest.approx(0.75)  # half a point, then a whole one


def test_rows_from_adoption_on_are_set_aside_and_impossible_shifts_are_said(panel):
    result = placebo_dates(panel, "y", **KEYS, shifts=[1, 7])
    assert result.n_obs + sum(rows for _, rows in result.set_aside) == result.n_rows
    last = result.table.iloc[1]
    assert not last["identified"]
    assert np.isnan(last["estimate"])
    assert {"not_identified", "placebo_not_found"} & codes(result)


def test_placebo_outcomes_are_the_estimates_of_each(panel):
    panel = panel.assign(z=panel["y"] - panel["truth"], constant=1.0)
    result = placebo_outcomes(panel, ["z", "y", "constant"], **KEYS, estimator="imputation")
    for name in ("z", "y"):
        alone = imputation(panel, name, **KEYS).table.iloc[-1]
        assert result.table.set_index("term").loc[name, "estimate"] == alone["estimate"]
    assert not result.table["identified"].iloc[2]
    assert "placebo_found" in codes(result)  # y has an effect


def test_holm_by_hand():
    assert adjust_holm(np.array([0.04, 0.01, np.nan, 0.03])).tolist()[:2] == [0.06, 0.03]
    assert np.isnan(adjust_holm(np.array([0.04, np.nan]))[1])
    assert adjust_holm(np.array([0.9, 0.8])).tolist() == [1.0, 1.0]


def test_leaving_out_is_estimating_on_the_rest(panel):
    before = panel.copy()
    result = leave_one_out(panel, "y", **KEYS, by="district", cluster="district")
    pd.testing.assert_frame_equal(panel, before)
    rows = result.table.set_index("left_out")
    rest = att_gt(panel[panel["district"] != 3], "y", **KEYS, cluster="district", n_boot=0).aggregate()
    assert rows.loc["3", "estimate"] == rest.table["estimate"].iloc[0]
    assert rows.loc["3", "std_error"] == rest.table["std_error"].iloc[0]
    assert len(rows) == 1 + panel["district"].nunique()
    assert rows["change"].iloc[0] == 0
    assert "leave_out_range" in codes(result)


def test_an_effect_that_hangs_on_one_district_is_named(make):
    panel = make({4: 12, None: 12}, noise=0.01, effect=lambda e: 0.0)
    panel["home"] = panel["unit"] % 4
    panel["y"] += 3.0 * ((panel["home"] == 2) & (panel["treated"] == 1)) - 0.5 * panel["treated"]
    result = leave_one_out(panel, "y", **KEYS, by="home")
    note = next(n for n in result.notes if n.code == "leave_out_sign")
    assert note.values["names"] == "2"


def test_what_cannot_be_estimated_without_a_district_is_a_row(make):
    panel = make({4: 5, None: 15})
    panel["home"] = np.where(panel["cohort"].notna(), "a", np.where(panel["unit"] % 2, "b", "c"))
    rows = leave_one_out(panel, "y", **KEYS, by="home").table.set_index("term")
    assert not rows.loc["without a", "identified"]
    assert rows.loc["without b", "identified"]


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda p: placebo_dates(p, "y", **KEYS, shifts=[]), "There is no shift"),
        (lambda p: placebo_dates(p, "y", **KEYS, shifts=[0]), "at least 1"),
        (lambda p: placebo_dates(p, "y", **KEYS, shifts=[1, 1]), "named twice"),
        (lambda p: placebo_dates(p, "y", **KEYS, estimator="magic"), "no such choice"),
        (lambda p: placebo_outcomes(p.assign(a=1.0), ["a"], **KEYS), "same value"),
        (lambda p: placebo_outcomes(p, ["none"], **KEYS), "missing"),
        (lambda p: leave_one_out(p.assign(one=1), "y", **KEYS, by="one"), "nothing left"),
        (lambda p: leave_one_out(p, "y", **KEYS, by="street"), "missing"),
    ],
)
def test_bad_input_is_refused_in_words(panel, call, words):
    with pytest.raises(EstimationError, match=words):
        call(panel)
