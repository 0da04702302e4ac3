import subprocess
import sys
import time

import numpy as np
import pandas as pd
import pytest

from analysis.burden import burden_measures
from analysis.errors import AnalysisError, StudyError
from analysis.panel import build_panel, further_measures, missing_tables
from analysis.processes import FUNDS, MATCHING, process_measures
from analysis.processes.budgeting import BUDGETING_MEASURES
from analysis.processes.opinions import OPINION_MEASURES
from analysis.simulate import simulate_city
from analysis.tables.schema import MODELS
from analysis.tables.study import Study

PLACES = pd.DataFrame(
    [
        ("Y", "city", None),
        ("D", "district", "Y"),
        ("S", "street", "D"),
        ("A", "community", "S"),
        ("B", "community", "D"),
        ("U", "unit", "B"),
        ("C", "community", "Y"),
        ("N", "community", None),
    ],
    columns=["place_id", "kind", "parent_id"],
)
WINDOW = ("2021-01", "2021-03")
NEVER = -1


def make(window=WINDOW, **frames):
    return Study.from_frames({"places": PLACES} | frames, window=window)


def reforms(*rows):
    table = pd.DataFrame(
        [(*row, *[None] * (5 - len(row))) for row in rows],
        columns=["place_id", "reform", "start", "end", "dose"],
    )
    table[["start", "end"]] = table[["start", "end"]].apply(pd.to_datetime)
    return table


def outcomes(*rows):
    return pd.DataFrame(rows, columns=["place_id", "period", "measure", "value"])


def by_place(panel, column):
    values = panel.drop_duplicates("place_id").set_index("place_id")[column]
    return values.fillna("-" if values.dtype == "str" else NEVER).to_dict()


def test_every_community_has_every_period():
    panel = build_panel(make())
    assert panel.columns.tolist() == ["place_id", "district_id", "street_id", "period", "time"]
    assert panel["place_id"].tolist() == [p for p in "ABCN" for _ in range(3)]
    assert panel["period"].tolist() == ["2021-01", "2021-02", "2021-03"] * 4
    assert panel["time"].tolist() == [612, 613, 614] * 4  # months since January 1970
    assert by_place(panel, "district_id") == {"A": "D", "B": "D", "C": "-", "N": "-"}
    assert by_place(panel, "street_id") == {"A": "S", "B": "-", "C": "-", "N": "-"}


def test_outcomes_stand_under_their_own_name():
    rows = outcomes(
        ("A", "2021-02", "trust", 61.0), ("B", "2021-01", "trust", 70.0), ("A", "2021-02", "incidents", 3.0),
        ("D", "2021-01", "trust", 50.0), ("A", "2020-12", "trust", 9.0), ("N", "2021Q1", "income", 5.0),
    )  # fmt: skip
    panel = build_panel(make(outcomes=rows))
    cells = panel.set_index(["place_id", "period"])
    assert cells.loc[("A", "2021-02"), ["trust", "incidents"]].tolist() == [61, 3]
    assert cells.loc[("B", "2021-01"), "trust"] == 70
    assert cells["trust"].notna().sum() == 2
    assert cells["income"].isna().all()
    assert panel.attrs["left_out"] == {
        "outcomes_of_other_places": 1,
        "outcomes_of_other_periods": 2,
        "reforms_without_communities": 0,
    }


def test_a_reform_holds_for_every_community_below_and_the_earliest_start_wins():
    rows = reforms(
        ("D", "consultation", "2021-02-20", None, 2.0),
        ("A", "consultation", "2021-01-05", None, 5.0),
        ("B", "consultation", "2021-03-01", None, 7.0),
        ("Y", "burden_reduction", "2021-02-28"),
        ("S", "shared_community", "2019-06-01"),
        ("N", "shared_community", "2022-06-01"),
        ("U", "pilot", "2021-01-01", None, 1.0),
    )
    panel = build_panel(make(reforms=rows))
    assert panel["cohort_consultation"].dtype == "Int64"
    assert by_place(panel, "cohort_consultation") == {"A": 612, "B": 613, "C": NEVER, "N": NEVER}
    assert by_place(panel, "dose_consultation") == {"A": 5, "B": 2, "C": 0, "N": 0}
    # started on the last day of February: February is the first treated period
    assert by_place(panel, "cohort_burden_reduction") == {"A": 613, "B": 613, "C": 613, "N": NEVER}
    doses = panel.drop_duplicates("place_id")["dose_burden_reduction"]
    np.testing.assert_equal(doses.to_numpy(), [np.nan, np.nan, np.nan, 0])  # treated, but not stated
    # before and after the window
    assert by_place(panel, "cohort_shared_community") == {"A": 593, "B": NEVER, "C": NEVER, "N": 629}
    # a unit is not its community
    assert panel["cohort_pilot"].isna().all()
    assert (panel["dose_pilot"] == 0).all()
    assert panel.attrs["left_out"]["reforms_without_communities"] == 1


