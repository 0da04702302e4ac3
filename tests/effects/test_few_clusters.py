"""Inference with few clusters: refits one by one, leaving out by hand, rejection rates under no effect."""

from __future__ import annotations

import time

import numpy as np
import pandas as pd
import pytest

from analysis.effects import (
    att_gt,
    cluster_inference,
    event_study,
    pretrend_test,
    randomisation_test,
    twfe,
)
from analysis.effects.estimators.two_way import read_regression
from analysis.effects.inference.clustered import ClusterSums
from analysis.effects.inference.permute import permuted_levels
from analysis.errors import EstimationError

KEYS = {"unit": "unit", "time": "period", "cohort": "cohort"}
TWFE = {"unit": "unit", "time": "period", "treatment": "treated"}


def by_district(districts: int, treated: int, units: int = 4, seed: int = 0, effect: float = 0.0):
    """Return a panel in which whole districts adopt in period 4, with district shocks that last."""
    rng = np.random.default_rng(seed)
    panel = pd.DataFrame([(d, d * units + i, t) for d in range(districts) for i in range(units)
                          for t in range(1, 7)], columns=["district", "unit", "period"])  # fmt: skip
    panel["cohort"] = panel["district"].map(lambda d: 4 if d < treated else None).astype("Int64")
    panel["treated"] = ((panel["district"] < treated) & (panel["period"] >= 4)).astype(int)
    shocks = rng.normal(0, 1, (districts, 7)).cumsum(axis=1)
    panel["y"] = shocks[panel["district"], panel["period"]] + rng.normal(0, 1, len(panel))
    panel["y"] += effect * panel["treated"]
    return panel


def test_permuted_effects_equal_refits(panel):
    result = randomisation_test(panel, "y", **KEYS, n_permutations=19, seed=3)
    starts = panel.groupby("unit")["cohort"].first()
    levels, labels = pd.factorize(starts, sort=True, use_na_sentinel=False)
    draws = permuted_levels(levels, np.zeros(40, int), 19, np.random.default_rng(3))
    refitted = []
    for draw in draws:
        dealt = pd.Series(labels[draw], index=starts.index)
        again = panel.assign(cohort=panel["unit"].map(dealt))
        refitted.append(att_gt(again, "y", **KEYS, n_boot=0).aggregate().table["estimate"].iloc[0])
    row = result.table.iloc[0]
    true = att_gt(panel, "y", **KEYS, n_boot=0).aggregate().table["estimate"].iloc[0]
    assert row["estimate"] == pytest.approx(true, abs=1e-12)
    assert row["std_error"] == pytest.approx(np.std(refitted, ddof=1), abs=1e-12)
    assert row["p_value"] == (1 + (np.abs(refitted) >= abs(true)).sum()) / 20


def test_permutations_stay_within_strata():
    levels, strata = np.array([0, 1, 2, 0, 1, 2, 2]), np.array([5, 3, 5, 3, 5, 3, 5])
    draws = permuted_levels(levels, strata, 2000, np.random.default_rng(0))
    for stratum in (3, 5):
        assert (np.sort(draws[:, strata == stratum]) == np.sort(levels[strata == stratum])).all()
    assert len(np.unique(draws, axis=0)) == 3 * 2 * 12  # 3! orders of one stratum, 4!/2! of the other


def test_999_permutations_of_200_by_60_are_quick(make):
    panel = make({20: 50, 30: 50, 40: 40, None: 60}, periods=60)
    begin = time.perf_counter()
    randomisation_test(panel, "y", **KEYS)
    assert time.perf_counter() - begin < 5


def test_interval_holds_the_constant_effects_that_are_not_rejected(make):
    panel = make({3: 4, 5: 4, None: 6}, seed=4)
    row = randomisation_test(panel, "y", **KEYS, n_permutations=199).table.iloc[0]
    for value, inside in ((row["conf_low"] - 0.01, False), (row["conf_low"] + 0.01, True),
                          (row["conf_high"] - 0.01, True), (row["conf_high"] + 0.01, False)):  # fmt: skip
        shifted = panel.assign(y=panel["y"] - value * panel["treated"])
        p_value = randomisation_test(shifted, "y", **KEYS, n_permutations=199).table["p_value"].iloc[0]
        assert (p_value > 0.05) == inside, value


def test_randomisation_of_districts_rejects_as_often_as_it_says():
    """Three of ten districts treated, no effect, 100 panels: 5 % within three standard errors; clustered
    standard errors reject more often, which is why they are not the ones to trust."""
    found, usual = [], []
    for seed in range(100):
        panel = by_district(10, 3, seed=seed)
        result = randomisation_test(panel, "y", **KEYS, assigned_by="district", n_permutations=119, seed=seed)
        found.append(result.table["p_value"].iloc[0] <= 0.05)
        if seed < 40:
            usual.append(twfe(panel, "y", **TWFE, cluster="district").table["p_value"].iloc[0] <= 0.05)
    assert np.mean(found) <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / 100)
    assert np.mean(usual) > 0.08


