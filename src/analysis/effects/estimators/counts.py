"""Effects on counts: Poisson regression with unit and period effects, and by cohort (Wooldridge 2023)."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from analysis.effects.estimators.cells import sum_by
from analysis.effects.estimators.rates import estimate_by_cohort
from analysis.effects.estimators.regression import demeaner, small_sample
from analysis.effects.estimators.two_way import read_regression, twfe
from analysis.effects.panel import checks
from analysis.effects.results.estimate import EffectEstimate, add_inference, make_table
from analysis.effects.results.notes import Note
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
    times the growth of untreated unit-periods would have given. Both rest on untreated expected counts
    growing by the same factor everywhere and on no anticipation; the counts need not be Poisson.

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
            "Exactly one of treatment and cohort is needed.",
            where="arguments treatment and cohort",
            value="both" if treatment else "none",
            expected="treatment for one factor, or cohort for effects by event time",
            mend="Give one of them and leave the other out.",
        )
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
            value=", ".join(map(str, covariates)), expected="none with cohort",
            mend="Name a treatment column instead, or leave them out.",
        )  # fmt: skip
    return estimate_by_cohort(panel, outcome, unit, time, cohort, weights, cluster)


def _ratio(panel, outcome, unit, time, treatment, covariates, weights, cluster) -> EffectEstimate:
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

    # counts that separate perfectly overflow on the way to the error below
    with np.errstate(all="ignore"), warnings.catch_warnings():
        # what is dropped is found below and said in words
        warnings.filterwarnings("ignore", message=r"(?s).*(collinear|separat)", category=UserWarning)
        # the library's own use of pandas, which the user can do nothing about
        warnings.filterwarnings("ignore", category=DeprecationWarning, module=r"pyfixest\.")
        warnings.filterwarnings("ignore", category=FutureWarning, module=r"pyfixest\.")
        try:
            fit = pyfixest.fepois(f"y ~ {' + '.join(names)} | u + t", frame, "iid",
                                  weights="w" if "w" in frame else None, fixef_rm="none",
                                  separation_check=None, demeaner=demeaner())  # fmt: skip
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
            "Treatment cannot be told apart from the unit and period effects.",
            where=f"column {treatment!r}",
            expected="units that are untreated while others are treated",
            mend="Add units without treatment in the same periods.",
        )
    return fit
