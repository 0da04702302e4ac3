"""Declared indices: read from TOML, and refused with a line that says what to mend."""

import pandas as pd
import pytest

from analysis.errors import AnalysisError
from analysis.index import Group, IndexSpec, Indicator, read_index

SOUND = """
[index]
name = "whole"
normalisation = "zscore"
span = [1, 100]
weighting = "expert"

[dimensions.talk]
weight = 0.6
[dimensions.load]
weight = 0.4
weighting = "ahp"
comparisons = [[1, 3], [0.3333, 1]]

[indicators.breadth]
parent = "talk"
direction = 1
[indicators.answered]
parent = "talk"
direction = 1
[indicators.hours]
parent = "load"
direction = -1
transform = "log"
goalposts = [1, 400]
[indicators.duties]
parent = "load"
direction = -1
"""


def write(tmp_path, text):
    path = tmp_path / "index.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_file_is_read(tmp_path):
    spec = read_index(write(tmp_path, SOUND))
    assert spec.name == "whole"
    assert spec.dimensions == ["talk", "load"]
    assert spec.columns == ["breadth", "answered", "hours", "duties"]
    assert [i.direction for i in spec.indicators] == [1, 1, -1, -1]
    assert spec.span == (1, 100)
    assert spec.indicators[2].goalposts == (1, 400)
    assert [group.name for group in spec.bottom_up()][-1] == "whole"
    assert hash(spec) == hash(read_index(write(tmp_path, SOUND)))


def test_the_default_index_is_sound():
    spec = read_index()
    assert spec.name == "governance_effectiveness"
    assert len(spec.columns) == 10
    less = {i.column for i in spec.indicators if i.direction < 0}
    assert less == {"request_days_to_answer", "burden_hours"}


EXPERT = SOUND.replace("weight = 0.6", "weight = {}")
FAULTS = {
    "weights that do not sum": (EXPERT.format(0.5), "0.5 + 0.4 = 0.9"),
    "a negative weight": (EXPERT.format(-0.6), "above 0"),
    "a weight of zero": (EXPERT.format(0), "above 0"),
    "a weight as text": (EXPERT.format('"much"'), "a number"),
    "a weight missing": (SOUND.replace("weight = 0.6", ""), "A weight is missing"),
    "a weight that nothing uses": (SOUND.replace('"talk"', '"talk"\nweight = 0.5'), "nothing uses"),
    "an unknown parent": (SOUND.replace('"talk"', '"speech"'), "speech"),
    "a circle": (SOUND.replace("[dimensions.load]", '[dimensions.load]\nparent = "talk"').replace(
        "[dimensions.talk]", '[dimensions.talk]\nparent = "load"'), "talk -> load -> talk"),
    "no direction": (SOUND.replace("direction = 1", "", 1), "direction = 1 if more is better"),
    "a direction of 2": (SOUND.replace("direction = 1", "direction = 2", 1), "-1 if less is better"),
    "an unknown method": (SOUND.replace("zscore", "percentile"), "minmax, zscore"),
    "an unknown key": (SOUND.replace("span", "spam"), "spam"),
    "an unknown section": (SOUND + "[weights]\na = 1\n", "weights"),
    "a column twice": (SOUND + '[indicators.hours]\nparent = "talk"\ndirection = 1\n', "not TOML"),
    "a name of a dimension and a column": (SOUND + "[indicators.talk]\ndirection = 1\n", "stands twice"),
    "a name of a result": (SOUND.replace("talk", "reason"), "column of its results"),
    "an empty dimension": (SOUND + "[dimensions.empty]\nweight = 0.1\n", "empty"),
    "comparisons that contradict": (SOUND.replace("0.3333", "3"), "contradict"),
    "comparisons of another size": (SOUND.replace("[[1, 3], [0.3333, 1]]", "[[1, 3]]"), "2 rows of 2"),
    "comparisons without ahp": (SOUND.replace('weighting = "ahp"', ""), "belong to weighting"),
    "goalposts upside down": (SOUND.replace("[1, 400]", "[400, 1]"), "the lower first"),
    "a logarithm of zero": (SOUND.replace("[1, 400]", "[0, 400]"), "above 0"),
    "no name": (SOUND.replace('name = "whole"', ""), "quotation marks"),
    "no TOML": ("[index", "not TOML"),
    "one indicator": ('[index]\nname = "whole"\n[indicators.a]\ndirection = 1\n', "at least two"),
    "a share of 1": (SOUND.replace("span", "max_missing = 1.5\nspan"), "0 to below 1"),
}  # fmt: skip


@pytest.mark.parametrize("case", FAULTS)
def test_a_fault_is_named(tmp_path, case):
    text, said = FAULTS[case]
    assert text != SOUND
    with pytest.raises(AnalysisError) as caught:
        read_index(write(tmp_path, text))
    assert said in str(caught.value)
    assert caught.value.where


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(AnalysisError, match="cannot be read") as caught:
        read_index(tmp_path / "none.toml")
    assert "none.toml" in str(caught.value)


def test_inconsistent_comparisons_are_refused_unless_allowed():
    wild = ((1, 9, 1 / 9), (1 / 9, 1, 9), (9, 1 / 9, 1))
    indicators = tuple(Indicator(name, "whole") for name in "abc")
    with pytest.raises(AnalysisError, match="too inconsistent") as caught:
        IndexSpec(groups=(Group("whole", weighting="ahp", comparisons=wild),), indicators=indicators)
    assert "consistency ratio" in str(caught.value)
    loose = Group("whole", weighting="ahp", comparisons=wild, max_consistency_ratio=100)
    assert IndexSpec(groups=(loose,), indicators=indicators).name == "whole"


def test_without_rescales_weights_and_prunes(tmp_path):
    spec = read_index(write(tmp_path, SOUND))
    one = spec.without("hours")
    assert one.columns == ["breadth", "answered", "duties"]
    assert one.groups[2].weighting == "equal"  # a single member needs no comparisons
    rest = spec.without(["hours", "duties"])
    assert rest.dimensions == ["talk"]
    assert rest.groups[1].weight == 1
    assert spec.without("load") == rest
    assert spec.columns == ["breadth", "answered", "hours", "duties"]
    with pytest.raises(AnalysisError, match="at least two"):
        spec.without(["hours", "duties", "breadth"])
    with pytest.raises(AnalysisError, match="no such indicator"):
        spec.without("nothing")


def test_without_keeps_the_comparisons_of_the_others():
    full = ((1, 2, 4), (1 / 2, 1, 2), (1 / 4, 1 / 2, 1))
    spec = IndexSpec(
        groups=(Group("whole", weighting="ahp", comparisons=full),),
        indicators=tuple(Indicator(name, "whole") for name in "abc"),
    )
    assert spec.without("b").groups[0].comparisons == ((1, 4), (1 / 4, 1))


def test_fit_says_what_a_table_cannot_give(tmp_path):
    spec = read_index(write(tmp_path, SOUND.replace("goalposts = [1, 400]", "")))
    table = pd.DataFrame(
        {"breadth": [0.1, 0.2], "answered": [0.5, 0.5], "duties": [3, 4], "hours": [None, None]}
    )
    fitted, reasons = spec.fit(table)
    assert reasons == {"answered": "constant", "hours": "empty"}
    assert fitted.columns == ["breadth", "duties"]
    _, reasons = spec.fit(table.drop(columns="hours").assign(answered=[1, 2]))
    assert reasons == {"hours": "unknown"}
