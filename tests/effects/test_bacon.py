"""The decomposition of two-way fixed effects: published weights, and its sum."""

from __future__ import annotations

import pytest

from analysis.effects import bacon, twfe
from analysis.errors import EstimationError

KEYS = {"unit": "unit", "time": "period", "cohort": "cohort"}


def test_castle_printed_values(castle):
    """Weights and estimates of Goodman-Bacon's decomposition, printed to four digits (diff-diff 3.13)."""
    table = bacon(castle, "l_homicide", unit="sid", time="year", cohort="cohort").table.set_index("term")
    printed = {
        "earlier_vs_later": (0.0771, -0.0286),
        "later_vs_earlier": (0.0241, 0.0456),
        "treated_vs_untreated": (0.8988, 0.0784),
    }
    for kind, (weight, estimate) in printed.items():
        assert table.loc[kind, "weight"] == pytest.approx(weight, abs=5e-5)
        assert table.loc[kind, "estimate"] == pytest.approx(estimate, abs=5e-5)
    assert table.loc["overall", "estimate"] == pytest.approx(0.069398, abs=5e-7)
    assert table.loc[["treated_vs_untreated", "overall"], "n_units"].tolist() == [21, 21]


@pytest.mark.parametrize("cohorts", [{3: 8, 5: 10, 6: 6, None: 16}, {2: 5, 4: 7, 8: 3}, {4: 6, None: 9}])
def test_comparisons_add_up_to_the_coefficient(make, cohorts):
    panel = make(cohorts, effect=lambda e: 1 + e)
    coefficient = twfe(panel, "y", unit="unit", time="period", treatment="treated").table["estimate"].iloc[0]
    for by in ("kind", "pair"):
        table = bacon(panel, "y", **KEYS, by=by).table
        rows = table.iloc[:-1]
        assert rows["weight"].sum() == pytest.approx(1)
        assert (rows["weight"] * rows["estimate"].fillna(0)).sum() == pytest.approx(coefficient, abs=1e-10)
        assert table["estimate"].iloc[-1] == pytest.approx(coefficient, abs=1e-10)
    only_one = len(cohorts) == 2
    kinds = bacon(panel, "y", **KEYS).table.set_index("term")
    assert kinds.loc["later_vs_earlier", "identified"] != only_one


def test_a_pair_by_hand(panel):
    row = bacon(panel, "y", **KEYS, by="pair").table.set_index("term").loc["5 vs 3"]
    means = panel.groupby([panel["cohort"].astype("float"), "period"])["y"].mean().unstack()
    gap = means.loc[5] - means.loc[3]
    assert row["kind"] == "later_vs_earlier"
    assert row["estimate"] == pytest.approx(gap.loc[5:8].mean() - gap.loc[3:4].mean())


def test_the_note_says_how_much_compares_with_treated_units(panel):
    result = bacon(panel, "y", **KEYS)
    share = result.table.set_index("term").loc["later_vs_earlier", "weight"]
    assert next(n for n in result.notes if n.code == "forbidden_share").values["share"] == share
    assert "later_vs_earlier" in result.summary()


@pytest.mark.parametrize(
    ("change", "more", "words"),
    [
        (lambda p: p.drop(index=4), {}, "balanced"),
        (lambda p: p[p["cohort"] == 5], {}, "nothing to compare"),
        (lambda p: p, {"by": "unit"}, "no such choice"),
    ],
)
def test_what_cannot_be_decomposed_is_refused(panel, change, more, words):
    with pytest.raises(EstimationError, match=words):
        bacon(change(panel), "y", **KEYS, **more)
