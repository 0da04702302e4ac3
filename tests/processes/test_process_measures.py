from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from analysis.processes import MEASURES, matter_table, process_measures
from analysis.processes.procedures import usual_procedure
from analysis.tables.measures import COLUMNS, describe
from analysis.tables.study import Study
from analysis.tables.values import PROCESSES, STEPS

SIX = ("raised", "discussed", "decided", "published", "implemented", "answered")


def steps_of(matter, start, days, names=SIX):
    return [(matter, n, pd.Timestamp(start) + pd.Timedelta(days=d)) for n, d in zip(names, days, strict=True)]


@pytest.fixture
def study(make_study):
    """Four matters in January: three in A, one in B; one in A in June; all by hand below."""
    matters = [
        ("a1", "A", "adopted", 90.0),
        ("a2", "A", "rejected", 60.0),
        ("a3", "A"),
        ("b1", "B", "adopted", 30.0),
        ("a4", "A"),
    ]
    steps = [
        *steps_of("a1", "2021-01-02", (0, 1, 2, 3, 4, 10)),
        *steps_of("a2", "2021-01-03", (0, 5, 4, 20), ("raised", "discussed", "decided", "answered")),
        *steps_of("a3", "2021-01-04", (0, 1), ("raised", "discussed")),
        *steps_of("b1", "2021-01-05", (0, 10, 20, 30, 40, 100)),
        *steps_of("a4", "2021-06-20", (0, 1, 2, 3, 4, 5)),
    ]
    return make_study(matters, steps)


def test_every_place_period_and_measure_is_there_once(study):
    frame = process_measures(study)
    assert tuple(frame.columns) == COLUMNS
    names = ["consultation_breadth", *(m for m in MEASURES if m.startswith("consultation_"))]
    names = [n for n in names if not n.endswith(("_late", "_actor_violations"))]  # nothing of it is declared
    assert frame["measure"].drop_duplicates().tolist() == list(dict.fromkeys(names))
    assert set(frame["place_id"]) == {"A", "B", "C", "S1", "D1"}
    assert len(frame) == 5 * (6 + 1) * 16
    assert not frame.duplicated(["place_id", "period", "measure"]).any()
    medians = frame["measure"].str.contains("_days_to_")  # may not be reached, with n above 0
    assert (frame.loc[frame["value"].isna() & ~medians, "n"] == 0).all()
    assert frame["value"].isna().any()


@pytest.mark.parametrize(
    ("place", "period", "measure", "value", "n"),
    [
        ("A", "2021-01", "raised", 3, 3),
        ("D1", "2021-01", "raised", 4, 4),
        ("D1", "all", "raised", 5, 5),
        ("D1", "2021-02", "raised", 0, 0),
        ("A", "2021-01", "open", 1, 1),
        # a1 6/6; a2 rejected: 4 of 5; a3 2/6
        ("A", "2021-01", "completeness", (1 + 4 / 5 + 2 / 6) / 3, 3),
        ("S1", "2021-01", "completeness", (1 + 4 / 5 + 2 / 6 + 1) / 4, 4),
        ("A", "2021-06", "completeness", np.nan, 0),  # too young
        ("D1", "all", "completeness", (1 + 4 / 5 + 2 / 6 + 1) / 4, 4),
        ("A", "2021-01", "order_violations", 1 / 3, 3),
        ("A", "2021-01", "answered", 2 / 3, 3),
        ("A", "2021-01", "days_to_answer", 20, 3),  # 10, 20, 178+
        ("S1", "2021-01", "days_to_answer", 60, 4),  # 10, 20, 100, 178+: at one half from 20 to 100
        ("A", "2021-06", "days_to_answer", 5, 1),
        ("A", "2021-01", "mean_days_to_answer", (10 + 20 + 90) / 3, 3),
        ("S1", "2021-01", "mean_days_to_answer", (10 + 20 + 90 + 90) / 4, 4),
        ("A", "2021-06", "mean_days_to_answer", 5, 1),
        ("A", "2021-01", "published", 1 / 2, 2),  # a1; a2 never; a3 is not decided
        ("S1", "2021-01", "published", 2 / 3, 3),
        ("A", "2021-06", "published", np.nan, 0),  # decided too late to tell
        ("S1", "2021-01", "days_to_publish", 10, 3),  # 1, 10, 175+
        ("A", "2021-01", "implemented", 1, 1),  # a2 is rejected, a3 not decided
        ("S1", "2021-01", "implemented", 1, 2),
        ("A", "2021-01", "adopted", 1 / 2, 2),
        ("S1", "2021-01", "adopted", 2 / 3, 3),
        ("A", "2021-01", "satisfaction", 75, 2),
        ("S1", "2021-01", "satisfaction", 60, 3),  # not the mean of 75 and 30
        ("A", "2021-01", "resolved", np.nan, 0),
        ("C", "all", "answered", np.nan, 0),
        ("C", "all", "raised", 0, 0),
        ("A", "2021-01", "escalated", np.nan, 0),  # no such step in the process
    ],
)
def test_by_hand(study, value_of, place, period, measure, value, n):
    found = value_of(process_measures(study), place, period, f"consultation_{measure}")
    np.testing.assert_allclose(found[0], value)
    assert found[1] == n


