"""Synthetic difference-in-differences (Arkhangelsky, Athey, Hirshberg, Imbens and Wager 2021)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.effects.estimators.callaway import require_counts
from analysis.effects.estimators.group_time import label_rows
from analysis.effects.estimators.stacking import require_choice
from analysis.effects.panel.design import Design, read_design
from analysis.effects.results.describe import describe, describe_missing
from analysis.effects.results.estimate import EffectEstimate, add_inference, make_table
from analysis.effects.results.notes import Note
from analysis.errors import EstimationError

LEAST_DRAWS = 50


def synthetic_did(
    panel: pd.DataFrame,
    outcome: str,
    *,
    unit: str,
    time: str,
    cohort: str,
    inference: str = "placebo",
    n_boot: int = 200,
    seed: int = 0,
) -> EffectEstimate:
    """Compare treated units with never-treated ones weighted so that their paths ran parallel before.

    Never-treated units are weighted so that their mean path, up to a constant, follows that of the treated
    before adoption, and periods before adoption so that they stand for those after; the effect is the
    weighted difference in differences. It rests on those weights keeping the paths parallel after adoption
    too, and on no anticipation. It is made for few treated units and many periods before.

    Parameters
    ----------
    panel : DataFrame
        One row per unit and period; not changed. Units not seen in every period are set aside and counted.
    outcome, unit, time, cohort : str
        Columns, as in `att_gt`. Cohorts are estimated one by one.
    inference : {"placebo", "jackknife"}
        "placebo": the spread of effects when treatment is dealt out to never-treated units instead; needs
        more of them than treated units, and takes both to be equally noisy. "jackknife": leaving out one unit
        at a time with the weights kept; needs two treated units in each cohort.
    n_boot : int
        Placebo assignments, at least 50.
    seed : int

    Returns
    -------
    EffectEstimate
        One row per cohort, with cohort and pre_gap (root mean square of the treated mean less the synthetic
        path before adoption, after their mean difference), and a last row "overall": cohorts by their treated
        unit-periods. Normal distribution; no standard error where `inference` cannot give one.

    Raises
    ------
    EstimationError
        Bad input as in `read_design`; no never-treated units; no cohort with two periods before it.

    References
    ----------
    Arkhangelsky, D., Athey, S., Hirshberg, D. A., Imbens, G. W. and Wager, S. (2021). Synthetic difference-
    in-differences. American Economic Review 111(12), 4088-4118.
    """
    require_choice("inference", inference, ("placebo", "jackknife"))
    require_counts(n_boot=n_boot, seed=seed)
    if n_boot < LEAST_DRAWS:
        raise EstimationError(
            "So few draws do not give a standard error.",
            where="argument n_boot",
            value=n_boot,
            expected=f"at least {LEAST_DRAWS}",
            mend="Raise n_boot.",
        )
    design = _complete(read_design(panel, outcome, unit=unit, time=time, cohort=cohort), cohort)
    blocks = [Block.of(design, start) for start in design.cohorts]
    blocks = [block for block in blocks if block.before > 1]
    if not blocks:
        raise EstimationError("No cohort has two periods before its adoption to be matched on.",
                              where=f"column {cohort!r}", expected="two periods or more before adoption",
                              mend="Use att_gt or imputation.")  # fmt: skip
    fits = [block.fit() for block in blocks]
    effects = np.array([fit.effect for fit in fits])
    share = np.array([block.cells for block in blocks], float)
    mix = np.vstack([np.eye(len(blocks)), share / share.sum()]).T
    errors = _placebo(blocks, mix, n_boot, seed) if inference == "placebo" else _jackknife(blocks, fits, mix)
    table = _tabulate(design, blocks, fits, effects @ mix, errors)
    notes = [Note("synthetic_placebo", n_boot=n_boot, seed=seed) if inference == "placebo"
             else Note("synthetic_jackknife")]  # fmt: skip
    if not np.isfinite(errors[-1]):
        notes = [Note("synthetic_no_error", inference=inference)]
    return describe(design, np.nan, table=table, estimator="Synthetic difference-in-differences",
                    estimand=Note("estimand_synthetic", outcome=outcome), control_group="never_treated",
                    notes=(*notes, *describe_missing(table["status"].to_numpy())))  # fmt: skip


@dataclass(frozen=True)
class Fit:
    effect: float
    omega: np.ndarray
    lambda_: np.ndarray


@dataclass(frozen=True)
class Block:
    """One cohort and the never-treated units: their outcomes, and the number of periods before adoption."""

    start: float
    treated: np.ndarray
    controls: np.ndarray
    before: int

    @classmethod
    def of(cls, design: Design, start: float) -> Block:
        never = design.starts > design.times[-1]
        return cls(start, design.outcomes[design.starts == start], design.outcomes[never],
                   int(np.searchsorted(design.times, start)))  # fmt: skip

    @property
    def cells(self) -> int:
        return len(self.treated) * (self.treated.shape[1] - self.before)

    def fit(self) -> Fit:
        """Return the effect and the weights of controls and of periods before adoption, as R's synthdid."""
        from diff_diff.utils import compute_sdid_unit_weights, compute_time_weights

        past, later = self.controls[:, : self.before], self.controls[:, self.before :]
        noise = float(np.diff(past, axis=1).std(ddof=1)) if past.size > past.shape[0] + 1 else 0.0
        stop = 1e-5 * noise or 1e-12
        omega = compute_sdid_unit_weights(
            past.T, self.treated[:, : self.before].mean(axis=0), self.cells**0.25 * noise, min_decrease=stop
        )
        lambda_ = compute_time_weights(past.T, later.T, 1e-6 * noise, min_decrease=stop)
        return Fit(self.effect(omega, lambda_), omega, lambda_)

    def effect(self, omega: np.ndarray, lambda_: np.ndarray) -> float:
        gap = self.treated.mean(axis=0) - omega @ self.controls
        return float(gap[self.before :].mean() - gap[: self.before] @ lambda_)

    def gap(self, omega: np.ndarray) -> float:
        """Return the root mean square of the gap before adoption around its mean."""
        return float((self.treated.mean(axis=0) - omega @ self.controls)[: self.before].std())


