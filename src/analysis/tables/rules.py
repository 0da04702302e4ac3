"""The rules that hold between columns and between tables: keys, references, order, time, tree."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd

from analysis.tables import schema, values
from analysis.tables.declared import by_name, plain_name, with_shipped
from analysis.tables.periods import ordinal, period_of
from analysis.tables.problems import ERROR, NOTE, SET_ASIDE

ORDERS = {"duties": ("start", "end"), "listings": ("opened", "closed"), "reforms": ("start", "end")}
PAST_ONLY = {
    "interactions": "time", "steps": "time", "people": "joined", "listings": "opened", "votes": "time",
    "options": "opened", "ledger": "booked",
}  # fmt: skip
IN_WINDOW = (
    ("interactions", "time"), ("steps", "time"), ("votes", "time"), ("ledger", "booked"),
    ("outcomes", "period"),
)  # fmt: skip
ALREADY_CHECKED = "places"  # references among places are the tree's business


def check_keys(check) -> None:
    """One row per key; a person lives in one community, a reform starts once in a place."""
    for table, key in schema.PRIMARY_KEYS.items():
        rows = check.kept(table)
        again = rows.duplicated(list(key), keep="first")
        rule, level, hint = "duplicate_key", SET_ASIDE, "Keep one row per key; the first one is used."
        if table == "places":
            level, hint = ERROR, "Give every place one row."
        elif table == "reforms":
            rule, level = "reform_starts_twice", ERROR
            hint = "Keep the first start; the estimators need one start per place and reform."
        elif table == "people":
            first = rows.drop_duplicates("person_id").set_index("person_id")["community_id"]
            moved = again & (rows["person_id"].map(first) != rows["community_id"])
            check.flag(
                table, rows.index[moved], "two_communities", SET_ASIDE, column="community_id",
                hint="A person lives in one community; the first is used. Correct the register.",
            )  # fmt: skip
            again &= ~moved
        elif table == "duties":
            overlapping = again & _overlaps_the_first(rows)
            check.flag(
                table, rows.index[overlapping], "overlapping_intervals", SET_ASIDE, column=key[0],
                hint="A duty is in force once at a time; the first row is used. End it before it starts "
                "again, and give each interval an identifier of its own.",
            )  # fmt: skip
            again &= ~overlapping
            hint = ("A duty_id names one interval in one community; the first row is used. Give a duty that "
                    "came back, or lies on several communities, an identifier per row.")  # fmt: skip
        check.flag(table, rows.index[again], rule, level, column=key[0], hint=hint)


def _overlaps_the_first(duties: pd.DataFrame) -> pd.Series:
    """Whether a row is in force together with the first row of its duty_id, community and list."""
    if duties.empty:
        return pd.Series(False, index=duties.index)
    first = duties.drop_duplicates("duty_id").set_index("duty_id")
    same = (duties["duty_id"].map(first["community_id"]) == duties["community_id"]) & (
        duties["duty_id"].map(first["list"]) == duties["list"]
    )
    end = duties["end"].fillna(pd.Timestamp.max)
    starts_before = duties["start"] <= duties["duty_id"].map(first["end"].fillna(pd.Timestamp.max))
    ends_after = (duties["duty_id"].map(first["start"]) <= end) & (duties["start"] <= end)
    return same & starts_before & ends_after


def check_tree(check) -> None:
    """Parents exist, lie higher up, and form no cycle."""
    places = check.frames["places"].drop_duplicates("place_id")
    kinds = places.set_index("place_id")["kind"]
    parents = places.set_index("place_id")["parent_id"]
    unknown = places["parent_id"].notna() & ~places["parent_id"].isin(kinds.index)
    check.flag(
        "places", places.index[unknown], "unknown_place", ERROR, column="parent_id",
        hint="Add the parent to places, or correct the identifier.",
    )  # fmt: skip
    rank = {kind: level for level, kind in enumerate(values.PLACE_KINDS)}
    known = places[places["parent_id"].notna() & ~unknown]
    in_cycle = known["place_id"].map(lambda place: _in_cycle(place, parents))
    check.flag(
        "places", known.index[in_cycle.astype(bool)], "cycle", ERROR, column="parent_id",
        hint="A place cannot lie in itself; correct the parents along this chain.",
    )  # fmt: skip
    upside_down = known["kind"].map(rank) <= known["parent_id"].map(kinds).map(rank)
    check.flag(
        "places", known.index[upside_down & ~in_cycle.astype(bool)], "level_order", ERROR, column="parent_id",
        hint="A parent lies higher up: city, district, street, community, unit, in this order.",
    )  # fmt: skip


def _in_cycle(place: str, parents: pd.Series) -> bool:
    seen, here = set(), place
    while isinstance(here, str) and here in parents.index and here not in seen:
        seen.add(here)
        here = parents[here]
    return here == place


def check_references(check) -> None:
    """What a row refers to exists and is of the right kind."""
    kinds = check.frames["places"].drop_duplicates("place_id").set_index("place_id")["kind"]
    for table in schema.MODELS:
        if table == ALREADY_CHECKED:
            continue
        level = ERROR if table == "reforms" else SET_ASIDE
        for name, column in schema.columns(table).items():
            rows = check.kept(table)
            if column.refers_to == "places.place_id":
                unknown = rows[name].notna() & ~rows[name].isin(kinds.index)
                check.flag(
                    table, rows.index[unknown], "unknown_place", level, column=name,
                    hint="Add it to places, correct it, or map it with values in study.toml.",
                )  # fmt: skip
                kind = {"community_id": "community", "unit_id": "unit"}.get(name)
                wrong = rows[name].notna() & ~unknown & (rows[name].map(kinds) != kind)
                if kind and wrong.any():
                    check.flag(
                        table, rows.index[wrong], "wrong_kind_of_place", level, column=name,
                        hint=f"This place is not a {kind}; name the {kind} it belongs to.",
                    )  # fmt: skip
            elif column.refers_to == "matters.matter_id":
                unknown = ~rows[name].isin(check.kept("matters")["matter_id"])
                check.flag(
                    table, rows.index[unknown], "unknown_matter", level, column=name,
                    hint="Add the matter to matters, or see why it was set aside.",
                )  # fmt: skip
            elif column.refers_to == "options.option_id":
                unknown = ~rows[name].isin(check.kept("options")["option_id"])
                check.flag(
                    table, rows.index[unknown], "unknown_option", SET_ASIDE, column=name,
                    hint="Add the option to options, or see why it was set aside.",
                )  # fmt: skip
            elif column.refers_to == "organisations.org_id":
                unknown = rows[name].notna() & ~rows[name].isin(check.kept("organisations")["org_id"])
                check.flag(
                    table, rows.index[unknown], "unknown_organisation", NOTE, column=name,
                    hint="Add the organisation to organisations; the entry still counts.",
                )  # fmt: skip
            elif column.refers_to == "listings.listing_id":
                unknown = rows[name].notna() & ~rows[name].isin(rows["listing_id"])
                check.flag(
                    table, rows.index[unknown], "unknown_listing", NOTE, column=name,
                    hint="The listing it was matched with is not in the table; the match still counts.",
                )  # fmt: skip


def check_order(check) -> None:
    """Nothing ends before it starts."""
    for table, (start, end) in ORDERS.items():
        rows = check.kept(table)
        check.flag(
            table, rows.index[rows[end] < rows[start]], "end_before_start",
            ERROR if table == "reforms" else SET_ASIDE, column=end,
            hint=f"Correct {start} or {end}; leave {end} empty while it goes on.",
        )  # fmt: skip


def check_times(check, now: pd.Timestamp) -> None:
    """Nothing has happened in the future, and what lies outside the study's window is put aside."""
    for table, column in PAST_ONLY.items():
        rows = check.kept(table)
        check.flag(
            table, rows.index[rows[column] > now], "in_the_future", SET_ASIDE, column=column,
            hint="Correct the date, or the time zone of the file.",
        )  # fmt: skip
    bounds = pd.Series([check.config.first, check.config.last], dtype="str")
    first, last = ordinal(bounds, check.config.period)
    for table, column in IN_WINDOW:
        rows = check.kept(table)
        labels = rows[column] if column == "period" else period_of(rows[column], check.config.period)
        number = ordinal(labels, check.config.period)
        outside = pd.Series(False, index=rows.index)
        if pd.notna(first):
            outside |= (number < first).fillna(False).astype(bool)
        if pd.notna(last):
            outside |= (number > last).fillna(False).astype(bool)
        whole = table == "votes"  # the last word of a person in a conversation, whenever it was said
        check.flag(
            table, rows.index[outside], "outside_window", NOTE if whole else SET_ASIDE, column=column,
            counted=False, hint="It lies outside from/until in study.toml"
            + ("; it counts in its conversation or budget, but in no period." if whole else "."),
        )  # fmt: skip


