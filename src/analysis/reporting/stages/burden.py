"""The stage of the section on burden: by department, admission, what came back, hours freed."""

from __future__ import annotations

import pandas as pd

from analysis.burden import added_back, admission_reasons, burden_by_department, hours_freed
from analysis.reporting.stages.common import blank, of_districts
from analysis.tables.study import Study

REFORM = "burden_reduction"
PER_YEAR = {"month": 12, "quarter": 4, "year": 1}
EMPTY = {
    "departments": "district_id department first last hours",
    "admissions": "district_id list phase reason compliant duties share",
    "returns": "district_id list match cut returned median_days share_6 share_12 hours_cut new_before "
    "new_after",
    "freed": "district_id n n_staff periods_before periods_after duty_hours_before duty_hours_after freed "
    "service_hours_before service_hours_after service_change to_residents",
}


def burden_frames(study: Study) -> dict[str, pd.DataFrame]:
    """Return departments, admissions, returns and freed, one set of rows per district."""
    found = {name: blank(columns) for name, columns in EMPTY.items()}
    if not study.has("duties") or not study.periods:
        return found
    found["departments"] = _departments(study)
    reform = REFORM if study.reforms["reform"].eq(REFORM).any() else None
    found["admissions"] = of_districts(study, admission_reasons(study, reform))
    if reform:
        for name, measure in (("returns", added_back), ("freed", hours_freed)):
            found[name] = of_districts(study, measure(study, reform))
    return {
        name: frame[EMPTY[name].split()] if len(frame) else blank(EMPTY[name])
        for name, frame in found.items()
    }


def _departments(study: Study) -> pd.DataFrame:
    """Return duties per community by department: mean of the first and of the last year, and hours then."""
    table = of_districts(study, burden_by_department(study))
    year = PER_YEAR[study.period]
    keys = ["district_id", "department"]
    table["department"] = table["department"].fillna("")
    ends = {}
    for name, periods in (("first", study.periods[:year]), ("last", study.periods[-year:])):
        ends[name] = table[table["period"].isin(periods)].groupby(keys)[["duties", "hours"]].mean()
    found = pd.DataFrame(
        {"first": ends["first"]["duties"], "last": ends["last"]["duties"], "hours": ends["last"]["hours"]}
    )
    return found.reset_index().sort_values(["district_id", "last"], ascending=[True, False], kind="stable")
