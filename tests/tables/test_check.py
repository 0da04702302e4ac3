"""Every kind of bad input gives a problem that says where, which value and how to mend it; no row is lost."""

import re
import zipfile
from html import escape

import numpy as np
import pandas as pd
import pytest

from analysis.cli import main
from analysis.errors import StudyError
from analysis.tables import check_study, open_study

GOOD = {
    "places.csv": "place_id,kind,parent_id\nD1,district,\nC1,community,D1\nC2,community,D1\nU1,unit,C1\n",
    "people.csv": "person_id,community_id,unit_id\n" + "".join(f"p{i},C1,U1\n" for i in range(40)),
    "interactions.csv": "time,community_id,kind,source_id,target_id,gathering_id,hours\n"
    + "".join(f"2021-03-{i % 28 + 1:02d} 10:00,C1,help,p{i},p{i + 1},,1.5\n" for i in range(39)),
    "duties.csv": "duty_id,community_id,list,start,end\n"
    + "".join(f"d{i},C1,statutory,2021-01-01,\n" for i in range(30)),
    "reforms.csv": "place_id,reform,start\nC1,consultation,2021-06-01\n",
}


def make_study(folder, toml="", **changes):
    """Write the good study with some files changed; a change of None takes the file away."""
    folder.mkdir(exist_ok=True)
    files = {**GOOD, **{name.replace("__", "."): text for name, text in changes.items()}}
    for name, text in files.items():
        if text is not None:
            (folder / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    if toml:
        (folder / "study.toml").write_text(toml)
    return folder


def found(study, rule):
    rows = study.problems[study.problems["rule"] == rule]
    assert len(rows), f"no problem {rule!r} among {study.problems['rule'].tolist()}"
    return rows


def test_good_study_has_no_problem(tmp_path):
    study = open_study(make_study(tmp_path))
    assert study.problems.empty
    assert len(study.interactions) == 39
    assert study.interactions["status"].eq("done").all()
    assert study.tree.levels()["district_id"].tolist() == ["D1", "D1"]
    assert main(["check", str(tmp_path)]) == 0


LOG = GOOD["interactions.csv"]
SET_ASIDE = {
    "unknown_place": ("interactions__csv", LOG + "2021-03-01,C9,help,p1,p2,,1\n", 41, "C9"),
    "in_the_future": ("interactions__csv", LOG + "2999-03-01,C1,help,p1,p2,,1\n", 41, "2999-03-01"),
    "out_of_range": ("interactions__csv", LOG + "2021-03-01,C1,help,p1,p2,,-2\n", 41, "-2"),
    "not_readable": ("interactions__csv", LOG + "soon,C1,help,p1,p2,,2\n", 41, "soon"),
    "not_allowed": ("interactions__csv", LOG + "2021-03-01,C1,互助,p1,p2,,2\n", 41, "互助"),
    "missing_value": ("interactions__csv", LOG + "2021-03-01,,help,p1,p2,,2\n", 41, ""),
    "wrong_number_of_fields": ("interactions__csv", LOG + "2021-03-01,C1,help\n", 41, ""),
    "no_other_side": ("interactions__csv", LOG + "2021-03-01,C1,help,p1,,,2\n", 41, ""),
    "wrong_kind_of_place": ("interactions__csv", LOG + "2021-03-01,U1,help,p1,p2,,2\n", 41, "U1"),
    "duplicate_key": ("duties__csv", GOOD["duties.csv"] + "d0,C1,ledger,2021-01-01,\n", 32, "d0"),
    "end_before_start": (
        "duties__csv", GOOD["duties.csv"] + "x,C1,seal,2021-02-01,2021-01-01\n", 32, "2021-01-01"
    ),
}  # fmt: skip


@pytest.mark.parametrize("rule", SET_ASIDE)
def test_bad_row_is_named_and_set_aside(tmp_path, rule, capsys):
    file, text, row, value = SET_ASIDE[rule]
    study = open_study(make_study(tmp_path, **{file: text}))
    (problem,) = found(study, rule).itertuples()
    assert (problem.row, problem.value, problem.level) == (row, value, "set_aside")
    assert problem.hint
    table = study.accounting[study.accounting["table"] == problem.table]
    assert table.query("rule == ''")[["rows_in", "kept", "set_aside"]].values.tolist() == [
        [row - 1, row - 2, 1]
    ]
    assert table.set_index("rule")["set_aside"][rule] == 1
    assert main(["check", str(tmp_path)]) == 0
    assert f"row {row}" in capsys.readouterr().out


def test_self_loop_is_set_aside_and_the_person_is_not_named(tmp_path):
    study = open_study(make_study(tmp_path, interactions__csv=LOG + "2021-03-01,C1,help,p7,p7,,2\n"))
    (problem,) = found(study, "self_loop").itertuples()
    assert problem.value.startswith("p_")
    assert len(study.interactions) == 39


def test_resident_in_two_communities_counts_in_the_first(tmp_path):
    study = open_study(make_study(tmp_path, people__csv=GOOD["people.csv"] + "p3,C2,\n"))
    (problem,) = found(study, "two_communities").itertuples()
    assert problem.row == 42
    assert len(study.people) == 40
    assert study.people["community_id"].eq("C1").all()


MUST_MEND = {
    "reform_starts_twice": ("reforms__csv", GOOD["reforms.csv"] + "C1,consultation,2021-09-01\n"),
    "end_before_start": ("reforms__csv", "place_id,reform,start,end\nC1,x,2021-09-01,2021-08-01\n"),
    "cycle": ("places__csv", GOOD["places.csv"] + "S1,street,S2\nS2,street,S1\n"),
    "level_order": ("places__csv", GOOD["places.csv"] + "D2,district,C1\n"),
    "unknown_place": ("places__csv", GOOD["places.csv"] + "C3,community,D7\n"),
    "duplicate_key": ("places__csv", GOOD["places.csv"] + "C2,community,D1\n"),
    "no_community": ("places__csv", "place_id,kind\nD1,district\n"),
    "unreadable": ("interactions__csv", b""),
    "too_many_set_aside": ("interactions__csv", LOG.replace(",C1,", ",C9,")),
}  # fmt: skip


@pytest.mark.parametrize("rule", MUST_MEND)
def test_what_must_be_mended_stops_the_study(tmp_path, rule, capsys):
    file, content = MUST_MEND[rule]
    folder = make_study(tmp_path, **{file: content})
    problems = found(check_study(folder), rule)
    assert problems["level"].eq("error").all()
    assert problems["hint"].str.len().gt(10).all()
    with pytest.raises(StudyError, match="must be mended"):
        open_study(folder)
    assert main(["check", str(folder)]) == 2
    assert rule.replace("_", " ") in capsys.readouterr().out


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "is missing"),
        (b"", "is empty"),
        ("时间\n".encode("gb18030") * 3, "lacks the column 'time'"),
        (LOG.replace("kind,", "art,").encode(), "lacks the column 'kind'"),
        (LOG.replace("kind,", "time,").encode(), "more than once"),
        (b"PAR1 this is no parquet", "not a readable Parquet"),
    ],
)
def test_unreadable_file_is_one_clear_line(tmp_path, content, said):
    name = "log.parquet" if content and content.startswith(b"PAR1") else "log.csv"
    toml = f'[tables.interactions]\npath = "{name}"\n'
    folder = make_study(
        tmp_path, toml, interactions__csv=None, **({name: content} if content is not None else {})
    )
    (problem,) = found(check_study(folder), "unreadable").itertuples()
    assert said in problem.hint
    assert name in problem.value


