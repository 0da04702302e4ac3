import numpy as np
import pandas as pd
import pytest

from analysis.burden import admission_reasons, burden_by_department, burden_measures
from analysis.errors import AnalysisError
from analysis.simulate import simulate_city
from analysis.tables.study import Study

PLACES = pd.DataFrame(
    [("D", "district", None), ("A", "community", "D"), ("B", "community", "D"), ("C", "community", "D")],
    columns=["place_id", "kind", "parent_id"],
)
FIELDS = ["duty_id", "community_id", "list", "department", "start", "end", "hours_per_month",
          "on_list", "agreement", "funded"]  # fmt: skip
DUTIES = [
    ("1", "A", "seal", "Health", "2020-01-01", None, 2.0, True, None, None),
    ("2", "A", "seal", "Health", "2021-01-01", None, 3.0, False, True, True),
    ("3", "A", "seal", "Police", "2021-01-17", "2021-01-31", 8.0, False, True, False),
    ("4", "A", "ledger", None, "2021-02-01", None, 1.0, False, False, False),
    ("5", "B", "ledger", "Health", "2021-02-01", None, None, False, None, False),
    ("6", "B", "assisted", "Water", "2021-02-01", None, 4.0, None, True, None),
    ("7", "B", "assisted", "Housing", "2021-02-01", None, 4.0, False, False, None),
]


def make(duties=DUTIES, window=("2021-01", "2021-02"), **frames):
    table = pd.DataFrame(duties, columns=FIELDS)
    table[["start", "end"]] = table[["start", "end"]].apply(pd.to_datetime)
    return Study.from_frames({"places": PLACES, "duties": table, **frames}, window=window)


@pytest.mark.parametrize(
    ("place", "period", "department", "duties", "hours", "n", "n_hours"),
    [
        ("A", "2021-01", "Health", 2, 5, 1, 1),
        ("A", "2021-01", "Police", 15 / 31, 8 * 15 / 31, 1, 1),
        ("A", "2021-02", "Police", 0, 0, 1, 1),
        ("A", "2021-02", None, 1, 1, 1, 1),
        ("A", "all", "Police", 15 / 59, 8 * 15 / 59, 1, 1),
        ("B", "2021-02", "Health", 1, np.nan, 1, 0),
        ("B", "2021-01", "Health", 0, 0, 1, 1),
        ("D", "2021-02", "Health", 3 / 2, 5, 2, 1),
        ("D", "2021-02", "Water", 1 / 2, 2, 2, 2),
    ],
)
def test_by_department_by_hand(place, period, department, duties, hours, n, n_hours):
    table = burden_by_department(make())
    where = (table["place_id"] == place) & (table["period"] == period)
    where &= table["department"].isna() if department is None else table["department"] == department
    (row,) = table[where].itertuples()
    np.testing.assert_allclose([row.duties, row.hours], [duties, hours])
    assert (row.n, row.n_hours) == (n, n_hours)


def test_departments_add_up_to_all_duties():
    study = simulate_city(2, 4, 14, 3, tables=["places", "duties", "outcomes"]).study()
    parts = burden_by_department(study).groupby(["place_id", "period"])[["duties", "hours"]].sum()
    whole = burden_measures(study).pivot_table(
        index=["place_id", "period"], columns="measure", values="value"
    )
    whole = whole.loc[parts.index]
    np.testing.assert_allclose(parts["duties"], whole["burden_duties"])
    np.testing.assert_allclose(parts["hours"], whole["burden_hours"])


@pytest.mark.parametrize(
    ("place", "period", "measure", "value", "n"),
    [
        ("A", "2021-01", "departments", 2, 1),
        ("A", "2021-02", "departments", 1, 1),  # one duty does not say whose it is
        ("A", "2021-02", "herfindahl", 1, 1),
        ("A", "2021-01", "herfindahl", (2**2 + (15 / 31) ** 2) / (2 + 15 / 31) ** 2, 1),
        ("D", "2021-02", "herfindahl", (9 + 1 + 1) / 25, 2),  # Health 3, Water 1, Housing 1
        ("D", "2021-02", "top3", 1, 2),
        ("B", "2021-01", "herfindahl", np.nan, 0),  # nothing in force
        ("C", "all", "top3", np.nan, 0),  # has not reported
    ],
)
def test_concentration_by_hand(place, period, measure, value, n):
    table = burden_measures(make()).set_index(["place_id", "period", "measure"])
    row = table.loc[(place, period, f"burden_{measure}")]
    np.testing.assert_allclose(row["value"], value)
    assert row["n"] == n


