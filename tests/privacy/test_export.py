"""What is handed out: no small cell told by sums, formulas as text, every cell accounted for, refusals."""

import json

import numpy as np
import pandas as pd
import pytest

from analysis.cli import main
from analysis.display.text import Text
from analysis.errors import ReportError, StudyError
from analysis.reporting.disclosure import hidden_cells
from analysis.reporting.release import (
    export_noisy,
    export_panel,
    export_people,
    presence,
    public_panel,
    risk_of,
)
from analysis.reporting.release.panel import LEVELS
from analysis.tables.study import Study


def places(communities):
    rows = [("D1", "district", None), ("D2", "district", None)]
    rows += [(f"C{n}", "community", f"D{1 + n % 2}") for n in range(communities)]
    return pd.DataFrame(rows, columns=["place_id", "kind", "parent_id"]).assign(
        name="=HYPERLINK(1)", name_zh="甲"
    )


@pytest.fixture(scope="module")
def small():
    """Six communities in two districts, eighty people who act now and then, outcomes of few answers."""
    draw = np.random.default_rng(3)
    people = pd.DataFrame(
        {"person_id": [f"p{n}" for n in range(80)], "community_id": [f"C{n % 6}" for n in range(80)]}
    )
    people["age_band"] = draw.choice(["18-44", "75+"], 80)
    people["role"] = draw.choice(["resident", "cadre"], 80, p=[0.95, 0.05])
    who = draw.integers(0, 80, (400, 2))
    who = who[who[:, 0] != who[:, 1]]
    acts = pd.DataFrame(
        {
            "time": pd.Timestamp("2021-01-01") + pd.to_timedelta(draw.integers(0, 180, len(who)), "D"),
            "community_id": [f"C{n % 6}" for n in who[:, 0]], "kind": "help", "status": "done",
            "source_id": [f"p{n}" for n in who[:, 0]], "target_id": [f"p{n}" for n in who[:, 1]],
        }
    )  # fmt: skip
    periods = [f"2021-0{m}" for m in range(1, 7)]
    cells = [(f"C{c}", p) for c in range(6) for p in periods]
    outcomes = pd.DataFrame(cells, columns=["place_id", "period"]).assign(measure="trust")
    outcomes["value"], outcomes["n"] = draw.normal(50, 5, 36), draw.integers(0, 30, 36)
    reforms = pd.DataFrame({"place_id": ["D1"], "reform": ["x"], "start": [pd.Timestamp("2021-03-01")]})
    return Study.from_frames(
        {
            "places": places(6),
            "people": people,
            "interactions": acts,
            "outcomes": outcomes,
            "reforms": reforms,
        },
        name="=cmd",
    )


@pytest.fixture(scope="module")
def released(small):
    return public_panel(small)


def test_small_cells_and_those_that_give_them_away_are_empty(small, released):
    found = released
    stated = small.outcomes.set_index(["place_id", "period"])
    shown = found.panel.set_index(["place_id", "period"])["trust"]
    few = stated.index[stated["n"].between(1, 4)]
    assert len(few) > 2
    assert shown[few].isna().all()
    kept = shown.dropna()
    assert len(kept) > 10
    assert (kept == stated.loc[kept.index, "value"]).all()
    # what the rules of the reports hide, applied to the same numbers, is hidden here: an independent path
    tidy = small.outcomes.assign(std_error=np.nan)
    hidden = hidden_cells(tidy, small.tree.table.reset_index(drop=True), Text("en").measure, LEVELS)
    for row in hidden[hidden["place_id"].str.startswith("C") & (hidden["period"] != "all")].itertuples():
        assert np.isnan(shown[(row.place_id, row.period)])


def test_no_hidden_cell_of_a_district_is_the_sum_of_shown_ones(small, released):
    """The number of cases is no secret here; a value hidden in reports has another hidden beside it below."""
    found = released
    n = small.outcomes.set_index(["place_id", "period"])["n"]
    shown = found.panel.set_index(["place_id", "period"])["trust"].notna()
    for district in ("D1", "D2"):
        mine = small.tree.communities_of(district)
        for period in small.periods:
            hidden = [c for c in mine if not shown[(c, period)] and n[(c, period)] > 0]
            assert len(hidden) != 1 or n[(hidden[0], period)] >= 5