def check_acts(check) -> None:
    """An act links two different people, or a person and a gathering."""
    rows = check.kept("interactions")
    check.flag(
        "interactions", rows.index[rows["source_id"] == rows["target_id"]], "self_loop", SET_ASIDE,
        column="target_id", counted=False, hint="Someone acting towards themselves makes no tie.",
    )  # fmt: skip
    rows = check.kept("interactions")
    check.flag(
        "interactions", rows.index[rows["target_id"].isna() & rows["gathering_id"].isna()], "no_other_side",
        SET_ASIDE, column="target_id", hint="Give the other person (target_id) or a gathering_id.",
    )  # fmt: skip


def check_matters(check) -> None:
    """A matter follows a procedure of its process, and takes no step twice at once or before it is opened."""
    matters, steps = check.kept("matters"), check.kept("steps")
    known = by_name(with_shipped(check.procedures))
    names = matters["procedure"].fillna("").map(plain_name)
    followed = [known.get(pair) for pair in zip(matters["process"], names, strict=True)]
    unknown = [procedure is None for procedure in followed]
    check.flag(
        "matters", matters.index[unknown], "unknown_procedure", NOTE, column="procedure",
        hint="No procedure of its process has this name: use one that is shipped, or declare it in "
        "procedures.toml. Its waits are measured; whether it kept to its procedure is not.",
    )  # fmt: skip
    again = steps.duplicated(["matter_id", "step", "time"])
    check.flag(
        "steps", steps.index[again], "repeated_step", NOTE, column="step",
        hint="The same step at the same time is on record twice; the first one counts.",
    )  # fmt: skip
    names = dict(zip(matters["matter_id"], (p.names if p else () for p in followed), strict=True))
    order = [names.get(matter, ()) for matter in steps["matter_id"]]
    pairs = list(zip(steps["step"], order, strict=True))
    opens = pd.Series([step in declared[:1] for step, declared in pairs], steps.index, dtype=bool)
    early = pd.Series([step in declared for step, declared in pairs], steps.index, dtype=bool)
    opened = steps[opens].groupby("matter_id")["time"].min()
    early &= steps["time"] < opened.reindex(steps["matter_id"]).set_axis(steps.index)
    check.flag(
        "steps", steps.index[early], "before_opening", NOTE, column="time",
        hint="A step before the one that opens the matter; it counts as a step out of order.",
    )  # fmt: skip