@pytest.mark.parametrize(
    ("toml", "said"),
    [
        ("[study\n", "not valid TOML"),
        ('[study]\nperiode = "month"\n', "Did you mean 'period'"),
        ('[study]\nperiod = "week"\n', "month, quarter or year"),
        ('[study]\nfrom = "spring"\n', "is not a period"),
        ("[study]\nmax_set_aside = 5\n", "from 0 to 1"),
        ('[study]\ntime_zone = "Mars/Base"\n', "IANA"),
        ('[tables.interaction]\npath = "x.csv"\n', "Did you mean 'interactions'"),
        ("[tables.people]\n", "has no path"),
        ('[tables.people]\npath = "x.pdf"\n', "ending in .csv"),
        ('[tables.people]\npath = "x.csv"\ncolumns = { who = "a" }\n', "person_id"),
        ('[tables.people]\npath = "x.csv"\nvalues = { role = "a" }\n', "their value"),
    ],
)
def test_wrong_study_toml_is_refused(tmp_path, toml, said, capsys):
    folder = make_study(tmp_path, toml)
    with pytest.raises(StudyError) as caught:
        check_study(folder)
    assert said in str(caught.value)
    assert main(["check", str(folder)]) == 2
    assert "Traceback" not in capsys.readouterr().err


def test_missing_folder_and_missing_places(tmp_path, capsys):
    assert main(["check", str(tmp_path / "nowhere")]) == 2
    assert "no such study folder" in capsys.readouterr().err
    with pytest.raises(StudyError, match="no table of places"):
        check_study(make_study(tmp_path, places__csv=None))


