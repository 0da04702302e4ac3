"""Every kind of file an office exports gives the same table, every date and number the same value."""

import datetime
import json

import duckdb
import openpyxl
import pandas as pd
import pytest

from analysis.errors import StudyError
from analysis.tables import check_study, open_study
from analysis.tables.clean import written_number, written_time
from analysis.tables.formats import encodings

PLACES = "place_id,kind,parent_id\nD1,district,\nC1,community,D1\nC2,community,D1\n"
ACTS = [("2019-03-01 10:20", "C1", f"甲{n}", f"乙{n}", "1.5") for n in range(30)]
NAMES = ("时间", "社区", "帮助人", "受助人", "时长")
MAPPING = """
columns = { time = "时间", community_id = "社区", source_id = "帮助人", target_id = "受助人", hours = "时长" }
constants = { kind = "help" }
"""
TRADITIONAL = str.maketrans("帮时长区间", "幫時長區間")


def text_of(separator=",", above="", acts=ACTS):
    return above + "".join(separator.join(row) + "\n" for row in [NAMES, *acts])


def study_of(folder, file, content, more=""):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "places.csv").write_text(PLACES)
    (folder / "study.toml").write_text(f'[tables.interactions]\npath = "{file}"\n{MAPPING}{more}')
    if content is not None:
        (folder / file).write_bytes(content)
    return folder


@pytest.fixture
def expected(tmp_path_factory):
    folder = tmp_path_factory.mktemp("plain")
    return open_study(study_of(folder, "log.csv", text_of().encode())).interactions


TEXTS = {
    "utf-8": (text_of().encode(), ""),
    "utf-8 with BOM": (text_of().encode("utf-8-sig"), ""),
    "gbk": (text_of().encode("gbk"), ""),
    "gb18030 named": (text_of().encode("gb18030"), 'encoding = "gb18030"'),
    "big5": (text_of().translate(TRADITIONAL).encode("big5"), ""),
    "utf-16 with BOM": (text_of().encode("utf-16"), ""),
    "utf-16-le without BOM": (text_of().encode("utf-16-le"), ""),
    "utf-16-be without BOM": (text_of().encode("utf-16-be"), ""),
    "semicolons": (text_of(";").encode("gbk"), ""),
    "tabs": (text_of("\t").encode("utf-16"), ""),
    "bars": (text_of("|").encode(), ""),
    "separator named": (text_of("^").encode(), 'separator = "^"'),
    "title rows": (text_of(above="互助记录表,,,,\n导出日期：2021-01-01,,,,\n\n").encode("gbk"), ""),
    "header named": (text_of(above="帮助人,受助人,时间,社区,时长\n").encode(), "header = 2"),
    "line ends of Windows": (text_of().replace("\n", "\r\n").encode("gbk"), ""),
    "quoted header in two lines": (text_of().replace("时长", '"时长"').encode(), ""),
}  # fmt: skip


@pytest.mark.parametrize("case", TEXTS)
def test_texts_agree(tmp_path, expected, case):
    content, more = TEXTS[case]
    folder = study_of(tmp_path, "log.csv", content, more)
    if case == "big5":
        toml = (folder / "study.toml").read_text()
        toml = toml.translate(TRADITIONAL)
        (folder / "study.toml").write_text(toml)
    study = open_study(folder)
    pd.testing.assert_frame_equal(study.interactions, expected)
    assert study.accounting.query("table == 'interactions'")["rows_in"].tolist() == [30]


@pytest.mark.parametrize(
    ("content", "named", "mend"),
    [
        (text_of().encode("gbk"), "utf-8", 'encoding = "gb18030"'),
        (text_of().encode(), "gb18030", 'encoding = "utf-8"'),
        (text_of().encode(), "utf-16", 'encoding = "utf-8"'),
        (text_of().encode("utf-16"), "utf-8", 'encoding = "utf-16"'),
        (text_of().encode(), "klingon", "Correct the name."),
    ],
)
def test_wrong_encoding_named_is_a_clear_error(tmp_path, content, named, mend):
    folder = study_of(tmp_path, "log.csv", content, f'encoding = "{named}"')
    with pytest.raises(StudyError) as caught:
        open_study(folder)
    assert mend in str(caught.value)


