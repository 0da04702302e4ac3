"""One effect per district, drawn towards their mean by as much as its own noise calls for."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from analysis.effects.designs.pooling import Pooled, pool
from analysis.effects.estimators.callaway import require_choices
from analysis.effects.estimators.cells import plan_cells
from analysis.effects.panel import checks
from analysis.effects.panel.design import Design, read_design
from analysis.effects.results.describe import describe, describe_missing
from analysis.effects.results.estimate import LEVEL, EffectEstimate, add_inference, make_table
from analysis.effects.results.notes import Note
from analysis.errors import EstimationError

POWER = 0.8
FIGURES = ("estimate", "std_error", "statistic", "p_value", "conf_low", "conf_high")


def district_effects(
    panel: pd.DataFrame,
    outcome: str,
    *,
    district: str,
    unit: str,
    time: str,
    cohort: str,
    comparison: str = "within",
    control_group: str = "not_yet_treated",
) -> EffectEstimate:
    """Estimate the effect in each district, raw and shrunk towards the mean of all.

    The raw effect of a district is the average over its treated units and their treated periods of the change
    since the period before adoption, less that of comparison units (as ``att_gt(...).aggregate("overall")``
    of the district alone). It rests on parallel trends between these. Shrinkage adds that districts' true
    effects scatter around a common mean.

    Parameters
    ----------
    panel : DataFrame
        One row per unit and period; not changed. Gaps are allowed.
    outcome, district, unit, time, cohort : str
        Columns; each unit lies in one district.
    comparison : {"within", "all"}
        Comparison units of the same district, or of all districts (where whole districts adopt together; the
        estimates then share noise, which the pooling counts).
    control_group : {"not_yet_treated", "never_treated"}

    Returns
    -------
    EffectEstimate
        A row per district: estimate, std_error, conf_low and conf_high are the shrunk ones; raw,
        raw_std_error, raw_low, raw_high its own; weight what its own estimate counts in the shrunk one (0 to
        1); detectable the smallest true effect that the raw estimate would tell from zero with probability
        80 %; n_units and n_controls. Then "overall", the mean of districts' effects, and "new district", what
        to expect in a district not studied (identified from three districts on). Columns tau, tau_low and
        tau_high: the standard deviation of true effects between districts with its 95 % interval. A district
        without treated or comparison units is a row that is not identified. Standard errors take the noise
        of units around the mean of their district and cohort to be alike in all districts (any correlation
        over time): districts have too few units to measure their own.

    Raises
    ------
    EstimationError
        Bad input as in `att_gt`; a unit in two districts; fewer than two districts with an effect.

    References
    ----------
    Paule, R. C. and Mandel, J. (1982). Consensus values and weighting factors. Journal of Research of the
    National Bureau of Standards 87(5), 377-385. Higgins, J. P. T., Thompson, S. G. and Spiegelhalter, D. J.
    (2009). A re-evaluation of random-effects meta-analysis. JRSS A 172(1), 137-159 (prediction).
    """
    require_choices(control_group=control_group, comparison=comparison)
    checks.require_columns(panel, {"district": district, "unit": unit})
    _require_nested(panel, district, unit)
    design = read_design(panel, outcome, unit=unit, time=time, cohort=cohort, cluster=district)
    labels = list(pd.factorize(panel[district])[1])
    code, design = design.clusters, replace(
        design, clusters=np.arange(design.n_units), names=design.names | {"cluster": unit},
        notes=tuple(n for n in design.notes if n.code not in ("few_clusters", "few_treated_clusters")),
    )  # fmt: skip
    raw, sigma, df, status, counts = _compare(design, code, len(labels), control_group, comparison)
    order = np.array(sorted(range(len(labels)), key=lambda k: labels[k] if _sortable(labels) else k))
    known = order[status[order] == "estimated"]
    if len(known) < 2:
        raise EstimationError(
            f"Only {len(known)} districts have an effect that can be estimated with its error.",
            where=f"column {district!r}",
            expected="at least two districts with treated and comparison units",
            mend="Use comparison='all' if whole districts adopt together; otherwise use att_gt.",
        )
    pooled = pool(raw[known], sigma[np.ix_(known, known)], df)
    table = _tabulate(
        pooled, raw, np.sqrt(np.diag(sigma)), df, status, counts, order, known, labels, district
    )
    notes = [Note("tau", tau=pooled.tau, low=pooled.tau_low, high=pooled.tau_high, districts=len(known)),
             Note("shrunk"), Note("pooled_noise"), Note("detectable", power=POWER)]  # fmt: skip
    notes += [Note("shared_comparison")] if comparison == "all" else []
    notes += [Note("few_districts", districts=len(known))] if len(known) < 5 else []
    return describe(design, df, table=table, estimator="District effects, raw and shrunk",
                    estimand=Note("estimand_districts", outcome=outcome, district=district),
                    control_group=control_group,
                    notes=(*notes, *describe_missing(table["status"].to_numpy())))  # fmt: skip


def _compare(design: Design, code: np.ndarray, n: int, control_group: str, comparison: str) -> tuple:
    """Return per district: raw effect, covariance matrix, its degrees of freedom, status, counts of units."""
    weights, treated, control = _weigh(design, code, n, control_group, comparison == "within")
    outcomes = np.nan_to_num(design.outcomes - np.nanmean(design.outcomes, axis=1, keepdims=True))
    cell = pd.DataFrame({"code": code, "start": design.starts}).groupby(["code", "start"]).ngroup()
    noise, df = _noise(outcomes, design.seen, cell.to_numpy())
    if comparison == "within":
        own = weights[:, :, 0]
        raw = np.bincount(code, (own * outcomes).sum(axis=1), minlength=n)
        sigma = np.diag(np.bincount(code, ((own @ noise) * own).sum(axis=1), minlength=n))
    else:
        raw = np.einsum("itj,it->j", weights, outcomes)
        flat = weights.reshape(-1, n)
        sigma = flat.T @ np.einsum("st,itj->isj", noise, weights).reshape(-1, n)
    adopting = np.bincount(code[design.starts <= design.times[-1]], minlength=n) > 0
    status = np.where(treated > 0, "estimated", np.where(adopting, "no_comparison", "no_treated"))
    return np.where(treated > 0, raw, np.nan), sigma, df, status.astype(object), (treated, control)


def _weigh(design: Design, code: np.ndarray, n: int, control_group: str, within: bool) -> tuple:
    """Return the weights of outcomes in raw effects and the numbers of treated and comparison units.

    The weights are (units, periods, districts), or (units, periods, 1) if a unit counts in its own district
    only.
    """
    plan = plan_cells(design, control_group)
    level = np.searchsorted(plan.levels, design.starts)
    sources = code if within else np.zeros(design.n_units, int)
    pools = np.arange(n) if within else np.zeros(n, int)
    weights = np.zeros((*design.outcomes.shape, 1 if within else n))
    used_treated = np.zeros(design.n_units, bool)
    used_control, size = np.zeros((design.n_units, weights.shape[2]), bool), np.zeros(n)
    for k in np.flatnonzero(plan.post & (plan.status == "estimated")):
        now, base = plan.now[k], plan.base[k]
        both = design.seen[:, now] & design.seen[:, base]
        treated, control = both & (level == plan.level[k]), both & plan.controls[k][level]
        n_control = np.bincount(sources[control], minlength=n)[pools]
        counted = np.where(n_control > 0, np.bincount(code[treated], minlength=n), 0)
        treated &= (counted > 0)[code]
        part = np.zeros(weights[:, 0].shape)
        share = counted / np.maximum(n_control, 1)
        part[control] = -(share[code[control]][:, None] if within else share)
        part[treated, 0 if within else code[treated]] += 1.0
        weights[:, now] += part
        weights[:, base] -= part
        size += counted
        used_treated |= treated
        used_control |= control[:, None] & (part < 0)
    size = np.maximum(size, 1)
    weights /= size[code][:, None, None] if within else size
    control_units = np.bincount(code[used_control[:, 0]], minlength=n) if within else used_control.sum(axis=0)
    return weights, np.bincount(code[used_treated], minlength=n), control_units


def _noise(outcomes: np.ndarray, seen: np.ndarray, cell: np.ndarray) -> tuple[np.ndarray, float]:
    """Return the covariance over time of units around their district and cohort's mean, and its degrees."""
    member = np.zeros((cell.max() + 1, len(cell)))
    member[cell, np.arange(len(cell))] = 1.0
    counts = member @ seen
    means = (member @ outcomes) / np.maximum(counts, 1)
    left = np.where(seen, outcomes - means[cell], 0.0)
    degrees = seen.T.astype(float) @ seen - (counts > 0).T.astype(float) @ (counts > 0)
    if (degrees <= 0).any():
        raise EstimationError(
            "Noise cannot be told from differences between districts: too few units share a district, an "
            "adoption time and periods.",
            where="argument district",
            expected="districts with several units of the same cohort",
            mend="Use larger districts.",
        )
    noise = left.T @ left / degrees
    if not np.trace(noise) > 0:
        raise EstimationError(
            "Outcomes of the units of a district and an adoption time move exactly alike: there is no noise "
            "to measure errors by.",
            where="argument outcome",
            expected="outcomes that differ over time between units",
            mend="Check whether the outcome was measured per unit or copied from the district.",
        )
    return noise, float(degrees.min())


