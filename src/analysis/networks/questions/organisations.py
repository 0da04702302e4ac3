"""Organisations: who acts with whom in matters, listings and gatherings, by kind of organisation."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pandas as pd

from analysis.errors import StudyError

MEMBERSHIP = ["actor_id", "actor_kind", "affiliation_id", "affiliation_kind", "community_id"]
FUND_STEPS = ("decided", "published", "reviewed")


def memberships(
    steps: pd.DataFrame | None = None,
    matters: pd.DataFrame | None = None,
    organisations: pd.DataFrame | None = None,
    listings: pd.DataFrame | None = None,
    people: pd.DataFrame | None = None,
    interactions: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Return who took part in what: the affiliation network of organisations and of people with a role.

    Parameters
    ----------
    steps, matters : DataFrame, optional
        A matter's steps taken by an organisation or person (steps.actor_id) make it their affiliation.
    organisations, people : DataFrame, optional
        Give the kind of organisation and the role of people; actors in neither table are left out.
    listings : DataFrame, optional
        Two listings matched with each other are one affiliation of their providers.
    interactions : DataFrame, optional
        Gatherings are affiliations of the people with a role other than resident, and of organisations.

    Returns
    -------
    DataFrame
        actor_id, actor_kind (an organisation's kind or a person's role), affiliation_id, affiliation_kind (a
        process, "listing" or the kind of gathering), community_id; one row per actor and affiliation. A
        bipartite edge list for work inside a study: it names actors and is not to be shown.
    """
    kinds = _kinds(organisations, people)
    pieces = []
    if steps is not None and matters is not None and len(steps):
        rows = steps[["matter_id", "actor_id"]].merge(matters[["matter_id", "process", "community_id"]])
        pieces.append(
            rows.set_axis(["affiliation_id", "actor_id", "affiliation_kind", "community_id"], axis=1)
        )
    if listings is not None and len(listings):
        rows = listings[listings["matched_id"].notna() & listings["provider_id"].notna()]
        pair = np.minimum(rows["listing_id"].to_numpy(object), rows["matched_id"].to_numpy(object))
        pieces.append(
            pd.DataFrame({"affiliation_id": pair, "actor_id": rows["provider_id"],
                          "affiliation_kind": "listing", "community_id": rows["community_id"]})
        )  # fmt: skip
    if interactions is not None and len(interactions):
        rows = interactions[interactions["gathering_id"].notna()]
        if "status" in rows.columns:
            rows = rows[rows["status"].isna() | (rows["status"] == "done")]
        rows = rows[rows["source_id"].isin(kinds.index[kinds != "resident"])]
        rows = rows[["gathering_id", "source_id", "kind", "community_id"]]
        pieces.append(
            rows.set_axis(["affiliation_id", "actor_id", "affiliation_kind", "community_id"], axis=1)
        )
    if not pieces:
        return pd.DataFrame({name: pd.Series(dtype="str") for name in MEMBERSHIP})
    table = pd.concat(pieces, ignore_index=True)
    table["actor_kind"] = table["actor_id"].map(kinds)
    table = table.dropna(subset=["actor_kind", "affiliation_id"])
    return table.drop_duplicates(["actor_id", "affiliation_kind", "affiliation_id"])[MEMBERSHIP].reset_index(
        drop=True
    )


def _kinds(organisations: pd.DataFrame | None, people: pd.DataFrame | None) -> pd.Series:
    parts = [pd.Series(dtype="str")]
    if organisations is not None:
        parts.append(organisations.set_index("org_id")["kind"])
    if people is not None:
        parts.append(people.set_index("person_id")["role"])
    kinds = pd.concat(parts).dropna()
    return kinds[~kinds.index.duplicated()]


