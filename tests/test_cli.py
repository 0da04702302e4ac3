"""The command as people use it: what it prints, and its exit codes."""

import pandas as pd
import pytest

from analysis.cli import main


@pytest.fixture(scope="module")
def example(repository):
    return repository / "data" / "examples" / "small-city"


COMMANDS = ("check", "report", "simulate", "import", "indicators", "effects", "bench")


@pytest.mark.parametrize("command", [[], *([name] for name in COMMANDS)])
def test_help_is_there(command, capsys):
    with pytest.raises(SystemExit) as stop:
        main([*command, "--help"])
    assert stop.value.code == 0
    assert "usage: gongzhi" in capsys.readouterr().out


@pytest.mark.parametrize(
    "command", [["nonsense"], ["check"], ["report", "x"], ["import", "facebook", "a", "b"], ["effects", "x"]]
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
    assert "'C9', 30 times, row 2, 3, 4, 5, 6, …" in said
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


def test_effects(example, tmp_path, capsys):
    out = tmp_path / "out"
    command = ["effects", str(example), "--out", str(out), "--reform", "consultation"]
    assert main([*command, "--outcome", "trust"]) == 0
    said = capsys.readouterr()
    assert said.err == ""
    assert "95% interval" in said.out
    assert "最大的疑问" in said.out
    made = {path.name for path in out.iterdir()}
    assert {line.rsplit("/", 1)[-1] for line in said.out.splitlines()[2:]} == made
    assert {"estimates.csv", "event_time.csv", "checks.csv", "sensitivity.csv", "inference.csv", "table.docx",
            "event_study.png", "forest.png", "effect.en.html", "effect.zh.html"} <= made  # fmt: skip
    estimates = pd.read_csv(out / "estimates.csv").set_index("estimator")
    assert {"att_gt", "imputation", "event_study", "twfe"} <= set(estimates.index)
    page = (out / "effect.en.html").read_text(encoding="utf-8")
    assert f"{estimates.loc['att_gt', 'estimate']:+.1f}" in page
    assert "http" not in page
    assert "nan" not in page.split("</style>")[1].replace("data:image/png;base64", "").lower().split()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--outcome", "trust", "--reform", "charm"], "burden_reduction, consultation, shared_community"),
        (["--outcome", "charm", "--reform", "consultation"], "satisfaction"),
        (["--outcome", "trust", "--reform", "consultation", "--estimator", "magic"], "att_gt"),
        (["--outcome", "trust", "--reform", "consultation", "--language", "fr"], "en or zh"),
    ],
)
def test_effects_names_what_there_is(example, tmp_path, arguments, message, capsys):
    assert main(["effects", str(example), "--out", str(tmp_path / "out"), *arguments]) == 2
    assert message in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
