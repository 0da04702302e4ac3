"""Mediation: exact algebra, a known indirect effect, confounding and measurement error."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from analysis.effects import imputation, mediation, mediation_sensitivity
from analysis.errors import EstimationError
from analysis.simulate.ground import draw_ground
from analysis.simulate.latent import draw_latent
from analysis.simulate.setting import Setting
from analysis.simulate.truth import Truth

KEYS = {"unit": "unit", "time": "t", "cohort": "cohort"}


def mediated(seed=0, units=100, periods=12, direct=1.0, first=0.8, slope=0.5, confounding=0.0, error=0.0):
    """Return a panel whose indirect effect is first x slope; m2 is a second measure of the mediator."""
    rng = np.random.default_rng(seed)
    starts = rng.choice([5, 8, np.nan], units)
    u, t = np.repeat(np.arange(units), periods), np.tile(np.arange(1, periods + 1), units)
    on = t >= starts[u]
    shock = rng.normal(size=len(u))
    m = rng.normal(size=units)[u] + rng.normal(size=periods + 1)[t] + first * on + shock
    y = rng.normal(size=units)[u] + rng.normal(size=periods + 1)[t] + direct * on + slope * m
    y = y + confounding * shock + rng.normal(size=len(u))
    noisy = m + error * rng.normal(size=(2, len(u)))
    return pd.DataFrame({"unit": u, "t": t, "y": y, "network_m": noisy[0], "m2": noisy[1],
                         "cohort": pd.array(np.where(np.isnan(starts[u]), None, starts[u]),
                                            dtype="Int64")})  # fmt: skip


def rows(panel, **arguments):
    return mediation(panel, "y", "network_m", **KEYS, n_boot=99, **arguments).table.set_index("term")


def test_product_and_difference_of_coefficients_are_one():
    panel = mediated()
    found = rows(panel)
    total = imputation(panel, "y", **KEYS).table["estimate"].iloc[-1]
    given = imputation(panel.rename(columns={"network_m": "m"}), "y", **KEYS, covariates=["m"]).table
    assert found.loc["total", "estimate"] == pytest.approx(total, abs=1e-10)
    assert found.loc["direct", "estimate"] == pytest.approx(given["estimate"].iloc[-1], abs=1e-10)
    product = found.loc["slope", "estimate"] * found.loc["on mediator", "estimate"]
    assert found.loc["indirect", "estimate"] == pytest.approx(product, abs=1e-12)
    on_mediator = imputation(panel, "network_m", **KEYS).table["estimate"].iloc[-1]
    assert found.loc["on mediator", "estimate"] == pytest.approx(on_mediator, abs=1e-10)


def test_the_interval_holds_the_known_indirect_effect():
    found = rows(mediated(seed=3))
    for term, truth in {"total": 1.4, "direct": 1, "indirect": 0.4, "share": 0.4 / 1.4, "slope": 0.5}.items():
        assert found.loc[term, "conf_low"] <= truth <= found.loc[term, "conf_high"], term


def test_measurement_error_shrinks_the_slope_and_a_second_measure_restores_it():
    panel = mediated(units=300, error=1.0)
    plain, corrected = rows(panel), rows(panel, second_measure="m2")
    assert plain.loc["slope", "estimate"] == pytest.approx(0.25, abs=0.04)  # half the variance is error
    assert corrected.loc["slope", "estimate"] == pytest.approx(0.5, abs=0.08)
    assert corrected.loc["total", "estimate"] == plain.loc["total", "estimate"]


def test_a_confounded_mediator_is_put_right_at_the_true_rho():
    """With shocks e and outcome noise c e + u, rho is c / sqrt(c^2 + 1)."""
    panel = mediated(units=400, slope=0.0, confounding=0.6)
    rho = 0.6 / np.sqrt(1.36)
    found = mediation_sensitivity(panel, "y", "network_m", **KEYS, rho=[0, rho], n_boot=99).table
    assert found["conf_low"].iloc[0] > 0.3  # a wholly spurious indirect effect
    assert found["conf_low"].iloc[1] <= 0 <= found["conf_high"].iloc[1]
    assert found["direct"].iloc[1] == pytest.approx(1, abs=0.1)


def test_sensitivity_at_zero_is_the_estimate_and_zero_at_the_breakdown():
    panel = mediated(seed=4)
    result = mediation(panel, "y", "network_m", **KEYS, n_boot=99, seed=5)
    note = next(n for n in result.notes if n.code == "mediation_breakdown").values
    table = mediation_sensitivity(
        panel, "y", "network_m", **KEYS, rho=[0, note["rho"]], n_boot=99, seed=5
    ).table
    assert table["estimate"].iloc[0] == pytest.approx(result.table["estimate"].iloc[2], abs=1e-12)
    assert table["estimate"].iloc[1] == pytest.approx(0, abs=1e-12)
    assert 0 < note["rho_low"] < note["rho"]


def test_the_assumptions_cannot_be_missed_and_nothing_is_mutated():
    panel = mediated(units=60)
    before = panel.copy()
    result = mediation(panel, "y", "network_m", **KEYS, n_boot=49)
    pd.testing.assert_frame_equal(panel, before)
    assert any(str(note).startswith("WARNING") for note in result.notes)
    again = mediation(panel.sample(frac=1, random_state=0), "y", "network_m", **KEYS, n_boot=49)
    assert np.allclose(again.table["estimate"], result.table["estimate"])
    assert result.n_obs + sum(count for _, count in result.set_aside) == result.n_rows


def test_rows_without_a_mediator_are_set_aside():
    panel = mediated(units=60)
    panel.loc[::10, "network_m"] = np.nan
    result = mediation(panel, "y", "network_m", **KEYS, n_boot=49)
    assert ("missing measure of the mediator", 72) in result.set_aside


def test_no_total_effect_gives_no_share():
    found = rows(mediated(direct=-0.4))
    assert not found.loc["share", "identified"]
    assert found.loc["indirect", "identified"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"network_m": "strong"}, "not a number"),
        ({"network_m": 1.0}, "explain the mediator wholly"),
        ({"cohort": pd.NA}, "No unit is treated"),
    ],
)
def test_bad_input_is_refused_in_words(change, words):
    with pytest.raises(EstimationError, match=words):
        mediation(mediated(units=30).assign(**change), "y", "network_m", **KEYS)


def test_impossible_correlations_are_refused():
    with pytest.raises(EstimationError, match="no correlations"):
        mediation_sensitivity(mediated(units=30), "y", "network_m", **KEYS, rho=[1])


def test_a_mediator_as_covariate_is_still_refused():
    with pytest.raises(EstimationError, match="measured after treatment"):
        imputation(mediated(units=30), "y", **KEYS, covariates=["network_m"])


@pytest.mark.slow
def test_the_city_s_mediated_part_of_trust_is_found_from_its_true_social_capital():
    """Trust without survey noise; the hidden social capital moves it by 4 points per log point."""
    hits = []
    for seed in range(30):
        setting = Setting(6, 16, 36, seed, Truth())
        latent = draw_latent(setting, draw_ground(setting))
        start = np.repeat(latent.starts["consultation"].astype(float), setting.months)
        panel = pd.DataFrame({
            "unit": np.repeat(np.arange(setting.n), setting.months),
            "t": np.tile(np.arange(setting.months), setting.n),
            "cohort": np.where(start < 1e5, start, np.nan),
            "y": latent.means["trust"].ravel(), "capital": latent.capital.ravel(),
        })  # fmt: skip
        found = mediation(panel, "y", "capital", **KEYS, n_boot=99, seed=seed).table.set_index("term")
        on = latent.treated("consultation")
        truth = 4 * latent.effects["consultation"]["social_capital"][on].mean()
        hits.append([found.loc["indirect", "conf_low"] <= truth <= found.loc["indirect", "conf_high"],
                     found.loc["slope", "conf_low"] <= 4 <= found.loc["slope", "conf_high"]])  # fmt: skip
    assert (np.mean(hits, axis=0) >= 0.8).all(), np.mean(hits, axis=0)


@pytest.mark.slow
def test_coverage_of_the_indirect_effect():
    """100 panels: a true 95 % rate falls below 0.88 in fewer than 1 of 200 runs."""
    hits = []
    for seed in range(100):
        found = mediation(mediated(seed), "y", "network_m", **KEYS, n_boot=199, seed=seed).table
        truth = np.array([1.4, 1, 0.4])
        hits.append((found["conf_low"][:3] <= truth) & (truth <= found["conf_high"][:3]))
    assert (np.mean(hits, axis=0) >= 0.88).all(), np.mean(hits, axis=0)


def test_a_single_treated_unit_gives_figures_but_no_errors():
    panel = mediated(units=40)
    only = panel.loc[panel["cohort"].notna(), "unit"].iloc[0]
    panel["cohort"] = panel["cohort"].where(panel["unit"] == only)
    found = rows(panel)
    assert found.loc[["total", "indirect"], "estimate"].notna().all()
    assert found.loc[["total", "indirect"], ["std_error", "conf_low", "p_value"]].isna().all(axis=None)
