"""Cox and Weibull models fitted to times with open cases, with errors clustered over cases."""

from __future__ import annotations

import warnings

import numpy as np

from analysis.effects.estimators.cells import sum_by
from analysis.effects.results.notes import Note
from analysis.errors import EstimationError


def fit_cox(data, columns: np.ndarray, names: list[str]) -> tuple:
    """Return coefficients, their clustered covariance, p-values of proportionality and notes (Efron)."""
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


def fit_weibull(data, columns: np.ndarray, names: list[str]) -> tuple:
    """Return the same of a Weibull model, without p-values.

    Maximises the likelihood of log time = constant + columns @ beta + sigma * (minimum extreme value).
    """
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
