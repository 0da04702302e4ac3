"""The first page, the city report and the report on changes: whole, plain, in both languages."""

import re
from dataclasses import replace

import nbformat
import pandas as pd
import pytest
from matplotlib.figure import Figure

from analysis.cli import main
from analysis.errors import ReportError
from analysis.reporting import DistrictReport, open_change_report, open_city_report, run_city
from analysis.reporting.citywide import CityReport
from analysis.reporting.citywide.sections import SECTIONS as CITY_SECTIONS
from analysis.reporting.comparing import ChangeReport
from analysis.reporting.comparing.runs import gives_away, made_differently, places_changed, scope_of
from analysis.reporting.comparing.sections import SECTIONS as CHANGE_SECTIONS
from analysis.tables import Study

QUESTIONS = {"en": ("doing?", "changed?", "sure are we?", "look at next?"),
             "zh": ("情况如何", "什么变化", "把握有多大", "接下来看什么")}  # fmt: skip


@pytest.fixture(autouse=True)
def undrawn(monkeypatch):
    """Figures are laid out by the plots but not painted, which is most of a report's time."""
    monkeypatch.setattr(Figure, "savefig", lambda self, buffer, **_: buffer.write(b"picture"))


def words(html):
    html = re.sub(r"<script.*?</script>", "", re.sub(r'src="[^"]*"', "", str(html)), flags=re.DOTALL)
    return re.sub(r"<[^>]+>", " ", html)


def sound(html, language):
    read = words(html)
    assert not re.search(r"\b(nan|NaN|None|NaT|inf)\b|<NA>|[{}]", read), read
    assert not re.search(r"\d\.\d{5,}", read)
    assert not re.search(r"significant|显著", read)
    chinese = re.findall("[\u4e00-\u9fff]", read)
    assert chinese if language == "zh" else not chinese
    assert all(len(alt) > 20 for alt in re.findall(r'alt="([^"]*)"', str(html)))


def first_district(city):
    places = city.frames["places"]
    return places.loc[places["kind"] == "district", "place_id"].iloc[0]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_first_page_answers_four_questions(city, language):
    page = DistrictReport(city, first_district(city), language).section("glance")
    sound(page, language)
    heads = re.findall(r"<h3>([^<]*)</h3>", page)
    assert len(heads) == 4
    assert all(word in head for word, head in zip(QUESTIONS[language], heads, strict=True))
    cells = re.findall(r'<th scope="row">[^<]*</th><td[^>]*>([^<]*)</td>', page)
    assert 4 <= len(cells) <= 7
    assert all(("n =" if language == "en" else "样本量") in cell for cell in cells), (
        "each figure with its interval or n"
    )
    assert len(words(page)) < 4500, "it has to fit one printed page"
    assert not re.search(r"<h3>[^<]*</h3>(<h3>|</section>)", page), "a heading without content"


def test_few_people_leave_the_first_page(city):
    outcomes, district = city.frames["outcomes"].copy(), first_district(city)
    mine = outcomes["place_id"].eq(district) & outcomes["measure"].eq("satisfaction")
    outcomes.loc[mine, "n"] = 4
    value = outcomes.loc[mine & outcomes["period"].eq("all"), "value"].iloc[0]
    few = replace(city, frames=city.frames | {"outcomes": outcomes})
    page = words(DistrictReport(few, district, "en").section("glance"))
    assert "Satisfaction (0–100)" not in page
    assert f"{value:.1f} (" not in page


@pytest.mark.parametrize("language", ["en", "zh"])
def test_places_alone_have_a_first_page_without_empty_headings(language):
    places = pd.DataFrame({"place_id": ["D1", "C1"], "kind": ["district", "community"],
                           "parent_id": [None, "D1"], "name": ["East", "Lane"]})  # fmt: skip
    bare = run_city(Study.from_frames({"places": places}))
    report = DistrictReport(bare, "D1", language)
    page = report.section("glance") + report.section("advice")
    assert page.count("<h3>") == 4
    assert not re.search(r"<h3>[^<]*</h3>(<h3>|</section>)", page)
    whole = CityReport(report)
    for name in CITY_SECTIONS:
        assert "<h2>" in whole.section(name)
    change = ChangeReport(whole, whole)
    for name in CHANGE_SECTIONS:
        assert "<h2>" in change.section(name)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_city_report_is_whole(city, language):
    report = CityReport(DistrictReport(city, first_district(city), language))
    long = ("effects", "multiples", "quality", "limits") if language == "zh" else ()
    names = [name for name in CITY_SECTIONS if name not in long]
    html = report.title() + "".join(report.section(name) for name in names)
    sound(re.sub(r'<section id="provenance">.*?</section>', "", html), language)
    for name in names:
        assert f"<h2>{list(CITY_SECTIONS).index(name) + 1}" in html
    for district in report.districts:
        assert report.name(district) in words(report.section("districts"))
    with pytest.raises(ReportError, match="no such section"):
        report.section("weather")


def test_districts_of_a_city_report_read_as_in_their_own(city):
    report = CityReport(DistrictReport(city, first_district(city), "en"))
    for district in report.districts[1:]:
        own = DistrictReport(city, district, "en")
        shared = report.at(district)
        assert (shared.name, shared.communities) == (own.name, own.communities)
        assert shared.section("glance") == own.section("glance")


def earlier(city, periods):
    """The same city as it would have been some periods ago (whole-time figures left as they are)."""
    kept, frames = city.meta["periods"][:-periods], dict(city.frames)
    for name in ("indicators", "processes", "burden", "further", "outcomes"):
        frames[name] = frames[name][frames[name]["period"].isin([*kept, "all"])]
    return replace(city, meta=city.meta | {"periods": kept, "version": "0.0.1"}, frames=frames)


