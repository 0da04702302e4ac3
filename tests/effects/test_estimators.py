"""Stacks, local projections, extended two-way, synthetic, counts and doses against libraries and by hand."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
import statsmodels.formula.api as smf

from analysis.effects import (
    att_gt,
    compare,
    dose_response,
    event_study,
    extended_twfe,
    imputation,
    lp_did,
    poisson,
    pretrend_test,
    sensitivity,
    stacked,
    synthetic_did,
    twfe,
)
from analysis.effects.estimators.imputed import _figures, _figures_of_levels
from analysis.effects.estimators.untreated import UntreatedModel
from analysis.effects.panel.design import read_design
from analysis.errors import EstimationError

KEYS = {"unit": "unit", "time": "period", "cohort": "cohort"}
FIGURES = ["estimate", "std_error"]


@pytest.fixture
def growing(make) -> pd.DataFrame:
    """Counts n, doses and weights beside an outcome whose effect grows."""
    panel = make({4: 8, 5: 10, 6: 6, None: 16}, periods=9, effect=lambda e: 1 + e)
    rng = np.random.default_rng(1)
    panel["n"] = rng.poisson(np.exp(1 + 0.1 * panel["period"] + 0.3 * panel["treated"])).astype(float)
    panel["w"] = rng.integers(1, 4, 40)[panel["unit"]].astype(float)
    panel["x"] = rng.normal(size=40)[panel["unit"]]
    return panel.assign(dose=panel["unit"] % 4 + 1.0, first=panel["cohort"].fillna(0).astype(int))


@pytest.fixture(params=["balanced", "unbalanced"])
def either(request, growing):
    return growing if request.param == "balanced" else growing[np.random.default_rng(2).random(360) > 0.08]


def library(name: str, panel: pd.DataFrame, outcome: str = "y", fit: dict | None = None, **options):
    diff_diff = pytest.importorskip("diff_diff")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the oracle's own advice is not what is tested
        return getattr(diff_diff, name)(**options).fit(panel, outcome, "unit", "period", **fit or {})


def test_stacks_agree_with_diff_diff(growing):
    ours = stacked(growing, "y", **KEYS, window=(-2, 2)).table
    theirs = library("StackedDiD", growing, fit={"first_treat": "first"}, kappa_pre=2, kappa_post=2)
    for row in ours[ours["identified"]].iloc[:-1].itertuples():
        cell = theirs.event_study_effects[row.event_time]
        assert row.estimate == pytest.approx(cell["effect"], abs=1e-10)
        assert row.std_error == pytest.approx(cell["se"], abs=1e-10)
    assert ours["estimate"].iloc[-1] == pytest.approx(theirs.overall_att, abs=1e-10)
    assert ours["std_error"].iloc[-1] == pytest.approx(theirs.overall_se, abs=1e-10)


# the dummies of the reference regression are collinear on purpose, and the errors of some are not used
@pytest.mark.filterwarnings("ignore:The design matrix is rank-deficient")
@pytest.mark.filterwarnings("ignore:invalid value encountered in sqrt:RuntimeWarning:statsmodels")
@pytest.mark.parametrize("weighted", [False, True])
def test_stacks_by_variance_are_the_stacked_regression(growing, weighted):
    """Cengiz et al. (2019): effects of stack x unit and stack x period, clustered by district."""
    ours = stacked(growing, "y", **KEYS, window=(-2, 1), weighting="variance", cluster="district",
                   weights="w" if weighted else None).table.set_index("event_time")  # fmt: skip
    parts = []
    for start in (4, 5, 6):
        rows = growing[growing["period"].between(start - 2, start + 1)]
        own = rows[(rows["cohort"] == start) | (rows["cohort"].fillna(99) > start + 1)]
        when = own["period"] - start
        parts.append(own.assign(stack=start, when=when, d=(own["cohort"] == start).fillna(False).astype(int)))
    whole = pd.concat(parts)
    for e in (-2, 0, 1):
        whole[f"e{e + 2}"] = whole["d"] * (whole["when"] == e)
    whole["su"], whole["st"] = whole["stack"] * 100 + whole["unit"], whole["stack"] * 100 + whole["period"]
    fit = smf.wls("y ~ e0 + e2 + e3 + C(su) + C(st)", whole, weights=whole["w"] if weighted else 1.0).fit(
        cov_type="cluster", cov_kwds={"groups": whole["district"], "use_correction": False}
    )
    clusters, rows = 10, len(whole)
    factor = clusters / (clusters - 1) * (rows - 1) / (rows - 3 - whole["st"].nunique())
    for e in (-2, 0, 1):
        assert ours.loc[e, "estimate"] == pytest.approx(fit.params[f"e{e + 2}"], abs=1e-8)
        assert ours.loc[e, "std_error"] == pytest.approx(fit.bse[f"e{e + 2}"] * np.sqrt(factor), rel=1e-6)


def test_cohorts_without_their_window_are_named(growing):
    estimate = stacked(growing, "y", **KEYS, window=(-4, 3))
    note = next(note for note in estimate.notes if note.code == "stacks_trimmed")
    assert note.values == {"cohorts": 1, "labels": "4"}
    assert estimate.table["n_units"].tolist() == [16] * 9
    with pytest.raises(EstimationError, match="No cohort can be stacked"):
        stacked(growing, "y", **KEYS, window=(-7, 3))
    for wrong in ((1, 3), (-2, -1), (-2,), 3, (-1.5, 2)):
        with pytest.raises(EstimationError, match="window"):
            stacked(growing, "y", **KEYS, window=wrong)


@pytest.mark.parametrize("weighting", ["variance", "treated"])
def test_local_projections_agree_with_diff_diff(either, weighting):
    ours = lp_did(either, "y", **KEYS, weighting=weighting).table.set_index("event_time")
    theirs = library("LPDiD", either, fit={"treatment": "treated"}, pre_window=3, post_window=4,
                     reweight=weighting == "treated").event_study.set_index("horizon")  # fmt: skip
    # with gaps, theirs leaves out units not seen at adoption itself, which no change needs
    for horizon in (-3, -2, 0, 1, 2, 3, 4) if len(either) == 360 else (0,):
        assert ours.loc[horizon, "estimate"] == pytest.approx(theirs.loc[horizon, "coefficient"], abs=1e-9)
        assert ours.loc[horizon, "std_error"] == pytest.approx(theirs.loc[horizon, "se"], abs=1e-9)


@pytest.mark.parametrize("h", [-2, 2])
def test_local_projections_are_regressions_of_long_changes(either, h):
    """On adoption with period effects, among adopters and units untreated h periods later; by district."""
    ours = lp_did(either, "y", **KEYS, weights="w", cluster="district").table.set_index("event_time").loc[h]
    seen = either.set_index(["unit", "period"])["y"]
    rows = [
        (own.w, own.district, t, int(own["first"] == t), seen.get((unit, t + h)) - seen.get((unit, t - 1)))
        for unit, own in either.groupby("unit").first().iterrows()
        for t in range(2, 10)
        if (own["first"] == t or own["first"] == 0 or own["first"] > t + max(h, 0))
        and (unit, t + h) in seen.index
        and (unit, t - 1) in seen.index
    ]
    changes = pd.DataFrame(rows, columns=["w", "district", "t", "d", "change"])
    fit = smf.wls("change ~ d + C(t)", changes, weights=changes["w"]).fit(
        cov_type="cluster", cov_kwds={"groups": changes["district"], "use_correction": False}
    )
    factor = 10 / 9 * (len(changes) - 1) / (len(changes) - 1 - changes["t"].nunique())
    assert ours["estimate"] == pytest.approx(fit.params["d"], abs=1e-9)
    assert ours["std_error"] == pytest.approx(fit.bse["d"] * np.sqrt(factor), rel=1e-8)


def test_local_projections_are_pooled_over_all_cohorts(make):
    """A library's pooled figure rests on one cohort by default; ours holds every treated unit-period."""
    panel = make({4: 8, 5: 10, 6: 6, None: 16}, noise=0)
    panel["y"] += panel["treated"] * panel["cohort"].fillna(0).astype(float)
    truth = panel.loc[panel["treated"] == 1, "cohort"].mean() + 1
    overall = lp_did(panel, "y", **KEYS, weighting="treated").table.iloc[-1]
    assert overall["estimate"] == pytest.approx(truth, abs=1e-10)
    assert overall["n_units"] == 24