def alliances(table: pd.DataFrame, *, affiliation_kinds: list[str] | None = None) -> pd.DataFrame:
    """Project memberships: which actors act together, and how often.

    Parameters
    ----------
    table : DataFrame
        Of `memberships`.
    affiliation_kinds : list of str, optional
        Which affiliations; all by default.

    Returns
    -------
    DataFrame
        actor_id, other_id, actor_kind, other_kind, shared (affiliations both took part in), weight (sum of
        1 / (actors - 1) over them: Newman 2001). Each pair once.
    """
    if affiliation_kinds is not None:
        table = table[table["affiliation_kind"].isin(affiliation_kinds)]
    rows = []
    for _, group in table.groupby(["affiliation_kind", "affiliation_id"], sort=True):
        actors = sorted(set(group["actor_id"]), key=str)
        rows.extend((a, b, 1 / (len(actors) - 1)) for a, b in combinations(actors, 2))
    pairs = pd.DataFrame(rows, columns=["actor_id", "other_id", "weight"])
    pairs = pairs.groupby(["actor_id", "other_id"], as_index=False)["weight"].agg(["size", "sum"])
    pairs = pairs.rename(columns={"size": "shared", "sum": "weight"})
    kinds = table.drop_duplicates("actor_id").set_index("actor_id")["actor_kind"]
    pairs.insert(2, "actor_kind", pairs["actor_id"].map(kinds))
    pairs.insert(3, "other_kind", pairs["other_id"].map(kinds))
    return pairs


def describe_kinds(table: pd.DataFrame, *, affiliation_kinds: list[str] | None = None) -> pd.DataFrame:
    """Describe the place of each kind of organisation (or role) in the network of those who act together.

    Parameters
    ----------
    table : DataFrame
        Of `memberships`.
    affiliation_kinds : list of str, optional

    Returns
    -------
    DataFrame
        kind, n (actors), affiliations (per actor), partners (mean number of actors acted with),
        partner_kinds (mean number of their kinds), outside (share of an actor's partners of another kind,
        mean over those with any), brokerage (mean share of pairs of an actor's partners that don't act
        together: 1 - local clustering, over those with two or more), bridging_share (share of actors whose
        affiliations lie in two communities or more). By kind, never by actor; show no kind with n under 5.

    Notes
    -----
    Brokerage between partners: Burt 1992; it is low by construction where many act in one affiliation.
    """
    if affiliation_kinds is not None:
        table = table[table["affiliation_kind"].isin(affiliation_kinds)]
    pairs = alliances(table)
    kinds = table.drop_duplicates("actor_id").set_index("actor_id")["actor_kind"]
    near: dict[object, set] = {actor: set() for actor in kinds.index}
    for one, other in zip(pairs["actor_id"], pairs["other_id"], strict=True):
        near[one].add(other)
        near[other].add(one)
    frame = pd.DataFrame({"kind": kinds})
    frame["affiliations"] = table.groupby("actor_id").size()
    frame["partners"] = [len(near[actor]) for actor in frame.index]
    frame["partner_kinds"] = [len({kinds[other] for other in near[actor]}) for actor in frame.index]
    frame["outside"] = [
        np.mean([kinds[other] != kinds[actor] for other in near[actor]]) if near[actor] else np.nan
        for actor in frame.index
    ]
    frame["brokerage"] = [_open_pairs(near, actor) for actor in frame.index]
    reach = table.groupby("actor_id")["community_id"].nunique()
    frame["bridging_share"] = (reach >= 2).astype(float)
    means = frame.groupby("kind").mean()
    means.insert(0, "n", frame.groupby("kind").size())
    return means.reset_index()


def _open_pairs(near: dict[object, set], actor: object) -> float:
    around = near[actor]
    if len(around) < 2:
        return np.nan
    closed = sum(len(near[other] & around) for other in around)
    return 1 - closed / (len(around) * (len(around) - 1))


def kind_mixing(table: pd.DataFrame) -> pd.DataFrame:
    """Count affiliations shared between kinds: the three-party network of community, organisation and worker.

    Returns
    -------
    DataFrame
        kind, other_kind (in alphabetical order), affiliations (in which both kinds, or two of one kind, take
        part), pairs (different pairs of actors who share one).
    """
    pairs = alliances(table)
    low, high = (
        np.sort(pairs[["actor_kind", "other_kind"]].astype(object).to_numpy(), axis=1)[:, i] for i in (0, 1)
    )
    count = pairs.assign(kind=low, other_kind=high).groupby(["kind", "other_kind"]).size()
    rows: dict[tuple[str, str], int] = {}
    for _, group in table.groupby(["affiliation_kind", "affiliation_id"]):
        size = group["actor_kind"].value_counts()
        found = {*combinations(sorted(size.index), 2), *((kind, kind) for kind in size.index[size > 1])}
        for pair in found:
            rows[pair] = rows.get(pair, 0) + 1
    result = pd.Series(rows, dtype="int64").rename_axis(["kind", "other_kind"]) if rows else count
    return pd.DataFrame({"affiliations": result, "pairs": count}).reset_index()


