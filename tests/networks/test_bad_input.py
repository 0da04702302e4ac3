"""Odd and broken input: a value, a NaN or a clear error, never a crash and never a wrong number."""

from __future__ import annotations

import sys
import time
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analysis.errors import StudyError
from analysis.networks import INDICATORS, TieRule, build_ties, describe_indicators, indicators, read_log
from analysis.tables import schema

sys.path.insert(0, str(Path(__file__).parent))
from logs import LEVELS, random_log, random_people
from test_ties import acts, weights

KEYS = ["place_id", "period", "layer", "indicator"]


@pytest.fixture(autouse=True)
def warnings_are_errors():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


def whole(table, layer="dyadic"):
    chosen = table[(table["layer"] == layer) & (table["period"] == "all")]
    return chosen.set_index("indicator")["value"]


@pytest.mark.parametrize("log", [schema.empty("interactions"), acts(("a", "b")).iloc[:0]])
@pytest.mark.parametrize("period", ["month", "all"])
def test_no_acts_at_all(log, period):
    people = pd.DataFrame({"person_id": ["a"], "community_id": ["C0"]})
    table = indicators(build_ties(log, TieRule(period=period), tree=LEVELS, people=people))
    assert len(table) == 0
    assert table.columns.tolist() == [*KEYS[:3], "indicator", "value", "n", "std_error"]
    assert build_ties(log, TieRule(start="2021-01-01", end="2021-03-31")).layout.periods[-1:] == ["2021-03"]


def test_only_self_loops():
    ties = build_ties(acts(("a", "a"), ("b", "b")))
    assert ties.accounting["set_aside_self_loop"] == 2
    assert len(indicators(ties)) == 0


def test_one_person_alone_in_one_gathering():
    values = whole(indicators(build_ties(acts(("a", None, "g")))), "gatherings")
    assert values[["mean_degree", "giant_share", "isolates_share", "active_share"]].tolist() == [0, 1, 1, 1]
    assert values[["density", "support", "transitivity", "ei_role"]].isna().all()
    assert values["participation_gini"] == 0


def test_one_pair_and_one_second():
    values = whole(indicators(build_ties(acts(("a", "b"), ("b", "a")))))
    assert values[["density", "reciprocity", "giant_share", "support"]].tolist() == [1, 1, 1, 0]
    assert np.isnan(values["transitivity"])


def test_a_gathering_of_two_thousand():
    log = acts(*[(f"p{i}", None, "g") for i in range(2000)])
    ties = build_ties(log, TieRule(period="all"))
    values = whole(indicators(ties, names=["density", "transitivity", "clustering", "support"]), "activity")
    assert values.tolist() == [1, 1, 1, 1]
    found = ties.block("C0", "activity")
    assert np.allclose(found.weight, 1 / 1999, rtol=0, atol=1e-15)


def test_one_group_only_and_no_labels():
    people = pd.DataFrame({"person_id": list("ab"), "community_id": "C0", "residency": "registered"})
    values = whole(indicators(build_ties(acts(("a", "b"))), people))
    assert values[["ei_residency", "bonding_residency", "bridging_residency"]].tolist() == [-1, 1, 0]
    assert np.isnan(values["ei_role"])


def test_an_empty_people_table_is_no_people_table():
    ties = build_ties(acts(("a", "b")), people=schema.empty("people"))
    pd.testing.assert_frame_equal(indicators(ties), indicators(build_ties(acts(("a", "b")))))
    assert "acts_of_unknown_people" not in ties.accounting


def test_nobody_acting_is_in_the_people_table():
    people = pd.DataFrame({"person_id": ["x", "y"], "community_id": ["C0", None]})
    ties = build_ties(acts(("a", "b"), ("c", "c")), people=people)
    table = indicators(ties)
    assert table["n"][table["indicator"] == "density"].eq(3).all()
    assert whole(table)["isolates_share"] == pytest.approx(1 / 3)
    assert table.attrs["accounting"]["people_not_in_table"] == 2
    assert table.attrs["accounting"]["people_of_no_place"] == 1


def test_communities_outside_the_tree_are_kept_and_counted():
    log = acts(("a", "b"), ("c", "d"), community_id=["C0", "elsewhere"])
    ties = build_ties(log, tree=LEVELS)
    assert ties.accounting["communities_not_in_tree"] == 1
    assert len(ties.edges("elsewhere", "help")) == 1
    assert len(ties.edges("D0", "help")) == 1


@pytest.mark.parametrize("ids", [lambda i: 2**31 + i, lambda i: 2.0**40 + i, lambda i: f"人{i}"])
def test_identifiers_of_any_kind(ids):
    log = random_log(3, 100, 9)
    names = {f"p{i}": ids(i) for i in range(9)}
    other = log.assign(source_id=log["source_id"].map(names), target_id=log["target_id"].map(names))
    pd.testing.assert_frame_equal(
        indicators(build_ties(log, tree=LEVELS)), indicators(build_ties(other, tree=LEVELS))
    )


