"""Response times: Cox regression and accelerated failure times, with open cases and clusters."""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import numpy as np
import pandas as pd

from analysis.effects.credibility.rows import FIGURES, missing_row, require_one_of, table_of
from analysis.effects.estimators.cells import sum_by
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
    fit = _cox if model == "cox" else _weibull
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


def _cox(data, columns: np.ndarray, names: list[str]) -> tuple:
    from statsmodels.duration.hazard_regression import PHReg

    centred = (columns - columns.mean(axis=0)) / columns.std(axis=0)
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        # what did not converge is refused below in our own words
        warnings.simplefilter("error")
        try:
            fit = PHReg(data["t"].to_numpy(), centred, status=data["e"].to_numpy().astype(int),
                        strata=data["s"].to_numpy(), ties="efron").fit(disp=0)  # fmt: skip
            beta, information = np.asarray(fit.params), -np.asarray(fit.model.hessian(fit.params))
        except (Warning, np.linalg.LinAlgError, ValueError):
            beta, information = np.full(len(names), np.nan), np.eye(len(names))
    _require_converged(beta, np.abs(beta).max(initial=0) < 15, names)
    inverse = np.linalg.inv(information)
    scores, schoenfeld = cox_scores(data["t"].to_numpy(), data["e"].to_numpy(), centred, beta,
                                    data["s"].to_numpy())  # fmt: skip
    parts = sum_by(scores, data["c"].to_numpy()) @ inverse
    scale = columns.std(axis=0)
    p_values = _proportional(schoenfeld, data, inverse)
    notes = [Note("durations_ties", cluster="{cluster}", clusters=0)]
    doubtful = [name for name, p in zip(names, p_values, strict=True) if p < 0.05]
    if doubtful:
        notes.append(Note("durations_ph", names=", ".join(doubtful), p_value=float(min(p_values))))
    return beta / scale, parts.T @ parts / np.outer(scale, scale), {"p_proportional": p_values}, notes


def cox_scores(times, events, columns, beta, strata) -> tuple[np.ndarray, np.ndarray]:
    """Return each case's score residual and, for events, its Schoenfeld residual (ties after Efron)."""
    scores, schoenfeld = np.zeros(columns.shape), np.full(columns.shape, np.nan)
    for stratum in np.unique(strata):
        rows = np.flatnonzero(strata == stratum)
        order = rows[np.argsort(times[rows], kind="stable")]
        t, e, x = times[order], events[order] > 0, columns[order]
        risk = np.exp(x @ beta - (x @ beta).max())
        total = np.cumsum(risk[::-1])[::-1]
        moment = np.cumsum((risk[:, None] * x)[::-1], axis=0)[::-1]
        when = np.unique(t[e])
        mass, mean = np.zeros((2, len(when))), np.zeros((2, len(when), x.shape[1]))
        residual = np.full(x.shape, np.nan)
        for j, first in enumerate(np.searchsorted(t, when)):
            dead = first + np.flatnonzero(e[first : np.searchsorted(t, when[j], side="right")])
            part = np.arange(len(dead)) / len(dead)
            left = 1 / (total[first] - part * risk[dead].sum())
            means = (moment[first] - part[:, None] * (risk[dead] @ x[dead])) * left[:, None]
            for row, share in enumerate((np.ones(len(dead)), 1 - part)):  # of others at risk, of those tied
                mass[row, j], mean[row, j] = share @ left, (share * left) @ means
            residual[dead] = x[dead] - means.mean(axis=0)
        last = np.searchsorted(when, t, side="right")
        sums = (
            np.append(0.0, np.cumsum(mass[0])),
            np.vstack([np.zeros((1, x.shape[1])), np.cumsum(mean[0], axis=0)]),
        )
        hazard, moments = sums[0][last], sums[1][last]
        hazard[e] += (mass[1] - mass[0])[last[e] - 1]
        moments[e] += (mean[1] - mean[0])[last[e] - 1]
        own = np.nan_to_num(residual) - risk[:, None] * (x * hazard[:, None] - moments)
        scores[order], schoenfeld[order] = own, residual
    return scores, schoenfeld


