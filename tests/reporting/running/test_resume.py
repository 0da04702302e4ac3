"""What a resumed batch keeps and what it makes again, and why. No notebook runs here."""

import json
import shutil

import pytest

from analysis.reporting.running import keys

ALL = ["D1", "D2", "D3", "D4"]


@pytest.fixture(scope="module")
def finished(small, tmp_path_factory):
    """A run that was made once; what it made holds wherever its folder lies."""
    folder = tmp_path_factory.mktemp("finished")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GONGZHI_KEY_FILE", str(folder / "key"))
        (folder / "key").write_bytes(b"0" * 64)
        runner = small.Pretending()
        small.runs(runner, patch, small.write_study(folder / "study"), folder)()
    assert sorted(runner.made) == ALL
    return folder


@pytest.fixture
def first(finished, pretend, tmp_path):
    for name in ("study", "out"):
        shutil.copytree(finished / name, tmp_path / name, dirs_exist_ok=True)
    return pretend


def reasons(journal):
    started = [e for e in journal() if e["event"] == "report_started"]
    return {e["report"]: e["reason"] for e in started}


def test_nothing_changed_nothing_made(first, state, journal, tmp_path):
    written = {p: p.stat().st_mtime_ns for p in (tmp_path / "out" / "public").rglob("*")}
    assert first(resume=True) == []
    assert {entry["status"] for entry in state().values()} == {"reused"}
    assert first.run.counts == {"reused": 4}
    assert not first.run.moved
    assert {p: p.stat().st_mtime_ns for p in (tmp_path / "out" / "public").rglob("*")} == written
    assert [e["event"] for e in journal()].count("city_started") == 1


def test_without_resume_all_are_made(first):
    assert first() == ALL


def test_data_of_one_district(first, study, journal, state, tmp_path, small):
    index = tmp_path / "out" / "public" / "index.html"
    before = index.read_text(encoding="utf-8")
    small.write_study(study, D2=1.5)
    assert first(resume=True) == ["D2"]
    assert reasons(journal)["D2.en"] == "the data of the district changed"
    assert index.read_text(encoding="utf-8") != before
    kept = [entry for entry in state().values() if entry["district"] != "D2"]
    assert all(entry["moved"] for entry in kept)  # their pages show the lowest district, which it now is
    assert any("satisfaction of district, quantile 0" in name for name in first.run.moved)
    assert first(resume=True) == []
    assert first(resume=True, remake_moved=True) == ["D1", "D3", "D4"]
    assert first(resume=True, remake_moved=True) == []


def test_a_change_too_small_to_print_moves_nothing(first, study, small):
    small.write_study(study, D2=3.2001)
    assert first(resume=True, remake_moved=True) == ["D2"]
    assert not first.run.moved


@pytest.mark.parametrize("kind", ["public/D3.en.html", "internal/notebooks/D3.en.ipynb"])
@pytest.mark.parametrize("how", ["deleted", "edited"])
def test_output_that_is_not_what_was_made(first, tmp_path, journal, kind, how):
    path = tmp_path / "out" / kind
    path.unlink() if how == "deleted" else path.write_text("edited")
    assert first(resume=True) == ["D3"]
    assert reasons(journal)["D3.en"] == f"{kind} is missing or was changed"
    assert path.read_text().endswith("of D3")


def test_index_that_is_not_what_was_made(first, tmp_path):
    index = tmp_path / "out" / "public" / "index.html"
    before = index.read_text(encoding="utf-8")
    index.write_text("edited")
    assert first(resume=True) == []
    assert index.read_text(encoding="utf-8") == before


def test_template(first):
    assert first("1 + 1", resume=True) == ALL


def test_parameters_count_with_their_type(first):
    assert first(resume=True, parameters={"year": 2021}) == ALL
    assert first(resume=True, parameters={"year": "2021"}) == []  # text is read as the int it stands for
    assert first(resume=True, parameters={"year": 2021, "weight": 1}) == ALL
    assert first(resume=True, parameters={"weight": 1.0, "year": 2021}) == []


def test_code_versions_and_fonts(first, monkeypatch, journal):
    for name, said in (("code_version", "the code changed"), ("installed", "other versions are installed")):
        monkeypatch.setattr(keys, name, lambda: "other")
        assert first(resume=True) == ALL
        assert said in reasons(journal)["D1.en"]
    monkeypatch.setattr(keys, "fonts", lambda: "other")
    assert first(resume=True) == ALL


def test_city_stage_that_was_damaged_is_computed_again(first, tmp_path, journal):
    (tmp_path / "out" / "internal" / "city" / "outcomes.parquet").write_bytes(b"")
    assert first(resume=True) == []  # the same numbers come out
    assert [e["event"] for e in journal()].count("city_started") == 2


@pytest.mark.heavy
def test_new_table_in_the_study(first, study, journal):
    (study / "reforms.csv").write_text("place_id,reform,start,end,dose\nD1,consultation,2021-02-01,,\n")
    first(resume=True)
    assert [e["event"] for e in journal()].count("city_started") == 2


def test_unreadable_state_counts_as_none(first, tmp_path):
    (tmp_path / "out" / "internal" / "state.json").write_text("{")
    assert first(resume=True) == ALL


def test_after_an_interruption_only_the_rest_is_made(pretend, monkeypatch, state, journal):
    from analysis.reporting.running import make

    publish, done = make.Maker._publish, []

    def some(self, verdict):
        if len(done) == 2:
            raise KeyboardInterrupt
        done.append(verdict.name)
        return publish(self, verdict)

    monkeypatch.setattr(make.Maker, "_publish", some)
    with pytest.raises(KeyboardInterrupt):
        pretend()
    assert sorted(e["status"] for e in state().values()) == ["made", "made", "not_started", "not_started"]
    assert journal()[-1]["how"] == "interrupted"
    monkeypatch.setattr(make.Maker, "_publish", publish)
    again = pretend(resume=True)
    assert len(again) == 2
    assert not {f"{d}.en" for d in again} & set(done)


def test_one_district_leaves_the_entries_of_the_others(first, state):
    assert first(districts=("D2",)) == ["D2"]
    assert {e["district"]: e["status"] for e in state().values()} == dict.fromkeys(ALL, "made")
    assert json.loads(first.run.manifest.read_text())["reports"][3]["district"] == "D4"


def test_entries_of_other_data_are_dropped(first, study, state, small):
    small.write_study(study, D3=2.0)
    assert first(districts=("D2",)) == ["D2"]
    assert {e["district"] for e in state().values()} == {"D1", "D2", "D4"}


def test_languages_of_the_index_stay(pretend, tmp_path):
    pretend(languages=("zh", "en"))
    pretend(languages=("en",), districts=("D1",))
    assert 'lang="zh-CN"' in (tmp_path / "out" / "public" / "index.html").read_text(encoding="utf-8")[:200]
