"""What people say in their votes: the last vote of each, how many took part, how far they agree."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.errors import AnalysisError
from analysis.processes.participation import residents
from analysis.processes.proportions import LEAST_PEOPLE, wilson
from analysis.tables.measures import OUTSIDE, Grid, Measure

NEEDED = ("option_id", "person_id", "vote")
_POLIS = "Small et al. (2021), Polis: Scaling Deliberation by Mapping High Dimensional Opinion Spaces"
OPINION_MEASURES: dict[str, Measure] = {
    m.name: m
    for m in (
        Measure("opinion_voters", "distinct people who voted on a statement", "people", "voters", "count"),
        Measure(
            "opinion_participation",
            "distinct people who voted on a statement / residents (places.population); unknown without it",
            "share of residents",
            "residents",
            "OECD (2021), Evaluation Guidelines for Representative Deliberative Processes",
        ),
        Measure(
            "opinion_agreement",
            "last votes on statements that agree / all last votes on statements, passes included",
            "share 0-1",
            "voters",
            _POLIS,
        ),
    )
}


def last_votes(votes: pd.DataFrame, options: pd.DataFrame | None = None) -> pd.DataFrame:
    """Return the last vote of each person on each option.

    Parameters
    ----------
    votes : DataFrame
        option_id, person_id, vote, and time if known; as `Study.votes`.
    options : DataFrame, optional
        option_id; votes on other options are set aside.

    Returns
    -------
    DataFrame
        The columns of `votes`, in its order. Of two votes at the same time the one further down the file
        is the last; a vote without a time is earlier than any with one. ``attrs["account"]`` counts votes
        (rows in), unknown_option, incomplete (without person, option or vote), replaced (by a later
        vote) and kept: rows in = all the others together.

    Raises
    ------
    AnalysisError
        A column is missing, or a vote is no number.
    """
    rows = _checked(votes)
    known = rows["option_id"].isin(options["option_id"]) if options is not None else rows["option_id"].notna()
    whole = rows[list(NEEDED)].notna().all(axis=1)
    unknown = int((whole & ~known).sum())
    incomplete = int((~whole).sum())
    rows = rows[known & whole]
    person, option = pd.factorize(rows["person_id"])[0], pd.factorize(rows["option_id"])[0]
    key = person.astype("int64") * (int(option.max(initial=0)) + 1) + option
    if "time" in rows:  # a missing time is the smallest number
        order = np.argsort(rows["time"].to_numpy("datetime64[ns]").view("int64"), kind="stable")
    else:
        order = np.arange(len(rows))
    last = np.sort(order[~pd.Series(key[order]).duplicated(keep="last").to_numpy()])
    found = rows.iloc[last].reset_index(drop=True)
    found.attrs = {
        "account": {
            "votes": len(votes), "unknown_option": unknown, "incomplete": incomplete,
            "replaced": len(rows) - len(found), "kept": len(found),
        }
    }  # fmt: skip
    return found


def conversations(votes: pd.DataFrame, options: pd.DataFrame) -> pd.DataFrame:
    """Return how many took part in each conversation or budget, and how much they voted.

    Parameters
    ----------
    votes, options : DataFrame
        As `Study.votes` and `Study.options`.

    Returns
    -------
    DataFrame
        matter_id, options, options_voted_on, votes_cast (re-votes included), votes (last votes only),
        voters, votes_per_voter, median_votes_per_voter, votes_per_option, hidden. One row per matter with
        options; with 1 to 4 voters all that rests on them is missing and `hidden` true.

    Raises
    ------
    AnalysisError
        As `last_votes`.
    """
    matter_of = options.drop_duplicates("option_id").set_index("option_id")["matter_id"]
    last = last_votes(votes, options)
    last = last.assign(matter_id=looked_up(last["option_id"], matter_of))
    cast = looked_up(votes["option_id"], matter_of).value_counts()
    per_person = last.groupby(["matter_id", "person_id"]).size()
    by_matter = last.groupby("matter_id")
    table = options.groupby("matter_id", sort=False).size().rename("options").to_frame()
    table["options_voted_on"] = by_matter["option_id"].nunique()
    table["votes_cast"], table["votes"] = cast, by_matter.size()
    table["voters"] = by_matter["person_id"].nunique()
    counts = ["options_voted_on", "votes_cast", "votes", "voters"]
    table[counts] = table[counts].fillna(0).astype("Int64")
    table["votes_per_voter"] = per_person.groupby("matter_id").mean()
    table["median_votes_per_voter"] = per_person.groupby("matter_id").median()
    table["votes_per_option"] = table["votes"].astype("float64") / table["options"]
    table["hidden"] = table["voters"].between(1, LEAST_PEOPLE - 1).astype(bool)
    resting = [*counts, "votes_per_voter", "median_votes_per_voter", "votes_per_option"]
    table[resting] = table[resting].mask(table["hidden"])
    return table.reset_index()


def agreement(
    votes: pd.DataFrame, options: pd.DataFrame | None = None, *, level: float = 0.95
) -> pd.DataFrame:
    """Return for each option how far those who voted on it agree.

    Parameters
    ----------
    votes : DataFrame
        As `Study.votes`: above 0 agrees, 0 passes, below 0 disagrees.
    options : DataFrame, optional
        As `Study.options`: its order, and those nobody voted on too. Without it, the options voted on.
    level : float
        Coverage of the interval, 0 to 1.

    Returns
    -------
    DataFrame
        option_id, n (people who voted, passes included), agreement, conf_low, conf_high (Wilson),
        disagreement, passes (shares of n), hidden. Nobody voted: n 0 and NaN. 1 to 4 people: all missing
        and `hidden` true. The interval takes voters as a random draw of those whom the statement could
        have reached.

    Raises
    ------
    AnalysisError
        As `last_votes`.
    """
    last = last_votes(votes, options)
    ids = options["option_id"] if options is not None else last["option_id"]
    ids = ids.drop_duplicates().to_numpy()
    code, vote = pd.Index(ids).get_indexer(last["option_id"]), last["vote"].to_numpy()
    n = np.bincount(code, minlength=len(ids))
    agree, against = (np.bincount(code[sign], minlength=len(ids)) for sign in (vote > 0, vote < 0))
    low, high = wilson(agree, n, level=level)
    hidden = (n > 0) & (n < LEAST_PEOPLE)
    number = np.where((n == 0) | hidden, np.nan, n)
    return pd.DataFrame(
        {
            "option_id": ids, "n": pd.Series(n, dtype="Int64").mask(hidden), "agreement": agree / number,
            "conf_low": np.where(hidden, np.nan, low), "conf_high": np.where(hidden, np.nan, high),
            "disagreement": against / number, "passes": (n - agree - against) / number, "hidden": hidden,
        }
    )  # fmt: skip


def opinion_measures(study) -> pd.DataFrame:
    """Return the measures of statements of every community, street and district, by period and over all.

    Parameters
    ----------
    study : Study
        Its votes on options of kind statement, and the matters these were put up in.

    Returns
    -------
    DataFrame
        place_id, period, measure, value, n, std_error, as `OPINION_MEASURES` says. A conversation lies in
        the community of its matter. A vote belongs to the period it was cast in, one without a time to
        that of its matter's first step; votes outside the study's window do not count. A person who votes
        in two periods counts in both, and once over all. std_error takes voters, not votes, as
        independent draws, and is NaN for counts and participation.

    Raises
    ------
    AnalysisError
        As `last_votes`.
    """
    grid = Grid(study)
    cast = located_votes(study, "statement", grid)
    if not len(cast):
        return grid.frame({})
    voters, participation = voters_of(study, grid, cast)
    agreed = _agreed(grid, last_votes(cast))
    return grid.frame(dict(zip(OPINION_MEASURES, (voters, participation, agreed), strict=True)))


def located_votes(study, kind: str, grid: Grid) -> pd.DataFrame:
    """Return the votes on options of `kind` within the window, with matter_id, community_id and dated.

    `dated` is the time of the vote, or else of its matter's first step.
    """
    options = study.options[study.options["kind"] == kind].drop_duplicates("option_id")
    votes = study.votes[study.votes["option_id"].isin(options["option_id"])]
    matter = looked_up(votes["option_id"], options.set_index("option_id")["matter_id"])
    place = study.matters.drop_duplicates("matter_id").set_index("matter_id")["community_id"]
    dated = votes["time"].fillna(looked_up(matter, study.steps.groupby("matter_id")["time"].min()))
    found = votes.assign(matter_id=matter, community_id=looked_up(matter, place), dated=dated)
    return found[grid.period_of(dated) != OUTSIDE]


def looked_up(keys: pd.Series, values: pd.Series) -> pd.Series:
    """Return the entry of `values` (unique index) for each key, missing where there is none."""
    return values.reindex(keys).set_axis(keys.index)


def voters_of(study, grid: Grid, cast: pd.DataFrame) -> tuple[tuple, tuple]:
    """Return (value, n, std_error) of distinct voters, and of voters over residents, per cell."""
    once = cast.assign(month=grid.period_of(cast["dated"]))
    once = once.drop_duplicates(["matter_id", "person_id", "month"])
    rows, cells = grid.cells(once["community_id"], once["dated"], undated=True)
    person = pd.factorize(once["person_id"])[0]
    seen = np.unique(cells * (int(person.max(initial=0)) + 1) + person[rows])
    count = np.bincount(seen // (int(person.max(initial=0)) + 1), minlength=grid.size)
    living, from_register = residents(study, grid)
    living = np.repeat(np.where(from_register, np.nan, living), len(grid.periods))
    share = np.divide(count, living, out=np.full(grid.size, np.nan), where=living > 0)
    none = np.full(grid.size, np.nan)
    return (count.astype(float), count, none), (share, np.nan_to_num(living).astype("int64"), none)


def _agreed(grid: Grid, last: pd.DataFrame) -> tuple:
    """Return (value, n, std_error) per cell of the share of votes that agree; people are the draws."""
    rows, cells = grid.cells(last["community_id"], last["dated"], undated=True)
    agrees = (last["vote"] > 0).to_numpy(float)[rows]
    votes = np.bincount(cells, minlength=grid.size)
    with np.errstate(invalid="ignore", divide="ignore"):  # 0 / 0 is the NaN of an empty cell
        value = np.bincount(cells, weights=agrees, minlength=grid.size) / votes
    person, names = pd.factorize(last["person_id"])
    key, member = np.unique(cells * max(len(names), 1) + person[rows], return_inverse=True)
    sums = np.bincount(member, weights=agrees - value[cells])
    cell = key // max(len(names), 1)
    n = np.bincount(cell, minlength=grid.size)
    with np.errstate(invalid="ignore", divide="ignore"):
        error = np.sqrt(np.bincount(cell, weights=sums**2, minlength=grid.size) * n / (n - 1)) / votes
    error[(n < 2) | (error < 1e-12)] = np.nan
    return value, n, error


def _checked(votes: pd.DataFrame) -> pd.DataFrame:
    lacking = [name for name in NEEDED if name not in votes.columns]
    if lacking:
        raise AnalysisError(
            "The votes lack columns.", where="votes", value=", ".join(lacking),
            expected=", ".join(NEEDED), mend="Pass the votes of a study, or name the columns so.",
        )  # fmt: skip
    if pd.api.types.is_numeric_dtype(votes["vote"]):
        return votes
    number = pd.to_numeric(votes["vote"], errors="coerce")
    text = votes["vote"].notna() & number.isna()
    if text.any():
        raise AnalysisError(
            f"{int(text.sum()):,} votes are no numbers.", where="votes.vote",
            value=votes.loc[text, "vote"].iloc[0], expected="1 agrees, 0 passes, -1 disagrees, or points",
            mend="Map the words to numbers: [tables.votes] values = { vote = { \"agree\" = \"1\" } }.",
        )  # fmt: skip
    return votes.assign(vote=number)
