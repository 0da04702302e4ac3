"""System 15, services: elder canteens (Nanjing), cable smart communities (Suzhou), a policeman's aid fund.

On record: Nanjing 1.3 million old people, 1,255 communities, over 200 canteens running, a target of 30 % of
communities and 100,000 visits; Suzhou 61 smart communities, 10 % coverage; a first grant of the aid fund of
1,000 yuan. When each canteen opened, how visits divide, and one canteen that closed are made up. A canteen
or a smart community is a reform of its community; 1.3 million old people are a share of the people of the
city.
"""

import math

import pandas as pd
import pytest

from analysis.coverage import coverage_measures
from analysis.outcomes import outcome_measures
from analysis.panel import build_panel
from analysis.processes import fund_ledger

NANJING, SUZHOU = 1255, 610
PEOPLE = 6_500_000
OPENED = {"2016Q1": 50, "2016Q2": 100, "2016Q3": 160, "2016Q4": 204}  # canteens ever opened
TARGET = math.ceil(0.30 * NANJING)  # communities


@pytest.fixture(scope="module")
def study(frame, hold):
    nanjing = [f"N{i}" for i in range(NANJING)]
    suzhou = [f"Z{i}" for i in range(SUZHOU)]
    places = [("N", "district", None, PEOPLE, 1.3e6 / PEOPLE), ("Z", "district", None, None, None)]
    places += [(c, "community", c[0], None, None) for c in nanjing + suzhou]
    starts = {q: pd.Period(q).start_time for q in OPENED}
    reforms = [
        (c, "canteen", next(starts[q] for q, n in OPENED.items() if i < n), pd.NaT)
        for i, c in enumerate(nanjing[:204])
    ]
    reforms[0] = (*reforms[0][:3], pd.Timestamp("2016-11-30"))  # the first one closed again
    reforms += [(c, "smart_community", pd.Timestamp("2016-01-01"), pd.NaT) for c in suzhou[:61]]
    visits = [(c, "2016Q4", "visits", 100_000 / 203) for c in nanjing[1:204]]
    return hold(
        ("2016Q1", "2016Q4"),
        period="quarter",
        places=frame("place_id kind parent_id population share_elderly", places),
        matters=frame("matter_id process community_id", [("aid fund", "fund", "N0")]),
        ledger=frame(
            "entry_id matter_id side amount booked", [("g1", "aid fund", "spending", 1000, "2016-02-01")]
        ),
        reforms=frame("place_id reform start end", reforms),
        outcomes=frame("place_id period measure value", visits),
    )


def test_it_is_held(study, survives):
    place = study.places.set_index("place_id").loc["N"]
    assert place["population"] * place["share_elderly"] == pytest.approx(1_300_000)
    survives(study)


def test_roll_out_of_canteens(study, cell):
    found = coverage_measures(study)
    at = {"place_id": "N", "measure": "coverage_canteen"}
    for quarter, number in OPENED.items():
        running = number - (quarter == "2016Q4")  # one closed in the last quarter
        assert cell(found, period=quarter, **at) == pytest.approx(running / NANJING)
        assert cell(found, "n", period=quarter, **at) == NANJING
    missing = TARGET - cell(found, period="2016Q4", **at) * NANJING
    assert missing == pytest.approx(377 - 203)


def test_starts_are_ready_for_an_effect(study):
    panel = build_panel(study)
    nanjing = panel[panel["district_id"] == "N"].drop_duplicates("place_id")
    starts = nanjing["cohort_canteen"].value_counts().sort_index().tolist()
    assert starts == [50, 50, 60, 44]
    assert nanjing["cohort_canteen"].isna().sum() == NANJING - 204


def test_use(study, cell):
    found = outcome_measures(study)
    at = {"place_id": "N", "period": "2016Q4", "measure": "visits"}
    mean, canteens = cell(found, **at), cell(found, "n", **at)
    assert canteens == 203
    assert mean * canteens == pytest.approx(100_000)


def test_smart_communities_and_the_aid_fund(study, cell):
    found = coverage_measures(study)
    at = {"place_id": "Z", "period": "2016Q1", "measure": "coverage_smart_community"}
    assert cell(found, **at) == pytest.approx(0.10)
    assert cell(found, "n", **at) * cell(found, **at) == pytest.approx(61)
    assert cell(fund_ledger(study), "spent", matter_id="aid fund") == 1000
