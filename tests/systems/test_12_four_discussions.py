"""System 12, a village-type community with four discussions and two publications (四议两公开).

On record: 12 resident groups; a river of over 7,000 m in three sections with a chief each; funds supervised
in all groups. Matters, dates and who takes a step are made up. Groups and sections are categories of
matters; the groups are places of kind unit as well.
"""

import pandas as pd
import pytest

from analysis import process_measures
from analysis.networks import fund_oversight
from analysis.outcomes import outcome_measures
from analysis.processes import FOUR_DISCUSSIONS_TWO_PUBLICATIONS, bottlenecks, compare_waits, matter_table

WINDOW = ("2020-01", "2020-12")
GROUPS = [f"group {i}" for i in range(1, 13)]
SECTIONS = {"upper": 2500, "middle": 2300, "lower": 2200}  # metres: 7,000 in all
STEPS = ("proposed", "deliberated", "examined", "decided", "published", "implemented", "result_published")
USUAL = ("branch", "committee", "branch", "council", "committee", "committee", "committee")
TAKEN = {  # days of 2020 on which the steps were taken
    "whole": (1, 11, 21, 31, 36, 66, 76),
    "no result": (1, 6, 16, 26, 30, 60, None),
    "no examination": (1, 11, None, 21, 25, 40, 50),
    "decided first": (31, 41, 51, 11, 61, 71, 81),
    "rejected": (1, 21, None, None, None, None, None),
    "wrong hands": (1, 11, 21, 31, 36, 66, 76),
}
PATROLS = {"upper": (2, 4, 6), "middle": (8, 10, 12), "lower": (5, None, None)}  # days to the answer


@pytest.fixture(scope="module")
def study(frame, hold):
    steps = []
    for name, days in TAKEN.items():
        for step, who, n in zip(STEPS, USUAL, days, strict=True):
            who = "property" if name == "wrong hands" and step == "decided" else who
            if n is not None:
                steps.append((name, step, n, who))
    for section, answers in PATROLS.items():
        for k, n in enumerate(answers):
            steps.append((f"{section}{k}", "raised", 100, f"chief {section}"))
            if n:
                steps.append((f"{section}{k}", "answered", 100 + n, "committee"))
    for group in GROUPS:
        name = f"fund {group}"
        steps += [(name, "decided", 10, "council"), (name, "published", 12, "committee")]
        steps += [(name, "spent", 40, "committee"), (name, "reviewed", 50, f"supervisor {group}")]
    steps = frame("matter_id step day actor_id", steps)
    procedure = FOUR_DISCUSSIONS_TWO_PUBLICATIONS.name
    ended = {name: "rejected" if name == "rejected" else "adopted" for name in TAKEN}
    matters = [(name, "consultation", procedure, None, outcome) for name, outcome in ended.items()]
    matters += [(f"{s}{k}", "request", None, s, None) for s in SECTIONS for k in range(3)]
    matters += [(f"fund {g}", "fund", None, g, None) for g in GROUPS]
    organisations = [("branch", "party_branch"), ("committee", "residents_committee"),
                     ("council", "council"), ("property", "property_company")]  # fmt: skip
    organisations += [(f"supervisor {g}", "other") for g in GROUPS]
    return hold(
        WINDOW,
        places=frame(
            "place_id kind parent_id",
            [("D", "district", None), ("V", "community", "D")] + [(g, "unit", "V") for g in GROUPS],
        ),
        people=frame("person_id community_id role", [(f"chief {s}", "V", "party_member") for s in SECTIONS]),
        organisations=frame("org_id kind", organisations).assign(community_id="V"),
        matters=frame("matter_id process procedure category outcome", matters).assign(community_id="V"),
        steps=steps.assign(time=pd.Timestamp("2020-01-01") + pd.to_timedelta(steps["day"] - 1, unit="D")),
        outcomes=frame(
            "place_id period measure value",
            [("V", "2020-01", f"river_metres_{s}", metres) for s, metres in SECTIONS.items()],
        ),
    )


def test_it_is_held(study, survives):
    assert len(study.tree.of_kind("unit")) == 12
    survives(study)


@pytest.fixture(scope="module")
def table(study):
    return matter_table(study).set_index("matter_id")


def test_conformance_of_each_matter(table):
    assert FOUR_DISCUSSIONS_TWO_PUBLICATIONS.name_zh == "四议两公开"
    assert (table.loc[list(TAKEN), "procedure"] == FOUR_DISCUSSIONS_TWO_PUBLICATIONS.name).all()
    # four discussions and two publications: six required steps; a rejected proposal needs only the first two
    complete = {"whole": 1, "no result": 5 / 6, "no examination": 5 / 6, "decided first": 1, "rejected": 1,
                "wrong hands": 1}  # fmt: skip
    assert table.loc[list(TAKEN), "completeness"].to_dict() == pytest.approx(complete)
    assert table.index[table["order_ok"].eq(False).fillna(False)].tolist() == ["decided first"]
    assert table.index[table["actors_ok"].eq(False).fillna(False)].tolist() == ["wrong hands"]


def test_conformance_of_the_community(study, cell):
    found = process_measures(study)
    at = {"place_id": "V", "period": "all"}
    expected = {"completeness": (4 + 2 * 5 / 6) / 6, "order_violations": 1 / 6, "actor_violations": 1 / 6,
                "published": 1, "adopted": 5 / 6, "answered": 4 / 5}  # fmt: skip
    for name, value in expected.items():
        assert cell(found, measure=f"consultation_{name}", **at) == pytest.approx(value), name
    waits = bottlenecks(study)
    row = {"procedure": FOUR_DISCUSSIONS_TWO_PUBLICATIONS.name, "step": "proposed"}
    assert cell(waits, "entered", **row) == 6


def test_oversight_of_the_river(study, cell):
    found = compare_waits(study, by="category", process="request", cluster=None)
    figures = found.set_index("group")[["n", "answered", "median_days"]]
    assert figures.loc["upper"].tolist() == [3, 3, 4]
    assert figures.loc["middle"].tolist() == [3, 3, 10]
    assert figures.loc["lower", ["n", "answered"]].tolist() == [3, 1]  # two calls of its chief are open
    rates = process_measures(study)
    assert cell(rates, place_id="V", period="all", measure="request_answered") == pytest.approx(7 / 9)
    metres = outcome_measures(study)
    held = metres[(metres["place_id"] == "V") & (metres["period"] == "all")]
    assert held["value"].sum() == 7000


def test_fund_supervision_in_all_groups(study):
    found = fund_oversight(study.steps, study.matters, study.organisations, level="category")
    assert sorted(found["category"]) == sorted(GROUPS)
    assert (found["reviewed"] == 1).all()
    assert (found["independent"] == 1).all()  # the supervisor of a group did not spend
    assert (found["overseers"] == 3).all()
