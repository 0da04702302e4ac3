"""What the reforms changed, estimated once per run for the whole study, as one frame for all reports."""

from __future__ import annotations

import pandas as pd

from analysis.display.effect_words import effect_parts
from analysis.display.text import LANGUAGES, Text
from analysis.errors import EstimationError
from analysis.reporting.examination import Examination, cluster_of, examine

OWN_OUTCOMES = ("network_active_share", "network_support", "burden_duties", "burden_hours")
EFFECT_COLUMNS = [
    "reform", "outcome", "aggregation", "cluster", "n_clusters", "note", "term", "event_time", "estimate",
    "std_error", "statistic", "p_value", "conf_low", "conf_high", "n_units", "identified", "status",
    "breakdown", "advice", "trusted", "district", "weight", "detectable", "raw", "raw_std_error", "tau",
    "pretrend_p", "pretrend_violation", "n_treated_clusters", "randomised",
    *(f"{part}_{language}" for language in LANGUAGES for part in ("text", "doubt")),
]  # fmt: skip


def estimate_effects(panel: pd.DataFrame, *, outcomes: list[str]) -> pd.DataFrame:
    """Estimate every reform's effect on every outcome and look at each from every side.

    Parameters
    ----------
    panel : DataFrame
        As `build_panel` returns it.
    outcomes : list of str
        Columns of the panel; the project's own measures of `OWN_OUTCOMES` are added where they are there.

    Returns
    -------
    DataFrame
        reform, outcome, aggregation, cluster, n_clusters, note, then the columns of an `EffectEstimate`
        table. Per aggregation: "overall" (Callaway-Sant'Anna; breakdown of relative magnitudes, advice on
        inference, sentence and largest doubt in each language), "event_time", "other" (term: the
        estimator), "inference" (term: the method, trusted), "district" (shrunk, with weight
        and detectable). An effect that cannot be estimated is one row with identified False and the
        reason in note. For the evidence grade, "overall" also holds pretrend_p (joint test of trends before
        adoption), pretrend_violation (the drift it would find in four of five cases), n_treated_clusters and
        randomised (1 if the study says so; missing: not stated); "district" holds raw, raw_std_error and tau.
    """
    reforms = [c.removeprefix("cohort_") for c in panel.columns if c.startswith("cohort_")]
    wanted = [*outcomes, *(name for name in OWN_OUTCOMES if name in panel)]
    parts = []
    for reform in reforms:
        cluster = cluster_of(panel, f"cohort_{reform}")
        for outcome in wanted:
            keys = {"reform": reform, "outcome": outcome, "cluster": cluster}
            try:
                found = examine(panel, outcome, reform)
                facts = {
                    "n_treated_clusters": _treated_clusters(panel, outcome, f"cohort_{reform}", cluster),
                    "randomised": 1.0 if reform in panel.attrs.get("by_lot", ()) else float("nan"),
                }
                parts += _rows(found, keys, facts)
            except EstimationError as error:
                reason = {"aggregation": "overall", "identified": False, "note": error.what}
                parts.append(pd.DataFrame([keys | reason]))
    if not parts:
        return pd.DataFrame({c: pd.Series(dtype="object") for c in ("reform", "outcome", "aggregation")})
    whole = pd.concat([part.reindex(columns=EFFECT_COLUMNS) for part in parts], ignore_index=True)
    return whole.astype({"trusted": "boolean", "identified": bool})


def _rows(found: Examination, keys: dict[str, str], facts: dict[str, float]) -> list[pd.DataFrame]:
    overall = found.headline.tidy().assign(
        n_clusters=found.headline.n_clusters,
        breakdown=float("nan") if found.robustness is None else found.robustness.table["breakdown"].iloc[0],
        advice=_advice(found),
        **facts,
        **_trends(found),
        **_sentences(found),
    )
    parts = {"overall": overall}
    if found.course is not None:
        parts["event_time"] = found.course.tidy().assign(n_clusters=found.course.n_clusters)
    rows = [
        one.table[one.table["term"] == "overall"].assign(term=name)
        for name, one in found.others.items()
        if one is not found.headline
    ]
    if rows:
        parts["other"] = pd.concat(rows)
    if found.inference is not None:
        parts["inference"] = found.inference.tidy()
    if found.districts is not None:
        parts["district"] = found.districts.tidy()
    return [part.assign(aggregation=name, **keys) for name, part in parts.items()]


def _trends(found: Examination) -> dict[str, float]:
    trends = next((check.table for check in found.checks if check.name == "pre_trends"), None)
    if trends is None:
        return {"pretrend_p": float("nan"), "pretrend_violation": float("nan")}
    last = trends.iloc[-1]  # of the highest power
    return {"pretrend_p": float(last["p_value"]), "pretrend_violation": float(last["violation"])}


def _treated_clusters(panel: pd.DataFrame, outcome: str, cohort: str, cluster: str) -> int:
    """Return how many clusters hold a unit that is seen with the outcome after it adopted."""
    starts = panel[cohort].astype("Float64").fillna(float("inf")).astype(float)
    return int(panel.loc[panel["time"].ge(starts) & panel[outcome].notna(), cluster].nunique())


def _sentences(found: Examination) -> dict[str, str]:
    said = {}
    for language in LANGUAGES:
        parts = effect_parts(found.headline, Text(language), checks=found.checks, robustness=found.robustness)
        said |= {f"text_{language}": parts[0], f"doubt_{language}": parts[1]}
    return said


def _advice(found: Examination) -> str | None:
    notes = found.inference.notes if found.inference is not None else ()
    return next((note.code for note in notes if note.code.startswith("trust_")), None)
