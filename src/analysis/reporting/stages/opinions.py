"""The stages of sections 5 and 6: the largest conversation of each district, and the votes on projects."""

from __future__ import annotations

import re

import pandas as pd

from analysis.processes.budgeting import budget_measures, budget_money
from analysis.processes.opinion_groups import opinion_groups
from analysis.processes.opinion_statements import consensus, divisive, representativeness
from analysis.processes.opinions import agreement, conversations
from analysis.reporting.stages.common import blank, district_of
from analysis.tables.periods import period_of
from analysis.tables.study import Study

TOP, SEED = 5, 0
PLAIN = re.compile(r"(?:[A-Za-z]{0,10}[-_.:]?\d{1,8}[-_.:]?){1,4}")  # an identifier that says nothing
EMPTY = {
    "conversations": "district_id community_id conversations statements voters votes votes_per_voter groups "
    "placed unplaced silhouette reason period",
    "opinion_sizes": "district_id group people share hidden",
    "statements": "district_id label side place n agreement conf_low conf_high strength strength_low "
    "strength_high group group_n group_agreement",
    "budgets": "district_id community_id matter_id place_id period measure group value n conf_low conf_high "
    "hidden",
    "budget_money": "district_id category projects selected asked awarded",
}


def opinion_frames(study: Study) -> dict[str, pd.DataFrame]:
    """Return conversations, opinion_sizes and statements of the conversation of a district with most voters.

    `statements` has one row per statement and opinion group, the statements that most unite the groups and
    those that most divide them; no row rests on fewer than five people.
    """
    found = {name: [] for name in ("conversations", "opinion_sizes", "statements")}
    options = study.options[study.options["kind"] == "statement"].drop_duplicates("option_id")
    if len(options) and study.has("votes"):
        lines = _largest(study, options)
        held = options[options["matter_id"].isin(lines["matter_id"])]
        home = held.set_index("option_id")["matter_id"]
        votes = study.votes[study.votes["option_id"].isin(home.index)]
        cast = dict(list(votes.groupby(votes["option_id"].map(home).astype("str"))))
        asked = dict(list(held.groupby(held["matter_id"].astype("str"))))
        for district, line in lines.groupby("district_id"):
            matter = line["matter_id"].iloc[0]
            for name, frame in _conversation(cast[matter], asked[matter], line.iloc[0]).items():
                found[name].append(frame.assign(district_id=district))
    return {
        name: pd.concat(parts, ignore_index=True)[EMPTY[name].split()] if parts else blank(EMPTY[name])
        for name, parts in found.items()
    }


def _largest(study: Study, options: pd.DataFrame) -> pd.DataFrame:
    """Return the conversation with most voters of every district, and how many conversations it has."""
    votes = study.votes[study.votes["option_id"].isin(options["option_id"])]
    table = conversations(votes, options)
    home = study.matters.drop_duplicates("matter_id").set_index("matter_id")["community_id"]
    table["community_id"] = table["matter_id"].map(home)
    table["district_id"] = district_of(study, table["community_id"])
    held = table[(table["voters"] > 0).fillna(False).to_numpy(bool)]
    table["conversations"] = table["district_id"].map(table["district_id"].value_counts())
    order = held.sort_values("voters", ascending=False, kind="stable").drop_duplicates("district_id").index
    chosen = table.loc[order].dropna(subset="district_id")
    first = study.steps.groupby("matter_id")["time"].min().reindex(chosen["matter_id"])
    return chosen.assign(period=period_of(first, study.period).to_numpy())


def _conversation(votes: pd.DataFrame, options: pd.DataFrame, line: pd.Series) -> dict[str, pd.DataFrame]:
    groups = opinion_groups(votes, options, seed=SEED)
    tried = groups.silhouettes.loc[groups.silhouettes["chosen"].astype(bool), "silhouette"]
    summary = line[
        ["community_id", "conversations", "options", "voters", "votes", "votes_per_voter", "period"]
    ]
    summary = summary.to_frame().T.rename(columns={"options": "statements"}).infer_objects()
    summary = summary.assign(
        groups=groups.count, placed=groups.placed, unplaced=groups.unplaced, reason=groups.reason,
        silhouette=tried.iloc[0] if len(tried) else float("nan"),
    )  # fmt: skip
    return {
        "conversations": summary,
        "opinion_sizes": groups.sizes,
        "statements": _statements(votes, options, groups),
    }


def _statements(votes: pd.DataFrame, options: pd.DataFrame, groups) -> pd.DataFrame:
    """Return the statements that unite or divide most, one row per group (or one without groups)."""
    if groups.count < 2:
        agreed = agreement(votes, options).dropna(subset="agreement").sort_values("agreement", kind="stable")
        ends = {"unites": agreed[::-1][:TOP], "divides": agreed[:0]}
        chosen = pd.concat(rows.assign(side=side) for side, rows in ends.items())
        chosen = chosen.assign(strength=float("nan"), strength_low=float("nan"), strength_high=float("nan"))
        stances = pd.DataFrame({"option_id": [], "group": [], "group_n": [], "group_agreement": []})
    else:
        unites = consensus(votes, groups, options).dropna(subset="consensus")
        divides = divisive(votes, groups, options).dropna(subset="division")
        unites = unites.rename(columns={"consensus": "strength"})[:TOP].assign(side="unites")
        divides = divides[~divides["option_id"].isin(unites["option_id"])]
        divides = divides.rename(
            columns={"division": "strength", "conf_low": "strength_low", "conf_high": "strength_high"}
        )[:TOP].assign(side="divides")
        columns = ["option_id", "side", "strength", "strength_low", "strength_high"]
        chosen = pd.concat([unites, divides]).reindex(columns=columns)
        everyone = agreement(votes, options)[["option_id", "n", "agreement", "conf_low", "conf_high"]]
        chosen = chosen.merge(everyone, on="option_id")
        stances = representativeness(votes, groups, options)
        stances = stances[(stances["vote"] == "agree") & ~stances["hidden"]].rename(
            columns={"n_group": "group_n", "p_group": "group_agreement"}
        )[["option_id", "group", "group_n", "group_agreement"]]
    numbers = {name: at for at, name in enumerate(options["option_id"], start=1)}
    chosen = chosen.assign(
        label=[_label(name, numbers[name]) for name in chosen["option_id"]],
        place=chosen.groupby("side").cumcount() + 1,
    )
    return chosen.merge(stances, on="option_id", how="left").drop(columns="option_id")


def _label(identifier: str, number: int) -> str:
    """Return the identifier of a statement if it can hold no words, else its number in the conversation."""
    return identifier if PLAIN.fullmatch(identifier) else f"#{number}"


def budget_frames(study: Study) -> dict[str, pd.DataFrame]:
    """Return budgets (as `budget_measures`) and budget_money (by kind of project), with district_id."""
    if not study.options["kind"].eq("project").any():
        return {name: blank(EMPTY[name]) for name in ("budgets", "budget_money")}
    table = budget_measures(study)
    home = study.matters.drop_duplicates("matter_id").set_index("matter_id")["community_id"]
    community = table["matter_id"].map(home)
    table = table.assign(community_id=community, district_id=district_of(study, community))
    money = budget_money(study, ("district_id", "category")).dropna(subset="district_id")
    return {
        "budgets": table[EMPTY["budgets"].split()].dropna(subset="district_id").reset_index(drop=True),
        "budget_money": money[EMPTY["budget_money"].split()].astype({"category": "str"}),
    }