def _placebo(blocks: list[Block], mix: np.ndarray, n_boot: int, seed: int) -> np.ndarray:
    """Return the standard errors of the `mix` of cohorts' effects, or NaN with too few controls."""
    controls, sizes = blocks[0].controls, [len(block.treated) for block in blocks]
    if sum(sizes) >= len(controls):
        return np.full(mix.shape[1], np.nan)
    rng, ends = np.random.default_rng(seed), np.cumsum(sizes)
    draws = np.empty((n_boot, len(blocks)))
    for draw in draws:
        order = rng.permutation(len(controls))
        rest = controls[order[ends[-1] :]]
        for b, (block, end, size) in enumerate(zip(blocks, ends, sizes, strict=True)):
            draw[b] = Block(block.start, controls[order[end - size : end]], rest, block.before).fit().effect
    return (draws @ mix).std(axis=0)


def _jackknife(blocks: list[Block], fits: list[Fit], mix: np.ndarray) -> np.ndarray:
    """Return the standard errors from leaving out one unit at a time, weights of the others kept."""
    n_controls = len(blocks[0].controls)
    full, left = np.array([fit.effect for fit in fits]), []
    for i in range(n_controls):
        keep = np.arange(n_controls) != i
        rests = [fit.omega[keep].sum() for fit in fits]
        if min(rests) <= 0:
            return np.full(mix.shape[1], np.nan)
        left.append([
            Block(block.start, block.treated, block.controls[keep], block.before).effect(
                fit.omega[keep] / rest, fit.lambda_)
            for block, fit, rest in zip(blocks, fits, rests, strict=True)
        ])  # fmt: skip
    for b, (block, fit) in enumerate(zip(blocks, fits, strict=True)):
        for i in range(len(block.treated)):
            rest = np.delete(block.treated, i, axis=0)
            row = full.copy()
            without = Block(block.start, rest, block.controls, block.before)
            row[b] = without.effect(fit.omega, fit.lambda_) if len(rest) else np.nan
            left.append(row)
    left = np.array(left)
    used = n_controls + np.array(
        [len(block.treated) for block in blocks] + [sum(len(b.treated) for b in blocks)]
    )
    alone = np.isnan(left).any(axis=0)
    squares = ((np.nan_to_num(left) - full) @ mix) ** 2
    errors = np.sqrt((used - 1) / used * squares.sum(axis=0))
    return np.where((mix[alone] != 0).any(axis=0), np.nan, errors)


def _tabulate(design: Design, blocks, fits, estimate, errors) -> pd.DataFrame:
    """Return one row per cohort of the design, in order, and the overall one."""
    cohorts, whole = design.cohorts, [block.start for block in blocks]
    place = np.array([whole.index(start) if start in whole else -1 for start in cohorts] + [len(blocks)])
    found = place >= 0
    gaps = np.array([block.gap(fit.omega) for block, fit in zip(blocks, fits, strict=True)] + [np.nan])
    n_units = [int((design.starts == start).sum()) for start in cohorts]
    values = (np.where(found, column[place], np.nan) for column in (estimate, errors))
    return make_table(add_inference(*values) | label_rows("cohort", design.labels(cohorts)) | {
        "n_units": [*n_units, sum(len(block.treated) for block in blocks)], "identified": found,
        "status": np.where(found, "estimated", "few_before"), "pre_gap": np.where(found, gaps[place], np.nan),
    })  # fmt: skip


def _complete(design: Design, cohort: str) -> Design:
    """Return the design of the units seen in every period; raise if a group has none."""
    if not design.balanced:
        design = design.select(design.seen.all(axis=1), "units not seen in every period")
    never = design.starts > design.times[-1]
    if not never.any() or never.all():
        raise EstimationError(
            "There are no never-treated units to compare with." if never.sum() == 0 else
            "No treated unit is seen in every period.",
            where=f"column {cohort!r}",
            expected="treated and never-treated units that are seen in every period",
            mend="Keep the periods in which units are complete, or use att_gt or imputation.",
        )  # fmt: skip
    return design