def test_standard_errors_are_those_of_a_mean(study, value_of):
    frame = process_measures(study)
    assert value_of(frame, "S1", "2021-01", "consultation_satisfaction")[2] == pytest.approx(
        np.std([90, 60, 30], ddof=1) / np.sqrt(3)
    )
    assert np.isnan(value_of(frame, "B", "2021-01", "consultation_satisfaction")[2])  # one matter
    assert np.isnan(value_of(frame, "B", "2021-01", "consultation_answered")[2])
    assert np.isnan(value_of(frame, "A", "2021-01", "consultation_raised")[2])
    equal = study.matters.assign(satisfaction=70.1)  # no spread promises no certainty
    frame = process_measures(Study.from_frames(study.frames | {"matters": equal}, window=study.window))
    assert value_of(frame, "D1", "all", "consultation_satisfaction")[:2] == (pytest.approx(70.1), 5)
    assert np.isnan(value_of(frame, "D1", "all", "consultation_satisfaction")[2])


def test_half_of_the_matters_still_open_has_no_median(make_study, value_of):
    steps = [("a", "raised", "2021-01-01"), ("b", "raised", "2021-01-01"), ("c", "raised", "2021-01-01"),
             ("a", "answered", "2021-01-09")]  # fmt: skip
    frame = process_measures(make_study([("a", "A"), ("b", "A"), ("c", "A")], steps))
    median = value_of(frame, "A", "2021-01", "consultation_days_to_answer")
    assert np.isnan(median[0])
    assert median[1] == 3  # counted, not dropped
    assert value_of(frame, "A", "2021-01", "consultation_open")[0] == 2


def test_matters_without_opening_step_are_counted(make_study, value_of):
    steps = [("a", "raised", "2021-01-01"), ("a", "answered", "2021-01-02"), ("u", "discussed", "2021-02-01")]
    frame = process_measures(
        make_study([("a", "A"), ("u", "A", "adopted"), ("none", "A", "rejected")], steps)
    )
    assert value_of(frame, "A", "2021-01", "consultation_raised")[0] == 1
    assert value_of(frame, "A", "2021-02", "consultation_raised")[0] == 0
    assert value_of(frame, "A", "2021-02", "consultation_unopened")[0] == 1
    assert value_of(frame, "A", "all", "consultation_unopened")[0] == 2
    assert value_of(frame, "A", "2021-02", "consultation_adopted")[:2] == (1, 1)
    assert value_of(frame, "A", "all", "consultation_adopted")[:2] == (0.5, 2)
    assert value_of(frame, "A", "all", "consultation_days_to_answer")[:2] == (1, 1)


