"""The section on effects: sentences with doubts, districts never raw, the same in both languages."""

import re

import numpy as np
import pandas as pd
import pytest

from analysis.display.effect_words import format_effect
from analysis.display.text import Text
from analysis.effects import att_gt, district_effects
from analysis.panel import build_panel
from analysis.reporting import DistrictReport
from analysis.reporting.effect_page import effect_page
from analysis.reporting.estimates import EFFECT_COLUMNS, estimate_effects
from analysis.reporting.examination import ESTIMATORS, examine
from analysis.reporting.findings.grades import grade_effects
from analysis.simulate import simulate_city
from analysis.tables import Study


@pytest.fixture(scope="module")
def study():
    frames = dict(simulate_city(3, 16, 24, 5, tables=["places", "reforms", "outcomes"]).frames)
    drawn = frames["reforms"]["reform"].map({"consultation": "lot"})
    frames["reforms"] = frames["reforms"].assign(assignment=drawn)
    return Study.from_frames(frames, name="Small", name_zh="小城", period="month")


@pytest.fixture(scope="module")
def panel(study):
    return build_panel(study)


@pytest.fixture(scope="module")
def estimates(panel):
    return estimate_effects(panel, outcomes=["trust", "participation"])


KEYS = {"unit": "place_id", "time": "time", "cohort": "cohort_consultation"}


def rows(estimates, aggregation, reform="consultation", outcome="trust"):
    chosen = (estimates["reform"] == reform) & (estimates["outcome"] == outcome)
    return estimates[chosen & (estimates["aggregation"] == aggregation)]


def test_frame_holds_what_the_estimators_say(estimates, panel):
    assert list(estimates.columns) == EFFECT_COLUMNS
    overall = rows(estimates, "overall").iloc[0]
    direct = att_gt(panel, "trust", **KEYS, n_boot=0).aggregate("overall").table.iloc[0]
    assert overall["estimate"] == direct["estimate"]
    assert set(rows(estimates, "other")["term"]) == {"imputation", "event_study"}
    assert rows(estimates, "inference")["trusted"].sum() <= 1
    shrunk = district_effects(panel, "trust", **KEYS, district="district_id").table
    assert np.allclose(rows(estimates, "district")["estimate"], shrunk["estimate"], equal_nan=True)
    assert np.allclose(rows(estimates, "district")["raw"], shrunk["raw"], equal_nan=True)


def test_what_was_drawn_by_lot_begins_at_the_highest_grade(estimates):
    assert (rows(estimates, "overall")["randomised"] == 1).all()
    assert rows(estimates, "overall", "burden_reduction")["randomised"].isna().all()
    grades = grade_effects(estimates).set_index(["reform", "outcome"])
    drawn = grades.loc[("consultation", "trust")]
    chosen = grade_effects(estimates.assign(randomised=np.nan)).set_index(["reform", "outcome"])
    assert drawn["start"] == "randomised"
    assert drawn["level"] == chosen.loc[("consultation", "trust"), "level"] + 1


def test_section_shows_shrunk_district_effects_beside_what_was_detectable(city, estimates, study):
    report = DistrictReport(city, "D01", "en")
    frames = city.frames | {"effects": estimates}
    object.__setattr__(report, "city", type(city)(city.meta, frames))
    html = str(report.section("effects"))
    own = rows(estimates, "district").set_index("district").loc["D01"]
    line = next(part for part in html.split("<tr>") if "Trust" in part and
                format_effect(own["detectable"], own["std_error"], "points").lstrip("+") in part and
                format_effect(own["estimate"], own["std_error"], "points") in part)  # fmt: skip
    assert format_effect(own["conf_low"], own["std_error"], "points") in line


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_identified_outcome_has_a_sentence_and_a_doubt(city, language):
    report = DistrictReport(city, "D01", language)
    html = re.sub(r'src="[^"]*"', "", str(report.section("effects")))
    effects = city.frames["effects"]
    overall = effects[effects["aggregation"] == "overall"].dropna(subset=["estimate"])
    assert len(overall) >= 20
    for row in overall.to_dict("records"):
        assert row[f"text_{language}"].replace("'", "&#x27;") in html
        doubt = row[f"doubt_{language}"]
        assert not isinstance(doubt, str) or doubt.replace("'", "&#x27;") in html
    assert "nan" not in re.sub("<[^>]+>", " ", html).lower().split()
    assert "signific" not in html


def test_study_without_effects_says_so(city):
    frames = city.frames | {"effects": city.frames["effects"][:0]}
    report = DistrictReport(type(city)(city.meta, frames), "D01", "en")
    assert "no effect can be estimated" in report.section("effects")


def test_examination_keeps_going_where_a_part_cannot_be_made(panel):
    two = panel[panel["place_id"].isin(panel["place_id"].unique()[:4])]
    found = examine(two, "trust", "consultation", others=ESTIMATORS)
    assert found.headline.table["identified"].all()
    assert found.districts is None
    assert "districts" in found.refused
    assert set(found.refused) >= set(ESTIMATORS) - set(found.others)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_page_holds_every_part(panel, study, language):
    found = examine(panel, "participation", "consultation", others=ESTIMATORS, thorough=True)
    text = Text(language)
    html = re.sub(r'src="[^"]*"', "", effect_page(found, study, "consultation", text))
    for part in ("result", "over_time", "checks", "sensitivity", "inference", "districts", "notes"):
        assert f"<h2>{text('effect.' + part)}</h2>" in html
    assert html.count("<figure>") == 3
    assert 'class="missing"' not in html
    words = re.sub("<[^>]+>", " ", html.split("</style>")[1])
    assert "nan" not in words.lower().split()
    assert not re.search(r"\d\.\d{5,}", words)
    if language == "zh":
        english = re.findall(r"[A-Za-z]{4,}", re.sub("<style.*</style>", "", words, flags=re.S))
        known = {"Callaway", "Sant", "Anna", "Borusyak", "Jaravel", "Spiess", "Abraham", "gongzhi"}
        assert set(english) - known <= {"CRV"}


def test_two_way_headline_is_not_said_to_be_free_of_bad_comparisons(panel, study):
    found = examine(panel, "trust", "consultation", estimator="twfe", others=("att_gt",), thorough=True)
    html = effect_page(found, study, "consultation", Text("en"))
    assert "makes no such comparison" not in html
    assert "different times" in html


def test_panel_is_not_changed(panel):
    before = panel.copy()
    examine(panel, "trust", "consultation")
    pd.testing.assert_frame_equal(panel, before)
