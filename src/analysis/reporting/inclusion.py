"""Who is in the networks, and who draws whom in: for the districts of a study."""

from __future__ import annotations

import pandas as pd

from analysis.errors import StudyError
from analysis.tables.study import Study

GROUPS = ("residency", "old")
WINDOW_DAYS, DRAWS = 30, 99


def people_in_networks(study: Study) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the inclusion of groups and the mobilisation by role, one row per district and measure.

    Returns
    -------
    (DataFrame, DataFrame)
        As `networks.inclusion` and `networks.mobilisation` return them, for districts; without rows where
        the study does not say what they need (people with roles, age bands or residency, and acts).
    """
    inclusion, mobilisation = (pd.DataFrame({"place_id": [], "group": []}, dtype="str") for _ in range(2))
    if not study.has("interactions", "people") or not study.districts:
        return inclusion, mobilisation
    from analysis.networks.questions.inclusion import inclusion as compare
    from analysis.networks.questions.mobilisation import mobilisation as mobilise

    parts = []
    for group in GROUPS:
        values = study.people["residency" if group == "residency" else "age_band"].dropna()
        if values.duplicated().sum() < len(values) - 1:  # more than one value
            table = compare(
                study.interactions, study.people, group=group, population=study.places, level="district",
                tree=study.tree,
            )  # fmt: skip
            parts.append(table.assign(group=group))
    roles = study.people["role"].dropna()
    if parts:
        inclusion = pd.concat(parts, ignore_index=True)
    if roles.eq("resident").any() and roles.ne("resident").any():
        try:
            table = mobilise(
                study.interactions, study.people, window_days=WINDOW_DAYS, n_null=DRAWS, tree=study.tree
            )
        except StudyError:  # no act of anybody with a role: nothing to test
            return inclusion, mobilisation
        mobilisation = table[table["place_id"].isin(study.districts)].reset_index(drop=True)
    return inclusion, mobilisation
