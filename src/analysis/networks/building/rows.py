"""The rows of a log that a tie rule uses, and the communities that each place holds, as plain frames."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.errors import StudyError
from analysis.networks.building.rule import TieRule
from analysis.tables.places import PlaceTree

NEEDED = ("time", "community_id", "kind", "source_id")
LEVELS = ("community", "street", "district")


def used_rows(interactions: pd.DataFrame, rule: TieRule | None = None) -> pd.DataFrame:
    """Return the rows that ties are made from under `rule`, with time, in the order of the log.

    The same rows that `build_ties` uses, before repeat joins are dropped: a wanted kind and status, a
    community, a source, a time in the rule's window, a target other than the source or a gathering.

    Returns
    -------
    DataFrame
        time, community_id, kind, source_id, target_id, gathering_id (missing where there is a target).

    Raises
    ------
    StudyError
        If a column is missing or `time` does not hold times.
    """
    rule = rule or TieRule()
    missing = [name for name in NEEDED if name not in interactions.columns]
    if missing:
        raise StudyError(
            "The interactions lack columns.",
            where="interactions",
            value=", ".join(missing),
            expected=", ".join(NEEDED) + ", and target_id or gathering_id",
            mend="Add or rename the columns, or map them in study.toml.",
        )
    table = interactions.reindex(columns=[*NEEDED, "target_id", "gathering_id", "status"])
    if isinstance(table["time"].dtype, pd.DatetimeTZDtype):
        table["time"] = table["time"].dt.tz_localize(None)
    if not pd.api.types.is_datetime64_dtype(table["time"]):
        raise StudyError(
            "The times of the interactions are not times.",
            where="interactions.time",
            value=table["time"].dropna().iloc[0] if table["time"].notna().any() else "no times",
            expected="one local time per row, of type datetime64",
            mend="Convert the column, for example with pandas.to_datetime.",
        )
    status, target = table.pop("status"), table["target_id"]
    keep = status.isin([s for s in rule.statuses if s is not None])
    if None in rule.statuses:
        keep |= status.isna()
    if rule.layers is not None:
        keep &= table["kind"].isin(rule.layers)
    keep &= table[list(NEEDED)].notna().all(axis=1)
    if rule.start:
        keep &= table["time"] >= pd.Timestamp(rule.start)
    if rule.end:
        keep &= table["time"] < pd.Timestamp(rule.end) + pd.Timedelta(days=1)
    keep &= target.notna() | table["gathering_id"].notna()
    keep &= target.isna() | (target != table["source_id"])
    table = table[keep].reset_index(drop=True)
    table["gathering_id"] = table["gathering_id"].mask(table["target_id"].notna())
    return table


def place_members(
    tree: PlaceTree | pd.DataFrame | None, communities: pd.Index | list[str], level: str | None = None
) -> dict[str, np.ndarray]:
    """Return the positions in `communities` that each place holds: communities, streets, then districts."""
    communities = pd.Index(communities)
    members: dict[str, np.ndarray] = {}
    if level in (None, "community"):
        members = {place: np.array([i]) for i, place in enumerate(communities)}
    if tree is None:
        return members
    rows = tree.levels() if isinstance(tree, PlaceTree) else tree
    for name in LEVELS[1:]:
        if f"{name}_id" in rows.columns and level in (None, name):
            for place, held in rows.groupby(f"{name}_id", sort=False)["community_id"]:
                inside = communities.get_indexer(held)
                members[place] = np.sort(inside[inside >= 0])
    return members