def test_matters_outside_the_window_stay_out(make_study, value_of):
    steps = [("a", "raised", "2020-12-30"), ("a", "answered", "2021-01-02"),
             ("b", "raised", "2021-08-01"), ("c", "raised", "2021-02-01")]  # fmt: skip
    frame = process_measures(make_study([("a", "A"), ("b", "A", "adopted"), ("c", "A")], steps))
    assert value_of(frame, "A", "all", "consultation_raised")[0] == 1
    assert value_of(frame, "A", "all", "consultation_unopened")[0] == 0
    assert value_of(frame, "A", "all", "consultation_adopted")[1] == 0
    assert value_of(frame, "A", "all", "consultation_open")[0] == 1


def test_answers_nobody_recorded_are_unknown_not_zero(make_study, value_of):
    frame = process_measures(make_study([("a", "A", "adopted")], [("a", "raised", "2021-01-01")]))
    for measure in ("answered", "open", "days_to_answer", "completeness"):
        found = value_of(frame, "A", "all", f"consultation_{measure}")
        assert np.isnan(found[0])
        assert found[1] == 0
    assert "answered" in frame.attrs["steps_not_recorded"]["consultation"]
    assert value_of(frame, "A", "all", "consultation_adopted")[:2] == (1, 1)


def test_escalation_of_requests(make_study, value_of):
    steps = [("a", "raised", "2021-01-01"), ("b", "raised", "2021-01-01"), ("b", "escalated", "2021-01-02")]
    frame = process_measures(make_study([("a", "A"), ("b", "B", "resolved")], steps, process="request"))
    assert value_of(frame, "S1", "2021-01", "request_escalated")[:2] == (0.5, 2)
    assert value_of(frame, "A", "2021-01", "request_escalated")[0] == 0
    assert value_of(frame, "S1", "2021-01", "request_resolved")[:2] == (1, 1)
    assert "consultation_breadth" not in set(frame["measure"])


def test_what_became_of_the_escalated(make_study, value_of):
    called = lambda m, *days: steps_of(m, "2021-01-01", days, ("raised", "escalated", "arrived", "answered"))  # noqa: E731
    steps = [
        *called("a", 0, 2, 5, 9), *called("b", 0, 1, 8, 9), *steps_of("c", "2021-01-01", (0, 3), SIX[::5]),
        *steps_of("d", "2021-01-01", (0, 1, 5), ("raised", "escalated", "answered")),
    ]  # fmt: skip
    matters = [("a", "A", "resolved"), ("b", "A", "unresolved"), ("c", "A", "resolved"), ("d", "A")]
    frame = process_measures(make_study(matters, steps, process="request"))
    assert value_of(frame, "A", "all", "request_escalated")[:2] == (0.75, 4)
    assert value_of(frame, "A", "all", "request_escalated_resolved")[:2] == (0.5, 2)
    assert value_of(frame, "A", "all", "request_days_to_arrival")[:2] == (7, 3)  # 3, 4+ (answered), 7
    assert "request_late" not in set(frame["measure"])


@pytest.fixture
def acts():
    rows = [
        ("2021-01-01", "A", "consultation", "p1", "p2", None, "done"),
        ("2021-01-05", "A", "consultation", "p1", None, "g", "done"),
        ("2021-01-05", "B", "consultation", "p1", None, "g", None),
        ("2021-02-05", "B", "consultation", "p3", None, "g", "done"),
        ("2021-01-05", "B", "consultation", "p9", None, "g", "cancelled"),
        ("2021-01-05", "B", "help", "p8", "p7", None, "done"),
        ("2021-01-06", "B", "forum", "p4", None, "m", "done"),  # in the gathering of matter m
        ("2020-12-31", "B", "consultation", "p9", None, "g", "done"),
        ("2021-07-01", "B", "consultation", "p6", None, "g", "done"),
    ]
    acts = pd.DataFrame(
        rows,
        columns=["time", "community_id", "kind", "source_id", "target_id", "gathering_id", "status"],
    )
    return acts.assign(time=pd.to_datetime(acts["time"]))


