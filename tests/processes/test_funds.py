import numpy as np
import pandas as pd
import pytest

from analysis.errors import AnalysisError
from analysis.processes import FUNDS, fund_ledger, fund_measures, incident_series
from analysis.simulate import simulate_city
from analysis.tables.study import Study

PLACES = pd.DataFrame(
    [("D", "district", None), ("A", "community", "D"), ("B", "community", "D")],
    columns=["place_id", "kind", "parent_id"],
)
MATTERS = pd.DataFrame(
    [
        ("m1", "fund", "A", "cameras", 350_000.0),
        ("m2", "fund", "A", "ramps", 1_000.0),
        ("m3", "fund", "B", "lamps", None),
        ("m4", "fund", "B", "none", 500.0),  # nothing on record
        ("m5", "consultation", "B", "bench", 0.0),
        ("m6", "request", "B", "leak", 50.0),  # no entries, no fund
    ],
    columns=["matter_id", "process", "community_id", "category", "amount"],
)
LEDGER = [
    ("m1", "income", 300_000, "2021-01-05", "2021-01-15"),
    ("m1", "income", 100_000, "2021-02-05", None),
    ("m1", "spending", 340_000, "2021-03-01", "2021-05-01"),
    ("m2", "income", 900, "2021-03-01", "2021-03-31"),
    ("m2", "spending", 1_001, "2021-03-02", "2021-03-01"),  # announced the day before
    ("m3", "spending", 10, "2021-06-20", None),
    ("m5", "spending", 5, "2021-06-20", "2021-07-05"),  # made public after the study
    ("m1", "spending", 99_999, "2021-07-01", None),  # booked after the study
]


def make(ledger=LEDGER, window=("2021-01", "2021-06"), **frames):
    table = pd.DataFrame(ledger, columns=["matter_id", "side", "amount", "booked", "published"])
    table[["booked", "published"]] = table[["booked", "published"]].apply(pd.to_datetime)
    table["entry_id"] = [f"e{i}" for i in range(len(table))]
    tables = {"places": PLACES, "matters": MATTERS, "ledger": table} | frames
    return Study.from_frames(tables, window=window)


def test_every_project_by_hand():
    table = fund_ledger(make()).set_index("matter_id")
    assert table.index.tolist() == ["m1", "m2", "m3", "m4", "m5"]
    assert table["entries"].tolist() == [3, 2, 1, 0, 1]
    np.testing.assert_allclose(table["income"], [400_000, 900, 0, np.nan, 0])
    np.testing.assert_allclose(table["spent"], [340_000, 1_001, 10, np.nan, 5])
    np.testing.assert_allclose(table["remaining"], [10_000, -1, np.nan, np.nan, -5])
    np.testing.assert_allclose(table["balance"], [60_000, -101, -10, np.nan, -5])
    assert table["overspent"].astype(object).where(table["overspent"].notna(), None).tolist() == [
        False, True, None, None, True,
    ]  # fmt: skip
    assert table["published"].tolist() == [2, 2, 0, 0, 0]
    # m1: 10 days, 145+ of 5 February, 61; m2: 30 and 0; m3: 10 days are too few to judge
    np.testing.assert_allclose(table["published_30"], [1 / 3, 1, np.nan, np.nan, np.nan])
    np.testing.assert_allclose(table["publication_days"], [61, 15, np.nan, np.nan, np.nan])
    assert table.loc["m1", "last_booked"] == pd.Timestamp("2021-03-01")


@pytest.mark.parametrize(
    ("place", "period", "measure", "value", "n"),
    [
        ("A", "2021-01", "income", 300_000, 1),
        ("A", "2021-03", "spent", 341_001, 2),
        ("A", "2021-04", "spent", 0, 0),
        ("D", "all", "spent", 341_016, 4),
        ("D", "all", "income", 400_900, 3),
        ("A", "2021-02", "balance", 400_000, 2),
        ("A", "2021-04", "balance", 59_899, 5),
        ("D", "all", "balance", 400_900 - 341_016, 7),
        ("B", "2021-05", "balance", np.nan, 0),
        ("A", "all", "published_30", 3 / 5, 5),
        ("D", "2021-06", "published_30", np.nan, 0),
        ("A", "2021-03", "publication_days", 30, 3),  # 61, 30, 0
        ("B", "all", "publication_days", np.nan, 2),
        ("A", "2021-01", "budget_used", 340 / 350, 1),
        ("A", "all", "budget_used", 341_001 / 351_000, 2),
        ("D", "all", "overspent", 2 / 3, 3),
        ("B", "all", "overspent", 1, 1),
        ("B", "all", "budget_used", np.nan, 0),  # a budget of nothing
    ],
)
def test_measures_by_hand(place, period, measure, value, n):
    frame = fund_measures(make()).set_index(["place_id", "period", "measure"])
    row = frame.loc[(place, period, f"ledger_{measure}")]
    np.testing.assert_allclose(row["value"], value)
    assert row["n"] == n


def test_entries_before_the_window_are_in_the_balance_alone():
    study = make([("m1", "income", 70, "2020-12-01", None), *LEDGER])
    frame = fund_measures(study).set_index(["place_id", "period", "measure"])["value"]
    assert frame["A", "2021-01", "ledger_balance"] == 300_070
    assert frame["A", "all", "ledger_income"] == 400_900
    assert fund_ledger(study).set_index("matter_id").loc["m1", "income"] == 400_070


