"""The batch with the real papermill: whole files, failures named, nothing asked of the network."""

import json
import os
import re
import signal
import subprocess
import sys
import time

import nbformat
import pytest

from analysis.cli import main
from analysis.errors import ReportError
from analysis.reporting import report_study
from analysis.reporting.batch import file_stems
from analysis.tables import open_study
from analysis.tables.share import shared


@pytest.fixture(scope="module")
def run(example, tmp_path_factory):
    return report_study(example, tmp_path_factory.mktemp("run"), languages=("zh", "en"), jobs=2)


def test_every_district_in_every_language(run, example):
    districts = open_study(example).districts
    assert not run.failures
    out = run.index.parent
    for district in districts:
        for language in ("zh", "en"):
            page = (out / f"{district}.{language}.html").read_text(encoding="utf-8")
            assert page.startswith("<!DOCTYPE html>")
            assert f'<html lang="{"zh-CN" if language == "zh" else "en"}">' in page
            assert page.count("<h2>") == 13
            notebook = nbformat.read(out / "notebooks" / f"{district}.{language}.ipynb", as_version=4)
            assert notebook.metadata.papermill.parameters["district"] == district


def test_pages_ask_nothing_of_the_network(run):
    for page in run.index.parent.glob("D*.html"):  # the index has its own tests
        text = re.sub(r'src="data:[^"]*"', "", page.read_text(encoding="utf-8"))
        assert not re.search(r"(src|href)=\"(https?:)?//", text), page.name
        assert "<script" not in text
        assert "@import" not in text
        assert not re.search(r"url\(", text)


def test_index_links_to_what_is_there(run):
    for index in ("index.html", "index.en.html"):
        page = run.index.with_name(index).read_text(encoding="utf-8")
        links = re.findall(r'<a[^>]* href="([^"#]+)"', page)
        assert len(links) == 7  # two districts in two languages, the other index, and two files of data
        assert all((run.index.parent / link).is_file() for link in links)


def test_manifest_says_what_was_made_from_what(run, example):
    manifest = json.loads(run.manifest.read_text(encoding="utf-8"))
    assert len(manifest["reports"]) == 4
    for entry in manifest["reports"]:
        assert entry["status"] == "made"
        assert entry["seconds"] > 0
        assert entry["error"] == ""
        assert (run.index.parent / entry["page"]).is_file()
    assert set(manifest["inputs"]) >= {"study.toml", "interactions.csv.gz"}
    assert all(re.fullmatch("[0-9a-f]{64}", value) for value in manifest["inputs"].values())
    assert manifest["libraries"]["papermill"]


def test_nothing_half_made_is_left(run):
    left = [p for p in run.index.parent.rglob("*") if p.name.startswith(".") or p.suffix == ".draft"]
    assert not left


@pytest.fixture
def failing_template(tmp_path, example):
    """The project's template, with a cell that fails for the first district only."""
    notebook = nbformat.read(shared("notebooks/reports/district_report.ipynb"), as_version=4)
    first = open_study(example).districts[0]
    bad = nbformat.v4.new_code_cell(f'if district == "{first}":\n    raise ValueError("no such ledger")')
    notebook.cells.insert(3, bad)
    path = tmp_path / "failing.ipynb"
    nbformat.write(notebook, path)
    return path


