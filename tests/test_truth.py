"""Do the estimators find what the synthetic city hides? The truth is drawn; nothing here is fitted to it."""

import pandas as pd
import pytest

from analysis.effects import att_gt, imputation
from analysis.panel import build_panel
from analysis.simulate import Truth, simulate_city
from analysis.tables import Study

CLEAN = [
    ("consultation", "satisfaction"), ("consultation", "trust"), ("consultation", "response_days"),
    ("consultation", "incidents"), ("burden_reduction", "satisfaction"), ("burden_reduction", "trust"),
    ("burden_reduction", "response_days"),
]  # fmt: skip
CONTAMINATED = ("consultation", "participation")  # neighbours not yet treated move too


def panel_of(seed, truth=None):
    """Draw the outcomes of a default city (8 districts x 20 communities x 36 months) and make its panel."""
    city = simulate_city(seed=seed, tables=["places", "reforms", "outcomes"], truth=truth)
    return build_panel(Study.from_frames(city.frames)), city.truth


def run(seed, pairs, truth=None):
    panel, known = panel_of(seed, truth)
    found = []
    for reform, measure in pairs:
        answer = known["reforms"][reform]["effects"].get(measure, {"att_overall": 0.0})["att_overall"]
        keys = {"unit": "place_id", "time": "time", "cohort": f"cohort_{reform}"}
        estimates = {"att_gt": att_gt(panel, measure, **keys, n_boot=0).aggregate("overall")}
        estimates["imputation"] = imputation(panel, measure, **keys)
        overall = {name: e.table.set_index("term").loc["overall"] for name, e in estimates.items()}
        found += [
            {
                "reform": reform,
                "measure": measure,
                "estimator": name,
                "truth": answer,
                "error": row["estimate"] - answer,
                "std_error": row["std_error"],
                "covered": bool(row["conf_low"] <= answer <= row["conf_high"]),
            }
            for name, row in overall.items()
        ]
    return found


def summary(rows):
    table = pd.DataFrame(rows).groupby(["reform", "measure", "estimator"], sort=False)
    return table.agg(
        seeds=("covered", "size"),
        covered=("covered", "sum"),
        truth=("truth", "mean"),
        bias=("error", "mean"),
        std_error=("std_error", "mean"),
    )


def test_intervals_hold_the_truth_in_a_few_cities():
    """70 intervals of 95 %: fewer than 60 that hold the truth has probability below 0.1 %."""
    rows = [row for seed in range(5) for row in run(seed, CLEAN)]
    assert len(rows) == 70
    assert sum(row["covered"] for row in rows) >= 60


def test_without_effects_none_is_found():
    rows = [row for seed in range(5) for row in run(seed, CLEAN, Truth.none())]
    assert all(row["truth"] == 0 for row in rows)
    assert sum(row["covered"] for row in rows) >= 60


@pytest.mark.slow
def test_the_true_effect_lies_in_at_least_90_of_100_intervals():
    table = summary([row for seed in range(100) for row in run(seed, [*CLEAN, CONTAMINATED])])
    print("\n" + table.round(3).to_string())
    table = table.sort_index()
    clean = table.drop(index=CONTAMINATED)
    assert len(clean) == 14
    by_att_gt = clean.xs("att_gt", level="estimator")
    assert (by_att_gt["covered"] >= 90).all()
    # where untreated neighbours are affected, no such promise holds: the check can fail
    assert (table.loc[CONTAMINATED, "covered"] < 90).all()