def test_a_reform_was_drawn_by_lot_if_every_start_was():
    rows = reforms(("A", "fund", "2021-01-05"), ("B", "fund", "2021-02-05"), ("C", "hut", "2021-01-05"))

    def by_lot(*assignment):
        return build_panel(make(reforms=rows.assign(assignment=list(assignment)))).attrs["by_lot"]

    assert by_lot("lot", "lot", "chosen") == ["fund"]
    assert by_lot("lot", "lot", "lot") == ["fund", "hut"]
    assert by_lot("lot", "chosen", None) == []
    assert by_lot("lot", None, None) == []
    assert build_panel(make(reforms=rows)).attrs["by_lot"] == []


def test_reforms_that_ended_are_noted():
    rows = reforms(("D", "fund", "2021-01-05", "2021-02-10"), ("C", "fund", "2021-01-05", "2021-03-31"),
                   ("C", "hut", "2021-01-05"))  # fmt: skip
    assert build_panel(make(reforms=rows)).attrs["ended_reforms"] == {"fund": 2}
    assert build_panel(make(reforms=rows[1:])).attrs["ended_reforms"] == {}


def test_quarters_and_years():
    rows = reforms(("A", "fund", "2021-05-05"))
    for period, window, cohort, label in (
        ("quarter", ("2021Q1", "2021Q3"), 205, "2021Q2"),
        ("year", ("2020", "2022"), 51, "2021"),
    ):
        study = Study.from_frames({"places": PLACES, "reforms": rows}, window=window, period=period)
        panel = build_panel(study)
        assert by_place(panel, "cohort_fund")["A"] == cohort
        assert panel.loc[panel["time"] == cohort, "period"].unique().tolist() == [label]


@pytest.fixture
def busy():
    matters = pd.DataFrame(
        {"matter_id": ["m", "n"], "process": "consultation", "community_id": ["A", "B"], "outcome": "adopted"}
    )
    steps = pd.DataFrame(
        [("m", "raised", "2021-01-02"), ("m", "answered", "2021-01-09"), ("n", "raised", "2021-02-02")],
        columns=["matter_id", "step", "time"],
    )
    duties = pd.DataFrame({"duty_id": ["1"], "community_id": "A", "list": "seal", "start": ["2021-02-01"]})
    acts = pd.DataFrame(
        [
            ("2021-01-03", "A", "help", "p1", "p2", None),
            ("2021-01-04", "A", "help", "p2", "p1", None),
            ("2021-02-04", "B", "activity", "p3", None, "g"),
            ("2021-02-04", "B", "activity", "p4", None, "g"),
        ],
        columns=["time", "community_id", "kind", "source_id", "target_id", "gathering_id"],
    )
    people = pd.DataFrame({"person_id": ["p1", "p2", "p3", "p4"], "community_id": ["A", "A", "B", "B"]})
    return make(
        matters=matters,
        steps=steps.assign(time=pd.to_datetime(steps["time"])),
        duties=duties.assign(start=pd.to_datetime(duties["start"])),
        interactions=acts.assign(time=pd.to_datetime(acts["time"])),
        people=people,
        reforms=reforms(("D", "consultation", "2021-02-01")),
        outcomes=outcomes(("A", "2021-01", "trust", 1.0)),
    )


def test_every_family_stands_in_the_panel(busy):
    panel = build_panel(busy)
    cells = panel.set_index(["place_id", "period"])
    assert len(panel) == 12
    assert cells.loc[("A", "2021-01"), "consultation_days_to_answer"] == 7
    assert cells.loc[("B", "2021-02"), "consultation_open"] == 1
    assert cells.loc[("A", "2021-03"), "burden_duties"] == 1
    assert np.isnan(cells.loc[("B", "2021-03"), "burden_duties"])
    networks = [c for c in panel.columns if c.startswith("network_")]
    assert panel.attrs["post_treatment"] == networks
    assert cells.loc[("A", "2021-01"), "network_reciprocity"] == 1
    assert panel.columns[-2:].tolist() == ["cohort_consultation", "dose_consultation"]
    # order: keys, outcomes, processes, burden, networks, reforms
    first = [panel.columns.get_loc(c) for c in ("time", "trust", "consultation_breadth", "burden_duties",
                                               networks[0], "cohort_consultation")]  # fmt: skip
    assert first == sorted(first)


