"""From the files of an office to a study: what each file is, what its columns mean, what is wrong with it."""

from __future__ import annotations

from importlib import import_module

__all__ = [
    "check_page", "group_problems", "mend_study", "propose_study", "set_aside_rows", "write_set_aside",
    "write_study",
]  # fmt: skip

_HOMES = {
    "check_page": "page", "group_problems": "groups", "mend_study": "mend", "propose_study": "propose",
    "set_aside_rows": "aside", "write_set_aside": "aside", "write_study": "write",
}  # fmt: skip


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
