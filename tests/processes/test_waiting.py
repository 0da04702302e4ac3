"""Waits compared: published numbers, statsmodels, a numerical sandwich, and what cannot be compared."""

import numpy as np
import pandas as pd
import pytest
from statsmodels.duration.hazard_regression import PHReg

from analysis.errors import AnalysisError
from analysis.processes import compare_waits
from analysis.processes.hazards import efron_parts, fit_cox, fit_weibull
from analysis.processes.waiting import days_between

# Freireich et al. (1963), weeks of remission: 6-MP, then placebo; as in Klein and Moeschberger, Table 1.1
DRUG = [6, 6, 6, 6, 7, 9, 10, 10, 11, 13, 16, 17, 19, 20, 22, 23, 25, 32, 32, 34, 35]
DRUG_ENDED = [1, 1, 1, 0, 1, 0, 1, 0, 0, 1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0]
PLACEBO = [1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23]


def matters_of(days, ended, **columns):
    days, ended = np.asarray(days, float), np.asarray(ended, bool)
    frame = pd.DataFrame({"days_observed": days, "days_to_answer": np.where(ended, days, np.nan)})
    return frame.assign(process="request", **columns)


@pytest.fixture
def leukaemia():
    arm = ["6-MP"] * 21 + ["placebo"] * 21
    return matters_of(DRUG + PLACEBO, DRUG_ENDED + [1] * 21, arm=arm, community_id=np.arange(42).astype(str))


def test_cox_gives_the_published_numbers(leukaemia):
    # R's survival with ties="efron" on MASS::gehan: coef 1.5721, se 0.4124
    found = compare_waits(leukaemia, by="arm", reference="6-MP", cluster=None).set_index("group")
    assert found.loc["placebo", "estimate"] == pytest.approx(1.5721, abs=1e-4)
    assert found.loc["placebo", "std_error"] == pytest.approx(0.4124, abs=1e-4)
    assert found.loc["placebo", "ratio"] == pytest.approx(4.817, abs=1e-3)
    assert found.loc["6-MP", ["estimate", "ratio", "n", "answered", "median_days"]].tolist() == [
        0,
        1,
        21,
        9,
        23,
    ]
    assert found.attrs["ties"] == "efron"


def test_weibull_gives_the_published_numbers(leukaemia):
    # Venables and Ripley (2002), survreg on gehan: 6-MP 1.267 (0.311), scale 0.732
    found = compare_waits(leukaemia, by="arm", reference="placebo", cluster=None, model="weibull")
    drug = found.set_index("group").loc["6-MP"]
    assert drug["estimate"] == pytest.approx(1.267, abs=5e-4)
    assert drug["std_error"] == pytest.approx(0.311, abs=5e-4)
    assert found.attrs["scale"] == pytest.approx(0.732, abs=5e-4)


def drawn(n=300, seed=1, clusters=40):
    rng = np.random.default_rng(seed)
    group, x, cluster = rng.integers(0, 3, n), rng.normal(size=n), rng.integers(0, clusters, n)
    shared = rng.normal(0, 0.5, clusters)[cluster]
    days = np.ceil(20 * rng.weibull(1.5, n) * np.exp(0.5 * (group == 1) - 0.3 * x + shared))  # many ties
    lost = rng.uniform(1, 60, n).round()
    design = np.column_stack([group == 1, group == 2, x]).astype(float)
    return np.minimum(days, lost), days <= lost, design, cluster, group


def test_cox_agrees_with_statsmodels():
    days, ended, design, *_ = drawn()
    fit = PHReg(days, design, status=ended.astype(int), ties="efron").fit()
    estimate, covariance = fit_cox(days, ended, design, None)
    np.testing.assert_allclose(estimate, fit.params, atol=1e-7)
    np.testing.assert_allclose(covariance, fit.cov_params(), atol=1e-9)


def test_parts_of_the_score_are_those_of_the_likelihood():
    """Each part of the score is the derivative of the score by the weight of its matter."""
    days, ended, design, *_ = drawn(n=40)
    beta = np.array([0.3, -0.2, 0.4])
    parts, _ = efron_parts(days, ended, design, beta)

    def likelihood(weight, beta):
        total, risk = 0.0, weight * np.exp(design @ beta)
        for day in np.unique(days[ended]):
            tied = ended & (days == day)
            total += (weight * (design @ beta))[tied].sum()
            at_risk, d = risk[days >= day].sum(), tied.sum()
            own = risk[tied].sum()
            total -= weight[tied].mean() * sum(np.log(at_risk - r / d * own) for r in range(d))
        return total

    for row in (0, 7, 23, 39):
        for j in range(3):
            step = 1e-4
            values = []
            for up in (1, -1):
                for right in (1, -1):
                    weight, moved = np.ones(len(days)), beta.copy()
                    weight[row] += up * step
                    moved[j] += right * step
                    values.append(likelihood(weight, moved))
            slope = (values[0] - values[1] - values[2] + values[3]) / (4 * step**2)
            assert parts[row, j] == pytest.approx(slope, abs=2e-5)


def test_clustered_errors_are_those_of_leaving_communities_out():
    days, ended, design, cluster, _ = drawn(n=1000, clusters=100)
    for fit in (fit_cox, fit_weibull):
        whole, covariance, *_ = fit(days, ended, design, cluster)
        left = []
        for c in range(100):
            keep = cluster != c
            left.append(fit(days[keep], ended[keep], design[keep], None)[0])
        spread = np.sqrt(((np.array(left) - whole) ** 2).sum(axis=0))
        np.testing.assert_allclose(np.sqrt(np.diag(covariance)), spread, rtol=0.06)


