"""Opinion groups: people who vote alike, found from the votes alone."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from analysis.errors import AnalysisError
from analysis.processes.opinions import last_votes
from analysis.processes.proportions import shown

MIN_VOTES, MAX_GROUPS, STARTS, ROUNDS = 7, 5, 20, 50
MOST_COMPARED = 5_000  # people whose distances to all others make the silhouette
FLAT = 1e-12


@dataclass(frozen=True, repr=False)
class OpinionGroups:
    """The opinion groups of a conversation.

    Attributes
    ----------
    sizes : DataFrame
        group (1 is the largest), people, share of those placed, hidden: a group of 1 to 4 people has no
        figures, and where only one has none, the smallest of the others has none either.
    silhouettes : DataFrame
        groups (the numbers tried), silhouette (mean, -1 to 1), chosen.
    explained : float
        Share of the variance of the votes that the two axes hold.
    placed, unplaced : int
        People in a group, and people with too few votes to be placed.
    reason : str
        Why there are no groups; empty where there are.
    """

    sizes: pd.DataFrame
    silhouettes: pd.DataFrame
    explained: float
    placed: int
    unplaced: int
    reason: str = ""
    _label: pd.Series = field(default_factory=lambda: pd.Series(dtype="Int64"))

    @property
    def count(self) -> int:
        """Number of groups; 0 if there are none."""
        return len(self.sizes)

    def of(self, person_ids: pd.Series) -> pd.Series:
        """Return each person's group, missing where there is none: to compute with, never to be shown."""
        return person_ids.map(self._label).astype("Int64")

    def compare(self, other: pd.Series) -> dict[str, float]:
        """Return how far another grouping of the same people agrees.

        Parameters
        ----------
        other : Series
            Group by person_id; people without a group are missing.

        Returns
        -------
        dict
            people (in a group in both) and adjusted_rand (1 the same, 0 as good as chance).
        """
        both = pd.DataFrame({"ours": self._label, "theirs": other}).dropna()
        return {"people": len(both), "adjusted_rand": adjusted_rand(both["ours"], both["theirs"])}

    def __repr__(self) -> str:
        if self.reason:
            return f"<OpinionGroups: none, {self.reason}>"
        best = self.silhouettes.loc[self.silhouettes["chosen"], "silhouette"].iloc[0]
        return (
            f"<OpinionGroups: {self.count} groups of {self.placed:,} people, {self.unplaced:,} unplaced, "
            f"silhouette {best:.2f}>"
        )


def opinion_groups(
    votes: pd.DataFrame,
    options: pd.DataFrame | None = None,
    *,
    min_votes: int = MIN_VOTES,
    groups: int | None = None,
    max_groups: int = MAX_GROUPS,
    seed: int = 0,
) -> OpinionGroups:
    """Group people by how they voted, after Polis.

    Parameters
    ----------
    votes : DataFrame
        Of one conversation, as `Study.votes`; the last vote of each person on each option counts.
    options : DataFrame, optional
        As `Study.options`: statements whose `admitted` is false take no part in the grouping (but votes on
        them count towards `min_votes`), and votes on unknown ones are set aside.
    min_votes : int
        Votes a person needs to be placed, or all statements if there are fewer.
    groups : int, optional
        Number of groups; by default the number from 2 to `max_groups` with the highest mean silhouette.
    max_groups : int
    seed : int
        The same votes and seed give the same groups, whatever the order or names of rows and people.

    Returns
    -------
    OpinionGroups

    Raises
    ------
    AnalysisError
        As `last_votes`, or a number is out of range, or `options` are of several conversations.

    Notes
    -----
    Votes count as 1, 0 and -1. A vote not given is taken as the statement's mean, so that it does not move
    anyone; the first two principal components of the votes make a plane; a person's place in it is the
    projection of the votes given, times the root of statements / votes given, so that people with few
    votes are not all drawn to the middle. k-means (k-means++ starts, the best of 20) is run on the places.
    Polis first makes up to 100 base clusters, follows groups through time and fills up to 15 people by
    those with most votes: this does none of that. k-means finds groups in any cloud: a silhouette below
    about 0.25 says that there is little to divide people by. Above 5,000 people the silhouette is taken
    over a random 5,000 of them.

    Source: Small et al. (2021), Polis: Scaling Deliberation by Mapping High Dimensional Opinion Spaces.
    """
    _in_range(min_votes, groups, max_groups)
    _one_conversation(options)
    last = last_votes(votes, options)
    person, people = pd.factorize(last["person_id"])
    given = np.bincount(person, minlength=len(people))
    statements = last["option_id"].nunique() if options is None else len(options)
    placed = given >= max(min(min_votes, statements), 1)
    used = np.ones(len(last), bool)
    if options is not None and "admitted" in options:
        out = options.loc[options["admitted"].eq(False).fillna(False).astype(bool), "option_id"]
        used = ~last["option_id"].isin(out).to_numpy()
    option = pd.factorize(last["option_id"][used])[0]
    places, explained = _places(person[used], option, np.sign(last["vote"].to_numpy()[used]), len(people))
    if places is None or placed.sum() < 2:
        reason = "fewer than two people with enough votes" if placed.sum() < 2 else "all votes are alike"
        return _none(reason, int(placed.sum()), int((~placed).sum()))
    points = places[placed]
    order = np.lexsort(np.round(points, 9).T)  # the same whatever the order of the rows
    labels, tried = _cluster(points[order], groups, max_groups, np.random.default_rng(seed))
    if labels is None:
        return _none("too few different ways of voting", int(placed.sum()), int((~placed).sum()))
    group = np.empty(len(points), int)
    group[order] = labels
    return _result(pd.Index(people)[placed], group, tried, explained, int((~placed).sum()))


