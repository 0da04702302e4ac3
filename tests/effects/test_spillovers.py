"""Spillovers: exact without noise, and the synthetic city's direct effect that usual estimators miss."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from analysis.effects import att_gt, imputation, spillover_effects
from analysis.errors import EstimationError
from analysis.networks import exposure
from analysis.simulate import simulate_city

KEYS = {"unit": "unit", "time": "period", "cohort": "cohort"}
CITY = {"unit": "place_id", "time": "period", "cohort": "cohort"}


def streets(seed=0, units=60, periods=10, noise=1.0, direct=2.0, spill=1.0):
    """Return streets of four; untreated units gain `spill` times their share of treated neighbours."""
    rng = np.random.default_rng(seed)
    starts = rng.choice([4, 6, 8, np.inf, np.inf], units)
    treated = np.arange(1, periods + 1) >= starts[:, None]
    others = treated.reshape(-1, 4, periods)
    share = ((others.sum(axis=1, keepdims=True) - others) / 3).reshape(units, periods)
    y = (
        rng.normal(0, 2, units)[:, None]
        + rng.normal(size=periods)
        + direct * treated
        + spill * share * ~treated
    )
    y = y + noise * rng.normal(size=y.shape)
    return pd.DataFrame({
        "unit": np.repeat(np.arange(units), periods), "period": np.tile(np.arange(1, periods + 1), units),
        "cohort": np.repeat(np.where(np.isfinite(starts), starts, np.nan), periods), "y": y.ravel(),
        "exposure": share.ravel(), "street": np.repeat(np.arange(units) // 4, periods),
        "treated": treated.ravel(),
    })  # fmt: skip


@pytest.mark.parametrize("shape", ["linear", "free"])
def test_without_noise_both_effects_are_the_truth_and_usual_ones_are_not(shape):
    panel = streets(noise=0)
    before = panel.copy()
    rows = spillover_effects(panel, "y", **KEYS, exposure="exposure", shape=shape).table.set_index("term")
    pd.testing.assert_frame_equal(panel, before)
    assert np.allclose(rows["estimate"][["direct", "direct, exposed", "full exposure"]], [2, 2, 1], atol=1e-8)
    assert imputation(panel, "y", **KEYS).table["estimate"].iloc[-1] < 1.9


def test_without_exposure_it_is_imputation():
    panel = streets(spill=0).assign(exposure=0.0)
    result = spillover_effects(panel, "y", **KEYS, exposure="exposure")
    alone = imputation(panel, "y", **KEYS).table.iloc[-1]
    assert result.table["estimate"].iloc[0] == pytest.approx(alone["estimate"], abs=1e-12)
    assert list(result.table["identified"]) == [True, True, False, False, False]
    assert "spillover_none_exposed" in {note.code for note in result.notes}


def test_free_leaves_out_treated_periods_without_clean_comparison_and_says_so():
    panel = streets(units=12, seed=5)
    result = spillover_effects(panel, "y", **KEYS, exposure="exposure", shape="free", cluster="street")
    dropped = next(note for note in result.notes if note.code == "spillover_clean").values["dropped"]
    assert dropped >= ((panel["exposure"] > 0) & ~panel["treated"]).sum()
    assert "not_imputed" in {note.code for note in result.notes}


def test_the_time_of_measurement_and_the_share_of_cross_ties_are_told():
    panel = streets().assign(until=3, cross=0.2)
    result = spillover_effects(panel, "y", **KEYS, exposure="exposure", weights_until="until",
                               share_cross_ties="cross")  # fmt: skip
    notes = {note.code: note.values for note in result.notes}
    assert notes["spillover_weights"]["period"] == 3
    assert notes["spillover_cross"]["share"] == pytest.approx(0.2)
    unsaid = spillover_effects(panel, "y", **KEYS, exposure="exposure")
    assert "spillover_weights_unknown" in {note.code for note in unsaid.notes}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"exposure": 2.0}, "is a share"),
        ({"exposure": -0.1}, "is a share"),
        ({"exposure": "high"}, "not a number"),
        ({"until": 4}, "measured after adoption began"),
        ({"shape": "square"}, "no such choice"),
    ],
)
def test_bad_input_is_refused_in_words(change, words):
    shape = change.pop("shape", "linear")
    panel = streets(units=20).assign(**{"until": 3} | change)
    with pytest.raises(EstimationError, match=words):
        spillover_effects(panel, "y", **KEYS, exposure="exposure", weights_until="until", shape=shape)


def test_an_exposure_measured_after_treatment_is_refused():
    panel = streets(units=20)
    panel.attrs["post_treatment"] = ["exposure"]
    with pytest.raises(EstimationError, match="measured after treatment"):
        spillover_effects(panel, "y", **KEYS, exposure="exposure")


def city(seed, districts=6, communities=16, months=24):
    """Return the synthetic city's participation with exposure through the street, and its truth."""
    made = simulate_city(districts, communities, months, seed, tables=["places", "outcomes", "reforms"])
    frames, truth = made.frames, made.truth
    panel = frames["outcomes"].query("measure == 'participation'")[["place_id", "period", "value"]]
    reforms = frames["reforms"].query("reform == 'consultation'").set_index("place_id")["start"]
    starts = reforms.dt.to_period("M").astype(str)
    table = exposure(frames["places"], starts, sorted(panel["period"].unique()), through="street")
    panel = table.merge(panel, on=["place_id", "period"])
    street = frames["places"].set_index("place_id")["parent_id"]
    panel = panel.assign(cohort=panel["place_id"].map(starts), street=panel["place_id"].map(street))
    return (
        panel,
        truth["reforms"]["consultation"]["effects"]["participation"]["att_overall"],
        truth["spillover"],
    )


