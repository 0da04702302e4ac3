"""The sections of the city report, one function each: report in, HTML out."""

from __future__ import annotations

from analysis.display.figures import figure_html
from analysis.display.governance_plots import plot_ranks
from analysis.display.html import Html, bullets, element, paragraph, section, table
from analysis.display.multiples import plot_multiples
from analysis.display.numbers import NO_VALUE, format_number
from analysis.display.plots import legend_below
from analysis.reporting.citywide.effects import differences, effects
from analysis.reporting.citywide.overview import fired, key_measures, overview
from analysis.reporting.findings.figures import hidden_measures
from analysis.reporting.sections.common import notes
from analysis.reporting.sections.coverage import accounts, in_words, without_district
from analysis.reporting.sections.limits import limits, provenance

MOST_COLUMNS, MOST_PICTURES, MOST_PANELS, MOST_LINES, MOST_NAMES = 5, 3, 24, 40, 12
COURSES = (
    "satisfaction", "trust", "burden_hours", "network_active_share", "request_satisfaction", "participation",
    "consultation_completeness", "response_days", "matching_needs_met",
)  # fmt: skip


def districts(report) -> Html:
    """Write a row per district, with the interval of its rank where there is an index, and draw the ranks."""
    text, ranks = report.text, report.city.frames["index"]
    measures = key_measures(report, MOST_COLUMNS)
    places, rows = report.places, []
    population = places["population"].astype("Float64").astype(float)
    communities = places.loc[places["kind"] == "community", "district_id"].value_counts()
    by_district = ranks.set_index("district_id") if len(ranks) else None
    for district in report.districts:
        row = [report.name(district), format_number(float(population[district]), "people"),
               format_number(int(communities.get(district, 0)), "people")]  # fmt: skip
        row += [_rank(by_district, district)] if by_district is not None else []
        here = report.at(district)
        rows.append((*row, *(here.shown(measure) for measure in measures)))
    header = [text("column.district"), *(text.measure(m).name for m in ("population", "communities"))]
    header += [text("city.rank")] if by_district is not None else []
    header += [text.measure(measure).name for measure in measures]
    parts = [table(header, rows, caption=text("city.districts_table"))]
    if by_district is not None:
        parts += [notes(text("city.rank_note", level=f"{report.city.meta['index']['level']:.0%}"))]
        parts += [_ranks_picture(report, ranks)]
    return section("districts", text("city.districts"), *parts)


def _rank(ranks, district: str) -> str:
    if district not in ranks.index:
        return NO_VALUE
    row = ranks.loc[district]
    return f"{int(row['rank'])} ({int(row['rank_low'])}–{int(row['rank_high'])})"


def _ranks_picture(report, ranks) -> Html:
    text = report.text
    ranks = ranks.sort_values("rank", kind="stable").head(MOST_LINES).reset_index(drop=True)
    shown = ranks.assign(name=[report.name(d) for d in ranks["district_id"]])
    shown = shown[["name", "rank", "rank_low", "rank_high"]]
    shown = shown.astype(dict.fromkeys(("rank", "rank_low", "rank_high"), float))
    ax = plot_ranks(shown, rank_label=text("axis.rank"))
    detail = "; ".join(
        f"{r.name}: {r.rank:.0f} ({r.rank_low:.0f}–{r.rank_high:.0f})" for r in shown.itertuples(index=False)
    )
    words = {"shown": len(shown), "districts": len(report.districts)}
    return figure_html(ax.figure, alt=text("city.ranks_alt", detail=detail, **words),
                       caption=text("city.ranks_figure", **words))  # fmt: skip


def multiples(report) -> Html:
    """Draw a few measures over time, one small picture per district."""
    text, parts = report.text, []
    chosen = report.districts[:MOST_PANELS]
    if len(report.periods) > 1 and len(chosen) > 1:
        for measure in COURSES:
            values = report.course(measure, report.districts)
            if len(parts) < MOST_PICTURES and values[chosen].notna().sum().min() > 1:
                parts.append(_multiple(report, measure, values[chosen]))
    if not parts:
        return section("multiples", text("city.multiples"), paragraph(text("city.no_multiples")))
    more = len(report.districts) - len(chosen)
    lines = [text("city.multiples_note")] + ([text("city.multiples_more", count=more)] if more > 0 else [])
    return section("multiples", text("city.multiples"), *parts, notes(*lines))


def _multiple(report, measure: str, values) -> Html:
    text, label = report.text, report.text.measure(measure)
    labels = (text("city.legend_district"), text("city.legend_median"))
    named = values.set_axis([text.period(period, short=True) for period in values.index])
    axes = plot_multiples(named, [report.name(d) for d in values.columns], labels=labels,
                          percent=label.kind == "share")  # fmt: skip
    legend_below(axes[0])
    ends = [(values[d].dropna().iloc[0], values[d].dropna().iloc[-1]) for d in values.columns]
    detail = "; ".join(
        text(
            "city.multiples_one",
            district=report.name(d),
            first=format_number(a, label.kind),
            last=format_number(b, label.kind),
        )
        for d, (a, b) in zip(values.columns, ends, strict=True)
    )
    words = {"measure": label.name, "count": len(values.columns)}
    return figure_html(axes[0].figure, alt=text("city.multiples_alt", detail=detail, **words),
                       caption=text("city.multiples_figure", **words))  # fmt: skip


def quality(report) -> Html:
    """Write what came in and was used, what is missing, and how much is hidden in each district."""
    text, parts = report.text, [paragraph(in_words(report)), accounts(report)]
    missing = [
        text(
            "sentence.missing_part",
            what=text.named("family", family),
            tables=text.listed(report.missing(family)),
        )
        for family in report.city.meta["missing"]
    ]
    parts.append(bullets(missing))
    if alone := without_district(report):
        parts.append(paragraph(text("sentence.no_district", count=alone)))
    hidden = [(d, len(hidden_measures(report.at(d)))) for d in report.districts]
    told = [text("city.hidden_one", district=report.name(d), count=count) for d, count in hidden if count]
    if told:
        parts.append(paragraph(text("city.hidden", districts=text.listed(told))))
    return section("quality", text("city.quality"), *parts)


def advice(report) -> Html:
    """Write every rule that fires somewhere, with the districts it fires in."""
    text, found, items = report.text, fired(report), []
    for one, where in found:
        names = text.listed(
            f"{report.name(d)} {figure.shown()}" for d, figure in list(where.items())[:MOST_NAMES]
        )
        more = len(where) - MOST_NAMES
        names += text("city.and_more", count=more) if more > 0 else ""
        count = text("city.fired", count=len(where), districts=len(report.districts))
        said = text("city.fired_in", fired=count, names=names)
        small = " ".join(
            text("advice.pair", name=text(f"advice.{name}"), words=words)
            for name, words in (
                ("reason", one.reason),
                ("threshold_word", one.threshold),
                ("source", one.source),
            )
        )
        items.append(
            Html(element("strong", one.text) + " " + element("span", said) + paragraph(small, class_="note"))
        )
    content = [notes(text("advice.intro")), bullets(items)] if items else [paragraph(text("advice.none"))]
    return section("advice", text("heading.advice"), *content)


SECTIONS = {
    function.__name__: function
    for function in (overview, districts, multiples, effects, differences, quality, advice, limits,
                     provenance)
}  # fmt: skip
