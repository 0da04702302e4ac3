"""When a reform came to a community: first starts, doses, and what the study says of them."""

from __future__ import annotations

import pandas as pd

from analysis.processes import end_of
from analysis.tables.periods import ordinal, period_of


def cohorts_of(study) -> tuple[pd.DataFrame, dict[str, int], int, list[str]]:
    """Return cohort_<reform> and dose_<reform> by community, and what a panel notes of the reforms.

    Returns
    -------
    columns : DataFrame
        cohort_<reform>, Int64: ordinal of the period in which it first started in the community or in a place
        that holds it; dose_<reform>: 0 if never, NaN if not stated. The index is community_id.
    ended : dict
        Reform -> in how many communities it ended before the study did.
    nowhere : int
        Reforms of places without communities.
    by_lot : list
        Reforms of which the study says of every start that a lot decided it.
    """
    reforms = study.reforms.dropna(subset=["place_id", "reform", "start"])
    holders = _holders(study)
    nowhere = int((~reforms["place_id"].isin(holders["place_id"])).sum())
    held = holders.merge(reforms, on="place_id").sort_values("start", kind="stable")
    first = held.drop_duplicates(["community_id", "reform"])
    first = first.assign(cohort=ordinal(period_of(first["start"], study.period), study.period))
    communities = study.tree.communities
    columns, ended = {}, {}
    for reform in sorted(study.reforms["reform"].dropna().unique()):
        rows = first[first["reform"] == reform].set_index("community_id")
        cohort = rows["cohort"].reindex(communities)
        columns[f"cohort_{reform}"] = cohort
        columns[f"dose_{reform}"] = rows["dose"].reindex(communities).where(cohort.notna(), 0.0)
        over = int((rows["end"] + pd.Timedelta(days=1) < end_of(study)).sum())
        if over:
            ended[reform] = over
    drawn = reforms["assignment"].eq("lot").groupby(reforms["reform"]).all()
    return pd.DataFrame(columns, index=communities), ended, nowhere, sorted(drawn.index[drawn])


def _holders(study) -> pd.DataFrame:
    """Return community_id, place_id: every community with itself and every place above it."""
    table = study.tree.table
    parents = table["parent_id"]
    here = table.loc[table["kind"] == "community", "place_id"]
    pairs = [here]
    while len(here) and len(pairs) <= len(table):
        here = here.map(parents).dropna()
        pairs.append(here)
    return pd.concat(pairs).rename("place_id").rename_axis("community_id").reset_index()
