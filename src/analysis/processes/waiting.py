"""Waits compared between groups of matters: those still waiting are censored, communities are clusters."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import NormalDist

import numpy as np
import pandas as pd

from analysis.errors import AnalysisError
from analysis.processes.hazards import fit_cox, fit_weibull
from analysis.processes.matters import matter_table
from analysis.processes.survival import check_horizon, fit_curves, medians_of, restricted_means_of

DAY = np.timedelta64(1, "D")
SHORTEST = 0.5  # days; a wait of 0 days has no logarithm


def days_between(
    table: pd.DataFrame, start: str, stop: str, *, leave: bool = False
) -> tuple[np.ndarray, np.ndarray]:
    """Return the days from one time of a matter to another, and whether the second was seen.

    Parameters
    ----------
    table : DataFrame
        As `matter_table` returns it.
    start, stop : str
        Columns of times.
    leave : bool
        Whether an answered matter that never came to `stop` waits no longer than to its answer.

    Returns
    -------
    (days, seen) : arrays of float and of bool
        Without `stop`, days until the matter was last seen (or answered, with `leave`). NaN without `start`,
        where `stop` came before it, or where no matter ever came to `stop`: it is not recorded.
    """
    end = table["last_seen"]
    if leave:
        end = table["answered_at"].where(table["answered_at"].notna(), end)
    seen = table[stop].notna().to_numpy()
    days = ((table[stop].where(seen, end) - table[start]) / DAY).to_numpy("float64", na_value=np.nan)
    return np.where((days >= 0) & seen.any(), days, np.nan), seen


def compare_waits(
    data,
    *,
    by: str,
    model: str = "cox",
    process: str | None = None,
    reference: str | None = None,
    adjust: Sequence[str] = (),
    cluster: str | None = "community_id",
    horizon: float = 90,
    conf: float = 0.95,
) -> pd.DataFrame:
    """Compare the days to the answer between groups of matters.

    Parameters
    ----------
    data : Study or DataFrame
        A study, or a matter table (days_observed, days_to_answer, process) with whatever columns were added.
    by : str
        Column that groups the matters: origin, category, level, procedure, ...
    model : {"cox", "weibull"}
        "cox": ratio of the rates at which matters still waiting are answered (above 1: answered sooner).
        "weibull": accelerated failure time, ratio of the waits themselves (above 1: waits longer).
    process : str, optional
        Only matters of this process; needed where there are several.
    reference : str, optional
        Group the others are compared with; default: the largest.
    adjust : sequence of str
        Columns held constant: numbers as they are, words as one indicator per value.
    cluster : str or None
        Column within which matters may depend on each other; None: standard errors of the model.
    horizon : float
        Days up to which mean_days looks, above 0.
    conf : float
        Level of the intervals, between 0 and 1.

    Returns
    -------
    DataFrame
        One row per group, the reference first, then by name.

        group, n, answered : matters with a known wait, and of these answered.
        median_days, mean_days, mean_std_error : Kaplan-Meier median, and restricted mean up to the horizon
            with its standard error, not adjusted.
        estimate, std_error, conf_low, conf_high : log ratio to the reference; 0 in its own row.
        ratio, ratio_low, ratio_high : the same as a ratio.
        identified : False where nothing was answered in the group: it has no estimate.

        ``attrs`` holds model, reference, ties, clusters, horizon, conf, used, left_out (by reason) and, for
        "weibull", scale and short_waits, how many waits under half a day count as half a day.

    Raises
    ------
    AnalysisError
        If an argument is not allowed, a column is lacking, or fewer than two groups have answers.

    Notes
    -----
    Assumes that open matters would have been answered like the others of their group, and proportional
    rates (Cox) or waits (Weibull; then rates are proportional too). Tied days are treated after Efron
    (1977). Clustered standard errors are those of Lin and Wei (1989), without small-sample correction: with
    fewer than about 30 communities they are too small. A comparison of groups is no effect.
    Sources: Cox (1972); Kalbfleisch and Prentice (2002), sections 2.2 and 4.2.
    """
    table = _matters(data, by, process, adjust, cluster, model, horizon, conf)
    kept, left_out = _known(table, by, adjust, cluster)
    groups, rows = _described(kept, by, reference, horizon)
    usable = rows.loc[rows["answered"] > 0, "group"].tolist()
    if len(usable) < 2 or groups[0] not in usable:
        raise AnalysisError(
            "There are not two groups with answers to compare.", where=f"compare_waits(by={by!r})",
            value=", ".join(usable) or "none", expected="two groups or more, the reference among them",
            mend="Choose another column, reference or process.",
        )  # fmt: skip
    used = kept[kept[by].isin(usable)]
    design, names = _design(used, by, usable, adjust)
    days, ended = used["days_observed"].to_numpy(), used["days_to_answer"].notna().to_numpy()
    clusters = pd.factorize(used[cluster])[0] if cluster else None
    details = {"ties": "efron"} if model == "cox" else {"short_waits": int((days < SHORTEST).sum())}
    if model == "cox":
        estimate, covariance = fit_cox(days, ended, design, clusters)
    else:
        estimate, covariance, details["scale"] = fit_weibull(
            np.maximum(days, SHORTEST), ended, design, clusters
        )
    rows = _with_ratios(rows, names, estimate, covariance, conf)
    rows.attrs = details | {
        "model": model, "reference": groups[0], "clusters": int(clusters.max()) + 1 if cluster else None,
        "horizon": horizon, "conf": conf, "used": len(used), "left_out": left_out,
    }  # fmt: skip
    return rows


def _matters(data, by, process, adjust, cluster, model, horizon, conf) -> pd.DataFrame:
    """Return the matter table of the process, after checking the arguments."""
    check_horizon(horizon)
    table = data if isinstance(data, pd.DataFrame) else matter_table(data)
    wanted = [by, *adjust, *([cluster] if cluster else []), "days_observed", "days_to_answer", "process"]
    wrong = None
    if model not in ("cox", "weibull"):
        wrong = ("The model is not known.", "model", model, "cox or weibull")
    elif not 0 < conf < 1:
        wrong = ("The level of the intervals is no share.", "conf", conf, "between 0 and 1")
    elif lacking := [name for name in wanted if name not in table.columns]:
        wrong = (
            "The matters lack a column.",
            "by, adjust, cluster",
            ", ".join(lacking),
            ", ".join(table.columns),
        )
    else:
        found = sorted(table["process"].dropna().unique())
        if process is not None and process not in found:
            wrong = ("There is no matter of this process.", "process", process, ", ".join(found))
        elif process is None and len(found) > 1:
            wrong = ("The matters are of several processes.", "process", "None", "one of " + ", ".join(found))
    if wrong:
        what, where, value, expected = wrong
        raise AnalysisError(
            what, where=f"compare_waits({where}=...)", value=value, expected=expected, mend="Correct it."
        )
    return table if process is None else table[table["process"] == process]


def _known(table: pd.DataFrame, by, adjust, cluster) -> tuple[pd.DataFrame, dict[str, int]]:
    """Return the matters that can be compared, and how many cannot, by the first reason."""
    left_out, kept = {}, table
    reasons = {"no_known_wait": ["days_observed"], "no_group": [by], "no_covariate": list(adjust)}
    reasons["no_cluster"] = [cluster] if cluster else []
    for reason, columns in reasons.items():
        lacking = kept[columns].isna().any(axis=1) if columns else pd.Series(False, index=kept.index)
        left_out[reason] = int(lacking.sum())
        kept = kept[~lacking]
    return kept.assign(**{by: kept[by].astype(str)}), left_out


def _described(
    kept: pd.DataFrame, by: str, reference: str | None, horizon: float
) -> tuple[list, pd.DataFrame]:
    """Return the groups, the reference first, and what is known of each without a model."""
    sizes = kept[by].value_counts()
    if reference is not None and str(reference) not in sizes.index:
        raise AnalysisError(
            "The reference is not among the groups.", where="compare_waits(reference=...)", value=reference,
            expected=", ".join(sorted(sizes.index)[:12]), mend="Use one of these.",
        )  # fmt: skip
    first = str(reference) if reference is not None else sizes.index[0] if len(sizes) else None
    groups = [*([first] if first else []), *sorted(set(sizes.index) - {first})]
    code = pd.Index(groups, dtype="str").get_indexer(kept[by])
    answered = kept["days_to_answer"].notna().to_numpy()
    curves = fit_curves(code, kept["days_observed"].to_numpy(), answered, len(groups))
    mean, error = restricted_means_of(curves, horizon)
    return groups, pd.DataFrame(
        {
            "group": pd.Series(groups, dtype="str"), "n": np.bincount(code, minlength=len(groups)),
            "answered": np.bincount(code[answered], minlength=len(groups)),
            "median_days": medians_of(curves), "mean_days": mean, "mean_std_error": error,
        }
    )  # fmt: skip


def _design(used: pd.DataFrame, by: str, groups: list, adjust: Sequence[str]) -> tuple[np.ndarray, list[str]]:
    """Return indicators of the groups but the reference, then the covariates; and the groups' names."""
    columns = [(used[by] == group).to_numpy(float) for group in groups[1:]]
    for name in adjust:
        values = used[name]
        if pd.api.types.is_numeric_dtype(values) and not pd.api.types.is_bool_dtype(values):
            number = values.to_numpy("float64")
            columns.append((number - number.mean()) / (number.std() or 1.0))
        else:
            words = values.astype(str)
            columns += [(words == word).to_numpy(float) for word in sorted(words.unique())[1:]]
    design = np.column_stack(columns)
    if np.linalg.matrix_rank(design - design.mean(axis=0)) < design.shape[1]:
        raise AnalysisError(
            "The columns say the same of the matters, so their parts cannot be told apart.",
            where="compare_waits(by=..., adjust=...)", value=", ".join([by, *adjust]),
            expected="columns that differ, none of them constant", mend="Leave one of them out.",
        )  # fmt: skip
    return design, groups[1:]


def _with_ratios(
    rows: pd.DataFrame, names: list[str], estimate: np.ndarray, covariance: np.ndarray, conf: float
) -> pd.DataFrame:
    """Return the rows with log ratios, intervals and ratios added; NaN where a group has no estimate."""
    z = NormalDist().inv_cdf((1 + conf) / 2)
    error = np.sqrt(np.maximum(np.diag(covariance), 0))
    found = pd.DataFrame({"estimate": estimate, "std_error": error}).iloc[: len(names)].set_axis(names)
    found.loc[rows["group"].iloc[0]] = 0.0
    found = found.reindex(rows["group"]).reset_index(drop=True)
    rows = rows.assign(**found)
    rows["conf_low"], rows["conf_high"] = (
        found["estimate"] - z * found["std_error"],
        found["estimate"] + z * found["std_error"],
    )
    for ratio, column in (("ratio", "estimate"), ("ratio_low", "conf_low"), ("ratio_high", "conf_high")):
        rows[ratio] = np.exp(rows[column])
    return rows.assign(identified=rows["estimate"].notna())
