"""What a picture of a network shows: places of people on paper, their shapes and colours, the ties drawn."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analysis.errors import StudyError
from analysis.networks.backbone import disparity

if TYPE_CHECKING:
    from analysis.networks.ties import Ties

SHAPES = {"resident": "o", "volunteer": "^", "party_member": "s", "social_worker": "D", "cadre": "P"}
UNKNOWN_SHAPE, UNKNOWN_COLOUR = "X", "#999999"
OKABE_ITO = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#F0E442", "#000000")
FEWEST = 5


@dataclass(frozen=True)
class Picture:
    """A network made ready for drawing, without any identifier.

    Attributes
    ----------
    nodes : DataFrame
        x, y (from -1 to 1), role, shape (a matplotlib marker), group, colour, ties (number, drawn or not);
        one row per person with a tie.
    edges : DataFrame
        source, target (rows of `nodes`), weight, alpha; only ties of the backbone.
    notes : dict
        people, isolates (people without a tie: not drawn), ties, drawn, level.
    """

    nodes: pd.DataFrame
    edges: pd.DataFrame
    notes: dict = field(default_factory=dict)


def picture(
    ties: Ties,
    place_id: str,
    layer: str = "dyadic",
    period: str = "all",
    *,
    people: pd.DataFrame | None = None,
    group: str = "residency",
    level: float = 0.3,
    seed: int = 0,
) -> Picture:
    """Lay out one network for a figure: roles by shape, groups by colour, only backbone ties, no names.

    Parameters
    ----------
    ties : Ties
    place_id, layer, period : str
        Which network.
    people : DataFrame, optional
        The people table; by default the one the ties were built with.
    group : str, default "residency"
        Column of `people` shown by colour.
    level : float, default 0.3
        Ties with disparity alpha under this are drawn: see `disparity`.
    seed : int

    Returns
    -------
    Picture
        The same network and seed always give the same picture, whatever the order of the log.

    Raises
    ------
    StudyError
        If there is no such network or fewer than 5 people in it have ties.

    Notes
    -----
    Layout: Fruchterman & Reingold 1991 on all ties from a start fixed by the seed, turned so that the widest
    spread lies across. Colours: Okabe & Ito 2008.
    """
    people = people if people is not None else ties.people
    graph = ties.to_networkx(place_id, layer, period, people=people).to_undirected()
    edges = pd.DataFrame(
        [(*sorted((u, v), key=str), data["weight"]) for u, v, data in graph.edges(data=True)],
        columns=["source_id", "target_id", "weight"],
    )
    edges = disparity(edges.sort_values(["source_id", "target_id"], ignore_index=True))
    persons = sorted(set(edges["source_id"]) | set(edges["target_id"]), key=str)
    if len(persons) < FEWEST:
        raise StudyError(
            "This network has too few people with ties to be drawn.",
            where="place_id",
            value=place_id,
            expected=f"at least {FEWEST} people with ties",
            mend="Draw a larger place, another layer or a longer period.",
        )
    position = {person: i for i, person in enumerate(persons)}
    pairs = np.column_stack([edges[end].map(position) for end in ("source_id", "target_id")])
    nodes = _nodes(graph, persons, group)
    nodes[["x", "y"]] = _layout(len(persons), pairs, edges["weight"].to_numpy(), seed)
    nodes["ties"] = np.bincount(pairs.ravel(), minlength=len(persons))
    drawn = pd.DataFrame(
        {"source": pairs[:, 0], "target": pairs[:, 1], "weight": edges["weight"], "alpha": edges["alpha"]}
    )
    drawn = drawn[drawn["alpha"] < level].reset_index(drop=True)
    notes = {
        "place_id": place_id, "layer": layer, "period": period, "group": group, "level": level,
        "people": graph.number_of_nodes(), "isolates": graph.number_of_nodes() - len(persons),
        "ties": len(edges), "drawn": len(drawn),
    }  # fmt: skip
    return Picture(nodes[["x", "y", "role", "shape", "group", "colour", "ties"]], drawn, notes)


def _nodes(graph, persons: list, group: str) -> pd.DataFrame:
    role = [graph.nodes[person].get("role") for person in persons]
    label = [graph.nodes[person].get(group) for person in persons]
    known = sorted({value for value in label if value is not None}, key=str)
    if len(known) > len(OKABE_ITO):
        raise StudyError(
            "There are more groups than colours that can be told apart.",
            where="group",
            value=f"{group}: {len(known)} values",
            expected=f"at most {len(OKABE_ITO)}",
            mend="Use another column, or join its values into fewer.",
        )
    colours = dict(zip(known, OKABE_ITO, strict=False))
    return pd.DataFrame(
        {
            "role": pd.Series(role, dtype="str"),
            "shape": [SHAPES.get(value, UNKNOWN_SHAPE) for value in role],
            "group": pd.Series(label, dtype="str"),
            "colour": [colours.get(value, UNKNOWN_COLOUR) for value in label],
        }
    )


def _layout(n: int, pairs: np.ndarray, weight: np.ndarray, seed: int) -> np.ndarray:
    import igraph

    start = np.random.default_rng(seed).uniform(-1, 1, (n, 2)) * np.sqrt(n)
    graph = igraph.Graph(n=n, edges=pairs.tolist())
    igraph.set_random_number_generator(random.Random(seed))  # the layout adds a little noise
    try:
        found = graph.layout_fruchterman_reingold(
            weights=np.sqrt(weight).tolist(), seed=start.tolist(), niter=500, grid="nogrid"
        )
    finally:
        igraph.set_random_number_generator(random)
    xy = np.array(found.coords)
    xy = xy - np.median(xy, axis=0)
    _, _, axes = np.linalg.svd(xy - xy.mean(axis=0), full_matrices=False)
    xy = xy @ axes.T
    xy = xy * np.where((xy**3).sum(axis=0) < 0, -1, 1)
    return xy / max(np.abs(xy).max(), 1e-9)
