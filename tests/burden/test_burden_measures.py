import numpy as np
import pandas as pd
import pytest

from analysis.burden import MEASURES, burden_measures
from analysis.tables.measures import COLUMNS, describe
from analysis.tables.study import Study
from analysis.tables.values import DUTY_LISTS

PLACES = pd.DataFrame(
    [
        ("D", "district", None),
        ("S", "street", "D"),
        ("A", "community", "S"),
        ("B", "community", "S"),
        ("U", "unit", "B"),
        ("C", "community", "D"),  # carries no duty on record
        ("E", "community", None),
    ],
    columns=["place_id", "kind", "parent_id"],
)
FIELDS = [
    "duty_id",
    "community_id",
    "list",
    "start",
    "end",
    "hours_per_month",
    "on_list",
    "agreement",
    "funded",
]
DUTIES = [
    ("1", "A", "statutory", "2020-05-01", None, 10.0, True, None, None),
    ("2", "A", "ledger", "2021-02-15", None, 4.0, False, True, True),
    ("3", "A", "ledger", "2020-01-01", "2021-01-10", 31.0, False, False, None),
    ("4", "B", "seal", "2021-02-01", "2021-02-28", 2.0, False, True, False),
    ("5", "B", "seal", "2021-02-28", "2021-02-28", None, None, None, None),
    ("6", "U", "assisted", "2021-03-01", "2021-03-31", 8.0, None, True, True),
    ("7", "D", "assisted", "2021-01-01", None, 99.0, True, True, True),  # on no community
]


def make(duties=DUTIES, window=("2021-01", "2021-03"), **attributes):
    table = pd.DataFrame(duties, columns=FIELDS)
    table[["start", "end"]] = table[["start", "end"]].apply(pd.to_datetime)
    return Study.from_frames({"places": PLACES, "duties": table}, window=window, **attributes)


@pytest.fixture(scope="module")
def cells():
    return burden_measures(make()).set_index(["place_id", "period", "measure"])


@pytest.mark.parametrize(
    ("place", "period", "measure", "value", "n"),
    [
        ("A", "2021-01", "duties_statutory", 1, 1),
        ("A", "2021-01", "duties_ledger", 10 / 31, 1),
        ("A", "2021-01", "duties", 1 + 10 / 31, 1),
        ("A", "2021-01", "hours", 10 + 31 * 10 / 31, 1),
        ("A", "2021-01", "duties_seal", 0, 1),
        ("A", "2021-02", "duties_ledger", 14 / 28, 1),  # 15th to 28th, both included
        ("A", "2021-02", "hours_ledger", 2, 1),
        ("A", "2021-03", "duties", 2, 1),
        ("B", "2021-01", "duties", 0, 1),
        ("B", "2021-01", "hours", 0, 1),
        ("B", "2021-02", "duties", 1 + 1 / 28, 1),
        ("B", "2021-02", "hours", np.nan, 0),  # one of them does not state its hours
        ("B", "2021-02", "hours_assisted", 0, 1),
        ("B", "2021-03", "hours_assisted", 8, 1),  # laid on a unit of it
        ("S", "2021-02", "duties", (1.5 + 1 + 1 / 28) / 2, 2),
        ("S", "2021-02", "hours", 12, 1),  # of the one community that is known
        ("D", "2021-03", "duties", (2 + 1) / 2, 2),  # C has not reported
        ("C", "2021-03", "duties", np.nan, 0),
        ("A", "all", "duties_ledger", (10 + 14 + 31) / 90, 1),
        ("A", "all", "hours_statutory", 10, 1),
        ("D", "all", "duties_assisted", (31 / 90) / 2, 2),
        ("A", "2021-02", "new", 1, 1),
        ("A", "2021-01", "new", 0, 1),
        ("S", "2021-02", "new", 3 / 2, 2),
        ("D", "all", "new", 4 / 2, 2),
        ("A", "2021-02", "admission", 1, 1),  # off the list, with agreement and money
        ("B", "2021-02", "admission", 0, 1),  # duty 4; the flags of duty 5 do not tell
        ("B", "2021-03", "admission", 1, 1),  # unlisted or not, it has both
        ("S", "2021-02", "admission", 1 / 2, 2),
        ("A", "2021-01", "admission", np.nan, 0),
        ("E", "all", "admission", np.nan, 0),
    ],
)
def test_by_hand(cells, place, period, measure, value, n):
    found = cells.loc[(place, period, f"burden_{measure}")]
    np.testing.assert_allclose(found["value"], value)
    assert found["n"] == n


