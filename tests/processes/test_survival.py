import numpy as np
import pytest
from statsmodels.duration.survfunc import SurvfuncRight

from analysis.errors import AnalysisError
from analysis.processes import median_waits, process_measures, restricted_means


def of_one_group(days, answered):
    days, answered = np.array(days, float), np.array(answered, bool)
    return median_waits(np.zeros(len(days), int), days, answered, 1)[0]


@pytest.mark.parametrize("days", [[1, 2, 3], [1, 2, 3, 4], [5], [2, 2, 2, 9], [1, 2, 2, 3], [0, 0, 7, 8]])
def test_without_censoring_it_is_the_ordinary_median(days):
    assert of_one_group(days, [1] * len(days)) == np.median(days)


@pytest.mark.parametrize(
    ("days", "answered", "median"),
    [
        # by hand: S = 3/4 at 1, then 2 is lost, 3/4 * 1/2 = .375 at 3
        ([1, 2, 3, 4], [1, 0, 1, 0], 3),
        # S = 3/4, then stays: half are never seen answered
        ([1, 2, 3, 4], [1, 0, 0, 0], np.nan),
        # S = 1/2 at 2 and no further answer: reached on day 2
        ([1, 2, 3, 4], [1, 1, 0, 0], 2),
        # an answer on the day another is last seen comes first: S = 1/2 at 5
        ([5, 5], [0, 1], 5),
        ([5, 5], [0, 0], np.nan),
        ([], [], np.nan),
    ],
)
def test_censored_by_hand(days, answered, median):
    np.testing.assert_equal(of_one_group(days, answered), median)


def test_remission_of_leukaemia():
    # 6-MP arm of Freireich et al. (1963), as in Klein and Moeschberger, Table 4.1: median 23 weeks
    days = [6, 6, 6, 6, 7, 9, 10, 10, 11, 13, 16, 17, 19, 20, 22, 23, 25, 32, 32, 34, 35]
    answered = [1, 1, 1, 0, 1, 0, 1, 0, 0, 1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0]
    assert of_one_group(days, answered) == 23


def test_many_groups_at_once_agree_with_statsmodels():
    rng = np.random.default_rng(4)
    size, rows = 60, 2000
    groups = rng.integers(0, size - 1, rows)  # the last group stays empty
    days = rng.integers(0, 40, rows).astype(float)  # many ties
    answered = rng.random(rows) < rng.choice([0.3, 0.6, 0.9], size)[groups]
    medians = median_waits(groups, days, answered, size)
    assert np.isnan(medians[-1])
    for group in range(size - 1):
        curve = SurvfuncRight(days[groups == group], answered[groups == group].astype(int))
        reached = curve.surv_times[curve.surv_prob <= 0.5 + 1e-9]
        below = curve.surv_times[curve.surv_prob < 0.5 - 1e-9]
        expected = np.nan if not len(reached) else (reached[0] + (below if len(below) else reached)[0]) / 2
        np.testing.assert_equal(medians[group], expected)
    assert np.isnan(medians[:-1]).any()
    assert (~np.isnan(medians)).sum() > 20


SIX_MP = [6, 6, 6, 6, 7, 9, 10, 10, 11, 13, 16, 17, 19, 20, 22, 23, 25, 32, 32, 34, 35]
RELAPSED = [1, 1, 1, 0, 1, 0, 1, 0, 0, 1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0]


def mean_of(days, answered, horizon):
    days, answered = np.array(days, float), np.array(answered, bool)
    mean, error = restricted_means(np.zeros(len(days), int), days, answered, 1, horizon)
    return mean[0], error[0]


def test_restricted_mean_of_the_leukaemia_trial():
    # Klein and Moeschberger (2003), Example 4.1 continued: 23.303 weeks up to 35, variance 7.993, as printed
    mean, error = mean_of(SIX_MP, RELAPSED, 35)
    assert mean == pytest.approx(23.303, abs=0.02)  # the book multiplies rounded survival
    assert error == pytest.approx(np.sqrt(7.993), abs=0.02)


@pytest.mark.parametrize(
    ("days", "answered", "horizon", "mean"),
    [
        ([1, 2, 3], [1, 1, 1], 10, 2),
        ([1, 2, 30], [1, 1, 1], 10, 13 / 3),  # 30 counts as 10
        ([1, 2, 30], [1, 1, 0], 10, 13 / 3),
        ([1, 2, 9], [1, 1, 0], 10, np.nan),  # not watched up to 10
        ([4, 2, 9], [0, 1, 1], 10, 2 / 3 * 9 + 1 / 3 * 2),  # 4 is lost: S = 2/3 from 2 to 9
        ([], [], 10, np.nan),
    ],
)
def test_restricted_mean_by_hand(days, answered, horizon, mean):
    np.testing.assert_allclose(mean_of(days, answered, horizon)[0], mean)


def test_restricted_means_of_many_groups_agree_with_the_area_and_greenwood():
    rng = np.random.default_rng(5)
    groups, days = rng.integers(0, 30, 1500), rng.integers(0, 40, 1500).astype(float)
    answered = rng.random(1500) < 0.7
    mean, error = restricted_means(groups, days, answered, 31, 25)
    assert np.isnan(mean[30])
    for group in range(30):
        curve = SurvfuncRight(days[groups == group], answered[groups == group].astype(int))
        times, kept = curve.surv_times, curve.surv_prob
        edges = np.clip(np.concatenate([[0], times, [np.inf]]), 0, 25)
        pieces = np.diff(edges) * np.concatenate([[1], kept])
        np.testing.assert_allclose(mean[group], pieces.sum())
        after = np.cumsum(pieces[::-1])[::-1][1:]
        n, d = curve.n_risk, curve.n_events
        terms = np.where((n > d) & (times <= 25), after**2 * d / (n * np.maximum(n - d, 1)), 0)
        np.testing.assert_allclose(error[group], np.sqrt(terms.sum()))


@pytest.mark.parametrize("horizon", [0, -3, np.nan, np.inf])
def test_a_horizon_is_a_number_of_days(make_study, horizon):
    with pytest.raises(AnalysisError, match="no number of days"):
        process_measures(make_study(), horizon=horizon)
