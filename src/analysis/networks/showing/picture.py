"""What a picture of a network shows: places of people on paper, their shapes and colours, the ties drawn."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analysis.errors import StudyError
from analysis.networks.building.roster import call_roll, population
from analysis.networks.questions.backbone import disparity
from analysis.tables.periods import ALL

if TYPE_CHECKING:
    from analysis.networks.building.ties import Ties

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
    found = pictures(
        ties, [place_id], layer, period, people=people, group=group, level=level, seed=seed
    )  # fmt: skip
    if place_id not in found:
        raise StudyError(
            "This network has too few people with ties to be drawn.",
            where="place_id",
            value=place_id,
            expected=f"at least {FEWEST} people with ties",
            mend="Draw a larger place, another layer or a longer period.",
        )
    return found[place_id]


def pictures(
    ties: Ties,
    place_ids: list[str],
    layer: str = "dyadic",
    period: str = "all",
    *,
    people: pd.DataFrame | None = None,
    group: str = "residency",
    level: float = 0.3,
    seed: int = 0,
) -> dict[str, Picture]:
    """Return the `picture` of several networks by place_id; those with fewer than 5 people are left out."""
    people = people if people is not None else ties.people
    known = people if people is not None else pd.DataFrame({"person_id": []})
    columns = [name for name in dict.fromkeys(("role", group)) if name in known]
    marks = known.drop_duplicates("person_id").set_index("person_id")[columns]
    for place_id in place_ids:
        ties.layout.check(place_id, layer, period)
    sizes = _sizes(ties, people, place_ids, period)
    drawn = {place_id: _lay_out(ties.edges(place_id, layer, period), marks, group, seed)
             for place_id in place_ids}  # fmt: skip
    about = {"layer": layer, "period": period, "group": group, "level": level}
    found = {}
    for place_id, (nodes, edges) in drawn.items():
        if len(nodes) < FEWEST:
            continue
        strong = edges[edges["alpha"] < level].reset_index(drop=True)
        counts = {"people": sizes[place_id], "isolates": sizes[place_id] - len(nodes), "ties": len(edges)}
        found[place_id] = Picture(
            nodes, strong, {"place_id": place_id, **about, **counts, "drawn": len(strong)}
        )
    return found


def _sizes(ties: Ties, people: pd.DataFrame | None, place_ids: list[str], period: str) -> dict[str, int]:
    """Return how many people each network has, with and without ties."""
    roster, layout, whole = call_roll(ties, people), ties.layout, period == ALL
    column, sizes = layout.labels(whole).index(period), {}
    for level in {layout.level_of(place_id) for place_id in place_ids}:
        counts = pd.Series(population(ties, roster, level, whole)[:, column], index=layout.places[level])
        sizes |= {place: int(counts[place]) for place in place_ids if layout.level_of(place) == level}
    return sizes


def _lay_out(
    edges: pd.DataFrame, marks: pd.DataFrame, group: str, seed: int
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return nodes, and edges with source, target (rows of the nodes), weight and alpha."""
    ends = [sorted(pair, key=str) for pair in zip(edges["source_id"], edges["target_id"], strict=True)]
    edges = pd.DataFrame(ends, columns=["source_id", "target_id"]).assign(weight=edges["weight"].to_numpy())
    edges = edges.drop_duplicates(["source_id", "target_id"], keep="last")  # a directed tie has two rows
    edges = disparity(edges.sort_values(["source_id", "target_id"], ignore_index=True))
    persons = sorted(set(edges["source_id"]) | set(edges["target_id"]), key=str)
    if len(persons) < FEWEST:
        return pd.DataFrame({"x": []}), edges
    position = {person: i for i, person in enumerate(persons)}
    pairs = np.column_stack([edges[end].map(position) for end in ("source_id", "target_id")])
    nodes = _nodes(marks.reindex(persons), group)
    nodes[["x", "y"]] = _layout(len(persons), pairs, edges["weight"].to_numpy(), seed)
    nodes["ties"] = np.bincount(pairs.ravel(), minlength=len(persons))
    lines = pd.DataFrame({"source": pairs[:, 0], "target": pairs[:, 1], "weight": edges["weight"],
                          "alpha": edges["alpha"]})  # fmt: skip
    return nodes[["x", "y", "role", "shape", "group", "colour", "ties"]], lines


def _nodes(marks: pd.DataFrame, group: str) -> pd.DataFrame:
    role, label = (
        [None if pd.isna(value) else value for value in marks[name]] if name in marks else [None] * len(marks)
        for name in ("role", group)
    )
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
