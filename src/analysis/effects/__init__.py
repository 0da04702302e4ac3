"""Panels into estimates of what a reform changed, with their checks and limits."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from analysis.effects.callaway import att_gt
    from analysis.effects.compared import compare
    from analysis.effects.counts import poisson
    from analysis.effects.decomposed import bacon
    from analysis.effects.districts import district_effects
    from analysis.effects.dose import dose_response
    from analysis.effects.doubts import run_checks
    from analysis.effects.extended import extended_twfe
    from analysis.effects.few_clusters import cluster_inference
    from analysis.effects.group_time import GroupTimeEffects
    from analysis.effects.imputed import imputation
    from analysis.effects.local_projections import lp_did
    from analysis.effects.notes import Note
    from analysis.effects.permute import randomisation_test
    from analysis.effects.pretrends import CheckResult, pretrend_test
    from analysis.effects.results import EffectEstimate
    from analysis.effects.robust import sensitivity
    from analysis.effects.stacking import stacked
    from analysis.effects.sun_abraham import event_study
    from analysis.effects.synthetic import synthetic_did
    from analysis.effects.two_way import twfe

__all__ = [
    "CheckResult", "EffectEstimate", "GroupTimeEffects", "Note", "att_gt", "bacon", "cluster_inference",
    "compare", "district_effects", "event_study", "imputation", "pretrend_test", "randomisation_test",
    "run_checks", "sensitivity", "twfe",
    "dose_response", "extended_twfe", "lp_did", "poisson", "stacked", "synthetic_did",
]  # fmt: skip

_HOMES = {
    "CheckResult": "pretrends", "EffectEstimate": "results", "GroupTimeEffects": "group_time",
    "Note": "notes", "att_gt": "callaway", "bacon": "decomposed", "cluster_inference": "few_clusters",
    "compare": "compared", "district_effects": "districts", "event_study": "sun_abraham",
    "imputation": "imputed", "pretrend_test": "pretrends", "randomisation_test": "permute",
    "run_checks": "doubts", "sensitivity": "robust", "twfe": "two_way",
    "dose_response": "dose", "extended_twfe": "extended", "lp_did": "local_projections",
    "poisson": "counts", "stacked": "stacking", "synthetic_did": "synthetic",
}  # fmt: skip


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