def _tabulate(
    pooled: Pooled, raw, raw_error, df, status, counts, order, known, labels, district
) -> pd.DataFrame:
    from scipy.special import stdtrit

    n, reach = len(order), stdtrit(df, 0.5 + LEVEL / 2)
    shrunk, errors, weight = np.full((3, len(labels)), np.nan)
    shrunk[known], errors[known], weight[known] = pooled.shrunk, pooled.shrunk_error, pooled.weight
    rows = add_inference(shrunk[order], errors[order], df)
    overall = add_inference(np.array([pooled.mean]), np.array([pooled.mean_error]), df=len(known) - 1.0)
    predicted = pooled.new_error if len(known) > 2 else np.nan
    new = add_inference(np.array([pooled.mean if len(known) > 2 else np.nan]), np.array([predicted]),
                        df=max(len(known) - 2, 1))  # fmt: skip
    columns = {name: np.concatenate([rows[name], overall[name], new[name]]) for name in FIGURES}
    shown = np.where(status == "estimated", raw, np.nan)[order]
    error = np.where(status == "estimated", raw_error, np.nan)[order]
    states = [*status[order], "estimated", "estimated" if len(known) > 2 else "few_districts"]
    treated, controls = (count[order] for count in counts)

    def padded(values) -> np.ndarray:
        return np.append(values, [np.nan, np.nan])

    return make_table(columns | {
        "term": [*(f"{district}={labels[k]}" for k in order), "overall", "new district"],
        "n_units": np.append(treated, [counts[0].sum()] * 2),
        "identified": np.array([state == "estimated" for state in states]), "status": states,
        "district": pd.array([*(str(labels[k]) for k in order), None, None], dtype="str"),
        "raw": padded(shown), "raw_std_error": padded(error), "raw_low": padded(shown - reach * error),
        "raw_high": padded(shown + reach * error), "weight": padded(weight[order]),
        "detectable": padded((reach + stdtrit(df, POWER)) * error),
        "n_controls": pd.array([*controls, None, None], dtype="Int64"),
        "tau": np.full(n + 2, pooled.tau), "tau_low": np.full(n + 2, pooled.tau_low),
        "tau_high": np.full(n + 2, pooled.tau_high),
    })  # fmt: skip


def _require_nested(panel: pd.DataFrame, district: str, unit: str) -> None:
    homes = panel.groupby(unit)[district].nunique()
    if (homes > 1).any():
        raise EstimationError(
            f"{int((homes > 1).sum())} units lie in more than one district.",
            where=f"columns {unit!r} and {district!r}",
            value=homes.index[homes > 1][0],
            expected="each unit in one district throughout",
            mend="Give every unit the district it had before adoption.",
        )


def _sortable(labels: list) -> bool:
    return len({isinstance(label, str) for label in labels}) == 1
