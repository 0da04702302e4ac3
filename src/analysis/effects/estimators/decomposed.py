"""Which comparisons a two-way fixed-effects coefficient is made of (Goodman-Bacon 2021)."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.effects.panel.design import Design, read_design
from analysis.effects.results.describe import describe
from analysis.effects.results.estimate import EffectEstimate, make_table
from analysis.effects.results.notes import Note
from analysis.errors import EstimationError

KINDS = ("treated_vs_untreated", "earlier_vs_later", "later_vs_earlier")


def bacon(
    panel: pd.DataFrame, outcome: str, *, unit: str, time: str, cohort: str, by: str = "kind"
) -> EffectEstimate:
    """Decompose the two-way fixed-effects coefficient into comparisons of two cohorts before and after.

    Parameters
    ----------
    panel : DataFrame
        Balanced: every unit is seen in every period; not changed.
    outcome, unit, time, cohort : str
        Columns, as in `att_gt`. Units treated from the first period on are left out.
    by : {"kind", "pair"}

    Returns
    -------
    EffectEstimate
        A row per kind of comparison ("treated_vs_untreated", "earlier_vs_later", "later_vs_earlier": the last
        uses treated units as comparisons and is biased when effects change over time) or per pair of cohorts
        and kind, and a last row "overall", the coefficient itself; with the columns kind, weight, and for
        pairs cohort and comparison. There are no standard errors. A kind that does not occur has weight 0
        and is not identified.

    Raises
    ------
    EstimationError
        Bad input as in `att_gt`; an unbalanced panel; all units treated in one period.

    References
    ----------
    Goodman-Bacon, A. (2021). Difference-in-differences with variation in treatment timing. Journal of
    Econometrics 225(2), 254-277.
    """
    if by not in ("kind", "pair"):
        raise EstimationError(
            "There is no such choice.",
            where="argument by",
            value=by,
            expected="kind or pair",
            mend="Use one of these.",
        )
    design = read_design(panel, outcome, unit=unit, time=time, cohort=cohort)
    if not design.balanced:
        raise EstimationError(
            "The decomposition holds for balanced panels only.",
            where=f"columns {unit!r} and {time!r}",
            value=f"{int((~design.seen.all(axis=1)).sum())} units are not seen in every period",
            expected="every unit in every period",
            mend="Keep the units or periods that are complete.",
        )
    pairs = pd.DataFrame(_pairs(design))
    if pairs.empty:
        raise EstimationError(
            "All units are treated in the same period: there is nothing to compare them with.",
            where=f"column {cohort!r}",
            expected="never-treated units, or cohorts that start at different times",
            mend="Add units that start later or never.",
        )
    pairs["weight"] /= pairs["weight"].sum()
    rows = pairs if by == "pair" else _by_kind(pairs)
    overall = {"term": "overall", "estimate": pairs["weight"] @ pairs["estimate"], "weight": 1.0,
               "n_units": design.n_treated}  # fmt: skip
    rows = pd.concat([rows, pd.DataFrame([overall])], ignore_index=True)
    identified = rows["estimate"].notna().to_numpy()
    columns = {name: rows[name].to_numpy() for name in rows}
    columns |= dict.fromkeys(("std_error", "statistic", "p_value", "conf_low", "conf_high"), np.nan)
    columns |= {"identified": identified, "status": np.where(identified, "estimated", "no_comparison")}
    forbidden = float(pairs.loc[pairs["kind"] == KINDS[2], "weight"].sum())
    return describe(design, np.nan, table=make_table(columns), estimator="Goodman-Bacon decomposition",
                    estimand=Note("estimand_bacon", outcome=outcome), control_group=None,
                    notes=(Note("forbidden_share", share=forbidden),))  # fmt: skip


def _pairs(design: Design) -> list[dict[str, object]]:
    """Return every comparison with its estimate and its weight, up to a common factor."""
    levels, level = np.unique(np.minimum(design.starts, design.times[-1] + 1), return_inverse=True)
    counts = np.bincount(level)
    means = np.array([design.outcomes[level == k].mean(axis=0) for k in range(len(levels))])
    post = design.times >= levels[:, None]
    found = []
    for early in range(len(levels)):
        for late in range(early + 1, len(levels)):
            never = not post[late].any()
            kind = KINDS[0] if never else KINDS[1]
            found.append(_compare(design, early, late, ~post[late], kind, counts, means, post, levels))
            if not never:
                found.append(
                    _compare(design, late, early, post[early], KINDS[2], counts, means, post, levels)
                )
    return found


def _compare(design, treated, control, periods, kind, counts, means, post, levels) -> dict[str, object]:
    """Return the two-by-two comparison of two cohorts in the periods in which one of them does not change."""
    share = post[treated][periods].mean()
    gap = (means[treated] - means[control])[periods]
    after = post[treated][periods]
    weight = periods.mean() ** 2 * counts[treated] * counts[control] * share * (1 - share)
    last = design.times[-1]
    names = [design.scale.label(levels[k]) if levels[k] <= last else "untreated" for k in (treated, control)]
    return {"term": f"{names[0]} vs {names[1]}", "kind": kind, "cohort": str(names[0]),
            "comparison": str(names[1]), "estimate": gap[after].mean() - gap[~after].mean(),
            "weight": float(weight), "n_units": int(counts[treated])}  # fmt: skip


def _by_kind(pairs: pd.DataFrame) -> pd.DataFrame:
    rows = []
    for kind in KINDS:
        part = pairs[pairs["kind"] == kind]
        weight = part["weight"].sum()
        estimate = (part["weight"] @ part["estimate"]) / weight if weight > 0 else np.nan
        rows.append({"term": kind, "kind": kind, "estimate": estimate, "weight": weight,
                     "n_units": int(part.drop_duplicates("cohort")["n_units"].sum())})  # fmt: skip
    return pd.DataFrame(rows)
