"""The stated truth against the data it is the truth of."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from analysis.errors import AnalysisError
from analysis.simulate import Truth, simulate_city
from analysis.simulate.calibration import MEASURES
from analysis.simulate.truth import CAPITAL, REFORMS, extend

NORMAL = ("satisfaction", "trust")  # their survey noise does not depend on the mean
TABLES = ["places", "reforms", "outcomes"]


def wide(city, measure):
    outcomes = city.frames["outcomes"]
    ours = outcomes[(outcomes["measure"] == measure) & outcomes["place_id"].str.contains("-C")]
    return ours.pivot(index="place_id", columns="period", values="value")


def starts(city, reform):
    """Start month of each community, as a number in the window; NaN for never."""
    frame = wide(city, "trust")
    rows = city.frames["reforms"]
    rows = rows[rows["reform"] == reform].set_index("place_id")["start"].dt.strftime("%Y-%m")
    number = {period: i for i, period in enumerate(frame.columns)}
    return frame.index.to_series().map(rows).map(number)


def event_times(city, reform):
    begin = starts(city, reform).to_numpy()[:, None]
    return np.arange(wide(city, "trust").shape[1]) - begin


@pytest.fixture(scope="module")
def small():
    return simulate_city(seed=21, tables=TABLES)


@pytest.fixture(scope="module")
def nothing():
    return simulate_city(seed=21, tables=TABLES, truth=Truth.none())


def only(reform, measure, truth=None):
    """Return the default truth with one reform's effect on one measure alone."""
    truth = truth or Truth()
    return Truth(direct={reform: {measure: truth.direct[reform][measure]}}, capital={}, spillover=0.0)


@pytest.mark.parametrize("reform", ["consultation", "burden_reduction"])
def test_realised_effects_are_the_difference_in_the_data(reform, nothing):
    one = simulate_city(seed=21, tables=TABLES, truth=only(reform, "satisfaction"))
    stated = one.truth["reforms"][reform]["effects"]["satisfaction"]
    gain = (wide(one, "satisfaction") - wide(nothing, "satisfaction")).to_numpy()
    e = event_times(one, reform)
    assert gain[~(e >= 0)] == pytest.approx(0, abs=1e-9)  # no anticipation, no effect on the never treated
    assert gain[e >= 0].mean() == pytest.approx(stated["att_overall"], abs=5e-4)  # values have 2 decimals
    assert (e >= 0).sum() == stated["n_treated"]
    assert stated["att_overall"] > 1
    for time, effect in stated["att_by_event_time"].items():
        assert gain[e == int(time)].mean() == pytest.approx(effect, abs=0.006), time
    assert set(stated["att_by_event_time"]) == {str(int(t)) for t in np.unique(e[e >= 0])}
    begin = starts(one, reform)
    rows = pd.DataFrame({"district": begin.index.str[:3], "cohort": begin, "n": (e >= 0).sum(axis=1)})
    rows["total"] = np.where(e >= 0, gain, 0).sum(axis=1)
    for key, name in (("district", "att_by_district"), ("cohort", "att_by_cohort")):
        sums = rows.dropna().groupby(key)[["total", "n"]].sum()
        mean = sums["total"] / sums["n"]
        assert list(mean) == pytest.approx(list(stated[name].values()), abs=0.003)


def test_every_designed_effect_shows_against_a_city_without(small, nothing):
    for reform, entry in small.truth["reforms"].items():
        e = event_times(small, reform)
        for measure, unit in MEASURES.items():
            stated = entry["effects"][measure]
            assert stated["unit"] == unit.unit
            designed = extend(np.array(stated["designed"]), np.arange(36))
            if reform == "shared_community":
                continue  # its few communities are nearly all treated by others too
            scale = np.array([entry["district_multipliers"][p[:3]] for p in wide(small, measure).index])
            expected = np.where(e >= 0, designed[np.where(e >= 0, e, 0).astype(int)] * scale[:, None], 0)
            assert stated["att_overall"] == pytest.approx(expected[e >= 0].mean(), abs=1e-6)
    for measure in NORMAL:
        gain = (wide(small, measure) - wide(nothing, measure)).to_numpy()
        total = sum(
            np.nansum(np.where(event_times(small, r) >= 0, 1, 0))
            * (small.truth["reforms"][r]["effects"][measure]["att_overall"])
            for r in REFORMS
        )
        assert gain.sum() == pytest.approx(total, rel=1e-3)  # effects add up, and nothing else changes


def test_pre_trends_are_zero_before_any_reform(small, nothing):
    first = int(np.nanmin([starts(small, r).min() for r in REFORMS]))
    for measure in MEASURES:
        pd.testing.assert_frame_equal(
            wide(small, measure).iloc[:, :first], wide(nothing, measure).iloc[:, :first]
        )


