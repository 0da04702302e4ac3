"""District effects: by hand, against att_gt and statsmodels, and coverage when the truth is known."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from analysis.effects import att_gt, district_effects
from analysis.effects.designs.pooling import pool
from analysis.errors import EstimationError

KEYS = {"unit": "unit", "time": "period", "cohort": "cohort"}
NAMES = {"district": "district"} | KEYS


def city(districts=12, units=10, tau=0.0, seed=0, together=False):
    """Return a panel in which half the units of each district (or half the districts) adopt in period 4."""
    rng = np.random.default_rng(seed)
    effect = 1 + tau * rng.normal(size=districts)
    panel = pd.DataFrame([(d, d * units + i, t) for d in range(districts) for i in range(units)
                          for t in range(1, 7)], columns=["district", "unit", "period"])  # fmt: skip
    half = panel["district"] < districts // 2 if together else panel["unit"] % units < units // 2
    panel["cohort"] = pd.Series(np.where(half, 4, np.nan)).astype("Int64")
    panel["treated"] = (half & (panel["period"] >= 4)).astype(int)
    panel["y"] = rng.normal(0, 1, len(panel)) + rng.normal(size=districts * units)[panel["unit"]]
    panel["y"] += effect[panel["district"]] * panel["treated"] + rng.normal(size=7)[panel["period"]]
    panel.attrs["truth"] = effect
    return panel


def test_raw_effects_are_those_of_each_district_alone(panel):
    rows = district_effects(panel, "y", **NAMES).table.set_index("term")
    for d in range(10):
        alone = att_gt(panel[panel["district"] == d], "y", **KEYS, n_boot=0).aggregate().table.iloc[0]
        assert rows.loc[f"district={d}", "raw"] == pytest.approx(alone["estimate"], abs=1e-12)


def test_all_units_serve_as_comparisons(panel):
    rows = district_effects(panel, "y", **NAMES, comparison="all").table.set_index("term")
    others = panel[(panel["district"] == 3) | panel["cohort"].isna()]
    alone = att_gt(others, "y", **KEYS, control_group="never_treated", n_boot=0).aggregate().table.iloc[0]
    never = district_effects(panel, "y", **NAMES, comparison="all", control_group="never_treated").table
    row = never.set_index("term").loc["district=3"]
    assert row["raw"] == pytest.approx(alone["estimate"], abs=1e-12)
    assert (row["n_units"], row["n_controls"]) == (alone["n_units"], 16)
    assert rows.loc["district=3", "n_controls"] > 16


def test_standard_errors_by_hand():
    """One cohort, periods 1 to 6 from 4 on, noise 1: the variance is (1/5 + 1/5) (1/3 + 1). 120 units leave
    96 degrees of freedom, so the pooled one is within 3 x sqrt(2/96) of it."""
    rows = district_effects(city(), "y", **NAMES).table
    errors = rows["raw_std_error"].dropna()
    assert np.ptp(errors) < 1e-12
    assert errors.iloc[0] ** 2 == pytest.approx(0.4 * 4 / 3, rel=0.43)
    from scipy.stats import t

    factor = t.ppf(0.975, 96) + t.ppf(0.8, 96)
    assert rows["detectable"].iloc[0] == pytest.approx(factor * errors.iloc[0])


def test_a_panel_with_a_hole_equals_the_same_without_that_comparison():
    panel = city()
    first = panel["unit"].isin([0, 9])  # a treated and a comparison unit of the first district
    holed = panel[~(first & (panel["period"] == 3))]  # without their base period they compare nothing
    whole = panel[~first]
    one, two = (district_effects(p, "y", **NAMES).table for p in (holed, whole))
    assert one["raw"].iloc[0] == pytest.approx(two["raw"].iloc[0], abs=1e-12)
    assert (one["n_units"].iloc[0], one["n_controls"].iloc[0]) == (4, 4)


def test_pooling_equals_statsmodels():
    from statsmodels.stats.meta_analysis import combine_effects

    estimate, variance = np.array([0.1, 0.5, -0.2, 0.9, 0.3]), np.array([0.04, 0.05, 0.03, 0.06, 0.02])
    theirs = combine_effects(estimate, variance, method_re="iterated", atol=1e-12, maxiter=500)
    ours = pool(estimate, np.diag(variance))
    assert ours.tau**2 == pytest.approx(theirs.tau2, rel=1e-6)
    assert ours.mean == pytest.approx(theirs.mean_effect_re, rel=1e-6)
    assert ours.mean_error**2 == pytest.approx(theirs.var_eff_w_re, rel=1e-6)
    weight = ours.tau**2 / (ours.tau**2 + variance)
    np.testing.assert_allclose(ours.weight, weight, rtol=1e-9)
    np.testing.assert_allclose(ours.shrunk, ours.mean + weight * (estimate - ours.mean), rtol=1e-9)


def test_shrinkage_equals_the_blups_of_a_mixed_model():
    """evidence: empirical Bayes equals MixedLM's predictions of random slopes (correlation .999)."""
    import statsmodels.api as sm

    panel = city(districts=14, units=20, tau=0.8, seed=2)
    panel["post"] = (panel["period"] >= 4).astype(int)
    changes = panel.groupby(["district", "unit", "post"])["y"].mean().unstack().diff(axis=1)[1].reset_index()
    changes["treated"] = (changes["unit"] % 20 < 10).astype(float)
    gaps = changes.groupby(["district", "treated"])[1].mean().unstack().diff(axis=1)[1.0]
    left = changes[1] - changes.groupby(["district", "treated"])[1].transform("mean")
    noise = (left**2).sum() / (len(changes) - 28)
    pooled = pool(gaps.to_numpy(), np.eye(14) * noise * 2 / 10)
    exog = sm.add_constant(pd.get_dummies(changes["district"], drop_first=True, dtype=float))
    exog["treated"] = changes["treated"]
    fit = sm.MixedLM(changes[1], exog, changes["district"], changes[["treated"]]).fit()
    blups = fit.params["treated"] + np.array([fit.random_effects[d].iloc[0] for d in range(14)])
    assert np.corrcoef(blups, pooled.shrunk)[0, 1] > 0.999
    assert pooled.shrunk == pytest.approx(blups, abs=0.05)


