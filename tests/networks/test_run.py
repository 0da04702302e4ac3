"""A whole study by districts: the same table in process, over processes and over Dask; months anew only."""

from __future__ import annotations

import sys
from pathlib import Path

import pandas as pd
import pytest

from analysis.errors import StudyError
from analysis.networks import TieRule, build_ties, indicators, run_indicators
from analysis.networks.running import run
from analysis.tables.study import Study

sys.path.insert(0, str(Path(__file__).parent))
from logs import random_log, random_people

NAMES = ["density", "reciprocity", "support", "clustering", "participation_gini", "cross_community"]
NAMES += ["tie_retention", "tie_decay_old"]  # these look back
KEYS = ["place_id", "period", "layer", "indicator"]
PLACES = pd.DataFrame(
    [(p, "district", None) for p in ("D0", "D1")]
    + [("S0", "street", "D0"), ("S1", "street", "D0")]
    + [("C0", "community", "S0"), ("C1", "community", "S0")]
    + [("C2", "community", "S1"), ("C3", "community", "D1")],
    columns=["place_id", "kind", "parent_id"],
)  # fmt: skip

OUTSIDE = "no-district-e3b0c442"


def a_study(seed=3, rows=500, months=4, people=True, window=None, persons=25):
    log = random_log(seed, rows, persons, months=months)
    log = log[log["time"] < pd.Timestamp("2021-01-01") + pd.DateOffset(months=months)]
    log = pd.concat([log, log.head(3).assign(community_id="beyond")], ignore_index=True)
    frames = {"places": PLACES, "interactions": log}
    if people:
        frames["people"] = random_people(seed, persons)
    return Study.from_frames(frames, window=window)


def whole(study, rule=None, names=NAMES):
    start, end = pd.Period(study.periods[0], "M").start_time, pd.Period(study.periods[-1], "M").end_time
    rule = rule or TieRule(start=start, end=end)
    people = study.people if len(study.people) else None
    return ordered(
        indicators(build_ties(study.interactions, rule, tree=study.tree, people=people), names=names)
    )


def ordered(table):
    return table.sort_values(KEYS, ignore_index=True).astype(dict.fromkeys(KEYS, "str"))


def same(path, expected):
    found = pd.read_csv(path) if path.suffix == ".csv" else pd.read_parquet(path)
    pd.testing.assert_frame_equal(ordered(found), expected, check_dtype=False, rtol=0, atol=1e-12)


@pytest.mark.parametrize("people", [True, False])
@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_districts_one_by_one_give_the_table_of_the_whole(people, ending, tmp_path):
    study = a_study(people=people)
    done = run_indicators(study, tmp_path / f"out.{ending}", names=NAMES, progress=False)
    same(done.out, whole(study))
    assert done.reused == 0
    assert done.rows == len(whole(study))
    again = run_indicators(study, tmp_path / f"out.{ending}", names=NAMES, progress=False)
    assert (again.computed, again.reused) == (0, done.computed)
    same(done.out, whole(study))


def test_indicators_of_timing_come_out_of_districts_as_out_of_the_whole_and_look_ahead(tmp_path):
    out, study = tmp_path / "out.parquet", a_study(persons=150)
    log = study.interactions
    there = log.iloc[[0, 0]].assign(
        time=pd.to_datetime(["2021-02-10", "2021-04-05"]), community_id="beyond", kind="help",
        source_id=["x", "y"], target_id=["y", "x"], gathering_id=None, status="done",
    )  # fmt: skip
    study = Study.from_frames(dict(study.frames) | {"interactions": pd.concat([log, there])})
    names = ["burstiness", "reciprocation_days", "temporal_reachability"]

    def expected(study):
        first, last = (pd.Period(study.periods[i], "M") for i in (0, -1))
        rule = TieRule(start=first.start_time, end=last.end_time)
        ties = build_ties(study.interactions, rule, tree=study.tree, people=study.people)
        return ordered(indicators(ties, names=names, log=study.interactions))

    old = study.interactions[study.interactions["time"] < "2021-04-01"]
    early = Study.from_frames(dict(study.frames) | {"interactions": old})
    for version in (early, study):
        run_indicators(version, out, names=names, progress=False)
        same(out, expected(version))
    newcomers = {"place_id": "beyond", "period": "2021-02", "layer": "help", "indicator": names[1]}
    rows = [
        t[(t[list(newcomers)] == pd.Series(newcomers)).all(axis=1)] for t in map(expected, (early, study))
    ]
    assert [row["n"].item() for row in rows] == [2, 2]
    assert rows[0]["value"].isna().all()
    assert rows[1]["value"].item() == 54


def computed_periods(monkeypatch):
    found, plain = [], run.compute_unit

    def watch(unit, missing, names):
        found.append((unit.name, missing))
        return plain(unit, missing, names)

    monkeypatch.setattr(run, "compute_unit", watch)
    return found


def test_a_new_month_recomputes_that_month_and_the_whole_time_only(tmp_path, monkeypatch):
    out, study = tmp_path / "out.parquet", a_study()
    old = study.interactions[study.interactions["time"] < "2021-04-01"]
    frames = dict(study.frames)
    early = Study.from_frames(frames | {"interactions": old})
    run_indicators(early, out, names=NAMES, progress=False)
    same(out, whole(early))
    computed = computed_periods(monkeypatch)
    run_indicators(study, out, names=NAMES, progress=False)
    assert sorted(computed) == [(name, ["2021-04", "all"]) for name in sorted(["D0", "D1", OUTSIDE])]
    same(out, whole(study))


