"""Matched before-after: by hand, the published variance, coverage, bad input."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from analysis.effects import matched_before_after
from analysis.errors import EstimationError

KEYS = {"unit": "unit", "time": "t", "cohort": "cohort"}


def small():
    """One treated unit and three others, periods 1 and 2 before, 3 after."""
    paths = {0: (3, [1, 2, 8]), 1: (None, [1, 2, 4]), 2: (None, [1, 3, 6]), 3: (None, [9, 9, 9])}
    rows = [(u, t, y, start) for u, (start, ys) in paths.items() for t, y in enumerate(ys, 1)]
    return pd.DataFrame(rows, columns=["unit", "t", "y", "cohort"]).astype({"y": float, "cohort": "Int64"})


def overall(panel, **arguments):
    return matched_before_after(panel, "y", **KEYS, **arguments).table.iloc[-1]


def test_nearest_neighbours_by_hand():
    """From means before of 1.5, 1.5 and 2: changes 6.5, 2.5 and 4."""
    one = overall(small(), before=2, after=1, matches=1, adjust=False)
    assert one["estimate"] == pytest.approx(6.5 - 2.5)
    two = overall(small(), before=2, after=1, matches=2, adjust=False)
    assert two["estimate"] == pytest.approx(6.5 - (2.5 + 4) / 2)
    assert two["n_controls"] == 2
    assert np.isnan(two["std_error"])  # one treated unit


def test_exact_matches_come_first():
    panel = small().assign(district=lambda p: p["unit"].isin([0, 2]))
    assert overall(panel, before=2, after=1, matches=1, adjust=False, exact="district")["estimate"] == 2.5


def test_the_variance_is_abadie_and_imbens_formula():
    """Without reuse: the spread of the differences alone; one control used twice adds 2 x noise^2."""
    rng = np.random.default_rng(0)
    rows = []
    for pair in range(6):
        for treated in (0, 1):
            level = 100.0 * pair
            rows += [(2 * pair + treated, t, level + rng.normal() * (t > 2), 3 if treated else None)
                     for t in (1, 2, 3)]  # fmt: skip
    panel = pd.DataFrame(rows, columns=["unit", "t", "y", "cohort"]).astype({"cohort": "Int64"})
    row = overall(panel, before=1, after=1, matches=1, adjust=False)
    change = panel.pivot(index="unit", columns="t", values="y").pipe(lambda w: w[3] - w[2]).to_numpy()
    differences = change[1::2] - change[::2]
    assert row["estimate"] == pytest.approx(differences.mean())
    assert row["std_error"] == pytest.approx(differences.std(ddof=1) / np.sqrt(6))
    fewer = panel[panel["unit"] != 0]  # unit 1 now shares unit 2
    again = overall(fewer, before=1, after=1, matches=1, adjust=False)
    shared = change[[1, 3, 5, 7, 9, 11]] - change[[2, 2, 4, 6, 8, 10]]
    noise = (change[2] - change[4]) / np.sqrt(2)
    expected = np.sqrt(((shared - shared.mean()) ** 2).sum() * 6 / 5 + 2 * noise**2) / 6
    assert again["std_error"] == pytest.approx(expected)


def drifting(seed=0, units=120, effect=1.0):
    """Units drift by a trait on which adoption depends: a plain comparison is biased."""
    rng = np.random.default_rng(seed)
    trait = rng.normal(size=units)
    starts = np.where(rng.random(units) < 1 / (1 + np.exp(1.2 - trait)), rng.choice([5, 6], units), np.nan)
    u, t = np.repeat(np.arange(units), 9), np.tile(np.arange(1, 10), units)
    y = (
        rng.normal(size=units)[u]
        + 0.3 * trait[u] * t
        + effect * (t >= starts[u])
        + rng.normal(0, 0.5, len(u))
    )
    return pd.DataFrame({"unit": u, "t": t, "y": y, "trait": trait[u], "network_x": 1.0,
                         "cohort": pd.array(np.where(np.isnan(starts[u]), None, starts[u]),
                                            dtype="Int64")})  # fmt: skip


def test_matching_on_the_trait_removes_the_drift_and_leaves_the_panel_alone():
    panel = drifting(units=400)
    before = panel.copy()
    blind = overall(
        panel.assign(other=np.random.default_rng(0).normal(size=len(panel))), before=1, matches=200
    )
    result = matched_before_after(panel, "y", **KEYS, covariates=["trait"])
    pd.testing.assert_frame_equal(panel, before)
    row = result.table.iloc[-1]
    assert row["conf_low"] <= 1 <= row["conf_high"]
    assert blind["estimate"] > row["estimate"]
    again = overall(panel.sample(frac=1, random_state=3), covariates=["trait"])
    assert again["estimate"] == pytest.approx(row["estimate"])
    assert {"matched_balance", "matched_errors", "matched_regression"} <= {n.code for n in result.notes}


def test_what_cannot_be_matched_is_counted():
    panel = drifting()
    result = matched_before_after(panel, "y", **KEYS, after=4)
    later = matched_before_after(panel, "y", **KEYS, after=5)
    lost = next(n for n in later.notes if n.code == "matched_unmatched").values["units"]
    assert lost == (panel.drop_duplicates("unit")["cohort"] == 6).sum()
    assert not any(n.code == "matched_unmatched" for n in result.notes)
    assert list(result.table["event_time"].dropna()) == [0, 1, 2, 3]


@pytest.mark.slow
def test_intervals_hold_the_truth():
    """200 panels: a true 95 % rate falls below 0.9 in 1 of 500 runs."""
    rows = [overall(drifting(seed, units=200), covariates=["trait"]) for seed in range(200)]
    rate = np.mean([row["conf_low"] <= 1 <= row["conf_high"] for row in rows])
    assert 0.9 <= rate <= 0.99, rate


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"before": 0}, "at least 1"),
        ({"matches": 1000}, "No treated unit can be matched"),
        ({"before": 20}, "No treated unit can be matched"),
        ({"covariates": ["network_x"]}, "measured after treatment"),
        ({"covariates": ["nothing"]}, "missing"),
        ({"exact": "nothing"}, "missing"),
    ],
)
def test_bad_input_is_refused_in_words(arguments, words):
    with pytest.raises(EstimationError, match=words):
        overall(drifting(), **arguments)
