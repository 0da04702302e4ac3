"""The Pabulib import: every row accounted for, by hand and on Warsaw's 182 votes."""

import time

import pandas as pd
import pytest

from analysis.errors import StudyError
from analysis.tables.check import open_study
from analysis.tables.sources.pabulib import import_pabulib

PROCESSES = """\
pb_id,year,district,subunit,level,date_begin,date_end,budget_pln,num_votes,mean_age,share_women,share_internet,mean_choices
23_Wo,2023,Wola,Wola,district,2022-06-15,2022-06-30,1000,4,40.333,0.5,0.6667,1.75
24_Ul,2024,Wola,Ulrychów,neighbourhood,2023-06-15,2023-06-30,500,9,,,,1
24_Wo,2024,Wola,Wola,district,2023-06-15,2023-06-30,900,7,,,,
24_Wo,2024,Wola,Wola,district,2023-06-15,2023-06-30,900,7,,,,
25_Ci,2025,,,city,2024-06-15,2024-06-30,900,7,,,,
25_Be,2025,Bemowo,Bemowo,district,2024-06-15,soon,900,7,,,,
"""
PROJECTS = """\
pb_id,project_id,name,cost,votes,selected,category
23_Wo,1,Park,600,3,1,"urban greenery,health"
23_Wo,2,Ławka,dear,3,0,
23_Wo,2,Ławka,500,3,0,
24_Ul,1,Plac,400,9,1,public space
25_Be,1,Las,400,9,1,public space
"""
BALLOTS = """\
pb_id,voter_id,age,sex,voting_method,vote
23_Wo,7,1,F,internet,"1,2"
23_Wo,8,20,F,paper,"1,2,2"
23_Wo,9,100,M,internet,"1,404"
23_Wo,9,100,M,internet,1
23_Wo,10,127,X,,2
23_Wo,11,40,M,internet,
99_Xx,7,40,M,internet,1
24_Ul,7,forty,M,,1
"""


