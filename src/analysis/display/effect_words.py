"""An estimate as one plain sentence, with its interval, its comparison and its largest doubt."""

from __future__ import annotations

import math
from collections.abc import Sequence
from string import Formatter

from analysis.display.numbers import DIGITS, NO_VALUE, format_number
from analysis.display.text import Text
from analysis.effects import CheckResult, EffectEstimate, GroupTimeEffects, Note

FEW_TREATED = 10  # units or clusters treated, under which clustered errors are seldom right
FRAGILE = 1.0  # breakdown under which a break as large as seen before would explain the result away
MEASURED = {  # figures of notes that are in units of the outcome
    "pretrend_test": ("slope", "violation"), "tau": ("tau", "low", "high"),
    "leave_out_range": ("low", "high", "change"),
}  # fmt: skip
POWER_FACTOR = 2.8  # 1.96 + 0.84: two-sided 5 % test, power 80 %
MOST_DIGITS = 8
DOUBTS = (  # of notes, the gravest first
    "mediation_assumption", "interrupted_one", "one_cluster", "one_treated_unit", "few_treated_clusters",
    "staggered_twfe", "switch_off", "not_binary", "placebo_found", "leave_out_sign",
    "always_treated_kept", "spillover_weights_unknown", "matched_poor", "few_clusters", "one_unit_cohorts",
)  # fmt: skip
LESSER = ("matched_regression", "spillover_linear", "last_cohort_controls", "not_imputed", "unbalanced",
          "unbalanced_regression", "partial", "small_cohorts")  # fmt: skip


def effect_text(
    estimate: EffectEstimate | GroupTimeEffects,
    language: str = "en",
    *,
    term: str | None = None,
    reform: str | None = None,
    outcome: str | None = None,
    units: str | None = None,
    kind: str | None = None,
    checks: Sequence[CheckResult] = (),
    robustness: EffectEstimate | None = None,
) -> str:
    """Say in plain sentences what an estimate found, against whom, and what most speaks against it.

    Parameters
    ----------
    estimate : EffectEstimate or GroupTimeEffects
    language : {"en", "zh"}
    term : str, optional
        The row to speak about; by default "overall", or the first.
    reform, outcome, units : str, optional
        What to call the reform, the outcome and the units; by default in plain words of this language, as far
        as they are known.
    kind : str, optional
        How the outcome's numbers are written: "share" (given from 0 to 1, told in percentage points),
        "points", "days", "hours", "yuan", "people" or "number"; by default as the catalogue says.
    checks : sequence of CheckResult
        Of `run_checks` on the same data: a failed test of trends before adoption outranks milder doubts.
    robustness : EffectEstimate, optional
        Of `sensitivity` with relative magnitudes, on the same data.

    Returns
    -------
    str
        The figure with its 95 % interval and comparison group, then the largest doubt. No stars, nothing is
        called significant; an interval that holds zero is said to tell no change from the effect.

    Raises
    ------
    ReportError
        The language has no texts.
    KeyError
        The estimate has no such term.
    """
    said, doubt = effect_parts(
        estimate, Text(language), term=term, reform=reform, outcome=outcome, units=units, kind=kind,
        checks=checks, robustness=robustness,
    )  # fmt: skip
    return Text(language)("effect.pair", first=said, second=doubt) if doubt else said


def effect_parts(
    estimate: EffectEstimate | GroupTimeEffects,
    text: Text,
    *,
    term: str | None = None,
    reform: str | None = None,
    outcome: str | None = None,
    units: str | None = None,
    kind: str | None = None,
    checks: Sequence[CheckResult] = (),
    robustness: EffectEstimate | None = None,
) -> tuple[str, str]:
    """Return the two parts of `effect_text`: what was found, and the largest doubt (or nothing)."""
    estimate = estimate.aggregate("overall") if isinstance(estimate, GroupTimeEffects) else estimate
    row = headline(estimate, term)
    label = text.measure(estimate.outcome)
    words = {
        "reform": reform or _reform(text, estimate.treatment),
        "outcome": within(outcome or label.name),
    }  # fmt: skip
    if not row["identified"]:
        reason = text.named("effect_status", row["status"])
        return _sentence(text("effect.not_identified", reason=reason, **words)), ""
    kind = kind or label.kind
    words["comparison"] = comparison_words(estimate, text, units)
    low, high, error = (float(row[name]) for name in ("conf_low", "conf_high", "std_error"))
    known = low == low and high == high
    scale = error if error == error else (high - low) / 4
    figures = [format_effect(float(row["estimate"]), scale, kind), *_ends(low, high, scale, kind)]
    figures[0] = with_unit(figures[0], kind, text)
    words |= dict(zip(("estimate", "low", "high"), figures, strict=True))
    if not known:
        return _sentence(text("effect.no_interval", **words)), ""
    said = text("effect.changed" if low > 0 or high < 0 else "effect.unclear", **words)
    doubt = largest_doubt(estimate, text, checks, robustness, None if low > 0 or high < 0 else (error, kind))
    return _sentence(said), text("effect.doubt", doubt=doubt)