def test_jackknife_equals_leaving_out_by_hand(panel):
    result = cluster_inference(panel, "y", **TWFE, cluster="district", n_boot=99).table.set_index("term")
    full = twfe(panel, "y", **TWFE).table["estimate"].iloc[0]
    left_out = np.array([twfe(panel[panel["district"] != d], "y", **TWFE).table["estimate"].iloc[0]
                         for d in range(10)])  # fmt: skip
    assert result.loc["CRV3", "std_error"] == pytest.approx(
        np.sqrt(0.9 * ((left_out - full) ** 2).sum()), rel=1e-9
    )


@pytest.mark.filterwarnings("ignore:The inplace keyword")  # the library's own use of pandas
def test_jackknife_equals_pyfixest(panel):
    import pyfixest

    frame = panel[["y", "treated", "unit", "period", "district"]].assign(
        unit=panel["unit"].astype(str), period=panel["period"].astype(str)
    )
    fit = pyfixest.feols("y ~ treated + C(unit) + C(period)", frame, vcov={"CRV3": "district"},
                         ssc=pyfixest.ssc(k_adj=False, G_adj=False))  # fmt: skip
    ours = cluster_inference(panel, "y", **TWFE, cluster="district", n_boot=99).table.set_index("term")
    theirs = np.sqrt(0.9) * float(fit.se()["treated"])  # without any factor, so that of the jackknife is ours
    assert ours.loc["CRV3", "std_error"] == pytest.approx(theirs, rel=1e-6)


def test_wild_bootstrap_equals_refits(panel):
    """Every draw by a regression of its own: restricted residuals times a sign per cluster."""
    import statsmodels.api as sm

    panel = panel.assign(w=1 + panel["unit"] % 3, x=np.sin(np.arange(len(panel))))
    frame, names = read_regression(panel, "y", **TWFE, covariates=["x"], weights="w", cluster="district")
    bootstrap = ClusterSums.read(frame, names).bootstrap(15, 0)
    dummies = pd.get_dummies(frame[["u", "t"]].astype(str), dtype=float).iloc[:, :-1]
    columns, root = np.column_stack([frame[names], dummies]), np.sqrt(frame["w"].to_numpy())[:, None]
    clusters, y = frame["c"].to_numpy(), frame["y"].to_numpy()

    def t_of(outcome, value):
        fit = sm.OLS(outcome * root[:, 0], columns * root).fit(
            cov_type="cluster", cov_kwds={"groups": clusters, "use_correction": False}
        )
        return (fit.params[0] - value) / fit.bse[0]

    for value in (0.0, 0.4):
        moved = y - value * columns[:, 0]
        others = columns[:, 1:] * root
        residual = moved - columns[:, 1:] @ np.linalg.pinv(others) @ (moved * root[:, 0])
        t = [t_of(y - residual + residual * draw[clusters], value) for draw in bootstrap.multipliers.T]
        expected = np.mean(np.abs(t) >= abs(t_of(y, value)))
        assert bootstrap.p_value(value) == pytest.approx(expected)


def test_wild_interval_ends_where_the_test_rejects(panel):
    row = cluster_inference(panel, "y", **TWFE, cluster="district", n_boot=499).table.iloc[2]
    frame, names = read_regression(panel, "y", **TWFE, covariates=(), weights=None, cluster="district")
    bootstrap = ClusterSums.read(frame, names).bootstrap(499, 0)
    assert bootstrap.p_value() == row["p_value"]
    for value, inside in ((row["conf_low"] - 0.01, False), (row["conf_low"] + 0.01, True),
                          (row["conf_high"] - 0.01, True), (row["conf_high"] + 0.01, False)):  # fmt: skip
        assert (bootstrap.p_value(value) >= 0.05) == inside


@pytest.mark.parametrize(
    ("districts", "treated", "cohort", "trusted", "code"),
    [
        (60, 30, None, "CRV1", "trust_usual"),
        (16, 8, None, "wild cluster bootstrap", "trust_wild"),
        (10, 2, "cohort", "randomisation", "trust_randomisation"),
        (10, 2, None, None, "trust_none"),
        (10, 1, None, None, "trust_none"),
    ],
)
def test_it_says_which_to_trust(districts, treated, cohort, trusted, code):
    result = cluster_inference(
        by_district(districts, treated), "y", **TWFE, cluster="district", cohort=cohort, n_boot=99
    )
    chosen = result.table.loc[result.table["trusted"], "term"].tolist()
    assert chosen == ([trusted] if trusted else [])
    assert any(note.code == code for note in result.notes)
    facts = next(note for note in result.notes if note.code == "cluster_facts").values
    assert (facts["clusters"], facts["treated"]) == (districts, treated)
    if treated == 1:  # without the one treated district there is no coefficient
        assert not result.table.loc[result.table["term"] == "CRV3", "identified"].iloc[0]


