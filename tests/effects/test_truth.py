"""On simulated panels the intervals hold the true effect as often as they say."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.effects import att_gt, event_study, imputation, twfe

KEYS = {"unit": "unit", "time": "period", "cohort": "cohort"}
COHORTS = {3: 40, 5: 40, 6: 40, None: 60}


def covered(row, truth: float) -> bool:
    return row["conf_low"] <= truth <= row["conf_high"]


def test_intervals_cover_growing_effects_as_often_as_they_say(make):
    """100 panels: a true 95 % rate falls below 0.88 in fewer than 1 of 200 runs."""
    hits = {"overall": [], "event_time": [], "bands": [], "event_study": [], "imputation": [], "twfe": []}
    for seed in range(100):
        panel = make(COHORTS, seed=seed, effect=lambda e: 0.5 + 0.5 * e)
        overall = panel.loc[panel["treated"] == 1, "truth"].mean()
        effects = att_gt(panel, "y", **KEYS, n_boot=200, seed=seed)
        hits["overall"].append(covered(effects.aggregate().table.iloc[0], overall))
        rows = effects.aggregate("event_time").table.iloc[:-1]
        truth = np.where(rows["event_time"] >= 0, 0.5 + 0.5 * rows["event_time"].astype(float), 0)
        hits["event_time"].append(covered(rows.set_index("event_time").loc[2], 1.5))
        hits["bands"].append(((rows["band_low"] <= truth) & (truth <= rows["band_high"])).all())
        hits["event_study"].append(covered(event_study(panel, "y", **KEYS).table.iloc[-1], overall))
        hits["imputation"].append(covered(imputation(panel, "y", **KEYS).table.iloc[-1], overall))
        if seed < 20:
            two_way = twfe(panel, "y", unit="unit", time="period", treatment="treated")
            hits["twfe"].append(covered(two_way.table.iloc[0], overall))
    rates = {name: np.mean(hit) for name, hit in hits.items()}
    for name in ("overall", "event_time", "bands", "event_study", "imputation"):
        assert rates[name] >= 0.88, rates
    assert rates["twfe"] < 0.5, rates  # why the note beside it says what it says


def test_no_effect_is_rarely_found(make):
    panels = [make(COHORTS, seed=1000 + seed, effect=lambda e: 0.0) for seed in range(120)]
    p_values = [att_gt(panel, "y", **KEYS, n_boot=0).aggregate().table["p_value"].iloc[0] for panel in panels]
    assert np.mean(np.array(p_values) < 0.05) == pytest.approx(0.05, abs=0.06)
