"""Every estimator meets every bad panel: a clear error, or rows that say why; no warning, no traceback."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest

from analysis.effects import (
    EffectEstimate,
    att_gt,
    bacon,
    district_effects,
    dose_response,
    event_study,
    extended_twfe,
    imputation,
    lp_did,
    poisson,
    randomisation_test,
    stacked,
    synthetic_did,
    twfe,
)
from analysis.effects.results.estimate import COLUMNS, STATUS
from analysis.errors import EstimationError

KEYS = {"unit": "unit", "time": "period", "cohort": "cohort"}
PLAIN = {"unit": "unit", "time": "period", "treatment": "treated"}
ESTIMATORS = {
    "twfe": lambda panel: twfe(panel, "y", **PLAIN),
    "event_study": lambda panel: event_study(panel, "y", **KEYS),
    "att_gt": lambda panel: att_gt(panel, "y", **KEYS, n_boot=20).aggregate("event_time"),
    "att_gt cells": lambda panel: att_gt(panel, "y", **KEYS, n_boot=0).cells,
    "att_gt sections": lambda panel: att_gt(panel, "y", **KEYS | {"unit": None}, n_boot=0).aggregate(),
    "imputation": lambda panel: imputation(panel, "y", **KEYS),
    "stacked": lambda panel: stacked(panel, "y", **KEYS, window=(-2, 1)),
    "stacked variance": lambda panel: stacked(panel, "y", **KEYS, window=(-1, 0), weighting="variance"),
    "extended_twfe": lambda panel: extended_twfe(panel, "y", **KEYS),
    "lp_did": lambda panel: lp_did(panel, "y", **KEYS),
    "synthetic_did": lambda panel: synthetic_did(panel, "y", **KEYS, n_boot=50),
    "synthetic_did jackknife": lambda panel: synthetic_did(panel, "y", **KEYS, inference="jackknife"),
    "poisson": lambda panel: poisson(panel, "y", **PLAIN),
    "poisson by cohort": lambda panel: poisson(panel, "y", **KEYS),
    "dose_response": lambda panel: dose_response(panel, "y", **KEYS, dose="dose"),
    "bacon": lambda panel: bacon(panel, "y", **KEYS),
    "randomisation_test": lambda panel: randomisation_test(panel, "y", **KEYS, n_permutations=19),
    "district_effects": lambda panel: district_effects(panel, "y", **KEYS, district="district"),
}
REPEATED = ("att_gt sections",)  # rows of their own: duplicates and changing cohorts are no fault there


@pytest.fixture
def counts(make) -> pd.DataFrame:
    panel = make({4: 8, 5: 10, 6: 6, None: 16}, periods=8)
    rng = np.random.default_rng(4)
    panel["y"] = rng.poisson(np.exp(1 + 0.1 * panel["period"] + 0.2 * panel["treated"])).astype(float)
    return panel.assign(dose=panel["unit"] % 3 + 1.0)


def with_cohort(panel: pd.DataFrame, cohort) -> pd.DataFrame:
    cohort = pd.array(cohort, dtype="Int64")
    started = (panel["period"].array >= cohort).to_numpy(bool, na_value=False)
    return panel.assign(cohort=cohort, treated=started.astype(int))


def no_never_treated(panel):
    return panel[panel["cohort"].notna()]


def one_treated_unit(panel):
    return with_cohort(panel, [4 if unit == 0 else None for unit in panel["unit"]])


def everyone_in_one_period(panel):
    return with_cohort(panel, [4] * len(panel))


def everyone_in_the_first_period(panel):
    return with_cohort(panel, [1] * len(panel))


def treated_ones_in_the_first_period(panel):
    return with_cohort(panel, [1 if unit < 20 else None for unit in panel["unit"]])


def treatment_that_ends(panel):
    ends = panel["period"] >= 7
    return panel.assign(cohort=panel["cohort"].mask(ends), treated=panel["treated"].mask(ends, 0))


def outcomes_missing_here_and_there(panel):
    return panel.assign(y=panel["y"].where(np.random.default_rng(0).random(len(panel)) > 0.1))


def outcomes_all_missing(panel):
    return panel.assign(y=np.nan)


def outcomes_missing_for_the_treated(panel):
    return panel.assign(y=panel["y"].where(panel["treated"] == 0))


def outcomes_missing_before(panel):
    return panel.assign(y=panel["y"].where(panel["period"] >= 6))


def constant_outcome(panel):
    return panel.assign(y=3.0)


def constant_within_units(panel):
    return panel.assign(y=panel["unit"] + 1.0)


def no_counts_at_first(panel):
    return panel.assign(y=panel["y"].where(panel["period"] > 3, 0.0))


def duplicate_unit_periods(panel):
    return pd.concat([panel, panel.iloc[[5]]])


def unit_in_two_districts(panel):
    return panel.assign(district=panel["district"].where(panel.index != 3, 1))


def cohort_before_the_panel(panel):
    return panel.assign(cohort=panel["cohort"].mask(panel["cohort"] == 4, -7))


def cohort_after_the_panel(panel):
    return with_cohort(panel, panel["cohort"].mask(panel["cohort"] == 6, 60))


def all_cohorts_after_the_panel(panel):
    return with_cohort(panel, [60] * len(panel))


def text_in_the_outcome(panel):
    return panel.assign(y=panel["y"].astype(object).where(panel.index != 3, "many"))


def two_districts(panel):
    return panel.assign(district=panel["unit"] % 2)


def two_units(panel):
    return panel[panel["unit"].isin([0, 39])]


def two_periods(panel):
    return panel[panel["period"].isin([3, 4])]


def one_period(panel):
    return panel[panel["period"] == 5]


def no_rows(panel):
    return panel.iloc[:0]


def infinite_outcome(panel):
    return panel.assign(y=panel["y"].where(panel.index != 3, np.inf))


def huge_outcomes(panel):
    return panel.assign(y=panel["y"] * 1e250)


def boolean_cohort(panel):
    return panel.assign(cohort=panel["cohort"].notna())


def text_cohort(panel):
    return panel.assign(cohort="spring")


REFUSED = (
    everyone_in_the_first_period, treated_ones_in_the_first_period, outcomes_all_missing, constant_outcome,
    all_cohorts_after_the_panel, text_in_the_outcome, one_period, no_rows, infinite_outcome, text_cohort,
)  # fmt: skip
PANELS = (
    *REFUSED, no_never_treated, one_treated_unit, everyone_in_one_period, treatment_that_ends,
    outcomes_missing_here_and_there, outcomes_missing_for_the_treated, outcomes_missing_before,
    constant_within_units, no_counts_at_first, duplicate_unit_periods, unit_in_two_districts,
    cohort_before_the_panel, cohort_after_the_panel, two_districts, two_units, two_periods, huge_outcomes,
    boolean_cohort,
)  # fmt: skip


@pytest.mark.parametrize("change", PANELS, ids=lambda change: change.__name__)
@pytest.mark.parametrize("name", ESTIMATORS)
def test_a_clear_error_or_rows_that_say_why(counts, name, change):
    panel = change(counts)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        estimate = attempt(ESTIMATORS[name], panel)
    if isinstance(estimate, EstimationError):
        assert estimate.what
        assert estimate.where
        assert estimate.expected
        return
    estimate.summary()
    assert change not in REFUSED or (name.startswith(("twfe", "poisson")) and "cohort" in change.__name__)
    assert_says_why(estimate)


def attempt(estimator, panel: pd.DataFrame) -> EffectEstimate | EstimationError:
    try:
        return estimator(panel)
    except EstimationError as error:
        return error


def assert_says_why(estimate: EffectEstimate) -> None:
    table = estimate.table
    assert tuple(table.columns[: len(COLUMNS)]) == COLUMNS
    figures = table[["estimate", "std_error", "conf_low", "conf_high"]].to_numpy(float)
    lost = ~table["identified"].to_numpy(bool)
    assert np.isnan(figures[lost]).all()
    assert np.isfinite(table.loc[~lost, "estimate"].to_numpy(float)).all()
    assert table.loc[lost, "status"].isin(set(STATUS) - {"estimated"}).all()
    assert (table.loc[~lost, "status"] == "estimated").all()
    assert estimate.n_rows == estimate.n_obs + sum(rows for _, rows in estimate.set_aside)
    assert estimate.notes


@pytest.mark.parametrize("name", [name for name in ESTIMATORS if name not in REPEATED])
@pytest.mark.parametrize("change", [duplicate_unit_periods, text_in_the_outcome, constant_outcome, no_rows])
def test_faults_that_nobody_can_mend_are_refused_by_all(counts, name, change):
    with pytest.raises(EstimationError):
        ESTIMATORS[name](change(counts))


@pytest.mark.parametrize("name", ESTIMATORS)
def test_every_estimator_gives_the_same_columns_and_leaves_the_panel_alone(counts, name):
    before = counts.copy(deep=True)
    estimate = ESTIMATORS[name](counts)
    pd.testing.assert_frame_equal(counts, before)
    assert_says_why(estimate)
    assert estimate.table["identified"].any()


DRAWN = [name for name in ESTIMATORS if name.startswith(("synthetic_did", "randomisation"))]


@pytest.mark.parametrize("name", [name for name in ESTIMATORS if name not in DRAWN])
def test_order_of_rows_and_names_of_units_do_not_matter(counts, name):
    shuffled = counts.sample(frac=1, random_state=1)
    shuffled["unit"] = "u" + shuffled["unit"].astype(str)
    one, other = ESTIMATORS[name](counts).table, ESTIMATORS[name](shuffled).table
    names = ["estimate", "std_error", "conf_low", "n_units"]
    pd.testing.assert_frame_equal(one[names], other[names], rtol=1e-6, atol=1e-9, check_dtype=False)


@pytest.mark.parametrize("name", DRAWN)
def test_estimates_do_not_depend_on_order_where_draws_go_by_it(counts, name):
    shuffled = counts.sample(frac=1, random_state=1)
    shuffled["unit"] = "u" + shuffled["unit"].astype(str)
    one, other = (ESTIMATORS[name](panel).table["estimate"] for panel in (counts, shuffled))
    # synthetic weights come from steps that stop when little is gained: their order leaves about 1e-5
    np.testing.assert_allclose(one, other, rtol=1e-4 if name.startswith("synthetic") else 1e-6, atol=1e-9)
