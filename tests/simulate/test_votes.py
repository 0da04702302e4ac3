"""Options and votes of the synthetic city: camps behind the statements, money behind the projects."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from analysis.simulate import calibration as known
from analysis.simulate import simulate_city


@pytest.fixture(scope="module")
def voted(city):
    """Votes with what is known of the option, its matter and the voter."""
    options = city.frames["options"].set_index("option_id")
    people = city.frames["people"].set_index("person_id")[["community_id", "residency", "age_band"]]
    rows = city.frames["votes"].join(options, on="option_id").join(people, on="person_id")
    matters = city.frames["matters"].set_index("matter_id")[["process", "community_id", "outcome"]]
    return rows.join(matters.add_suffix("_of_matter"), on="matter_id")


def test_statements_belong_to_consultations_and_projects_to_funds(voted):
    process = voted.groupby("kind")["process_of_matter"].unique().map(list).to_dict()
    assert process == {"statement": ["consultation"], "project": ["fund"]}
    assert (voted["community_id"] == voted["community_id_of_matter"]).all()
    assert (voted["time"] >= voted["opened"]).all()
    assert set(voted.loc[voted["kind"] == "project", "vote"]) == {1.0}
    assert set(voted.loc[voted["kind"] == "statement", "vote"]) == {1.0, 0.0, -1.0}


def test_statements_not_admitted_have_no_votes(city, voted):
    statements = city.frames["options"].query("kind == 'statement'")
    assert statements["admitted"].mean() == pytest.approx(known.ADMITTED, abs=0.02)
    assert voted["admitted"].all()
    assert statements["selected"].isna().all()


def test_camps_differ_on_what_divides_and_follow_residency(voted):
    statements = voted[(voted["kind"] == "statement")]
    agree = (statements["vote"] > 0).groupby([statements["option_id"], statements["residency"]]).mean()
    gap = agree.unstack().diff(axis=1).iloc[:, 1].abs()
    # 0.45 of the statements divide by 0.78, and the camps overlap: 0.4 of 0.78 shows between residencies
    assert gap.quantile(0.9) > 0.3
    assert gap.quantile(0.1) < 0.1
    passed = (statements["vote"] == 0).sum() / (statements["vote"] <= 0).sum()
    assert passed == pytest.approx(known.PASSED, abs=0.02)
    again = statements.duplicated(["option_id", "person_id"]).mean()
    assert again == pytest.approx(known.VOTED_AGAIN, rel=0.2)


def test_a_ballot_names_few_projects_once_and_at_one_time(voted):
    ballots = voted[voted["kind"] == "project"].groupby(["matter_id", "person_id"])
    assert ballots.size().max() == known.CHOICES
    assert (ballots["time"].min() == ballots["time"].max()).all()
    assert not voted[voted["kind"] == "project"].duplicated(["option_id", "person_id"]).any()


def test_the_most_approved_are_chosen_while_the_money_lasts(city):
    options = city.frames["options"].query("kind == 'project'")
    approvals = city.frames["votes"]["option_id"].value_counts()
    money = city.frames["matters"].set_index("matter_id")["amount"]
    outcome = city.frames["matters"].set_index("matter_id")["outcome"]
    checked = 0
    for matter, projects in options.groupby("matter_id"):
        assert projects["selected"].isna().all() or projects["selected"].notna().all()
        if pd.isna(outcome[matter]):
            continue
        if outcome[matter] == "rejected":
            assert not projects["selected"].any()
            continue
        left, chosen = money[matter], set()
        projects = projects.assign(n=projects["option_id"].map(approvals).fillna(0))
        for row in projects.sort_values(["n", "amount"], ascending=[False, True]).itertuples():
            if row.n and row.amount <= left:
                left -= row.amount
                chosen.add(row.option_id)
        assert chosen == set(projects.loc[projects["selected"], "option_id"])
        checked += 1
    assert checked > 40


def test_chosen_projects_are_finished_after_the_money_is_spent(city):
    options, steps = city.frames["options"], city.frames["steps"]
    done = options[options["completed"].notna()]
    spent = steps[steps["step"] == "spent"].set_index("matter_id")["time"]
    assert done["selected"].all()
    assert (done["completed"] >= done["matter_id"].map(spent).dt.normalize()).all()
    chosen = options[options["selected"].fillna(False) & options["matter_id"].isin(spent.index)]
    assert 0.6 < chosen["completed"].notna().mean() <= known.FINISHED + 0.05


def test_old_people_vote_less_online(city, voted):
    old = voted["age_band"].isin(["60-74", "75+"])
    online = (voted["channel"] == "online").groupby(old).mean()
    assert online[False] == pytest.approx(0.85, abs=0.03)
    assert online[True] == pytest.approx(0.40, abs=0.06)
    assert voted.groupby("person_id")["channel"].nunique().max() == 1


def test_sexes_come_from_a_stream_of_their_own(city):
    people = city.frames["people"]
    assert (people["sex"] == "male").mean() == pytest.approx(known.MEN, abs=0.01)
    by_role = (people["sex"] == "male").groupby(people["role"]).mean()
    assert np.ptp(by_role[["resident", "volunteer"]]) < 0.04


def test_a_city_may_have_nothing_to_vote_on(monkeypatch):
    monkeypatch.setattr(known, "CONVERSATION_SHARE", 0.0)
    monkeypatch.setitem(known.MATTERS_PER_MONTH, "fund", 0.0)
    city = simulate_city(1, 1, 12, 3, tables=["options", "votes"])
    assert {table: len(frame) for table, frame in city.frames.items()} == {"options": 0, "votes": 0}
