"""What the questions of the cases come to, computed from the study: one module per case."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps


def once(function: Callable) -> Callable:
    """Remember what a function made of a study: a study has no hash, so it is known by being the same one."""
    kept: dict[int, tuple] = {}

    @wraps(function)
    def remembered(study):
        if id(study) not in kept:
            kept[id(study)] = (study, function(study))
        return kept[id(study)][1]

    return remembered
