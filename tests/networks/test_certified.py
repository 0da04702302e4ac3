"""Every indicator against networkx or its bare formula, on random logs."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analysis.networks import INDICATORS, TieRule, build_ties, indicators

sys.path.insert(0, str(Path(__file__).parent))
from naive import all_indicators

LEVELS = pd.DataFrame(
    {
        "community_id": ["C0", "C1", "C2", "C3"],
        "street_id": ["S0", "S0", "S1", None],
        "district_id": ["D0", "D0", "D0", "D1"],
    }
)


def random_log(seed, rows, persons, months=3, kinds=("help", "goods"), gatherings=("activity", "forum")):
    rng = np.random.default_rng(seed)
    dyadic = rng.random(rows) < 0.6
    kind = np.where(dyadic, rng.choice([*kinds, "forum"], rows), rng.choice(gatherings, rows))
    days = rng.integers(0, 28, rows) + 31 * rng.integers(0, months, rows)
    name = np.array([f"p{i}" for i in range(persons)])
    return pd.DataFrame(
        {
            "time": pd.Timestamp("2021-01-01") + pd.to_timedelta(days, "D"),
            "community_id": rng.choice(["C0", "C1", "C2", "C3"], rows, p=[0.4, 0.3, 0.2, 0.1]),
            "kind": kind,
            "source_id": name[rng.integers(0, persons, rows)],
            "target_id": pd.Series(name[rng.integers(0, persons, rows)]).where(dyadic),
            "gathering_id": pd.Series(rng.choice(["g0", "g1", "g2", "g3"], rows)).where(~dyadic),
            "status": pd.Series(
                rng.choice(["done", "cancelled", "requested", ""], rows, p=[0.7, 0.1, 0.1, 0.1])
            ).replace("", None),
        }
    )


def random_people(seed, persons, extra=3):
    rng = np.random.default_rng(seed)
    known = rng.permutation(persons)[: max(persons - 2, 0)]
    ids = [f"p{i}" for i in known] + [f"q{i}" for i in range(extra)]
    n = len(ids)
    joined = pd.Timestamp("2020-12-01") + pd.to_timedelta(rng.integers(0, 150, n), "D")
    return pd.DataFrame(
        {
            "person_id": pd.Series(ids, dtype="str"),
            "community_id": rng.choice(["C0", "C1", "C2", "C3"], n),
            "residency": pd.Series(rng.choice(["registered", "non_registered", ""], n)).replace("", None),
            "role": rng.choice(["resident", "volunteer", "cadre"], n),
            "joined": pd.Series(joined).where(rng.random(n) < 0.8),
        }
    )


def as_dict(table):
    keys = zip(table["place_id"], table["period"], table["layer"], table["indicator"], strict=True)
    return dict(zip(keys, table["value"], strict=True))


def assert_same(table, expected):
    found = as_dict(table)
    assert found.keys() == expected.keys()
    for key, value in expected.items():
        assert found[key] == pytest.approx(value, abs=1e-9, nan_ok=True), key


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    seed=st.integers(0, 10**6),
    rows=st.integers(1, 120),
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
    assert_same(indicators(ties), expected)


def test_every_registered_indicator_is_certified():
    log = random_log(1, 60, 8)
    assert {key[3] for key in all_indicators(log, None, LEVELS)} == set(INDICATORS)
