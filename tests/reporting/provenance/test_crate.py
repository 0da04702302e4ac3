"""The description of a run as an RO-Crate, read by the library of the standard."""

import hashlib
import json

import pytest
from rocrate.rocrate import ROCrate

from analysis.reporting.layout import Layout
from analysis.reporting.provenance import write_crate


@pytest.fixture
def layout(tmp_path):
    layout = Layout(tmp_path)
    layout.public.mkdir()
    layout.internal.mkdir()
    page = layout.public / "D01.zh.html"
    page.write_text("<html></html>", encoding="utf-8")
    manifest = {
        "gongzhi": "0.1.0", "made": "2026-01-02T03:04:05+00:00", "study": "/home/somebody/my-study",
        "inputs": {"study.toml": hashlib.sha256(b"a").hexdigest(), "votes.csv.gz": "ab" * 32},
        "python": "3.11.7", "libraries": {"pandas": "3.1.1"},
        "reports": [
            {"district": "D01", "language": "zh", "status": "made", "page": "public/D01.zh.html",
             "sha256": {"html": hashlib.sha256(page.read_bytes()).hexdigest()}},
            {"district": "D02", "language": "zh", "status": "failed", "sha256": {}},
        ],
    }  # fmt: skip
    layout.manifest.write_text(json.dumps(manifest), encoding="utf-8")
    return layout


def test_the_library_reads_inputs_software_action_and_results(layout):
    path = write_crate(layout)
    crate = ROCrate(path.parent)
    assert crate.root_dataset["conformsTo"].id == "https://w3id.org/ro/wfrun/process/0.5"
    action = crate.dereference("#run")
    assert action.type == "CreateAction"
    assert [one["name"] for one in action["object"]] == ["study.toml", "votes.csv.gz"]
    assert action["object"][0]["sha256"] == hashlib.sha256(b"a").hexdigest()
    assert action["instrument"]["softwareVersion"] == "0.1.0"
    assert [one["name"] for one in action["instrument"]["softwareRequirements"]] == ["Python", "pandas"]
    (page,) = action["result"]
    assert page.id == "public/D01.zh.html"
    assert page["sha256"] == hashlib.sha256((layout.root / page.id).read_bytes()).hexdigest()
    assert page["inLanguage"] == "zh-CN"
    assert action["actionStatus"].endswith("CompletedActionStatus")
    assert "D02 (zh)" in action["error"]


def test_every_reference_is_described_once_and_no_path_of_the_machine_is_told(layout):
    text = write_crate(layout).read_text(encoding="utf-8")
    assert "/home" not in text
    assert "internal" not in text
    graph = json.loads(text)["@graph"]
    ids = [entity["@id"] for entity in graph]
    assert len(ids) == len(set(ids))

    def references(value):
        if isinstance(value, dict):
            if set(value) == {"@id"}:
                yield value["@id"]
            for one in value.values():
                yield from references(one)
        elif isinstance(value, list):
            for one in value:
                yield from references(one)

    known = {*ids, "https://w3id.org/ro/crate/1.1"}
    assert set(references(graph)) <= known


def test_a_run_without_any_report_is_a_failed_action(layout):
    manifest = json.loads(layout.manifest.read_text(encoding="utf-8"))
    manifest["reports"] = manifest["reports"][1:]
    graph = json.loads(write_crate(layout, manifest).read_text(encoding="utf-8"))["@graph"]
    action = next(entity for entity in graph if entity["@id"] == "#run")
    assert action["actionStatus"].endswith("FailedActionStatus")
