"""Indicators of every network of a study, in one tidy table."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from analysis.networks.layout import FORMS
from analysis.networks.parts import split
from analysis.networks.registry import Indicator, choose
from analysis.networks.roster import Roster, call_roll, population
from analysis.networks.sums import Sums
from analysis.networks.ties import Ties

COLUMNS = ("place_id", "period", "layer", "indicator", "value", "n", "std_error")


def indicators(
    ties: Ties,
    people: pd.DataFrame | None = None,
    names: list[str] | tuple[str, ...] | str | None = None,
) -> pd.DataFrame:
    """Compute indicators of every community, street and district, for each period and layer.

    Parameters
    ----------
    ties : Ties
    people : DataFrame, optional
        The people table: person_id and community_id (needed); residency, role and joined (used if there). By
        default the one the ties were built with. Without any, a place's people are those ever active there,
        and indicators by group are NaN.
    names : str or list of str, optional
        Indicators wanted; None computes all. `describe_indicators()` lists them.

    Returns
    -------
    DataFrame
        One row per place, layer, period and indicator: place_id, period ("all" is the whole time), layer,
        indicator, value (NaN where undefined), n (people or ties the value rests on, as the registry says),
        std_error (sqrt(p (1 - p) / n) for shares of people who each act on their own account, else NaN).
        `attrs` holds `rule` and `accounting`: that of the ties and, with a people table, people_not_in_table
        (active, but no row) and people_of_no_place (their community has no network).

    Raises
    ------
    StudyError
        If an indicator is not known or the people table cannot be used.

    Notes
    -----
    The people of a place and period are those living there who joined by the end of the period (if `joined`
    is known), and anyone else active there in the period; they are the same for all its layers, so a layer
    nobody used has density 0, not NaN. Indicators of projected gatherings (support and clustering above
    all) are high by construction: never compare them with those of dyadic layers.
    """
    chosen = choose(names)
    people = people if people is not None else ties.people
    roster = call_roll(ties, people)
    table = _bind([piece for part in split(ties) for piece in _pieces(part, roster, chosen)])
    table.attrs = {"rule": ties.rule.describe(), "accounting": ties.accounting | _coverage(ties, roster)}
    return table


def _coverage(ties: Ties, roster: Roster) -> dict[str, int]:
    if not roster.known.any():
        return {}
    active = np.union1d(ties.dyads.person, ties.joins.person)
    return {
        "people_not_in_table": int((~roster.known[active]).sum()),
        "people_of_no_place": int((roster.known & (roster.home < 0)).sum()),
    }


def _pieces(ties: Ties, roster: Roster, chosen: list[Indicator]) -> Iterator[pd.DataFrame]:
    for level in ties.layout.places:
        for whole in [False, True] if ties.layout.periods else [True]:
            counts = population(ties, roster, level, whole)
            for form in FORMS:
                entries = [entry for entry in chosen if form in entry.forms]
                if entries and ties.layout.n_blocks(form, level, whole):
                    yield _piece(ties, roster, counts, entries, form, level, whole)


def _piece(
    ties: Ties,
    roster: Roster,
    counts: np.ndarray,
    entries: list[Indicator],
    form: str,
    level: str,
    whole: bool,
) -> pd.DataFrame:
    layout = ties.layout
    layers, labels = layout.layers[form], layout.labels(whole)
    people = np.repeat(counts[:, None, :], len(layers), axis=1).ravel()
    directed = ties.rule.directed and form == "dyadic"
    sums = Sums(ties.blocks(form, level, whole), people, roster.labels, directed)
    values = np.empty((len(people), len(entries), 3))
    for i, entry in enumerate(entries):
        value, n = entry.compute(sums)
        error = np.full(len(value), np.nan)
        if entry.proportion:
            error = np.sqrt(value * (1 - value) / np.maximum(n, 1))
        values[:, i] = np.column_stack([value, n, error])
    shape = (len(layout.places[level]), len(layers), len(labels), len(entries))
    places = pd.Index(layout.places[level])
    columns = dict(zip(("place_id", "layer", "period", "indicator"), np.indices(shape), strict=True))
    names = (places, pd.Index(layers), pd.Index(labels), pd.Index([entry.name for entry in entries]))
    frame = {
        name: index.take(codes.ravel()) for (name, codes), index in zip(columns.items(), names, strict=True)
    }
    value, n, error = (values[..., i].ravel() for i in range(3))
    return pd.DataFrame({**frame, "value": value, "n": n.astype(np.int64), "std_error": error})[list(COLUMNS)]


def _bind(pieces: list[pd.DataFrame]) -> pd.DataFrame:
    if pieces:
        return pd.concat(pieces, ignore_index=True)
    types = dict.fromkeys(COLUMNS[:4], "str") | {"value": float, "n": "int64", "std_error": float}
    return pd.DataFrame({name: pd.Series([], dtype=types[name]) for name in COLUMNS})
