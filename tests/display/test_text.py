"""Words and numbers: both languages say the same things, and small cells stay hidden."""

import math
import string
import tomllib
from importlib.resources import files

import pytest

from analysis.display.numbers import format_number
from analysis.display.text import Text
from analysis.errors import ReportError
from analysis.tables import rules, schema, values


def catalogue(name):
    return tomllib.loads(files("analysis.display.text").joinpath(f"{name}.toml").read_text(encoding="utf-8"))


def fields(template):
    return sorted({name for _, name, _, _ in string.Formatter().parse(template) if name})


def test_both_languages_have_the_same_texts_with_the_same_fields():
    english, chinese = catalogue("en"), catalogue("zh")
    assert english.keys() == chinese.keys()
    for section, texts in english.items():
        assert texts.keys() == chinese[section].keys(), section
        for key, text in texts.items():
            assert fields(text) == fields(chinese[section][key]), f"{section}.{key}"


def test_chinese_texts_are_chinese():
    for section, texts in catalogue("zh").items():
        for key, text in texts.items():
            assert any(ord(c) > 0x2FFF for c in text), f"{section}.{key}"  # signs such as ： count


def test_catalogue_knows_tables_lists_and_rules():
    english = catalogue("en")
    assert set(english["table"]) == set(schema.MODELS)
    assert set(english["list"]) == set(values.DUTY_LISTS)
    modules = [file for file in files("analysis.tables").iterdir() if file.name.endswith(".py")]
    source = "".join(file.read_text(encoding="utf-8") for file in modules)
    assert rules.RULES
    for rule in english["rule"]:
        assert f'"{rule}"' in source, rule


def test_measures_are_named_as_the_modules_name_them():
    from analysis.burden import MEASURES as BURDEN
    from analysis.burden import SERVICE
    from analysis.networks import INDICATORS
    from analysis.processes import BUDGETING_MEASURES, FUNDS, MATCHING, OPINION_MEASURES
    from analysis.processes import MEASURES as PROCESSES

    known = {f"network_{name}" for name in INDICATORS} | set(BURDEN) | set(SERVICE) | set(PROCESSES)
    known |= set(MATCHING) | set(FUNDS) | set(OPINION_MEASURES) | set(BUDGETING_MEASURES)
    ours = (
        "network_", "burden_", "consultation_", "request_", "matching_", "ledger_", "opinion_", "budgeting_",
    )  # fmt: skip
    for name in catalogue("measures"):
        if name.startswith(ours):
            assert name in known, name


@pytest.mark.parametrize(
    ("value", "kind", "shown"),
    [
        (0.4125, "share", "41.2%"), (1234567, "people", "1,234,567"), (-3.14159, "points", "−3.1"),
        (float("nan"), "share", "–"), (None, "days", "–"),
        (math.inf, "days", "–"), (-0.0001, "points", "0.0"),
    ],
)  # fmt: skip
def test_numbers_for_people(value, kind, shown):
    assert format_number(value, kind) == shown


def test_signed_numbers():
    assert format_number(2.345, "points", signed=True) == "+2.3"
    assert format_number(-0.02, "points", signed=True) == "0.0"
    assert format_number(0.0123, "share", signed=True) == "+1.2"  # percentage points, named beside it


@pytest.mark.parametrize(
    ("measure", "n", "hidden"),
    [
        ("satisfaction", 4, True), ("satisfaction", 5, False), ("satisfaction", 0, False),
        ("consultation_adopted", 3, True), ("burden_duties", 3, False), ("consultation_raised", 3, False),
        ("a_measure_nobody_listed", 4, True),
    ],
)  # fmt: skip
def test_fewer_than_five_are_hidden(measure, n, hidden):
    for language in ("en", "zh"):
        text = Text(language)
        shown = text.value(measure, 0.7734, n)
        assert (shown in (text("sentence.hidden"), text("sentence.hidden_cases"))) is hidden


def test_unknown_language_is_refused():
    with pytest.raises(ReportError, match="no texts in this language"):
        Text("fr")