def test_categorical_columns_and_time_zones_give_the_same():
    log = random_log(3, 100, 9)
    other = log.astype(
        dict.fromkeys(["kind", "source_id", "target_id", "community_id", "status"], "category")
    )
    other["time"] = other["time"].dt.tz_localize("Asia/Shanghai")
    pd.testing.assert_frame_equal(
        indicators(build_ties(log, tree=LEVELS)), indicators(build_ties(other, tree=LEVELS))
    )


@pytest.mark.parametrize("seed", range(4))
def test_row_order_and_names_do_not_matter_and_nothing_is_changed(seed):
    log, people = random_log(seed, 150, 12), random_people(seed, 12)
    before = log.copy(deep=True), people.copy(deep=True), LEVELS.copy(deep=True)
    expected = indicators(build_ties(log, tree=LEVELS, people=people))
    for kept, now in zip(before, (log, people, LEVELS), strict=True):
        pd.testing.assert_frame_equal(kept, now)
    rng = np.random.default_rng(seed)
    ids = [f"p{i}" for i in range(12)]
    names = dict(zip(ids, (f"z{i}" for i in rng.permutation(12)), strict=True))
    shuffled = log.sample(frac=1, random_state=seed).assign(
        source_id=lambda t: t["source_id"].map(names), target_id=lambda t: t["target_id"].map(names)
    )
    renamed = people.sample(frac=1, random_state=seed + 1).assign(
        person_id=lambda t: t["person_id"].map(lambda p: names.get(p, p))
    )
    again = indicators(build_ties(shuffled, tree=LEVELS, people=renamed))
    pd.testing.assert_frame_equal(expected, again, rtol=0, atol=1e-12)


def test_values_lie_in_the_range_of_the_registry_and_nan_has_its_reason():
    table = indicators(build_ties(random_log(9, 400, 25), tree=LEVELS, people=random_people(9, 25)))
    for name, rows in table.groupby("indicator"):
        low, high = INDICATORS[name].range
        assert rows["value"].dropna().between(low - 1e-12, high + 1e-12).all(), name
        assert INDICATORS[name].undefined
    assert table.loc[table["n"] == 0, "value"].isna().all()
    assert table["n"].dtype == "int64"
    assert describe_indicators()["name"].tolist() == list(INDICATORS)


@pytest.mark.parametrize(
    ("change", "where"),
    [
        (lambda log: log.drop(columns="time"), "interactions"),
        (lambda log: log.assign(time="2021-01-01"), "interactions.time"),
        (lambda log: log.assign(kind="dyadic"), "interactions.kind"),
    ],
)
def test_a_broken_log_says_what_to_mend(change, where):
    with pytest.raises(StudyError) as error:
        build_ties(change(acts(("a", "b"))))
    assert error.value.where == where
    assert error.value.mend


@pytest.mark.parametrize(
    ("people", "where"),
    [
        (pd.DataFrame({"person_id": ["a", "a"], "community_id": ["C0", "C1"]}), "people.person_id"),
        (pd.DataFrame({"person_id": ["a"]}), "people"),
        (pd.DataFrame({"person_id": ["a"], "community_id": ["C0"], "joined": ["2021"]}), "people.joined"),
    ],
)
def test_a_broken_people_table_says_what_to_mend(people, where):
    with pytest.raises(StudyError) as error:
        indicators(build_ties(acts(("a", "b"))), people)
    assert error.value.where == where
    with pytest.raises(StudyError):
        build_ties(acts(("a", "b")), people=people)


@pytest.mark.parametrize(
    "tree",
    [
        pd.DataFrame({"street_id": ["S0"]}),
        pd.DataFrame({"community_id": ["C0", "C0"]}),
        pd.DataFrame({"community_id": ["C0"], "street_id": ["C0"]}),
        pd.DataFrame({"community_id": ["C0", "C1"], "street_id": "S0", "district_id": ["D0", None]}),
    ],
)
def test_broken_places_say_what_to_mend(tree):
    with pytest.raises(StudyError) as error:
        build_ties(acts(("a", "b")), tree=tree)
    assert error.value.mend


def test_unknown_names_are_answered_with_the_known_ones():
    ties = build_ties(acts(("a", "b")))
    with pytest.raises(StudyError, match="indicator") as error:
        indicators(ties, names=["densty"])
    assert "density" in error.value.expected
    for wrong in (("C9", "help", "all"), ("C0", "goods", "all"), ("C0", "help", "2020-01")):
        with pytest.raises(StudyError, match="no network"):
            ties.to_networkx(*wrong)


