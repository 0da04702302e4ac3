"""How fast effects are estimated: side by side with diff-diff and with a bare numpy pass over the panel."""

from __future__ import annotations

import json
import os
import statistics
import sys
import time
import warnings
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import numpy as np
import pandas as pd

from analysis.effects.estimators.callaway import att_gt
from analysis.effects.estimators.imputed import imputation
from analysis.effects.inference.permute import randomisation_test
from analysis.errors import EstimationError

KEYS = {"unit": "unit", "time": "period", "cohort": "cohort"}
PERIODS, UNITS, MANY = 60, 200, 10_000
COHORTS, FEW = 20, 4
PERMUTATIONS = 999
ROUNDS = 7
LEAST_SECONDS = 0.1
THREADS = ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS", "RAYON_NUM_THREADS")


def main() -> dict[str, float]:
    """Measure, print one JSON object as the last line, and return it.

    Returns
    -------
    dict
        On 200 units x 60 periods, of which 120 units adopt in 20 cohorts: att_gt_ms, our CPU time for every
        ATT(g, t) and the overall effect with their standard errors and intervals, from the data frame;
        att_gt_vs_diff_diff, that of diff-diff's ``CallawaySantAnna().fit`` for the same / ours;
        imputation_vs_diff_diff, likewise for ``ImputationDiD().fit`` and its event study / our `imputation`;
        permutations_per_s of `randomisation_test`. On 10,000 x 60: pass_vs_numpy, our att_gt / one bare numpy
        pass (see `bare_pass`). And what they rest on: the same ratios with 4 cohorts, and with all tables
        made (cells, event times and cohorts; `_tables`), seconds for 999 permutations, milliseconds.

    Notes
    -----
    CPU seconds of a process of its own, in which the linear algebra library runs one thread for all sides;
    medians of seven rounds in which the sides take turns, after one that is not counted; in a round a side is
    called as often in a row as fills a tenth of a second. Rows are sorted by unit and period. All cells and
    standard errors are compared before any ratio is printed.
    """
    before = {name: os.environ.get(name) for name in THREADS}
    os.environ.update(dict.fromkeys(THREADS, "1"))
    try:
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as executor:
            result = executor.submit(measure).result()
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
    print(json.dumps(result))
    return result


def measure() -> dict[str, float]:
    """Return what `main` prints, measured in this process."""
    many, few = make_panel(UNITS, COHORTS), make_panel(UNITS, FEW)
    cells = _compare(many, _ours, _theirs, _agree_cells)
    cells_few = _compare(few, _ours, _theirs, _agree_cells)
    tables = _compare(many, _our_tables, _their_tables, _agree_tables)
    tables_few = _compare(few, _our_tables, _their_tables, _agree_tables)
    imputed = _compare(many, _our_imputation, _their_imputation, _agree_imputed)
    imputed_few = _compare(few, _our_imputation, _their_imputation, _agree_imputed)
    permuting = statistics.median(
        _clock(lambda: randomisation_test(many, "y", **KEYS, n_permutations=PERMUTATIONS))[0]
        for _ in range(3)
    )
    large = make_panel(MANY, COHORTS)
    against = _compare(large, _ours, bare_pass, lambda *_: None)
    return {
        "att_gt_ms": round(cells[0] * 1000, 3),
        "att_gt_vs_diff_diff": round(cells[1] / cells[0], 1),
        "imputation_vs_diff_diff": round(imputed[1] / imputed[0], 1),
        "permutations_per_s": round(PERMUTATIONS / permuting),
        "pass_vs_numpy": round(against[0] / against[1], 2),
        "units": UNITS, "periods": PERIODS, "cohorts": COHORTS, "rounds": ROUNDS,
        "diff_diff_ms": round(cells[1] * 1000, 1),
        "att_gt_vs_diff_diff_4_cohorts": round(cells_few[1] / cells_few[0], 1),
        "tables_vs_diff_diff": round(tables[1] / tables[0], 1),
        "tables_vs_diff_diff_4_cohorts": round(tables_few[1] / tables_few[0], 1),
        "imputation_ms": round(imputed[0] * 1000, 2),
        "imputation_vs_diff_diff_4_cohorts": round(imputed_few[1] / imputed_few[0], 1),
        "permutations_999_s": round(permuting, 3),
        "att_gt_10000_ms": round(against[0] * 1000, 2),
        "pass_10000_ms": round(against[1] * 1000, 2),
    }  # fmt: skip


def make_panel(units: int, cohorts: int, seed: int = 0) -> pd.DataFrame:
    """Return a balanced panel of 60 periods: three fifths of the units adopt, in `cohorts` equal cohorts."""
    rng, size = np.random.default_rng(seed), units * 3 // 5 // cohorts
    first = np.linspace(7, PERIODS - 6, cohorts).astype(int)
    starts = np.concatenate([np.repeat(first, size), np.zeros(units - size * cohorts, int)])
    unit, period = np.divmod(np.arange(units * PERIODS), PERIODS)
    start, period = starts[unit], period + 1
    after = np.where((start > 0) & (period >= start), period - start + 1, 0)
    outcome = rng.normal(0, 2, units)[unit] + rng.normal(0, 1, PERIODS).cumsum()[period - 1] + 0.1 * after
    cohort = pd.array(np.where(start > 0, start, -1), dtype="Int64")
    cohort[start == 0] = pd.NA
    return pd.DataFrame({"unit": unit, "period": period, "cohort": cohort, "first": start,
                         "y": outcome + rng.normal(0, 1, len(unit))})  # fmt: skip