def test_every_cell_once_and_nothing_without_a_ledger():
    study = make()
    before = study.ledger.copy()
    frame = fund_measures(study)
    assert len(frame) == 3 * 7 * len(FUNDS)
    assert not frame.duplicated(["place_id", "period", "measure"]).any()
    pd.testing.assert_frame_equal(study.ledger, before)
    pd.testing.assert_frame_equal(frame, fund_measures(make(LEDGER[::-1])))
    assert fund_measures(make([])).empty
    assert fund_measures(make(window=None)).empty
    none = fund_ledger(make([]))
    assert none["matter_id"].tolist() == ["m1", "m2", "m3", "m4"]
    assert none["spent"].isna().all()
    assert fund_ledger(make(window=None))["entries"].tolist() == [4, 2, 1, 0, 1]
    assert fund_ledger(make([], matters=MATTERS.iloc[:0])).empty


def test_sums_of_the_city_agree_with_the_ledger():
    study = simulate_city(2, 6, 36, 7, tables=["places", "matters", "ledger", "reforms", "outcomes"]).study()
    table, frame = fund_ledger(study), fund_measures(study)
    assert table["entries"].sum() == len(study.ledger)
    whole = frame[(frame["period"] == "all") & frame["place_id"].isin(study.districts)]
    sums = whole.groupby("measure")["value"].sum()
    by_side = study.ledger.groupby("side")["amount"].sum()
    assert sums["ledger_income"] == by_side["income"] == table["income"].sum()
    assert sums["ledger_spent"] == by_side["spending"] == table["spent"].sum()
    assert sums["ledger_balance"] == table["balance"].sum()


INCIDENTS = pd.DataFrame(
    [("A", "2021-01", "incidents", 9.0, 100), ("A", "2021-02", "incidents", 8.0, None),
     ("A", "2021-05", "incidents", 2.0, 100), ("D", "2021-02", "incidents", 5.0, 9),
     ("A", "2021-02", "trust", 50.0, 9)],
    columns=["place_id", "period", "measure", "value", "n"],
)  # fmt: skip
STEPS = pd.DataFrame(
    {"matter_id": ["m1", "m1", "m2"], "step": ["spent", "reviewed", "budgeted"],
     "time": pd.to_datetime(["2021-03-04 10:00", "2021-05-04 09:00", "2021-02-01 09:00"])}
)  # fmt: skip


def test_a_series_by_hand():
    series = incident_series(make(outcomes=INCIDENTS, steps=STEPS), "incidents", "A", matter_id="m1")
    assert series["period"].tolist() == [f"2021-0{i}" for i in range(1, 7)]
    np.testing.assert_allclose(series["value"], [9, 8, np.nan, np.nan, 2, np.nan])
    assert series["n"].isna().tolist() == [False, True, True, True, False, True]
    assert series["after"].tolist() == [0, 0, 1, 1, 1, 1]
    assert series["periods_since"].tolist() == [-2, -1, 0, 1, 2, 3]
    assert series["time"].tolist() == list(range(612, 618))
    assert series.attrs == {"measure": "incidents", "completed": "2021-03-04", "matter_id": "m1"}


def test_where_a_project_ends():
    study = make(outcomes=INCIDENTS)
    assert incident_series(study, "incidents", "A", matter_id="m2").attrs["completed"] == "2021-03-02"
    assert incident_series(study, "incidents", "D", completed="2021-02-10").attrs["matter_id"] is None
    only = make([entry for entry in LEDGER if entry[0] != "m2"], outcomes=INCIDENTS)
    assert incident_series(only, "incidents", "A").attrs["matter_id"] == "m1"
    quarters = INCIDENTS.query("measure == 'incidents' and place_id == 'D'").assign(period="2021Q1")
    study = Study.from_frames(make(steps=STEPS).frames | {"outcomes": quarters}, period="quarter",
                              window=("2021Q1", "2021Q2"))  # fmt: skip
    assert incident_series(study, "incidents", "D", completed="2021-04-02")["after"].tolist() == [0, 1]


@pytest.mark.parametrize(
    ("arguments", "where"),
    [
        ({"measure": "crimes", "place": "A"}, "outcomes.measure"),
        ({"measure": "incidents", "place": "B"}, "outcomes.place_id"),
        ({"measure": "incidents", "place": "A"}, "matter_id"),  # two projects ended
        ({"measure": "incidents", "place": "A", "matter_id": "m3"}, "matter_id"),  # of another place
        ({"measure": "incidents", "place": "A", "matter_id": "m9"}, "matter_id"),
        ({"measure": "incidents", "place": "A", "completed": "soon"}, "completed"),
        ({"measure": "incidents", "place": "A", "completed": "2020-12-31"}, "completed"),
        ({"measure": "incidents", "place": "A", "completed": "2021-07-01"}, "completed"),
    ],
)
def test_a_series_that_cannot_be_made(arguments, where):
    with pytest.raises(AnalysisError) as error:
        incident_series(make(outcomes=INCIDENTS), **arguments)
    assert error.value.where == where
    assert error.value.mend


def test_the_city_gives_a_series_for_each_finished_project():
    study = simulate_city(
        2, 6, 36, 7, tables=["places", "matters", "steps", "ledger", "reforms", "outcomes"]
    ).study()
    done = study.steps[study.steps["step"] == "spent"].merge(study.matters, on="matter_id")
    assert len(done) > 2
    for project in done.itertuples():
        series = incident_series(study, "incidents", project.community_id, matter_id=project.matter_id)
        assert len(series) == 36
        assert 0 < series["after"].sum() <= 36
        assert series.loc[series["periods_since"] == 0, "period"].item() == str(project.time.to_period("M"))
