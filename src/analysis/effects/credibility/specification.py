"""One question, every defensible way of asking it: the specification curve with a joint permutation test."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from analysis.effects.credibility.choices import CHOICES, Specification
from analysis.effects.credibility.rows import estimate_overall, overall_row, require_count, table_of
from analysis.effects.estimators.linear import LinearEffect
from analysis.effects.estimators.two_way import twfe
from analysis.effects.inference.permute import permuted_levels
from analysis.effects.panel import checks
from analysis.effects.panel.design import Design, read_design
from analysis.effects.panel.timescale import read_scale
from analysis.effects.results.estimate import EffectEstimate
from analysis.effects.results.notes import Note
from analysis.errors import EstimationError

TWO_SIDED = 1.959963984540054


@dataclass(frozen=True, repr=False)
class SpecificationCurve:
    """All estimates, in order of size, and the joint test.

    Attributes
    ----------
    table : DataFrame
        One row per specification: the columns of every estimate, status, z (the estimate in standard
        deviations of its permuted ones), p_permutation, permuted (whether it is part of the joint test) and
        one column per choice of `Specification`.
    joint : DataFrame
        statistic ("median_z", "mean_z", "share": of |z| above 1.96 with the sign of the median), value,
        p_value.
    outcome : str
    notes : tuple of Note
    """

    table: pd.DataFrame
    joint: pd.DataFrame
    outcome: str
    notes: tuple[Note, ...] = field(default=())

    def tidy(self) -> pd.DataFrame:
        """Return a copy of the table."""
        return self.table.copy()

    def summary(self) -> str:
        """Return table, joint test and notes as text."""
        parts = [f"Specification curve: {self.outcome}", self.table.to_string(index=False),
                 self.joint.to_string(index=False)]  # fmt: skip
        return "\n\n".join([*parts, "\n".join(f"- {note}" for note in self.notes)])

    def __repr__(self) -> str:
        known = self.table["estimate"].dropna()
        span = f", {known.min():.3g} to {known.max():.3g}" if len(known) else ""
        joint = ", ".join(f"{row.statistic} p = {row.p_value:.3f}" for row in self.joint.itertuples())
        count = f"{len(known)} of {len(self.table)} estimated"
        return f"<SpecificationCurve of {self.outcome}: {count}{span}; {joint}>"

    def plot(self, ax=None):
        """Draw estimates by size, with the choices behind each below, on `ax` and return it."""
        from analysis.effects.credibility.curve_plot import draw_curve

        return draw_curve(self, ax)

    def _repr_html_(self) -> str:
        notes = "".join(f"<li>{html.escape(note)}</li>" for note in self.notes)
        return self.table.to_html(index=False) + self.joint.to_html(index=False) + f"<ul>{notes}</ul>"


def specification_curve(
    panel: pd.DataFrame,
    outcome: str,
    specifications: Sequence[Specification],
    *,
    unit: str,
    time: str,
    cohort: str,
    within: str | None = None,
    cluster: str | None = None,
    n_permutations: int = 499,
    seed: int = 0,
) -> SpecificationCurve:
    """Estimate every specification, and ask how often all of them together would look so by chance.

    The joint test permutes adoption times between units (within strata) and re-estimates the whole curve: it
    is exact for the hypothesis that treatment changes no unit's outcomes, if adoption times were as good as
    random within strata. It rests on specifications without covariates whose rows form a balanced panel.

    Parameters
    ----------
    panel, outcome, unit, time, cohort, cluster
        As in `att_gt`.
    specifications : sequence of Specification
        Such as `specifications(...)` returns.
    within : str, optional
        Column of strata, such as districts, within which adoption times are permuted.
    n_permutations : int
        At least 19.
    seed : int

    Returns
    -------
    SpecificationCurve
        A specification that cannot be estimated is a row that is not identified.

    Raises
    ------
    EstimationError
        Bad input as in `att_gt`; no specification; none that can be permuted.

    References
    ----------
    Simonsohn, U., Simmons, J. P. and Nelson, L. D. (2020). Specification curve analysis. Nature Human
    Behaviour 4, 1208-1214.
    """
    require_count(19, n_permutations=n_permutations)
    chosen = _read_specifications(panel, specifications)
    frame, design = _prepare(panel, outcome, unit, time, cohort, within)
    names = {"unit": unit, "time": time, "cohort": cohort}
    rows, effects = [], []
    for one in chosen:
        part = _part(panel, frame, one, outcome)
        labels = {name: getattr(one, name) for name in CHOICES} | {
            "outcome": one.outcome or outcome, "covariates": ", ".join(one.covariates),
        }  # fmt: skip
        rows.append(overall_row(lambda p=part, o=one: _estimate(o, p, names, cluster),
                                term=_name(labels)) | labels)  # fmt: skip
        effects.append(_linear(one, part, unit, design) if rows[-1]["identified"] else None)
    table = table_of(rows)
    drawn = _permute(frame, effects, unit, within, n_permutations, seed)
    return _finish(table, drawn, outcome, within, n_permutations, seed)


def _read_specifications(panel, specifications) -> list[Specification]:
    chosen = list(specifications)
    if not chosen or not all(isinstance(one, Specification) for one in chosen):
        raise EstimationError(
            "Specifications are wanted.",
            where="argument specifications",
            value=chosen[:1],
            expected="one Specification or more, as specifications() makes",
            mend="Make them with specifications(...).",
        )
    for one in chosen:
        checks.require_columns(panel, {"outcome": one.outcome, "sample": one.sample})
        checks.forbid_mediators(panel, one.covariates)
        if one.sample is not None and not set(panel[one.sample].unique()) <= {True, False}:
            raise EstimationError(
                "A sample column must say of every row whether it is used.",
                where=f"column {one.sample!r}",
                expected="True or False",
                mend="Fill the column with true and false.",
            )
    return list(dict.fromkeys(chosen))


def _prepare(panel, outcome, unit, time, cohort, within) -> tuple[pd.DataFrame, Design]:
    """Return the panel's keys with positions and strata, and its design, once it is known to be readable."""
    design = read_design(panel, outcome, unit=unit, time=time, cohort=cohort, cluster=within)
    scale = read_scale(pd.Index(panel[time].unique()), time)
    labels = pd.Index(panel[time].unique())
    position = pd.Series(scale.positions(labels, time), index=labels)
    cohorts = pd.Index(panel[cohort].dropna().unique())
    starts = pd.Series(np.ceil(scale.positions(cohorts, cohort)), index=cohorts)
    frame = pd.DataFrame({
        "unit": panel[unit].to_numpy(), "time": panel[time].map(position).to_numpy(float),
        "start": panel[cohort].map(starts).astype(float).fillna(np.inf).to_numpy(),
        "stratum": panel[within].to_numpy() if within else 0,
    })  # fmt: skip
    return frame, design