def test_encoding_that_cannot_be_told_is_asked_for(tmp_path):
    western = ("name,where\n" + "Zoë,Montjuïc\nÉva,Gràcia\n" * 20).encode("latin-1")
    assert encodings.detect(western, whole=True) is None
    folder = study_of(tmp_path, "log.csv", western)
    with pytest.raises(StudyError, match="cannot be told"):
        open_study(folder)


def test_character_cut_at_the_end_of_the_sample_is_no_fault():
    text = "社区互助记录，时间与帮助人" * 9
    assert encodings.detect(text.encode()[:-1], whole=False) == "utf-8"
    assert encodings.detect(text.encode("gbk")[:-1], whole=False) == "gb18030"


def office_sheet(path, *, merged=True):
    """Write a sheet as offices do: title, a header of two rows, merged cells, dates as serial numbers."""
    book = openpyxl.Workbook()
    book.active.title = "说明"
    book.active["A1"] = "由平台导出"
    sheet = book.create_sheet("互助")
    sheet["A1"] = "互助记录表"
    for column, name in (("A", "时间"), ("B", "社区"), ("C", "居民"), ("E", "时长")):
        sheet[f"{column}3"] = name
    sheet["C4"], sheet["D4"] = "帮助人", "受助人"
    times = [datetime.datetime(2019, 3, 1, 10, 20), 43525 + 620 / 1440, "2019年3月1日 上午10:20"]
    for n in range(30):
        sheet.append([times[n % 3], "C1" if n % 5 == 0 else None, f"甲{n}", f"乙{n}", 1.5])
        if n % 5 == 0:
            sheet.merge_cells(f"B{5 + n}:B{9 + n}")
    if merged:
        for area in ("A1:E1", "A3:A4", "B3:B4", "E3:E4", "C3:D3"):
            sheet.merge_cells(area)
    sheet["A5"].number_format = "yyyy/m/d h:mm"
    book.save(path)


@pytest.mark.parametrize("more", ['sheet = "互助"', "sheet = 1\nheader = [3, 4]"])
def test_office_sheet(tmp_path, expected, more):
    folder = study_of(tmp_path, "log.xlsx", None, more)
    office_sheet(folder / "log.xlsx")
    study = open_study(folder)
    pd.testing.assert_frame_equal(study.interactions, expected)
    with pytest.raises(StudyError, match="sheet"):
        open_study(study_of(tmp_path, "log.xlsx", None, 'sheet = "没有"'))


def test_row_numbers_are_those_of_the_sheet(tmp_path):
    folder = study_of(tmp_path, "log.xlsx", None, 'sheet = "互助"')
    office_sheet(folder / "log.xlsx")
    book = openpyxl.load_workbook(folder / "log.xlsx")
    book["互助"]["A17"] = "不知道"
    book.save(folder / "log.xlsx")
    problems = check_study(folder).problems
    assert problems.query("rule == 'not_readable'")["row"].tolist() == [17]
    lines = text_of(above="互助记录表,,,,\n\n").splitlines()
    lines[9] = lines[9].replace("2019-03-01 10:20", "不知道")
    lines[14], lines[20] = "C1,only two", ""
    study = check_study(
        study_of(tmp_path, "log.csv", "\n".join(lines).encode(), "[study]\nmax_set_aside = 0.1")
    )
    found = study.problems.query("table == 'interactions'").set_index("rule")["row"]
    assert found.to_dict() == {"wrong_number_of_fields": 15, "blank_row": 21, "not_readable": 10}
    account = study.accounting.query("table == 'interactions' and rule == ''")
    assert account[["rows_in", "kept", "set_aside"]].values.tolist() == [[30, 27, 3]]


def test_old_excel(tmp_path, repository):
    """An .xls as the platform of an office writes it; some write text under that name."""
    folder = study_of(tmp_path, "log.xls", text_of("\t").encode("gbk"))
    assert len(open_study(folder).interactions) == 30


