"""One network picture per district: of the community of middle size, so that it shows what is usual."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from analysis.errors import StudyError
from analysis.tables.study import Study

if TYPE_CHECKING:
    from analysis.networks import Ties

EMPTY = {
    "nodes": ["district_id", "x", "y", "role", "shape", "group", "colour", "ties"],
    "edges": ["district_id", "source", "target", "weight"],
    "pictures": ["district_id", "place_id", "people", "isolates", "ties", "drawn"],
}


def draw_districts(study: Study, ties: Ties | None) -> dict[str, pd.DataFrame]:
    """Return nodes, edges and pictures (one row each) of one community per district.

    Returns
    -------
    dict of str to DataFrame
        nodes, edges : as in `networks.picture`, with district_id; no identifier of a person.
        pictures : district_id, place_id (the community drawn), people, isolates, ties, drawn.
        Without rows for districts in which no community of middle size has five people with ties.
    """
    found: dict[str, list[pd.DataFrame]] = {name: [] for name in EMPTY}
    for district in study.districts if ties is not None else ():
        community = _middle(study, district)
        if community is None:
            continue
        try:
            drawn = ties.picture(community, people=study.people if len(study.people) else None)
        except StudyError:  # fewer than five people with ties
            continue
        notes = pd.DataFrame([{name: drawn.notes[name] for name in EMPTY["pictures"][2:]}])
        notes = notes.assign(place_id=community)
        for name, frame in (("nodes", drawn.nodes), ("edges", drawn.edges), ("pictures", notes)):
            found[name].append(frame.assign(district_id=district)[EMPTY[name]])
    return {
        name: pd.concat(parts, ignore_index=True) if parts else pd.DataFrame({c: [] for c in EMPTY[name]})
        for name, parts in found.items()
    }


def _middle(study: Study, district: str) -> str | None:
    """Return the community of the district with the middle number of people acting, the upper of two."""
    communities = study.tree.communities_of(district)
    acts = study.interactions[study.interactions["target_id"].notna()]
    acting = acts[acts["community_id"].isin(communities)].groupby("community_id")["source_id"].nunique()
    order = acting.reset_index().sort_values(["source_id", "community_id"])["community_id"].tolist()
    return order[len(order) // 2] if order else None
