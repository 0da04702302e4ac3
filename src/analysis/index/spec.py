"""What an index is made of: a tree of groups and indicators, and how each step is done."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from analysis.errors import AnalysisError

NORMALISATIONS = ("minmax", "zscore", "rank", "reference", "vector", "none")
OUTLIERS = ("none", "winsorise", "log", "boxcox")
MISSING = ("dimension_mean", "indicator_mean", "drop")
WEIGHTINGS = ("equal", "expert", "ahp", "entropy", "critic", "pca")
AGGREGATIONS = ("arithmetic", "geometric", "topsis")
TRANSFORMS = ("none", "log")
REFERENCES = ("best", "mean", "worst")


@dataclass(frozen=True)
class Indicator:
    """One column of the table.

    Attributes
    ----------
    column : str
    parent : str
        Name of the group it belongs to.
    direction : int
        1 if more is better, -1 if less is better.
    weight : float or None
        Within its group, for weighting "expert".
    transform : str
        "log" takes the natural logarithm first (values and goalposts above 0), "none" does not.
    goalposts : (low, high) or None
        Fixed bounds for "minmax", in units of the column; values beyond them count as the bound.
    reference : float or str
        For normalisation "reference": a value in units of the column, or "best", "mean" or "worst" place.
    """

    column: str
    parent: str
    direction: int = 1
    weight: float | None = None
    transform: str = "none"
    goalposts: tuple[float, float] | None = None
    reference: float | str = "best"

    @property
    def name(self) -> str:
        """The column's name."""
        return self.column


@dataclass(frozen=True)
class Group:
    """A dimension, or the whole index: how its members are weighted and put together.

    `comparisons` is the square matrix of pairwise comparisons of weighting "ahp", members in the order of
    `IndexSpec.members`; `max_consistency_ratio` the largest ratio at which it is accepted.
    """

    name: str
    parent: str | None = None
    weight: float | None = None
    weighting: str = "equal"
    aggregation: str = "arithmetic"
    comparisons: tuple[tuple[float, ...], ...] | None = None
    max_consistency_ratio: float = 0.1


