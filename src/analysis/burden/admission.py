"""The admission system: which new duties keep to it, by list, and what the others lack."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.burden.intervals import duties_of_communities, last_day, places_above, reform_starts
from analysis.tables.periods import period_of
from analysis.tables.values import DUTY_LISTS

REASONS = ("on_list", "agreement_and_money", "no_agreement", "no_money", "neither", "not_stated")
COMPLIANT = ("on_list", "agreement_and_money")
COLUMNS = ("place_id", "list", "phase", "reason", "compliant", "duties", "share")


def admission_reasons(study, reform: str | None = None) -> pd.DataFrame:
    """Return how new duties came to a community: admitted, or what they lacked; by place and list.

    A duty is admitted if it stands on the list, or comes with an agreement and with money (准入制度).

    Parameters
    ----------
    study : Study
        Its duties. New are those that start in a period of the study.
    reform : str, optional
        Tell the duties that start before a community's reform from those that start on its first day or
        later; communities without the reform are then left out.

    Returns
    -------
    DataFrame
        place_id : community, street or district.
        list : one of the five lists, or "all".
        phase : "all"; or, with `reform`, "before" and "after".
        reason : "on_list" and "agreement_and_money" are admitted; off the list, "no_agreement" and
            "no_money" lack the one (of the other it is not known to lack, it may be there or not stated),
            "neither" lacks both; "not_stated": the flags do not tell.
        compliant : True, False, missing for "not_stated".
        duties : new duties of this kind.
        share : of all new duties of the place, list and phase that can be judged; NaN for "not_stated"
            and where none can be judged.

        Six rows for every place, list and phase with a new duty.

    Raises
    ------
    AnalysisError
        If the study has no reform of this name.
    """
    duties = duties_of_communities(study)
    if study.periods:
        inside = period_of(duties["start"], study.period) >= study.periods[0]
        duties = duties[inside & (duties["start"] <= last_day(study))]
    else:
        duties = duties.iloc[:0]
    duties = duties.assign(phase="all", reason=reason_of(duties))
    if reform is not None:
        start = reform_starts(study, reform).reindex(duties["community_id"]).set_axis(duties.index)
        duties = duties.assign(phase=np.where(duties["start"] < start, "before", "after"))[start.notna()]
    rows, place = places_above(study, duties["community_id"])
    held = duties.iloc[rows].assign(place_id=place)[["place_id", "list", "phase", "reason"]]
    held = pd.concat([held, held.assign(list="all")], ignore_index=True)
    keys = ["place_id", "list", "phase"]
    counts = held.groupby([*keys, "reason"]).size().unstack(fill_value=0)
    counts = counts.reindex(columns=list(REASONS), fill_value=0)
    counts = counts.sort_index(key=lambda level: level.map(_order(study)))
    table = counts.reset_index().melt(keys, var_name="reason", value_name="duties", ignore_index=False)
    table = table.sort_index(kind="stable").reset_index(drop=True)
    known = table["reason"] != "not_stated"
    judged = table["duties"].where(known).groupby([table[key] for key in keys], sort=False).transform("sum")
    table["share"] = (table["duties"] / judged.where(judged > 0)).where(known)
    table["compliant"] = table["reason"].isin(COMPLIANT).astype("boolean").where(known)
    return table[list(COLUMNS)]


def _order(study) -> dict[str, int]:
    names = (*study.tree.table.index, "all", *DUTY_LISTS, "before", "after")
    return {name: i for i, name in enumerate(dict.fromkeys(names))}


def reason_of(duties: pd.DataFrame) -> np.ndarray:
    """Return for each duty why it is admitted, or why not: one of `REASONS`."""
    on_list, agreement, money = (
        duties[name].to_numpy("float64", na_value=np.nan) for name in ("on_list", "agreement", "funded")
    )
    off = on_list == 0
    return np.select(
        [on_list == 1, (agreement == 1) & (money == 1), off & (agreement == 0) & (money == 0),
         off & (agreement == 0), off & (money == 0)],
        ["on_list", "agreement_and_money", "neither", "no_agreement", "no_money"],
        default="not_stated",
    )  # fmt: skip
