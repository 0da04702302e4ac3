"""Effects of treatments that come in doses: by range of dose, and how they differ per unit of it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from analysis.effects.estimators.averages import clusters_of_levels, degrees
from analysis.effects.estimators.cells import sum_by
from analysis.effects.estimators.imputed import require_imputable
from analysis.effects.estimators.untreated import UntreatedModel
from analysis.effects.panel import checks
from analysis.effects.panel.design import Design, read_design
from analysis.effects.results.describe import describe, describe_missing
from analysis.effects.results.estimate import EffectEstimate, add_inference, make_table
from analysis.effects.results.notes import Note
from analysis.errors import EstimationError


def dose_response(
    panel: pd.DataFrame,
    outcome: str,
    *,
    unit: str,
    time: str,
    cohort: str,
    dose: str,
    bins: int | Sequence[float] = 3,
    covariates: Sequence[str] = (),
    weights: str | None = None,
    cluster: str | None = None,
) -> EffectEstimate:
    """Estimate the effect of treatment by range of dose, and the slope of effects over doses.

    A range's row is the average effect of the doses given on the units that got them, ATT(d | d), against no
    treatment at all: it rests on parallel trends of untreated outcomes and on no anticipation. To read the
    slope, or a difference between ranges, as what a higher dose would do needs more: that units given
    different doses would have gained alike from the same one (strong parallel trends).

    Parameters
    ----------
    panel : DataFrame
        One row per unit and period; not changed. Gaps are allowed; rows without an outcome or covariate are
        set aside and counted.
    outcome, unit, time, cohort : str
        Columns, as in `att_gt`.
    dose : str
        Column of the dose above 0 of each treated unit, the same in all its rows; its value in untreated
        units is not read.
    bins : int or sequence of float
        Number of ranges with about equally many treated units, or the inner bounds between ranges (a dose on
        a bound belongs to the higher range).
    covariates, weights, cluster
        As in `imputation`.

    Returns
    -------
    EffectEstimate
        One row per range with dose_low and dose_high (smallest and largest dose seen in it), one "slope"
        (least squares of effects on dose over treated unit-periods, in outcome per unit of dose) and one
        "overall". Untreated outcomes are imputed as in `imputation`, with its standard errors.

    Raises
    ------
    EstimationError
        Bad input as in `read_design`; a treated unit without a dose above 0, or with several; ranges that
        cannot be made.

    References
    ----------
    Callaway, B., Goodman-Bacon, A. and Sant'Anna, P. H. C. (2024). Difference-in-differences with a
    continuous treatment. NBER Working Paper 32117.
    Borusyak, K., Jaravel, X. and Spiess, J. (2024). Revisiting event-study designs: robust and efficient
    estimation. Review of Economic Studies 91(6), 3253-3285.
    """
    checks.require_columns(panel, {"dose": dose, "outcome": outcome, "unit": unit, "cohort": cohort})
    checks.numeric_column(panel, dose, "dose")
    design = read_design(panel, outcome, unit=unit, time=time, cohort=cohort, covariates=covariates,
                         weights=weights, cluster=cluster)  # fmt: skip
    doses = _doses(panel, dose, unit, design)
    model = UntreatedModel(design)
    require_imputable(model, covariates, cohort)
    treated = design.starts <= design.times[-1]
    ranges = _ranges(doses[treated], bins)
    place = np.where(treated, np.searchsorted(ranges, doses, side="right"), -1)
    targets, terms, bounds = _targets(design, model, doses, place)
    columns = _figures(design, model, targets, doses)
    table = make_table(columns | {"term": terms} | bounds)
    one = Note("dose_one_value") if np.ptp(doses[treated]) == 0 else Note("dose_slope")
    lost, total = int((model.treated & ~model.imputable).sum()), int(model.treated.sum())
    partial = [Note("not_imputed", count=lost, total=total)] if lost else []
    return describe(
        design, degrees(design)[0], table=table, estimator="Effects by dose",
        estimand=Note("estimand_dose", outcome=outcome, dose=dose), control_group=None,
        notes=(one, Note("conservative"), *partial, *describe_missing(table["status"].to_numpy())),
        unbalanced="unbalanced_regression",
    )  # fmt: skip


def _doses(panel: pd.DataFrame, dose: str, unit: str, design: Design) -> np.ndarray:
    """Return each unit's dose, 0 for the untreated; raise if a treated one has none, or several."""
    rows = pd.DataFrame({"unit": panel[unit], "dose": checks.numeric_column(panel, dose, "dose")})
    spread = rows.groupby("unit", sort=False)["dose"].agg(["min", "max"]).reindex(design.units)
    treated = design.starts <= design.times[-1]
    lacking = treated & ~(spread["min"] > 0).to_numpy()
    varies = treated & (spread["min"] != spread["max"]).to_numpy() & ~lacking
    for wrong, what in ((lacking, "have no dose above 0"), (varies, "have several doses")):
        if wrong.any():
            raise EstimationError(
                f"{int(wrong.sum())} treated units {what}.",
                where=f"column {dose!r}",
                value=f"{design.units[wrong][0]}: {spread['min'].to_numpy()[wrong][0]:g}",
                expected="one dose above 0 per treated unit, the same in all its rows",
                mend="Give units that get no dose the cohort <NA>; for doses that change, use twfe.",
            )
    return np.where(treated, spread["min"].to_numpy(), 0.0)


