"""Which measures of districts are not published."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from analysis.display.numbers import SMALLEST_CELL
from analysis.reporting.disclosure.cells import HIDDEN_N, Tree, hide
from analysis.tables.periods import ALL

COLUMNS = ["place_id", "period", "measure", "value", "n", "std_error"]
FAMILIES = ("processes", "burden", "further", "outcomes")
WHOLE = ""  # instead of a place: the districts of the study together
ALIKE = 0.95  # two counts that agree in so many cells are one count under two names
ONE_PERSON = ("aid_",)  # processes whose case is one person


@dataclass
class _Layers:
    """The counts that stand behind one measure, and which of its cells are hidden."""

    measure: str
    periods: pd.Index
    rows: np.ndarray  # of the tidy frame
    at: tuple[np.ndarray, np.ndarray]  # row and column of each in the table
    people: bool
    counts: list[np.ndarray] = field(default_factory=list)  # n, and with a share those with and those without
    hidden: list[np.ndarray] = field(default_factory=list)


def tidy_measures(frames: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Return the measures of all families of a city stage: place_id, period, measure, value, n, std_error."""
    networks = frames["indicators"].assign(
        measure="network_" + frames["indicators"]["indicator"].astype("str")
    )
    parts = [networks, *(frames[name] for name in FAMILIES)]
    parts = [part[COLUMNS] for part in parts if len(part)]
    return pd.concat(parts) if parts else pd.DataFrame(columns=COLUMNS)


def hidden_cells(
    tidy: pd.DataFrame, places: pd.DataFrame, label: Callable, kinds: tuple[str, ...] = ("district",),
    beside: pd.DataFrame | None = None,
) -> pd.DataFrame:  # fmt: skip
    """Return the cells of districts that are not published: small ones, and others that give these away.

    Parameters
    ----------
    tidy : DataFrame
        place_id, period, measure, value, n: one row per place, period and measure.
    places : DataFrame
        place_id, kind.
    label : callable
        From the name of a measure to its `Label`: kind, and what its n counts.
    kinds : tuple of str
        Kinds of places that are published; those below districts need parent_id among the `places`.
    beside : DataFrame, optional
        Cells hidden already, as this function returns them for other kinds: what is hidden besides does not
        give these away.

    Returns
    -------
    DataFrame
        place_id, period, measure: a row per hidden cell, of which neither value nor n must be shown. Where
        n counts people, a share of which one to four people have or have not what it says is hidden too.
        place_id "" stands for the districts together.

    Notes
    -----
    Sums protected: the periods of a district, the districts of the study, and with other `kinds` the places
    that a place holds. Communities and streets are in no report but as quartiles of many.
    """
    shown = places[places["kind"].isin(kinds)]
    districts = shown["place_id"].tolist()
    parents = dict(zip(districts, shown["parent_id"], strict=True)) if len(kinds) > 1 else {}
    tidy = tidy[tidy["place_id"].isin(districts)].reset_index(drop=True)
    hidden = np.zeros(len(tidy), bool)
    layers = _layers(tidy, districts, label)
    _hide_all(layers, Tree.of(districts, parents), _given(layers, districts, beside))
    for one in layers:
        hidden[one.rows] = np.logical_or.reduce(one.hidden)[one.at]
    keys = ["place_id", "period", "measure"]
    totals = [
        (WHOLE, one.periods[column], one.measure)
        for one in layers
        for column in np.flatnonzero(np.logical_or.reduce([layer[-1] for layer in one.hidden]))
    ]
    found = pd.concat([tidy.loc[hidden, keys], pd.DataFrame(totals, columns=keys)])
    return found.astype("str").reset_index(drop=True)


def mask_measures(tidy: pd.DataFrame, label: Callable, hidden: pd.DataFrame) -> pd.DataFrame:
    """Return measures as they may be shown, indexed by measure, period and place_id, and sorted.

    Parameters
    ----------
    tidy : DataFrame
        As `tidy_measures` returns it.
    label : callable
        From the name of a measure to its `Label`.
    hidden : DataFrame
        As `hidden_cells` returns it. Small cells are hidden besides, of every place.

    Returns
    -------
    DataFrame
        value, n, std_error. Of a hidden cell value and std_error are NaN, and n is always `HIDDEN_N`.
    """
    n = tidy["n"].to_numpy(float)
    small, few = np.zeros(len(tidy), bool), np.flatnonzero((n > 0) & (n < SMALLEST_CELL))
    about = {name: label(name) for name in tidy["measure"].unique()}
    names = tidy["measure"].to_numpy()[few]
    small[few] = [hides_small(name, about[name]) for name in names]
    found = tidy.assign(_small=small).set_index(["measure", "period", "place_id"]).sort_index()
    keys = pd.MultiIndex.from_frame(hidden[["measure", "period", "place_id"]])
    gone = found.index.isin(keys) if len(keys) and not found.index.is_unique else np.zeros(len(found), bool)
    if len(keys) and found.index.is_unique:
        at = found.index.get_indexer(keys)
        gone[at[at >= 0]] = True
    gone |= found.pop("_small").to_numpy(bool)
    return found.astype(float).assign(
        value=lambda f: f["value"].mask(gone), n=lambda f: f["n"].mask(gone, HIDDEN_N),
        std_error=lambda f: f["std_error"].mask(gone),
    )  # fmt: skip