def bare_pass(panel: pd.DataFrame) -> np.ndarray:
    """Return sums and sums of squares of the outcome by cohort and period, and its sums by unit.

    The least that has to be read and added up for ATT(g, t) and its standard errors, without a check of
    anything.
    """
    outcome, unit, period = (panel[name].to_numpy() for name in ("y", "unit", "period"))
    cell = panel["cohort"].to_numpy(np.int64, na_value=0) * (PERIODS + 1) + period
    return np.concatenate([np.bincount(cell, outcome), np.bincount(cell, outcome * outcome),
                           np.bincount(unit, outcome)])  # fmt: skip


def _compare(panel: pd.DataFrame, ours: Callable, theirs: Callable, agree: Callable) -> tuple[float, float]:
    """Return median CPU seconds of both sides."""
    agree(ours(panel), theirs(panel))
    spent = [(_repeat(ours, panel), _repeat(theirs, panel)) for _ in range(ROUNDS)]
    own, other = (statistics.median(side) for side in zip(*spent, strict=True))
    print(f"{ours.__name__} {own * 1000:.2f} ms, {theirs.__name__} {other * 1000:.2f} ms", file=sys.stderr)
    return own, other


def _ours(panel: pd.DataFrame):
    effects = att_gt(panel, "y", **KEYS, n_boot=0)
    return effects, effects.aggregate("overall")


def _our_tables(panel: pd.DataFrame):
    effects = att_gt(panel, "y", **KEYS, n_boot=0)
    return effects.table, effects.aggregate("event_time").table, effects.aggregate("cohort").table


def _our_imputation(panel: pd.DataFrame):
    return imputation(panel, "y", **KEYS)


def _theirs(panel: pd.DataFrame):
    from diff_diff import CallawaySantAnna

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # advice on the other side's own settings
        return CallawaySantAnna(control_group="not_yet_treated", n_bootstrap=0).fit(
            panel, "y", "unit", "period", "first"
        )


def _their_tables(panel: pd.DataFrame):
    fit = _theirs(panel)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        return fit, fit.aggregate("event_study").to_dataframe(), fit.aggregate("group").to_dataframe()


def _their_imputation(panel: pd.DataFrame):
    from diff_diff import ImputationDiD

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        fit = ImputationDiD().fit(panel, "y", "unit", "period", "first")
        return fit, fit.aggregate("event_study").to_dataframe()


def _agree_cells(ours, theirs) -> None:
    effects, overall = ours
    table = effects.table
    found = [theirs.group_time_effects[g, t] for g, t in zip(table["cohort"], table["time"], strict=True)]
    _agree(table["estimate"], [cell["effect"] for cell in found], 1e-10)
    _agree(table["std_error"], [cell["se"] for cell in found], 1e-8)
    _agree(overall.table[["estimate", "std_error"]].to_numpy(float)[0],
           [theirs.overall_att, theirs.overall_se], 1e-8)  # fmt: skip


def _agree_tables(ours, theirs) -> None:
    event_times = ours[1].iloc[:-1]
    _agree(event_times["estimate"], theirs[1]["att"], 1e-10)
    _agree(event_times["std_error"], theirs[1]["se"], 1e-8)


def _agree_imputed(ours, theirs) -> None:
    row = ours.table.iloc[-1]
    _agree([row["estimate"], row["std_error"]], [theirs[0].overall_att, theirs[0].overall_se], 1e-8)


def _repeat(function: Callable, panel: pd.DataFrame) -> float:
    """Return CPU seconds of one call, from as many calls in a row as fill a tenth of a second."""
    calls, begun = 0, time.process_time()
    while not calls or time.process_time() - begun < LEAST_SECONDS:
        function(panel)
        calls += 1
    return (time.process_time() - begun) / calls


def _clock(function: Callable, *arguments: object) -> tuple[float, object]:
    begun = time.process_time()
    result = function(*arguments)
    return time.process_time() - begun, result


def _agree(ours: object, theirs: object, tolerance: float) -> None:
    one, other = np.asarray(ours, dtype=float), np.asarray(theirs, dtype=float)
    if one.shape != other.shape or not np.allclose(one, other, rtol=0, atol=tolerance, equal_nan=True):
        raise EstimationError(
            "The sides of the benchmark do not agree, so their times mean nothing.", where="bench effects",
            value=f"{one.shape} and {other.shape}", expected="equal estimates and standard errors",
            mend="Report this as an error of gongzhi.",
        )  # fmt: skip
