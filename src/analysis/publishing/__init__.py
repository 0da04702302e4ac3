"""What leaves the project: figures at journals' sizes, tables in their formats, replication packages."""

from __future__ import annotations

from importlib import import_module

_HOMES = {
    "JOURNALS": "sizes", "figure_width": "sizes", "save_figure": "figures", "save_table": "tables",
    "open_package": "package", "replicate": "make", "build_data": "data",
}  # fmt: skip

__all__ = sorted(_HOMES)


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
