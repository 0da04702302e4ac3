"""Panels into estimates of what a reform changed, with their checks and limits."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from analysis.effects.callaway import att_gt
    from analysis.effects.choices import Specification, specifications
    from analysis.effects.compared import compare
    from analysis.effects.counts import poisson
    from analysis.effects.decomposed import bacon
    from analysis.effects.districts import district_effects
    from analysis.effects.dose import dose_response
    from analysis.effects.doubts import run_checks
    from analysis.effects.durations import time_to_answer
    from analysis.effects.exposure import spillover_effects
    from analysis.effects.extended import extended_twfe
    from analysis.effects.few_clusters import cluster_inference
    from analysis.effects.group_time import GroupTimeEffects
    from analysis.effects.imputed import imputation
    from analysis.effects.interrupted import interrupted_series
    from analysis.effects.leave_out import leave_one_out
    from analysis.effects.local_projections import lp_did
    from analysis.effects.matched import matched_before_after
    from analysis.effects.mediated import mediation, mediation_sensitivity
    from analysis.effects.notes import Note
    from analysis.effects.permute import randomisation_test
    from analysis.effects.placebo import placebo_dates, placebo_outcomes
    from analysis.effects.power import detectable_effect
    from analysis.effects.pretrends import CheckResult, pretrend_test
    from analysis.effects.results import EffectEstimate
    from analysis.effects.robust import sensitivity
    from analysis.effects.specification import SpecificationCurve, specification_curve
    from analysis.effects.stacking import stacked
    from analysis.effects.sun_abraham import event_study
    from analysis.effects.synthetic import synthetic_did
    from analysis.effects.two_at_once import clean_controls, two_reforms
    from analysis.effects.two_way import twfe

__all__ = [
    "CheckResult",
    "EffectEstimate",
    "GroupTimeEffects",
    "Note",
    "Specification",
    "SpecificationCurve",
    "att_gt",
    "bacon",
    "clean_controls",
    "cluster_inference",
    "compare",
    "detectable_effect",
    "district_effects",
    "dose_response",
    "event_study",
    "extended_twfe",
    "imputation",
    "interrupted_series",
    "leave_one_out",
    "lp_did",
    "matched_before_after",
    "mediation",
    "mediation_sensitivity",
    "placebo_dates",
    "placebo_outcomes",
    "poisson",
    "pretrend_test",
    "randomisation_test",
    "run_checks",
    "sensitivity",
    "specification_curve",
    "specifications",
    "spillover_effects",
    "stacked",
    "synthetic_did",
    "time_to_answer",
    "twfe",
    "two_reforms",
]  # fmt: skip

_HOMES = {
    "CheckResult": "pretrends", "EffectEstimate": "results", "GroupTimeEffects": "group_time",
    "Note": "notes", "att_gt": "callaway", "bacon": "decomposed", "cluster_inference": "few_clusters",
    "compare": "compared", "district_effects": "districts", "event_study": "sun_abraham",
    "imputation": "imputed", "pretrend_test": "pretrends", "randomisation_test": "permute",
    "run_checks": "doubts", "sensitivity": "robust", "twfe": "two_way",
    "dose_response": "dose", "extended_twfe": "extended", "lp_did": "local_projections",
    "poisson": "counts", "stacked": "stacking", "synthetic_did": "synthetic",
    "leave_one_out": "leave_out", "placebo_dates": "placebo", "placebo_outcomes": "placebo",
    "Specification": "choices", "SpecificationCurve": "specification", "specifications": "choices",
    "specification_curve": "specification", "two_reforms": "two_at_once", "clean_controls": "two_at_once",
    "spillover_effects": "exposure", "mediation": "mediated", "mediation_sensitivity": "mediated",
    "detectable_effect": "power", "interrupted_series": "interrupted", "time_to_answer": "durations",
    "matched_before_after": "matched",
}  # fmt: skip


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