def test_frames_already_made_are_used_and_not_changed(busy):
    processes, burden = process_measures(busy), burden_measures(busy)
    network = pd.DataFrame(
        [("A", "2021-01", "dyadic", "density", 0.5), ("A", "2021-01", "help", "density", 0.9),
         ("D", "2021-01", "dyadic", "density", 0.1), ("A", "all", "dyadic", "density", 0.2)],
        columns=["place_id", "period", "layer", "indicator", "value"],
    )  # fmt: skip
    copies = [frame.copy() for frame in (processes, burden, network)]
    panel = build_panel(busy, indicators=network, processes=processes, burden=burden.iloc[:0])
    assert panel["network_density"].dropna().tolist() == [0.5]
    assert "burden_duties" not in panel
    whole = build_panel(busy)
    pd.testing.assert_series_equal(panel["consultation_open"], whole["consultation_open"])
    for frame, copy in zip((processes, burden, network), copies, strict=True):
        pd.testing.assert_frame_equal(frame, copy)


def test_row_order_changes_nothing_and_the_study_is_not_mutated(busy):
    before = {name: table.copy() for name, table in busy.frames.items()}
    panel = build_panel(busy)
    for name, table in before.items():
        pd.testing.assert_frame_equal(busy.frames[name], table)
    shuffled = {n: t if n == "places" else t.sample(frac=1, random_state=5) for n, t in before.items()}
    again = build_panel(Study.from_frames(shuffled, window=busy.window))
    pd.testing.assert_frame_equal(panel, again)


def test_a_panel_goes_through_parquet(busy, tmp_path):
    panel = build_panel(busy)
    panel.to_parquet(tmp_path / "panel.parquet")
    back = pd.read_parquet(tmp_path / "panel.parquet")
    pd.testing.assert_frame_equal(panel, back)
    assert back.attrs == panel.attrs


@pytest.mark.parametrize("argument", ["indicators", "processes", "burden", "further"])
def test_a_frame_without_its_columns_is_refused(argument):
    with pytest.raises(AnalysisError, match=f"given as {argument} lacks columns") as error:
        build_panel(make(), **{argument: pd.DataFrame({"place_id": ["A"]})})
    assert "period" in error.value.value


def test_one_name_for_two_columns_is_refused():
    for name in ("time", "cohort_consultation"):
        study = make(outcomes=outcomes(("A", "2021-01", name, 1.0)),
                     reforms=reforms(("A", "consultation", "2021-01-01")))  # fmt: skip
        with pytest.raises(StudyError, match="one name") as error:
            build_panel(study)
        assert error.value.value == name


def test_two_values_of_one_outcome_are_refused():
    rows = outcomes(("A", "2021-01", "trust", 1.0), ("A", "2021-01", "trust", 2.0))
    with pytest.raises(StudyError, match="two values") as error:
        build_panel(make(outcomes=rows))
    assert error.value.value == "A, 2021-01, trust"


def test_votes_listings_funds_and_staff_time_stand_in_the_panel(busy):
    options = pd.DataFrame(
        {"option_id": ["s", "p", "q"], "matter_id": "m",
         "kind": ["statement", "project", "project"], "selected": [None, True, False]}
    )  # fmt: skip
    ballots = pd.DataFrame(
        [("s", "p1", 1.0), ("s", "p2", -1.0), ("p", "p1", 1.0), ("q", "p2", 1.0)],
        columns=["option_id", "person_id", "vote"],
    ).assign(time=pd.Timestamp("2021-02-10"))
    listings = pd.DataFrame(
        {"listing_id": ["n1", "n2"], "community_id": "A", "side": "need", "category": "tools",
         "opened": pd.to_datetime(["2021-01-05", "2021-01-06"]), "matched_id": ["x", None],
         "closed": pd.to_datetime(["2021-01-09", None])}
    )  # fmt: skip
    ledger = pd.DataFrame(
        {"entry_id": ["e1", "e2"], "matter_id": "m", "side": ["income", "spending"], "amount": [90.0, 40.0],
         "booked": pd.to_datetime(["2021-01-02", "2021-03-02"])}
    )  # fmt: skip
    people = busy.people.assign(role=["cadre", "resident", "resident", "resident"])
    frames = busy.frames | {"options": options, "votes": ballots, "listings": listings, "ledger": ledger,
                            "people": people}  # fmt: skip
    study = Study.from_frames(frames, window=busy.window)
    panel = build_panel(study)
    cells = panel.set_index(["place_id", "period"])
    assert panel.columns.is_unique
    assert cells.loc[("A", "2021-02"), "opinion_agreement"] == 0.5
    assert cells.loc[("A", "2021-02"), "budgeting_funded_choice"] == 0.5
    assert cells.loc[("A", "2021-01"), ["matching_needs", "matching_needs_met"]].tolist() == [2, 0.5]
    assert cells.loc["A", "ledger_balance"].tolist() == [90, 90, 50]
    assert cells.loc[("A", "2021-01"), "burden_service_acts"] == 1  # p1, a cadre, acted once
    names = {m for m in panel.columns if m.startswith(("opinion_", "budgeting_", "matching_", "ledger_"))}
    assert names == set(OPINION_MEASURES) | set(BUDGETING_MEASURES) | set(MATCHING) | set(FUNDS)
    assert not names & set(panel.attrs["post_treatment"])
    less = build_panel(study, further=further_measures(study).iloc[:0])
    assert not names & set(less.columns)
    without = build_panel(busy)
    assert not names & set(without.columns)


