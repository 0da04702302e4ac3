"""Waiting curves: by hand, against statsmodels, and hidden where few wait."""

import numpy as np
import pandas as pd
import pytest

from analysis.processes import bottlenecks
from analysis.processes.bottlenecks import bottlenecks_of_districts
from analysis.processes.curves import waiting_curve
from analysis.simulate import simulate_city


def test_by_hand():
    # six matters: answered on days 1, 2, 2, 4; two still waiting, last seen on day 3 and day 6
    days = np.array([1.0, 2, 2, 3, 4, 6])
    answered = np.array([True, True, True, False, True, False])
    curve = waiting_curve(days, answered, np.array([0.0, 1, 2]))
    np.testing.assert_allclose(curve["waiting"], [1, 5 / 6, 5 / 6 * 3 / 5])
    assert curve["at_risk"].tolist() == [6, 6, 5]
    assert curve.loc[0, ["conf_low", "conf_high"]].isna().all()  # nothing has happened yet
    # Greenwood: 1/(6*5) + 2/(5*3); interval 0.5 ** exp(+-1.96 s / log 0.5)
    spread = np.sqrt(1 / 30 + 2 / 15)
    low = 0.5 ** np.exp(1.959964 * spread / -np.log(0.5))
    np.testing.assert_allclose(curve.loc[2, "conf_low"], low, rtol=1e-6)


def test_days_that_fewer_than_five_reach_are_not_shown():
    days, answered = np.array([1.0, 2, 3, 4, 5, 6]), np.ones(6, bool)
    assert waiting_curve(days, answered, np.arange(7.0))["days"].max() == 2
    assert waiting_curve(days[:4], answered[:4], np.arange(3.0)).empty
    assert waiting_curve(np.array([]), np.array([], bool), np.arange(3.0)).empty


def test_waits_not_known_are_left_out_and_nothing_is_changed():
    days, answered = np.array([1.0, np.nan, 2, 3, 4, 5, 6]), np.ones(7, bool)
    before = days.copy()
    curve = waiting_curve(days, answered, np.array([1.0]))
    assert curve["at_risk"].tolist() == [6]
    np.testing.assert_array_equal(days, before)


def test_as_statsmodels_has_it():
    """S(t) and Greenwood's standard error of an independent library, with ties and censoring."""
    duration = pytest.importorskip("statsmodels.duration.survfunc")
    rng = np.random.default_rng(3)
    days, answered = np.ceil(rng.exponential(20, 300)), rng.random(300) < 0.7
    theirs = duration.SurvfuncRight(days, answered.astype(int))
    curve = waiting_curve(days, answered, theirs.surv_times)
    ours = curve.set_index("days")
    known = pd.DataFrame({"surv": theirs.surv_prob, "se": theirs.surv_prob_se}, index=theirs.surv_times)
    known = known.loc[ours.index]
    np.testing.assert_allclose(ours["waiting"], known["surv"], rtol=1e-12)
    power = 1.959964 * known["se"] / known["surv"] / np.log(known["surv"])
    np.testing.assert_allclose(ours["conf_low"], known["surv"] ** np.exp(-power), rtol=1e-5)
    np.testing.assert_allclose(ours["conf_high"], known["surv"] ** np.exp(power), rtol=1e-5)


def test_bottlenecks_of_districts_are_those_of_each():
    study = simulate_city(districts=2, communities=2, months=12, seed=1).study()
    together = bottlenecks_of_districts(study)
    assert together["place_id"].unique().tolist() == study.districts
    for district, rows in together.groupby("place_id"):
        alone = bottlenecks(study, place_id=district)
        pd.testing.assert_frame_equal(
            rows.drop(columns="place_id").reset_index(drop=True), alone, check_dtype=False
        )
