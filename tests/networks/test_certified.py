"""Every indicator against networkx or its bare formula, on random logs."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analysis.networks import INDICATORS, TieRule, build_ties, indicators

sys.path.insert(0, str(Path(__file__).parent))
from logs import LEVELS, random_log, random_people
from naive import all_indicators


def as_dict(table):
    keys = zip(table["place_id"], table["period"], table["layer"], table["indicator"], strict=True)
    return dict(zip(keys, table["value"], strict=True))


def assert_same(table, expected):
    found = as_dict(table)
    assert found.keys() == expected.keys()
    for key, value in expected.items():
        assert found[key] == pytest.approx(value, abs=1e-9, nan_ok=True), key


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    seed=st.integers(0, 10**6),
    rows=st.integers(1, 110),
    persons=st.integers(2, 14),
    directed=st.booleans(),
    min_weight=st.sampled_from([1, 2]),
    period=st.sampled_from(["month", "quarter"]),
    sizes=st.sampled_from([(2, None), (2, 4), (3, None)]),
    with_people=st.booleans(),
)
def test_every_indicator_equals_the_slow_way(
    seed, rows, persons, directed, min_weight, period, sizes, with_people
):
    log = random_log(seed, rows, persons)
    log.loc[0, ["status", "target_id", "source_id"]] = ["done", "p0", "p1"]
    people = random_people(seed, persons) if with_people else None
    rule = TieRule(period=period, directed=directed, min_weight=min_weight, gathering_sizes=sizes)
    ties = build_ties(log, rule, tree=LEVELS, people=people)
    expected = all_indicators(
        log, people, LEVELS, period=period, directed=directed, min_weight=min_weight, sizes=sizes
    )
    assert {key[3] for key in expected} <= set(INDICATORS)
    names = sorted({key[3] for key in expected})
    assert_same(indicators(ties, names=names), expected)
