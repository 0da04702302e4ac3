"""Which inference to trust when clusters are few: the same coefficient by several methods, side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from analysis.effects.estimators.two_way import read_regression, twfe
from analysis.effects.inference.clustered import ClusterSums
from analysis.effects.inference.permute import randomisation_test
from analysis.effects.panel import checks
from analysis.effects.results.estimate import LEVEL, EffectEstimate, add_inference, make_table
from analysis.effects.results.notes import Note

ENOUGH = 40  # effective clusters from which the usual standard errors do (MacKinnon, Nielsen and Webb 2023)
ENOUGH_TREATED = 5


def cluster_inference(
    panel: pd.DataFrame,
    outcome: str,
    *,
    unit: str,
    time: str,
    treatment: str,
    cluster: str | None = None,
    covariates: Sequence[str] = (),
    weights: str | None = None,
    cohort: str | None = None,
    within: str | None = None,
    n_boot: int = 1999,
    seed: int = 0,
) -> EffectEstimate:
    """Give the two-way fixed-effects coefficient with every kind of clustered inference, and which to trust.

    Parameters
    ----------
    panel, outcome, unit, time, treatment, cluster, covariates, weights
        As in `twfe`.
    cohort : str, optional
        With it, a row of `randomisation_test` (of another estimand: the overall average effect) is added;
        clusters that adopt as one are permuted as one.
    within : str, optional
        Column of the strata within which `randomisation_test` permutes.
    n_boot : int
        Draws of the wild bootstrap, and permutations.
    seed : int

    Returns
    -------
    EffectEstimate
        Rows "CRV1" (as `twfe`), "CRV3" (jackknife over clusters, Student's t with G - 1 degrees of freedom;
        not identified if the coefficient hangs on one cluster), "wild cluster bootstrap" (restricted,
        studentised by CRV1; signs, or Webb's six points under 12 clusters; interval by inversion) and, with
        `cohort`, "randomisation". Extra column: trusted (True in at most one row). Notes give clusters,
        treated clusters, effective clusters (by partial leverage) and the reason of the choice.

    Raises
    ------
    EstimationError
        As `twfe` and `randomisation_test`.

    References
    ----------
    MacKinnon, J. G., Nielsen, M. O. and Webb, M. D. (2023). Cluster-robust inference: a guide to empirical
    practice. Journal of Econometrics 232(2), 272-299.
    """
    columns = {"unit": unit, "time": time, "treatment": treatment, "covariates": covariates}
    base = twfe(panel, outcome, **columns, weights=weights, cluster=cluster)
    first = base.table.iloc[0]
    frame, names = read_regression(panel, outcome, **columns, weights=weights, cluster=cluster)
    sums = ClusterSums.read(frame, names)
    estimate, n_units, df = float(first["estimate"]), int(first["n_units"]), base.n_clusters - 1.0
    rows = [dict(first[["statistic", "p_value", "std_error", "conf_low", "conf_high"]]) | {"term": "CRV1"}]
    if base.n_clusters > 1:
        rows += [_jackknife(sums, estimate, df), _wild(sums, estimate, first["std_error"], n_boot, seed)]
    if cohort is not None:
        checks.require_columns(panel, {"cohort": cohort, "within": within})
        together = cluster is not None and (panel.groupby(cluster)[cohort].nunique(dropna=False).max() == 1)
        drawn = randomisation_test(
            panel, outcome, unit=unit, time=time, cohort=cohort, within=within,
            assigned_by=cluster if together else None, n_permutations=n_boot, seed=seed,
        ).table.iloc[0]  # fmt: skip
        rows.append(dict(drawn) | {"term": "randomisation"})
    trusted, notes = _judge(frame, sums, cohort is not None)
    table = pd.DataFrame(
        {"estimate": estimate, "n_units": n_units, "status": "estimated"} | row for row in rows
    )
    table["identified"] = table["p_value"].notna()
    table.loc[~table["identified"], ["estimate", "std_error", "statistic", "conf_low", "conf_high"]] = np.nan
    table["status"] = np.where(table["identified"], "estimated", "no_comparison")
    table["trusted"] = (table["term"] == trusted) & table["identified"]
    kept = tuple(note for note in base.notes if note.code != "student")
    return replace(base, table=make_table({name: table[name].to_numpy() for name in table}),
                   estimator="Two-way fixed effects, several kinds of inference",
                   notes=(*kept, *notes, Note("wild", n_boot=n_boot, seed=seed)))  # fmt: skip


def _jackknife(sums: ClusterSums, estimate: float, df: float) -> dict[str, object]:
    columns = add_inference(np.array([estimate]), np.array([sums.crv3(estimate)]), df)
    return {name: values[0] for name, values in columns.items()} | {"term": "CRV3"}


def _wild(sums: ClusterSums, estimate: float, error: float, n_boot: int, seed: int) -> dict[str, object]:
    row = {"term": "wild cluster bootstrap", "std_error": np.nan, "statistic": np.nan}
    if not error > 0:
        return row | {"p_value": np.nan, "conf_low": np.nan, "conf_high": np.nan}
    bootstrap = sums.bootstrap(n_boot, seed)
    low, high = bootstrap.interval(estimate, float(error), LEVEL)
    return row | {"p_value": bootstrap.p_value(), "conf_low": low, "conf_high": high}


def _judge(frame: pd.DataFrame, sums: ClusterSums, permuted: bool) -> tuple[str | None, tuple[Note, ...]]:
    """Return the method to trust (None: none of those made) and the notes that say why."""
    changing = frame["d"] != frame.groupby("u")["d"].transform("first")
    treated = frame.loc[changing, "c"].nunique()
    effective = 1 / (sums.leverage() ** 2).sum()
    facts = Note("cluster_facts", clusters=sums.n_clusters, treated=treated, effective=float(effective))
    untreated = sums.n_clusters - treated
    lopsided = treated < ENOUGH_TREATED or 0 < untreated < ENOUGH_TREATED
    if effective >= ENOUGH and not lopsided:
        return "CRV1", (facts, Note("trust_usual"))
    if not lopsided:
        return "wild cluster bootstrap", (facts, Note("trust_wild"))
    if permuted:
        return "randomisation", (facts, Note("trust_randomisation"))
    return None, (facts, Note("trust_none"))
