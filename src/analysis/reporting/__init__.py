"""From a study to its reports: the city stage, the notebook of each district, pages and index."""

from __future__ import annotations

from importlib import import_module

__all__ = ["City", "DistrictReport", "load_city", "open_change_report", "open_city_report", "open_report",
           "report_study", "run_city"]  # fmt: skip

_HOMES = {
    "City": "city", "load_city": "city", "run_city": "city", "DistrictReport": "district",
    "open_city_report": "citywide", "open_change_report": "comparing",
    "open_report": "district", "report_study": "batch",
}  # fmt: skip


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
