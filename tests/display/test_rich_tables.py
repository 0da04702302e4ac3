"""Tables in a notebook: digits, units and names people know; nothing lost, changed or unescaped."""

import re
from html import unescape

import numpy as np
import pandas as pd
import pytest

from analysis.display.measures import measure_table, plot_measure
from analysis.display.rich.columns import significant_decimals
from analysis.display.rich.language import speak
from analysis.display.rich.tables import show_table
from analysis.errors import ReportError


@pytest.fixture(autouse=True)
def _english():
    yield
    speak("en")


def cells(html, tag="td"):
    return [
        unescape(re.sub("<[^>]+>", "", cell))
        for cell in re.findall(rf"<{tag}\b[^>]*>(.*?)</{tag}>", html, re.S)
    ]


@pytest.fixture
def measures():
    answered, days = "consultation_answered", "consultation_days_to_answer"
    rows = [
        ("D01", "all", answered, 0.86324, 117), ("D01", "2023-01", answered, 0.9, 9),
        ("D02", "all", answered, 0.5, 20), ("D01", "all", days, 42.9591, 122),
        ("D02", "all", days, np.nan, 0), ("D01", "all", "unheard_of", 0.0123456, 3),
    ]  # fmt: skip
    frame = pd.DataFrame(rows, columns=["place_id", "period", "measure", "value", "n"])
    return frame.assign(std_error=np.nan)


@pytest.mark.parametrize(
    ("column", "values", "shown"),
    [
        ("share_elderly", [0.1234567890123, np.nan], ["12.3%", "–"]),
        ("p_value", [0.00001234, 0.5], ["<0.001", "0.500"]),
        ("median_days", [12.345678, 3.0], ["12.3", "3.0"]),
        ("population", [13696.0, 5.0], ["13,696", "5"]),
        ("z", [-1.23456789, 0.5], ["−1.235", "0.500"]),
        ("anything", [0.00123456, 0.002], ["0.00123", "0.00200"]),
        ("time", [624, 625], ["624", "625"]),
        ("rows_in", [14059, 0], ["14,059", "0"]),
        ("share_of_what", [12.0, 250.5], ["12", "250"]),
        ("seen", [True, False], ["yes", "no"]),
        ("whole", [np.inf, -np.inf], ["∞", "−∞"]),
    ],
)
def test_numbers_are_written_as_people_read_them(column, values, shown):
    assert cells(show_table(pd.DataFrame({column: values}))) == shown


def test_effects_have_the_digits_of_their_standard_error():
    frame = pd.DataFrame({"estimate": [1.8234567], "std_error": [0.0761], "conf_low": [1.6742]})
    assert cells(show_table(frame)) == ["1.823", "0.076", "1.674"]


@pytest.mark.parametrize(
    ("value", "places"), [(456.7, 0), (45.67, 1), (4.567, 2), (0.04567, 4), (1e-12, 6), (0, 0)]
)
def test_three_digits_of_the_usual_value(value, places):
    assert significant_decimals(np.array([value])) == places


def test_rows_that_are_measures_have_their_own_digits_and_names(measures):
    html = show_table(measures[measures["period"] == "all"])
    assert [cells(html)[3 + 6 * row] for row in range(5)] == ["86.3%", "50.0%", "43.0", "–", "0.0123"]
    assert "Matters answered by the end" in html
    speak("zh")
    assert "Matters answered" not in show_table(measures)