def test_stray_times_that_stretch_the_log_beyond_measure():
    log = acts(("a", "b"), ("a", "b"), time=pd.to_datetime(["1700-01-01", "2021-03-01"]).as_unit("s"))
    many = pd.concat([log.assign(community_id=f"C{i}") for i in range(3)])
    assert len(build_ties(many).layout.periods) == 321 * 12 + 3


def test_a_gathering_of_five_thousand_is_done_in_seconds_and_in_memory():
    log = acts(*[(f"p{i}", None, "g") for i in range(5000)])
    begun = time.process_time()
    ties = build_ties(log, TieRule(period="all"))
    found = ties.block("C0", "activity")
    assert len(found.indices) == 5000 * 4999
    values = whole(
        indicators(ties, names=["density", "transitivity", "support"], layers="gatherings"), "gatherings"
    )
    assert values.tolist() == [1, 1, 1]
    assert time.process_time() - begun < 60  # the way over all triangles took 200 s


def test_a_large_gathering_can_be_left_out_of_the_projection():
    log = acts(*[(f"p{i}", None, "g") for i in range(5000)], ("p0", None, "h"), ("p1", None, "h"))
    ties = build_ties(log, TieRule(period="all", gathering_sizes=(2, 100)))
    assert len(ties.edges("C0", "activity")) == 1


def test_everything_in_one_second_and_times_in_any_order_and_unit():
    log = random_log(3, 200, 12)
    at_once = indicators(build_ties(log.assign(time=pd.Timestamp("2021-01-31 23:59:59")), tree=LEVELS))
    together = at_once[at_once["period"] == "2021-01"].drop(columns="period").reset_index(drop=True)
    every = at_once[at_once["period"] == "all"].drop(columns="period").reset_index(drop=True)
    keys = ["place_id", "layer", "indicator"]
    backward = ~together["indicator"].str.contains("retention|decay")
    pd.testing.assert_frame_equal(
        together[backward].sort_values(keys, ignore_index=True),
        every[backward].sort_values(keys, ignore_index=True),
    )
    expected = indicators(build_ties(log, tree=LEVELS))
    for unit in ("s", "ms", "us", "ns"):
        other = log.sort_values("time", ascending=False)
        other = other.assign(time=other["time"].astype(f"datetime64[{unit}]"))
        pd.testing.assert_frame_equal(expected, indicators(build_ties(other, tree=LEVELS)), atol=1e-12)


def test_two_time_zones_in_one_column_are_refused_with_a_way_out():
    log = acts(("a", "b"), ("b", "a"))
    zones = [pd.Timestamp("2021-03-31 23:00", tz=zone) for zone in ("Asia/Shanghai", "Europe/Paris")]
    with pytest.raises(StudyError, match="times") as error:
        build_ties(log.assign(time=pd.Series(zones, dtype=object)))
    assert "time zones" in error.value.mend


def test_times_before_1970_fall_into_their_own_day_and_month():
    log = acts(("a", "b"), ("b", "a"), time=pd.to_datetime(["1969-12-31 23:59:59", "1970-01-01 00:00:00"]))
    ties = build_ties(log)
    assert ties.layout.periods == ["1969-12", "1970-01"]
    assert len(ties.edges("C0", "help", "1969-12")) == 1


def test_identifiers_beyond_two_to_the_31_in_a_parquet_log(tmp_path):
    log = random_log(4, 200, 12)
    number = {f"p{i}": 2**31 + 7 * i for i in range(12)}
    many = log.assign(
        source_id=log["source_id"].map(number), target_id=log["target_id"].map(number).astype("Int64")
    )
    many.to_parquet(tmp_path / "numbers.parquet")
    log.to_parquet(tmp_path / "texts.parquet")
    expected = indicators(build_ties(log, tree=LEVELS))
    for name in ("numbers", "texts"):
        read = read_log(tmp_path / f"{name}.parquet")
        pd.testing.assert_frame_equal(indicators(build_ties(read, tree=LEVELS)), expected)


def test_a_parquet_log_gives_the_ties_of_its_frame(tmp_path):
    log = random_log(5, 400, 20).drop(columns="status")
    log.to_parquet(tmp_path / "log.parquet", row_group_size=50)
    read = read_log(tmp_path / "log.parquet")
    assert read["source_id"].dtype == read["target_id"].dtype == "category"
    for place in ("C0", "D0"):
        for layer in ("help", "gatherings"):
            one = weights(build_ties(log, tree=LEVELS), layer, place)
            assert one == weights(build_ties(read, tree=LEVELS), layer, place)
    (tmp_path / "broken.parquet").write_bytes(b"PAR1")
    with pytest.raises(StudyError, match="log cannot be read"):
        read_log(tmp_path / "broken.parquet")
