import numpy as np
import pandas as pd
import pytest

from analysis.errors import AnalysisError, StudyError
from analysis.processes import representation
from analysis.tables.study import Study


@pytest.fixture
def study(make_study):
    """A: 40 registered, of whom 20 came, and 60 others, of whom 10; B: 6 of 10 and 20 of 30."""
    rows = [(f"A{i}", "A", "registered" if i < 40 else "non_registered") for i in range(100)]
    rows += [(f"B{i}", "B", "registered" if i < 10 else "non_registered") for i in range(40)]
    people = pd.DataFrame(rows, columns=["person_id", "community_id", "residency"])
    came = [f"A{i}" for i in [*range(20), *range(40, 50)]]
    steps = [("m", "discussed", "2021-01-05", person) for person in came] * 2  # who came twice counts once
    steps += [("m", "decided", "2021-01-06", "stranger")]
    steps += [("n", "discussed", "2021-01-05", f"B{i}") for i in [*range(6), *range(10, 30)]]
    return make_study([("m", "A"), ("n", "B")], steps, people=people)


def row(frame, place, level):
    return frame[(frame["place_id"] == place) & (frame["level"] == level)].iloc[0]


def test_by_hand(study):
    found = representation(study)
    a = row(found, "A", "registered")
    assert a[["participants", "participants_known"]].tolist() == [20, 30]
    assert a["share_participants"] == pytest.approx(20 / 30)
    assert a["share_residents"] == pytest.approx(0.4)
    assert a["ratio"] == pytest.approx(20 / 30 / 0.4)
    everyone = row(found, "all", "non_registered")
    assert everyone["participants"] == 30
    assert everyone["ratio"] == pytest.approx((30 / 56) / (90 / 140))
    assert row(found, "D1", "registered")["ratio"] == row(found, "all", "registered")["ratio"]
    assert np.isnan(row(found, "C", "registered")["ratio"])
    assert set(found["place_id"]) == {"A", "B", "C", "S1", "D1", "all"}


def test_the_interval_is_wilsons_over_the_residents_share(study):
    # Newcombe (1998), Table I: Wilson for 81 of 263 is 0.2553 to 0.3662
    people = pd.DataFrame({"person_id": [f"p{i}" for i in range(526)], "community_id": "A"})
    people["residency"] = np.where(np.arange(526) % 2 == 0, "registered", "non_registered")
    came = [f"p{2 * i}" for i in range(81)] + [f"p{2 * i + 1}" for i in range(182)]
    steps = pd.DataFrame({"matter_id": "m", "step": "discussed", "time": pd.Timestamp("2021-01-05"),
                          "actor_id": came})  # fmt: skip
    frames = study.frames | {"people": people, "steps": steps}
    found = row(representation(Study.from_frames(frames, window=study.window)), "all", "registered")
    assert found["conf_low"] * 0.5 == pytest.approx(0.2553, abs=5e-5)
    assert found["conf_high"] * 0.5 == pytest.approx(0.3662, abs=5e-5)


def test_small_cells_and_what_would_give_them_away_are_hidden(study):
    assert not representation(study)["hidden"].any()
    study.frames["steps"] = study.steps[~study.steps["actor_id"].isin(["B0", "B1", "B2"])]
    found = representation(study)
    b = found[found["place_id"] == "B"]
    assert b["hidden"].all()  # three registered; with the others' share they could be worked out
    assert b[["participants", "participants_known", "ratio", "share_residents"]].isna().all(axis=None)
    assert found.loc[found["place_id"] == "A", "hidden"].all()  # S1 less A is B
    assert not found.loc[found["place_id"].isin(["S1", "all"]), "hidden"].any()


def test_residents_from_the_places(study):
    places = study.places.assign(
        share_nonregistered=0.25, population=study.places["population"].replace(0, 10)
    )
    known = Study.from_frames(study.frames | {"places": places}, window=study.window)
    found = row(representation(known, base="places"), "all", "non_registered")
    assert found["share_residents"] == pytest.approx(0.25)
    assert found["ratio"] == pytest.approx((30 / 56) / 0.25)
    with pytest.raises(StudyError, match="No community states"):
        representation(study, base="places")


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ({"group": "height"}, "group is not known"),
        ({"process": "party"}, "process is not known"),
        ({"group": "residency", "base": "register"}, "base is not known"),
        ({"group": "residency", "conf": 2}, "no share"),
    ],
)
def test_bad_arguments(study, arguments, text):
    with pytest.raises(AnalysisError, match=text):
        representation(study, **arguments)


def test_groups_nobody_states_and_other_processes(study):
    with pytest.raises(StudyError, match="Nobody's group is known") as error:
        representation(study, "sex")
    assert error.value.where == "people.sex"
    with pytest.raises(AnalysisError, match="base is not known"):
        representation(study, "role", base="places")
    found = representation(study, process="request")
    assert found["participants"].sum() == 0
    assert found["ratio"].isna().all()


def test_relabelling_row_order_and_no_mutation(study):
    before = {name: frame.copy() for name, frame in study.frames.items()}
    found = representation(study)
    for name, frame in before.items():
        pd.testing.assert_frame_equal(study.frames[name], frame)
    study.frames["people"] = study.people.sample(frac=1, random_state=1).assign(
        person_id=lambda p: "x" + p["person_id"]
    )
    study.frames["steps"] = study.steps.sample(frac=1, random_state=2).assign(
        actor_id=lambda s: "x" + s["actor_id"]
    )
    pd.testing.assert_frame_equal(representation(study), found)
