"""A table in several files or sheets is the table in one: frames, account, problems; each names its file."""

import gzip
import re

import openpyxl
import pandas as pd
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from analysis.cli import main
from analysis.errors import StudyError
from analysis.intake.aside import set_aside_rows
from analysis.reporting.city import input_hashes
from analysis.reporting.running.stage import _inputs
from analysis.tables import check_study, limits, open_study
from analysis.tables.check import describe, run_check
from analysis.tables.config import read_config
from analysis.tables.patterns import natural

HEADER = ["time", "community_id", "kind", "source_id", "target_id", "hours"]
PLACES = "place_id,kind,parent_id\nD,district,\nC1,community,D\nC2,community,D\n"


def act(month, day, **odd):
    row = dict(
        zip(HEADER, [f"2021-{month:02d}-{day:02d}", "C1", "help", f"p{day}", "p0", "1.5"], strict=True)
    )
    return list((row | odd).values())


def write_csv(path, rows, header=HEADER, separator=",", encoding="utf-8"):
    path.parent.mkdir(parents=True, exist_ok=True)
    text = "".join(separator.join(row) + "\n" for row in [header, *rows])
    path.write_bytes(text.encode(encoding))


def a_study(folder, section, **tables):
    folder.mkdir(exist_ok=True)
    (folder / "places.csv").write_text(PLACES)
    lines = ["[study]", 'name = "Months"', "max_set_aside = 1", "[tables.interactions]", *section]
    (folder / "study.toml").write_text("\n".join(lines), encoding="utf-8")
    return folder


def of_log(study, columns):
    found = study.problems.query("table == 'interactions'")
    return found[columns].values.tolist()


def totals(study):
    return study.files[["file", "rows_in", "kept", "set_aside"]].values.tolist()


@pytest.fixture
def months(tmp_path):
    """Four months: one in GB18030 with semicolons, one without rows, one with two faults."""
    folder = a_study(tmp_path / "study", ['path = "exports/log-2021-*.csv"'])
    write_csv(folder / "exports/log-2021-1.csv", [act(1, day) for day in range(1, 6)])
    write_csv(
        folder / "exports/log-2021-2.csv",
        [act(2, 1, kind="互助"), act(2, 2)],
        encoding="gb18030",
        separator=";",
    )
    write_csv(folder / "exports/log-2021-3.csv", [])
    write_csv(folder / "exports/log-2021-10.csv", [act(10, 1), ["too", "few"], act(10, 3, community_id="C9")])
    return folder


def test_every_row_is_accounted_for_by_file(months):
    study = open_study(months)
    assert totals(study) == [
        ["exports/log-2021-1.csv", 5, 5, 0], ["exports/log-2021-2.csv", 2, 1, 1],
        ["exports/log-2021-3.csv", 0, 0, 0], ["exports/log-2021-10.csv", 3, 1, 2],
    ]  # fmt: skip
    whole = study.accounting.query("table == 'interactions' and rule == ''").iloc[0]
    assert list(whole[["rows_in", "kept", "set_aside"]]) == list(
        study.files[["rows_in", "kept", "set_aside"]].sum()
    )
    assert study.interactions["time"].dt.month.tolist() == [1] * 5 + [2, 10]


def test_a_problem_is_named_with_its_file_and_the_row_there(months):
    study = check_study(months)
    assert of_log(study, ["file", "row", "rule"]) == [
        ["exports/log-2021-3.csv", pd.NA, "no_rows"],
        ["exports/log-2021-10.csv", 3, "wrong_number_of_fields"],
        ["exports/log-2021-2.csv", 2, "not_allowed"],
        ["exports/log-2021-10.csv", 4, "unknown_place"],
    ]
    assert describe(next(study.problems.query("rule == 'unknown_place'").itertuples())).startswith(
        "interactions.community_id exports/log-2021-10.csv row 4 value 'C9': unknown place."
    )
    aside = set_aside_rows(run_check(months))
    assert aside[["file", "row", "rule"]].values.tolist() == [
        ["exports/log-2021-2.csv", 2, "not_allowed"],
        ["exports/log-2021-10.csv", 3, "wrong_number_of_fields"],
        ["exports/log-2021-10.csv", 4, "unknown_place"],
    ]