def test_limits_are_noted_not_refused(tmp_path):
    folder = make_study(tmp_path, reforms__csv=None, places__csv="place_id,kind\nC1,community\nU1,unit\n")
    study = open_study(folder)
    assert "no_period" not in set(study.problems["rule"])
    undated = check_study(make_study(tmp_path / "undated", interactions__csv=None))
    assert found(undated, "no_period")["level"].eq("note").all()
    for rule in ("one_community", "no_district", "no_reform"):
        assert found(study, rule)["level"].eq("note").all()


def test_foreign_log_by_mapping_alone(tmp_path):
    toml = """
        [study]
        name = "Dorm"
        time_zone = "Asia/Shanghai"
        [tables.interactions]
        path = "calls.csv.gz"
        encoding = "gb18030"
        time_zone = "UTC"
        columns = { time = "时间", source_id = "sender", target_id = "receiver", community_id = "社区" }
        constants = { kind = "help" }
        values = { community_id = { "一区" = "C1" } }
    """
    import gzip

    text = "时间,sender,receiver,社区,note\n" + "2021-03-01 23:30,a,b,一区,private words\n" * 30
    folder = make_study(tmp_path, toml, interactions__csv=None)
    (folder / "calls.csv.gz").write_bytes(gzip.compress(text.encode("gb18030")))
    study = open_study(folder)
    assert len(study.interactions) == 30
    assert study.interactions["time"].eq(pd.Timestamp("2021-03-02 07:30")).all()  # UTC to local
    assert study.interactions["kind"].eq("help").all()
    assert "note" not in study.interactions
    assert found(study, "unused_columns")["value"].tolist() == ["note"]


def write_xlsx(path, sheet, rows):
    """Write the least that is a workbook: one sheet, numbers as numbers, the rest as inline text."""

    def cell(text):
        number = re.fullmatch(r"-?\d+(\.\d+)?", text)
        return f"<c><v>{text}</v></c>" if number else f'<c t="inlineStr"><is><t>{escape(text)}</t></is></c>'

    def links(*targets):
        found = (
            f'<Relationship Id="r{n}" Type="{office}/{t}" Target="{f}"/>' for n, (t, f) in enumerate(targets)
        )
        return f'<Relationships xmlns="{package}/relationships">{"".join(found)}</Relationships>'

    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    package = "http://schemas.openxmlformats.org/package/2006"
    body = "".join("<row>" + "".join(cell(text) for text in row) + "</row>" for row in rows)
    book = f'<sheets><sheet name="{sheet}" sheetId="1" r:id="r0"/></sheets>'
    files = {
        "_rels/.rels": links(("officeDocument", "xl/workbook.xml")),
        "xl/_rels/workbook.xml.rels": links(("worksheet", "sheet.xml")),
        "xl/workbook.xml": f'<workbook xmlns="{main}" xmlns:r="{office}">{book}</workbook>',
        "xl/sheet.xml": f'<worksheet xmlns="{main}"><sheetData>{body}</sheetData></worksheet>',
    }
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, '<?xml version="1.0" encoding="UTF-8"?>' + content)


def test_formats_agree(tmp_path):
    """The same log as CSV, CSV with BOM, semicolons, UTF-16, Parquet and Excel gives the same frame."""
    typed = pd.read_csv(make_study(tmp_path / "csv") / "interactions.csv", parse_dates=["time"])
    expected = open_study(tmp_path / "csv").interactions
    text = GOOD["interactions.csv"]
    variants = {
        "bom.csv": (b"\xef\xbb\xbf" + text.encode(), ""),
        "semicolons.csv": (text.replace(",", ";").encode(), ""),
        "wide.csv": (text.encode("utf-16"), 'encoding = "utf-16"'),
    }
    for name, (content, extra) in variants.items():
        toml = f'[tables.interactions]\npath = "{name}"\n{extra}\n'
        folder = make_study(tmp_path / name, toml, interactions__csv=None, **{name: content})
        pd.testing.assert_frame_equal(open_study(folder).interactions, expected)
    folder = make_study(
        tmp_path / "excel",
        '[tables.interactions]\npath = "log.xlsx"\nsheet = "Acts"\n',
        interactions__csv=None,
    )
    write_xlsx(folder / "log.xlsx", "Acts", [line.split(",") for line in text.strip().split("\n")])
    pd.testing.assert_frame_equal(open_study(folder).interactions, expected)
    folder = make_study(tmp_path / "parquet", interactions__csv=None)
    typed.to_parquet(folder / "interactions.parquet")
    pd.testing.assert_frame_equal(open_study(folder).interactions, expected)


