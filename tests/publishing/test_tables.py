"""Tables that leave the project: what stands in each kind of file, and what no spreadsheet may run."""

import csv
import io
import re
import zipfile

import numpy as np
import openpyxl
import pandas as pd
import pypandoc
import pytest
from docx import Document
from docx.oxml.ns import qn

from analysis.effects import att_gt
from analysis.errors import AnalysisError
from analysis.files import FORMULA
from analysis.publishing import save_table

HOSTILE = [
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\n=1",
    " =1+1",
    "＝1+1",
    '=HYPERLINK("x")',
    "|=cmd",
]
KINDS = ("tex", "docx", "xlsx", "csv", "md")


@pytest.fixture
def frame():
    return pd.DataFrame(
        {
            "place": ["柳巷|社区", "a_b & 50% ${x}$ #1 ~^\\", "=1+1"],
            "hours": [1234.56789, -0.5, np.nan],
            "people": pd.array([12, None, 5], dtype="Int64"),
        }
    )


@pytest.fixture(scope="module")
def estimate():
    rng = np.random.default_rng(4)
    rows = [(u, t, 6 if u < 10 else None) for u in range(20) for t in range(10)]
    panel = pd.DataFrame(rows, columns=["place_id", "time", "cohort"]).astype({"cohort": "Int64"})
    panel["trust"] = rng.normal(0, 1, len(panel)) + 2.0 * (panel["time"] >= panel["cohort"].fillna(99))
    return att_gt(panel, "trust", unit="place_id", time="time", cohort="cohort")


def sheet(path):
    return openpyxl.load_workbook(path).worksheets[0]


@pytest.mark.parametrize("word", HOSTILE)
def test_no_text_becomes_a_formula(tmp_path, word):
    table = pd.DataFrame({word: [word], "n": [1]})
    save_table(table, tmp_path / "t.xlsx", title=word, note=word, units={word: word})
    cells = [cell for row in sheet(tmp_path / "t.xlsx").iter_rows() for cell in row if cell.value is not None]
    assert all(cell.data_type != "f" for cell in cells)
    assert sum(isinstance(cell.value, str) and word.strip() in cell.value for cell in cells) == 5
    assert b"<f>" not in zipfile.ZipFile(tmp_path / "t.xlsx").read("xl/worksheets/sheet1.xml")
    save_table(table, tmp_path / "t.csv")
    rows = list(csv.reader(io.StringIO((tmp_path / "t.csv").read_text(encoding="utf-8-sig"), newline="")))
    for cell in (rows[0][0], rows[1][0]):
        assert cell[0] not in FORMULA
        assert cell[-1] == word[-1]


def test_excel_holds_numbers_in_full_under_a_format(tmp_path, frame):
    save_table(frame, tmp_path / "t.xlsx", title="Places", units={"hours": "h", "people": "n"}, note="So.")
    found = sheet(tmp_path / "t.xlsx")
    assert [cell.value for cell in found[3]] == ["place", "hours", "people"]
    assert [cell.value for cell in found[4]] == [None, "h", "n"]
    assert found["B5"].value == 1234.56789
    assert found["B5"].number_format == "#,##0.000"
    assert (found["C5"].value, found["C5"].number_format) == (12, "#,##0")
    assert found["B7"].value is None
    assert found["C6"].value is None
    assert found.freeze_panes == "B5"
    assert found["A9"].value == "So."


def test_excel_reads_with_another_library(tmp_path, frame):
    save_table(frame, tmp_path / "t.xlsx")
    back = pd.read_excel(tmp_path / "t.xlsx", engine="calamine")
    assert back["hours"].iloc[0] == 1234.56789
    assert back["place"].tolist() == frame["place"].tolist()


def test_csv_gives_numbers_back_exactly(tmp_path, frame):
    frame["x"] = [0.1 + 0.2, 1e-300, -1 / 3]
    save_table(frame, tmp_path / "t.csv")
    assert (tmp_path / "t.csv").read_bytes().startswith(b"\xef\xbb\xbf")
    assert pd.read_csv(tmp_path / "t.csv", encoding="utf-8-sig")["x"].tolist() == frame["x"].tolist()


def test_word_has_caption_repeated_header_and_east_asian_font(tmp_path, frame):
    save_table(frame, tmp_path / "t.docx", title="居民", language="zh", note="说明", units={"hours": "小时"})
    document = Document(str(tmp_path / "t.docx"))
    caption = document.paragraphs[0]
    assert caption.style.name == "Caption"
    assert "SEQ Table" in caption._p.xml
    assert "居民" in caption.text
    table = document.tables[0]
    marked = [
        row._tr.trPr is not None and row._tr.trPr.find(qn("w:tblHeader")) is not None for row in table.rows
    ]
    assert marked == [True, True, False, False, False]
    fonts = document.styles["Normal"].element.rPr.rFonts
    assert fonts.get(qn("w:eastAsia")) == "SimSun"
    assert [cell.text for cell in table.rows[2].cells] == ["柳巷|社区", "1,234.568", "12"]
    assert table.rows[4].cells[1].text == "–"
    assert document.paragraphs[-1].text == "说明"