def test_only_participation_spills_over_and_only_to_the_untreated():
    quiet = simulate_city(seed=21, tables=TABLES, truth=Truth(spillover=0.0))
    loud = simulate_city(seed=21, tables=TABLES, truth=Truth(spillover=0.012))
    for measure in MEASURES:
        same = wide(quiet, measure).equals(wide(loud, measure))
        assert same == (measure != "participation")
    stated = loud.truth["spillover"]
    assert 0 < stated["realised_average"] <= 0.012 * 1.5
    assert stated["n_exposed"] > 500
    assert quiet.truth["spillover"]["n_exposed"] == 0
    assert quiet.truth["reforms"] == loud.truth["reforms"]


def test_spillover_grows_with_the_treated_share_of_the_street():
    from analysis.simulate.ground import draw_ground
    from analysis.simulate.latent import draw_latent
    from analysis.simulate.setting import Setting

    setting = Setting(8, 20, 36, 21, Truth(multiplier_sd=0.0))
    ground = draw_ground(setting)
    latent = draw_latent(setting, ground)
    treated = latent.treated("consultation")
    for street in range(0, 40, 7):
        inside = np.flatnonzero(ground.street_of == street)
        for c in inside:
            others = [o for o in inside if o != c]
            expected = 0.012 * treated[others].mean(axis=0) * ~treated[c]
            np.testing.assert_allclose(latent.spillover[c], expected, atol=1e-12)


def test_mediated_share_is_what_is_stated(small):
    stated = small.truth["mediation"]["consultation"]
    effects = small.truth["reforms"]["consultation"]["effects"]
    assert stated["share"] == pytest.approx(0.4, abs=1e-4)
    assert stated["indirect"] == pytest.approx(4.0 * effects[CAPITAL]["att_overall"], abs=1e-5)
    assert stated["indirect"] + stated["direct"] == pytest.approx(effects["trust"]["att_overall"], abs=1e-5)
    assert small.truth["mediation"]["shared_community"]["share"] == pytest.approx(1.0)
    cut = simulate_city(seed=21, tables=TABLES, truth=Truth(trust_per_capital=0.0))
    direct = cut.truth["reforms"]["consultation"]["effects"]["trust"]["att_overall"]
    assert direct == pytest.approx(stated["direct"], abs=1e-5)


def test_social_capital_drives_the_log(city):
    log, people = city.frames["interactions"], city.frames["people"]
    acts = log[log["target_id"].notna()]
    month = acts["time"].dt.to_period("M").astype("str")
    count = pd.crosstab(acts["community_id"], month)
    joined = people["joined"].dt.to_period("M").astype("str").clip(lower="2020-12")
    members = pd.crosstab(people["community_id"], joined).cumsum(axis=1).shift(axis=1)[count.columns]
    rate = np.log((count + 0.5) / members)
    for reform in ("consultation", "shared_community"):
        effect = city.truth["reforms"][reform]["effects"][CAPITAL]["att_overall"]
        begin = city.frames["reforms"].query("reform == @reform").set_index("place_id")["start"]
        begin = begin.dt.strftime("%Y-%m")
        never = rate[~rate.index.isin(begin.index)].mean()
        gains = []
        for place, start in begin.items():
            gap = rate.loc[place] - never
            gains.append(gap[gap.index >= start].mean() - gap[gap.index < start].mean())
        error = np.std(gains) / np.sqrt(len(gains))
        assert np.mean(gains) == pytest.approx(effect, abs=3 * error), reform
        assert np.mean(gains) > 3 * error, reform


def test_effects_are_visible_in_the_outcomes(small):
    """A plain before-after comparison with the never treated lands near the truth, far from zero."""
    for reform, measure in (
        ("consultation", "satisfaction"), ("consultation", "trust"), ("consultation", "response_days"),
        ("burden_reduction", "satisfaction"), ("burden_reduction", "trust"),
        ("burden_reduction", "response_days"),
    ):  # fmt: skip
        values, begin = wide(small, measure).to_numpy(), starts(small, reform).to_numpy()
        never = values[np.isnan(begin)]
        gains, spread = [], []
        for cohort in np.unique(begin[~np.isnan(begin)]).astype(int):
            change = values[:, cohort:].mean(axis=1) - values[:, :cohort].mean(axis=1)
            gains += list(change[begin == cohort] - change[np.isnan(begin)].mean())
            spread.append(change[np.isnan(begin)].std() / np.sqrt(len(never)))
        truth = small.truth["reforms"][reform]["effects"][measure]["att_overall"]
        error = np.hypot(np.std(gains) / np.sqrt(len(gains)), max(spread))
        assert np.mean(gains) == pytest.approx(truth, abs=3.5 * error), (reform, measure)
        assert abs(np.mean(gains)) > 2.5 * error, (reform, measure)


