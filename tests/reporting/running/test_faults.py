"""Reports that fail, each in its own way, in one batch: each is named, and the others are made."""

import json

import pytest

from analysis.reporting import batch, engine

FAULTS = {
    "D2": ("raise ValueError('no such ledger')", "failed", "ValueError: no such ledger"),
    "D3": ("import sys; sys.exit(0)", "failed", "SystemExit"),
    "D4": ("import os; os._exit(0)", "failed", "ended itself in the middle"),
    "D5": ("import os; os._exit(74)", "failed", "status 74"),
    "D6": ("import os; os.kill(os.getpid(), 9)", "killed", "SIGKILL"),
    "D7": ("raise OSError(28, 'No space left on device')", "failed", "No space left"),  # its own, not ours
}


@pytest.fixture(scope="module")
def done(zygote, small, tmp_path_factory):
    folder = tmp_path_factory.mktemp("faults")
    study = small.write_study(folder / "study", ("D1", *FAULTS, "D8"))
    cell = "\n".join(f'if district == "{d}":\n    {code}' for d, (code, _, _) in FAULTS.items())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(engine, "open_processes", lambda _: small.Kept(zygote), raising=False)
        template = small.write_template(folder / "{braces}.ipynb", cell)
        run = batch.report_study(study, folder / "out {year}", jobs=2, template=template)
    return run, folder / "out {year}"


@pytest.mark.parametrize("district", FAULTS)
def test_every_fault_is_named(done, district):
    _, status, said = FAULTS[district]
    outcome = next(o for o in done[0].outcomes if o["district"] == district)
    assert (outcome["status"], outcome["attempts"]) == (status, 1)
    assert said in outcome["error"]
    line = next(f for f in done[0].failures if f.startswith(f"{district} (en) {status}"))
    assert f"--districts {district} --language en --template" in line


def test_the_others_are_made(done):
    run, out = done
    assert run.counts == {"made": 2, "failed": 5, "killed": 1}
    assert {p.name for p in (out / "public").glob("D*")} == {"D1.en.html", "D8.en.html"}
    assert {p.name for p in (out / "internal" / "notebooks").iterdir()} >= {"D1.en.ipynb", "D8.en.ipynb"}
    assert not [p for p in out.rglob(".*") if p.name != ".lock"]
    assert not list(out.rglob("*.draft"))


def test_the_notebook_of_a_failed_report_is_kept(done):
    run, out = done
    entry = next(e for e in json.loads(run.manifest.read_text())["reports"] if e["district"] == "D2")
    assert entry["cell"] == 3  # prompts: parameters of the template, those of the batch, then this cell
    assert "no such ledger" in (out / entry["notebook"]).read_text(encoding="utf-8")


def test_a_report_that_was_made_says_what_it_cost(done):
    outcome = done[0].outcomes[0]
    assert 0 < outcome["cpu_seconds"] < 60
    assert outcome["seconds"] > 0
    assert outcome["memory_mb"] > 50
    assert set(outcome["outputs"]) == {"notebook", "html"}


@pytest.mark.heavy
def test_the_faults_are_the_same_with_stock_papermill(small, tmp_path):
    wanted = ("D1", "D2", "D3", "D6")
    study = small.write_study(tmp_path / "study", wanted)
    cell = "\n".join(f'if district == "{d}":\n    {FAULTS[d][0]}' for d in wanted[1:])
    template = small.write_template(tmp_path / "template.ipynb", cell)
    run = batch.report_study(study, tmp_path / "out", jobs=2, template=template, engine="stock")
    told = {o["district"]: o["status"] for o in run.outcomes}
    # there the kernel kills itself, not the process that papermill runs in
    assert told == {"D1": "made", "D2": "failed", "D3": "failed", "D6": "failed"}
    assert "SystemExit" in run.outcomes[2]["error"]
