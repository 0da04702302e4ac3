"""From the files of an office to a study: what each file is, what its columns mean, what is wrong with it."""

from __future__ import annotations

from importlib import import_module

__all__ = ["mend_study", "propose_study", "write_set_aside", "write_study"]

_HOMES = {
    "propose_study": "propose", "write_study": "write", "mend_study": "mend", "write_set_aside": "aside",
}  # fmt: skip


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
