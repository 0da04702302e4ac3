"""Gongzhi: how well grassroots governance works, measured from the logs of communities.

The public names load on first use, so that `import analysis` is quick.
"""

from __future__ import annotations

from importlib import import_module

__version__ = "0.1.0"

_HOMES = {
    "open_study": "tables", "check_study": "tables", "Study": "tables", "example_study": "tables",
    "simulate_city": "simulate", "write_city": "simulate",
    "TieRule": "networks", "build_ties": "networks", "indicators": "networks",
    "process_measures": "processes", "matter_table": "processes",
    "burden_measures": "burden", "outcome_measures": "outcomes", "build_panel": "panel",
    "twfe": "effects", "event_study": "effects", "att_gt": "effects", "imputation": "effects",
    "district_effects": "effects", "sensitivity": "effects", "run_checks": "effects",
    "EffectEstimate": "effects", "GroupTimeEffects": "effects",
    "open_report": "reporting", "report_study": "reporting",
}  # fmt: skip

__all__ = ["__version__", *sorted(_HOMES)]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
