"""A table of indicators and a declared index -> one score per place."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.index.results import IndexResult
from analysis.index.rules import fault
from analysis.index.spec import Group, IndexSpec
from analysis.index.steps import aggregate, dominated, fill, normalise, reference_of, treat_outliers
from analysis.index.weights import ahp_weights, data_weights

ENOUGH, TOO_FEW, NO_DIMENSION = "", "too_few_indicators", "empty_dimension"


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


def read_values(table: pd.DataFrame, spec: IndexSpec, place: str) -> tuple[list[str], np.ndarray]:
    """Return the places and their transformed values (places x indicators of `spec`)."""
    if place not in table.columns:
        raise fault(
            "The table has no column with the places.",
            "place",
            place,
            "one of " + ", ".join(map(str, table.columns)),
        )
    twice = table.columns[table.columns.duplicated()].intersection([place, *spec.columns])
    if len(twice):
        raise fault("A column stands twice in the table.", "table", twice[0], "every column once")
    lacking = [column for column in spec.columns if column not in table.columns]
    if lacking:
        raise fault(
            "The table lacks columns of the index.",
            f"index {spec.name}",
            ", ".join(lacking),
            "a column for every indicator",
            "Correct the names, or leave indicators out: spec, reasons = spec.fit(table)",
        )
    names = table[place].astype("str").tolist()
    twice = table[place].duplicated() | table[place].isna()
    if twice.any():
        raise fault(
            "A place stands twice in the table, or has no name.",
            place,
            table[place][twice].iloc[0],
            "one row per place",
            "An index compares places in one period: choose one first.",
        )
    values = (
        np.column_stack([_numeric(table[c], c) for c in spec.columns]) if len(table) else np.empty((0, 0))
    )
    if len(names) == 0:
        raise fault("The table has no rows.", "table", None, "one row per place")
    for j, indicator in enumerate(spec.indicators):
        if indicator.transform == "log":
            if np.nanmin(values[:, j], initial=np.inf) <= 0:
                raise fault(
                    "The logarithm needs values above 0.",
                    indicator.column,
                    np.nanmin(values[:, j]),
                    "values above 0",
                )
            values[:, j] = np.log(values[:, j])
    return names, values


def _numeric(column: pd.Series, name: str) -> np.ndarray:
    try:
        values = pd.to_numeric(column).to_numpy(dtype="float64", na_value=np.nan)
    except (TypeError, ValueError):
        text = column[pd.to_numeric(column, errors="coerce").isna() & column.notna()]
        raise fault(
            "An indicator is not numeric.",
            name,
            text.iloc[0] if len(text) else None,
            "numbers, NaN where not known",
        ) from None
    if np.isinf(values).any():
        raise fault("An indicator is infinite.", name, "inf", "finite numbers, or NaN")
    return values


def reasons(raw: np.ndarray, spec: IndexSpec) -> np.ndarray:
    """Return per place why it gets no score: too_few_indicators, empty_dimension, or "" where it does."""
    gaps = np.isnan(raw)
    few = gaps.mean(axis=1) > spec.max_missing
    parents = np.array([i.parent for i in spec.indicators])
    empty = np.zeros(len(raw), dtype=bool)
    for parent in set(parents):
        empty |= gaps[:, parents == parent].all(axis=1)
    return np.select([few | gaps.all(axis=1), empty], [TOO_FEW, NO_DIMENSION], ENOUGH)


def check_values(used: np.ndarray, spec: IndexSpec, normalisations: tuple[str, ...]) -> None:
    """Raise AnalysisError if no place is left, or an indicator does not tell the places apart."""
    if not len(used):
        raise fault(
            "No place has enough indicators for the index.",
            f"index {spec.name}",
            f"max_missing = {spec.max_missing:g}",
            "places that lack fewer, and have something in every dimension",
            "Leave out indicators that are hardly known: spec.without([...])",
        )
    for j, indicator in enumerate(spec.indicators):
        known = used[:, j][~np.isnan(used[:, j])]
        fixed = set(normalisations) == {"minmax"} and indicator.goalposts is not None
        if len(known) == 0 or (not fixed and np.ptp(known) <= 1e-12 * np.abs(known).max()):
            found = f"{known[0]:g} in all {len(known)} places that have it" if len(known) else "no values"
            raise fault(
                "An indicator does not tell the places apart.",
                f"index {spec.name}: {indicator.column}",
                found,
                "at least two different values",
                "Leave it out: spec, reasons = spec.fit(table)",
            )
        if "reference" in normalisations and reference_of(used[:, j], indicator) == 0:
            raise fault(
                "A reference of 0 has no relative distance.",
                f"index {spec.name}: {indicator.column}",
                indicator.reference,
                "a reference other than 0",
                "Set another reference, or another normalisation.",
            )


def plan_of(spec: IndexSpec, used: np.ndarray, missing: str) -> Plan:
    """Return the plan for a rule of missing data: "drop" leaves out the columns with gaps."""
    columns = np.arange(len(spec.indicators))
    if missing == "drop" and np.isnan(used).any():
        gaps = np.isnan(used).any(axis=0)
        gone = [spec.columns[j] for j in np.flatnonzero(gaps)]
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
        if method == "geometric" and len(own) > 1 and values.min() <= 0:
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
