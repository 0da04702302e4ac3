"""Section 5: what people agree on and what divides them, from their votes on statements."""

from __future__ import annotations

import pandas as pd

from analysis.display.alt import listed, named_value
from analysis.display.figures import figure_html
from analysis.display.governance_plots import plot_stances
from analysis.display.html import Html, paragraph, section, table
from analysis.display.numbers import NO_VALUE, format_number
from analysis.display.plots import legend_below
from analysis.reporting.sections.common import bracketed, inline, known, missing_section, notes

SIDES = ("unites", "divides")
LITTLE = 0.25  # a silhouette below this says that there is little to divide people by


def opinions(report) -> Html:
    """Write participation, opinion groups, and the statements that unite and that divide."""
    text, found = report.text, report.rows("conversations")
    if not len(found):
        return missing_section(report, "opinions", "opinions")
    row, statements = found.iloc[0], report.rows("statements")
    parts = [_in_words(report, row), _groups(report, row)]
    if len(statements):
        parts += [_table(report, statements), _picture(report, statements)]
        parts.append(notes(text("sentence.statements")))
    return section("opinions", text("heading.opinions"), *parts)


def _in_words(report, row) -> Html:
    text = report.text
    voters = report.value("opinion_voters")[0]
    words = {
        "conversations": format_number(row["conversations"], "people"),
        "voters": format_number(voters, "people") if voters == voters else NO_VALUE,
        "agreement": inline(report, "opinion_agreement"),
    }  # fmt: skip
    lines = [text("sentence.opinions" if row["conversations"] > 1 else "sentence.opinions_one", **words)]
    if known(report.value("opinion_participation")[0]):
        lines.append(text("sentence.opinion_participation", share=inline(report, "opinion_participation")))
    place = text.place(report.places.loc[row["community_id"]])
    details = {
        "statements": format_number(row["statements"], "people"),
        "voters": format_number(row["voters"], "people"),
        "each": format_number(row["votes_per_voter"], "count"),
        "place": place, "period": text.period(row["period"]) if isinstance(row["period"], str) else NO_VALUE,
    }  # fmt: skip
    return Html(paragraph(*_spaced(text, lines)) + paragraph(text("sentence.conversation", **details)))


def _spaced(text, lines: list[str]) -> list[str]:
    return ["".join(lines)] if text.language == "zh" else [" ".join(lines)]


def _groups(report, row) -> Html:
    text, sizes = report.text, report.rows("opinion_sizes")
    if not row["groups"]:
        return notes(text("sentence.no_groups", reason=text.named("reason", _slug(row["reason"]))))
    named = [
        text("word.hidden_group", number=int(size.group)) if size.hidden
        else text("word.group_size", number=int(size.group), people=format_number(size.people, "people"),
                  share=format_number(size.share, "share"))
        for size in sizes.itertuples()
    ]  # fmt: skip
    words = {"groups": int(row["groups"]), "sizes": text.listed(named),
             "unplaced": format_number(row["unplaced"], "people"),
             "silhouette": format_number(row["silhouette"], "number")}  # fmt: skip
    lines = [text("sentence.opinion_groups", **words)]
    if row["silhouette"] < LITTLE:
        lines.append(text("sentence.little_divides"))
    return paragraph(*_spaced(text, lines))


def _slug(reason: str) -> str:
    return "_".join(str(reason).split()[:3])


def _sides(statements):
    """Yield each side with its statements in order: (side, [rows of one statement, ...])."""
    for side in SIDES:
        mine = statements[statements["side"] == side].sort_values("place", kind="stable")
        if len(mine):
            yield side, [rows for _, rows in mine.groupby("place", sort=False)]


def _stances(rows) -> dict[int, tuple[float, float]]:
    """Return share agreeing and number of voters of each group whose figures may be shown."""
    columns = (rows[name].tolist() for name in ("group", "group_agreement", "group_n"))
    return {
        int(group): (float(share), float(n))
        for group, share, n in zip(*columns, strict=True)
        if not (pd.isna(group) or pd.isna(share))
    }


def _table(report, statements) -> Html:
    text, rows = report.text, []
    groups = sorted({int(g) for g in statements["group"].dropna()})
    for side, items in _sides(statements):
        rows.append((text(f"side.{side}"),))
        for item in items:
            one, stances = item.iloc[0], _stances(item)
            rows.append(
                (
                    one["label"], format_number(one["n"], "people"), format_number(one["agreement"], "share"),
                    bracketed(one["conf_low"], one["conf_high"], "share"),
                    *(format_number(stances[g][0], "share") if g in stances else NO_VALUE for g in groups),
                )
            )  # fmt: skip
    header = [text(f"column.{c}") for c in ("statement", "voters", "agree", "interval")]
    header += [text("word.group_agrees", number=g) for g in groups]
    return table(header, rows, caption=text("caption.opinions_table"))


def _picture(report, statements) -> Html:
    text, rows, detail = report.text, [], []
    groups = sorted({int(g) for g in statements["group"].dropna()})
    nothing = float("nan")
    for side, items in _sides(statements):
        rows.append((text(f"side.{side}"), nothing, nothing, nothing, []))
        for item in items:
            one = item.iloc[0]
            shares = [(group, share) for group, (share, _) in _stances(item).items()]
            rows.append((one["label"], one["agreement"], one["conf_low"], one["conf_high"], shares))
            detail.append(named_value(text, one["label"], format_number(one["agreement"], "share")))
    labels = [text("legend.all_voters"), *(text("word.group_number", number=g) for g in groups)]
    ax = plot_stances(rows, labels=labels)
    legend_below(ax, columns=4)
    alt = text("alt.opinions", count=len(detail), groups=len(groups), detail=listed(text, detail))
    return figure_html(ax.figure, alt=alt, caption=text("caption.opinions_figure"))
