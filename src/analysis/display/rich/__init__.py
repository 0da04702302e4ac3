"""Results in a notebook: tables to read, sort and filter, errors in a few lines, knobs to turn.

`%load_ext analysis` switches it on and `%unload_ext analysis` off. Only for notebooks people explore:
reports are written by `analysis.reporting` and know nothing of it.
"""

from __future__ import annotations

from importlib import import_module

_HOMES = {
    "knobs": "controls", "show_table": "tables", "speak": "language",
    "load": "extension", "unload": "extension",
}  # fmt: skip

__all__ = sorted(_HOMES)


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
