"""The checks every staggered design should go through before its estimate is believed."""

from __future__ import annotations

import pandas as pd

from analysis.effects.credibility.pretrends import CheckResult, pretrend_test
from analysis.effects.credibility.robust import sensitivity
from analysis.effects.estimators.decomposed import bacon
from analysis.effects.estimators.sun_abraham import event_study
from analysis.effects.inference.permute import randomisation_test
from analysis.effects.results.notes import Note
from analysis.errors import EstimationError

FORBIDDEN = 0.1  # share of a two-way coefficient that may come from comparisons with treated units


class Checks(list):
    """The checks of one design: a list of CheckResult that shows itself line by line."""

    def __repr__(self) -> str:
        return "\n".join(repr(check) for check in self)


def run_checks(
    panel: pd.DataFrame,
    outcome: str,
    *,
    unit: str,
    time: str,
    cohort: str,
    cluster: str | None = None,
    within: str | None = None,
    window: tuple[int, int] | None = None,
    seed: int = 0,
) -> Checks:
    """Run all checks of a staggered design; one that cannot be made says why instead of failing.

    Parameters
    ----------
    panel, outcome, unit, time, cohort, cluster
        As in `event_study`.
    within : str, optional
        Strata of `randomisation_test`.
    window : (int, int), optional
        Event times for pre-trends and sensitivity.
    seed : int

    Returns
    -------
    Checks
        A list of CheckResult: "pre_trends" (joint test, with what it could have found); "sensitivity"
        (passed: the interval at event time 0 leaves zero out even if trends break as much after adoption as
        before, Mbar = 1; None if it holds zero without any break); "comparisons" (passed: under a tenth of a
        two-way fixed-effects coefficient would come from comparisons with treated units); "randomisation"
        (passed: p-value under 0.05).

    Raises
    ------
    EstimationError
        If the panel cannot be read at all, as in `event_study`.
    """
    keys = {"unit": unit, "time": time, "cohort": cohort}
    effects = event_study(panel, outcome, **keys, cluster=cluster)
    plan = {
        "pre_trends": lambda: pretrend_test(effects, window=window, seed=seed),
        "sensitivity": lambda: _check_sensitivity(effects, window, seed),
        "comparisons": lambda: _check_comparisons(panel, outcome, keys),
        "randomisation": lambda: _check_randomisation(panel, outcome, keys, within, seed),
    }
    return Checks(_attempt(name, check) for name, check in plan.items())


def _attempt(name: str, check) -> CheckResult:
    try:
        return check()
    except EstimationError as error:
        return CheckResult(name, None, pd.DataFrame(), Note("check_not_made", reason=error.what))


def _check_sensitivity(effects, window, seed: int) -> CheckResult:
    result = sensitivity(effects, window=window, seed=seed)
    value = float(result.table["breakdown"].iloc[0])
    text = next(note for note in result.notes if note.code.startswith("breakdown"))
    return CheckResult("sensitivity", None if value == 0 else value > 1, result.table, text)


def _check_comparisons(panel, outcome: str, keys: dict[str, str]) -> CheckResult:
    result = bacon(panel, outcome, **keys)
    text = next(note for note in result.notes if note.code == "forbidden_share")
    return CheckResult("comparisons", text.values["share"] < FORBIDDEN, result.table, text)


def _check_randomisation(panel, outcome: str, keys: dict[str, str], within, seed: int) -> CheckResult:
    table = randomisation_test(panel, outcome, **keys, within=within, seed=seed).table
    p_value = float(table["p_value"].iloc[0])
    return CheckResult("randomisation", p_value < 0.05, table, Note("randomisation", p_value=p_value))
