"""Estimates of several estimators side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pandas as pd

from analysis.effects.estimators.group_time import GroupTimeEffects
from analysis.effects.results.estimate import EffectEstimate, make_table
from analysis.effects.results.notes import Note
from analysis.errors import EstimationError


def compare(
    estimates: Mapping[str, EffectEstimate | GroupTimeEffects] | Sequence[EffectEstimate | GroupTimeEffects],
) -> EffectEstimate:
    """Put the overall effects of several estimates of one outcome into one table (and one forest plot).

    Parameters
    ----------
    estimates : mapping of name to estimate, or sequence
        The names, or the estimators, become terms.

    Returns
    -------
    EffectEstimate
        A row per estimate: its row "overall", or its first one, with the columns of every estimate and
        estimator, control_group, cluster, n_clusters and n_obs. Notes are those that all share, and a
        reminder that estimands differ; sample sizes and the design are those of the first.

    Raises
    ------
    EstimationError
        No estimates, or estimates of different outcomes.
    """
    if isinstance(estimates, Mapping):
        names, given = list(estimates), list(estimates.values())
    else:
        given = list(estimates)
        names = [_inner(one).estimator for one in given]
        names = [f"{name} ({k + 1})" if names.count(name) > 1 else name for k, name in enumerate(names)]
    given = [one.aggregate("overall") if isinstance(one, GroupTimeEffects) else one for one in given]
    outcomes = list(dict.fromkeys(one.outcome for one in given))
    if len(outcomes) != 1:
        raise EstimationError(
            "Only estimates of one outcome can be compared.",
            where="argument estimates",
            value=", ".join(outcomes) or "none",
            expected="one estimate or more of the same outcome",
            mend="Compare outcome by outcome.",
        )
    rows = pd.DataFrame([_row(one) for one in given]).assign(term=names)
    shared = tuple(note for note in given[0].notes if all(note in one.notes for one in given))
    return replace(
        given[0], table=make_table({name: rows[name].to_numpy() for name in rows}), estimator="Comparison",
        estimand=Note("estimand_compared", outcome=outcomes[0]), covariance=None,
        notes=(*shared, Note("compared", names=", ".join(names))),
    )  # fmt: skip


def _inner(one: EffectEstimate | GroupTimeEffects) -> EffectEstimate:
    return one.cells if isinstance(one, GroupTimeEffects) else one


def _row(one: EffectEstimate) -> dict[str, object]:
    overall = one.table[one.table["term"] == "overall"]
    row = (overall if len(overall) else one.table).iloc[0]
    kept = ("estimate", "std_error", "statistic", "p_value", "conf_low", "conf_high", "n_units", "identified",
            "status")  # fmt: skip
    design = ("estimator", "control_group", "cluster", "n_clusters", "n_obs")
    about = {name: getattr(one, name) for name in design}
    return {name: row[name] for name in kept} | about
