"""The stage of the section on the index: ranks of districts with their intervals, or why there are none."""

from __future__ import annotations

import pandas as pd

from analysis.errors import AnalysisError
from analysis.reporting.stages.common import blank
from analysis.tables.study import Study

LEAST_DISTRICTS, DRAWS, SEED = 3, 1000, 1
EMPTY = "district_id score rank rank_median rank_low rank_high"


def rank_districts(study: Study, measures: list[pd.DataFrame]) -> tuple[pd.DataFrame, dict]:
    """Return the ranks of the districts on the index of governance effectiveness, and how they came about.

    Parameters
    ----------
    study : Study
    measures : list of DataFrame
        Indicators of networks and measures, as `index_table` takes them.

    Returns
    -------
    (DataFrame, dict)
        district_id, score, rank, rank_median, rank_low, rank_high; no rows without an index. And reason
        (empty, "few_districts", "no_measures" or "not_computed"), measures (those lacking), message, name,
        draws, level, certain_share, and indicators (column, direction) of the index.
    """
    from analysis.index import index_table, rank_uncertainty, read_index

    spec, districts = read_index(), study.districts
    indicators = [[i.name, i.direction] for i in spec.indicators]
    notes = {"reason": "", "measures": [], "message": "", "name": spec.name, "indicators": indicators}
    if len(districts) < LEAST_DISTRICTS:
        return blank(EMPTY), notes | {"reason": "few_districts"}
    frames = [frame for frame in measures if len(frame)]
    table = index_table(frames, places=districts) if frames else pd.DataFrame({"place_id": districts})
    table = table.reindex(columns=["place_id", *spec.columns])
    lacking = [name for name in spec.columns if table[name].nunique() < 2]  # not there, or all alike
    if lacking:
        return blank(EMPTY), notes | {"reason": "no_measures", "measures": lacking}
    errors = index_table(frames, places=districts, value="std_error")
    try:
        result = rank_uncertainty(table, spec, std_error=errors, draws=DRAWS, seed=SEED)
    except AnalysisError as error:
        return blank(EMPTY), notes | {"reason": "not_computed", "message": error.what}
    notes |= {"draws": result.draws, "level": result.level, "certain_share": result.certain_share}
    ranks = result.table.rename(columns={"place_id": "district_id"})[EMPTY.split()]
    return ranks.dropna(subset="rank").reset_index(drop=True), notes
