"""The two models behind the comparison of waits: Cox after Efron, and Weibull accelerated failure time."""

from __future__ import annotations

import numpy as np

from analysis.errors import EstimationError

TOLERANCE = 1e-9  # of the Newton step: far below any standard error
MOST_STEPS = 60
FARTHEST = 15  # rates that differ e^15-fold: the estimate is on its way to infinity


def fit_cox(
    days: np.ndarray, ended: np.ndarray, design: np.ndarray, clusters: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray]:
    """Return log rate ratios and their covariance: Cox regression with ties after Efron.

    statsmodels' PHReg gives the same estimates, but its score residuals are Breslow's, which with ties do not
    sum to 0 at Efron's estimate, and on 20,000 matters it takes more than ten times as long.

    Parameters
    ----------
    days : array of float
    ended : array of bool
        Whether the wait ended; the others are right-censored.
    design : array, rows x covariates
    clusters : array of int or None
        For the sandwich covariance of Lin and Wei (1989); None: the inverse information.

    Raises
    ------
    EstimationError
        If the likelihood has no maximum, or none was found.
    """
    x = design - design.mean(axis=0)
    beta = np.zeros(x.shape[1])
    for _ in range(MOST_STEPS):
        scores, information = efron_parts(days, ended, x, beta)
        step = np.clip(_solve(information, scores.sum(axis=0)), -1, 1)
        beta = beta + step
        if np.abs(step).max() < TOLERANCE:
            break
    else:
        raise _no_maximum()
    if np.abs(x * beta).max() > FARTHEST:
        raise _no_maximum()
    scores, information = efron_parts(days, ended, x, beta)
    covariance = np.linalg.inv(information)
    return beta, covariance if clusters is None else _sandwich(covariance, scores, clusters)


def efron_parts(
    days: np.ndarray, ended: np.ndarray, x: np.ndarray, beta: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return each matter's part in the score of the Cox likelihood after Efron, and the information.

    Within a tie of d answers the r-th (r = 0 to d - 1) is drawn from those at risk, the tied ones counting
    1 - r/d each. Source: Therneau and Grambsch (2000), Modeling Survival Data, section 3.3.
    """
    order = np.lexsort((~ended, days))
    t, d, x = days[order], ended[order], x[order]
    risk = np.exp(x @ beta)
    s0, s1 = (np.cumsum(v[::-1], axis=0)[::-1] for v in (risk, risk[:, None] * x))
    events = np.flatnonzero(d)
    tie = np.searchsorted(t, t[events], "left")  # first row of the event's tie
    _, first, group, size = np.unique(tie, return_index=True, return_inverse=True, return_counts=True)
    part = (np.arange(len(events)) - first[group]) / size[group]
    tied0, tied1 = (_sum_by(group, v[events]) for v in (risk, risk[:, None] * x))
    hazard = 1 / (s0[tie] - part * tied0[group])
    mean = (s1[tie] - part[:, None] * tied1[group]) * hazard[:, None]
    upto = np.searchsorted(t[events[first]], t, "right")  # how many ties each row has seen
    exposure, drift = (
        np.concatenate([np.zeros_like(v[:1]), np.cumsum(_sum_by(group, v), axis=0)])[upto]
        for v in (hazard, hazard[:, None] * mean)
    )
    exposure[events] -= _sum_by(group, part * hazard)[group]
    drift[events] -= _sum_by(group, (part * hazard)[:, None] * mean)[group]
    scores = -risk[:, None] * (x * exposure[:, None] - drift)
    scores[events] += x[events] - (_sum_by(group, mean) / size[:, None])[group]
    back = np.empty_like(scores)
    back[order] = scores
    return back, (x * (risk * exposure)[:, None]).T @ x - mean.T @ mean


def _sum_by(group: np.ndarray, values: np.ndarray) -> np.ndarray:
    total = np.zeros((group.max() + 1, *values.shape[1:]))
    np.add.at(total, group, values)
    return total


def fit_weibull(
    days: np.ndarray, ended: np.ndarray, design: np.ndarray, clusters: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray, float]:
    """Return log ratios of waits, their covariance, and the scale of the Weibull model.

    log(days) = intercept + design @ beta + scale * e, where e has the smallest extreme value distribution;
    by maximum likelihood. Arguments and errors as `fit_cox`; days above 0.
    Source: Kalbfleisch and Prentice (2002), section 2.2.
    """
    y, x = np.log(days), np.column_stack([np.ones(len(days)), design])
    theta = np.zeros(x.shape[1] + 1)
    theta[0] = np.log(days.sum() / ended.sum())  # the exponential model's
    value = _weibull_value(theta, y, ended, x)
    for _ in range(MOST_STEPS * 2):
        scores, information = _weibull_parts(theta, y, ended, x)
        step = _solve(information, scores.sum(axis=0))
        shrink = 1.0
        while (moved := _weibull_value(theta + shrink * step, y, ended, x)) < value - 1e-10 and shrink > 1e-6:
            shrink /= 2
        theta, value = theta + shrink * step, moved
        if np.abs(step).max() < TOLERANCE:
            break
    else:
        raise _no_maximum()
    scores, information = _weibull_parts(theta, y, ended, x)
    covariance = np.linalg.inv(information)
    if clusters is not None:
        covariance = _sandwich(covariance, scores, clusters)
    return theta[1:-1], covariance[1:-1, 1:-1], float(np.exp(theta[-1]))


def _weibull_value(theta: np.ndarray, y: np.ndarray, ended: np.ndarray, x: np.ndarray) -> float:
    with np.errstate(over="ignore"):
        z = (y - x @ theta[:-1]) / np.exp(theta[-1])
        return float((ended * (z - theta[-1]) - np.exp(z)).sum())


def _weibull_parts(theta, y, ended, x) -> tuple[np.ndarray, np.ndarray]:
    """Return each row's score and the observed information, in (coefficients, log scale)."""
    scale = np.exp(theta[-1])
    z = (y - x @ theta[:-1]) / scale
    e = np.exp(z)
    by_mean, by_scale = (e - ended) / scale, z * (e - ended) - ended
    scores = np.column_stack([by_mean[:, None] * x, by_scale])
    information = np.empty((len(theta), len(theta)))
    information[:-1, :-1] = (x * (e / scale**2)[:, None]).T @ x
    cross = x.T @ ((e - ended + z * e) / scale)
    information[:-1, -1] = information[-1, :-1] = cross
    information[-1, -1] = (z * (e - ended) + z**2 * e).sum()
    return scores, information


def _sandwich(bread: np.ndarray, scores: np.ndarray, clusters: np.ndarray) -> np.ndarray:
    sums = np.zeros((clusters.max() + 1, scores.shape[1]))
    np.add.at(sums, clusters, scores)
    return bread @ (sums.T @ sums) @ bread


def _solve(information: np.ndarray, score: np.ndarray) -> np.ndarray:
    """Return the Newton step; where the information is not positive definite, a step up the score."""
    try:
        np.linalg.cholesky(information)
        return np.linalg.solve(information, score)
    except np.linalg.LinAlgError:
        return score / max(np.abs(np.diag(information)).max(), np.abs(score).max(), 1e-12)


def _no_maximum() -> EstimationError:
    return EstimationError(
        "The comparison of waits has no estimate.", where="compare_waits",
        value="the likelihood has no maximum", expected="answers in every group and value of a covariate",
        mend="Take out a covariate, or join small groups.",
    )  # fmt: skip