def test_json_lines(tmp_path, expected):
    records = [
        {"时间": t, "社区": c, "who": {"from": a, "to": b}, "时长": float(h)} for t, c, a, b, h in ACTS
    ]
    lines = [json.dumps(record, ensure_ascii=False) for record in records]
    toml_names = ('"帮助人"', '"who.from"'), ('"受助人"', '"who.to"')
    folder = study_of(tmp_path, "log.jsonl", ("\n".join(lines) + "\n").encode())
    toml = (folder / "study.toml").read_text()
    for theirs, flat in toml_names:
        toml = toml.replace(theirs, flat)
    (folder / "study.toml").write_text(toml)
    pd.testing.assert_frame_equal(open_study(folder).interactions, expected)
    lines[3], lines[7] = '{"时间": ', "[1, 2]"
    (folder / "log.jsonl").write_text("\n".join(lines))
    study = check_study(folder)
    assert study.problems.query("rule == 'not_a_record'")["row"].tolist() == [4, 8]
    assert len(study.interactions) == 28


def test_duckdb_table_and_view(tmp_path, expected):
    folder = study_of(tmp_path, "city.duckdb", None, "table = '''odd\"; DROP TABLE x; --'''")
    with duckdb.connect(str(folder / "city.duckdb")) as connection:
        columns = "时间 TIMESTAMP, 社区 VARCHAR, 帮助人 VARCHAR, 受助人 VARCHAR, 时长 DECIMAL(6, 2)"
        connection.execute(f'CREATE TABLE "odd""; DROP TABLE x; --" ({columns})')
        connection.executemany('INSERT INTO "odd""; DROP TABLE x; --" VALUES (?, ?, ?, ?, ?)', ACTS)
        connection.execute('CREATE VIEW shown AS SELECT * FROM "odd""; DROP TABLE x; --"')
        connection.execute(f"CREATE VIEW outside AS SELECT * FROM read_csv('{folder}/places.csv')")
    before = (folder / "city.duckdb").read_bytes()
    pd.testing.assert_frame_equal(open_study(folder).interactions, expected)
    study_of(folder, "city.duckdb", None, 'table = "shown"')
    pd.testing.assert_frame_equal(open_study(folder).interactions, expected)
    assert (folder / "city.duckdb").read_bytes() == before
    study_of(folder, "city.duckdb", None, 'table = "nothing"')
    with pytest.raises(StudyError, match="no such table or view"):
        open_study(folder)
    study_of(folder, "city.duckdb", None, 'table = "outside"')
    with pytest.raises(StudyError, match=r"unreadable|cannot be read"):
        open_study(folder)
    (folder / "city.duckdb").write_bytes(b"no database at all")
    with pytest.raises(StudyError, match="not a readable DuckDB"):
        open_study(folder)


def test_parquet(tmp_path, expected):
    folder = study_of(tmp_path, "log.parquet", None)
    frame = pd.DataFrame(ACTS, columns=NAMES).astype({"时间": "datetime64[us]", "时长": "float64"})
    frame.to_parquet(folder / "log.parquet")
    pd.testing.assert_frame_equal(open_study(folder).interactions, expected)


def test_day_and_time_of_day_in_two_columns(tmp_path, expected):
    text = text_of().replace("时间", "日期,时刻").replace("2019-03-01 10:20", "2019/3/1,10:20:00")
    folder = study_of(tmp_path, "log.csv", text.encode())
    toml = (folder / "study.toml").read_text().replace('time = "时间"', 'time = ["日期", "时刻"]')
    (folder / "study.toml").write_text(toml)
    pd.testing.assert_frame_equal(open_study(folder).interactions, expected)


TEN_TWENTY = pd.Timestamp("2019-03-01 10:20")
TIMES = {
    "2019/3/1": "2019-03-01",
    "2019年3月1日": "2019-03-01",
    "20190301": "2019-03-01",
    "2019.3.1": "2019-03-01",
    "２０１９年３月１日": "2019-03-01",
    "2019年3月": "2019-03-01",
    "43525": "2019-03-01",
    "2019/3/1 10:20": TEN_TWENTY,
    "2019年3月1日10时20分": TEN_TWENTY,
    "2019年3月1日 10：20": TEN_TWENTY,
    "2019-03-01 上午10:20": TEN_TWENTY,
    "2019/3/1 10:20 AM": TEN_TWENTY,
    "2019/3/1 星期五 10:20": TEN_TWENTY,
    "20190301 10:20": TEN_TWENTY,
    "20190301102000": TEN_TWENTY,
    "43525.430555555555": TEN_TWENTY,
    "2019/3/1 下午3:05": "2019-03-01 15:05",
    "2019年3月1日下午3点5分": "2019-03-01 15:05",
    "2019/3/1 3:05:09 PM": "2019-03-01 15:05:09",
    "2019/3/1 下午12:00": "2019-03-01 12:00",
    "2019/3/1 上午12:00": "2019-03-01 00:00",
    "2019/3/1 24:00": "2019-03-02 00:00",
    "2019/3/1 中午1点": "2019-03-01 13:00",
}
NO_TIMES = (
    "2019/13/1",
    "2019-02-30",
    "1/2/2019",
    "soon",
    "2019/3/1 25:00",
    "2019/3/1 晚上12点",
    "2019/3/1 上午13:00",
    "43525个",
    "123456",
    "2019/3/1 10:61",
    "3月1日",
    "20191301",
)


