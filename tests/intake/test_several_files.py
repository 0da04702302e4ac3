"""A month per file or sheet becomes one table, with the reason beside it; what differs is said."""

import tomllib

import pandas as pd
import pytest

from analysis.cli import main
from analysis.intake import propose_study, write_study
from analysis.intake.joining import joined_reasons, month_of
from analysis.tables import open_study

PLACES = ["幸福社区", "和谐社区"]


def acts(month, count, **columns):
    """Acts of a month as an office exports them."""
    frame = pd.DataFrame({
        "发生时间": [f"2021/{month}/{1 + n % 28} 9:{n % 60:02d}" for n in range(count)],
        "所属区": "东区", "社区名称": [PLACES[n % 2] for n in range(count)], "互动类型": "邻里互助",
        "帮助人": [f"a{month}{n}" for n in range(count)], "受助人": [f"b{n}" for n in range(count)],
        "服务时长": "2小时",
    })  # fmt: skip
    return frame.assign(**columns)


def write(path, frame):
    path.parent.mkdir(parents=True, exist_ok=True)
    frame.to_csv(path, index=False, encoding="gbk", lineterminator="\r\n")
    return path


@pytest.fixture
def exports(tmp_path):
    """Three months as GBK text; the columns of the last stand in another order."""
    files = [write(tmp_path / f"互助台账{month}月.csv", acts(month, 5 * month)) for month in (2, 10, 1)]
    write(files[1], acts(10, 50)[["受助人", "帮助人", *acts(10, 1).columns[:4], "服务时长"]])
    return files


def test_three_months_go_from_export_to_study(exports, tmp_path, capsys):
    out = tmp_path / "study"
    assert main(["init", *map(str, exports), str(out), "--yes", "--language", "zh"]) == 0
    said = capsys.readouterr().out
    assert "3 个文件（工作表）合为一张表：列名相同" in said
    assert "没有 2021-03、2021-04、2021-05、" in said  # no year in the names: the days in the files say it
    assert main(["check", str(out)]) == 0
    said = capsys.readouterr().out
    assert "          50          50           0  of which 互助台账10月.csv" in said
    toml = (out / "study.toml").read_text(encoding="utf-8")
    log = tomllib.loads(toml)["tables"]["interactions"]
    assert log["path"] == ["互助台账1月.csv", "互助台账2月.csv", "互助台账10月.csv"]
    assert '"互助台账2月.csv",    # 10 行, 2021-02-01 – 2021-02-10' in toml
    study = open_study(out)
    assert study.files["rows_in"].tolist() == study.files["kept"].tolist() == [5, 10, 50]
    assert study.interactions["time"].dt.month.value_counts().to_dict() == {1: 5, 2: 10, 10: 50}
    assert study.interactions["kind"].unique().tolist() == ["help"]
    assert (out / "互助台账10月.csv").read_bytes() == exports[1].read_bytes()


def test_a_winter_without_years_in_its_names_has_no_gap(tmp_path):
    files = [write(tmp_path / f"互助台账{month}月.csv", acts(month, 28)) for month in (11, 12)]
    january = [f"2022/1/{1 + n} 9:00" for n in range(28)]
    files.append(write(tmp_path / "互助台账1月.csv", acts(1, 28, 发生时间=january)))
    assert not any(
        "!!!" in line for line in joined_reasons(propose_study(files).tables["interactions"], "en")
    )


def test_files_of_one_name_in_two_folders_and_files_left_where_they_lie(tmp_path):
    for street in ("东街", "西街"):
        write(tmp_path / "in" / street / "log.csv", acts(1, 6, 帮助人=[f"{street}{n}" for n in range(6)]))
    proposal = propose_study([tmp_path / "in"])
    assert proposal.tables["interactions"].source.label == "东街/log.csv, 西街/log.csv"
    for name, link in (("copy", False), ("link", True)):
        out = write_study(proposal, tmp_path / name, link=link)
        paths = tomllib.loads((out / "study.toml").read_text(encoding="utf-8"))["tables"]["interactions"][
            "path"
        ]
        assert paths == (
            ["../in/东街/log.csv", "../in/西街/log.csv"] if link else ["log.csv", "西街-log.csv"]
        )
    assert len(open_study(tmp_path / "copy").interactions) == 12


def test_what_differs_between_the_files_is_said(exports, tmp_path, capsys):
    write(tmp_path / "互助台账3月.csv", acts(3, 0))
    write(tmp_path / "互助台账4月.csv", acts(4, 4, 评价="好").drop(columns="服务时长"))
    write(tmp_path / "互助台账5月.csv", acts(5, 5).rename(columns={"帮助人": "志愿者"}))
    write(tmp_path / "活动台账6月.csv", acts(6, 6))
    out = tmp_path / "study"
    files = [*exports, *(tmp_path / name for name in
             ("互助台账3月.csv", "互助台账4月.csv", "互助台账5月.csv", "活动台账6月.csv"))]  # fmt: skip
    assert main(["init", *map(str, files), str(out), "--yes"]) == 0
    said = capsys.readouterr().out
    for words in (
        "One table of 5 files or sheets: the columns that it needs are the same.",
        "Their names say the months 01 to 10.",
        "Not in all of them, and not read: 评价",
        "hours: not in 互助台账4月.csv, whose rows have no 服务时长",
        "互助台账3月.csv   0 rows\n",
        "互助台账5月.csv: is interactions as well, but names its columns otherwise: write 志愿者 → 帮助人",
        "活动台账6月.csv: has the columns of 互助台账1月.csv",
    ):
        assert words in said
    study = open_study(out)
    assert study.files["rows_in"].tolist() == [5, 10, 0, 4, 50]
    assert study.interactions["hours"].isna().sum() == 4


