"""The smallest effect a design could have shown, as a whole and in each district, by simulation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from analysis.effects.credibility.rows import missing_row, require_count, table_of
from analysis.effects.estimators.callaway import require_choices
from analysis.effects.inference.permute import overall_score
from analysis.effects.panel import checks
from analysis.effects.panel.design import Design, read_design
from analysis.effects.results.describe import describe, describe_missing
from analysis.effects.results.estimate import LEVEL, EffectEstimate
from analysis.effects.results.notes import Note
from analysis.errors import EstimationError


def detectable_effect(
    panel: pd.DataFrame,
    outcome: str,
    *,
    unit: str,
    time: str,
    cohort: str,
    district: str | None = None,
    cluster: str | None = None,
    control_group: str = "not_yet_treated",
    power: Sequence[float] = (0.5, 0.8, 0.9),
    n_draws: int = 2000,
    seed: int = 0,
) -> EffectEstimate:
    """Find by simulation which constant effect this design would tell from zero, and how often.

    Outcome paths without effects are drawn with replacement from the units' own paths, less the mean path of
    their cohort (so that neither effects nor common shocks are left, while noise keeps its correlation over
    time); they are laid on the design's adoption times, and the overall effect of `att_gt` is taken. An
    effect counts as found if the estimate is further from zero than 95 % of estimates without any effect.

    Parameters
    ----------
    panel : DataFrame
        Balanced: every unit is seen in every period.
    outcome, unit, time, cohort, control_group
        As in `att_gt`.
    district : str, optional
        Column; with it, a row for each district too: what a comparison within it alone could have shown.
    cluster : str, optional
        With it, whole clusters keep their paths together and only their signs are drawn (at least ten
        clusters).
    power : sequence of float
        Chances, above 0.05 and below 1; the largest are for large effects.
    n_draws : int
        At least 200.
    seed : int

    Returns
    -------
    EffectEstimate
        Rows "overall, power=..." and, with `district`, "<district>, power=...": estimate is the smallest
        detectable effect in units of the outcome (its sign does not matter), std_error the standard deviation
        of estimates without effect, with power, district and n_controls. A district without treated and
        untreated units is a row that is not identified. No p-values or intervals.

    Raises
    ------
    EstimationError
        Bad input as in `att_gt`; an unbalanced panel; powers out of range; fewer than ten clusters.

    References
    ----------
    Bertrand, M., Duflo, E. and Mullainathan, S. (2004). How much should we trust differences-in-differences
    estimates? Quarterly Journal of Economics 119(1), 249-275 (placebo laws on true paths). Bloom, H. S.
    (1995). Minimum detectable effects. Evaluation Review 19(5), 547-556.
    """
    require_choices(control_group=control_group)
    require_count(200, n_draws=n_draws)
    chances = _read_power(power)
    checks.require_columns(panel, {"district": district})
    design = read_design(panel, outcome, unit=unit, time=time, cohort=cohort, cluster=cluster or district)
    if not design.balanced:
        raise EstimationError("Whole paths can be drawn only where every unit is seen in every period.",
                              where=f"columns {unit!r} and {time!r}", expected="a balanced panel",
                              mend="Keep the units or periods that are complete.")  # fmt: skip
    noise = _Noise(*_paths(design), design.clusters if cluster else None, n_draws, seed)
    rows = _rows("overall", None, design, np.ones(design.n_units, bool), noise, control_group, chances)
    if district is not None:
        homes = design if cluster is None else read_design(
            panel, outcome, unit=unit, time=time, cohort=cohort, cluster=district)  # fmt: skip
        labels = pd.factorize(panel[district])[1]
        for code, label in enumerate(labels):
            inside = homes.clusters == code
            rows += _rows(str(label), str(label), design, inside, noise, control_group, chances)
    table = table_of(rows)
    how = "signs drawn by cluster" if cluster else "units drawn with replacement"
    if cluster is None:
        design = _by_unit(design)
    return describe(
        design, np.nan, table=table, estimator="Detectable effect by simulation", control_group=control_group,
        estimand=Note("estimand_detectable", outcome=outcome),
        notes=(Note("power_draws", draws=n_draws, seed=seed, how=how, level=LEVEL),
               *describe_missing(table["status"].to_numpy())),
    )  # fmt: skip


class _Noise:
    """Draws of outcomes without effects, as rows of the paths and signs."""

    def __init__(self, paths, lone, clusters: np.ndarray | None, n_draws: int, seed: int) -> None:
        self.paths, self.clusters, self.n_draws, self.seed = paths, clusters, n_draws, seed
        self.pool = paths[~lone]
        if not len(self.pool):
            raise EstimationError(
                "Every unit adopts at its own time: noise looks like effects.",
                where="argument cohort",
                expected="cohorts of two units or more",
                mend="Add units that start together, or that never start.",
            )
        if clusters is not None and len(np.unique(clusters)) < 10:
            raise EstimationError("Too few clusters to draw their signs.", where="argument cluster",
                                  value=len(np.unique(clusters)), expected="ten clusters or more",
                                  mend="Leave cluster out.")  # fmt: skip

    def estimates(self, units: np.ndarray, level: np.ndarray, weights: np.ndarray) -> np.ndarray:
        """Return the sum over the units of path times weights of their level, once per draw."""
        rng = np.random.default_rng(self.seed)
        if self.clusters is None:
            sums = self.pool @ weights.T
            drawn = rng.integers(0, len(sums), (self.n_draws, len(level)))
            return sums[drawn, level].sum(axis=1)
        own = (self.paths[units] * weights[level]).sum(axis=1)
        labels, code = np.unique(self.clusters[units], return_inverse=True)
        signs = rng.choice([-1.0, 1.0], (self.n_draws, len(labels)))
        return signs @ np.bincount(code, own)


def _paths(design: Design) -> tuple[np.ndarray, np.ndarray]:
    """Return outcomes less the mean path of the cohort, blown up for what the means have taken away, and
    which units are alone in their cohort."""
    levels, level, counts = np.unique(design.starts, return_inverse=True, return_counts=True)
    member = (np.arange(len(levels))[:, None] == level).astype(float)
    left = design.outcomes - (member @ design.outcomes / counts[:, None])[level]
    size = counts[level].astype(float)
    return left * np.sqrt(size / np.maximum(size - 1, 1))[:, None], size == 1


def _rows(term, label, design: Design, units, noise: _Noise, control_group, chances) -> list[dict]:
    part = replace(design, outcomes=design.outcomes[units], starts=design.starts[units],
                   clusters=np.arange(int(units.sum())), weights=np.ones(int(units.sum())),
                   covariates=design.covariates[:, units])  # fmt: skip
    labels = [{"term": f"{term}, power={chance:g}", "district": label, "power": chance} for chance in chances]
    treated = part.starts <= part.times[-1]
    counts = {"n_controls": int((~treated).sum())}
    if not treated.any():
        return [missing_row("no_treated", **one, **counts) for one in labels]
    try:
        score = overall_score(part, control_group)
    except EstimationError:
        return [missing_row("no_comparison", **one, **counts) for one in labels]
    drawn = noise.estimates(units, score.level, score.weights)
    found = {"std_error": float(drawn.std(ddof=1)), "statistic": np.nan, "p_value": np.nan,
             "conf_low": np.nan, "conf_high": np.nan, "n_units": int(treated.sum()), "identified": True,
             "status": "estimated"}  # fmt: skip
    return [found | one | counts | {"estimate": _smallest(drawn, one["power"])} for one in labels]


def _smallest(drawn: np.ndarray, power: float) -> float:
    """Return the effect whose estimates lie beyond the critical value with probability `power`."""
    noise = np.concatenate([drawn, -drawn])
    critical = np.quantile(np.abs(noise), LEVEL)
    low, high = 0.0, critical + float(np.abs(noise).max())
    for _ in range(60):
        middle = (low + high) / 2
        found = (np.abs(noise + middle) > critical).mean()
        low, high = (low, middle) if found >= power else (middle, high)
    return high


def _read_power(power: Sequence[float]) -> list[float]:
    chances = [float(p) for p in np.atleast_1d(np.asarray(power, dtype=float))]
    if not chances or not all(1 - LEVEL < p < 1 for p in chances):
        raise EstimationError(
            "A chance of being found is wanted.",
            where="argument power",
            value=power,
            expected="one number or more, each above 0.05 and below 1",
            mend="Give shares between 0 and 1, such as 0.8.",
        )
    return chances


def _by_unit(design: Design) -> Design:
    notes = tuple(
        n for n in design.notes if n.code not in ("few_clusters", "few_treated_clusters", "one_cluster")
    )
    return replace(design, clusters=np.arange(design.n_units), notes=notes,
                   names=design.names | {"cluster": design.names["unit"]})  # fmt: skip
