"""The worlds of the cases: the same each time, with the facts they are calibrated with and their truth."""

import nbformat
import numpy as np
import pandas as pd
import pytest

from analysis.simulate import simulate_city
from analysis.tables.study import Study
from analysis.teaching import read_case
from analysis.teaching.answers import community_fund, neighbourhood_units, whistle_and_report
from analysis.teaching.worlds import chains, conversation, county, draw_world, fund_street, links, units

CASES = ("consultation", "neighbourhood_units", "three_links", "community_fund", "whistle_and_report",
         "three_chains")  # fmt: skip
PLACES = {"districts": 1, "communities": 6, "months": 12}


@pytest.fixture(scope="module")
def worlds():
    return {slug: draw_world(read_case(slug)) for slug in CASES}


@pytest.fixture(scope="module")
def small():
    tables = ["places", "people", "organisations", "interactions", "matters", "steps", "listings"]
    return simulate_city(**PLACES, seed=1, tables=tables)


@pytest.mark.parametrize("world", [chains, conversation, county, fund_street, links, units])
def test_a_world_depends_on_its_seed_alone_and_leaves_the_city_as_it_was(world, small):
    before = {table: frame.copy() for table, frame in small.frames.items()}
    one, two, other = (world.change(small, seed=seed) for seed in (1, 1, 2))
    assert set(one.frames) == set(two.frames)
    assert all(one.frames[table].equals(two.frames[table]) for table in one.frames)
    assert not all(one.frames[table].equals(other.frames[table]) for table in one.frames)
    for table, frame in before.items():
        assert frame.equals(small.frames[table])


def test_conversation_agrees_as_often_as_its_camps_do(worlds):
    city = worlds["consultation"]
    drawn = city.truth["conversation"]
    statements = pd.DataFrame(drawn["statements"]).set_index("option_id")
    votes = city.frames["votes"]
    assert not votes.duplicated(["option_id", "person_id"]).any()
    share = drawn["second_camp_of_voters"]
    expected = (1 - share) * statements["first_camp"] + share * statements["second_camp"]
    agreed = (votes["vote"] == 1).groupby(votes["option_id"]).mean()
    n = votes.groupby("option_id").size()
    z = (agreed - expected) / np.sqrt(expected * (1 - expected) / n)
    assert z.abs().max() < 4
    assert statements["all_residents"].idxmax() != agreed.idxmax()


def test_units_lie_around_their_truth_and_the_lowest_are_visited(worlds):
    city = worlds["neighbourhood_units"]
    assert (city.frames["places"]["kind"] == "community").sum() == 108
    households = city.frames["places"].query("kind == 'unit'")["households"]
    assert households.between(150, 300).all()
    drawn = pd.DataFrame({name: city.truth["units"][name] for name in ("true", "observed", "n")})
    z = (drawn["observed"] - drawn["true"]) / (18 / np.sqrt(drawn["n"]))
    assert abs(z.mean()) < 4 / np.sqrt(len(z))
    assert z.std() == pytest.approx(1, abs=0.1)
    reforms = city.frames["reforms"]
    assert reforms["reform"].value_counts().to_dict() == {"training": 54, "visits": 30}
    study = Study.from_frames(city.frames)
    table = neighbourhood_units.units(study)
    assert table.query("visited")["value"].max() <= table.query("not visited")["value"].min()
    assert neighbourhood_units.gain_of_visited(study) == pytest.approx(
        neighbourhood_units.gain_expected(study), abs=2.5
    )


def test_links_keep_jiangbeis_numbers_and_say_what_became_of_each_need(worlds):
    city = worlds["three_links"]
    aid = city.frames["matters"].query("process == 'aid'")
    assert len(aid) == 49
    assert (aid["outcome"] == "resolved").sum() == 42
    helped = city.frames["steps"].query("step == 'helped'")["matter_id"]
    assert set(helped) == set(aid.loc[aid["outcome"] == "resolved", "matter_id"])
    drawn, listings = city.truth["links"], city.frames["listings"]
    assert (listings["side"] == "need").sum() == drawn["needs"]
    assert drawn["false_claims"] > 0
    names = listings.dropna(subset=["matched_id"]).query("side == 'need'")["matched_id"]
    assert 0 < names.duplicated().sum() <= drawn["false_claims"]