def adjusted_rand(one: pd.Series, other: pd.Series) -> float:
    """Return the adjusted Rand index of two groupings: 1 the same, 0 as good as chance.

    NaN with fewer than two members. Source: Hubert and Arabie (1985), Comparing partitions.
    """
    table = pd.crosstab(np.asarray(one), np.asarray(other)).to_numpy(float)
    pairs = lambda x: (x * (x - 1) / 2).sum()  # noqa: E731
    total, rows, columns = pairs(table.sum()), pairs(table.sum(axis=1)), pairs(table.sum(axis=0))
    if total == 0:
        return np.nan
    expected, most = rows * columns / total, (rows + columns) / 2
    return 1.0 if most == expected else float((pairs(table) - expected) / (most - expected))


def _places(
    person: np.ndarray, option: np.ndarray, vote: np.ndarray, people: int
) -> tuple[np.ndarray | None, float]:
    """Return each person's place in the plane of the first two components, and their share of variance."""
    from scipy.sparse import csr_array

    n = np.bincount(option)
    if not len(n):
        return None, np.nan
    mean = np.bincount(option, weights=vote) / n
    centred = csr_array((vote - mean[option], (person, option)), shape=(people, len(n)))
    variance, axes = np.linalg.eigh((centred.T @ centred).toarray())
    if variance[-1] < FLAT:
        return None, np.nan
    axes = axes[:, : -min(2, len(n)) - 1 : -1]
    axes = axes * np.sign(axes[np.abs(axes).argmax(axis=0), np.arange(axes.shape[1])])
    given = np.bincount(person, minlength=people)
    stretch = np.sqrt(len(n) / np.maximum(given, 1))
    return (centred @ axes) * stretch[:, None], float(variance[-axes.shape[1] :].sum() / variance.sum())