def test_reweighted_local_projections_are_the_event_times_of_att_gt(growing):
    ours = lp_did(growing, "y", **KEYS, weighting="treated").table.iloc[:-1]
    other = att_gt(growing, "y", **KEYS, base_period="universal", n_boot=0).aggregate("event_time").table
    both = ours.merge(other, on="event_time", suffixes=("", "_"))
    after = both[both["event_time"] >= 0]
    np.testing.assert_allclose(after["estimate"], after["estimate_"], atol=1e-10)


def test_extended_two_way_agrees_with_diff_diff(either):
    # with gaps, covariates are centred differently: theirs over rows, ours over units
    for covariates in ([], ["x"]) if len(either) == 360 else ([],):
        ours = extended_twfe(either, "y", **KEYS, covariates=covariates).table
        theirs = library("WooldridgeDiD", either, fit={"first_treat": "first", "xgvar": covariates or None})
        rows = theirs.aggregate("event_study").to_dataframe()
        np.testing.assert_allclose(ours["estimate"].iloc[:-1], rows["att"], atol=1e-8)
        np.testing.assert_allclose(ours["std_error"].iloc[:-1], rows["se"], rtol=1e-6)
        assert ours["estimate"].iloc[-1] == pytest.approx(theirs.overall_att, abs=1e-8)
        assert ours["std_error"].iloc[-1] == pytest.approx(theirs.overall_se, rel=1e-6)


