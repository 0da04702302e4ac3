"""The export of a Decidim consultation (its proposals and comments) as a study folder."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from analysis.files import require_free
from analysis.tables.periods import period_of
from analysis.tables.slugs import slugs
from analysis.tables.sources.exports import (
    joined,
    keep,
    read_export,
    unused_columns,
    write_study,
)

NEEDED = {
    "proposals": ("proposal_id", "created_date", "author_id", "author_kind", "source", "scope", "district",
                  "category", "subcategory", "status"),
    "comments": ("comment_id", "created_at", "author_id", "proposal_id", "parent_comment_id"),
}  # fmt: skip
CITY = "Barcelona"
COUNCIL, ORGANISATION = "city_council", "organization"  # values of author_kind
ORIGINS = {"organization": "organisation"}
OUTCOMES = {"accepted": "adopted", "rejected": "rejected"}
LEVELS = {"district": "district", "city": "city"}
TOML = """\
# Written by `gongzhi import decidim`. A community is a subject area within a district, or, for proposals
# without a district, within the city. A person belongs to the community in which they wrote most.
# The export holds no reforms, duties, listings or outcomes.
[study]
name = "Decidim {city}"
period = "month"
from = "{first}"
until = "{last}"
"""


def import_decidim(source: str | Path, out: str | Path) -> pd.DataFrame:
    """Write a Decidim export as a study folder, and return the account of its rows.

    Proposals become matters of the process consultation: outcome from status, origin from source, level
    from scope, category from subcategory. Each has one step, `raised`, on its created_date; the export
    holds no date of the decision, so no `decided` step is written. Every comment becomes an act of its
    author in a gathering, the proposal (kind forum); a reply becomes, besides, an act of its author towards
    the author it answers, self-replies included (`gongzhi check` sets those aside and counts them).

    A community is a category within a district; proposals without a district lie in communities directly
    under the city. A person is an account that commented, or that proposed for nobody else; it belongs to
    the community in which it wrote most, on a tie the one in which it wrote first. Accounts of
    organisations and of the council are organisations; those of organisations that also commented are
    people too, for an act needs a person. What the council comments is set aside.

    Parameters
    ----------
    source : path
        Folder with proposals and comments as .csv.gz or .csv; times in local time.
    out : path
        Study folder to write; it must not exist yet, or be empty.

    Returns
    -------
    DataFrame
        what, rows_in, rows_out, note: the note gives the reason for every row set aside.

    Raises
    ------
    StudyError
        A file or column is missing, empty or unreadable, no row can be used, or `out` holds files.
    """
    source, out = Path(source), Path(out)
    require_free(out)
    export = {table: read_export(source, table, columns) for table, columns in NEEDED.items()}
    account: list[tuple[str, int, int, str]] = []

    proposals, places = _proposals(export["proposals"], account)
    matters, steps = _matters(proposals), _steps(proposals, account)
    council = set(proposals.loc[proposals["author_kind"] == COUNCIL, "author_id"])
    comments = _comments(export["comments"], proposals, council, account)
    ties = _ties(comments, export["comments"], council, account)
    people = _people(proposals, comments, account)
    organisations = _organisations(proposals, account)
    account.append(("places", len(places), len(places), _place_note(places)))
    account += [unused_columns(table, frame, NEEDED[table]) for table, frame in export.items()]

    acts = comments.assign(kind="forum", source_id=_person(comments["author_id"]),
                           gathering_id=_proposal(comments["proposal_id"]))  # fmt: skip
    acts = acts[["time", "community_id", "kind", "source_id", "gathering_id"]]
    interactions = pd.concat([acts, ties]).sort_values("time", kind="stable")
    interactions = interactions[["time", "community_id", "kind", "source_id", "target_id", "gathering_id"]]
    frames = {"places": places, "people": people, "organisations": organisations,
              "interactions": interactions, "matters": matters, "steps": steps}  # fmt: skip
    times = pd.concat([interactions["time"], steps["time"]])
    months = period_of(times, "month").dropna()
    write_study(out, frames, TOML.format(city=CITY, first=months.min(), last=months.max()))
    return pd.DataFrame(account, columns=["what", "rows_in", "rows_out", "note"])


def _proposals(export: pd.DataFrame, account: list) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the usable proposals with time and community_id, and the places they make."""
    rows, note = keep("proposals", export, {
        "without an identifier": export["proposal_id"].isna(),
        "with an identifier used before": export["proposal_id"].duplicated(),
        "without a category": export["category"].isna(),
    })  # fmt: skip
    districts, categories = sorted(rows["district"].dropna().unique()), sorted(rows["category"].unique())
    place = slugs([CITY, *districts])
    subject = slugs(categories)
    city, *district_ids = place.values()
    holders = [*district_ids, city]
    places = pd.DataFrame(
        [(city, "city", None, CITY)]
        + [(place[name], "district", city, name) for name in districts]
        + [(f"{p}_{subject[name]}", "community", p, name) for p in holders for name in categories],
        columns=["place_id", "kind", "parent_id", "name"],
    )
    holder = rows["district"].map(place).fillna(city)
    rows = rows.assign(
        time=_times(rows["created_date"], "%Y-%m-%d"),
        community_id=holder + "_" + rows["category"].map(subject),
    )
    status = rows["status"].map(OUTCOMES).value_counts()
    counts = ", ".join(f"{n:,} {outcome}" for outcome, n in status.items())
    account.append(("proposals", len(export), len(rows), joined(f"matters: {counts}", note)))
    off = (rows["district"].isna() & (rows["scope"] == "district")).sum()
    over = (rows["district"].notna() & (rows["scope"] == "city")).sum()
    nowhere = int(rows["district"].isna().sum())
    account.append((
        "proposals without a district", nowhere, nowhere,
        f"kept, in communities directly under the city; {off:,} of them have scope district, and {over:,} "
        "with scope city name a district: the district decides the place, the scope the level",
    ))  # fmt: skip
    return rows, places


