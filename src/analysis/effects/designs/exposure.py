"""Spillovers: effects on treated units and on untreated ones whose neighbours or partners are treated."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from analysis.effects.credibility.rows import missing_row, require_one_of, table_of
from analysis.effects.estimators.averages import degrees
from analysis.effects.estimators.cells import sum_by
from analysis.effects.estimators.imputing import jackknife, lone, read_layers, weigh_effects
from analysis.effects.estimators.untreated import UntreatedModel
from analysis.effects.panel import checks
from analysis.effects.panel.design import Design
from analysis.effects.panel.timescale import read_scale
from analysis.effects.results.describe import describe, describe_missing
from analysis.effects.results.estimate import EffectEstimate, add_inference
from analysis.effects.results.notes import Note
from analysis.errors import EstimationError

SHAPES = ("free", "linear")


def spillover_effects(
    panel: pd.DataFrame,
    outcome: str,
    *,
    unit: str,
    time: str,
    cohort: str,
    exposure: str,
    shape: str = "linear",
    threshold: float = 0.0,
    weights_until: str | None = None,
    share_cross_ties: str | None = None,
    cluster: str | None = None,
) -> EffectEstimate:
    """Estimate direct effects and effects on exposed untreated units, against no treatment anywhere.

    A comparison with units that treatment reaches through others is biased by what reaches them. Here
    untreated outcomes are imputed for no exposure: from all untreated unit-periods with exposure as a
    covariate ("linear"), or from those alone that are so far neither treated nor exposed ("free").

    It rests on parallel trends without treatment, no anticipation, and the exposure measure catching every
    way in which treatment reaches other units. "linear" adds that what reaches an untreated unit is
    proportional to its exposure.

    Parameters
    ----------
    panel, outcome, unit, time, cohort
        As in `att_gt`.
    exposure : str
        Column: share (0 to 1) of a unit's neighbours or of its ties to others that are treated in the period,
        weighted by ties from before the first adoption (see `analysis.networks.exposure`).
    shape : {"linear", "free"}
        "free" assumes nothing of how exposure works, but needs unit-periods without it late in the panel:
        treated ones without any clean comparison are left out and counted, so that effects that grow are
        averaged over their first periods. Look at both.
    threshold : float
        Exposure up to it counts as none ("free").
    weights_until : str, optional
        Column with the last period from which exposure weights were taken, on the scale of `time` (missing:
        fixed, such as a map).
    share_cross_ties : str, optional
        Column with each unit's share of ties that cross to other units; its mean is told in a note.
    cluster : str, optional
        The level within which units reach one another, such as the street, is right.

    Returns
    -------
    EffectEstimate
        Rows "direct" (all treated unit-periods that can be imputed), "direct, unexposed" and "direct,
        exposed" (those among them by their own exposure), "exposed" (untreated but exposed unit-periods) and
        "full exposure" (effect on an untreated unit per unit of exposure: at 1, all partners treated), with
        n_periods and mean_exposure of the row's unit-periods.

    Raises
    ------
    EstimationError
        Bad input as in `att_gt`; weights measured at or after the first adoption; an exposure outside 0 to 1,
        or listed as measured after treatment; no clean unit-period.

    References
    ----------
    Aronow, P. M. and Samii, C. (2017). Estimating average causal effects under general interference. Annals
    of Applied Statistics 11(4), 1912-1947. Butts, K. (2023). Difference-in-differences estimation with
    spatial spillovers. arXiv 2105.03737.
    """
    require_one_of(SHAPES, shape=shape)
    checks.require_columns(panel, {"outcome": outcome, "unit": unit, "time": time, "cohort": cohort,
                                   "exposure": exposure, "weights_until": weights_until})  # fmt: skip
    checks.require_columns(panel, {"share_cross_ties": share_cross_ties})
    values = checks.numeric_column(panel, exposure, "exposure")
    _require_share(values, exposure)
    weighed = _weights_note(panel, time, cohort, weights_until)
    design, carried = read_layers(panel, outcome, {exposure: values}, unit=unit, time=time, cohort=cohort,
                                  cluster=cluster)  # fmt: skip
    reach = Reach(design, np.nan_to_num(carried[exposure]), shape, threshold)
    fit = reach.fit()
    errors = jackknife(design, lambda kept: reach.select(kept).fit().estimates())
    df = degrees(design)[0] if errors is None else design.n_clusters - 1.0
    table = table_of(_row(term, k, fit, errors, df) for k, term in enumerate(TERMS))
    notes = [Note("conservative" if errors is None else "jackknife"), *reach.notes(fit), *weighed]
    if share_cross_ties is not None:
        share = checks.numeric_column(panel.drop_duplicates(unit), share_cross_ties, "share of cross ties")
        if np.isfinite(share).any():
            notes.append(Note("spillover_cross", share=float(np.nanmean(share))))
    return describe(design, df if errors is None else np.nan, table=table, control_group=None,
                    estimator=f"Imputation with spillovers ({shape})", unbalanced="unbalanced_regression",
                    estimand=Note("estimand_spillover", outcome=outcome),
                    notes=(*notes, *describe_missing(table["status"].to_numpy())))  # fmt: skip


TERMS = ("direct", "direct, unexposed", "direct, exposed", "exposed", "full exposure")


@dataclass(frozen=True)
class Reach:
    """A design with the exposure of every unit-period and how it is taken into account."""

    design: Design
    exposure: np.ndarray
    shape: str
    threshold: float

    @property
    def treated(self) -> np.ndarray:
        return self.design.seen & (self.design.times >= self.design.starts[:, None])

    @property
    def exposed(self) -> np.ndarray:
        """Whether a unit-period is untreated and exposed."""
        return self.design.seen & ~self.treated & (self.exposure > self.threshold)

    def select(self, units: np.ndarray) -> Reach:
        design = self.design.select(units, "left out in turn")
        return replace(self, design=design, exposure=self.exposure[units])

    def fit(self) -> Fit:
        design = self.design
        if self.shape == "linear":
            column = np.where(self.treated, 0.0, self.exposure)
            if not self.exposed.any():
                return Fit(self, UntreatedModel(design))
            return Fit(self, UntreatedModel(replace(design, covariates=column[None])))
        reached = np.where(self.exposed.any(axis=1), design.times[self.exposed.argmax(axis=1)], np.inf)
        return Fit(self, UntreatedModel(replace(design, starts=np.minimum(design.starts, reached))))

    def notes(self, fit: Fit) -> list[Note]:
        clean = int(fit.model.mask.sum())
        if not self.exposed.any():
            notes = [Note("spillover_none_exposed")]
        elif self.shape == "linear":
            notes = [Note("spillover_linear", clean=clean)]
        else:
            dropped = int((fit.model.treated & ~self.treated).sum())
            notes = [Note("spillover_clean", clean=clean, dropped=dropped, threshold=self.threshold)]
        lost = int((self.treated & ~fit.direct).sum())
        return [*notes, Note("not_imputed", count=lost, total=int(self.treated.sum()))] if lost else notes


class Fit:
    """Imputed effects of a `Reach` and the weights of the rows of the table."""

    def __init__(self, reach: Reach, model: UntreatedModel) -> None:
        self.reach, self.model = reach, model
        self.failed = bool(model.absorbed.any())
        self.effects = np.zeros(reach.exposure.shape) if self.failed else model.effects()
        self.linear = len(model.slopes) > 0 and not self.failed
        self.direct = reach.treated & model.imputable & (not self.failed)

    def weights(self, k: int) -> np.ndarray:
        reach, direct = self.reach, self.direct
        own = reach.exposure > reach.threshold
        if k < 3:
            mask = (direct, direct & ~own, direct & own)[k]
            return mask / max(mask.sum(), 1)
        usable = reach.exposed & (reach.exposed if self.linear else self.model.imputable) & (not self.failed)
        if k == 3:
            return usable / max(usable.sum(), 1)
        square = np.where(usable, reach.exposure, 0.0)
        return square / max((square**2).sum(), 1e-12)

    def figures(self, k: int) -> tuple[float, float]:
        """Return a row's estimate and analytic error; NaN where there is none."""
        weights, reach = self.weights(k), self.reach
        if not weights.any() or (k > 2 and reach.shape == "linear" and not self.linear):
            return np.nan, np.nan
        if k > 2 and self.linear:
            factor = 1.0 if k == 4 else float((weights * reach.exposure).sum())
            rest = (self.model.beyond[0] * self.model.mask * self.effects).sum(axis=1) / self.model.cross[
                0, 0
            ]
            error = np.sqrt(
                degrees(reach.design)[1] * (sum_by(rest[:, None], reach.design.clusters) ** 2).sum()
            )
            return float(self.model.slopes[0]) * factor, float(error) * factor
        event = np.where(reach.treated, reach.design.times - reach.design.starts[:, None], -1.0)
        return weigh_effects(reach.design, self.model, self.effects, weights, event)

    def estimates(self) -> np.ndarray:
        return np.array([self.figures(k)[0] for k in range(len(TERMS))])


