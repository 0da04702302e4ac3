"""Section 6: participatory budgeting, who votes, whose choices are funded, where the money goes."""

from __future__ import annotations

import pandas as pd

from analysis.display.alt import listed, named_value
from analysis.display.figures import figure_html
from analysis.display.governance_plots import plot_parts
from analysis.display.html import Html, paragraph, section, table
from analysis.display.numbers import NO_VALUE, SMALLEST_CELL, format_number
from analysis.display.plots import legend_below
from analysis.reporting.sections.common import (
    bracketed,
    inline,
    kind_name,
    known,
    lean,
    missing_section,
    notes,
    part,
)

MOST_VOTES, MOST_KINDS = 8, 10


def budgeting(report) -> Html:
    """Write turnout and money vote by vote, who voted, and the money by kind of project."""
    text, found = report.text, report.rows("budgets")
    if not len(found):
        return missing_section(report, "budgeting", "budgeting")
    through, lines = report.value("budgeting_follow_through")[0], []
    words = {"votes": found["matter_id"].nunique(), "turnout": inline(report, "budgeting_turnout"),
             "funded": inline(report, "budgeting_funded_choice")}  # fmt: skip
    turnout, funded = (known(report.value(f"budgeting_{m}")[0]) for m in ("turnout", "funded_choice"))
    key = {(True, True): "budgeting", (True, False): "budgeting_turnout", (False, True): "budgeting_funded"}
    lines.append(text("sentence." + key.get((turnout, funded), "budgeting_votes"), **words))
    if known(through):
        lines.append(text("sentence.budgeting_through", share=inline(report, "budgeting_follow_through")))
    words = "".join(lines) if text.language == "zh" else " ".join(lines)
    parts = [paragraph(words), _votes(report, found), _who(report, found), _kinds(report)]
    return section("budgeting", text("heading.budgeting"), *parts)


def _votes(report, found: pd.DataFrame) -> Html:
    text, rows = report.text, []
    whole = found[found["group"] == ""]
    values = whole.pivot_table(
        index="matter_id", columns="measure", values="value", aggfunc="first", sort=False
    )
    facts = whole.drop_duplicates("matter_id").set_index("matter_id")
    order = facts.sort_values("period", ascending=False, kind="stable", na_position="last").index
    funded = whole[whole["measure"] == "funded_choice"].set_index("matter_id")
    hidden = set(whole.loc[whole["hidden"] & (whole["measure"] == "voters"), "matter_id"])
    for matter in order[:MOST_VOTES]:
        row = values.loc[matter] if matter in values.index else pd.Series(dtype=float)
        low, high = (funded[c].get(matter, float("nan")) for c in ("conf_low", "conf_high"))
        chosen = [format_number(row.get(m), "people") for m in ("projects_selected", "projects")]
        few = not row.get("projects_selected", 0) >= SMALLEST_CELL
        voters = text("word.few") if matter in hidden else format_number(row.get("voters"), "people")
        rows.append(
            (
                _name(report, facts.loc[matter]), voters, format_number(row.get("turnout"), "share"),
                format_number(row.get("funded_choice"), "share"), bracketed(low, high, "share"),
                text("word.of", first=chosen[0], second=chosen[1]),
                format_number(row.get("cost_selected"), "yuan"),
                format_number(row.get("budget_used"), "share"),
                NO_VALUE if few else format_number(row.get("completed"), "share"),
            )
        )  # fmt: skip
    header = [text(f"column.{c}") for c in ("vote", "voters", "turnout", "funded_choice", "interval",
                                            "chosen", "awarded", "of_budget", "completed")]  # fmt: skip
    listing = table(*lean(header, rows), caption=text("caption.budgeting_table"))
    more = len(order) - MOST_VOTES
    lines = [text("sentence.earlier_votes", count=more)] if more > 0 else []
    return Html(listing + notes(*lines, text("sentence.votes_note")))


