"""System 7, the community fund of Nanxiang (上海南翔社区基金): its ledger, who watches it, what it changed.

On record: 1 million yuan donated; the first project 42 new cameras for 350,000 yuan in place of 32 of 2006;
a semi-open street of 199 households and 50 shops; owners refused repair funds in 2014, the fund came in the
first half of 2015; police, property firm, owners' committee and residents' council all take part. Incidents
are not on record: here they fall from 12 to 7 a month, so that the result is known. Cameras are held as an
outcome.
"""

import numpy as np
import pytest

from analysis.effects import interrupted_series
from analysis.networks import alliances, fund_oversight, memberships
from analysis.processes import fund_ledger, fund_measures, incident_series, process_measures
from analysis.tables.periods import periods_between

WINDOW = ("2013-07", "2017-06")
MONTHS = periods_between(*WINDOW)
DONE = "2015-06"
STEPS = [
    ("refused", "proposed", "2014-03-01", "property"), ("refused", "decided", "2014-05-01", "owners"),
    ("cameras", "proposed", "2015-02-01", "council"), ("cameras", "decided", "2015-03-01", "council"),
    ("cameras", "decided", "2015-03-01", "owners"), ("cameras", "budgeted", "2015-03-10", "council"),
    ("cameras", "published", "2015-03-15", "council"), ("cameras", "spent", "2015-06-10", "property"),
    ("cameras", "reviewed", "2015-06-20", "police"),
]  # fmt: skip
ENTRIES = [
    ("e1", "fund", "income", 600_000, "2015-01-20", "2015-01-30", "shop0"),
    ("e2", "fund", "income", 400_000, "2015-02-20", "2015-03-02", "shop1"),
    ("e3", "cameras", "spending", 350_000, "2015-06-10", "2015-06-20", "property"),
]


@pytest.fixture(scope="module")
def study(frame, hold):
    organisations = [("police", "department", None), ("property", "property_company", "N"),
                     ("owners", "owners_committee", "N"), ("council", "council", "N")]  # fmt: skip
    organisations += [(f"shop{i}", "business", "N") for i in range(50)]
    after = [month >= DONE for month in MONTHS]
    incidents = [(7 if later else 12) + (1 if i % 2 else -1) for i, later in enumerate(after)]
    cameras = [42 if later else 32 for later in after]
    outcomes = [("N", m, "incidents", v) for m, v in zip(MONTHS, incidents, strict=True)]
    outcomes += [("N", m, "cameras", v) for m, v in zip(MONTHS, cameras, strict=True)]
    matters = [("fund", "fund", "N", None, 1_000_000), ("cameras", "fund", "N", "adopted", 350_000),
               ("refused", "fund", "N", "rejected", None)]  # fmt: skip
    return hold(
        WINDOW,
        places=frame(
            "place_id kind parent_id households",
            [("D", "district", None, None), ("N", "community", "D", 199)],
        ),
        organisations=frame("org_id kind community_id", organisations),
        matters=frame("matter_id process community_id outcome amount", matters),
        steps=frame("matter_id step time actor_id", STEPS),
        ledger=frame("entry_id matter_id side amount booked published org_id", ENTRIES),
        outcomes=frame("place_id period measure value", outcomes),
    )


def test_it_is_held(study, survives):
    survives(study)


def test_ledger(study, cell):
    found = fund_ledger(study)
    assert cell(found, "income", matter_id="fund") == 1_000_000
    assert cell(found, "spent", matter_id="cameras") == 350_000
    assert cell(found, "remaining", matter_id="cameras") == 0
    assert not cell(found, "overspent", matter_id="cameras")
    assert (found.loc[found["entries"] > 0, "publication_days"] == 10).all()
    by_month = fund_measures(study)
    at = {"place_id": "N", "measure": "ledger_balance"}
    balance = {
        month: cell(by_month, period=month, **at) for month in ("2015-01", "2015-05", "2015-06", "all")
    }
    assert balance == {"2015-01": 600_000, "2015-05": 1_000_000, "2015-06": 650_000, "all": 650_000}
    adopted = process_measures(study)
    assert cell(adopted, place_id="N", period="all", measure="fund_adopted") == 1 / 2  # 2014 was refused


def test_oversight_network(study, cell):
    found = fund_oversight(study.steps, study.matters, study.organisations)
    row = found.set_index("community_id").loc["N"]
    # council and owners decided, the council published, the police reviewed; the property firm spent
    expected = {"n": 1, "reviewed": 1, "published": 1, "independent": 1, "overseers": 3, "kinds": 4}
    assert row.to_dict() == expected
    taking_part = memberships(study.steps, study.matters, study.organisations)
    project = taking_part[taking_part["affiliation_id"] == "cameras"]
    assert sorted(project["actor_kind"]) == ["council", "department", "owners_committee", "property_company"]
    assert len(alliances(project)) == 6


def test_interrupted_series_of_incidents(study):
    series = incident_series(study, "incidents", "N", matter_id="cameras")
    assert series.attrs["completed"] == "2015-06-10"
    means = series.groupby("after")["value"].mean()
    before, later = MONTHS.index(DONE), len(MONTHS) - MONTHS.index(DONE)
    assert series["after"].sum() == later
    assert means.to_dict() == pytest.approx({0: _mean(12, 0, before), 1: _mean(7, before, before + later)})
    estimate = interrupted_series(series, time="period", value="value", start=DONE, order=0, trend=False)
    change = estimate.table.set_index("term").loc["level change"]
    assert change["estimate"] == pytest.approx(means[1] - means[0])
    assert change["conf_low"] < -5 < change["conf_high"]
    assert change["p_placebo"] <= 0.1


def test_cameras_replaced(study):
    series = incident_series(study, "cameras", "N", matter_id="cameras")
    assert series.groupby("after")["value"].unique().map(list).to_dict() == {0: [32], 1: [42]}


def _mean(level, first, last):
    return level + np.mean([1 if i % 2 else -1 for i in range(first, last)])
