"""The indicators: one entry each, with its formula, source, range and limits. Docs come from here.

`python -m analysis.networks.registry` prints the page of docs/methods that lists them.
"""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from analysis.errors import StudyError
from analysis.networks.families import FAMILIES
from analysis.networks.families.base import Indicator
from analysis.networks.layout import FORMS

EVERY = "all"

INDICATORS: dict[str, Indicator] = {entry.name: entry for family in FAMILIES for entry in family.ENTRIES}


def choose(names: list[str] | tuple[str, ...] | str | None) -> list[Indicator]:
    """Return the indicators called `names`; "all" is every one, None those given by default.

    An entry given by default has as `forms` only those it is given for by default.

    Raises
    ------
    StudyError
        If there is no indicator of that name.
    """
    if names is None:
        return [replace(e, forms=e.default_forms) for e in INDICATORS.values() if e.default_forms]
    if names == EVERY:
        return list(INDICATORS.values())
    names = [names] if isinstance(names, str) else list(names)
    unknown = [name for name in names if name not in INDICATORS]
    if unknown:
        raise StudyError(
            "There is no such indicator.",
            where="names",
            value=", ".join(map(str, unknown)),
            expected='"all", or some of ' + ", ".join(INDICATORS),
            mend="`describe_indicators()` shows what each one is.",
        )
    return [INDICATORS[name] for name in dict.fromkeys(names)]


def describe_indicators() -> pd.DataFrame:
    """Return the registry as a table.

    Returns
    -------
    DataFrame
        name, family, formula, source, low, high, undefined, n_counts ("people" or "ties"), layers ("all",
        "dyadic" or "gatherings"), default (the layers it is computed for when no names are given, "" if only
        on request), std_error ("binomial" or "" where none is given).
    """
    rows = [
        {
            "name": entry.name,
            "family": entry.family,
            "formula": entry.formula,
            "source": entry.source,
            "low": entry.range[0],
            "high": entry.range[1],
            "undefined": entry.undefined,
            "n_counts": entry.counts,
            "layers": _layers(entry.forms),
            "default": _layers(entry.default_forms),
            "std_error": "binomial" if entry.proportion else "",
        }
        for entry in INDICATORS.values()
    ]
    return pd.DataFrame(rows)


def _layers(forms: tuple[str, ...]) -> str:
    return "all" if forms == FORMS else ", ".join(forms)
