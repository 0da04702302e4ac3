"""How a notebook is run: processes forked from a warmed one, an in-process shell, the papermill engine."""

from __future__ import annotations

from importlib import import_module

__all__ = ["Ended", "Fresh", "Zygote", "can_fork", "open_processes"]


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.processes"), name)
