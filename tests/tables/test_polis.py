"""The Polis import: every row accounted for, on a hand-made export and on vTaiwan's UberX conversation."""

import re

import pandas as pd
import pytest

from analysis.cli import main
from analysis.errors import StudyError
from analysis.tables.check import open_study
from analysis.tables.sources.polis import import_polis, read_groups

COMMENTS = """\
timestamp,datetime,comment-id,author-id,agrees,disagrees,moderated,comment-body
1435654192000,x,0,0,1,0,1,"a, b"
1435654193000,x,1,1,1,0,-1,c
1435654191000,x,2,0,1,0,0,d
1435654199000,x,2,0,1,0,0,again
yesterday,x,3,0,1,0,1,e
"""
VOTES = """\
timestamp,datetime,comment-id,voter-id,vote
1435654195900,x,0,0,1
1435654195200,x,0,0,-1
1435654195200,x,0,1,1
1435654195200,x,1,1,0
1435654195200,x,9,1,1
1435654195200,x,0,,1
1435654195200,x,0,1,agree
1435654195200,x,0,1,2
noon,x,0,1,1
1600000000000,x,2,2,-1
"""
PEOPLE = """\
participant,group-id,n-comments,n-votes,n-agree,n-disagree,0,1
0,0,2,1,1,0,1,
1,,1,2,1,0,1,0
5,1,0,0,0,0,,
"""


