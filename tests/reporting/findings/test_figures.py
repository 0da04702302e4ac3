"""Figures, standings and changes: by hand, against brute force, and never more than their error allows."""

import numpy as np
import pytest

from analysis.processes.proportions import difference
from analysis.reporting.findings.changes import between, blocks, change, pooled
from analysis.reporting.findings.figures import Figure, basis, limits, measured, short_basis
from analysis.reporting.findings.standing import standing

NAN = float("nan")


def test_share_of_cases_has_wilsons_interval():
    # Newcombe (1998), Statistics in Medicine 17, table I: 81 of 263, score method: 0.2553 to 0.3662
    low, high = limits(81 / 263, 263, NAN, kind="share", cases=True)
    assert (low, high) == (pytest.approx(0.2553, abs=5e-5), pytest.approx(0.3662, abs=5e-5))


def test_interval_of_a_mean_and_none_without_error():
    assert limits(50.0, 10, 2.0, kind="points") == (
        pytest.approx(46.08, abs=0.01),
        pytest.approx(53.92, abs=0.01),
    )
    assert limits(0.99, 10, 0.02, kind="share")[1] == 1.0
    assert all(np.isnan(end) for end in limits(50.0, 10, NAN, kind="points"))
    assert all(np.isnan(end) for end in limits(50.0, 10, 0.0, kind="points"))


def test_surely_needs_the_whole_interval():
    unsure, counted = Figure("x", 0.5, 0.4, 0.6, 100), Figure("x", 0.5, n=100)
    assert unsure.surely_above(0.39)
    assert not unsure.surely_above(0.45)
    assert unsure.surely_below(0.61)
    assert not unsure.surely_below(0.55)
    assert counted.surely_above(0.49)
    hidden = Figure("x", 0.9, 0.8, 0.95, 4, hidden=True)
    assert not hidden.surely_above(0)
    assert not hidden.surely_below(2)


def test_figure_of_few_people_is_hidden(handmade):
    report = handmade([("trust", "all", "A", 61.0, 4, 1.0), ("trust", "all", "B", 50.0, 40, 1.0)])
    assert measured(report, "trust").hidden
    assert measured(report, "trust").shown() == "–"
    assert standing(report, "trust").verdict == "alone"
    assert not measured(report, "satisfaction").known


def test_standing_by_hand(handmade):
    rows = [
        ("request_satisfaction", "all", p, v, 50, 1.0) for p, v in (("A", 60.0), ("B", 50.0), ("C", 52.0))
    ]
    found = standing(handmade(rows), "request_satisfaction")
    assert found.others == 51.0
    assert found.difference == 9.0
    half = 1.959964 * np.sqrt(1 + (1 + 1) / 4)
    assert (found.low, found.high) == (pytest.approx(9 - half), pytest.approx(9 + half))
    assert found.verdict == "higher"
    assert standing(handmade(rows, district="C"), "request_satisfaction").verdict == "lower"
    near = [rows[0], rows[1], ("request_satisfaction", "all", "C", 69.0, 50, 1.0)]
    assert standing(handmade(near), "request_satisfaction").verdict == "alike"


def test_standing_without_an_error_claims_nothing(handmade):
    rows = [("trust", "all", "A", 60.0, 50, NAN), ("trust", "all", "B", 10.0, 50, 1.0)]
    found = standing(handmade(rows), "trust")
    assert found.verdict == "no_error"
    assert np.isnan(found.low)


@pytest.mark.parametrize(
    ("periods", "frequency", "first", "last"),
    [
        (36, "month", 12, 12), (20, "month", 10, 10), (5, "month", 2, 2), (1, "month", 0, 0),
        (0, "month", 0, 0), (9, "quarter", 4, 4), (7, "year", 1, 1),
    ],
)  # fmt: skip
def test_blocks_never_overlap(periods, frequency, first, last):
    names = [str(k) for k in range(periods)]
    a, b = blocks(names, frequency)
    assert (len(a), len(b)) == (first, last)
    assert not set(a) & set(b)
    assert a == names[:first]