def _name(report, row) -> str:
    place = row["place_id"] if row["place_id"] in report.places.index else row["community_id"]
    name = report.text.place(report.places.loc[place])
    period = report.text.period(row["period"]) if isinstance(row["period"], str) else NO_VALUE
    return report.text("word.pair", first=period, second=name)


def _who(report, found: pd.DataFrame) -> Html:
    """Write age, sex and channel of the voters of the vote with most of them."""
    text = report.text
    voters = found[found["measure"] == "voters"].dropna(subset="value")
    broken = found.loc[found["measure"].isin(["share_age", "share_sex"]), "matter_id"]
    voters = voters[voters["matter_id"].isin(broken)]
    if not len(voters):
        return Html("")
    largest = voters.sort_values("value", ascending=False, kind="stable").iloc[0]
    mine, rows = found[found["matter_id"] == largest["matter_id"]], []
    for name in ("age", "sex", "channel"):
        shares = mine[mine["measure"] == f"share_{name}"]
        ratios = mine[mine["measure"] == f"representation_{name}"].set_index("group")
        if len(shares):
            rows.append((text(f"group.{name}"),))
        for row in shares.itertuples():
            label = text.named("level", row.group)
            if row.hidden:
                rows.append((label, text("sentence.hidden"), *[""] * 3))
                continue
            ratio = ratios.loc[row.group] if row.group in ratios.index else None
            cells = (NO_VALUE, NO_VALUE) if ratio is None or not known(ratio["value"]) else (
                format_number(ratio["value"], "number"),
                bracketed(ratio["conf_low"], ratio["conf_high"], "number"),
            )  # fmt: skip
            rows.append(
                (
                    label,
                    format_number(row.value, "share"),
                    bracketed(row.conf_low, row.conf_high, "share"),
                    *cells,
                )
            )
    header = [
        text(f"column.{c}")
        for c in ("group_name", "share_voters", "interval", "against_register", "interval")
    ]
    words = {"vote": _name(report, largest), "voters": format_number(largest["value"], "people")}
    listing = table(*lean(header, rows), caption=text("caption.voters_table", **words))
    return part(report, "voters", paragraph(text("sentence.voters", **words)), listing)


def _kinds(report) -> Html:
    """Draw the money asked for and awarded, by kind of project."""
    text, money = report.text, report.rows("budget_money")
    money = money[money["asked"] > 0].sort_values("asked", ascending=False, kind="stable")
    if not len(money):
        return Html("")
    rest, money = money[MOST_KINDS:], money[:MOST_KINDS]
    if len(rest):
        other = rest[["projects", "selected", "asked", "awarded"]].sum().to_dict()
        money = pd.concat([money, pd.DataFrame([other | {"category": ""}])])
    names = [kind_name(report, category) for category in money["category"]]
    shares = (money["awarded"] / money["asked"]).tolist()
    texts = [format_number(share, "share") for share in shares]
    labels = (text("legend.awarded"), text("legend.not_awarded"))
    ax = plot_parts(names, money["awarded"], money["asked"] - money["awarded"], labels=labels, texts=texts)
    legend_below(ax)
    top = money.iloc[int(money["awarded"].to_numpy().argmax())]
    total = money["awarded"].sum()
    top_name = names[int(money["awarded"].to_numpy().argmax())]
    share = format_number(top["awarded"] / total, "share") if total > 0 else NO_VALUE
    detail = listed(
        text,
        (
            named_value(text, n, format_number(a, "yuan"))
            for n, a in zip(names, money["awarded"], strict=True)
        ),
    )
    figure = figure_html(ax.figure, alt=text("alt.budgeting", detail=detail),
                         caption=text("caption.budgeting_figure"))  # fmt: skip
    words = text("sentence.money", kind=top_name, share=share, awarded=format_number(total, "yuan"))
    return part(report, "money", paragraph(words), figure)
