"""The analysis data of a replication package: places by periods, without any row about a person."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd

from analysis.panel import KEYS
from analysis.privacy import neutralise
from analysis.reporting.release.panel import measured, protected
from analysis.tables.config import read_config
from analysis.tables.periods import ALL
from analysis.tables.pseudonyms import pseudonyms, read_key
from analysis.tables.study import Study

MEASURES = (
    "network_active_share", "network_support", "network_clustering", "network_bridging_residency",
    "consultation_completeness", "consultation_days_to_answer", "consultation_adopted",
    "request_days_to_answer", "request_resolved", "burden_duties", "burden_hours", "burden_admission",
    "matching_needs_met", "ledger_published_30",
)  # fmt: skip
SHOWN, ESTIMATED = 0.1, 0.9  # least share of a measure's cells left for it to be shown, to be estimated with
OWN = ("network_active_share", "network_support", "burden_duties", "burden_hours")  # outcomes of every study


@dataclass(frozen=True)
class DataFacts:
    """What the analysis data hold.

    Attributes
    ----------
    outcomes, measures, reforms : list of str
        Columns of the panel: outcomes measured by the study, measures of the project, reforms.
    estimated : list of str
        Outcomes and measures of which enough is left to estimate effects on them.
    communities, periods, rows : int
    hidden : int
        Cells of the panel that were known and are left empty; 0 without protection.
    empty : list of str
        Outcomes and measures of the study that are left out, because next to nothing of them may be shown.
    protected : bool
    """

    outcomes: list[str] = field(default_factory=list)
    measures: list[str] = field(default_factory=list)
    reforms: list[str] = field(default_factory=list)
    estimated: list[str] = field(default_factory=list)
    communities: int = 0
    periods: int = 0
    rows: int = 0
    hidden: int = 0
    empty: list[str] = field(default_factory=list)
    protected: bool = True

    def as_dict(self) -> dict:
        """Return it as a mapping."""
        return asdict(self)


def build_data(study: Study, folder: str | Path, *, protect: bool = True) -> DataFacts:
    """Write the analysis data of a study: panel.csv, districts.csv, accounting.csv.

    Parameters
    ----------
    study : Study
    folder : path
    protect : bool
        Codes in place of the communities' identifiers, and no value that rests on one to four people or
        cases, nor one that would give such a value away (docs/privacy.md). What an outcome rests on must be
        stated in the column n; an outcome that does not say so counts as one case, and is left out.

    Returns
    -------
    DataFacts
        panel.csv has a row per community and period: place_id, district_id, street_id, period, time, the
        outcomes and measures, cohort_<reform>, dose_<reform>. districts.csv has a row per district and
        measure over the whole time: district_id, name, name_zh, measure, value, n. accounting.csv is the
        account of the study's rows.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    tidy, panel = measured(study)
    outcomes = sorted(study.outcomes["measure"].dropna().astype(str).unique())
    wanted = [name for name in (*outcomes, *MEASURES) if name in panel]
    tidy = tidy[tidy["measure"].isin(wanted)]
    known = panel[wanted].notna().sum()
    if protect and len(tidy):
        tidy, _ = protected(tidy, study)
        panel = _masked(panel, tidy, wanted)
    left = panel[wanted].notna().sum()
    full = [name for name in wanted if left[name] and left[name] >= SHOWN * known[name]]
    reforms = [c.removeprefix("cohort_") for c in panel if c.startswith("cohort_")]
    panel = panel[[*KEYS, *full, *(f"{part}_{name}" for name in reforms for part in ("cohort", "dose"))]]
    if protect:
        panel = _coded(panel, study)
    neutralise(panel).to_csv(folder / "panel.csv", index=False, lineterminator="\n")
    neutralise(_districts(tidy, study, full)).to_csv(
        folder / "districts.csv", index=False, lineterminator="\n"
    )
    neutralise(study.accounting).to_csv(folder / "accounting.csv", index=False, lineterminator="\n")
    enough = [n for n in full if n in (*outcomes, *OWN) and left[n] >= ESTIMATED * known[n]]
    return DataFacts(
        [n for n in outcomes if n in full], [n for n in MEASURES if n in full], reforms, enough,
        panel["place_id"].nunique(), panel["period"].nunique(), len(panel),
        int(known[full].sum() - left[full].sum()), [n for n in wanted if known[n] and n not in full], protect,
    )  # fmt: skip


def _masked(panel: pd.DataFrame, tidy: pd.DataFrame, names: list[str]) -> pd.DataFrame:
    """Return the panel with the values that are left of `tidy`, and no others."""
    left = tidy.set_index(["measure", "period", "place_id"])["value"]
    cells = {}
    for name in names:
        keys = pd.MultiIndex.from_arrays([np.repeat(name, len(panel)), panel["period"], panel["place_id"]])
        cells[name] = panel[name].where(left.reindex(keys).notna().to_numpy())
    return panel.assign(**cells)


def _coded(panel: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Return the panel with numbers in place of communities and streets, in an order that says nothing."""
    key = read_key(read_config(study.path).key_file if study.path is not None else None)
    for column, letter in (("place_id", "C"), ("street_id", "S")):
        names = pd.Series(panel[column].dropna().unique(), dtype="str")
        order = names.iloc[pseudonyms(names, key).argsort().to_numpy()]
        digits = len(str(len(order)))
        codes = {name: f"{letter}{number:0{digits}}" for number, name in enumerate(order, 1)}
        panel = panel.assign(**{column: panel[column].map(codes)})
    return panel.sort_values(["place_id", "time"], kind="stable").reset_index(drop=True)


def _districts(tidy: pd.DataFrame, study: Study, names: list[str]) -> pd.DataFrame:
    places = study.tree.table.rename_axis(None)
    places = places[places["kind"] == "district"][["place_id", "name", "name_zh"]]
    rows = tidy[(tidy["period"] == ALL) & tidy["measure"].isin(names)]
    found = places.merge(rows[["place_id", "measure", "value", "n"]], on="place_id")
    found["n"] = found["n"].where(found["value"].notna())
    order = {name: number for number, name in enumerate(names)}
    found = found.assign(_order=found["measure"].map(order)).sort_values(
        ["_order", "place_id"], kind="stable"
    )
    return found.drop(columns="_order").rename(columns={"place_id": "district_id"}).reset_index(drop=True)
