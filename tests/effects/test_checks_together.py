"""All checks at once, and estimates side by side."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.effects import (
    att_gt,
    bacon,
    compare,
    event_study,
    imputation,
    pretrend_test,
    randomisation_test,
    run_checks,
    sensitivity,
    twfe,
)
from analysis.errors import EstimationError

KEYS = {"unit": "unit", "time": "period", "cohort": "cohort"}


def test_each_check_is_what_its_own_function_says(panel):
    checks = {check.name: check for check in run_checks(panel, "y", **KEYS, window=(-4, 3))}
    effects = event_study(panel, "y", **KEYS)
    assert list(checks) == ["pre_trends", "sensitivity", "comparisons", "randomisation"]
    assert checks["pre_trends"].table.equals(pretrend_test(effects, window=(-4, 3)).table)
    robust = sensitivity(effects, window=(-4, 3))
    assert checks["sensitivity"].table.equals(robust.table)
    value = robust.table["breakdown"].iloc[0]
    assert checks["sensitivity"].passed == (None if value == 0 else value > 1)
    share = bacon(panel, "y", **KEYS).table.set_index("term").loc["later_vs_earlier", "weight"]
    assert checks["comparisons"].passed == (share < 0.1)
    p_value = randomisation_test(panel, "y", **KEYS).table["p_value"].iloc[0]
    assert checks["randomisation"].passed == (p_value < 0.05)
    assert f"{p_value:.3f}" in checks["randomisation"].text


def test_broken_trends_do_not_pass(make):
    panel = make({5: 30, None: 30}, noise=0.5)
    # a trend and no effect: after adoption trends break as much as before
    broken = panel.assign(y=panel["y"] - panel["truth"] + 0.8 * panel["period"] * panel["cohort"].notna())
    for sample, sound in ((panel, True), (broken, False)):
        checks = {check.name: check.passed for check in run_checks(sample, "y", **KEYS)}
        assert checks["pre_trends"] is sound
        assert checks["sensitivity"] is sound
        assert checks["comparisons"] is True


def test_a_check_that_cannot_be_made_says_why(panel):
    checks = {check.name: check for check in run_checks(panel.drop(index=7), "y", **KEYS)}
    for name in ("comparisons", "randomisation"):
        assert checks[name].passed is None
        assert "could not be made" in checks[name].text
    assert checks["pre_trends"].passed is not None


def test_estimates_side_by_side(panel):
    cells = att_gt(panel, "y", **KEYS, n_boot=0)
    others = [
        imputation(panel, "y", **KEYS),
        twfe(panel, "y", unit="unit", time="period", treatment="treated"),
    ]
    result = compare({"cs": cells, "bjs": others[0], "twfe": others[1]})
    assert result.table["term"].tolist() == ["cs", "bjs", "twfe"]
    expected = [cells.aggregate().table["estimate"].iloc[0], others[0].table["estimate"].iloc[-1],
                others[1].table["estimate"].iloc[0]]  # fmt: skip
    assert result.table["estimate"].tolist() == expected
    assert result.table["control_group"].iloc[0] == "not_yet_treated"
    assert result.table["control_group"].iloc[1:].isna().all()
    names = compare([cells, *others, others[1]]).table["term"]
    assert names.is_unique
    assert names.iloc[0] == "Callaway-Sant'Anna"
    ax = result.plot()
    assert [label.get_text() for label in ax.get_yticklabels()] == ["cs", "bjs", "twfe"]
    np.testing.assert_array_equal(cells.table["term"], att_gt(panel, "y", **KEYS, n_boot=0).table["term"])


def test_different_outcomes_are_not_compared(panel):
    one = twfe(panel, "y", unit="unit", time="period", treatment="treated")
    two = twfe(panel.assign(z=-panel["y"]), "z", unit="unit", time="period", treatment="treated")
    for wrong in ([one, two], []):
        with pytest.raises(EstimationError, match="one outcome"):
            compare(wrong)
