"""Panels into estimates of what a reform changed, with their checks and limits."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from analysis.effects.credibility.choices import Specification, specifications
    from analysis.effects.credibility.doubts import run_checks
    from analysis.effects.credibility.leave_out import leave_one_out
    from analysis.effects.credibility.placebo import placebo_dates, placebo_outcomes
    from analysis.effects.credibility.power import detectable_effect
    from analysis.effects.credibility.pretrends import CheckResult, pretrend_test
    from analysis.effects.credibility.robust import sensitivity
    from analysis.effects.credibility.specification import SpecificationCurve, specification_curve
    from analysis.effects.designs.districts import district_effects
    from analysis.effects.designs.durations import time_to_answer
    from analysis.effects.designs.exposure import spillover_effects
    from analysis.effects.designs.interrupted import interrupted_series
    from analysis.effects.designs.matched import matched_before_after
    from analysis.effects.designs.mediated import mediation, mediation_sensitivity
    from analysis.effects.designs.two_at_once import clean_controls, two_reforms
    from analysis.effects.estimators.callaway import att_gt
    from analysis.effects.estimators.counts import poisson
    from analysis.effects.estimators.decomposed import bacon
    from analysis.effects.estimators.dose import dose_response
    from analysis.effects.estimators.extended import extended_twfe
    from analysis.effects.estimators.group_time import GroupTimeEffects
    from analysis.effects.estimators.imputed import imputation
    from analysis.effects.estimators.local_projections import lp_did
    from analysis.effects.estimators.stacking import stacked
    from analysis.effects.estimators.sun_abraham import event_study
    from analysis.effects.estimators.synthetic import synthetic_did
    from analysis.effects.estimators.two_way import twfe
    from analysis.effects.inference.few_clusters import cluster_inference
    from analysis.effects.inference.permute import randomisation_test
    from analysis.effects.results.compared import compare
    from analysis.effects.results.estimate import EffectEstimate
    from analysis.effects.results.notes import Note

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

_NAMES = {
    "estimators.callaway": "att_gt",
    "estimators.counts": "poisson",
    "estimators.decomposed": "bacon",
    "estimators.dose": "dose_response",
    "estimators.extended": "extended_twfe",
    "estimators.group_time": "GroupTimeEffects",
    "estimators.imputed": "imputation",
    "estimators.local_projections": "lp_did",
    "estimators.stacking": "stacked",
    "estimators.sun_abraham": "event_study",
    "estimators.synthetic": "synthetic_did",
    "estimators.two_way": "twfe",
    "inference.few_clusters": "cluster_inference",
    "inference.permute": "randomisation_test",
    "credibility.choices": "Specification specifications",
    "credibility.doubts": "run_checks",
    "credibility.leave_out": "leave_one_out",
    "credibility.placebo": "placebo_dates placebo_outcomes",
    "credibility.power": "detectable_effect",
    "credibility.pretrends": "CheckResult pretrend_test",
    "credibility.robust": "sensitivity",
    "credibility.specification": "SpecificationCurve specification_curve",
    "designs.districts": "district_effects",
    "designs.durations": "time_to_answer",
    "designs.exposure": "spillover_effects",
    "designs.interrupted": "interrupted_series",
    "designs.matched": "matched_before_after",
    "designs.mediated": "mediation mediation_sensitivity",
    "designs.two_at_once": "clean_controls two_reforms",
    "results.compared": "compare",
    "results.estimate": "EffectEstimate",
    "results.notes": "Note",
}
_HOMES = {name: home for home, names in _NAMES.items() for name in names.split()}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
