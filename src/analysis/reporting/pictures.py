"""One network picture per district: of the community of middle size, so that it shows what is usual."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

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
    if ties is not None:
        from analysis.networks.showing.picture import pictures

        middles = _middles(study)
        drawings = pictures(ties, list(middles.values()), people=study.people if len(study.people) else None)
        for district, community in middles.items():
            if community not in drawings:  # fewer than five people with ties
                continue
            drawn = drawings[community]
            notes = pd.DataFrame([{name: drawn.notes[name] for name in EMPTY["pictures"][2:]}])
            notes = notes.assign(place_id=community)
            for name, frame in (("nodes", drawn.nodes), ("edges", drawn.edges), ("pictures", notes)):
                found[name].append(frame.assign(district_id=district)[EMPTY[name]])
    return {
        name: pd.concat(parts, ignore_index=True) if parts else pd.DataFrame({c: [] for c in EMPTY[name]})
        for name, parts in found.items()
    }


def _middles(study: Study) -> dict[str, str]:
    """Return the community of each district with the middle number of people acting, the upper of two."""
    acts = study.interactions[study.interactions["target_id"].notna()]
    acting = acts.groupby("community_id", observed=True)["source_id"].nunique().reset_index()
    acting = acting.assign(district_id=acting["community_id"].map(study.tree.table["district_id"]))
    order = acting.sort_values(["source_id", "community_id"]).groupby("district_id")["community_id"]
    middles = {district: names.iloc[len(names) // 2] for district, names in order}
    return {district: middles[district] for district in study.districts if district in middles}