def check_matches(check) -> None:
    """A match is of one need and one resource."""
    rows = check.kept("listings")
    named = rows[rows["matched_id"].notna()]
    other = named["matched_id"].map(rows.drop_duplicates("listing_id").set_index("listing_id")["side"])
    same_side = other == named["side"]
    check.flag(
        "listings", named.index[same_side], "matched_same_side", NOTE, column="matched_id",
        hint="A need is matched with a resource, not with another need; this counts as no match.",
    )  # fmt: skip
    named = named[~same_side]
    ends = ["listing_id", "matched_id"]
    pairs = pd.concat([named[ends], named[ends[::-1]].set_axis(ends, axis=1)])
    partners = pairs.drop_duplicates()["listing_id"].value_counts()
    check.flag(
        "listings", named.index[named["matched_id"].isin(partners.index[partners > 1])], "matched_twice",
        NOTE, column="matched_id",
        hint="The listing named here is matched with several; it counts in one match: with the one that it "
        "names itself, or else with the earliest.",
    )  # fmt: skip


def check_ledger(check) -> None:
    """Money moves before it can be reported."""
    rows = check.kept("ledger")
    check.flag(
        "ledger", rows.index[rows["published"] < rows["booked"]], "published_before_booked", NOTE,
        column="published", hint="Made public before the money moved: it counts as published at once.",
    )  # fmt: skip


def note_limits(check) -> None:
    """Say what the study cannot show, whatever its rows are like."""
    places = check.frames["places"]
    communities = (places["kind"] == "community").sum()
    if not communities:
        check.problems.add("places", "no_community", ERROR, "Add at least one place of kind community.")
    elif communities == 1:
        check.problems.add(
            "places", "one_community", NOTE, "With one community nothing can be compared between communities."
        )
    if communities and not (places["kind"] == "district").any():
        check.problems.add(
            "places", "no_district", NOTE, "Reports are per district; add a place of kind district."
        )
    bounded = check.config.first and check.config.last
    if not bounded and not any(len(check.kept(table)) for table in ("interactions", "steps", "outcomes")):
        check.problems.add(
            "study", "no_period", NOTE,
            "Nothing says what time the study covers: set from and until in study.toml or add a dated table.",
        )  # fmt: skip
    if not len(check.kept("reforms")):
        check.problems.add(
            "reforms", "no_reform", NOTE, "Without reforms no effect can be estimated; add the table reforms."
        )


RULES: tuple[Callable, ...] = (
    check_keys, check_tree, check_references, check_order, check_acts, check_matters, check_matches,
    check_ledger,
)  # fmt: skip
