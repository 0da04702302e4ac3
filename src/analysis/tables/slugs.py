"""Identifiers from names: lower-case ASCII that is safe in files, links and TOML."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable


def slugs(names: Iterable[str], *, blank: str = "place") -> dict[str, str]:
    """Return an identifier of its own for each distinct name, e.g. "Sants Montjuïc" -> "sants-montjuic".

    Parameters
    ----------
    names : iterable of str
        In the order in which a shared identifier is told apart by a number: "gracia", "gracia-2".
    blank : str
        Identifier of a name without any Latin letter or digit.
    """
    found: dict[str, str] = {}
    taken: set[str] = set()
    for name in names:
        if name in found:
            continue
        ascii_name = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
        stem = re.sub(r"[^a-z0-9]+", "-", ascii_name).strip("-") or blank
        slug, number = stem, 1
        while slug in taken:
            number += 1
            slug = f"{stem}-{number}"
        taken.add(slug)
        found[name] = slug
    return found
