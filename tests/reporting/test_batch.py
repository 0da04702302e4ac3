"""The batch with the real papermill: whole files, failures named, nothing asked of the network."""

import json
import os
import re
import signal
import subprocess
import sys
import time

import nbformat
import psutil
import pytest

from analysis.cli import main
from analysis.errors import ReportError
from analysis.reporting import report_study
from analysis.reporting.running.supervise import Limits
from analysis.reporting.running.tasks import file_stems
from analysis.reporting.sections import SECTIONS
from analysis.tables import open_study
from analysis.tables.share import shared


@pytest.fixture(scope="module")
def run(example, city, tmp_path_factory):
    """Real reports of both districts in both languages; the city stage is that of the other tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("analysis.reporting.city.run_city", lambda study: city)
        return report_study(example, tmp_path_factory.mktemp("run"), languages=("zh", "en"), jobs=2)


def test_every_district_in_every_language(run, example):
    districts = open_study(example).districts
    assert not run.failures
    out, notebooks = run.index.parent, run.manifest.parent / "notebooks"
    for district in districts:
        for language in ("zh", "en"):
            page = (out / f"{district}.{language}.html").read_text(encoding="utf-8")
            assert page.startswith("<!DOCTYPE html>")
            assert f'<html lang="{"zh-CN" if language == "zh" else "en"}">' in page
            assert page.count("<h2") >= len(SECTIONS)
            notebook = nbformat.read(notebooks / f"{district}.{language}.ipynb", as_version=4)
            assert notebook.metadata.papermill.parameters["district"] == district


def test_pages_ask_nothing_of_the_network(run):
    for page in run.index.parent.glob("D*.html"):  # the index has its own tests
        text = re.sub(r'src="data:[^"]*"', "", page.read_text(encoding="utf-8"))
        assert not re.search(r"(src|href)=\"(https?:)?//", text), page.name
        assert all("application/json" in tag for tag in re.findall("<script[^>]*>", text))  # data, no code
        assert "@import" not in text
        assert not re.search(r"url\(", text)


def test_index_links_to_what_is_there(run):
    for index in ("index.html", "index.en.html"):
        page = run.index.with_name(index).read_text(encoding="utf-8")
        links = set(re.findall(r'href="([^"#]+)', page))
        assert links >= {f"D0{n}.{language}.html" for n in (1, 2) for language in ("zh", "en")}
        assert not [link for link in links if link[:5] != "data:" and not (run.index.parent / link).is_file()]


def test_manifest_says_what_was_made_from_what(run, example):
    manifest = json.loads(run.manifest.read_text(encoding="utf-8"))
    assert len(manifest["reports"]) == 4
    for entry in manifest["reports"]:
        assert entry["status"] == "made"
        assert entry["seconds"] > 0
        assert entry["error"] == ""
        assert (run.manifest.parents[1] / entry["page"]).is_file()
    assert set(manifest["inputs"]) >= {"study.toml", "interactions.csv.gz"}
    assert all(re.fullmatch("[0-9a-f]{64}", value) for value in manifest["inputs"].values())
    assert manifest["libraries"]["papermill"]


def test_nothing_half_made_is_left(run):
    left = [p for p in run.manifest.parents[1].rglob("*") if p.name[0] == "." or p.suffix == ".draft"]
    assert [p.name for p in left] == [".lock"]


def test_nothing_internal_is_public(run):
    assert run.index.parent.name == "public"
    assert not [p for p in run.index.parent.rglob("*") if p.suffix in (".parquet", ".ipynb", ".jsonl")]


@pytest.mark.heavy
def test_pdf_and_word(example, city, tmp_path, monkeypatch):
    monkeypatch.setattr("analysis.reporting.city.run_city", lambda study: city)
    run = report_study(
        example, tmp_path / "out", languages=("zh",), districts=("D01",), formats=("html", "pdf", "docx")
    )
    public = tmp_path / "out" / "public"
    assert (public / "D01.zh.pdf").read_bytes().startswith(b"%PDF")
    assert (public / "D01.zh.docx").read_bytes().startswith(b"PK")
    assert set(run.outcomes[0]["outputs"]) == {"notebook", "html", "pdf", "docx"}
    index = run.index.read_text(encoding="utf-8")
    assert 'href="D01.zh.pdf"' in index
    assert 'href="D01.zh.docx"' in index


@pytest.mark.heavy
def test_a_pdf_that_fails_is_a_report_that_failed(example, city, tmp_path, monkeypatch):
    from analysis.reporting import documents

    class Broken:
        def print(self, *_, **__):
            raise RuntimeError("no paper")

        def close(self):
            pass

    monkeypatch.setattr("analysis.reporting.city.run_city", lambda study: city)
    monkeypatch.setattr(documents, "Printer", Broken, raising=False)
    run = report_study(example, tmp_path / "out", districts=("D01",), formats=("html", "pdf"))
    assert run.counts == {"failed": 1}
    assert "no PDF: no paper" in run.failures[0]
    assert not (tmp_path / "out" / "public" / "D01.en.html").exists()


@pytest.fixture
def failing_template(tmp_path, example):
    """The project's template, with a cell that fails for the first district only."""
    notebook = nbformat.read(shared("notebooks/reports/district_report.ipynb"), as_version=4)
    first = open_study(example).districts[0]
    bad = nbformat.v4.new_code_cell(f'if district == "{first}":\n    raise ValueError("no such ledger")')
    notebook.cells[3:] = [bad]
    path = tmp_path / "failing.ipynb"
    nbformat.write(notebook, path)
    return path