def test_breadth_counts_each_person_once_in_each_place_and_time(make_study, value_of, acts):
    steps = [("m", "raised", "2021-01-20", "p5"), ("m", "answered", "2021-01-21", "org")]
    organisations = pd.DataFrame({"org_id": ["org"], "kind": ["department"]})
    study = make_study([("m", "B")], steps, interactions=acts, organisations=organisations)
    frame = process_measures(study)
    expected = {
        ("A", "2021-01"): (2 / 100, 100),  # p1 p2
        ("B", "2021-01"): (3 / 300, 300),  # p1 p4 p5, not the organisation
        ("B", "2021-02"): (1 / 300, 300),
        ("S1", "2021-01"): (4 / 400, 400),  # p1 once
        ("D1", "all"): (5 / 400, 400),
        ("B", "2021-03"): (0, 300),
    }
    for (place, period), (value, n) in expected.items():
        found = value_of(frame, place, period, "consultation_breadth")
        assert found[:2] == (pytest.approx(value), n)
    assert np.isnan(value_of(frame, "C", "all", "consultation_breadth")[0])  # nobody lives there
    assert frame.attrs["residents_from_people"] == 0


def test_breadth_counts_who_votes_on_statements_or_writes_them(make_study, value_of):
    options = pd.DataFrame(
        {"option_id": ["s1", "s2", "x"], "matter_id": ["m", "m", "f"],
         "kind": ["statement", "statement", "project"], "author_id": ["p9", None, "p8"],
         "opened": pd.to_datetime(["2021-01-05", None, "2021-01-05"])}
    )  # fmt: skip
    votes = pd.DataFrame(
        [("s1", "p1", 1, "2021-01-06"), ("s2", "p1", -1, "2021-02-06"), ("s2", "p2", 0, "2021-02-07"),
         ("s2", "p3", 1, None), ("s1", "p4", 1, "2021-12-01"), ("x", "p5", 1, "2021-01-06")],
        columns=["option_id", "person_id", "vote", "time"],
    )  # fmt: skip
    votes["time"] = pd.to_datetime(votes["time"])
    study = make_study([("m", "B"), ("f", "B")], options=options, votes=votes)
    matters = study.matters.assign(process=["consultation", "fund"])
    frame = process_measures(Study.from_frames(study.frames | {"matters": matters}, window=study.window))
    found = [value_of(frame, "B", p, "consultation_breadth")[0] for p in ("2021-01", "2021-02", "all")]
    # p1 and the author p9; p1 and p2; with them p3, undated; p4 voted after the study, p5 on a project
    assert found == [pytest.approx(n / 300) for n in (2, 2, 4)]


def test_with_a_register_only_people_in_it_act_in_steps(make_study, value_of, acts):
    people = pd.DataFrame({"person_id": ["p1", "p2", "p5"], "community_id": ["A", "A", "B"]})
    steps = [("m", "raised", "2021-01-20", "p5"), ("m", "decided", "2021-01-21", "p6")]
    study = make_study([("m", "B")], steps, interactions=acts.iloc[:0], people=people)
    places = study.places.assign(population=study.places["population"].mask(study.places["place_id"] == "A"))
    study = Study.from_frames(study.frames | {"places": places}, window=study.window)
    frame = process_measures(study)
    assert value_of(frame, "B", "all", "consultation_breadth")[:2] == (pytest.approx(1 / 300), 300)
    assert value_of(frame, "D1", "all", "consultation_breadth")[:2] == (pytest.approx(1 / 302), 302)
    assert value_of(frame, "A", "all", "consultation_breadth")[:2] == (0, 2)
    assert frame.attrs["residents_from_people"] == 1