@pytest.mark.parametrize("seed", range(5))
def test_reforms_are_staggered_at_random_in_every_district(seed):
    city = simulate_city(seed=seed, tables=["reforms"])
    rows = city.frames["reforms"]
    treated = {}
    for reform in ("consultation", "burden_reduction"):
        ours = rows[rows["reform"] == reform]
        entry = city.truth["reforms"][reform]
        dates = ours["start"].dt.strftime("%Y-%m").value_counts()
        assert dates.to_dict() == entry["starts"]
        assert 3 <= len(dates) <= 5
        assert "2021-11" <= min(dates.index) <= max(dates.index) <= "2023-03"
        assert entry["never"] == 160 - len(ours)
        assert 0.25 <= entry["never"] / 160 <= 0.31
        district = ours["place_id"].str[:3]
        assert (ours.groupby(district)["start"].nunique() >= 3).all()
        assert ours.groupby(district).size().between(13, 16).all()
        assert np.mean(list(entry["district_multipliers"].values())) == pytest.approx(1, abs=1e-5)
        treated[reform] = set(ours["place_id"])
    both = len(treated["consultation"] & treated["burden_reduction"])
    expected = len(treated["consultation"]) * len(treated["burden_reduction"]) / 160
    assert abs(both - expected) < 3 * np.sqrt(160 * 0.72 * 0.28 * 0.72 * 0.28)
    pilots = rows[rows["reform"] == "shared_community"]
    assert len(pilots) == 8
    assert (pilots["start"] == pilots["start"].iloc[0]).all()
    assert pilots["start"].max() < pd.Timestamp("2021-08-01")


def test_anticipation_trend_and_cohort_tilt_break_what_they_say():
    base = only("consultation", "satisfaction")

    def gain(**changes):
        city = simulate_city(
            seed=21, tables=TABLES,
            truth=Truth(direct=base.direct, capital={}, spillover=0.0, multiplier_sd=0.0, **changes),
        )  # fmt: skip
        without = simulate_city(seed=21, tables=TABLES, truth=Truth.none())
        return city, (wide(city, "satisfaction") - wide(without, "satisfaction")).to_numpy()

    city, early = gain(anticipation=2)
    e = event_times(city, "consultation")
    assert early[e == -3].mean() == pytest.approx(0, abs=1e-9)
    assert early[e == -2].mean() == pytest.approx(0.72, abs=0.006)
    assert early[e == 0].mean() == pytest.approx(1.44, abs=0.006)
    city, drifting = gain(trend=0.05)
    assert drifting[e == -4].mean() == pytest.approx(
        0.05 * 1.8 * np.nanmean(starts(city, "consultation") - 4), abs=0.006
    )
    assert city.truth["reforms"]["consultation"]["effects"]["satisfaction"]["att_overall"] < 1.8
    city, tilted = gain(cohort_tilt=0.5)
    late = [tilted[(e >= 5) & (starts(city, "consultation") == s).to_numpy()[:, None]].mean()
            for s in sorted(starts(city, "consultation").dropna().unique())]  # fmt: skip
    assert late[0] == pytest.approx(0.9, abs=0.006)
    assert late[-1] == pytest.approx(2.7, abs=0.006)
    for truth in (Truth(anticipation=2), Truth(trend=0.05)):
        rows = simulate_city(1, 3, 12, 1, tables=["reforms"], truth=truth).truth["comparisons"]
        assert not any(row["unbiased"] for row in rows)


def test_comparisons_name_the_contaminated_one(small):
    rows = small.truth["comparisons"]
    biased = [(row["reform"], row["measure"]) for row in rows if not row["unbiased"]]
    assert biased == [("consultation", "participation")]
    assert all(row["why"] for row in rows)


def test_logged_processes_can_be_left_as_they_are():
    one, other = (simulate_city(2, 6, 24, 3, tables=["matters", "duties"], truth=Truth(processes=p))
                  for p in (True, False))  # fmt: skip
    counts = [(c.frames["matters"]["process"] == "consultation").sum() for c in (one, other)]
    assert counts[0] > counts[1]
    ended = [c.frames["duties"]["end"].notna().mean() for c in (one, other)]
    assert ended[0] > 0.25 > 0.2 > ended[1]
    assert other.truth["processes"] == {}


def test_truth_is_plain_json(small):
    text = json.dumps(small.truth, allow_nan=False)
    assert json.loads(text) == small.truth
    assert small.truth["parameters"]["truth"]["direct"]["consultation"]["satisfaction"][-1] == 1.8
    assert small.truth["window"] == ["2021-01", "2023-12"]


@pytest.mark.parametrize(
    ("make", "where"),
    [
        (lambda: Truth(direct={"lottery": {"trust": (1.0,)}}), "truth.direct"),
        (lambda: Truth(capital={"lottery": (1.0,)}), "truth.capital"),
        (lambda: Truth(direct={"consultation": {"luck": (1.0,)}}), "truth.direct['consultation']"),
        (lambda: Truth(direct={"consultation": {"trust": ()}}), "truth.direct['consultation']['trust']"),
        (lambda: Truth(never_share=1.0), "truth.never_share"),
        (lambda: Truth(multiplier_sd=-0.1), "truth.multiplier_sd"),
        (lambda: Truth(anticipation=-1), "truth.anticipation"),
    ],
)
def test_impossible_truths_are_refused(make, where):
    with pytest.raises(AnalysisError) as error:
        make()
    assert error.value.where == where


def test_a_truth_that_leaves_the_range_is_refused():
    wild = Truth(direct={"consultation": {"response_days": (-40.0,)}})
    with pytest.raises(AnalysisError, match="leaves the range") as error:
        simulate_city(2, 4, 12, 1, tables=["outcomes"], truth=wild)
    assert "response_days" in error.value.what
