"""Projects put to the vote, and one row per voter and vote: the ground of the measures of budgeting."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.processes.matters import end_of
from analysis.processes.opinions import last_votes, looked_up

DAY = np.timedelta64(1, "D")


def projects_of(study) -> pd.DataFrame:
    """Return the projects of a study: the columns of its options, and where, when and what became of them.

    Returns
    -------
    DataFrame
        community_id (of the matter), place (the project's, or else the community), matter_place (the one
        place all projects of the matter are for, or else the community), district_id, dated (first vote of
        the matter, or else its first step, or else when the project was put up), voted_on (whether
        the matter has votes), done (1.0 if completed by the end of the study, 0.0 if not, NaN for projects
        not chosen and where the study records no completion), days (from the last vote, or else `dated`,
        to completion or the end of the study; NaN where `done` is).
    """
    options = study.options[study.options["kind"] == "project"].drop_duplicates("option_id")
    matters = study.matters.drop_duplicates("matter_id").set_index("matter_id")
    home = looked_up(options["matter_id"], matters["community_id"])
    place = options["place_id"].fillna(home)
    alike = place.groupby(options["matter_id"]).transform("nunique") == 1
    matter = looked_up(study.votes["option_id"], options.set_index("option_id")["matter_id"])
    cast = study.votes["time"].groupby(matter).agg(["min", "max"])
    step = looked_up(options["matter_id"], study.steps.groupby("matter_id")["time"].min())
    dated = looked_up(options["matter_id"], cast["min"]).fillna(step).fillna(options["opened"])
    end = end_of(study)
    chosen = options["selected"].fillna(False).astype(bool)
    recorded = bool(options["completed"].notna().any())
    done = (options["completed"] < end).astype(float).where(chosen & recorded)
    since = looked_up(options["matter_id"], cast["max"]).fillna(dated)
    until = options["completed"].where(done == 1, end)
    return options.assign(
        community_id=home, place=place, matter_place=place.where(alike, home),
        district_id=looked_up(place, study.tree.table["district_id"]), dated=dated,
        voted_on=options["matter_id"].isin(matter.unique()), done=done,
        days=((until - since) / DAY).clip(lower=0).where(done.notna()),
    )  # fmt: skip


def voters_of_budgets(study, projects: pd.DataFrame) -> pd.DataFrame:
    """Return one row per voter and vote on projects, from the last votes: never to be shown.

    Parameters
    ----------
    study : Study
    projects : DataFrame
        As `projects_of` returns.

    Returns
    -------
    DataFrame
        matter_id, person_id, choices (projects approved), funded (1.0 if one of them was chosen, 0.0 if
        not, NaN while nothing is decided), channel (of the last vote in the row order of the study),
        age_band, sex.
    """
    votes = study.votes[study.votes["option_id"].isin(projects["option_id"])]
    last = last_votes(votes)
    at = projects.set_index("option_id")
    option, ids = pd.factorize(last["option_id"])
    of = at.loc[ids]
    matter, matters = pd.factorize(of["matter_id"])
    person, people = pd.factorize(last["person_id"])
    pair, row, member = np.unique(
        matter[option].astype("int64") * max(len(people), 1) + person, return_index=True, return_inverse=True
    )
    approves = (last["vote"] > 0).to_numpy()
    chosen = of["selected"].fillna(False).to_numpy(bool)[option]
    decided = of["selected"].notna().groupby(of["matter_id"]).any().reindex(matters).to_numpy(bool)
    size = max(len(pair), 1)
    won = np.bincount(member, weights=approves & chosen, minlength=size)[: len(pair)]
    which = pair // max(len(people), 1)
    found = pd.DataFrame(
        {
            "matter_id": pd.array(matters, dtype="str").take(which),
            "person_id": last["person_id"].array.take(row),
            "choices": np.bincount(member, weights=approves, minlength=size)[: len(pair)],
            "funded": np.where(decided[which], won > 0, np.nan) if len(pair) else np.array([], float),
            "channel": last["channel"].array.take(row),
        }
    )
    known = study.people.drop_duplicates("person_id").set_index("person_id")
    where = known.index.get_indexer(found["person_id"])
    for column in ("age_band", "sex"):
        found[column] = known[column].array.take(where, allow_fill=True)
    return found
