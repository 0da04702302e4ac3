"""Funds: what came in, what was spent of which budget, how soon it was made public, and what it changed."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.errors import AnalysisError
from analysis.processes.matters import end_of
from analysis.processes.survival import median_waits
from analysis.tables.measures import Grid, Measure
from analysis.tables.periods import ordinal, period_of

PROMPT = 30  # days within which an entry should be public
DAY = np.timedelta64(1, "D")
INCOME, SPENDING = "income", "spending"
ENDING_STEPS = ("implemented", "spent", "performed")
_SOURCE = "社区专项基金"
_LINES = (
    ("ledger_income", "sum of income booked in the period", "yuan", "entries of income", _SOURCE),
    ("ledger_spent", "sum of spending booked in the period", "yuan", "entries of spending", _SOURCE),
    ("ledger_balance", "income - spending booked from the beginning to the end of the period", "yuan",
     "entries up to then", _SOURCE),
    ("ledger_published_30", "entries booked in the period and published within 30 days / entries booked in "
     "the period, of those booked 30 days or more before the end of the study", "share 0-1",
     "entries that had 30 days", _SOURCE),
    ("ledger_publication_days", "Kaplan-Meier median of days from booking to publication; entries not "
     "published are censored at the end of the study", "days", "entries", "Kaplan and Meier (1958)"),
    ("ledger_budget_used", "spent by the end of the study / budget, over the projects whose first entry is "
     "booked in the period", "share of budget", "projects with a budget", _SOURCE),
    ("ledger_overspent", "projects that spent more than their budget / projects with a budget; by the period "
     "of their first entry", "share 0-1", "projects with a budget", _SOURCE),
)  # fmt: skip
MEASURES: dict[str, Measure] = {line[0]: Measure(*line) for line in _LINES}


def fund_ledger(study) -> pd.DataFrame:
    """Return one row per fund or project: budget, income, spending, what remains, and how soon it is public.

    Who decides, publishes, spends and reviews is a network: see ``networks.fund_oversight``.

    Parameters
    ----------
    study : Study
        Its matters and ledger. A row is every matter of process "fund" and every other with an entry.

    Returns
    -------
    DataFrame
        matter_id, community_id, process, category, outcome : of the matter.
        budget : matters.amount, yuan.
        entries : entries of the ledger booked by the end of the study.
        income, spent : yuan; NaN without any entry, for then nothing is on record.
        remaining : budget - spent; NaN without budget or entry.
        balance : income - spent.
        overspent : whether more was spent than the budget; missing without budget or entry.
        first_booked, last_booked : days.
        published : entries made public by the end of the study.
        published_30 : share of entries published within 30 days, of those booked 30 days before the end of
            the study or earlier.
        publication_days : Kaplan-Meier median of days from booking to publication, NaN while fewer than half
            are public; entries not published are censored at the end of the study.

    Notes
    -----
    Amounts are as entered: a refund is income of its own, and no money is adjusted for prices. An entry
    published before it was booked counts as published on that day.
    """
    matters, entries = study.matters, _entries(study)
    chosen = (matters["process"] == "fund") | matters["matter_id"].isin(entries["matter_id"])
    names = ["matter_id", "community_id", "process", "category", "outcome", "amount"]
    table = matters.loc[chosen, names].drop_duplicates("matter_id").rename(columns={"amount": "budget"})
    table = table.reset_index(drop=True)
    row, size = pd.Index(table["matter_id"]).get_indexer(entries["matter_id"]), len(table)
    entries, row = entries[row >= 0], row[row >= 0]
    table["entries"] = np.bincount(row, minlength=size)
    any_entry = table["entries"] > 0
    for name, side in (("income", INCOME), ("spent", SPENDING)):
        amount = np.where(entries["side"] == side, entries["amount"], 0.0)
        table[name] = pd.Series(np.bincount(row, amount, size)).where(any_entry)
    table["remaining"] = table["budget"] - table["spent"]
    table["balance"] = table["income"] - table["spent"]
    overspent = (table["spent"] > table["budget"]).astype("boolean")
    table["overspent"] = overspent.mask(table["remaining"].isna())
    booked = entries["booked"].groupby(row)
    table["first_booked"], table["last_booked"] = booked.min(), booked.max()
    table["published"] = np.bincount(row[entries["is_public"].to_numpy(bool)], minlength=size)
    prompt = pd.Series(entries["prompt"].to_numpy()).groupby(row).mean()
    table["published_30"] = prompt.reindex(table.index)
    timed = entries["lag"].notna().to_numpy()
    table["publication_days"] = median_waits(
        row[timed], entries["lag"].to_numpy()[timed], entries["is_public"].to_numpy(bool)[timed], size
    )
    return table


def fund_measures(study) -> pd.DataFrame:
    """Return the measures of the ledger for every community, street and district, by period and over all.

    Parameters
    ----------
    study : Study
        Its ledger and matters.

    Returns
    -------
    DataFrame
        place_id, period, measure, value, n, std_error; one row for every place, period (and "all") and
        measure of `MEASURES`; no rows without a ledger or without periods. An entry belongs to the community
        of its matter and to the period in which it was booked. Sums are 0 where nothing was booked;
        everything else is NaN with n 0 where there is nothing to measure. std_error takes entries or projects
        as independent draws, and is NaN for sums, ratios of sums and medians.

    Notes
    -----
    Money is not per resident and not adjusted for prices. The balance begins with 0 at the first entry.
    """
    grid, entries = Grid(study), _entries(study)
    if not len(entries) or not study.periods:
        return grid.frame({})
    nothing = np.full(grid.size, np.nan)
    rows, cells = grid.cells(entries["community_id"], entries["booked"])
    found = {}
    for name, side in (("income", INCOME), ("spent", SPENDING)):
        mine = (entries["side"] == side).to_numpy()[rows]
        amount = np.bincount(cells[mine], entries["amount"].to_numpy()[rows[mine]], grid.size)
        found[f"ledger_{name}"] = (amount, np.bincount(cells[mine], minlength=grid.size), nothing)
    found["ledger_balance"] = _balance(entries, grid)
    found["ledger_published_30"] = grid.mean(rows, cells, entries["prompt"].to_numpy(float))
    lag, public = entries["lag"].to_numpy(float), entries["is_public"].to_numpy(bool)
    timed = ~np.isnan(lag[rows])
    wait = median_waits(cells[timed], lag[rows[timed]], public[rows[timed]], grid.size)
    found["ledger_publication_days"] = (wait, np.bincount(cells[timed], minlength=grid.size), nothing)
    found |= _of_projects(study, grid)
    return grid.frame({name: found[name] for name in MEASURES})


def incident_series(
    study, measure: str, place: str, *, matter_id: str | None = None, completed: object = None
) -> pd.DataFrame:
    """Return an outcome of one place by period, before and after a project there was completed.

    The data of an interrupted series: one row per period of the study, ready for a segmented regression.

    Parameters
    ----------
    study : Study
    measure : str
        A measure of the outcomes table, for example "incidents".
    place : str
        A place with this outcome on record.
    matter_id : str, optional
        The project, completed with its last step "implemented", "spent" or "performed", or else with its last
        entry of spending. By default the one fund project of the place that has one of these.
    completed : date, optional
        The day of completion, instead of a project's.

    Returns
    -------
    DataFrame
        place_id, period, time (count of periods since 1970), value, n (as stated by the outcome, missing if
        not), after (1 from the period of the completion on, which may be partly before it; 0 earlier),
        periods_since (0 in the period of completion). A period without the outcome has a NaN value.
        ``attrs`` holds measure, completed (ISO date) and matter_id.

    Raises
    ------
    AnalysisError
        If the place or measure is not on record, no completed project or more than one is found, the matter
        is not of this place or not completed, `completed` is no date, or it lies outside the study.
    """
    rows = _outcome_rows(study, measure, place)
    if completed is None:
        day, matter_id = _completion(study, place, matter_id)
    else:
        day = _date(completed)
    at = period_of(pd.Series([day]), study.period)
    if at.iloc[0] not in study.periods:
        raise AnalysisError(
            "The project was completed outside the time of the study, so there is no before and after.",
            where="completed", value=str(day.date()), expected=f"{study.periods[0]} to {study.periods[-1]}",
            mend="Take another project, or a study that covers the time around it.",
        )  # fmt: skip
    series = pd.DataFrame({"place_id": place, "period": pd.Series(study.periods, dtype="str")})
    series["time"] = ordinal(series["period"], study.period).astype("int64")
    rows = rows.set_index("period").reindex(series["period"])
    series["value"], series["n"] = rows["value"].to_numpy(), rows["n"].array
    since = series["time"] - int(ordinal(at, study.period).iloc[0])
    series["after"], series["periods_since"] = (since >= 0).astype("int64"), since
    series.attrs = {"measure": measure, "completed": str(day.date()), "matter_id": matter_id}
    return series


def _entries(study) -> pd.DataFrame:
    """Return the ledger up to the end of the study with community_id, lag (days), is_public and prompt."""
    end = end_of(study)
    entries = study.ledger.merge(
        study.matters[["matter_id", "community_id"]].drop_duplicates("matter_id"), on="matter_id"
    )
    if not pd.isna(end):
        entries = entries[entries["booked"] < end].reset_index(drop=True)
    public = entries["published"].notna()
    if not pd.isna(end):
        public &= entries["published"] < end
    last = entries["published"].where(public, end).astype("datetime64[ns]")
    lag = ((last - entries["booked"]) / DAY).clip(lower=0)
    had_time = (end - entries["booked"]) / DAY >= PROMPT
    prompt = (public & (lag <= PROMPT)).astype(float).where(had_time)
    return entries.assign(is_public=public, lag=lag, prompt=prompt)


def _balance(entries: pd.DataFrame, grid: Grid) -> tuple:
    """Return (value, n, std_error) per cell of what is left at the end of each period."""
    signed = np.where(entries["side"] == INCOME, entries["amount"], -entries["amount"])
    rows, places = grid.places_of(entries["community_id"])
    first = pd.Period(grid.periods[0]).start_time
    period = np.where(entries["booked"] < first, 0, grid.period_of(entries["booked"]))[rows]
    shape = (len(grid.places), len(grid.periods))
    value, n = np.zeros(shape), np.zeros(shape, "int64")
    seen = period >= 0
    np.add.at(value, (places[seen], period[seen]), signed[rows[seen]])
    np.add.at(n, (places[seen], period[seen]), 1)
    value, n = value.cumsum(axis=1), n.cumsum(axis=1)  # nothing is booked in "all": it holds the last
    return np.where(n > 0, value, np.nan).ravel(), n.ravel(), np.full(grid.size, np.nan)


def _of_projects(study, grid: Grid) -> dict[str, tuple]:
    """Return (value, n, std_error) per cell of the share of budgets used and of projects that overspent."""
    table = fund_ledger(study)
    table = table[table["overspent"].notna()]
    rows, cells = grid.cells(table["community_id"], table["first_booked"])
    spent, budget = (
        np.bincount(cells, table[name].to_numpy()[rows], grid.size) for name in ("spent", "budget")
    )
    used = np.divide(spent, budget, out=np.full(grid.size, np.nan), where=budget > 0)
    n = np.where(budget > 0, np.bincount(cells, minlength=grid.size), 0)
    return {
        "ledger_budget_used": (used, n, np.full(grid.size, np.nan)),
        "ledger_overspent": grid.mean(rows, cells, table["overspent"].to_numpy(float)),
    }


def _outcome_rows(study, measure: str, place: str) -> pd.DataFrame:
    outcomes = study.outcomes
    if measure not in set(outcomes["measure"]):
        known = ", ".join(sorted(outcomes["measure"].unique())) or "a table of outcomes"
        raise AnalysisError("The study has no outcome of this name.", where="outcomes.measure", value=measure,
                            expected=known, mend="Name one of the study's outcomes.")  # fmt: skip
    rows = outcomes[(outcomes["measure"] == measure) & (outcomes["place_id"] == place)]
    if not len(rows):
        raise AnalysisError(
            "The place has no outcome of this name on record.", where="outcomes.place_id", value=place,
            expected="a place in which it was measured",
            mend="Name such a place; outcome_measures gives the values of streets and districts.",
        )  # fmt: skip
    return rows.drop_duplicates("period")


def _completion(study, place: str, matter_id: str | None) -> tuple[pd.Timestamp, str]:
    """Return the day on which the project was completed, and the project."""
    matters, end = study.matters, end_of(study)
    inside = set(study.tree.communities_of(place)) | {place} if place in study.tree.table.index else {place}
    mine = matters[matters["community_id"].isin(inside)]
    mine = mine[mine["process"] == "fund"] if matter_id is None else mine[mine["matter_id"] == matter_id]
    steps = study.steps[study.steps["step"].isin(ENDING_STEPS) & (study.steps["time"] < end)]
    spent = study.ledger[(study.ledger["side"] == SPENDING) & (study.ledger["booked"] < end)]
    last_step = steps.groupby("matter_id")["time"].max().reindex(mine["matter_id"])
    last_entry = spent.groupby("matter_id")["booked"].max().reindex(mine["matter_id"])
    days = last_step.fillna(last_entry).dropna()
    if len(days) != 1:
        found = "no completed project" if not len(days) else f"{len(days)} completed projects"
        raise AnalysisError(
            f"There is {found} to divide the series at." if not len(days)
            else f"There are {found} to divide the series at.",
            where="matter_id", value=matter_id, expected="one completed project of the place",
            mend="Name the project (matter_id) or give the day (completed).",
        )  # fmt: skip
    return days.iloc[0].normalize(), days.index[0]


def _date(value: object) -> pd.Timestamp:
    day = pd.to_datetime(value, errors="coerce")
    if not isinstance(day, pd.Timestamp) or pd.isna(day):
        raise AnalysisError(
            "This is not a day.", where="completed", value=value, expected="a date such as 2021-03-07",
            mend="Give the day of completion.",
        )  # fmt: skip
    return day.tz_localize(None).normalize()
