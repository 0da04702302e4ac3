"""Robust intervals: R's printed values, linear programmes solved one by one, coverage of a known truth."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import linprog
from scipy.stats import truncnorm

from analysis.effects import att_gt, event_study, imputation, pretrend_test, sensitivity
from analysis.effects.credibility.relative import RelativeMagnitudes
from analysis.effects.credibility.robust import find_breakdown
from analysis.effects.credibility.smooth import Smoothness, _half_length
from analysis.errors import EstimationError

KEYS = {"unit": "unit", "time": "period", "cohort": "cohort"}


def made_by_rule(n_pre, n_post, rho, drift):
    """Return coefficients and covariance matrix of an event study without chance."""
    e = np.append(np.arange(-n_pre, 0), np.arange(1, n_post + 1))
    beta = np.where(e > 0, 0.3 + 0.1 * e, drift * e + 0.03 * np.cos(3 * e))
    return beta, 0.01 * (rho ** np.abs(e[:, None] - e) + 0.5)


CASES = [
    (*made_by_rule(3, 3, 0.6, 0.02), 3, np.full(3, 1 / 3), 1.0),
    (*made_by_rule(4, 2, 0.3, -0.015), 4, np.array([0.0, 1.0]), 0.5),
    (*made_by_rule(2, 1, 0.5, 0.05), 2, np.ones(1), 1.5),
    (*made_by_rule(2, 3, 0.4, 0.03), 2, np.array([0.5, -1.0, 0.5]), 1.0),
]


@pytest.mark.parametrize(("mbar", "low", "high"), [(1, 0.0170, 0.0720), (2, -0.0009, 0.0881)])
def test_relative_magnitudes_as_printed_by_r(medicaid, mbar, low, high):
    """HonestDiD README. R searches a grid with steps of 0.00036 and draws its least-favourable critical value
    1,000 times, which moves the ends by another 0.0003 (over seeds); 0.001 covers both."""
    found = RelativeMagnitudes(*medicaid, np.array([1.0, 0.0])).interval(mbar)
    assert found == pytest.approx((low, high), abs=1e-3)


def test_smoothness_as_printed_by_r(medicaid):
    """HonestDiD README: [.0132, .0787]. R minimises over 100 standard deviations, so its interval may be a
    little longer than the shortest; 0.0003 is 1 % of the half-length."""
    low, high = Smoothness(*medicaid, np.array([1.0, 0.0])).interval(0.01)
    assert (low, high) == pytest.approx((0.0132, 0.0787), abs=3e-4)
    assert high - low <= 0.0787 - 0.0132 + 1e-4


@pytest.mark.parametrize("weights", [[1.0, 0.0], [0.0, 1.0], [0.5, 0.5]])
def test_smoothness_equals_diff_diff(medicaid, weights):
    from diff_diff.honest_did import _compute_optimal_flci

    beta, sigma, n_pre = medicaid
    theirs = _compute_optimal_flci(beta[:5], beta[5:], sigma, np.array(weights), 5, 2, 0.01)
    ours = Smoothness(beta, sigma, n_pre, np.array(weights)).interval(0.01)
    assert ours == pytest.approx(theirs, abs=2e-6)  # theirs zooms on a grid


@pytest.mark.parametrize(("bias", "sd"), [(0.0, 1.0), (0.7, 1.3), (5.0, 0.4)])
def test_half_length_is_the_quantile_of_a_folded_normal(bias, sd):
    from scipy.stats import foldnorm

    value, by_bias, by_sd = _half_length(bias, sd, 0.95)
    assert value == pytest.approx(foldnorm.ppf(0.95, bias / sd, scale=sd), rel=1e-9)
    step = 1e-5
    slope = (_half_length(bias + step, sd, 0.95)[0] - _half_length(bias - step, sd, 0.95)[0]) / (2 * step)
    assert by_bias == pytest.approx(slope if bias else 0.0, abs=1e-6)
    slope = (_half_length(bias, sd + step, 0.95)[0] - _half_length(bias, sd - step, 0.95)[0]) / (2 * step)
    assert by_sd == pytest.approx(slope, abs=1e-6)


def inequalities(n_pre, n_post, mbar, s, sign):
    """Return A of A @ delta <= 0: the changes are at most the s-th one (before) or mbar times it (after)."""
    changes = np.diff(np.insert(np.eye(n_pre + n_post), n_pre, 0.0, axis=0), axis=0)
    limit = np.outer(np.repeat([1.0, mbar], [n_pre, n_post]), sign * changes[s])
    rows = np.vstack([changes - limit, -changes - limit])
    rows = rows[(np.abs(rows) > 1e-10).any(axis=1)]
    return rows[(rows[:, n_pre:] != 0).any(axis=1)] if n_post > 1 else rows


def accepts(theta, beta, sigma, n_pre, weights, rows, critical) -> bool:
    """The conditional test as in the paper: linear programmes, truncation points by bisection."""
    n_post, first = len(weights), int(np.flatnonzero(weights)[0])
    basis = np.linalg.inv(np.vstack([weights, np.delete(np.eye(n_post), first, axis=0)]))
    slopes, variances = rows[:, n_pre:] @ basis, rows @ sigma @ rows.T
    moments = rows @ beta - slopes[:, 0] * theta
    dual = np.column_stack([np.sqrt(np.diag(variances)), slopes[:, 1:]]).T
    one = np.eye(len(dual))[0]

    def solve(y):
        return linprog(-y, A_eq=dual, b_eq=one, bounds=(0, None), method="highs-ds")

    best = solve(moments)
    eta, gamma = -best.fun, best.x
    if eta > critical:
        return False
    variance = gamma @ variances @ gamma
    along = variances @ gamma / variance
    rest = moments - along * (gamma @ moments)

    def still(c):
        return abs(-solve(rest + along * c).fun - c) < 1e-8

    def edge(sign):
        good, bad = eta, eta + sign * 100 * max(1, abs(eta))
        if still(bad):
            return sign * np.inf
        for _ in range(40):
            middle = (good + bad) / 2
            good, bad = (middle, bad) if still(middle) else (good, middle)
        return good

    low, high, sd = edge(-1), min(edge(1), critical), np.sqrt(variance)
    return not eta / sd > max(0, truncnorm.ppf(1 - (0.05 - 0.005) / (1 - 0.005), low / sd, high / sd))


@pytest.mark.parametrize("case", CASES, ids=["mean", "second", "one_period", "contrast"])
def test_closed_form_decides_as_linear_programmes_do(case):
    beta, sigma, n_pre, weights, mbar = case
    core = RelativeMagnitudes(beta, sigma, n_pre, weights)
    low, high = core.interval(mbar)
    members, decided = core._members(mbar), []
    for s in range(n_pre):
        for sign, member in zip((1.0, -1.0), members[2 * s : 2 * s + 2], strict=True):
            rows = inequalities(n_pre, len(weights), mbar, s, sign)
            for theta in np.linspace(low - 0.05, high + 0.05, 5):
                expected = accepts(theta, beta, sigma, n_pre, weights, rows, member[2])
                decided.append(expected)
                assert core._accepted([member], np.array([theta]))[0] == expected, (s, sign, theta)
    assert any(decided)
    assert not all(decided)


def test_members_as_in_moderndid():
    """moderndid 0.2.0, grid steps of 0.002 and 1,000 draws (which move ends by up to 0.004): single members
    of the union. Its own unions are not compared: its index of s is off by one, so that it leaves out the
    earliest change and takes one after the reference in its place."""
    theirs = {
        (0, 2): (0.2447, 0.7834), (0, 3): (0.0605, 0.9115), (0, 4): (-0.1258, 0.9456),
        (0, 5): (0.2547, 0.9215), (1, 2): (0.1746, 0.8254), (1, 3): (0.2467, 0.7513),
    }  # fmt: skip
    grid = np.linspace(-0.3, 1.3, 3201)
    for (case, member), ends in theirs.items():
        beta, sigma, n_pre, weights, mbar = CASES[case]
        core = RelativeMagnitudes(beta, sigma, n_pre, weights)
        inside = grid[core._accepted([core._members(mbar)[member]], grid)]
        assert (inside[0], inside[-1]) == pytest.approx(ends, abs=6e-3)


def test_relative_magnitudes_is_quick(medicaid):
    """moderndid took 5 and 6.6 s for one bound of the first two cases; a tenth would be 0.5 s."""
    from time import process_time

    RelativeMagnitudes(*medicaid, np.array([1.0, 0.0])).interval(1.0)
    begin = process_time()
    for beta, sigma, n_pre, weights, mbar in CASES[:2]:
        RelativeMagnitudes(beta, sigma, n_pre, weights).interval(mbar)
    assert process_time() - begin < 0.5


@pytest.mark.parametrize("method", [RelativeMagnitudes, Smoothness])
def test_intervals_cover_when_the_bound_holds_and_not_otherwise(method):
    """A trend that bends at adoption as much as allowed, 300 draws: coverage at least 0.95 - 3 s.e. of it."""
    rng = np.random.default_rng(5)
    sigma = made_by_rule(3, 2, 0.5, 0)[1] / 100
    kink = 0.1 if method is Smoothness else 0.05
    pre = np.array([0.0, 0.0, 0.0]) if method is Smoothness else np.array([0.15, 0.1, 0.05])
    delta = np.append(pre, [kink, 2 * kink])
    bound, effect, hits, naive = (kink if method is Smoothness else 1.0), 0.2, [], []
    for _ in range(300):
        beta = rng.multivariate_normal(delta + np.array([0, 0, 0, effect, effect]), sigma)
        core = method(beta, sigma, 3, np.array([1.0, 0.0]))
        low, high = core.interval(bound)
        hits.append(low <= effect <= high)
        naive.append(abs(beta[3] - effect) <= 1.96 * np.sqrt(sigma[3, 3]))
    assert np.mean(hits) >= 0.91
    assert np.mean(naive) < 0.9


def test_scale_and_sign_move_intervals_along(medicaid):
    beta, sigma, n_pre = medicaid
    for method, bound, factor in ((RelativeMagnitudes, 1.0, 1.0), (Smoothness, 0.01, 100.0)):
        low, high = method(beta, sigma, n_pre, np.array([1.0, 0.0])).interval(bound)
        many = method(100 * beta, 1e4 * sigma, n_pre, np.array([1.0, 0.0])).interval(bound * factor)
        assert many == pytest.approx((100 * low, 100 * high), abs=1e-2)
        mirrored = method(-beta, sigma, n_pre, np.array([1.0, 0.0])).interval(bound)
        assert mirrored == pytest.approx((-high, -low), abs=2e-4)  # the draws are not mirrored


def test_wider_bounds_give_wider_intervals_and_zero_bound_the_usual_one(panel):
    effects = event_study(panel, "y", **KEYS)
    table = sensitivity(effects, grid=[2, 0, 1]).table
    assert table["bound"].tolist()[1:] == [0, 1, 2]
    assert (np.diff(table["conf_low"][1:]) < 0).all()
    assert (np.diff(table["conf_high"][1:]) > 0).all()
    row = effects.table.set_index("term").loc["event_time=0"]
    assert table["estimate"].iloc[0] == pytest.approx(row["estimate"])
    assert table["std_error"].iloc[0] == pytest.approx(row["std_error"])
    assert table[["conf_low", "conf_high"]].iloc[1].to_numpy() == pytest.approx(
        table[["conf_low", "conf_high"]].iloc[0].to_numpy(), rel=0.02
    )


def test_covariance_belongs_to_the_rows(panel):
    for estimate in (
        event_study(panel, "y", **KEYS),
        event_study(panel, "y", **KEYS, window=(-2, 2)),
        att_gt(panel, "y", **KEYS, base_period="universal", n_boot=0).aggregate("event_time"),
    ):
        errors = np.sqrt(np.diag(estimate.covariance))
        known = estimate.table["std_error"].notna().to_numpy()
        np.testing.assert_allclose(errors[known], estimate.table["std_error"][known], rtol=1e-12)
        total = estimate.table["term"] == "overall"
        assert estimate.covariance.shape == (len(total), len(total))
    rows = estimate.table["event_time"].ge(0).fillna(False).to_numpy(bool)
    mean = rows / rows.sum()
    assert mean @ estimate.covariance @ mean == pytest.approx(estimate.covariance[-1, -1], rel=1e-9)


def test_breakdown_is_where_the_interval_reaches_zero(medicaid, ehec):
    sample = ehec[(ehec["year"] <= 2015) & (ehec["yexp2"] != 2015)]
    sample = sample.assign(cohort=sample["yexp2"].where(sample["yexp2"] <= 2015))
    effects = event_study(sample, "dins", unit="stfips", time="year", cohort="cohort")
    result = sensitivity(effects, grid=[1.0, 2.0])
    value = result.table["breakdown"].iloc[0]
    assert 1.9 < value < 2.0  # R: the interval of 2 just holds zero
    note = next(note for note in result.notes if note.code == "breakdown_relative")
    assert note.values["value"] == value
    assert f"{value:.2f}" in result.summary()
    assert find_breakdown(lambda m: (1 - 2 * m, 2), 1.0) == pytest.approx(0.5, rel=2e-3)
    assert find_breakdown(lambda m: (-1, 1), 1.0) == 0
    assert np.isinf(find_breakdown(lambda m: (1, 2), 1.0))


def test_group_time_effects_are_averaged_first(panel):
    effects = att_gt(panel, "y", **KEYS, base_period="universal", n_boot=0)
    one, two = sensitivity(effects, "smoothness"), sensitivity(effects.aggregate("event_time"), "smoothness")
    assert one.table.equals(two.table)
    target = sensitivity(effects, "smoothness", grid=[0], target="average", window=(-3, 1)).table.iloc[0]
    means = effects.aggregate("event_time").table.set_index("event_time")["estimate"]
    assert target["estimate"] == pytest.approx(means.loc[[0, 1]].mean())


@pytest.mark.parametrize(
    ("make_estimate", "more", "words"),
    [
        (lambda p: att_gt(p, "y", **KEYS, n_boot=0), {}, "one before it"),
        (lambda p: imputation(p, "y", **KEYS), {}, "covariance matrix"),
        (lambda p: att_gt(p, "y", **KEYS, n_boot=0).aggregate(), {}, "covariance matrix"),
        (lambda p: event_study(p, "y", **KEYS), {"method": "magic"}, "no such method"),
        (lambda p: event_study(p, "y", **KEYS), {"grid": [-1]}, "bounds cannot be used"),
        (lambda p: event_study(p, "y", **KEYS), {"target": 99}, "no such event time"),
        (lambda p: event_study(p, "y", **KEYS), {"window": (-1, 2)}, "before the reference"),
        (lambda p: event_study(p, "y", **KEYS), {"window": (-3, -1)}, "after the reference"),
        (lambda p: event_study(p[p["period"] > 1], "y", **KEYS, window=(0, 2)), {}, "one reference"),
    ],
)  # fmt: skip
def test_what_cannot_be_examined_is_refused(panel, make_estimate, more, words):
    with pytest.raises(EstimationError, match=words):
        sensitivity(make_estimate(panel), **more)


def test_fewer_clusters_than_event_times_are_refused_where_weights_depend_on_them(make):
    panel = make({10: 20, 14: 20, None: 20}, periods=24)
    effects = event_study(panel.assign(district=panel["unit"] % 6), "y", **KEYS, cluster="district")
    for call in (lambda e, **more: sensitivity(e, "smoothness", **more), pretrend_test):
        with pytest.raises(EstimationError, match="Too few clusters"):
            call(effects)
        call(effects, window=(-3, 1))
    robust = sensitivity(effects)
    assert robust.table["identified"].all()
    assert any(note.code == "few_clusters" for note in robust.notes)