def test_every_cell_is_accounted_for(released):
    found = released
    cells = found.cells
    assert (cells["cells"] == cells["without_value"] + cells["hidden"] + cells["shown"]).all()
    assert (cells["cells"] == 36).all()
    by_name = cells.set_index("measure")
    for name in by_name.index[by_name["shown"] > 0]:
        assert found.panel[name].notna().sum() == by_name.loc[name, "shown"]
    assert set(by_name.index[(by_name["shown"] == 0) & (by_name["hidden"] > 0)]) == set(found.left_out)
    assert len(found.panel) == 36
    assert found.panel["cohort_x"].notna().sum() == 18


def test_files_hold_the_same_and_no_formula(small, tmp_path):
    made = export_panel(small, tmp_path / "out", licence="CC BY 4.0")
    public = tmp_path / "out" / "public"
    assert sorted(p.name for p in public.iterdir()) == [
        "README.txt", "cells.csv", "codebook.csv", "panel.csv", "panel.parquet", "places.csv", "rows.csv",
    ]  # fmt: skip
    parquet = pd.read_parquet(public / "panel.parquet")
    csv = pd.read_csv(public / "panel.csv")
    assert csv["trust"].to_numpy() == pytest.approx(parquet["trust"].to_numpy(), nan_ok=True)
    pd.testing.assert_frame_equal(parquet, made.panel, check_dtype=False)
    assert (pd.read_csv(public / "places.csv")["name"] == "'=HYPERLINK(1)").all()
    codebook = pd.read_csv(public / "codebook.csv")
    assert codebook["column"].tolist() == list(csv.columns)
    assert codebook[["en", "zh"]].notna().all().all()
    readme = (public / "README.txt").read_text(encoding="utf-8")
    assert readme.count("CC BY 4.0") == 2
    assert "{" not in readme
    assert f"{made.cells['hidden'].sum():,} of" in readme
    assert public.joinpath("panel.csv").read_bytes()[:3] == b"\xef\xbb\xbf"


def test_only_noisy_files_are_in_a_noisy_release_and_the_ledger_adds_up(small, tmp_path):
    pytest.importorskip("opendp.prelude")
    ledger = tmp_path / "ledger.jsonl"
    ledger.write_text(json.dumps({"study": "another", "epsilon": 5}) + "\n")
    for number, total in ((1, 0.5), (2, 1.0)):
        made, spent = export_noisy(small, tmp_path / "out", epsilon=0.5, cells_per_person=3, ledger=ledger)
        assert spent == pytest.approx(total, rel=1e-6)
        assert len(ledger.read_text().splitlines()) == number + 1
    public = tmp_path / "out" / "public"
    assert sorted(p.name for p in public.iterdir()) == [
        "README.txt", "budget.csv", "codebook.csv", "counts.csv", "counts.parquet", "places.csv",
    ]  # fmt: skip
    assert sorted(p.name for p in (tmp_path / "out" / "internal").iterdir()) == ["bounded.csv", "linkage.csv"]
    counts = pd.read_csv(public / "counts.csv")
    assert len(counts) == 36
    assert counts["people_active"].tolist() == made.counts["people_active"].tolist()
    assert pd.read_csv(public / "budget.csv")["epsilon"].iloc[-1] == pytest.approx(0.5)
    assert "0.5-differentially private" in (public / "README.txt").read_text(encoding="utf-8")


def test_ledger_that_cannot_be_read_stops_the_release(small, tmp_path):
    pytest.importorskip("opendp.prelude")
    (tmp_path / "ledger.jsonl").write_text("no json\n")
    with pytest.raises(ReportError, match="earlier releases"):
        export_noisy(small, tmp_path / "out", epsilon=1, cells_per_person=1, ledger=tmp_path / "ledger.jsonl")
    assert not (tmp_path / "out").exists()


def test_presence_counts_both_sides_of_acts_that_were_done(small):
    acts = small.interactions
    found = presence(small)
    month = acts["time"].dt.strftime("%Y-%m")
    sides = set(zip(acts["source_id"], acts["community_id"], month, strict=True))
    assert set(found["people_helping"].itertuples(index=False, name=None)) == sides
    sides |= set(zip(acts["target_id"], acts["community_id"], month, strict=True))
    assert set(found["people_active"].itertuples(index=False, name=None)) == sides
    assert found["people_gathering"].empty
    with pytest.raises(StudyError, match="no interactions"):
        presence(Study.from_frames({"places": places(1)}))


def test_measures_nobody_knows_are_refused(small, tmp_path):
    with pytest.raises(ReportError, match="no such count"):
        export_noisy(small, tmp_path / "out", epsilon=1, cells_per_person=1, measures=("people_rich",))
    assert not (tmp_path / "out").exists()


