"""The city against the facts it is calibrated with, and the shape of its networks."""

from __future__ import annotations

import networkx as nx
import numpy as np
import pandas as pd
import pytest
from scipy import stats

from analysis.simulate import calibration as known
from analysis.simulate import outcomes as survey


def of_kind(city, kind):
    places = city.frames["places"]
    return places[places["kind"] == kind]


def test_shares_of_residents(city):
    whole = of_kind(city, "city").iloc[0]
    assert whole["share_nonregistered"] == pytest.approx(0.412, abs=0.001)  # Chancheng, end of 2019
    assert 0.20 < whole["share_elderly"] < 0.25  # "over 20 %"
    communities = of_kind(city, "community")
    assert communities["share_nonregistered"].std() > 0.08
    assert communities["share_nonregistered"].between(0.02, 0.95).all()


def test_places_add_up(city):
    places = city.frames["places"].set_index("place_id")
    for kind in ("unit", "community", "street", "district"):
        below = places[places["kind"] == kind]
        for column in ("population", "households", "area_km2"):
            sums = below.groupby("parent_id")[column].sum()
            np.testing.assert_allclose(sums, places.loc[sums.index, column], rtol=1e-3, atol=5e-4)


def test_units_and_streets_are_of_the_stated_size(city):
    units = of_kind(city, "unit")
    assert units["households"].between(150, 300).all()
    assert units.groupby("parent_id").size().between(4, 8).all()
    assert units["households"].nunique() > 100
    assert of_kind(city, "community").groupby("parent_id").size().between(3, 5).all()


def test_users_of_the_platform(city):
    people = city.frames["people"]
    users = people.groupby("community_id").size()
    assert users.between(150, 400).all()
    assert users.std() > 40
    assert (people["residency"] == "non_registered").mean() < 0.412 - 0.05  # under-represented
    assert people["age_band"].isin(["60-74", "75+"]).mean() < 0.225 - 0.05
    roles = people["role"].value_counts() / people["community_id"].nunique()
    assert roles["social_worker"] == pytest.approx(382 / 104, rel=0.1)  # Jiangbei
    assert roles["volunteer"] == pytest.approx(5_612 / 104, rel=0.25)  # Jiangbei
    assert roles["cadre"] >= 3
    assert not people["role"].ne("resident")[people["age_band"] == "0-17"].any()


