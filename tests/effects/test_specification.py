"""The specification curve: weights against the estimators, the joint test's size and power, bad input."""

from __future__ import annotations

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest

from analysis.effects import (
    Specification,
    att_gt,
    imputation,
    randomisation_test,
    specification_curve,
    specifications,
    twfe,
)
from analysis.effects.estimators.linear import LinearEffect
from analysis.effects.panel.design import read_design
from analysis.errors import EstimationError

mpl.use("Agg")
KEYS = {"unit": "unit", "time": "period", "cohort": "cohort"}


def panel_of(make, seed=0, effect=0.0, units=12):
    return make({3: units, 5: units, 6: units, None: units}, seed=seed, effect=lambda e: effect)


@pytest.mark.parametrize("group", ["not_yet_treated", "never_treated"])
def test_linear_effects_are_those_of_the_estimators(panel, group):
    wide = panel.pivot(index="unit", columns="period", values="y")
    starts = panel.drop_duplicates("unit")["cohort"].to_numpy(float, na_value=np.inf)
    template = read_design(panel, "y", **KEYS)
    expected = {
        "att_gt": att_gt(panel, "y", **KEYS, control_group=group, n_boot=0).aggregate().table,
        "imputation": imputation(panel, "y", **KEYS).table.iloc[-1:],
        "twfe": twfe(panel, "y", unit="unit", time="period", treatment="treated").table,
    }
    for estimator, table in expected.items():
        effect = LinearEffect(estimator, group, wide.to_numpy(), wide.columns.to_numpy(float), template)
        assert effect.of(starts) == pytest.approx(table["estimate"].iloc[0], abs=1e-10)


def test_without_never_treated_imputation_leaves_out_what_it_cannot_impute(make):
    panel = make({3: 8, 5: 10, 7: 6})
    wide = panel.pivot(index="unit", columns="period", values="y")
    starts = panel.drop_duplicates("unit")["cohort"].to_numpy(float)
    template = read_design(panel, "y", **KEYS)
    effect = LinearEffect("imputation", None, wide.to_numpy(), wide.columns.to_numpy(float), template)
    alone = imputation(panel, "y", **KEYS).table.iloc[-1]
    assert effect.of(starts) == pytest.approx(alone["estimate"], abs=1e-10)


def test_one_specification_has_the_p_value_of_the_randomisation_test(make):
    panel = panel_of(make, effect=0.4)
    curve = specification_curve(panel, "y", [Specification()], **KEYS, within="district", n_permutations=199)
    single = randomisation_test(panel, "y", **KEYS, within="district", n_permutations=199).table.iloc[0]
    assert curve.table["p_permutation"].iloc[0] == pytest.approx(single["p_value"])
    assert curve.table["estimate"].iloc[0] == pytest.approx(single["estimate"])
    assert set(curve.joint.iloc[:2]["p_value"]) == {curve.table["p_permutation"].iloc[0]}


def test_samples_outcomes_and_transforms_are_those_of_the_estimator_alone(make):
    panel = panel_of(make, effect=1.0)
    panel["early"], panel["some"] = panel["period"] <= 6, panel["district"] != 1
    panel["positive"] = np.exp(panel["y"] / 5)
    chosen = specifications(
        estimator=["att_gt", "imputation"], control_group=["not_yet_treated"], outcome=[None, "positive"],
        transform=["level", "log"], sample=[None, "early", "some"],
    )  # fmt: skip
    assert len(chosen) == 24
    curve = specification_curve(panel, "y", chosen, **KEYS, within="district", n_permutations=19)
    rows = curve.table.set_index(["estimator", "outcome", "transform", "sample"])
    assert rows.loc[("imputation", "positive", "log", "early"), "estimate"] == pytest.approx(
        imputation(panel[panel["early"]].assign(z=panel["y"] / 5), "z", **KEYS).table["estimate"].iloc[-1]
    )
    assert rows.loc[("att_gt", "y", "level", "some"), "std_error"] == pytest.approx(
        att_gt(panel[panel["some"]], "y", **KEYS, n_boot=0).aggregate().table["std_error"].iloc[0]
    )
    assert not rows.xs(("y", "log"), level=("outcome", "transform"))["identified"].any()  # negative values
    assert any(note.code == "curve_units" for note in curve.notes)
    assert curve.table["permuted"].sum() == 18


