"""Roll-out of reforms and organisations: hand-counted shares, days at the edge, empty places."""

import pandas as pd
import pytest

from analysis.coverage import coverage_measures, organisation_coverage
from analysis.tables.study import Study

PLACES = pd.DataFrame(
    [
        ("Y", "city", None, None),
        ("D", "district", "Y", None),
        ("S", "street", "D", None),
        ("E", "street", "D", None),  # holds nothing
        ("A", "community", "S", 100),
        ("B", "community", "S", 300),
        ("C", "community", "D", 600),
        ("N", "community", None, None),
        ("U", "unit", "A", 10),
    ],
    columns=["place_id", "kind", "parent_id", "population"],
)


def make(reforms=(), organisations=(), window=("2021-01", "2021-03")):
    reforms = pd.DataFrame(reforms, columns=["place_id", "reform", "start", "end"])
    reforms[["start", "end"]] = reforms[["start", "end"]].apply(pd.to_datetime)
    organisations = pd.DataFrame(organisations, columns=["org_id", "kind", "community_id"])
    return Study.from_frames(
        {"places": PLACES, "reforms": reforms, "organisations": organisations}, window=window
    )


def values(frame, place, measure):
    rows = frame[(frame["place_id"] == place) & (frame["measure"] == measure)]
    return rows.set_index("period")["value"].to_dict()


def test_shares_of_communities_and_residents():
    study = make([("A", "canteen", "2021-01-31", None), ("C", "canteen", "2021-02-01", "2021-03-30")])
    found = coverage_measures(study)
    expected = {"2021-01": 1 / 3, "2021-02": 2 / 3, "2021-03": 1 / 3, "all": 1 / 3}
    assert values(found, "D", "coverage_canteen") == pytest.approx(expected)
    residents = {"2021-01": 0.1, "2021-02": 0.7, "2021-03": 0.1, "all": 0.1}
    assert values(found, "D", "coverage_canteen_residents") == pytest.approx(residents)
    assert values(found, "S", "coverage_canteen_residents")["2021-02"] == pytest.approx(0.25)
    cell = found[(found["place_id"] == "D") & (found["period"] == "all")].set_index("measure")["n"]
    assert cell.to_dict() == {"coverage_canteen": 3, "coverage_canteen_residents": 1000}
    assert found["std_error"].isna().all()


def test_a_reform_holds_below_its_place_and_counts_once():
    study = make([("S", "x", "2021-02-15", None), ("A", "x", "2021-01-01", "2021-03-31"),
                  ("U", "x", "2021-01-01", None), ("Y", "y", "2020-01-01", "2021-01-31")])  # fmt: skip
    found = coverage_measures(study)
    assert values(found, "S", "coverage_x") == {"2021-01": 0.5, "2021-02": 1, "2021-03": 1, "all": 1}
    assert values(found, "N", "coverage_y")["2021-01"] == 0  # in no city
    assert values(found, "D", "coverage_y") == {"2021-01": 1, "2021-02": 0, "2021-03": 0, "all": 0}


def test_unknown_population_and_empty_places_have_no_share():
    found = coverage_measures(make([("Y", "x", "2021-01-01", None)]))
    assert pd.isna(values(found, "N", "coverage_x_residents")["all"])
    assert pd.isna(values(found, "E", "coverage_x")["all"])
    assert values(found, "N", "coverage_x")["all"] == 0
    assert not len(coverage_measures(make()))
    assert not len(coverage_measures(make([("A", "x", "2021-01-01", None)], window=None)))


def test_organisations_of_a_kind():
    rows = [("1", "council", "A"), ("2", "council", "A"), ("3", "council", "C"), ("4", "alliance", None)]
    found = organisation_coverage(make(organisations=rows)).set_index(["place_id", "kind"])
    assert found.loc[("D", "council")].tolist() == [3, 3, 2, 2 / 3, 30.0]
    assert found.loc[("S", "council")].tolist() == [2, 2, 1, 0.5, 50.0]
    assert found.loc[("B", "council"), "share"] == 0
    assert found.loc[("D", "alliance"), "organisations"] == 0
    assert found.loc[("E", "council")].isna().tolist() == [False, False, False, True, True]
    assert pd.isna(found.loc[("N", "council"), "per_10000"])
    assert found.attrs == {"without_community": 1}
    assert not len(organisation_coverage(make()))


def test_neither_order_of_rows_nor_the_study_changes():
    rows = [("A", "x", "2021-01-05", None), ("C", "x", "2021-02-05", None), ("S", "y", "2021-02-05", None)]
    study = make(rows)
    before = study.reforms.copy()
    pd.testing.assert_frame_equal(coverage_measures(study), coverage_measures(make(rows[::-1])))
    pd.testing.assert_frame_equal(study.reforms, before)
