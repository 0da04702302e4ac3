"""Who takes part in consultation: distinct people over residents."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.tables.measures import Grid

CONSULTATION_KINDS = ("consultation",)


def has_consultation(study) -> bool:
    """Whether the study holds any act of consultation: an interaction, or a step or vote in a matter."""
    matters = study.matters[study.matters["process"] == "consultation"]
    return bool(
        len(_acts(study, matters["matter_id"]))
        or study.steps["matter_id"].isin(matters["matter_id"]).any()
        or len(_ballots(study, matters))
    )


def breadth(study, grid: Grid) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return (value, n, std_error) per cell: distinct participants of consultation over residents.

    Where the residents are counted in the people table, only those of them who took part are.
    """
    acts, people = participations(study), study.people
    rows, cells = grid.cells(acts["community_id"], acts["time"], undated=True)
    person, names = pd.factorize(acts["person_id"])
    seen = pd.DataFrame({"cell": cells, "person": person[rows]}).drop_duplicates()
    living, counted = residents(study, grid)
    at_home, home = grid.places_of(people["community_id"])
    known = pd.Index(names).get_indexer(people["person_id"])[at_home]
    place = seen["cell"].to_numpy() // len(grid.periods)
    resident = np.isin(place * len(names) + seen["person"], (home * len(names) + known)[known >= 0])
    seen = seen[resident | ~counted[place]]
    participants = np.bincount(seen["cell"], minlength=grid.size)
    living = np.repeat(living, len(grid.periods))
    value = np.divide(participants, living, out=np.full(grid.size, np.nan), where=living > 0)
    return value, np.nan_to_num(living).astype("int64"), np.full(grid.size, np.nan)


def residents(study, grid: Grid) -> tuple[np.ndarray, np.ndarray]:
    """Return the residents of each place of the grid, NaN where unknown, and which rest on `people`.

    A community's are `places.population`, or else its rows in `people`. A street's or district's are those
    of its communities together (not its own population: a study may cover a part of it only), or else its
    own population where one of them is unknown or it has none.
    """
    table = study.tree.table
    communities = table.loc[table["kind"] == "community", "place_id"]
    own = pd.Series(table["population"].to_numpy("float64", na_value=np.nan), table.index)
    register = study.people["community_id"].value_counts().reindex(communities)
    register = register.fillna(0 if study.has("people") else np.nan).astype("float64")
    stated = own.loc[communities]
    rows, places = grid.places_of(communities)
    width = len(grid.places)
    total = np.bincount(places, stated.fillna(register).to_numpy()[rows], width)
    counted = np.bincount(places, stated.isna().to_numpy()[rows], width) > 0
    held = np.bincount(places, minlength=width) > 0
    below = np.where(held, total, np.nan)
    unknown = np.isnan(below)
    return np.where(unknown, own.loc[grid.places].to_numpy(), below), counted & ~unknown


def residents_from_people(study) -> int:
    """Return how many communities state no population, so that their residents are those in `people`."""
    table = study.tree.table
    return int((table["population"].isna() & (table["kind"] == "community")).sum())


def participations(study, process: str = "consultation") -> pd.DataFrame:
    """Return one row per taking part in matters of a process: person_id, community_id, time.

    People take part by an act, a step, a vote, or a statement or project of their own.
    """
    matters = study.matters.loc[study.matters["process"] == process, ["matter_id", "community_id"]]
    acts = _acts(study, matters["matter_id"], CONSULTATION_KINDS if process == "consultation" else ())
    steps = study.steps.merge(matters, on="matter_id")
    if study.has("people"):
        steps = steps[steps["actor_id"].isin(study.people["person_id"])]
    else:
        steps = steps[~steps["actor_id"].isin(study.organisations["org_id"])]
    sides = [
        acts.rename(columns={"source_id": "person_id"}),
        acts.rename(columns={"target_id": "person_id"}),
        steps.rename(columns={"actor_id": "person_id"}),
        _ballots(study, matters),
    ]
    return pd.concat([side[["person_id", "community_id", "time"]] for side in sides]).dropna(
        subset=["person_id"]
    )


def _acts(study, matters: pd.Series, kinds: tuple[str, ...] = CONSULTATION_KINDS) -> pd.DataFrame:
    """Return the done interactions of one of `kinds`, or that gather around one of `matters`."""
    acts = study.interactions
    done = acts["status"].isna() | (acts["status"] == "done")
    return acts[done & (acts["kind"].isin(kinds) | acts["gathering_id"].isin(matters))]


def _ballots(study, matters: pd.DataFrame) -> pd.DataFrame:
    """Return person_id, community_id, time: who voted on an option of one of `matters`, or put one up."""
    options = study.options.merge(matters[["matter_id", "community_id"]], on="matter_id")
    votes = study.votes[study.votes["option_id"].isin(options["option_id"])]
    where = options.set_index("option_id")["community_id"]
    voted = pd.DataFrame(
        {
            "person_id": votes["person_id"],
            "community_id": votes["option_id"].map(where),
            "time": votes["time"],
        }
    )
    written = options.rename(columns={"author_id": "person_id", "opened": "time"})
    return pd.concat([voted, written[list(voted)]]).dropna(subset=["person_id"])
