import numpy as np
import pandas as pd
import pytest

from analysis.burden import (
    SERVICE,
    added_back,
    admission_reasons,
    compare_with_target,
    hours_freed,
    service_measures,
)
from analysis.errors import AnalysisError
from analysis.simulate import calibration, simulate_city
from analysis.tables.study import Study

PLACES = pd.DataFrame(
    [("CITY", "city", None), ("D", "district", "CITY"), ("A", "community", "D"), ("B", "community", "D")],
    columns=["place_id", "kind", "parent_id"],
)
FIELDS = ["duty_id", "community_id", "list", "department", "start", "end", "hours_per_month"]


def make(duties, reforms=(("A", "r", "2021-07-01"),), window=("2021-01", "2022-12"), **frames):
    table = pd.DataFrame(duties, columns=FIELDS)
    table[["start", "end"]] = table[["start", "end"]].apply(pd.to_datetime)
    starts = pd.DataFrame(reforms, columns=["place_id", "reform", "start"])
    starts["start"] = pd.to_datetime(starts["start"])
    return Study.from_frames({"places": PLACES, "duties": table, "reforms": starts, **frames}, window=window)


BACK = [
    ("1", "A", "seal", "x", "2020-01-01", "2021-07-10", 1.0),
    ("2", "A", "seal", "y", "2020-01-01", "2021-07-20", 2.0),
    ("3", "A", "seal", "x", "2020-01-01", "2021-06-20", 4.0),
    ("4", "A", "seal", "x", "2020-01-01", "2021-03-01", 9.0),  # long before the reform
    ("5", "A", "seal", "x", "2021-08-01", "2021-08-05", 9.0),  # began after it: not cut, but a return
    ("6", "A", "seal", "x", "2022-03-01", None, 9.0),
    ("7", "A", "ledger", "x", "2020-01-01", "2021-09-30", None),
    ("8", "A", "ledger", "x", "2021-09-30", None, 1.0),  # on the last day of the other
    ("9", "B", "seal", "x", "2020-01-01", "2021-07-10", 1.0),  # not reformed
    ("10", "A", "seal", "x", "2021-05-01", "2021-06-25", 8.0),  # new before the reform, and cut
]


def test_returns_by_hand():
    table = added_back(make(BACK), "r").set_index(["place_id", "list", "match"])
    # ended 06-20 (4 h), 06-25 (8 h), 07-10 (1 h), 07-20 (2 h); new on 2021-08-01 and 2022-03-01
    row = table.loc[("A", "seal", "list")]
    assert (row["cut"], row["returned"], row["hours_cut"]) == (4, 2, 15)
    days = (pd.Timestamp("2022-03-01") - pd.Timestamp("2021-06-25")).days
    assert row["median_days"] == days  # 42 and 249 days of four
    assert row["share_6"] == pytest.approx(1 / 4)
    assert row["share_12"] == pytest.approx(2 / 4)
    assert row["hours_share_6"] == pytest.approx(4 / 15)
    assert row["hours_share_12"] == pytest.approx(12 / 15)
    assert row["new_after"] == pytest.approx(2 / (549 / 365))
    assert row["new_before"] == pytest.approx(1 / (181 / 365))
    row = table.loc[("A", "seal", "department")]  # y has none; x: 06-20 and 06-25 come back, 07-10 does not
    assert (row["cut"], row["returned"]) == (4, 2)
    row = table.loc[("A", "ledger", "list")]
    assert (row["cut"], row["returned"]) == (1, 0)
    assert row["share_12"] == 0
    assert np.isnan(row["hours_share_12"])  # the hours cut are not stated
    assert np.isnan(row["median_days"])
    assert table.loc[("D", "all", "list"), "cut"] == 5
    assert table.loc[("A", "assisted", "list"), "cut"] == 0
    assert np.isnan(table.loc[("A", "assisted", "list"), "share_6"])
    assert "B" not in table.index.get_level_values("place_id")


