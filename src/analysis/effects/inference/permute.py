"""Randomisation inference: how often would chance alone, in who adopted when, give such an effect?"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from analysis.effects.estimators.averages import Engine, degrees
from analysis.effects.estimators.callaway import require_choices
from analysis.effects.estimators.cells import plan_cells
from analysis.effects.estimators.fast import compare_by_sums
from analysis.effects.panel import checks
from analysis.effects.panel.design import Design, read_design
from analysis.effects.results.describe import describe, require_any
from analysis.effects.results.estimate import LEVEL, EffectEstimate, make_table
from analysis.effects.results.notes import Note
from analysis.errors import EstimationError


def randomisation_test(
    panel: pd.DataFrame,
    outcome: str,
    *,
    unit: str,
    time: str,
    cohort: str,
    within: str | None = None,
    assigned_by: str | None = None,
    control_group: str = "not_yet_treated",
    n_permutations: int = 999,
    seed: int = 0,
) -> EffectEstimate:
    """Compare the overall effect with those of the same adoption times dealt out to units at random.

    Exact, whatever the number of units, for the hypothesis that treatment changes no unit's outcome, if
    adoption times were as good as random across units (within the strata of `within`).

    Parameters
    ----------
    panel : DataFrame
        Balanced: every unit is seen in every period.
    outcome, unit, time, cohort : str
        Columns, as in `att_gt`.
    within : str, optional
        Column of strata, such as districts, within which adoption times are permuted.
    assigned_by : str, optional
        Column of the places that adopt as one, such as districts whose communities all start together: these
        are permuted, by the means of their units, and count alike.
    control_group : {"not_yet_treated", "never_treated"}
    n_permutations : int
        At least 19.
    seed : int

    Returns
    -------
    EffectEstimate
        One row "overall": the estimate of ``att_gt(...).aggregate("overall")`` with, in p_value, the share of
        assignments (the true one among them) with an effect at least as far from zero, and in conf_low and
        conf_high the constant effects that the test does not reject at 5 % (infinite where it can reject
        none). std_error is that of the effects of permuted assignments; statistic is NaN.

    Raises
    ------
    EstimationError
        Bad input as in `att_gt`; an unbalanced panel; a stratum that varies within a unit; strata in which
        all units adopt at the same time, so that there is nothing to permute.

    References
    ----------
    Athey, S. and Imbens, G. W. (2022). Design-based analysis in difference-in-differences settings with
    staggered adoption. Journal of Econometrics 226(1), 62-79.
    """
    require_choices(control_group=control_group)
    if n_permutations < 19:
        raise EstimationError(
            "So few permutations cannot give a p-value of 0.05.",
            value=n_permutations,
            where="argument n_permutations",
            expected="at least 19",
            mend="Raise n_permutations.",
        )
    if assigned_by is not None:
        panel, unit = _average(panel, outcome, unit, time, cohort, within, assigned_by), assigned_by
    design = read_design(panel, outcome, unit=unit, time=time, cohort=cohort, cluster=within)
    _require_balanced(design)
    strata = np.zeros(design.n_units, int) if within is None else design.clusters
    design = replace(design, clusters=np.arange(design.n_units), notes=tuple(
        note for note in design.notes if note.code not in ("few_clusters", "few_treated_clusters")),
        names=design.names | {"cluster": unit})  # fmt: skip
    score = overall_score(design, control_group)
    movable = _movable(score.level, strata, within or cohort)
    draws = permuted_levels(score.level, strata, n_permutations, np.random.default_rng(seed))
    treated = (design.times >= design.starts[:, None]).astype(float)
    effects, shifts = score.of(design.outcomes, draws), score.of(treated, draws)
    table = _tabulate(score.of(design.outcomes, score.level[None])[0], effects, shifts, design.n_treated)
    notes = (Note("permutations", count=n_permutations, seed=seed, within=within or "all units"),
             Note("permuted_units", movable=movable, total=design.n_units))  # fmt: skip
    return describe(design, np.nan, table=table, estimator="Randomisation test of Callaway-Sant'Anna",
                    estimand=Note("estimand_overall", outcome=outcome), control_group=control_group,
                    notes=notes)  # fmt: skip


def _average(panel, outcome, unit, time, cohort, within, by: str) -> pd.DataFrame:
    """Return the panel of the mean outcomes of the units that adopt as one."""
    checks.require_columns(panel, {"outcome": outcome, "unit": unit, "time": time, "cohort": cohort,
                                   "within": within, "assigned_by": by})  # fmt: skip
    cohorts = panel.groupby(by)[cohort].nunique(dropna=False)
    if (cohorts > 1).any():
        raise EstimationError(
            "Units of one place adopt at different times.", where=f"columns {by!r} and {cohort!r}",
            value=cohorts.index[cohorts > 1][0], expected="one cohort for all units of a place",
            mend="Leave assigned_by out to permute units.",
        )  # fmt: skip
    frame = panel.assign(**{outcome: checks.numeric_column(panel, outcome, "outcome")})
    others = {name: "first" for name in (cohort, within) if name not in (None, by)}
    return frame.groupby([by, time], as_index=False).agg({outcome: "mean"} | others)


@dataclass(frozen=True)
class Score:
    """The overall effect as a sum over units of ``outcomes[i] @ weights[level[i]]``.

    The weights depend only on how many units adopt when, so permuting adoption times only looks sums up.
    """

    level: np.ndarray
    weights: np.ndarray

    def of(self, outcomes: np.ndarray, levels: np.ndarray) -> np.ndarray:
        """Return the effect for each row of `levels`, an assignment of units to levels."""
        sums = outcomes @ self.weights.T
        return sums[np.arange(len(sums)), levels].sum(axis=1)


def overall_score(design: Design, control_group: str) -> Score:
    """Return the overall effect of a balanced design as a `Score`."""
    plan = plan_cells(design, control_group)
    estimates = compare_by_sums(design, plan)
    require_any(plan, estimates, design.names["cohort"])
    engine = Engine(design, plan, estimates, *degrees(design))
    sizes = engine.level_sizes[plan.level].astype(float)
    average = engine.average([plan.post], sizes, estimated_shares=True).weights[:, 0]
    influence = estimates.influence
    return Score(influence.level, influence.paths(average))


def permuted_levels(levels: np.ndarray, strata: np.ndarray, count: int, rng) -> np.ndarray:
    """Return `count` rows of `levels`, each permuted within `strata`."""
    order = np.argsort(strata, kind="stable")
    keys = rng.random((count, len(levels)))
    shuffled = np.lexsort((keys, np.broadcast_to(strata, keys.shape)), axis=1)
    draws = np.empty((count, len(levels)), levels.dtype)
    draws[:, order] = levels[shuffled]
    return draws


def _require_balanced(design: Design) -> None:
    if not design.balanced:
        raise EstimationError(
            "Adoption times can be exchanged only between units that are seen in the same periods.",
            where=f"columns {design.names['unit']!r} and {design.names['time']!r}",
            value=f"{int((~design.seen.all(axis=1)).sum())} units are not seen in every period",
            expected="a balanced panel",
            mend="Keep the units or periods that are complete.",
        )


def _movable(levels: np.ndarray, strata: np.ndarray, column: str) -> int:
    """Return how many units lie in strata with more than one adoption time; raise if none."""
    by_stratum = pd.DataFrame({"level": levels, "stratum": strata}).groupby("stratum")["level"]
    movable = int((by_stratum.transform("nunique") > 1).sum())
    if not movable:
        raise EstimationError(
            "There is nothing to permute: within each stratum all units adopt at the same time.",
            where=f"column {column!r}",
            expected="strata that hold units of different adoption times",
            mend="Permute across all units (within=None), or within larger strata.",
        )
    return movable


def _tabulate(estimate: float, effects: np.ndarray, shifts: np.ndarray, n_treated: int) -> pd.DataFrame:
    low, high = _invert(estimate, effects, shifts)
    return make_table({
        "term": ["overall"], "estimate": estimate, "std_error": effects.std(ddof=1), "statistic": np.nan,
        "p_value": _p_value(estimate, effects), "conf_low": low, "conf_high": high, "n_units": n_treated,
        "identified": True, "status": "estimated",
    })  # fmt: skip


def _p_value(estimate: float, effects: np.ndarray) -> float:
    far = np.abs(effects) >= np.abs(estimate) * (1 - 1e-9)
    return (1 + int(far.sum())) / (1 + len(effects))


def _invert(estimate: float, effects: np.ndarray, shifts: np.ndarray) -> tuple[float, float]:
    """Return the smallest and largest constant effect that is not rejected.

    Taking away a constant effect c makes the permuted effects ``effects - c * shifts`` and the true one
    ``estimate - c``. Each permutation is at least as far from zero for c outside two roots or between them,
    so the p-value changes only at these, and one pass over the sorted roots finds all of it.
    """
    candidates = np.concatenate([(estimate - effects) / _away(1 - shifts), (estimate + effects)
                                 / _away(1 + shifts)])  # fmt: skip
    candidates = np.sort(candidates[np.isfinite(candidates)])
    between = (candidates[1:] + candidates[:-1]) / 2
    ends = np.array([candidates[0] - 1, candidates[-1] + 1])
    probes = np.concatenate([ends[:1], between, ends[1:]])
    kept = np.array([_p_value(estimate - c, effects - c * shifts) > 1 - LEVEL for c in probes])
    first, last = np.flatnonzero(kept)[[0, -1]]
    return (-np.inf if kept[0] else float(candidates[first - 1])), (
        np.inf if kept[-1] else float(candidates[last])
    )


def _away(values: np.ndarray) -> np.ndarray:
    return np.where(np.abs(values) < 1e-12, np.nan, values)
