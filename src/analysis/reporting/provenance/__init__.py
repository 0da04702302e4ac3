"""Where the numbers of a report come from: trace one, recompute a run, describe it as an RO-Crate."""

from __future__ import annotations

from importlib import import_module

__all__ = ["Difference", "Source", "Verification", "trace", "verify", "write_crate"]

_HOMES = {"Difference": "recompute", "Verification": "recompute", "verify": "recompute", "Source": "sources",
          "trace": "sources", "write_crate": "crate"}  # fmt: skip


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
