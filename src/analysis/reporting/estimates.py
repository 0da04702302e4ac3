"""What the reforms changed, estimated once per run for the whole study."""

from __future__ import annotations

import pandas as pd

from analysis.errors import EstimationError

OWN_OUTCOMES = ("network_active_share", "network_support", "burden_duties", "burden_hours")
EFFECT_COLUMNS = [
    "reform", "outcome", "aggregation", "cluster", "n_clusters", "note", "term", "event_time", "estimate",
    "std_error", "statistic", "p_value", "conf_low", "conf_high", "n_units", "identified",
]  # fmt: skip


def estimate_effects(panel: pd.DataFrame, *, outcomes: list[str]) -> pd.DataFrame:
    """Estimate every reform's effect on every outcome, overall and by event time (Callaway-Sant'Anna).

    Parameters
    ----------
    panel : DataFrame
        As `build_panel` returns it.
    outcomes : list of str
        Columns of the panel; the project's own measures of `OWN_OUTCOMES` are added where they are there.

    Returns
    -------
    DataFrame
        reform, outcome, aggregation ("overall", "event_time"), cluster, n_clusters, note, then the columns
        of an `EffectEstimate` table. An effect that cannot be estimated is one row with identified False
        and the reason in note.
    """
    from analysis.effects import att_gt

    parts = []
    reforms = [c.removeprefix("cohort_") for c in panel.columns if c.startswith("cohort_")]
    wanted = [*outcomes, *(name for name in OWN_OUTCOMES if name in panel)]
    for reform in reforms:
        cluster = cluster_of(panel, f"cohort_{reform}")
        for outcome in wanted:
            keys = {"reform": reform, "outcome": outcome, "cluster": cluster}
            try:
                result = att_gt(
                    panel, outcome, unit="place_id", time="time", cohort=f"cohort_{reform}",
                    cluster=None if cluster == "place_id" else cluster, n_boot=0,
                )  # fmt: skip
            except EstimationError as error:
                note = f"{error.what} {error.expected or ''}".strip()
                parts.append(
                    pd.DataFrame([keys | {"aggregation": "overall", "identified": False, "note": note}])
                )
                continue
            for aggregation in ("overall", "event_time"):
                estimate = result.aggregate(aggregation)
                rows = estimate.tidy().assign(aggregation=aggregation, n_clusters=estimate.n_clusters, **keys)
                parts.append(rows)
    if not parts:
        return pd.DataFrame({c: pd.Series(dtype="object") for c in ("reform", "outcome", "aggregation")})
    return pd.concat(parts, ignore_index=True).reindex(columns=EFFECT_COLUMNS)


def cluster_of(panel: pd.DataFrame, cohort: str) -> str:
    """Return the highest level at which the reform was assigned: district_id, street_id or place_id.

    A level counts if every community belongs to one, at least one holds several communities, and all
    communities of each start together: then communities are no independent draws (Abadie et al. 2023).
    """
    places = panel.drop_duplicates("place_id")
    starts = places[cohort].astype("Float64").fillna(-1)
    for level in ("district_id", "street_id"):
        groups = places[level]
        if groups.notna().all() and groups.duplicated().any() and starts.groupby(groups).nunique().max() == 1:
            return level
    return "place_id"
