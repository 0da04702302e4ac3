"""The stage of section 4: steps taken, waits, where matters wait, and who takes part."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.errors import StudyError
from analysis.processes import matter_table, representation
from analysis.processes.bottlenecks import bottlenecks_of_districts
from analysis.processes.curves import waiting_curve
from analysis.processes.procedures import follow, procedures_of
from analysis.reporting.stages.common import blank, district_of, of_districts
from analysis.tables.periods import ALL
from analysis.tables.study import Study
from analysis.tables.values import STEPS

PROCESS = "consultation"
WAITING = ("consultation", "request", "aid")
LONGEST, SHORTEST = 365, 30  # days that a curve shows at most and at least
EMPTY = {
    "funnel": "district_id procedure procedure_zh step matters total",
    "waiting": "district_id process days waiting conf_low conf_high at_risk matters",
    "bottlenecks": "district_id process procedure step next_step entered waiting median_days mean_days "
    "share_of_waiting procedure_zh",
    "representation": "district_id group level base participants participants_known share_participants "
    "share_residents ratio conf_low conf_high hidden",
}


def consultation_frames(study: Study) -> dict[str, pd.DataFrame]:
    """Return funnel, waiting, bottlenecks and representation, one set of rows per district.

    `waiting` holds the whole study too, as district "all".
    """
    found = {name: blank(columns) for name, columns in EMPTY.items()}
    if not study.has("matters", "steps") or not study.periods:
        return found
    table = matter_table(study)
    table["district_id"] = district_of(study, table["community_id"])
    names = {p.name: p.name_zh for p in procedures_of(study, None)}
    lines = of_districts(study, bottlenecks_of_districts(study))
    lines = lines.assign(procedure_zh=lines["procedure"].map(names).astype("str"))
    found["bottlenecks"] = lines[EMPTY["bottlenecks"].split()]
    found["funnel"] = _funnel(study, table, names)
    found["waiting"] = _waiting(table)
    if study.matters["process"].eq(PROCESS).any():
        found["representation"] = _representation(study)
    return {name: frame if len(frame) else blank(EMPTY[name]) for name, frame in found.items()}


def _funnel(study: Study, table: pd.DataFrame, names: dict[str, str]) -> pd.DataFrame:
    """Return how many consultation matters took each recorded step, in the order of their procedure."""
    rows = []
    for procedure, at in follow(study.matters, procedures_of(study, None))[0]:
        mine = table.iloc[at]
        if procedure.process != PROCESS or not len(mine):
            continue
        steps = [step for step in procedure.names or STEPS if mine[step].notna().any()]
        for district, matters in mine.groupby("district_id"):
            rows += [
                (district, procedure.name, names.get(procedure.name, ""), step,
                 int(matters[step].notna().sum()), len(matters))
                for step in steps
            ]  # fmt: skip
    return pd.DataFrame(rows, columns=EMPTY["funnel"].split())


def _waiting(table: pd.DataFrame) -> pd.DataFrame:
    parts = []
    for process, matters in table[table["process"].isin(WAITING)].groupby("process"):
        known = matters.dropna(subset="days_observed")
        if not known["days_to_answer"].notna().any():
            continue
        most = np.clip(np.ceil(known["days_to_answer"].quantile(0.98)), SHORTEST, LONGEST)
        groups = [(ALL, known), *known.groupby("district_id")]
        for district, mine in groups:
            curve = waiting_curve(
                mine["days_observed"].to_numpy(), mine["days_to_answer"].notna().to_numpy(),
                np.arange(most + 1),
            )  # fmt: skip
            parts.append(curve.assign(district_id=district, process=process, matters=len(mine)))
    return pd.concat(parts)[EMPTY["waiting"].split()] if parts else pd.DataFrame()


def _representation(study: Study) -> pd.DataFrame:
    """Return who takes part against all residents where places state them, else against the register."""
    parts = []
    for group, base in (("residency", "places"), ("age", "places"), ("sex", "people")):
        for residents in dict.fromkeys((base, "people")):
            try:
                parts.append(of_districts(study, representation(study, group, base=residents)))
            except StudyError:  # nobody's group is known, or no place states its share
                continue
            break
    columns = EMPTY["representation"].split()
    return pd.concat(parts, ignore_index=True)[columns] if parts else pd.DataFrame()