def test_the_city_s_direct_effect_is_found_where_imputation_misses_it():
    panel, direct, spill = city(seed=3, districts=8, communities=20, months=36)
    row = spillover_effects(panel, "value", **CITY, exposure="exposure", cluster="street").table.set_index(
        "term"
    )
    usual = imputation(panel, "value", **CITY).table.iloc[-1]
    assert row.loc["direct", "conf_low"] <= direct <= row.loc["direct", "conf_high"]
    assert row.loc["exposed", "conf_low"] <= spill["realised_average"] <= row.loc["exposed", "conf_high"]
    assert not usual["conf_low"] <= direct <= usual["conf_high"]


@pytest.mark.slow
def test_coverage_of_the_city_s_direct_effect():
    """40 cities: a true 95 % rate falls below 0.85 in 1 of 100 runs."""
    hits = {"linear": [], "exposed": [], "att_gt": [], "imputation": []}

    def covered(row, value):
        return row["conf_low"] <= value <= row["conf_high"]

    for seed in range(40):
        panel, direct, spill = city(seed, districts=8, communities=20, months=36)
        rows = spillover_effects(panel, "value", **CITY, exposure="exposure", cluster="street").table
        hits["linear"].append(covered(rows.iloc[0], direct))
        hits["exposed"].append(covered(rows.iloc[3], spill["realised_average"]))
        hits["att_gt"].append(
            covered(att_gt(panel, "value", **CITY, n_boot=0).aggregate().table.iloc[0], direct)
        )
        hits["imputation"].append(covered(imputation(panel, "value", **CITY).table.iloc[-1], direct))
    rates = {name: np.mean(hit) for name, hit in hits.items()}
    assert rates["linear"] >= 0.85, rates
    assert rates["exposed"] >= 0.85, rates
    assert rates["imputation"] < 0.5, rates
    assert rates["att_gt"] < 0.9, rates


@pytest.mark.slow
def test_free_covers_the_effect_in_the_periods_it_can_impute():
    hits = []
    for seed in range(100):
        rows = spillover_effects(streets(seed, units=80), "y", **KEYS, exposure="exposure", shape="free",
                                 cluster="street").table.iloc[[0, 4]]  # fmt: skip
        hits.append((rows["conf_low"] <= [2, 1]) & (rows["conf_high"] >= [2, 1]))
    rates = np.mean(hits, axis=0)
    assert (np.abs(rates - 0.95) < 0.06).all(), rates