def test_the_truth_is_found_and_covered():
    covered = []
    for seed in range(30):
        rng = np.random.default_rng(seed)
        group = rng.integers(0, 2, 800)
        shared = rng.normal(0, 0.3, 60)
        cluster = rng.integers(0, 60, 800)
        days = 20 * rng.weibull(1.3, 800) * np.exp(0.4 * group + shared[cluster])
        lost = rng.uniform(5, 90, 800)
        table = matters_of(
            np.minimum(days, lost), days <= lost, kind=group.astype(str), community_id=cluster.astype(str)
        )
        row = compare_waits(table, by="kind", reference="0", model="weibull").iloc[1]
        covered.append(row["conf_low"] < 0.4 < row["conf_high"])
    assert 25 <= sum(covered) <= 30  # 95 % of 30, less three standard deviations


def test_row_order_relabelling_and_units_change_nothing():
    days, ended, _, cluster, group = drawn()
    table = matters_of(days, ended, kind=group.astype(str), community_id=cluster.astype(str))
    before = table.copy()
    found = compare_waits(table, by="kind", reference="0", horizon=30)
    pd.testing.assert_frame_equal(table, before)
    shuffled = table.sample(frac=1, random_state=1).assign(community_id=lambda t: "c" + t["community_id"])
    pd.testing.assert_frame_equal(compare_waits(shuffled, by="kind", reference="0", horizon=30), found)
    hours = table.assign(**{c: table[c] * 24 for c in ("days_observed", "days_to_answer")})
    again = compare_waits(hours, by="kind", reference="0", horizon=720)
    np.testing.assert_allclose(again["estimate"], found["estimate"])
    np.testing.assert_allclose(again["mean_days"], found["mean_days"] * 24)


def test_a_group_without_answers_has_no_estimate_and_moves_no_other():
    days, ended, _, cluster, group = drawn()
    table = matters_of(days, ended & (group != 2), kind=group.astype(str), community_id=cluster.astype(str))
    for model in ("cox", "weibull"):
        found = compare_waits(table, by="kind", reference="0", model=model).set_index("group")
        assert found["identified"].tolist() == [True, True, False]
        assert np.isnan(found.loc["2", "estimate"])
        assert found.loc["2", "n"] == (group == 2).sum()
        alone = compare_waits(table[table["kind"] != "2"], by="kind", reference="0", model=model)
        assert found.loc["1", "estimate"] == pytest.approx(alone["estimate"].iloc[1])


def test_what_is_left_out_is_counted_and_covariates_are_held():
    days, ended, design, cluster, group = drawn()
    table = matters_of(days, ended, kind=group.astype(str), x=design[:, 2], community_id=cluster.astype(str))
    whole = compare_waits(table, by="kind", reference="0", adjust=["x"])
    estimate, _ = fit_cox(days, ended, design, None)
    np.testing.assert_allclose(whole["estimate"].iloc[1:], estimate[:2])
    table.loc[:4, "days_observed"] = np.nan
    table.loc[5:6, "kind"] = None
    table.loc[7, "x"] = np.nan
    found = compare_waits(table, by="kind", adjust=["x"])
    assert found.attrs["left_out"] == {"no_known_wait": 5, "no_group": 2, "no_covariate": 1, "no_cluster": 0}
    assert found.attrs["used"] == 292 == found["n"].sum()


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ({"by": "colour"}, "lack a column"),
        ({"by": "kind", "model": "gompertz"}, "model is not known"),
        ({"by": "kind", "process": "fund"}, "no matter of this process"),
        ({"by": "kind", "reference": "9"}, "not among the groups"),
        ({"by": "one"}, "not two groups"),
        ({"by": "kind", "adjust": ["same"]}, "cannot be told apart"),
        ({"by": "kind", "conf": 95}, "no share"),
        ({"by": "kind", "horizon": -1}, "no number of days"),
    ],
)
def test_what_cannot_be_compared_says_so(arguments, text):
    days, ended, _, cluster, group = drawn()
    table = matters_of(
        days, ended, kind=group.astype(str), same=group.astype(str), one="x", community_id=cluster.astype(str)
    )
    with pytest.raises(AnalysisError, match=text) as error:
        compare_waits(table, **arguments)
    assert error.value.mend


def test_several_processes_and_separation_are_refused(make_study):
    days, ended, _, cluster, group = drawn()
    table = matters_of(days, ended, kind=group.astype(str), community_id=cluster.astype(str))
    table.loc[0, "process"] = "fund"
    with pytest.raises(AnalysisError, match="several processes") as error:
        compare_waits(table, by="kind")
    assert "fund, request" in error.value.expected
    first = matters_of([1, 2, 3, 4, 5, 6], [1] * 6, kind=list("aaabbb"), community_id=list("uvwxyz"))
    with pytest.raises(AnalysisError, match="no estimate"):  # every a before every b
        compare_waits(first, by="kind")
    with pytest.raises(AnalysisError, match="not two groups"):
        compare_waits(make_study(), by="origin")


def test_days_between_steps():
    table = pd.DataFrame(
        {
            "start": pd.to_datetime(["2021-01-01", "2021-01-01", "2021-01-05", None, "2021-01-01"]),
            "stop": pd.to_datetime(["2021-01-04", None, "2021-01-01", "2021-01-03", None]),
            "answered_at": pd.to_datetime([None, None, None, None, "2021-01-06"]),
            "last_seen": pd.Timestamp("2021-01-11"),
        }
    )
    days, seen = days_between(table, "start", "stop")
    np.testing.assert_array_equal(days, [3, 10, np.nan, np.nan, 10])
    assert seen.tolist() == [True, False, True, True, False]
    assert days_between(table, "start", "stop", leave=True)[0][4] == 5
    assert np.isnan(days_between(table.assign(stop=pd.NaT), "start", "stop")[0]).all()
