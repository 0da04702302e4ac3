"""Exports of an office become the study they came from; what is unsure or unplaced is said."""

import json
import tomllib

import pandas as pd
import pytest

from analysis.cli import main
from analysis.errors import StudyError
from analysis.intake import propose_study, write_study
from analysis.intake.catalogue import catalogue, meaning, place_level, vocabulary
from analysis.intake.match import time_format
from analysis.intake.write import quote
from analysis.tables import open_study, schema
from analysis.tables.read import open_source

EXAMPLE = "data/examples/small-city"
OUTCOME = {
    "adopted": "采纳",
    "rejected": "否决",
    "resolved": "已解决",
    "unresolved": "未解决",
    "withdrawn": "撤回",
}
PROCESS = {
    "consultation": "民主协商",
    "request": "诉求",
    "contract": "契约",
    "fund": "基金",
    "budgeting": "参与式预算",
    "aid": "救助",
}


def same(found, expected, columns, by):
    """Whether two tables agree in these columns, whatever the order of their rows."""
    a, b = (
        frame[columns].sort_values(by, ignore_index=True, kind="stable").astype(object).fillna("")
        for frame in (found, expected)
    )
    pd.testing.assert_frame_equal(a, b, check_dtype=False)


def names_of(study):
    """place_id -> Chinese name."""
    return study.places.set_index("place_id")["name_zh"].to_dict()


@pytest.fixture(scope="module")
def exported(tmp_path_factory, log, people, write_office_sheet):
    folder = tmp_path_factory.mktemp("export")
    log.to_csv(folder / "邻里互助平台导出.csv", index=False, encoding="gbk")
    write_office_sheet(folder / "花名册.xlsx", "居民花名册", "居民花名册", people)
    return folder


def test_office_files_become_the_study_they_came_from(tmp_path, exported, repository, capsys):
    out = tmp_path / "study"
    assert main(["init", str(exported), str(out), "--yes", "--language", "zh"]) == 0
    said = capsys.readouterr().out
    assert "常用列名" in said
    assert "备注" in said
    assert main(["check", str(out)]) == 0
    study, expected = open_study(out), open_study(repository / EXAMPLE)
    ours, theirs = names_of(study), names_of(expected)
    assert sorted(study.places["kind"].value_counts().items()) == [
        ("community", 8),
        ("district", 2),
        ("street", 2),
    ]
    acts = expected.interactions.assign(community_id=expected.interactions["community_id"].map(theirs))
    mine = study.interactions.assign(community_id=study.interactions["community_id"].map(ours))
    columns = ["time", "community_id", "kind", "source_id", "target_id", "gathering_id", "hours"]
    same(mine, acts, columns, ["time", "source_id", "target_id", "gathering_id"])
    register = expected.people.assign(community_id=expected.people["community_id"].map(theirs))
    mine = study.people.assign(community_id=study.people["community_id"].map(ours))
    same(
        mine,
        register,
        ["person_id", "community_id", "age_band", "sex", "residency", "role", "joined"],
        ["person_id"],
    )
    assert study.accounting["set_aside"].sum() == 0
    assert (out / "邻里互助平台导出.csv").read_bytes() == (exported / "邻里互助平台导出.csv").read_bytes()


def test_sheets_with_titles_and_merged_headers(tmp_path, log, people, write_office_sheet):
    file = tmp_path / "导出.xlsx"
    write_office_sheet(file, "互助记录", "互助记录表", log.tail(400), [("居民", ["帮助人", "受助人"])])
    write_office_sheet(file, "居民花名册", "花名册", people.tail(300))
    proposal = propose_study([file], "试点")
    out = write_study(proposal, tmp_path / "study")
    config = tomllib.loads((out / "study.toml").read_text())
    assert config["tables"]["interactions"]["header"] == [3, 4]
    assert config["tables"]["interactions"]["columns"]["source_id"] == "帮助人"
    assert len(open_study(out).interactions) == 400


