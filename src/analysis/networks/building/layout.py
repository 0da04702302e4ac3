"""Which networks there are: places by level, layers by form, periods; and which acts each is made of.

A cell is one (community, period, kind) of the log. A block is one (place, layer, period) whose network is
wanted. Every block is a union of cells, so a network of a street, of all dyadic kinds together, of a rolling
window or of the whole time is the same computation with another list of cells.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from analysis.errors import StudyError
from analysis.tables.periods import ALL, label
from analysis.tables.places import PlaceTree

LEVELS = ("community", "street", "district")
DYADIC, GATHERINGS = "dyadic", "gatherings"
FORMS = (DYADIC, GATHERINGS)
MOST_CELLS = 2**31 - 1


@dataclass(frozen=True)
class Layout:
    """Places, layers and periods of a set of ties.

    Attributes
    ----------
    communities : Index
        Communities, in the order of their codes.
    places : dict of level -> Index
        Identifiers of the places of each level.
    place_of : dict of level -> int32 array
        For each community, the position of its place of that level; -1 where it has none.
    kinds : dict of form -> list of str
        Kinds of act of each form, "dyadic" and "gatherings".
    layers : dict of form -> list of str
        Layer names: one per kind of the form, and last the form itself, all kinds together.
    periods : list of str
        Labels of the rule's periods, without gaps; empty if the rule's period is "all".
    last_month : int or None
        Months from 1970 to the last month of the whole time; None if there is no act.
    window : int
        Periods in each network.
    """

    communities: pd.Index
    places: dict[str, pd.Index]
    place_of: dict[str, np.ndarray]
    kinds: dict[str, list[str]]
    layers: dict[str, list[str]]
    periods: list[str]
    last_month: int | None = None
    window: int = 1

    def n_cells(self, form: str) -> int:
        """Number of (community, period, kind) cells of a form."""
        return len(self.communities) * max(len(self.periods), 1) * max(len(self.kinds[form]), 1)

    def cell(self, form: str, community: np.ndarray, period: np.ndarray, kind: np.ndarray) -> np.ndarray:
        """Return the number of the cell of each community, period and kind (of the form)."""
        number = max(len(self.kinds[form]), 1)
        return (community * max(len(self.periods), 1) + period) * number + kind

    def parts_of(self, form: str, cells: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return community, period and kind of cells: the inverse of `cell`."""
        rest, kind = np.divmod(cells, max(len(self.kinds[form]), 1))
        return *np.divmod(rest, max(len(self.periods), 1)), kind

    @property
    def steps(self) -> list[str]:
        """Labels of the periods that networks are given for: those that end a full window."""
        return self.periods[self.window - 1 :]

    def labels(self, whole: bool) -> list[str]:
        """Period labels of a span."""
        return [ALL] if whole else self.steps

    def window_of(self, label: str) -> slice:
        """Return the positions of the periods that the network called `label` is made of."""
        if label == ALL:
            return slice(0, max(len(self.periods), 1))
        last = self.periods.index(label)
        return slice(last - self.window + 1, last + 1)

    def ranges(
        self, form: str, cells: np.ndarray, level: str, layers: list[str], labels: list[str]
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return what each network is made of, place by place, layer by layer, label by label.

        Returns
        -------
        tuple of arrays
            Pointers (one more than there are networks) into a list of positions in `cells`, that list, and
            the position in `labels` of each one's network.
        """
        community, period, kind = self.parts_of(form, cells)
        place = self.place_of[level][community].astype(np.int64)
        blocks, found = [np.zeros(0, dtype=np.int64)], [np.zeros(0, dtype=np.int64)]
        windows = [self.window_of(label) for label in labels]
        opened = np.array([w.start for w in windows], dtype=np.int64)
        closed = np.array([w.stop for w in windows], dtype=np.int64)
        for number, layer in enumerate(layers):
            at = self.layers[form].index(layer)
            chosen = np.flatnonzero((place >= 0) & ((kind == at) | (at == len(self.kinds[form]))))
            first = np.searchsorted(closed, period[chosen], side="right")  # windows are in order of time
            last = np.searchsorted(opened, period[chosen], side="right")
            for step in range(int((last - first).max(initial=0))):
                inside = first + step < last
                mine = chosen[inside]
                blocks.append((place[mine] * len(layers) + number) * len(labels) + (first + step)[inside])
                found.append(mine)
        block, position = np.concatenate(blocks), np.concatenate(found)
        order = np.lexsort((position, block))
        size = len(self.places[level]) * len(layers) * len(labels)
        pointer = np.concatenate([[0], np.cumsum(np.bincount(block, minlength=size))]).astype(np.int64)
        return pointer, position[order], block[order] % max(len(labels), 1)

    def part(self, communities: np.ndarray) -> Layout:
        """Return the layout of some communities (codes, ascending), which fill the places they lie in."""
        places, place_of = {}, {}
        for level, index in self.places.items():
            inside = self.place_of[level][communities]
            kept, codes = np.unique(inside, return_inverse=True)
            places[level] = index[kept[kept >= 0]]
            place_of[level] = (codes - (kept[0] < 0)).astype(np.int32)
        return replace(self, communities=self.communities[communities], places=places, place_of=place_of)

    def level_of(self, place_id: str) -> str:
        """Return the level of a place."""
        return next(level for level, index in self.places.items() if place_id in index)

    def form_of(self, layer: str) -> str:
        """Return the form of a layer: "dyadic" or "gatherings"."""
        return next(form for form in FORMS if layer in self.layers[form])

    def check(self, place_id: str, layer: str, period: str) -> None:
        """Raise StudyError if there is no such network."""
        known = {
            "place_id": [p for index in self.places.values() for p in index],
            "layer": [name for form in FORMS for name in self.layers[form]],
            "period": [*self.steps, ALL],
        }
        for name, value in (("place_id", place_id), ("layer", layer), ("period", period)):
            if value not in known[name]:
                shown = [str(v) for v in known[name][:12]] + ["…"] * (len(known[name]) > 12)
                raise StudyError(
                    f"These ties have no network of this {name}.",
                    where=name,
                    value=value,
                    expected="one of " + ", ".join(shown),
                    mend=f"Use one of these; ties.layout lists every {name}.",
                )


def name_layers(kinds: dict[str, list[str]]) -> dict[str, list[str]]:
    """Return layer names: the kind, or `<kind>_gatherings` where a kind has acts of both forms."""
    both = set(kinds[DYADIC]) & set(kinds[GATHERINGS])
    layers = {
        DYADIC: [*kinds[DYADIC], DYADIC] if kinds[DYADIC] else [],
        GATHERINGS: [f"{k}_gatherings" if k in both else k for k in kinds[GATHERINGS]],
    }
    if kinds[GATHERINGS]:
        layers[GATHERINGS].append(GATHERINGS)
    names = layers[DYADIC] + layers[GATHERINGS]
    clash = sorted({str(name) for name in names if names.count(name) > 1})
    if clash:
        raise StudyError(
            "Two layers would have the same name.",
            where="interactions.kind",
            value=", ".join(clash),
            expected='no kind called "dyadic" or "gatherings": these name all kinds together',
            mend="Rename the kind, for example with `values` in study.toml.",
        )
    return layers


def label_periods(first: int, number: int, period: str) -> list[str]:
    """Return the labels of `number` periods from period number `first`."""
    return [label(first + i, period) for i in range(number)]


def read_places(
    tree: PlaceTree | pd.DataFrame | None, *seen: pd.Index
) -> tuple[pd.Index, dict[str, pd.Index], dict[str, np.ndarray], int]:
    """Return communities, places by level, place of each community by level, and how many lack a place row.

    Communities are those of `tree`, then those seen in the data and not in it, which lie in no street or
    district. Without a tree there are only communities.
    """
    rows = _level_rows(tree)
    communities = pd.Index(rows["community_id"]) if rows is not None else pd.Index([], dtype="str")
    known = len(communities)
    for ids in seen:
        ids = ids[(communities.get_indexer(ids) < 0) & ids.notna()]
        communities = communities.append(ids) if len(communities) else ids
    places, place_of = {"community": communities}, {"community": np.arange(len(communities), dtype=np.int32)}
    for level in LEVELS[1:]:
        if rows is not None and rows[f"{level}_id"].notna().any():
            codes, index = pd.factorize(rows[f"{level}_id"], use_na_sentinel=True)
            places[level] = pd.Index(index)
            place_of[level] = np.full(len(communities), -1, dtype=np.int32)
            place_of[level][:known] = codes
    _check_nesting(rows, places)
    return communities, places, place_of, len(communities) - known if rows is not None else 0


def _level_rows(tree: PlaceTree | pd.DataFrame | None) -> pd.DataFrame | None:
    if tree is None:
        return None
    rows = tree.levels() if isinstance(tree, PlaceTree) else tree
    if "community_id" not in rows.columns and "place_id" in rows.columns:
        rows = rows.rename(columns={"place_id": "community_id"})
    if "community_id" not in rows.columns or rows["community_id"].duplicated().any():
        raise StudyError(
            "The places cannot be used: they need one row per community.",
            where="tree",
            value=", ".join(map(str, rows.columns)),
            expected="a PlaceTree, or a frame with community_id (unique) and street_id, district_id",
            mend="Pass study.tree, or one row per community.",
        )
    return rows.reindex(columns=["community_id", "street_id", "district_id"])


def _check_nesting(rows: pd.DataFrame | None, places: dict[str, pd.Index]) -> None:
    if rows is not None:
        districts = rows[rows["street_id"].notna()].groupby("street_id")["district_id"].nunique(dropna=False)
        if (districts > 1).any():
            raise StudyError(
                "A street lies in more than one district.",
                where="tree.street_id",
                value=districts.index[districts > 1][0],
                expected="one district for all communities of a street, or none for all of them",
                mend="Correct the places.",
            )
    names = pd.Series([p for index in places.values() for p in index])
    if names.duplicated().any():
        raise StudyError(
            "The same identifier names places of two levels.",
            where="place_id",
            value=names[names.duplicated()].iloc[0],
            expected="identifiers that are unique over communities, streets and districts",
            mend="Rename one of them.",
        )