def _part(panel, frame, one: Specification, outcome: str) -> pd.DataFrame:
    """Return the rows of one specification with "y", "start", "position" and the user's own columns."""
    values = checks.numeric_column(panel, one.outcome or outcome, "outcome")
    if one.transform == "log":
        values = np.log(np.where(values > 0, values, np.nan))
    part = panel.assign(**{one.outcome or outcome: values})
    part = part.assign(_y=values, _start=frame["start"].to_numpy(), _time=frame["time"].to_numpy())
    part.attrs = dict(panel.attrs)
    return part if one.sample is None else part[panel[one.sample].to_numpy(bool)]


def _estimate(one: Specification, part, names, cluster) -> EffectEstimate:
    if one.transform == "log" and part["_y"].isna().any():
        raise EstimationError(
            "Logarithms need positive outcomes.",
            mend="Use the outcome as it is, or leave out these specifications.",
        )
    if one.estimator == "twfe":
        late = part["_start"] > part["_time"].min()
        part = part[late].assign(_treated=(part["_time"] >= part["_start"]).astype(float))
        return _overall(twfe(part, "_y", unit=names["unit"], time=names["time"], treatment="_treated",
                             covariates=one.covariates, cluster=cluster))  # fmt: skip
    arguments = names | {"covariates": one.covariates, "cluster": cluster}
    return estimate_overall(one.estimator, part, "_y", control_group=one.control_group, **arguments)


def _overall(estimate: EffectEstimate) -> EffectEstimate:
    return replace(estimate, table=estimate.table.iloc[:1].assign(term="overall"))


