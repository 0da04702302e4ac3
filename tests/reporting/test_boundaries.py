"""Boundaries: drawn small, borders still shared, and every mistake in the file named."""

import json

import pandas as pd
import pytest

from analysis.errors import StudyError
from analysis.reporting.stages import read_boundaries

PLACES = pd.DataFrame(
    {
        "place_id": ["A", "B", "B-C1", "B-C2"],
        "kind": ["district", "district", "community", "community"],
        "district_id": ["A", "B", "B", "B"],
    }
)
LEFT = [[[0, 0], [1, 0], [1, 1], [0, 1], [0, 0]]]
RIGHT = [[[1, 0], [2, 0], [2, 1], [1, 1], [1, 0]]]


def feature(place, coordinates, kind="Polygon"):
    return {
        "type": "Feature",
        "properties": {"place_id": place},
        "geometry": {"type": kind, "coordinates": coordinates},
    }


def read(folder, *features):
    text = json.dumps({"type": "FeatureCollection", "features": list(features)})
    (folder / "boundaries.geojson").write_text(text, encoding="utf-8")
    return read_boundaries(folder, PLACES)


def test_two_squares_on_the_equator_share_their_border(tmp_path):
    drawn = read(tmp_path, feature("A", LEFT), feature("B", [RIGHT], "MultiPolygon"))
    # 976 units for 2 degrees, an edge of 12 around; y grows downwards
    assert drawn["districts"]["A"] == {"path": "M12 500L500 500L500 12L12 12Z", "centre": [256.0, 256.0]}
    assert drawn["districts"]["B"]["path"] == "M500 500L988 500L988 12L500 12Z"
    assert (drawn["width"], drawn["height"]) == (1000, 512)


def test_communities_make_up_their_district_unless_it_has_its_own(tmp_path):
    parts = [feature("B-C1", LEFT), feature("B-C2", RIGHT), feature("elsewhere", LEFT)]
    assert read(tmp_path, *parts)["districts"]["B"]["path"].count("M") == 2
    assert read(tmp_path, *parts, feature("B", LEFT))["districts"]["B"]["path"].count("M") == 1


def test_fine_detail_goes_and_tiny_islands_stay(tmp_path):
    fine = [[n / 5000, 0] for n in range(5001)] + [[1, 1], [0, 1], [0, 0]]
    island = [[1.5, 0.5], [1.50001, 0.5], [1.5, 0.50001], [1.5, 0.5]]
    drawn = read(tmp_path, feature("A", [fine]), feature("B", [island]), feature("B-C1", RIGHT))
    assert drawn["districts"]["A"]["path"].count("L") < 1000
    assert drawn["districts"]["B"]["path"].startswith("M")


def test_no_file_no_boundaries(tmp_path):
    assert read_boundaries(tmp_path, PLACES) == {}
    assert read_boundaries(None, PLACES) == {}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("{", "cannot be read"),
        ("[]", "no collection of features"),
        ('{"features": [1]}', "no collection of features"),
        ('{"features": [{"properties": null}]}', "lacks a part"),
        (json.dumps({"features": [feature("A", [0, 0], "Point")]}), "no polygon"),
        (json.dumps({"features": [feature("A", [[["x", 0]]])]}), "cannot be read"),
        (json.dumps({"features": [feature("A", [[[512345.0, 0], [0, 1], [1, 1]]])]}), "not lie on the globe"),
        (json.dumps({"features": [feature("Z", LEFT)]}), "know none of the study's places"),
        (json.dumps({"features": []}), "know none of the study's places"),
    ],
)
def test_mistakes_are_named(tmp_path, content, said):
    (tmp_path / "boundaries.geojson").write_text(content, encoding="utf-8")
    with pytest.raises(StudyError, match=said) as error:
        read_boundaries(tmp_path, PLACES)
    assert "boundaries.geojson" in error.value.where
    assert error.value.mend
