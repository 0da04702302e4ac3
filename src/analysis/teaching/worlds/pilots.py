"""Counties with trends of their own; each year the province chooses pilots among those that seem to rise."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.simulate import City

REFORM, MEASURE, QUARTER = "pilot", "satisfaction", 3


def change(
    city: City,
    *,
    seed: int,
    effect: float,
    trend_sd: float,
    judgement_sd: float,
    a_year: int,
    first_starts: list[str],
) -> City:
    """Give districts straight trends in satisfaction, choose pilots by them, and add the pilots' effect.

    Parameters
    ----------
    city : City
        Without effects. Its districts are the counties.
    seed : int
    effect : float
        Points of satisfaction, from the first month on.
    trend_sd : float
        Spread of the counties' trends, in points a quarter.
    judgement_sd : float
        Spread of what the province gets wrong when it judges trends, in points a quarter.
    a_year : int
        Counties chosen at each start.
    first_starts : list of str
        First month of each year's pilots, such as "2022-01".

    Returns
    -------
    City
        Its truth: effect, and trends and starts by county.
    """
    rng = np.random.default_rng([seed, 8])
    kinds = city.frames["places"].set_index("place_id")["kind"]
    counties = kinds.index[kinds == "district"]
    trend = pd.Series(rng.normal(0, trend_sd, len(counties)), index=counties)
    judged = (trend + rng.normal(0, judgement_sd, len(counties))).sort_values(ascending=False)
    starts = {
        county: month
        for i, month in enumerate(first_starts)
        for county in judged.index[i * a_year :][:a_year]
    }
    frames = city.frames | {
        "outcomes": _outcomes(city, trend, pd.Series(starts), effect),
        "reforms": _reforms(city, starts),
    }
    return City(frames, {"effect": effect, "trends": trend.round(4).to_dict(), "starts": starts})


def _outcomes(city: City, trend: pd.Series, starts: pd.Series, effect: float) -> pd.DataFrame:
    """Return the outcomes with trends and effect; a county's figure moves as its communities' do."""
    table = city.frames["outcomes"]
    table = table[table["measure"] == MEASURE].reset_index(drop=True)
    county = table["place_id"].str.split("-").str[0]
    month = pd.PeriodIndex(table["period"], freq="M").astype("int64")
    start = pd.PeriodIndex(county.map(starts).fillna("9999-12"), freq="M").astype("int64")
    middle = (month.min() + month.max()) / 2
    moved = county.map(trend).to_numpy() * (month - middle) / QUARTER + effect * (month >= start)
    return table.assign(value=(table["value"] + moved).round(2))


def _reforms(city: City, starts: dict[str, str]) -> pd.DataFrame:
    blank = city.frames["reforms"].iloc[:0]
    rows = pd.DataFrame({"place_id": list(starts), "reform": REFORM})
    rows["start"] = pd.to_datetime(pd.Series(list(starts.values())) + "-01")
    rows = rows.reindex(columns=blank.columns).astype(blank.dtypes.to_dict())
    return rows.sort_values("place_id", ignore_index=True)
