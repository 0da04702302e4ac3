"""How much of an effect runs through a mediator, such as social capital, and how sure that can be."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from analysis.effects.credibility.rows import missing_row, require_count, table_of
from analysis.effects.designs.pathways import Paths, Pathways
from analysis.effects.estimators.imputing import read_layers
from analysis.effects.panel import checks
from analysis.effects.results.describe import describe
from analysis.effects.results.estimate import LEVEL, EffectEstimate
from analysis.effects.results.notes import Note
from analysis.errors import EstimationError

RHOS = tuple(np.round(np.arange(-0.9, 0.91, 0.1), 1).tolist())
WEAK = 10.0  # first-stage F under which a second measure says too little (Staiger and Stock 1997)
INFERENCE = ("std_error", "p_value", "conf_low", "conf_high")
TERMS = ("total", "direct", "indirect", "share", "on mediator", "slope")
MEDIATOR, SECOND = "measure of the mediator", "second measure of the mediator"


def mediation(
    panel: pd.DataFrame,
    outcome: str,
    mediator: str,
    *,
    unit: str,
    time: str,
    cohort: str,
    second_measure: str | None = None,
    cluster: str | None = None,
    n_boot: int = 499,
    seed: int = 0,
) -> EffectEstimate:
    """Split the effect of a staggered treatment into what runs through a mediator and the rest.

    Untreated mediator and outcome are imputed from unit and period effects fitted on untreated unit-periods
    (Borusyak, Jaravel and Spiess 2024). The indirect effect is the effect on the mediator times the slope of
    the outcome on the mediator among untreated unit-periods, given unit and period; the direct one is the
    rest. (The same figures come from imputing the outcome with and without the mediator in the model.)

    The total effect rests on parallel trends, no anticipation and no spillover. The split rests on more,
    which no design here secures: given unit and period effects, nothing else moves mediator and outcome
    together, the outcome does not act back on the mediator, and the slope is the same with and without
    treatment.
    `mediation_sensitivity` says how much of the first it takes to overturn the result.

    Parameters
    ----------
    panel, outcome, unit, time, cohort, cluster
        As in `imputation`.
    mediator : str
        Column, measured in every period (network indicators are welcome here).
    second_measure : str, optional
        Another measure of the same mediator with errors of its own, such as the indicator of every other
        week: it corrects the slope for measurement error (instrumental variable).
    n_boot : int
        Bootstrap draws of whole clusters (units if none is named), at least 49.
    seed : int

    Returns
    -------
    EffectEstimate
        Rows "total", "direct", "indirect", "share" (indirect / total; not identified if the interval of the
        total holds zero), "on mediator" (effect on it, in its unit) and "slope" (outcome per unit of the
        mediator). std_error is the spread of bootstrap draws, the interval their percentiles, p_value twice
        the smaller share of draws beyond zero. The notes state the assumptions and the breakdown value.

    Raises
    ------
    EstimationError
        Bad input as in `read_design`; a mediator that unit and period effects explain wholly; no treated
        unit-period that can be imputed.

    References
    ----------
    Imai, K., Keele, L. and Yamamoto, T. (2010). Identification, inference and sensitivity analysis for causal
    mediation effects. Statistical Science 25(1), 51-71.
    """
    paths = _read(panel, outcome, mediator, unit, time, cohort, second_measure, cluster)
    require_count(49, n_boot=n_boot)
    true, draws = paths.fit(), paths.bootstrap(n_boot, seed)
    split = np.array([draw.split(0.0) for draw in draws])
    table = _tabulate(TERMS, true.split(0.0), split, paths.n_treated)
    total = table.iloc[0]
    if paths.lone:
        table.loc[table["term"] != "slope", list(INFERENCE)] = np.nan
    if not (total["conf_low"] > 0 or total["conf_high"] < 0):
        table.loc[3] = dict.fromkeys(table, np.nan) | missing_row("collinear", term="share")
        table = table.astype({"identified": bool, "n_units": int})
    notes = [Note("mediation_assumption", mediator=mediator, outcome=outcome)]
    if second_measure is None:
        notes += [_breakdown(true, draws, mediator, outcome), Note("mediation_noise", mediator=mediator)]
    else:
        weak = ": weak, do not trust the split" if true.f < WEAK else ""
        notes.append(Note("mediation_instrument", second=second_measure, mediator=mediator, outcome=outcome,
                          f=true.f, weak=weak))  # fmt: skip
    return _describe(paths, table, notes, draws, n_boot, seed, mediator, "Mediation by imputation")


def mediation_sensitivity(
    panel: pd.DataFrame,
    outcome: str,
    mediator: str,
    *,
    unit: str,
    time: str,
    cohort: str,
    rho: Sequence[float] = RHOS,
    cluster: str | None = None,
    n_boot: int = 499,
    seed: int = 0,
) -> EffectEstimate:
    """Give the indirect effect for every strength of confounding between mediator and outcome.

    Parameters
    ----------
    panel, outcome, mediator, unit, time, cohort, cluster, n_boot, seed
        As in `mediation`.
    rho : sequence of float
        Correlations, between -1 and 1, of what is unexplained in the mediator with what is unexplained in the
        outcome given the mediator.

    Returns
    -------
    EffectEstimate
        One row "rho=..." per value: the indirect effect if the correlation is that, with rho and direct. At 0
        it is that of `mediation` (without a second measure).

    Raises
    ------
    EstimationError
        As `mediation`; a rho that is not between -1 and 1.

    References
    ----------
    Imai, Keele and Yamamoto (2010), theorem 4.
    """
    values = [float(value) for value in rho]
    if not values or not all(-1 < value < 1 for value in values):
        raise EstimationError(
            "These are no correlations.",
            where="argument rho",
            value=rho,
            expected="one number or more, each above -1 and below 1",
            mend="Give numbers between -1 and 1.",
        )
    paths = _read(panel, outcome, mediator, unit, time, cohort, None, cluster)
    require_count(49, n_boot=n_boot)
    true, draws = paths.fit(), paths.bootstrap(n_boot, seed)
    split = np.array([[draw.split(r)[2] for r in values] for draw in draws])
    terms = [f"rho={r:g}" for r in values]
    table = _tabulate(terms, [true.split(r)[2] for r in values], split, paths.n_treated)
    if paths.lone:
        table[list(INFERENCE)] = np.nan
    table["rho"], table["direct"] = values, true.total - table["estimate"]
    notes = [Note("mediation_assumption", mediator=mediator, outcome=outcome),
             Note("mediation_rho", mediator=mediator, outcome=outcome),
             _breakdown(true, draws, mediator, outcome)]  # fmt: skip
    return _describe(paths, table, notes, draws, n_boot, seed, mediator, "Mediation: sensitivity")


def _read(panel, outcome, mediator, unit, time, cohort, second, cluster) -> Paths:
    checks.require_columns(panel, {"outcome": outcome, "mediator": mediator, "unit": unit, "time": time,
                                   "cohort": cohort, "second_measure": second})  # fmt: skip
    layers = {MEDIATOR: checks.numeric_column(panel, mediator, "mediator")}
    if second is not None:
        layers[SECOND] = checks.numeric_column(panel, second, "second measure of the mediator")
    design, carried = read_layers(panel, outcome, layers, unit=unit, time=time, cohort=cohort,
                                  cluster=cluster)  # fmt: skip
    return Paths(design, carried[MEDIATOR], carried.get(SECOND))


def _tabulate(terms, estimates, draws: np.ndarray, n_units: int) -> pd.DataFrame:
    tail = (1 - LEVEL) / 2
    low, high = np.nanquantile(draws, [tail, 1 - tail], axis=0)
    beyond = np.minimum((draws <= 0).mean(axis=0), (draws >= 0).mean(axis=0))
    p_value = np.minimum(2 * np.maximum(beyond, 1 / (len(draws) + 1)), 1)
    return table_of([{
        "term": term, "estimate": estimates[k], "std_error": draws[:, k].std(ddof=1), "statistic": np.nan,
        "p_value": p_value[k], "conf_low": low[k], "conf_high": high[k], "n_units": n_units,
        "identified": True, "status": "estimated",
    } for k, term in enumerate(terms)])  # fmt: skip


def _breakdown(true: Pathways, draws: list[Pathways], mediator: str, outcome: str) -> Note:
    """Say which confounding makes the indirect effect zero, and from which on its interval holds zero."""
    grid = np.sign(true.correlation) * np.linspace(0, min(abs(true.correlation) + 0.01, 0.999), 200)
    tail = (1 - LEVEL) / 2
    for rho in grid:
        values = [draw.split(rho)[2] if rho else draw.split(0.0)[2] for draw in draws]
        low, high = np.quantile(values, [tail, 1 - tail])
        if low <= 0 <= high:
            break
    if rho == 0:
        return Note("mediation_no_breakdown")
    return Note("mediation_breakdown", rho=true.correlation, r2=abs(true.correlation), rho_low=float(rho),
                mediator=mediator, outcome=outcome)  # fmt: skip


def _describe(paths: Paths, table, notes, draws, n_boot, seed, mediator, estimator) -> EffectEstimate:
    names = paths.design.names
    boot = Note("mediation_boot", used=len(draws), cluster=names["cluster"], seed=seed,
                lost=n_boot - len(draws))  # fmt: skip
    return describe(paths.design, np.nan, table=table, estimator=estimator, control_group=None,
                    estimand=Note("estimand_mediation", outcome=names["outcome"], mediator=mediator),
                    notes=(*notes, boot), unbalanced="unbalanced_regression")  # fmt: skip