def test_matters_with_a_column_per_step(tmp_path, city, where, repository):
    steps = city["steps"][city["steps"]["step"].isin(["raised", "answered"])]
    wide = steps.drop_duplicates(["matter_id", "step"]).pivot(
        index="matter_id", columns="step", values="time"
    )
    matters = city["matters"].set_index("matter_id").join(wide).fillna("").reset_index()
    frame = pd.DataFrame({
        "工单编号": matters["matter_id"], "业务类型": matters["process"].map(PROCESS),
        "反映社区": matters["community_id"].map(where).str[2], "问题类型": matters["category"],
        "办理结果": matters["outcome"].map(OUTCOME).fillna("处理中"), "满意度": matters["satisfaction"],
        "金额": matters["amount"].map(lambda v: f"{float(v):,.2f}元" if v else ""),
        "提出时间": matters["raised"], "办结时间": matters["answered"],
    })  # fmt: skip
    frame.to_csv(tmp_path / "工单.csv", index=False, encoding="utf-16", sep="\t")
    proposal = propose_study([tmp_path / "工单.csv"], "东区")
    assert proposal.places.one_district
    out = write_study(proposal, tmp_path / "study")
    assert "处理中" in (out / "study.toml").read_text()
    (out / "study.toml").write_text(
        (out / "study.toml").read_text().replace("max_set_aside = 0.05", "max_set_aside = 1")
    )
    study, expected = open_study(out), open_study(repository / EXAMPLE)
    kept = expected.matters[expected.matters["outcome"].notna()]
    same(study.matters, kept, ["matter_id", "process", "outcome", "satisfaction", "amount"], ["matter_id"])
    for step in ("raised", "answered"):
        first = [
            s.steps[s.steps["step"] == step].drop_duplicates("matter_id").set_index("matter_id")["time"]
            for s in (study, expected)
        ]
        pd.testing.assert_series_equal(
            first[0].sort_index(), first[1].reindex(first[0].index).sort_index(), check_dtype=False
        )


def test_study_in_our_own_words_is_proposed_as_it_is(tmp_path, repository, monkeypatch):
    proposal = propose_study([repository / EXAMPLE], "city")
    assert set(proposal.tables) == set(schema.MODELS)
    assert all(m.confidence == 1 for t in proposal.tables.values() for m in t.columns.values())
    out = write_study(proposal, tmp_path / "study", link=True)
    assert sorted(p.name for p in out.iterdir()) == ["study.toml"]
    with pytest.raises(StudyError, match="outside the study folder"):
        open_study(out)
    monkeypatch.setenv("GONGZHI_ALSO_READ", str(repository / EXAMPLE))
    found, expected = open_study(out), open_study(repository / EXAMPLE)
    for table, frame in expected.frames.items():
        pd.testing.assert_frame_equal(found.frames[table], frame)


def write(folder, name, text, encoding="utf-8"):
    folder.mkdir(exist_ok=True, parents=True)
    (folder / name).write_bytes(text.encode(encoding))
    return folder / name


def test_same_name_in_two_districts_stays_two_places(tmp_path):
    rows = "".join(
        f"2021-03-{d:02d},{area}区,和平社区,a{d},b{d}\n" for d in range(1, 29) for area in ("东", "西")
    )
    file = write(tmp_path, "互助.csv", "日期,区,社区,帮助人,受助人\n" + rows, "gbk")
    study = open_study(write_study(propose_study([file]), tmp_path / "study"))
    assert study.tree.communities == ["D01-C01", "D02-C01"]
    assert study.interactions["community_id"].value_counts().to_dict() == {"D01-C01": 28, "D02-C01": 28}
    assert study.interactions["kind"].eq("help").all()  # the file's name says so


def test_day_and_clock_in_two_columns_and_epoch(tmp_path):
    head, rows = "日期,时间,社区,参与人,活动编号\n", "2021/3/1,14:05,柳巷,甲,E1\n2021/3/2,9:30,柳巷,乙,E1\n"
    file = write(tmp_path / "a", "活动签到.csv", head + rows)
    study = open_study(write_study(propose_study([file]), tmp_path / "one"))
    assert study.interactions["time"].tolist() == [
        pd.Timestamp("2021-03-01 14:05"),
        pd.Timestamp("2021-03-02 09:30"),
    ]
    assert time_format(pd.Series(["1551406800"])) == "unix"
    assert time_format(pd.Series(["1551406800123"])) == "unix_ms"
    assert time_format(pd.Series(["31/12/2021", "01/02/2021"])) == "%d/%m/%Y"
    assert time_format(pd.Series(["12/31/2021 10:20"])) == "%m/%d/%Y %H:%M"
    assert time_format(pd.Series(["2021-12-31"])) is None


