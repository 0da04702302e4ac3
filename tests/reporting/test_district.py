"""The sections of a report: complete, escaped, in both languages, hidden where few people stand behind."""

import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from analysis.errors import ReportError
from analysis.reporting import City, DistrictReport, load_city, run_city
from analysis.reporting.estimates import cluster_of
from analysis.reporting.sections import SECTIONS
from analysis.tables import Study, open_study


def whole(report):
    return report.title() + "".join(report.section(name) for name in SECTIONS)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_section_is_written(city, language):
    html = whole(DistrictReport(city, city_districts(city)[0], language))
    for number in range(1, len(SECTIONS) + 1):
        assert f"<h2>{number}" in html
    assert html.count("<figure>") >= 7
    assert html.count("data:image/png;base64,") == html.count("<figure>")
    assert all(len(alt) > 20 for alt in re.findall(r'alt="([^"]*)"', html))
    visible = re.sub(r'src="[^"]*"', "", html)
    assert "nan" not in re.sub(r"<[^>]+>", " ", visible).lower().split()
    assert not re.search(r"\d\.\d{5,}", visible), "too many decimals"
    chinese = len(re.findall("[\u4e00-\u9fff]", visible))
    assert chinese > 1000 if language == "zh" else chinese == 0


def city_districts(city):
    places = city.frames["places"]
    return places.loc[places["kind"] == "district", "place_id"].tolist()


def test_no_identifier_of_a_person_reaches_a_report(city, example):
    html = whole(DistrictReport(city, city_districts(city)[0], "en"))
    people = set(pd.read_csv(example / "people.csv")["person_id"])
    words = set(re.findall(r"[\w-]+", re.sub(r'src="[^"]*"', "", html)))
    assert not people & words
    assert not re.search(r"p_[0-9a-f]{20}", html)


def test_city_survives_the_disk(city, tmp_path):
    city.write(tmp_path)
    again = load_city(tmp_path)
    assert again.meta == city.meta
    first = city_districts(city)[0]
    assert whole(DistrictReport(again, first, "zh")) == whole(DistrictReport(city, first, "zh"))
    with pytest.raises(ReportError, match="no city results"):
        load_city(tmp_path / "nowhere")


def test_unknown_district_and_section(city):
    with pytest.raises(ReportError, match="no such district"):
        DistrictReport(city, "D99", "en")
    with pytest.raises(ReportError, match="no such section"):
        DistrictReport(city, city_districts(city)[0], "en").section("weather")


def test_few_people_are_hidden(city):
    district = city_districts(city)[0]
    outcomes = city.frames["outcomes"].copy()
    mine = outcomes["place_id"].eq(district) & outcomes["measure"].eq("trust") & outcomes["period"].eq("all")
    assert mine.sum() == 1
    value = outcomes.loc[mine, "value"].iloc[0]
    before = DistrictReport(city, district, "en")
    assert before.shown("trust") == f"{value:.1f}"
    outcomes.loc[mine, "n"] = 4
    report = DistrictReport(replace(city, frames=city.frames | {"outcomes": outcomes}), district, "en")
    assert report.shown("trust") == "Hidden: fewer than five people, or would give such a figure away."
    assert np.isnan(report.among("trust", report.districts)[district])
    assert f"{value:.1f}" not in str(report.section("figures")).split("Trust")[1].split("</tr>")[0]


def test_names_are_text_not_markup(city):
    places = city.frames["places"].copy()
    district = city_districts(city)[0]
    places.loc[places["place_id"] == district, "name"] = "<script>alert(1)</script>"
    report = DistrictReport(replace(city, frames=city.frames | {"places": places}), district, "en")
    html = whole(report)
    assert "<script>" not in html
    assert "&lt;script&gt;" in html


def only_places(**tables):
    places = pd.DataFrame(
        {
            "place_id": ["D1", "C1"],
            "kind": ["district", "community"],
            "parent_id": [None, "D1"],
            "name": ["East", "Lane"],
        }
    )
    return Study.from_frames({"places": places, **tables})


@pytest.mark.parametrize("language", ["en", "zh"])
def test_study_of_places_alone_says_what_would_bring_each_section(language):
    report = DistrictReport(run_city(only_places()), "D1", language)
    html = whole(report)
    for section, table in (("social", "interactions"), ("consultation", "matters"), ("burden", "duties")):
        assert report.text.named("table", table) in str(report.section(section))
    assert html.count('class="missing"') == 9
    assert (
        report.text(
            "sentence.limits_one", what=report.text("word.community"), whats=report.text("word.communities")
        )
        in html
    )


def test_one_community_and_no_reform_is_a_stated_limit(example):
    study = open_study(example)
    frames = dict(study.district(study.districts[0]).frames)
    one = frames["places"].query("kind == 'community'")["place_id"].iloc[0]
    keep = frames["places"]["place_id"].eq(one) | frames["places"]["kind"].eq("district")
    frames["places"] = frames["places"][keep].assign(
        parent_id=lambda p: np.where(
            p["kind"] == "community", p.loc[p["kind"] == "district", "place_id"].iloc[0], None
        )
    )
    for name in ("people", "interactions", "matters", "duties"):
        frames[name] = frames[name][frames[name]["community_id"] == one]
    frames["steps"] = frames["steps"][frames["steps"]["matter_id"].isin(frames["matters"]["matter_id"])]
    frames["outcomes"] = frames["outcomes"][frames["outcomes"]["place_id"] == one]
    frames["reforms"] = frames["reforms"][:0]
    study = Study.from_frames(frames)
    html = whole(DistrictReport(run_city(study), study.districts[0], "en"))
    assert "There is only one community" in html
    assert "no effect can be estimated" in html


def test_reform_given_to_whole_districts_is_clustered_by_district():
    panel = pd.DataFrame(
        {
            "place_id": ["a", "b", "c", "d"], "district_id": ["D1", "D1", "D2", "D2"],
            "street_id": ["S1", "S2", "S3", "S3"],
            "by_district": pd.array([5, 5, None, None], dtype="Int64"),
            "by_street": pd.array([5, 6, 7, 7], dtype="Int64"),
            "by_place": pd.array([5, 6, 7, None], dtype="Int64"),
        }
    )  # fmt: skip
    assert cluster_of(panel, "by_district") == "district_id"
    assert cluster_of(panel, "by_street") == "street_id"
    assert cluster_of(panel, "by_place") == "place_id"


def test_effects_table_holds_every_reform_and_outcome(city):
    effects = city.frames["effects"]
    overall = effects[effects["aggregation"] == "overall"]
    assert set(overall["reform"]) == {"consultation", "burden_reduction", "shared_community"}
    assert not overall.duplicated(["reform", "outcome"]).any()
    known = overall[overall["identified"]]
    with_error = known[known["std_error"].notna()]
    assert len(with_error) >= 18
    assert (with_error["conf_low"] < with_error["estimate"]).all()
    assert isinstance(city, City)
