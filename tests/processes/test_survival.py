import numpy as np
import pytest
from statsmodels.duration.survfunc import SurvfuncRight

from analysis.processes import median_waits


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
