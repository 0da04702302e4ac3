"""Exposure of communities: counted by hand, refused where ties come too late."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from analysis.errors import StudyError
from analysis.networks import exposure

PERIODS = ["2021-01", "2021-02", "2021-03", "2021-04"]


def places():
    rows = [("city", "city", None), ("d", "district", "city"), ("s1", "street", "d"), ("s2", "street", "d")]
    rows += [("a", "community", "s1"), ("b", "community", "s1"), ("c", "community", "s2")]
    table = pd.DataFrame(rows, columns=["place_id", "kind", "parent_id"])
    table["longitude"] = [np.nan] * 4 + [0.0, 1.0, 0.4]
    table["latitude"] = [np.nan] * 4 + [0.0, 0.0, 0.0]
    return table


def people():
    return pd.DataFrame({"person_id": list("123456"), "community_id": list("aabbcc")})


def acts(*rows):
    frame = pd.DataFrame(rows, columns=["time", "source_id", "target_id", "status"])
    return frame.assign(time=pd.to_datetime(frame["time"]), kind="help", community_id="a", gathering_id=None)


LOG = acts(
    ("2021-01-05", "1", "2", "done"),  # inside a
    ("2021-01-06", "1", "3", "done"),  # a-b
    ("2021-01-07", "3", "1", "done"),  # the same pair again
    ("2021-01-08", "2", "4", "done"),  # a-b
    ("2021-01-09", "2", "5", "done"),  # a-c
    ("2021-01-10", "2", "6", "cancelled"),
    ("2021-01-11", "2", "9", "done"),  # home unknown
    ("2021-01-12", "2", None, "done"),  # a gathering
    ("2021-03-01", "1", "6", "done"),  # too late
)
STARTS = pd.Series({"b": "2021-03", "c": "2021-04"})


def test_exposure_through_ties_by_hand():
    table = exposure(places(), STARTS, PERIODS, interactions=LOG, people=people())
    a = table[table["place_id"] == "a"]
    assert a["exposure"].tolist() == [0, 0, pytest.approx(2 / 3), 1]
    assert a["share_cross_ties"].iloc[0] == pytest.approx(3 / 4)
    assert a["n_partners"].iloc[0] == 2
    b = table[table["place_id"] == "b"]
    assert b["exposure"].tolist() == [0, 0, 0, 0]  # its only partner is never treated
    assert b["share_cross_ties"].iloc[0] == 1
    assert (table["weights_until"] == pd.Period("2021-02", "M").ordinal).all()
    assert table.attrs["set_aside"] == {"gatherings": 1, "not_done": 1, "after_until": 1, "home_unknown": 1}


def test_streets_and_distances_by_hand():
    street = exposure(places(), STARTS, PERIODS, through="street").set_index(["place_id", "period"])
    assert street.loc[("a", "2021-03"), "exposure"] == 1
    assert (street.loc["c", "exposure"] == 0).all()
    assert street["share_cross_ties"].isna().all()
    assert street["weights_until"].isna().all()
    near = exposure(places(), STARTS, PERIODS, through="near", nearest=1).set_index(["place_id", "period"])
    assert near.loc[("a", "2021-03"), "exposure"] == 0  # c is nearer than b
    assert near.loc[("a", "2021-04"), "exposure"] == 1


def test_numbers_of_periods_do_as_well_as_labels_and_people_may_be_renamed():
    expected = exposure(places(), STARTS, PERIODS, interactions=LOG, people=people())
    numbers = STARTS.map(lambda label: pd.Period(label, "M").ordinal).astype("Int64")
    pd.testing.assert_frame_equal(
        exposure(places(), numbers, PERIODS, interactions=LOG, people=people()), expected
    )
    names = dict(zip("123456", "zyxwvu", strict=True))
    renamed = LOG.assign(source_id=LOG["source_id"].map(names), target_id=LOG["target_id"].map(names))
    again = exposure(
        places(), STARTS, PERIODS, interactions=renamed.sample(frac=1, random_state=1),
        people=people().assign(person_id=lambda p: p["person_id"].map(names)),
    )  # fmt: skip
    assert np.allclose(again["exposure"], expected["exposure"])


def test_nobody_treated_and_no_ties_give_no_exposure():
    nobody = exposure(places(), {}, PERIODS, interactions=LOG, people=people())
    assert (nobody["exposure"] == 0).all()
    lonely = exposure(places(), STARTS, PERIODS, interactions=LOG.iloc[:1], people=people())
    assert (lonely["n_partners"] == 0).all()
    assert (lonely["exposure"] == 0).all()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"until": "2021-03"}, "after treatment began"),
        ({"until": "spring"}, "is no month"),
        ({"through": "rumour"}, "no such way"),
        ({"period": "week"}, "no such period"),
        ({"people": None}, "Ties need"),
        ({"starts": {"x": "2021-03"}}, "belongs to no community"),
        ({"starts": {"a": "soon"}}, "is no month"),
        ({"through": "near", "nearest": 3}, "number of neighbours"),
        ({"through": "near", "places": places().assign(longitude=np.nan)}, "coordinates"),
        ({"through": "street", "places": places().assign(parent_id=None)}, "lies in a street"),
    ],
)  # fmt: skip
def test_bad_input_is_refused_in_words(arguments, words):
    given = {"places": places(), "starts": STARTS, "interactions": LOG, "people": people()} | arguments
    with pytest.raises(StudyError, match=words):
        exposure(given.pop("places"), given.pop("starts"), PERIODS, **given)
