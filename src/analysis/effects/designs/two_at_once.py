"""Two reforms at once: what each does alone, what both do, and what being together adds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.effects.credibility.rows import missing_row, table_of
from analysis.effects.estimators.averages import degrees
from analysis.effects.estimators.imputing import jackknife, lone, read_layers, weigh_effects
from analysis.effects.estimators.untreated import UntreatedModel
from analysis.effects.panel import checks
from analysis.effects.panel.design import Design
from analysis.effects.panel.timescale import read_scale
from analysis.effects.results.describe import describe, describe_missing
from analysis.effects.results.estimate import EffectEstimate, add_inference
from analysis.effects.results.notes import Note
from analysis.errors import EstimationError

FIRST = "first start of the two reforms"
NEVER = 1e9  # a start beyond any panel, as a number that can be carried in a column


def two_reforms(
    panel: pd.DataFrame,
    outcome: str,
    *,
    unit: str,
    time: str,
    cohort_a: str,
    cohort_b: str,
    cluster: str | None = None,
    name_a: str | None = None,
    name_b: str | None = None,
) -> EffectEstimate:
    """Estimate what two staggered reforms do alone and together.

    Outcomes without either reform are imputed from unit and period effects fitted on unit-periods with
    neither (Borusyak, Jaravel and Spiess 2024), so no unit under one reform is ever a comparison for the
    other. It rests on parallel trends without reforms in all units and periods and on no anticipation. The
    interaction also takes what a reform does alone, after as many periods, to be the same in units that later
    have both (as where starts of the two are dealt out independently).

    Parameters
    ----------
    panel : DataFrame
        One row per unit and period; not changed.
    outcome, unit, time : str
    cohort_a, cohort_b : str
        First period under each reform, <NA> if never.
    cluster : str, optional
    name_a, name_b : str, optional
        What to call the reforms; the columns by default, less "cohort_".

    Returns
    -------
    EffectEstimate
        Rows "<a> only", "<b> only", "both" (averages over such unit-periods) and "interaction" (the average
        over unit-periods with both of their effect less the average effects of each reform alone after as
        many periods), with n_periods (unit-periods behind the row) and n_controls (units with neither reform
        in some period in which the row has an effect). What the data cannot tell apart is a row that is not
        identified, with the reason in status and in words in the notes.

    Raises
    ------
    EstimationError
        Bad input as in `att_gt`; no unit-period under either reform that can be imputed.
    """
    names = _names(cohort_a, cohort_b, name_a, name_b)
    both = _read(panel, outcome, unit, time, cohort_a, cohort_b, cluster)
    design, model = both.design, UntreatedModel(both.design)
    if not model.imputable.any():
        raise EstimationError(
            "No unit-period under either reform can be compared with units under neither.",
            where=f"columns {cohort_a!r} and {cohort_b!r}",
            expected="units that neither reform has reached while others are reached",
            mend="Add units or periods without reforms.",
        )
    weights, effects = both.weights(model.imputable), model.effects()
    errors = jackknife(design, lambda kept: _estimates(both.select(kept)))
    df = degrees(design)[0] if errors is None else design.n_clusters - 1.0
    terms = (f"{names[0]} only", f"{names[1]} only", "both", "interaction")
    rows = []
    for k, (term, share) in enumerate(zip(terms, weights, strict=True)):
        estimate, error = weigh_effects(design, model, effects, share, both.codes())
        error = error if errors is None else errors[k]
        rows.append(_row(term, share, estimate, error, both, model, df))
    table = table_of(rows)
    return describe(
        design, df if errors is None else np.nan, table=table, control_group=None,
        estimator="Two reforms by imputation",
        estimand=Note("estimand_two_reforms", outcome=outcome, a=names[0], b=names[1]),
        notes=(Note("conservative" if errors is None else "jackknife"), *_limits(both, model, weights, names),
               *describe_missing(table["status"].to_numpy())),
        unbalanced="unbalanced_regression",
    )  # fmt: skip


def clean_controls(
    panel: pd.DataFrame, *, unit: str, time: str, cohort_a: str, cohort_b: str,
    name_a: str | None = None, name_b: str | None = None,
) -> pd.DataFrame:  # fmt: skip
    """Count who is a clean comparison for whom where two reforms overlap.

    Parameters
    ----------
    panel : DataFrame
        One row per unit and period.
    unit, time : str
        Columns of the unit and of the period (whole numbers, or labels of periods).
    cohort_a, cohort_b : str
        Columns of the first period under each reform; missing for units that it never reaches.
    name_a, name_b : str, optional
        What to call the reforms; by default their columns without "cohort_".

    Returns
    -------
    DataFrame
        Rows "<a> only", "<b> only", "both": comparison; units and unit_periods in that state; never (units
        that neither reform ever reaches) and not_yet (units later reached by one of them) that have neither
        reform in a period in which the row's units are in that state; other_reform (units under just the
        other reform then: not clean for an effect against neither); periods (in that state) and
        periods_without (those of them without any clean comparison).

    Raises
    ------
    EstimationError
        Missing columns, duplicate unit-periods, cohorts that vary within a unit.
    """
    names = _names(cohort_a, cohort_b, name_a, name_b)
    frame = panel.assign(_one=np.arange(len(panel)) % 2.0)
    both = _read(frame, "_one", unit, time, cohort_a, cohort_b, None)
    seen, states = both.design.seen, both.states()
    never = (both.starts.min(axis=0) > both.design.times[-1])[:, None]
    rows = []
    for k, name in enumerate((f"{names[0]} only", f"{names[1]} only", "both")):
        now = states[k] & seen
        when = now.any(axis=0)
        free = ~states.any(axis=0) & seen & when
        other = (states[1 - k] & seen & when).any(axis=1).sum() if k < 2 else 0
        rows.append({
            "comparison": name, "units": int(now.any(axis=1).sum()), "unit_periods": int(now.sum()),
            "never": int((free & never).any(axis=1).sum()), "not_yet": int((free & ~never).any(axis=1).sum()),
            "other_reform": int(other), "periods": int(when.sum()),
            "periods_without": int((when & ~free.any(axis=0)).sum()),
        })  # fmt: skip
    return pd.DataFrame(rows)


@dataclass(frozen=True)
class Both:
    """A design whose start is that of the first reform, with `starts` (2, units) of each."""

    design: Design
    starts: np.ndarray

    def select(self, units: np.ndarray) -> Both:
        design = self.design.select(units, "left out in turn")
        return Both(design, self.starts[:, units])

    def event_times(self) -> np.ndarray:
        """Return (2, units, periods) periods since each reform, below 0 before it."""
        return self.design.times - self.starts[:, :, None]

    def states(self) -> np.ndarray:
        """Return (3, units, periods): only the first, only the second, both."""
        a, b = self.event_times() >= 0
        return np.stack([a & ~b, b & ~a, a & b])

    def codes(self) -> np.ndarray:
        """Return one code per state and periods since the later of its reforms."""
        since = np.where(self.event_times() >= 0, self.event_times(), np.inf).min(axis=0)
        a, b, both = self.states()
        return np.where(np.isfinite(since), 4 * since + a + 2 * b + 3 * both, 0).astype(int)

    def weights(self, usable: np.ndarray) -> list[np.ndarray]:
        """Return the weights of unit-periods in each of the four rows; all zero where there is none."""
        a, b, both = self.states() & usable
        alone = [_alone(e, state) for e, state in zip(self.event_times(), (a, b), strict=True)]
        event = self.event_times()
        partners = both & np.logical_and(*[np.isin(e, list(found)) for e, found in
                                           zip(event, alone, strict=True)])  # fmt: skip
        mix = partners.astype(float)
        for e, found in zip(event, alone, strict=True):
            times, counts = np.unique(e[partners], return_counts=True)
            for when, count in zip(times, counts, strict=True):
                mix = mix - count * found[when]
        return [_mean(a), _mean(b), _mean(both), mix / max(partners.sum(), 1)]


def _alone(event_time: np.ndarray, state: np.ndarray) -> dict[float, np.ndarray]:
    return {when: _mean(state & (event_time == when)) for when in np.unique(event_time[state])}


def _mean(mask: np.ndarray) -> np.ndarray:
    return mask / max(mask.sum(), 1)


def _read(panel, outcome, unit, time, cohort_a, cohort_b, cluster) -> Both:
    checks.require_columns(panel, {"outcome": outcome, "unit": unit, "time": time, "cohort_a": cohort_a,
                                   "cohort_b": cohort_b})  # fmt: skip
    scale = read_scale(checks.codes_of(panel, time, "period")[1], time)
    starts = []
    for column in (cohort_a, cohort_b):
        codes, labels = pd.factorize(panel[column])
        found = np.append(np.ceil(scale.positions(pd.Index(labels), column)), np.inf)[codes]
        _require_constant(panel, unit, column, found)
        starts.append(found)
    first = np.minimum(*starts)
    known = {p: scale.label(p) for p in np.unique(first[np.isfinite(first)])}
    frame = panel.assign(**{FIRST: pd.Series(first, index=panel.index).map(known)})
    layers = {f"start {k}": np.where(np.isfinite(s), s, NEVER) for k, s in enumerate(starts)}
    design, carried = read_layers(frame, outcome, layers, unit=unit, time=time, cohort=FIRST,
                                  cluster=cluster)  # fmt: skip
    each = np.stack([np.nanmin(carried[name], axis=1) for name in layers])
    shift = scale.positions(pd.Index([design.scale.label(0)]), time)[0]
    return Both(design, np.where(each >= NEVER, np.inf, each - shift))


def _require_constant(panel, unit, column, starts) -> None:
    groups = pd.Series(starts).groupby(panel[unit].to_numpy())
    varies = groups.min() != groups.max()
    if varies.any():
        raise EstimationError(
            f"The cohort varies within {int(varies.sum())} units.", where=f"column {column!r}",
            value=varies.index[varies][0], expected="one first treated period per unit, in all its rows",
            mend="Compute the first treated period per unit.",
        )  # fmt: skip


def _estimates(both: Both) -> np.ndarray:
    model = UntreatedModel(both.design)
    effects = model.effects()
    weights = both.weights(model.imputable)
    return np.array([(w * effects).sum() if w.any() else np.nan for w in weights])


def _row(term, weights, estimate, error, both: Both, model, df) -> dict[str, object]:
    now = weights != 0
    if not now.any():
        return missing_row(_why(term, both, model), term=term, n_periods=0, n_controls=0)
    error = np.nan if lone(both.design, weights) else error
    columns = add_inference(np.array([estimate]), np.array([error]), df)
    free = (~model.treated & both.design.seen)[:, now.any(axis=0)].any(axis=1)
    return {name: values[0] for name, values in columns.items()} | {
        "term": term, "n_units": int(now.any(axis=1).sum()), "identified": True, "status": "estimated",
        "n_periods": int(now.sum()), "n_controls": int(free.sum()),
    }  # fmt: skip


def _why(term: str, both: Both, model: UntreatedModel) -> str:
    if term == "interaction":
        return "collinear"
    return (
        "no_comparison" if (both.states() & model.treated)[2 if term == "both" else 0].any() else "collinear"
    )


def _limits(both: Both, model, weights, names) -> list[Note]:
    a, b, together = both.states() & model.imputable
    starts = both.starts
    reached = np.isfinite(starts).all(axis=0)
    notes = []
    if reached.any() and (starts[0] == starts[1])[reached].all():
        notes.append(Note("two_reforms_same", a=names[0], b=names[1]))
    lacking = [text for text, found in ((f"{names[0]} without {names[1]}", a.any()),
                                        (f"{names[1]} without {names[0]}", b.any()),
                                        ("both reforms", together.any())) if not found]  # fmt: skip
    if lacking:
        notes.append(Note("two_reforms_inseparable", lacking=" nor ".join(lacking)))
    used = int(((weights[3] > 0) & together).sum())
    if used:
        notes.append(Note("two_reforms_alike", used=used, total=int(together.sum())))
    lost = int((model.treated & ~model.imputable).sum())
    return [*notes, Note("not_imputed", count=lost, total=int(model.treated.sum()))] if lost else notes


def _names(cohort_a: str, cohort_b: str, name_a: str | None, name_b: str | None) -> tuple[str, str]:
    if cohort_a == cohort_b:
        raise EstimationError(
            "One column is asked to be both reforms.",
            where="arguments cohort_a and cohort_b",
            value=cohort_a,
            expected="a column for each reform",
            mend="Name the other reform's column.",
        )
    return name_a or cohort_a.removeprefix("cohort_"), name_b or cohort_b.removeprefix("cohort_")