def test_department_tells_returns_apart():
    rows = [("1", "A", "seal", "x", "2020-01-01", "2021-07-10", 1.0),
            ("2", "A", "seal", "y", "2021-08-01", None, 1.0),
            ("3", "A", "seal", None, "2020-01-01", "2021-07-11", 1.0)]  # fmt: skip
    table = added_back(make(rows), "r").set_index(["place_id", "list", "match"])
    assert table.loc[("A", "seal", "list"), ["cut", "returned"]].tolist() == [2, 1]
    assert table.loc[("A", "seal", "department"), ["cut", "returned"]].tolist() == [1, 0]


def test_returns_are_censored_at_the_end_of_the_study():
    """Four cut; two back after 10 and 30 days, two not seen to come back in 210 days."""
    rows = []
    for i, (community_end, back) in enumerate(
        [
            ("2021-07-01", "2021-07-11"),
            ("2021-07-02", None),
            ("2021-07-03", "2021-08-02"),
            ("2021-07-04", None),
        ]
    ):
        department = f"d{i}"
        rows.append((f"{i}", "A", "seal", department, "2020-01-01", community_end, 1.0))
        if back:
            rows.append((f"b{i}", "A", "seal", department, back, None, 1.0))
    table = added_back(make(rows, window=("2021-01", "2022-01")), "r").set_index(
        ["place_id", "list", "match"]
    )
    assert table.loc[("A", "seal", "department"), "share_6"] == pytest.approx(2 / 4)
    assert np.isnan(table.loc[("A", "seal", "department"), "share_12"])  # nobody was watched that long


def test_kaplan_meier_of_returns_agrees_with_statsmodels():
    from statsmodels.duration.survfunc import SurvfuncRight

    from analysis.burden.returns import _returned

    rng = np.random.default_rng(5)
    days, seen = rng.integers(1, 500, 400).astype(float), rng.random(400) < 0.6
    group = rng.integers(0, 4, 400)
    half, (six, twelve) = _returned(group, days, seen, np.ones(400), 5)
    for g in range(4):
        curve = SurvfuncRight(days[group == g], seen[group == g])
        steps = pd.Series(curve.surv_prob, curve.surv_times)
        assert half[g] == steps.index[steps <= 0.5 + 1e-9][0]
        np.testing.assert_allclose(six[g], 1 - steps[steps.index <= 183].iloc[-1])
        np.testing.assert_allclose(twelve[g], 1 - steps[steps.index <= 365].iloc[-1])
    assert np.isnan(half[4])
    whole = rng.integers(1, 4, 400).astype(float)  # a weight of three is three duties alike
    weighted = _returned(group, days, seen, whole, 5)
    times = whole.astype(int)
    repeated = _returned(*(np.repeat(x, times) for x in (group, days, seen)), np.ones(times.sum()), 5)
    np.testing.assert_allclose(weighted[0], repeated[0])
    np.testing.assert_allclose(weighted[1], repeated[1])


def test_the_city_gives_back_about_what_was_put_in():
    """12 % of the cut duties were laid on again, 90 to 390 days later; the ordinary inflow adds to it."""
    city = simulate_city(tables=["places", "duties", "reforms", "outcomes"])
    table = added_back(city.study()).query("list == 'all'")
    districts = table[table["place_id"].isin(city.study().districts)]
    share = districts.groupby("match")["returned"].sum() / districts.groupby("match")["cut"].sum()
    assert calibration.ADDED_BACK * 0.7 < share["department"] < share["list"] < calibration.ADDED_BACK * 2


def test_a_reform_that_nobody_has_and_odd_windows():
    with pytest.raises(AnalysisError, match="no reform of this name"):
        added_back(make(BACK))
    with pytest.raises(AnalysisError, match="shorter than no days"):
        added_back(make(BACK), "r", days_before=-1)
    assert added_back(make(BACK, reforms=[("A", "r", "2030-01-01")]), "r").empty
    assert added_back(make([]), "r").empty
    assert added_back(make(BACK, window=None), "r").empty
    nowhere = pd.DataFrame([("D", "district", None), ("E", "district", None), ("A", "community", "D")],
                           columns=["place_id", "kind", "parent_id"])  # fmt: skip
    empty = make(BACK[:2], reforms=[("E", "r", "2021-07-01")], places=nowhere)
    assert added_back(empty, "r").empty  # no community in the place that reformed
    assert admission_reasons(empty, "r").empty
    assert hours_freed(empty, "r").empty
    city_wide = added_back(make(BACK, reforms=[("CITY", "r", "2021-07-01"), ("B", "r", "2021-12-01")]), "r")
    assert {"A", "B", "D"} == set(city_wide["place_id"])  # B is held by the city's earlier start


