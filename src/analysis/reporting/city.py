"""The city stage: everything computed once per run, stored as Parquet, and sliced by every report."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import pandas as pd

from analysis import __version__
from analysis.display.text import LANGUAGES, Text
from analysis.errors import ReportError
from analysis.panel import build_panel, further_measures, missing_tables
from analysis.reporting.disclosure import hidden_cells, protect_frames, tidy_measures
from analysis.reporting.estimates import estimate_effects
from analysis.reporting.inclusion import DRAWS, WINDOW_DAYS, people_in_networks
from analysis.reporting.pictures import draw_districts
from analysis.reporting.prepared import Frames, prepare
from analysis.reporting.stages import BOUNDARIES, rank_districts, read_boundaries, section_frames
from analysis.reporting.stages import FRAMES as STAGES
from analysis.tables.config import read_config
from analysis.tables.periods import FREQUENCIES
from analysis.tables.read import server_hashes
from analysis.tables.study import Study

FRAMES = (
    "places", "accounting", "indicators", "inclusion", "mobilisation", "processes", "burden", "further",
    "outcomes", "activity", "panel", "adoption", "effects", "nodes", "edges", "pictures", "hidden", *STAGES,
)  # fmt: skip


@dataclass(frozen=True)
class City:
    """What the city stage has computed.

    Attributes
    ----------
    meta : dict
        study, study_zh, period, periods, version, inputs (path -> sha256), tie_rule, missing (family ->
        tables), limits (rules of the notes found), settle_days, index (how the ranks came about, or why
        there are none), boundaries (outlines of the districts, empty without boundaries.geojson).
    frames : mapping of str to DataFrame
        The frames named in `FRAMES`; of a folder, each is read on its first use. `effects` holds one row per
        reform, outcome and term; `hidden` the cells of measures that are not published.
    folder : Path, optional
        Where it was read from.
    """

    meta: dict
    frames: Mapping[str, pd.DataFrame]
    folder: Path | None = None

    def write(self, folder: Path) -> None:
        """Write all frames and the meta data into `folder`, and what reports read, laid out for them."""
        folder.mkdir(parents=True, exist_ok=True)
        for name, frame in self.frames.items():
            frame.to_parquet(folder / f"{name}.parquet", index=False)
        prepare(self.frames, self.meta["periods"], Text(LANGUAGES[0]).measure, folder)
        text = json.dumps(self.meta, ensure_ascii=False, indent=1, sort_keys=True)
        (folder / "city.json").write_text(text, encoding="utf-8")


def load_city(folder: str | Path) -> City:
    """Read what a city stage has written.

    Raises
    ------
    ReportError
        The folder holds no city stage.
    """
    folder = Path(folder)
    if not (folder / "city.json").is_file():
        raise ReportError(
            "There are no city results here.", where=str(folder), expected="a folder with city.json",
            mend="Make them with: gongzhi report STUDY --out DIR, then use DIR/city.",
        )  # fmt: skip
    meta = json.loads((folder / "city.json").read_text(encoding="utf-8"))
    return City(meta, Frames(folder, FRAMES), folder)


def run_city(study: Study) -> City:
    """Compute networks, processes, burden, outcomes, panel and effects of a whole study, once."""
    from analysis.burden import burden_measures
    from analysis.outcomes import outcome_measures
    from analysis.processes import process_measures

    boundaries = read_boundaries(study.path, study.tree.table)
    ties, indicators = _networks(study)
    inclusion, mobilisation = people_in_networks(study)
    processes, burden = process_measures(study), burden_measures(study)
    further = further_measures(study)
    panel = build_panel(study, indicators=indicators, processes=processes, burden=burden, further=further)
    ranks, index = rank_districts(study, [indicators, processes, burden])
    on_register = processes.attrs.get("residents_from_people", 0)
    frames = {
        "places": study.tree.table.reset_index(drop=True),
        "accounting": study.accounting,
        "indicators": indicators[indicators["layer"] == "dyadic"],
        "inclusion": inclusion,
        "mobilisation": mobilisation,
        "processes": processes,
        "burden": burden,
        "further": further[(further["n"] > 0) | further["value"].notna()].reset_index(drop=True),
        "outcomes": outcome_measures(study),
        "activity": _activity(study),
        "panel": panel,
        "adoption": _adoption(panel, study),
        **draw_districts(study, ties),
        **section_frames(study),
        "index": ranks,
        "effects": estimate_effects(panel, outcomes=sorted(study.outcomes["measure"].unique())),
    }
    frames = protect_frames(frames)
    frames["hidden"] = hidden_cells(tidy_measures(frames), frames["places"], Text(LANGUAGES[0]).measure)
    for frame in frames.values():
        frame.attrs = {}  # notes for the caller, not for Parquet
    meta = {
        "study": study.name,
        "study_zh": study.name_zh or study.name,
        "period": study.period,
        "periods": study.periods,
        "version": __version__,
        "inputs": input_hashes(study.path),
        "tie_rule": asdict(ties.rule) if ties is not None else {},
        "missing": missing_tables(study),
        "settle_days": 90,
        "mobilisation": {"days": WINDOW_DAYS, "draws": DRAWS},
        "residents_from_people": on_register,
        "index": index,
        "limits": _limits(study),
        "boundaries": boundaries,
    }
    meta = json.loads(json.dumps(meta, sort_keys=True))  # the same whether read back from disk or not
    return City(meta, frames)


def _limits(study: Study) -> list[str]:
    if not len(study.problems):
        return []
    return sorted(study.problems.loc[study.problems["level"] == "note", "rule"].unique())


def input_hashes(folder: Path | None) -> dict[str, str]:
    """Return the sha256 of study.toml and of every table file of a study, by path from its folder."""
    if folder is None:
        return {}
    config = read_config(folder)
    named = [file for table in config.tables.values() for file in table.files]
    files = {os.path.relpath(f, folder): f for f in (folder / "study.toml", folder / BOUNDARIES, *named)}
    found = {}
    for name, file in sorted(files.items()):
        if file.is_file():
            with open(file, "rb") as stream:
                found[Path(name).as_posix()] = hashlib.file_digest(stream, "sha256").hexdigest()
    return found | {f"postgresql:{table}": rows for table, rows in server_hashes(config).items()}


def _networks(study: Study) -> tuple:
    columns = ["place_id", "period", "layer", "indicator", "value", "n", "std_error"]
    if not study.has("interactions"):
        return None, pd.DataFrame({name: pd.Series(dtype="object") for name in columns})
    from analysis.networks import TieRule, build_ties, indicators

    first, last = (pd.Period(study.periods[i], freq=FREQUENCIES[study.period]) for i in (0, -1))
    start, end = (str(day.date()) for day in (first.start_time, last.end_time))
    rule = TieRule(period=study.period, start=start, end=end)
    ties = build_ties(study.interactions, rule, tree=study.tree, people=study.people)
    return ties, indicators(ties, study.people)


def _activity(study: Study) -> pd.DataFrame:
    """Return district_id, period, form ("dyadic", "gatherings"), acts."""
    from analysis.tables.periods import period_of

    acts = study.interactions
    acts = pd.DataFrame(
        {
            "district_id": acts["community_id"].map(study.tree.table["district_id"]).astype("str"),
            "period": period_of(acts["time"], study.period),
            "form": acts["target_id"].notna().map({True: "dyadic", False: "gatherings"}).astype("str"),
        }
    )
    return (
        acts.groupby(["district_id", "period", "form"], as_index=False)
        .size()
        .rename(columns={"size": "acts"})
    )


def _adoption(panel: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Return place_id, district_id, reform, cohort (Int64), start label: one row per adopting community."""
    from analysis.tables.periods import label

    places = panel.drop_duplicates("place_id")
    parts = []
    for column in [c for c in panel.columns if c.startswith("cohort_")]:
        rows = places.loc[places[column].notna(), ["place_id", "district_id", column]]
        rows = rows.rename(columns={column: "cohort"}).assign(reform=column.removeprefix("cohort_"))
        parts.append(rows.assign(start=[label(c, study.period) for c in rows["cohort"]]))
    columns = ["place_id", "district_id", "reform", "cohort", "start"]
    return pd.concat(parts)[columns] if parts else pd.DataFrame({c: pd.Series(dtype="str") for c in columns})
