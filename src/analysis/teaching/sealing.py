"""Answers that are words, kept as salted hashes so that nobody reads them by accident."""

from __future__ import annotations

import hashlib


def seal(slug: str, question: str, answer: str) -> str:
    """Return the seal of an answer, to be written into the case's checks.

    Capitals and spaces around do not count. A seal keeps the answer out of sight, no more: whoever tries all
    of four letters finds it.

    Examples
    --------
    >>> seal("burden_reduction", "q7", "A ") == seal("burden_reduction", "q7", "a")
    True
    """
    salted = f"gongzhi case {slug} {question} {answer.strip().casefold()}"
    return hashlib.sha256(salted.encode()).hexdigest()[:24]
