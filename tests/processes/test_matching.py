import itertools
import sys

import numpy as np
import pandas as pd
import pytest

from analysis.errors import AnalysisError
from analysis.processes import (
    MATCHING,
    best_matching,
    listing_table,
    matching_measures,
    one_sided,
    unmet,
)
from analysis.processes.best_matching import EARTH_KM
from analysis.simulate import simulate_city
from analysis.tables.study import Study

PLACES = pd.DataFrame(
    [
        ("CITY", "city", None, np.nan, np.nan),
        ("D", "district", "CITY", np.nan, np.nan),
        ("E", "district", "CITY", np.nan, np.nan),
        ("A", "community", "D", 120.0, 30.0),
        ("B", "community", "D", 120.0, 30.01),  # 1.1 km north of A
        ("C", "community", "E", 120.0, 30.2),  # 22 km north
        ("X", "community", "D", np.nan, np.nan),
    ],
    columns=["place_id", "kind", "parent_id", "longitude", "latitude"],
)
FIELDS = ["listing_id", "community_id", "side", "category", "opened", "closed", "matched_id"]


def make(rows, window=("2021-01", "2021-06")):
    table = pd.DataFrame([(*r, *[None] * (7 - len(r))) for r in rows], columns=FIELDS)
    table[["opened", "closed"]] = table[["opened", "closed"]].apply(pd.to_datetime)
    return Study.from_frames({"places": PLACES, "listings": table}, window=window)


ROWS = [
    ("n1", "A", "need", "tools", "2021-01-01", "2021-01-11", "r1"),
    ("r1", "A", "resource", "tools", "2021-01-05", "2021-01-11", "n1"),
    ("n2", "A", "need", "tools", "2021-01-02", "2021-03-03", None),  # withdrawn
    ("n3", "A", "need", "care", "2021-01-03", None, None),
    ("n4", "B", "need", "care", "2021-02-01", "2021-02-21", "r2"),
    ("r2", "C", "resource", "care", "2021-02-02", "2021-02-21", "n4"),  # met in another district
    ("r3", "B", "resource", "space", "2021-02-02", None, None),
    ("n5", "A", "need", "care", "2021-07-01", None, None),  # after the study
]


def outcome(study):
    return listing_table(study).set_index("listing_id")


def test_what_became_of_each_listing():
    table = outcome(make(ROWS))
    assert "n5" not in table.index
    assert table["matched"].to_dict() == {
        "n1": True, "r1": True, "n2": False, "n3": False, "n4": True, "r2": True, "r3": False
    }  # fmt: skip
    assert table.index[table["withdrawn"]].tolist() == ["n2"]
    assert table.index[table["open"]].tolist() == ["n3", "r3"]
    assert table["days"].to_dict() == {
        "n1": 10, "r1": 6, "n2": 60, "n3": 179, "n4": 20, "r2": 19, "r3": 149
    }  # to the first moment after the study  # fmt: skip
    assert table.loc["n4", ["partner_id", "partner_community"]].tolist() == ["r2", "C"]


def test_a_need_matched_to_two_resources_counts_once():
    rows = [("n", "A", "need", "t", "2021-01-01", "2021-01-09", "r2"),
            ("r1", "A", "resource", "t", "2021-01-01", "2021-01-05", "n"),
            ("r2", "A", "resource", "t", "2021-01-01", "2021-01-09", "n")]  # fmt: skip
    table = outcome(make(rows))
    assert table["matched"].to_dict() == {"n": True, "r1": False, "r2": True}  # the one it names itself
    assert table.loc["r1", "withdrawn"]
    rows[0] = ("n", "A", "need", "t", "2021-01-01", None, None)  # it names none: the earliest
    table = outcome(make(rows))
    assert table["matched"].to_dict() == {"n": True, "r1": True, "r2": False}
    assert table.loc["n", "days"] == 4  # on the other's date
    met = matching_measures(make(rows)).query("place_id == 'A' and period == 'all'").set_index("measure")
    assert met.loc["matching_needs_met", ["value", "n"]].tolist() == [1, 1]
    assert met.loc["matching_resources_used", ["value", "n"]].tolist() == [0.5, 2]


