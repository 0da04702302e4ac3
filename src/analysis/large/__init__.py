"""What is larger than one memory or one machine: a study split into districts, and a cluster's workers."""

from __future__ import annotations

from importlib import import_module

__all__ = ["SplitStudy", "is_split", "open_split", "split_log"]

_HOMES = {"SplitStudy": "opened", "is_split": "opened", "open_split": "opened", "split_log": "split"}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
