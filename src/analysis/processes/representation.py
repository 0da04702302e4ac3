"""Who takes part in a process: the share of a group among participants against its share of the residents."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.errors import AnalysisError, StudyError
from analysis.processes.participation import participations
from analysis.processes.proportions import LEAST_PEOPLE, wilson
from analysis.tables.periods import ALL
from analysis.tables.places import LEVELS_UP
from analysis.tables.values import AGE_BANDS, OLD_AGE_BANDS, PROCESSES, RESIDENCIES, ROLES, SEXES

OLD, YOUNGER = "60 or over", "under 60"
GROUPS = {
    "residency": ("residency", {name: name for name in RESIDENCIES}),
    "age": ("age_band", {band: OLD if band in OLD_AGE_BANDS else YOUNGER for band in AGE_BANDS}),
    "sex": ("sex", {name: name for name in SEXES}),
    "role": ("role", {name: name for name in ROLES}),
}
STATED = {"residency": ("non_registered", "registered", "share_nonregistered"),
          "age": (OLD, YOUNGER, "share_elderly")}  # fmt: skip
COLUMNS = ("place_id", "group", "level", "base", "participants", "participants_known", "share_participants",
           "share_residents", "ratio", "conf_low", "conf_high", "hidden")  # fmt: skip


def representation(
    study,
    group: str = "residency",
    *,
    process: str = "consultation",
    base: str = "people",
    conf: float = 0.95,
) -> pd.DataFrame:
    """Return how a group is represented among those who take part in a process, by place and over all.

    Parameters
    ----------
    study : Study
        Its people with the group's column, matters, and steps or interactions.
    group : {"residency", "age", "sex", "role"}
        Registered and not; 60 or over and under; female, male, other; roles.
    process : {"consultation", "request", "contract", "fund", "budgeting", "aid"}
        Participants act in a step of one of its matters or in the gathering of one (and for consultation in
        an interaction of that kind). They count in the place the matter or act belongs to.
    base : {"people", "places"}
        Who the residents are: the rows of the people table, or, for residency and age, the population and
        shares that places state.
    conf : float
        Level of the intervals, between 0 and 1.

    Returns
    -------
    DataFrame
        place_id : a community, street or district, or "all"; group, level, base.
        participants : distinct people of the level who took part; participants_known : of any level. People
            who are not in the people table or state nothing are not counted.
        share_participants, share_residents : 0-1.
        ratio, conf_low, conf_high : share of participants / share of residents, 1 if they are alike. NaN if
            there are no participants or no residents of the level.
        hidden : the row's numbers are withheld: one to four participants, or, so that these cannot be worked
            out from the others, the next smallest level of the place, or of the place's siblings.

        ``attrs`` holds unknown, how many participants could not be placed in the group, and conf.

    Raises
    ------
    AnalysisError
        If an argument is not allowed.
    StudyError
        If nobody's group is known, or `base` is "places" and no community states its share.

    Notes
    -----
    The residents are counted, not sampled: the interval is Wilson's (1927) for the participants' share, over
    the residents' share. It takes people to have come independently of each other; where they come in
    families or clubs it is too narrow. A platform's people table holds its users: against it, the ratio says
    who among the users takes part.
    """
    _check(group, process, base, conf)
    column, levels = GROUPS[group]
    people = study.people.assign(level=study.people[column].map(levels))
    if not people["level"].notna().any():
        raise StudyError(
            "Nobody's group is known.", where=f"people.{column}", expected=", ".join(dict.fromkeys(levels)),
            mend="Fill in the column, or ask for another group.",
        )  # fmt: skip
    names = list(dict.fromkeys(levels.values()))
    acts = participations(study, process).drop_duplicates(["person_id", "community_id"])
    acts = acts.merge(people[["person_id", "level"]], on="person_id", how="left")
    took_part = _by_place(study, acts, names, distinct="person_id")
    residents = _by_place(study, people, names) if base == "people" else _stated(study, group, names)
    found = _ratios(took_part, residents, conf)
    found = found.assign(hidden=_hidden(study, took_part, names))
    found.loc[found["hidden"], list(COLUMNS[4:-1])] = np.nan
    found = found.assign(group=group, base=base)[list(COLUMNS)].reset_index(drop=True)
    unknown = acts.loc[acts["level"].isna(), "person_id"].nunique()
    found.attrs = {"unknown": int(unknown), "conf": conf, "process": process}
    return found


def _check(group: str, process: str, base: str, conf: float) -> None:
    allowed = {"group": (group, tuple(GROUPS)), "process": (process, PROCESSES),
               "base": (base, ("people", "places") if group in STATED else ("people",))}  # fmt: skip
    for name, (value, known) in allowed.items():
        if value not in known:
            raise AnalysisError(
                f"This {name} is not known.", where=f"representation({name}=...)", value=value,
                expected="one of " + ", ".join(known), mend="Use one of these.",
            )  # fmt: skip
    if not 0 < conf < 1:
        raise AnalysisError(
            "The level of the intervals is no share.", where="representation(conf=...)", value=conf,
            expected="between 0 and 1", mend="Give 0.95, for example.",
        )  # fmt: skip


def _places(study) -> pd.DataFrame:
    """Return community_id, place_id: every community with itself, its street, its district and "all"."""
    table = study.tree.levels()
    pairs = [
        pd.DataFrame({"community_id": table["community_id"], "place_id": table[f"{kind}_id"]})
        for kind in LEVELS_UP
    ]
    pairs.append(pairs[0].assign(place_id=ALL))
    return pd.concat(pairs).dropna()


def _by_place(study, rows: pd.DataFrame, names: list[str], distinct: str | None = None) -> pd.DataFrame:
    """Return counts of rows (or of `distinct` values) per place and level, every place and level there."""
    held = rows[["community_id", "level", *([distinct] if distinct else [])]].merge(
        _places(study), on="community_id"
    )
    if distinct:
        held = held.drop_duplicates(["place_id", distinct])
    counts = pd.crosstab(held["place_id"], held["level"])
    places = _places(study)["place_id"].drop_duplicates()
    return counts.reindex(index=places, columns=names, fill_value=0).astype(float)


def _stated(study, group: str, names: list[str]) -> pd.DataFrame:
    """Return residents per place and level from what communities state; NaN where one of them does not."""
    focus, others, column = STATED[group]
    table = study.tree.table[study.tree.table["kind"] == "community"]
    population = table["population"].to_numpy("float64", na_value=np.nan)
    share = table[column].to_numpy("float64")
    if np.isnan(population * share).all():
        raise StudyError(
            "No community states its population and its share of the group.", where=f"places.{column}",
            expected="population and a share from 0 to 1", mend='Fill them in, or use base="people".',
        )  # fmt: skip
    own = pd.DataFrame({focus: population * share, others: population * (1 - share)}, index=table["place_id"])
    held = _places(study).merge(own, left_on="community_id", right_index=True)
    return held.groupby("place_id", sort=False)[names].agg(lambda values: values.sum(skipna=False))


def _ratios(took_part: pd.DataFrame, residents: pd.DataFrame, conf: float) -> pd.DataFrame:
    """Return one row per place and level with shares, ratio and interval."""
    living = residents.reindex(took_part.index)
    share = living.div(living.sum(axis=1, skipna=False), axis=0)
    places, levels = took_part.index, list(took_part.columns)
    rows = pd.DataFrame(
        {
            "place_id": np.repeat(places, len(levels)), "level": np.tile(levels, len(places)),
            "participants": took_part.to_numpy().ravel(),
        }
    )  # fmt: skip
    rows["participants_known"] = np.repeat(took_part.sum(axis=1).to_numpy(), took_part.shape[1])
    rows["share_residents"] = share.to_numpy().ravel()
    low, high = wilson(rows["participants"].to_numpy(), rows["participants_known"].to_numpy(), level=conf)
    some = rows["participants_known"].where(rows["participants_known"] > 0)
    rows["share_participants"] = rows["participants"] / some
    over = rows["share_residents"].where(rows["share_residents"] > 0)
    return rows.assign(ratio=rows["share_participants"] / over, conf_low=low / over, conf_high=high / over)


def _hidden(study, took_part: pd.DataFrame, names: list[str]) -> np.ndarray:
    """Return which cells are withheld, row by row: small ones and those that would give them away.

    A small cell could be worked out from its place's total and from its level in the place above; so in
    every place, and among the places of one parent, a lone withheld cell takes the next smallest along.
    """
    counts = took_part.to_numpy()
    hidden = (counts > 0) & (counts < LEAST_PEOPLE)
    table = study.tree.table
    at = pd.Index(took_part.index)
    families = [np.flatnonzero(at.isin(table.index[table["kind"] == LEVELS_UP[-1]]))]
    for kind, above in (("street", "district_id"), ("community", "street_id"), ("community", "district_id")):
        mine = table[table["kind"] == kind]
        families += [at.get_indexer(rows["place_id"]) for _, rows in mine.groupby(above)]
    for _ in range(counts.size):
        before = hidden.sum()
        for row in range(len(counts)):
            _second(hidden[row], counts[row])
        for rows in families:
            for column in range(counts.shape[1]):
                one = hidden[rows, column]
                _second(one, counts[rows, column])
                hidden[rows, column] = one
        if hidden.sum() == before:
            break
    return hidden.ravel()


def _second(hidden: np.ndarray, counts: np.ndarray) -> None:
    """Hide the smallest cell that is not 0 beside a lone hidden one, in place."""
    if hidden.sum() == 1:
        others = np.where(hidden | (counts == 0), np.inf, counts)
        if np.isfinite(others).any():
            hidden[others.argmin()] = True
