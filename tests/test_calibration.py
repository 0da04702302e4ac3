"""The calibration page: what its script counts, and that the committed table is the script's."""

import importlib.util
import re
import sys

import numpy as np
import pandas as pd
import pytest


@pytest.fixture(scope="module")
def calibration(repository):
    path = repository / "benchmarks" / "calibration.py"
    spec = importlib.util.spec_from_file_location("calibration", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules["calibration"] = module  # its dataclass looks itself up there
    spec.loader.exec_module(module)
    yield module
    del sys.modules["calibration"]


def test_bias_coverage_and_power_are_counted_by_hand(calibration):
    found = pd.DataFrame(
        {
            "truth": "constant",
            "estimator": "att_gt",
            "target": [2.0, 2, 2, 2],
            "estimate": [1.0, 2, 3, 6],
            "low": [-1.0, 1, 2.5, 5],
            "high": [3.0, 3, 3.5, 7],
        }
    )
    row = calibration.summarise(found).iloc[0]
    assert row["draws"] == 4
    assert row["bias"] == 1.0
    assert row["rmse"] == pytest.approx(np.sqrt(18 / 4))
    assert row["coverage"] == 0.5
    assert row["coverage_mc_error"] == pytest.approx(np.sqrt(0.5 * 0.5 / 4))
    assert row["power"] == 0.75
    assert row["interval_length"] == pytest.approx((4 + 2 + 1 + 2) / 4)
    assert row["mark"] == "recommended"


def test_a_city_holds_the_truth_it_was_given_and_a_broken_trend_misleads(calibration):
    panel, truth = calibration.draw(0, calibration.CASES["constant"])
    assert len(panel) == 160 * 36
    assert truth["att_overall"] == pytest.approx(calibration.FINAL)
    assert calibration.answer("stacked", truth) == pytest.approx(calibration.FINAL)
    value, low, high = calibration.estimate("imputation", panel)
    assert abs(value - calibration.FINAL) < 2 * (high - low)
    broken, answer = calibration.draw(0, calibration.CASES["broken_trend"])
    away = calibration.estimate("imputation", broken)[0] - value
    assert away > 0.1 + answer["att_overall"] - truth["att_overall"]


def test_the_committed_page_is_the_committed_table(calibration, repository):
    folder = repository / "docs" / "methods"
    table = pd.read_csv(folder / "calibration.csv", keep_default_na=False)
    assert set(table["truth"]) == set(calibration.CASES)
    assert set(table["estimator"]) <= set(calibration.ESTIMATORS)
    made = calibration.page(table, int(table["draws"].max()), 0.0)
    kept = (folder / "calibration.md").read_text(encoding="utf-8")
    changing = r"Made on .*? of CPU"
    assert re.sub(changing, "", made) == re.sub(changing, "", kept)
    recommended = table[table["mark"] == "recommended"]
    assert recommended["coverage"].between(0.92, 0.98).all()