def test_measures_of_places_stand_beside_each_other(measures):
    before = measures.copy()
    wide = measure_table(measures, "consultation", places=["D02", "D01"])
    assert wide.index.tolist() == ["consultation_answered", "consultation_days_to_answer"]
    assert wide[("value", "D02")].tolist()[0] == 0.5
    assert wide[("n", "D01")].tolist() == [117, 122]
    assert measure_table(measures, period="2023-01")[("value", "D01")].tolist() == [0.9]
    assert measure_table(measures, ["unheard_of", "consultation_answered"]).index[0] == "unheard_of"
    assert measure_table(measures.head(0), places=["D01"]).shape == (0, 2)
    assert measure_table(measures, "funds").shape == (0, 4)
    pd.testing.assert_frame_equal(measures, before)
    assert cells(show_table(wide))[:4] == ["50.0%", "86.3%", "20", "117"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"period": "2031-01"}, "period"), ({"places": ["D09"]}, "place"),
        ({"names": ["no_such"]}, "no such measure"),
    ],
)  # fmt: skip
def test_what_is_not_there_is_named(measures, change, said):
    with pytest.raises(ReportError, match=said) as told:
        measure_table(measures, **change)
    assert told.value.mend
    with pytest.raises(ReportError, match="no tidy measures"):
        measure_table(measures.drop(columns="n"))


def test_rows_that_would_cover_each_other_are_refused(measures):
    twice = pd.concat([measures.assign(layer="a"), measures.assign(layer="b")])
    with pytest.raises(ReportError, match="more than once") as told:
        measure_table(twice)
    assert "layer" in told.value.mend
    with pytest.raises(ReportError, match="more than once"):
        plot_measure(twice, "consultation_answered")


def test_a_measure_is_drawn_over_time_in_its_unit(measures):
    ax = plot_measure(measures, "consultation_answered", places=["D01"])
    assert ax.lines[0].get_ydata().tolist() == [90]
    assert ax.get_title(loc="left").endswith("(%)")
    with pytest.raises(ReportError, match="over time"):
        plot_measure(measures, "unheard_of")


def test_what_is_cut_is_said():
    frame = pd.DataFrame(np.arange(70 * 900).reshape(900, 70)).add_prefix("c")
    html = show_table(frame)
    assert "of 900 rows" in html
    assert "The first 60 of 70 columns" in html
    assert "c60" in html.rsplit("note", 1)[1]
    assert html.count("<tr>") == 1 + 100
    assert "No rows." in show_table(frame.head(0))


def test_content_is_escaped_and_the_frame_untouched():
    frame = pd.DataFrame({"<b>x</b>": ["<script>alert(1)</script>"]}, index=pd.Index(["<i>"], name="name"))
    before = frame.copy()
    html = show_table(frame, "<caption>")
    assert not re.search("<(script|b|i)>", html)
    pd.testing.assert_frame_equal(frame, before)


def test_a_long_table_sorts_by_value_not_by_text_and_stands_there_without_scripts():
    frame = pd.DataFrame({"share_x": np.linspace(0, 1, 11)})
    html = show_table(frame)
    assert html.count("<td") == 11
    assert 'data-order="0.1"' in html
    assert "ITable" in html
    assert "http" not in html
    assert "ITable" not in show_table(frame.head(10))
    assert "ITable" in show_table(frame.head(10), sortable=True)


@pytest.mark.parametrize(
    "frame",
    [
        pd.DataFrame(), pd.DataFrame({"a": []}), pd.DataFrame({"a": [None, None]}), pd.Series([1.5]),
        pd.DataFrame({"a": [[1], {2: 3}]}), pd.DataFrame([[1, 2]], columns=["a", "a"]),
        pd.DataFrame({"when": pd.to_datetime(["2021-03-07", None])}),
        pd.DataFrame({1: [2], ("x", "y"): [3]}),
        pd.DataFrame({"c": pd.Categorical(["x", None])}),
        pd.DataFrame({"n": pd.array([1, None], dtype="Int64")}),
        pd.DataFrame({"v": [1]}, index=pd.MultiIndex.from_tuples([("a", 1)], names=["k", None])),
        pd.DataFrame({"complex": [1 + 2j]}), pd.DataFrame({"mixed": ["x", 1.5]}),
        pd.DataFrame({"std_error": [np.nan], "estimate": [np.nan]}),
    ],
    ids=range(14),
)  # fmt: skip
def test_odd_frames_show_themselves(frame):
    assert show_table(frame).startswith("<div")


def test_only_frames_are_tables():
    with pytest.raises(ReportError, match="Only a data frame"):
        show_table([1, 2])