def test_the_command_names_failures_and_how_to_try_again(
    example, city, failing_template, tmp_path, capsys, monkeypatch
):
    monkeypatch.setattr("analysis.reporting.city.run_city", lambda study: city)
    first, second = open_study(example).districts
    out = tmp_path / "out"
    arguments = ["report", str(example), "--out", str(out)]
    assert main([*arguments, "--template", str(failing_template)]) == 1
    said = capsys.readouterr()
    assert f"{first} (en) failed in cell In [4]: ValueError: no such ledger" in said.err
    assert f"--districts {first} --language en" in said.err
    assert "1 failed, 1 made" in said.err
    assert said.out.strip().splitlines()[-1] == str(out / "public" / "index.html")
    assert (out / "public" / f"{second}.en.html").is_file()
    assert not (out / "public" / f"{first}.en.html").exists()
    entry = next(
        e
        for e in json.loads((out / "internal" / "manifest.json").read_text())["reports"]
        if e["district"] == first
    )
    assert (entry["status"], entry["cell"]) == ("failed", 4)
    kept = nbformat.read(out / entry["notebook"], as_version=4)
    assert any(o.get("ename") == "ValueError" for c in kept.cells for o in c.get("outputs", []))
    assert entry["rerun"].startswith("gongzhi report")
    assert "no such ledger" in (out / "public" / "index.html").read_text(encoding="utf-8")

    # with a cell that works the command completes the same folder
    notebook = nbformat.read(failing_template, as_version=4)
    notebook.cells[3].source = "1"
    nbformat.write(notebook, failing_template)
    assert main([*arguments, "--districts", first, "--template", str(failing_template)]) == 0
    manifest = json.loads((out / "internal" / "manifest.json").read_text())
    assert [e["status"] for e in manifest["reports"]] == ["made", "made"]
    assert not list(out.rglob("*.failed.ipynb"))


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"districts": ("D99",)}, "no such district"),
        ({"languages": ("fr",)}, "no texts in this language"),
        ({"languages": ()}, "No language"),
        ({"parameters": {"districtt": "x"}}, "no such parameter"),
        ({"formats": ("pdf",)}, "formats cannot be made"),
        ({"formats": ("html", "epub")}, "formats cannot be made"),
        ({"engine": "quick"}, "no such engine"),
        ({"limits": Limits(timeout=0)}, "limit is too small"),
        ({"limits": Limits(max_failures=0)}, "limit is too small"),
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


SLOW_CELL = "import subprocess, time; subprocess.Popen(['sleep', '{seconds}']); time.sleep(120)"


def running(mark):
    return [p for p in psutil.process_iter(["cmdline"]) if mark in " ".join(p.info["cmdline"] or ())]


@pytest.mark.heavy
@pytest.mark.skipif(os.name == "nt", reason="Ctrl-C is sent to a process group, which Windows does not have")
@pytest.mark.parametrize("engine", ["auto", "stock"])
@pytest.mark.parametrize("end", ["SIGINT", "SIGTERM", "SIGKILL"])
def test_no_process_survives_and_files_are_whole(example, city, tmp_path, engine, end):
    notebook = nbformat.read(shared("notebooks/reports/district_report.ipynb"), as_version=4)
    seconds = f"7{os.getpid()}{time.monotonic_ns() % 1000:03}"  # like no other process of this machine
    slow = SLOW_CELL.format(seconds=seconds)
    notebook.cells[2:] = [nbformat.v4.new_code_cell(f"if district != 'D01':\n    {slow}")]
    nbformat.write(notebook, tmp_path / "slow.ipynb")
    city.write(tmp_path / "city")
    code = (  # the city stage of the other tests
        "import sys; from analysis.reporting import city; kept = city.load_city(sys.argv.pop()); "
        "city.run_city = lambda study: kept; from analysis.cli import main; sys.exit(main())"
    )
    out = tmp_path / "out"
    command = [sys.executable, "-c", code, "report", str(example), "--out", str(out), "--engine", engine]
    command += ["--template", str(tmp_path / "slow.ipynb"), str(tmp_path / "city")]
    run = subprocess.Popen(
        command, start_new_session=True, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    deadline = time.monotonic() + 240
    while not (running(f"sleep {seconds}") and (out / "public" / "D01.en.html").exists()):
        assert time.monotonic() < deadline
        assert run.poll() is None, run.communicate()
        time.sleep(0.1)
    before = {p.pid for p in psutil.Process(run.pid).children(recursive=True)}
    os.killpg(run.pid, getattr(signal, end))
    _, said = run.communicate(timeout=60)
    if end != "SIGKILL":
        assert run.returncode == 130
        assert "interrupted" in said
        assert "Traceback" not in said
        assert not list(out.rglob(".making-*"))
    deadline = time.monotonic() + 20
    while [pid for pid in before if psutil.pid_exists(pid)] or running(f"sleep {seconds}"):
        assert time.monotonic() < deadline, running(f"sleep {seconds}")
        time.sleep(0.2)
    assert [p.name for p in (out / "public").iterdir()] == ["D01.en.html"]
    state = json.loads((out / "internal" / "state.json").read_text())["reports"]
    assert state["D02.en"]["status"] == "not_started"
    assert not (out / "internal" / "manifest.json").exists()


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
    assert sum("text/html" in o.get("data", {}) for o in outputs) == len(SECTIONS) + 1  # and the title
    assert not [o for o in outputs if o.output_type in ("error", "stream")]
