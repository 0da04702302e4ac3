"""Classes of people alike: counted by hand, in the districts, and after rows were made coarser."""

import itertools

import numpy as np
import pandas as pd
import pytest

from analysis.errors import AnalysisError
from analysis.privacy import generalise, linkage_risk, neutralise, risk_classes

PEOPLE = pd.DataFrame(
    {
        "person_id": list("abcdefgh"),
        "age_band": ["18-44"] * 5 + ["75+", "75+", None],
        "role": ["resident"] * 4 + ["cadre", "resident", "resident", "resident"],
        "district_id": ["D1"] * 4 + ["D2"] * 4,
    }
)
KEYS = ("age_band", "role")


def test_by_hand():
    found = linkage_risk(PEOPLE, KEYS, k=3).set_index("district_id")
    # classes: (18-44, resident) 4 people; (18-44, cadre) 1; (75+, resident) 2; (missing, resident) 1
    assert found.loc["", ["people", "classes", "smallest", "unique", "below"]].tolist() == [8, 4, 1, 2, 4]
    assert found.loc["", ["share_unique", "share_below"]].tolist() == [0.25, 0.5]
    assert found.loc["", "median"] == 3.0
    assert found.loc["D1", ["people", "classes", "smallest", "unique", "below"]].tolist() == [4, 1, 4, 0, 0]
    assert found.loc["D2", ["people", "classes", "smallest", "unique", "below"]].tolist() == [4, 3, 1, 2, 4]
    assert risk_classes(PEOPLE, KEYS)["people"].tolist() == [1, 1, 2, 4]
    assert risk_classes(PEOPLE, KEYS)["people"].sum() == len(PEOPLE)


def test_brute_force_order_and_no_mutation():
    draw = np.random.default_rng(4)
    people = pd.DataFrame({k: draw.choice(list("abc"), 200) for k in ("age_band", "sex", "role")})
    people["district_id"] = draw.choice(["D1", "D2"], 200)
    before = people.copy()
    found = linkage_risk(people, ("age_band", "sex", "role"), k=9)
    pd.testing.assert_frame_equal(people, before)
    shuffled = linkage_risk(people.sample(frac=1, random_state=1), ("role", "age_band", "sex"), k=9)
    pd.testing.assert_frame_equal(found, shuffled)
    rows = list(people[["age_band", "sex", "role"]].itertuples(index=False, name=None))
    sizes = np.array([rows.count(row) for row in rows])
    for name, inside in (("", np.ones(200, bool)), ("D1", (people["district_id"] == "D1").to_numpy())):
        row = found.set_index("district_id").loc[name]
        assert row["below"] == (sizes[inside] < 9).sum()
        assert row["unique"] == (sizes[inside] == 1).sum()
        assert row["smallest"] == sizes[inside].min()


def test_nobody_and_one():
    empty = linkage_risk(PEOPLE.iloc[:0], KEYS)
    assert empty["people"].tolist() == [0]
    assert linkage_risk(PEOPLE.iloc[:1], KEYS)["share_unique"].tolist() == [1.0, 1.0]


@pytest.mark.parametrize(
    ("keys", "k", "said"),
    [
        (("age",), 5, "does not hold"),
        ((), 5, "does not hold"),
        (KEYS, 1, "least size"),
        (KEYS, True, "least size"),
    ],
)
def test_what_is_no_key_and_no_size(keys, k, said):
    with pytest.raises(AnalysisError, match=said):
        linkage_risk(PEOPLE, keys, k=k)


def city(number, seed=0):
    draw = np.random.default_rng(seed)
    place = draw.integers(0, 12, number)
    return pd.DataFrame(
        {
            "person_id": [f"p{n}" for n in range(number)],
            "joined": pd.Timestamp("2021-01-01"),
            "age_band": draw.choice(["0-17", "18-44", "45-59", "60-74", "75+"], number),
            "sex": draw.choice(["female", "male"], number),
            "residency": draw.choice(["registered", "non_registered"], number),
            "role": draw.choice(["resident", "cadre", "volunteer"], number, p=[0.9, 0.02, 0.08]),
            "unit_id": [f"U{p}-{u}" for p, u in zip(place, draw.integers(0, 8, number), strict=True)],
            "community_id": [f"C{p}" for p in place],
            "street_id": [f"S{p // 3}" for p in place],
            "district_id": [f"D{p // 6}" for p in place],
        }
    )


@pytest.mark.parametrize(("number", "k"), list(itertools.product([30, 300, 3000], [3, 5, 20])))
def test_nobody_stands_out_and_nobody_is_lost_without_a_word(number, k):
    people = city(number)
    before = people.copy()
    found = generalise(people, k=k)
    pd.testing.assert_frame_equal(people, before)
    assert len(found.people) + found.left_out == found.rows_in == number
    if len(found.people):
        columns = list(found.people.columns)
        assert not {"person_id", "joined"} & set(columns)
        assert found.people.groupby(columns).size().min() >= k
        assert found.people.equals(found.people.sort_values(columns, ignore_index=True))


def test_steps_only_as_far_as_needed_and_in_order():
    order = ("unit", "ages", "roles", "street", "sex", "district", "two_ages", "city")
    few, many = generalise(city(200)), generalise(city(40_000))
    assert few.steps == order[: len(few.steps)]
    assert len(many.steps) < len(few.steps)
    alike = pd.DataFrame({"age_band": ["18-44"] * 9, "sex": ["male"] * 9})
    assert generalise(alike).steps == ()
    assert len(generalise(alike).people) == 9


def test_people_without_any_such_column_are_refused():
    with pytest.raises(AnalysisError, match="nothing that could be handed out"):
        generalise(pd.DataFrame({"person_id": ["a"]}))


def test_formulas_are_text():
    frame = pd.DataFrame(
        {"=x": ["=1+1", "+1", "-1", "@a", "\t=1", "\r1", " =1", "＝1", "a=1", "", None], "n": [-1.0] * 11}
    )
    before = frame.copy()
    found = neutralise(frame)
    pd.testing.assert_frame_equal(frame, before)
    assert found.columns.tolist() == ["'=x", "n"]
    assert found["'=x"].tolist()[:8] == ["'=1+1", "'+1", "'-1", "'@a", "'\t=1", "'\r1", "' =1", "'＝1"]
    assert found["'=x"].tolist()[8:10] == ["a=1", ""]
    assert pd.isna(found["'=x"].iloc[10])
    assert (found["n"] == -1.0).all()
    assert neutralise(pd.DataFrame({"c": pd.Categorical(["=1", "b"])}))["c"].tolist() == ["'=1", "b"]