def test_scope_takes_seasons_alike_and_no_period_twice(city):
    months = [f"20{20 + k // 12}-{k % 12 + 1:02d}" for k in range(30)]
    one, two = (replace(city, meta=city.meta | {"periods": p}) for p in (months[:24], months[:27]))
    scope = scope_of(one, two)
    assert (scope.how, scope.after) == ("later", months[24:27])
    assert (scope.before, scope.season) == (months[12:15], True)
    assert scope_of(one, replace(city, meta=city.meta | {"periods": months[:10]})).how == "same"
    assert scope_of(one, one).common == months[:24]
    apart = scope_of(replace(city, meta=city.meta | {"periods": months[:6]}),
                     replace(city, meta=city.meta | {"periods": months[6:12]}))  # fmt: skip
    assert (apart.how, apart.season) == ("apart", False)
    quarters = replace(city, meta=city.meta | {"period": "quarter"})
    with pytest.raises(ReportError, match="different length"):
        scope_of(one, quarters)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_later_run_is_compared_period_by_period(city, language):
    old = earlier(city, 6)
    pair = [CityReport(DistrictReport(one, first_district(city), language)) for one in (old, city)]
    report = ChangeReport(*pair)
    html = report.title() + "".join(report.section(name) for name in CHANGE_SECTIONS)
    sound(re.sub(r'<section id="made">.*?</section>', "", html), language)
    assert report.scope.how == "later"
    assert not set(report.scope.before) & set(report.scope.after)
    assert "0.0.1" in report.section("made")
    assert report.text("change.warning") not in html
    assert report.text("change.none_restated", periods=len(old.meta["periods"])) in words(html)


def test_same_rows_get_a_warning_and_no_verdict(city):
    outcomes = city.frames["outcomes"].copy()
    outcomes.loc[outcomes["measure"].eq("trust"), "value"] += 1.0
    new = replace(city, frames=city.frames | {"outcomes": outcomes})
    pair = [CityReport(DistrictReport(one, first_district(city), "en")) for one in (city, new)]
    report = ChangeReport(*pair)
    html = "".join(report.section(name) for name in CHANGE_SECTIONS)
    assert report.text("change.warning") in words(html)
    assert "beyond noise" not in words(html)
    assert "+1.0 points" in html
    assert "Trust (0–100): the figures of" in words(html)
    assert "Satisfaction (0–100)" not in words(report.section("figures"))
    assert "Trust" in words(report.section("restatements"))


def test_no_difference_gives_one_away(city):
    assert [gives_away(100, n) for n in (95, 96, 99, 100, 101, 104, 105)] == [
        False, True, True, False, True, True, False
    ]  # fmt: skip
    outcomes, district = city.frames["outcomes"].copy(), first_district(city)
    whole = outcomes["measure"].eq("trust") & outcomes["period"].eq("all") & outcomes["place_id"].eq(district)
    outcomes.loc[whole, "n"] += 2
    outcomes.loc[whole, "value"] += 3.0
    new = replace(city, frames=city.frames | {"outcomes": outcomes})
    report = ChangeReport(*(CityReport(DistrictReport(one, district, "en")) for one in (city, new)))
    assert "+3.0" not in report.section("figures")


def test_places_that_came_went_or_moved(city):
    places = city.frames["places"]
    gone = places[places["kind"] == "community"].iloc[0]["place_id"]
    old = replace(city, frames=city.frames | {"places": places[places["place_id"] != gone]})
    found = places_changed(old, city)
    assert found[["place_id", "what"]].to_numpy().tolist() == [[gone, "came"]]
    assert places_changed(city, old)["what"].tolist() == ["went"]
    moved = places.copy()
    moved.loc[moved["place_id"] == gone, "parent_id"] = None
    assert places_changed(city, replace(city, frames=city.frames | {"places": moved}))["what"].tolist() == [
        "elsewhere"
    ]
    assert not made_differently(city, city)
    assert made_differently(city, earlier(city, 1))[0][0] == "version"


def test_change_by_the_command(city, tmp_path, capsys):
    city.write(tmp_path / "old" / "internal" / "city")
    city.write(tmp_path / "new")
    out = tmp_path / "out"
    arguments = [
        "change",
        str(tmp_path / "old"),
        str(tmp_path / "new"),
        "--out",
        str(out),
        "--language",
        "zh",
    ]
    assert main(arguments) == 0
    assert sorted(p.name for p in out.iterdir()) == ["change.zh.html"]
    assert "http" not in (out / "change.zh.html").read_text(encoding="utf-8").replace("http://www.w3.org", "")
    assert main(["change", str(tmp_path), str(tmp_path / "new"), "--out", str(out)]) == 2
    assert "no results of a run here" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "sections"), [("city_report", CITY_SECTIONS), ("change_report", CHANGE_SECTIONS)]
)
def test_templates_hold_every_section(repository, name, sections):
    notebook = nbformat.read(repository / "notebooks" / "reports" / f"{name}.ipynb", as_version=4)
    source = "\n".join(cell.source for cell in notebook.cells)
    assert re.findall(r'report\.section\("(\w+)"\)', source) == list(sections)
    assert any("parameters" in cell.metadata.get("tags", []) for cell in notebook.cells)


def test_public_calls_read_folders(city, tmp_path):
    city.write(tmp_path / "city")
    assert open_city_report(str(tmp_path / "city"), "zh").districts
    assert open_change_report(str(tmp_path), str(tmp_path / "city"), "en").districts
    with pytest.raises(ReportError, match="no texts"):
        open_change_report(str(tmp_path), str(tmp_path), "fr")