@dataclass(frozen=True, repr=False)
class IndexSpec:
    """An index as a tree; checked on creation.

    Attributes
    ----------
    groups : tuple of Group
        The first is the index itself, without parent; the others its dimensions.
    indicators : tuple of Indicator
    normalisation : str
        "minmax", "zscore", "rank" (1: worst), "reference", "vector" (over the root of the sum of squares)
        or "none" (direction alone).
    span : (low, high)
        What "minmax" maps the worst and the best to.
    outliers : str
        "none"; or for indicators with absolute skewness above 2 and excess kurtosis above 3.5: "winsorise",
        "log", "boxcox".
    missing : str
        "dimension_mean" puts the mean of the place's other normalised indicators of the dimension,
        "indicator_mean" the mean of the other places, "drop" leaves out indicators that some place lacks.
    max_missing : float
        Share of the indicators that a place may lack; a place that lacks more gets no score.

    Raises
    ------
    AnalysisError
        If the tree is no tree, weights do not fit, or a method is not known.
    """

    groups: tuple[Group, ...]
    indicators: tuple[Indicator, ...]
    normalisation: str = "minmax"
    span: tuple[float, float] = (0.0, 1.0)
    outliers: str = "none"
    missing: str = "dimension_mean"
    max_missing: float = 0.34

    def __repr__(self) -> str:
        return (
            f"<IndexSpec {self.name!r}: {len(self.indicators)} indicators in {len(self.dimensions)} "
            f"dimensions, {self.normalisation}>"
        )

    def __post_init__(self) -> None:
        from analysis.index.rules import check_spec

        check_spec(self)

    @property
    def name(self) -> str:
        """The index's name."""
        return self.groups[0].name

    @property
    def columns(self) -> list[str]:
        """The columns used, in order."""
        return [indicator.column for indicator in self.indicators]

    @property
    def dimensions(self) -> list[str]:
        """The groups below the index, in order."""
        return [group.name for group in self.groups[1:]]

    def members(self, group: str) -> list[Group | Indicator]:
        """Return the groups, then the indicators whose parent is `group`, as they are declared."""
        return [member for member in (*self.groups, *self.indicators) if member.parent == group]

    def bottom_up(self) -> list[Group]:
        """Return the groups so that each comes after the groups below it."""
        order, waiting = [], [self.groups[0]]
        while waiting:
            group = waiting.pop()
            order.append(group)
            waiting += [member for member in self.members(group.name) if isinstance(member, Group)]
        return order[::-1]

    def without(self, names) -> IndexSpec:
        """Return the index without some indicators or groups, and without groups that are then empty.

        Expert weights are scaled to sum to one again; comparisons lose the rows and columns of what is gone.

        Raises
        ------
        AnalysisError
            If a name is not known, or fewer than two indicators are left.
        """
        gone = {names} if isinstance(names, str) else set(names)
        unknown = gone - {member.name for member in (*self.groups[1:], *self.indicators)}
        if unknown:
            raise AnalysisError(
                "The index has no such indicator or dimension.",
                where=f"index {self.name}",
                value=", ".join(sorted(unknown)),
                expected="one of " + ", ".join([*self.dimensions, *self.columns]),
                mend="Use a name of the index.",
            )
        parents = {group.name: group.parent for group in self.groups}

        def lost(name: str | None) -> bool:
            return name is not None and (name in gone or lost(parents[name]))

        indicators = [i for i in self.indicators if i.column not in gone and not lost(i.parent)]
        alive = {self.name}
        for name in {i.parent for i in indicators}:
            while name not in alive:
                alive.add(name)
                name = parents[name]
        groups = [
            _narrowed(g, self.members(g.name), alive, indicators) for g in self.groups if g.name in alive
        ]
        return replace(self, **_rescaled(groups, indicators))

    def fit(self, table: pd.DataFrame) -> tuple[IndexSpec, dict[str, str]]:
        """Return the index without the indicators that `table` cannot give, and why each is left out.

        Returns
        -------
        IndexSpec
        dict of str to str
            Column -> "unknown" (not in the table), "empty" (no values) or "constant".

        Raises
        ------
        AnalysisError
            If fewer than two indicators are left.
        """
        reasons = {}
        for indicator in self.indicators:
            if indicator.column not in table.columns:
                reasons[indicator.column] = "unknown"
                continue
            values = pd.to_numeric(table[indicator.column], errors="coerce").astype(float)
            if values.isna().all():
                reasons[indicator.column] = "empty"
            elif np.ptp(values.dropna()) == 0 and indicator.goalposts is None:
                reasons[indicator.column] = "constant"
        return (self.without(reasons) if reasons else self), reasons


def _narrowed(group: Group, members: list, alive: set[str], indicators: list[Indicator]) -> Group:
    """Return the group with the comparisons of those members that stay."""
    if group.comparisons is None:
        return group
    here = alive | {i.column for i in indicators}
    stay = [k for k, member in enumerate(members) if member.name in here]
    if len(stay) < 2:
        return replace(group, comparisons=None, weighting="equal")
    matrix = tuple(tuple(group.comparisons[i][j] for j in stay) for i in stay)
    return replace(group, comparisons=matrix)


def _rescaled(groups: list[Group], indicators: list[Indicator]) -> dict[str, tuple]:
    """Return groups and indicators with the expert weights of every group summing to one."""
    members = [*groups, *indicators]
    totals = {
        group.name: sum(m.weight for m in members if m.parent == group.name and m.weight is not None)
        for group in groups
    }
    scaled = [
        member if member.weight is None else replace(member, weight=member.weight / totals[member.parent])
        for member in members
    ]
    return {"groups": tuple(scaled[: len(groups)]), "indicators": tuple(scaled[len(groups) :])}