def test_people_are_refused_until_nobody_stands_out(small, tmp_path):
    assert risk_of(small).iloc[0]["below"] > 0
    with pytest.raises(ReportError, match="fewer than 5 people alike") as caught:
        export_people(small, tmp_path / "out", k=5, coarser=False)
    assert "--generalise" in caught.value.mend
    assert not (tmp_path / "out").exists()
    made = export_people(small, tmp_path / "out", k=5, coarser=True)
    rows = pd.read_csv(tmp_path / "out" / "public" / "people.csv")
    assert "person_id" not in rows
    assert rows.groupby(list(rows.columns)).size().min() >= 5
    assert len(rows) + made.left_out == 80
    with pytest.raises(ReportError, match="Nobody is like 500"):
        export_people(small, tmp_path / "other", k=500, coarser=True)


def test_folder_with_other_things_is_left_alone(small, tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(ReportError, match="holds other things"):
        export_people(small, tmp_path, k=2, coarser=True)
    assert [p.name for p in tmp_path.iterdir()] == ["mine.txt"]


def test_study_without_people_or_anything_dated(tmp_path):
    bare = Study.from_frames({"places": places(2)})
    assert public_panel(bare).panel.empty
    export_panel(bare, tmp_path / "out")
    with pytest.raises(StudyError, match="no people"):
        risk_of(bare)


@pytest.mark.parametrize(
    ("words", "said"),
    [([], "Say what to export"), (["--public", "--people"], "Say what to export"),
     (["--people", "--epsilon", "1"], "carry no noise"), (["--public", "--epsilon", "0"], "privacy loss")],
)  # fmt: skip
def test_command_says_what_is_wrong(words, said, tmp_path, capsys):
    study = tmp_path / "study"
    study.mkdir()
    (study / "places.csv").write_text("place_id,kind,parent_id\nD,district,\nC,community,D\n")
    (study / "interactions.csv").write_text(
        "time,community_id,kind,source_id,target_id\n2021-01-01,C,help,ann,bob\n"
    )
    assert main(["export", str(study), str(tmp_path / "out"), *words]) == 2
    assert said in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_command_shows_the_risk_before_it_refuses(tmp_path, capsys):
    study = tmp_path / "study"
    study.mkdir()
    (study / "places.csv").write_text("place_id,kind,parent_id\nD,district,\nC,community,D\n")
    ages = ["18-44"] * 7 + ["75+"] * 2
    people = "".join(f"p{n},C,{age}\n" for n, age in enumerate(ages))
    (study / "people.csv").write_text("person_id,community_id,age_band\n" + people)
    assert main(["export", str(study), str(tmp_path / "out"), "--people"]) == 2
    shown = capsys.readouterr()
    assert shown.out.splitlines()[2].split() == ["all", "9", "2", "0", "0.0%", "2", "22.2%"]
    assert "2 of 9 people are in classes of fewer than 5" in shown.err
    assert not (tmp_path / "out").exists()
    assert main(["export", str(study), str(tmp_path / "out"), "--people", "--k", "2"]) == 0
    assert len(pd.read_csv(tmp_path / "out" / "public" / "people.csv")) == 9


def test_what_reports_hide_is_not_the_sum_of_what_the_panel_shows(small):
    """A district's month is hidden in reports though nothing is small: two of its communities are hidden."""
    tree = small.tree.table.reset_index(drop=True)
    cells = [(c, p, "trust", 50.0, 20) for c in small.tree.communities for p in small.periods]
    cells += [(d, p, "trust", 50.0, 60) for d in small.districts for p in small.periods]
    tidy = pd.DataFrame(cells, columns=["place_id", "period", "measure", "value", "n"]).assign(
        std_error=np.nan
    )
    label, keys = Text("en").measure, ["place_id", "period", "measure"]
    assert hidden_cells(tidy, tree, label, LEVELS).empty
    before = pd.DataFrame([("D1", "2021-01", "trust"), ("D2", "2021-01", "trust")], columns=keys)
    hidden = hidden_cells(tidy, tree, label, LEVELS, beside=before)
    assert len(before.merge(hidden)) == 2
    below = hidden[(hidden["period"] == "2021-01") & hidden["place_id"].str.startswith("C")]
    for district in ("D1", "D2"):
        assert below["place_id"].isin(small.tree.communities_of(district)).sum() >= 2
    unknown = pd.DataFrame([("D9", "1999-01", "mood")], columns=keys)
    assert hidden_cells(tidy, tree, label, LEVELS, beside=unknown).empty
