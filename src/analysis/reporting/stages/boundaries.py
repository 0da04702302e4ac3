"""The stage of the map: boundaries.geojson of a study folder, drawn small enough to stand in a page."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pandas as pd

from analysis.errors import StudyError, shorten

FILE = "boundaries.geojson"
WIDTH, STEP = 1000, 1  # units of the drawing, and the grid its corners lie on
MEND = "Export the boundaries as GeoJSON in longitude and latitude (WGS 84), with the property place_id."


def read_boundaries(folder: Path | None, places: pd.DataFrame) -> dict:
    """Return the outline of every district that boundaries.geojson draws.

    Parameters
    ----------
    folder : Path or None
        Study folder.
    places : DataFrame
        place_id, kind, district_id. A feature of a smaller place is drawn as part of its district, unless
        the district has a feature of its own; features of places the study does not have are left out.

    Returns
    -------
    dict
        width, height, and districts: place_id -> {path: data of an SVG path, centre: [x, y]}. Empty without
        the file.

    Raises
    ------
    StudyError
        The file is no GeoJSON of polygons in longitude and latitude, or knows none of the places.
    """
    file = folder / FILE if folder else None
    if file is None or not file.is_file():
        return {}
    districts = places.set_index("place_id")["district_id"].to_dict()
    own: dict[str, list] = {}
    parts: dict[str, list] = {}
    for number, feature in enumerate(_features(file), start=1):
        place = str(_within(feature, "properties", number).get("place_id", ""))
        rings = _rings(feature.get("geometry"), number)
        district = districts.get(place)
        if isinstance(district, str):
            (own if place == district else parts).setdefault(district, []).extend(rings)
    rings = parts | own
    if not rings:
        raise StudyError(
            "The boundaries know none of the study's places.", where=FILE,
            expected="properties.place_id as in the table places, such as "
            + ", ".join(places["place_id"].head(3)), mend=MEND,
        )  # fmt: skip
    return _draw(rings)


def _features(file: Path) -> list[dict]:
    try:
        content = json.loads(file.read_text(encoding="utf-8-sig"))
    except (ValueError, OSError) as problem:
        raise StudyError("The boundaries cannot be read.", where=FILE, value=problem, expected="GeoJSON",
                         mend=MEND) from None  # fmt: skip
    features = content.get("features") if isinstance(content, dict) else None
    if not isinstance(features, list) or not all(isinstance(f, dict) for f in features):
        raise StudyError("The boundaries are no collection of features.", where=FILE,
                         value=shorten(content), expected="a FeatureCollection", mend=MEND)  # fmt: skip
    return features


def _within(feature: dict, key: str, number: int) -> dict:
    found = feature.get(key)
    if not isinstance(found, dict):
        raise _wrong("A feature lacks a part.", number, found, f"an object under {key}")
    return found


def _rings(geometry: object, number: int) -> list[list[tuple[float, float]]]:
    if geometry is None:
        return []
    kind = geometry.get("type") if isinstance(geometry, dict) else geometry
    if kind not in ("Polygon", "MultiPolygon"):
        raise _wrong("A feature is no polygon.", number, kind, "Polygon or MultiPolygon")
    try:
        polygons = [geometry["coordinates"]] if kind == "Polygon" else geometry["coordinates"]
        rings = [[(float(p[0]), float(p[1])) for p in ring] for polygon in polygons for ring in polygon]
    except (TypeError, ValueError, IndexError, KeyError) as problem:
        raise _wrong("A feature's coordinates cannot be read.", number, problem, "rings of pairs") from None
    for ring in rings:
        for x, y in ring:
            if not (-180 <= x <= 180 and -90 <= y <= 90):
                raise _wrong("A feature does not lie on the globe.", number, f"{x}, {y}",
                             "longitude from -180 to 180, latitude from -90 to 90")  # fmt: skip
    return [ring for ring in rings if len(ring) > 2]


def _wrong(what: str, number: int, value: object, expected: str) -> StudyError:
    return StudyError(what, where=f"{FILE}, feature {number}", value=value, expected=expected, mend=MEND)


def _draw(districts: dict[str, list]) -> dict:
    """Project and snap every corner to one grid: borders that two districts share stay shared."""
    corners = [corner for rings in districts.values() for ring in rings for corner in ring]
    place, height = projection(corners)
    drawn = {}
    for district, rings in districts.items():
        snapped = [_snap([place(*corner) for corner in ring]) for ring in rings]
        snapped = [ring for ring in snapped if len(ring) > 2] or [
            [(x, y), (x + STEP, y), (x, y + STEP)] for x, y in [place(*rings[0][0])] if rings
        ]
        path = "".join("M" + "L".join(f"{x:g} {y:g}" for x, y in ring) + "Z" for ring in snapped)
        drawn[district] = {"path": path, "centre": _centre(max(snapped, key=lambda r: abs(_area(r))))}
    return {"width": WIDTH, "height": height, "districts": drawn}


def projection(corners: list[tuple[float, float]], *, margin: float = 12.0):
    """Return a function from (longitude, latitude) to the drawing, and the drawing's height.

    Longitudes are shortened by the cosine of the middle latitude (equirectangular projection).
    """
    (west, east), (south, north) = ((min(ends), max(ends)) for ends in zip(*corners, strict=True))
    shrink = max(math.cos(math.radians((south + north) / 2)), 0.01)
    wide, high = (east - west) * shrink, north - south
    inner = WIDTH - 2 * margin
    scale = min(inner / wide if wide else math.inf, inner / high if high else math.inf)
    scale = 1.0 if math.isinf(scale) else scale
    left = (WIDTH - wide * scale) / 2

    def place(longitude: float, latitude: float) -> tuple[float, float]:
        return left + (longitude - west) * shrink * scale, margin + (north - latitude) * scale

    return place, round(high * scale + 2 * margin)


def _snap(ring: list[tuple[float, float]]) -> list[tuple[float, float]]:
    found: list[tuple[float, float]] = []
    for x, y in ring:
        corner = (round(x / STEP) * STEP, round(y / STEP) * STEP)
        if not found or corner != found[-1]:
            found.append(corner)
    return found[:-1] if len(found) > 1 and found[0] == found[-1] else found


def _area(ring: list[tuple[float, float]]) -> float:
    following = ring[1:] + ring[:1]
    return sum(x * v - u * y for (x, y), (u, v) in zip(ring, following, strict=True)) / 2


def _centre(ring: list[tuple[float, float]]) -> list[float]:
    area = _area(ring)
    if not area:
        return [round(sum(c) / len(ring), 1) for c in zip(*ring, strict=True)]
    pairs = list(zip(ring, ring[1:] + ring[:1], strict=True))
    x = sum((a[0] + b[0]) * (a[0] * b[1] - b[0] * a[1]) for a, b in pairs) / (6 * area)
    y = sum((a[1] + b[1]) * (a[0] * b[1] - b[0] * a[1]) for a, b in pairs) / (6 * area)
    return [round(x, 1), round(y, 1)]