def _proportional(schoenfeld, data, inverse) -> np.ndarray:
    """Return p-values of a trend of scaled Schoenfeld residuals over ranks of event times."""
    from scipy.special import ndtr

    known = np.isfinite(schoenfeld[:, 0])
    rank = data.loc[known, "t"].rank().to_numpy()
    centred = rank - rank.mean()
    scaled = schoenfeld[known] @ inverse
    spread = np.sqrt(np.diag(inverse) * (centred**2).sum() / known.sum())
    return 2 * ndtr(-np.abs(centred @ scaled / np.where(spread > 0, spread, np.inf)))


def _weibull(data, columns: np.ndarray, names: list[str]) -> tuple:
    """Maximise the likelihood of log time = constant + columns @ beta + sigma * (minimum extreme value)."""
    from scipy.optimize import minimize

    y, e = np.log(data["t"].to_numpy()), data["e"].to_numpy()
    mean, scale = columns.mean(axis=0), columns.std(axis=0)
    x = np.column_stack([np.ones(len(y)), (columns - mean) / scale])

    def scores(theta) -> np.ndarray:
        sigma = np.exp(theta[-1])
        z = (y - x @ theta[:-1]) / sigma
        rest = np.exp(np.minimum(z, 500)) - e
        return np.column_stack([x * (rest / sigma)[:, None], z * rest - e])

    def loss(theta) -> float:
        z = (y - x @ theta[:-1]) / np.exp(theta[-1])
        return float((np.exp(np.minimum(z, 500)) - e * (z - theta[-1])).sum())

    begin = np.append(np.linalg.lstsq(x, y, rcond=None)[0], np.log(max(y.std(), 0.1)))
    found = minimize(loss, begin, jac=lambda theta: -scores(theta).sum(axis=0), method="BFGS",
                     options={"gtol": 1e-6 * len(y)})  # fmt: skip
    _require_converged(found.x, np.abs(found.x[1:-1]).max() < 15 and np.abs(scores(found.x).sum(axis=0)).max()
                       < 1e-3 * len(y), names)  # fmt: skip
    step = 1e-5
    hessian = np.array([
        (scores(found.x - step * unit) - scores(found.x + step * unit)).sum(axis=0) / (2 * step)
        for unit in np.eye(len(found.x))
    ])  # fmt: skip
    inverse = np.linalg.pinv((hessian + hessian.T) / 2, hermitian=True)
    _require_converged(found.x, np.abs(np.diag(inverse)).max() < 25, names)
    parts = sum_by(scores(found.x), data["c"].to_numpy()) @ inverse
    inner = slice(1, -1)
    shape = float(np.exp(-found.x[-1]))
    note = Note("durations_shape", shape=shape, direction="falls" if shape < 1 else "rises",
                cluster="{cluster}", clusters=0)  # fmt: skip
    return found.x[inner] / scale, (parts.T @ parts)[inner, inner] / np.outer(scale, scale), {}, [note]


def _require_converged(beta, good: bool, names: list[str]) -> None:
    if not (np.isfinite(beta).all() and good):
        raise EstimationError(
            "The model does not converge: a covariate may foretell the answer perfectly.",
            where="argument covariates", value=", ".join(names),
            expected="answers and open cases at all values of each covariate",
            mend="Leave out covariates whose groups have no event, or pool rare values.",
        )  # fmt: skip


def _cluster_notes(notes: list[Note], cluster: str | None, clusters: int) -> list[Note]:
    named = [Note(note.code, **(note.values | {"cluster": cluster or "case", "clusters": clusters}))
             if "cluster" in note.values else note for note in notes]  # fmt: skip
    few = [Note("durations_few", clusters=clusters)] if cluster is not None and clusters < 40 else []
    return [*named, *few]
