"""Part of section 3: are all groups in the network, and who draws whom in."""

from __future__ import annotations

from analysis.display.figures import figure_html
from analysis.display.html import Html, table
from analysis.display.numbers import format_number, is_hidden
from analysis.display.plots import plot_network
from analysis.reporting.sections.common import notes, span

INCLUSION = {"representation": "share", "active": "share", "tied": "share", "ties": "count", "depth": "count",
             "mutual": "share"}  # fmt: skip
MOBILISATION = {"leaders_first": "share", "recruited": "share", "recruited_by_leaders": "share",
                "recruits_per_leader": "number", "cascade_size": "number"}  # fmt: skip


def who_is_included(report) -> Html:
    """Write the ratios of groups with their intervals; nothing where the study does not tell groups apart."""
    text, found = report.text, report.rows("inclusion")
    parts = []
    for number, (group, rows) in enumerate(found.groupby("group", sort=False), start=1):
        rows = rows.set_index("measure")
        lines = []
        for measure, kind in INCLUSION.items():
            if measure not in rows.index:
                continue
            row = rows.loc[measure]
            if is_hidden(row["n_group"]) or is_hidden(row["n_others"]):
                lines.append((text("inclusion." + measure), text("sentence.hidden"), "", "", "", ""))
                continue
            n = f"{format_number(row['n_group'], 'people')} / {format_number(row['n_others'], 'people')}"
            low, high = (format_number(row[c], "number") for c in ("conf_low", "conf_high"))
            lines.append(
                (
                    text("inclusion." + measure), format_number(row["value_group"], kind),
                    format_number(row["value_others"], kind), format_number(row["ratio"], "number"),
                    f"[{low}, {high}]", n,
                )
            )  # fmt: skip
        header = [text(f"column.{c}") for c in ("measure", "group", "others", "ratio", "interval", "group_n")]
        caption = text("caption.inclusion_table", group=text.named("inclusion", group), number=number)
        parts.append(table(header, lines, caption=caption))
    return Html("".join(parts) + notes(text("sentence.inclusion"))) if parts else Html("")


def one_community(report) -> Html:
    """Draw the network of the district's community of middle size; nothing where too few people have ties."""
    text = report.text
    nodes, edges, notes_ = (report.rows(name) for name in ("nodes", "edges", "pictures"))
    if not len(nodes):
        return Html("")
    note = notes_.iloc[0]
    ax = plot_network(nodes, edges, names=text.names("role"))
    counts = {name: format_number(note[name], "people") for name in ("people", "isolates", "ties", "drawn")}
    place = text.place(report.places.loc[note["place_id"]])
    alt = text("alt.network", nodes=len(nodes), drawn=counts["drawn"])
    return figure_html(ax.figure, alt=alt, caption=text("caption.network_figure", place=place, **counts))


def who_draws_whom(report) -> Html:
    """Write recruitment by role beside what chance would give; nothing where roles are not known."""
    text, found = report.text, report.rows("mobilisation")
    if not len(found):
        return Html("")
    rows, lines = found.set_index("indicator"), []
    for name, kind in MOBILISATION.items():
        row, label = rows.loc[name], text("mobilisation." + name)
        if is_hidden(row["n"]):
            lines.append((label, text("sentence.hidden"), "", "", ""))
            continue
        lines.append(
            (
                label, format_number(row["value"], kind), format_number(row["null_mean"], kind),
                span(row["null_low"], row["null_high"], kind), format_number(row["n"], "people"),
            )
        )  # fmt: skip
    header = [text(f"column.{c}") for c in ("measure", "here", "by_chance", "chance_interval", "n")]
    number = report.rows("inclusion")["group"].nunique() + 1
    listing = table(header, lines, caption=text("caption.mobilisation_table", number=number))
    return Html(listing + notes(text("sentence.mobilisation", **report.city.meta["mobilisation"])))
