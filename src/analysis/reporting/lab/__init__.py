"""JupyterLab for this project: the page it opens with, its settings, its kernels."""

from __future__ import annotations

from importlib import import_module

__all__ = ["fill", "serve"]


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module = "first_page" if name == "fill" else "server"
    return getattr(import_module(f"{__name__}.{module}"), name)
