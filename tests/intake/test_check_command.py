"""A check as a report: grouped, as a page, the rows set aside in a file, safe mends in a copy."""

import ast
import re
import tomllib
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

import analysis
from analysis.cli import main
from analysis.intake.groups import group_problems
from analysis.tables import check_study, open_study

PLACES = (
    "place_id,kind,parent_id,name_zh\nD1,district,,东区\nC1,community,D1,柳巷社区\nC2,community,D1,鹭湾社区\n"
)
HEAD = "time,community_id,kind,source_id,target_id,hours\n"
GOOD = "".join(f"2021-03-{n % 28 + 1:02d},C1,help,p{n},p{n + 1},1\n" for n in range(60))
BAD = (
    "2021-03-01,C1,互助,p1,p2,1\n" * 3
    + "2021-03-01,C1,打牌,p1,p2,1\n"
    + "2021-03-01,Ｃ１,help,p1,p2,1\n"
    + "2021-03-01,鹭湾社区,help,p1,p2,1\n"
    + "2021-03-01,C9,help,=cmd(),p2,1\n"
    + ",,,,,\n"
    + "2021-03-01,C1\n"
    + "2021-03-01,C1,help,secret-person,secret-person,1\n"
)
DUTIES = (
    "duty_id,community_id,list,start,on_list\nd1,C1,法定,2021-01-01,是\n"
    "d1,C1,法定,2021-01-01,是\nd2,C2,ledger,2021-01-01,否\n"
)


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "study"
    folder.mkdir()
    (folder / "places.csv").write_text(PLACES)
    (folder / "interactions.csv").write_text(HEAD + GOOD + BAD)
    (folder / "duties.csv").write_text(DUTIES)
    (folder / "study.toml").write_text('[study]\nname = "East <b>"\nmax_set_aside = 1\n')
    return folder


def test_equal_problems_stand_together(folder, capsys):
    groups = group_problems(check_study(folder).problems).set_index(["table", "rule"])
    kinds = groups.loc[("interactions", "not_allowed")]
    assert kinds["count"] == 4
    assert kinds["values"] == [("互助", 3, [("", 62), ("", 63), ("", 64)]), ("打牌", 1, [("", 65)])]
    assert kinds["suggestion"] == '[tables.interactions.values.kind]\n"互助" = "help"'
    assert main(["check", str(folder)]) == 0
    said = capsys.readouterr().out
    assert "'互助', 3 times, row 62, 63, 64" in said
    assert '"互助" = "help"' in said
    assert "secret-person" not in said


@pytest.mark.parametrize(("language", "words"), [("en", "Rows set aside"), ("zh", "被搁置的行")])
def test_page_says_the_same_and_is_safe(folder, tmp_path, language, words):
    page = tmp_path / "out" / "check.html"
    assert main(["check", str(folder), "--html", str(page), "--language", language]) == 0
    text = page.read_text()
    assert words in text
    assert "“互助”" in text
    assert "East &lt;b&gt;" in text
    assert "<b>" not in text
    assert "secret-person" not in text
    assert not re.search(r"src=|https?:", text)


def test_set_aside_rows_are_in_the_file_and_people_are_not(folder, tmp_path, capsys):
    file = tmp_path / "aside.csv"
    assert main(["check", str(folder), "--set-aside", str(file)]) == 0
    rows = pd.read_csv(file)
    account = check_study(folder).accounting.query("rule != ''")
    counted = rows.groupby(["table", "rule"]).size().to_dict()
    assert counted == account.set_index(["table", "rule"])["set_aside"].to_dict()
    assert rows.query("rule == 'not_allowed'")["row"].tolist() == [62, 63, 64, 65, 2, 3]
    assert "kind: 打牌" in rows.loc[rows["row"] == 65, "values"].iloc[0]
    text = file.read_text()
    for person in ("secret-person", "p1;", "=cmd", "p2;"):
        assert person not in text
    book = tmp_path / "aside.xlsx"
    assert main(["check", str(folder), "--set-aside", str(book)]) == 0
    sheets = openpyxl.load_workbook(book)
    assert sheets.sheetnames == ["interactions", "duties"]
    found = sum(sheet.max_row - 1 for sheet in sheets)
    assert found == len(rows)
    assert main(["check", str(folder), "--set-aside", str(tmp_path / "aside.pdf")]) == 2
    assert "ending in .csv or .xlsx" in capsys.readouterr().err