def double_report(
    interactions: pd.DataFrame, people: pd.DataFrame, *, roles: tuple[str, ...] = ("cadre", "party_member")
) -> pd.DataFrame:
    """Measure double report-in: whether members with a post serve at home and where they are posted.

    Returns
    -------
    DataFrame
        role, n (people of the role), at_home, elsewhere, both (shares acting in the community they live in,
        in another one, in both), monthly (mean share of months, from their first act at home to the log's
        end, with an act at home, of those with any). Show no role with n under 5.
    """
    done = interactions
    if "status" in done.columns:
        done = done[done["status"].isna() | (done["status"] == "done")]
    chosen = people[people["role"].isin(roles)]
    homes = chosen[["person_id", "community_id"]].rename(columns={"community_id": "community_id_home"})
    acts = done.merge(homes, left_on="source_id", right_on="person_id")
    home = acts[acts["community_id"] == acts["community_id_home"]]
    away = set(acts.loc[acts["community_id"] != acts["community_id_home"], "person_id"])
    month = home["time"].dt.year * 12 + home["time"].dt.month
    last = (done["time"].dt.year * 12 + done["time"].dt.month).max()
    served = month.groupby(home["person_id"]).agg(["min", "nunique"])
    share = served["nunique"] / (last - served["min"] + 1)
    frame = chosen.set_index("person_id")[["role"]].copy()
    frame["at_home"], frame["elsewhere"] = frame.index.isin(served.index), frame.index.isin(away)
    frame["both"] = frame["at_home"] & frame["elsewhere"]
    frame["monthly"] = share
    columns = ["at_home", "elsewhere", "both", "monthly"]
    means = frame.assign(**{c: frame[c].astype(float) for c in columns}).groupby("role")[columns].mean()
    means.insert(0, "n", frame.groupby("role").size())
    return means.reset_index()


def fund_oversight(
    steps: pd.DataFrame, matters: pd.DataFrame, organisations: pd.DataFrame, *, level: str = "community_id"
) -> pd.DataFrame:
    """Measure who oversees community funds: whether those who spend are others than those who check.

    Parameters
    ----------
    steps, matters, organisations : DataFrame
        The tables of a study; matters of process "fund" are used.
    level : str
        Column of the matters by which projects are put together: "community_id", "process" for all of them.

    Returns
    -------
    DataFrame
        The column `level`, n (projects with money spent), reviewed, published (shares with that step),
        independent (share of the reviewed whose reviewer did not spend), overseers (mean number of different
        actors who decided, published or reviewed), kinds (mean number of kinds of organisation taking part).
        Show no row with n under 5.

    Raises
    ------
    StudyError
        If there is no fund in the matters.
    """
    funds = matters[matters["process"] == "fund"]
    if not len(funds):
        raise StudyError(
            "There are no funds to oversee.",
            where="matters.process",
            expected="process fund",
            mend="Add matters of the process fund, with their steps.",
        )
    kinds = organisations.set_index("org_id")["kind"]
    taken = steps.merge(funds[["matter_id", level]])
    rows = []
    for (place, _), group in taken.groupby([level, "matter_id"]):
        actors = {step: set(rows_["actor_id"].dropna()) for step, rows_ in group.groupby("step")}
        if "spent" not in actors:
            continue
        review, spent = actors.get("reviewed"), actors["spent"]
        everyone = set().union(*actors.values())
        rows.append(
            {level: place, "reviewed": review is not None, "published": "published" in actors,
             "independent": np.nan if not review else float(not (review & spent)),
             "overseers": len(set().union(*(actors.get(step, set()) for step in FUND_STEPS))),
             "kinds": kinds.reindex(list(everyone)).nunique()}
        )  # fmt: skip
    columns = ["reviewed", "published", "independent", "overseers", "kinds"]
    if not rows:
        return pd.DataFrame(columns=[level, "n", *columns])
    frame = pd.DataFrame(rows).astype(dict.fromkeys(columns, float))
    means = frame.groupby(level)[columns].mean()
    means.insert(0, "n", frame.groupby(level).size())
    return means.reset_index()