def test_a_duty_above_the_communities_counts_nowhere(cells):
    assert cells.loc[("D", "2021-01", "burden_duties_assisted"), "value"] == 0
    assert np.isnan(cells.loc[("D", "2021-01", "burden_admission"), "value"])


def test_lists_add_up_to_the_total(cells):
    wide = cells["value"].unstack()
    for amount in ("duties", "hours"):
        total = wide[[f"burden_{amount}_{name}" for name in DUTY_LISTS]].sum(axis=1, skipna=False)
        known = wide.index.get_level_values("place_id").isin(["A", "B"])
        np.testing.assert_allclose(total[known], wide.loc[known, f"burden_{amount}"])


def test_every_place_period_and_measure_is_there_once():
    frame = burden_measures(make())
    assert tuple(frame.columns) == COLUMNS
    assert frame["measure"].drop_duplicates().tolist() == list(MEASURES)
    assert len(frame) == 6 * 4 * len(MEASURES)
    assert not frame.duplicated(["place_id", "period", "measure"]).any()
    assert (frame["n"].eq(0) == frame["value"].isna()).all()


def test_days_counted_one_by_one():
    rng = np.random.default_rng(1)
    n = 300
    start = pd.Timestamp("2020-06-01") + pd.to_timedelta(rng.integers(0, 500, n), unit="D")
    end = pd.Series(start + pd.to_timedelta(rng.integers(0, 200, n), unit="D")).mask(rng.random(n) < 0.3)
    rows = pd.DataFrame(
        {
            "duty_id": [str(i) for i in range(n)],
            "community_id": rng.choice(["A", "B", "C", "E"], n),
            "list": rng.choice(list(DUTY_LISTS), n),
            "start": start,
            "end": end,
            "hours_per_month": rng.uniform(0, 9, n),
            "on_list": None,
            "agreement": None,
            "funded": None,
        }
    )
    for period, label in (("month", "2021-02"), ("quarter", "2021Q1"), ("year", "2021")):
        span = pd.Period(label)
        study = make(rows, window=(label, label), period=period)
        frame = burden_measures(study).set_index(["place_id", "period", "measure"])["value"]
        days = pd.date_range(span.start_time, span.end_time.normalize())
        on = [(rows["start"] <= day) & ~(rows["end"] < day) for day in days]
        for place in "ABCE":
            here = rows["community_id"] == place
            count = np.mean([(d & here).sum() for d in on])
            hours = np.mean([rows.loc[d & here, "hours_per_month"].sum() for d in on])
            for when in (label, "all"):
                assert frame[place, when, "burden_duties"] == pytest.approx(count)
                assert frame[place, when, "burden_hours"] == pytest.approx(hours)


def test_row_order_and_identifiers_do_not_matter_and_nothing_is_mutated():
    study = make()
    before = {name: table.copy() for name, table in study.frames.items()}
    frame = burden_measures(study)
    for name, table in before.items():
        pd.testing.assert_frame_equal(study.frames[name], table)
    shuffled = study.duties.sample(frac=1, random_state=3).assign(duty_id=[f"x{i}" for i in range(7)])
    again = burden_measures(Study.from_frames(study.frames | {"duties": shuffled}, window=study.window))
    pd.testing.assert_frame_equal(frame, again)


def test_a_district_alone_measures_the_same():
    frame, alone = burden_measures(make()), burden_measures(make().district("D"))
    inside = frame[frame["place_id"].isin(set(alone["place_id"]))].reset_index(drop=True)
    pd.testing.assert_frame_equal(inside, alone)


def test_studies_without_duties_or_without_a_window():
    assert burden_measures(Study.from_frames({})).empty
    empty = burden_measures(make([]))
    assert empty.empty
    assert tuple(empty.columns) == COLUMNS
    timeless = burden_measures(make(window=None))
    assert set(timeless["period"]) == {"all"}
    assert timeless["value"].isna().all()
    nowhere = burden_measures(make([("1", "D", "seal", "2021-01-01", None, 1.0, True, None, None)]))
    assert len(nowhere) == 6 * 4 * len(MEASURES)
    assert nowhere["value"].isna().all()


def test_an_end_before_the_start_lays_no_burden():
    row = ("1", "A", "seal", "2021-02-10", "2021-02-01", 5.0, True, None, None)
    frame = burden_measures(make([row])).set_index(["place_id", "period", "measure"])["value"]
    assert frame["A", "2021-02", "burden_duties"] == 0
    assert frame["A", "2021-02", "burden_hours"] == 0


def test_the_registry_describes_every_measure():
    table = describe(MEASURES)
    assert (table["name"] == list(MEASURES)).all()
    assert (table.map(len) > 0).all(axis=None)
    assert len(MEASURES) == 2 * 6 + 2 + 3
