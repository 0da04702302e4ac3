"""Rows in are rows used plus rows set aside; periods of any step; what is not identified stays a row."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest

from analysis.effects import att_gt, event_study, imputation, twfe
from analysis.errors import EstimationError

KEYS = {"unit": "unit", "time": "period", "cohort": "cohort"}
TWFE_KEYS = {"unit": "unit", "time": "period", "treatment": "treated"}
FIGURES = ["estimate", "std_error", "statistic", "p_value", "conf_low", "conf_high"]


@pytest.fixture(autouse=True)
def _no_warning_reaches_the_user():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


def codes(estimate) -> set[str]:
    return {note.code for note in estimate.notes}


def note(estimate, code: str):
    return next(note for note in estimate.notes if note.code == code)


def overall(panel, **more) -> pd.Series:
    return att_gt(panel, "y", **KEYS | more, n_boot=0).aggregate().table.iloc[0]


def accounted(estimate) -> bool:
    return estimate.n_rows == estimate.n_obs + sum(rows for _, rows in estimate.set_aside)


def test_missing_outcomes_are_set_aside_and_counted(panel):
    holed = panel.assign(y=panel["y"].where(~panel.index.isin([5, 100, 200])))
    results = [
        att_gt(holed, "y", **KEYS, n_boot=0).cells,
        event_study(holed, "y", **KEYS),
        imputation(holed, "y", **KEYS),
        twfe(holed, "y", **TWFE_KEYS),
    ]
    for result in results:
        assert ("missing outcome", 3) in result.set_aside
        assert note(result, "set_aside").values == {"count": 3, "reason": "missing outcome"}
        assert result.n_rows == len(panel)
        assert accounted(result)
    without = att_gt(holed.dropna(subset="y"), "y", **KEYS, n_boot=0).table
    pd.testing.assert_frame_equal(results[0].table, without)


def test_missing_covariates_treatments_and_weights_are_set_aside(panel):
    panel["age"] = np.where(panel.index < 2, np.nan, panel["unit"] % 7)
    panel["size"] = np.where(panel.index == 20, 0.0, 1.0 + panel["unit"] % 3)
    panel["treated"] = panel["treated"].astype("Int64").mask(panel.index == 30)
    panel["age_now"] = panel["age"] * panel["period"] ** 2
    result = twfe(panel, "y", **TWFE_KEYS, covariates=["age_now"], weights="size")
    assert dict(result.set_aside) == {
        "missing treatment treated": 1, "missing covariate age_now": 2, "missing or zero weight size": 1,
    }  # fmt: skip
    assert accounted(result)
    assert accounted(att_gt(panel, "y", **KEYS, covariates=["age"], n_boot=0).cells)


def test_each_comparison_uses_units_seen_in_both_periods(panel):
    holed = panel[~((panel["unit"] == 0) & (panel["period"] == 2))]
    effects = att_gt(holed, "y", **KEYS, control_group="never_treated", n_boot=0)
    assert note(effects, "unbalanced").values == {"units": 1, "total": 40}
    row = effects.table.set_index("term").loc["cohort=3, time=4"]
    wide = holed.pivot(index="unit", columns="period", values="y")
    change = wide[4] - wide[2]
    by_hand = change.iloc[:8].mean() - change.iloc[24:].mean()  # unit 0 drops out through its missing value
    assert row["estimate"] == pytest.approx(by_hand, abs=1e-12)
    assert (row["n_units"], row["n_controls"]) == (7, 16)


def test_units_treated_from_the_start_are_left_out_and_counted(panel, make):
    extended = make({3: 8, 5: 10, 6: 6, None: 16, 1: 5})
    for result in (att_gt(extended, "y", **KEYS, n_boot=0).cells, event_study(extended, "y", **KEYS)):
        assert note(result, "always_treated").values == {"units": 5, "rows": 40}
        assert (result.n_units, result.n_treated) == (40, 24)
        assert accounted(result)
    kept = extended[extended["cohort"].fillna(0) != 1]
    before_the_panel = extended.assign(cohort=extended["cohort"].replace(1, -3))
    for other in (extended, before_the_panel):
        assert overall(other)["estimate"] == pytest.approx(overall(kept)["estimate"], abs=1e-12)
    assert note(twfe(extended, "y", **TWFE_KEYS), "always_treated_kept").values == {"units": 5}


def test_cohorts_after_the_panel_are_untreated_in_it(panel):
    later = panel.assign(cohort=panel["cohort"].fillna(12))
    for control_group in ("never_treated", "not_yet_treated"):
        one, other = (overall(p, control_group=control_group) for p in (panel, later))
        pd.testing.assert_series_equal(one, other)
    result = event_study(later, "y", **KEYS)
    pd.testing.assert_frame_equal(result.table, event_study(panel, "y", **KEYS).table)
    assert note(result, "later_cohorts").values == {"units": 16}


def test_cohort_just_after_the_panel_is_no_control_if_it_anticipates(panel, make):
    mixed = make({4: 10, 9: 5, None: 10})  # periods 1 to 8
    mixed.loc[(mixed["cohort"] == 9) & (mixed["period"] == 8), "y"] += 100
    tainted = overall(mixed)["estimate"]
    careful = overall(mixed, anticipation=1)["estimate"]
    assert abs(careful - overall(mixed[mixed["cohort"].fillna(0) != 9], anticipation=1)["estimate"]) < 5
    assert abs(tainted - careful) > 5


@pytest.mark.parametrize("never", [np.nan, None, np.inf, pd.NA], ids=str)
def test_every_way_to_say_never(panel, never):
    cohort = panel["cohort"].astype(object).where(panel["cohort"].notna(), never)
    assert overall(panel.assign(cohort=cohort))["estimate"] == overall(panel)["estimate"]


def test_a_step_of_two_years_is_one_period(panel):
    biennial = panel.assign(period=2000 + 2 * panel["period"], cohort=2000 + 2 * panel["cohort"])
    ours, plain = (att_gt(p, "y", **KEYS, n_boot=0) for p in (biennial, panel))
    assert note(ours, "step").values == {"step": 2}
    for kind in ("overall", "event_time"):
        pd.testing.assert_frame_equal(ours.aggregate(kind).table, plain.aggregate(kind).table)
    assert ours.table["cohort"].unique().tolist() == [2006, 2010, 2012]
    between = biennial.assign(
        cohort=biennial["cohort"] - 1
    )  # an odd year: the next surveyed one is the first
    assert overall(between)["estimate"] == overall(biennial)["estimate"]
    assert note(att_gt(between, "y", **KEYS, n_boot=0), "off_grid_cohorts").values == {"units": 24}


@pytest.mark.parametrize(
    ("template", "first"), [("2020-{:02d}", "2020-03"), ("{:d}", "2003"), ("quarters", "2020Q3")], ids=str
)
def test_period_labels(panel, template, first):
    def label(number):
        if pd.isna(number):
            return None
        if template == "quarters":
            return f"{2020 + (number - 1) // 4}Q{(number - 1) % 4 + 1}"
        return template.format(number if "-" in template else 2000 + number)

    labelled = panel.assign(period=panel["period"].map(label), cohort=[label(c) for c in panel["cohort"]])
    effects = att_gt(labelled, "y", **KEYS, n_boot=0)
    pd.testing.assert_series_equal(
        effects.table["estimate"], att_gt(panel, "y", **KEYS, n_boot=0).table["estimate"]
    )
    assert effects.table["cohort"].iloc[0] == first
    assert effects.aggregate("cohort").table["cohort"].iloc[0] == first
    assert event_study(labelled, "y", **KEYS).table["event_time"].iloc[0] == -5


def test_months_across_a_year(make):
    monthly = make({3: 5, None: 5}, periods=4)
    months = {1: "2020-11", 2: "2020-12", 3: "2021-01", 4: "2021-02"}
    labelled = monthly.assign(period=monthly["period"].map(months), cohort=monthly["cohort"].map(months))
    assert att_gt(labelled, "y", **KEYS, n_boot=0).table["event_time"].tolist() == [-1, 0, 1]


def test_a_gap_moves_the_comparison_to_the_last_period_seen(panel):
    gapped = panel[~panel["period"].isin([2, 4])]
    effects = att_gt(gapped, "y", **KEYS, control_group="never_treated", n_boot=0)
    assert note(effects, "gaps").values == {"count": 2}
    wide = gapped.pivot(index="unit", columns="period", values="y")
    change = wide[6] - wide[3]  # cohort 5: period 4 is absent, 3 is the last before adoption
    by_hand = change.iloc[8:18].mean() - change.iloc[24:].mean()
    row = effects.table.set_index("term").loc["cohort=5, time=6"]
    assert row["estimate"] == pytest.approx(by_hand, abs=1e-12)
    assert row["event_time"] == 1


def test_cells_without_controls_stay_as_rows(panel):
    treated = panel[panel["cohort"].notna()]
    effects = att_gt(treated, "y", **KEYS, n_boot=99)
    table = effects.table
    # from the last cohort's start on nobody is untreated, and just before it only that cohort itself
    lost = table[(table["time"] >= 6) | (table["term"] == "cohort=6, time=5")]
    assert len(table) == 3 * 7
    assert len(lost) == 10
    assert not lost["identified"].any()
    assert (lost["status"] == "no_comparison").all()
    assert lost[[*FIGURES, "band_low", "band_high"]].isna().all(axis=None)
    assert note(effects, "not_identified").values["count"] == 10
    by_event_time = effects.aggregate("event_time")
    rows = by_event_time.table.set_index("term")
    assert not rows.loc["event_time=5", "identified"]
    assert rows.loc["event_time=5", FIGURES].isna().all()
    assert rows.loc["event_time=0", "identified"]
    assert note(by_event_time, "partial").values == {"count": 9, "total": 13}
    cohorts = effects.aggregate("cohort").table.set_index("term")
    assert not cohorts.loc["cohort=6", "identified"]
    assert cohorts.loc["overall", "identified"]


def test_anticipation_leaves_cohorts_without_a_base_period(panel):
    effects = att_gt(panel, "y", **KEYS, anticipation=2, n_boot=0)
    early = effects.table[(effects.table["cohort"] == 3) & (effects.table["time"] >= 3)]
    assert (early["status"] == "no_base_period").all()
    assert early[FIGURES].isna().all(axis=None)
    row = effects.table.set_index("term").loc["cohort=5, time=6"]
    wide = panel.pivot(index="unit", columns="period", values="y")
    change = wide[6] - wide[2]
    controls = panel.groupby("unit")["cohort"].first().isna()
    assert row["estimate"] == pytest.approx(change.iloc[8:18].mean() - change[controls].mean(), abs=1e-12)


def test_universal_base_period_has_a_reference_row(panel):
    effects = att_gt(panel, "y", **KEYS, base_period="universal", n_boot=0)
    reference = effects.table[effects.table["status"] == "reference"]
    assert (reference["event_time"] == -1).all()
    assert len(reference) == 3
    rows = effects.aggregate("event_time").table.set_index("term")
    assert rows.loc["event_time=-1", "status"] == "reference"
    varying = att_gt(panel, "y", **KEYS, n_boot=0).aggregate("event_time").table.set_index("term")
    assert rows.loc["event_time=2", "estimate"] == pytest.approx(varying.loc["event_time=2", "estimate"])
    assert "not_identified" not in codes(effects)


def test_one_treated_unit_has_a_figure_but_no_standard_error(make):
    single = make({4: 1, None: 12})
    results = [
        att_gt(single, "y", **KEYS).aggregate("event_time"),
        event_study(single, "y", **KEYS),
        imputation(single, "y", **KEYS),
        twfe(single, "y", **TWFE_KEYS),
    ]
    for result in results:
        table = result.table[result.table["status"] == "estimated"]
        assert table["identified"].all()
        assert table["estimate"].notna().all()
        assert table[FIGURES[1:]].isna().all(axis=None)
        assert "one_treated_unit" in codes(result)


def test_a_cohort_of_one_unit_warns_and_has_no_error_of_its_own(make):
    lone = make({3: 1, 5: 10, None: 12})
    effects = att_gt(lone, "y", **KEYS, n_boot=0)
    cells = effects.table
    assert cells.loc[cells["cohort"] == 3, "std_error"].isna().all()
    assert cells.loc[cells["cohort"] == 5, "std_error"].notna().all()
    assert note(effects, "one_unit_cohorts").values == {"cohorts": 1}
    assert effects.aggregate().table["std_error"].notna().all()


def test_cohorts_inside_one_district_have_no_clustered_error(make):
    nested = make({4: 8, None: 16}).assign(district=lambda p: p["unit"] // 8)
    effects = att_gt(nested, "y", **KEYS, cluster="district", n_boot=0)
    assert effects.table["estimate"].notna().all()
    assert effects.table["std_error"].isna().all()
    assert note(effects, "few_treated_clusters").values == {"clusters": 1}
    assert twfe(nested, "y", **TWFE_KEYS, cluster="district").table["std_error"].isna().all()


def test_two_clusters_only(panel):
    two = panel.assign(district=panel["unit"] % 2)
    for result in (
        att_gt(two, "y", **KEYS, cluster="district").aggregate(),
        event_study(two, "y", **KEYS, cluster="district"),
        imputation(two, "y", **KEYS, cluster="district"),
        twfe(two, "y", **TWFE_KEYS, cluster="district"),
    ):
        assert result.n_clusters == 2
        assert note(result, "few_clusters").values == {"clusters": 2}
        assert note(result, "student").values == {"cluster": "district", "df": 1}
        row = result.table.iloc[-1]
        assert (row["conf_high"] - row["estimate"]) / row["std_error"] == pytest.approx(
            12.7062, abs=1e-4
        )  # t(1)


def test_one_cluster_has_no_standard_error(panel):
    one = panel.assign(district="D1")
    for result in (
        att_gt(one, "y", **KEYS, cluster="district").aggregate("event_time"),
        event_study(one, "y", **KEYS, cluster="district"),
        imputation(one, "y", **KEYS, cluster="district"),
        twfe(one, "y", **TWFE_KEYS, cluster="district"),
    ):
        assert result.table["std_error"].isna().all()
        assert result.table["estimate"].notna().any()
        assert "one_cluster" in codes(result)


def test_switching_off_and_doses_are_noted(panel):
    off = panel.assign(treated=panel["treated"].where(panel["period"] < 8, 0))
    assert note(twfe(off, "y", **TWFE_KEYS), "switch_off").values == {"units": 24}
    dose = panel.assign(treated=panel["treated"] * (1 + panel["unit"] % 3))
    assert "not_binary" in codes(twfe(dose, "y", **TWFE_KEYS))


def test_staggered_two_way_regressions_say_so(panel, make):
    assert note(twfe(panel, "y", **TWFE_KEYS), "staggered_twfe").values == {"cohorts": 3}
    together = make({4: 10, None: 10})
    assert "staggered_twfe" not in codes(twfe(together, "y", **TWFE_KEYS))


def test_absorbed_covariates_are_rows_that_are_not_identified(panel):
    panel["area"] = panel["unit"] % 5 + 0.5
    panel["changing"] = np.sin(panel["unit"] * panel["period"])
    result = twfe(panel, "y", **TWFE_KEYS, covariates=["area", "changing"])
    rows = result.table.set_index("term")
    assert rows["identified"].tolist() == [True, False, True]
    assert rows.loc["area", FIGURES].isna().all()
    assert note(result, "collinear").values == {"names": "area"}


def test_event_study_without_never_treated_compares_with_the_last_cohort(panel):
    treated = panel[panel["cohort"].notna()]
    result = event_study(treated, "y", **KEYS)
    as_never = treated.assign(cohort=treated["cohort"].replace(6, pd.NA))
    by_hand = event_study(as_never[as_never["period"] < 6], "y", **KEYS)
    pd.testing.assert_frame_equal(result.table, by_hand.table)
    assert note(result, "last_cohort_controls").values == {"cohort": 6}
    assert accounted(result)


def test_window_only_hides(panel):
    whole, part = event_study(panel, "y", **KEYS), event_study(panel, "y", **KEYS, window=(-2, 1))
    assert part.table["term"].tolist() == [f"event_time={e}" for e in (-2, -1, 0, 1)] + ["overall"]
    same = whole.table[whole.table["term"].isin(part.table["term"])].reset_index(drop=True)
    pd.testing.assert_frame_equal(part.table, same)


def test_a_cohort_unseen_before_adoption_does_not_shift_the_others(panel):
    """A dropped lead must never become a second reference (a trap of saturated regressions)."""
    unseen = panel[~((panel["cohort"].fillna(0) == 5) & (panel["period"] == 4))]
    result = event_study(unseen, "y", **KEYS)
    without = event_study(unseen[unseen["cohort"].fillna(0) != 5], "y", **KEYS)
    rows, expected = (r.table.set_index("term")["estimate"].dropna() for r in (result, without))
    np.testing.assert_allclose(rows[expected.index], expected, atol=1e-10)
    assert accounted(result)
    assert note(result, "partial").values == {"count": 4, "total": 13}


def test_what_cannot_be_imputed_is_counted_and_stays_a_row(panel):
    treated = panel[panel["cohort"].notna()]  # from period 6 on nobody is untreated
    result = imputation(treated, "y", **KEYS)
    rows = result.table.set_index("term")
    assert rows.index.tolist() == [f"event_time={e}" for e in range(6)] + ["overall"]
    assert rows["identified"].tolist() == [True, True, True, False, False, False, True]
    assert rows.loc["event_time=4", FIGURES].isna().all()
    assert note(result, "not_imputed").values == {"count": 24 * 3, "total": 8 * 6 + 10 * 4 + 6 * 3}
    early = imputation(treated[treated["period"] < 6], "y", **KEYS).table
    np.testing.assert_allclose(early["estimate"], rows.loc[rows["identified"], "estimate"], atol=1e-10)


def test_a_unit_never_seen_untreated_is_not_imputed(panel):
    late = panel[~((panel["unit"] == 9) & (panel["period"] < 5))]
    result = imputation(late, "y", **KEYS)
    assert note(result, "not_imputed").values["count"] == 4
    without = imputation(panel[panel["unit"] != 9], "y", **KEYS).table
    np.testing.assert_allclose(result.table["estimate"], without["estimate"], atol=1e-10)


def test_small_cohorts_are_named(panel, make):
    assert note(imputation(panel, "y", **KEYS), "small_cohorts").values == {"cohorts": 3, "units": 20}
    assert "small_cohorts" not in codes(att_gt(make({3: 20, None: 5}), "y", **KEYS, n_boot=0))


def test_an_exact_fit_leaves_no_standard_error(make):
    tiny = make({2: 2, None: 1}, periods=2)  # two regressors for the two degrees of freedom that are left
    result = twfe(tiny.assign(x=tiny["period"] * tiny["unit"] ** 2), "y", **TWFE_KEYS, covariates=["x"])
    assert result.table["identified"].all()
    assert result.table["std_error"].isna().all()
    assert "exact_fit" in codes(result)
    assert "exact_fit" not in codes(twfe(tiny, "y", **TWFE_KEYS))


@pytest.mark.parametrize("seed", range(60))
def test_thin_panels_give_an_answer_or_a_clear_error(seed):
    """Few units, gaps, odd cohorts: no other exception, no warning, every row accounted for."""
    rng = np.random.default_rng(seed)
    units, periods, step = rng.integers(2, 12), rng.integers(2, 8), rng.choice([1, 2])
    starts = rng.choice([np.nan, np.nan, *range(1, periods + 3)], units) * step
    panel = pd.DataFrame({"unit": np.repeat(np.arange(units), periods)})
    panel["period"] = np.tile(np.arange(1, periods + 1), units) * step
    panel["cohort"] = starts[panel["unit"]]
    panel["treated"] = (panel["period"] >= panel["cohort"]).astype(int)
    panel["district"] = rng.integers(0, 3, units)[panel["unit"]]
    panel["y"] = rng.normal(size=len(panel)).round(rng.integers(0, 6))
    panel["x"] = rng.normal(size=len(panel))
    panel = panel[rng.random(len(panel)) < rng.uniform(0.4, 1.2)]
    cluster = rng.choice([None, "district"])
    calls = [
        lambda: att_gt(panel, "y", **KEYS, cluster=cluster, n_boot=20).cells,
        lambda: att_gt(panel, "y", **KEYS, cluster=cluster, base_period="universal").aggregate("event_time"),
        lambda: att_gt(panel, "y", **KEYS, control_group="never_treated", anticipation=1).aggregate("cohort"),
        lambda: att_gt(panel, "y", **KEYS, covariates=["x"], n_boot=0).aggregate("calendar_time"),
        lambda: event_study(panel, "y", **KEYS, cluster=cluster),
        lambda: imputation(panel, "y", **KEYS, cluster=cluster, covariates=["x"]),
        lambda: twfe(panel, "y", **TWFE_KEYS, covariates=["x"], cluster=cluster),
    ]
    refusals = []
    for call in calls:
        try:
            result = call()
        except EstimationError as error:
            refusals.append(error)
            continue
        table = result.table
        assert accounted(result)
        assert table.loc[~table["identified"], FIGURES].isna().all(axis=None)
        assert table.loc[table["identified"], "estimate"].notna().all()
        assert np.isfinite(table["std_error"].dropna()).all()
    assert all(error.where and error.expected for error in refusals)
