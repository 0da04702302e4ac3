"""The index: one table of all districts, with links to their reports."""

from __future__ import annotations

import os
from pathlib import Path

from analysis.display.html import Html, element, paragraph, table
from analysis.display.numbers import format_number
from analysis.reporting.city import City
from analysis.reporting.district import DistrictReport
from analysis.reporting.documents import page

COLUMNS = (
    "satisfaction", "network_active_share", "network_support", "consultation_completeness",
    "consultation_days_to_answer", "burden_duties",
)  # fmt: skip
NAMES = {"en": "English", "zh": "中文"}


def write_index(out: Path, city: City, languages: tuple[str, ...], reports: list[dict]) -> Path:
    """Write index.html in the first language and index.<language>.html in the others; return the first."""
    paths = {
        language: out / ("index.html" if n == 0 else f"index.{language}.html")
        for n, language in enumerate(languages)
    }
    for language, path in paths.items():
        others = {lang: p.name for lang, p in paths.items() if lang != language}
        draft = path.with_suffix(".draft")
        draft.write_text(_index(city, language, reports, others), encoding="utf-8")
        os.replace(draft, path)
    return paths[languages[0]]


def _index(city: City, language: str, reports: list[dict], others: dict[str, str]) -> str:
    places = city.frames["places"]
    report = DistrictReport(city, places.loc[places["kind"] == "district", "place_id"].iloc[0], language)
    text = report.text
    measures = [m for m in COLUMNS if len(report.among(m, report.districts).dropna())]
    header = [text("column.district"), text.measure("communities").name]
    header += [text.measure(m).name for m in measures] + [text("column.report")]
    rows = []
    for district in report.districts:
        count = int((places["district_id"].eq(district) & places["kind"].eq("community")).sum())
        name = text.place(report.places.loc[district])
        cells = [report.shown(m, district) for m in measures]
        rows.append((name, format_number(count, "people"), *cells, _links(text, district, reports)))
    study = city.meta["study_zh" if language == "zh" else "study"]
    title = text("report.index_title", study=study)
    parts = [element("h1", title), element("p", report.subtitle, class_="subtitle")]
    if others:
        links = [element("a", NAMES[lang], href=name, lang=lang) for lang, name in others.items()]
        parts.append(element("nav", *links))
    parts += [paragraph(text("sentence.index")), element("section", table(header, rows))]
    alone = places[places["kind"].eq("community") & places["district_id"].isna()]
    if len(alone):
        names = text.listed(text.place(row) for _, row in alone.iterrows())
        parts.append(paragraph(text("sentence.index_no_district", names=names)))
    return page("\n".join(parts), title=title, language=language)


def _links(text, district: str, reports: list[dict]) -> Html:
    links = []
    for entry in reports:
        if entry["district"] != district:
            continue
        if entry["status"] == "made":
            name = NAMES[entry["language"]]
            links.append(element("a", name, href=entry["page"], lang=entry["language"]))
        else:
            links.append(
                element("span", text("sentence.index_failed", error=entry["error"]), class_="failed")
            )
    return Html(" · ".join(links)) or Html(text("word.none"))
