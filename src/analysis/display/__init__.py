"""Estimates, measures and texts as people read them."""

from __future__ import annotations

from importlib import import_module

_HOMES = {
    "effect_text": "effect_words", "effect_table": "effect_tables", "Text": "text",
    "measure_table": "measures", "plot_measure": "measures", "knobs": "rich.controls",
    "show_table": "rich.tables",
}  # fmt: skip

__all__ = sorted(_HOMES)


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