def test_the_check_shows_each_file_on_the_terminal_the_page_and_in_csv(months, tmp_path, capsys):
    page, csv, fixed = tmp_path / "p.html", tmp_path / "p.csv", tmp_path / "fixed"
    assert main(["check", str(months), "--html", str(page), "--csv", str(csv), "--fix", str(fixed)]) == 0
    said = capsys.readouterr().out
    assert "           0           0           0  of which exports/log-2021-3.csv\n" in said
    assert "'C9', exports/log-2021-10.csv row 4" in said
    assert re.search(
        r"of which exports/log-2021-3\.csv(</span>)?</th><td class=\"number\">0</td>",
        page.read_text(encoding="utf-8"),
    )
    account = pd.read_csv(tmp_path / "p-account.csv").query("table == 'interactions'").fillna("")
    assert account.query("file != ''")["rows_in"].tolist() == [5, 2, 0, 3]
    mends = pd.read_csv(fixed / "mends.csv", keep_default_na=False)
    assert mends[["file", "row", "mend"]].values.tolist() == [
        ["exports/log-2021-2.csv", 2, "known_word"], ["exports/log-2021-10.csv", 3, "wrong_number_of_fields"],
    ]  # fmt: skip
    assert len(open_study(fixed).interactions) == 8  # the word is mended, the unknown place is not


def test_sheets_with_titles_in_one_workbook_and_files_of_other_kinds(tmp_path):
    folder = a_study(
        tmp_path / "s", ['path = ["year.xlsx", "late.csv", "rest.parquet", "odd.xls"]', 'sheet = "*月"']
    )
    book = openpyxl.Workbook()
    book.active.title = "说明"
    book.active.append(["No table stands here"])
    for month in (2, 1):
        sheet = book.create_sheet(f"{month}月")
        for row in [["互助记录"], [], HEADER, *[act(month, day) for day in (1, 2)]]:
            sheet.append(row)
    sheet.append(act(1, 3, hours="long"))
    book.save(folder / "year.xlsx")
    write_csv(folder / "late.csv", [act(3, 1)])
    write_csv(folder / "odd.xls", [act(5, 1, kind="?")], separator="\t", encoding="gbk")
    typed = pd.DataFrame([act(4, 1)], columns=HEADER).astype({"time": "datetime64[ns]", "hours": "float64"})
    typed.to_parquet(folder / "rest.parquet")
    study = check_study(folder)
    assert [file for file, *_ in totals(study)] == [
        "year.xlsx · 2月", "year.xlsx · 1月", "late.csv", "rest.parquet", "odd.xls",
    ]  # fmt: skip
    assert study.interactions["time"].dt.month.tolist() == [2, 2, 1, 1, 3, 4]
    assert study.interactions["hours"].tolist() == [1.5] * 6
    assert of_log(study, ["file", "row", "rule"]) == [
        ["year.xlsx · 1月", 6, "not_readable"], ["odd.xls", 2, "not_allowed"],
    ]  # fmt: skip


def test_the_sheets_that_are_asked_for(tmp_path):
    folder = a_study(tmp_path / "s", ['path = "year.xlsx"', 'sheet = ["b", "a"]'])
    book = openpyxl.Workbook()
    for name, month in (("a", 1), ("b", 2), ("c", 3)):
        sheet = book.create_sheet(name)
        for row in [HEADER, act(month, 1)]:
            sheet.append(row)
    book.remove(book.worksheets[0])
    book.save(folder / "year.xlsx")
    assert open_study(folder).interactions["time"].dt.month.tolist() == [2, 1]
    for sheet, said in (('"*d"', "like the pattern"), ('["a", "z"]', "year.xlsx · z")):
        a_study(folder, ['path = "year.xlsx"', f"sheet = {sheet}"])
        with pytest.raises(StudyError, match=said):
            open_study(folder)
    a_study(folder, ['path = "year.xlsx"', 'sheet = ["a", "a"]'])
    with pytest.raises(StudyError, match="sheet"):
        read_config(folder)


ROWS = st.lists(
    st.one_of(
        st.tuples(
            st.integers(1, 28), st.sampled_from(["C1", "C2", "C9", ""]), st.sampled_from(["help", "互助"])
        ),
        st.sampled_from(["", "too,few", ",,,,,"]),
    ),
    min_size=1, max_size=30,
)  # fmt: skip


def as_line(row):
    return row if isinstance(row, str) else f"2021-03-{row[0]:02d},{row[1]},{row[2]},p{row[0]},p5,"


