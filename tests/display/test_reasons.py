"""Why an effect cannot be estimated is said in Chinese on Chinese pages, whatever the reason."""

import ast
import re
from pathlib import Path

import pandas as pd
import pytest

import analysis
from analysis.display.reasons import _patterns, reason_text
from analysis.display.text import Text
from analysis.effects import att_gt, randomisation_test
from analysis.errors import EstimationError

OF_CALLS = {"One column is asked to play two parts.", "7 treated units 7."}  # no report calls so (doses)


def written(node) -> list[str]:
    if isinstance(node, ast.Constant):
        return [node.value]
    if isinstance(node, ast.JoinedStr):
        return ["".join(part.value if isinstance(part, ast.Constant) else "7" for part in node.values)]
    if isinstance(node, ast.IfExp):
        return written(node.body) + written(node.orelse)
    return []


def reasons_of_data():
    for file in sorted((Path(analysis.__file__).parent / "effects").rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "EstimationError" and node.args:
                where = [text for k in node.keywords if k.arg == "where" for text in written(k.value)]
                if any(text.startswith("column") for text in where):
                    yield from written(node.args[0])


def test_every_reason_that_lies_in_the_data_has_its_chinese():
    found = sorted(set(reasons_of_data()) - OF_CALLS)
    assert len(found) > 40
    left = [reason for reason in found if reason_text(reason, Text("zh")) == reason]
    assert not left


def test_english_stays_and_figures_are_kept():
    said = "Only 2 districts have an effect that can be estimated with its error."
    assert reason_text(said, Text("en")) == said
    assert reason_text(said, Text("zh")) == "只有2个区的效应可以连同误差一起估计。"
    assert reason_text("Something new.", Text("zh")) == "Something new."


def test_reasons_of_single_cells_are_told_in_chinese_too():
    said = (
        "No treated period can be compared with untreated units: "
        "no untreated period to compare with (3); no untreated units to compare with (12)."
    )
    told = reason_text(said, Text("zh"))
    assert told == (
        "没有任何实施时期可与未实施的单位比较：没有可供比较的未实施时期（3）；没有可供比较的未实施单位（12）。"
    )


def test_the_part_a_column_plays_is_told_in_chinese():
    root = Path(analysis.__file__).parent / "effects"
    calls = re.compile(
        r'(?:numeric_column|codes_of)\([^()"]*(?:\([^()]*\)[^()"]*)?(?:\["\w+"\])?, "([^"]+)"\)'
    )
    parts = {part for file in root.rglob("*.py") for part in calls.findall(file.read_text(encoding="utf-8"))}
    assert {"outcome", "covariate", "unit", "period", "weight", "cluster"} <= parts
    assert parts <= set(Text("en").names("effect_reason_word").values())
    said = "The outcome is infinite in 3 rows."
    assert reason_text(said, Text("zh")) == "有3行的结果变量不可用（无穷大）。"


@pytest.mark.parametrize("call", [att_gt, randomisation_test])
def test_an_error_as_raised_is_known(call):
    panel = pd.DataFrame({"u": [1, 1, 2, 2], "t": [1, 2, 1, 2], "g": [9, 9, 9, 9], "y": [1.0, 2, 3, 5]})
    with pytest.raises(EstimationError) as caught:
        call(panel, "y", unit="u", time="t", cohort="g")
    assert reason_text(caught.value.what, Text("zh")) == "面板的任何时期都没有单位实施。"


def test_fields_are_the_same_in_both_languages():
    for name, pattern in _patterns():
        chinese = Text("zh").names("effect_reason")[name]
        assert {"{" + field + "}" for field in pattern.groupindex} == {
            part + "}" for part in (piece[piece.rfind("{") :] for piece in chinese.split("}")[:-1])
        }, name
