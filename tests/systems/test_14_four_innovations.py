"""System 14, the national four innovations (2017): turnout, councils, and a study as large as the country.

On record: 645 service centres in Shenzhen; by the end of 2016, 27 provinces with unified committee
elections, turnout over 90 %; councils and reason halls; 113,000 communities nationwide (2021). Electorates
and the turnout of each province are made up. A province is a district of the study, and turnout an outcome
with the electorate as n: ballots are secret, so there is no table of them.
"""

import time

import numpy as np
import pandas as pd
import pytest

from analysis.coverage import coverage_measures, organisation_coverage
from analysis.outcomes import outcome_measures
from analysis.processes import process_measures

PROVINCES = [f"R{i:02}" for i in range(31)]
UNIFIED = PROVINCES[:27]
TURNOUT = {r: 0.90 + 0.002 * (i + 1) for i, r in enumerate(UNIFIED)}
ELECTORATE = {r: 1_000_000 * (1 + i % 3) for i, r in enumerate(UNIFIED)}
NATION = 113_000


@pytest.fixture(scope="module")
def study(frame, hold):
    communities = [f"{r}-{k}" for r in PROVINCES for k in range(25)]
    organisations = [(f"centre{i}", "other", f"R30-{i % 25}") for i in range(645)]
    organisations += [(f"council{c}", "council", c) for c in communities if int(c[4:]) < 20]
    halls = [(f"m{c}", "consultation", c, "adopted") for c in communities[::25]]
    return hold(
        ("2015", "2016"),
        period="year",
        places=frame(
            "place_id kind parent_id population",
            [(r, "district", None, None) for r in PROVINCES]
            + [(c, "community", c[:3], 3000) for c in communities],
        ),
        organisations=frame("org_id kind community_id", organisations),
        matters=frame("matter_id process community_id outcome", halls),
        steps=frame(
            "matter_id step time",
            [(m, step, "2016-03-01") for m, *_ in halls for step in ("raised", "decided")],
        ),
        outcomes=frame(
            "place_id period measure value n",
            [(r, "2016", "turnout", TURNOUT[r], ELECTORATE[r]) for r in UNIFIED],
        ),
        reforms=frame("place_id reform start", [(r, "unified_election", "2016-01-01") for r in UNIFIED]),
    )


def test_it_is_held(study, survives):
    survives(study)


def test_turnout_and_unified_elections(study, cell):
    found = outcome_measures(study)
    turnout = found[(found["measure"] == "turnout") & (found["period"] == "2016") & found["value"].notna()]
    assert len(turnout) == 27
    assert (turnout["value"] > 0.9).all()
    assert cell(turnout, "n", place_id="R01") == 2_000_000
    covered = coverage_measures(study)
    year = covered[(covered["measure"] == "coverage_unified_election") & (covered["period"] == "2016")]
    provinces = year[year["place_id"].isin(PROVINCES)]
    assert provinces["value"].sum() == 27


def test_councils_centres_and_reason_halls(study, cell):
    found = organisation_coverage(study)
    assert cell(found, "share", place_id="R05", kind="council") == 20 / 25
    assert cell(found, "organisations", place_id="R30", kind="other") == 645
    assert cell(found, "per_10000", place_id="R30", kind="other") == pytest.approx(645 / (25 * 3000) * 1e4)
    halls = process_measures(study)
    assert cell(halls, place_id="R00", period="2016", measure="consultation_adopted") == 1


def test_national_scale(hold, cell):
    """The tables and the tree hold every community of the country, and sums come out in seconds."""
    number = np.arange(NATION)
    street = number // 12
    district = street // 3
    streets = pd.DataFrame({"place_id": [f"S{i}" for i in range(street[-1] + 1)], "kind": "street"})
    streets["parent_id"] = [f"D{i // 3}" for i in range(len(streets))]
    districts = pd.DataFrame({"place_id": [f"D{i}" for i in range(district[-1] + 1)], "kind": "district"})
    ids = np.char.add("C", number.astype(str))
    places = pd.DataFrame({"place_id": ids, "kind": "community", "population": 8000})
    places["parent_id"] = np.char.add("S", street.astype(str))
    outcomes = pd.DataFrame({"place_id": ids, "period": "2021", "measure": "turnout"})
    outcomes["value"], outcomes["n"] = 0.9 + 0.001 * (number % 100), 6000 + number % 7
    began = time.perf_counter()
    study = hold(
        ("2021", "2021"),
        period="year",
        places=pd.concat([districts, streets, places]),
        outcomes=outcomes,
        reforms=pd.DataFrame({"place_id": ids[::4], "reform": "centre", "start": "2021-05-01"}),
    )
    assert len(study.tree.communities) == NATION
    found = outcome_measures(study)
    coverage = coverage_measures(study)
    took = time.perf_counter() - began
    last = outcomes[district == district[-1]]
    pooled = np.average(last["value"], weights=last["n"])
    at = {"place_id": f"D{district[-1]}", "period": "2021"}
    assert cell(found, measure="turnout", **at) == pytest.approx(pooled)
    assert cell(found, "n", measure="turnout", **at) == last["n"].sum()
    covered = (number[district == 0] % 4 == 0).mean()
    assert cell(coverage, place_id="D0", period="2021", measure="coverage_centre") == pytest.approx(covered)
    assert took < 60  # a few seconds; the limit only catches what grows with the square
