"""Ranks with their intervals: what drives them, what does not, and the synthetic city."""

import numpy as np
import pandas as pd
import pytest

from analysis.errors import AnalysisError
from analysis.index import (
    Group,
    IndexSpec,
    Indicator,
    composite_index,
    index_table,
    rank_uncertainty,
    read_index,
)

NOTHING = {
    "normalisations": (), "outliers": (), "missing": (), "weightings": (), "aggregations": (),
    "concentration": None,
}  # fmt: skip


@pytest.fixture
def wide():
    rng = np.random.default_rng(8)
    quality = np.linspace(0, 1, 10)[:, None]
    table = pd.DataFrame(quality + rng.normal(scale=0.25, size=(10, 4)), columns=list("abcd"))
    return table.assign(place_id=[f"P{k}" for k in range(10)])


def test_a_rank_never_stands_without_its_interval(wide, flat):
    result = rank_uncertainty(wide, flat("abcd"), draws=128, seed=3)
    table = result.table
    ranked = table["rank"].notna()
    for column in ("rank_median", "rank_low", "rank_high"):
        assert (table[column].notna() == ranked).all()
    assert (table["rank_low"] <= table["rank_median"]).all()
    assert (table["rank_median"] <= table["rank_high"]).all()
    first = table.iloc[0]
    shown = f"1 ({first['rank_low']} to {first['rank_high']})"
    assert shown in repr(result)
    assert shown in result._repr_html_()
    assert result.draws >= 128
    assert f"{result.draws:,} draws" in repr(result)


def test_the_seed_gives_the_same_again_and_another_one_does_not(wide, flat):
    once, again, other = (rank_uncertainty(wide, flat("abcd"), draws=64, seed=s) for s in (0, 0, 1))
    for name in ("table", "pairs", "drivers", "place_drivers", "leave_one_out"):
        pd.testing.assert_frame_equal(getattr(once, name), getattr(again, name))
    assert not once.pairs["share_a"].equals(other.pairs["share_a"])


def test_declared_scores_and_order_are_those_of_the_index(wide, flat):
    spec = flat("abcd", normalisation="zscore")
    result = rank_uncertainty(wide, spec, draws=16)
    expected = composite_index(wide, spec).table.sort_values("score", ascending=False)
    assert result.table["place_id"].tolist() == expected["place_id"].tolist()
    assert result.table["rank"].tolist() == list(range(1, 11))


def test_a_place_that_is_best_in_everything_is_first_for_certain(flat):
    rng = np.random.default_rng(1)
    table = pd.DataFrame(rng.random((6, 3)), columns=list("abc")).assign(place_id=list("UVWXYZ"))
    table.loc[6] = [2.0, 2.0, 2.0, "top"]
    table.loc[7] = [-1.0, -1.0, -1.0, "last"]
    result = rank_uncertainty(table, flat("abc"), draws=128)
    rows = result.table.set_index("place_id")
    assert rows.loc["top", ["rank", "rank_low", "rank_high"]].tolist() == [1, 1, 1]
    assert rows.loc["last", ["rank", "rank_low", "rank_high"]].tolist() == [8, 8, 8]
    pairs = result.pairs
    ends = pairs["place_a"].isin(["top", "last"]) | pairs["place_b"].isin(["top", "last"])
    assert pairs.loc[ends, "certain"].all()
    assert ends.sum() == 13


def test_only_what_varies_drives_a_rank(wide, flat):
    only = NOTHING | {"normalisations": ("zscore", "rank")}
    result = rank_uncertainty(wide, flat("abcd"), draws=384, **only)
    assert result.alternatives == {"normalisation": ("minmax", "zscore", "rank")}
    # a single factor explains all there is; 128 base points estimate that to within a few percent
    assert result.drivers["total"].tolist() == pytest.approx([1], abs=0.15)
    assert result.drivers["first_order"].tolist() == pytest.approx([1], abs=0.15)


