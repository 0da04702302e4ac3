"""A table of indicators and a declared index -> one score per place."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.index.results import IndexResult
from analysis.index.rules import fault
from analysis.index.spec import Group, IndexSpec
from analysis.index.steps import aggregate, dominated, fill, normalise, treat_outliers
from analysis.index.values import ENOUGH, check_values, read_values, reasons
from analysis.index.weights import ahp_weights, data_weights


@dataclass(frozen=True)
class Choices:
    """How the index is put together; `weighting` and `aggregation` None keep what every group declares.

    `shift` moves values that are not above zero up, all by the same amount, before a geometric mean.
    """

    normalisation: str
    outliers: str
    missing: str
    weighting: str | None = None
    aggregation: str | None = None
    shift: bool = False


@dataclass(frozen=True)
class Node:
    """A group with the numbers of its members: columns of the indicators, and earlier nodes."""

    group: Group
    names: tuple[str, ...]
    members: tuple[int, ...]  # number of a column, or, from `columns` on, of a node
    declared: np.ndarray | None


@dataclass(frozen=True)
class Plan:
    """An index ready to be computed many times: which columns, and its nodes from the bottom up."""

    spec: IndexSpec
    columns: np.ndarray
    parents: list[str]
    nodes: tuple[Node, ...]


def composite_index(table: pd.DataFrame, spec: IndexSpec, *, place: str = "place_id") -> IndexResult:
    """Return the score of every place on a composite index.

    Parameters
    ----------
    table : DataFrame
        One row per place, `place` and one numeric column per indicator; others are ignored. NaN: not known.
    spec : IndexSpec
        As `read_index` returns.
    place : str
        Column with the places' names.

    Returns
    -------
    IndexResult
        Scores, the scores of dimensions, weights and what was done. A place without enough data keeps its
        row, with NaN and a reason. Ranks are given by `rank_uncertainty`, with their intervals.

    Raises
    ------
    AnalysisError
        If a column is missing, not numeric or infinite, a place stands twice, an indicator is constant or
        empty, or a geometric mean meets values that are not above zero.

    Notes
    -----
    Steps as in OECD/JRC (2008), Handbook on Constructing Composite Indicators: transformation, outliers,
    direction and scale, gaps, weights and aggregation from the bottom of the tree to its top. Scores compare
    the places of one table: other places would change scales and data-driven weights.
    """
    names, raw = read_values(table, spec, place)
    reason = reasons(raw, spec)
    kept = reason == ENOUGH
    check_values(raw[kept], spec, (spec.normalisation,))
    choices = Choices(spec.normalisation, spec.outliers, spec.missing)
    used = raw[kept]
    plan = plan_of(spec, used, choices.missing)
    scores, weights, normalised = evaluate(used, plan, choices)
    result = pd.DataFrame({place: pd.array(names, dtype="str")})
    for group in (spec.name, *plan.spec.dimensions):
        column = np.full(len(names), np.nan)
        column[kept] = scores[group]
        result["score" if group == spec.name else group] = column
    result["n_indicators"] = (~np.isnan(raw)).sum(axis=1)
    result["reason"] = pd.array(reason, dtype="str")
    wide = np.full((len(names), len(plan.columns)), np.nan)
    wide[kept] = normalised
    normal = pd.DataFrame(wide, columns=plan.spec.columns)
    normal.insert(0, place, result[place])
    treated = [] if spec.outliers == "none" else np.flatnonzero(dominated(used))
    return IndexResult(
        table=result,
        weights=_weights_table(plan, weights),
        normalised=normal,
        spec=spec,
        place=place,
        treated=tuple(spec.columns[j] for j in treated),
        dropped=tuple(c for c in spec.columns if c not in plan.spec.columns),
    )


def plan_of(spec: IndexSpec, used: np.ndarray, missing: str) -> Plan:
    """Return the plan for a rule of missing data: "drop" leaves out the columns with gaps."""
    columns = np.arange(len(spec.indicators))
    if missing == "drop" and np.isnan(used).any():
        gaps = np.isnan(used).any(axis=0)
        gone = [spec.columns[j] for j in np.flatnonzero(gaps)]
        if len(gone) > len(spec.columns) - 2:
            raise fault(
                "Leaving out the indicators with gaps leaves fewer than two.",
                f"index {spec.name}: missing = 'drop'",
                ", ".join(gone),
                "two or more indicators that every place has",
                "Set missing = 'dimension_mean' or 'indicator_mean'.",
            )
        spec, columns = spec.without(gone), columns[~gaps]
    numbers = {column: j for j, column in enumerate(spec.columns)}
    nodes = []
    for group in spec.bottom_up():
        members = spec.members(group.name)
        declared = None
        if group.weighting == "expert":
            declared = np.array([m.weight for m in members])
        elif group.weighting == "ahp":
            declared = ahp_weights(np.asarray(group.comparisons))
        names = tuple(m.name for m in members)
        nodes.append(Node(group, names, tuple(numbers[name] for name in names), declared))
        numbers[group.name] = len(numbers)
    return Plan(spec, columns, [i.parent for i in spec.indicators], tuple(nodes))


def evaluate(
    raw: np.ndarray, plan: Plan, choices: Choices, perturb=None
) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray], np.ndarray]:
    """Return scores and weights by group, and the normalised values.

    `perturb`, if given, takes a group's number and its weights, and returns other weights.
    """
    spec = plan.spec
    x = treat_outliers(raw[:, plan.columns], choices.outliers)
    normalised = normalise(x, spec.indicators, choices.normalisation, spec.span)
    normalised = fill(normalised, plan.parents, choices.missing)
    columns, scores, weights = list(normalised.T), {}, {}
    for number, node in enumerate(plan.nodes):
        values = np.column_stack([columns[j] for j in node.members])
        own = _weights(node, values, choices.weighting)
        own = own if perturb is None else perturb(number, own)
        method = choices.aggregation or node.group.aggregation
        if len(own) == 1:  # a single member is the group
            method = "arithmetic"
        if method == "geometric" and values.min() <= 0:
            values = _above_zero(values, node, spec, choices)
        scores[node.group.name] = aggregate(values, own, method)
        weights[node.group.name] = own
        columns.append(scores[node.group.name])
    return scores, weights, normalised


def _weights(node: Node, values: np.ndarray, weighting: str | None) -> np.ndarray:
    if weighting is None and node.declared is not None:
        return node.declared
    return data_weights(values, weighting or node.group.weighting)


def _above_zero(values: np.ndarray, node: Node, spec: IndexSpec, choices: Choices) -> np.ndarray:
    if not choices.shift:
        low = int(np.argmin(values.min(axis=0)))
        raise fault(
            "A geometric mean needs values above zero.",
            f"{node.group.name}: {node.names[low]}",
            f"{values.min():g} after normalisation by {choices.normalisation!r}",
            "values above 0",
            "Use normalisation = 'minmax' with span = [0.01, 1], or aggregation = 'arithmetic'.",
        )
    return values - values.min() + 0.1 * np.ptp(values)


def _weights_table(plan: Plan, weights: dict[str, np.ndarray]) -> pd.DataFrame:
    """Return group, member, weight (in the group) and share (in the whole index), from the top down."""
    rows, share = [], {plan.spec.name: 1.0}
    for node in plan.nodes[::-1]:
        for name, weight in zip(node.names, weights[node.group.name], strict=True):
            share[name] = share[node.group.name] * weight
            rows.append((node.group.name, name, weight, share[name]))
    return pd.DataFrame(rows, columns=["group", "member", "weight", "share"])
