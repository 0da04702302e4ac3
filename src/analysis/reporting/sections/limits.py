"""Sections 7 and 8: what the figures cannot say, how they were made, and from what."""

from __future__ import annotations

from analysis.display.html import Html, bullets, paragraph, section, table
from analysis.reporting.provenance.record import run_record
from analysis.reporting.provenance.trail import as_script


def limits(report) -> Html:
    """Write the limits of the data and the rules the figures follow."""
    text, meta = report.text, report.city.meta
    lines = []
    if meta["tie_rule"]:
        rule = meta["tie_rule"]
        statuses = text.listed(text.named("status", status) for status in rule["statuses"] if status)
        period = text(f"period.{meta['period']}")
        lines += [
            text("sentence.limits_log"),
            text(
                "sentence.limits_tie",
                statuses=statuses,
                min_weight=f"{rule['min_weight'] or 1:g}",
                period=period,
            ),
            text("sentence.limits_nodes"),
        ]
    if "consultation" not in meta["missing"]:
        lines.append(text("sentence.limits_completeness", days=meta["settle_days"]))
    estimates = report.study_rows("effects")
    if len(estimates):
        levels = [text.named("cluster", level) for level in sorted(estimates["cluster"].dropna().unique())]
        lines.append(text("sentence.limits_effects", cluster=text.listed(levels)))
    else:
        lines.append(text("sentence.limits_no_reform"))
    for many, one, words in (
        (report.districts, "district", "districts"),
        (report.all_communities, "community", "communities"),
    ):
        if len(many) == 1:
            lines.append(text("sentence.limits_one", what=text(f"word.{one}"), whats=text(f"word.{words}")))
    lines.append(text("sentence.limits_hidden"))
    return section("limits", text("heading.limits"), bullets(lines))


def provenance(report) -> Html:
    """Write what the report was made from."""
    text, meta = report.text, report.city.meta
    rows = [(text("item.study"), meta["study_zh" if text.language == "zh" else "study"])]
    rows += [(text("item.inputs", name=name), f"sha256 {value}") for name, value in meta["inputs"].items()]
    rows.append((text("item.parameters"), f"district = {report.district}, language = {text.language}"))
    if meta["tie_rule"]:
        rule = ", ".join(f"{key} = {value}" for key, value in meta["tie_rule"].items() if value is not None)
        rows.append((text("item.tie_rule"), rule))
    header = [text("column.item"), text("column.value")]
    made = paragraph(text("sentence.made", version=meta["version"]))
    check = paragraph(text("sentence.trace"))
    listing = table(header, rows, caption=text("caption.provenance_table"), numeric_from=9)
    record = as_script("run", run_record(report))
    return section("provenance", text("heading.provenance"), made, check, listing, record)
