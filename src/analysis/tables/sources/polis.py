"""The export of a Polis conversation (statements, votes, participants) as a study folder."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pandas as pd

from analysis.files import require_free
from analysis.tables.periods import period_of, periods_between
from analysis.tables.sources.exports import joined, keep, read_export, write_study

NEEDED = {
    "comments": ("timestamp", "comment-id", "author-id", "moderated"),
    "votes": ("timestamp", "comment-id", "voter-id", "vote"),
    "participants-votes": ("participant", "group-id", "n-votes", "n-agree", "n-disagree"),
}
DISTRICT, COMMUNITY, MATTER = "conversation", "participants", "conversation"
STRAGGLING = 0.01  # a month with a smaller share of all votes ends the window
TOML = """\
# Written by `gongzhi import polis`. One conversation, in which all who took part live; times are in UTC.
# The window ends before the first month after the busiest that holds less than {share:.0%} of all votes, so
# that stragglers do not stretch it: {after:,} of {votes:,} votes lie after it. They stay in the study, and
# count in the conversation as a whole, but in no period.
[study]
name = {name}
period = "month"
from = "{first}"
until = "{last}"
"""


def import_polis(source: str | Path, out: str | Path) -> pd.DataFrame:
    """Write a Polis export as a study folder, and return the account of its rows.

    The conversation becomes a matter of the process consultation with one step, `raised`, on the day of its
    first statement; what was decided is not in the export. Every statement becomes an option, admitted if
    accepted by the moderators, not admitted if rejected, undecided if pending; its text is set aside. Every
    vote stays, re-votes too: `last_votes` keeps the last one. Everyone who voted or wrote a statement is a
    person of the one community. The opinion groups of the export are counted and set aside, for groups are
    computed (`opinion_groups`); `read_groups` returns them for comparison.

    Parameters
    ----------
    source : path
        Folder with comments, votes and participants-votes as .csv.gz or .csv, and summary.csv if there is
        one (for the name).
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
    statements = _statements(export["comments"], account)
    votes = _votes(export["votes"], statements, export["participants-votes"], account)
    people = _people(votes, statements, export["participants-votes"], account)
    first, last = _window(votes["time"])
    after = int((period_of(votes["time"], "month") > last).sum())
    account.append((
        "votes in the window", len(votes), len(votes) - after,
        f"{first} to {last}; the {after:,} later ones stay in the study, outside every period",
    ))  # fmt: skip
    account += [_columns(table, frame) for table, frame in export.items()]
    topic = _topic(source)
    places = pd.DataFrame(
        [(DISTRICT, "district", None, topic), (COMMUNITY, "community", DISTRICT, "All participants")],
        columns=["place_id", "kind", "parent_id", "name"],
    )
    opening = statements.sort_values("opened", kind="stable").iloc[:1]
    frames = {
        "places": places,
        "people": people,
        "matters": pd.DataFrame(
            {"matter_id": [MATTER], "process": "consultation", "community_id": COMMUNITY}
        ),
        "steps": pd.DataFrame(
            {
                "matter_id": MATTER,
                "step": "raised",
                "time": opening["opened"],
                "actor_id": opening["author_id"],
            }
        ),
        "options": statements,
        "votes": votes,
    }
    toml = TOML.format(share=STRAGGLING, after=after, votes=len(votes), first=first, last=last,
                       name=json.dumps(topic, ensure_ascii=False))  # fmt: skip
    write_study(out, frames, toml)
    return pd.DataFrame(account, columns=["what", "rows_in", "rows_out", "note"])


def read_groups(source: str | Path) -> pd.Series:
    """Return the opinion group that a Polis export gives each person, by person_id; missing without one.

    The identifiers are those in the files that `import_polis` writes, not the pseudonyms of an open study.
    """
    rows = read_export(Path(source), "participants-votes", NEEDED["participants-votes"])
    return pd.Series(rows["group-id"].to_numpy(), index=_person(rows["participant"]), name="group")


def _statements(export: pd.DataFrame, account: list) -> pd.DataFrame:
    rows = export.assign(opened=_times(export["timestamp"]))
    moderated = pd.to_numeric(rows["moderated"], errors="coerce")
    rows, note = keep("comments", rows, {
        "without an identifier": rows["comment-id"].isna(),
        "with an identifier used before": rows["comment-id"].duplicated(),
        "without a readable timestamp": rows["opened"].isna(),
    })  # fmt: skip
    moderated = moderated.loc[rows.index]
    counts = ", ".join(f"{int((moderated == code).sum()):,} {word}"
                       for code, word in ((1, "accepted"), (-1, "rejected"), (0, "pending")))  # fmt: skip
    odd = int((~moderated.isin([1, 0, -1])).sum())
    counts += f", {odd:,} with another state, taken as pending" if odd else ""
    authors = rows["author-id"].nunique()
    account.append(("statements", len(export), len(rows), joined(f"{counts}; by {authors:,} people", note)))
    return pd.DataFrame(
        {
            "option_id": _statement(rows["comment-id"]), "matter_id": MATTER, "kind": "statement",
            "author_id": _person(rows["author-id"]), "opened": rows["opened"],
            "admitted": moderated.map({1: "true", -1: "false"}),
        }
    )  # fmt: skip