def test_a_share_of_the_people_table_counts_only_people_in_it(make_study, value_of, acts):
    people = pd.DataFrame({"person_id": ["p1", "p3", "p4", "p0"], "community_id": ["A", "B", "B", "B"]})
    study = make_study(interactions=acts, people=people)
    places = study.places.assign(population=pd.NA)
    study = Study.from_frames(study.frames | {"places": places}, window=study.window)
    frame = process_measures(study)
    # p1 of A also took part in B, and p2 is in no table
    assert value_of(frame, "A", "2021-01", "consultation_breadth")[:2] == (1, 1)
    assert value_of(frame, "B", "all", "consultation_breadth")[:2] == (pytest.approx(1 / 3), 3)
    assert value_of(frame, "D1", "all", "consultation_breadth")[:2] == (pytest.approx(2 / 4), 4)
    assert np.isnan(value_of(frame, "C", "all", "consultation_breadth")[0])
    assert frame.attrs["residents_from_people"] == 3


def test_unknown_residents_of_one_community_leave_the_district_to_its_own(make_study, value_of):
    study = make_study([("m", "B")], [("m", "raised", "2021-01-20", "p5")])
    own = study.places["population"].mask(study.places["place_id"] == "A")
    own = own.mask(study.places["place_id"] == "D1", 1000)
    study = Study.from_frames(
        study.frames | {"places": study.places.assign(population=own)}, window=study.window
    )
    frame = process_measures(study)
    assert value_of(frame, "D1", "all", "consultation_breadth")[:2] == (pytest.approx(1 / 1000), 1000)
    assert np.isnan(value_of(frame, "S1", "all", "consultation_breadth")[0])


FOUR = ("consultation", "request", "contract", "fund")
SEVEN = ("raised", "discussed", "answered", "escalated", "proposed", "signed", "reviewed")


def random_study(seed=3, matters=400, taken=1800, process=FOUR, step=SEVEN):
    rng = np.random.default_rng(seed)
    places = pd.DataFrame(
        [("D1", "district", None), ("D2", "district", None), ("S", "street", "D1")]
        + [(f"c{i}", "community", ("S", "D1", "D2")[i % 3]) for i in range(7)],
        columns=["place_id", "kind", "parent_id"],
    )
    ids = [f"m{i}" for i in range(matters)]
    table = pd.DataFrame(
        {
            "matter_id": ids,
            "process": rng.choice(process, matters),
            "community_id": rng.choice([f"c{i}" for i in range(6)], matters),
            "outcome": rng.choice(
                ["adopted", "rejected", "resolved", "unresolved", "withdrawn", None], matters
            ),
            "satisfaction": np.where(rng.random(matters) < 0.5, rng.uniform(0, 100, matters), np.nan),
        }
    )
    rows = pd.DataFrame({"matter_id": rng.choice(ids, taken), "step": rng.choice(step, taken)})
    rows["time"] = pd.Timestamp("2020-12-01") + pd.to_timedelta(rng.uniform(0, 400, taken).round(), unit="D")
    frames = {"places": places, "matters": table, "steps": rows}
    return Study.from_frames(frames, window=("2021-01", "2021-12"))


def test_agrees_with_the_plain_loop():
    study = random_study()
    frame = process_measures(study, settle_days=60).set_index(["place_id", "period", "measure"])
    table = matter_table(study, settle_days=60)
    tree = study.tree
    for place in ("c0", "c6", "S", "D1", "D2"):
        inside = table[table["community_id"].isin(tree.communities_of(place))]
        for period in (*study.periods, "all"):
            dated = inside["period"].isin(study.periods)
            at = inside[(dated | inside["entered"].isna()) if period == "all" else inside["period"] == period]
            for process in ("consultation", "request", "contract"):
                of = at[at["process"] == process]
                settled = of[of["settled"]]["completeness"].dropna()
                decided = of[of["outcome"].isin(["adopted", "rejected"])]
                expected = {
                    "raised": of["opened"].notna().sum(),
                    "unopened": of["opened"].isna().sum(),
                    "open": (of["open"].fillna(False) & of["opened"].notna()).sum(),
                    "completeness": settled.mean(),
                    "order_violations": (~of["order_ok"].dropna().astype(bool)).mean(),
                    "adopted": (decided["outcome"] == "adopted").mean(),
                    "escalated": of["escalated"].notna().mean(),
                    "satisfaction": of["satisfaction"].mean(),
                }
                for name, value in expected.items():
                    found = frame.loc[(place, period, f"{process}_{name}"), "value"]
                    np.testing.assert_allclose(found, value, err_msg=f"{place} {period} {process} {name}")
                se = of["satisfaction"].sem()
                found = frame.loc[(place, period, f"{process}_satisfaction"), "std_error"]
                np.testing.assert_allclose(found, se)


