"""Where and when people counted: what noisy counts are made of."""

from __future__ import annotations

import pandas as pd

from analysis.errors import StudyError
from analysis.tables.periods import period_of

PERSON = ["person_id", "place_id", "period"]


def presence(study) -> dict[str, pd.DataFrame]:
    """Return in which communities and periods every person took part in acts that were done.

    Parameters
    ----------
    study : Study

    Returns
    -------
    dict of str to DataFrame
        people_active, people_helping (the acting side of an act between two people), people_gathering ->
        person_id, place_id (community), period.

    Raises
    ------
    StudyError
        The study has no interactions.
    """
    if not study.has("interactions"):
        raise StudyError(
            "There is nothing to count people by: the study has no interactions.", where="interactions",
            expected="acts with time, community_id and source_id", mend="Export without --epsilon.",
        )  # fmt: skip
    acts = study.interactions
    acts = acts[acts["status"].fillna("done") == "done"]
    acts = acts.assign(period=period_of(acts["time"], study.period))
    between = acts["target_id"].notna()
    return {
        "people_active": pd.concat([_side(acts, "source_id"), _side(acts[between], "target_id")]),
        "people_helping": _side(acts[between], "source_id"),
        "people_gathering": _side(acts[acts["gathering_id"].notna()], "source_id"),
    }


def _side(acts: pd.DataFrame, column: str) -> pd.DataFrame:
    named = acts[acts[column].notna()]
    return named[[column, "community_id", "period"]].set_axis(PERSON, axis=1).drop_duplicates()
