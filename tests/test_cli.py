"""The command as people use it: what it prints, and its exit codes."""

import pandas as pd
import pytest

from analysis.cli import main


@pytest.fixture(scope="module")
def example(repository):
    return repository / "data" / "examples" / "small-city"


COMMANDS = ("check", "report", "simulate", "import", "indicators", "bench")


@pytest.mark.parametrize("command", [[], *([name] for name in COMMANDS)])
def test_help_is_there(command, capsys):
    with pytest.raises(SystemExit) as stop:
        main([*command, "--help"])
    assert stop.value.code == 0
    assert "usage: gongzhi" in capsys.readouterr().out


@pytest.mark.parametrize(
    "command", [["nonsense"], ["check"], ["report", "x"], ["import", "facebook", "a", "b"]]
)
def test_wrong_usage_exits_2(command, capsys):
    with pytest.raises(SystemExit) as stop:
        main(command)
    assert stop.value.code == 2
    assert "usage: gongzhi" in capsys.readouterr().err


def test_simulate_then_check(tmp_path, capsys):
    city = tmp_path / "city"
    sizes = ["--districts", "1", "--communities", "2", "--months", "12", "--seed", "3"]
    assert main(["simulate", str(city), *sizes]) == 0
    assert main(["check", str(city)]) == 0
    assert "The study can be used." in capsys.readouterr().out
    assert main(["simulate", str(tmp_path), *sizes]) == 2  # a folder with something else in it
    assert "folder" in capsys.readouterr().err


@pytest.mark.parametrize("sizes", [["--districts", "0"], ["--months", "3"], ["--communities", "-1"]])
def test_impossible_cities_are_refused(tmp_path, sizes, capsys):
    assert main(["simulate", str(tmp_path / "city"), *sizes]) == 2
    assert "expected" in capsys.readouterr().err
    assert not (tmp_path / "city").exists()


def test_check_writes_all_problems_as_csv(tmp_path, capsys):
    (tmp_path / "places.csv").write_text("place_id,kind\nD1,district\nC1,community\n")
    people = "".join(f"p{i},C9\n" for i in range(30))
    (tmp_path / "people.csv").write_text("person_id,community_id\n" + people)
    assert main(["check", str(tmp_path), "--csv", str(tmp_path / "problems.csv")]) == 2
    said = capsys.readouterr().out
    assert "and 10 more like this" in said
    problems = pd.read_csv(tmp_path / "problems.csv")
    assert (problems["rule"] == "unknown_place").sum() == 30


def test_indicators(example, tmp_path, capsys):
    assert main(["indicators", "--list"]) == 0
    assert "Krackhardt" in capsys.readouterr().out
    out = tmp_path / "networks.csv"
    assert main(["indicators", str(example), "--out", str(out), "--names", "density,support"]) == 0
    assert set(pd.read_csv(out)["indicator"]) == {"density", "support"}
    assert main(["indicators", str(example)]) == 2
    assert main(["indicators", str(example), "--out", str(out), "--names", "charm"]) == 2
    assert "charm" in capsys.readouterr().err


@pytest.mark.parametrize("source", ["decidim", "pabulib", "polis"])
def test_import_of_a_folder_that_is_no_export(source, tmp_path, capsys):
    assert main(["import", source, str(tmp_path), str(tmp_path / "out")]) == 2
    assert "expected" in capsys.readouterr().err


def test_parameter_without_value(example, tmp_path, capsys):
    assert main(["report", str(example), "--out", str(tmp_path / "out"), "--parameter", "x"]) == 2
    assert "NAME=VALUE" in capsys.readouterr().err
