"""The evidence grade of an estimated effect: design, checks and sensitivity, by rules kept as data."""

from __future__ import annotations

import math
import operator
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np
import pandas as pd

from analysis.reporting.provenance.trail import used

COMPARE = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge, "==": operator.eq}
FACTS = (
    "identified", "std_error", "randomised", "treated_clusters", "pretrend_p", "pretrend_blind", "holds_zero",
    "breakdown", "permutation_p", "estimators_outside", "leave_out_turns",
)  # fmt: skip
LEAST = 1
USUAL = "compared"  # the start that goes without saying once something lowered the grade
LOOKED_AT = [
    "reform", "outcome", "aggregation", "term", "estimate", "std_error", "conf_low", "conf_high",
    "identified", "p_value", "breakdown", "district", "raw", "raw_std_error", "tau", "pretrend_p",
    "pretrend_violation", "n_treated_clusters", "randomised",
]  # fmt: skip


@dataclass(frozen=True)
class Grade:
    """How far an effect can be trusted.

    Attributes
    ----------
    letter : {"A", "B", "C", "D"}
    level : int
        4 to 1.
    start : str
        Identifier of the rule that says where the grade begins.
    lowered : tuple of str
        Identifiers of the rules that lowered it.
    facts : dict
        What the rules looked at; NaN where not known.
    """

    letter: str
    level: int
    start: str
    lowered: tuple[str, ...]
    facts: dict[str, float]


def grade_effects(effects: pd.DataFrame) -> pd.DataFrame:
    """Grade every effect of a frame of effects.

    Parameters
    ----------
    effects : DataFrame
        As `estimate_effects` returns it. Columns of checks that it lacks count as not known.

    Returns
    -------
    DataFrame
        One row per reform and outcome: reform, outcome, grade (letter), level, start, lowered (identifiers
        separated by commas), then the facts the rules looked at: identified, std_error, randomised,
        treated_clusters, pretrend_p, pretrend_blind (violation of trends that the test finds in four of five
        cases, over the size of the effect), holds_zero, breakdown, permutation_p, estimators_outside (other
        estimators outside the interval), leave_out_turns (districts without which the sign turns).

    References
    ----------
    In ``grades.toml``: GRADE (Guyatt et al. 2008) and the Maryland Scientific Methods Scale (2002).
    """
    columns = ["reform", "outcome", "grade", "level", "start", "lowered", *FACTS]
    rows = []
    if len(effects) and "aggregation" in effects:
        slim = effects.reindex(columns=LOOKED_AT)
        for (reform, outcome), found in slim.groupby(["reform", "outcome"], sort=False):
            one = grade(facts_of(found))
            rows.append([reform, outcome, one.letter, one.level, one.start, ",".join(one.lowered),
                         *(one.facts[name] for name in FACTS)])  # fmt: skip
    return pd.DataFrame(rows, columns=columns)


def grade(facts: dict[str, float]) -> Grade:
    """Return the grade that the rules give to facts (see `FACTS`; one that is missing is not known)."""
    known = {name: float(facts.get(name, math.nan)) for name in FACTS}
    rules = grade_rules()
    start = next(rule for rule in rules["start"] if _all_hold(rule["when"], known))
    level, lowered = start["level"], []
    if level > LEAST:
        for rule in rules["lower"]:
            if _all_hold(rule["when"], known):
                lowered.append(rule["id"])
                level -= rule["by"]
    level = max(level, LEAST)
    return Grade(rules["level"][str(level)]["letter"], level, start["id"], tuple(lowered), known)


@cache
def grade_rules() -> dict:
    """Return the rules as they stand in ``grades.toml``: source, level, start, lower."""
    return tomllib.loads(files(__package__).joinpath("grades.toml").read_text(encoding="utf-8"))


def grade_words(row, language: str) -> str:
    """Return in words which rules decided a grade (a row of `grade_effects`)."""
    rules = {rule["id"]: rule[language] for part in ("start", "lower") for rule in grade_rules()[part]}
    lowered = [name for name in row.lowered.split(",") if name]
    said = [rules[name] for name in (lowered if lowered and row.start == USUAL else (row.start, *lowered))]
    return ("；" if language == "zh" else "; ").join(said)


def level_words(letter: str, language: str) -> str:
    """Return what a grade means."""
    return next(one[language] for one in grade_rules()["level"].values() if one["letter"] == letter)


def facts_of(rows: pd.DataFrame) -> dict[str, float]:
    """Return the facts that rules look at, from all rows of one reform and one outcome."""
    head = rows[rows["aggregation"] == "overall"].iloc[0]
    estimate, error, low, high = (
        _number(head, c) for c in ("estimate", "std_error", "conf_low", "conf_high")
    )
    violation = abs(_number(head, "pretrend_violation"))
    permuted = rows[(rows["aggregation"] == "inference") & (rows["term"] == "randomisation")]
    return {
        "identified": float(bool(head["identified"])), "std_error": error if error > 0 else math.nan,
        "randomised": _number(head, "randomised"), "treated_clusters": _number(head, "n_treated_clusters"),
        "pretrend_p": _number(head, "pretrend_p"),
        "pretrend_blind": violation / abs(estimate) if estimate else math.nan,
        "holds_zero": float(low <= 0 <= high) if low == low and high == high else math.nan,
        "breakdown": _number(head, "breakdown"),
        "permutation_p": float(permuted["p_value"].iloc[0]) if len(permuted) else math.nan,
        "estimators_outside": _outside(rows[rows["aggregation"] == "other"], low, high),
        "leave_out_turns": _turns(rows[(rows["aggregation"] == "district") & rows["district"].notna()]),
    }  # fmt: skip


