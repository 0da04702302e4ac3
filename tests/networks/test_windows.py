"""Rolling windows, decay and the sensitivity of indicators to the rule, against plain computations."""

from __future__ import annotations

import sys
from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analysis.errors import StudyError
from analysis.networks import TieRule, build_ties, indicators, tie_sensitivity
from analysis.networks.kernels import build_scipy
from analysis.networks.variants.sensitivity import vary_rule

sys.path.insert(0, str(Path(__file__).parent))
from logs import LEVELS, random_log, random_people
from naive import used_acts
from test_ties import acts, weights

KEYS = ["place_id", "layer", "indicator"]
NAMES = [
    "density", "mean_degree", "giant_share", "isolates_share", "reciprocity", "transitivity", "clustering",
    "support", "ei_residency", "cross_community", "participation_gini", "active_share",
]  # fmt: skip


@pytest.mark.parametrize("window", [2, 3])
@pytest.mark.parametrize("seed", [1, 2])
def test_a_rolling_window_is_the_network_of_its_months(window, seed):
    log, people = random_log(seed, 260, 15, months=5), random_people(seed, 15)
    rule = TieRule(window=window, min_weight=2, end="2021-05-31")
    rolling = indicators(build_ties(log, rule, tree=LEVELS, people=people), names=NAMES)
    months = [f"2021-{m:02}" for m in range(1, 6)]
    assert rolling["period"].unique().tolist() == [*months[window - 1 :], "all"]
    for at in range(window - 1, 5):
        start, end = pd.Period(months[at - window + 1]).start_time, pd.Period(months[at]).end_time
        apart = TieRule(period="all", min_weight=2, start=start, end=end)
        expected = indicators(build_ties(log, apart, tree=LEVELS, people=people), names=NAMES)
        found = rolling[rolling["period"] == months[at]].set_index(KEYS).sort_index()
        expected = expected.set_index(KEYS).sort_index().drop(columns="period")
        pd.testing.assert_frame_equal(found.loc[expected.index].drop(columns="period"), expected, atol=1e-12)


def test_a_window_longer_than_the_log_gives_the_whole_time_only():
    ties = build_ties(random_log(1, 100, 9), TieRule(window=4))
    assert indicators(ties, names="density")["period"].unique().tolist() == ["all"]
    with pytest.raises(StudyError, match="period"):
        ties.edges("C0", "help", "2021-02")


def test_decay_by_hand():
    log = acts(
        ("a", "b"), ("b", "a"), ("a", "c"), time=pd.to_datetime(["2021-03-22", "2021-03-12", "2021-02-20"])
    )
    ties = build_ties(log, TieRule(half_life=10, window=2))
    assert weights(ties, "help", period="2021-03") == pytest.approx(
        {frozenset("ab"): 1 / 2 + 1 / 4, frozenset("ac"): 1 / 16}
    )
    assert weights(ties, "help", period="all") == pytest.approx(weights(ties, "help", period="2021-03"))
    strong = build_ties(log, TieRule(half_life=10, window=2, min_weight=0.7))
    assert weights(strong, "help", period="2021-03") == pytest.approx({frozenset("ab"): 0.75})
    one = build_ties(log, TieRule(half_life=10, min_weight=0.3, directed=True)).edges("C0", "help", "2021-03")
    assert one[["source_id", "target_id", "weight"]].values.tolist() == [["a", "b", 0.5]]


def decayed(rows, end, half_life):
    gain = {}
    for row in rows:
        gain.setdefault(row["kind"], []).append(
            (row, 2 ** (-((end - row["time"]) / pd.Timedelta("1D")) / half_life))
        )
    return gain