def write_export(folder, **changes):
    folder.mkdir(parents=True, exist_ok=True)
    files = {"comments": COMMENTS, "votes": VOTES, "participants-votes": PEOPLE} | changes
    for name, text in files.items():
        if text is not None:
            (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    return folder


@pytest.fixture
def small(tmp_path):
    account = import_polis(write_export(tmp_path / "export"), tmp_path / "study")
    return account.set_index("what"), tmp_path / "study"


def test_small_export_accounts_for_every_row_by_hand(small):
    account, _ = small
    assert account[["rows_in", "rows_out"]].apply(tuple, axis=1).to_dict() == {
        "statements": (5, 3),
        "votes": (10, 5),
        "votes after re-votes": (5, 4),
        "people": (3, 2),  # 5 neither voted nor wrote; 2 voted but is not listed
        "people in an opinion group": (3, 2),
        "votes in the window": (5, 4),
        "columns of comments": (8, 4),
        "columns of votes": (5, 4),
        "columns of participants-votes": (8, 5),
    }
    assert account.at["statements", "note"] == (
        "1 accepted, 1 rejected, 1 pending; by 2 people; set aside: 1 with an identifier used before, "
        "1 without a readable timestamp"
    )
    assert account.at["votes", "note"].endswith(
        "set aside: 1 without a voter, 1 on a statement that is not in the export, 2 with something else "
        "than 1, 0 or -1, 1 without a readable timestamp"
    )
    assert "while it is 3, 2 and 0 in participants-votes" in account.at["votes after re-votes", "note"]
    assert "1 of them not listed" in account.at["people", "note"]
    lost = account[account["rows_in"] != account["rows_out"]].drop(
        ["votes after re-votes", "votes in the window"]
    )
    assert lost["note"].str.contains("set aside: ").all()
    for what in ("statements", "votes"):
        counts = re.findall(r"(?:^|, )(\d+) ", account.at[what, "note"].rpartition("set aside: ")[2])
        assert sum(map(int, counts)) == account.at[what, "rows_in"] - account.at[what, "rows_out"]


def test_small_study_opens_with_votes_in_order_of_time(small):
    study = open_study(small[1])
    raw = pd.read_csv(small[1] / "votes.csv")
    mine = raw[(raw["person_id"] == "person-0") & (raw["option_id"] == "statement-0")]
    assert mine["vote"].tolist() == [-1, 1]  # less than a second apart, and the other way round in the export
    assert study.options["admitted"].tolist() == [True, False, pd.NA]
    assert study.periods == ["2015-06"]
    assert len(study.votes) == 5  # the straggler of 2020 stays
    notes = study.problems.query("rule == 'outside_window'")
    assert notes["level"].tolist() == ["note"]
    assert study.districts == ["conversation"]
    assert not any("again" in path.read_text() for path in small[1].glob("*.csv"))  # no free text


def test_window_ends_where_votes_become_a_trickle(tmp_path):
    def stamps(month, n):
        first = int(pd.Timestamp(f"2015-{month:02d}-03").timestamp() * 1000)
        return [f"{first + i},x,0,{month}{i},1" for i in range(n)]

    busy = {3: 5, 4: 900, 5: 60, 6: 11, 7: 9, 8: 300}  # 1 % of 1,285 is 12.85
    rows = [row for month, n in busy.items() for row in stamps(month, n)]
    text = VOTES.splitlines()[0] + "\n" + "\n".join(rows) + "\n"
    import_polis(write_export(tmp_path / "e", votes=text), tmp_path / "s")
    toml = (tmp_path / "s" / "study.toml").read_text()
    assert 'from = "2015-03"' in toml
    assert 'until = "2015-05"' in toml
    assert "320 of 1,285 votes lie after it" in toml


def test_row_order_does_not_matter_to_the_account(small, tmp_path):
    def shuffled(text):
        header, *rows = text.splitlines()
        return "\n".join([header, *rows[::-1]]) + "\n"

    source = write_export(tmp_path / "e", votes=shuffled(VOTES), **{"participants-votes": shuffled(PEOPLE)})
    account = import_polis(source, tmp_path / "s").set_index("what")
    pd.testing.assert_frame_equal(account, small[0])


def test_groups_of_the_export_can_be_read(tmp_path):
    groups = read_groups(write_export(tmp_path / "export"))
    assert groups.fillna("").to_dict() == {"person-0": "0", "person-1": "", "person-5": "1"}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"votes": None}, ["no file of votes", "votes.csv.gz or votes.csv"]),
        ({"comments": ""}, ["comments is empty"]),
        ({"votes": VOTES.replace("voter-id", "voter")}, ["lacks voter-id"]),
        ({"votes": VOTES.replace(",0,", ",77,").replace(",1,1\n", ",1,x\n").replace(",1,0\n", ",1,x\n")},
         ["None of the votes"]),
        ({"comments": COMMENTS.replace("1435", "noon")}, ["None of the comments"]),
    ],
)  # fmt: skip
def test_bad_exports_say_what_to_mend_and_write_nothing(tmp_path, changes, words):
    if "votes" in changes and changes["votes"] and "77" in changes["votes"]:
        changes["votes"] = changes["votes"].replace(",2,2,-1", ",77,2,-1")
    with pytest.raises(StudyError) as caught:
        import_polis(write_export(tmp_path / "export", **changes), tmp_path / "study")
    assert all(word in str(caught.value) for word in words), str(caught.value)
    assert "mend:" in str(caught.value)
    assert not (tmp_path / "study").exists()


def test_vtaiwan_by_the_command(datasets, tmp_path, capsys):
    out = tmp_path / "study"
    assert main(["import", "polis", str(datasets / "polis_vtaiwan_uberx"), str(out)]) == 0
    said = capsys.readouterr().out
    for figure in (
        "99 accepted, 78 rejected, 20 pending; by 105 people",
        "49,997",
        "49,443",
        "by 1,921 people",
        "groups of 889 and 330; set aside: 702 without a group",
        "the same as participants-votes",
    ):
        assert figure in said
    assert main(["check", str(out), "--limit", "1"]) == 0
    study = open_study(out)
    assert (len(study.people), len(study.options), len(study.votes)) == (1_921, 197, 49_997)
    assert study.options["author_id"].nunique() == 105
    assert study.periods == ["2015-06", "2015-07", "2015-08", "2015-09"]  # votes go on until 2019
    assert study.votes["time"].max().year == 2019
    assert (study.votes["time"] < "2015-10").mean() == pytest.approx(0.85, abs=0.01)
    assert study.name == "UberX 自用車載客 — vTaiwan.tw"