def _row(term: str, k: int, fit: Fit, errors, df) -> dict[str, object]:
    weights = fit.weights(k)
    now = weights != 0
    mean = float(fit.reach.exposure[now].mean()) if now.any() else np.nan
    estimate, error = fit.figures(k)
    labels = {"term": term, "n_periods": int(now.sum()), "mean_exposure": mean}
    if not np.isfinite(estimate):
        seen = (fit.reach.treated if k < 3 else fit.reach.exposed).any()
        return missing_row("no_comparison" if seen else "no_treated", **labels)
    error = error if errors is None else errors[k]
    error = np.nan if lone(fit.reach.design, weights) else error
    columns = add_inference(np.array([estimate]), np.array([error]), df)
    return {name: values[0] for name, values in columns.items()} | labels | {
        "n_units": int(now.any(axis=1).sum()), "identified": True, "status": "estimated",
    }  # fmt: skip


def _require_share(values: np.ndarray, column: str) -> None:
    wrong = values[(values < 0) | (values > 1)]
    if len(wrong):
        raise EstimationError(
            "An exposure is a share.", where=f"column {column!r}", value=wrong[0],
            expected="0 (no partner treated) to 1 (all treated)",
            mend="Divide by the number of neighbours, or by all of a unit's ties to others.",
        )  # fmt: skip


def _weights_note(panel, time: str, cohort: str, until: str | None) -> list[Note]:
    """Refuse weights from the first adoption on; say up to when they were measured."""
    if until is None:
        return [Note("spillover_weights_unknown")]
    known = pd.Index(panel[until].dropna().unique())
    if not len(known):
        return []
    scale = read_scale(checks.codes_of(panel, time, "period")[1], time)
    starts = scale.positions(pd.Index(panel[cohort].dropna().unique()), cohort)
    measured = scale.positions(known, until)
    if len(starts) and measured.max() >= starts.min():
        raise EstimationError(
            "Exposure weights were measured after adoption began: treatment may have changed them.",
            where=f"column {until!r}", value=known[int(measured.argmax())],
            expected=f"ties from before {scale.label(np.floor(starts.min()))}, the first adoption",
            mend="Compute exposure with ties up to an earlier period (networks.exposure, argument until).",
        )  # fmt: skip
    return [Note("spillover_weights", period=known[int(measured.argmax())])]
