"""Which reports a run is to make: one per district and language, and the city's."""

from __future__ import annotations

import re

from analysis.display.text import Text
from analysis.reporting.request import Request
from analysis.reporting.running.stage import Stage
from analysis.reporting.worker import Task
from analysis.tables.share import shared

CITY_TEMPLATE = "notebooks/reports/city_report.ipynb"


def plan_tasks(request: Request, stage: Stage, districts: list[str]) -> list[Task]:
    """Return the reports of these districts, and those of the city if they are asked for."""
    rows = {row["place_id"]: row for row in stage.districts}
    stems, tasks = file_stems(list(rows)), []
    for district in districts:
        for language in request.languages:
            text = Text(language)
            title = text("report.title", district=text.place(rows[district]))
            own = {"city": str(request.layout.city), "district": district, "language": language}
            name = f"{stems[district]}.{language}"
            tasks.append(Task(name, district, language, title, request.parameters | own, request.layout))
    return tasks + (_city_tasks(request, stage) if request.city_report else [])


def _city_tasks(request: Request, stage: Stage) -> list[Task]:
    tasks = []
    for language in request.languages:
        text = Text(language)
        title = text("city.title", study=stage.study["name"])
        own = {"city": str(request.layout.city), "language": language}
        tasks.append(
            Task(f"city.{language}", "", language, title, own, request.layout, shared(CITY_TEMPLATE))
        )
    return tasks


def file_stems(identifiers: list[str]) -> dict[str, str]:
    """Return a file name without ending for each identifier: safe on every system, and no two alike."""
    stems, taken = {}, {"index", "city"}
    for identifier in identifiers:
        stem = re.sub(r"[^\w-]+", "-", identifier).strip("-") or "district"
        number, name = 1, stem
        while name.lower() in taken:
            number += 1
            name = f"{stem}-{number}"
        taken.add(name.lower())
        stems[identifier] = name
    return stems