def test_the_curve_is_sorted_drawn_and_leaves_the_panel_alone(make):
    panel = panel_of(make, effect=2.0)
    before = panel.copy()
    curve = specification_curve(panel, "y", specifications(), **KEYS, n_permutations=49, seed=3)
    pd.testing.assert_frame_equal(panel, before)
    assert curve.table["estimate"].is_monotonic_increasing
    again = specification_curve(
        panel.sample(frac=1, random_state=1), "y", specifications(), **KEYS, n_permutations=49, seed=3
    )
    assert np.allclose(again.table["estimate"], curve.table["estimate"])
    ax = curve.plot()
    assert ax is curve.plot(ax)
    assert len(ax.child_axes) >= 1
    labels = [tick.get_text() for tick in ax.child_axes[0].get_yticklabels()]
    assert "estimator: twfe" in labels
    assert "curve" in {note.code for note in curve.notes}
    assert (curve.joint["p_value"] == 1 / 50).all()


def test_covariates_are_estimated_but_not_permuted(make):
    panel = panel_of(make)
    panel["x"] = np.random.default_rng(1).normal(size=len(panel))
    curve = specification_curve(
        panel, "y", [Specification(), Specification("imputation", None, covariates=("x",))], **KEYS,
        n_permutations=19,
    )  # fmt: skip
    assert curve.table.set_index("estimator")["permuted"].to_dict() == {"att_gt": True, "imputation": False}
    assert any(note.code == "curve_slow" for note in curve.notes)
    with pytest.raises(EstimationError, match="No specification can be permuted"):
        specification_curve(panel, "y", [Specification(covariates=("x",))], **KEYS, n_permutations=19)


def test_units_treated_from_the_first_period_on_may_be_permuted_away(make):
    panel = make({1: 4, 4: 12, None: 16})
    curve = specification_curve(panel, "y", specifications(), **KEYS, n_permutations=49)
    assert curve.table["identified"].all()
    alone = imputation(panel, "y", **KEYS).table["estimate"].iloc[-1]
    row = curve.table.set_index("estimator").loc["imputation"]
    assert row["estimate"] == pytest.approx(alone)


def test_the_joint_test_keeps_its_size(make):
    """40 panels without effect: a true 5 % rate gives more than 7 rejections in 1 of 700 runs."""
    chosen = specifications(estimator=["att_gt", "imputation"], control_group=["not_yet_treated"])
    p_values = [
        specification_curve(panel_of(make, seed, units=8), "y", chosen, **KEYS, n_permutations=19, seed=seed)
        .joint["p_value"].to_numpy()
        for seed in range(40)
    ]  # fmt: skip
    rejected = (np.array(p_values) <= 0.05).sum(axis=0)
    assert (rejected <= 7).all(), rejected


@pytest.mark.parametrize(
    ("chosen", "arguments", "words"),
    [
        ([], {}, "Specifications are wanted"),
        (["att_gt"], {}, "Specifications are wanted"),
        ([Specification(outcome="none")], {}, "missing"),
        ([Specification(sample="y")], {}, "whether it is used"),
        ([Specification(covariates=("network_density",))], {}, "measured after treatment"),
        ([Specification()], {"n_permutations": 5}, "at least 19"),
        ([Specification()], {"within": "unit"}, "nothing to permute"),
    ],
)
def test_bad_input_is_refused_in_words(panel, chosen, arguments, words):
    with pytest.raises(EstimationError, match=words):
        specification_curve(panel, "y", chosen, **KEYS, **{"n_permutations": 19} | arguments)


def test_impossible_specifications_are_refused_at_once():
    with pytest.raises(EstimationError, match="no such choice"):
        Specification("imputation", "never_treated")
    with pytest.raises(EstimationError, match="no such choice"):
        Specification(transform="cube")
