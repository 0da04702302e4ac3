"""A run made again: equal, or what differs, and why."""

import json
from dataclasses import replace

import pytest

from analysis import __version__
from analysis.cli import main
from analysis.errors import ReportError
from analysis.reporting.city import input_hashes
from analysis.reporting.layout import Layout
from analysis.reporting.provenance import verify
from analysis.reporting.provenance.recompute import _again, _causes, compare


def changed(city, frame, **columns):
    return replace(city, frames=city.frames | {frame: city.frames[frame].assign(**columns)})


def test_a_city_equals_itself_and_a_copy_from_disk(city, tmp_path):
    from analysis.reporting import load_city

    city.write(tmp_path)
    assert compare(city, city) == compare(load_city(tmp_path), city) == []


def test_a_changed_number_is_named_with_frame_column_rows_and_size(city):
    values = city.frames["outcomes"]["value"].copy()
    values.iloc[[3, 8]] += [0.5, -2.0]
    (found,) = compare(city, changed(city, "outcomes", value=values))
    assert (found.what, found.name, found.rows) == ("column", "outcomes.value", 2)
    assert found.greatest == pytest.approx(2.0)
    assert "in 2 row(s), by up to 2" in str(found)
    tiny = city.frames["outcomes"]["value"] * (1 + 1e-13)
    assert compare(city, changed(city, "outcomes", value=tiny)) == []


def test_words_rows_columns_frames_and_meta_are_compared(city):
    names = city.frames["places"]["name"].copy()
    names.iloc[0] = "Elsewhere"
    (found,) = compare(city, changed(city, "places", name=names))
    assert (found.name, found.rows, found.now) == ("places.name", 1, "Elsewhere")
    fewer = replace(city, frames=city.frames | {"burden": city.frames["burden"][:-2]})
    assert compare(city, fewer)[0].what == "frame"
    wider = changed(city, "adoption", new=1)
    assert compare(city, wider)[0].name == "adoption"
    lacking = replace(city, frames={n: f for n, f in city.frames.items() if n != "index"})
    assert compare(city, lacking)[0].now == "not there"
    assert compare(city, replace(city, meta=city.meta | {"settle_days": 30}))[0].name == "settle_days"


def test_changed_inputs_and_versions_are_named(example):
    inputs = input_hashes(example)
    first = next(iter(inputs))
    manifest = {"inputs": inputs | {first: "0" * 64, "gone.csv": "1" * 64}, "gongzhi": "0.0.1",
                "python": "2.7", "libraries": {"pandas": "0.1", "no-such-library": "1"}}  # fmt: skip
    found = {(c.what, c.name): c for c in _causes(manifest, example)}
    software = ("gongzhi", "python", "pandas", "no-such-library")
    assert set(found) == {("input", first), ("input", "gone.csv"), *(("version", name) for name in software)}
    assert found["version", "gongzhi"].now == __version__
    assert found["input", "gone.csv"].now == found["version", "no-such-library"].now == "not there"


def test_what_cannot_be_verified_is_said(tmp_path):
    with pytest.raises(ReportError, match="no run here"):
        verify(tmp_path)
    layout = Layout(tmp_path)
    layout.internal.mkdir()
    content = {"study": str(tmp_path / "gone"), "inputs": {}, "reports": [], "libraries": {}}
    layout.manifest.write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(ReportError, match="not there any more"):
        verify(tmp_path)
    assert main(["verify", str(tmp_path)]) == 2
    with pytest.raises(ReportError, match="template of its own"):
        _again(content | {"template": "mine.ipynb"}, tmp_path, tmp_path)


@pytest.mark.heavy
def test_a_run_verifies_until_its_study_changes(example, tmp_path, capsys):
    import shutil

    study, run = tmp_path / "study", tmp_path / "run"
    shutil.copytree(example, study)
    assert main(["report", str(study), "--out", str(run), "--districts", "D01", "--language", "en,zh"]) == 0
    assert (run / "ro-crate-metadata.json").is_file()
    assert main(["verify", str(run), "--reports"]) == 0
    page = next(Layout(run).public.glob("D01.en.html"))
    page.write_text(
        page.read_text(encoding="utf-8").replace("</main>", "\n<p>x</p></main>"), encoding="utf-8"
    )
    assert main(["verify", str(run), "--reports"]) == 1
    outcomes = study / "outcomes.csv"
    lines = outcomes.read_text(encoding="utf-8").splitlines()
    outcomes.write_text("\n".join(lines[:-1]) + "\n", encoding="utf-8")
    capsys.readouterr()
    assert main(["verify", str(run)]) == 1
    said = capsys.readouterr().out
    assert "changed since: input outcomes.csv" in said
    assert "differs: " in said