def test_log_is_as_large_as_meant_and_heavy_tailed(city):
    log, people = city.frames["interactions"], city.frames["people"]
    assert 300_000 < len(log) < 400_000
    acts = people["person_id"].map(log["source_id"].value_counts()).fillna(0).sort_values(ascending=False)
    assert acts.iloc[: len(acts) // 10].sum() / acts.sum() > 0.45
    assert acts.max() > 50 * acts.mean() / 2
    assert (acts == 0).mean() > 0.1
    assert (log["status"] == "done").mean() > 0.9
    assert set(log["status"]) == {"done", "cancelled", "requested"}


@pytest.fixture(scope="module")
def year(city):
    log = city.frames["interactions"]
    return log[log["target_id"].notna() & (log["time"].dt.year == 2022)]


def test_ties_are_between_people_alike_mutual_and_closed(city, year):
    people = city.frames["people"].set_index("person_id")
    residency = people["residency"]
    graph = nx.DiGraph()
    graph.add_edges_from(zip(year["source_id"], year["target_id"], strict=True))
    assert nx.reciprocity(graph) > 0.25
    closed = nx.transitivity(graph.to_undirected())
    chance = nx.transitivity(nx.gnm_random_graph(len(graph), graph.number_of_edges(), seed=1))
    assert closed > 0.12 > 50 * chance
    same = year["source_id"].map(residency) == year["target_id"].map(residency)
    expected = people.groupby("community_id")["residency"].apply(
        lambda r: (r.value_counts(normalize=True) ** 2).sum()
    )
    assert same.mean() > year["community_id"].map(expected).mean() + 0.05
    unit = year["source_id"].map(people["unit_id"]) == year["target_id"].map(people["unit_id"])
    assert unit.mean() > 0.4


def test_few_ties_cross_communities_and_none_crosses_districts(city, year):
    home = city.frames["people"].set_index("person_id")["community_id"]
    source, target = year["source_id"].map(home), year["target_id"].map(home)
    assert 0.01 < (source != target).mean() < 0.1
    assert (source.str[:3] == target.str[:3]).all()
    assert (year["community_id"].str[:3] == source.str[:3]).all()


def test_party_members_and_volunteers_come_first(city):
    people, log = city.frames["people"].set_index("person_id"), city.frames["interactions"]
    joined = people.groupby("role")["joined"].median()
    first = log.groupby("source_id")["time"].min().groupby(people["role"]).median()
    for when in (joined, first):
        assert max(when["cadre"], when["social_worker"]) < min(when["volunteer"], when["party_member"])
        assert max(when["volunteer"], when["party_member"]) < when["resident"] - pd.Timedelta(days=60)


def test_residents_follow_those_who_mobilise(city):
    log, people = city.frames["interactions"], city.frames["people"].set_index("person_id")
    leads = log["source_id"].map(people["role"]) != "resident"
    gathered = log["gathering_id"].notna() & ~log["kind"].eq("forum")
    place = log[gathered].groupby("gathering_id")["time"].rank(pct=True)
    assert place[leads[gathered]].mean() < place[~leads[gathered]].mean() - 0.15
    brought = log[log["kind"] == "volunteering"].sort_values("time")
    opener = brought.groupby("gathering_id").head(1)
    others = brought.drop(opener.index)
    since = others["time"] - others["source_id"].map(people["joined"])
    assert (since < pd.Timedelta(days=5)).all()  # who was drawn in has just joined
    assert (others["source_id"].map(people["role"]) == "resident").all()
    assert (opener["source_id"].map(people["role"]) != "resident").mean() > 0.6
    assert len(others) > 2_000


def test_duties_fall_from_110_to_50(city):
    duties, reforms = city.frames["duties"], city.frames["reforms"]
    start = reforms[reforms["reform"] == "burden_reduction"].set_index("place_id")["start"]
    communities = of_kind(city, "community")["place_id"]

    def in_force(day, rows=duties):
        now = rows[(rows["start"] <= day) & (rows["end"].isna() | (rows["end"] >= day))]
        return communities.map(now.groupby("community_id").size()).fillna(0).set_axis(communities)

    before, after = in_force(pd.Timestamp("2021-06-15")), in_force(pd.Timestamp("2023-12-15"))
    early = start.index[start < "2023-06-01"]
    never = communities[~communities.isin(start.index)]
    assert before.mean() == pytest.approx(110, rel=0.05)  # Chongchuan
    assert after[early].mean() == pytest.approx(52, rel=0.12)  # about 50 and those added back
    assert after[never].mean() == pytest.approx(before[never].mean(), rel=0.08)
    ledgers = duties[duties["list"] == "ledger"]
    left = (
        in_force(pd.Timestamp("2023-12-15"), ledgers)[early]
        / in_force(pd.Timestamp("2021-06-15"), ledgers)[early]
    )
    assert left.mean() == pytest.approx(2 / 3, abs=0.1)  # cut by a third


def test_new_duties_are_admitted_more_often_after_the_reform(city):
    duties, reforms = city.frames["duties"], city.frames["reforms"]
    start = reforms[reforms["reform"] == "burden_reduction"].set_index("place_id")["start"]
    new = duties[duties["start"] >= "2021-01-01"]
    after = new["start"] >= new["community_id"].map(start)
    admitted = (new["on_list"] | (new["agreement"] & new["funded"])).astype(bool)
    assert admitted[after].mean() > admitted[~after].mean() + 0.2
    assert len(new[after]) > 300


def test_consultations_go_through_their_steps(city):
    matters, steps = city.frames["matters"].set_index("matter_id"), city.frames["steps"]
    reforms = city.frames["reforms"]
    start = reforms[reforms["reform"] == "consultation"].set_index("place_id")["start"]
    ours = steps[steps["matter_id"].map(matters["process"]) == "consultation"]
    wide = ours.pivot(index="matter_id", columns="step", values="time")  # raises if a step stands twice
    order = ["raised", "discussed", "decided", "published", "implemented", "answered"]
    assert set(wide.columns) == set(order)
    wide = wide[order][wide["raised"] < "2023-06-01"]
    after = wide["raised"] >= wide.index.map(matters["community_id"]).map(start)
    adopted = wide.index.map(matters["outcome"]) == "adopted"
    complete = wide.notna().mean(axis=1)
    assert complete[after & adopted].mean() > complete[~after & adopted].mean() + 0.08
    assert complete[~after].mean() < 0.9
    days = (wide["answered"] - wide["raised"]).dt.days
    assert days[after].mean() < 0.8 * days[~after].mean()
    violated = wide.apply(lambda row: not row.dropna().is_monotonic_increasing, axis=1)
    assert violated[after].mean() < violated[~after].mean() < 0.06
    held = city.frames["interactions"].query("kind == 'consultation'").groupby("gathering_id").size()
    size = wide.index.map(held)
    assert np.nanmean(size[after]) > 1.2 * np.nanmean(size[~after])
    assert 0.4 < matters.loc[wide.index, "satisfaction"].notna().mean() < 0.7
    late = matters[(matters["process"] == "consultation")]["outcome"].isna()
    assert 20 < late.sum() < 400  # still open when the window ends


def test_requests_call_departments(city):
    matters, steps = city.frames["matters"].set_index("matter_id"), city.frames["steps"]
    ours = steps[steps["matter_id"].map(matters["process"]) == "request"]
    wide = ours.pivot(index="matter_id", columns="step", values="time")
    old = wide[wide["raised"] < "2023-06-01"]
    assert old["escalated"].notna().mean() == pytest.approx(known.ESCALATED, abs=0.02)
    departments = city.frames["organisations"].query("kind == 'department'")["org_id"]
    assert ours.loc[ours["step"] == "arrived", "actor_id"].isin(departments).all()
    called = old.dropna(subset=["escalated", "answered"])
    assert (called["raised"] <= called["escalated"]).all()
    assert (called["escalated"] <= called["arrived"]).all()
    assert (called["arrived"] <= called["answered"]).all()
    assert 0.02 < old["answered"].isna().mean() < 0.1


def test_money_of_contracts_and_funds(city):
    matters = city.frames["matters"]
    funds, contracts = (matters[matters["process"] == p]["amount"] for p in ("fund", "contract"))
    assert 30 < len(funds) < 300
    assert funds.max() <= 350_000  # Nanxiang's first project
    assert contracts.notna().all()
    assert matters[matters["process"] == "request"]["amount"].isna().all()


def test_needs_and_resources(city):
    listings = city.frames["listings"]
    share = listings.groupby("side")["matched_id"].apply(lambda m: m.notna().mean())
    assert share.between(0.25, 0.7).all()
    sides = listings.groupby(["category", "side"]).size().unstack()
    assert (sides["need"] > 4 * sides["resource"]).any()  # hardly offered
    assert (sides["resource"] > 2 * sides["need"]).any()  # hardly needed


def test_outcomes_have_the_noise_of_their_n(city):
    outcomes = city.frames["outcomes"]
    values = outcomes.pivot(index="period", columns=["measure", "place_id"], values="value")
    assert values.notna().all(axis=None)
    calm = values["satisfaction"].iloc[:9].filter(like="-C")  # before any reform
    month = calm.sub(calm.mean(axis=1), axis=0)
    measure = known.MEASURES["satisfaction"]
    n = outcomes.query("measure == 'satisfaction' and place_id.str.contains('-C')")["n"].astype(float)
    expected = measure.shock_sd**2 * 0.95 + known.ANSWER_SD**2 * (1 / n).mean()
    assert month.var(axis=0).mean() == pytest.approx(expected, rel=0.08)
    units = {"satisfaction": (0, 100), "trust": (0, 100), "participation": (0, 1)}
    for name, (low, high) in units.items():
        assert values[name].min().min() >= low
        assert values[name].max().max() < high
    district = outcomes[(outcomes["place_id"] == "D03") & (outcomes["measure"] == "trust")]
    inside = outcomes[outcomes["place_id"].str.startswith("D03-C") & (outcomes["measure"] == "trust")]
    n = inside["n"].astype(float)
    mean = (inside["value"] * n).groupby(inside["period"]).sum() / n.groupby(inside["period"]).sum()
    np.testing.assert_allclose(district.set_index("period")["value"], mean, atol=0.01)


def test_counts_are_the_quantiles_of_their_distribution():
    rng = np.random.default_rng(5)
    chance, mean, n = rng.random(5_000), rng.uniform(0.1, 40, 5_000), rng.integers(5, 90, 5_000)
    share = rng.uniform(0.01, 0.6, 5_000)
    np.testing.assert_array_equal(survey._poisson(chance, mean), stats.poisson.ppf(chance, mean))
    np.testing.assert_array_equal(survey._binomial(chance, n, share), stats.binom.ppf(chance, n, share))
