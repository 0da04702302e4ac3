"""Tidy measures as people look at them: places beside each other, or one measure over time."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from analysis.errors import ReportError

NAMES = ("measure", "indicator")
MOST_LINES = 8  # that a legend can tell apart


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
        A text keeps the measures that begin with it, which may be none; several names keep these, in this
        order. By default all.
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
        These are no tidy measures, or a measure of a place stands there more than once; the period, a place
        or all of several names are not among them.
    """
    column = _name_column(measures)
    if not len(measures):
        return _arranged(measures, [], list(places or []), column)
    _require(period in set(measures["period"]), "There are no measures of this period.", "period", period,
             measures["period"])  # fmt: skip
    rows = measures[measures["period"] == period]
    kept = list(dict.fromkeys(rows["place_id"])) if places is None else list(places)
    lacking = [place for place in kept if place not in set(rows["place_id"])]
    _require(not lacking, "There are no measures of this place.", "places", lacking[:1], rows["place_id"])
    rows = rows[rows["place_id"].isin(kept)]
    order = _order(rows[column], names)
    _require(bool(order) or isinstance(names, str), "There is no such measure.", "names", names, rows[column])
    return _arranged(rows[rows[column].isin(order)], order, kept, column)


def _arranged(rows: pd.DataFrame, order: list[str], places: list[str], column: str) -> pd.DataFrame:
    """Return the rows with places beside each other."""
    _require_once(rows, [column, "place_id"])
    wide = rows.set_index([column, "place_id"])[["value", "n"]].unstack("place_id")
    both = pd.MultiIndex.from_product([["value", "n"], places], names=[None, "place_id"])
    return wide.reindex(index=pd.Index(order, name=column, dtype="str"), columns=both)


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
        These are no tidy measures, none of this name over time, or several of one place and period.
    """
    from analysis.display.figures import style
    from analysis.display.rich.language import words

    column = _name_column(measures)
    rows = measures[(measures[column] == name) & (measures["period"] != "all")]
    rows = rows if places is None else rows[rows["place_id"].isin(list(places))]
    _require(len(rows) > 0, "There is no such measure over time.", "name", name, measures[column])
    _require_once(rows, ["period", "place_id"])
    wide = rows.pivot(index="period", columns="place_id", values="value").sort_index()
    if ax is not None:
        return _draw(wide, name, ax)
    with style(words().language):
        return _draw(wide, name)


def _draw(wide: pd.DataFrame, name: str, ax=None):
    """Draw a line per column of `wide` over its rows, the periods."""
    import numpy as np

    from analysis.display.figures import new_axes
    from analysis.display.plots import mark_periods
    from analysis.display.rich.columns import measure_kind, measure_name
    from analysis.display.rich.language import words

    share = measure_kind(name, words()) == "share"
    ax = new_axes(ax, height=2.6)
    for place in wide:
        ax.plot(np.arange(len(wide)), wide[place] * (100 if share else 1), label=place)
    mark_periods(ax, list(wide.index))
    ax.set_ylim(bottom=0 if wide.min(axis=None) >= 0 else None)
    ax.set_title((measure_name(name, words()) or name) + (" (%)" if share else ""))
    if len(wide.columns) <= MOST_LINES:
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


def _require_once(rows: pd.DataFrame, keys: list[str]) -> None:
    twice = rows[rows.duplicated(keys)]
    if len(twice):
        raise ReportError(
            "A measure of a place stands there more than once.", where="argument measures",
            value=", ".join(str(twice[key].iloc[0]) for key in keys), expected="one row for each",
            mend="Choose among them first, as by measures.query(\"layer == 'dyadic'\").",
        )  # fmt: skip


def _require(holds: bool, what: str, argument: str, value: object, known: pd.Series) -> None:
    if not holds:
        names = list(dict.fromkeys(known.astype(str)))
        raise ReportError(what, where=f"argument {argument}", value=value,
                          expected="among " + ", ".join(names[:12]) + (", …" if len(names) > 12 else ""),
                          mend="Use one that is there.")  # fmt: skip