def test_extended_two_way_is_the_imputed_figure(growing):
    """In a balanced panel; else the regression also learns unit effects from treated rows."""
    for weights in (None, "w"):
        one, other = (estimator(growing, "y", **KEYS, weights=weights).table
                      for estimator in (extended_twfe, imputation))  # fmt: skip
        np.testing.assert_allclose(one["estimate"], other["estimate"], atol=1e-8)
    with pytest.raises(EstimationError, match="varies within units"):
        extended_twfe(growing.assign(x=growing["y"] ** 2), "y", **KEYS, covariates=["x"])


def test_counts_by_cohort_agree_with_diff_diff(either):
    ours = poisson(either, "n", **KEYS).table
    theirs = library(
        "WooldridgeDiD", either.assign(unit=either["unit"]), "n", {"first_treat": "first"}, method="poisson"
    )
    rows = theirs.aggregate("event_study").to_dataframe()
    np.testing.assert_allclose(ours["estimate"].iloc[:-1], rows["att"], atol=1e-7)
    np.testing.assert_allclose(ours["std_error"].iloc[:-1], rows["se"], rtol=1e-5)
    assert ours["estimate"].iloc[-1] == pytest.approx(theirs.overall_att, abs=1e-7)
    assert ours["std_error"].iloc[-1] == pytest.approx(theirs.overall_se, rel=1e-5)


# the reference gives its clustered errors with weights without a promise: they are what is compared here
@pytest.mark.filterwarnings("ignore:cov_type not fully supported with var_weights")
@pytest.mark.parametrize("weights", [None, "w"])
def test_one_factor_is_the_poisson_regression_with_dummies(growing, weights):
    ours = poisson(growing, "n", unit="unit", time="period", treatment="treated", weights=weights,
                   cluster="district").table.iloc[0]  # fmt: skip
    fit = smf.glm("n ~ treated + C(unit) + C(period)", growing, family=sm.families.Poisson(),
                  var_weights=growing[weights] if weights else None).fit(
        tol=1e-12, cov_type="cluster", cov_kwds={"groups": growing["district"], "use_correction": False}
    )  # fmt: skip
    factor = 10 / 9 * (len(growing) - 1) / (len(growing) - 1 - 9)
    assert ours["estimate"] == pytest.approx(fit.params["treated"], abs=1e-7)
    assert ours["std_error"] == pytest.approx(fit.bse["treated"] * np.sqrt(factor), rel=1e-5)
    assert ours["ratio"] == pytest.approx(np.exp(fit.params["treated"]), abs=1e-6)


