"""What to look at next: rules kept as data, each shown with the figure that fired it, reason and source."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from analysis.display.numbers import format_number
from analysis.display.text import Text
from analysis.reporting.findings.facts import figure_of
from analysis.reporting.findings.figures import Figure, basis

THRESHOLDS = ("regulation", "four_fifths", "others", "convention")


@dataclass(frozen=True)
class Recommendation:
    """One rule that fired.

    Attributes
    ----------
    id : str
    figure : Figure
        The figure of the rule's first condition.
    said, text, reason, source, threshold : str
        The figure in words; what to look at; why; where that comes from; what was asked of the figure.
    """

    id: str
    figure: Figure
    said: str
    text: str
    reason: str
    source: str
    threshold: str


@cache
def rules() -> tuple[dict, ...]:
    """Return the rules as they stand in ``recommendations.toml``, in the order of their weight."""
    text = files(__package__).joinpath("recommendations.toml").read_text(encoding="utf-8")
    return tuple(tomllib.loads(text)["rule"])


def recommendations(report) -> list[Recommendation]:
    """Return the rules that fire for the district of a report, in the order of the list.

    A rule fires if the whole interval of each of its figures lies beyond the threshold; a figure that was
    counted and has no error must itself lie there. Hidden figures, and such as rest on too few, fire nothing.
    """
    kept = vars(report).setdefault("_kept", {})
    if ("advice", report.district) not in kept:
        kept["advice", report.district] = _fired(report)
    return kept["advice", report.district]


def _fired(report) -> list[Recommendation]:
    found = []
    for rule in rules():
        figures = []
        for condition in rule["when"]:
            figures.append(figure_of(report, condition["figure"]))
            if not fires(figures[-1], condition):
                break
        else:
            found.append(_written(rule, figures[0], report.text))
    return found


def fires(figure: Figure, condition: dict) -> bool:
    """Whether a figure meets a condition: figure, above or below, n."""
    if not figure.known or figure.n < condition.get("n", 1):
        return False
    if "above" in condition:
        return figure.surely_above(condition["above"])
    return figure.surely_below(condition["below"])


def _written(rule: dict, figure: Figure, text: Text) -> Recommendation:
    language = text.language
    signed = rule["when"][0]["figure"].startswith("others:")
    value = format_number(figure.value, figure.kind, signed=signed)
    said = rule["said"][language].format(value=value, basis=basis(figure, text))
    said = said.replace("  ", " ").replace(" .", ".")
    parts = (rule[part][language] for part in ("text", "reason", "source"))
    return Recommendation(rule["id"], figure, said, *parts, _limit(rule, figure, text))


def _limit(rule: dict, figure: Figure, text: Text) -> str:
    side = "above" if "above" in rule["when"][0] else "below"
    value = format_number(rule["when"][0][side], figure.kind)
    return text(f"advice.limit_{side}", value=value, source=text(f"advice.{rule['threshold_source']}"))


def threshold_words(rule: dict, text: Text) -> str:
    """Return what a rule asks of its figures, and where its threshold comes from."""
    asked = [_condition(condition, text) for condition in rule["when"]]
    return text("advice.threshold", asked=text("advice.and").join(asked),
                source=text(f"advice.{rule['threshold_source']}"))  # fmt: skip


def _condition(condition: dict, text: Text) -> str:
    side = "above" if "above" in condition else "below"
    said = text(f"advice.{side}", figure=condition["figure"], value=f"{condition[side]:g}")
    return said + (text("advice.least", n=condition["n"]) if "n" in condition else "")


def recommendations_page() -> str:
    """Return the page of all rules, for ``docs/recommendations.md``."""
    parts = [HEAD]
    for rule in rules():
        parts.append(f"## {rule['id']}\n\n{rule['text']['en']}  \n{rule['text']['zh']}\n")
        for name, language in (("English", "en"), ("中文", "zh")):
            text = Text(language)
            shown = rule["said"][language].format(value="…", basis="(…)" if language == "en" else "（…）")
            lines = [shown, threshold_words(rule, text), rule["reason"][language], rule["source"][language]]
            heads = (text(f"advice.{key}") for key in ("figure", "condition", "reason", "source"))
            listed = "\n".join(f"- {head}: {line}" for head, line in zip(heads, lines, strict=True))
            parts.append(f"{name}\n\n{listed}\n")
    return "\n".join(parts)


HEAD = """# What to look at next: the rules

Made by `recommendations_page` from `src/analysis/reporting/findings/recommendations.toml`; a test keeps both
alike.

A report recommends nothing of its own accord: it shows the rules below that fire, each with the figure that
fired it, its reason and its source. A rule fires only if the whole 95 % interval of its figure lies beyond
the threshold; a figure that was counted and has no error must itself lie there. A figure that is hidden, not
known, or rests on fewer than the least n fires nothing. `recent:` is the last year (the second half, where
there are not two years), `kept:` the last year over the first, `others:` the difference from the mean of the
other districts. A rule says where to look, not what caused what.

本页由规则文件生成。报告只列出被触发的规则，并注明触发它的数字、理由和来源；只有数字的整个95%区间都越过界限时才会触发。规则只指出该看哪里，不说明原因。
"""
