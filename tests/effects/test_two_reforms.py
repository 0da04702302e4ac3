"""Two reforms at once: exact where there is no noise, honest where there is, refused where they coincide."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from analysis.effects import clean_controls, imputation, two_reforms
from analysis.errors import EstimationError

KEYS = {"unit": "unit", "time": "t", "cohort_a": "cohort_a", "cohort_b": "cohort_b"}


def overlapping(seed=0, units=90, periods=16, noise=1.0, together=0.7, starts=None):
    """Return a panel in which reform a adds 1, growing, b takes 2 away, and both add `together` on top."""
    rng = np.random.default_rng(seed)
    a, b = (
        (rng.choice([*dates, np.nan], units) for dates in ((5, 8, 11), (4, 7, 12)))
        if starts is None
        else starts
    )
    u, t = np.repeat(np.arange(units), periods), np.tile(np.arange(1, periods + 1), units)
    on_a, on_b = t >= a[u], t >= b[u]
    truth = on_a * (1 + 0.2 * np.minimum(np.nan_to_num(t - a[u]), 3)) - 2.0 * on_b + together * (on_a & on_b)
    y = rng.normal(0, 2, units)[u] + rng.normal(size=periods + 1).cumsum()[t] + truth
    whole = [pd.array(np.where(np.isnan(s[u]), None, s[u]), dtype="Int64") for s in (a, b)]
    return pd.DataFrame({
        "unit": u, "t": t, "y": y + noise * rng.normal(size=len(u)),
        "cohort_a": whole[0], "cohort_b": whole[1],
        "truth": truth, "a": on_a, "b": on_b,
    })  # fmt: skip


def truths(panel, together=0.7):
    a, b, truth = panel["a"], panel["b"], panel["truth"]
    return [truth[a & ~b].mean(), truth[b & ~a].mean(), truth[a & b].mean(), together]


def test_without_noise_every_row_is_the_truth():
    panel = overlapping(noise=0)
    before = panel.copy()
    table = two_reforms(panel, "y", **KEYS).table
    pd.testing.assert_frame_equal(panel, before)
    assert list(table["term"]) == ["a only", "b only", "both", "interaction"]
    assert np.allclose(table["estimate"], truths(panel), atol=1e-9)
    assert list(table["n_periods"][:3]) == [
        (panel["a"] & ~panel["b"]).sum(), (panel["b"] & ~panel["a"]).sum(), (panel["a"] & panel["b"]).sum(),
    ]  # fmt: skip


def test_one_reform_alone_is_imputation():
    panel = overlapping().assign(cohort_b=pd.NA)
    panel["cohort_b"] = panel["cohort_b"].astype("Int64")
    row = two_reforms(panel, "y", **KEYS).table.iloc[0]
    alone = imputation(panel, "y", unit="unit", time="t", cohort="cohort_a").table.iloc[-1]
    assert row["estimate"] == pytest.approx(alone["estimate"], abs=1e-12)
    assert row["n_units"] == alone["n_units"]
    assert row["std_error"] == pytest.approx(alone["std_error"], rel=0.25)  # jackknife against analytic


def test_rows_may_come_in_any_order_and_labels_of_any_kind():
    panel = overlapping()
    expected = two_reforms(panel, "y", **KEYS, name_a="consultation").table
    named = panel.assign(**{c: ["2020-" + f"{m:02d}" if m <= 12 else f"2021-{m - 12:02d}" for m in panel[c]]
                            for c in ("t",)})  # fmt: skip
    for column in ("cohort_a", "cohort_b"):
        named[column] = panel[column].map(lambda m: None if pd.isna(m) else f"2020-{int(m):02d}")
    shuffled = two_reforms(named.sample(frac=1, random_state=2), "y", **KEYS, name_a="consultation").table
    assert np.allclose(shuffled["estimate"], expected["estimate"])
    assert np.allclose(shuffled["std_error"], expected["std_error"])
    assert expected["term"].iloc[0] == "consultation only"


def test_reforms_that_always_start_together_are_not_told_apart():
    dates = np.random.default_rng(1).choice([5, 8, np.nan], 90)
    panel = overlapping(starts=(dates, dates))
    result = two_reforms(panel, "y", **KEYS)
    assert list(result.table["identified"]) == [False, False, True, False]
    assert set(result.table["status"][[0, 1, 3]]) == {"collinear"}
    assert {"two_reforms_same", "two_reforms_inseparable"} <= {note.code for note in result.notes}
    assert "a without b nor b without a" in result.summary()


def test_a_reform_that_only_follows_the_other_is_never_alone():
    dates = np.random.default_rng(1).choice([5, 8, np.nan], 90)
    result = two_reforms(overlapping(starts=(dates, dates + 3)), "y", **KEYS)
    assert list(result.table["identified"]) == [True, False, True, False]


def test_clean_controls_by_hand():
    rows = [(unit, t, a, b) for unit, a, b in ((0, 3, None), (1, None, 2), (2, 2, 3), (3, None, None))
            for t in (1, 2, 3)]  # fmt: skip
    panel = pd.DataFrame(rows, columns=["unit", "t", "cohort_a", "cohort_b"]).astype("Int64")
    counts = clean_controls(panel, **KEYS).set_index("comparison")
    # a only: unit 2 in period 2, unit 0 in period 3; clean: unit 3 always, unit 0 in period 2
    assert counts.loc["a only"].to_dict() == {
        "units": 2, "unit_periods": 2, "never": 1, "not_yet": 1, "other_reform": 1, "periods": 2,
        "periods_without": 0,
    }  # fmt: skip
    assert counts.loc["both", ["units", "never", "not_yet"]].tolist() == [1, 1, 0]


def test_intervals_hold_the_truth():
    """15 panels of 60 units: a true 95 % rate falls to 11 or fewer in about 1 of 200 runs."""
    hits = []
    for seed in range(15):
        panel = overlapping(seed, units=60, periods=12)
        table = two_reforms(panel, "y", **KEYS, cluster="unit").table
        expected = truths(panel)
        hits.append((table["conf_low"] <= expected) & (expected <= table["conf_high"]))
    assert (np.sum(hits, axis=0) > 11).all(), np.mean(hits, axis=0)


@pytest.mark.slow
def test_intervals_hold_the_truth_in_larger_panels():
    hits = []
    for seed in range(200):
        panel = overlapping(seed, units=240)
        table, expected = two_reforms(panel, "y", **KEYS).table, truths(panel)
        hits.append((table["conf_low"] <= expected) & (expected <= table["conf_high"]))
    rates = np.mean(hits, axis=0)
    assert (np.abs(rates - 0.95) < 0.045).all(), rates


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda p: p.assign(cohort_b=p["t"]), "varies within"),
        (lambda p: p.assign(cohort_a=5), "No unit-period|compared|untreated"),
        (lambda p: p.drop(columns="cohort_b"), "missing"),
        (lambda p: p.assign(y="many"), "not a number"),
        (lambda p: pd.concat([p, p.iloc[:1]]), "more than one row"),
    ],
)
def test_bad_input_is_refused_in_words(change, words):
    panel = change(overlapping(units=30))
    if "cohort_a" in panel and (panel["cohort_a"] == 5).all():
        panel["cohort_b"] = 5
    with pytest.raises(EstimationError, match=words):
        two_reforms(panel, "y", **KEYS)


def test_one_column_cannot_be_both_reforms():
    with pytest.raises(EstimationError, match="asked to be both"):
        two_reforms(
            overlapping(units=20), "y", unit="unit", time="t", cohort_a="cohort_a", cohort_b="cohort_a"
        )
