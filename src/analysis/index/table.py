"""Tidy measures -> one row per place, one column per indicator."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from analysis.errors import AnalysisError
from analysis.tables.periods import ALL


def index_table(
    measures: pd.DataFrame | Iterable[pd.DataFrame],
    *,
    period: str = ALL,
    places: Iterable[str] | None = None,
    value: str = "value",
) -> pd.DataFrame:
    """Return tidy measures of one period as a wide table.

    Parameters
    ----------
    measures : DataFrame or iterable of DataFrame
        place_id, period, measure, value (and std_error, n), as `process_measures`, `burden_measures` and
        `outcome_measures` return; a frame with layer and indicator, as `networks.indicators` returns, gives
        its dyadic layer under network_<indicator>, as in the panel.
    period : str
        A label of the study's periods, or "all".
    places : iterable of str, optional
        The places to keep, in this order, such as ``study.tree.of_kind("district")``; a place without
        measures keeps a row of NaN. All places, in order of appearance, if not given: an index compares
        places of one level only.
    value : str
        The column to spread: "value", or "std_error" for `rank_uncertainty`.

    Returns
    -------
    DataFrame
        place_id, then one column per measure in order of appearance.

    Raises
    ------
    AnalysisError
        If a frame lacks a column, the period does not occur, or a place has two values of one measure.
    """
    frames = [measures] if isinstance(measures, pd.DataFrame) else list(measures)
    tidy = pd.concat([_named(frame, value) for frame in frames], ignore_index=True)
    here = tidy[tidy["period"] == period]
    if len(tidy) and not len(here):
        labels = list(dict.fromkeys(tidy["period"]))
        raise AnalysisError(
            "The measures have no such period.",
            where="index_table(period=...)",
            value=period,
            expected=f"one of {labels[0]} to {labels[-1]}" if len(labels) > 1 else str(labels[0]),
            mend="Use one of these periods.",
        )
    twice = here.duplicated(["place_id", "measure"])
    if twice.any():
        row = here[twice].iloc[0]
        raise AnalysisError(
            "A place has two values of one measure.",
            where="index_table(measures)",
            value=f"{row['place_id']}, {row['measure']}",
            expected="one value per place, period and measure",
            mend="Give every frame of measures once.",
        )
    wide = here.pivot(index="place_id", columns="measure", values=value)
    rows = list(dict.fromkeys(here["place_id"])) if places is None else list(places)
    wide = wide.reindex(index=rows, columns=list(dict.fromkeys(here["measure"]))).astype("float64")
    return wide.rename_axis(index="place_id", columns=None).reset_index()


def _named(frame: pd.DataFrame, value: str) -> pd.DataFrame:
    """Return place_id, period, measure and the value column, network indicators under the panel's names."""
    if {"layer", "indicator"} <= set(frame.columns):
        frame = frame[frame["layer"] == "dyadic"]
        frame = frame.assign(measure="network_" + frame["indicator"].astype("str"))
    wanted = ["place_id", "period", "measure", value]
    lacking = [column for column in wanted if column not in frame.columns]
    if lacking:
        raise AnalysisError(
            "A frame of measures lacks columns.",
            where="index_table(measures)",
            value=", ".join(lacking),
            expected=", ".join(wanted),
            mend="Pass the frame as the measuring function returns it.",
        )
    return frame[wanted]
