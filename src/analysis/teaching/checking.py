"""Check an answer and help on, without giving the answer away."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from html import escape
from numbers import Real
from pathlib import Path

from analysis.teaching.case import LANGUAGES, Case, CaseError
from analysis.teaching.opening import case_study, current
from analysis.teaching.sealing import seal

NEAR = 0.1  # share of the right figure within which an answer is called close


@dataclass(frozen=True, repr=False)
class Feedback:
    """What `check` says about one answer; true if it is right.

    Attributes
    ----------
    question : str
    right : bool
    texts : dict of language -> str
    language : str or None
        The one shown; both if None.
    """

    question: str
    right: bool
    texts: dict[str, str]
    language: str | None = None

    @property
    def text(self) -> str:
        """The message as it is shown."""
        return "\n".join(self.texts[code] for code in ([self.language] if self.language else LANGUAGES))

    def require(self) -> None:
        """Raise AssertionError with the message unless the answer is right."""
        if not self.right:
            raise AssertionError(self.text)

    def __bool__(self) -> bool:
        return self.right

    def __repr__(self) -> str:
        return f"{'✓' if self.right else '✗'} {self.question}: {self.text}"

    def _repr_html_(self) -> str:
        colour, mark = ("#0072B2", "✓") if self.right else ("#D55E00", "✗")
        lines = "<br>".join(escape(line) for line in self.text.splitlines())
        return (
            f'<div style="border-left:4px solid {colour};padding:2px 10px">'
            f"<b>{mark} {escape(self.question)}</b> {lines}</div>"
        )


def check(question: str, answer: object = None) -> Feedback:
    """Check the answer to a question of the case opened last.

    Parameters
    ----------
    question : str
        Such as "q3".
    answer : number, str, list of str, or Series or dict of numbers
        As the question asks.

    Returns
    -------
    Feedback
        True if right; shows a hint if not.

    Raises
    ------
    CaseError
        If no case is open or it has no such question.
    """
    case, language = current()
    return judge(case, question, answer, language)


def judge(case: Case, question: str, answer: object, language: str | None = None) -> Feedback:
    """Check an answer to a question of `case`; see `check`."""
    if question not in case.checks:
        raise CaseError(
            "This question has no automatic check.",
            where=f'check("{question}", ...)',
            expected="one of " + ", ".join(case.checks),
        )
    rule = case.checks[question]
    found = _sealed(case, question, rule, answer) if "sealed" in rule else _computed(case, rule, answer)
    said, right = found
    if answer is None or answer is Ellipsis:
        said, right = words("missing"), False
    texts = {code: said[code].format(question=question, **_shown(case, rule)) for code in LANGUAGES}
    return Feedback(question, right, texts, language)


def _shown(case: Case, rule: dict) -> dict[str, str]:
    """Return what a message may name: the choices, the rows of a table; never a figure."""
    expected = None if "sealed" in rule else _expected(case, rule["answer"])
    rows = ", ".join(expected) if isinstance(expected, dict) else ""
    return {"choices": ", ".join(rule.get("choices", ())), "rows": rows}


def _sealed(case: Case, question: str, rule: dict, answer: object) -> tuple[dict[str, str], bool]:
    if not isinstance(answer, str) or answer.strip().casefold() not in rule["choices"]:
        return words("kind_word"), False
    given = seal(case.slug, question, answer)
    if given == rule["sealed"]:
        return rule.get("right", words("right")), True
    return next((m for m in rule.get("mistakes", ()) if m["sealed"] == given), rule), False


def _computed(case: Case, rule: dict, answer: object) -> tuple[dict[str, str], bool]:
    expected, given = _expected(case, rule["answer"]), plain(answer)
    if type(given) is not type(expected):
        kind = {float: "kind_number", dict: "kind_table", list: "kind_names"}[type(expected)]
        return words(kind), False
    if isinstance(expected, dict) and set(given) != set(expected):
        return words("kind_table"), False
    tolerance = rule.get("tolerance", 0.0)
    if _same(given, expected, tolerance):
        return rule.get("right", words("right")), True
    for mistake in rule.get("mistakes", ()):
        wrong = _expected(case, mistake["answer"])
        if type(wrong) is type(given) and _same(given, wrong, tolerance):
            return mistake, False
    general = _general(given, expected, tolerance)
    if general is None:
        return rule, False
    return {code: words(general)[code].replace("{hint}", rule[code]) for code in LANGUAGES}, False


@cache
def _function_value(slug: str, name: str) -> object:
    from analysis.teaching.case import read_case

    return plain(read_case(slug).function(name)(case_study(slug)))


def _expected(case: Case, name: str) -> object:
    return _function_value(case.slug, name)


def plain(value: object) -> object:
    """Return a number as float, numbers by name as dict, names as a sorted list, and anything else as None.

    A list of one number is not a number; numbers that are not finite are nothing.
    """
    if isinstance(value, bool | str | bytes) or value is None:
        return None
    if hasattr(value, "item") and getattr(value, "ndim", 1) == 0:
        value = value.item()
    if isinstance(value, Real):
        return float(value) if math.isfinite(value) else None
    if hasattr(value, "columns"):
        return plain(value.iloc[:, 0]) if len(value.columns) == 1 else None
    if hasattr(value, "to_dict"):
        value = value.to_dict()
    if isinstance(value, Mapping):
        pairs = {str(key): plain(inner) for key, inner in value.items()}
        return pairs if all(isinstance(inner, float) for inner in pairs.values()) else None
    if isinstance(value, Iterable):
        names = list(value)
        return sorted(names) if names and all(isinstance(name, str) for name in names) else None
    return None


def _same(given: object, expected: object, tolerance: float) -> bool:
    if isinstance(expected, dict):
        return set(given) == set(expected) and all(_same(given[k], expected[k], tolerance) for k in expected)
    if isinstance(expected, float):
        return abs(given - expected) <= tolerance + 1e-9 * abs(expected)
    return given == expected


def _general(given: object, expected: object, tolerance: float) -> str | None:
    """Return the name of a hint that fits any question: a wrong unit, a wrong sign, nearly right."""
    if not isinstance(expected, float) or expected == 0:
        return None
    if _same(given, 100 * expected, 100 * tolerance) or _same(100 * given, expected, tolerance):
        return "hundred"
    if _same(-given, expected, tolerance):
        return "sign"
    return "close" if abs(given - expected) <= NEAR * abs(expected) and not expected.is_integer() else None


@cache
def _all_words() -> dict[str, dict[str, str]]:
    return tomllib.loads(Path(__file__).with_name("words.toml").read_text(encoding="utf-8"))


def words(name: str) -> dict[str, str]:
    """Return a text that all cases share, by language."""
    return _all_words()[name]