@pytest.mark.parametrize("compiled", [True, False])
@pytest.mark.parametrize(("period", "window"), [("month", 2), ("quarter", 1), ("all", 1)])
def test_decay_equals_the_slow_way(period, window, compiled, monkeypatch):
    if not compiled:
        for name in ("blocks", "collect", "roster"):
            monkeypatch.setattr(
                sys.modules[f"analysis.networks.building.{name}"], "builders", lambda: build_scipy
            )
    log = random_log(6, 300, 12, months=4)
    ties = build_ties(log, TieRule(period=period, window=window, half_life=20), tree=LEVELS)
    ends = {"month": "2021-04-30", "quarter": "2021-06-30", "all": "2021-04-30"}
    rows = [row for row in used_acts(log) if row["community_id"] in ("C0", "C1", "C2")]
    for label in [*ties.layout.steps[-2:], "all"]:
        last = pd.Period(label) if label != "all" else pd.Period(ends[period], "D")
        end = last.end_time + pd.Timedelta(1, "ns")
        first = pd.Period(label) - window + 1 if label != "all" else None
        then = [r for r in rows if label == "all" or first.start_time <= r["time"] < end]
        dyadic, joined = {}, {}
        for row, gain in decayed(then, end, 20).get("help", []):
            pair = frozenset((row["source_id"], row["target_id"]))
            dyadic[pair] = dyadic.get(pair, 0) + gain
        for row, gain in decayed(then, end, 20).get("activity", []):
            members = joined.setdefault(row["gathering_id"], {})
            members[row["source_id"]] = max(members.get(row["source_id"], 0), gain)
        projected = {}
        for members in joined.values():
            for pair in combinations(members, 2):
                gain = max(members.values()) / (len(members) - 1)
                projected[frozenset(pair)] = projected.get(frozenset(pair), 0) + gain
        assert weights(ties, "help", "D0", label) == pytest.approx(dyadic, rel=1e-12, abs=1e-12)
        assert weights(ties, "activity", "D0", label) == pytest.approx(projected, rel=1e-12, abs=1e-12)


def test_ages_so_great_that_weights_vanish_leave_no_tie_and_no_warning():
    log = acts(("a", "b"), ("a", "c"), time=pd.to_datetime(["1990-01-01", "2021-03-30"]))
    ties = build_ties(log, TieRule(half_life=1))
    assert weights(ties, "help") == pytest.approx({frozenset("ac"): 2.0**-2})
    assert indicators(ties, names="density").query("period == 'all'")["value"].eq(1 / 3).all()


def test_sensitivity_shows_each_rule_beside_the_first():
    log, people = random_log(3, 200, 12), random_people(3, 12)
    rules = {"one": TieRule(), "two": TieRule(min_weight=2), "wide": TieRule(period="quarter", window=1)}
    table = tie_sensitivity(log, rules, names=["density", "support"], tree=LEVELS, people=people)
    for name, rule in rules.items():
        expected = indicators(build_ties(log, rule, tree=LEVELS, people=people), names=["density", "support"])
        expected = expected.query("period == 'all' and layer in ('dyadic', 'gatherings')")
        expected = expected[expected["place_id"].str.startswith("C")]
        mine = table[table["rule"] == name]
        assert mine["value"].tolist() == pytest.approx(expected["value"].tolist(), nan_ok=True)
        assert (mine["rule_period"] == rule.period).all()
    change = table.set_index("rule")["change"]
    assert (change.loc["one"].dropna() == 0).all()
    density = table[table["indicator"] == "density"].set_index("rule")["change"]
    assert (density.loc["two"] <= 0).all()
    assert (density.loc["two"] < 0).any()
    assert np.allclose(change.loc["wide"].dropna(), 0)


def test_rules_name_themselves_by_what_they_change():
    assert list(vary_rule())[:2] == ["base", "min_weight=2"]
    table = tie_sensitivity(random_log(3, 80, 9), names="density", layers=None, periods=None)
    assert set(table["rule"]) == set(vary_rule())
    with pytest.raises(StudyError, match="rules"):
        tie_sensitivity(random_log(3, 80, 9), [], names="density")


@pytest.mark.parametrize(
    "wrong",
    [{"window": 0}, {"window": 1.5}, {"window": True}, {"period": "all", "window": 2}, {"half_life": 0},
     {"half_life": float("inf")}, {"half_life": "30"}],
)  # fmt: skip
def test_wrong_windows_and_half_lives_are_refused(wrong):
    with pytest.raises(StudyError, match="tie rule"):
        TieRule(**wrong)