def test_shares_agree_with_all_combinations_counted(wide, flat):
    """Two choices of equal chances: going through all four splits the variance of the mean shift exactly."""
    choices = NOTHING | {"normalisations": ("minmax", "rank"), "aggregations": ("declared", "geometric")}
    spec = flat("abcd", span=(0.1, 1))
    result = rank_uncertainty(wide, spec, draws=4096, **choices)
    declared = composite_index(wide, spec).table["score"].rank(ascending=False)
    shift = np.empty((2, 2))
    for i, normalisation in enumerate(("minmax", "rank")):
        for j, aggregation in enumerate(("arithmetic", "geometric")):
            other = flat("abcd", span=(0.1, 1), normalisation=normalisation, aggregation=aggregation)
            ranks = composite_index(wide, other).table["score"].rank(ascending=False)
            shift[i, j] = (ranks - declared).abs().mean()
    variance = shift.var()
    assert variance > 0
    drivers = result.drivers.set_index("factor")
    for factor, axis in (("normalisation", 1), ("aggregation", 0)):
        assert drivers.loc[factor, "first_order"] == pytest.approx(
            shift.mean(axis=axis).var() / variance, abs=0.04
        )
        assert drivers.loc[factor, "total"] == pytest.approx(
            shift.var(axis=1 - axis).mean() / variance, abs=0.04
        )
    assert set(np.round(result.shifts, 10)) == set(np.round(shift.ravel(), 10))


def test_sampling_error_alone_follows_the_normal_distribution(flat):
    # two places, one indicator that counts: P(A ahead) = Phi(difference / error of the difference)
    table = pd.DataFrame({"place_id": ["A", "B"], "x": [1.0, 0.0], "y": [1.0, 0.0]})
    errors = pd.DataFrame({"place_id": ["B", "A"], "x": [1.0, 1.0]})
    spec = flat(
        {"x": {"weight": 0.999999}, "y": {"weight": 0.000001}}, weighting="expert", normalisation="none"
    )
    result = rank_uncertainty(table, spec, std_error=errors, draws=4096, **NOTHING)
    assert list(result.alternatives) == ["sampling_error"]
    # Phi(1 / sqrt 2) = 0.7602; 4,096 draws have a standard error of 0.007
    assert result.pairs["share_a"].iloc[0] == pytest.approx(0.7602, abs=0.025)
    assert result.certain_share == 0


def test_weights_are_drawn_with_the_stated_spread(flat):
    # A has x, B has y: A is ahead when the weight of x exceeds one half; Beta(20 x 0.6, 20 x 0.4)
    from scipy.stats import beta

    table = pd.DataFrame({"place_id": ["A", "B"], "x": [1.0, 0.0], "y": [0.0, 1.0]})
    spec = flat({"x": {"weight": 0.6}, "y": {"weight": 0.4}}, weighting="expert")
    result = rank_uncertainty(table, spec, draws=4096, **NOTHING | {"concentration": 20})
    assert result.pairs["share_a"].iloc[0] == pytest.approx(beta(12, 8).sf(0.5), abs=0.025)


def test_places_without_a_score_stay_and_have_no_rank(wide, flat):
    table = wide.copy()
    table.loc[4, list("abcd")] = np.nan
    table.loc[5, "b"] = np.nan
    result = rank_uncertainty(
        table, flat("abcd"), draws=64, missing=("dimension_mean", "indicator_mean", "drop")
    )
    assert len(result.table) == 10
    last = result.table.iloc[-1]
    assert last["place_id"] == "P4"
    assert last["reason"] == "too_few_indicators"
    assert pd.isna(last["rank"])
    assert pd.isna(last["rank_low"])
    assert "too_few_indicators" in repr(result)
    assert "missing" in set(result.drivers["factor"])
    assert "P4" not in set(result.pairs["place_a"]) | set(result.pairs["place_b"])
    assert len(result.pairs) == 9 * 8 / 2


def test_order_of_rows_and_names_do_not_matter(wide, flat):
    before = wide.copy()
    choices = {"draws": 64, "std_error": wide[["place_id"]].assign(a=0.2, b=0.1)}
    result = rank_uncertainty(wide, flat("abcd"), **choices).table
    again = rank_uncertainty(wide.iloc[::-1], flat("abcd"), **choices).table
    pd.testing.assert_frame_equal(result, again)
    pd.testing.assert_frame_equal(wide, before)


def test_leaving_out_is_counted_by_hand(wide, flat):
    spec = flat("abcd")
    result = rank_uncertainty(wide, spec, draws=16)
    declared = composite_index(wide, spec).table["score"].rank(ascending=False)
    less = composite_index(wide, spec.without("b")).table["score"].rank(ascending=False)
    row = result.leave_one_out.set_index("left_out").loc["b"]
    assert row["mean_shift"] == pytest.approx((less - declared).abs().mean())
    assert row["max_shift"] == (less - declared).abs().max()
    assert len(result.leave_one_out) == 4
    two = rank_uncertainty(wide, flat("ab"), draws=16)
    assert list(two.leave_one_out.columns) == ["left_out", "mean_shift", "max_shift", "top"]
    assert two.leave_one_out.empty