def test_person_has_one_pseudonym_everywhere_and_organisations_keep_their_name(tmp_path):
    folder = make_study(
        tmp_path,
        organisations__csv="org_id,kind\nO1,department\n",
        matters__csv="matter_id,process,community_id\nm1,request,C1\n",
        steps__csv="matter_id,step,time,actor_id\nm1,raised,2021-03-01,p1\nm1,answered,2021-03-05,O1\n",
    )
    study = open_study(folder)
    assert study.steps["actor_id"].tolist()[1] == "O1"
    assert study.steps["actor_id"].iloc[0] in set(study.people["person_id"])
    everything = np.concatenate([f.astype("str").to_numpy().ravel() for f in study.frames.values()])
    assert not any(re.fullmatch(r"p\d+", str(value)) for value in everything)


def test_key_decides_the_pseudonym(tmp_path, monkeypatch):
    folder = make_study(tmp_path)
    first = open_study(folder).people["person_id"]
    assert open_study(folder).people["person_id"].equals(first)
    other = tmp_path / "other.key"
    other.write_bytes(b"1" * 64)
    monkeypatch.setenv("GONGZHI_KEY_FILE", str(other))
    assert not open_study(folder).people["person_id"].isin(first).any()
    other.write_bytes(b"short")
    with pytest.raises(StudyError, match="too short"):
        open_study(folder)


def test_window_puts_stragglers_aside_without_counting_them_as_bad(tmp_path):
    toml = '[study]\nfrom = "2021-03"\nuntil = "2021-04"\n'
    late = "".join(f"2022-01-{i:02d},C1,help,p1,p2,,1\n" for i in range(1, 29))
    study = open_study(make_study(tmp_path, toml, interactions__csv=LOG + late))
    assert len(found(study, "outside_window")) == 28
    assert study.periods == ["2021-03", "2021-04"]


def test_district_keeps_only_its_rows(tmp_path):
    places = GOOD["places.csv"] + "D2,district,\nC8,community,D2\n"
    log = LOG + "2021-03-01,C8,help,p1,p2,,1\n"
    study = open_study(make_study(tmp_path, places__csv=places, interactions__csv=log))
    assert len(study.district("D2").interactions) == 1
    assert study.district("D1").places["place_id"].tolist() == ["D1", "C1", "C2", "U1"]
    reforms = "place_id,reform,start\nX,shared,2021-05-01\nD2,shared,2021-06-01\nC8,other,2021-07-01\n"
    places = places.replace("D1,district,\n", "X,city,\nD1,district,X\n")
    study = open_study(make_study(tmp_path, places__csv=places, interactions__csv=log, reforms__csv=reforms))
    assert study.district("D1").reforms[["place_id", "reform"]].values.tolist() == [["D1", "shared"]]
    second = study.district("D2").reforms
    assert second["reform"].tolist() == ["shared", "other"]
    assert second["start"].iloc[0] == pd.Timestamp("2021-05-01")  # the whole city's start came first
    with pytest.raises(StudyError, match="no district 'D3'"):
        study.district("D3")


def test_year_9999_means_never_ends(tmp_path):
    duties = GOOD["duties.csv"] + "d99,C1,seal,2021-01-01,9999-12-31\n"
    study = open_study(make_study(tmp_path, duties__csv=duties))
    assert len(study.duties) == 31
    assert study.duties["end"].iloc[-1] > pd.Timestamp("2200-01-01")


@pytest.mark.parametrize(
    "text", ["2021/3/7", "2021年3月7日", "20210307", "2021-03-07T00:00:00", " 2021-03-07 "]
)
def test_dates_as_offices_write_them(tmp_path, text):
    log = "time,community_id,kind,source_id,target_id\n" + f"{text},C1,help,a,b\n"
    study = open_study(make_study(tmp_path, interactions__csv=log))
    assert study.interactions["time"].tolist() == [pd.Timestamp("2021-03-07")]


def test_offsets_are_taken_to_the_zone_of_the_study(tmp_path):
    log = "time,community_id,kind,source_id,target_id\n2021-03-07T23:00:00Z,C1,help,a,b\n"
    study = open_study(make_study(tmp_path, '[study]\ntime_zone = "Asia/Shanghai"\n', interactions__csv=log))
    assert study.interactions["time"].tolist() == [pd.Timestamp("2021-03-08 07:00")]
