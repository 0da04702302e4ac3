"""Participatory budgeting: who votes, whose choices are funded, where the money goes, what gets finished."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from analysis.errors import AnalysisError
from analysis.processes.ballots import projects_of, voters_of_budgets
from analysis.processes.opinions import located_votes, looked_up, voters_of
from analysis.processes.proportions import LEAST_PEOPLE, quantile, shown, wilson
from analysis.processes.survival import median_waits
from analysis.tables.measures import Grid, Measure
from analysis.tables.periods import period_of

DAY = np.timedelta64(1, "D")
COLUMNS = ["matter_id", "place_id", "period", "measure", "group", "value", "n", "conf_low", "conf_high",
           "hidden"]  # fmt: skip
KEYS = ("matter_id", "district_id", "place_id", "period", "category")
_OECD = "OECD (2021), Evaluation Guidelines for Representative Deliberative Processes"
BUDGETING_MEASURES: dict[str, Measure] = {
    m.name: m
    for m in (
        Measure(
            "budgeting_turnout",
            "distinct people who voted on a project / residents (places.population); unknown without it",
            "share of residents", "residents", _OECD,
        ),
        Measure(
            "budgeting_funded_choice",
            "ballots with at least one project chosen in the end / ballots in votes that were decided",
            "share 0-1", "ballots", "Pabulib: Stolicki, Szufa, Talmon, arXiv 2012.06539",
        ),
        Measure(
            "budgeting_follow_through",
            "chosen projects completed by the end of the study / chosen projects; unknown if the study "
            "records no completion at all",
            "share 0-1", "chosen projects", _OECD,
        ),
    )
}  # fmt: skip


def budget_measures(study, *, level: float = 0.95) -> pd.DataFrame:
    """Return who took part in each vote on projects, and what became of the projects.

    Parameters
    ----------
    study : Study
        Its options of kind project, the votes on them, matters, people and places.
    level : float
        Coverage of the intervals, 0 to 1.

    Returns
    -------
    DataFrame
        matter_id, place_id (the one place all its projects are for, or else its community), period, measure,
        group, value, n, conf_low, conf_high, hidden. Measures:
        voters, turnout (of the place's population; NaN if not stated), choices_per_voter,
        funded_choice (share of voters with at least one chosen project; NaN while undecided);
        share_age, share_sex, share_channel : share of the voters with a known one, per `group`;
        representation_age, representation_sex : that share over the group's share of the people of the
        community in the people table; NaN where everyone in it voted in some year, for then the table is a
        list of voters, no register;
        projects, projects_selected, cost_asked, cost_selected, budget, budget_used (share of the budget);
        completed (share of the chosen projects completed by the end of the study; NaN if the study records
        no completion at all), days_to_completion (Kaplan-Meier median from the end of the vote; projects
        not completed are censored at the end of the study).
        Intervals of shares are Wilson's, of choices_per_voter normal; those of representation take the
        people table as known. Turnout, counts and money have none: they are no samples. Where 1 to 4
        people voted, or stand behind a share, value and n are missing and `hidden` is true; where one share
        of a breakdown is hidden the smallest of the others is too.

    Raises
    ------
    AnalysisError
        As `last_votes`.
    """
    projects = projects_of(study)
    voters = voters_of_budgets(study, projects)
    parts = [_turnout(study, projects, voters), _choices(voters, level), _money(study, projects)]
    parts.append(_completion(study, projects, level))
    for name, column in (("age", "age_band"), ("sex", "sex"), ("channel", "channel")):
        shares = _breakdown(voters, column, f"share_{name}", level)
        parts.append(shares)
        if name != "channel":
            parts.append(_representation(study, projects, voters, shares, column, f"representation_{name}"))
    table = pd.concat([part for part in parts if len(part)] or [pd.DataFrame(columns=COLUMNS)])
    matters = projects.drop_duplicates("matter_id").set_index("matter_id")
    table = table.assign(
        place_id=looked_up(table["matter_id"], matters["matter_place"]),
        period=looked_up(table["matter_id"], period_of(matters["dated"], study.period)),
        group=table["group"].fillna("") if "group" in table else "",
        n=table["n"].astype("Int64"), hidden=table["hidden"].fillna(False).astype(bool),
    )  # fmt: skip
    return table[COLUMNS].sort_values("matter_id", kind="stable", ignore_index=True)


def budget_money(study, by: Sequence[str] = ("district_id",)) -> pd.DataFrame:
    """Return the money asked for and awarded, by district, kind or any other key.

    Parameters
    ----------
    study : Study
    by : sequence of str
        Some of matter_id, district_id, place_id, period, category. The cost of a project of several
        categories, separated by commas, is divided equally among them, and so is the project.

    Returns
    -------
    DataFrame
        The keys; projects, selected (projects chosen), asked, awarded (money, in the study's currency),
        share_awarded (of all money awarded). Projects without a key stand in a row with that key missing; a
        project without a cost counts as 0 and is counted in ``attrs["without_cost"]``.

    Raises
    ------
    AnalysisError
        If a key is not known.
    """
    by = [by] if isinstance(by, str) else list(by)
    for key in by:
        if key not in KEYS:
            raise AnalysisError(
                "Money cannot be added up by this.", where="budget_money(by=...)", value=key,
                expected="some of " + ", ".join(KEYS), mend="Use one of these.",
            )  # fmt: skip
    rows = projects_of(study)
    rows = rows.assign(period=period_of(rows["dated"], study.period), place_id=rows["place"], share=1.0)
    unknown = int(rows["amount"].isna().sum())
    if "category" in by:
        kinds = rows["category"].str.split(",")
        rows = rows.assign(category=kinds, share=1 / kinds.str.len().fillna(1)).explode("category")
        rows["category"] = rows["category"].str.strip()
    chosen = rows["selected"].fillna(False).astype(float)
    cost = rows["amount"].fillna(0) * rows["share"]
    figures = pd.DataFrame({"projects": rows["share"], "selected": rows["share"] * chosen, "asked": cost,
                            "awarded": cost * chosen})  # fmt: skip
    table = figures.groupby([rows[key] for key in by], dropna=False).sum().reset_index()
    total = table["awarded"].sum()
    table["share_awarded"] = table["awarded"] / total if total else np.nan
    table.attrs["without_cost"] = unknown
    return table


def budgeting_measures(study) -> pd.DataFrame:
    """Return the measures of participatory budgeting of every community, street and district by period.

    Parameters
    ----------
    study : Study

    Returns
    -------
    DataFrame
        place_id, period, measure, value, n, std_error, as `BUDGETING_MEASURES` says. A vote lies in the
        community of its matter, and in the period it was cast in, or without a time in that of its matter's
        first step; a project in the period of its vote. Who votes twice in a period counts once in
        turnout, and per vote in funded_choice. std_error takes ballots and projects as independent draws;
        NaN for turnout.

    Raises
    ------
    AnalysisError
        As `last_votes`.
    """
    grid, projects = Grid(study), projects_of(study)
    if not len(projects):
        return grid.frame({})
    _, turnout = voters_of(study, grid, located_votes(study, "project", grid))
    voters = voters_of_budgets(study, projects)
    matters = projects.drop_duplicates("matter_id").set_index("matter_id")
    home, dated = (looked_up(voters["matter_id"], matters[name]) for name in ("community_id", "dated"))
    funded = grid.mean(*grid.cells(home, dated, undated=True), voters["funded"].to_numpy(float))
    chosen = projects[projects["selected"].fillna(False).astype(bool)]
    cells = grid.cells(chosen["community_id"], chosen["dated"], undated=True)
    through = grid.mean(*cells, chosen["done"].to_numpy(float))
    return grid.frame(dict(zip(BUDGETING_MEASURES, (turnout, funded, through), strict=True)))


def _turnout(study, projects: pd.DataFrame, voters: pd.DataFrame) -> pd.DataFrame:
    matters = projects.drop_duplicates("matter_id").set_index("matter_id")
    count = voters.groupby("matter_id").size().reindex(matters.index).fillna(0)
    population = study.places.drop_duplicates("place_id").set_index("place_id")["population"]
    living = looked_up(matters["matter_place"], population)
    living = living.astype("float64").where(lambda n: n > 0)
    hidden = count.between(1, LEAST_PEOPLE - 1)
    counted = matters["voted_on"].to_numpy(bool)  # without any ballot the number is not known
    voted = _rows("voters", count.where(counted), count.where(counted), hidden=hidden)
    return pd.concat([voted, _rows("turnout", (count / living).where(counted), living, hidden=hidden)])


def _choices(voters: pd.DataFrame, level: float) -> pd.DataFrame:
    by = voters.groupby("matter_id")
    n, mean = by.size(), by["choices"].mean()
    half = quantile(level) * by["choices"].std() / np.sqrt(n)
    hidden = n.between(1, LEAST_PEOPLE - 1)
    choices = _rows("choices_per_voter", mean, n, mean - half, mean + half, hidden=hidden)
    known = by["funded"].count()
    k = by["funded"].sum()
    funded = _rows("funded_choice", k / known.where(known > 0), known, *_wilson(k, known, level),
                   hidden=known.between(1, LEAST_PEOPLE - 1))  # fmt: skip
    return pd.concat([choices, funded])


def _money(study, projects: pd.DataFrame) -> pd.DataFrame:
    chosen = projects["selected"].fillna(False).astype(bool)
    by, won = projects.groupby("matter_id"), projects[chosen].groupby("matter_id")
    n = by.size()
    decided = by["selected"].count() > 0
    count = lambda values: values.reindex(n.index).fillna(0).where(decided)  # noqa: E731
    spent = count(won["amount"].sum())
    budget = study.matters.drop_duplicates("matter_id").set_index("matter_id")["amount"].reindex(n.index)
    figures = {
        "projects": n, "projects_selected": count(won.size()), "cost_asked": by["amount"].sum(min_count=1),
        "cost_selected": spent, "budget": budget, "budget_used": spent / budget.where(budget > 0),
    }  # fmt: skip
    return pd.concat([_rows(name, value, n) for name, value in figures.items()])


def _completion(study, projects: pd.DataFrame, level: float) -> pd.DataFrame:
    chosen = projects[projects["selected"].fillna(False).astype(bool)]
    by = chosen.groupby("matter_id")["done"]
    n, k = by.count(), by.sum()
    share = _rows("completed", k / n.where(n > 0), by.size(), *_wilson(k, n, level))
    waits = chosen[chosen["days"].notna()]
    code, names = pd.factorize(waits["matter_id"])
    done = (waits["done"] == 1).to_numpy()
    days = pd.Series(median_waits(code, waits["days"].to_numpy(), done, len(names)), index=names)
    number = pd.Series(np.bincount(code, minlength=len(names)), index=names)
    return pd.concat([share, _rows("days_to_completion", days, number)])


def _breakdown(voters: pd.DataFrame, column: str, measure: str, level: float) -> pd.DataFrame:
    known = voters.dropna(subset=[column])
    counts = known.groupby(["matter_id", column]).size().unstack(fill_value=0)
    if not len(counts):
        return pd.DataFrame()
    visible = np.vstack([shown(row) for row in counts.to_numpy()])
    total = counts.sum(axis=1)
    visible &= (total >= LEAST_PEOPLE).to_numpy()[:, None]
    k = counts.to_numpy()
    n = np.broadcast_to(total.to_numpy()[:, None], k.shape)
    low, high = wilson(k, n, level=level)
    return pd.DataFrame(
        {
            "matter_id": counts.index.repeat(k.shape[1]), "group": list(counts.columns) * len(k),
            "measure": measure, "value": (k / n).ravel(), "n": n.ravel(), "conf_low": low.ravel(),
            "conf_high": high.ravel(), "hidden": ~visible.ravel(),
        }
    ).pipe(_mask)  # fmt: skip


def _representation(
    study, projects: pd.DataFrame, voters: pd.DataFrame, shares: pd.DataFrame, column: str, measure: str
) -> pd.DataFrame:
    """Return the shares of voters over the shares in the register, where there is one."""
    if not len(shares):
        return pd.DataFrame()
    voted = pd.Index(voters["person_id"].unique()).get_indexer(study.people["person_id"]) >= 0
    people = study.people.assign(voted=voted)
    silent = ~people.groupby("community_id")["voted"].all()
    known = people.dropna(subset=[column])
    size = known.groupby(["community_id", column]).size()
    share = size / size.groupby("community_id").transform("sum")
    share = share.where((size >= LEAST_PEOPLE) & share.index.get_level_values(0).map(silent).to_numpy(bool))
    home = projects.drop_duplicates("matter_id").set_index("matter_id")["community_id"]
    at = pd.MultiIndex.from_arrays([looked_up(shares["matter_id"], home), shares["group"]])
    base = share.reindex(at).to_numpy()
    figures = {name: shares[name].to_numpy() / base for name in ("value", "conf_low", "conf_high")}
    return shares.assign(measure=measure, **figures)


def _rows(measure: str, value, n, low=None, high=None, *, hidden=False) -> pd.DataFrame:
    table = pd.DataFrame({"value": value, "n": n}).rename_axis("matter_id")
    table["conf_low"] = np.nan if low is None else low
    table["conf_high"] = np.nan if high is None else high
    table["hidden"] = hidden
    return table.reset_index().assign(measure=measure).pipe(_mask)


def _mask(table: pd.DataFrame) -> pd.DataFrame:
    figures = ["value", "n", "conf_low", "conf_high"]
    table[figures] = table[figures].astype("float64").mask(table["hidden"].astype(bool))
    return table


def _wilson(k: pd.Series, n: pd.Series, level: float) -> tuple[pd.Series, pd.Series]:
    low, high = wilson(k, n, level=level)
    return pd.Series(low, index=n.index), pd.Series(high, index=n.index)
