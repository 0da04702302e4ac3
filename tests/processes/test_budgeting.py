"""Participatory budgeting: turnout, representation, money and follow-through by hand; Warsaw recomputed."""

import numpy as np
import pandas as pd
import pytest

from analysis.errors import AnalysisError
from analysis.processes.ballots import projects_of, voters_of_budgets
from analysis.processes.budgeting import (
    BUDGETING_MEASURES,
    budget_measures,
    budget_money,
    budgeting_measures,
)
from analysis.tables.study import Study

PROJECTS = pd.DataFrame(
    [
        # option, matter, place, category, amount, selected, completed
        ("a", "M", "A", "green,play", 100.0, True, "2021-05-01"),
        ("b", "M", "A", "play", 60.0, False, None),
        ("c", "M", "U", None, 40.0, True, None),
        ("d", "N", "B", "green", 30.0, None, None),
        ("e", "O", "D1", "green", None, True, "2021-09-01"),  # after the end of the study
    ],
    columns=["option_id", "matter_id", "place_id", "category", "amount", "selected", "completed"],
).assign(kind="project", completed=lambda f: pd.to_datetime(f["completed"]))


@pytest.fixture
def study(make_study):
    """Vote M: voters v0-v9, of whom v0-v6 are women and v0-v7 online; N has two voters, O no votes."""
    rows = [("a", f"v{i}", 1.0, "2021-02-01", "online") for i in range(6)]
    rows += [("b", f"v{i}", 1.0, "2021-02-10", "online" if i < 8 else "paper") for i in range(4, 10)]
    rows += [("c", "v0", 1.0, "2021-02-11", "online"), ("c", "v9", 0.0, "2021-02-11", "paper")]
    rows += [("d", "v0", 1.0, "2021-03-01", None), ("d", "v1", 1.0, "2021-03-01", None)]
    votes = pd.DataFrame(rows, columns=["option_id", "person_id", "vote", "time", "channel"])
    people = pd.DataFrame({"person_id": [f"v{i}" for i in range(20)], "community_id": "A"})
    people["sex"] = ["female"] * 7 + ["male"] * 3 + ["female"] * 3 + ["male"] * 7
    people["age_band"] = ["18-44"] * 6 + ["45-59", "45-59", "75+", None] + ["18-44"] * 4 + ["45-59"] * 6
    return make_study(
        [("M", "A"), ("N", "B"), ("O", "B")], [("O", "voted", "2021-04-01")], process="budgeting",
        options=PROJECTS, votes=votes.assign(time=pd.to_datetime(votes["time"])), people=people,
    )  # fmt: skip


@pytest.fixture
def figure(study):
    table = budget_measures(study)

    def find(matter, measure, group=""):
        row = table[
            (table["matter_id"] == matter) & (table["measure"] == measure) & (table["group"] == group)
        ]
        assert len(row) == 1, (matter, measure, group)
        return row.iloc[0]

    return find


def test_who_took_part_by_hand(figure):
    assert figure("M", "voters")[["value", "n", "place_id", "period"]].tolist() == [10, 10, "A", "2021-02"]
    assert figure("M", "turnout")[["value", "n"]].tolist() == [0.1, 100]
    choices = figure("M", "choices_per_voter")  # 13 approvals: v0 2, v4 and v5 2, the other seven 1
    assert choices["value"] == pytest.approx(1.3)
    spread = 1.959964 * np.std([2, 2, 2, *[1] * 7], ddof=1) / np.sqrt(10)
    assert choices["conf_high"] == pytest.approx(1.3 + spread)
    funded = figure("M", "funded_choice")  # v0-v5 approved a, v0 also c
    assert funded[["value", "n"]].tolist() == [0.6, 10]
    assert funded[["conf_low", "conf_high"]].tolist() == pytest.approx([0.3127, 0.8318], abs=1e-4)
    assert figure("O", "voters").isna()[["value", "n"]].all()  # no ballots: how many voted is not known


def test_small_votes_are_hidden(figure):
    for measure in ("voters", "turnout", "choices_per_voter"):
        row = figure("N", measure)
        assert row["hidden"]
        assert row[["value", "n", "conf_low", "conf_high"]].isna().all()
    assert not figure("N", "projects")["hidden"]
    assert np.isnan(figure("N", "projects_selected")["value"])  # undecided