def _matters(proposals: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "matter_id": _proposal(proposals["proposal_id"]),
            "process": "consultation",
            "community_id": proposals["community_id"],
            "category": proposals["subcategory"],
            "origin": proposals["source"].replace(ORIGINS),
            "level": proposals["scope"].map(LEVELS),
            "outcome": proposals["status"].map(OUTCOMES),
        }
    )


def _steps(proposals: pd.DataFrame, account: list) -> pd.DataFrame:
    dated = proposals[proposals["time"].notna()]
    prefix = dated["author_kind"].map({COUNCIL: "council-", ORGANISATION: "organisation-"}).fillna("person-")
    nobody = int(dated["author_id"].isna().sum())
    undated = len(proposals) - len(dated)
    account.append((
        "steps: raised", len(proposals), len(dated),
        joined(f"on the day of entry; no author for {nobody:,}, raised in meetings",
              f"set aside: {undated:,} without a readable created_date" if undated else ""),
    ))  # fmt: skip
    account.append((
        "steps: decided", int(proposals["status"].isin(OUTCOMES).sum()), 0,
        "set aside: all; the export has no date of the decision, so the status is kept as outcome alone",
    ))  # fmt: skip
    return pd.DataFrame(
        {
            "matter_id": _proposal(dated["proposal_id"]),
            "step": "raised",
            "time": dated["time"],
            "actor_id": prefix + dated["author_id"],
        }
    )


def _comments(
    export: pd.DataFrame, proposals: pd.DataFrame, council: set[str], account: list
) -> pd.DataFrame:
    """Return the usable comments with time, community_id and district."""
    at = proposals.set_index("proposal_id")
    rows = export.assign(
        time=_times(export["created_at"], "%Y-%m-%dT%H:%M:%S"),
        community_id=export["proposal_id"].map(at["community_id"]),
        district=export["proposal_id"].map(at["district"]),
    )
    rows, note = keep("comments", rows, {
        "with an identifier used before": rows["comment_id"].notna() & rows["comment_id"].duplicated(),
        "without an author": rows["author_id"].isna(),
        "without a readable created_at": rows["time"].isna(),
        "on a proposal that is not in the study": rows["community_id"].isna(),
        "written by the council, which is no person": rows["author_id"].isin(council),
    })  # fmt: skip
    account.append(("comments", len(export), len(rows), joined("acts of a person in a gathering", note)))
    nowhere = int(rows["district"].isna().sum())
    account.append(("comments without a district", nowhere, nowhere, "kept, with their proposals"))
    return rows


