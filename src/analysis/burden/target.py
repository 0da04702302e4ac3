"""The duties a community carries, held against the list of those it may carry."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.burden.intervals import duties_of_communities, last_day
from analysis.errors import AnalysisError
from analysis.tables.values import DUTY_LISTS

STATUSES = ("on_target", "over_hours", "missing", "not_on_target")
COLUMNS = ("place_id", "list", "department", "status", "duties", "hours", "max_hours", "over_hours")


def compare_with_target(study, target: pd.DataFrame, *, at: object = None) -> pd.DataFrame:
    """Return how the duties in force in each community compare with a target list.

    Parameters
    ----------
    study : Study
        Its duties.
    target : DataFrame
        list, department and, if hours are limited, max_hours (hours per month and community, missing: no
        limit): the duties a community may carry. A missing department stands for every department of the
        list without a row of its own.
    at : date, optional
        The day compared; the last day of the study by default.

    Returns
    -------
    DataFrame
        place_id : community with duties on record.
        list, department : a row of the target, or a list and department in force that the target does not
            name; department is missing where the target's is, or where a duty does not state its own.
        status : "on_target", "over_hours" (on the target, with more hours than max_hours), "missing" (on the
            target, no duty in force), "not_on_target" (in force, not on the target).
        duties : duties in force on that day.
        hours : their hours per month; NaN if one of them does not state its own, and then never over.
        max_hours : of the target.
        over_hours : hours - max_hours, where more.

        Every duty in force is in one row. Duties lodged above a community are left out.

    Raises
    ------
    AnalysisError
        If the target lacks a column, names an unknown list, names a list and department twice or limits
        hours by anything but a number of 0 or more; if `at` is no date; if the study has no periods and
        `at` is not given.
    """
    target, day = _checked(target), _day(study, at)
    duties = duties_of_communities(study)
    communities = duties["community_id"].drop_duplicates()
    force = duties[(duties["start"] <= day) & (duties["end"].isna() | (duties["end"] >= day))]
    named = pd.MultiIndex.from_frame(target[["list", "department"]].dropna())
    open_lists = set(target.loc[target["department"].isna(), "list"])
    own = pd.MultiIndex.from_frame(force[["list", "department"]]).isin(named)
    wide = ~own & force["list"].isin(open_lists).to_numpy()
    force = force.assign(department=force["department"].mask(wide), known=own | wide)
    keys = ["community_id", "list", "department"]
    found = force.groupby([*keys, "known"], dropna=False)["hours_per_month"]
    found = found.agg(duties="size", hours=lambda hours: hours.sum(skipna=False)).reset_index()
    wanted = target.merge(communities.to_frame(), how="cross").assign(known=True)
    table = wanted.merge(found, on=[*keys, "known"], how="outer")
    table["duties"] = table["duties"].fillna(0).astype("int64")
    table["hours"] = table["hours"].where(table["duties"] > 0, 0.0)
    table["over_hours"] = (table["hours"] - table["max_hours"]).clip(lower=0)
    table["status"] = np.select(
        [~table["known"].astype(bool), table["duties"] == 0, table["over_hours"] > 0],
        ["not_on_target", "missing", "over_hours"], default="on_target",
    )  # fmt: skip
    order = {name: i for i, name in enumerate((*study.tree.table.index, *DUTY_LISTS))}
    table = table.sort_values("department", kind="stable", na_position="last")
    for key in ("list", "community_id"):
        table = table.sort_values(key, key=lambda column: column.map(order), kind="stable")
    return table.rename(columns={"community_id": "place_id"}).reset_index(drop=True)[list(COLUMNS)]


def _checked(target: pd.DataFrame) -> pd.DataFrame:
    """Return list, department and max_hours of the target, or raise what is wrong with it."""

    def wrong(what: str, column: str, value: object, expected: str) -> AnalysisError:
        return AnalysisError(what, where=f"target.{column}", value=value, expected=expected,
                             mend="Correct the target list.")  # fmt: skip

    for column in ("list", "department"):
        if column not in target.columns:
            raise wrong("The target lacks a column.", column, ", ".join(map(str, target.columns)),
                        "list, department and, where hours are limited, max_hours")  # fmt: skip
    unknown = target.loc[~target["list"].isin(DUTY_LISTS), "list"]
    if len(unknown):
        raise wrong("The target names a list that there is not.", "list", unknown.iloc[0],
                    "one of " + ", ".join(DUTY_LISTS))  # fmt: skip
    department = target["department"].astype("str").where(target["department"].notna()).astype("str")
    found = pd.DataFrame({"list": target["list"].astype("str"), "department": department})
    if found.duplicated().any():
        row = found[found.duplicated()].iloc[0]
        raise wrong("The target names a list and department twice.", "department",
                    f"{row['list']}, {row['department']}", "one row for each")  # fmt: skip
    limit = target["max_hours"] if "max_hours" in target.columns else pd.Series(np.nan, target.index)
    number = pd.to_numeric(limit, errors="coerce").astype(float)
    bad = limit[(limit.notna() & number.isna()) | (number < 0)]
    if len(bad):
        raise wrong("The target limits hours by something that is no number of hours.", "max_hours",
                    bad.iloc[0], "a number of 0 or more, or nothing")  # fmt: skip
    return found.assign(max_hours=number)


def _day(study, at: object) -> pd.Timestamp:
    day = last_day(study) if at is None else pd.to_datetime(at, errors="coerce")
    if not isinstance(day, pd.Timestamp) or pd.isna(day):
        raise AnalysisError(
            "There is no day to compare on." if at is None else "This is not a day.", where="at", value=at,
            expected="a date such as 2021-03-07", mend="Give the day on which to look at the duties.",
        )  # fmt: skip
    return day.tz_localize(None).normalize()
