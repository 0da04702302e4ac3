"""Replication packages: what is in them, what is not, and that somebody else can run them."""

import csv
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pandas as pd
import pytest

from analysis.cli import main
from analysis.errors import AnalysisError, StudyError
from analysis.publishing import build_data, open_package, proof, replicate
from analysis.publishing.codebook import write_report_map
from analysis.tables import Study, open_study

TEMPLATE = (  # the headings of the Social Science Data Editors' template, in its order
    "Overview", "Data Availability and Provenance Statements", "Statement about Rights", "License for Data",
    "Summary of Availability", "Details on each Data Source", "Dataset list", "Computational requirements",
    "Software Requirements", "Controlled Randomness", "Memory and Runtime Requirements",
    "Description of programs/code", "License for Code", "Instructions to Replicators",
    "List of tables and programs", "References",
)  # fmt: skip


@pytest.fixture(scope="module")
def package(tiny, private_key, tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GONGZHI_KEY_FILE", str(private_key))
        return replicate(tiny, tmp_path_factory.mktemp("packages") / "tiny-package")


def words_of(folder):
    return {p: p.read_text(encoding="utf-8", errors="replace") for p in folder.rglob("*") if p.is_file()}


def exhibits(folder):
    with (folder / "results" / "exhibits.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_the_package_has_what_the_template_asks_for(package):
    page = (package / "README.md").read_text(encoding="utf-8")
    found = [line.lstrip("# ") for line in page.splitlines() if line.startswith("##")]
    assert [heading for heading in found if heading in TEMPLATE] == list(TEMPLATE)
    chinese = (package / "README_zh.md").read_text(encoding="utf-8")
    assert len(re.findall("^#", chinese, re.M)) == len(re.findall("^#", page, re.M))
    assert "小研究" in chinese
    assert "- [ ] I certify" in page  # nobody certifies for the authors
    assert (package / "LICENSE.txt").read_text().startswith("MIT")
    assert "==" in (package / "environment" / "requirements.lock").read_text()
    assert zipfile.ZipFile(next((package / "software").glob("*.whl"))).testzip() is None


def test_every_table_and_figure_names_its_program_and_line(package):
    rows = exhibits(package)
    assert [row["exhibit"] for row in rows] == [
        "Table 1", "Table 2", "Table 3", "Table 4", "Figure 1", "Table 5", "Figure 2", "Table 6", "Table 7",
    ]  # fmt: skip
    for row in rows:
        line = (package / row["program"]).read_text(encoding="utf-8").splitlines()[int(row["line"]) - 1]
        assert "package.save_" in line
        assert all((package / name).is_file() for name in row["output"].split("; "))
    made = {path.relative_to(package).as_posix() for path in (package / "results").rglob("*.*")}
    assert {name for row in rows for name in row["output"].split("; ")} | {"results/exhibits.csv"} == made


def test_checksums_name_every_file_but_the_log(package):
    lines = (package / "CHECKSUMS.sha256").read_text().splitlines()
    sums = dict(line.split("  ")[::-1] for line in lines)
    files = {p.relative_to(package).as_posix() for p in package.rglob("*") if p.is_file()}
    assert set(sums) == files - {"logs/proof.log", "CHECKSUMS.sha256"}
    assert all(
        hashlib.sha256((package / name).read_bytes()).hexdigest() == value for name, value in sums.items()
    )


def test_the_log_says_what_ran_and_nothing_of_the_machine(package, tiny):
    log = (package / "logs" / "proof.log").read_text(encoding="utf-8")
    assert re.search(r"04_effects\.py  [\d.]+ CPU seconds", log)
    assert re.search(r"memory: [\d.]+ GiB", log)
    assert "numpy" in log
    assert "same bytes" in log
    assert "different" not in log


def test_nothing_in_the_package_names_the_machine_or_a_community(package, tiny):
    import socket

    secret = [str(tiny.parent), str(Path.home()) + "/", "SECRET-", "Lane D1", "D10巷"]
    host = re.compile(rf"\b{re.escape(socket.gethostname())}\b")
    for path, words in words_of(package).items():
        if path.suffix in (".md", ".csv", ".tex", ".svg", ".json", ".py", ".log", ".txt", ".sha256"):
            assert not [word for word in secret if word in words], path
            assert not host.search(words), path


def test_small_cells_and_communities_do_not_show(package, tiny):
    panel = pd.read_csv(package / "data" / "analysis" / "panel.csv")
    assert panel["place_id"].str.fullmatch(r"C\d+").all()
    whole = pd.read_csv(tiny / "outcomes.csv")
    small = whole.loc[whole["n"] < 5, "value"].item()
    assert small not in panel["satisfaction"].tolist()
    assert panel["satisfaction"].isna().sum() >= 2  # one alone could be worked out
    assert panel["trust"].notna().all()
    kept = panel["satisfaction"].dropna().tolist()
    assert set(kept) <= set(whole.loc[whole["measure"] == "satisfaction", "value"])


def test_tables_of_reports_are_traced_to_functions(tmp_path):
    source = {
        "kind": "table",
        "number": "3.1",
        "call": ["a.b", "c.d"],
        "measures": ["burden_hours"],
        "frames": [],
    }
    page = tmp_path / "run" / "public" / "D01.en.html"
    page.parent.mkdir(parents=True)
    page.write_text(f'<script type="application/json" class="sources">{json.dumps([source])}</script>')
    write_report_map(tmp_path / "map.csv", tmp_path / "run")
    assert (tmp_path / "map.csv").read_text().splitlines()[1] == (
        "D01.en.html,table,3.1,a.b; c.d,burden,analysis.burden.burden_measures"
    )
    with pytest.raises(AnalysisError, match="no reports") as caught:
        write_report_map(tmp_path / "map.csv", tmp_path)
    assert "gongzhi report" in caught.value.expected


@pytest.mark.heavy
def test_somebody_else_can_run_it_with_only_the_folder(package, tmp_path):
    """In a fresh process that knows the package's own wheel, and no study, key or checkout."""
    copy = tmp_path / "given away"
    shutil.copytree(package, copy, ignore=shutil.ignore_patterns("results", "logs"))
    with zipfile.ZipFile(next((copy / "software").glob("*.whl"))) as wheel:
        wheel.extractall(tmp_path / "site")
    code = "import analysis, runpy; print(analysis.__file__); runpy.run_path('programs/00_run_all.py')"
    env = {"PYTHONPATH": str(tmp_path / "site"), "PATH": os.environ["PATH"], "HOME": str(tmp_path),
           "PYTHONHASHSEED": "7"}  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=copy, env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[0].startswith(str(tmp_path / "site"))
    found = proof.compare(package, copy)
    assert not found.different
    assert len(found.same) == 3 + 1 + 7 * 5 + 2 * 3


def test_other_results_are_noticed(package, tmp_path):
    copy = tmp_path / "copy"
    shutil.copytree(package, copy)
    table = copy / "results" / "tables" / "table3.csv"
    table.write_text(re.sub(r"(\d\.\d+)", lambda m: repr(float(m[1]) * (1 + 1e-13)), table.read_text()))
    found = proof.compare(package, copy)
    assert (found.close, found.different) == (["results/tables/table3.csv"], [])
    table.write_text(re.sub(r"(\d\.\d+)", lambda m: repr(float(m[1]) * (1 + 1e-6)), table.read_text()))
    (copy / "results" / "tables" / "table1.md").unlink()
    assert len(proof.compare(package, copy).different) == 2


def test_a_program_that_fails_leaves_nothing_behind(tiny, tmp_path, monkeypatch):
    monkeypatch.setattr(
        proof, "run_programs", lambda root: (_ for _ in ()).throw(AnalysisError("It failed."))
    )
    with pytest.raises(AnalysisError, match="It failed"):
        replicate(tiny, tmp_path / "out")
    assert not list(tmp_path.iterdir())


def test_an_error_of_a_program_is_one_line_without_paths(package, tmp_path):
    copy = tmp_path / "copy"
    shutil.copytree(package, copy, ignore=shutil.ignore_patterns("results"))
    (copy / "programs" / "00_run_all.py").write_text("open('nothing/here')")
    with pytest.raises(AnalysisError, match="failed") as caught:
        proof.run_programs(copy)
    assert "FileNotFoundError" in caught.value.value
    assert str(tmp_path) not in str(caught.value)


def test_only_a_package_is_replaced_and_no_study(tiny, package, tmp_path, capsys):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("years of work")
    for out in (tmp_path / "mine", tiny, tiny / "inside", tiny.parent):
        with pytest.raises(AnalysisError) as caught:
            replicate(tiny, out)
        assert caught.value.where
        assert caught.value.mend
    assert (tmp_path / "mine" / "thesis.txt").read_text() == "years of work"
    assert main(["replicate", str(tmp_path / "none"), str(tmp_path / "out")]) == 2
    assert "no such study" in capsys.readouterr().err
    with pytest.raises(AnalysisError, match="in memory"):
        replicate(Study.from_frames({}), tmp_path / "out")
    with pytest.raises(AnalysisError, match="include data"):
        replicate(tiny, tmp_path / "out", data="some")
    with pytest.raises(AnalysisError):
        replicate(tiny, tmp_path / "out", language="fr")


def test_outcomes_without_n_are_left_out(tmp_path, write_study):
    folder = write_study(tmp_path / "study")
    table = pd.read_csv(folder / "outcomes.csv")
    table.loc[table["measure"] == "trust", "n"] = None
    table.to_csv(folder / "outcomes.csv", index=False)
    facts = build_data(open_study(folder), tmp_path / "data")
    assert facts.empty == ["trust"]
    assert facts.outcomes == facts.estimated == ["satisfaction"]
    assert "trust" not in pd.read_csv(tmp_path / "data" / "panel.csv")
    whole = build_data(open_study(folder), tmp_path / "data", protect=False)
    assert (whole.outcomes, whole.hidden) == (["satisfaction", "trust"], 0)


def test_data_of_a_study_with_nothing_but_places(tmp_path, write_study):
    facts = build_data(
        open_study(write_study(tmp_path / "s", reforms=False, outcomes=False)), tmp_path / "data"
    )
    assert (facts.outcomes, facts.measures, facts.reforms, facts.rows) == ([], [], [], 0)


def test_a_folder_that_is_no_package_says_so(tmp_path):
    with pytest.raises(AnalysisError, match="no replication package") as caught:
        open_package(tmp_path)
    assert "gongzhi replicate" in caught.value.mend


@pytest.mark.heavy
def test_two_runs_give_the_same_bytes(repository, tmp_path):
    study = repository / "data" / "examples" / "small-city"
    found = []
    for name in ("one", "two"):
        out = replicate(study, tmp_path / name, language="zh")
        found.append({p.relative_to(out).as_posix(): p.read_bytes() for p in out.rglob("*") if p.is_file()})
    assert found[0].keys() == found[1].keys()
    assert {name for name in found[0] if found[0][name] != found[1][name]} <= {"logs/proof.log"}
    assert not list(tmp_path.glob(".*"))


@pytest.mark.heavy
def test_with_data_the_study_itself_is_there_and_its_key_is_not(tiny, tmp_path, capsys):
    study = shutil.copytree(tiny, tmp_path / "study")
    (study / "my.key").touch(mode=0o600)
    (study / "my.key").write_text("2" * 64)
    toml = (study / "study.toml").read_text(encoding="utf-8")
    (study / "study.toml").write_text(toml + 'key_file = "my.key"\n', encoding="utf-8")
    (study / "diary.txt").write_text("private")
    out = tmp_path / "out"
    assert main(["replicate", str(study), str(out), "--with-data"]) == 0
    assert "restricted archive" in capsys.readouterr().err
    assert sorted(p.name for p in (out / "data" / "raw").iterdir()) == [
        "outcomes.csv", "places.csv", "reforms.csv", "study.toml",
    ]  # fmt: skip
    assert all("2" * 64 not in words and "private" not in words for words in words_of(out).values())
    assert "SECRET-D1-0" in (out / "data" / "analysis" / "panel.csv").read_text()
    assert "WARNING" in (out / "README.md").read_text(encoding="utf-8")


@pytest.mark.heavy
def test_without_data_there_are_only_checksums(tiny, tmp_path):
    out = replicate(tiny, tmp_path / "out", data="none")
    assert [p.name for p in (out / "data").rglob("*")] == ["inputs.csv"]
    assert "data/analysis/panel.csv" in (out / "CHECKSUMS.sha256").read_text()
    again = replicate(tiny, out, data="none")  # an earlier package is replaced
    assert [p.name for p in tmp_path.iterdir()] == ["out"]
    shutil.copytree(tiny, again / "data" / "raw")
    proof.run_programs(out)
    assert (out / "data" / "analysis" / "panel.csv").is_file()


@pytest.mark.heavy
@pytest.mark.parametrize(("reforms", "outcomes"), [(False, True), (True, False), (False, False)])
def test_a_study_with_little_gets_a_package_with_what_there_is(tmp_path, write_study, reforms, outcomes):
    study = write_study(tmp_path / "study", reforms=reforms, outcomes=outcomes)
    out = replicate(study, tmp_path / "out")
    page = (out / "README.md").read_text(encoding="utf-8")
    assert "Not in this package" in page
    assert "Effects:" in page
    assert exhibits(out)[0]["exhibit"] == "Table 1"


@pytest.mark.heavy
def test_tables_elsewhere_cannot_go_with_the_data(tiny, tmp_path, monkeypatch):
    monkeypatch.setenv("GONGZHI_ALSO_READ", str(tmp_path))
    study = shutil.copytree(tiny, tmp_path / "study")
    shutil.move(study / "outcomes.csv", tmp_path / "elsewhere.csv")
    toml = (study / "study.toml").read_text(encoding="utf-8")
    (study / "study.toml").write_text(
        toml + '[tables.outcomes]\npath = "../elsewhere.csv"\n', encoding="utf-8"
    )
    with pytest.raises(StudyError, match="elsewhere"):
        replicate(study, tmp_path / "out", data="whole")
    settings = json.loads((replicate(study, tmp_path / "out") / "programs" / "settings.json").read_text())
    assert settings["outcomes"] == ["satisfaction", "trust"]
