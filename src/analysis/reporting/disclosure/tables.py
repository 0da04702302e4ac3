"""The frames that sections count people in, without cells that could be worked out."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.display.numbers import SMALLEST_CELL
from analysis.reporting.disclosure.cells import HIDDEN_N, LEAST_PLAY

BREAKDOWNS = ("share_age", "share_sex", "share_channel")


def protect_frames(frames: dict[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """Return the frames of a city stage, more of them hidden where hidden people could be worked out.

    Changed are representation, budgets and opinion_sizes (the levels of a breakdown add up to a number that
    is shown), conversations (those whom no group holds), inclusion and mobilisation (a share and its n give
    the people behind it), waiting (curves of fewer than five matters), and the pictures of networks with one
    to four people without a tie. Other frames are passed on as they are.
    """
    found = dict(frames)
    people = found["representation"]
    if len(people):
        found["representation"] = _levels(
            people, ["district_id", "group"], "participants", people["participants_known"],
            ["participants", "participants_known", "share_participants", "share_residents", "ratio",
             "conf_low", "conf_high"],
        )  # fmt: skip
    found["opinion_sizes"] = _opinion_sizes(found["opinion_sizes"], found["conversations"])
    found["conversations"] = _conversations(found["conversations"])
    found["budgets"] = _votes(found["budgets"])
    found["inclusion"] = _inclusion(found["inclusion"])
    found["mobilisation"] = _mobilisation(found["mobilisation"])
    if len(found["waiting"]):
        found["waiting"] = found["waiting"][found["waiting"]["matters"] >= SMALLEST_CELL]
    return found | _pictures(found)


def _levels(frame: pd.DataFrame, keys: list[str], count: str, total, blank: list[str]) -> pd.DataFrame:
    """Hide the smallest level shown while the hidden ones of the same breakdown have too little room.

    `total` is the number of people of the breakdown, known from any of its rows.
    """
    frame = frame.reset_index(drop=True)
    whole = (
        pd.Series(np.asarray(total, float)).groupby([frame[key] for key in keys], sort=False).transform("max")
    )
    counts, hidden = frame[count].astype(float).to_numpy().copy(), frame["hidden"].to_numpy(bool).copy()
    for at in frame.groupby(keys, sort=False).indices.values():
        if not hidden[at].any():
            continue
        while True:
            there = at[~hidden[at] & (np.nan_to_num(counts[at]) > 0)]
            left = whole.iloc[at[0]] - counts[there].sum()
            room = left - hidden[at].sum()
            if not len(there) or (room >= LEAST_PLAY and hidden[at].sum() > 1):
                break
            hidden[there[counts[there].argmin()]] = True
    frame.loc[hidden, blank] = np.nan
    return frame.assign(hidden=hidden)


def _opinion_sizes(sizes: pd.DataFrame, conversations: pd.DataFrame) -> pd.DataFrame:
    if not len(sizes):
        return sizes
    placed = sizes["district_id"].map(conversations.set_index("district_id")["placed"])
    sizes = sizes.astype({"people": "Float64"})
    found = _levels(sizes, ["district_id"], "people", placed.astype(float), ["people", "share"])
    return found.astype({"people": "Int64"})


def _conversations(conversations: pd.DataFrame) -> pd.DataFrame:
    """Hide how many voted where that would tell of one to four who could not be placed in a group."""
    if not len(conversations):
        return conversations
    few = conversations["unplaced"].between(1, SMALLEST_CELL - 1)
    few |= conversations["voters"].between(1, SMALLEST_CELL - 1)
    columns = ["voters", "votes", "votes_per_voter", "unplaced"]
    found = conversations.astype(dict.fromkeys(columns, float))
    found.loc[few, columns] = np.nan
    return found


def _votes(budgets: pd.DataFrame) -> pd.DataFrame:
    parts = budgets["measure"].isin(BREAKDOWNS) if len(budgets) else pd.Series(dtype=bool)
    if not parts.any():
        return budgets
    mine = budgets[parts].astype({"n": "Float64"})
    mine = mine.assign(_people=(mine["value"].astype(float) * mine["n"].astype(float)).round())
    keys = ["matter_id", "measure"]
    hidden = _levels(mine, keys, "_people", mine["n"].astype(float), ["value", "n", "conf_low", "conf_high"])
    rest = budgets[~parts]
    # a ratio to the register would give its share away
    secret = hidden.loc[hidden["hidden"], ["matter_id", "measure", "group"]]
    secret = set(
        zip(secret["matter_id"], secret["measure"].str.replace("share_", "representation_"), secret["group"],
            strict=True)
    )  # fmt: skip
    lost = np.array(
        [key in secret for key in zip(rest["matter_id"], rest["measure"], rest["group"], strict=True)]
    )
    rest = rest.assign(hidden=rest["hidden"].to_numpy(bool) | lost)
    rest.loc[lost, ["value", "n", "conf_low", "conf_high"]] = np.nan
    found = pd.concat([rest, hidden.drop(columns="_people").set_axis(mine.index)])
    return found.loc[budgets.index].astype({"n": "Int64"})


def _few_behind(share: pd.Series, n: pd.Series) -> pd.Series:
    """Whether one to four of `n` people have, or have not, what the share says."""
    share, n = share.astype(float), n.astype(float)
    people = (share * n).round()
    whole = share.between(0, 1)
    return whole & (people.between(1, SMALLEST_CELL - 1) | (n - people).between(1, SMALLEST_CELL - 1))


def _inclusion(inclusion: pd.DataFrame) -> pd.DataFrame:
    if not len(inclusion):
        return inclusion
    shares = inclusion["measure"].isin(["representation", "active", "tied", "mutual"])
    small = _few_behind(inclusion["value_group"], inclusion["n_group"])
    small |= _few_behind(inclusion["value_others"], inclusion["n_others"])
    small &= shares
    for column in ("n_group", "n_others"):
        small |= inclusion[column].between(1, SMALLEST_CELL - 1)
    values = ["value_group", "value_others", "ratio", "conf_low", "conf_high"]
    return _without(inclusion, small, values, ["n_group", "n_others"])


def _mobilisation(mobilisation: pd.DataFrame) -> pd.DataFrame:
    if not len(mobilisation):
        return mobilisation
    shares = mobilisation["indicator"].isin(["leaders_first", "recruited", "recruited_by_leaders"])
    small = shares & _few_behind(mobilisation["value"], mobilisation["n"])
    small |= mobilisation["n"].between(1, SMALLEST_CELL - 1)
    return _without(
        mobilisation, small, ["value", "null_mean", "null_low", "null_high", "z", "p_value"], ["n"]
    )


def _without(frame: pd.DataFrame, small: pd.Series, values: list[str], counts: list[str]) -> pd.DataFrame:
    frame = frame.astype(dict.fromkeys((*values, *counts), float))
    frame.loc[small, values] = np.nan
    frame.loc[small, counts] = HIDDEN_N
    return frame


def _pictures(frames: dict[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    names = ("nodes", "edges", "pictures")
    if not len(frames["pictures"]):
        return {}
    row = frames["pictures"]
    few = row["isolates"].between(1, SMALLEST_CELL - 1) | row["people"].between(1, SMALLEST_CELL - 1)
    gone = set(row.loc[few, "district_id"])
    return {n: frames[n][~frames[n]["district_id"].isin(gone)].reset_index(drop=True) for n in names}
