"""Effects on counts by cohort and period: growth factors of untreated unit-periods (Wooldridge 2023)."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from analysis.effects.estimators.averages import Engine
from analysis.effects.estimators.cells import CellEstimates, Cells, DenseInfluence, cell_sizes, plan_cells
from analysis.effects.estimators.group_time import label_rows
from analysis.effects.estimators.regression import small_sample
from analysis.effects.panel.design import Design, read_design
from analysis.effects.results.describe import describe, describe_missing, require_any
from analysis.effects.results.estimate import EffectEstimate, make_table
from analysis.effects.results.notes import Note


def estimate_by_cohort(panel, outcome, unit, time, cohort, weights, cluster) -> EffectEstimate:
    """Return what `analysis.effects.poisson` returns for a cohort column."""
    design = read_design(
        panel, outcome, unit=unit, time=time, cohort=cohort, weights=weights, cluster=cluster
    )
    plan = plan_cells(design, "not_yet_treated")
    plan = replace(plan, **{name: getattr(plan, name)[plan.post] for name in
                            ("cohort", "period", "now", "base", "level", "controls", "status")})  # fmt: skip
    estimates = _compare(design, plan)
    require_any(plan, estimates, cohort)
    clusters = design.n_clusters
    parameters = int((estimates.status == "estimated").sum()) + len(plan.levels) + len(design.times) - 1
    factor = small_sample(clusters, design.n_obs, parameters)
    engine = Engine(design, plan, estimates, clusters - 1.0, factor)
    keys, sizes = np.unique(plan.event_time), cell_sizes(design, plan)
    averages = engine.average([*(plan.event_time == key for key in keys), plan.post], sizes,
                              estimated_shares=False)  # fmt: skip
    columns, _, covariance = engine.figures(averages)
    table = make_table(
        columns | label_rows("event_time", keys) | {"pre_period": np.zeros(len(keys) + 1, bool)}
    )
    estimate = describe(
        design, clusters - 1.0, table=table, estimator="Poisson difference-in-differences by cohort",
        estimand=Note("estimand_poisson_counts", outcome=outcome), control_group="not_yet_treated",
        notes=(Note("poisson_variance"), Note("fixed_weights"), *engine.left_out(),
               *describe_missing(table["status"].to_numpy())),
        unbalanced="unbalanced_regression",
    )  # fmt: skip
    return replace(estimate, covariance=covariance)


def _compare(design: Design, plan: Cells) -> CellEstimates:
    """Return each cell's mean count less the count its cohort's level and the untreated periods' growth give.

    Cohort and period effects are fitted by Poisson likelihood to untreated cohort x period sums, which are
    all the regression with cohort effects needs.
    """
    level = np.searchsorted(plan.levels, design.starts)
    weight = design.seen * design.weights[:, None]
    member = (np.arange(len(plan.levels))[:, None] == level).astype(float)
    totals, sums = member @ weight, member @ (weight * np.nan_to_num(design.outcomes))
    untreated = (design.times < plan.levels[:, None]) & (totals > 0)
    rates, inverse, known = _rates(np.where(untreated, totals, 0.0), np.where(untreated, sums, 0.0))
    residual = np.where(design.seen, design.outcomes - rates[level], 0.0) * weight
    scores = residual * untreated[level]
    scores = np.hstack([member.T * scores.sum(axis=1)[:, None], scores]) @ inverse
    estimate, columns = np.full(len(plan), np.nan), np.zeros((design.n_units, len(plan)))
    status, width = plan.status.copy(), len(plan.levels)
    counts = (member @ design.seen).astype(int)
    for k in range(len(plan)):
        g, t = plan.level[k], plan.now[k]
        if not counts[g, t] or not known[g, t]:
            empty = not (sums * untreated)[g].any() or not (sums * untreated)[:, t].any()
            reached = untreated[g].any() and untreated[:, t].any()
            status[k] = "no_counts" if empty and reached else "no_comparison"
            status[k] = status[k] if counts[g, t] else "no_treated"
            continue
        status[k] = "estimated"
        estimate[k] = sums[g, t] / totals[g, t] - rates[g, t]
        own = (level == g) * weight[:, t] * (np.nan_to_num(design.outcomes[:, t]) - sums[g, t] / totals[g, t])
        columns[:, k] = own / totals[g, t] - rates[g, t] * (scores[:, g] + scores[:, width + t])
    n_treated = np.where(status == "estimated", counts[plan.level, plan.now], 0)
    n_controls = (design.seen & (design.times < design.starts[:, None])).sum(axis=0)[plan.now]
    return CellEstimates(estimate, n_treated, n_controls, status,
                         DenseInfluence(columns, level, design.clusters))  # fmt: skip


def _rates(totals: np.ndarray, sums: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return fitted rates of levels and periods, the inverse information and which rates are known.

    A level or period without a count above zero has no effect that could be estimated; nor has a pair of them
    that no untreated cells link.
    """
    from scipy.sparse.csgraph import connected_components

    used = totals > 0
    while True:
        now = used & ((sums * used).sum(axis=1) > 0)[:, None] & ((sums * used).sum(axis=0) > 0)
        if (now == used).all():
            break
        used = now
    n, width = totals.shape
    graph = np.zeros((n + width, n + width))
    graph[:n, n:] = used
    part = connected_components(graph, directed=False)[1]
    alive = np.concatenate([used.any(axis=1), used.any(axis=0)])
    known = (part[:n, None] == part[n:]) & alive[:n, None] & alive[n:]
    totals, sums = totals * used, sums * used
    effects = np.zeros(n + width)
    effects[:n] = np.log(np.maximum(sums.sum(axis=1), 1e-300) / np.maximum(totals.sum(axis=1), 1e-300))
    effects[:n][~alive[:n]] = 0.0
    for _ in range(100):
        rates = np.exp(effects[:n, None] + effects[n:])
        expected = totals * rates
        information = np.diag(np.concatenate([expected.sum(axis=1), expected.sum(axis=0)]))
        information[:n, n:], information[n:, :n] = expected, expected.T
        inverse = np.linalg.pinv(information, 1e-12, hermitian=True)
        gap = sums - expected
        step = inverse @ np.concatenate([gap.sum(axis=1), gap.sum(axis=0)])
        effects = effects + step * min(1.0, 2.0 / max(np.abs(step).max(), 1e-300))
        if np.abs(step).max() < 1e-12:
            break
    return np.where(known, np.exp(effects[:n, None] + effects[n:]), 0.0), inverse, known
