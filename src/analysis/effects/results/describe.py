"""Sample sizes and limits in words, the same for every estimator of staggered adoption."""

from __future__ import annotations

import numpy as np

from analysis.effects.estimators.averages import clusters_of_levels
from analysis.effects.estimators.cells import CellEstimates, Cells
from analysis.effects.panel.design import Design
from analysis.effects.results.estimate import STATUS, EffectEstimate
from analysis.effects.results.notes import Note
from analysis.errors import EstimationError

SMALL_COHORT = 20  # below it, no small-sample correction makes intervals too short by a few percent


def describe(
    design: Design, df: float, *, table, estimator, estimand, control_group, notes, unbalanced="unbalanced"
) -> EffectEstimate:
    """Return an estimate with the sample sizes and notes that follow from the design.

    Parameters
    ----------
    df : float
        Degrees of freedom of its intervals; inf for the normal distribution.
    unbalanced : str or None
        Code of the note that says how units that are not always seen were used; None for no note.
    """
    names = design.names
    return EffectEstimate(
        table=table,
        estimator=estimator,
        estimand=estimand,
        outcome=names["outcome"],
        unit=names["unit"],
        time=names["time"],
        treatment=names["cohort"],
        control_group=control_group,
        cluster=names["cluster"],
        n_clusters=design.n_clusters,
        n_rows=design.n_rows,
        n_obs=design.n_obs,
        n_units=design.n_units,
        n_treated=design.n_treated,
        set_aside=design.set_aside,
        notes=(
            *design.notes,
            *_balance(design, unbalanced),
            *_small(design),
            *_inference(design, df),
            *notes,
        ),
    )


def _balance(design: Design, code: str | None) -> list[Note]:
    if design.balanced or code is None:
        return []
    partly = int((~design.seen.all(axis=1)).sum())
    return [Note(code, units=partly, total=design.n_units)] if partly else []


def _small(design: Design) -> list[Note]:
    if design.n_treated == 1:
        return [Note("one_treated_unit")]
    cohorts = design.cohorts
    lone = int((clusters_of_levels(design, cohorts) == 1).sum())
    notes = [Note("one_unit_cohorts", cohorts=lone)] if lone else []
    sizes = np.bincount(np.searchsorted(cohorts, design.starts))[: len(cohorts)]
    small = int(((sizes > 1) & (sizes < SMALL_COHORT)).sum())
    return [*notes, Note("small_cohorts", cohorts=small, units=SMALL_COHORT)] if small else notes


def _inference(design: Design, df: float) -> list[Note]:
    cluster = design.names["cluster"]
    if np.isinf(df):
        return [Note("normal", cluster=cluster)]
    return [Note("student", cluster=cluster, df=int(df))] if df > 0 else []


def missing_reasons(status: np.ndarray) -> str:
    """Return the reasons of rows that are not identified, in words."""
    kinds = [kind for kind in STATUS if kind not in ("estimated", "reference") and (status == kind).any()]
    return "; ".join(f"{STATUS[kind]} ({int((status == kind).sum())})" for kind in kinds)


def describe_missing(status: np.ndarray) -> tuple[Note, ...]:
    """Return a note on the rows that are not identified, if any."""
    missing = int(((status != "estimated") & (status != "reference")).sum())
    if not missing:
        return ()
    return (Note("not_identified", count=missing, total=len(status), reasons=missing_reasons(status)),)


def require_any(plan: Cells, estimates: CellEstimates, cohort: str) -> None:
    """Raise if no treated cell is identified."""
    if not (plan.post & (estimates.status == "estimated")).any():
        raise EstimationError(
            "No treated period can be compared with untreated units: "
            + missing_reasons(estimates.status)
            + ".",
            where=f"column {cohort!r}",
            expected="units that are untreated while others are treated",
            mend="Add never-treated units or later cohorts, or choose control_group='not_yet_treated'.",
        )