def write_export(folder, **changes):
    folder.mkdir(parents=True, exist_ok=True)
    files = {"processes": PROCESSES, "projects": PROJECTS, "ballots_23": BALLOTS} | changes
    for name, text in files.items():
        if text is not None:
            (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    return folder


@pytest.fixture
def small(tmp_path):
    account = import_pabulib(write_export(tmp_path / "export"), tmp_path / "study")
    return account.set_index("what"), open_study(tmp_path / "study")


def test_small_export_accounts_for_every_row_by_hand(small):
    account, _ = small
    assert account[["rows_in", "rows_out"]].apply(tuple, axis=1).to_dict() == {
        "votes on a budget": (6, 3),
        "projects": (5, 3),
        "ballots": (8, 5),
        "ages": (5, 2),  # 1 and 127 are implausible, "forty" is no number
        "sexes": (5, 4),
        "channels": (5, 3),
        "choices": (9, 8),  # one of project 404
        "projects recounted": (3, 1),  # 23_Wo/2 has 4 choices, one ballot naming it twice; 24_Ul has 1, not 9
        "num_votes recounted": (2, 1),
        "mean_age recounted": (1, 0),
        "share_women recounted": (1, 1),
        "share_internet recounted": (1, 0),
        "mean_choices recounted": (2, 2),
        "outcomes": (15, 8),
        "places": (4, 4),
        "columns of processes": (13, 11),
        "columns of projects": (7, 6),
        "columns of ballots": (6, 6),
        "people": (5, 5),
    }  # fmt: skip
    assert "1 repeat a choice of the same ballot" in account.at["choices", "note"]
    assert "set aside: 2 under 2 or over 110, 1 empty or no number" in account.at["ages", "note"]
    lost = account[account["rows_in"] != account["rows_out"]]
    lost = lost[~lost.index.str.endswith("recounted")]
    assert lost["note"].str.contains("set aside: ").all()


def test_small_study(small):
    _, study = small
    assert len(study.problems.query("level == 'set_aside'")) == 0
    assert study.people["person_id"].is_unique  # voter 7 of two votes is two people
    assert study.people["age_band"].fillna("").tolist() == ["", "18-44", "75+", "", ""]
    assert study.people["sex"].fillna("").tolist() == ["female", "female", "male", "", "male"]
    assert study.votes["channel"].fillna("").tolist() == [
        "online",
        "online",
        *["paper"] * 3,
        "online",
        "",
        "",
    ]
    assert study.votes["time"].isna().all()
    options = study.options.set_index("option_id")
    assert options.index.tolist() == ["23_Wo/1", "23_Wo/2", "24_Ul/1"]
    assert options["place_id"].tolist() == ["wola", "wola", "wola-ulrychow"]
    assert options["selected"].tolist() == [True, False, True]
    assert options["amount"].isna().tolist() == [False, True, False]
    assert study.steps[["step", "time"]].drop_duplicates().to_numpy().tolist() == [
        ["voted", pd.Timestamp("2022-06-30")], ["voted", pd.Timestamp("2023-06-30")],
    ]  # fmt: skip
    assert study.periods == ["2022", "2023"]
    assert set(study.tree.table.query("kind == 'community'")["name"]) == {"Wola as a whole", "Ulrychów"}
    ballots = study.outcomes.query("measure == 'ballots'").set_index("place_id")["value"]
    assert sorted(zip(ballots.index, ballots, strict=True)) == [
        ("wola-ulrychow", 9), ("wola-whole", 4), ("wola-whole", 7),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"ballots_23": None}, ["no file of ballots", "ballots*.csv.gz"]),
        ({"projects": None}, ["no file of projects"]),
        ({"ballots_23": BALLOTS.replace("voter_id", "id")}, ["lacks voter_id"]),
        ({"processes": PROCESSES.replace("-30", "-31")}, ["None of the processes"]),
        ({"ballots_23": BALLOTS.replace("23_Wo", "x").replace("24_Ul", "y")}, ["None of the ballots"]),
        ({"projects": PROJECTS.replace("23_Wo", "x").replace("24_Ul", "y")}, ["None of the projects"]),
    ],
)
def test_bad_exports_say_what_to_mend_and_write_nothing(tmp_path, changes, words):
    with pytest.raises(StudyError) as caught:
        import_pabulib(write_export(tmp_path / "export", **changes), tmp_path / "study")
    assert all(word in str(caught.value) for word in words), str(caught.value)
    assert "mend:" in str(caught.value)
    assert not (tmp_path / "study").exists()


def test_warsaw_as_stated(datasets, tmp_path):
    begun = time.process_time()
    account = import_pabulib(datasets / "pabulib_warsaw", tmp_path / "study").set_index("what")
    assert time.process_time() - begun < 30  # 6 s on one core
    rows = account[["rows_in", "rows_out"]].apply(tuple, axis=1).to_dict()
    assert rows["votes on a budget"] == (182, 182)
    assert rows["projects"] == (8_662, 8_662)
    assert "2,481 chosen" in account.at["projects", "note"]
    assert rows["ballots"] == (260_835, 260_835)
    assert rows["people"] == (260_835, 260_835)
    assert rows["choices"] == (2_636_947, 2_636_947)
    assert "set aside: 469 under 2 or over 110, 345 empty" in account.at["ages", "note"]
    assert "82,127 empty" in account.at["channels", "note"]  # all of 2024
    # what is recounted from the ballots is what the export states, everywhere
    checks = account[account.index.str.endswith("recounted")]
    assert checks["rows_out"].tolist() == checks["rows_in"].tolist() == [3_554, 54, 54, 54, 36, 54]
    places = pd.read_csv(tmp_path / "study" / "places.csv")
    assert places["kind"].value_counts().to_dict() == {"community": 74, "district": 18, "city": 1}
    outcomes = pd.read_csv(tmp_path / "study" / "outcomes.csv")
    ballots = outcomes[outcomes["measure"] == "ballots"].merge(places, on="place_id")
    whole = ballots["name"].str.endswith("as a whole")
    assert ballots[whole].groupby("period")["value"].sum().to_dict() == {
        2019: 104_941, 2020: 107_732, 2021: 91_570, 2022: 87_138, 2023: 82_127, 2024: 74_304, 2025: 64_956,
    }  # fmt: skip
    assert ballots.loc[~whole, "value"].sum() == 64_292