def test_a_resource_matched_to_two_needs_counts_once():
    rows = [("r", "A", "resource", "t", "2021-01-01", "2021-01-09", "n1"),
            ("n1", "A", "need", "t", "2021-01-01", "2021-01-09", "r"),
            ("n2", "A", "need", "t", "2021-01-01", "2021-01-05", "r")]  # fmt: skip
    assert outcome(make(rows))["matched"].to_dict() == {"r": True, "n1": True, "n2": False}


@pytest.mark.parametrize(
    ("rows", "matched"),
    [
        # two needs are no match
        ([("a", "A", "need", "t", "2021-01-01", "2021-01-09", "b"),
          ("b", "A", "need", "t", "2021-01-01", "2021-01-09", "a")], [False, False]),
        # with itself
        ([("a", "A", "need", "t", "2021-01-01", "2021-01-09", "a")], [False]),
        # with one that is not on record: it counts
        ([("a", "A", "need", "t", "2021-01-01", "2021-01-09", "gone")], [True]),
        # after the end of the study: not yet
        ([("a", "A", "need", "t", "2021-01-01", "2021-07-09", "gone")], [False]),
        ([("a", "A", "need", "t", "2021-01-01", "2021-07-09", "b"),
          ("b", "A", "resource", "t", "2021-01-01", None, None)], [False, False]),
        # without a date: matched, but nobody knows when
        ([("a", "A", "need", "t", "2021-01-01", None, "b"),
          ("b", "A", "resource", "t", "2021-01-01", None, "a")], [True, True]),
    ],
)  # fmt: skip
def test_odd_matches(rows, matched):
    table = listing_table(make(rows))
    assert table["matched"].tolist() == matched
    assert (table["matched"] | table["withdrawn"] | table["open"]).all()
    if rows[0][5] is None:
        assert table["days"].isna().all()


@pytest.mark.parametrize(
    ("place", "period", "measure", "value", "n"),
    [
        ("A", "2021-01", "needs", 3, 3),
        ("A", "2021-01", "resources", 1, 1),
        ("A", "2021-01", "needs_met", 1 / 3, 3),
        ("A", "2021-01", "resources_used", 1, 1),
        ("A", "2021-01", "unmet", 2, 2),
        ("A", "2021-01", "days", np.nan, 3),  # 10, 60+, 179+: two thirds still wait
        ("D", "2021-02", "days", 20, 1),
        ("D", "all", "days", 20, 4),  # 10, 20, 60+, 179+: at one half, and never below
        ("D", "all", "needs_met", 2 / 4, 4),
        ("D", "all", "elsewhere", 1 / 2, 2),
        ("A", "all", "elsewhere", 0, 1),
        ("E", "all", "needs", 0, 0),
        ("E", "all", "needs_met", np.nan, 0),
        ("X", "2021-03", "unmet", 0, 0),
    ],
)
def test_measures_by_hand(place, period, measure, value, n):
    frame = matching_measures(make(ROWS)).set_index(["place_id", "period", "measure"])
    row = frame.loc[(place, period, f"matching_{measure}")]
    np.testing.assert_allclose(row["value"], value)
    assert row["n"] == n


def test_measures_have_every_cell_once():
    frame = matching_measures(make(ROWS))
    assert len(frame) == 6 * 7 * len(MATCHING)
    assert not frame.duplicated(["place_id", "period", "measure"]).any()
    assert list(dict.fromkeys(frame["measure"])) == list(MATCHING)
    assert matching_measures(make([])).empty
    assert matching_measures(make(ROWS, window=None)).empty  # no periods
    for call in (unmet, one_sided, best_matching, listing_table):
        assert len(call(make([]))) == 0


def test_unmet_needs_by_kind():
    table = unmet(make(ROWS)).set_index(["place_id", "category"])
    assert table.loc[("D", "care")].tolist() == [2, 1, 0, 1, 1, 0.5]
    assert table.loc[("A", "all")].tolist() == [3, 1, 1, 1, 2, 1 / 3]
    assert "space" not in table.index.get_level_values("category")
    assert (table["needs"] == table["met"] + table["withdrawn"] + table["open"]).all()


def test_what_nobody_offers_and_nobody_asks_for():
    table = one_sided(make(ROWS)).set_index(["place_id", "category"])
    assert table.loc[("A", "care")].tolist() == ["nobody_offers", 1, 0]
    assert table.loc[("D", "care")].tolist() == ["nobody_offers", 2, 0]
    assert table.loc[("CITY", "space")].tolist() == ["nobody_asks", 0, 1]
    assert ("CITY", "care") not in table.index  # C offers it
    assert ("A", "tools") not in table.index


