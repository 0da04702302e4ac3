"""Covariate-adjusted cells through diff-diff, handed on as influence functions."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd

from analysis.effects.estimators.cells import CellEstimates, Cells, DenseInfluence
from analysis.effects.panel.design import Design
from analysis.effects.results.notes import Note
from analysis.errors import EstimationError, shorten


def compare_adjusted(
    design: Design, plan: Cells, control_group: str, anticipation: int, base_period: str, method: str
) -> tuple[CellEstimates, tuple[Note, ...]]:
    """Return estimates of all cells given covariates, and what the library remarked.

    Raises
    ------
    EstimationError
        If the library cannot estimate anything from these covariates.
    """
    from diff_diff import CallawaySantAnna

    frame, names = _long(design, anticipation)
    estimator = CallawaySantAnna(
        control_group=control_group, anticipation=anticipation, estimation_method=method,
        base_period=base_period, pscore_fallback="unconditional",
    )  # fmt: skip
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            fit = estimator.fit(frame, "outcome", "unit", "time", "start", covariates=names)
        except (ValueError, np.linalg.LinAlgError) as error:
            raise EstimationError(
                f"The effect given the covariates cannot be estimated: {shorten(error, 200)}",
                where="argument covariates",
                expected="covariates that vary and overlap between treated and untreated units",
                mend="Leave out covariates that nearly tell who is treated, or estimate without them.",
            ) from error
    return _collect(fit, design, plan), _remarks(caught)


def _long(design: Design, anticipation: int) -> tuple[pd.DataFrame, list[str]]:
    """Return the rows in the library's own terms: times from 1, start 0 for units untreated throughout."""
    unit, column = np.nonzero(design.seen)
    starts = np.where(design.starts > design.times[-1] + anticipation, -1, design.starts) + 1
    frame = pd.DataFrame({
        "outcome": design.outcomes[unit, column], "unit": unit, "time": design.times[column].astype(int) + 1,
        "start": starts[unit].astype(int),
    })  # fmt: skip
    names = [f"x{i}" for i in range(len(design.covariates))]
    for name, layer in zip(names, design.covariates, strict=True):
        frame[name] = layer[unit, column]
    return frame, names


def _collect(fit, design: Design, plan: Cells) -> CellEstimates:
    effects, influence = fit.group_time_effects, fit._aggregation_kit.influence
    columns = np.zeros((design.n_units, len(plan)))
    estimate = np.full(len(plan), np.nan)
    n_treated, n_controls = np.zeros(len(plan), int), np.zeros(len(plan), int)
    status = plan.status.copy()
    for k in np.flatnonzero(plan.status == "estimated"):
        key = (plan.cohort[k] + 1, plan.period[k] + 1)
        cell = effects.get(key)
        if cell is None or not np.isfinite(cell["effect"]):
            status[k] = "numerical"
            continue
        estimate[k], n_treated[k], n_controls[k] = cell["effect"], cell["n_treated"], cell["n_control"]
        parts = influence[key]
        columns[parts["treated_idx"], k] = parts["treated_inf"]
        columns[parts["control_idx"], k] = parts["control_inf"]
    level = np.searchsorted(plan.levels, design.starts)
    return CellEstimates(
        estimate, n_treated, n_controls, status, DenseInfluence(columns, level, design.clusters)
    )


def _remarks(caught: list[warnings.WarningMessage]) -> tuple[Note, ...]:
    texts = {shorten(w.message, 200) for w in caught if issubclass(w.category, UserWarning)}
    return tuple(Note("library", library="diff-diff", text=text) for text in sorted(texts)
                 if not text.startswith("Unbalanced panel"))  # fmt: skip
