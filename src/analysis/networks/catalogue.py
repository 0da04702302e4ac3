"""The page of docs/methods that lists the indicators: `python -m analysis.networks.catalogue`."""

from __future__ import annotations

import sys

from analysis.networks.counting.entry import Indicator
from analysis.networks.registry import INDICATORS, OMITTED, TIMES

OPENING = """# Networks: indicators of social capital

This page is written by `python -m analysis.networks.catalogue` from the registry in
`analysis.networks.registry`; a test keeps the two equal.

M is the number of ties, N that of people: those who live in the place and joined the platform by the end of
the period, and anyone else active there. Indicators of projected gatherings are high by construction: compare
them only with each other. *Given* says for which layers an indicator is computed when none is asked for by
name; `indicators(ties, names="all")` computes every one, and those that need the times of acts want
`log=interactions`. Density, clustering and support fall with the number of people by construction: compare
places of unlike size by `rarefy` or `size_adjusted`.
"""


def write_page() -> str:
    """Return the page as Markdown text."""
    parts = [OPENING]
    for family in dict.fromkeys(entry.family for entry in INDICATORS.values()):
        parts.append(f"\n## {family[0].upper()}{family[1:]}\n")
        parts += [_describe(entry) for entry in INDICATORS.values() if entry.family == family]
    parts.append("\n## Left out, and why\n")
    parts += [f"- {name}: {reason}." for name, reason in OMITTED.items()]
    return "\n".join(parts) + "\n"


def _describe(entry: Indicator) -> str:
    given = ", ".join(entry.default_forms) or "on request"
    times = "; needs the times of acts" if entry.needs == TIMES else ""
    low, high = (f"{bound:g}".replace("inf", "∞") for bound in entry.range)
    return (
        f"- **{entry.name}**: {entry.formula}.\n"
        f"  Source: {entry.source}. Range: {low} to {high}. Undefined: {entry.undefined}. n: {entry.counts}. "
        f"Layers: {', '.join(entry.forms)}. Given: {given}{times}."
    )


if __name__ == "__main__":
    sys.stdout.write(write_page())
