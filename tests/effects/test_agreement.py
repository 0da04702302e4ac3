"""Hand-made figures, plain regressions and an independent library say the same."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest

from analysis.effects import att_gt, event_study, imputation, twfe
from analysis.effects.estimators.averages import Engine
from analysis.effects.estimators.bands import uniform_critical_value
from analysis.effects.estimators.cells import compare_cell_by_cell, plan_cells
from analysis.effects.estimators.fast import compare_by_sums
from analysis.effects.panel.design import read_design

KEYS = {"unit": "unit", "time": "period", "cohort": "cohort"}


@pytest.fixture(params=["balanced", "unbalanced"])
def any_panel(request, panel):
    rng = np.random.default_rng(1)
    return panel if request.param == "balanced" else panel[rng.random(len(panel)) > 0.08]


def diff_diff_fit(name: str, panel: pd.DataFrame, covariates=None, **options):
    diff_diff = pytest.importorskip("diff_diff")
    frame = panel.assign(first=panel["cohort"].fillna(0).astype(int))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the oracle's own advice is not what is tested
        return getattr(diff_diff, name)(**options).fit(
            frame, "y", "unit", "period", "first", covariates=covariates
        )


def assert_cells_agree(ours, theirs, points: float = 1e-10, errors: float = 1e-8) -> None:
    checked = 0
    for row in ours.table[ours.table["identified"]].itertuples():
        cell = theirs.group_time_effects[row.cohort, row.time]
        assert row.estimate == pytest.approx(cell["effect"], abs=points)
        assert row.std_error == pytest.approx(cell["se"], abs=errors)
        assert (row.n_units, row.n_controls) == (cell["n_treated"], cell["n_control"])
        checked += 1
    assert checked >= 14


def test_two_by_two_by_hand(make):
    two = make({2: 7, None: 9}, periods=2)
    wide = two.pivot(index="unit", columns="period", values="y")
    change = (wide[2] - wide[1]).to_numpy()
    treated, control = change[:7], change[7:]
    by_hand = treated.mean() - control.mean()
    effect = att_gt(two, "y", **KEYS, n_boot=0)
    assert effect.table["estimate"].tolist() == [pytest.approx(by_hand, abs=1e-12)]
    assert effect.table["std_error"].iloc[0] == pytest.approx(
        np.sqrt(treated.var() / 7 + control.var() / 9), abs=1e-12
    )
    for kind in ("overall", "event_time", "cohort", "calendar_time"):
        assert effect.aggregate(kind).table["estimate"].to_numpy() == pytest.approx(by_hand, abs=1e-12)
    assert event_study(two, "y", **KEYS).table["estimate"].iloc[-1] == pytest.approx(by_hand, abs=1e-12)
    regression = twfe(two, "y", unit="unit", time="period", treatment="treated").table.iloc[0]
    assert regression["estimate"] == pytest.approx(by_hand, abs=1e-12)


def test_exact_effects_are_found_without_noise(make):
    truth = make({3: 4, 5: 3, 6: 2, None: 5}, noise=0, effect=lambda e: 1 + e**2)
    effects = att_gt(truth, "y", **KEYS, n_boot=0)
    expected = np.where(effects.table["event_time"] >= 0, 1 + effects.table["event_time"] ** 2, 0)
    np.testing.assert_allclose(effects.table["estimate"], expected, atol=1e-10)
    treated = truth[truth["treated"] == 1]
    assert effects.aggregate().table["estimate"].iloc[0] == pytest.approx(treated["truth"].mean())
    cohorts = effects.aggregate("cohort").table
    by_cohort = treated.groupby("cohort")["truth"].mean()
    np.testing.assert_allclose(cohorts["estimate"][:-1], by_cohort, atol=1e-10)
    weights = np.array([4, 3, 2]) / 9
    assert cohorts["estimate"].iloc[-1] == pytest.approx(weights @ by_cohort)
    calendar = effects.aggregate("calendar_time").table
    by_time = treated.groupby("period")["truth"].mean()
    np.testing.assert_allclose(calendar["estimate"][:-1], by_time, atol=1e-10)
    assert calendar["estimate"].iloc[-1] == pytest.approx(by_time.mean())
    study = event_study(truth, "y", **KEYS).table.set_index("event_time")["estimate"]
    assert study[4] == pytest.approx(17)
    imputed = imputation(truth, "y", **KEYS).table["estimate"].iloc[-1]
    assert imputed == pytest.approx(treated["truth"].mean())
    # growing effects are what two-way fixed effects cannot average: its figure is far from the truth
    two_way = twfe(truth, "y", unit="unit", time="period", treatment="treated").table["estimate"].iloc[0]
    assert two_way < 0.7 * treated["truth"].mean()


@pytest.mark.parametrize("control_group", ["never_treated", "not_yet_treated"])
@pytest.mark.parametrize("base_period", ["varying", "universal"])
@pytest.mark.parametrize("anticipation", [0, 1])
def test_cells_agree_with_diff_diff(any_panel, control_group, base_period, anticipation):
    options = {"control_group": control_group, "base_period": base_period, "anticipation": anticipation}
    assert_cells_agree(
        att_gt(any_panel, "y", **KEYS, **options, n_boot=0),
        diff_diff_fit("CallawaySantAnna", any_panel, **options),
    )


def test_averages_agree_with_diff_diff(panel):
    ours, theirs = att_gt(panel, "y", **KEYS, n_boot=0), diff_diff_fit(
        "CallawaySantAnna", panel, control_group="not_yet_treated"
    )  # fmt: skip
    row = ours.aggregate().table.iloc[0]
    assert row["estimate"] == pytest.approx(theirs.overall_att, abs=1e-10)
    assert row["std_error"] == pytest.approx(theirs.overall_se, abs=1e-8)
    assert row["conf_low"] == pytest.approx(theirs.overall_conf_int[0], abs=1e-7)
    assert row["p_value"] == pytest.approx(theirs.overall_p_value, abs=1e-7)
    for level, kind, key in (("event_study", "event_time", "event_time"), ("group", "cohort", "cohort")):
        expected = theirs.aggregate(level).to_dataframe()
        rows = ours.aggregate(kind).table
        label = next(c for c in expected.columns if c in ("relative_period", "event_time", "group", "label"))
        expected = expected.assign(**{key: expected[label].astype(int)})
        both = rows.dropna(subset=[key]).merge(expected, on=key)
        assert len(both) == len(rows) - 1
        np.testing.assert_allclose(both["estimate"], both["att"], atol=1e-10)
        np.testing.assert_allclose(both["std_error"], both["se"], atol=1e-8)


def test_clustered_errors_agree_with_diff_diff(any_panel):
    spread = any_panel.assign(district=any_panel["unit"] % 10)
    ours = att_gt(spread, "y", **KEYS, cluster="district", control_group="never_treated", n_boot=0)
    theirs = diff_diff_fit("CallawaySantAnna", spread, cluster="district")
    assert_cells_agree(ours, theirs)
    cell = ours.table.iloc[3]
    expected = theirs.group_time_effects[cell["cohort"], cell["time"]]
    assert cell["conf_low"] == pytest.approx(expected["conf_int"][0], abs=1e-7)  # t with G - 1


@pytest.mark.parametrize("method", ["dr", "reg", "ipw"])
def test_adjusted_cells_and_average_agree_with_diff_diff(panel, method):
    rng = np.random.default_rng(5)
    panel["age"] = rng.normal(0, 1, 40)[panel["unit"]] + (panel["cohort"].isna() * 0.3).to_numpy(float)
    ours = att_gt(panel, "y", **KEYS, covariates=["age"], method=method, n_boot=0)
    theirs = diff_diff_fit(
        "CallawaySantAnna", panel, ["age"], control_group="not_yet_treated", estimation_method=method
    )
    assert_cells_agree(ours, theirs)
    row = ours.aggregate().table.iloc[0]
    assert row["estimate"] == pytest.approx(theirs.overall_att, abs=1e-10)
    assert row["std_error"] == pytest.approx(theirs.overall_se, abs=1e-8)


def test_event_study_agrees_with_diff_diff(any_panel):
    ours = event_study(any_panel, "y", **KEYS).table.set_index("event_time")
    theirs = diff_diff_fit("SunAbraham", any_panel)
    assert len(theirs.event_study_effects) == int(ours["identified"].iloc[:-1].sum())
    for event_time, effect in theirs.event_study_effects.items():
        assert ours.loc[event_time, "estimate"] == pytest.approx(effect["effect"], abs=1e-9)
        # within-transformation to a tolerance on unbalanced panels, on their side and ours
        assert ours.loc[event_time, "std_error"] == pytest.approx(effect["se"], rel=1e-5)
    assert ours["estimate"].iloc[-1] == pytest.approx(theirs.overall_att, abs=1e-9)
    assert ours["std_error"].iloc[-1] == pytest.approx(theirs.overall_se, rel=1e-5)


@pytest.mark.parametrize("cluster", [None, "district"])
def test_imputation_agrees_with_diff_diff(any_panel, cluster):
    spread = any_panel.assign(district=any_panel["unit"] % 10)
    ours = imputation(spread, "y", **KEYS, cluster=cluster).table.set_index("event_time")
    theirs = diff_diff_fit("ImputationDiD", spread, cluster=cluster)
    rows = theirs.aggregate("event_study").to_dataframe().set_index("event_time")
    # theirs has no factor for clusters; ours is G/(G-1) as everywhere here
    factor = np.sqrt(10 / 9) if cluster else 1.0
    expected = rows.loc[range(6)]
    # theirs iterates to a tolerance on unbalanced panels
    np.testing.assert_allclose(ours["estimate"].iloc[:-1], expected["att"], atol=1e-7)
    np.testing.assert_allclose(ours["std_error"].iloc[:-1], expected["se"] * factor, rtol=1e-6)
    assert ours["estimate"].iloc[-1] == pytest.approx(theirs.overall_att, abs=1e-7)
    assert ours["std_error"].iloc[-1] == pytest.approx(theirs.overall_se * factor, rel=1e-6)


def test_imputation_equals_a_regression_on_untreated_rows(any_panel):
    rng = np.random.default_rng(3)
    frame = any_panel.assign(x=rng.normal(size=len(any_panel)) + 0.3 * any_panel["treated"])
    dummies = pd.get_dummies(frame[["unit", "period"]].astype(str), dtype=float).assign(x=frame["x"])
    untreated = frame["treated"] == 0
    fit = np.linalg.lstsq(dummies[untreated], frame.loc[untreated, "y"], rcond=None)[0]
    effect = (frame["y"] - dummies @ fit)[~untreated]
    ours = imputation(frame, "y", **KEYS, covariates=["x"]).table
    assert ours["estimate"].iloc[-1] == pytest.approx(effect.mean(), abs=1e-10)
    # the error by hand: weights on untreated rows reproduce minus the treated rows' regressors
    target = dummies[~untreated].mean()
    residual = (frame["y"] - dummies @ fit)[untreated]
    weights = pd.Series(-np.linalg.pinv(dummies[untreated].T) @ target, residual.index)
    spread = effect - effect.groupby([frame["cohort"], frame["period"]]).transform("mean")
    parts = (
        (weights * residual)
        .groupby(frame["unit"])
        .sum()
        .add((spread / len(effect)).groupby(frame["unit"]).sum(), fill_value=0)
    )
    assert ours["std_error"].iloc[-1] == pytest.approx(np.sqrt((parts**2).sum()), abs=1e-10)


def test_two_way_agrees_with_dummies(any_panel):
    import statsmodels.api as sm

    rng = np.random.default_rng(2)
    frame = any_panel.assign(x=rng.normal(size=len(any_panel)), w=1 + rng.random(len(any_panel)))
    ours = twfe(frame, "y", unit="unit", time="period", treatment="treated", covariates=["x"], weights="w",
                cluster="district").table.iloc[:2]  # fmt: skip
    dummies = pd.get_dummies(frame[["unit", "period"]].astype(str), drop_first=True, dtype=float)
    regressors = sm.add_constant(pd.concat([frame[["treated", "x"]], dummies], axis=1))
    fit = sm.WLS(frame["y"], regressors, weights=frame["w"]).fit(
        cov_type="cluster", cov_kwds={"groups": frame["district"], "use_correction": False}
    )
    clusters, rows = frame["district"].nunique(), len(frame)
    factor = clusters / (clusters - 1) * (rows - 1) / (rows - 2 - 8)  # two regressors, eight periods
    np.testing.assert_allclose(ours["estimate"], fit.params[["treated", "x"]], atol=1e-7)
    np.testing.assert_allclose(ours["std_error"], fit.bse[["treated", "x"]] * np.sqrt(factor), rtol=1e-5)


@pytest.mark.parametrize("control_group", ["never_treated", "not_yet_treated"])
@pytest.mark.parametrize("cluster", [None, "district"])
def test_sums_equal_the_comparison_cell_by_cell(panel, control_group, cluster):
    design = read_design(panel, "y", **KEYS, cluster=cluster)
    plan = plan_cells(design, control_group, anticipation=1)
    tables = []
    for compare in (compare_by_sums, compare_cell_by_cell):
        engine = Engine(design, plan, compare(design, plan), df=np.inf, factor=1.0)
        mixed = engine.average([plan.post, ~plan.post], np.ones(len(plan)), estimated_shares=True)
        tables.append(pd.DataFrame(engine.figures_of_cells(n_boot=20)[0]))
        tables.append(pd.DataFrame(engine.figures(mixed)[0]))
    pd.testing.assert_frame_equal(tables[0], tables[2], atol=1e-12, rtol=1e-10)
    pd.testing.assert_frame_equal(tables[1], tables[3], atol=1e-12, rtol=1e-10)


def test_band_is_that_of_independent_normals():
    """For K independent normals the level is met at the (0.95^(1/K)) two-sided quantile."""
    from scipy.stats import norm

    rng = np.random.default_rng(0)
    parts = np.linalg.qr(rng.normal(size=(2000, 6)))[0]  # orthonormal columns: independent, unit errors
    critical = uniform_critical_value(parts, n_boot=20_000, seed=1)
    exact = norm.ppf(0.5 + 0.95 ** (1 / 6) / 2)
    assert critical == pytest.approx(exact, abs=0.03)  # Monte Carlo error of the quantile is about 0.01
    alike = np.repeat(parts[:, :1], 6, axis=1)
    assert uniform_critical_value(alike, n_boot=20_000, seed=1) == pytest.approx(1.96, abs=0.03)


def test_bands_contain_intervals(panel):
    table = att_gt(panel, "y", **KEYS, cluster="district").aggregate("event_time").table.iloc[:-1]
    assert (table["band_low"] <= table["conf_low"]).all()
    assert (table["band_high"] >= table["conf_high"]).all()
    assert "band_low" not in att_gt(panel, "y", **KEYS, n_boot=0).table
