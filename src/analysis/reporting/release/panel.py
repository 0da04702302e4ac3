"""The panel of communities and periods as it may be handed out."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from analysis.burden import burden_measures
from analysis.display.text import LANGUAGES, Text
from analysis.outcomes import outcome_measures
from analysis.panel import KEYS, build_panel, further_measures
from analysis.processes import process_measures
from analysis.reporting.disclosure import hidden_cells, mask_measures
from analysis.tables.periods import ALL, FREQUENCIES

LEVELS = ("community", "street", "district")
NETWORKS = ["place_id", "period", "layer", "indicator", "value", "n", "std_error"]
TIDY = ["place_id", "period", "measure", "value", "n", "std_error"]


@dataclass(frozen=True)
class PublicPanel:
    """A panel without small cells and without those that would give them away.

    Attributes
    ----------
    panel : DataFrame
        place_id, district_id, street_id, period, time, the measures, cohort_<reform>, dose_<reform>: a row
        per community and period. A cell is empty where nothing was measured and where the value is hidden.
    cells : DataFrame
        measure, cells, without_value, hidden, shown: the account of every measure's cells.
    left_out : tuple of str
        Measures of which no cell may be shown.
    told : int
        Numbers of districts and periods that reports on districts show, and that would have to be hidden for
        the panel's small cells to be as safe beside the reports as alone.
    """

    panel: pd.DataFrame
    cells: pd.DataFrame
    left_out: tuple[str, ...]
    told: int


def public_panel(study) -> PublicPanel:
    """Return the panel of a study as it may be handed out.

    Parameters
    ----------
    study : Study

    Returns
    -------
    PublicPanel
        Hidden are the values that rest on one to four people or cases, those of which the small number
        follows from others (periods of a community, communities of a street and of a district, districts of
        the study), and those that with the reports on districts, hidden by themselves, would give one away.

    Notes
    -----
    The rules are those of `analysis.reporting.disclosure` (docs/privacy.md). An outcome whose n is not stated
    counts as one case, and is hidden.
    """
    tidy, panel = measured(study)
    keys = pd.MultiIndex.from_frame(panel[["place_id", "period"]])
    before = _wide(tidy, keys)
    masked, told = protected(tidy, study) if len(tidy) else (tidy, 0)
    after = _wide(masked, keys)
    names = [name for name in panel.columns if name in before.columns]
    cells = pd.DataFrame(
        [
            (name, len(panel), int(before[name].isna().sum()),
             int((before[name].notna() & after[name].isna()).sum()), int(after[name].notna().sum()))
            for name in names
        ],
        columns=["measure", "cells", "without_value", "hidden", "shown"],
    )  # fmt: skip
    shown = cells.loc[cells["shown"] > 0, "measure"].tolist()
    left_out = tuple(cells.loc[(cells["shown"] == 0) & (cells["hidden"] > 0), "measure"])
    reforms = [name for name in panel.columns if name.startswith(("cohort_", "dose_"))]
    values = after[shown].set_axis(panel.index)
    found = pd.concat([panel[list(KEYS)], values, panel[reforms]], axis=1)
    return PublicPanel(found, cells, left_out, told)


def measured(study) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return every measure with what it rests on, and the panel."""
    networks = _networks(study)
    processes, burden, further = process_measures(study), burden_measures(study), further_measures(study)
    panel = build_panel(study, indicators=networks, processes=processes, burden=burden, further=further)
    dyadic = networks[networks["layer"] == "dyadic"]
    dyadic = dyadic.assign(measure="network_" + dyadic["indicator"].astype("str"))
    parts = [dyadic, processes, burden, further]
    parts += [outcome_measures(study)] if study.periods else []
    parts = [part[TIDY] for part in parts if len(part)]
    tidy = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=TIDY)
    return tidy, panel


def _networks(study) -> pd.DataFrame:
    if not study.has("interactions"):
        return pd.DataFrame({name: pd.Series(dtype="object") for name in NETWORKS})
    from analysis.networks import TieRule, build_ties, indicators

    first, last = (pd.Period(study.periods[i], freq=FREQUENCIES[study.period]) for i in (0, -1))
    rule = TieRule(period=study.period, start=str(first.start_time.date()), end=str(last.end_time.date()))
    return indicators(
        build_ties(study.interactions, rule, tree=study.tree, people=study.people), study.people
    )


def protected(tidy: pd.DataFrame, study) -> tuple[pd.DataFrame, int]:
    """Return measures without values that are hidden in reports or must be here, and `PublicPanel.told`."""
    label, places = Text(LANGUAGES[0]).measure, study.tree.table.reset_index(drop=True)
    tidy = tidy[tidy["place_id"].isin(places.loc[places["kind"].isin(LEVELS), "place_id"])]
    in_reports = hidden_cells(tidy, places, label)
    hidden = hidden_cells(tidy, places, label, LEVELS, beside=in_reports)
    return mask_measures(tidy, label, hidden).reset_index(), _told(in_reports, hidden, places)


def _told(in_reports: pd.DataFrame, hidden: pd.DataFrame, places: pd.DataFrame) -> int:
    """Return how many cells of districts the panel would need hidden that reports on districts show."""
    districts = places.loc[places["kind"] == "district", "place_id"]
    mine = hidden[hidden["place_id"].isin(districts)]
    return len(mine.merge(in_reports, how="left", indicator=True).query("_merge == 'left_only'"))


def _wide(tidy: pd.DataFrame, keys: pd.MultiIndex) -> pd.DataFrame:
    """Return a column per measure, in the rows of the panel."""
    rows = tidy[tidy["period"] != ALL]
    names = list(dict.fromkeys(rows["measure"]))
    wide = rows.pivot(index=["place_id", "period"], columns="measure", values="value")
    return wide.reindex(keys)[names].astype("float64")