def leave_one_out(districts: pd.DataFrame) -> pd.Series:
    """Return the mean effect without each district, from the districts' own (raw) effects.

    Parameters
    ----------
    districts : DataFrame
        district, raw, raw_std_error, tau: rows of `district_effects`.

    Returns
    -------
    Series
        By district: the mean of the others weighted by one over raw_std_error ** 2 + tau ** 2, as in a
        random-effects mean. Source: Viechtbauer and Cheung (2010).
    """
    if not {"raw", "raw_std_error", "tau"} <= set(districts):
        return pd.Series(dtype=float)
    known = districts.dropna(subset=["raw", "raw_std_error", "tau"])
    if len(known) < 3:
        return pd.Series(dtype=float)
    weights = 1 / (known["raw_std_error"] ** 2 + known["tau"] ** 2).to_numpy(float)
    parts = weights * known["raw"].to_numpy(float)
    means = (parts.sum() - parts) / (weights.sum() - weights)
    return pd.Series(means, index=known["district"].to_numpy())


def _turns(districts: pd.DataFrame) -> float:
    means = leave_one_out(districts)
    if not len(means):
        return math.nan
    known = districts.dropna(subset=["raw", "raw_std_error", "tau"])
    weights = 1 / (known["raw_std_error"] ** 2 + known["tau"] ** 2)
    return float((np.sign(means) != np.sign((weights * known["raw"]).sum())).sum())


def _outside(others: pd.DataFrame, low: float, high: float) -> float:
    known = others.loc[others["identified"].astype(bool), "estimate"].dropna()
    if low != low or high != high or not len(known):
        return math.nan
    return float(((known < low) | (known > high)).sum())


def _number(row: pd.Series, name: str) -> float:
    value = row.get(name, math.nan)
    return math.nan if pd.isna(value) else float(value)


def _all_hold(conditions: list, facts: dict[str, float]) -> bool:
    return all(_holds(facts[name], how, value) for name, how, value in conditions)


def _holds(fact: float, how: str, value: float) -> bool:
    if how == "unknown":
        return math.isnan(fact)
    return not math.isnan(fact) and COMPARE[how](fact, value)


def grades_of(report) -> pd.DataFrame:
    """Return `grade_effects` of a report's study, worked out once per run, or else once per report."""
    kept = vars(report).setdefault("_kept", {})
    if "grades" not in kept:
        used("frame", "effects")
        prepared = getattr(report, "prepared", None)
        kept["grades"] = (
            prepared.shared("grades") if prepared else grade_effects(report.city.frames["effects"])
        )
    return kept["grades"]


def grades_page() -> str:
    """Return the page of all rules of grading, for ``docs/evidence_grades.md``."""
    rules, parts = grade_rules(), [HEAD]
    for level in sorted(rules["level"], reverse=True):
        one = rules["level"][level]
        parts.append(f"- **{one['letter']}** {one['en']}\n  {one['zh']}")
    for part, head in (("start", START), ("lower", LOWER)):
        parts.append(head)
        parts += [_rule_line(rule, rules) for rule in rules[part]]
    parts.append("\n## Sources 来源\n")
    parts += [f"- `{name}`: {words}" for name, words in rules["source"].items()]
    return "\n".join(parts) + "\n"


def _rule_line(rule: dict, rules: dict) -> str:
    asked = " and ".join(
        f"{name} {how} {value}".replace("unknown 0", "unknown") for name, how, value in rule["when"]
    )
    level = rules["level"][str(rule["level"])]["letter"] if "level" in rule else f"−{rule['by']}"
    return (
        f"- `{rule['id']}` ({level}; {asked or 'otherwise'}; {rule['source']}): {rule['en']}\n  {rule['zh']}"
    )


HEAD = """# Evidence grades: the rules

Made by `grades_page` from `src/analysis/reporting/findings/grades.toml`; a test keeps both alike.

Every estimated effect bears a grade. It begins with the design, as the Maryland Scientific Methods Scale
ranks designs, and falls by one with every rule that speaks against the result, as in GRADE. The facts the
rules look at are columns of the table of effects (`grade_effects` returns them beside the grade), so anybody
can grade again. A grade says how far the evidence carries, not how large an effect is. That adoption was
dealt out by lot is what the study says, in the column `assignment` of the table reforms: "lot" for every
start of the reform, with all places that are compared in the draw. Nothing here can check it.

每项效应估计都有一个依据等级：从设计起算，每有一条规则对结果提出疑问就降一级。等级说的是依据有多可靠，不是效应有多大。

## Grades 等级
"""
START = "\n## Where a grade begins 起点：以第一条成立的规则为准\n"
LOWER = "\n## What lowers it 降级规则\n"