def test_small_studies():
    assert build_panel(Study.from_frames({})).empty
    assert build_panel(make(window=None)).empty
    one = Study.from_frames(
        {"places": PLACES[PLACES["place_id"] == "N"], "outcomes": outcomes(("N", "2021-01", "trust", 1.0))}
    )
    panel = build_panel(one)
    assert len(panel) == 1
    assert panel["district_id"].isna().all()
    assert panel["trust"].tolist() == [1]


def test_missing_tables(busy):
    everything = missing_tables(Study.from_frames({}))
    assert everything == {
        "networks": ("interactions",),
        "inclusion": ("people",),
        "consultation": ("matters", "steps"),
        "opinions": ("options", "votes"),
        "budgeting": ("options", "votes"),
        "burden": ("duties",),
        "matching": ("listings",),
        "funds": ("ledger",),
        "outcomes": ("outcomes",),
        "effects": ("reforms",),
    }
    assert {table for tables in everything.values() for table in tables} < set(MODELS)
    votes = ("options", "votes")
    assert missing_tables(busy) == {
        "opinions": votes, "budgeting": votes, "matching": ("listings",), "funds": ("ledger",)
    }  # fmt: skip
    options = pd.DataFrame({"option_id": ["s"], "matter_id": ["m"], "kind": ["statement"]})
    ballots = pd.DataFrame({"option_id": ["s"], "person_id": ["p1"], "vote": [1.0]})
    stated = Study.from_frames(busy.frames | {"options": options, "votes": ballots})
    assert "opinions" not in missing_tables(stated)
    assert missing_tables(stated)["budgeting"] == ("options",)
    frames = busy.frames | {"steps": busy.steps.iloc[:0]}
    assert missing_tables(Study.from_frames(frames))["consultation"] == ("steps",)


def test_importing_is_light():
    heavy = ("numba", "igraph", "statsmodels", "matplotlib")
    code = f"import sys, analysis.panel; print([m for m in {heavy} if m in sys.modules])"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"


def test_a_synthetic_city_shows_what_its_reforms_changed():
    study = simulate_city(districts=2, communities=12, months=24, seed=3).study()
    panel = build_panel(study)
    assert len(panel) == 24 * 24
    assert panel.attrs["post_treatment"]
    assert panel["time"].nunique() == 24
    assert panel.groupby("place_id")["time"].diff().dropna().eq(1).all()
    for reform, measure, sign in (
        ("consultation", "consultation_completeness", 1),
        ("consultation", "consultation_days_to_answer", -1),
        ("burden_reduction", "burden_duties", -1),
        ("burden_reduction", "burden_admission", 1),
    ):
        after = panel["time"] > panel[f"cohort_{reform}"]  # full periods only
        before = panel["time"] < panel[f"cohort_{reform}"]
        change = (
            panel.loc[after.fillna(False), measure].mean() - panel.loc[before.fillna(False), measure].mean()
        )
        assert change * sign > 0
    matters = study.matters["process"].eq("consultation").sum()
    assert panel["consultation_raised"].sum() == matters  # none lost, none twice
    duties = panel.groupby("period")["burden_new"].sum()
    assert duties.sum() == study.duties["start"].between("2022-01-01", "2023-12-31").sum()


def test_the_default_city_takes_seconds():
    study = simulate_city().study()
    began = time.process_time()
    panel = build_panel(
        study, indicators=pd.DataFrame(columns=["place_id", "period", "layer", "indicator", "value"])
    )
    assert time.process_time() - began < 20  # about 1 s measured; the margin is for slow machines
    assert len(panel) == 160 * 36
