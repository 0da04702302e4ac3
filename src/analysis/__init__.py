"""Gongzhi: how well grassroots governance works, measured from the logs of communities.

The public names load on first use, so that `import analysis` is quick.
"""

from __future__ import annotations

from importlib import import_module

__version__ = "0.1.0"

_PUBLIC = {
    "tables": ("open_study", "check_study", "Study", "example_study"),
    "simulate": ("simulate_city", "write_city"),
    "networks": (
        "TieRule", "build_ties", "indicators", "run_indicators", "read_log", "read_log_parts",
        "inclusion", "mobilisation", "fund_oversight",
    ),
    "processes": (
        "process_measures", "matter_table", "bottlenecks", "representation", "compare_waits",
        "conversations", "agreement", "opinion_groups", "opinion_measures",
        "budget_measures", "budget_money", "budgeting_measures",
        "listing_table", "matching_measures", "unmet", "best_matching",
        "fund_ledger", "fund_measures", "incident_series",
    ),
    "burden": (
        "burden_measures", "burden_by_department", "admission_reasons", "added_back", "hours_freed",
        "service_measures", "compare_with_target",
    ),
    "outcomes": ("outcome_measures",),
    "panel": ("build_panel", "missing_tables"),
    "index": ("read_index", "index_table", "composite_index", "rank_uncertainty"),
    "effects": (
        "EffectEstimate", "GroupTimeEffects", "CheckResult", "Note", "Specification", "SpecificationCurve",
        "twfe", "event_study", "att_gt", "imputation", "extended_twfe", "stacked", "lp_did", "synthetic_did",
        "poisson", "dose_response", "two_reforms", "clean_controls", "spillover_effects", "mediation",
        "mediation_sensitivity", "interrupted_series", "time_to_answer", "matched_before_after",
        "district_effects", "compare", "bacon", "run_checks", "pretrend_test", "placebo_dates",
        "placebo_outcomes", "randomisation_test", "cluster_inference", "leave_one_out", "sensitivity",
        "specifications", "specification_curve", "detectable_effect",
    ),
    "display": ("effect_text", "effect_table", "measure_table", "plot_measure", "knobs", "show_table"),
    "reporting": ("open_report", "open_city_report", "open_change_report", "report_study"),
}  # fmt: skip
_HOMES = {name: home for home, names in _PUBLIC.items() for name in names}

__all__ = ["__version__", *sorted(_HOMES)]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)


def load_ipython_extension(shell: object) -> None:
    """Switch on, by `%load_ext analysis`, tables to read and sort and errors in a few lines."""
    import_module("analysis.display.rich.extension").load(shell)


def unload_ipython_extension(shell: object) -> None:
    """Undo `load_ipython_extension`."""
    import_module("analysis.display.rich.extension").unload(shell)
