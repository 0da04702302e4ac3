"""Published figures: R's did and fixest on mpdta, the fect manual on hh2019, castle."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.effects import att_gt, event_study, imputation, twfe

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


def check(row, printed: list[float], tolerance: float) -> None:
    """Half a unit of the last printed digit, for the estimate and the standard error."""
    assert row["estimate"] == pytest.approx(printed[0], abs=tolerance)
    assert row["std_error"] == pytest.approx(printed[1], abs=tolerance)
