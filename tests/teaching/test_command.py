"""gongzhi case, as a teacher types it."""

import nbformat

from analysis.cli import main
from analysis.teaching import list_cases


def test_list_names_every_case(capsys):
    assert main(["case", "list"]) == 0
    said = capsys.readouterr().out
    for case in list_cases():
        assert f"{case.slug}  ({case.minutes} min)" in said
        assert case.text("about", "zh") in said
    main(["case", "list", "--language", "en"])
    assert "减负" not in capsys.readouterr().out


def test_copies_and_notes(capsys, tmp_path):
    assert main(["case", "student", "pilots", str(tmp_path / "a.ipynb"), "--language", "zh"]) == 0
    assert main(["case", "solution", "pilots", str(tmp_path / "b")]) == 0
    assert capsys.readouterr().out.split() == [str(tmp_path / "a.ipynb"), str(tmp_path / "b/pilots.ipynb")]
    first = next(c for c in nbformat.read(tmp_path / "a.ipynb", 4).cells if c.cell_type == "code")
    assert 'open_case("pilots", language="zh")' in first.source
    assert main(["case", "notes", "pilots", "--language", "en"]) == 0
    said = capsys.readouterr().out
    assert "## Pitfalls" in said
    assert "Time: 110 min" in said


def test_what_is_wrong_is_told_and_the_exit_code_says_so(capsys, tmp_path):
    assert main(["case", "student", "nothing", str(tmp_path)]) == 2
    assert "one of" in capsys.readouterr().err
    assert main(["case", "grade", str(tmp_path / "none"), "--out", str(tmp_path)]) == 2
    assert main(["case", "check", str(tmp_path / "none.ipynb")]) == 2
    (tmp_path / "torn.ipynb").write_text("{")
    assert main(["case", "check", str(tmp_path / "torn.ipynb")]) == 1
    assert "not a notebook" in capsys.readouterr().out
