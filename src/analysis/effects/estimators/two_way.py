"""Two-way fixed effects: one coefficient for a treatment, with its known limits attached."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from analysis.effects.estimators.cells import sum_by
from analysis.effects.estimators.regression import regress, small_sample
from analysis.effects.panel import checks
from analysis.effects.panel.timescale import read_scale
from analysis.effects.results.estimate import EffectEstimate, add_inference, make_table
from analysis.effects.results.notes import Note
from analysis.errors import EstimationError


def twfe(
    panel: pd.DataFrame,
    outcome: str,
    *,
    unit: str,
    time: str,
    treatment: str,
    covariates: Sequence[str] = (),
    weights: str | None = None,
    cluster: str | None = None,
) -> EffectEstimate:
    """Regress the outcome on treatment with unit and period effects.

    The coefficient is the effect of treatment if that is the same for every cohort at every time since
    adoption and trends are parallel; otherwise it mixes effects with weights that may be negative
    (Goodman-Bacon 2021), which a note says whenever units adopt at different times.

    Parameters
    ----------
    panel : DataFrame
        One row per unit and period; not changed. Gaps are allowed; rows without an outcome, treatment,
        covariate or weight are set aside and counted.
    outcome, unit, time, treatment : str
        Columns; treatment is 0/1 or a number (then the coefficient is per unit of it).
    covariates : sequence of str
        Numeric columns not measured after treatment.
    weights : str, optional
        Column of weights of at least 0, such as populations.
    cluster : str, optional
        Column that holds each unit's cluster; by default the unit.

    Returns
    -------
    EffectEstimate
        One row per regressor, `treatment` first. Standard errors are cluster-robust (CRV1) with fixest's
        small-sample rule: G/(G-1) times (N-1)/(N-K), K counting regressors and periods but not units, which
        are nested in clusters. Intervals: Student's t with G - 1 degrees of freedom. A covariate that unit
        and period effects absorb is a row that is not identified.

    Raises
    ------
    EstimationError
        Missing columns, text, duplicate unit-periods, a cluster that varies within a unit, a treatment that
        never varies or that unit and period effects absorb, a covariate measured after treatment.

    References
    ----------
    Goodman-Bacon, A. (2021). Difference-in-differences with variation in treatment timing. Journal of
    Econometrics 225(2), 254-277.
    """
    covariates = list(covariates)
    kept, names, set_aside = _read_checked(
        panel, outcome, unit, time, treatment, covariates, weights, cluster
    )
    estimate, errors, df, remarks = _fit(kept, names, treatment)
    treated = kept.groupby("u")["d"].agg(lambda d: (d != 0).any())
    identified = np.isfinite(estimate)
    table = make_table(add_inference(estimate, errors, df) | {
        "term": [treatment, *covariates],
        "n_units": [int(treated.sum()), *[len(treated)] * len(covariates)],
        "identified": identified,
        "status": np.where(identified, "estimated", "collinear"),
    })  # fmt: skip
    return EffectEstimate(
        table=table, estimator="Two-way fixed effects",
        estimand=Note("estimand_twfe", treatment=treatment, outcome=outcome, unit=unit, time=time),
        outcome=outcome, unit=unit, time=time, treatment=treatment, control_group=None,
        cluster=cluster or unit, n_clusters=kept["c"].nunique(), n_rows=len(panel), n_obs=len(kept),
        n_units=len(treated), n_treated=int(treated.sum()), set_aside=set_aside,
        notes=(*_notes(kept, table, set_aside, cluster or unit, cluster not in (None, unit)), *remarks),
    )  # fmt: skip


def read_regression(
    panel, outcome, *, unit, time, treatment, covariates, weights, cluster
) -> tuple[pd.DataFrame, list[str]]:
    """Return the checked rows `twfe` would use (y, d, x0.., w, and codes u, t, c) and its regressors."""
    return _read_checked(panel, outcome, unit, time, treatment, list(covariates), weights, cluster)[:2]


def _read_checked(panel, outcome, unit, time, treatment, covariates: list[str], weights, cluster) -> tuple:
    roles = {"outcome": outcome, "unit": unit, "time": time, "treatment": treatment, "weights": weights}
    roles |= {f"covariates[{i}]": name for i, name in enumerate(covariates)}
    checks.require_columns(panel, roles | {"cluster": cluster})
    checks.forbid_mediators(panel, covariates)
    frame = _read(panel, roles, cluster)
    kept, set_aside = _set_aside(frame, treatment, covariates, weights)
    checks.require_variation(kept["y"].to_numpy(), outcome)
    _require_treatment(kept, treatment)
    return kept, ["d", *(f"x{i}" for i in range(len(covariates)))], set_aside


def _read(panel: pd.DataFrame, roles: dict[str, str | None], cluster: str | None) -> pd.DataFrame:
    """Return y, d, x0.., w as floats and u, t, c as codes; t in order of time."""
    unit_codes, unit_labels = checks.codes_of(panel, roles["unit"], "unit")
    time_codes, time_labels = checks.codes_of(panel, roles["time"], "period")
    numbers = {"y": checks.numeric_column(panel, roles["outcome"], "outcome")}
    checks.require_variation(numbers["y"][np.isfinite(numbers["y"])], roles["outcome"])
    numbers["d"] = checks.numeric_column(panel, roles["treatment"], "treatment")
    for role, name in roles.items():
        if role.startswith("covariates"):
            numbers[f"x{role[11:-1]}"] = checks.numeric_column(panel, name, "covariate")
    if roles["weights"] is not None:
        numbers["w"] = checks.numeric_column(panel, roles["weights"], "weight")
    positions = read_scale(time_labels, roles["time"]).positions(time_labels, roles["time"])
    checks.require_unique(unit_codes, time_codes, (roles["unit"], roles["time"]), (unit_labels, time_labels))
    clusters = checks.cluster_codes(panel, cluster, roles["unit"], unit_codes, len(unit_labels))
    return pd.DataFrame(
        numbers | {"u": unit_codes, "t": positions[time_codes].astype(int), "c": clusters[unit_codes]}
    )


def _set_aside(frame, treatment, covariates, weights) -> tuple[pd.DataFrame, tuple[tuple[str, int], ...]]:
    reasons = {"y": "missing outcome", "d": f"missing treatment {treatment}"}
    reasons |= {f"x{i}": f"missing covariate {name}" for i, name in enumerate(covariates)}
    if "w" in frame:
        if (frame["w"] < 0).any():
            raise EstimationError(
                "A weight is negative.",
                where=f"column {weights!r}",
                value=frame["w"].min(),
                expected="weights of at least 0",
                mend="Correct or leave out these rows.",
            )
        frame = frame.assign(w=frame["w"].where(frame["w"] > 0))
        reasons["w"] = f"missing or zero weight {weights}"
    counts = []
    for column, reason in reasons.items():
        whole = frame[column].notna()
        counts.append((reason, int((~whole).sum())))
        frame = frame[whole]
    return frame, tuple(item for item in counts if item[1])


def _require_treatment(frame: pd.DataFrame, treatment: str) -> None:
    if frame["d"].min() == frame["d"].max():
        raise EstimationError(
            "Treatment has the same value in every row used.",
            where=f"column {treatment!r}",
            value=frame["d"].iloc[0],
            expected="treated and untreated unit-periods",
            mend="Add rows with and without treatment.",
        )


def _fit(frame: pd.DataFrame, names: list[str], treatment: str) -> tuple:
    """Return estimates and errors of `names` (NaN where absorbed), degrees of freedom and notes."""
    fit = regress(frame, names, "w" if "w" in frame else None)
    if fit is None or "d" not in fit.kept:
        raise _absorbed(treatment)
    clusters = frame["c"].nunique()
    factor = small_sample(clusters, len(frame), len(fit.kept) + frame["t"].nunique())
    errors = np.sqrt(factor * (sum_by(fit.scores(), frame["c"].to_numpy()) ** 2).sum(axis=0))
    changing = frame["d"] != frame.groupby("u")["d"].transform("first")
    if fit.exact or frame.loc[changing, "c"].nunique() < 2:
        errors = errors * np.nan
    where = [fit.kept.index(name) if name in fit.kept else -1 for name in names]
    estimate, errors = np.append(fit.estimate, np.nan)[where], np.append(errors, np.nan)[where]
    return estimate, errors, clusters - 1.0, ((Note("exact_fit"),) if fit.exact else ())


def _notes(frame, table, set_aside, cluster: str, coarse: bool) -> tuple[Note, ...]:
    notes = [Note("set_aside", count=rows, reason=reason) for reason, rows in set_aside]
    ordered = frame.sort_values(["u", "t"])
    by_unit = ordered.groupby("u")["d"]
    ends = int((by_unit.diff() < 0).groupby(ordered["u"]).any().sum())
    if not frame["d"].isin([0, 1]).all():
        notes.append(Note("not_binary"))
    elif ends:
        notes.append(Note("switch_off", units=ends))
    always = int((by_unit.min() > 0).sum())
    if always:
        notes.append(Note("always_treated_kept", units=always))
    entries = ordered[(ordered["d"] != 0) & (by_unit.shift() == 0)]
    adoptions = entries.groupby("u")["t"].min()
    cohorts = len(adoptions.unique())
    if cohorts > 1:
        notes.append(Note("staggered_twfe", cohorts=cohorts))
    absorbed = table.loc[~table["identified"], "term"]
    if len(absorbed):
        notes.append(Note("collinear", names=", ".join(absorbed)))
    changing = by_unit.max() > by_unit.min()
    if changing.sum() == 1:
        notes.append(Note("one_treated_unit"))
    clusters = frame["c"].nunique()
    treated_clusters = frame.loc[frame["u"].isin(changing.index[changing]), "c"].nunique()
    notes += checks.cluster_notes(clusters, treated_clusters, coarse)
    if clusters > 1:
        notes.append(Note("student", cluster=cluster, df=clusters - 1))
    return tuple(notes)


def _absorbed(treatment: str) -> EstimationError:
    return EstimationError(
        "Treatment cannot be told apart from the unit and period effects: all units seen adopt together, or "
        "none changes.",
        where=f"column {treatment!r}",
        expected="units that are untreated while others are treated",
        mend="Add comparison units or periods before adoption.",
    )