def test_names_are_taken_to_the_identifiers_of_a_places_table(tmp_path):
    folder = tmp_path / "given"
    write(
        folder,
        "社区名单.csv",
        "编号,级别,上级编号,名称\nD1,区,,东区\nC1,社区,D1,柳巷社区\nC2,社区,D1,鹭湾社区\n",
    )
    rows = "".join(f"2021-03-{d:02d},{'柳巷' if d % 2 else '鹭湾社区'},a{d},b{d}\n" for d in range(1, 29))
    write(folder, "互助.csv", "日期,社区,帮助人,受助人\n" + rows)
    proposal = propose_study([folder])
    assert proposal.places is None
    study = open_study(write_study(proposal, tmp_path / "study"))
    assert study.interactions["community_id"].value_counts().to_dict() == {"C1": 14, "C2": 14}


def test_ages_become_bands_and_units_places(tmp_path):
    rows = "".join(f"p{n},柳巷,第{n % 3}网格,{n},{'女' if n % 2 else '男'}\n" for n in range(10, 90))
    file = write(tmp_path, "居民花名册.csv", "居民编号,社区,网格,年龄,性别\n" + rows)
    study = open_study(write_study(propose_study([file], "东区"), tmp_path / "study"))
    bands = study.people["age_band"].value_counts()
    assert bands.to_dict() == {"18-44": 27, "45-59": 15, "60-74": 15, "75+": 15, "0-17": 8}
    assert study.people["unit_id"].nunique() == 3
    assert study.places["kind"].tolist() == ["district", "community", "unit", "unit", "unit"]
    assert names_of(study)["D01"] == "东区"


def test_what_could_not_be_placed_is_said(tmp_path, capsys):
    folder = tmp_path / "given"
    write(folder, "读我.pdf", "x")
    write(folder, "天气.csv", "气温,湿度\n1,2\n")
    write(folder, "空.csv", "")
    write(folder, "互助.csv", "日期,社区,帮助人,受助人,心情\n" + "2021-03-01,柳巷,a,b,好\n" * 9)
    write(folder, "互助2.csv", "时间,所属社区,施助人,求助人,评价\n2021-03-01,柳巷,a,b,好\n")
    assert main(["init", str(folder), str(tmp_path / "study"), "--yes"]) == 0
    said = capsys.readouterr().out
    for words in (
        "读我.pdf: a kind of file",
        "天气.csv: is like no table",
        "互助2.csv: is interactions as well, but names its columns otherwise: write 时间 → 日期",
        "is empty",
        "not read: 心情",
    ):
        assert words in said
    assert "天气.csv" in (tmp_path / "study" / "study.toml").read_text()


@pytest.mark.parametrize(
    "hostile", ['x"; y', "a\\b", "行\n二", "]\n[tables.people]", "#", "'''", "\x00", "\x7f", "\u2028"]
)
def test_names_cannot_break_out_of_study_toml(hostile, tmp_path):
    assert tomllib.loads(f"a = {quote(hostile)}") == {"a": hostile}
    header = json.dumps(hostile).replace('\\"', '""').replace("\\n", "\n").replace("\\\\", "\\")
    file = write(tmp_path, "互助.csv", f"日期,社区,帮助人,受助人,{header}\n2021-03-01,柳巷,a,b,c\n")
    out = write_study(propose_study([file]), tmp_path / "study")
    assert set(tomllib.loads((out / "study.toml").read_text())["tables"]) == {"interactions"}


