"""The files of a study as a package lists and copies them, where a table stands in several."""

import hashlib

import openpyxl
import pytest

from analysis.errors import StudyError
from analysis.publishing.sources import copy_study, input_files
from analysis.tables import open_study

HEADER = ["time", "community_id", "kind", "source_id", "target_id"]


@pytest.fixture
def study(tmp_path):
    folder = tmp_path / "study"
    for street, days in (("east", 2), ("west", 3)):
        (folder / street).mkdir(parents=True)
        rows = [f"2021-01-0{day},C1,help,a{street},b" for day in range(1, days + 1)]
        (folder / street / "log.csv").write_text("\n".join([",".join(HEADER), *rows]) + "\n")
    book = openpyxl.Workbook()
    for month in (1, 2):
        sheet = book.create_sheet(f"{month}月")
        for row in [["matter_id", "process", "community_id"], [f"M{month}", "request", "C1"]]:
            sheet.append(row)
    book.remove(book.worksheets[0])
    book.save(folder / "matters.xlsx")
    (folder / "places.csv").write_text("place_id,kind,parent_id\nD,district,\nC1,community,D\n")
    (folder / "study.toml").write_text(
        '[tables.interactions]\npath = "*/log.csv"\n[tables.matters]\npath = "matters.xlsx"\nsheet = "*"\n'
    )
    (folder / "beside.csv").write_text("not,named\n")
    return open_study(folder)


def test_every_file_is_listed_with_its_rows(study):
    listed = {entry["file"]: entry for entry in input_files(study)}
    rows = {name: entry["rows"] for name, entry in listed.items()}
    assert rows == {
        "study.toml": "",
        "east/log.csv": 2,
        "west/log.csv": 3,
        "matters.xlsx": 2,
        "places.csv": 2,
    }
    content = (study.path / "west/log.csv").read_bytes()
    assert listed["west/log.csv"]["sha256"] == hashlib.sha256(content).hexdigest()


def test_the_copy_is_the_same_study(study, tmp_path):
    out = tmp_path / "copy"
    out.mkdir()
    copy_study(study, out)
    names = sorted(p.relative_to(out).as_posix() for p in out.rglob("*") if p.is_file())
    assert names == ["east/log.csv", "matters.xlsx", "places.csv", "study.toml", "west/log.csv"]
    copied = open_study(out)
    assert copied.interactions.equals(study.interactions)
    assert copied.files.equals(study.files)


def test_a_file_of_several_that_lies_elsewhere_is_refused(study, tmp_path, monkeypatch):
    (study.path / "west/log.csv").rename(tmp_path / "log.csv")
    toml = study.path / "study.toml"
    toml.write_text(toml.read_text().replace('"*/log.csv"', '["east/log.csv", "../log.csv"]'))
    monkeypatch.setenv("GONGZHI_ALSO_READ", str(tmp_path))
    (tmp_path / "copy").mkdir()
    with pytest.raises(StudyError, match="lies elsewhere"):
        copy_study(open_study(study.path), tmp_path / "copy")
