"""The indicators: one entry each, with its formula, source, range and limits. Docs come from here."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from analysis.errors import StudyError
from analysis.networks.building.layout import FORMS
from analysis.networks.counting.entry import Indicator
from analysis.networks.families import FAMILIES

EVERY = "all"
TIMES = "times"

INDICATORS: dict[str, Indicator] = {entry.name: entry for family in FAMILIES for entry in family.ENTRIES}

OMITTED = {
    "closeness, eigenvector, Katz and PageRank centrality": "they rank persons, but places are measured; "
    "their means say little that degree and distance do not",
    "betweenness of persons": "it would single out brokers; only its centralisation is given, on request",
    "hierarchical constraint (Burt 1992, ch. 2)": "undefined where all contacts constrain alike, as for "
    "most people of a thin log",
    "weighted clustering of Onnela et al. 2005": "it divides by the strongest tie of the whole network, so "
    "one pair moves a place's value; Barrat's is given instead",
    'reciprocity over pairs (igraph mode="ratio")': "the same information as reciprocity, in another unit",
    "structural holes, weighted closure, distances and reachability of projected gatherings": "a projection "
    "is made of cliques, so that they follow from the sizes of gatherings",
    "triad census and temporal motifs": "sixteen and more numbers per network, each rare in thin "
    "communities; transitivity, reciprocity and brokerage roles hold what is read from them",
    "two-mode clustering (Opsahl 2013)": "gatherings are compared with shuffled ones instead (null models)",
    "continuous core-periphery and stochastic block models": "fits by search without a certain optimum; the "
    "discrete core is found exactly among cores of highest degree",
    "assortativity by exact age": "people have age bands",
    "trust and norms": "a log holds acts, not opinions; survey outcomes enter as outcomes of a study",
    "tie strength by duration or intimacy": "a log counts acts; how ties last is given period by period",
}


def choose(names: list[str] | tuple[str, ...] | str | None, timed: bool = False) -> list[Indicator]:
    """Return the indicators called `names`; "all" is every one, None those given by default.

    `timed` says whether the times of acts are at hand; without them "all" leaves out those that need them.

    An entry given by default has as `forms` only those it is given for by default.

    Raises
    ------
    StudyError
        If there is no indicator of that name.
    """
    if names is None:
        return [replace(e, forms=e.default_forms) for e in INDICATORS.values() if e.default_forms]
    if names == EVERY:
        return [entry for entry in INDICATORS.values() if timed or entry.needs != TIMES]
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
    chosen = [INDICATORS[name] for name in dict.fromkeys(names)]
    untimed = [entry.name for entry in chosen if entry.needs == TIMES]
    if untimed and not timed:
        raise StudyError(
            "These indicators need the time of every act, which ties do not hold.",
            where="names",
            value=", ".join(untimed),
            expected="the log that the ties were made from",
            mend="Pass it: indicators(ties, names=..., log=interactions).",
        )
    return chosen


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