@settings(
    max_examples=6,
    deadline=None,
    derandomize=True,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=list(HealthCheck),
)
@given(rows=ROWS, cuts=st.lists(st.integers(0, 30), max_size=4))
def test_any_way_of_cutting_a_log_gives_the_same(tmp_path_factory, rows, cuts):
    folder = tmp_path_factory.mktemp("cut")
    lines = [as_line(row) for row in rows]
    places = sorted({min(cut, len(lines)) for cut in cuts} | {0, len(lines)})
    pieces = [lines[a:b] for a, b in zip([0, *places[:-1]], places, strict=True)]  # the first one is empty
    write_csv(a_study(folder / "whole", ['path = "log.csv"']) / "log.csv", [[line] for line in lines])
    parts = a_study(folder / "parts", ['path = "log-*.csv"'])
    for number, piece in enumerate(pieces):
        write_csv(parts / f"log-{number}.csv", [[line] for line in piece])
    whole, cut = check_study(folder / "whole"), check_study(parts)
    pd.testing.assert_frame_equal(cut.interactions, whole.interactions)
    pd.testing.assert_frame_equal(cut.accounting, whole.accounting)
    rules = ["table", "column", "value", "rule", "level"]
    about_rows = [study.problems[study.problems["row"].notna()] for study in (whole, cut)]
    pd.testing.assert_frame_equal(*(found[rules].reset_index(drop=True) for found in about_rows))
    assert (cut.files["rows_in"] == cut.files["kept"] + cut.files["set_aside"]).all()
    assert cut.files["rows_in"].sum() == len(lines)
    starts = {f"log-{n}.csv": sum(map(len, pieces[:n])) for n in range(len(pieces))}
    in_whole = [starts[file] + row for file, row in about_rows[1][["file", "row"]].values]
    assert in_whole == about_rows[0]["row"].tolist()


def test_a_row_that_stands_in_two_exports_is_a_duplicate_as_in_one(tmp_path):
    folder = a_study(
        tmp_path / "s", ['path = "log.csv"', "[tables.matters]", 'path = ["jan.csv", "feb.csv"]']
    )
    write_csv(folder / "log.csv", [act(1, 1)])
    header = ["matter_id", "process", "community_id"]
    write_csv(folder / "jan.csv", [["M1", "request", "C1"], ["M2", "request", "C1"]], header)
    write_csv(folder / "feb.csv", [["M3", "request", "C1"], ["M2", "request", "C1"]], header)
    found = check_study(folder).problems.query("rule == 'duplicate_key'")
    assert found[["file", "row", "value"]].values.tolist() == [["feb.csv", 3, "M2"]]


def test_acts_of_exports_that_overlap_are_said_and_kept(tmp_path):
    folder = a_study(tmp_path / "s", ['path = "log-*.csv"'])
    write_csv(folder / "log-1.csv", [act(1, 1), act(1, 1), act(1, 2)])
    write_csv(folder / "log-2.csv", [act(2, 1), act(1, 2), act(2, 1)])
    study = open_study(folder)
    found = study.problems.query("rule == 'in_two_files'")
    assert found[["file", "row", "level"]].values.tolist() == [["log-2.csv", 3, "note"]]
    assert len(study.interactions) == 6  # somebody may do the same twice; only a person can tell


def test_the_same_export_under_two_names_is_said(tmp_path):
    folder = a_study(tmp_path / "s", ['path = "log*.csv"'])
    for name in ("log.csv", "log (1).csv"):
        write_csv(folder / name, [act(1, 1)])
    for name in ("log-3.csv", "log-4.csv"):
        write_csv(folder / name, [])  # two months without rows are equal, too
    found = open_study(folder).problems.query("rule == 'same_file_twice'")
    assert found[["file", "value"]].values.tolist() == [["log (1).csv", "log.csv"]]


def test_a_file_without_a_column_of_the_others_is_named(tmp_path):
    folder = a_study(tmp_path / "s", ['path = ["a.csv", "b.csv"]'])
    write_csv(folder / "a.csv", [act(1, 1)])
    write_csv(folder / "b.csv", [act(2, 1)[:-1]], HEADER[:-1])
    [problem] = check_study(folder).problems.query("rule == 'unreadable'").itertuples()
    assert "'hours'" in problem.hint
    assert 'may_lack = ["hours"]' in problem.hint
    assert (problem.file, "a.csv" in problem.value) == ("b.csv", False)
    a_study(folder, ['path = ["a.csv", "b.csv"]', 'may_lack = ["hours"]'])
    assert open_study(folder).interactions["hours"].isna().tolist() == [False, True]


