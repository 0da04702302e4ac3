"""The organisations of the synthetic city."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.simulate import calibration as known
from analysis.simulate.frames import frame, numbered, pick
from analysis.simulate.ground import Ground
from analysis.simulate.setting import Setting

KINDS = ("residents_committee", "property_company", "owners_committee", "social_organisation", "department")
NAMES = {
    "residents_committee": "Residents' Committee of {}",
    "property_company": "Property Company of {}",
    "owners_committee": "Owners' Committee of {}",
    "social_organisation": "Social Organisation {n} of {}",
}
COMMITTEE, PROPERTY, OWNERS, SOCIAL, DEPARTMENT = range(5)


@dataclass(frozen=True)
class Organisations:
    """Organisations as arrays; `community` is -1 for a district's department, `number` counts its kind."""

    ids: list[str]
    kind: np.ndarray
    community: np.ndarray
    district: np.ndarray
    number: np.ndarray

    def of_community(self, kind: int, n: int) -> np.ndarray:
        """Return one organisation of this kind per community, -1 where there is none."""
        found = np.full(n, -1)
        rows = np.flatnonzero(self.kind == kind)[::-1]
        found[self.community[rows]] = rows
        return found

    def departments(self) -> np.ndarray:
        """Return the departments, district x department."""
        return np.flatnonzero(self.kind == DEPARTMENT).reshape(-1, len(known.DEPARTMENTS))


def draw_organisations(setting: Setting) -> Organisations:
    """Draw each community's organisations, then each district's departments."""
    rng, all_communities = setting.stream("organisations"), np.arange(setting.n)
    owners = np.flatnonzero(rng.random(setting.n) < known.OWNERS_COMMITTEE_SHARE)
    social = np.repeat(all_communities, rng.poisson(known.SOCIAL_ORGANISATIONS, setting.n))
    per_kind = [all_communities, all_communities, owners, social]
    kind = np.concatenate([np.full(len(c), k) for k, c in enumerate(per_kind)])
    community = np.concatenate(per_kind)
    order = np.lexsort((kind, community))
    kind, community = kind[order], community[order]
    departments = setting.districts * len(known.DEPARTMENTS)
    kind = np.concatenate([kind, np.full(departments, DEPARTMENT)])
    district = np.concatenate(
        [setting.district_of[community], np.repeat(np.arange(setting.districts), len(known.DEPARTMENTS))]
    )
    community = np.concatenate([community, np.full(departments, -1)])
    key = np.where(kind == DEPARTMENT, setting.n * len(KINDS) + district, community * len(KINDS) + kind)
    number = np.arange(len(kind)) - np.searchsorted(key, key)
    return Organisations(numbered("O", len(kind), 4), kind, community, district, number)


def organisations(ground: Ground, organised: Organisations, places: pd.DataFrame) -> pd.DataFrame:
    """Return the `organisations` table."""
    name_of = dict(zip(places["place_id"], places["name"], strict=True))
    names = []
    for kind, community, district, number in zip(
        organised.kind, organised.community, organised.district, organised.number, strict=True
    ):
        if kind == DEPARTMENT:
            names.append(f"{known.DEPARTMENTS[number]} Bureau of {name_of[ground.district_ids[district]]}")
        else:
            place = name_of[ground.community_ids[community]]
            names.append(NAMES[KINDS[kind]].format(place, n=number + 1))
    return frame(
        "organisations",
        org_id=organised.ids,
        kind=pick(KINDS, organised.kind),
        community_id=pick(ground.community_ids, organised.community),
        name=names,
    )
