"""Before and after, against untreated units that looked alike before: matching with honest errors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.effects.credibility.rows import require_count, table_of
from analysis.effects.estimators.imputing import read_layers
from analysis.effects.panel import checks
from analysis.effects.panel.design import Design
from analysis.effects.results.describe import describe
from analysis.effects.results.estimate import EffectEstimate, add_inference
from analysis.effects.results.notes import Note
from analysis.errors import EstimationError

POOR = 0.25  # difference in standard deviations that a regression no longer mends well (Stuart 2010)
RIDGE = 1e-6


def matched_before_after(
    panel: pd.DataFrame,
    outcome: str,
    *,
    unit: str,
    time: str,
    cohort: str,
    before: int = 3,
    after: int = 3,
    matches: int = 3,
    covariates: Sequence[str] = (),
    exact: str | None = None,
    adjust: bool = True,
) -> EffectEstimate:
    """Compare the change in treated units with that in untreated units matched on how they were before.

    The estimand is the average effect over the first `after` periods in treated units that have matches. It
    rests on untreated outcomes changing alike in units with the same path of the outcome over `before`
    periods and the same covariates, on no anticipation and on no spillover.

    Parameters
    ----------
    panel, outcome, unit, time, cohort
        As in `att_gt`. Comparison units are untreated through the last of the `after` periods.
    before, after : int
        Periods before adoption to match on (their mean is what the change is from), and periods from adoption
        on to average over; at least 1.
    matches : int
        Nearest units per treated one, with replacement, by distance in standard deviations.
    covariates : sequence of str
        Numeric columns, taken in the last period before adoption; not measured after treatment.
    exact : str, optional
        Column, such as the district: matches have the same value.
    adjust : bool
        Whether to correct for what is left of differences by regression among comparison units (Abadie and
        Imbens 2011).

    Returns
    -------
    EffectEstimate
        Rows "overall" and "event_time=0" to the last one, with event_time; n_units counts matched treated
        units, n_controls different comparison units.

    Raises
    ------
    EstimationError
        Bad input as in `att_gt`; no treated unit seen in all the periods needed with enough comparison units.

    References
    ----------
    Abadie, A. and Imbens, G. W. (2006). Large sample properties of matching estimators for average treatment
    effects. Econometrica 74(1), 235-267; (2011) Bias-corrected matching estimators. Journal of Business &
    Economic Statistics 29(1), 1-11. Daw, J. R. and Hatfield, L. A. (2018). Matching and regression to the
    mean in difference-in-differences analysis. Health Services Research 53(6), 4138-4156.
    """
    for name, value in {"before": before, "after": after, "matches": matches}.items():
        require_count(1, **{name: value})
    covariates = [covariates] if isinstance(covariates, str) else list(covariates)
    checks.forbid_mediators(panel, covariates)
    checks.require_columns(
        panel, {"exact": exact} | {f"covariates[{k}]": c for k, c in enumerate(covariates)}
    )
    layers = {name: checks.numeric_column(panel, name, "covariate") for name in covariates}
    if exact is not None:
        layers["value to match exactly on"] = checks.codes_of(panel, exact, "value")[0].astype(float)
    design, carried = read_layers(panel, outcome, layers, unit=unit, time=time, cohort=cohort)
    stratum = np.zeros(design.outcomes.shape) if exact is None else carried["value to match exactly on"]
    pairs, lost = _match(design, [carried[c] for c in covariates], stratum, before, after, matches)
    if not pairs:
        raise EstimationError(
            "No treated unit can be matched.", where=f"columns {outcome!r} and {cohort!r}",
            expected=f"treated units seen in the {before} periods before and the {after} from adoption on, "
            f"with {matches} untreated ones seen in the same periods",
            mend="Ask for fewer periods or matches, or match less exactly.",
        )  # fmt: skip
    rows = []
    for k in [None, *range(after)]:
        estimate, error = _average(pairs, k, matches, adjust)
        figures = add_inference(np.array([estimate]), np.array([error]))
        rows.append({name: column[0] for name, column in figures.items()} | {
            "term": "overall" if k is None else f"event_time={k}", "event_time": k, "pre_period": False,
            "n_units": sum(len(p.treated) for p in pairs), "identified": True, "status": "estimated",
            "n_controls": len(np.unique(np.concatenate([p.chosen.ravel() for p in pairs]))),
        })  # fmt: skip
    table = table_of([*rows[1:], rows[0]])
    table["event_time"] = pd.array(table["event_time"], dtype="Int64")
    return describe(
        design, np.nan, table=table, estimator="Matched before-after comparison",
        control_group="not_yet_treated",
        estimand=Note("estimand_matched", outcome=outcome, before=before, after=after),
        notes=(*_balance(pairs, before, covariates), *_limits(lost, matches, table)),
    )  # fmt: skip


@dataclass(frozen=True)
class Pairs:
    """The matched units of one cohort.

    Attributes
    ----------
    treated : (n,) array of int
    pool : (m,) array of int
        Comparison units.
    chosen : (n, matches) array of int
        Units.
    features : dict-like (units, features) array
        What units were matched on, in standard deviations of the pool.
    change : (units, after) array
        Outcomes less the unit's mean before.
    """

    treated: np.ndarray
    pool: np.ndarray
    chosen: np.ndarray
    features: np.ndarray
    change: np.ndarray


def _match(design: Design, layers, stratum, before: int, after: int, matches: int) -> tuple[list[Pairs], int]:
    found, lost = [], 0
    for start in design.cohorts:
        at = int(np.searchsorted(design.times, start))
        own = design.starts == start
        if at < before or at + after > len(design.times):
            lost += int(own.sum())
            continue
        window = design.outcomes[:, at - before : at + after]
        whole = np.isfinite(window).all(axis=1)
        earlier = window[:, :before]
        features = np.column_stack([earlier, *(layer[:, at - 1] for layer in layers)])
        whole &= np.isfinite(features).all(axis=1)
        pool = np.flatnonzero(whole & (design.starts > design.times[at + after - 1]))
        treated = np.flatnonzero(whole & own)
        lost += int(own.sum()) - len(treated)
        if len(pool) < matches or not len(treated):
            lost += len(treated)
            continue
        spread = features[np.concatenate([pool, treated])].std(axis=0)
        features = features / np.where(spread > 0, spread, 1)
        distance = ((features[treated][:, None] - features[pool]) ** 2).sum(axis=2)
        distance[stratum[treated, at - 1][:, None] != stratum[pool, at - 1]] = np.inf
        enough = np.isfinite(distance).sum(axis=1) >= matches
        lost += int((~enough).sum())
        nearest = np.argsort(distance[enough], axis=1, kind="stable")[:, :matches]
        if enough.any():
            change = window[:, before:] - earlier.mean(axis=1, keepdims=True)
            found.append(Pairs(treated[enough], pool, pool[nearest], features, change))
    return found, lost


def _average(pairs: list[Pairs], k: int | None, matches: int, adjust: bool) -> tuple[float, float]:
    """Return the mean effect and its standard error (Abadie and Imbens 2006, theorem 7, for the treated).

    A comparison unit used for several cohorts counts with the sum of its uses.
    """
    effects, uses = [], {}
    for one in pairs:
        y = one.change.mean(axis=1) if k is None else one.change[:, k]
        expected = _regress(one, y) if adjust else np.zeros(len(y))
        rest = y - expected
        effects.append(rest[one.treated] - rest[one.chosen].mean(axis=1))
        noise = _noise(one, y)
        units, counts = np.unique(one.chosen, return_counts=True)
        for unit, count in zip(units, counts, strict=True):
            uses.setdefault(unit, []).append((count / matches, count / matches**2, noise[unit]))
    effects = np.concatenate(effects)
    n, estimate = len(effects), effects.mean()
    # what one use of a comparison unit adds is already in the spread of the effects
    again = sum(
        sum(w * e for w, _, e in use) ** 2 - sum(s * e**2 for _, s, e in use) for use in uses.values()
    )
    variance = ((effects - estimate) ** 2).sum() * (n / max(n - 1, 1)) + max(again, 0.0)
    return float(estimate), float(np.sqrt(variance) / n) if n > 1 else np.nan


def _regress(one: Pairs, y: np.ndarray) -> np.ndarray:
    """Return what a regression among matched comparison units expects of every unit (ridge-stabilised)."""
    used, counts = np.unique(one.chosen, return_counts=True)
    x = one.features - one.features[used].mean(axis=0)
    if len(used) <= x.shape[1] + 1:
        return np.zeros(len(y))
    weighted = x[used] * counts[:, None]
    cross = weighted.T @ x[used] + RIDGE * counts.sum() * np.eye(x.shape[1])
    mean = np.average(y[used], weights=counts)
    return np.nan_to_num(x) @ np.linalg.solve(cross, weighted.T @ (y[used] - mean))


def _noise(one: Pairs, y: np.ndarray) -> np.ndarray:
    """Return each comparison unit's outcome less that of its nearest fellow, scaled to one unit's noise."""
    noise = np.zeros(len(y))
    if len(one.pool) < 2:
        return noise
    features = one.features[one.pool]
    for unit in np.unique(one.chosen):
        distance = ((features - one.features[unit]) ** 2).sum(axis=1)
        distance[one.pool == unit] = np.inf
        noise[unit] = (y[unit] - y[one.pool[distance.argmin()]]) / np.sqrt(2)
    return noise


def _balance(pairs: list[Pairs], before: int, covariates: list[str]) -> list[Note]:
    names = [*(f"the outcome {before - k} before" for k in range(before)), *covariates]
    total = sum(len(one.treated) for one in pairs)
    gaps = np.zeros((2, len(names)))
    for one in pairs:
        own = one.features[one.treated]
        gaps[0] += (own - one.features[one.pool].mean(axis=0)).sum(axis=0) / total
        gaps[1] += (own - one.features[one.chosen].mean(axis=1)).sum(axis=0) / total
    gaps = np.abs(gaps)
    notes = [Note("matched_balance", before=gaps[0].max(), after=gaps[1].max())]
    poor = [name for name, gap in zip(names, gaps[1], strict=True) if gap > POOR]
    return [*notes, Note("matched_poor", names=", ".join(poor))] if poor else notes


def _limits(lost: int, matches: int, table: pd.DataFrame) -> list[Note]:
    notes = [Note("matched_errors", matches=matches, controls=int(table["n_controls"].iloc[0])),
             Note("matched_regression")]  # fmt: skip
    return [*notes, Note("matched_unmatched", units=lost)] if lost else notes
