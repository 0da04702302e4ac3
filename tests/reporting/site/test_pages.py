"""What the site is written from: nothing hidden leaves, nothing breaks the page, every word is there."""

import json
import math
import re
import string
import tomllib
from importlib.resources import files

import numpy as np
import pandas as pd
import pytest

from analysis.display.text import Text
from analysis.reporting.layout import Layout
from analysis.reporting.site import write_index
from analysis.reporting.site.districts_table import without_paths
from analysis.reporting.site.facts import Facts, groups
from analysis.reporting.site.map import map_section
from analysis.reporting.site.script_data import script_data
from analysis.reporting.site.trends import line


def test_files_are_whole_and_where_they_belong(make_city, tmp_path):
    first = write_index(Layout(tmp_path), make_city(), ("en", "zh"), [])
    assert first == tmp_path / "public" / "index.html"
    found = {p.relative_to(tmp_path / "public").as_posix() for p in tmp_path.rglob("*") if p.is_file()}
    assert found == {
        "index.html", "index.zh.html", "data/districts.csv", "data/dictionary.csv", "assets/site.css",
        "assets/site.js", "assets/table.js", "assets/map.js", "assets/compare.js",
    }  # fmt: skip
    again = {name: (tmp_path / "public" / name).read_bytes() for name in found}
    write_index(Layout(tmp_path), make_city(), ("en", "zh"), [])
    assert again == {name: (tmp_path / "public" / name).read_bytes() for name in found}


def test_nothing_points_outside_the_folder(made):
    for path in made.glob("index*.html"):
        page = path.read_text(encoding="utf-8")
        links = {link.partition("#")[0] for link in re.findall(r'(?:href|src)="([^"]*)"', page)}
        missing = [link for link in links if link and not (made / link).is_file()]
        assert [link for link in missing if not link.endswith(".pdf") and link != "data:,"] == []
    for path in (made / "assets").iterdir():
        assert not re.search(r"https?:|url\(|@import|fetch\(|import\(", path.read_text(encoding="utf-8")), (
            path
        )


def test_a_cell_on_three_people_is_in_no_file(made):
    """0.3337 of 3, one tenth more each month: not as a number, a share, a picture or an n."""
    for path in [*made.glob("index*.html"), *made.glob("data/*.csv")]:
        words = path.read_text(encoding="utf-8")
        assert not re.search(r"0?\.33[34]|33\.[34]|0?\.367|36\.7|0?\.40[01]|40\.0", words), path
    page = (made / "index.en.html").read_text(encoding="utf-8")
    data = json.loads(re.search(r'id="site-data">(.*?)</script>', page, re.S)[1])
    hidden = next(d for d in data["districts"] if d["id"] == "D10")["figures"]
    assert hidden[0] == ["hidden", "", -1]
    assert len(hidden[1]) == 6
    table = pd.read_csv(made / "data" / "districts.csv").set_index("place_id")
    row = table.loc["D10"]
    assert math.isnan(row["consultation_answered"])
    assert math.isnan(row["consultation_answered_low"])
    assert math.isnan(row["consultation_answered_n"])
    assert row["consultation_answered_status"] == "hidden"
    assert table.loc["D3", "consultation_answered_status"] == "hidden"  # or the sum of districts would tell
    chart = re.search(r'<li data-id="D10">.*?</li>', page[page.index("middle-0") :])[0]
    assert "too few periods known" in chart


def test_names_stay_text(made):
    page = (made / "index.html").read_text(encoding="utf-8")
    assert page.count("</script>") == 5  # four assets and the data
    assert "<b>Bold" not in page
    assert "&lt;b&gt;Bold&lt;/b&gt;" in page


def test_names_are_no_formulas_for_a_spreadsheet(make_city, tmp_path):
    names = [("=1+1", "@cmd", "-江"), ("D2", "Fine", "好")]
    write_index(tmp_path, make_city(names, [(0.5, 20)] * 2, [(-1.25, 20)] * 2), ("zh",), [])
    table = pd.read_csv(tmp_path / "data" / "districts.csv")
    assert table.loc[0, ["place_id", "name", "name_zh"]].tolist() == ["'=1+1", "'@cmd", "'-江"]
    assert table["trust"].tolist() == [-1.2, -1.2]  # a number stays one


def test_every_column_is_explained(made):
    table = pd.read_csv(made / "data" / "districts.csv")
    words = pd.read_csv(made / "data" / "dictionary.csv", encoding="utf-8-sig")
    assert words["column"].tolist() == table.columns.tolist()
    assert words[["en", "zh"]].notna().all(axis=None)
    assert words.set_index("column").loc["consultation_answered", "unit_en"] == "share from 0 to 1"


def test_intervals_of_the_table(made):
    row = pd.read_csv(made / "data" / "districts.csv").set_index("place_id").loc["D1"]
    # Wilson for 100 of 200: 0.4314, 0.5686
    assert (row["consultation_answered_low"], row["consultation_answered_high"]) == (0.4314, 0.5686)
    assert (row["trust_low"], row["trust_high"]) == (58.29, 64.17)  # 61.23 ± 1.96 · 1.5