PEOPLE = pd.DataFrame({"person_id": ["w", "c", "r"], "community_id": "A",
                       "role": ["social_worker", "cadre", "resident"]})  # fmt: skip


def log(rows):
    table = pd.DataFrame(rows, columns=["time", "community_id", "source_id", "hours", "status"])
    return table.assign(time=pd.to_datetime(table["time"]), kind="help", target_id="t")


ACTS = [
    ("2021-05-03", "A", "w", 2.0, "done"), ("2021-05-04", "A", "r", 50.0, "done"),
    ("2021-05-05", "A", "w", 50.0, "cancelled"), ("2021-06-05", "A", "c", 4.0, None),
    ("2021-07-05", "A", "c", 99.0, "done"), ("2021-08-05", "A", "c", 9.0, "done"),
    ("2021-09-05", "A", "c", 12.0, "done"), ("2021-09-06", "B", "w", 50.0, "done"),
]  # fmt: skip
FEWER = [
    ("1", "A", "seal", "x", "2020-01-01", "2021-06-30", 30.0),
    ("2", "A", "seal", "x", "2020-01-01", None, 10.0),
    ("3", "B", "seal", "x", "2020-01-01", None, 10.0),
]


def test_hours_freed_by_hand():
    study = make(FEWER, people=PEOPLE, interactions=log(ACTS))
    table = hours_freed(study, "r", periods=2, settle=1)
    assert table["place_id"].tolist() == ["D", "A"]
    for row in table.to_dict("records"):
        assert (row["n"], row["n_staff"], row["periods_before"], row["periods_after"]) == (1, 2, 2, 2)
        assert (row["duty_hours_before"], row["duty_hours_after"], row["freed"]) == (40, 10, 30)
        assert (row["service_hours_before"], row["service_hours_after"]) == (3, 10.5)
        assert row["to_residents"] == pytest.approx(7.5 / 30)


def test_hours_not_stated_leave_a_community_out():
    acts = log([*ACTS, ("2021-08-06", "A", "w", None, "done")])
    table = hours_freed(make(FEWER, people=PEOPLE, interactions=acts), "r", periods=2, settle=1)
    assert table["n"].tolist() == [0, 0]
    assert table["freed"].isna().all()


@pytest.mark.parametrize(
    "arguments", [{"periods": 0}, {"periods": 1.5}, {"settle": -1}, {"roles": ("boss",)}]
)
def test_odd_arguments_are_refused(arguments):
    study = make(FEWER, people=PEOPLE, interactions=log(ACTS))
    with pytest.raises(AnalysisError):
        hours_freed(study, "r", **arguments)


def test_no_hours_to_compare_give_no_rows():
    assert hours_freed(make(FEWER), "r").empty  # no acts
    assert hours_freed(make([], people=PEOPLE, interactions=log(ACTS)), "r").empty
    early = make(FEWER, reforms=[("A", "r", "2020-01-01")], people=PEOPLE, interactions=log(ACTS))
    assert hours_freed(early, "r").empty  # nothing is known from before


def test_service_measures_by_hand():
    study = make(FEWER, people=PEOPLE, interactions=log(ACTS))
    table = service_measures(study).set_index(["place_id", "period", "measure"])
    assert table.loc[("A", "2021-05", "burden_service_hours"), ["value", "n"]].tolist() == [2, 1]
    assert table.loc[("A", "2021-05", "burden_service_acts"), "value"] == 1
    assert table.loc[("A", "2021-04", "burden_service_hours"), "value"] == 0
    assert table.loc[("D", "all", "burden_service_hours"), "value"] == pytest.approx(126 / 24)
    assert table.loc[("B", "2021-09", "burden_service_hours"), "n"] == 0  # no staff of its own
    assert set(table.index.get_level_values("measure")) == set(SERVICE)
    assert service_measures(make(FEWER)).empty