def hides_small(name: str, label) -> bool:
    """Whether a value of a measure that rests on one to four is hidden."""
    return label.counts != "places" and (label.kind != "people" or counts_people(name, label))


def _layers(tidy: pd.DataFrame, places: list[str], label: Callable) -> list[_Layers]:
    """Return the counts of every measure that could need hiding, as tables of places by periods."""
    rows = pd.Index(places).get_indexer(tidy["place_id"])
    periods = pd.Index([*sorted(set(tidy["period"].unique()) - {ALL}), ALL])
    columns = periods.get_indexer(tidy["period"])
    codes, names = pd.factorize(tidy["measure"])
    order = np.argsort(codes, kind="stable")
    ends = np.searchsorted(codes[order], np.arange(len(names) + 1))
    n, value = tidy["n"].to_numpy(float), tidy["value"].to_numpy(float)
    found = []
    for number, name in enumerate(names):
        mine, about = order[ends[number] : ends[number + 1]], label(name)
        people = counts_people(name, about)
        if about.counts == "places" or (about.kind == "people" and not people):
            continue
        one = _Layers(str(name), periods, mine, (rows[mine], columns[mine]), people)
        shape = len(places), len(periods)
        counts = [_table(n[mine], one.at, shape)]
        if people and about.kind == "share":
            with_it = np.nan_to_num(np.rint(value[mine] * n[mine]))
            known = ~np.isnan(value[mine])
            counts += [_table(c, one.at, shape) for c in (with_it, np.where(known, n[mine] - with_it, 0))]
        one.counts = counts
        found.append(one)
    return found


def counts_people(measure: str, label) -> bool:
    """Whether the n of a measure is a number of people, or of cases that are a person each."""
    return label.counts == "people" or str(measure).startswith(ONE_PERSON)


def _table(counts: np.ndarray, at: tuple, shape: tuple[int, int]) -> np.ndarray:
    table = np.zeros(shape, np.int64)
    table[at] = np.maximum(np.nan_to_num(counts), 0).astype(np.int64)
    return table


def _given(layers: list[_Layers], places: list[str], beside: pd.DataFrame | None) -> list[np.ndarray | None]:
    """Return which cells of every measure are hidden already; of the whole study in the last row."""
    if beside is None or beside.empty:
        return [None] * len(layers)
    rows = pd.Index([*places, WHOLE]).get_indexer(beside["place_id"])
    numbers, names = pd.factorize(beside["measure"])
    numbers_of = {name: number for number, name in enumerate(names)}
    found = []
    for one in layers:
        hidden = np.zeros((len(places) + 1, len(one.periods)), bool)
        columns = one.periods.get_indexer(beside["period"])
        mine = (numbers == numbers_of.get(one.measure, -1)) & (rows >= 0) & (columns >= 0)
        hidden[rows[mine], columns[mine]] = True
        found.append(hidden)
    return found


def _hide_all(layers: list[_Layers], tree: Tree, given_hidden: list[np.ndarray | None]) -> None:
    """Hide in every measure, and in every measure what another one that counts the same has hidden."""
    given = np.ones(len(tree.parent) - 1, bool)
    for one in layers:
        one.counts = [_completed(counts, given, tree) for counts in one.counts]
    for one, before in zip(layers, given_hidden, strict=True):
        one.hidden = [hide(one.counts[:1], tree, before, secret=one.people)]
        if len(one.counts) > 1:
            one.hidden.append(hide(one.counts[1:], tree, one.hidden[0]))
    pairs = _alike([one for one in layers if one.people])
    changed = bool(pairs)
    while changed:
        changed = False
        for first, i, second, j in pairs:
            same = (first.counts[i] == second.counts[j]) & (first.counts[i] > 0)
            for one, k, other, m in ((first, i, second, j), (second, j, first, i)):
                more = other.hidden[min(m, 1)] & same & ~one.hidden[min(k, 1)]
                if more.any():
                    _add(one, min(k, 1), more, tree)
                    changed = True


def _add(one: _Layers, layer: int, more: np.ndarray, tree: Tree) -> None:
    counts = one.counts[:1] if layer == 0 else one.counts[1:]
    one.hidden[layer] = hide(counts, tree, one.hidden[layer] | more)
    if layer == 0 and len(one.counts) > 1:
        one.hidden[1] = hide(one.counts[1:], tree, one.hidden[0] | one.hidden[1])


def _completed(counts: np.ndarray, given: np.ndarray, tree: Tree) -> np.ndarray:
    """Return the table with the root, and with the sums of parts where a place or the total is not given."""
    counts = tree.summed(counts, given)
    whole = counts[:, :-1].sum(axis=1)
    counts[:, -1] = np.where(counts[:, -1] == 0, whole, counts[:, -1])
    return counts


def _alike(layers: list[_Layers]) -> list[tuple[_Layers, int, _Layers, int]]:
    """Return the pairs of counts that are the same number of people under two names, with small cells."""
    flat = [(one, k, counts[:, -1]) for one in layers for k, counts in enumerate(one.counts)]
    some = [(one, k, last) for one, k, last in flat if one.hidden[min(k, 1)].any()]
    pairs = []
    for first, i, mine in flat:
        for second, j, theirs in some:
            if first is second or (id(first), i) == (id(second), j):
                continue
            there = (mine > 0) | (theirs > 0)
            if there.any() and (mine == theirs)[there].mean() >= ALIKE:
                pairs.append((first, i, second, j))
    return pairs
