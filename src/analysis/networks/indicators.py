"""Indicators of every network of a study, in one tidy table."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from analysis.errors import StudyError
from analysis.networks.building.layout import FORMS, LEVELS, Layout
from analysis.networks.building.parts import split
from analysis.networks.building.roster import Roster, active_people, call_roll, count_marks, take_census
from analysis.networks.building.ties import Ties
from analysis.networks.counting.scene import Scene
from analysis.networks.counting.sums import Sums
from analysis.networks.counting.timelines import Timeline
from analysis.networks.registry import TIMES, Indicator, choose
from analysis.tables.periods import ALL

LOOK_BACK = 2  # periods before its own that an indicator may need: how long ties have lasted
COLUMNS = ("place_id", "period", "layer", "indicator", "value", "n", "std_error")


def indicators(
    ties: Ties,
    people: pd.DataFrame | None = None,
    names: list[str] | tuple[str, ...] | str | None = None,
    *,
    levels: list[str] | tuple[str, ...] | str | None = None,
    layers: list[str] | tuple[str, ...] | str | None = None,
    periods: list[str] | tuple[str, ...] | str | None = None,
    reference: pd.DataFrame | None = None,
    log: pd.DataFrame | None = None,
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
        Indicators wanted; None computes those that the registry gives by default, "all" every one (some take
        minutes for a city). `describe_indicators()` lists them.
    levels, layers, periods : str or list of str, optional
        Levels ("community", "street", "district"), layers and periods ("all" is the whole time) wanted; only
        these are computed. None is every one.
    reference : DataFrame, optional
        People whose shares of the groups connectedness and exposure are relative to: the people table of the
        whole study where `people` is that of a part of it. By default `people`. Those count who joined by the
        end of the period. With a column `people`, a row stands for so many.
    log : DataFrame, optional
        The interactions that the ties were made from: needed by the indicators of timing, which `names`
        "all" leaves out without it.

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
        If an indicator, level, layer or period is not known or the people table cannot be used.

    Notes
    -----
    The people of a place and period are those living there who joined by the end of the period (if `joined`
    is known), and anyone else active there in the period; they are the same for all its layers, so a layer
    nobody used has density 0, not NaN. Indicators of projected gatherings (support and clustering above
    all) are high by construction: never compare them with those of dyadic layers.
    """
    chosen = choose(names, timed=log is not None)
    people = people if people is not None else ties.people
    roster = call_roll(ties, people)
    wanted = _choose(ties.layout, levels, layers, periods)
    shares = count_marks(people if reference is None else reference, ties)
    timed = log is not None and any(entry.needs == TIMES for entry in chosen)
    timeline = Timeline.read(log, ties) if timed else None
    table = _bind(
        [piece for part in split(ties) for piece in _pieces(part, roster, chosen, wanted, shares, timeline)]
    )
    table.attrs = {"rule": ties.rule.describe(), "accounting": ties.accounting | _coverage(ties, roster)}
    return table


def _coverage(ties: Ties, roster: Roster) -> dict[str, int]:
    if not roster.known.any():
        return {}
    active = np.unique(active_people(ties, "community", [ALL])[1])
    return {
        "people_not_in_table": int((~roster.known[active]).sum()),
        "people_of_no_place": int((roster.known & (roster.home < 0)).sum()),
    }


def _choose(layout: Layout, levels: object, layers: object, periods: object) -> dict[str, list[str]]:
    known = {
        "level": list(LEVELS),
        "layer": [name for form in FORMS for name in layout.layers[form]],
        "period": [*layout.steps, ALL],
    }
    wanted = {}
    for (name, values), given in zip(known.items(), (levels, layers, periods), strict=True):
        given = [given] if isinstance(given, str) else given
        wanted[name] = values if given is None else [value for value in values if value in set(given)]
        unknown = [value for value in given or () if value not in values]
        if unknown:
            raise StudyError(
                f"These ties have no network of this {name}.",
                where=f"{name}s",
                value=unknown[0],
                expected="some of " + ", ".join(map(str, values[:12])) + (", …" if len(values) > 12 else ""),
                mend=f"Use some of these; ties.layout lists every {name}.",
            )
    return wanted


def _pieces(
    ties: Ties,
    roster: Roster,
    chosen: list[Indicator],
    wanted: dict[str, list[str]],
    reference: dict[str, np.ndarray],
    timeline: Timeline | None,
) -> Iterator[pd.DataFrame]:
    for level in wanted["level"]:
        for whole in (False, True):
            every = ties.layout.labels(whole)
            labels = [label for label in every if label in wanted["period"]]
            if level not in ties.layout.places or not len(ties.layout.places[level]) or not labels:
                continue
            first = max(every.index(labels[0]) - LOOK_BACK, 0)
            computed = every[first : every.index(labels[-1]) + 1]
            census = take_census(ties, roster, level, whole)
            for form in FORMS:
                entries = [entry for entry in chosen if form in entry.forms]
                layers = [layer for layer in ties.layout.layers[form] if layer in wanted["layer"]]
                if entries and layers:
                    scene = Scene(ties, form, level, whole, layers, computed, census, reference, timeline)
                    piece = _piece(scene, roster, entries)
                    yield piece if computed == labels else piece[piece["period"].isin(labels)]


def _piece(scene: Scene, roster: Roster, entries: list[Indicator]) -> pd.DataFrame:
    ties, form, level, layers, labels = scene.ties, scene.form, scene.level, scene.layers, scene.labels
    layout, people = ties.layout, scene.among()
    directed = ties.rule.directed and form == "dyadic"
    blocks = ties.blocks(form, level, scene.whole, layers=layers, labels=labels)
    sums = Sums(blocks, people, roster.labels, directed, scene)
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