def test_relabelling_and_row_order_change_nothing():
    study = random_study()
    frame = process_measures(study)
    frames = {name: table.copy() for name, table in study.frames.items()}
    for name in ("matters", "steps"):
        frames[name]["matter_id"] = "x" + frames[name]["matter_id"].str[::-1] + "y"
        frames[name] = frames[name].sample(frac=1, random_state=2)
    again = process_measures(Study.from_frames(frames, window=study.window))
    pd.testing.assert_frame_equal(frame, again)


def test_a_district_alone_measures_the_same():
    study = random_study()
    frame, alone = process_measures(study), process_measures(study.district("D1"))
    inside = frame[frame["place_id"].isin(set(alone["place_id"]))].reset_index(drop=True)
    pd.testing.assert_frame_equal(inside, alone)


def test_nothing_is_mutated():
    study = random_study()
    before = {name: table.copy() for name, table in study.frames.items()}
    process_measures(study)
    for name, table in before.items():
        pd.testing.assert_frame_equal(study.frames[name], table)


def test_studies_without_the_tables(make_study):
    empty = process_measures(Study.from_frames({}))
    assert tuple(empty.columns) == COLUMNS
    assert empty.empty
    assert process_measures(make_study()).empty
    no_dates = process_measures(make_study([("m", "A", "adopted")], window=None))
    assert set(no_dates["period"]) == {"all"}
    assert no_dates.set_index(["place_id", "measure"]).loc[("A", "consultation_adopted"), "value"] == 1


@pytest.mark.parametrize("period", ["quarter", "year"])
def test_other_periods(make_study, value_of, period):
    steps = [("a", "raised", "2021-02-01"), ("b", "raised", "2021-04-01"), ("a", "answered", "2021-04-05")]
    study = make_study([("a", "A"), ("b", "A")], steps)
    study = Study.from_frames(study.frames, period=period)
    frame = process_measures(study)
    first = {"quarter": "2021Q1", "year": "2021"}[period]
    assert value_of(frame, "A", first, "consultation_raised")[0] == {"quarter": 1, "year": 2}[period]


def test_the_registry_describes_every_measure():
    table = describe(MEASURES)
    assert table.columns.tolist() == ["name", "formula", "unit", "n", "source"]
    assert (table["name"] == list(MEASURES)).all()
    assert (table.map(len) > 0).all(axis=None)
    study = random_study(process=PROCESSES, step=STEPS, matters=1200, taken=20_000)
    people = pd.DataFrame({"person_id": ["p", "q"], "community_id": "c1", "role": ["resident", "cadre"]})
    steps = study.steps.assign(actor_id=np.resize(["p", "q"], len(study.steps)))
    study = Study.from_frames(study.frames | {"people": people, "steps": steps}, window=study.window)
    strict = [
        replace(
            usual_procedure(process),
            name=process,
            steps=tuple(
                replace(s, by=("cadre",), within_days=9 if i else None, since=names[0] if i else None)
                for i, s in enumerate(usual_procedure(process).steps)
            ),
        )
        for process in PROCESSES
        for names in [usual_procedure(process).names]
    ]
    assert set(process_measures(study, procedures=strict)["measure"]) == set(MEASURES)
