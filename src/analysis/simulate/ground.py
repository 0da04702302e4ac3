"""The places of the synthetic city: city, districts, streets, communities and units."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.simulate import calibration as known
from analysis.simulate import names
from analysis.simulate.frames import frame, numbered
from analysis.simulate.setting import Setting


@dataclass(frozen=True)
class Ground:
    """Places as arrays. Communities, and units, are numbered through the whole city.

    Attributes
    ----------
    district_of, street_of : array of int, by community
    community_of : array of int, by unit
    households, population, nonregistered, elderly : array, by unit
        Counts; the last two in residents.
    district_ids, street_ids, community_ids, unit_ids : list of str
    """

    district_of: np.ndarray
    street_of: np.ndarray
    street_district: np.ndarray
    community_of: np.ndarray
    households: np.ndarray
    population: np.ndarray
    nonregistered: np.ndarray
    elderly: np.ndarray
    district_ids: list[str]
    street_ids: list[str]
    community_ids: list[str]
    unit_ids: list[str]

    @property
    def residents(self) -> np.ndarray:
        """Population of each community."""
        return np.bincount(self.community_of, self.population, len(self.community_ids)).astype(np.int64)


def draw_ground(setting: Setting) -> Ground:
    """Draw the places of the city, without their names and position."""
    rng = setting.stream("ground")
    street_of, street_district = _streets(setting)
    low, high = known.UNITS_PER_COMMUNITY
    units = rng.integers(low, high + 1, setting.n)
    community_of = np.repeat(np.arange(setting.n), units)
    low, high = known.UNIT_HOUSEHOLDS
    households = rng.integers(low, high + 1, len(community_of))
    size, spread = known.HOUSEHOLD_SIZE
    population = np.rint(households * np.clip(rng.normal(size, spread, len(households)), 1.8, 3.6))
    levels = (setting.district_of[community_of], community_of)
    nonregistered = _shares(
        rng, known.SHARE_NONREGISTERED, known.NONREGISTERED_LOGIT_SPREAD, levels, population
    )
    old = _shares(rng, known.SHARE_ELDERLY, known.ELDERLY_LOGIT_SPREAD, levels, population)
    district_ids = numbered("D", setting.districts, 2)
    return Ground(
        district_of=setting.district_of,
        street_of=street_of,
        street_district=street_district,
        community_of=community_of,
        households=households,
        population=population.astype(np.int64),
        nonregistered=np.rint(nonregistered * population),
        elderly=np.rint(old * population),
        district_ids=district_ids,
        street_ids=_inside(district_ids, street_district, "S", 1),
        community_ids=(community_ids := _inside(district_ids, setting.district_of, "C", 2)),
        unit_ids=_inside(community_ids, community_of, "U", 1),
    )


def places(setting: Setting, ground: Ground) -> pd.DataFrame:
    """Return the `places` table: counts and shares added up from the units."""
    rng = setting.stream("places")
    n_units, n_streets = len(ground.unit_ids), len(ground.street_ids)
    district_unit = ground.district_of[ground.community_of]
    density, spread = known.DENSITY
    area = ground.population / (density * np.exp(rng.normal(0, spread, setting.n)))[ground.community_of]
    named, lon, lat = _names(setting, ground, rng), *_coordinates(setting, ground, rng)
    levels = [  # kind, identifiers, parents, units' membership
        ("city", ["CITY"], [None], np.zeros(n_units, int)),
        ("district", ground.district_ids, ["CITY"] * setting.districts, district_unit),
        ("street", ground.street_ids, [ground.district_ids[d] for d in ground.street_district],
         ground.street_of[ground.community_of]),
        ("community", ground.community_ids, [ground.street_ids[s] for s in ground.street_of],
         ground.community_of),
        ("unit", ground.unit_ids, [ground.community_ids[c] for c in ground.community_of],
         np.arange(n_units)),
    ]  # fmt: skip
    parts = []
    for kind, ids, parents, member in levels:
        counts = (ground.population, ground.households, ground.elderly, ground.nonregistered, area)
        total = [np.bincount(member, weights, len(ids)) for weights in counts]
        count = np.bincount(member, minlength=len(ids))
        parts.append(
            frame(
                "places", place_id=ids, kind=[kind] * len(ids), parent_id=parents,
                name=[name[0] for name in named[kind]], name_zh=[name[1] for name in named[kind]],
                population=total[0].astype(np.int64), households=total[1].astype(np.int64),
                share_elderly=(total[2] / total[0]).round(4),
                share_nonregistered=(total[3] / total[0]).round(4),
                area_km2=np.maximum(total[4], 0.0001).round(4),
                longitude=(np.bincount(member, lon, len(ids)) / count).round(5),
                latitude=(np.bincount(member, lat, len(ids)) / count).round(5),
            )
        )  # fmt: skip
    assert n_streets == len(parts[2])
    return pd.concat(parts, ignore_index=True)


def _streets(setting: Setting) -> tuple[np.ndarray, np.ndarray]:
    """Return the street of each community and the district of each street."""
    per_district = max(1, round(setting.communities / known.STREET_COMMUNITIES))
    inside = np.concatenate(
        [np.full(len(part), s) for s, part in
         enumerate(np.array_split(np.arange(setting.communities), per_district))]
    )  # fmt: skip
    street_of = setting.district_of * per_district + np.tile(inside, setting.districts)
    return street_of, np.repeat(np.arange(setting.districts), per_district)


def _shares(
    rng: np.random.Generator,
    target: float,
    spread: dict[str, float],
    levels: tuple[np.ndarray, np.ndarray],
    population: np.ndarray,
) -> np.ndarray:
    """Draw a share per unit, spread over districts, communities and units, that is `target` in the city."""
    district, community = levels
    logit = (
        rng.normal(0, spread["district"], district.max() + 1)[district]
        + rng.normal(0, spread["community"], community.max() + 1)[community]
        + rng.normal(0, spread["unit"], len(community))
    )
    low, high = -12.0, 12.0
    for _ in range(50):  # bisection: the city's share rises with the common shift
        shift = (low + high) / 2
        share = 1 / (1 + np.exp(-logit - shift))
        if np.average(share, weights=population) > target:
            high = shift
        else:
            low = shift
    return share


def _inside(parents: list[str], parent_of: np.ndarray, letter: str, least_width: int) -> list[str]:
    """Return identifiers that continue the parent's: "D01-C05"."""
    first = np.searchsorted(parent_of, parent_of)
    number = np.arange(len(parent_of)) - first + 1
    width = max(least_width, len(str(number.max())))
    return [f"{parents[p]}-{letter}{i:0{width}d}" for p, i in zip(parent_of, number, strict=True)]