def test_wrong_use_is_refused_and_nothing_written(tmp_path, capsys):
    file = write(tmp_path, "互助.csv", "日期,社区,帮助人,受助人\n2021-03-01,柳巷,a,b\n")
    full = tmp_path / "full"
    write(full, "kept.txt", "x")
    assert main(["init", str(file), str(full), "--yes"]) == 2
    assert main(["init", str(tmp_path / "nothing.csv"), str(tmp_path / "out"), "--yes"]) == 2
    assert main(["init", str(write(tmp_path, "天气.csv", "气温,湿度\n1,2\n")), str(tmp_path / "out")]) == 2
    assert not (tmp_path / "out").exists()
    assert sorted(p.name for p in full.iterdir()) == ["kept.txt"]
    with pytest.raises(StudyError, match="No table was found"):
        propose_study([full])
    capsys.readouterr()


def test_it_asks_where_it_is_not_sure(tmp_path, monkeypatch, capsys):
    text = "日期,社区,谁,受助人\n" + "".join(f"2021-03-{d:02d},柳巷,a{d},b{d}\n" for d in range(1, 29))
    file = write(tmp_path, "记录.csv", text)
    asked = []
    answers = {"source_id": "1", "kind": "goods"}

    def answer(prompt):
        shown = capsys.readouterr().out + prompt
        name = next((n for n in answers if f"interactions.{n}" in shown), "")
        asked.append(name)
        return answers.get(name, "")

    monkeypatch.setattr("builtins.input", answer)
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    assert main(["init", str(file), str(tmp_path / "study")]) == 0
    study = open_study(tmp_path / "study")
    assert asked == ["kind", "source_id"]
    assert study.interactions["kind"].eq("goods").all()
    assert study.interactions["source_id"].nunique() == 28


def test_catalogue_speaks_of_what_there_is():
    listed = catalogue()
    assert set(listed["tables"]) == set(schema.MODELS)
    for table, columns in listed["columns"].items():
        assert set(columns) <= set(schema.columns(table)), table
    for table in schema.MODELS:
        for name, column in schema.columns(table).items():
            if column.values:
                known = vocabulary(table, name)
                assert set(known.values()) <= set(column.values), (table, name)
                assert any(not word.isascii() for word in known), f"{table}.{name} has no Chinese words"
    for table, columns in listed["constants"].items():
        for name, words in columns.items():
            allowed = schema.columns(table)[name].values
            assert allowed is None or set(words) <= set(allowed)
    assert meaning("people", "residency", "非户籍") == ("non_registered", True)
    assert meaning("people", "residency", "户籍") == ("registered", True)
    assert meaning("people", "age_band", "75岁") == ("75+", True)
    assert place_level("所属社区") == "community"


def test_real_votes_are_recognised(datasets):
    folder = datasets / "polis_vtaiwan_uberx"
    proposal = propose_study([folder / "votes.csv.gz"])
    votes = proposal.tables["votes"]
    assert {ours: m.theirs[0] for ours, m in votes.columns.items()} == {
        "option_id": "comment-id", "person_id": "voter-id", "vote": "vote", "time": "timestamp",
    }  # fmt: skip
    opened = open_source("votes", votes.source.config)
    assert len(votes.source.frame) == len(opened.read([0], None).frame)


def test_messy_example_goes_from_export_to_study(tmp_path, repository):
    """The export that the notebook begins with: an old .xls, a GBK text file, a slip of the pen."""
    folder = repository / "data" / "examples" / "messy-export"
    proposal = propose_study([folder / "platform-export.xls", folder / "tickets.csv"], "东区")
    assert set(proposal.tables) == {"people", "interactions", "matters"}
    assert proposal.tables["interactions"].source.header_rows == (3, 4)
    assert proposal.tables["matters"].source.encoding == "gb18030"
    assert proposal.places.doubtful == [("柳澳小区", "柳澳社区")]
    assert proposal.tables["interactions"].unknown == {"kind": ["打牌"]}
    study = open_study(write_study(proposal, tmp_path / "study"))
    assert study.has("people", "interactions", "matters", "steps")
    aside = study.problems.query("level == 'set_aside'")
    assert aside["row"].tolist() == [45, 475, 645, 782]  # rows of the sheet