def _ties(comments: pd.DataFrame, export: pd.DataFrame, council: set[str], account: list) -> pd.DataFrame:
    """Return the acts between the author of a reply and the author it answers."""
    author = (
        export.dropna(subset="comment_id").drop_duplicates("comment_id").set_index("comment_id")["author_id"]
    )
    total = int(export["parent_comment_id"].notna().sum())
    replies = comments[comments["parent_comment_id"].notna()]
    target = replies["parent_comment_id"].map(author)
    rows, note = keep("comments", replies, {
        "that answer a comment missing from the export": target.isna(),
        "that answer the council, which is no person": target.isin(council),
    }, before=(total - len(replies), "set aside as comments"), may_be_empty=True)  # fmt: skip
    target = target.loc[rows.index]
    own = int((target == rows["author_id"]).sum())
    share = f" ({own / len(rows):.1%})" if len(rows) else ""
    account.append((
        "replies", total, len(rows),
        joined(f"acts between two people, besides their act in the gathering; {own:,}{share} answer a "
               "comment of their own and are set aside by gongzhi check", note),
    ))  # fmt: skip
    return pd.DataFrame(
        {
            "time": rows["time"],
            "community_id": rows["community_id"],
            "kind": "forum",
            "source_id": _person(rows["author_id"]),
            "target_id": _person(target),
        }
    )


def _people(proposals: pd.DataFrame, comments: pd.DataFrame, account: list) -> pd.DataFrame:
    """Return one row per person, with the community in which they wrote most."""
    bodies = proposals["author_kind"].isin([COUNCIL, ORGANISATION])
    columns = ["author_id", "community_id", "time"]
    written = pd.concat([proposals.loc[~bodies & proposals["author_id"].notna(), columns], comments[columns]])
    active = written.groupby(["author_id", "community_id"], sort=False)["time"].agg(["size", "min"])
    active = active.reset_index().sort_values(["size", "min"], ascending=[False, True], kind="stable")
    home = active.drop_duplicates("author_id").sort_values("author_id")
    organised = set(proposals.loc[bodies, "author_id"])
    accounts = organised | set(home["author_id"])
    both = organised & set(home["author_id"])
    account.append((
        "people", len(accounts), len(home),
        f"set aside: {len(accounts) - len(home):,} accounts of organisations and the council; {len(both):,} "
        "accounts of organisations wrote comments and are people too",
    ))  # fmt: skip
    return pd.DataFrame({"person_id": _person(home["author_id"]), "community_id": home["community_id"]})


def _organisations(proposals: pd.DataFrame, account: list) -> pd.DataFrame:
    rows = proposals[proposals["author_kind"].isin([COUNCIL, ORGANISATION])].drop_duplicates("author_id")
    council = rows["author_kind"] == COUNCIL
    account.append((
        "organisations", len(rows), len(rows),
        f"{int(council.sum())} council account (department); the kind of the others is not in the export",
    ))  # fmt: skip
    return pd.DataFrame(
        {
            "org_id": council.map({True: "council-", False: "organisation-"}) + rows["author_id"],
            "kind": council.map({True: "department", False: "other"}),
            "name": council.map({True: f"{CITY} city council"}),
        }
    )


def _place_note(places: pd.DataFrame) -> str:
    count = places["kind"].value_counts()
    direct = int((places["kind"].eq("community") & places["parent_id"].eq(places["place_id"].iloc[0])).sum())
    return (
        f"made from the proposals: 1 city, {count.get('district', 0):,} districts, {count['community']:,} "
        f"communities, {direct:,} of them directly under the city"
    )


def _times(texts: pd.Series, layout: str) -> pd.Series:
    return pd.to_datetime(texts, format=layout, errors="coerce").astype("datetime64[ns]")


def _person(account: pd.Series) -> pd.Series:
    return "person-" + account


def _proposal(number: pd.Series) -> pd.Series:
    return "proposal-" + number