def _votes(
    export: pd.DataFrame, statements: pd.DataFrame, participants: pd.DataFrame, account: list
) -> pd.DataFrame:
    """Return the usable votes in order of time, so that within a second the later row is the later vote."""
    number = pd.to_numeric(export["vote"], errors="coerce")
    rows = export.assign(time=_times(export["timestamp"]), number=number,
                         option_id=_statement(export["comment-id"]))  # fmt: skip
    rows, note = keep("votes", rows, {
        "without a voter": rows["voter-id"].isna(),
        "on a statement that is not in the export": ~rows["option_id"].isin(statements["option_id"]),
        "with something else than 1, 0 or -1": ~number.isin([1, 0, -1]),
        "without a readable timestamp": rows["time"].isna(),
    })  # fmt: skip
    order = np.argsort(pd.to_numeric(rows["timestamp"]).to_numpy(), kind="stable")
    rows = rows.iloc[order]
    voters = rows["voter-id"].nunique()
    account.append(
        ("votes", len(export), len(rows), joined(f"by {voters:,} people, re-votes included", note))
    )
    last = rows.drop_duplicates(["voter-id", "option_id"], keep="last")
    agree, against = (int((last["number"] == sign).sum()) for sign in (1, -1))
    stated = [int(pd.to_numeric(participants[name], errors="coerce").sum())
              for name in ("n-votes", "n-agree", "n-disagree")]  # fmt: skip
    same = "the same as" if stated == [len(last), agree, against] else "while it is {:,}, {:,} and {:,} in"
    account.append((
        "votes after re-votes", len(rows), len(last),
        f"{len(rows) - len(last):,} have a later one by the same person on the same statement: all stay in "
        f"the study, last_votes keeps the last; {agree:,} agree, {against:,} disagree, "
        f"{same.format(*stated)} participants-votes",
    ))  # fmt: skip
    return pd.DataFrame(
        {
            "option_id": rows["option_id"], "person_id": _person(rows["voter-id"]),
            "vote": rows["number"].astype(int), "time": rows["time"],
        }
    )  # fmt: skip


def _people(
    votes: pd.DataFrame, statements: pd.DataFrame, participants: pd.DataFrame, account: list
) -> pd.DataFrame:
    listed = _person(participants["participant"])
    active = pd.concat([votes["person_id"], statements["author_id"].dropna()]).drop_duplicates()
    unlisted = int((~active.isin(listed)).sum())
    silent = int((~listed.isin(active)).sum())
    account.append((
        "people", len(listed), int(listed.isin(active).sum()),
        joined(f"{len(active):,} who voted or wrote", f"{unlisted:,} of them not listed" if unlisted else "",
              f"set aside: {silent:,} who did neither" if silent else ""),
    ))  # fmt: skip
    sizes = participants["group-id"].value_counts()
    groups = " and ".join(f"{n:,}" for n in sizes)
    account.append((
        "people in an opinion group", len(participants), int(participants["group-id"].notna().sum()),
        f"groups of {groups}; set aside: {int(participants['group-id'].isna().sum()):,} without a group; the "
        "groups of the export are not kept, opinion_groups computes them",
    ))  # fmt: skip
    return pd.DataFrame({"person_id": active.sort_values().to_numpy(), "community_id": COMMUNITY})


def _window(times: pd.Series) -> tuple[str, str]:
    """Return the first month with votes, and the last one before the votes of a month become a trickle."""
    months = period_of(times, "month")
    count = months.value_counts()
    every = periods_between(months.min(), months.max(), "month")
    last = busiest = every.index(count.idxmax())
    for at in range(busiest + 1, len(every)):
        if count.get(every[at], 0) < STRAGGLING * len(times):
            break
        last = at
    return every[0], every[last]


def _topic(source: Path) -> str:
    path = source / "summary.csv"
    if path.is_file():
        with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
            for row in csv.reader(file):
                if len(row) > 1 and row[0] == "topic" and row[1].strip():
                    return " ".join(row[1].split())
    return "Polis conversation"


def _columns(table: str, export: pd.DataFrame) -> tuple[str, int, int, str]:
    left = [name for name in export.columns if name not in NEEDED[table]]
    cells = [name for name in left if name.isdigit()]
    words = [name for name in left if not name.isdigit()]
    words += [f"{len(cells):,} columns of single statements, the votes once more"] if cells else []
    note = f"set aside: no place in the dictionary for {', '.join(words)}" if words else ""
    return f"columns of {table}", export.shape[1], len(NEEDED[table]), note


def _times(stamps: pd.Series) -> pd.Series:
    """Return milliseconds since 1970 as times in UTC, missing where they are none."""
    number = pd.to_numeric(stamps, errors="coerce")
    number = number.where(number.between(0, 4e12)).astype("float64")  # up to the year 2096
    return pd.to_datetime(number, unit="ms", errors="coerce").astype("datetime64[ns]")


def _person(number: pd.Series) -> pd.Series:
    return "person-" + number


def _statement(number: pd.Series) -> pd.Series:
    return "statement-" + number
