"""One network as a plain networkx or igraph graph, at the boundary."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pandas as pd

from analysis.networks.building.layout import DYADIC
from analysis.networks.building.roster import call_roll, people_of

if TYPE_CHECKING:
    import igraph
    import networkx as nx

    from analysis.networks.building.ties import Ties


def to_networkx(
    ties: Ties, place_id: str, layer: str, period: str = "all", people: pd.DataFrame | None = None
) -> nx.Graph:
    """Return one network as a plain networkx graph.

    Parameters
    ----------
    ties : Ties
    place_id, layer, period : str
        Which network; period "all" is the whole time.
    people : DataFrame, optional
        The people table: gives the people without a tie and the nodes' attributes; by default the one the
        ties were built with.

    Returns
    -------
    networkx.Graph, or DiGraph for dyadic layers if the rule is directed
        Nodes are person_id, all people of the network (see `networks.building.roster.population`), with the
        attributes of `people` that are not missing. Edges carry `weight` and the further columns of
        `Ties.edges`. `graph.graph` holds place_id, layer, period, and the tie rule and the accounting of the
        log as JSON text under `rule` and `accounting`, so that every file format of networkx takes them.

    Raises
    ------
    StudyError
        If there is no such network.
    """
    import networkx as nx

    edges = ties.edges(place_id, layer, period)
    roster = call_roll(ties, people if people is not None else ties.people)
    nodes = roster.persons[people_of(ties, roster, place_id, period)]
    directed = ties.rule.directed and ties.layout.form_of(layer) == DYADIC
    graph = nx.DiGraph() if directed else nx.Graph()
    graph.graph.update(
        place_id=place_id,
        layer=layer,
        period=period,
        rule=json.dumps(ties.rule.describe(), ensure_ascii=False),
        accounting=json.dumps(ties.accounting),
    )
    graph.add_nodes_from(_with_attributes(nodes, people if people is not None else ties.people))
    names = edges.columns[2:]
    values = zip(*(edges[name].tolist() for name in names), strict=True)
    pairs = zip(edges["source_id"].tolist(), edges["target_id"].tolist(), values, strict=True)
    graph.add_edges_from((u, v, dict(zip(names, row, strict=True))) for u, v, row in pairs)
    return graph


def to_igraph(
    ties: Ties, place_id: str, layer: str, period: str = "all", people: pd.DataFrame | None = None
) -> igraph.Graph:
    """Return one network as an igraph graph: nodes, ties and attributes as `to_networkx` has them.

    Returns
    -------
    igraph.Graph
        Vertices carry `name` (person_id, as text) and the attributes of `people` (None where missing), edges
        `weight` and the further columns of `Ties.edges`; the graph's attributes are those of `graph.graph`.

    Raises
    ------
    StudyError
        If there is no such network.
    """
    import igraph

    graph = to_networkx(ties, place_id, layer, period, people)
    position = {node: i for i, node in enumerate(graph)}
    names = sorted({key for _, values in graph.nodes(data=True) for key in values})
    edges = list(graph.edges(data=True))
    columns = list(edges[0][2]) if edges else ["weight"]
    return igraph.Graph(
        n=len(position),
        edges=[(position[u], position[v]) for u, v, _ in edges],
        directed=graph.is_directed(),
        graph_attrs=dict(graph.graph),
        vertex_attrs={"name": [str(node) for node in graph]}
        | {key: [values.get(key) for _, values in graph.nodes(data=True)] for key in names},
        edge_attrs={key: [values[key] for *_, values in edges] for key in columns},
    )


def _with_attributes(nodes: pd.Index, people: pd.DataFrame | None) -> list[tuple[object, dict]]:
    if people is None or not len(people):
        return [(node, {}) for node in nodes.tolist()]
    table = people.set_index("person_id").reindex(nodes)
    if "joined" in table.columns:
        table["joined"] = table["joined"].astype("str")
    records = table.to_dict("records")
    return [
        (node, {k: v for k, v in record.items() if pd.notna(v) and v != "NaT"})
        for node, record in zip(nodes.tolist(), records, strict=True)
    ]
