"""What was measured: summary statistics, districts beside each other, the course over time."""

from analysis.publishing import open_package
from analysis.publishing.drawings import draw_courses

package = open_package(__file__)
text, panel = package.text, package.panel
measures = [*package.settings["outcomes"], *package.settings["measures"]]

if measures:
    summary = panel[measures].describe().loc[["count", "mean", "std", "min", "50%", "max"]].T
    summary["count"] = summary["count"].astype(int)
    summary.insert(0, "measure", [package.labels(measures)[name] for name in measures])
    package.save_table("summary", summary, labels=text.names("publication_summary"), index=False)

    districts = package.districts
    named = "name_zh" if text.language == "zh" else "name"
    districts = districts.assign(
        district=districts[named].fillna(districts["district_id"]),
        measure=districts["measure"].map(package.labels(measures)),
    )
    columns = ["measure", "district", "value", "n"]
    note = text("publication.hidden_note") if package.settings["protected"] else ""
    package.save_table("districts", districts[columns], labels=text.names("publication_districts"), note=note)

    figure = draw_courses(panel, measures[:8], text.language)
    package.save_figure("courses", figure, size="double")
