"""What several stages share."""

from __future__ import annotations

import pandas as pd


def blank(columns: str) -> pd.DataFrame:
    """Return a frame without rows that has these columns, and survives Parquet."""
    return pd.DataFrame({name: pd.Series([], dtype="str") for name in columns.split()})


def of_districts(study, frame: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of districts, place_id renamed district_id."""
    rows = frame[frame["place_id"].isin(study.districts)]
    return rows.rename(columns={"place_id": "district_id"}).reset_index(drop=True)


def district_of(study, communities: pd.Series) -> pd.Series:
    """Return the district of each community, missing where there is none."""
    return communities.map(study.tree.table["district_id"])
