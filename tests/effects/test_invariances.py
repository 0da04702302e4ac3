"""What must not matter does not, and what must scale does."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from analysis.effects import att_gt, event_study, imputation, twfe

KEYS = {"unit": "unit", "time": "period", "cohort": "cohort"}
COLUMNS = ["estimate", "std_error", "statistic", "p_value", "conf_low", "conf_high", "n_units"]


def all_estimates(panel: pd.DataFrame, **more) -> list[pd.DataFrame]:
    effects = att_gt(panel, "y", **KEYS, n_boot=99, **more)
    return [
        effects.table,
        *(effects.aggregate(kind).table for kind in ("overall", "event_time", "cohort", "calendar_time")),
        event_study(panel, "y", **KEYS, **more).table,
        imputation(panel, "y", **KEYS, **more).table,
        twfe(panel, "y", unit="unit", time="period", treatment="treated", **more).table,
    ]


@pytest.fixture(params=["balanced", "unbalanced"])
def any_panel(request, panel):
    return panel if request.param == "balanced" else panel.drop(index=[3, 40, 41, 130, 300])


def same(panels: tuple[pd.DataFrame, pd.DataFrame], columns=COLUMNS, **more) -> None:
    for one, other in zip(*(all_estimates(panel, **more) for panel in panels), strict=True):
        pd.testing.assert_frame_equal(one[columns], other[columns], atol=1e-9, rtol=1e-7)


def test_adding_a_constant_changes_nothing(any_panel):
    same((any_panel, any_panel.assign(y=any_panel["y"] + 1000)))


def test_adding_unit_and_period_effects_changes_nothing(any_panel):
    shift = np.sin(any_panel["unit"]) * 5 + np.cos(any_panel["period"]) * 3
    same((any_panel, any_panel.assign(y=any_panel["y"] + shift)))


def test_scaling_the_outcome_scales_the_figures(any_panel):
    scaled = any_panel.assign(y=-10 * any_panel["y"])
    for one, other in zip(all_estimates(any_panel), all_estimates(scaled), strict=True):
        np.testing.assert_allclose(other["estimate"], -10 * one["estimate"], atol=1e-9)
        np.testing.assert_allclose(other["std_error"], 10 * one["std_error"], rtol=1e-7)
        np.testing.assert_allclose(other["conf_low"], -10 * one["conf_high"], atol=1e-8)
        np.testing.assert_allclose(other["p_value"], one["p_value"], rtol=1e-6)


def test_row_order_index_and_extra_columns_do_not_matter(any_panel):
    shuffled = any_panel.sample(frac=1, random_state=3)
    shuffled.index = shuffled.index[::-1] * 7 % 3  # a useless index with duplicates
    same((any_panel, shuffled.assign(u=0, t=0, c="x", outcome=1, start=2, **{"y 2": 3})))


def test_unit_names_and_types_do_not_matter(any_panel):
    named = any_panel.assign(unit=("社区-" + (97 - any_panel["unit"]).astype(str)).astype("category"))
    same((any_panel, named))


def test_column_names_do_not_matter(any_panel):
    odd = any_panel.rename(columns={"y": "trust (0-10) ~ x", "unit": "社区", "period": "u", "cohort": "a+b"})
    one = att_gt(odd, "trust (0-10) ~ x", unit="社区", time="u", cohort="a+b", n_boot=0)
    pd.testing.assert_frame_equal(one.table, att_gt(any_panel, "y", **KEYS, n_boot=0).table)
    two = twfe(odd, "trust (0-10) ~ x", unit="社区", time="u", treatment="treated").table
    plain = twfe(any_panel, "y", unit="unit", time="period", treatment="treated").table
    pd.testing.assert_frame_equal(two, plain)


def test_shifting_time_changes_nothing(any_panel):
    moved = any_panel.assign(period=any_panel["period"] + 1990, cohort=any_panel["cohort"] + 1990)
    same((any_panel, moved))
    same((any_panel, any_panel.assign(period=any_panel["period"] - 20, cohort=any_panel["cohort"] - 20)))


def test_number_types_do_not_matter(any_panel):
    typed = any_panel.astype({"y": "Float64", "cohort": "float64", "period": "int16", "treated": "bool"})
    same((any_panel, typed))


def test_clustering_by_unit_is_the_default(any_panel):
    for one, other in zip(all_estimates(any_panel), all_estimates(any_panel, cluster="unit"), strict=True):
        pd.testing.assert_frame_equal(one, other)
    same((any_panel, any_panel.assign(district=any_panel["district"] + 5)), cluster="district")


def test_the_panel_is_not_changed(any_panel):
    any_panel.attrs["post_treatment"] = ("exposure",)
    before = any_panel.copy(deep=True)
    all_estimates(any_panel)
    pd.testing.assert_frame_equal(any_panel, before)
    assert any_panel.attrs == before.attrs


def test_the_seed_moves_bands_only(panel):
    one, same_seed, other = (
        att_gt(panel, "y", **KEYS, seed=seed).aggregate("event_time").table for seed in (1, 1, 2)
    )
    pd.testing.assert_frame_equal(one, same_seed)
    pd.testing.assert_frame_equal(one[COLUMNS], other[COLUMNS])
    assert (one["band_low"].dropna() != other["band_low"].dropna()).all()
