"""Interrupted series: exact lines, the library's autocorrelations, and the right rejection rate."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from analysis.effects import interrupted_series
from analysis.effects.designs.interrupted import correlations
from analysis.errors import EstimationError


def series(seed=0, n=60, rho=0.5, level=0.0, slope=0.0):
    rng = np.random.default_rng(seed)
    shocks = rng.normal(size=n + 50)
    errors = np.zeros(n + 50)
    for k in range(1, n + 50):
        errors[k] = rho * errors[k - 1] + shocks[k]
    t = np.arange(n)
    return pd.DataFrame({"t": t, "y": errors[50:] + level * (t >= 30) + slope * np.maximum(t - 30, 0)})


def rows(frame, **arguments):
    return interrupted_series(frame, time="t", value="y", **{"start": 30} | arguments).table.set_index("term")


def test_a_line_without_noise_is_found():
    t = np.arange(60)
    tiny = 1e-6 * np.random.default_rng(0).normal(size=60)
    frame = pd.DataFrame({"t": t, "y": 5 + 0.3 * t + (t >= 30) * (2 - 0.1 * (t - 30)) + tiny})
    found = rows(frame)["estimate"]
    assert np.allclose(found[["level change", "slope change"]], [2, -0.1], atol=1e-5)
    assert found["average effect"] == pytest.approx(2 - 0.1 * 14.5, abs=1e-5)


def test_without_autocorrelation_it_is_least_squares():
    import statsmodels.api as sm

    frame = series(rho=0.0, level=1.0)
    after = (frame["t"] >= 30).astype(float)
    x = np.column_stack([after, after * (frame["t"] - 30), np.ones(60), frame["t"]])
    fit = sm.OLS(frame["y"], x).fit()
    found = rows(frame, order=0).iloc[:2]
    assert np.allclose(found["estimate"], fit.params.iloc[:2])
    assert np.allclose(found["std_error"], fit.bse.iloc[:2])
    assert np.allclose(found["p_value"], fit.pvalues.iloc[:2])


def test_with_autocorrelation_it_is_the_library_s_generalised_least_squares():
    import statsmodels.api as sm
    from scipy.linalg import toeplitz

    frame = series(seed=3, level=2.0)
    result = interrupted_series(frame, time="t", value="y", start=30)
    rho = next(n for n in result.notes if n.code == "interrupted_ar").values["rho"]
    after = (frame["t"] >= 30).astype(float)
    x = np.column_stack([after, after * (frame["t"] - 30), np.ones(60), frame["t"]])
    fit = sm.GLS(frame["y"], x, sigma=toeplitz(rho ** np.arange(60))).fit()
    assert np.allclose(result.table["estimate"].iloc[:2], fit.params.iloc[:2], atol=1e-6)
    assert np.allclose(result.table["std_error"].iloc[:2], fit.bse.iloc[:2], atol=1e-6)


@pytest.mark.parametrize("partial", [[0.5], [0.5, 0.3], [0.6, -0.4, 0.2]])
def test_autocorrelations_are_the_library_s(partial):
    from statsmodels.tsa.arima_process import arma_acf

    phi = np.zeros(0)
    for value in partial:
        phi = np.append(phi - value * phi[::-1], value)
    expected = arma_acf(np.append(1, -phi), [1], 8)
    assert np.allclose(correlations(np.array(partial), 7), expected)


def test_gaps_labels_and_order_do_not_matter():
    frame = series(seed=1, level=3.0)
    expected = rows(frame.drop(index=[5, 6, 40]))
    labelled = frame.assign(t=[f"{2015 + k // 12}-{k % 12 + 1:02d}" for k in frame["t"]])
    labelled.loc[[5, 6, 40], "y"] = np.nan
    result = interrupted_series(labelled.sample(frac=1, random_state=0), time="t", value="y", start="2017-07")
    assert np.allclose(result.table["estimate"], expected["estimate"])
    assert result.set_aside == (("missing value", 3),)
    assert result.n_obs + 3 == result.n_rows


def test_a_large_change_is_rarer_than_any_other_start():
    assert rows(series(level=8.0))["p_placebo"].iloc[0] == pytest.approx(1 / 45)


def test_a_season_is_taken_out():
    frame = series(seed=2, rho=0.0, level=1.0)
    frame["y"] = 0.3 * frame["y"] + 4 * np.sin(2 * np.pi * frame["t"] / 12)
    plain, seasonal = rows(frame, order=0), rows(frame, order=0, season=12)
    assert seasonal.loc["level change", "std_error"] < plain.loc["level change", "std_error"] / 3


def test_order_two_errors_are_seen_to_be_left_over():
    rng = np.random.default_rng(1)
    y = np.zeros(200)
    for k in range(2, 200):
        y[k] = 0.1 * y[k - 1] + 0.7 * y[k - 2] + rng.normal()
    frame = pd.DataFrame({"t": np.arange(200), "y": y})
    left = {n.code for n in interrupted_series(frame, time="t", value="y", start=100).notes}
    enough = {n.code for n in interrupted_series(frame, time="t", value="y", start=100, order=2).notes}
    assert "interrupted_left" in left
    assert "interrupted_left" not in enough


@pytest.mark.slow
def test_no_change_is_found_in_five_of_a_hundred_series_where_hac_finds_it_in_more():
    """600 series of 60 points, rho 0.5: the standard error of a 5 % rate is 0.9 points."""
    import statsmodels.api as sm

    p_values, hac = [], []
    for seed in range(600):
        frame = series(seed)
        p_values.append(rows(frame)["p_value"].to_numpy())
        after = (frame["t"] >= 30).astype(float)
        x = np.column_stack([after, after * (frame["t"] - 30), np.ones(60), frame["t"]])
        fit = sm.OLS(frame["y"].to_numpy(), x).fit(cov_type="HAC", cov_kwds={"maxlags": 6})
        hac.append(fit.pvalues[0])
    rates = (np.array(p_values) < 0.05).mean(axis=0)
    assert ((rates >= 0.03) & (rates <= 0.08)).all(), rates
    assert np.mean(np.array(hac) < 0.05) > 0.12


@pytest.mark.parametrize(
    ("frame", "arguments", "words"),
    [
        (series(), {"start": 3}, "Too few periods"),
        (series(), {"start": 400}, "Too few periods"),
        (series(), {"start": "soon"}, "placed on a time scale"),
        (series().assign(y=1.0), {}, "same value"),
        (series().assign(y="high"), {}, "not a number"),
        (pd.concat([series(), series().iloc[:1]]), {}, "more than one row"),
        (series(), {"order": 4}, "so long a memory"),
        (series(), {"order": True}, "whole number"),
        (series(), {"season": 2}, "whole number"),
        (series().drop(columns="y"), {}, "missing"),
    ],
)
def test_bad_input_is_refused_in_words(frame, arguments, words):
    with pytest.raises(EstimationError, match=words):
        rows(frame, **arguments)