def test_latex_is_read_back_by_pandoc(tmp_path, frame):
    words = save_table(frame, tmp_path / "t.tex", title="A & B_1", note="100 %").read_text(encoding="utf-8")
    assert r"\toprule" in words
    assert r"\usepackage{ctex}" in words.splitlines()[0]
    plain = pypandoc.convert_text(words, "plain", format="latex", extra_args=["--columns=200"])
    assert "a_b & 50% ${x}$ #1 ~^\\" in plain
    assert "A & B_1" in plain
    assert "1,234.568" in plain


def test_long_latex_tables_run_over_pages(tmp_path):
    words = save_table(pd.DataFrame({"x": range(60)}), tmp_path / "t.tex", title="Long").read_text()
    assert words.count("longtable") == 3
    assert r"\endhead" in words


def test_markdown_keeps_its_columns(tmp_path, frame):
    lines = save_table(frame, tmp_path / "t.md", title="T").read_text(encoding="utf-8").splitlines()
    rows = [line for line in lines if line.startswith("|")]
    assert {len(re.findall(r"(?<!\\)\|", row)) for row in rows} == {4}
    assert r"柳巷\|社区" in rows[2]
    assert r"50% \${x}\$" in rows[3]


@pytest.mark.parametrize("kind", KINDS)
def test_same_table_same_bytes_and_nothing_changed(tmp_path, frame, estimate, kind):
    before = frame.copy(deep=True)
    for name, table in (("frame", frame), ("estimate", {"Trust": estimate})):
        one, two = (save_table(table, tmp_path / f"{name}{k}.{kind}", title="T") for k in (1, 2))
        assert one.read_bytes() == two.read_bytes()
    pd.testing.assert_frame_equal(frame, before)


@pytest.mark.parametrize("kind", ["docx", "xlsx"])
def test_no_hour_of_making_is_in_the_file(tmp_path, frame, kind):
    path = save_table(frame, tmp_path / f"t.{kind}")
    with zipfile.ZipFile(path) as archive:
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        core = archive.read("docProps/core.xml").decode()
    assert set(re.findall(r"<dcterms:\w+[^>]*>([^<]*)<", core)) <= {"2000-01-01T00:00:00Z"}


@pytest.mark.parametrize("kind", KINDS)
def test_estimates_stand_beside_each_other_without_stars(tmp_path, estimate, kind):
    path = save_table([estimate, estimate], tmp_path / f"t.{kind}", title="Effects")
    overall = estimate.aggregate("overall").table.iloc[0]
    if kind == "docx":
        words = " ".join(cell.text for row in Document(str(path)).tables[0].rows for cell in row.cells)
    elif kind == "xlsx":
        book = openpyxl.load_workbook(path)
        words = " ".join(str(c.value) for row in book.worksheets[0].iter_rows() for c in row if c.value)
        full = {c.value: book.worksheets[1].cell(2, c.column).value for c in book.worksheets[1][1]}
        assert full["estimate"] == pytest.approx(overall["estimate"], rel=1e-15)
        assert full["std_error"] == pytest.approx(overall["std_error"], rel=1e-15)
    else:
        words = path.read_text(encoding="utf-8-sig")
    assert "*" not in words.replace("**", "")
    assert (repr(float(overall["estimate"])) if kind == "csv" else f"{overall['estimate']:.2f}") in words


@pytest.mark.parametrize(
    ("table", "name", "options", "where"),
    [
        (pd.DataFrame({"a": [1]}), "t.xls", {}, "path"),
        (pd.DataFrame({"a": [1]}), "t.csv", {"units": {"b": "m"}}, "units"),
        (pd.DataFrame({"a": [1]}), "t.csv", {"digits": -1}, "digits"),
        (pd.DataFrame([[1, 2]], columns=["a", "a"]), "t.csv", {}, "table"),
        (pd.DataFrame(index=pd.RangeIndex(2)), "t.csv", {}, "table"),
        ("a,b", "t.csv", {}, "table"),
        (3, "t.csv", {}, "table"),
        ([], "t.csv", {}, "estimates"),
    ],
)
def test_what_is_no_table_is_refused(tmp_path, table, name, options, where):
    with pytest.raises(AnalysisError, match=r".") as caught:
        save_table(table, tmp_path / name, **options)
    assert where in caught.value.where
    assert caught.value.expected
    assert not list(tmp_path.iterdir())


def test_odd_frames_are_written(tmp_path):
    wide = pd.DataFrame({("a", "b"): [1.0], ("a", "c"): [np.inf]}, index=pd.Index(["x"], name="who"))
    for kind in KINDS:
        save_table(wide, tmp_path / f"w.{kind}")
        save_table(pd.DataFrame({"a": []}), tmp_path / f"e.{kind}")
        save_table(
            pd.DataFrame({"a": ["bad\x00\x0bcontrol"], "t": [pd.Timestamp("2021-03-07")]}),
            tmp_path / f"c.{kind}",
        )
    assert "| x | 1 | ∞ |" in (tmp_path / "w.md").read_text(encoding="utf-8")
    assert "2021-03-07" in (tmp_path / "c.csv").read_text(encoding="utf-8-sig")