def _ranges(doses: np.ndarray, bins: int | Sequence[float]) -> np.ndarray:
    """Return the inner bounds of the ranges."""
    if isinstance(bins, int | np.integer) and not isinstance(bins, bool):
        if bins < 1:
            raise _unusable(bins)
        return np.unique(np.quantile(doses, np.arange(1, bins) / bins, method="higher"))
    try:
        bounds = np.asarray(list(bins), dtype=float)
    except (TypeError, ValueError):
        raise _unusable(bins) from None
    if not np.isfinite(bounds).all() or (np.diff(bounds) <= 0).any():
        raise _unusable(bins)
    return bounds


def _unusable(bins: object) -> EstimationError:
    return EstimationError(
        "Ranges of doses cannot be made.",
        where="argument bins",
        value=bins,
        expected="a whole number of at least 1, or increasing bounds between ranges",
    )


def _targets(design: Design, model: UntreatedModel, doses, place) -> tuple[list, list[str], dict]:
    """Return the weights of effects behind each row, the terms, and the doses seen in each range."""
    size = model.imputable * design.weights[:, None]
    terms, targets, low, high = [], [], [], []
    for k in np.unique(place[place >= 0]):
        own = doses[place == k]
        low.append(own.min())
        high.append(own.max())
        terms.append(f"dose={low[-1]:g}" if low[-1] == high[-1] else f"dose={low[-1]:g} to {high[-1]:g}")
        targets.append(size * (place == k)[:, None])
    around = doses[:, None] - (size * doses[:, None]).sum() / size.sum()
    targets = [target / max(target.sum(), np.finfo(float).tiny) for target in targets]
    spread = (size * around**2).sum()
    several = np.ptp(doses[model.imputable.any(axis=1)]) > 0
    targets += [size * around / spread if several else size * 0.0, size / size.sum()]
    whole = doses[place >= 0]
    bounds = {"dose_low": [*low, whole.min(), whole.min()], "dose_high": [*high, whole.max(), whole.max()]}
    return targets, [*terms, "slope", "overall"], bounds


def _figures(
    design: Design, model: UntreatedModel, targets: list[np.ndarray], doses: np.ndarray
) -> dict[str, np.ndarray]:
    effects = model.effects()
    df, factor = degrees(design)
    levels = np.unique(design.starts)
    alone = (clusters_of_levels(design, levels) == 1)[np.searchsorted(levels, design.starts)]
    mean = (targets[-1] * effects).sum()
    around = doses[:, None] - (targets[-1] * doses[:, None]).sum()
    estimate, errors = np.full((2, len(targets)), np.nan)
    n_units = np.array([int((target != 0).any(axis=1).sum()) for target in targets])
    for k in np.flatnonzero(n_units):
        estimate[k] = (targets[k] * effects).sum()
        used = (targets[k] != 0).any(axis=1)
        if (used & ~alone).any() and len(np.unique(design.clusters[used])) > 1:
            line = mean + estimate[k] * around if k == len(targets) - 2 else None
            parts = sum_by(model.contributions(targets[k], effects, line)[:, None], design.clusters)
            errors[k] = np.sqrt(factor * (parts**2).sum())
    identified = n_units > 0
    status = np.where(identified, "estimated", "no_comparison").astype(object)
    if not identified[-2]:
        status[-2] = "collinear"
    return add_inference(estimate, errors, df) | {
        "n_units": n_units,
        "identified": identified,
        "status": status,
    }
