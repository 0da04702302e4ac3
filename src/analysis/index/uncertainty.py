"""How far a rank depends on how the index was made: Monte Carlo over every choice, Sobol shares."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from analysis.index.compute import Choices, composite_index, evaluate, plan_of
from analysis.index.draws import DECLARED, Engine, alternatives_of, errors_of, sample_points
from analysis.index.results import RankResult
from analysis.index.rules import fault
from analysis.index.spec import IndexSpec
from analysis.index.values import ENOUGH, check_values, read_values, reasons

CERTAINTY = 0.95


def rank_uncertainty(
    table: pd.DataFrame,
    spec: IndexSpec,
    *,
    place: str = "place_id",
    std_error: pd.DataFrame | None = None,
    draws: int = 2000,
    normalisations: tuple[str, ...] = ("minmax", "zscore", "rank"),
    outliers: tuple[str, ...] = ("none", "winsorise"),
    missing: tuple[str, ...] = ("dimension_mean", "indicator_mean"),
    weightings: tuple[str, ...] = (DECLARED, "equal", "entropy", "critic"),
    aggregations: tuple[str, ...] = (DECLARED, "arithmetic", "geometric", "topsis"),
    concentration: float | None = 50.0,
    level: float = 0.9,
    seed: int = 0,
) -> RankResult:
    """Return the rank of every place with its interval over the choices that could have been made.

    Parameters
    ----------
    table, spec, place
        As for `composite_index`.
    std_error : DataFrame, optional
        Like `table`, with the standard errors of the indicators in their own units; columns and places that
        are absent, and NaN, count as measured without error. See ``index_table(..., value="std_error")``.
    draws : int
        How many times the index is computed: at least so many, rounded up to a power of two times the number
        of factors plus two, as the Sobol shares need it.
    normalisations, outliers, missing, weightings, aggregations : tuple of str
        Alternatives, equally likely, as in `IndexSpec`; what the index declares is always among them.
        "declared" keeps what each group declares.
    concentration : float or None
        Weights of every group are drawn from a Dirichlet distribution around their value: the standard
        deviation of a weight w is sqrt(w (1 - w) / (concentration + 1)). None: not varied.
    level : float
        Probability of the rank intervals, 0.9 for 5 % to 95 %.
    seed : int

    Returns
    -------
    RankResult

    Raises
    ------
    AnalysisError
        As `composite_index`; or an alternative is not known, a standard error negative, or nothing varies.

    Notes
    -----
    Before a geometric mean, values that are not above zero (z-scores) are moved up together until the
    smallest is a tenth of their range. The intervals describe disagreement among defensible choices and
    sampling error of the indicators, taken as independent; they say nothing of what the index leaves out.

    Source: Saisana, Saltelli, Tarantola (2005), J. R. Statist. Soc. A 168; OECD/JRC (2008), step 7; shares by
    the estimators of Saltelli et al. (2010), as in SALib.
    """
    if not 0 < level < 1:
        raise fault("The level is not a probability.", "level", level, "above 0 and below 1, such as 0.9")
    index = composite_index(table, spec, place=place)
    names, raw = read_values(table, spec, place)
    kept = reasons(raw, spec) == ENOUGH
    used, names = raw[kept], [name for name, keep in zip(names, kept, strict=True) if keep]
    errors = errors_of(std_error, table, spec, place)[kept]
    asked = {
        "outliers": outliers, "normalisation": normalisations, "missing": missing, "weighting": weightings,
        "aggregation": aggregations,
    }  # fmt: skip
    alternatives = alternatives_of(spec, asked, bool(np.isnan(used).any()))
    check_values(used, spec, alternatives["normalisation"])
    engine = Engine(spec, used, errors, alternatives, concentration, seed, np.argsort(np.argsort(names)))
    problem, points = sample_points(engine.factors, draws, seed)
    scores = np.array([engine.scores(point) for point in points])
    declared = _ranks(index.table["score"].to_numpy()[kept][None])[0]
    ranks = _ranks(scores)
    shifts = np.abs(ranks - declared).mean(axis=1)
    pairs = _pairs(ranks, names)
    return RankResult(
        table=_table(index.table, place, kept, declared, ranks, level),
        pairs=pairs,
        certain_share=float(pairs["certain"].mean()) if len(pairs) else np.nan,
        drivers=_drivers(problem, shifts, seed),
        place_drivers=_place_drivers(engine.factors, ranks, names, place),
        leave_one_out=_leave_one_out(spec, used, names, declared),
        shifts=shifts,
        index=index,
        alternatives={name: alternatives.get(name, ("drawn",)) for name in engine.factors},
        draws=len(points),
        level=level,
        certainty=CERTAINTY,
        seed=seed,
    )


def _ranks(scores: np.ndarray) -> np.ndarray:
    """Return ranks along the last axis, 1 for the highest; equal scores share the better rank."""
    spread = np.ptp(scores, axis=1, keepdims=True)
    level = np.round(scores / np.where(spread > 0, spread, 1), 10)  # equal but for rounding is equal
    ascending = np.sort(level, axis=1)
    above = [
        len(row) - np.searchsorted(sorted_row, row, side="right")
        for sorted_row, row in zip(ascending, level, strict=True)
    ]
    return 1 + np.array(above)


def _table(index: pd.DataFrame, place: str, kept, declared, ranks: np.ndarray, level: float) -> pd.DataFrame:
    low, high = (1 - level) / 2, (1 + level) / 2
    columns = {
        "rank": declared,
        "rank_median": np.quantile(ranks, 0.5, axis=0, method="inverted_cdf"),
        "rank_low": np.quantile(ranks, low, axis=0, method="inverted_cdf"),
        "rank_high": np.quantile(ranks, high, axis=0, method="inverted_cdf"),
    }
    table = index[[place, "score"]].copy()
    for name, values in columns.items():
        whole = pd.array([pd.NA] * len(table), dtype="Int64")
        whole[np.flatnonzero(kept)] = values.astype("int64")
        table[name] = whole
    table["reason"] = index["reason"]
    return table.sort_values("rank", kind="stable", na_position="last").reset_index(drop=True)


def _pairs(ranks: np.ndarray, names: list[str]) -> pd.DataFrame:
    first, second = np.triu_indices(len(names), 1)
    ahead = np.empty(len(first))
    for i in range(len(names)):
        mine = first == i
        own, others = ranks[:, [i]], ranks[:, second[mine]]
        ahead[mine] = (own < others).mean(axis=0) + (own == others).mean(axis=0) / 2
    labels = pd.array(names, dtype="str")
    certain = (ahead >= CERTAINTY) | (ahead <= 1 - CERTAINTY)
    return pd.DataFrame(
        {"place_a": labels.take(first), "place_b": labels.take(second), "share_a": ahead, "certain": certain}
    )


def _drivers(problem: dict, shifts: np.ndarray, seed: int) -> pd.DataFrame:
    from SALib.analyze import sobol

    figures = {name: np.full(problem["num_vars"], np.nan) for name in ("S1", "S1_conf", "ST", "ST_conf")}
    if np.ptp(shifts) > 0:  # SALib takes seed 0 for no seed
        figures = sobol.analyze(problem, shifts, calc_second_order=False, seed=seed + 1)
    columns = {"factor": pd.array(problem["names"], dtype="str")}
    for name, key in (("first", "S1"), ("total", "ST")):
        value, half = figures[key], figures[f"{key}_conf"]
        columns |= {"first_order" if key == "S1" else "total": value}
        columns |= {f"{name}_low": value - half, f"{name}_high": value + half}
    drivers = pd.DataFrame(columns)
    return drivers.sort_values("total", ascending=False, kind="stable").reset_index(drop=True)


def _place_drivers(factors: list[str], ranks: np.ndarray, names: list[str], place: str) -> pd.DataFrame:
    from SALib.analyze.sobol import first_order, total_order

    step = len(factors) + 2
    centred = ranks - ranks.mean(axis=0)
    a, b = centred[0::step], centred[step - 1 :: step]
    still = np.ptp(ranks, axis=0) == 0
    parts = []
    for j, factor in enumerate(factors):
        exchanged = centred[j + 1 :: step]
        shares = {"first_order": np.full(len(names), np.nan), "total": np.full(len(names), np.nan)}
        if not still.all():
            shares = {"first_order": first_order(a, exchanged, b), "total": total_order(a, exchanged, b)}
        parts.append(pd.DataFrame({place: pd.array(names, dtype="str"), "factor": factor, **shares}))
        parts[-1].loc[still, ["first_order", "total"]] = np.nan
    return pd.concat(parts, ignore_index=True).astype({"factor": "str"})


def _leave_one_out(spec: IndexSpec, used: np.ndarray, names: list[str], declared: np.ndarray) -> pd.DataFrame:
    """Return how the ranks of the declared index move when one indicator is left out."""
    choices = Choices(spec.normalisation, spec.outliers, spec.missing)
    plan = plan_of(spec, used, spec.missing)
    rows = []
    for column in plan.spec.columns if len(plan.spec.columns) > 2 else ():
        less = plan.spec.without(column)
        columns = [spec.columns.index(c) for c in less.columns]
        smaller = plan_of(less, used[:, columns], spec.missing)
        scores = evaluate(used[:, columns], smaller, replace(choices, shift=True))[0][spec.name]
        ranks = _ranks(scores[None])[0]
        moved = np.abs(ranks - declared)
        rows.append((column, moved.mean(), int(moved.max()), names[int(np.argmin(ranks))]))
    found = pd.DataFrame(rows, columns=["left_out", "mean_shift", "max_shift", "top"])
    return found.astype({"left_out": "str", "mean_shift": "float64", "max_shift": "int64", "top": "str"})