def test_pretrends_and_what_they_could_have_found(make):
    panel = make({5: 30, None: 30}, effect=lambda e: 1.0)
    effects = event_study(panel, "y", **KEYS)
    check = pretrend_test(effects, power=(0.5, 0.8))
    assert check.passed == (check.table["p_value"].iloc[0] >= 0.05)
    assert check.table["slope"].is_monotonic_increasing
    # brute force: fresh panels with that trend are found about as often (100 panels, s.e. 0.04)
    slope, found = check.table["slope"].iloc[1], []
    for seed in range(100):
        again = make({5: 30, None: 30}, seed=100 + seed, effect=lambda e: 1.0)
        again["y"] += slope * again["period"] * again["cohort"].notna()
        rows = event_study(again, "y", **KEYS).table
        pre = rows[rows["pre_period"] & rows["identified"]]
        found.append((np.abs(pre["estimate"] / pre["std_error"]) > 1.96).any())
    assert np.mean(found) == pytest.approx(0.8, abs=0.15)
    with_trend = panel.assign(y=panel["y"] + panel["period"] * panel["cohort"].notna())
    assert pretrend_test(event_study(with_trend, "y", **KEYS)).passed is False
    assert "per period" in str(check.text)


def test_two_independent_rows_by_hand():
    """With one pre-period row of standard error 1, a slope s is found when |N(-s, 1)| > 1.96: half the time
    for s = 1.96 (the other tail adds 4e-5)."""
    from dataclasses import replace

    panel = pd.DataFrame({"unit": np.repeat(range(40), 3), "period": np.tile([1, 2, 3], 40)})
    panel["cohort"] = panel["unit"].map(lambda u: 3 if u < 20 else None).astype("Int64")
    panel["y"] = np.random.default_rng(0).normal(size=120)
    effects = event_study(panel, "y", **KEYS)
    table = effects.table.assign(std_error=1.0)
    check = pretrend_test(replace(effects, table=table, covariance=np.eye(len(table))), power=(0.5,))
    assert check.table["slope"].iloc[0] == pytest.approx(1.96, abs=0.03)
    assert check.table["violation"].iloc[0] == check.table["slope"].iloc[0]
    # independent rows: having passed says nothing about the later row
    assert check.table["bias_if_passed"].iloc[0] == pytest.approx(check.table["slope"].iloc[0], abs=0.03)


@pytest.mark.parametrize(
    ("change", "more", "words"),
    [
        (lambda p: p.drop(index=5), {}, "same periods"),
        (lambda p: p, {"n_permutations": 5}, "So few permutations"),
        (lambda p: p.assign(kind=p["cohort"].fillna(0)), {"within": "kind"}, "nothing to permute"),
        (lambda p: p, {"control_group": "all"}, "no such choice"),
        (lambda p: p, {"assigned_by": "district"}, "different times"),
    ],
)
def test_what_cannot_be_permuted_is_refused(panel, change, more, words):
    with pytest.raises(EstimationError, match=words):
        randomisation_test(change(panel), "y", **KEYS, **more)


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"cohort": "start"}, "column of the panel is missing"),
        ({"cluster": "start"}, "column of the panel is missing"),
        ({"cohort": "cohort", "within": "start"}, "column of the panel is missing"),
    ],
)
def test_missing_columns_are_named(panel, more, words):
    with pytest.raises(EstimationError, match=words):
        cluster_inference(panel, "y", **TWFE, n_boot=19, **more)


def test_one_cluster_leaves_nothing_to_trust(panel):
    result = cluster_inference(panel.assign(city=1), "y", **TWFE, cluster="city", n_boot=19)
    assert not result.table["identified"].any()
    assert not result.table["trusted"].any()
    assert any(note.code == "one_cluster" for note in result.notes)


def test_covariates_weights_and_gaps_are_used_as_twfe_uses_them(panel):
    rng = np.random.default_rng(0)
    panel = panel.assign(x=rng.normal(size=len(panel)), w=1 + panel["unit"] % 3).drop(index=[3, 50])
    more = {"covariates": ["x"], "weights": "w", "cluster": "district"}
    before = panel.copy()
    result = cluster_inference(panel, "y", **TWFE, **more, n_boot=99).table.set_index("term")
    pd.testing.assert_frame_equal(panel, before)
    base = twfe(panel, "y", **TWFE, **more).table.iloc[0]
    assert result.loc["CRV1", "std_error"] == base["std_error"]
    left_out = [twfe(panel[panel["district"] != d], "y", **TWFE, covariates=["x"], weights="w")
                .table["estimate"].iloc[0] for d in range(10)]  # fmt: skip
    spread = np.sqrt(0.9 * ((np.array(left_out) - base["estimate"]) ** 2).sum())
    assert result.loc["CRV3", "std_error"] == pytest.approx(spread, rel=1e-7)