def target(rows):
    return pd.DataFrame(rows, columns=["list", "department", "max_hours"])


CARRIED = [
    ("1", "A", "seal", "x", "2020-01-01", None, 5.0),
    ("2", "A", "seal", "x", "2020-01-01", None, 6.0),
    ("3", "A", "seal", "y", "2020-01-01", None, None),
    ("4", "A", "ledger", "z", "2020-01-01", "2022-12-31", 1.0),
    ("5", "A", "ledger", "x", "2020-01-01", "2022-12-30", 1.0),  # over the day before
    ("6", "A", "assisted", None, "2020-01-01", None, 1.0),
    ("7", "B", "evaluation", "z", "2020-01-01", "2020-02-01", 1.0),
]


def test_target_by_hand():
    goal = target([("seal", "x", 10), ("seal", "y", 1), ("ledger", None, None), ("evaluation", "z", 3)])
    table = compare_with_target(make(CARRIED), goal)
    rows = table.astype(object).where(table.notna(), None).values.tolist()
    assert rows == [
        ["A", "assisted", None, "not_on_target", 1, 1, None, None],
        ["A", "evaluation", "z", "missing", 0, 0, 3, 0],
        ["A", "ledger", None, "on_target", 1, 1, None, None],
        ["A", "seal", "x", "over_hours", 2, 11, 10, 1],
        ["A", "seal", "y", "on_target", 1, None, 1, None],
        ["B", "evaluation", "z", "missing", 0, 0, 3, 0],
        ["B", "ledger", None, "missing", 0, 0, None, None],
        ["B", "seal", "x", "missing", 0, 0, 10, 0],
        ["B", "seal", "y", "missing", 0, 0, 1, 0],
    ]
    earlier = compare_with_target(make(CARRIED), goal, at="2022-12-30")
    assert earlier.query("place_id == 'A' and list == 'ledger'")["duties"].tolist() == [2]


def test_a_named_department_and_any_other():
    goal = target([("seal", "x", None), ("seal", None, None)])
    table = compare_with_target(make(CARRIED), goal).query("place_id == 'A' and list == 'seal'")
    assert table["duties"].tolist() == [2, 1]
    assert table["status"].tolist() == ["on_target", "on_target"]


def test_every_duty_in_force_is_in_one_row():
    study = simulate_city(2, 4, 14, 3, tables=["places", "duties", "outcomes"]).study()
    table = compare_with_target(study, target([("statutory", None, 10), ("seal", "Health", None)]))
    lasts = study.duties["end"].isna() | (study.duties["end"] == pd.Timestamp("2023-12-31"))
    assert table["duties"].sum() == lasts.sum()
    assert table.groupby("place_id").size().min() >= 2


@pytest.mark.parametrize(
    ("goal", "column"),
    [
        (pd.DataFrame({"list": ["seal"]}), "department"),
        (target([("stamps", "x", 1)]), "list"),
        (target([("seal", "x", 1), ("seal", "x", 2)]), "department"),
        (target([("seal", None, 1), ("seal", None, 2)]), "department"),
        (target([("seal", "x", "10小时")]), "max_hours"),
        (target([("seal", "x", -1)]), "max_hours"),
    ],
)
def test_a_bad_target_is_named(goal, column):
    with pytest.raises(AnalysisError) as error:
        compare_with_target(make(CARRIED), goal)
    assert error.value.where == f"target.{column}"


def test_a_day_is_needed():
    goal = target([("seal", "x", 1)])
    with pytest.raises(AnalysisError, match="no day to compare on"):
        compare_with_target(make(CARRIED, window=None), goal)
    with pytest.raises(AnalysisError, match="not a day"):
        compare_with_target(make(CARRIED), goal, at="soon")
