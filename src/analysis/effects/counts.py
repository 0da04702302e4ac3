"""Effects on counts: Poisson regression with unit and period effects, and by cohort (Wooldridge 2023)."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from analysis.effects import checks
from analysis.effects.averages import Engine
from analysis.effects.cells import CellEstimates, Cells, DenseInfluence, plan_cells, sum_by
from analysis.effects.describe import describe, describe_missing, require_any
from analysis.effects.design import Design, read_design
from analysis.effects.group_time import label_rows
from analysis.effects.notes import Note
from analysis.effects.regression import small_sample
from analysis.effects.results import EffectEstimate, add_inference, make_table
from analysis.effects.two_way import read_regression
from analysis.errors import EstimationError, shorten


def poisson(
    panel: pd.DataFrame,
    outcome: str,
    *,
    unit: str,
    time: str,
    treatment: str | None = None,
    cohort: str | None = None,
    covariates: Sequence[str] = (),
    weights: str | None = None,
    cluster: str | None = None,
) -> EffectEstimate:
    """Estimate what treatment does to counts, whose trends are parallel in ratios instead of differences.

    With `treatment`: one factor for all, from a Poisson regression with unit and period effects. With
    `cohort`: effects in counts by event time, each cohort's treated periods compared with what its own level
    times the growth of untreated unit-periods would have given. Both rest on untreated expected counts growing
    by the same factor everywhere and on no anticipation; the counts need not be Poisson.

    Parameters
    ----------
    panel : DataFrame
        One row per unit and period; not changed. Rows without an outcome, treatment, covariate or weight are
        set aside and counted.
    outcome, unit, time : str
        Columns; the outcome is at least 0.
    treatment : str, optional
        Column, as in `twfe`. Exactly one of `treatment` and `cohort` is needed.
    cohort : str, optional
        Column, as in `att_gt`: the choice for staggered adoption.
    covariates : sequence of str
        With `treatment` only: numeric columns not measured after treatment.
    weights : str, optional
        Column of weights; with `cohort` above 0 and constant within units.
    cluster : str, optional
        Column that holds each unit's cluster; by default the unit.

    Returns
    -------
    EffectEstimate
        With `treatment`: one row per regressor in logarithms, and the columns ratio, ratio_low, ratio_high
        (the factor and its interval); errors cluster-robust with fixest's small-sample rule. With `cohort`:
        one row per event time with event_time, and "overall", in counts; errors from the influence functions
        of the regression with cohort effects, clustered, with its factor G/(G-1) (n-1)/(n-p). Student's t
        with G - 1 degrees of freedom.

    Raises
    ------
    EstimationError
        Negative outcomes; bad input as in `twfe` or `att_gt`; a treatment that the effects absorb; a
        regression that does not converge.

    References
    ----------
    Wooldridge, J. M. (2023). Simple approaches to nonlinear difference-in-differences with panel data.
    Econometrics Journal 26(3), C31-C66.
    """
    if (treatment is None) == (cohort is None):
        raise EstimationError(
            "Exactly one of treatment and cohort is needed.", where="arguments treatment and cohort",
            value="both" if treatment else "none", expected="treatment for one factor, or cohort for effects "
            "by event time",
        )  # fmt: skip
    checks.require_columns(panel, {"outcome": outcome})
    if (checks.numeric_column(panel, outcome, "outcome") < 0).any():
        raise EstimationError(
            "A count is below zero.", where=f"column {outcome!r}", value=panel[outcome].min(),
            expected="counts of at least 0", mend="Use twfe or att_gt for outcomes that may be negative.",
        )  # fmt: skip
    if treatment is not None:
        return _ratio(panel, outcome, unit, time, treatment, list(covariates), weights, cluster)
    if len(covariates):
        raise EstimationError(
            "Covariates are not worked out for counts by cohort.", where="argument covariates",
            value=", ".join(map(str, covariates)), expected="none with cohort", mend="Name a treatment column "
            "instead, or leave them out.",
        )  # fmt: skip
    return _by_cohort(panel, outcome, unit, time, cohort, weights, cluster)


def _ratio(panel, outcome, unit, time, treatment, covariates, weights, cluster) -> EffectEstimate:
    from analysis.effects.two_way import twfe

    frame, names = read_regression(panel, outcome, unit=unit, time=time, treatment=treatment,
                                   covariates=covariates, weights=weights, cluster=cluster)  # fmt: skip
    linear = twfe(panel, outcome, unit=unit, time=time, treatment=treatment, covariates=covariates,
                  weights=weights, cluster=cluster)  # fmt: skip
    informative = _informative(frame)
    kept = frame[informative]
    fit = _fit(kept, names, treatment)
    clusters, found = kept["c"].nunique(), dict(zip(fit._coefnames, np.ravel(fit._beta_hat), strict=True))
    hessian = np.atleast_2d(fit._hessian)
    parts = sum_by(np.asarray(fit._scores) @ np.linalg.inv(hessian), kept["c"].to_numpy())
    factor = small_sample(clusters, len(kept), len(found) + kept["t"].nunique())
    spread = dict(zip(fit._coefnames, np.sqrt(factor * (parts**2).sum(axis=0)), strict=True))
    changing = kept["d"] != kept.groupby("u")["d"].transform("first")
    estimate = np.array([found.get(name, np.nan) for name in names])
    errors = np.array([spread.get(name, np.nan) for name in names])
    if kept.loc[changing, "c"].nunique() < 2:
        errors = errors * np.nan
    identified = np.isfinite(estimate)
    columns = add_inference(estimate, errors, clusters - 1.0)
    ratios = {new: np.exp(columns[old]) for new, old in
              (("ratio", "estimate"), ("ratio_low", "conf_low"), ("ratio_high", "conf_high"))}  # fmt: skip
    lost = int((~informative).sum())
    treated = int(kept.groupby("u")["d"].agg(lambda d: (d != 0).any()).sum())
    table = make_table(columns | {
        "term": [treatment, *covariates], "identified": identified,
        "n_units": [treated, *[kept["u"].nunique()] * len(covariates)],
        "status": np.where(identified, "estimated", "collinear"),
    } | ratios)  # fmt: skip
    notes = [Note("poisson_variance"), *([Note("poisson_separated", rows=lost)] if lost else [])]
    dropped = ("exact_fit", "student")
    return replace(
        linear, table=table, estimator="Poisson regression with two-way fixed effects",
        estimand=Note("estimand_poisson_ratio", outcome=outcome, unit=unit, time=time), n_obs=len(kept),
        n_units=kept["u"].nunique(), n_treated=treated, n_clusters=clusters,
        set_aside=(*linear.set_aside, *([("no count above zero", lost)] if lost else [])),
        notes=(*(n for n in linear.notes if n.code not in dropped), *notes,
               Note("student", cluster=linear.cluster, df=clusters - 1)),
    )  # fmt: skip


def _informative(frame: pd.DataFrame) -> np.ndarray:
    """Return the rows whose unit and period have a count above zero among the rows that are left."""
    kept = np.ones(len(frame), bool)
    while True:
        positive = frame["y"].where(kept, 0.0)
        now = kept & (positive.groupby(frame["u"]).transform("sum") > 0).to_numpy()
        now &= (positive.groupby(frame["t"]).transform("sum") > 0).to_numpy()
        if (now == kept).all():
            return kept
        kept = now


def _fit(frame: pd.DataFrame, names: list[str], treatment: str):
    import pyfixest

    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=r"(?s).*(collinear|separat)", category=UserWarning)
        warnings.filterwarnings("ignore", category=DeprecationWarning, module=r"pyfixest\.")
        warnings.filterwarnings("ignore", category=FutureWarning, module=r"pyfixest\.")
        try:
            fit = pyfixest.fepois(f"y ~ {' + '.join(names)} | u + t", frame, "iid",
                                  weights="w" if "w" in frame else None, fixef_rm="none",
                                  separation_check=None)  # fmt: skip
        except Exception as error:  # the library raises whatever its linear algebra raises
            raise EstimationError(
                f"The Poisson regression has no solution: {shorten(error, 160)}",
                where=f"column {treatment!r}",
                expected="counts above zero with and without treatment, and treatment that unit and period "
                "effects do not absorb",
                mend="Use twfe or att_gt on the counts or on rates.",
            ) from error
    if "d" not in fit._coefnames or len(np.ravel(fit._u_hat)) != len(frame):
        raise EstimationError(
            "Treatment cannot be told apart from the unit and period effects.", where=f"column {treatment!r}",
            expected="units that are untreated while others are treated",
        )  # fmt: skip
    return fit


def _by_cohort(panel, outcome, unit, time, cohort, weights, cluster) -> EffectEstimate:
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
    keys, sizes = np.unique(plan.event_time), estimates.n_treated.astype(float)
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

    Cohort and period effects are fitted by Poisson likelihood to untreated cohort x period sums, which are all
    the regression with cohort effects needs.
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
            status[k] = "no_treated" if not counts[g, t] else "no_comparison"
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
