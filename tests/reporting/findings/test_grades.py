"""Evidence grades: each rule by itself, from the table alone, and with what is not known."""

import numpy as np
import pandas as pd
import pytest

from analysis.reporting.findings.grades import (
    FACTS,
    grade,
    grade_effects,
    grade_rules,
    grade_words,
    grades_page,
    leave_one_out,
    level_words,
)

CLEAN = {
    "identified": 1, "std_error": 0.5, "treated_clusters": 40, "pretrend_p": 0.5, "pretrend_blind": 0.2,
    "holds_zero": 0, "breakdown": 2.0, "permutation_p": 0.01, "estimators_outside": 0, "leave_out_turns": 0,
}  # fmt: skip
BREAKS = {  # facts that make one rule fire and no other
    "few_treated": {"treated_clusters": 9}, "treated_not_known": {"treated_clusters": np.nan},
    "trends_differed": {"pretrend_p": 0.04}, "trends_untested": {"pretrend_p": np.nan},
    "trends_test_blind": {"pretrend_blind": 1.1}, "imprecise": {"holds_zero": 1, "breakdown": 0.0},
    "fragile": {"breakdown": 0.99}, "sensitivity_unknown": {"breakdown": np.nan},
    "placebo": {"permutation_p": 0.06}, "estimators_differ": {"estimators_outside": 1},
    "one_district": {"leave_out_turns": 1},
}  # fmt: skip


def test_nothing_against_it_is_moderate_and_a_lottery_strong():
    assert (grade(CLEAN).letter, grade(CLEAN).lowered) == ("B", ())
    assert grade(CLEAN | {"randomised": 1}).letter == "A"


def test_every_rule_lowers_by_itself():
    assert set(BREAKS) == {rule["id"] for rule in grade_rules()["lower"]}
    for name, facts in BREAKS.items():
        found = grade(CLEAN | facts)
        assert found.lowered == (name,), name
        assert found.letter == "C", name


def test_rules_add_up_and_stop_at_the_lowest():
    two = grade(CLEAN | BREAKS["placebo"] | BREAKS["fragile"])
    assert (two.letter, set(two.lowered)) == ("D", {"placebo", "fragile"})
    assert grade(CLEAN | BREAKS["placebo"] | BREAKS["fragile"] | BREAKS["few_treated"]).letter == "D"


@pytest.mark.parametrize("facts", [{"identified": 0}, {"std_error": np.nan}, {"treated_clusters": 1}])
def test_without_a_comparison_with_an_error_it_is_very_weak(facts):
    assert (grade(CLEAN | facts).letter, grade(CLEAN | facts).lowered) == ("D", ())


def test_nothing_known_is_never_better_than_weak():
    assert grade({"identified": 1, "std_error": 0.5}).letter == "D"


def effects(**overall):
    head = {
        "reform": "r", "outcome": "trust", "aggregation": "overall", "term": "overall", "identified": True,
        "estimate": 2.0, "std_error": 0.5, "conf_low": 1.0, "conf_high": 3.0, "breakdown": 1.5,
        "pretrend_p": 0.4, "pretrend_violation": 0.6, "n_treated_clusters": 30,
    }  # fmt: skip
    rows = [
        head | overall,
        {"aggregation": "other", "term": "imputation", "identified": True, "estimate": 2.2},
        {"aggregation": "inference", "term": "randomisation", "identified": True, "p_value": 0.002},
    ]
    rows += [
        {"aggregation": "district", "term": f"district={d}", "district": d, "identified": True, "raw": raw,
         "raw_std_error": 1.0, "tau": 0.5}
        for d, raw in (("A", 1.0), ("B", 2.0), ("C", 3.0))
    ]  # fmt: skip
    return pd.DataFrame(rows).assign(reform="r", outcome="trust")


def test_grade_follows_from_the_table_in_any_order():
    table = effects()
    before = table.copy()
    found = grade_effects(table)
    pd.testing.assert_frame_equal(table, before)
    row = found.iloc[0]
    assert (row["grade"], row["lowered"], row["pretrend_blind"]) == ("B", "", pytest.approx(0.3))
    mixed = grade_effects(table.sample(frac=1, random_state=1))
    pd.testing.assert_frame_equal(found, mixed)
    assert grade(row[list(FACTS)].to_dict()).letter == row["grade"]


def test_what_the_table_lacks_is_not_known():
    old = effects().drop(columns=["pretrend_p", "pretrend_violation", "n_treated_clusters", "raw"])
    assert set(grade_effects(old)["lowered"].iloc[0].split(",")) == {"trends_untested", "treated_not_known"}
    assert not len(grade_effects(pd.DataFrame({"reform": [], "outcome": [], "aggregation": []})))


def test_estimate_of_nothing_is_very_weak():
    found = grade_effects(effects(identified=False, estimate=np.nan, std_error=np.nan, conf_low=np.nan,
                                  conf_high=np.nan)).iloc[0]  # fmt: skip
    assert (found["grade"], found["start"]) == ("D", "not_estimated")


def test_leave_one_out_against_brute_force():
    table = pd.DataFrame({"district": list("ABCD"), "raw": [3.0, -1.0, -2.0, 0.5],
                          "raw_std_error": [0.2, 1.0, 2.0, 1.0], "tau": 0.3})  # fmt: skip
    found = leave_one_out(table)
    for name in "ABCD":
        rest = table[table["district"] != name]
        weights = 1 / (rest["raw_std_error"] ** 2 + 0.09)
        assert found[name] == pytest.approx(np.average(rest["raw"], weights=weights))
    assert found["A"] < 0 < found["B"]
    assert not len(leave_one_out(table[:2]))


@pytest.mark.parametrize("language", ["en", "zh"])
def test_words_name_the_rules_and_every_rule_has_a_source(language):
    rules = grade_rules()
    for part in ("start", "lower"):
        for rule in rules[part]:
            assert rule[language]
            assert rule["source"] in rules["source"]
            assert {name for name, _, _ in rule["when"]} <= set(FACTS)
    row = grade_effects(effects(breakdown=0.2)).iloc[0]
    fragile = next(rule for rule in rules["lower"] if rule["id"] == "fragile")
    assert grade_words(row, language) == fragile[language]
    assert all(level_words(letter, language) for letter in "ABCD")


def test_page_of_rules_is_up_to_date(repository):
    page = repository / "docs" / "evidence_grades.md"
    assert page.read_text(encoding="utf-8") == grades_page()
