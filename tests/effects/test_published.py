"""Published figures: R's did and fixest on mpdta, the fect manual, castle, textbook examples, Prop 99."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from analysis.effects import att_gt, event_study, extended_twfe, imputation, synthetic_did, twfe

MPDTA = {"unit": "countyreal", "time": "year", "cohort": "cohort"}
HH = {"unit": "bfs", "time": "year", "cohort": "cohort"}
CASTLE = {"unit": "sid", "time": "year", "cohort": "cohort"}
# R's values are stored with 15 digits and come from the same closed forms: only rounding may differ
EXACT = 1e-12
SCENARIOS = {
    "mpdta_nev_dr": {"control_group": "never_treated"},
    "mpdta_nyt_dr": {"control_group": "not_yet_treated"},
    "mpdta_nev_reg_cov": {"control_group": "never_treated", "covariates": ["lpop"], "method": "reg"},
    "mpdta_nev_ipw": {"control_group": "never_treated", "method": "ipw"},
}
KINDS = {"event_time": "dynamic", "cohort": "group", "calendar_time": "calendar"}


@pytest.fixture(scope="module", params=SCENARIOS)
def scenario(request, mpdta, reference):
    cells, averages = (table[table["scenario"] == request.param] for table in reference)
    return att_gt(mpdta, "lemp", **MPDTA, n_boot=0, **SCENARIOS[request.param]), cells, averages


def test_cells_equal_those_of_r(scenario):
    effects, cells, _ = scenario
    both = cells.merge(effects.table, left_on=["group", "t"], right_on=["cohort", "time"], validate="1:1")
    assert len(both) == len(cells) == len(effects.table) == 12
    np.testing.assert_allclose(both["estimate"], both["att"], atol=EXACT)
    np.testing.assert_allclose(both["std_error"], both["se"], atol=EXACT)


@pytest.mark.parametrize("kind", KINDS)
def test_averages_equal_those_of_r(scenario, kind):
    effects, _, averages = scenario
    expected = averages[averages["type"] == KINDS[kind]]
    table = effects.aggregate(kind).table
    rows, overall = table[table["term"] != "overall"], table[table["term"] == "overall"].iloc[0]
    column = "time" if kind == "calendar_time" else kind
    assert rows[column].tolist() == expected["egt"].astype(int).tolist()
    np.testing.assert_allclose(rows["estimate"], expected["att_egt"], atol=EXACT)
    np.testing.assert_allclose(rows["std_error"], expected["se_egt"], atol=EXACT)
    assert overall["estimate"] == pytest.approx(expected["overall_att"].iloc[0], abs=EXACT)
    assert overall["std_error"] == pytest.approx(expected["overall_se"].iloc[0], abs=EXACT)


def test_overall_equals_simple_of_r(scenario):
    effects, _, averages = scenario
    expected = averages[averages["type"] == "simple"].iloc[0]
    row = effects.aggregate("overall").table.iloc[0]
    assert row["estimate"] == pytest.approx(expected["overall_att"], abs=EXACT)
    assert row["std_error"] == pytest.approx(expected["overall_se"], abs=EXACT)


def test_mpdta_printed_values(mpdta, golden):
    printed = golden["mpdta"]
    never = att_gt(mpdta, "lemp", **MPDTA, control_group="never_treated", n_boot=0)
    check(never.aggregate().table.iloc[0], printed["callaway_never_treated"]["overall"], 5e-8)
    dynamic = never.aggregate("event_time").table.set_index("term")
    for event_time, values in printed["callaway_never_treated"]["event_time"].items():
        check(dynamic.loc[f"event_time={event_time}"], values, 5e-7)  # printed to six digits
    assert (
        round(dynamic.loc["overall", "estimate"], 4)
        == printed["callaway_never_treated"]["event_time_overall"]
    )
    not_yet = att_gt(mpdta, "lemp", **MPDTA, n_boot=0).aggregate().table.iloc[0]
    check(not_yet, printed["callaway_not_yet_treated"]["overall"], 5e-8)
    interaction_weighted = event_study(mpdta, "lemp", **MPDTA).table.set_index("term")
    check(interaction_weighted.loc["event_time=0"], printed["sun_abraham"]["0"], 5e-7)
    two_way = twfe(mpdta, "lemp", unit="countyreal", time="year", treatment="treated")
    check(two_way.table.iloc[0], printed["twfe"], 5e-7)


def test_two_way_standard_errors_follow_the_rule_of_fixest(hh2019, golden):
    # other small-sample rules give 0.1916 and 0.1864 for the first: three printed digits tell them apart
    columns = {"unit": "bfs", "time": "year", "treatment": "indirect"}
    samples = {"twfe_all": hh2019, "twfe_without_always_treated": hh2019[hh2019["cohort"] != 1991]}
    for name, sample in samples.items():
        estimate = twfe(sample, "nat_rate_ord", **columns)
        assert estimate.n_obs == golden["hh2019"][name][2]
        check(estimate.table.iloc[0], golden["hh2019"][name], 5e-4)


def test_hh2019_printed_values(hh2019, golden):
    printed = golden["hh2019"]
    weighted = event_study(hh2019, "nat_rate_ord", **HH)
    check(weighted.table.iloc[-1], printed["sun_abraham_overall"], 5e-4)
    assert (weighted.n_obs, weighted.n_units) == (17594, 926)
    for control_group in ("never_treated", "not_yet_treated"):
        effects = att_gt(hh2019, "nat_rate_ord", **HH, control_group=control_group, n_boot=0)
        check(effects.aggregate().table.iloc[0], printed[f"callaway_{control_group}"], 5e-4)


def test_castle_printed_values(castle, golden):
    printed = golden["castle"]
    for control_group in ("never_treated", "not_yet_treated"):
        effects = att_gt(castle, "l_homicide", **CASTLE, control_group=control_group, n_boot=0)
        check(effects.aggregate().table.iloc[0], printed[f"callaway_{control_group}"], 5e-7)
    two_way = twfe(castle, "l_homicide", unit="sid", time="year", treatment="post").table.iloc[0]
    assert two_way["estimate"] == pytest.approx(printed["twfe"], abs=5e-7)


def test_imputation_printed_values(mpdta, hh2019, castle, golden):
    check(imputation(mpdta, "lemp", **MPDTA).table.iloc[-1], golden["mpdta"]["imputation"], 5e-8)
    check(imputation(castle, "l_homicide", **CASTLE).table.iloc[-1], golden["castle"]["imputation"], 5e-7)
    # the manual's standard error is a bootstrap one: 5 % is what 200 draws leave open
    row = imputation(hh2019, "nat_rate_ord", **HH).table.iloc[-1]
    assert row["estimate"] == pytest.approx(golden["hh2019"]["imputation"][0], abs=5e-4)
    assert row["std_error"] == pytest.approx(golden["hh2019"]["imputation"][1], rel=0.06)


def test_ehec_printed_values(ehec, golden):
    printed, columns = golden["ehec"], {"unit": "stfips", "time": "year"}
    two_way = twfe(ehec, "dins", **columns, treatment="treated").table.iloc[0]
    check(two_way, printed["twfe"], 5e-5)
    effects = att_gt(ehec, "dins", **columns, cohort="yexp2", n_boot=0)
    check(effects.aggregate().table.iloc[0], printed["callaway_not_yet_treated"], 5e-4)
    cells = effects.table.set_index("term")["estimate"]
    for cell, value in printed["cells"].items():
        cohort, time = cell.split(", ")
        assert cells[f"cohort={cohort}, time={time}"] == pytest.approx(value, abs=5e-5)


def test_extended_two_way_gives_the_imputed_figures(mpdta, castle, golden):
    # without covariates the two are the same estimator; the standard errors are not
    for panel, outcome, keys, name in (
        (mpdta, "lemp", MPDTA, "mpdta"),
        (castle, "l_homicide", CASTLE, "castle"),
    ):
        printed = golden[name]["imputation"][0]
        overall = extended_twfe(panel, outcome, **keys).table["estimate"].iloc[-1]
        assert overall == pytest.approx(printed, abs=5e-7)


def test_enterprise_zones(ezunem, golden):
    """The textbook's standard errors take all rows to be independent: ours are checked against a library's
    clustered ones in test_agreement, and the printed ones only tell that the sample is the same."""
    estimate, error, rows = golden["ezunem"]["fixed_effects"]
    fixed = twfe(ezunem, "luclms", unit="city", time="year", treatment="ez")
    assert fixed.n_obs == rows
    assert fixed.table["estimate"].iloc[0] == pytest.approx(estimate, abs=5e-4)
    assert error < fixed.table["std_error"].iloc[0] < 1.5 * error
    # a first difference is a unit of its own, seen in two periods that nobody else shares but its year
    estimate, error, rows = golden["ezunem"]["first_differences"]
    later = ezunem[ezunem["year"] > 1980].assign(half=1)
    earlier = later.assign(half=0)[["city", "year", "half"]].merge(
        ezunem.assign(year=ezunem["year"] + 1)[["city", "year", "luclms", "ez"]], on=["city", "year"]
    )
    pairs = pd.concat([later, earlier])
    pairs = pairs.assign(pair=pairs["city"] * 10_000 + pairs["year"], when=2 * pairs["year"] + pairs["half"])
    differences = twfe(pairs, "luclms", unit="pair", time="when", treatment="ez", cluster="city")
    assert differences.n_obs == 2 * rows
    assert differences.table["estimate"].iloc[0] == pytest.approx(estimate, abs=5e-4)
    assert 0.5 * error < differences.table["std_error"].iloc[0] < 1.5 * error


def test_injuries_in_kentucky(injury, golden):
    """Two cross-sections; our standard error is the heteroskedasticity-robust one, which rounds alike."""
    effects = att_gt(injury, "ldurat", unit=None, time="afchnge", cohort="cohort", n_boot=0)
    assert effects.about.n_obs == golden["injury"]["effect"][2]
    check(effects.table.iloc[0], golden["injury"]["effect"], 5e-4)


def test_proposition_99(prop99, golden):
    keys = {"unit": "State", "time": "Year"}
    two_way = twfe(prop99, "PacksPerCapita", **keys, treatment="treated")
    assert two_way.table["estimate"].iloc[0] == pytest.approx(golden["prop99"]["two_way"], abs=5e-4)
    row = synthetic_did(prop99, "PacksPerCapita", **keys, cohort="cohort", n_boot=60).table.iloc[-1]
    estimate, error = golden["prop99"]["synthetic_did"]
    assert row["estimate"] == pytest.approx(estimate, abs=5e-4)
    # a standard deviation of 60 draws from 38 states, as theirs of 200 is: 25 % is two of its own errors
    assert row["std_error"] == pytest.approx(error, rel=0.25)


def check(row, printed: list[float], tolerance: float) -> None:
    """Half a unit of the last printed digit, for the estimate and the standard error."""
    assert row["estimate"] == pytest.approx(printed[0], abs=tolerance)
    assert row["std_error"] == pytest.approx(printed[1], abs=tolerance)
