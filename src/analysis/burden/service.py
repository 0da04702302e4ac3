"""Where freed hours went: staff hours with residents, and both before and after a reform."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.burden.intervals import duties_of_communities, in_force, places_above, reform_starts
from analysis.errors import AnalysisError
from analysis.tables.measures import MONTHS, Grid, Measure
from analysis.tables.periods import ordinal, period_of
from analysis.tables.values import ROLES

STAFF = ("social_worker", "cadre")
_FORMULA = (
    "{} of done interactions in the communities of the place whose source is a social worker or cadre, per "
    "month; mean of the communities with staff; all kinds, also those done in a gathering"
)
SERVICE = {
    "burden_service_hours": Measure(
        "burden_service_hours", _FORMULA.format("hours") + "; known where all of them state their hours",
        "hours per month and community", "communities with staff", "社区减负",
    ),
    "burden_service_acts": Measure(
        "burden_service_acts", _FORMULA.format("number"), "acts per month and community",
        "communities with staff", "社区减负",
    ),
}  # fmt: skip
AVERAGED = ("periods_before", "periods_after", "duty_hours_before", "duty_hours_after",
            "service_hours_before", "service_hours_after")  # fmt: skip


def service_measures(study, *, roles: tuple[str, ...] = STAFF) -> pd.DataFrame:
    """Return how much time community staff spend on acts with residents, by place and period.

    Parameters
    ----------
    study : Study
        Its interactions and the roles in its people table.
    roles : tuple of str
        Whose acts count.

    Returns
    -------
    DataFrame
        place_id, period, measure, value, n, std_error for the measures of `SERVICE`; no rows without
        interactions or without staff. Only acts that were logged are seen, a role is the one on record now,
        and an act counts where it took place. std_error is NaN: acts are counted whole.

    Raises
    ------
    AnalysisError
        If a role is not in the dictionary.
    """
    grid = Grid(study)
    names, acts, hours = _service(study, grid, roles)
    if not len(names):
        return grid.frame({})
    rows, places = grid.places_of(pd.Series(names, dtype="str"))
    found = {}
    for name, amounts in (("burden_service_hours", hours), ("burden_service_acts", acts)):
        values = amounts[rows]
        known = ~np.isnan(values)
        cells = (places[:, None] * len(grid.periods) + np.arange(len(grid.periods)))[known]
        n = np.bincount(cells, minlength=grid.size)
        total = np.bincount(cells, values[known], minlength=grid.size)
        mean = np.divide(total, n, out=np.full(grid.size, np.nan), where=n > 0)
        found[name] = (mean, n, np.full(grid.size, np.nan))
    return grid.frame(found)


def hours_freed(
    study,
    reform: str = "burden_reduction",
    *,
    periods: int = 12,
    settle: int = 3,
    roles: tuple[str, ...] = STAFF,
) -> pd.DataFrame:
    """Return the hours that a reform freed, and how staff hours with residents changed meanwhile.

    Parameters
    ----------
    study : Study
        Its duties, interactions, people and reforms.
    reform : str
    periods : int, at least 1
        How many periods are compared on each side, at most.
    settle : int, at least 0
        Periods from the reform's first on that are left out: duties are cut over months.
    roles : tuple of str
        Whose acts count as service.

    Returns
    -------
    DataFrame
        place_id : community, street or district, with its mean over reformed communities with duties and
            staff on record, and at least one period on each side.
        n : those of them whose hours are known throughout, over which the hours are means; those in which a
            duty in force or an act does not state its hours are left out.
        n_staff : people of these roles in all of them.
        periods_before, periods_after : periods compared (mean).
        duty_hours_before, duty_hours_after, freed : hours of duties in force per month and community, and
            before minus after.
        service_hours_before, service_hours_after, service_change : hours of staff in done interactions per
            month and community, and after minus before.
        to_residents : service_change / freed; NaN where no hours were freed.

    Raises
    ------
    AnalysisError
        If the study has no reform of this name, a number is out of range, or a role is not in the dictionary.

    Notes
    -----
    Before and after: trend, season and other reforms are in it, so this describes and does not estimate an
    effect; for that, take `service_measures` as an outcome. Logged acts are a part of service, so
    to_residents can be far below the true share, and roles are those on record now.
    """
    _check_window(periods, settle)
    starts, grid = reform_starts(study, reform), Grid(study)
    labels = grid.periods[:-1]
    names, _, service = _service(study, grid, roles)
    duties = duties_of_communities(study)
    code, reporting = pd.factorize(duties["community_id"])
    _, hours, without = in_force(duties, code, len(reporting), labels, study.period)
    hours = np.where(without > 0, np.nan, hours)
    first = ordinal(pd.Series(labels[:1], dtype="str"), study.period)
    started = ordinal(period_of(starts, study.period), study.period) - (first.iloc[0] if len(first) else 0)
    staff = study.people[study.people["role"].isin(roles)].groupby("community_id").size()
    rows = []
    for community, at in started.items():
        before = np.arange(max(at - periods, 0), min(at, len(labels)))
        after = np.arange(max(at + settle, 0), min(at + settle + periods, len(labels)))
        if community not in reporting or community not in names or not len(before) or not len(after):
            continue
        duty = hours[reporting.get_loc(community)]
        act = service[names.get_loc(community)]
        rows.append((community, staff[community], len(before), len(after), duty[before].mean(),
                     duty[after].mean(), act[before].mean(), act[after].mean()))  # fmt: skip
    table = pd.DataFrame(rows, columns=["community_id", "n_staff", *AVERAGED])
    return _over_places(study, table)


def _over_places(study, table: pd.DataFrame) -> pd.DataFrame:
    """Return means over communities of every place, and what follows from them."""
    known = table[list(AVERAGED)].notna().all(axis=1)
    amounts = [column for column in AVERAGED if not column.startswith("periods")]
    table = table.assign(n=known.astype("int64"), **{c: table[c].where(known) for c in amounts})
    row, place = places_above(study, table["community_id"])
    held = table.iloc[row].assign(place_id=place).groupby("place_id", sort=False)
    found = held[["n", "n_staff"]].sum().join(held[list(AVERAGED)].mean().astype(float))
    found = found.reindex([place for place in study.tree.table.index if place in found.index])
    found.insert(6, "freed", found["duty_hours_before"] - found["duty_hours_after"])
    found["service_change"] = found["service_hours_after"] - found["service_hours_before"]
    found["to_residents"] = (found["service_change"] / found["freed"]).where(found["freed"] > 0)
    return found.rename_axis("place_id").reset_index()


def _service(study, grid: Grid, roles: tuple[str, ...]) -> tuple[pd.Index, np.ndarray, np.ndarray]:
    """Return communities with staff, and their staff's acts and hours per month: community x period."""
    for role in roles:
        if role not in ROLES:
            raise AnalysisError(
                "This is not a role people can have.", where="roles", value=role,
                expected="some of " + ", ".join(ROLES), mend="Name roles of the dictionary.",
            )  # fmt: skip
    staff = study.people[study.people["role"].isin(roles)]
    acts = study.interactions
    if not len(acts) or not len(staff):
        return pd.Index([]), np.empty((0, 0)), np.empty((0, 0))
    names = pd.Index(staff["community_id"].unique())
    acts = acts[acts["source_id"].isin(staff["person_id"]) & (acts["status"].fillna("done") == "done")]
    community, period = names.get_indexer(acts["community_id"]), grid.period_of(acts["time"])
    use = (community >= 0) & (period >= 0)
    cell, size = (community * len(grid.periods) + period)[use], len(names) * len(grid.periods)
    hours = acts["hours"].to_numpy()[use]
    unstated = np.isnan(hours)
    sums = [np.bincount(cell, weight, size) for weight in (use[use], np.where(unstated, 0, hours), unstated)]
    sums = np.stack(sums).reshape(3, len(names), len(grid.periods))
    sums[..., -1] = sums[..., :-1].sum(axis=-1)
    months = np.full(len(grid.periods), float(MONTHS[study.period]))
    months[-1] = months[:-1].sum() or np.nan
    number, hours, without = sums
    return names, number / months, np.where(without > 0, np.nan, hours / months)


def _check_window(periods: int, settle: int) -> None:
    for name, value, least in (("periods", periods, 1), ("settle", settle, 0)):
        if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < least:
            raise AnalysisError(
                "Before and after a reform are compared over whole periods.", where=name, value=value,
                expected=f"a whole number, at least {least}", mend="Give the number of periods.",
            )  # fmt: skip