def test_counts_that_grow_by_factors_are_found_exactly():
    frame = pd.DataFrame([(u, t) for u in range(20) for t in range(6)], columns=["unit", "period"])
    level, growth = 1.0 + frame["unit"] % 5, 1.3 ** frame["period"]
    frame["cohort"] = frame["unit"].map(lambda u: 3 if u < 6 else 4 if u < 10 else np.nan)
    after = frame["period"] >= frame["cohort"]
    frame["n"] = level * growth * np.where(after, 1.5, 1.0)
    effect = (level * growth * 0.5)[after]
    table = poisson(frame, "n", **KEYS).table
    assert table["estimate"].iloc[-1] == pytest.approx(effect.mean(), abs=1e-9)
    ratio = poisson(frame.assign(d=after.astype(int)), "n", unit="unit", time="period", treatment="d").table
    assert ratio["ratio"].iloc[0] == pytest.approx(1.5, abs=1e-9)
    # in differences the same trends are not parallel
    assert abs(imputation(frame, "n", **KEYS).table["estimate"].iloc[-1] - effect.mean()) > 0.1


def test_cohorts_without_counts_are_rows_that_say_so(growing):
    quiet = growing.assign(
        n=growing["n"].where((growing["cohort"] != 5).fillna(True) | (growing["treated"] > 0), 0)
    )
    table = poisson(quiet, "n", **KEYS).table
    assert table["identified"].all()
    assert table["n_units"].iloc[0] == 14
    alone = quiet[quiet["cohort"].isna() | (quiet["cohort"] == 5)]
    with pytest.raises(EstimationError, match="no count above zero"):
        poisson(alone, "n", **KEYS)


def test_units_without_counts_are_set_aside(growing):
    empty = growing.assign(n=growing["n"].where(growing["unit"] != 30, 0.0))
    estimate = poisson(empty, "n", unit="unit", time="period", treatment="treated")
    assert ("no count above zero", 9) in estimate.set_aside
    assert estimate.n_rows == estimate.n_obs + 9
    with pytest.raises(EstimationError, match="below zero"):
        poisson(growing.assign(n=-1.0 * growing["n"]), "n", **KEYS)
    with pytest.raises(EstimationError, match="Exactly one"):
        poisson(growing, "n", unit="unit", time="period")


@pytest.mark.parametrize("inference", ["jackknife", "placebo"])
def test_synthetic_agrees_with_diff_diff(make, inference):
    panel = make({12: 3, 16: 4, None: 20}, periods=20, seed=3)
    ours = synthetic_did(panel, "y", **KEYS, inference=inference).table.set_index("term")
    for start in (12, 16):
        one = panel[(panel["cohort"] == start) | panel["cohort"].isna()]
        theirs = synthetic_of_the_library(one, inference, start)
        row = ours.loc[f"cohort={start}"]
        assert row["estimate"] == pytest.approx(theirs.att, abs=1e-8)
        # placebo draws differ: two standard deviations of 200 draws each are about 15 %
        assert row["std_error"] == pytest.approx(theirs.se, rel=1e-6 if inference == "jackknife" else 0.15)
    cells = np.array([3 * 9, 4 * 5])
    assert ours["estimate"].iloc[-1] == pytest.approx(
        cells @ ours["estimate"].iloc[:2] / cells.sum(), abs=1e-12
    )


def synthetic_of_the_library(panel: pd.DataFrame, inference: str, start: int):
    diff_diff = pytest.importorskip("diff_diff")
    frame = panel.assign(ever=panel["cohort"].notna().astype(int))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return diff_diff.SyntheticDiD(variance_method=inference, n_bootstrap=200, seed=0).fit(
            frame, "y", "ever", "unit", "period", post_periods=list(range(start, 21))
        )


def test_synthetic_finds_what_weights_can_make_parallel():
    """Treated units follow two of the controls, whose trends differ: plain differences are wrong."""
    time = np.arange(16)
    paths = np.vstack([np.sin(time), 0.3 * time, np.cos(1.7 * time), -0.5 * time, 0.1 * time**1.5])
    treated = (paths[0] + paths[1]) / 2 + 4.0 + 2.0 * (time >= 11)
    outcomes = np.vstack([paths, treated])
    unit, period = (index.ravel() for index in np.indices(outcomes.shape))
    frame = pd.DataFrame({"unit": unit, "period": period, "y": outcomes.ravel()})
    frame["cohort"] = np.where(frame["unit"] == 5, 11.0, np.nan)
    row = synthetic_did(frame, "y", **KEYS, n_boot=50).table.iloc[0]
    plain = twfe(frame.assign(d=(frame["unit"] == 5) & (frame["period"] >= 11)).astype({"d": int}), "y",
                 unit="unit", time="period", treatment="d").table["estimate"].iloc[0]  # fmt: skip
    assert row["estimate"] == pytest.approx(2.0, abs=0.25)  # the ridge penalty keeps weights off the corner
    assert abs(plain - 2.0) > 0.6
    assert row["pre_gap"] < 0.25


