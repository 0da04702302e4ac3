"""Which networks there are: places by level, layers by form, periods; and which acts each is made of.

A cell is one (community, kind, period) of the log. A block is one (place, layer, period) whose network is
wanted. Every block of one level and span is a union of cells, so a network of a street, of all dyadic kinds
together or of the whole time is the same computation with another table of cells to blocks.
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
    """

    communities: pd.Index
    places: dict[str, pd.Index]
    place_of: dict[str, np.ndarray]
    kinds: dict[str, list[str]]
    layers: dict[str, list[str]]
    periods: list[str]
    last_month: int | None = None

    def n_cells(self, form: str) -> int:
        """Number of (community, kind, period) cells of a form."""
        return len(self.communities) * max(len(self.kinds[form]), 1) * max(len(self.periods), 1)

    def labels(self, whole: bool) -> list[str]:
        """Period labels of a span."""
        return [ALL] if whole else self.periods

    def n_blocks(self, form: str, level: str, whole: bool) -> int:
        """Number of blocks of a form, level and span, numbered place by place, layer by layer."""
        return len(self.places[level]) * len(self.layers[form]) * len(self.labels(whole))

    def block_of_cell(self, form: str, level: str, whole: bool) -> list[np.ndarray]:
        """Return, for the kinds apart and for all together, the block of each cell (-1: in none)."""
        kinds, periods = len(self.kinds[form]), max(len(self.periods), 1)
        layers, spans = len(self.layers[form]), len(self.labels(whole))
        place = self.place_of[level].astype(np.int64)[:, None, None]
        kind = np.arange(kinds)[None, :, None]
        period = np.zeros(periods, dtype=np.int64) if whole else np.arange(periods)
        results = []
        for layer in (kind, np.full_like(kind, kinds)):
            block = (place * layers + layer) * spans + period[None, None, :]
            results.append(np.where(place >= 0, block, -1).astype(np.int32).ravel())
        return results

    def one_block(self, form: str, place_id: str, layer: str, period: str) -> np.ndarray:
        """Return 0 for each cell of one network and -1 for the others."""
        level = self.level_of(place_id)
        in_place = self.place_of[level] == self.places[level].get_loc(place_id)
        number = self.layers[form].index(layer)
        in_layer = np.arange(len(self.kinds[form])) == number
        if number == len(self.kinds[form]):
            in_layer[:] = True
        in_period = np.ones(max(len(self.periods), 1), dtype=bool)
        if period != ALL:
            in_period = np.arange(len(self.periods)) == self.periods.index(period)
        inside = in_place[:, None, None] & in_layer[None, :, None] & in_period[None, None, :]
        return np.where(inside, 0, -1).astype(np.int32).ravel()

    def part(self, communities: np.ndarray) -> Layout:
        """Return the layout of some communities (codes, ascending), which filling the places they lie in."""
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
            "period": [*self.periods, ALL],
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
