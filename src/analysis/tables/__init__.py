"""What a study is: its dictionary, how it is opened, checked and made pseudonymous."""

from __future__ import annotations

from importlib import import_module

__all__ = ["ALL", "PlaceTree", "Study", "check_study", "example_study", "open_study"]

_HOMES = {
    "ALL": "periods", "PlaceTree": "places", "Study": "study", "check_study": "check", "open_study": "check",
    "example_study": "share",
}  # fmt: skip


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