@pytest.mark.parametrize(
    ("values", "found"),
    [
        ([3, 1, 2, 5, 4], [2, 0, 1, 4, 3]),
        ([1, 1, 1], [0, 0, 0]),
        ([np.nan, 2, np.nan], [-1, 0, -1]),
        ([], []),
        ([0, 0, 0, 0, 9], [0, 0, 0, 0, 1]),
    ],
)
def test_groups_of_colours(values, found):
    assert groups(values).tolist() == found


def test_line_breaks_where_nothing_is_known():
    # 120 by 32 with an edge of 3: x 3, 41, 79, 117; 0 lies at 29, 10 at 3
    assert line(np.array([0, 10, np.nan, 5]), 0, 10) == "M3 29h0L41 3M117 16h0"
    assert line(np.array([4.0, 4.0]), 4, 4) == "M3 16h0L117 16"


@pytest.mark.parametrize(
    ("places", "kind"),
    [
        ({}, "tiles"),
        ({"longitude": [1.0, 2, 3, 4, 5, np.nan], "latitude": [0.0, 1, 2, 3, 4, 5]}, "points"),
    ],
)
def test_kinds_of_map(make_city, places, kind):
    drawn = map_section(Facts(make_city(**places), "en", []))
    assert f'class="map {kind}"' in drawn
    assert ("Not on the map" in drawn) == (kind == "points")
    assert drawn.count("<g ") == (5 if kind == "points" else 6)


def test_map_of_boundaries(make_city):
    city = make_city()
    shape = {"path": "M0 0L10 0L0 10Z", "centre": [3, 3]}
    city.meta["boundaries"] = {"width": 1000, "height": 500, "districts": {"D1": shape, "D2": shape}}
    drawn = map_section(Facts(city, "zh", []))
    assert 'viewBox="0 0 1000 500"' in drawn
    assert drawn.count("M0 0L10 0L0 10Z") == 2
    assert "未在图上：松岗区、东渡区、白桥区" in drawn


def test_a_report_on_the_whole_city_and_one_of_an_earlier_run(make_city, entries, tmp_path):
    reports = [*entries(["D1"], ("en",)), *entries([""], ("en", "zh"))]
    reports[0]["moved"] = True
    page = write_index(tmp_path, make_city(), ("en",), reports).read_text(encoding="utf-8")
    assert page.count("comparisons with other districts are from an earlier run") == 1
    whole = re.search(r'<div class="whole reports">.*?</div>', page)[0]
    assert re.findall(r'href="([^"]+)"', whole) == [".en.html", ".en.pdf", ".zh.html", ".zh.pdf"]


def test_errors_show_no_folder_of_the_machine():
    said = without_paths("OSError: [Errno 2] no file '/srv/data/x/y.csv' nor C:\\Users\\me\\z.csv, 3/4 done")
    assert said == "OSError: [Errno 2] no file '…/y.csv' nor …/z.csv, 3/4 done"


def test_a_city_with_hardly_any_measure(make_city, tmp_path):
    city = make_city([("A", "Alone", "")], [(np.nan, 0)], [(np.nan, 0)])
    for name in ("adoption", "index", "accounting"):
        city.frames[name] = city.frames[name].iloc[:0]
    city.meta["index"] = {"reason": "few_districts", "measures": [], "message": ""}
    page = write_index(tmp_path, city, ("en",), []).read_text(encoding="utf-8")
    assert "a rank among fewer than three districts says nothing" in page
    assert 'id="map"' not in page
    assert 'id="compare"' not in page
    assert "not asked for" in page


def test_a_real_city(city, tmp_path):
    assert city.meta["boundaries"] == {}
    facts = Facts(city, "zh", [])
    assert len(facts.measures) > 5
    assert all(figure.status == "shown" for d in facts.districts for figure in d.figures.values())
    assert "NaN" not in script_data(facts)
    page = write_index(tmp_path, city, ("zh",), []).read_text(encoding="utf-8")
    assert "nan" not in re.sub(r"<script.*?</script>", "", page, flags=re.S).lower().split("data-")[0]


def test_every_word_is_there_in_both_languages():
    texts = tomllib.loads(files("analysis.display.text").joinpath("site.toml").read_text(encoding="utf-8"))

    def fields(words):
        return sorted({name for _, name, _, _ in string.Formatter().parse(words) if name})

    for section, keys in texts.items():
        for key, words in keys.items():
            assert set(words) == {"en", "zh"}, f"{section}.{key}"
            assert fields(words["en"]) == fields(words["zh"]), f"{section}.{key}"


def test_scripts_say_only_what_the_texts_hold(make_city):
    package = files("analysis.reporting.site")
    scripts = "".join(p.read_text(encoding="utf-8") for p in package.iterdir() if p.name.endswith(".js"))
    words = json.loads(script_data(Facts(make_city(), "en", [])))["text"]
    quoted = set(re.findall(r'"([a-z_]+)"', scripts))
    assert set(re.findall(r'say\("(\w+)"', scripts)) <= set(words)
    assert set(words) <= quoted, "texts that no script uses"
    assert not re.search(r"[\u4e00-\u9fff]", scripts)
    assert len(scripts.splitlines()) < 400
    assert set(Text("en").names("site_script")) <= set(words)
