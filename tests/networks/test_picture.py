"""Pictures: stable, without names, backbone only."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from analysis.errors import StudyError
from analysis.networks import build_ties
from analysis.networks.showing.picture import OKABE_ITO, SHAPES, picture
from analysis.simulate import simulate_city


@pytest.fixture(scope="module")
def study():
    return simulate_city(
        districts=1, communities=2, months=12, seed=4, tables=("places", "people", "interactions")
    ).study()


@pytest.fixture(scope="module")
def ties(study):
    return build_ties(study.interactions, tree=study.tree, people=study.people)


def test_the_same_network_gives_the_same_picture_in_any_order(study, ties):
    place = study.tree.communities[0]
    one = picture(ties, place)
    shuffled = build_ties(
        study.interactions.sample(frac=1, random_state=1), tree=study.tree,
        people=study.people.sample(frac=1, random_state=2),
    )  # fmt: skip
    two = picture(shuffled, place)
    pd.testing.assert_frame_equal(one.nodes, two.nodes)
    pd.testing.assert_frame_equal(one.edges, two.edges)
    assert not one.nodes[["x", "y"]].equals(picture(ties, place, seed=1).nodes[["x", "y"]])


def test_no_identifier_and_no_more_than_the_backbone(study, ties):
    place = study.tree.communities[0]
    found = picture(ties, place, level=0.2)
    ids = set(study.people["person_id"])
    for frame in (found.nodes, found.edges):
        assert not any(ids & set(frame[column].astype(str)) for column in frame)
    assert (found.edges["alpha"] < 0.2).all()
    assert found.notes["drawn"] == len(found.edges) < found.notes["ties"]
    assert found.notes["people"] - found.notes["isolates"] == len(found.nodes)
    assert found.nodes["ties"].sum() == 2 * found.notes["ties"]
    assert found.nodes[["x", "y"]].abs().to_numpy().max() <= 1
    assert found.nodes["x"].var() >= found.nodes["y"].var()


def test_shape_is_role_and_colour_is_group(study, ties):
    nodes = picture(ties, study.tree.communities[0]).nodes
    assert (nodes["shape"] == nodes["role"].map(SHAPES)).all()
    assert nodes.groupby("group")["colour"].nunique().eq(1).all()
    assert set(nodes["colour"]) <= set(OKABE_ITO)


def test_tied_people_lie_closer(study, ties):
    found = picture(ties, study.tree.communities[0])
    xy = found.nodes[["x", "y"]].to_numpy()
    tied = np.linalg.norm(xy[found.edges["source"]] - xy[found.edges["target"]], axis=1).mean()
    rng = np.random.default_rng(0)
    anyone = np.linalg.norm(xy[rng.permutation(len(xy))] - xy, axis=1).mean()
    assert tied < 0.5 * anyone


def test_few_people_and_many_groups_are_refused(study, ties):
    few = study.interactions[study.interactions["target_id"].notna()].head(2)
    with pytest.raises(StudyError, match="too few"):
        picture(build_ties(few), few["community_id"].iloc[0])
    with pytest.raises(StudyError, match="groups"):
        picture(
            ties,
            study.tree.communities[0],
            people=study.people.assign(many=[str(i % 30) for i in range(len(study.people))]),
            group="many",
        )


def test_the_widget_holds_the_picture(study, ties):
    place = study.tree.communities[0]
    widget = ties.view(place)
    assert len(widget.data["nodes"]) == len(ties.picture(place).nodes)
    assert not set(study.people["person_id"]) & {str(node) for node, *_ in widget.data["nodes"]}