def test_every_indicator_of_districts_is_that_of_the_study_and_stays_right_over_a_new_month(
    tmp_path, monkeypatch
):
    out, study = tmp_path / "out.parquet", a_study()
    old = study.interactions[study.interactions["time"] < "2021-04-01"]
    late = study.people["person_id"].str.startswith("q")  # never active
    joined = pd.Series(pd.Timestamp("2020-12-01"), study.people.index).mask(late, pd.Timestamp("2021-04-10"))
    people = study.people.assign(joined=joined.astype("datetime64[ns]"))
    frames = study.frames | {"people": people}
    early = Study.from_frames(frames | {"interactions": old, "people": people[~late]})
    run_indicators(early, out, progress=False)
    same(out, whole(early, names=None))
    computed = computed_periods(monkeypatch)
    grown = Study.from_frames(frames)
    run_indicators(grown, out, progress=False)
    assert {label for _, labels in computed for label in labels} == {"2021-04", "all"}
    same(out, whole(grown, names=None))


@pytest.mark.parametrize("rule", [TieRule(window=2), TieRule(half_life=20), TieRule(period="all")])
def test_rolling_and_decaying_rules_stay_right_over_a_new_month(rule, tmp_path):
    out, study = tmp_path / "out.parquet", a_study()
    old = study.interactions[study.interactions["time"] < "2021-04-01"]
    run_indicators(
        Study.from_frames(study.frames | {"interactions": old}), out, names=NAMES, rule=rule, progress=False
    )
    run_indicators(study, out, names=NAMES, rule=rule, progress=False)
    bounded = TieRule(**{**rule.describe(), "start": "2021-01-01", "end": "2021-04-30"})
    same(out, whole(study, bounded))


def test_what_changes_decides_what_is_computed(tmp_path, monkeypatch):
    out, study = tmp_path / "out.parquet", a_study()
    run_indicators(study, out, names=NAMES, progress=False)
    computed = computed_periods(monkeypatch)
    log = study.interactions.copy()
    row = log.index[(log["community_id"] == "C3") & (log["time"] >= "2021-03-01")][0]
    log.loc[row, "source_id"] = "p1"
    mended = Study.from_frames(study.frames | {"interactions": log})
    run_indicators(mended, out, names=NAMES, progress=False)
    first = log.loc[row, "time"].strftime("%Y-%m")
    months = [month for month in study.periods if month >= first]
    assert computed == [("D1", [*months, "all"])]
    same(out, whole(mended))
    computed.clear()
    shuffled = Study.from_frames(mended.frames | {"interactions": log.sample(frac=1, random_state=1)})
    run_indicators(shuffled, out, names=NAMES, progress=False)
    assert computed == []
    run_indicators(mended, out, names="density", progress=False)
    assert len(computed) == 3
    computed.clear()
    newcomer = pd.DataFrame(
        {"person_id": ["new"], "community_id": ["C0"], "joined": [pd.Timestamp("2021-03-09")]}
    )
    grown = Study.from_frames(mended.frames | {"people": pd.concat([study.people, newcomer])})
    run_indicators(grown, out, names="density", progress=False)
    assert computed == [("D0", ["2021-03", "2021-04", "all"])]
    same(out, whole(grown, names="density"))


def test_a_broken_part_is_computed_anew(tmp_path):
    out, study = tmp_path / "out.parquet", a_study()
    run_indicators(study, out, names=NAMES, progress=False)
    (tmp_path / "out.parquet.parts" / "D0.parquet").write_bytes(b"half a file")
    (tmp_path / "out.parquet.parts" / "D9.parquet").write_bytes(b"of a district that is gone")
    done = run_indicators(study, out, names=NAMES, progress=False)
    assert done.computed == 5
    assert not (tmp_path / "out.parquet.parts" / "D9.parquet").exists()
    same(out, whole(study))


def test_two_processes_and_a_dask_cluster_give_the_same(tmp_path):
    from distributed import LocalCluster

    study = a_study()
    expected = whole(study)
    done = run_indicators(study, tmp_path / "two.parquet", names=NAMES, jobs=2, progress=False)
    same(done.out, expected)
    with LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, protocol="tcp"
    ) as cluster:
        address = cluster.scheduler_address
        assert address.startswith("tcp://")
        done = run_indicators(study, tmp_path / "dask.csv", names=NAMES, scheduler=address, progress=False)
    same(done.out, expected)


def test_progress_goes_to_standard_error(tmp_path, capsys):
    run_indicators(a_study(), tmp_path / "out.csv", names="density")
    printed = capsys.readouterr()
    assert printed.out == ""
    assert "district" in printed.err


def test_a_study_without_acts_gives_an_empty_table(tmp_path):
    done = run_indicators(Study.from_frames({"places": PLACES}), tmp_path / "out.parquet", progress=False)
    assert done.rows == len(pd.read_parquet(done.out)) == 0


def test_wrong_calls_say_what_to_mend(tmp_path):
    study = a_study()
    with pytest.raises(StudyError, match="ending"):
        run_indicators(study, tmp_path / "out.xlsx")
    with pytest.raises(StudyError, match="jobs"):
        run_indicators(study, tmp_path / "out.csv", jobs=0)
    with pytest.raises(StudyError, match="indicator"):
        run_indicators(study, tmp_path / "out.csv", names="densty")
    with pytest.raises(StudyError, match="scheduler"):
        run_indicators(study, tmp_path / "out.csv", scheduler="nonsense")
