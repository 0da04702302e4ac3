"""One row per estimation: what repeats an estimator with something changed puts into its table."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd

from analysis.effects.estimators.callaway import att_gt
from analysis.effects.estimators.imputed import imputation
from analysis.effects.results.estimate import COLUMNS, EffectEstimate, make_table
from analysis.errors import EstimationError

ESTIMATORS = ("att_gt", "imputation")
FIGURES = ("estimate", "std_error", "statistic", "p_value", "conf_low", "conf_high")


def estimate_overall(estimator: str, panel: pd.DataFrame, outcome: str, **arguments) -> EffectEstimate:
    """Return the overall effect by one of `ESTIMATORS`."""
    require_one_of(ESTIMATORS, estimator=estimator)
    if estimator == "imputation":
        arguments.pop("control_group", None)
        return imputation(panel, outcome, **arguments)
    return att_gt(panel, outcome, n_boot=0, **arguments).aggregate("overall")


def overall_row(fit: Callable[[], EffectEstimate], **labels) -> dict[str, object]:
    """Return the row "overall" of an estimation with `labels`; one that is refused is not identified."""
    try:
        table = fit().table
    except EstimationError:
        return missing_row("refused", **labels)
    row = table[table["term"] == "overall"].iloc[0]
    return {name: row[name] for name in (*COLUMNS, "status")} | labels


def missing_row(status: str, **labels) -> dict[str, object]:
    """Return a row that is not identified, with `labels`."""
    return dict.fromkeys(FIGURES, np.nan) | {"n_units": 0, "identified": False, "status": status} | labels


def table_of(rows: Sequence[dict[str, object]]) -> pd.DataFrame:
    """Return rows as a table with the columns of every estimate first."""
    frame = pd.DataFrame(list(rows))
    frame["identified"] = frame["identified"].astype(bool)
    return make_table({name: frame[name].to_numpy() for name in frame})


def require_one_of(allowed: Sequence[str], **given: object) -> None:
    """Raise unless the argument has one of the values allowed."""
    for name, value in given.items():
        if value not in allowed:
            raise EstimationError(
                "There is no such choice.",
                where=f"argument {name}",
                value=value,
                expected=" or ".join(map(str, allowed)),
                mend="Use one of these.",
            )


def require_count(least: int, **given: object) -> None:
    """Raise unless every argument is a whole number of at least `least`."""
    for name, value in given.items():
        if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < least:
            raise EstimationError(f"A whole number of at least {least} is needed.", value=value,
                                  where=f"argument {name}",
                                  expected=f"{least}, {least + 1}, {least + 2}, ...")  # fmt: skip