def _cluster(
    points: np.ndarray, groups: int | None, max_groups: int, rng: np.random.Generator
) -> tuple[np.ndarray | None, pd.DataFrame]:
    """Return the grouping with the highest silhouette, and the silhouette of every number tried."""
    different = len(np.unique(np.round(points, 9), axis=0))
    most = min(max_groups, 2 + len(points) // 12)
    found = {}
    for k in range(2, most + 1) if groups is None else [groups]:
        labels = _k_means(points, k, rng) if k <= min(different, len(points) - 1) else None
        if labels is not None:
            found[k] = labels
    if not found:
        return None, pd.DataFrame()
    sample = np.arange(len(points))
    if len(points) > MOST_COMPARED:
        sample = np.sort(rng.choice(len(points), MOST_COMPARED, replace=False))
    width = {k: silhouette(points, labels, sample) for k, labels in found.items()}
    best = max(width, key=lambda k: (width[k], -k))
    tried = pd.DataFrame({"groups": list(width), "silhouette": list(width.values())})
    return found[best], tried.assign(chosen=tried["groups"] == best)


def _k_means(points: np.ndarray, k: int, rng: np.random.Generator) -> np.ndarray | None:
    from scipy.cluster.vq import ClusterError, kmeans2, vq

    best, least = None, np.inf
    for _ in range(STARTS):
        try:
            centres, _ = kmeans2(points, k, iter=ROUNDS, minit="++", missing="raise", rng=rng)
        except ClusterError:  # a group ran empty: another start
            continue
        labels, distance = vq(points, centres)
        if (distance**2).sum() < least and len(np.unique(labels)) == k:
            best, least = labels, (distance**2).sum()
    return best


def silhouette(points: np.ndarray, labels: np.ndarray, sample: np.ndarray | None = None) -> float:
    """Return the mean silhouette (Rousseeuw 1987) of the points in `sample`, by default of all."""
    from scipy.spatial.distance import cdist

    sample = np.arange(len(points)) if sample is None else sample
    member = np.eye(labels.max() + 1)[labels]
    size = member.sum(axis=0)
    widths = []
    for rows in np.array_split(sample, len(sample) * len(points) // 10**7 + 1):
        sums = cdist(points[rows], points) @ member
        at, own = np.arange(len(rows)), labels[rows]
        alone = size[own] == 1
        inside = sums[at, own] / np.maximum(size[own] - 1, 1)
        others = sums / size
        others[at, own] = np.inf
        nearest = others.min(axis=1)
        widest = np.maximum(inside, nearest)
        width = np.divide(nearest - inside, widest, out=np.zeros(len(rows)), where=widest > 0)
        widths.append(np.where(alone, 0.0, width))
    return float(np.concatenate(widths).mean())


def _result(
    people: pd.Index, group: np.ndarray, tried: pd.DataFrame, explained: float, unplaced: int
) -> OpinionGroups:
    size = np.bincount(group)
    rank = np.empty(len(size), int)
    rank[np.argsort(-size, kind="stable")] = np.arange(1, len(size) + 1)
    size = -np.sort(-size)
    hidden = ~shown(size)
    sizes = pd.DataFrame(
        {
            "group": np.arange(1, len(size) + 1), "people": pd.Series(size, dtype="Int64").mask(hidden),
            "share": np.where(hidden, np.nan, size / size.sum()), "hidden": hidden,
        }
    )  # fmt: skip
    labels = pd.Series(rank[group], index=people, dtype="Int64")
    return OpinionGroups(sizes, tried, explained, len(people), unplaced, _label=labels)


def _none(reason: str, placed: int, unplaced: int) -> OpinionGroups:
    sizes = pd.DataFrame({"group": [], "people": [], "share": [], "hidden": []}).astype(
        {"group": int, "people": "Int64", "share": float, "hidden": bool}
    )
    tried = pd.DataFrame({"groups": [], "silhouette": [], "chosen": []}).astype(
        {"groups": int, "silhouette": float, "chosen": bool}
    )
    return OpinionGroups(sizes, tried, np.nan, 0, placed + unplaced, reason)


def _one_conversation(options: pd.DataFrame | None) -> None:
    matters = options["matter_id"].unique() if options is not None and "matter_id" in options else ()
    if len(matters) > 1:
        raise AnalysisError(
            "Opinion groups are of one conversation.", where="opinion_groups(options=...)",
            value=f"options of {len(matters):,} matters", expected="one matter_id",
            mend='Choose one: options[options["matter_id"] == "M00001"], and call once for each.',
        )  # fmt: skip


def _in_range(min_votes: int, groups: int | None, max_groups: int) -> None:
    for name, value, least in (
        ("min_votes", min_votes, 1),
        ("groups", groups, 2),
        ("max_groups", max_groups, 2),
    ):
        if value is not None and (isinstance(value, bool) or value != int(value) or value < least):
            raise AnalysisError(
                "People cannot be grouped like this.", where=f"opinion_groups({name}=...)", value=value,
                expected=f"a whole number of at least {least}", mend="Correct the number, or leave it out.",
            )  # fmt: skip
