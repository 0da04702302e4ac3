"""Recommendations: rules as data, what fires them, what must not, and the page that lists them."""

import re

import numpy as np
import pandas as pd
import pytest

from analysis.display.text import LANGUAGES, Text
from analysis.errors import ReportError
from analysis.reporting.findings.advice import THRESHOLDS, fires, recommendations, recommendations_page, rules
from analysis.reporting.findings.facts import FACTS, figure_of
from analysis.reporting.findings.figures import Figure

NAN = float("nan")


def test_rules_are_whole():
    names = [rule["id"] for rule in rules()]
    assert len(names) == len(set(names)) >= 12
    for rule in rules():
        assert rule["threshold_source"] in THRESHOLDS
        for language in LANGUAGES:
            assert re.findall(r"{(\w+)}", rule["said"][language]) == ["value", "basis"], rule["id"]
            assert all(rule[part][language] for part in ("text", "reason", "source"))
        for condition in rule["when"]:
            assert ("above" in condition) != ("below" in condition)
            assert condition["figure"].split(":")[0] in FACTS or condition["figure"].count(":") == 0


def test_page_of_rules_is_up_to_date(repository):
    page = repository / "docs" / "recommendations.md"
    assert page.read_text(encoding="utf-8") == recommendations_page()


def test_nothing_is_called_significant(repository):
    files = [*(repository / "src/analysis/reporting/findings").glob("*.toml"),
             *(repository / "src/analysis/display/text").glob("??.toml")]  # fmt: skip
    for file in files:
        text = re.sub(r"\(?\d{4}\)[^\"]*?significan[^\"]*", "", file.read_text(encoding="utf-8"))
        text = text.replace("statistical insignificance of seemingly significant experimental results", "")
        assert not re.search(r"significan|显著", text), file.name


@pytest.mark.parametrize(
    ("figure", "condition", "expected"),
    [
        (Figure("x", 0.12, 0.11, 0.14, 50), {"above": 0.10}, True),
        (Figure("x", 0.12, 0.09, 0.14, 50), {"above": 0.10}, False),
        (Figure("x", 0.12, n=50), {"above": 0.10}, True),
        (Figure("x", 0.70, 0.65, 0.79, 50), {"below": 0.80}, True),
        (Figure("x", 0.70, 0.65, 0.81, 50), {"below": 0.80}, False),
        (Figure("x", 0.70, 0.65, 0.79, 19), {"below": 0.80, "n": 20}, False),
        (Figure("x", 0.70, 0.65, 0.79, 50, hidden=True), {"below": 0.80}, False),
        (Figure("x", NAN, n=50), {"below": 0.80}, False),
        (Figure("x", 0.0, n=0), {"below": 0.80}, False),
    ],
)  # fmt: skip
def test_a_rule_needs_the_whole_interval(figure, condition, expected):
    assert fires(figure, condition) is expected


def waiting(share, low, high, n=300):
    row = {"district_id": "A", "process": "consultation", "days": 90.0, "waiting": share, "conf_low": low}
    return pd.DataFrame([row | {"conf_high": high, "matters": n}])


EMPTY = {
    "waiting": "district_id process days waiting conf_low conf_high matters",
    "representation": "district_id group level ratio conf_low conf_high participants_known hidden",
    "matching": "district_id category needs happened pooled", "oversight": "district_id n reviewed",
    "needs": "district_id category unmet nobody_offers", "returns": "district_id list match cut share_12",
    "inclusion": "place_id group measure ratio conf_low conf_high n_group n_others",
}  # fmt: skip


def frames(**changed):
    blank = {
        name: pd.DataFrame({c: pd.Series(dtype="str") for c in names.split()})
        for name, names in EMPTY.items()
    }
    return blank | changed


def test_one_rule_fires_with_its_figure_reason_and_source(handmade):
    report = handmade([], **frames(waiting=waiting(0.27, 0.24, 0.30)))
    (found,) = recommendations(report)
    assert found.id == "consultation_waits"
    assert "27.0%" in found.said
    assert "95% interval 24.0% to 30.0%, n = 300" in found.said
    assert found.reason
    assert found.source
    assert "10.0%" in found.threshold
    unsure = handmade([], **frames(waiting=waiting(0.27, 0.08, 0.50)))
    assert not recommendations(unsure)
    assert not recommendations(handmade([], **frames()))


def test_both_conditions_must_hold(handmade):
    matching = pd.DataFrame({"district_id": ["A"], "category": ["all"], "needs": [200], "happened": [60],
                             "pooled": [100]})  # fmt: skip
    rows = [("matching_needs_met", "all", "A", 0.30, 200, 0.03)]
    assert [one.id for one in recommendations(handmade(rows, **frames(matching=matching)))] == ["needs_unmet"]
    scarce = matching.assign(pooled=62)
    assert not recommendations(handmade(rows, **frames(matching=scarce)))


def test_hidden_groups_fire_nothing(handmade):
    table = pd.DataFrame({"district_id": ["A"], "group": ["residency"], "level": ["non_registered"],
                          "ratio": [0.2], "conf_low": [0.1], "conf_high": [0.4], "participants_known": [80.0],
                          "hidden": [False]})  # fmt: skip
    fired = recommendations(handmade([], **frames(representation=table)))
    assert [one.id for one in fired] == ["nonregistered_underrepresented"]
    assert not recommendations(handmade([], **frames(representation=table.assign(hidden=True))))


def test_duties_that_stay_need_two_years_of_counts(handmade):
    months = [f"20{20 + k // 12}-{k % 12 + 1:02d}" for k in range(24)]

    def report(last):
        values = [8.0] * 12 + [last] * 12
        rows = [("burden_duties_seal", m, "A", v, 20, NAN) for m, v in zip(months, values, strict=True)]
        return handmade(rows, periods=months, **frames())

    assert [one.id for one in recommendations(report(7.9))] == ["seals_remain"]
    assert not recommendations(report(4.0))


def test_against_others_without_errors_fires_nothing(handmade):
    rows = [("network_active_share", "all", p, v, 500, NAN) for p, v in (("A", 0.1), ("B", 0.5), ("C", 0.5))]
    assert not recommendations(handmade(rows, **frames()))
    known = [(*row[:5], 0.01) for row in rows]
    (found,) = recommendations(handmade(known, **frames()))
    assert found.id == "thin_network"
    assert "−40.0" in found.said


def test_unknown_fact_says_what_to_mend(handmade):
    with pytest.raises(ReportError, match="no such fact"):
        figure_of(handmade([]), "moon:full")


def test_every_figure_of_every_rule_stands_an_empty_study(handmade):
    report = handmade([], **frames())
    for rule in rules():
        for condition in rule["when"]:
            assert not figure_of(report, condition["figure"]).known or rule["id"] == "nobody_offers"
    assert np.isnan(figure_of(report, "kept:burden_hours").value)
    assert Text("zh")("advice.head")
