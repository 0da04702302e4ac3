"""The indicators: one entry each, with its formula, source, range and limits. Docs come from here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.errors import StudyError
from analysis.networks.layout import DYADIC, FORMS
from analysis.networks.sums import Sums

Result = tuple[np.ndarray, np.ndarray]  # value and n, one per block


@dataclass(frozen=True)
class Indicator:
    """One indicator.

    Attributes
    ----------
    name, family, formula, source : str
    range : tuple of float
        Least and greatest possible value.
    undefined : str
        When the value is NaN.
    counts : {"people", "ties"}
        What n counts: the people or ties that the value rests on.
    forms : tuple of str
        Forms of layer it is given for: "dyadic", "gatherings".
    compute : callable
        From `Sums` to (value, n), arrays with one value per block.
    proportion : bool
        Whether it is a share of people, each in or out on their own account, so that
        sqrt(p (1 - p) / n) is its standard error.
    """

    name: str
    family: str
    formula: str
    source: str
    range: tuple[float, float]
    undefined: str
    counts: str
    compute: Callable[[Sums], Result]
    forms: tuple[str, ...] = FORMS
    proportion: bool = False


def ratio(top: np.ndarray, bottom: np.ndarray) -> np.ndarray:
    """Divide; NaN where `bottom` is 0."""
    bottom = np.asarray(bottom, dtype=np.float64)
    return np.divide(top, bottom, out=np.full(len(bottom), np.nan), where=bottom > 0)


def _density(s: Sums) -> Result:
    people = s.people.astype(np.float64)
    return ratio(s.arcs if s.directed else 2 * s.ties, people * (people - 1)), s.people


def _mean_degree(s: Sums) -> Result:
    return ratio(s.arcs if s.directed else 2 * s.ties, s.people), s.people


def _gini(s: Sums) -> Result:
    value = ratio(2 * s.ranked_acts, s.people * s.acts) - ratio(s.people + 1.0, s.people)
    return value, s.people


def _external_internal(label: str) -> Callable[[Sums], Result]:
    def compute(s: Sums) -> Result:
        within, between = s.mixing(label)
        return ratio(between - within, within + between), within + between

    return compute


def _share_of_ties(label: str, inside: bool) -> Callable[[Sums], Result]:
    def compute(s: Sums) -> Result:
        within, between = s.mixing(label)
        return ratio(within if inside else between, within + between), within + between

    return compute


NO_PEOPLE = "no people"
NO_TIES = "no ties"
NO_LABELLED = "no tie whose ends both have the label"

_ALL = (
    Indicator(
        "density", "cohesion", "ties / possible ties: 2 M / (N (N - 1)); directed: M / (N (N - 1))",
        "Wasserman & Faust 1994, ch. 4", (0, 1), "fewer than two people", "people", _density,
    ),
    Indicator(
        "mean_degree", "cohesion", "ties per person: 2 M / N; directed: M / N, given or received",
        "Wasserman & Faust 1994, ch. 4", (0, np.inf), NO_PEOPLE, "people", _mean_degree,
    ),
    Indicator(
        "giant_share", "cohesion", "people in the largest (weak) component / people; nobody tied: 1 / N",
        "Newman 2010, ch. 6", (0, 1), NO_PEOPLE, "people", lambda s: (ratio(s.giant, s.people), s.people),
    ),
    Indicator(
        "isolates_share", "cohesion", "people without a tie / people",
        "Wasserman & Faust 1994, ch. 4", (0, 1), NO_PEOPLE, "people",
        lambda s: (ratio(s.people - s.tied, s.people), s.people),
    ),
    Indicator(
        "reciprocity", "reciprocity",
        "directed ties that are returned / directed ties, over the pairs tied under the rule",
        "Wasserman & Faust 1994, ch. 13; networkx overall_reciprocity", (0, 1), NO_TIES, "ties",
        lambda s: (ratio(s.returned, s.arcs), s.arcs), forms=(DYADIC,),
    ),
    Indicator(
        "transitivity", "closure", "3 triangles / paths of two ties, direction ignored",
        "Coleman 1988; Newman 2003, eq. 3", (0, 1), "nobody with two ties", "people",
        lambda s: (ratio(s.closed, s.paths), s.between_two),
    ),
    Indicator(
        "clustering", "closure",
        "mean over all people of the share of their pairs of neighbours that are tied, direction and weight "
        "ignored; 0 for people with fewer than two ties (as networkx average_clustering)",
        "Watts & Strogatz 1998", (0, 1), NO_PEOPLE, "people",
        lambda s: (ratio(s.local_clustering, s.people), s.people),
    ),
    Indicator(
        "clustering_tied", "closure",
        "the same mean over the people with two ties or more only (as igraph, which leaves the others out)",
        "Watts & Strogatz 1998; Chetty et al. 2022 (I)", (0, 1), "nobody with two ties", "people",
        lambda s: (ratio(s.local_clustering, s.between_two), s.between_two),
    ),
    Indicator(
        "support", "closure", "ties whose two people have a common neighbour / ties, direction ignored",
        "Jackson, Rodriguez-Barraquer & Tan 2012; Chetty et al. 2022 (I)", (0, 1), NO_TIES, "ties",
        lambda s: (ratio(s.supported, s.ties), s.ties),
    ),
    Indicator(
        "ei_residency", "mixing", "(between - within) / (between + within) of ties, by residency",
        "Krackhardt & Stern 1988", (-1, 1), NO_LABELLED, "ties", _external_internal("residency"),
    ),
    Indicator(
        "ei_role", "mixing", "(between - within) / (between + within) of ties, by role",
        "Krackhardt & Stern 1988", (-1, 1), NO_LABELLED, "ties", _external_internal("role"),
    ),
    Indicator(
        "bonding_residency", "mixing", "ties within a residency group / ties with both residencies known",
        "Putnam 2000; Woolcock 1998", (0, 1), NO_LABELLED, "ties", _share_of_ties("residency", True),
    ),
    Indicator(
        "bridging_residency", "mixing", "ties between residency groups / ties with both residencies known",
        "Putnam 2000; Woolcock 1998", (0, 1), NO_LABELLED, "ties", _share_of_ties("residency", False),
    ),
    Indicator(
        "cross_community", "mixing",
        "ties between residents of different communities / ties with both communities known",
        "Granovetter 1973", (0, 1), NO_LABELLED, "ties", _share_of_ties("community", False),
    ),
    Indicator(
        "participation_gini", "participation",
        "Gini coefficient of acts done (gatherings joined) per person, those with none included",
        "Gini 1912; sum of (2 i - N - 1) x_i / (N sum of x), ascending", (0, 1), "no acts", "people", _gini,
    ),
    Indicator(
        "active_share", "participation", "people who did an act (joined a gathering) / people",
        "Chetty et al. 2022 (I), civic engagement", (0, 1), NO_PEOPLE, "people",
        lambda s: (ratio(s.active, s.people), s.people), proportion=True,
    ),
)  # fmt: skip

INDICATORS: dict[str, Indicator] = {entry.name: entry for entry in _ALL}


def choose(names: list[str] | tuple[str, ...] | str | None) -> list[Indicator]:
    """Return the indicators called `names`, all if None.

    Raises
    ------
    StudyError
        If there is no indicator of that name.
    """
    if names is None:
        return list(INDICATORS.values())
    names = [names] if isinstance(names, str) else list(names)
    unknown = [name for name in names if name not in INDICATORS]
    if unknown:
        raise StudyError(
            "There is no such indicator.",
            where="names",
            value=", ".join(map(str, unknown)),
            expected="some of " + ", ".join(INDICATORS),
            mend="`describe_indicators()` shows what each one is.",
        )
    return [INDICATORS[name] for name in dict.fromkeys(names)]


def describe_indicators() -> pd.DataFrame:
    """Return the registry as a table.

    Returns
    -------
    DataFrame
        name, family, formula, source, low, high, undefined, n_counts ("people" or "ties"), layers ("all" or
        "dyadic"), std_error ("binomial" or "" where none is given).
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
            "layers": "all" if entry.forms == FORMS else ", ".join(entry.forms),
            "std_error": "binomial" if entry.proportion else "",
        }
        for entry in INDICATORS.values()
    ]
    return pd.DataFrame(rows)
