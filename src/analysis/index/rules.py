"""What makes a declared index sound: one tree, known methods, weights that sum."""

from __future__ import annotations

import math
from collections import Counter

import numpy as np

from analysis.errors import AnalysisError
from analysis.index import spec as kinds
from analysis.index.weights import consistency

TOLERANCE = 1e-6  # weights written with two or three decimals sum to one exactly, or miss it by far more
RESERVED = ("score", "rank", "reason", "n_indicators")  # columns of the results
LARGEST_COMPARISON = 15  # random consistency is tabulated up to this size


def check_spec(spec: kinds.IndexSpec) -> None:
    """Raise AnalysisError at the first fault of an index."""
    if not spec.groups:
        raise fault("The index has no name.", "groups", None, "a group without parent: the index itself")
    _check_names(spec)
    _check_tree(spec)
    _check_choices(spec)
    for indicator in spec.indicators:
        _check_indicator(indicator)
    for group in spec.groups:
        _check_group(spec, group)


def fault(what: str, where: str, value: object, expected: str, mend: str | None = None) -> AnalysisError:
    """Return the error for one fault of a declared index."""
    return AnalysisError(what, where=where, value=value, expected=expected, mend=mend)


def _check_names(spec: kinds.IndexSpec) -> None:
    if len(spec.indicators) < 2:
        raise fault(
            "An index needs at least two indicators.",
            f"index {spec.name}",
            ", ".join(spec.columns) or "none",
            "two or more",
            "Add indicators, or use the single one as it is.",
        )
    counts = Counter(member.name for member in (*spec.groups, *spec.indicators))
    twice = [name for name, count in counts.items() if count > 1]
    if twice:
        raise fault(
            "A name stands twice in the index.",
            f"index {spec.name}",
            ", ".join(twice),
            "every indicator and dimension once",
            "Remove or rename one of them; a column counts in one dimension only.",
        )
    taken = [name for name in counts if name in RESERVED or not name]
    if taken:
        raise fault(
            "A name of the index is a column of its results.", f"index {spec.name}", taken[0], "another name"
        )


def _check_tree(spec: kinds.IndexSpec) -> None:
    parents = {group.name: group.parent for group in spec.groups}
    if spec.groups[0].parent is not None or any(g.parent is None for g in spec.groups[1:]):
        raise fault(
            "An index has exactly one top.",
            "groups",
            spec.name,
            "the first group, and no other, without parent",
        )
    for member in (*spec.groups[1:], *spec.indicators):
        if member.parent not in parents:
            raise fault(
                "A parent is not declared.",
                member.name,
                member.parent,
                "one of " + ", ".join(parents),
                "Declare the dimension, or correct the name.",
            )
    for group in spec.groups:
        seen, at = [group.name], parents[group.name]
        while at is not None:
            if at in seen:
                raise fault(
                    "Dimensions hold each other in a circle.",
                    group.name,
                    " -> ".join([*seen, at]),
                    f"every dimension below {spec.name}",
                    "Give one of them another parent.",
                )
            seen.append(at)
            at = parents[at]
    empty = [group.name for group in spec.groups if not spec.members(group.name)]
    if empty:
        raise fault("A dimension has no indicators.", "groups", ", ".join(empty), "one or more indicators")


def _check_choices(spec: kinds.IndexSpec) -> None:
    for field, allowed in (
        ("normalisation", kinds.NORMALISATIONS), ("outliers", kinds.OUTLIERS), ("missing", kinds.MISSING),
    ):  # fmt: skip
        _one_of(getattr(spec, field), allowed, field, spec.name)
    if not (len(spec.span) == 2 and all(map(math.isfinite, spec.span)) and spec.span[0] < spec.span[1]):
        raise fault(
            "The span is not one.", f"index {spec.name}: span", spec.span, "two numbers, the lower first"
        )
    if not 0 <= spec.max_missing < 1:
        raise fault(
            "The share is not one.", f"index {spec.name}: max_missing", spec.max_missing, "0 to below 1"
        )


