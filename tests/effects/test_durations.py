"""Response times: brute-force likelihood, a jackknife of clusters, the library, coverage, bad input."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from analysis.effects import time_to_answer
from analysis.effects.designs.hazards import cox_scores
from analysis.errors import EstimationError

CALL = {"duration": "days", "event": "answered"}


def waits(seed=0, n=240, effect=0.5, groups=60, shared=0.4, ties=True):
    """Return cases whose hazard is multiplied by exp(effect) with the reform; Weibull shape 1.3."""
    rng = np.random.default_rng(seed)
    group = rng.integers(0, groups, n)
    reform = (rng.normal(size=groups)[group] > 0).astype(float)
    size = rng.normal(size=n)
    hazard = np.exp(effect * reform - 0.3 * size + shared * rng.normal(size=groups)[group])
    wait, seen = (rng.exponential(size=n) / hazard) ** (1 / 1.3), rng.exponential(2, n)
    days = np.minimum(wait, seen)
    return pd.DataFrame({"days": np.ceil(days * 4) if ties else days, "answered": wait <= seen,
                         "reform": reform, "size": size, "community": group})  # fmt: skip


def fit(frame, **arguments):
    return time_to_answer(frame, **CALL, **{"covariates": ["reform", "size"]} | arguments)


def test_efron_s_likelihood_by_hand():
    """Two end together at 1 among three: the second of them meets half of the tied risk."""
    times, events, x = np.array([1.0, 1.0, 2.0]), np.ones(3), np.array([[1.0], [0.0], [2.0]])
    scores, _ = cox_scores(times, events, x, np.zeros(1), np.zeros(3))
    # whole: (1 - 1) + (0 - (1 + 0 + 2 - 0.5) / 2) at time 1, 2 - 2 at time 2
    assert scores.sum() == pytest.approx(1 + 0 - 1 - (3 - 0.5) / 2)


def test_coefficients_are_the_library_s_and_scores_add_to_zero():
    from statsmodels.duration.hazard_regression import PHReg

    frame = waits()
    x = frame[["reform", "size"]].to_numpy()
    library = PHReg(frame["days"], x, status=frame["answered"].astype(int), ties="efron").fit()
    assert np.allclose(fit(frame).table["estimate"], library.params, atol=1e-6)
    scores, _ = cox_scores(
        frame["days"].to_numpy(), frame["answered"].to_numpy(), x, library.params, np.zeros(240)
    )
    assert np.allclose(scores.sum(axis=0), 0, atol=1e-4)


@pytest.mark.parametrize("model", ["cox", "weibull"])
def test_clustered_errors_are_near_those_of_leaving_clusters_out(model):
    frame = waits(n=300, groups=50)
    whole = fit(frame, cluster="community", model=model).table
    rest = [frame[frame["community"] != g] for g in frame["community"].unique()]
    left_out = np.array([fit(part, model=model).table["estimate"] for part in rest])
    jackknife = np.sqrt(((left_out - whole["estimate"].to_numpy()) ** 2).sum(axis=0))
    assert np.allclose(whole["std_error"], jackknife, rtol=0.15)


def test_weibull_is_the_likelihood_s_maximum_and_agrees_with_cox():
    frame = waits(n=2000, shared=0, ties=False)
    cox, times = fit(frame).table, fit(frame, model="weibull")
    shape = next(n for n in times.notes if n.code == "durations_shape").values["shape"]
    assert shape == pytest.approx(1.3, rel=0.08)
    assert np.allclose(-times.table["estimate"] * shape, cox["estimate"], atol=0.04)
    assert times.table["ratio"].iloc[0] == pytest.approx(np.exp(-0.5 / 1.3), rel=0.1)


def test_ratios_strata_order_and_no_mutation():
    frame = waits()
    before = frame.copy()
    table = fit(frame, cluster="community").table
    pd.testing.assert_frame_equal(frame, before)
    assert np.allclose(table["ratio"], np.exp(table["estimate"]))
    again = fit(frame.sample(frac=1, random_state=0), cluster="community").table
    assert np.allclose(again["std_error"], table["std_error"])
    stratified = fit(frame.assign(s=frame["size"] > 0), strata="s").table
    assert stratified["identified"].all()
    assert not np.allclose(stratified["estimate"], table["estimate"], atol=1e-4)


def test_hazards_that_cross_are_noticed():
    rng = np.random.default_rng(0)
    reform = np.repeat([0.0, 1.0], 400)
    days = np.where(reform > 0, rng.weibull(0.6, 800), rng.weibull(2.5, 800))
    frame = pd.DataFrame({"days": days, "answered": 1, "reform": reform})
    result = fit(frame, covariates=["reform"])
    assert "durations_ph" in {note.code for note in result.notes}


def test_rows_that_cannot_be_used_are_counted_and_collinear_covariates_said():
    frame = waits().assign(twice=lambda f: 2 * f["reform"], same=1.0)
    frame.loc[:4, "size"] = np.nan
    result = fit(frame, covariates=["reform", "size", "twice", "same"], cluster="community")
    assert result.n_obs + sum(rows for _, rows in result.set_aside) == result.n_rows
    assert list(result.table["identified"]) == [True, True, False, False]
    few = fit(frame[frame["community"] < 20], cluster="community")
    assert "durations_few" in {note.code for note in few.notes}


@pytest.mark.slow
def test_intervals_hold_the_truth():
    """200 samples with clusters: a true 95 % rate falls below 0.9 in 1 of 500 runs."""
    hits = []
    for seed in range(200):
        frame = waits(seed, shared=0.0, ties=False)
        for model, truth in {"cox": 0.5, "weibull": -0.5 / 1.3}.items():
            row = fit(frame, cluster="community", model=model).table.iloc[0]
            hits.append(row["conf_low"] <= truth <= row["conf_high"])
    rates = np.array(hits).reshape(-1, 2).mean(axis=0)
    assert ((rates >= 0.9) & (rates <= 0.99)).all(), rates


@pytest.mark.parametrize(
    ("change", "arguments", "words"),
    [
        ({"days": "long"}, {}, "not a number"),
        ({"days": -1.0}, {}, "too small"),
        ({"days": 0.0}, {"model": "weibull"}, "too small"),
        ({"answered": 2}, {}, "something else than 0 or 1"),
        ({"answered": 0}, {}, "No duration ended"),
        ({"community": 1}, {"cluster": "community"}, "one cluster"),
        ({}, {"covariates": []}, "No covariate"),
        ({"reform": 1, "size": 1}, {}, "varies by itself"),
        ({}, {"model": "magic"}, "no such choice"),
        ({}, {"model": "weibull", "strata": "community"}, "Cox model only"),
        ({}, {"covariates": ["nothing"]}, "missing"),
    ],
)
def test_bad_input_is_refused_in_words(change, arguments, words):
    with pytest.raises(EstimationError, match=words):
        fit(waits().assign(**change), **arguments)


@pytest.mark.parametrize("model", ["cox", "weibull"])
def test_a_covariate_that_foretells_the_answer_is_refused(model):
    frame = waits().assign(reform=lambda f: f["answered"].astype(float))
    with pytest.raises(EstimationError, match="does not converge"):
        fit(frame, covariates=["reform"], model=model)
