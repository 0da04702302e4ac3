"""What cannot be estimated is refused in words: what, where, which value, what was expected, how to mend."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest

from analysis.effects import att_gt, event_study, imputation, twfe
from analysis.errors import EstimationError

KEYS = {"unit": "unit", "time": "period", "cohort": "cohort"}
TWFE_KEYS = {"unit": "unit", "time": "period", "treatment": "treated"}


@pytest.fixture(autouse=True)
def _no_warning_reaches_the_user():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


def everywhere(change):
    """Apply a change to a panel and hand it to every estimator."""
    return [pytest.param(change, call, id=f"{change.__name__}-{name}") for name, call in CALLS.items()]


CALLS = {
    "att_gt": lambda panel, **more: att_gt(panel, "y", **KEYS | more, n_boot=0),
    "event_study": lambda panel, **more: event_study(panel, "y", **KEYS | more),
    "imputation": lambda panel, **more: imputation(panel, "y", **KEYS | more),
    "twfe": lambda panel, **more: twfe(panel, "y", **TWFE_KEYS | more),
}

ADJUSTABLE = {name: call for name, call in CALLS.items() if name != "event_study"}


def missing_outcome_column(panel):
    return panel.drop(columns="y"), "missing", "argument outcome", "y"


def missing_unit_column(panel):
    return panel.drop(columns="unit"), "missing", "argument unit", "unit"


def column_there_twice(panel):
    return pd.concat([panel, panel[["y"]]], axis=1), "twice", "argument outcome", "y"


def text_outcome(panel):
    return panel.assign(y=panel["y"].astype(object).where(panel.index != 3, "n/a")), "1 rows", "'y'", "n/a"


def text_outcome_everywhere(panel):
    return panel.assign(y="many"), "not a number", "'y'", "many"


def dates_as_outcome(panel):
    return panel.assign(y=pd.Timestamp("2020-01-01")), "not a number", "'y'", "2020"


def infinite_outcome(panel):
    return panel.assign(y=panel["y"].where(panel.index != 3, np.inf)), "infinite in 1", "'y'", "inf"


def constant_outcome(panel):
    return panel.assign(y=2.5), "same value", "'y'", "2.5"


def no_outcome_at_all(panel):
    return panel.assign(y=np.nan), "No row", "'y'", None


def no_rows(panel):
    return panel.iloc[:0], "No row", "'y'", None


def duplicate_unit_periods(panel):
    return pd.concat([panel, panel.iloc[[9]]]), "1 unit-periods", "'unit' and 'period'", "1, 2"


def missing_period(panel):
    return panel.assign(period=panel["period"].where(panel.index != 3)), "missing in 1 rows", "'period'", None


def missing_unit(panel):
    return panel.assign(unit=panel["unit"].where(panel.index != 3)), "missing in 1 rows", "'unit'", None


def dates_as_periods(panel):
    return panel.assign(period=pd.Timestamp("2020-01-01")), "time scale", "'period'", "2020-01-01"


def half_periods(panel):
    return panel.assign(period=panel["period"] / 2), "time scale", "'period'", "0.5"


def words_as_periods(panel):
    return panel.assign(period="spring"), "time scale", "'period'", "spring"


def impossible_month(panel):
    return panel.assign(period="2020-13"), "time scale", "'period'", "2020-13"


def one_period(panel):
    return panel[panel["period"] == 4], "one period", "'period'", "4"


CHANGES = [
    missing_outcome_column, missing_unit_column, column_there_twice, text_outcome, text_outcome_everywhere,
    dates_as_outcome, infinite_outcome, constant_outcome, no_outcome_at_all, no_rows, duplicate_unit_periods,
    missing_period, missing_unit, dates_as_periods, half_periods, words_as_periods, impossible_month,
    one_period,
]  # fmt: skip


@pytest.mark.parametrize(("change", "call"), [case for change in CHANGES for case in everywhere(change)])
def test_bad_panel_is_refused(panel, change, call):
    changed, what, where, value = change(panel)
    with pytest.raises(EstimationError) as caught:
        call(changed)
    assert what in caught.value.what
    assert where in caught.value.where
    assert caught.value.expected
    assert value is None or str(value) in str(caught.value.value)


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_clusters_are_refused(panel, call):
    moved = panel.assign(district=panel["district"].where(panel.index != 3, 1))
    with pytest.raises(EstimationError, match="1 units lie in more than one cluster"):
        call(moved, cluster="district")
    with pytest.raises(EstimationError, match="cluster is missing in 1 rows"):
        call(panel.assign(district=panel["district"].where(panel.index != 3)), cluster="district")
    with pytest.raises(EstimationError, match="missing") as caught:
        call(panel, cluster="city")
    assert caught.value.where == "argument cluster"


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_one_column_cannot_play_two_parts(panel, call):
    with pytest.raises(EstimationError, match="two parts"):
        call(panel, unit="period")


def test_not_a_frame_is_refused():
    with pytest.raises(EstimationError, match="not a data frame"):
        att_gt([1, 2], "y", **KEYS)


@pytest.mark.parametrize("call", ADJUSTABLE.values(), ids=ADJUSTABLE)
def test_measures_after_treatment_are_refused_as_covariates(panel, call):
    panel["network_density"] = panel["y"] / 2
    with pytest.raises(EstimationError, match="mediator") as caught:
        call(panel, covariates=["network_density"])
    assert caught.value.value == "network_density"
    panel = panel.rename(columns={"network_density": "trust"})
    panel.attrs["post_treatment"] = ("trust",)
    with pytest.raises(EstimationError, match="after treatment"):
        call(panel, covariates=["trust"])


@pytest.mark.parametrize("call", ADJUSTABLE.values(), ids=ADJUSTABLE)
def test_text_covariate_is_refused(panel, call):
    with pytest.raises(EstimationError, match="covariate is not a number"):
        call(panel.assign(kind="urban"), covariates=["kind"])


COHORT_CALLS = {name: call for name, call in CALLS.items() if name != "twfe"}


@pytest.mark.parametrize("call", COHORT_CALLS.values(), ids=COHORT_CALLS)
def test_cohorts_are_refused(panel, call):
    with pytest.raises(
        EstimationError, match="varies within 1 units"
    ):  # treatment that switches off shows here
        call(panel.assign(cohort=panel["cohort"].where(panel.index != 3)))
    with pytest.raises(EstimationError, match="No unit is treated"):
        call(panel.assign(cohort=pd.NA))
    with pytest.raises(EstimationError, match="No unit is treated"):
        call(panel.assign(cohort=20))
    with pytest.raises(EstimationError, match="first period on"):
        call(panel.assign(cohort=panel["cohort"].mask(panel["cohort"].notna(), 1)))
    with pytest.raises(EstimationError, match="looks like the code of other packages") as caught:
        call(panel.assign(cohort=panel["cohort"].fillna(0)))
    assert "<NA>" in caught.value.expected
    with pytest.raises(EstimationError, match="time scale"):
        call(panel.assign(cohort="2021-03"))


def test_no_never_treated_units(panel):
    treated = panel[panel["cohort"].notna()]
    with pytest.raises(EstimationError, match="no never-treated") as caught:
        att_gt(treated, "y", **KEYS, control_group="never_treated")
    assert "not_yet_treated" in caught.value.mend


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_everyone_treated_in_one_period(panel, call):
    together = panel.assign(cohort=4, treated=(panel["period"] >= 4).astype(int))
    with pytest.raises(EstimationError, match=r"be compared|same period|told apart|be imputed"):
        call(together)


def test_treatment_without_variation(panel):
    with pytest.raises(EstimationError, match="same value"):
        twfe(panel.assign(treated=1), "y", **TWFE_KEYS)
    with pytest.raises(EstimationError, match="told apart"):
        twfe(panel.assign(treated=(panel["unit"] > 20).astype(int)), "y", **TWFE_KEYS)


def test_negative_weight(panel):
    with pytest.raises(EstimationError, match="negative"):
        twfe(panel.assign(w=-1.0), "y", **TWFE_KEYS, weights="w")


@pytest.mark.parametrize(
    "wrong",
    [
        {"control_group": "everyone"},
        {"base_period": "first"},
        {"method": "ols"},
        {"anticipation": -1},
        {"n_boot": 1.5},
    ],
    ids=str,
)
def test_unknown_choices(panel, wrong):
    with pytest.raises(EstimationError) as caught:
        att_gt(panel, "y", **KEYS, **wrong)
    assert caught.value.where == f"argument {next(iter(wrong))}"


def test_covariates_that_never_vary_cannot_adjust_an_imputation(panel):
    panel["area"] = panel["unit"] % 5 + 0.5
    panel["age"] = np.sin(panel["unit"] * panel["period"])
    with pytest.raises(EstimationError, match="told apart") as caught:
        imputation(panel, "y", **KEYS, covariates=["age", "area"])
    assert caught.value.value == "area"
    with pytest.raises(EstimationError, match="told apart"):
        imputation(panel.assign(twice=2 * panel["age"]), "y", **KEYS, covariates=["age", "twice"])


def test_unknown_average_and_empty_window(panel):
    with pytest.raises(EstimationError, match="no such average"):
        att_gt(panel, "y", **KEYS, n_boot=0).aggregate("simple")
    with pytest.raises(EstimationError, match="No event time lies in the window"):
        event_study(panel, "y", **KEYS, window=(20, 30))