def test_doses_by_hand(make):
    """Two periods: ranges are differences of mean changes, the slope least squares with robust errors."""
    panel = make({2: 40, None: 30}, periods=2)
    given = np.random.default_rng(0).uniform(1, 3, 70)
    panel["dose"] = given[panel["unit"]]
    panel["y"] += 2 * panel["dose"] * panel["treated"]
    table = dose_response(panel, "y", **KEYS, dose="dose", bins=[1.5, 2.2]).table.set_index("term")
    change = panel.pivot(index="unit", columns="period", values="y").diff(axis=1)[2].to_numpy()
    treated, control = change[:40], change[40:]
    for number, (low, high) in enumerate(((0, 1.5), (1.5, 2.2), (2.2, 9))):
        own = treated[(given[:40] >= low) & (given[:40] < high)]
        row = table.iloc[number]
        assert row["estimate"] == pytest.approx(own.mean() - control.mean(), abs=1e-10)
        assert row["std_error"] == pytest.approx(
            np.sqrt(own.var() / len(own) + control.var() / 30), abs=1e-10
        )
        assert low <= row["dose_low"] <= row["dose_high"] < high
    line = sm.OLS(treated, sm.add_constant(given[:40])).fit(cov_type="HC0")
    assert table.loc["slope", "estimate"] == pytest.approx(line.params[1], abs=1e-10)
    assert table.loc["slope", "std_error"] == pytest.approx(line.bse[1], abs=1e-10)
    theirs = library("ContinuousDiD", panel.assign(first=panel["cohort"].fillna(0).astype(int), dose=np.where(
        panel["cohort"].isna(), 0, panel["dose"])), fit={"first_treat": "first", "dose": "dose"},
        degree=1, num_knots=0)  # fmt: skip
    assert table.loc["overall", "estimate"] == pytest.approx(theirs.overall_att, abs=1e-9)
    assert table.loc["overall", "std_error"] == pytest.approx(theirs.overall_att_se, abs=1e-9)
    assert table.loc["slope", "estimate"] == pytest.approx(theirs.overall_acrt, abs=1e-9)
    assert table.loc["slope", "std_error"] == pytest.approx(theirs.overall_acrt_se, abs=1e-9)


def test_doses_over_all_are_the_imputed_effect(either):
    doses = dose_response(either, "y", **KEYS, dose="dose", covariates=[], cluster="district").table
    overall = imputation(either, "y", **KEYS, cluster="district").table
    pd.testing.assert_series_equal(
        doses[FIGURES].iloc[-1], overall[FIGURES].iloc[-1], check_names=False, atol=1e-10
    )
    one = dose_response(either.assign(dose=2.0), "y", **KEYS, dose="dose")
    assert one.table["status"].tolist() == ["estimated", "collinear", "estimated"]
    assert "dose_one_value" in {note.code for note in one.notes}


@pytest.mark.parametrize(
    ("doses", "words"),
    [
        (lambda p: p["dose"].where(p["unit"] != 0), "no dose above 0"),
        (lambda p: p["dose"].where(p["unit"] != 0, 0.0), "no dose above 0"),
        (lambda p: p["dose"] + p["period"], "several doses"),
        (lambda p: "high", "not a number"),
    ],
)
def test_doses_that_cannot_be_read(growing, doses, words):
    with pytest.raises(EstimationError, match=words):
        dose_response(growing.assign(dose=doses(growing)), "y", **KEYS, dose="dose")
    for bins in (0, True, [2, 1], "three", [np.nan]):
        with pytest.raises(EstimationError, match="Ranges"):
            dose_response(growing, "y", **KEYS, dose="dose", bins=bins)


def test_only_units_treated_in_the_panel_need_a_dose(growing):
    later = growing.assign(cohort=growing["cohort"].mask(growing["cohort"] == 6, 60))
    lacking = later.assign(dose=later["dose"].where(later["cohort"].fillna(99) < 60))
    ours, other = (dose_response(panel, "y", **KEYS, dose="dose").table for panel in (lacking, later))
    pd.testing.assert_frame_equal(ours, other)