def largest_doubt(
    estimate: EffectEstimate,
    text: Text,
    checks: Sequence[CheckResult] = (),
    robustness: EffectEstimate | None = None,
    nothing: tuple[float, str] | None = None,
) -> str:
    """Return what most speaks against an estimate, in words.

    `nothing`: standard error and kind of an estimate whose interval holds zero; its doubt is its precision.
    """
    notes = {note.code: note for note in reversed(estimate.notes)}
    grave = next((code for code in DOUBTS if code in notes), None)
    if grave is not None:
        return note_text(notes[grave], text)
    clusters = min(estimate.n_treated, estimate.n_clusters)
    if clusters < FEW_TREATED and not _knows_few(estimate):
        return text("effect_note.few_treated", units=estimate.n_treated)
    trends = next((check for check in checks if check.name == "pre_trends"), None)
    if trends is not None and trends.passed is False:
        return text("effect_note.pre_trends_failed", p_value=trends.text.values["p_value"])
    if nothing is not None and nothing[0] > 0:
        least = format_effect(POWER_FACTOR * nothing[0], *nothing).lstrip("+")
        return text("effect_note.no_proof", detectable=with_unit(least, nothing[1], text))
    value = math.inf if robustness is None else float(robustness.table["breakdown"].iloc[0])
    if value < FRAGILE:
        return text("effect_note.fragile" if value else "effect_note.fragile_zero", value=value,
                    last=_last(robustness) + 1)  # fmt: skip
    lesser = next((code for code in LESSER if code in notes), None)
    return note_text(notes[lesser], text) if lesser else text("effect_note.parallel_trends")


def note_text(note: Note, text: Text, kind: str = "number") -> str:
    """Return a note in the language of `text`; one without translation stays in English.

    Figures in units of an outcome of kind "share" are given in percentage points.
    """
    known = text.names("effect_note")
    template = known.get(getattr(note, "code", None))
    if template is None:
        return str(note)
    asked = {name for _, name, _, _ in Formatter().parse(template) if name}
    values = {name: note.values[name] for name in asked}
    if "cluster" in values:
        values["cluster"] = text.named("cluster", values["cluster"])
    in_points = MEASURED.get(note.code, ()) if kind == "share" else ()
    return template.format(**values | {name: 100 * values[name] for name in in_points if name in values})


def headline(estimate: EffectEstimate, term: str | None = None):
    """Return the row called `term`; by default "overall", or the first."""
    terms = estimate.table["term"].astype(str)
    if term is not None and not (terms == term).any():
        raise KeyError(f"{term!r} is none of the estimate's terms: {', '.join(terms)}")
    wanted = terms == (term or "overall")
    return estimate.table[wanted if wanted.any() else terms == terms.iloc[0]].iloc[0]


def comparison_words(estimate: EffectEstimate, text: Text, units: str | None = None) -> str:
    """Return with whom the treated are compared, in words."""
    who = units or text.names("effect_who").get(estimate.unit, text("effect_who.other"))
    return _compared(estimate, text.names("effect_comparison")).format(units=who)


def comparison_name(estimate: EffectEstimate, text: Text) -> str:
    """Return with whom the treated are compared, in two or three words for a table."""
    return _compared(estimate, text.names("effect_group"))


def _compared(estimate: EffectEstimate, known: dict[str, str]) -> str:
    code = getattr(estimate.estimand, "code", "")
    return known.get(code if code in known else estimate.control_group, known["other"])


def format_effect(value: float, std_error: float, kind: str = "number") -> str:
    """Return an effect as text: signed, with as many digits as its standard error calls for."""
    if value is None or value != value or math.isinf(value):
        return NO_VALUE
    scale = 100 if kind == "share" else 1
    digits = effect_digits(std_error * scale, DIGITS.get(kind, 2))
    text = f"{value * scale:+,.{digits}f}"
    text = text.lstrip("+-") if float(text.replace(",", "")) == 0 else text
    return text.replace("-", "−")


def effect_digits(std_error: float, least: int = 0) -> int:
    """Return decimals that show one digit of the standard error at least, and `least` in any case."""
    if not std_error > 0 or math.isinf(std_error):
        return least
    return min(max(least, math.ceil(-math.log10(std_error))), MOST_DIGITS)


def with_unit(number: str, kind: str, text: Text) -> str:
    """Return a number with its unit, where the kind has one."""
    unit = text.names("effect_unit").get(kind)
    return number if unit is None else text("effect.with_unit", number=number, unit=unit)


def p_text(value: float, draws: int = 999) -> str:
    """Return a p-value as text; none is smaller than what that many draws can show."""
    if value != value:
        return NO_VALUE
    least = max(0.001, 1 / (draws + 1))
    return f"<{least:.3f}" if value < least else format_number(value, "ratio")


def _ends(low: float, high: float, scale: float, kind: str) -> list[str]:
    return [format_effect(value, scale, kind) for value in (low, high)]


def _reform(text: Text, column: str) -> str:
    name = column.removeprefix("cohort_")
    known = text.names("reform")
    return known.get(name, text("effect.the_reform") if name == column else name.replace("_", " "))


def _knows_few(estimate: EffectEstimate) -> bool:
    return any(note.code in ("jackknife", "synthetic_placebo") for note in estimate.notes)


def _last(robustness: EffectEstimate) -> int:
    windows = [note.values["high"] for note in robustness.notes if "high" in getattr(note, "values", {})]
    return int(windows[0]) if windows else 0


def within(name: str) -> str:
    """Return a name as it stands within a sentence: small first letter, unless it is an abbreviation."""
    return name[:1].lower() + name[1:] if len(name) > 1 and name[1].islower() else name


def _sentence(words: str) -> str:
    return words[:1].upper() + words[1:]
