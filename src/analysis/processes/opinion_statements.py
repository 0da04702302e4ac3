"""Statements held against opinion groups: those that unite, those that divide, those that stand for one."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.processes.opinion_groups import OpinionGroups
from analysis.processes.opinions import last_votes
from analysis.processes.proportions import LEAST_PEOPLE, difference, ratio

ONE_SIDED_90 = 1.2816  # normal quantile above which Polis takes a statement as representative
NO_GROUPS, NO_VOTES, FEW_VOTES = "no groups", "no votes", "fewer than 5 voters in a group"
SIGNS = {"agree": 1, "disagree": -1}


def consensus(
    votes: pd.DataFrame, groups: OpinionGroups, options: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Return how far each statement unites the opinion groups, the most uniting first.

    Parameters
    ----------
    votes : DataFrame
        As given to `opinion_groups`.
    groups : OpinionGroups
    options : DataFrame, optional
        As `Study.options`; those nobody voted on stand in the table too.

    Returns
    -------
    DataFrame
        option_id, n (people in groups who voted on it), consensus, disagreement, hidden, reason. consensus
        is the product over groups of (agree + 1) / (voted + 2), from 0 to 1: high only where every group is
        likely to agree; disagreement the same of disagreeing. It falls with the number of groups: compare it
        within a conversation only. NaN, with the `reason`, where there are no groups, or fewer than 5 people
        of a group voted; then `n` is missing too if it is 1 to 4.

    Source: group-informed consensus, Small et al. (2021), Polis: Scaling Deliberation by Mapping High
    Dimensional Opinion Spaces.
    """
    ids, seen, counts = _counts(votes, groups, options)
    table, reason = _table(ids, seen, groups)
    for name, sign in (("consensus", "agree"), ("disagreement", "disagree")):
        table[name] = np.where(reason == "", ((counts[sign] + 1) / (seen + 2)).prod(axis=0), np.nan)
    return _ended(table, reason, "consensus")


def divisive(
    votes: pd.DataFrame, groups: OpinionGroups, options: pd.DataFrame | None = None, *, level: float = 0.95
) -> pd.DataFrame:
    """Return how far each statement divides the opinion groups, the most dividing first.

    Parameters
    ----------
    votes, groups, options
        As `consensus`.
    level : float
        Coverage of the interval, 0 to 1.

    Returns
    -------
    DataFrame
        option_id, n, division, conf_low, conf_high, highest, lowest, hidden, reason. division is the
        difference in the share who agree, (agree + 1) / (voted + 2), between the group where it is highest
        and the one where it is lowest, which are named; the interval is that of Agresti and Caffo (2000).
        With more than two groups it is that of a pair chosen for its distance, and too narrow; it also
        takes the groups as given, though they were made from the same votes. NaN as in `consensus`.
    """
    ids, seen, counts = _counts(votes, groups, options)
    table, reason = _table(ids, seen, groups)
    names = ("division", "conf_low", "conf_high")
    if groups.count < 2:
        table[[*names, "highest", "lowest"]] = np.nan
        return _ended(table, reason, "division")
    share, at = (counts["agree"] + 1) / (seen + 2), np.arange(len(ids))
    high, low = share.argmax(axis=0), share.argmin(axis=0)
    agree = counts["agree"]
    found = difference(agree[high, at], seen[high, at], agree[low, at], seen[low, at], level=level)
    for name, value in zip(names, found, strict=True):
        table[name] = np.where(reason == "", value, np.nan)
    for name, group in (("highest", high), ("lowest", low)):
        table[name] = pd.Series(group + 1, dtype="Int64").mask(reason != "")
    return _ended(table, reason, "division")