def test_safe_mends_go_into_a_copy_and_on_record(folder, tmp_path, capsys):
    before = {p.name: p.read_bytes() for p in folder.iterdir()}
    out = tmp_path / "mended"
    assert main(["check", str(folder), "--fix", str(out)]) == 0
    assert {p.name: p.read_bytes() for p in folder.iterdir()} == before
    record = pd.read_csv(out / "mends.csv", keep_default_na=False)
    found = record[["table", "row", "column", "mend", "before", "after"]].values.tolist()
    assert found == [
        ["interactions", 66, "community_id", "usual_letters", "Ｃ１", "C1"],
        ["interactions", 67, "community_id", "place_name", "鹭湾社区", "C2"],
        *[["interactions", row, "kind", "known_word", "互助", "help"] for row in (62, 63, 64)],
        ["interactions", 69, "", "blank_row", "", ""],
        ["interactions", 70, "", "wrong_number_of_fields", "", ""],
        *[["duties", row, "list", "known_word", "法定", "statutory"] for row in (2, 3)],
        ["duties", 3, "", "identical_row", "", ""],
    ]
    study, mended = check_study(folder), open_study(out)
    assert len(mended.interactions) == len(study.interactions) + 5
    assert mended.duties["duty_id"].tolist() == ["d1", "d2"]
    total = mended.accounting.query("table == 'interactions' and rule == ''").iloc[0]
    assert total["rows_in"] + 1 + 1 == 70  # one blank row and one without all its fields stay behind
    assert set(mended.problems["rule"]) >= {"not_allowed", "unknown_place", "self_loop"}  # left as they were
    assert "p_" in mended.interactions["source_id"].iloc[0]
    assert main(["check", str(folder), "--fix", str(out)]) == 2
    assert "holds something already" in capsys.readouterr().err


def test_identical_acts_are_two_acts(folder, tmp_path):
    (folder / "interactions.csv").write_text(HEAD + GOOD + GOOD)
    assert main(["check", str(folder), "--fix", str(tmp_path / "mended")]) == 0
    assert len(open_study(tmp_path / "mended").interactions) == 120


def test_too_many_rows_set_aside_exits_with_2(folder, tmp_path, capsys):
    (folder / "study.toml").write_text("[study]\nmax_set_aside = 0.05\n")
    assert main(["check", str(folder)]) == 2
    assert "may be" in capsys.readouterr().out
    assert main(["check", str(folder), "--fix", str(tmp_path / "mended")]) == 0  # the mends were enough
    (folder / "study.toml").write_text("[study]\nmax_set_aside = 1.0\n")
    assert main(["check", str(folder)]) == 0


def rules_of(folder):
    """Return the rules that problems of a check may bear, as they stand in the code."""
    places = {"add": 1, "flag": 2}
    for file in sorted(folder.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and len(node.args) > 1:
                rule = node.args[places[node.func.attr] :][:1] if node.func.attr in places else []
                yield from (
                    one.value for one in rule if isinstance(one, ast.Constant) and isinstance(one.value, str)
                )


def test_every_rule_says_its_mend_in_chinese():
    root = Path(analysis.__file__).parent
    rules = {rule for part in ("tables", "large") for rule in rules_of(root / part)}
    told = tomllib.loads((root / "intake" / "words.toml").read_text(encoding="utf-8"))["mend"]
    assert len(rules) > 30
    assert not rules - set(told)
    assert all(words["zh"] for words in told.values())
