"""System 8, rural communities of Anhui (安徽农村社区): who is included, and a design of pilots year by year.

On record: 10 pilot counties each year; one village - one community; consultation with registered and
non-registered residents; one-stop centres; pay rules for cadres. Years, the number of other counties, who
takes part, and the gains are made up, so that results are known. A county is a district of the study.
"""

import pandas as pd
import pytest

from analysis import att_gt, build_panel, event_study, imputation
from analysis.coverage import coverage_measures, organisation_coverage
from analysis.processes import process_measures, representation
from analysis.tables.periods import periods_between

WINDOW = ("2010", "2015")
COUNTIES = [f"X{i:02}" for i in range(40)]
VILLAGES = [f"{x}-{k}" for x in COUNTIES for k in range(3)]
PILOTS = {x: 2012 + i // 10 for i, x in enumerate(COUNTIES[:30])}
GAINS = {2012: 4.0, 2013: 3.0, 2014: 1.0}


@pytest.fixture(scope="module")
def study(frame, hold, trending):
    starts = {v: (PILOTS[v[:3]] - 2010, GAINS[PILOTS[v[:3]]]) for v in VILLAGES if v[:3] in PILOTS}
    people = [(f"r{i}", "X00-0", "registered") for i in range(70)]
    people += [(f"n{i}", "X00-0", "non_registered") for i in range(30)]
    came = [f"r{i}" for i in range(18)] + [f"n{i}" for i in range(6)]
    matters = [("c1", "consultation", "X00-0"), ("s1", "request", "X00-0"), ("s2", "request", "X00-1")]
    steps = [("c1", "raised", "2012-05-01"), ("s1", "raised", "2012-05-01"), ("s1", "answered", "2012-05-02"),
             ("s2", "raised", "2012-05-01"), ("s2", "answered", "2012-05-04")]  # fmt: skip
    return hold(
        WINDOW,
        period="year",
        places=frame(
            "place_id kind parent_id",
            [(x, "district", None) for x in COUNTIES] + [(v, "community", v[:3]) for v in VILLAGES],
        ),
        people=frame("person_id community_id residency", people),
        organisations=frame(
            "org_id kind community_id name", [(f"centre {v}", "other", v, "one-stop centre") for v in starts]
        ),
        interactions=frame("time community_id kind source_id gathering_id",
                           [("2012-05-03", "X00-0", "meeting", p, "c1") for p in came]),
        matters=frame("matter_id process community_id", matters),
        steps=frame("matter_id step time", steps),
        outcomes=pd.concat(
            [trending(VILLAGES, periods_between(*WINDOW, "year"), starts),
             frame("place_id period measure value n",
                   [(v, "2015", "cadre_pay", 24_000.0, 3) for v in VILLAGES[:3]])]
        ),
        reforms=frame(
            "place_id reform start", [(x, "rural_community", f"{y}-01-01") for x, y in PILOTS.items()]
        ),
    )  # fmt: skip


@pytest.fixture(scope="module")
def panel(study):
    return build_panel(study)


KEYS = {"unit": "place_id", "time": "time", "cohort": "cohort_rural_community", "cluster": "district_id"}


def test_it_is_held(study, survives):
    assert len(study.tree.communities) == 120  # one village - one community
    survives(study)


def test_inclusion_of_non_registered(study, cell):
    found = representation(study, "residency", base="people")
    assert cell(found, "ratio", place_id="X00-0", level="non_registered") == pytest.approx((6 / 24) / 0.3)
    assert cell(found, "participants", place_id="X00-0", level="registered") == 18


def test_pilots_by_year(study, cell):
    found = coverage_measures(study)
    at = {"place_id": "X00", "measure": "coverage_rural_community"}
    assert [cell(found, period=str(y), **at) for y in (2011, 2012)] == [0, 1]
    year = found[(found["measure"] == at["measure"]) & found["place_id"].isin(study.districts)]
    pilots = year.groupby("period")["value"].sum().to_dict()
    assert pilots == {"2010": 0, "2011": 0, "2012": 10, "2013": 20, "2014": 30, "2015": 30, "all": 30}


def test_staggered_design(panel):
    found = att_gt(panel, "satisfaction", **KEYS, n_boot=0)
    by_cohort = found.aggregate("cohort").table.set_index("term")["estimate"]
    assert by_cohort.tolist() == pytest.approx([4, 3, 1, (4 + 3 + 1) / 3])
    years = (4 * 4 + 3 * 3 + 2 * 1) / (4 + 3 + 2)  # each cohort by its years under treatment
    assert found.aggregate("overall").table["estimate"].iloc[0] == pytest.approx(years)
    imputed = imputation(panel, "satisfaction", **KEYS)
    assert imputed.table.set_index("term").loc["overall", "estimate"] == pytest.approx(years)
    assert imputed.n_clusters == 40
    lags = event_study(panel, "satisfaction", **KEYS).table.set_index("event_time")["estimate"]
    assert lags[0] == pytest.approx((4 + 3 + 1) / 3)
    assert lags[3] == pytest.approx(4)  # only the first cohort has been in for three years
    assert lags[-2] == pytest.approx(0, abs=1e-9)


def test_one_stop_service_and_pay(study, cell):
    found = process_measures(study)
    assert cell(found, place_id="X00", period="all", measure="request_days_to_answer") == (1 + 3) / 2
    assert cell(organisation_coverage(study), "share", place_id="X00", kind="other") == 1
    pay = build_panel(study).set_index(["place_id", "period"])["cadre_pay"]
    assert pay[("X00-0", "2015")] == 24_000