def test_one_bad_district_never_stops_the_others(example, failing_template, tmp_path, capsys):
    first, second = open_study(example).districts
    arguments = ["report", str(example), "--out", str(tmp_path / "out"), "--template", str(failing_template)]
    assert main(arguments) == 1
    said = capsys.readouterr()
    assert f"{first} (en) failed in cell In [4]: ValueError: no such ledger" in said.err
    assert f"--districts {first} --language en" in said.err
    assert said.out.strip().splitlines()[-1].endswith("index.html")
    assert (tmp_path / "out" / f"{second}.en.html").is_file()
    assert not (tmp_path / "out" / f"{first}.en.html").exists()
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text())
    entry = next(e for e in manifest["reports"] if e["district"] == first)
    assert (entry["status"], entry["cell"]) == ("failed", 4)
    kept = nbformat.read(tmp_path / "out" / entry["notebook"], as_version=4)
    assert any(o.get("ename") == "ValueError" for c in kept.cells for o in c.get("outputs", []))
    assert entry["rerun"].startswith("gongzhi report")
    index = (tmp_path / "out" / "index.html").read_text(encoding="utf-8")
    assert "no such ledger" in index

    # the command to try again, with a template that works, completes the same folder
    assert main(["report", str(example), "--out", str(tmp_path / "out"), "--districts", first]) == 0
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text())
    assert [e["status"] for e in manifest["reports"]] == ["made", "made"]
    assert not list((tmp_path / "out").rglob("*.failed.ipynb"))


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"districts": ("D99",)}, "no such district"),
        ({"languages": ("fr",)}, "no texts in this language"),
        ({"languages": ()}, "No language"),
        ({"parameters": {"districtt": "x"}}, "no such parameter"),
        ({"parameters": {"city": "/elsewhere"}}, "no such parameter"),
        ({"jobs": 0}, "number of jobs"),
        ({"template": "nowhere.ipynb"}, "template is missing"),
    ],
)
def test_wrong_requests_are_refused_before_anything_runs(example, tmp_path, options, said):
    with pytest.raises(ReportError, match=said):
        report_study(example, tmp_path / "out", **options)
    assert not (tmp_path / "out").exists()


def test_templates_that_cannot_serve(example, tmp_path):
    nbformat.write(nbformat.v4.new_notebook(), tmp_path / "blank.ipynb")
    with pytest.raises(ReportError, match="lacks parameters"):
        report_study(example, tmp_path / "out", template=tmp_path / "blank.ipynb")
    (tmp_path / "text.ipynb").write_text("not a notebook")
    with pytest.raises(ReportError, match="not a notebook"):
        report_study(example, tmp_path / "out", template=tmp_path / "text.ipynb")


@pytest.mark.skipif(os.name == "nt", reason="Ctrl-C is sent to a process group, which Windows does not have")
def test_ctrl_c_leaves_whole_files_only_and_no_process(example, tmp_path):
    command = [sys.executable, "-m", "analysis", "report", str(example), "--out", str(tmp_path / "out")]
    run = subprocess.Popen(
        command, start_new_session=True, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    deadline = time.monotonic() + 120
    while not list((tmp_path / "out").glob(".making-*")):
        assert time.monotonic() < deadline
        assert run.poll() is None
        time.sleep(0.1)
    time.sleep(3)  # the workers have started their kernels, or are about to
    os.killpg(run.pid, signal.SIGINT)
    _, said = run.communicate(timeout=60)
    assert run.returncode == 130
    assert "interrupted" in said
    assert "Traceback" not in said
    left = [p.relative_to(tmp_path / "out").parts[0] for p in (tmp_path / "out").rglob("*") if p.is_file()]
    assert {name for name in left if not name.endswith(".html")} <= {"city", "notebooks"}
    assert not (tmp_path / "out" / "manifest.json").exists()


def test_folder_that_is_a_file(example, tmp_path):
    (tmp_path / "out").write_text("in the way")
    with pytest.raises(ReportError, match="cannot be written"):
        report_study(example, tmp_path / "out")


def test_file_names_are_safe_and_differ():
    stems = file_stems(["D1", "d1", "a/b", "a b", "东区", "index", "../.."])
    assert len({s.lower() for s in stems.values()}) == 7
    assert stems["东区"] == "东区"
    assert stems["index"] != "index"
    assert all(re.fullmatch(r"[\w-]+", s) for s in stems.values())


def test_works_as_a_module_without_make(example):
    command = [sys.executable, "-m", "analysis", "check", str(example)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0
    assert "The study can be used." in done.stdout


def test_template_runs_as_it_stands(tmp_path):
    """The parameters cell names nothing: the notebook shows the first district of the example."""
    import papermill

    notebook = papermill.execute_notebook(
        str(shared("notebooks/reports/district_report.ipynb")),
        str(tmp_path / "out.ipynb"),
        progress_bar=False,
    )
    outputs = [o for cell in notebook.cells if cell.cell_type == "code" for o in cell.outputs]
    assert sum("text/html" in o.get("data", {}) for o in outputs) == 14
    assert not [o for o in outputs if o.output_type in ("error", "stream")]