def test_a_singular_covariance_is_the_limit_of_regular_ones():
    """Fewer pieces of noise than districts: some combination of the estimates has no error by rounding."""
    pieces = np.array([[1.0, 0, 2], [0, 1, 1], [1, 1, 3], [2, 1, 5], [1, 3, 5]])
    sigma, estimate = pieces @ pieces.T / 50, np.array([0.1, 0.5, -0.2, 0.9, 0.3])
    assert np.linalg.matrix_rank(sigma) < 5
    limit, near = pool(estimate, sigma), pool(estimate, sigma + 1e-9 * np.eye(5))
    for name in ("mean", "mean_error", "tau", "tau_low", "tau_high", "shrunk", "shrunk_error", "weight"):
        assert np.isfinite(getattr(limit, name)).all(), name
        np.testing.assert_allclose(getattr(limit, name), getattr(near, name), rtol=1e-5, err_msg=name)


def test_errors_in_common_move_the_mean_and_not_tau():
    estimate, noise = np.array([0.1, 0.5, -0.2, 0.9]), np.eye(4) * 0.04
    alone, common = pool(estimate, noise), pool(estimate, noise + 0.5)
    assert common.tau == pytest.approx(alone.tau, rel=1e-6)
    assert common.mean_error**2 == pytest.approx(alone.mean_error**2 + 0.5, rel=1e-6)


@pytest.mark.parametrize(("together", "tau"), [(False, 0.0), (False, 0.6), (True, 0.6)])
def test_intervals_hold_the_truth_and_shrinking_helps(together, tau):
    """40 cities of 12 (or 6 treated) districts: at least 0.95 less three standard errors of a city's mean."""
    hits, gains, mean, new, homogeneous = [], [], [], [], []
    for seed in range(40):
        panel = city(tau=tau, seed=seed, together=together)
        comparison = "all" if together else "within"
        table = district_effects(panel, "y", **NAMES, comparison=comparison).table
        rows = table[table["identified"]].iloc[:-2]
        truth = panel.attrs["truth"][: len(rows)]
        hits.append(np.mean((rows["conf_low"] <= truth) & (truth <= rows["conf_high"])))
        gains.append(((rows["estimate"] - truth) ** 2).sum() - ((rows["raw"] - truth) ** 2).sum())
        overall, fresh = table.iloc[-2], table.iloc[-1]
        mean.append(overall["conf_low"] <= 1 <= overall["conf_high"])
        value = 1 + tau * np.random.default_rng(900 + seed).normal()
        new.append(fresh["conf_low"] <= value <= fresh["conf_high"])
        homogeneous.append(table["tau_low"].iloc[0] == 0)
    assert np.mean(hits) > 0.88
    assert np.mean(mean) > 0.84
    assert np.mean(new) > 0.84
    assert np.mean(gains) < 0
    if not tau:
        assert np.mean(homogeneous) > 0.87


def test_whole_districts_need_comparisons_elsewhere():
    panel = city(together=True)
    with pytest.raises(EstimationError, match="comparison='all'"):
        district_effects(panel, "y", **NAMES)
    table = district_effects(panel, "y", **NAMES, comparison="all").table
    assert table["status"].tolist()[:12] == ["estimated"] * 6 + ["no_treated"] * 6
    assert table.loc[6:11, ["estimate", "raw", "conf_low", "detectable"]].isna().all(axis=None)


def test_two_districts_have_effects_but_no_prediction():
    panel = city(districts=2, units=20)
    result = district_effects(panel, "y", **NAMES)
    assert result.table["status"].tolist() == ["estimated"] * 3 + ["few_districts"]
    assert any(note.code == "few_districts" for note in result.notes)
    with pytest.raises(EstimationError, match="Only 1 districts"):
        district_effects(panel[panel["district"] == 0], "y", **NAMES)


def test_order_and_names_of_rows_do_not_matter():
    panel = city(tau=0.5)
    renamed = panel.sample(frac=1, random_state=1).assign(
        district=lambda p: "D" + (50 - p["district"]).astype(str)
    )
    before = renamed.copy()
    one, two = (district_effects(p, "y", **NAMES).table for p in (panel, renamed))
    pd.testing.assert_frame_equal(renamed, before)
    np.testing.assert_allclose(one["estimate"].iloc[:12], two["estimate"].iloc[:12][::-1], rtol=1e-9)
    assert two["district"].iloc[0] == "D39"


@pytest.mark.parametrize(
    ("change", "more", "words"),
    [
        (lambda p: p.assign(district=p["district"].where(p["period"] < 3, 0)), {}, "more than one district"),
        (lambda p: p, {"comparison": "some"}, "no such choice"),
        (lambda p: p.assign(district=p["unit"]), {"comparison": "all"}, "too few units share"),
        (lambda p: p.assign(district=pd.NA), {}, "cluster is missing"),
        (lambda p: p.drop(columns="district"), {}, "missing"),
    ],
)
def test_what_cannot_be_told_apart_is_refused(change, more, words):
    with pytest.raises(EstimationError, match=words):
        district_effects(change(city()), "y", **NAMES, **more)
