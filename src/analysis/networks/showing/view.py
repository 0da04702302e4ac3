"""An interactive picture of one network in JupyterLab."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from analysis.errors import StudyError
from analysis.networks.showing.picture import picture

if TYPE_CHECKING:
    from analysis.networks.building.ties import Ties

MOST = 5_000


def view(
    ties: Ties,
    place_id: str,
    layer: str = "dyadic",
    period: str = "all",
    *,
    people: pd.DataFrame | None = None,
    group: str = "residency",
    level: float = 1.01,
    seed: int = 0,
    height: int = 500,
):
    """Show one network as an interactive widget: zoom, pan, search by role; no names.

    Parameters
    ----------
    ties, place_id, layer, period, people, group, seed
        As for `picture`.
    level : float, default 1.01
        Ties with disparity alpha under this are drawn; 1.01 draws all.
    height : int, default 500
        Pixels.

    Returns
    -------
    ipysigma.Sigma
        People are numbered and coloured by group; their role is the label.

    Raises
    ------
    StudyError
        If ipysigma is missing, or the network has under 5 or over 5,000 people with ties.
    """
    try:
        from ipysigma import Sigma
    except ImportError as error:
        raise StudyError(
            "The interactive picture needs ipysigma.",
            where="view",
            mend="Install ipysigma, or use the static picture.",
        ) from error
    import networkx as nx

    found = picture(ties, place_id, layer, period, people=people, group=group, level=level, seed=seed)
    if len(found.nodes) > MOST:
        raise StudyError(
            "This network is too large for an interactive picture.",
            where="place_id",
            value=f"{len(found.nodes):,} people with ties",
            expected=f"at most {MOST:,}",
            mend="View a community, a shorter period or one layer.",
        )
    graph = nx.Graph()
    records = found.nodes.assign(
        role=found.nodes["role"].fillna("unknown"), group=found.nodes["group"].fillna("unknown")
    )
    graph.add_nodes_from(enumerate(records[["x", "y", "role", "group", "ties"]].to_dict("records")))
    graph.add_weighted_edges_from(
        found.edges[["source", "target", "weight"]].itertuples(index=False, name=None)
    )
    palette = dict(zip(records["group"], records["colour"], strict=True))
    return Sigma(
        graph,
        node_color="group",
        node_color_palette=palette,
        node_size="ties",
        node_label="role",
        node_border_color_from="node",
        edge_size="weight",
        layout={node: {"x": data["x"], "y": data["y"]} for node, data in graph.nodes(data=True)},
        start_layout=False,
        height=height,
    )