@pytest.mark.parametrize("text", TIMES)
def test_times_as_offices_write_them(text):
    assert written_time(text) == pd.Timestamp(TIMES[text])


@pytest.mark.parametrize("text", NO_TIMES)
def test_what_may_mean_two_times_means_none(text):
    assert written_time(text) is pd.NaT


def test_times_in_a_table(tmp_path):
    acts = [(text, "C1", "a", "b", "1") for text in TIMES]
    study = open_study(study_of(tmp_path, "log.csv", text_of(acts=acts).encode("gb18030")))
    assert study.interactions["time"].tolist() == [pd.Timestamp(t) for t in TIMES.values()]


def test_seconds_since_1970(tmp_path):
    acts = [("1551406800", "C1", "a", "b", "1")]
    more = 'time_format = "unix"\n[study]\ntime_zone = "Asia/Shanghai"\n'
    study = open_study(study_of(tmp_path, "log.csv", text_of(acts=acts).encode(), more))
    assert study.interactions["time"].tolist() == [pd.Timestamp("2019-03-01 10:20")]


@pytest.mark.parametrize(
    ("text", "unit", "number"),
    [
        ("1,234.5", None, 1234.5),
        ("１２", None, 12),
        ("１，２３４", None, 1234),
        (" 12 ", None, 12),
        ("¥1,200.00", "yuan", 1200),
        ("￥300", "yuan", 300),
        ("1200元", "yuan", 1200),
        ("1.2万元", "yuan", 12000),
        ("41.2%", "share 0-1", 0.412),
        ("3小时", "hours", 3),
        ("1:30", "hours", 1.5),
        ("30:00:00", "hours", 30),
        ("1.5e3", None, 1500),
        ("-3", None, -3),
        ("41.2%", "points 0-100", None),
        ("3小时", "yuan", None),
        ("12,34", None, None),
        ("1.234,5", None, None),
        ("约30", None, None),
        ("3-4", None, None),
        ("", None, None),
    ],
)
def test_numbers_as_offices_write_them(text, unit, number):
    assert written_number(text, unit) == (None if number is None else pytest.approx(number))


def test_identifier_that_lost_its_digits_is_set_aside(tmp_path):
    acts = [*ACTS, ("2019-03-01", "C1", "3.70303E+17", "b", "1"), ("2019-03-01", "#N/A", "a", "b", "1")]
    study = open_study(
        study_of(tmp_path, "log.csv", text_of(acts=acts).encode(), "[study]\nmax_set_aside = 0.1")
    )
    found = study.problems.query("table == 'interactions' and level == 'set_aside'")
    assert found[["row", "rule"]].values.tolist() == [[32, "not_readable"], [33, "missing_value"]]
    assert "3.70303" not in study.problems.to_csv()


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ("header = 0", "header"), ("header = [3, 5]", "two rows"), ('separator = ",,"', "one character"),
        ("encoding = 5", "gb18030"), ('postgresql = { table = "a" }', "environment variable"),
        ('postgresql = { table = "a", query = "b", environment = "C" }', "environment variable"),
        ("sheet = true", "Sheet1"),
    ],
)  # fmt: skip
def test_wrong_key_of_a_source_is_refused(tmp_path, more, said):
    with pytest.raises(StudyError) as caught:
        check_study(study_of(tmp_path, "log.csv", text_of().encode(), more))
    assert said in str(caught.value)