def test_representation_by_hand(figure):
    women, men = (figure("M", "share_sex", sex) for sex in ("female", "male"))
    assert women["hidden"]  # 3 men of 10 are too few to show, and the 7 women would tell
    assert men["hidden"]
    for band in ("18-44", "45-59", "75+"):
        assert figure("M", "share_age", band)["hidden"] == (band != "18-44")
    young = figure("M", "share_age", "18-44")
    assert young[["value", "n"]].tolist() == [pytest.approx(6 / 9), 9]
    stands = figure("M", "representation_age", "18-44")  # 10 of the 19 in the table with a known age
    assert stands["value"] == pytest.approx((6 / 9) / (10 / 19))
    assert stands["conf_low"] == pytest.approx(young["conf_low"] / (10 / 19))
    assert figure("M", "share_channel", "online")["hidden"]  # two on paper


def test_a_list_of_voters_is_no_register(study):
    voted = study.people[study.people["person_id"].isin(study.votes["person_id"])]
    table = budget_measures(Study.from_frames(dict(study.frames, people=voted), window=study.window))
    part = table[table["measure"].str.startswith("representation")]
    assert len(part) > 0
    assert part["value"].isna().all()


def test_money_and_completion_by_hand(study, figure):
    values = {
        m: figure("M", m)["value"] for m in ("projects", "projects_selected", "cost_asked", "cost_selected")
    }
    assert values == {"projects": 3, "projects_selected": 2, "cost_asked": 200, "cost_selected": 140}
    assert np.isnan(figure("M", "budget_used")["value"])  # no budget on record
    done = figure("M", "completed")
    assert done[["value", "n"]].tolist() == [0.5, 2]
    # the vote ended 11 February, a was finished 79 days later, c waits: at half, the curve stays at one half
    assert figure("M", "days_to_completion")["value"] == 79
    assert figure("O", "completed")["value"] == 0
    budgets = study.matters.assign(amount=[200.0, None, None])
    table = budget_measures(Study.from_frames(dict(study.frames, matters=budgets), window=study.window))
    used = table[(table["matter_id"] == "M") & (table["measure"] == "budget_used")]
    assert used["value"].tolist() == [0.7]


def test_completion_that_nobody_records_is_unknown(study):
    options = study.options.assign(completed=pd.NaT)
    blank = Study.from_frames(dict(study.frames, options=options), window=study.window)
    table = budget_measures(blank)
    assert table.loc[table["measure"] == "completed", "value"].isna().all()
    through = budgeting_measures(blank).query("measure == 'budgeting_follow_through'")
    assert through["value"].isna().all()


def test_money_adds_up_by_every_key(study):
    total = {"projects": 5, "selected": 3, "asked": 230, "awarded": 140}
    for by in ("district_id", ["category"], ["place_id", "period"], ["matter_id", "category"]):
        table = budget_money(study, by)
        assert table[list(total)].sum().to_dict() == pytest.approx(total), by
        assert table["share_awarded"].sum() == pytest.approx(1)
        assert table.attrs["without_cost"] == 1
    kinds = budget_money(study, "category").set_index("category")
    assert kinds.loc["green", ["projects", "asked", "awarded"]].tolist() == [2.5, 80, 50]
    assert kinds.loc["play", ["projects", "asked", "awarded"]].tolist() == [1.5, 110, 50]
    assert kinds.loc[kinds.index.isna(), "awarded"].tolist() == [40]
    with pytest.raises(AnalysisError, match="cannot be added up") as caught:
        budget_money(study, "colour")
    assert "district_id" in caught.value.expected


def test_measures_of_places_by_hand(study, value_of):
    table = budgeting_measures(study)
    assert set(table["measure"]) == set(BUDGETING_MEASURES)
    assert value_of(table, "A", "2021-02", "budgeting_turnout")[:2] == (0.1, 100)
    assert value_of(table, "B", "2021-03", "budgeting_turnout")[0] == pytest.approx(2 / 300)
    assert value_of(table, "D1", "all", "budgeting_turnout")[0] == pytest.approx(10 / 400)  # v0, v1 once
    value, n, error = value_of(table, "D1", "all", "budgeting_funded_choice")
    assert (value, n) == (0.6, 10)  # N is undecided
    assert error == pytest.approx(np.sqrt(0.24 / 9))
    assert value_of(table, "A", "all", "budgeting_follow_through")[:2] == (0.5, 2)
    assert value_of(table, "B", "2021-04", "budgeting_follow_through")[:2] == (0, 1)
    assert np.isnan(value_of(table, "C", "all", "budgeting_turnout")[0])


