"""From a study to its reports: the city stage, the notebook of each district, pages and index."""

from __future__ import annotations

from importlib import import_module

__all__ = ["City", "DistrictReport", "load_city", "open_report", "report_study", "run_city"]

_HOMES = {
    "City": "city", "load_city": "city", "run_city": "city", "DistrictReport": "district",
    "open_report": "district", "report_study": "batch",
}  # fmt: skip


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
