"""Scores: hand-calculated steps, what must not change them, and input that is refused."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from analysis.errors import AnalysisError
from analysis.index import Group, IndexSpec, Indicator, composite_index, index_table
from analysis.index.steps import dominated, shape_of, treat_outliers
from analysis.index.weights import data_weights

TABLE = pd.DataFrame(
    {"place_id": ["A", "B", "C"], "good": [10.0, 20.0, 30.0], "bad": [5.0, 1.0, 3.0], "more": [0.2, 0.8, 0.5]}
)
FIELDS = {"good": {}, "bad": {"direction": -1}, "more": {}}


@pytest.fixture
def wide():
    rng = np.random.default_rng(5)
    table = pd.DataFrame(rng.lognormal(size=(12, 5)), columns=list("abcde"))
    return table.assign(place_id=[f"P{k:02d}" for k in range(12)])


@pytest.fixture
def tree():
    def make(**fields):
        groups = (Group("whole"), Group("left", "whole"), Group("right", "whole"))
        signs = {"a": 1, "b": -1, "c": 1, "d": 1, "e": -1}
        parents = dict(zip("abcde", ["left", "left", "right", "right", "right"], strict=True))
        indicators = tuple(Indicator(name, parents[name], direction=sign) for name, sign in signs.items())
        return IndexSpec(groups=groups, indicators=indicators, **fields)

    return make


def test_minmax_and_mean_by_hand(flat):
    result = composite_index(TABLE, flat(FIELDS))
    # good 0, 1/2, 1; bad turned 0, 1, 1/2; more 0, 1, 1/2
    assert result.table["score"].tolist() == pytest.approx([0, 2.5 / 3, 2 / 3])
    assert result.normalised["bad"].tolist() == [0, 1, 0.5]
    assert "rank" not in result.table
    assert "rank" not in repr(result)
    assert "0.833" in repr(result)
    assert "<table" in result._repr_html_()


def test_other_scales_by_hand(flat):
    zscore = composite_index(TABLE, flat(FIELDS, normalisation="zscore")).table["score"]
    assert zscore.tolist() == pytest.approx([-1, 2 / 3, 1 / 3])
    rank = composite_index(TABLE, flat(FIELDS, normalisation="rank")).table["score"]
    assert rank.tolist() == pytest.approx([1, 8 / 3, 7 / 3])
    geometric = composite_index(TABLE, flat(FIELDS, normalisation="rank", aggregation="geometric"))
    assert geometric.table["score"].tolist() == pytest.approx([1, 18 ** (1 / 3), 12 ** (1 / 3)])


def test_a_tree_is_put_together_from_below(wide, tree):
    spec = tree()
    result = composite_index(wide, spec)
    left, right = result.table["left"], result.table["right"]
    assert np.allclose(result.table["score"], (left + right) / 2)
    assert np.allclose(left, result.normalised[["a", "b"]].mean(axis=1))
    shares = result.weights.set_index("member")["share"]
    assert shares["a"] == pytest.approx(1 / 4)
    assert shares["c"] == pytest.approx(1 / 6)
    assert shares[["a", "b", "c", "d", "e"]].sum() == pytest.approx(1)
    tidy = result.tidy()
    assert list(tidy.columns) == ["place_id", "group", "score"]
    assert set(tidy["group"]) == {"whole", "left", "right"}


def test_entropy_weights_by_hand():
    values = np.array([[1.0, 1.0], [1.0, 3.0]])
    # the second column: p = 1/4, 3/4; entropy / ln 2 = 0.8113; the first is constant, so weights are equal
    assert data_weights(values, "entropy").tolist() == [0.5, 0.5]
    values = np.array([[1.0, 1.0], [2.0, 3.0]])
    first = 1 + (1 / 3 * np.log2(1 / 3) + 2 / 3 * np.log2(2 / 3))
    second = 1 + (1 / 4 * np.log2(1 / 4) + 3 / 4 * np.log2(3 / 4))
    assert data_weights(values, "entropy") == pytest.approx(
        [first / (first + second), second / (first + second)]
    )


@pytest.mark.parametrize("method", ["entropy", "critic", "pca"])
def test_data_weights_of_odd_columns(method):
    rng = np.random.default_rng(3)
    same = np.repeat(rng.random((6, 1)), 3, axis=1)  # all indicators say the same
    for values in (same, rng.normal(size=(6, 3)), rng.random((2, 4)), np.eye(4)):
        weights = data_weights(values, method)
        assert weights.sum() == pytest.approx(1)
        assert (weights > 0).all()
    assert data_weights(same, method) == pytest.approx([1 / 3] * 3)


def test_shape_agrees_with_scipy():
    x = np.random.default_rng(1).lognormal(size=(20, 4))
    x[3, 1] = np.nan
    skew, kurtosis = shape_of(x)
    assert skew == pytest.approx(stats.skew(x, bias=False, nan_policy="omit"), rel=1e-10)
    assert kurtosis == pytest.approx(stats.kurtosis(x, bias=False, nan_policy="omit"), rel=1e-10)


def test_outliers_by_hand():
    plain = np.arange(10.0)
    spiked = np.r_[np.arange(9.0), 100.0]
    x = np.column_stack([plain, spiked, -spiked])
    assert dominated(x).tolist() == [False, True, True]
    treated = treat_outliers(x, "winsorise")
    assert treated[:, 0].tolist() == plain.tolist()
    assert treated[:, 1].tolist() == [*np.arange(9.0), 8.0]
    assert treated[:, 2].tolist() == [*-np.arange(9.0), -8.0]
    for method in ("log", "boxcox"):
        turned = treat_outliers(x, method)
        assert (np.argsort(turned[:, 1]) == np.argsort(spiked)).all()
        assert turned[:, 2] == pytest.approx(-turned[:, 1])
        assert abs(shape_of(turned)[0][1]) < abs(shape_of(x)[0][1])
    assert x[9, 1] == 100


def test_winsorising_leaves_something_to_compare():
    x = np.r_[np.zeros(9), 5.0][:, None]
    assert dominated(x)[0]
    assert np.ptp(treat_outliers(x, "winsorise")) == 5


@pytest.mark.parametrize("normalisation", ["minmax", "zscore"])
@pytest.mark.parametrize("weighting", ["equal", "entropy", "critic", "pca"])
def test_units_do_not_matter(wide, flat, normalisation, weighting):
    spec = flat("abcde", normalisation=normalisation, weighting=weighting)
    other = wide.assign(a=wide["a"] * 1000, b=32 + 1.8 * wide["b"])
    assert np.allclose(
        composite_index(wide, spec).table["score"], composite_index(other, spec).table["score"]
    )


def test_order_and_names_do_not_matter(wide, tree):
    before = wide.copy()
    spec = tree(normalisation="zscore", outliers="winsorise")
    scores = composite_index(wide, spec).table.set_index("place_id")["score"]
    shuffled = wide.sample(frac=1, random_state=2)[["place_id", *"ecadb"]]
    again = composite_index(shuffled, spec).table.set_index("place_id")["score"]
    assert np.allclose(again.loc[scores.index], scores)
    renamed = composite_index(wide.rename(columns={"place_id": "town"}), spec, place="town").table
    assert np.allclose(renamed["score"], scores)
    pd.testing.assert_frame_equal(wide, before)


def test_turning_an_indicator_and_its_direction_changes_nothing(wide, flat):
    spec = flat({"a": {}, "b": {"direction": -1}}, normalisation="minmax")
    turned = flat({"a": {"direction": -1}, "b": {"direction": -1}}, normalisation="minmax")
    assert np.allclose(
        composite_index(wide, spec).table["score"],
        composite_index(wide.assign(a=-wide["a"]), turned).table["score"],
    )


def test_more_of_a_good_thing_never_lowers_a_score(wide, tree):
    for normalisation in ("minmax", "zscore", "rank", "vector", "reference"):
        spec = tree(normalisation=normalisation)
        before = composite_index(wide, spec).table["score"]
        middle = wide["a"].sort_values().index[5]
        better = wide.copy()
        better.loc[middle, "a"] = np.nextafter(wide["a"].sort_values().iloc[7], 0)
        gain = (composite_index(better, spec).table["score"] - before)[middle]
        assert gain > 0, normalisation


def test_gaps_are_filled_as_declared(flat):
    table = TABLE.assign(more=[0.2, 0.8, np.nan])
    own = composite_index(table, flat(FIELDS, missing="dimension_mean"))
    assert own.table["score"].tolist() == pytest.approx([0, 2.5 / 3, 0.75])  # C: mean of 1 and 1/2
    other = composite_index(table, flat(FIELDS, missing="indicator_mean"))
    assert other.table["score"].iloc[2] == pytest.approx((1 + 0.5 + 0.5) / 3)
    drop = composite_index(table, flat(FIELDS, missing="drop"))
    assert drop.table["score"].tolist() == pytest.approx([0, 0.75, 0.75])
    assert drop.dropped == ("more",)
    assert own.table["n_indicators"].tolist() == [3, 3, 2]


def test_a_place_without_enough_data_stays_with_a_reason(wide, tree):
    table = wide.copy()
    table.loc[0, list("abcde")] = np.nan
    table.loc[1, ["a", "b"]] = np.nan
    table.loc[2, "c"] = np.nan
    result = composite_index(table, tree(max_missing=0.4)).table
    assert len(result) == len(table)
    assert result["reason"].tolist()[:4] == ["too_few_indicators", "empty_dimension", "", ""]
    assert result["score"].isna().tolist()[:4] == [True, True, False, False]
    # places set aside do not enter the scales of the others
    rest = composite_index(table.iloc[2:], tree(max_missing=0.4)).table
    assert np.allclose(result["score"].iloc[2:], rest["score"])


BAD = {
    "an unknown column": (lambda t: t.drop(columns="more"), "lacks columns", "more"),
    "a constant indicator": (lambda t: t.assign(more=0.5), "does not tell the places apart", "0.5 in all 3"),
    "an empty indicator": (lambda t: t.assign(more=np.nan), "does not tell the places apart", "no values"),
    "text": (lambda t: t.assign(more=["0.1", "many", "0.3"]), "not numeric", "many"),
    "dates": (lambda t: t.assign(more=pd.date_range("2024", periods=3)), "not numeric", "2024"),
    "infinity": (lambda t: t.assign(more=[0.1, np.inf, 0.3]), "infinite", "inf"),
    "a place twice": (lambda t: t.assign(place_id=["A", "A", "B"]), "stands twice", "A"),
    "a place without name": (lambda t: t.assign(place_id=["A", None, "B"]), "has no name", "place_id"),
    "a column twice": (
        lambda t: t[["place_id", "good", "bad", "more", "more"]],
        "A column stands twice",
        "more",
    ),
    "no rows": (lambda t: t.iloc[:0], "no rows", "one row per place"),
    "all empty": (
        lambda t: t.assign(good=np.nan, bad=np.nan, more=np.nan),
        "No place has enough",
        "max_missing",
    ),
    "no places": (lambda t: t.drop(columns="place_id"), "no column with the places", "place_id"),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_tables_are_refused_in_words(flat, case):
    change, what, detail = BAD[case]
    with pytest.raises(AnalysisError, match=what) as caught:
        composite_index(change(TABLE), flat(FIELDS, max_missing=0.5))
    assert detail in str(caught.value)


def test_a_geometric_mean_needs_values_above_zero(flat):
    for normalisation in ("minmax", "zscore"):
        with pytest.raises(AnalysisError, match="above zero") as caught:
            composite_index(TABLE, flat(FIELDS, aggregation="geometric", normalisation=normalisation))
        assert "span = [0.01, 1]" in str(caught.value)
    spec = flat(FIELDS, aggregation="geometric", span=(0.01, 1))
    assert composite_index(TABLE, spec).table["score"].gt(0).all()


def test_dropping_nearly_everything_is_refused(flat):
    table = TABLE.assign(more=[0.2, 0.8, np.nan], bad=[np.nan, 1.0, 2.0])
    with pytest.raises(AnalysisError, match="leaves fewer than two"):
        composite_index(table, flat(FIELDS, missing="drop"))


def test_what_is_no_index_is_refused():
    with pytest.raises(AnalysisError, match="This is no index"):
        composite_index(TABLE, "governance.toml")


def test_logarithms_and_references_are_checked(flat):
    with pytest.raises(AnalysisError, match="logarithm"):
        composite_index(TABLE.assign(good=[0.0, 1, 2]), flat({"good": {"transform": "log"}, "more": {}}))
    with pytest.raises(AnalysisError, match="reference of 0"):
        composite_index(
            TABLE.assign(good=[0.0, 1, 2]),
            flat({"good": {"reference": "worst"}, "more": {}}, normalisation="reference"),
        )


def test_tidy_measures_become_a_table():
    rows = [("A", "all", "x", 1.0, 0.1), ("B", "all", "x", 2.0, 0.2), ("A", "2024-01", "x", 9.0, 0.9),
            ("A", "all", "y", 5.0, np.nan)]  # fmt: skip
    tidy = pd.DataFrame(rows, columns=["place_id", "period", "measure", "value", "std_error"])
    network = pd.DataFrame(
        [("A", "all", "dyadic", "density", 0.5, 0.05), ("A", "all", "help", "density", 0.7, 0.05)],
        columns=["place_id", "period", "layer", "indicator", "value", "std_error"],
    )
    table = index_table([tidy, network], places=["B", "A", "C"])
    assert list(table.columns) == ["place_id", "x", "y", "network_density"]
    assert table["place_id"].tolist() == ["B", "A", "C"]
    assert table.loc[1].tolist() == ["A", 1.0, 5.0, 0.5]
    assert table.loc[2, ["x", "y"]].isna().all()
    errors = index_table([tidy, network], places=["A"], value="std_error")
    assert errors["x"].tolist() == [0.1]
    assert index_table(tidy, period="2024-01")["x"].tolist() == [9.0]
    with pytest.raises(AnalysisError, match="no such period"):
        index_table(tidy, period="2030-01")
    with pytest.raises(AnalysisError, match="two values"):
        index_table([tidy, tidy])
    with pytest.raises(AnalysisError, match="lacks columns"):
        index_table(tidy.drop(columns="measure"))