def test_sheets_with_titles_and_the_gap_between_them(tmp_path, write_office_sheet):
    file = tmp_path / "互助台账.xlsx"
    for month in (12, 9, 10):
        write_office_sheet(file, f"2021年{month}月", "互助台账", acts(month, 8))
    write_office_sheet(file, "说明", "填表说明", pd.DataFrame({"注意": ["按月填写"]}))
    proposal = propose_study([file])
    out = write_study(proposal, tmp_path / "study")
    toml = (out / "study.toml").read_text(encoding="utf-8")
    log = tomllib.loads(toml)["tables"]["interactions"]
    assert (log["path"], log["header"]) == ("互助台账.xlsx", 3)
    assert log["sheet"] == ["2021年9月", "2021年10月", "2021年12月"]
    assert "# !!! There is no file for 2021-11" in toml
    study = open_study(out)
    assert study.files["file"].tolist() == [f"互助台账.xlsx · {sheet}" for sheet in log["sheet"]]
    assert len(study.interactions) == 24


def test_workbooks_of_a_sheet_each(tmp_path, write_office_sheet):
    (tmp_path / "in").mkdir()
    for month in (1, 2):
        write_office_sheet(tmp_path / "in" / f"{month}月.xlsx", f"{month}月台账", "互助", acts(month, 6))
    out = write_study(propose_study([tmp_path / "in"]), tmp_path / "study")
    assert (
        tomllib.loads((out / "study.toml").read_text(encoding="utf-8"))["tables"]["interactions"]["sheet"]
        == "*"
    )
    assert open_study(out).files["rows_in"].tolist() == [6, 6]


def test_workbooks_with_a_sheet_of_words_beside(tmp_path, write_office_sheet):
    (tmp_path / "in").mkdir()
    for month in (1, 2):
        write_office_sheet(tmp_path / "in" / f"{month}.xlsx", f"{month}月", "互助", acts(month, 6))
        write_office_sheet(
            tmp_path / "in" / f"{month}.xlsx", "说明", "说明", pd.DataFrame({"注意": ["按月填写"]})
        )
    out = write_study(propose_study([tmp_path / "in"]), tmp_path / "study")
    log = tomllib.loads((out / "study.toml").read_text(encoding="utf-8"))["tables"]["interactions"]
    assert (log["path"], log["sheet"]) == (["1.xlsx", "2.xlsx"], "*月")
    assert len(open_study(out).interactions) == 12


def test_exports_that_overlap_are_said(tmp_path):
    january = acts(1, 9)
    write(tmp_path / "2021年1月.csv", january)
    write(tmp_path / "2021年2月.csv", pd.concat([january.tail(3), acts(2, 6)]))
    toml = (write_study(propose_study([tmp_path]), tmp_path / "s") / "study.toml").read_text(encoding="utf-8")
    assert "# !!! The days of 2021年1月.csv and 2021年2月.csv overlap" in toml
    assert "# !!! 3 rows stand in an earlier file as well" in toml


def test_it_asks_whether_a_file_without_a_column_belongs_there(exports, tmp_path, monkeypatch):
    odd = write(tmp_path / "互助台账4月.csv", acts(4, 4).drop(columns="服务时长"))
    monkeypatch.setattr("builtins.input", lambda text: "-" if "leaves out the files" in text else "")
    for stream in ("stdin", "stdout"):
        monkeypatch.setattr(f"sys.{stream}.isatty", lambda: True, raising=False)
    assert main(["init", *map(str, [*exports, odd]), str(tmp_path / "study")]) == 0
    toml = (tmp_path / "study" / "study.toml").read_text(encoding="utf-8")
    assert "# 互助台账4月.csv: left out by your answer" in toml
    assert len(tomllib.loads(toml)["tables"]["interactions"]["path"]) == 3


@pytest.mark.parametrize(
    ("name", "month"),
    [
        ("log-2021-03.csv", "2021-03"), ("台账2021年12月.xls", "2021-12"), ("202103.csv", "2021-03"),
        ("一月", "01"), ("二〇二一年十一月", "11"), ("2021-03-15.csv", "2021-03"), ("log-13.csv", ""),
        ("2021-01至2021-03.csv", ""), ("20210315.csv", ""),
    ],
)  # fmt: skip
def test_the_month_that_a_name_says(name, month):
    assert month_of(name) == month
