"""Inclusion by hand, in the synthetic city, and with labels that mean nothing."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from analysis.errors import StudyError
from analysis.networks.questions.inclusion import inclusion
from analysis.simulate import calibration, simulate_city

PEOPLE = pd.DataFrame(
    {
        "person_id": list("abcdef"),
        "community_id": "C0",
        "residency": ["registered"] * 3 + ["non_registered"] * 3,
    }
)
PAIRS = [("a", "b"), ("b", "a"), ("a", "d"), ("a", "d"), ("c", "a"), ("z", "e")]
LOG = pd.DataFrame(
    {"time": pd.Timestamp("2021-01-05"), "community_id": "C0", "kind": "help",
     "source_id": [a for a, _ in PAIRS], "target_id": [b for _, b in PAIRS]}
)  # fmt: skip


def test_by_hand():
    table = inclusion(LOG, PEOPLE).set_index("measure")
    assert table["value_group"].to_dict() == pytest.approx(
        {"active": 0, "tied": 2 / 3, "ties": 2 / 3, "depth": 1.5, "mutual": 0}
    )
    assert table["value_others"].to_dict() == pytest.approx(
        {
            "active": 1,
            "tied": 1,
            "ties": 5 / 3,
            "depth": np.mean([5 / 3, 2, 1]),
            "mutual": np.mean([1 / 3, 1, 0]),
        }
    )
    assert table.at["ties", "ratio"] == pytest.approx(0.4)
    assert table["n_group"].to_dict() == {"active": 3, "tied": 3, "ties": 3, "depth": 2, "mutual": 2}
    assert (table["n_others"] == 3).all()


def test_the_interval_is_that_of_two_rates():
    population = pd.DataFrame({"place_id": ["C0"], "population": [100], "share_nonregistered": [0.4]})
    row = inclusion(LOG, PEOPLE, population=population).set_index("measure").loc["representation"]
    assert row["value_group"] == pytest.approx(3 / 40)
    assert row["ratio"] == pytest.approx((3 / 40) / (3 / 60))
    assert np.log(row["conf_high"] / row["ratio"]) == pytest.approx(1.959964 * np.sqrt(2 / 3), rel=1e-6)


@pytest.fixture(scope="module")
def study():
    return simulate_city(
        districts=2, communities=12, months=18, seed=5, tables=("places", "people", "interactions")
    ).study()


@pytest.mark.parametrize(
    ("group", "truth"),
    [("residency", calibration.REACH_NONREGISTERED), ("old", calibration.REACH_ELDERLY)],
)
def test_the_citys_under_representation_is_found(study, group, truth):
    table = inclusion(
        study.interactions, study.people.assign(joined=pd.NaT), group=group, population=study.places,
        level="district", tree=study.tree,
    )  # fmt: skip
    rows = table[table["measure"] == "representation"]
    assert len(rows) == 2
    assert (rows["conf_high"] < 0.9).all()
    assert rows["ratio"].mean() == pytest.approx(truth, abs=0.08)  # staff are never old: a little below
    assert rows["conf_low"].min() < truth


def test_labels_without_meaning_differ_as_often_as_they_should(study):
    rng, outside, number = np.random.default_rng(0), 0, 0
    place = study.tree.communities[0]
    log = study.interactions[study.interactions["community_id"] == place]
    people = study.people[study.people["community_id"] == place]
    for _ in range(60):
        mixed = people.assign(residency=rng.permutation(people["residency"].to_numpy()))
        table = inclusion(log, mixed, places=[place]).set_index("measure").loc[["tied", "ties"]]
        outside += ((table["conf_low"] > 1) | (table["conf_high"] < 1)).sum()
        number += len(table)
    assert outside / number < 0.13  # 0.05 expected, s.e. 0.03


def test_gatherings_and_other_groups(study):
    table = inclusion(study.interactions, study.people, group="role", focus="volunteer", level="district",
                      tree=study.tree, layer="gatherings")  # fmt: skip
    assert set(table["measure"]) == {"active", "joined"}
    assert (table["ratio"] > 1).all()


@pytest.mark.parametrize(
    "change", [{"group": "income"}, {"group": "role"}, {"people": PEOPLE.assign(residency=None)}]
)
def test_bad_groups_say_so(change):
    with pytest.raises(StudyError, match="group"):
        inclusion(**{"interactions": LOG, "people": PEOPLE.assign(role="resident")} | change)


def test_one_group_only_is_nan_not_an_error():
    table = inclusion(LOG, PEOPLE.assign(residency="registered"))
    assert table["ratio"].isna().all()
    assert (table["n_group"] == 0).all()
