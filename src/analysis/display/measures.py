"""Tidy measures as people look at them: places beside each other, or one measure over time."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from analysis.errors import ReportError

NAMES = ("measure", "indicator")


def measure_table(
    measures: pd.DataFrame,
    names: str | Sequence[str] | None = None,
    *,
    places: Sequence[str] | None = None,
    period: str = "all",
) -> pd.DataFrame:
    """Put the measures of some places beside each other, for one period.

    Parameters
    ----------
    measures : DataFrame
        Tidy measures or indicators: place_id, period, measure (or indicator), value, n.
    names : str or sequence of str, optional
        A text keeps the measures that begin with it; several names keep these, in this order. By default
        all.
    places : sequence of str, optional
        place_id in the order wanted; by default all, in the order of the frame.
    period : str, default "all"
        A period of the frame; "all" is the whole time.

    Returns
    -------
    DataFrame
        One row per measure; columns (value, place) in the measure's own unit, then (n, place): what the value
        rests on. A place that lacks a measure has missing values.

    Raises
    ------
    ReportError
        The frame holds no measures, the period or a place is not in it, or no measure fits.
    """
    column = _name_column(measures)
    _require(period in set(measures["period"]), "There are no measures of this period.", "period", period,
             measures["period"])  # fmt: skip
    rows = measures[measures["period"] == period]
    kept = list(dict.fromkeys(rows["place_id"])) if places is None else list(places)
    lacking = [place for place in kept if place not in set(rows["place_id"])]
    _require(not lacking, "There are no measures of this place.", "places", lacking[:1], rows["place_id"])
    rows = rows[rows["place_id"].isin(kept)]
    order = _order(rows[column], names)
    _require(bool(order), "There is no such measure.", "names", names, rows[column])
    wide = rows[rows[column].isin(order)].pivot_table(
        index=column, columns="place_id", values=["value", "n"], dropna=False, sort=False, aggfunc="first"
    )
    both = pd.MultiIndex.from_product([["value", "n"], kept], names=[None, "place_id"])
    return wide.reindex(index=pd.Index(order, name=column), columns=both)


def plot_measure(measures: pd.DataFrame, name: str, *, places: Sequence[str] | None = None, ax=None):
    """Draw one measure over the periods, a line per place.

    Parameters
    ----------
    measures : DataFrame
        Tidy measures or indicators: place_id, period, measure (or indicator), value.
    name : str
        A measure of the frame.
    places : sequence of str, optional
        place_id; by default all of the frame.
    ax : matplotlib Axes, optional

    Returns
    -------
    Axes
        In the unit of the measure; shares in percent.

    Raises
    ------
    ReportError
        The frame holds no measures, or none of this name over time.
    """
    import numpy as np

    from analysis.display.figures import new_axes
    from analysis.display.plots import mark_periods
    from analysis.display.rich.columns import measure_kind, measure_name
    from analysis.display.rich.language import words

    column = _name_column(measures)
    rows = measures[(measures[column] == name) & (measures["period"] != "all")]
    rows = rows if places is None else rows[rows["place_id"].isin(list(places))]
    _require(len(rows) > 0, "There is no such measure over time.", "name", name, measures[column])
    wide = rows.pivot_table(index="period", columns="place_id", values="value", dropna=False, sort=False)
    wide = wide.sort_index()
    share = measure_kind(name, words()) == "share"
    ax = new_axes(ax, height=2.8)
    for place in wide:
        ax.plot(np.arange(len(wide)), wide[place] * (100 if share else 1), label=place)
    mark_periods(ax, list(wide.index))
    ax.set_ylim(bottom=0 if wide.min(axis=None) >= 0 else None)
    ax.set_title((measure_name(name, words()) or name) + (" (%)" if share else ""))
    if len(wide.columns) <= 8:
        ax.legend(ncols=4, fontsize="small")
    return ax


def _name_column(measures: pd.DataFrame) -> str:
    found = [name for name in NAMES if name in measures]
    if not found or not {"place_id", "period", "value", "n"} <= set(measures):
        raise ReportError(
            "These are no tidy measures.", where="argument measures", value=", ".join(map(str, measures)),
            expected="the columns place_id, period, measure or indicator, value, n",
            mend="Give what process_measures, burden_measures, indicators and the like return.",
        )  # fmt: skip
    return found[0]


def _order(present: pd.Series, names: str | Sequence[str] | None) -> list[str]:
    there = list(dict.fromkeys(present))
    if names is None:
        return there
    if isinstance(names, str):
        return [name for name in there if name.startswith(names)]
    return [name for name in names if name in there]


def _require(holds: bool, what: str, argument: str, value: object, known: pd.Series) -> None:
    if not holds:
        names = list(dict.fromkeys(known.astype(str)))
        raise ReportError(what, where=f"argument {argument}", value=value,
                          expected="among " + ", ".join(names[:12]) + (", …" if len(names) > 12 else ""),
                          mend="Use one that is there.")  # fmt: skip