def total(study, **arguments):
    frame = best_matching(study, **arguments)
    return frame[frame["category"] == "all"].set_index("place_id")


def test_an_augmenting_path_beats_first_come():
    """Pairing gives r to the need that waits longest, who could have had s; the other then has none."""
    rows = [
        ("n1", "A", "need", "t", "2021-01-01", "2021-03-01"),
        ("n2", "A", "need", "t", "2021-01-02", "2021-01-20"),
        ("r", "A", "resource", "t", "2021-01-10", "2021-02-20"),
        ("s", "A", "resource", "t", "2021-02-01", None),
    ]
    row = total(make(rows)).loc["CITY"]
    assert row[["needs", "resources", "happened", "pairwise", "pooled", "best"]].tolist() == [
        2,
        2,
        0,
        1,
        1,
        2,
    ]
    assert (row["gain_search"], row["gain_best"]) == (0, 1)


FAR = [
    ("a", "A", "need", "t", "2021-01-01"), ("b", "B", "resource", "t", "2021-01-05"),
    ("x", "X", "need", "t", "2021-01-02"), ("c", "C", "resource", "t", "2021-01-06"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "best"),
    [
        ({"level": "community"}, 0),
        ({"level": "district"}, 1),
        ({"level": "city"}, 2),
        ({"max_km": 1}, 0),
        ({"max_km": 2}, 1),  # B only; X has no coordinates and searches alone
        ({"max_km": 30}, 1),
        ({"max_km": 30, "level": "district"}, 1),
        ({"max_days": 2}, 0),
        ({"max_days": 3}, 1),  # x and b
        ({"max_days": 4}, 2),  # a and b, x and c: each four days apart
        ({"max_days": 4, "max_km": 0}, 0),
    ],
)
def test_who_can_reach_whom(arguments, best):
    frame = total(make(FAR), **arguments)
    assert frame["best"].sum() == best
    assert frame["pooled"].sum() == best
    assert frame["pairwise"].sum() == 0
    assert frame["needs"].sum() == 2


def test_one_degree_of_latitude_is_known():
    km = EARTH_KM * np.pi / 180 * 0.01  # from A to B
    assert total(make(FAR), max_km=km + 1e-6)["best"].sum() == 1
    assert total(make(FAR), max_km=km - 1e-3)["best"].sum() == 0


def test_matches_that_the_search_rules_out_are_named():
    rows = [
        ("n1", "A", "need", "t", "2021-01-01", "2021-02-01", "r1"),
        ("r1", "A", "resource", "u", "2021-01-01", "2021-02-01", "n1"),
        ("n2", "A", "need", "t", "2021-01-01", "2021-02-01", "r2"),
        ("r2", "C", "resource", "t", "2021-01-30", "2021-02-01", "n2"),
        ("n3", "A", "need", "t", "2021-03-01", "2021-03-01", "away"),
        ("n4", "A", "need", None, "2021-01-01"),
    ]
    assert total(make(rows)).loc["CITY", ["happened", "happened_outside", "best"]].tolist() == [3, 2, 1]
    far = total(make(rows), level="district")
    assert far.loc["D", ["happened", "happened_outside", "best"]].tolist() == [3, 3, 0]
    assert total(make(rows), max_days=28).loc["CITY", "happened_outside"] == 3
    frame = best_matching(make(rows))
    assert frame.loc[frame["category"].isna(), "needs"].tolist() == [1]


def brute(rows):
    """Largest number of pairs by trying all ways; listings as (opened, until, side)."""
    needs, resources = ([r for r in rows if r[2] == side] for side in ("need", "resource"))

    def fits(n, r):
        return max(n[0], r[0]) <= min(n[1], r[1])

    best = 0
    for size in range(min(len(needs), len(resources)), 0, -1):
        for some in itertools.combinations(needs, size):
            if any(all(map(fits, some, chosen)) for chosen in itertools.permutations(resources, size)):
                return size
    return best


