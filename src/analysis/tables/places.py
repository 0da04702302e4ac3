"""The tree of places: which community belongs to which street and district."""

from __future__ import annotations

import pandas as pd

LEVELS_UP = ("community", "street", "district")


class PlaceTree:
    """Places and who holds whom.

    Parameters
    ----------
    places : DataFrame
        The `places` table: place_id, kind, parent_id and the rest. Parents must exist and form no cycle
        (`open_study` checks both).

    Attributes
    ----------
    table : DataFrame
        `places` indexed by place_id, with columns community_id, street_id and district_id added: the place
        itself or its ancestor of that kind, missing where there is none.
    """

    def __init__(self, places: pd.DataFrame) -> None:
        table = places.set_index("place_id", drop=False)
        parents = table["parent_id"].to_dict()
        kinds = table["kind"].to_dict()
        found: dict[str, list[str | None]] = {f"{kind}_id": [] for kind in LEVELS_UP}
        for place in table.index:
            chain = list(_upwards(place, parents))
            for kind in LEVELS_UP:
                found[f"{kind}_id"].append(next((p for p in chain if kinds[p] == kind), None))
        self.table = table.assign(
            **{k: pd.Series(v, index=table.index, dtype="str") for k, v in found.items()}
        )

    @property
    def communities(self) -> list[str]:
        """Identifiers of all communities, in table order."""
        return self.of_kind("community")

    @property
    def districts(self) -> list[str]:
        """Identifiers of all districts, in table order."""
        return self.of_kind("district")

    def of_kind(self, kind: str) -> list[str]:
        """Identifiers of all places of one kind, in table order."""
        return self.table.index[self.table["kind"] == kind].tolist()

    def communities_of(self, place_id: str) -> list[str]:
        """Communities in `place_id`, itself included if it is one."""
        kind = self.table.at[place_id, "kind"]
        communities = self.table[self.table["kind"] == "community"]
        if kind == "city":
            return communities.index.tolist()
        if kind == "unit":
            return []
        return communities.index[
            (communities[f"{kind}_id"] == place_id).to_numpy(bool, na_value=False)
        ].tolist()

    def levels(self) -> pd.DataFrame:
        """One row per community: community_id, street_id, district_id (missing where there is none)."""
        rows = self.table[self.table["kind"] == "community"]
        return rows[["community_id", "street_id", "district_id"]].reset_index(drop=True)


def _upwards(place: str, parents: dict[str, str]):
    while isinstance(place, str) and place in parents:
        yield place
        place = parents[place]