def test_groups_of_one_member_pass_it_on(wide):
    groups = (Group("whole"), Group("outer", "whole"), Group("inner", "outer"))
    indicators = (Indicator("a", "inner"), Indicator("b", "whole"), Indicator("c", "whole"))
    result = rank_uncertainty(wide, IndexSpec(groups=groups, indicators=indicators), draws=64)
    assert result.index.table["outer"].equals(result.index.normalised["a"].rename("outer"))
    assert np.isfinite(result.shifts).all()


def test_every_method_can_be_drawn_together(wide, flat):
    result = rank_uncertainty(
        wide,
        flat("abcd"),
        draws=64,
        normalisations=("minmax", "zscore", "rank", "reference", "vector", "none"),
        outliers=("none", "winsorise", "log", "boxcox"),
        weightings=("declared", "equal", "entropy", "critic", "pca"),
        aggregations=("declared", "arithmetic", "geometric", "topsis"),
    )
    assert result.table["rank"].notna().all()
    assert np.isfinite(result.shifts).all()


BAD = {
    "an unknown alternative": ({"normalisations": ("percentile",)}, "alternative is not known"),
    "too few draws": ({"draws": 1}, "too few draws"),
    "a seed below 0": ({"seed": -1}, "seed is not one"),
    "a level above 1": ({"level": 90}, "not a probability"),
    "no concentration": ({"concentration": 0}, "not above 0"),
    "nothing that varies": (NOTHING, "Nothing varies"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_arguments_are_refused_in_words(wide, flat, case):
    arguments, what = BAD[case]
    with pytest.raises(AnalysisError, match=what):
        rank_uncertainty(wide, flat("abcd"), **arguments)


def test_bad_standard_errors_are_refused_in_words(wide, flat):
    errors = wide.assign(a=-1.0)
    with pytest.raises(AnalysisError, match="negative"):
        rank_uncertainty(wide, flat("abcd"), std_error=errors)
    with pytest.raises(AnalysisError, match="each place once"):
        rank_uncertainty(wide, flat("abcd"), std_error=errors.drop(columns="place_id"))


def test_a_constant_indicator_with_goalposts_cannot_be_standardised(wide, flat):
    spec = flat({"a": {"goalposts": (0, 1)}, "b": {}})
    with pytest.raises(AnalysisError, match="does not tell the places apart"):
        rank_uncertainty(wide.assign(a=0.5), spec)
    result = rank_uncertainty(wide.assign(a=0.5), spec, draws=16, normalisations=("minmax",))
    assert result.table["rank"].notna().all()


@pytest.fixture(scope="module")
def city(tmp_path_factory):
    from analysis import burden_measures, open_study, process_measures, simulate_city, write_city

    folder = tmp_path_factory.mktemp("index") / "city"
    write_city(simulate_city(districts=8, communities=2, months=12, seed=3), folder)
    study = open_study(folder)
    measures, districts = [process_measures(study), burden_measures(study)], study.tree.of_kind("district")
    return index_table(measures, places=districts), index_table(measures, places=districts, value="std_error")


def test_districts_of_the_synthetic_city(city):
    table, errors = city
    spec, reasons = read_index().fit(table)
    assert set(reasons.values()) == {"unknown"}  # the networks' columns
    assert spec.dimensions == ["consultation", "responsiveness", "burden"]
    result = rank_uncertainty(table, spec, std_error=errors, draws=512, seed=1)
    ranks = result.table
    assert sorted(ranks["rank"]) == list(range(1, 9))
    assert (ranks["rank_low"] <= ranks["rank"]).all()
    assert (ranks["rank"] <= ranks["rank_high"]).all()
    assert 0 <= result.certain_share <= 1
    again = rank_uncertainty(table, spec, std_error=errors, draws=512, seed=1)
    assert again.certain_share == result.certain_share
    pd.testing.assert_frame_equal(again.table, ranks)
    assert "sampling_error" in set(result.drivers["factor"])
    assert set(result.leave_one_out["left_out"]) == set(spec.columns)


def test_the_default_index_uses_measures_that_exist():
    from analysis import burden, processes
    from analysis.networks.registry import INDICATORS

    known = {*processes.MEASURES, *burden.MEASURES, *(f"network_{name}" for name in INDICATORS)}
    assert set(read_index().columns) <= known