def test_pooled_figure_is_that_of_all_rows_together(handmade, monthly):
    draws = np.random.default_rng(3)
    samples = [draws.normal(60 + k, 8, 40 + 5 * k) for k in range(12)]
    rows, months = monthly(samples)
    figure = pooled(handmade(rows, periods=months), "request_satisfaction", "A", months)
    together = np.concatenate(samples)
    assert figure.value == pytest.approx(together.mean())
    assert figure.n == len(together)
    exact = together.std(ddof=1) / np.sqrt(len(together))
    assert figure.error == pytest.approx(exact, rel=0.01)  # degrees of freedom: 12 means against one


def test_same_people_every_month_make_no_smaller_error(handmade):
    rows = [("network_active_share", f"2020-{m:02d}", "A", 0.3, 400, 0.02) for m in range(1, 13)]
    months = [row[1] for row in rows]
    figure = pooled(handmade(rows, periods=months), "network_active_share", "A", months)
    assert figure.error == pytest.approx(0.02)
    assert figure.n == 400


def test_too_many_hidden_months_leave_no_figure(handmade):
    rows = [
        ("request_satisfaction", f"2020-{m:02d}", "A", 60.0, 4 if m < 7 else 5, 1.0) for m in range(1, 13)
    ]
    months = [row[1] for row in rows]
    assert not pooled(handmade(rows, periods=months), "request_satisfaction", "A", months).known


def test_change_of_a_share_is_agresti_and_caffos():
    first, last = (Figure("consultation_late", v, 0.0, 1.0, n, "share") for v, n in ((0.30, 50), (0.10, 60)))
    found = between(first, last)
    _, low, high = difference(6, 60, 15, 50)
    assert (found.low, found.high) == (pytest.approx(low), pytest.approx(high))
    assert found.verdict == "down"


def test_change_without_an_error_is_said_to_be_without(handmade):
    rows = [("trust", f"20{20 + k // 12}-{k % 12 + 1:02d}", "A", 50.0 + k, 100, NAN) for k in range(24)]
    found = change(handmade(rows, periods=[row[1] for row in rows]), "trust")
    assert found.difference == pytest.approx(12.0)
    assert found.verdict == "no_error"
    assert np.isnan(found.low)


def test_no_change_is_called_one_in_twenty_times():
    draws, found = np.random.default_rng(1), []
    for _ in range(1500):
        pair = []
        for _ in range(2):
            sample = draws.normal(60, 10, 120)
            error = sample.std(ddof=1) / np.sqrt(120)
            low, high = limits(sample.mean(), 120, error, kind="points")
            pair.append(Figure("request_satisfaction", sample.mean(), low, high, 120, "points"))
        found.append(between(*pair).verdict != "unclear")
    assert 0.035 < np.mean(found) < 0.065  # 0.05, three standard errors of 1,500 draws are 0.017


def test_basis_says_interval_n_and_time(handmade):
    text = handmade([]).text
    figure = Figure("consultation_late", 0.5, 0.4, 0.6, 1200, "share", ("2023-01", "2023-12"))
    assert basis(figure, text) == "(Jan 2023 to Dec 2023, 95% interval 40.0% to 60.0%, n = 1,200)"
    assert basis(Figure("burden_hours", 300.0, n=20, kind="hours"), text) == "(no interval, n = 20)"
    assert short_basis(figure, text) == "(40.0%–60.0%, n = 1,200)"
    assert "n =" not in short_basis(Figure("consultation_late", 0.5, 0.4, 0.6, 3, "share"), text)


def test_few_places_may_be_counted_few_people_not(handmade):
    text = handmade([]).text
    assert short_basis(Figure("burden_hours", 300.0, n=4, kind="hours"), text) == "(n = 4)"
    assert short_basis(Figure("request_satisfaction", 60.0, n=4, kind="points"), text) == ""
