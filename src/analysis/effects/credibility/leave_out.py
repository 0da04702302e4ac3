"""How much the effect hangs on any one district: the estimate without each of them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from analysis.effects.credibility.rows import estimate_overall, overall_row, table_of
from analysis.effects.panel import checks
from analysis.effects.results.describe import describe_missing
from analysis.effects.results.estimate import EffectEstimate
from analysis.effects.results.notes import Note
from analysis.errors import EstimationError


def leave_one_out(
    panel: pd.DataFrame,
    outcome: str,
    *,
    unit: str,
    time: str,
    cohort: str,
    by: str = "district_id",
    cluster: str | None = None,
    control_group: str = "not_yet_treated",
    estimator: str = "att_gt",
) -> EffectEstimate:
    """Estimate the overall effect with all units and without each value of `by` in turn.

    Parameters
    ----------
    panel, outcome, unit, time, cohort, cluster, control_group
        As in `att_gt`.
    by : str
        Column such as the district (or the unit itself).
    estimator : {"att_gt", "imputation"}

    Returns
    -------
    EffectEstimate
        A row "overall" (all units), then "without <value>" per value of `by`, in order of appearance, with
        left_out and change (the estimate less the overall one). Where what is left does not allow an
        estimate, a row that is not identified. Sample sizes and notes are those of all units.

    Raises
    ------
    EstimationError
        Bad input as in `att_gt`; fewer than two values of `by`; a row without one.
    """
    checks.require_columns(panel, {"outcome": outcome, "unit": unit, "time": time, "cohort": cohort})
    checks.require_columns(panel, {"by": by})
    codes, labels = checks.codes_of(panel, by, "value to leave out")
    if len(labels) < 2:
        raise EstimationError(
            "There is nothing left without the only value.",
            where=f"column {by!r}",
            value=labels[0],
            expected="two different values or more",
            mend="Give a column with several values.",
        )
    arguments = {"unit": unit, "time": time, "cohort": cohort, "cluster": cluster,
                 "control_group": control_group}  # fmt: skip
    whole = estimate_overall(estimator, panel, outcome, **arguments)
    rows = [overall_row(lambda: whole, term="overall", left_out=None)]
    for code, label in enumerate(labels):
        rest = panel[codes != code]
        rows.append(overall_row(lambda rest=rest: estimate_overall(estimator, rest, outcome, **arguments),
                                term=f"without {label}", left_out=str(label)))  # fmt: skip
    table = table_of(rows)
    table["change"] = table["estimate"] - table["estimate"].iloc[0]
    return replace(
        whole, table=table, estimator=f"Leave one out ({estimator})", covariance=None,
        estimand=Note("estimand_leave_out", outcome=outcome, by=by),
        notes=(*whole.notes, *_range(table, by), *describe_missing(table["status"].to_numpy())),
    )  # fmt: skip


def _range(table: pd.DataFrame, by: str) -> list[Note]:
    known = table.iloc[1:][table["identified"].iloc[1:]]
    if known.empty:
        return []
    most = known.loc[known["change"].abs().idxmax()]
    notes = [Note("leave_out_range", by=by, low=known["estimate"].min(), high=known["estimate"].max(),
                  most=most["left_out"], change=most["change"])]  # fmt: skip
    turned = known[np.sign(known["estimate"]) != np.sign(table["estimate"].iloc[0])]
    if len(turned):
        notes.append(Note("leave_out_sign", by=by, names=", ".join(turned["left_out"])))
    return notes