def test_top_three_of_many_departments():
    rows = [(str(i), "A", "seal", d, "2020-01-01", None, 1.0, True, None, None)
            for i, d in enumerate("aaaabbbccd")]  # fmt: skip
    table = burden_measures(make(rows)).set_index(["place_id", "period", "measure"])["value"]
    assert table["D", "2021-01", "burden_top3"] == pytest.approx(9 / 10)
    assert table["D", "2021-01", "burden_departments"] == 4
    assert table["D", "2021-01", "burden_herfindahl"] == pytest.approx((16 + 9 + 4 + 1) / 100)


def test_no_duties_give_no_rows():
    assert len(burden_by_department(make([]))) == 0
    assert len(admission_reasons(make([]))) == 0
    assert list(burden_by_department(make([])).columns) == list(burden_by_department(make()).columns)
    assert list(admission_reasons(make([])).columns) == list(admission_reasons(make()).columns)
    assert len(admission_reasons(make(window=None))) == 0


@pytest.mark.parametrize(
    ("place", "name", "reason", "duties", "share"),
    [
        ("A", "all", "on_list", 0, 0),  # duty 1 is older than the study
        ("A", "all", "agreement_and_money", 1, 1 / 3),
        ("A", "all", "no_money", 1, 1 / 3),
        ("A", "all", "neither", 1, 1 / 3),
        ("A", "seal", "no_money", 1, 1 / 2),
        ("B", "all", "no_money", 1, 1 / 2),  # duty 5: its agreement is not stated
        ("B", "all", "no_agreement", 1, 1 / 2),
        ("B", "all", "not_stated", 1, np.nan),
        ("D", "all", "not_stated", 1, np.nan),
        ("D", "all", "agreement_and_money", 1, 1 / 5),
    ],
)
def test_reasons_by_hand(place, name, reason, duties, share):
    table = admission_reasons(make()).set_index(["place_id", "list", "phase", "reason"])
    row = table.loc[(place, name, "all", reason)]
    assert row["duties"] == duties
    np.testing.assert_allclose(row["share"], share)


def test_reasons_agree_with_the_measure_and_count_every_new_duty():
    study = simulate_city(2, 4, 14, 3, tables=["places", "duties", "reforms", "outcomes"]).study()
    table = admission_reasons(study)
    measure = burden_measures(study).query("period == 'all' and measure == 'burden_admission'")
    share = (
        table[table["compliant"].fillna(False) & (table["list"] == "all")].groupby("place_id")["share"].sum()
    )
    expected = measure.set_index("place_id")["value"].dropna()
    np.testing.assert_allclose(share.loc[expected.index], expected)
    by_list = table[table["list"] != "all"].groupby(["place_id", "reason"])["duties"].sum()
    total = table[table["list"] == "all"].set_index(["place_id", "reason"])["duties"]
    assert (by_list == total.loc[by_list.index]).all()
    phases = admission_reasons(study, "burden_reduction")
    assert set(phases["phase"]) == {"before", "after"}
    assert phases["duties"].sum() <= table["duties"].sum()


def test_before_and_after_a_reform():
    reforms = pd.DataFrame({"place_id": ["D"], "reform": ["r"], "start": pd.to_datetime(["2021-01-17"])})
    table = admission_reasons(make(reforms=reforms), "r").set_index(["place_id", "list", "phase", "reason"])
    assert table.loc[("A", "seal", "before", "agreement_and_money"), "duties"] == 1
    assert table.loc[("A", "seal", "after", "no_money"), "duties"] == 1  # starts on the reform's first day
    with pytest.raises(AnalysisError, match="no reform of this name") as error:
        admission_reasons(make(reforms=reforms), "s")
    assert error.value.expected == "one of r"


def test_nothing_is_changed_and_row_order_does_not_matter():
    study = make()
    before = study.duties.copy()
    table = burden_by_department(study)
    pd.testing.assert_frame_equal(study.duties, before)
    turned = burden_by_department(make(DUTIES[::-1]))
    keys = ["place_id", "period", "department"]
    pd.testing.assert_frame_equal(
        *(t.sort_values(keys).reset_index(drop=True) for t in (table, turned)), check_exact=False
    )
    reasons = admission_reasons(study)
    pd.testing.assert_frame_equal(reasons, admission_reasons(make(DUTIES[::-1])))