def test_event_times_serve_the_further_checks(growing):
    for estimate in (lp_did(growing, "y", **KEYS), stacked(growing, "y", **KEYS, window=(-3, 2))):
        bounds = sensitivity(estimate, "smoothness").table
        assert (bounds["conf_low"] < bounds["conf_high"]).all()
        assert pretrend_test(estimate).passed is not None
    everything = compare([imputation(growing, "y", **KEYS), extended_twfe(growing, "y", **KEYS),
                          lp_did(growing, "y", **KEYS)])  # fmt: skip
    assert everything.table["identified"].all()


# ---- weights, repeated cross-sections, periods: the same rules for all -----------------------------------

WEIGHTED = {
    "att_gt": lambda panel, **more: att_gt(panel, "y", **KEYS, n_boot=0, **more),
    "event times": lambda panel, **more: att_gt(panel, "y", **KEYS, n_boot=0, **more).aggregate("event_time"),
    "overall": lambda panel, **more: att_gt(panel, "y", **KEYS, n_boot=0, **more).aggregate(),
    "event_study": lambda panel, **more: event_study(panel, "y", **KEYS, **more),
    "imputation": lambda panel, **more: imputation(panel, "y", **KEYS, **more),
    "stacked": lambda panel, **more: stacked(panel, "y", **KEYS, window=(-2, 2), **more),
    "lp_did": lambda panel, **more: lp_did(panel, "y", **KEYS, **more),
    "extended_twfe": lambda panel, **more: extended_twfe(panel, "y", **KEYS, **more),
    "poisson": lambda panel, **more: poisson(panel, "n", **KEYS, **more),
    "dose_response": lambda panel, **more: dose_response(panel, "y", **KEYS, dose="dose", bins=[2.5], **more),
}


@pytest.mark.parametrize("name", WEIGHTED)
def test_a_weight_of_two_counts_a_unit_twice(either, name):
    """The estimate is that of the panel with units repeated, clustered by the original unit."""
    parts = [either[either["w"] > k].assign(unit=either["unit"] + 100 * k) for k in range(3)]
    repeated = pd.concat(parts).assign(origin=lambda p: p["unit"] % 100)
    one = WEIGHTED[name](either, weights="w").table
    other = WEIGHTED[name](repeated, cluster="origin").table
    np.testing.assert_allclose(one["estimate"], other["estimate"], atol=1e-7)
    if name in ("att_gt", "event times", "overall"):
        # the same up to G/(G-1); other factors count rows, which repeating changes, and imputed effects are
        # centred at means weighted by the squares of weights
        np.testing.assert_allclose(one["std_error"] * np.sqrt(40 / 39), other["std_error"], rtol=2e-6)


@pytest.mark.parametrize("name", WEIGHTED)
def test_equal_weights_change_nothing(either, name):
    one, other = WEIGHTED[name](either).table, WEIGHTED[name](either.assign(v=7.5), weights="v").table
    pd.testing.assert_frame_equal(one[FIGURES], other[FIGURES], rtol=1e-7, atol=1e-9)


@pytest.mark.parametrize("name", WEIGHTED)
def test_weights_are_checked(growing, name):
    with pytest.raises(EstimationError, match="weight varies within 1 units"):
        WEIGHTED[name](growing.assign(w=growing["w"].where(growing.index != 5, 9.0)), weights="w")
    with pytest.raises(EstimationError, match="negative"):
        WEIGHTED[name](growing.assign(w=-growing["w"]), weights="w")
    lighter = growing.assign(w=growing["w"].where(growing["unit"] != 39, 0.0))
    estimate = WEIGHTED[name](lighter, weights="w")
    assert ("missing or zero weight w", 9) in getattr(estimate, "about", estimate).set_aside
    assert "weighted" in {note.code for note in estimate.notes}