def _check_indicator(indicator: kinds.Indicator) -> None:
    where = f"indicator {indicator.column}"
    if indicator.direction not in (1, -1) or isinstance(indicator.direction, bool):
        raise fault(
            "The direction of an indicator is not known.",
            where,
            indicator.direction,
            "1 if more is better, -1 if less is better",
        )
    _one_of(indicator.transform, kinds.TRANSFORMS, "transform", indicator.column)
    if indicator.goalposts is not None:
        low, high = indicator.goalposts
        if not (math.isfinite(low) and math.isfinite(high) and low < high):
            raise fault(
                "The goalposts are not any.", where, indicator.goalposts, "two numbers, the lower first"
            )
        if indicator.transform == "log" and low <= 0:
            raise fault(
                "The logarithm needs goalposts above 0.", where, indicator.goalposts, "numbers above 0"
            )
    if isinstance(indicator.reference, str):
        _one_of(indicator.reference, kinds.REFERENCES, "reference", indicator.column)
    elif not math.isfinite(indicator.reference):
        raise fault("The reference is not a number.", where, indicator.reference, "a finite number")


def _check_group(spec: kinds.IndexSpec, group: kinds.Group) -> None:
    _one_of(group.weighting, kinds.WEIGHTINGS, "weighting", group.name)
    _one_of(group.aggregation, kinds.AGGREGATIONS, "aggregation", group.name)
    members = spec.members(group.name)
    given = {member.name: member.weight for member in members if member.weight is not None}
    if group.weighting == "expert":
        _check_weights(group, members, given)
    elif given:
        raise fault(
            "Weights are given that nothing uses.",
            f"{group.name}: weighting = {group.weighting!r}",
            ", ".join(given),
            "weights with weighting = 'expert' only",
            "Remove the weights, or set weighting = 'expert'.",
        )
    if (group.comparisons is not None) != (group.weighting == "ahp"):
        raise fault(
            "Pairwise comparisons belong to weighting 'ahp', and only there.",
            group.name,
            group.weighting,
            "weighting = 'ahp' together with comparisons",
        )
    if group.comparisons is not None:
        _check_comparisons(group, [member.name for member in members])


def _check_weights(group: kinds.Group, members: list, given: dict[str, float]) -> None:
    lacking = [member.name for member in members if member.weight is None]
    if lacking:
        raise fault("A weight is missing.", group.name, ", ".join(lacking), "a weight for every member")
    bad = {name: weight for name, weight in given.items() if not (math.isfinite(weight) and weight > 0)}
    if bad:
        name, weight = next(iter(bad.items()))
        raise fault(
            "A weight is not above zero.",
            f"{group.name}: {name}",
            weight,
            "a number above 0",
            "Turn the indicator with direction = -1 instead, or leave it out.",
        )
    total = sum(given.values())
    if abs(total - 1) > TOLERANCE:
        raise fault(
            "The weights of a group do not sum to one.",
            group.name,
            " + ".join(f"{weight:g}" for weight in given.values()) + f" = {total:g}",
            "1",
            "Divide each weight by their sum.",
        )


def _check_comparisons(group: kinds.Group, members: list[str]) -> None:
    where = f"{group.name}: comparisons"
    size = len(members)
    rows = group.comparisons
    if len(rows) != size or any(len(row) != size for row in rows):
        raise fault(
            "The comparisons do not fit the members.",
            where,
            f"{len(rows)} rows",
            f"{size} rows of {size} numbers: " + ", ".join(members),
        )
    if size > LARGEST_COMPARISON:
        raise fault("There are too many members to compare.", where, size, f"{LARGEST_COMPARISON} at most")
    matrix = np.asarray(rows, dtype=float)
    if not (np.isfinite(matrix).all() and (matrix > 0).all()):
        raise fault("A comparison is not above zero.", where, matrix.min(), "numbers from 1/9 to 9")
    off = np.argwhere(np.abs(matrix * matrix.T - 1) > 0.05)  # 0.33 for 1/3 is meant as its reciprocal
    if len(off):
        i, j = off[0]
        raise fault(
            "Two comparisons contradict each other.",
            where,
            f"{members[i]} to {members[j]}: {matrix[i, j]:g}, {members[j]} to {members[i]}: {matrix[j, i]:g}",
            f"{1 / matrix[i, j]:.4g} for the second",
        )
    ratio = consistency(matrix)
    if ratio > group.max_consistency_ratio:
        raise fault(
            "The pairwise comparisons are too inconsistent.",
            where,
            f"consistency ratio {ratio:.3f}",
            f"{group.max_consistency_ratio:g} or less (Saaty 1980)",
            "Judge the pairs again, or state a larger max_consistency_ratio (up to 0.2 is also seen).",
        )


def _one_of(value: object, allowed: tuple[str, ...], field: str, where: str) -> None:
    if value not in allowed:
        raise fault(f"The {field} is not known.", f"{where}: {field}", value, "one of " + ", ".join(allowed))