def _names(setting: Setting, ground: Ground, rng: np.random.Generator) -> dict[str, list[names.Name]]:
    communities = names.community_names(setting.n, rng)
    number = np.arange(len(ground.community_of)) - np.searchsorted(ground.community_of, ground.community_of)
    return {
        "city": [names.CITY],
        "district": names.district_names(setting.districts, rng),
        "street": names.street_names(len(ground.street_ids), rng),
        "community": communities,
        "unit": [
            names.unit_name(communities[c], i + 1) for c, i in zip(ground.community_of, number, strict=True)
        ],
    }


def _coordinates(setting: Setting, ground: Ground, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Return longitude and latitude of each unit: districts and communities on jittered square grids."""
    side, cell = int(np.ceil(np.sqrt(setting.districts))), 0.12 / np.sqrt(max(setting.districts, 8) / 8)
    inner = int(np.ceil(np.sqrt(setting.communities)))
    district, community = ground.district_of, np.arange(setting.n) % setting.communities
    x = (district % side + (community % inner + 0.5) / inner) * cell
    y = (district // side + (community // inner + 0.5) / inner) * cell
    jitter = rng.uniform(-0.3, 0.3, (2, setting.n)) * cell / inner
    unit = rng.uniform(-0.15, 0.15, (2, len(ground.community_of))) * cell / inner
    x, y = (x + jitter[0])[ground.community_of] + unit[0], (y + jitter[1])[ground.community_of] + unit[1]
    return known.CENTRE[0] + x, known.CENTRE[1] + y