def _linear(one: Specification, part, unit: str, design: Design) -> tuple[LinearEffect, pd.Index] | None:
    """Return the specification as a linear effect and its units; None if it cannot be permuted."""
    if one.covariates or part["_y"].isna().any():
        return None
    wide = part.assign(_unit=part[unit]).pivot(index="_unit", columns="_time", values="_y")
    if wide.isna().to_numpy().any():
        return None
    effect = LinearEffect(
        one.estimator, one.control_group, wide.to_numpy(), wide.columns.to_numpy(float), design
    )
    return effect, wide.index


def _permute(frame, effects, unit, within, count: int, seed: int) -> np.ndarray:
    """Return (1 + draws, specifications) estimates, the true assignment first; NaN where not permuted."""
    units = frame.drop_duplicates("unit").set_index("unit")
    starts, strata = units["start"].to_numpy(), pd.factorize(units["stratum"])[0]
    levels, level = np.unique(starts, return_inverse=True)
    draws = permuted_levels(level, strata, count, np.random.default_rng(seed))
    if (draws == level).all():
        raise EstimationError(
            "There is nothing to permute: within each stratum all units adopt at the same time.",
            where=f"column {within!r}", expected="strata that hold units of different adoption times",
            mend="Permute across all units (within=None), or within larger strata.",
        )  # fmt: skip
    found = np.full((1 + count, len(effects)), np.nan)
    for k, entry in enumerate(effects):
        if entry is None:
            continue
        where = units.index.get_indexer(entry[1])
        for row, assignment in enumerate(np.vstack([level[None], draws])):
            found[row, k] = entry[0].of(levels[assignment[where]])
    return found


def _finish(table, drawn, outcome, within, count, seed) -> SpecificationCurve:
    usable = np.isfinite(drawn[0]) & (np.isfinite(drawn).mean(axis=0) > 0.9)
    if not usable.any():
        raise EstimationError(
            "No specification can be permuted.", where="argument specifications",
            expected="at least one without covariates whose rows form a balanced panel",
            mend="Fill or drop incomplete units or periods.",
        )  # fmt: skip
    scores = drawn[:, usable] / np.nanstd(drawn[:, usable], axis=0, ddof=1)
    shares = np.nanmean(np.abs(drawn[:, usable]) >= np.abs(drawn[0, usable]) * (1 - 1e-9), axis=0)
    table["z"], table["p_permutation"] = np.nan, np.nan
    table.loc[usable, "z"], table.loc[usable, "p_permutation"] = scores[0], shares
    table["permuted"] = usable
    joint = _joint(scores)
    table = table.sort_values("estimate", kind="stable", ignore_index=True)
    known = table.loc[table["identified"], "estimate"]
    p_values = joint.set_index("statistic")["p_value"]
    notes = [Note("curve", count=len(table), identified=len(known), low=known.min(), high=known.max(),
                  median=known.median()),
             Note("curve_joint", median=p_values["median_z"], mean=p_values["mean_z"], draws=count,
                  within=within or "all units", seed=seed)]  # fmt: skip
    if len(table[["outcome", "transform"]].drop_duplicates()) > 1:
        notes.append(Note("curve_units"))
    slow = int((table["identified"] & ~table["permuted"]).sum())
    notes += [Note("curve_slow", count=slow, tested=int(usable.sum()))] if slow else []
    return SpecificationCurve(table, joint, outcome, tuple(notes))


def _joint(scores: np.ndarray) -> pd.DataFrame:
    median, mean = np.nanmedian(scores, axis=1), np.nanmean(scores, axis=1)
    found = np.abs(scores) > TWO_SIDED
    same = np.sign(scores) == np.sign(median)[:, None]
    share = (found & same).sum(axis=1) / np.isfinite(scores).sum(axis=1)
    values = {"median_z": median, "mean_z": mean, "share": share}
    return pd.DataFrame([
        {"statistic": name, "value": value[0],
         "p_value": float((np.abs(value) >= np.abs(value[0]) * (1 - 1e-9)).mean())}
        for name, value in values.items()
    ])  # fmt: skip


def _name(labels: dict[str, object]) -> str:
    return ", ".join(str(value) for value in labels.values() if value not in (None, "", "level"))