@pytest.mark.parametrize("seed", range(12))
def test_agrees_with_trying_everything(seed):
    rng = np.random.default_rng(seed)
    opened = rng.integers(0, 40, 9)
    until = opened + rng.integers(0, 15, 9)
    sides = rng.choice(["need", "resource"], 9)
    first = pd.Timestamp("2021-01-01")
    rows = [
        (
            f"l{i}",
            "ABC"[i % 3],
            side,
            "t",
            first + pd.Timedelta(days=int(o)),
            first + pd.Timedelta(days=int(u)),
        )
        for i, (o, u, side) in enumerate(zip(opened, until, sides, strict=True))
    ]
    row = total(make(rows)).loc["CITY"]
    assert row["best"] == brute(list(zip(opened, until, sides, strict=True)))
    assert row["best"] >= row["pooled"]
    assert row["best"] >= row["pairwise"]


def greedy_of_intervals(start, until, need):
    """Another exact way where distance does not count: what ends first takes the partner that ends first."""
    met, left = 0, set(range(len(start)))
    for at in sorted(left, key=lambda i: until[i]):
        if at not in left:
            continue
        left.remove(at)
        others = [i for i in left if need[i] != need[at] and start[i] <= until[at]]
        if others:
            left.remove(min(others, key=lambda i: until[i]))
            met += 1
    return met


def test_the_city_agrees_with_an_exact_greedy_and_keeps_every_order():
    study = simulate_city(2, 5, 24, 7, tables=["places", "listings", "outcomes"]).study()
    frame = total(study, max_days=90)
    table = listing_table(study)
    start = (table["opened"] - pd.Timestamp("2020-01-01")).dt.days.to_numpy()
    closed = (table["closed"] - pd.Timestamp("2020-01-01")).dt.days.to_numpy(float)
    until = np.minimum(np.where(table["withdrawn"], closed, np.inf), start + 90)
    need = (table["side"] == "need").to_numpy()
    expected = sum(
        greedy_of_intervals(start[rows], until[rows], need[rows])
        for rows in table.groupby("category").indices.values()
    )
    assert frame.loc["CITY", "best"] == expected
    levels = {
        level: total(study, max_days=90, level=level).sum() for level in ("community", "district", "city")
    }
    assert levels["community"]["best"] <= levels["district"]["best"] <= levels["city"]["best"]
    assert len({row["pairwise"] for row in levels.values()}) == 1
    assert len({row["happened"] for row in levels.values()}) == 1
    for row in levels.values():
        assert row["best"] >= row["happened"] - row["happened_outside"]
        assert row["best"] >= max(row["pooled"], row["pairwise"])
    assert levels["community"]["pooled"] == levels["community"]["pairwise"]
    near = total(study, max_days=90, max_km=0.5).sum()
    assert levels["community"]["best"] <= near["best"] <= levels["city"]["best"]
    by_kind = best_matching(study, max_days=90, level="district").query("category != 'all'")
    assert by_kind["best"].sum() == levels["district"]["best"]


def test_recorded_waits_hold_every_match_that_happened():
    study = simulate_city(2, 5, 24, 7, tables=["places", "listings", "outcomes"]).study()
    row = total(study, level="community").sum()
    assert row["happened_outside"] == 0
    assert row["happened"] <= row["best"]


def test_row_order_and_names_do_not_matter_and_nothing_is_changed():
    study = make(ROWS)
    before = study.listings.copy()
    keys = ["place_id", "category"]
    one, other = (
        best_matching(s).sort_values(keys).reset_index(drop=True) for s in (study, make(ROWS[::-1]))
    )
    pd.testing.assert_frame_equal(one, other)
    pd.testing.assert_frame_equal(matching_measures(study), matching_measures(make(ROWS[::-1])))
    pd.testing.assert_frame_equal(study.listings, before)


@pytest.mark.parametrize(
    "arguments", [{"level": "street"}, {"max_days": -1}, {"max_km": float("nan")}, {"max_days": "30"}]
)
def test_odd_arguments_are_refused(arguments):
    with pytest.raises(AnalysisError) as error:
        best_matching(make(ROWS), **arguments)
    assert error.value.where in arguments


def test_too_many_pairs_are_refused_in_words(monkeypatch):
    monkeypatch.setattr(sys.modules["analysis.processes.best_matching"], "MOST_PAIRS", 3)
    with pytest.raises(AnalysisError, match="more possible pairs") as error:
        best_matching(make([*FAR, *[(f"{i}", "A", "need", "t", "2021-01-01") for i in range(3)]]))
    assert "max_days" in error.value.mend