@pytest.mark.parametrize("control_group", ["never_treated", "not_yet_treated"])
@pytest.mark.parametrize("sections", [False, True])
def test_weighted_cells_and_sections_agree_with_diff_diff(either, control_group, sections):
    frame = either.assign(row=np.arange(len(either)))
    frame["w"] = frame["w"] + (np.random.default_rng(3).random(len(frame)) if sections else 0)
    ours = att_gt(frame, "y", **KEYS | ({"unit": None} if sections else {}), weights="w", n_boot=0,
                  control_group=control_group)  # fmt: skip
    diff_diff = pytest.importorskip("diff_diff")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = diff_diff.CallawaySantAnna(control_group=control_group, panel=not sections).fit(
            frame, "y", "row" if sections else "unit", "period", "first",
            survey_design=diff_diff.SurveyDesign(weights="w"),
        )  # fmt: skip
    for row in ours.table.itertuples():
        cell = theirs.group_time_effects[row.cohort, row.time]
        assert row.estimate == pytest.approx(cell["effect"], abs=1e-10)
        assert row.std_error == pytest.approx(cell["se"], abs=1e-10)
    overall = ours.aggregate().table.iloc[0]
    assert overall["estimate"] == pytest.approx(theirs.overall_att, abs=1e-10)
    assert overall["std_error"] == pytest.approx(theirs.overall_se, abs=1e-10)


def test_sections_clustered_by_place(growing):
    """Four means by hand; a cluster's contribution is the sum of its rows'."""
    two = growing[growing["period"].isin([3, 5]) & (growing["cohort"].isna() | (growing["cohort"] == 5))]
    two = two.assign(late=(two["period"] == 5).astype(int), ever=two["cohort"].notna().astype(int))
    ours = att_gt(two, "y", unit=None, time="period", cohort="cohort", cluster="district", n_boot=0).table
    fit = smf.ols("y ~ late * ever", two).fit(
        cov_type="cluster", cov_kwds={"groups": two["district"], "use_correction": False}
    )
    clusters = two["district"].nunique()
    row = ours[ours["time"] == 5].iloc[0]
    assert row["estimate"] == pytest.approx(fit.params["late:ever"], abs=1e-10)
    assert row["std_error"] == pytest.approx(
        fit.bse["late:ever"] * np.sqrt(clusters / (clusters - 1)), abs=1e-10
    )
    with pytest.raises(EstimationError, match="Covariates cannot be combined"):
        att_gt(two, "y", unit=None, time="period", cohort="cohort", covariates=["x"])


@pytest.mark.parametrize("weights", [None, "w"])
@pytest.mark.parametrize("cluster", [None, "district"])
def test_imputation_by_sums_is_that_by_units(growing, weights, cluster):
    design = read_design(growing, "y", **KEYS, weights=weights, cluster=cluster)
    model = UntreatedModel(design)
    effects, keys = model.effects(), np.arange(6)
    slow, quick = _figures(design, model, effects, keys), _figures_of_levels(design, model, effects, keys)
    for name in slow:
        if name != "status":
            np.testing.assert_allclose(slow[name], quick[name], atol=1e-11)


@pytest.mark.parametrize("name", WEIGHTED)
def test_steps_labels_and_gaps(growing, name):
    one = WEIGHTED[name](growing).table[FIGURES]
    twice = growing.assign(period=2000 + 2 * growing["period"], cohort=2000 + 2 * growing["cohort"])
    pd.testing.assert_frame_equal(WEIGHTED[name](twice).table[FIGURES], one)
    label = "2021-{:02d}".format
    months = growing.assign(
        period=growing["period"].map(label), cohort=growing["cohort"].map(label, na_action="ignore")
    )
    pd.testing.assert_frame_equal(WEIGHTED[name](months).table[FIGURES], one)
    gap = WEIGHTED[name](growing[growing["period"] != 2])
    assert "gaps" in {note.code for note in gap.notes}


def test_the_benchmark_compares_equal_things():
    pytest.importorskip("diff_diff")
    from analysis.effects import bench

    panel = bench.make_panel(60, 6)
    bench._agree_cells(bench._ours(panel), bench._theirs(panel))
    bench._agree_tables(bench._our_tables(panel), bench._their_tables(panel))
    bench._agree_imputed(bench._our_imputation(panel), bench._their_imputation(panel))
    with pytest.raises(EstimationError, match="do not agree"):
        bench._agree_imputed(
            bench._our_imputation(panel.assign(y=-panel["y"])), bench._their_imputation(panel)
        )
    sums = bench.bare_pass(panel)
    assert sums.sum() == pytest.approx(2 * panel["y"].sum() + (panel["y"] ** 2).sum())