def representativeness(
    votes: pd.DataFrame, groups: OpinionGroups, options: pd.DataFrame | None = None, *, level: float = 0.95
) -> pd.DataFrame:
    """Return how far each vote on each statement stands for a group against all other groups.

    Parameters
    ----------
    votes, groups, options
        As `consensus`.
    level : float
        Coverage of the interval, 0 to 1.

    Returns
    -------
    DataFrame
        group, option_id, vote ("agree" or "disagree"), n_group, n_rest (people who voted on it in the group
        and in the other groups), p_group, p_rest (share who cast this vote, (k + 1) / (n + 2)),
        representativeness (their ratio), conf_low, conf_high (of the log of the ratio), statistic (z of the
        two shares, with one added to every count as Polis does), representative (statistic and the z of
        p_group against one half are both above 1.2816, as Polis has it), hidden. With 1 to 4 voters in the
        group or in the rest all figures are missing and `hidden` true; with none they are missing. No
        groups: no rows.

    Notes
    -----
    The groups were made from the same votes, so the statistic overstates what new voters would show: it
    orders statements, it does not test a hypothesis stated beforehand.

    Source: Small et al. (2021); compdemocracy.org/representative-comments.
    """
    ids, seen, counts = _counts(votes, groups, options)
    parts = []
    for g in range(groups.count):
        for vote, count in counts.items():
            k, n = count[g], seen[g]
            rest, others = count.sum(axis=0) - k, seen.sum(axis=0) - n
            found, low, high = ratio(k, n, rest, others, level=level)
            statistic = _two_shares(k, n, rest, others)
            majority = 2 * np.sqrt(n + 1) * ((k + 1) / (n + 1) - 0.5)
            parts.append(pd.DataFrame({
                "group": g + 1, "option_id": ids, "vote": vote, "n_group": n, "n_rest": others,
                "p_group": (k + 1) / (n + 2), "p_rest": (rest + 1) / (others + 2),
                "representativeness": found, "conf_low": low, "conf_high": high, "statistic": statistic,
                "representative": (statistic > ONE_SIDED_90) & (majority > ONE_SIDED_90),
            }))  # fmt: skip
    if not parts:
        names = ("group", "option_id", "vote", "n_group", "n_rest", "p_group", "p_rest", "representativeness",
                 "conf_low", "conf_high", "statistic", "representative", "hidden")  # fmt: skip
        return pd.DataFrame({name: [] for name in names})
    return _masked(pd.concat(parts, ignore_index=True))


def _masked(table: pd.DataFrame) -> pd.DataFrame:
    smallest = table[["n_group", "n_rest"]].min(axis=1)
    hidden = table[["n_group", "n_rest"]].apply(lambda n: n.between(1, LEAST_PEOPLE - 1)).any(axis=1)
    figures = ["p_group", "p_rest", "representativeness", "conf_low", "conf_high", "statistic"]
    table[figures] = table[figures].mask(hidden | (smallest == 0))
    table["representative"] &= ~hidden & (smallest > 0)
    numbers = ["n_group", "n_rest"]
    table[numbers] = table[numbers].astype("Int64").mask(hidden)
    return table.assign(hidden=hidden)


def _counts(
    votes: pd.DataFrame, groups: OpinionGroups, options: pd.DataFrame | None
) -> tuple[np.ndarray, np.ndarray, dict[str, np.ndarray]]:
    """Return the options, and by group and option how many voted, agreed and disagreed."""
    last = last_votes(votes, options)
    ids = (options if options is not None else last)["option_id"].drop_duplicates().to_numpy()
    group = groups.of(last["person_id"])
    last, group = last[group.notna()], group.dropna().to_numpy(int) - 1
    cell = group * len(ids) + pd.Index(ids).get_indexer(last["option_id"])
    sign, shape = np.sign(last["vote"].to_numpy()), (groups.count, len(ids))
    count = lambda chosen: np.bincount(cell[chosen], minlength=shape[0] * shape[1]).reshape(shape)  # noqa: E731
    return ids, count(slice(None)), {vote: count(sign == s) for vote, s in SIGNS.items()}


def _table(ids: np.ndarray, seen: np.ndarray, groups: OpinionGroups) -> tuple[pd.DataFrame, np.ndarray]:
    """Return option_id and n, and why a statement has no figure."""
    n = seen.sum(axis=0) if groups.count else np.zeros(len(ids), int)
    least = seen.min(axis=0) if groups.count else n
    few = np.where(n == 0, NO_VOTES, np.where(least < LEAST_PEOPLE, FEW_VOTES, ""))
    reason = few if groups.count else np.full(len(ids), NO_GROUPS)
    shown = pd.Series(n, dtype="Int64").mask((n > 0) & (n < LEAST_PEOPLE))
    return pd.DataFrame({"option_id": ids, "n": shown}), reason


def _ended(table: pd.DataFrame, reason: np.ndarray, by: str) -> pd.DataFrame:
    table = table.assign(hidden=reason == FEW_VOTES, reason=pd.array(reason, dtype="str"))
    return table.sort_values(by, ascending=False, kind="stable", na_position="last", ignore_index=True)


def _two_shares(k1: np.ndarray, n1: np.ndarray, k2: np.ndarray, n2: np.ndarray) -> np.ndarray:
    """Return the z statistic of two shares with one added to every count; 0 where nothing varies."""
    k1, n1, k2, n2 = (np.asarray(x, float) + 1 for x in (k1, n1, k2, n2))
    pooled = (k1 + k2) / (n1 + n2)
    spread = np.sqrt(np.maximum(pooled * (1 - pooled), 0) * (1 / n1 + 1 / n2))
    return np.divide(k1 / n1 - k2 / n2, spread, out=np.zeros_like(spread), where=spread > 0)