def test_every_file_that_cannot_be_read_is_named(tmp_path):
    folder = a_study(tmp_path / "s", ['path = "m-*.csv"'])
    write_csv(folder / "m-1.csv", [act(1, 1)])
    (folder / "m-2.csv").write_bytes(b"")
    write_csv(folder / "m-3.csv", [act(3, 1)[1:]], HEADER[1:])
    found = check_study(folder).problems.query("rule == 'unreadable'")["file"].tolist()
    assert found == ["m-2.csv", "m-3.csv"]


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ('"log-*.csv"', "Log 2.csv, log 10.csv"),
        ('"months/log*.csv"', "files in"),
        ('["log 10.csv", "./log 10.csv"]', "log 10.csv"),
        ('["log 10.csv", "log*.csv"]', "twice"),
        ('"log*"', "kind that cannot be read"),
        ('"../*/places.csv"', "outside the study folder"),
        ('"away/*.csv"', "outside the study folder"),
        ('"stray*.csv"', "outside the study folder"),
        ("[]", "no path"),
        ("[1]", "neither a name nor a list"),
    ],
)
def test_what_a_pattern_may_not_mean(tmp_path, path, said):
    write_csv(tmp_path / "else/x.csv", [act(1, 1)])
    folder = a_study(tmp_path / "s", [f"path = {path}"])
    for name in ("log 10.csv", "Log 2.csv", "log.pdf"):
        write_csv(folder / name, [act(1, 1)])
    (folder / "away").symlink_to(tmp_path / "else")
    (folder / "stray.csv").symlink_to(tmp_path / "else/x.csv")
    with pytest.raises(StudyError) as caught:
        read_config(folder)
    assert said in str(caught.value)


def test_what_a_pattern_means(tmp_path):
    names = ["log-十月.CSV", "log-10月.csv", "LOG-2月.csv", "log-一月.csv", "log-十一月.csv"]
    folder = a_study(tmp_path / "s", ['path = "street*/log-*月.csv"'])
    for name in [*names, ".log-3月.csv", "~$log-3月.csv", "log-3月.csv.bak"]:
        write_csv(folder / "street 2" / name, [act(1, 1)])
    write_csv(folder / "street 10" / "log-2月.csv", [act(1, 1)])
    labels = [part.label for part in read_config(folder).tables["interactions"].parts]
    months = ["log-一月.csv", "LOG-2月.csv", "log-10月.csv", "log-十月.CSV", "log-十一月.csv"]
    assert labels == [*(f"street 2/{name}" for name in months), "street 10/log-2月.csv"]
    assert sorted(["a10.csv", "a9.csv", "a09.csv", "a.csv"], key=natural) == [
        "a.csv",
        "a09.csv",
        "a9.csv",
        "a10.csv",
    ]
    assert sorted(["二十月", "十二月", "九月"], key=natural) == ["九月", "十二月", "二十月"]


def test_a_changed_a_new_and_a_moved_file_are_other_inputs(months):
    for hashes in (input_hashes, _inputs):
        before = hashes(months)
        assert {"study.toml", "places.csv" if hashes is _inputs else "study.toml"} <= set(before)
        assert sum(name.startswith("exports/log-2021-") for name in before) == 4
        february = months / "exports/log-2021-2.csv"
        content = february.read_bytes()
        february.write_bytes(content + b"2021-02-03;C1;help;p1;p2;1\n")
        assert hashes(months) != before
        february.write_bytes(content)
        assert hashes(months) == before
        april = months / "exports/log-2021-4.csv"
        write_csv(april, [act(4, 1)])
        assert set(hashes(months)) - set(before) == {"exports/log-2021-4.csv"}
        april.unlink()


def test_files_of_one_name_in_two_folders_are_two_inputs(tmp_path):
    folder = a_study(tmp_path / "s", ['path = "*/log.csv"'])
    for street in ("east", "west"):
        write_csv(folder / street / "log.csv", [act(1, 1, source_id=street)])
    assert {"east/log.csv", "west/log.csv"} <= set(input_hashes(folder))


def test_many_small_files_may_not_fill_the_memory_together(tmp_path, monkeypatch):
    monkeypatch.setattr(limits, "ALWAYS", 60_000)
    folder = a_study(tmp_path / "s", ['path = "log-*.csv.gz"'])
    for number in range(4):
        with gzip.open(folder / f"log-{number}.csv.gz", "wt") as file:
            file.write(",".join(HEADER) + "\n" + (",".join(act(1, 1)) + "\n") * 400)
        if number == 0:
            assert len(open_study(folder).interactions) == 400
    with pytest.raises(StudyError, match="expand together to far more"):
        open_study(folder)
    monkeypatch.setenv("GONGZHI_MAX_EXPANDED", "1")
    assert len(open_study(folder).interactions) == 1600