def test_fund_has_nanxiangs_totals_and_cameras_come_after_the_worst_half_year(worlds):
    city = worlds["community_fund"]
    ledger = city.frames["ledger"]
    assert ledger.query("side == 'income'")["amount"].sum() == 1_000_000
    cameras = ledger.query("side == 'spending' and matter_id == 'CAMERAS'")
    assert cameras["amount"].sum() == 350_000
    assert city.frames["places"].set_index("place_id").loc["S1", "households"] == 199
    outcomes = city.frames["outcomes"]
    street = outcomes[outcomes["place_id"] == "S1"].set_index("period")["value"]
    start = city.truth["fund"]["start"]
    assert "2015-04" <= start <= "2015-12"
    before = street.rolling(6).mean().shift(1).loc["2015-04":"2015-12"]
    assert before[start] >= before.max() - 0.5  # chosen before rounding to whole incidents
    study = Study.from_frames(city.frames, period="month")
    assert community_fund.p_independent(study) < 0.01 < 0.1 < community_fund.p_persistent(study)


def test_county_draws_waits_with_the_ratio_it_states():
    city = county.change(simulate_city(1, 120, 12, seed=5, tables=["places"]), seed=5)
    study = Study.from_frames(city.frames, period="month")
    table = whistle_and_report.requests(study)
    assert table.groupby("community_id")["joined"].first().mean() == 0.5
    assert study.periods[-1] == "2021-02"
    row = whistle_and_report._within(study)
    assert abs(row["estimate"] - np.log(city.truth["requests"]["time_ratio"])) < 3 * row["std_error"]
    assert row["std_error"] < 0.12
    assert whistle_and_report.fall_without(study) > 0.3  # where nothing was done


def test_chains_fill_seats_once_and_only_clubs_meet_again(worlds):
    steps, matters = (worlds["three_chains"].frames[table] for table in ("steps", "matters"))
    assert not steps.duplicated(["matter_id", "actor_id"]).any()
    assert matters["category"].value_counts().to_dict() == dict.fromkeys(chains.CHAINS, 31)
    small = steps[~steps["matter_id"].str.endswith("ASSEMBLY")]
    small = small[~small["actor_id"].str.startswith("RC")]
    partners = small.merge(small, on="matter_id").query("actor_id_x != actor_id_y")
    partners = partners.assign(chain=partners["matter_id"].str[:3])
    again = partners.groupby(["chain", "actor_id_x", "actor_id_y"]).size().gt(1).groupby("chain").mean()
    assert again["INT"] > 1.2 * max(again["DEV"], again["SER"])


def test_the_real_conversation_is_read_where_the_export_is_at_hand(datasets, monkeypatch, capsys):
    import analysis
    from analysis import processes

    monkeypatch.setenv("POLIS_EXPORT", str(datasets / "polis_vtaiwan_uberx"))
    cells = nbformat.read(read_case("consultation").notebook, as_version=4).cells
    at = next(k for k, cell in enumerate(cells) if "POLIS_EXPORT" in cell.source and cell.cell_type == "code")
    names = {name: getattr(processes, name) for name in ("consensus", "divisive")}
    names |= {name: getattr(analysis, name) for name in ("agreement", "opinion_groups")}
    for cell in cells[at : at + 2]:
        exec(cell.source, names)
    said = capsys.readouterr().out
    assert "1,921" in said
    assert "2 groups" in said


def test_without_the_export_the_notebook_passes_on(monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("POLIS_EXPORT", str(tmp_path / "nothing"))
    cells = nbformat.read(read_case("consultation").notebook, as_version=4).cells
    at = next(k for k, cell in enumerate(cells) if "POLIS_EXPORT" in cell.source and cell.cell_type == "code")
    names = {}
    for cell in cells[at : at + 2]:
        exec(cell.source, names)
    assert "No export" in capsys.readouterr().out
