"""Teaching cases: a synthetic study with a hidden truth, checks with hints, and course tools."""

from __future__ import annotations

from importlib import import_module

_HOMES = {
    "open_case": "opening",
    "reveal": "opening",
    "check": "checking",
    "Feedback": "checking",
    "seal": "sealing",
    "list_cases": "case",
    "read_case": "case",
    "student_copy": "copies",
    "solution_copy": "copies",
    "check_file": "grading",
    "grade_folder": "grading",
}

__all__ = sorted(_HOMES)


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