def test_order_does_not_matter_and_nothing_is_changed(study):
    before = {name: frame.copy() for name, frame in study.frames.items()}
    frames = {name: frame.iloc[::-1].reset_index(drop=True) for name, frame in study.frames.items()}
    frames["places"] = study.places
    other = Study.from_frames(frames, window=study.window)
    for function in (budget_measures, budgeting_measures):
        one, two = function(study), function(other)
        keys = [c for c in ("matter_id", "place_id", "period", "measure", "group") if c in one]
        pd.testing.assert_frame_equal(
            one.sort_values(keys, ignore_index=True), two.sort_values(keys, ignore_index=True)
        )
    for name, frame in before.items():
        pd.testing.assert_frame_equal(frame, study.frames[name])


def test_nothing_to_vote_on_or_nobody_voting(make_study):
    empty = make_study([("M", "A")])
    assert len(budget_measures(empty)) == 0
    assert len(budgeting_measures(empty)) == 0
    assert len(budget_money(empty)) == 0
    silent = make_study([("M", "A"), ("N", "B"), ("O", "B")], options=PROJECTS, process="budgeting")
    table = budget_measures(silent)
    assert table.loc[table["measure"].isin(["voters", "turnout"]), "value"].isna().all()
    assert len(voters_of_budgets(silent, projects_of(silent))) == 0
    assert table.loc[table["measure"] == "cost_selected", "value"].sum() == 140
    measures = budgeting_measures(silent)
    assert measures.loc[measures["measure"] == "budgeting_funded_choice", "value"].isna().all()


@pytest.fixture(scope="module")
def warsaw(datasets, tmp_path_factory):
    """Three votes with ballots and one without, as an open study, and what the export states of them."""
    from analysis.tables.check import open_study
    from analysis.tables.sources.pabulib import import_pabulib

    source, folder = datasets / "pabulib_warsaw", tmp_path_factory.mktemp("warsaw")
    (folder / "export").mkdir()
    chosen = ("2023_Mokotow", "2022_Wola", "2024_Ursus", "2026_Nowodwory")
    for name in ("processes", "projects", "ballots_2022_2024"):
        frame = pd.read_csv(source / f"{name}.csv.gz", dtype="str")
        frame[frame["pb_id"].isin(chosen)].to_csv(folder / "export" / f"{name}.csv", index=False)
    import_pabulib(folder / "export", folder / "study")
    (folder / "key").write_text("k" * 64)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GONGZHI_KEY_FILE", str(folder / "key"))
        study = open_study(folder / "study")
    return study, pd.read_csv(source / "processes.csv.gz").set_index("pb_id").loc[list(chosen)]


def test_warsaw_as_stated(warsaw):
    """All 54 votes with ballots agree as these do; 2022_Wola has one ballot that names a project twice."""
    study, stated = warsaw
    table = budget_measures(study)
    wide = table[table["group"] == ""].pivot(index="matter_id", columns="measure", values="value")
    voted = ["2023_Mokotow", "2022_Wola", "2024_Ursus"]
    assert wide.loc[voted, "voters"].tolist() == stated.loc[voted, "num_votes"].tolist()
    for ours, theirs in (("projects", "num_projects"), ("projects_selected", "projects_selected"),
                         ("cost_selected", "cost_selected_pln"), ("cost_asked", "cost_all_pln"),
                         ("budget", "budget_pln")):  # fmt: skip
        assert wide.loc[stated.index, ours].tolist() == stated[theirs].tolist()
    gap = wide.loc[voted, "choices_per_voter"] - stated.loc[voted, "mean_choices"]
    assert gap.abs().max() < 0.5e-4 + 1 / stated.at["2022_Wola", "num_votes"]
    for measure, group, theirs in (("share_sex", "female", "share_women"),
                                   ("share_channel", "online", "share_internet")):  # fmt: skip
        ours = table[(table["measure"] == measure) & (table["group"] == group)].set_index("matter_id")[
            "value"
        ]
        told = stated[theirs].dropna().reindex(ours.index)
        assert (ours - told).abs().max() <= 0.5e-4 + 1e-9  # stated to four decimals
    assert wide["turnout"].isna().all()  # the export states no population
    assert wide["completed"].isna().all()  # nor what was built
    assert 0.75 < wide.at["2023_Mokotow", "funded_choice"] < 0.9
    money = budget_money(study)
    assert money["awarded"].sum() == stated["cost_selected_pln"].sum()


def test_warsaw_votes_by_project_as_stated(warsaw, datasets):
    study, _ = warsaw
    projects = pd.read_csv(datasets / "pabulib_warsaw" / "projects.csv.gz", dtype={"project_id": "str"})
    projects = projects[projects["pb_id"] == "2023_Mokotow"]
    count = study.votes["option_id"].value_counts()
    ours = count.reindex(projects["pb_id"] + "/" + projects["project_id"])
    assert ours.tolist() == projects["votes"].tolist()
    assert len(ours) == 81
