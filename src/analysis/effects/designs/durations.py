"""Response times: Cox regression and accelerated failure times, with open cases and clusters."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from analysis.effects.credibility.rows import FIGURES, missing_row, require_one_of, table_of
from analysis.effects.designs.hazards import fit_cox, fit_weibull
from analysis.effects.panel import checks
from analysis.effects.results.estimate import EffectEstimate, add_inference
from analysis.effects.results.notes import Note
from analysis.errors import EstimationError

MODELS = ("cox", "weibull")


def time_to_answer(
    frame: pd.DataFrame,
    *,
    duration: str,
    event: str,
    covariates: Sequence[str],
    cluster: str | None = None,
    strata: str | None = None,
    model: str = "cox",
) -> EffectEstimate:
    """Regress the time until an answer on covariates, counting those still waiting as far as they are known.

    A reform that changes over a case's life must be a covariate of the case as it was raised (such as: was
    the reform in force then). The estimand is an association given the covariates; it is an effect only if
    cases raised with and without the reform would otherwise have waited alike.

    Parameters
    ----------
    frame : DataFrame
        One row per case; not changed.
    duration : str
        Column of waiting times, in any unit, above 0 (zeros are allowed with "cox").
    event : str
        Column: 1 or True if the wait ended with the event, 0 or False if it was still open.
    covariates : sequence of str
        Numeric or True/False columns.
    cluster : str, optional
        Cases of one cluster, such as a community, are dependent; by default every case stands alone.
    strata : str, optional
        Column of groups with hazards of their own ("cox" only).
    model : {"cox", "weibull"}
        Proportional hazards (ties after Efron), or Weibull accelerated failure times.

    Returns
    -------
    EffectEstimate
        One row per covariate on the logarithmic scale, with ratio, ratio_low, ratio_high: of hazards ("cox":
        above 1 means answered sooner) or of times ("weibull": below 1 means answered sooner). Standard errors
        are clustered sandwiches; with clusters, times G/(G-1) in variance and Student's t with G - 1 degrees
        of freedom. With "cox" a column p_proportional: correlation of scaled Schoenfeld-like residuals with
        the rank of time (small: the ratio changes with time). A covariate without variation is a row that is
        not identified. Rows with a missing value are set aside and counted.

    Raises
    ------
    EstimationError
        Text, negative durations, an event other than 0 and 1, no event, one cluster, no covariates.

    References
    ----------
    Lin, D. Y. and Wei, L. J. (1989). The robust inference for the Cox proportional hazards model. JASA
    84(408), 1074-1078. Grambsch, P. M. and Therneau, T. M. (1994). Proportional hazards tests and diagnostics
    based on weighted residuals. Biometrika 81(3), 515-526.
    """
    require_one_of(MODELS, model=model)
    if strata is not None and model != "cox":
        raise EstimationError(
            "Strata are for the Cox model only.",
            where="argument strata",
            value=strata,
            mend='Leave strata out, or use model="cox".',
        )
    names = [covariates] if isinstance(covariates, str) else list(covariates)
    data, set_aside = _read(frame, duration, event, names, cluster, strata, model)
    columns = data[[f"x{k}" for k in range(len(names))]].to_numpy()
    kept = _independent(columns)
    if not kept.any():
        raise EstimationError(
            "No covariate varies by itself.",
            where="argument covariates",
            value=", ".join(names),
            expected="covariates that differ between cases",
            mend="Leave out what others explain, or what never varies.",
        )
    fit = fit_cox if model == "cox" else fit_weibull
    beta, covariance, extra, notes = fit(
        data, columns[:, kept], [n for n, k in zip(names, kept, strict=True) if k]
    )
    clusters = data["c"].nunique()
    df = np.inf if cluster is None else clusters - 1.0
    errors = np.sqrt(np.diag(covariance) * (1.0 if cluster is None else clusters / (clusters - 1)))
    figures = add_inference(beta, errors, df)
    rows, position = [], 0
    for name, known in zip(names, kept, strict=True):
        if not known:
            rows.append(
                missing_row("collinear", term=name, ratio=np.nan, ratio_low=np.nan, ratio_high=np.nan)
            )
            continue
        row = {key: figures[key][position] for key in FIGURES}
        ratios = np.exp([row["estimate"], row["conf_low"], row["conf_high"]])
        rows.append(row | {"term": name, "n_units": len(data), "identified": True, "status": "estimated"}
                    | dict(zip(("ratio", "ratio_low", "ratio_high"), ratios, strict=True))
                    | {key: value[position] for key, value in extra.items()})  # fmt: skip
        position += 1
    notes = [Note("durations_events", events=int(data["e"].sum()), rows=len(data)),
             *(Note("set_aside", count=rows_, reason=reason) for reason, rows_ in set_aside),
             *_cluster_notes(notes, cluster, clusters)]  # fmt: skip
    return EffectEstimate(
        table=table_of(rows), estimator="Cox regression" if model == "cox" else "Weibull regression of times",
        estimand=Note(f"estimand_{model}"), outcome=duration, unit="case", time=duration,
        treatment=names[0], control_group=None, cluster=cluster or "case", n_clusters=clusters,
        n_rows=len(frame), n_obs=len(data), n_units=len(data), n_treated=int(data["e"].sum()),
        set_aside=set_aside, notes=tuple(notes),
    )  # fmt: skip


def _read(frame, duration, event, names, cluster, strata, model) -> tuple[pd.DataFrame, tuple]:
    roles = {"duration": duration, "event": event, "strata": strata}
    checks.require_columns(frame, roles | {f"covariates[{k}]": name for k, name in enumerate(names)})
    checks.require_columns(frame, {"cluster": cluster})
    if not names:
        raise EstimationError(
            "No covariate is named.",
            where="argument covariates",
            expected="one or more",
            mend="Name at least one column.",
        )
    data = pd.DataFrame({
        "t": checks.numeric_column(frame, duration, "duration"), "e": _event(frame, event),
    })  # fmt: skip
    for k, name in enumerate(names):
        data[f"x{k}"] = checks.numeric_column(frame, name, "covariate")
    data["c"] = np.arange(len(frame)) if cluster is None else checks.codes_of(frame, cluster, "cluster")[0]
    data["s"] = 0 if strata is None else checks.codes_of(frame, strata, "stratum")[0]
    least = 0 if model == "cox" else np.finfo(float).tiny
    if (data["t"] < least).any():
        raise EstimationError("A duration is too small.", where=f"column {duration!r}",
                              value=data["t"].min(),
                              expected="0 or more" if model == "cox" else "above 0",
                              mend="Look for steps dated before the case was raised.")  # fmt: skip
    whole, set_aside = data.notna().all(axis=1), []
    if not whole.all():
        set_aside.append(("missing duration, event or covariate", int((~whole).sum())))
    data = data[whole].reset_index(drop=True)
    if not data["e"].any():
        raise EstimationError(
            "No duration ended with the event.",
            where=f"column {event!r}",
            expected="1 where an answer came",
            mend="Check the event column, or follow cases for longer.",
        )
    if cluster is not None and data["c"].nunique() < 2:
        raise EstimationError(
            "All cases belong to one cluster.",
            where=f"column {cluster!r}",
            expected="two clusters or more",
            mend="Cluster at a lower level, or leave cluster out.",
        )
    return data, tuple(set_aside)


def _event(frame, event: str) -> np.ndarray:
    values = checks.numeric_column(frame, event, "event")
    wrong = values[np.isfinite(values) & ~np.isin(values, (0, 1))]
    if len(wrong):
        raise EstimationError(
            "An event is something else than 0 or 1.",
            where=f"column {event!r}",
            value=wrong[0],
            expected="1 if answered, 0 if still open",
            mend="Code it 1 where the case ended, 0 where it is still open.",
        )
    return values


def _independent(columns: np.ndarray) -> np.ndarray:
    """Return which columns the constant and those before leave something of."""
    kept, basis = [], [np.ones(len(columns)) / np.sqrt(len(columns))]
    for column in columns.T:
        rest = column - sum((b @ column) * b for b in basis)
        rest = rest - sum((b @ rest) * b for b in basis)
        size = np.linalg.norm(rest)
        kept.append(size > 1e-9 * max(np.linalg.norm(column), 1e-300))
        if kept[-1]:
            basis.append(rest / size)
    return np.array(kept)


def _cluster_notes(notes: list[Note], cluster: str | None, clusters: int) -> list[Note]:
    named = [Note(note.code, **(note.values | {"cluster": cluster or "case", "clusters": clusters}))
             if "cluster" in note.values else note for note in notes]  # fmt: skip
    few = [Note("durations_few", clusters=clusters)] if cluster is not None and clusters < 40 else []
    return [*named, *few]
