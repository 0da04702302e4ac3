"""Ties by hand: weights, thresholds, places, periods, and the account of every row."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analysis.errors import StudyError
from analysis.networks import TieRule, build_ties, indicators
from analysis.networks.building.parts import split
from analysis.tables.places import PlaceTree

sys.path.insert(0, str(Path(__file__).parent))
from logs import LEVELS, random_log, random_people


def acts(*rows, **columns):
    """A log from (source, target) pairs, or (source, None, gathering)."""
    full = [(*row, None, None)[:3] for row in rows]
    return pd.DataFrame(
        {
            "time": pd.Timestamp("2021-03-05"),
            "community_id": "C0",
            "kind": ["help" if gathering is None else "activity" for _, _, gathering in full],
            "source_id": [row[0] for row in full],
            "target_id": pd.Series([row[1] for row in full], dtype="str"),
            "gathering_id": pd.Series([row[2] for row in full], dtype="str"),
        }
        | columns
    )


def weights(ties, layer, place="C0", period="all"):
    table = ties.edges(place, layer, period)
    return {
        frozenset((s, t)): w for s, t, w in zip(table.source_id, table.target_id, table.weight, strict=True)
    }


def account(ties):
    return ties.accounting["acts_in"], sum(
        n for name, n in ties.accounting.items() if name.startswith(("acts_dyadic", "acts_gath", "set_aside"))
    )


def test_newman_weights_by_hand():
    log = acts(
        *[(person, None, "g") for person in "abc"],
        *[(person, None, "h") for person in "ab"],
        ("d", None, "i"),
    )
    expected = {frozenset("ab"): 1 / 2 + 1, frozenset("ac"): 1 / 2, frozenset("bc"): 1 / 2}
    ties = build_ties(log)
    assert weights(ties, "activity") == pytest.approx(expected, abs=1e-12)
    assert ties.accounting["one_person_gatherings"] == 1
    each = pd.concat(
        [
            ties.edges("C0", "activity")[[end, "weight"]].set_axis(["p", "w"], axis=1)
            for end in ("source_id", "target_id")
        ]
    )
    assert each.groupby("p")["w"].sum().to_dict() == pytest.approx({"a": 2, "b": 2, "c": 1})


def test_joining_again_counts_once_and_is_accounted_for():
    log = acts(("a", None, "g"), ("b", None, "g"), ("a", None, "g"), ("a", None, "g"))
    ties = build_ties(log)
    assert weights(ties, "activity") == {frozenset("ab"): 1.0}
    assert ties.accounting["set_aside_repeat_join"] == 2
    assert account(ties) == (4, 4)


def test_gatherings_of_two_kinds_with_one_id_are_two_gatherings():
    log = acts(("a", None, "1"), ("b", None, "1"), kind=["activity", "meeting"])
    assert weights(build_ties(log), "gatherings") == {}


def test_a_thread_over_two_months_is_one_gathering_in_the_whole_time_only():
    log = acts(("a", None, "g"), ("b", None, "g"), time=pd.to_datetime(["2021-01-31", "2021-02-01"]))
    ties = build_ties(log)
    assert weights(ties, "activity", period="2021-01") == weights(ties, "activity", period="2021-02") == {}
    assert weights(ties, "activity", period="all") == {frozenset("ab"): 1.0}


def test_dyadic_weights_count_acts_both_ways_and_stay_apart_from_gatherings():
    log = acts(("a", "b"), ("a", "b"), ("b", "a"), ("a", None, "g"), ("c", None, "g"))
    ties = build_ties(log)
    table = ties.edges("C0", "dyadic")
    row = table.iloc[0]
    counted = {row.source_id: row.acts_out, row.target_id: row.acts_back}
    assert len(table) == 1
    assert (row.weight, counted) == (3, {"a": 2, "b": 1})
    assert weights(ties, "gatherings") == {frozenset("ac"): 1.0}


@pytest.mark.parametrize(("directed", "pairs"), [(False, 1), (True, 1)])
def test_threshold_is_on_pairs_or_on_directions(directed, pairs):
    log = acts(*[("a", "b")] * 2, ("b", "a"), ("c", "a"))
    ties = build_ties(log, TieRule(directed=directed, min_weight=2))
    table = ties.edges("C0", "help")
    assert len(table) == pairs
    assert table["weight"].tolist() == [2.0 if directed else 3.0]


def test_threshold_applies_in_each_place_and_period_of_its_own():
    log = acts(("a", "b"), ("a", "b"), time=pd.to_datetime(["2021-01-02", "2021-02-02"]))
    ties = build_ties(log, TieRule(min_weight=2))
    assert weights(ties, "help", period="2021-01") == {}
    assert weights(ties, "help", period="all") == {frozenset("ab"): 2.0}


def test_gathering_sizes_choose_what_is_projected_but_not_who_took_part():
    log = acts(*[(p, None, "big") for p in "abcd"], *[(p, None, "small") for p in "ab"])
    ties = build_ties(log, TieRule(gathering_sizes=(2, 3)))
    assert weights(ties, "activity") == {frozenset("ab"): 1.0}
    table = indicators(ties, names=["active_share"])
    assert table["value"].eq(1).all()


def test_every_row_is_used_or_set_aside_with_a_reason():
    log = acts(
        ("a", "b"), ("a", "a"), ("a", "c"), ("b", None, None), (None, "b"), ("a", "b"),
        ("c", "b"), ("b", "c", "g"),
        status=["done", "done", "cancelled", "done", "done", None, "requested", "done"],
    )  # fmt: skip
    log.loc[5, "time"] = pd.NaT
    ties = build_ties(log)
    assert ties.accounting == {
        "acts_in": 8, "acts_dyadic": 2, "acts_gathering": 0, "set_aside_status_cancelled": 1,
        "set_aside_status_requested": 1, "set_aside_source_missing": 1, "set_aside_time_missing": 1,
        "set_aside_target_and_gathering_missing": 1, "set_aside_self_loop": 1, "target_and_gathering": 1,
        "one_person_gatherings": 0, "communities_not_in_tree": 0,
    }  # fmt: skip
    assert account(ties) == (8, 8)


def test_window_layers_and_statuses_of_the_rule():
    times = ["01-31 23:00", "02-01 00:00", "02-28 23:59", "03-01 00:00", "02-03 10:00"]
    log = acts(
        *[("a", "b")] * 5,
        time=pd.to_datetime([f"2021-{time}" for time in times]),
        kind=["help"] * 4 + ["goods"], status=["offered"] * 4 + [None],
    )  # fmt: skip
    rule = TieRule(layers="help", statuses="offered", start="2021-02-01", end="2021-02-28")
    ties = build_ties(log, rule)
    assert ties.layout.periods == ["2021-02"]
    aside = ("before_start", "after_end", "kind_not_in_rule")
    assert [ties.accounting[f"set_aside_{reason}"] for reason in aside] == [1, 1, 1]
    assert (ties.accounting["acts_dyadic"], account(ties)) == (2, (5, 5))
    unwanted = build_ties(log, TieRule(layers="goods", statuses=("done",)))
    assert unwanted.accounting["set_aside_status_missing"] == 1
    assert rule.layers == ("help",)


def test_streets_and_districts_hold_the_acts_of_their_communities():
    log = acts(("a", "b"), ("a", "b"), ("a", "c"), ("d", "e"), community_id=["C0", "C1", "C2", "C3"])
    ties = build_ties(log, tree=LEVELS)
    assert weights(ties, "help", "S0") == {frozenset("ab"): 2.0}
    assert weights(ties, "help", "D0") == {frozenset("ab"): 2.0, frozenset("ac"): 1.0}
    assert weights(ties, "help", "D1") == {frozenset("de"): 1.0}


def test_the_place_tree_and_a_frame_give_the_same():
    rows = [(p, "district", None) for p in ("D0", "D1")] + [("S0", "street", "D0"), ("S1", "street", "D0")]
    rows += [
        ("C0", "community", "S0"),
        ("C1", "community", "S0"),
        ("C2", "community", "S1"),
        ("C3", "community", "D1"),
    ]
    tree = PlaceTree(pd.DataFrame(rows, columns=["place_id", "kind", "parent_id"]))
    log = random_log(2, 80, 9)
    pd.testing.assert_frame_equal(
        indicators(build_ties(log, tree=tree)), indicators(build_ties(log, tree=LEVELS))
    )


def test_ties_across_communities_are_kept_and_counted():
    people = pd.DataFrame({"person_id": list("abc"), "community_id": ["C0", "C0", "C1"]})
    log = acts(("a", "b"), ("a", "c"), ("c", "a"), ("a", "x"))
    ties = build_ties(log, tree=LEVELS, people=people)
    table = indicators(ties, names="cross_community")
    at = table[(table.layer == "dyadic") & (table.period == "all")].set_index("place_id")
    assert at.loc["C0", ["value", "n"]].tolist() == [0.5, 2]
    assert at.loc["D0", ["value", "n"]].tolist() == [0.5, 2]
    assert at.loc["C1", "n"] == 0
    assert ties.accounting["cross_community_acts"] == 2
    assert ties.accounting["acts_of_unknown_people"] == 1
    assert table.attrs["accounting"]["people_not_in_table"] == 1


def test_people_of_a_network_are_residents_who_joined_and_whoever_is_active():
    people = pd.DataFrame(
        {
            "person_id": list("abcdz"),
            "community_id": ["C0", "C0", "C0", "C1", "C0"],
            "joined": pd.to_datetime(["2020-01-01", None, "2021-02-10", "2020-01-01", "2022-01-01"]),
        }
    )
    log = acts(("a", "d"), ("a", "b"), time=pd.to_datetime(["2021-02-03", "2021-01-03"]))
    ties = build_ties(log, people=people)
    n = indicators(ties, names="density").query("place_id == 'C0' and layer == 'dyadic'")
    assert n.set_index("period")["n"].to_dict() == {"2021-01": 2, "2021-02": 4, "all": 4}
    without = indicators(build_ties(log), names="density").query("layer == 'dyadic'")
    assert without.set_index("period")["n"].to_dict() == {"2021-01": 3, "2021-02": 3, "all": 3}
    whole = indicators(build_ties(log, TieRule(period="all"), people=people), names="density")
    assert whole.query("place_id == 'C0'")["n"].tolist() == [4, 4]


def test_periods_have_no_gaps_and_an_idle_layer_has_density_zero():
    log = acts(
        ("a", "b"), ("a", "b"), time=pd.to_datetime(["2021-01-02", "2021-04-02"]), kind=["help", "goods"]
    )
    table = indicators(build_ties(log), names=["density", "reciprocity"])
    assert table["period"].unique().tolist() == ["2021-01", "2021-02", "2021-03", "2021-04", "all"]
    idle = table[(table.layer == "goods") & (table.period == "2021-02")].set_index("indicator")
    assert idle.loc["density", ["value", "n"]].tolist() == [0, 2]
    assert np.isnan(idle.loc["reciprocity", "value"])
    assert idle.loc["reciprocity", "n"] == 0


def test_a_kind_of_both_forms_gives_two_layers():
    log = acts(("a", "b"), ("a", None, "g"), ("b", None, "g"), kind="forum")
    assert build_ties(log).layout.layers == {
        "dyadic": ["forum", "dyadic"], "gatherings": ["forum_gatherings", "gatherings"],
    }  # fmt: skip


def test_directed_density_and_degree_count_arcs_and_reciprocity_ignores_the_rule():
    log = acts(("a", "b"), ("b", "a"), ("a", "c"))
    for directed, expected in ((False, [2 / 3, 4 / 3, 2 / 3]), (True, [3 / 6, 1, 2 / 3])):
        ties = build_ties(log, TieRule(directed=directed))
        table = indicators(ties, names=["density", "mean_degree", "reciprocity"])
        assert table.query("layer == 'help' and period == 'all'")["value"].tolist() == pytest.approx(expected)


def test_gini_by_hand_counts_those_who_did_nothing():
    people = pd.DataFrame({"person_id": list("abcd"), "community_id": "C0"})
    log = acts(("a", "b"), ("a", "b"), ("a", "b"), ("b", "a"))
    table = indicators(build_ties(log, people=people), names=["participation_gini", "active_share"])
    found = table.query("layer == 'help' and period == 'all'")
    assert found["value"].tolist() == pytest.approx([(2 * (3 * 1 + 4 * 3)) / (4 * 4) - 5 / 4, 1 / 2])
    assert found["std_error"].tolist()[1] == pytest.approx(np.sqrt(0.25 / 4))


def test_parts_give_the_same_table():
    log, people = random_log(4, 600, 40), random_people(4, 40)
    ties = build_ties(log, tree=LEVELS.drop(3), people=people)
    parts = list(split(ties, rows=50))
    assert len(parts) > 1
    keys = ["place_id", "period", "layer", "indicator"]
    whole = indicators(ties)
    cut = pd.concat([indicators(part, people) for part in parts])
    pd.testing.assert_frame_equal(
        whole.sort_values(keys, ignore_index=True), cut.sort_values(keys, ignore_index=True)
    )


def test_rule_is_plain_and_goes_with_every_result():
    rule = TieRule(layers=["help"], end=pd.Timestamp("2021-12-31"))
    assert json.loads(json.dumps(rule.describe())) == rule.describe()
    assert rule.describe()["end"] == "2021-12-31"
    assert hash(rule) == hash(TieRule(layers=("help",), end="2021-12-31"))
    table = indicators(build_ties(acts(("a", "b")), rule))
    assert table.attrs["rule"] == rule.describe()


@pytest.mark.parametrize(
    "wrong",
    [
        {"period": "week"}, {"layers": ()}, {"layers": 3}, {"min_weight": 0}, {"min_weight": float("nan")},
        {"gathering_sizes": (1, None)}, {"statuses": 1},
        {"gathering_sizes": (5, 2)}, {"start": "soon"}, {"start": "2021-02-01", "end": "2021-01-01"},
        {"gathering_sizes": 3}, {"min_weight": "2"}, {"directed": "no"},
    ],
)  # fmt: skip
def test_a_wrong_rule_says_what_is_wrong(wrong):
    with pytest.raises(StudyError, match="tie rule") as error:
        TieRule(**wrong)
    assert error.value.expected
    assert "TieRule." in error.value.where
