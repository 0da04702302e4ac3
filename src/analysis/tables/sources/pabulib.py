"""Votes on participatory budgets, flattened from Pabulib (votes, projects, ballots), as a study folder."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from analysis.errors import StudyError
from analysis.files import require_free
from analysis.tables.slugs import slugs
from analysis.tables.sources.exports import (
    SUFFIXES,
    joined,
    keep,
    read_export,
    unused_columns,
    write_study,
)

NEEDED = {
    "processes": ("pb_id", "district", "subunit", "level", "date_end", "budget_pln", "num_votes", "mean_age",
                  "share_women", "share_internet", "mean_choices"),
    "projects": ("pb_id", "project_id", "cost", "votes", "selected", "category"),
    "ballots": ("pb_id", "voter_id", "age", "sex", "voting_method", "vote"),
}  # fmt: skip
CITY = "Warszawa"
AGES = (2, 110)  # years; what lies outside is taken as a slip of the pen
BANDS = {"0-17": 18, "18-44": 45, "45-59": 60, "60-74": 75, "75+": 200}
SEXES = {"F": "female", "M": "male"}
CHANNELS = {"internet": "online", "paper": "paper"}
OUTCOMES = {  # what the export states of each vote -> the measure it becomes
    "num_votes": "ballots", "mean_age": "voter_mean_age", "share_women": "voter_share_women",
    "share_internet": "voter_share_online", "mean_choices": "ballot_choices",
}  # fmt: skip
TOML = """\
# Written by `gongzhi import pabulib`. A community is a neighbourhood with a vote of its own, or, for votes of
# a whole district, the district as one. Money is in PLN. Voters are known within one vote only: who votes in
# two years is two people. Ballots have no time: a vote is dated by the step `voted`, the last day of voting.
[study]
name = "Participatory budgets of {city}"
period = "year"
from = "{first}"
until = "{last}"
"""


def import_pabulib(source: str | Path, out: str | Path) -> pd.DataFrame:
    """Write votes on participatory budgets as a study folder, and return the account of its rows.

    Every vote becomes a matter of the process budgeting with the step `voted` on its last day; every project
    an option with its cost and whether it was chosen; every ballot a person, and every choice on it a vote
    of 1. What the export states of a vote (ballots, mean age, shares of women and of online ballots, choices
    per ballot) becomes outcomes, also where it holds no ballots, and is held against the ballots where it
    does. Names of projects, whom they benefit and where they lie are set aside.

    Parameters
    ----------
    source : path
        Folder with processes, projects and one or more files ballots*, each .csv.gz or .csv.
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

    Source: Stolicki, Szufa, Talmon, Pabulib: A Participatory Budgeting Library, arXiv 2012.06539.
    """
    source, out = Path(source), Path(out)
    require_free(out)
    export = {table: read_export(source, table, NEEDED[table]) for table in ("processes", "projects")}
    export["ballots"] = _read_ballots(source)
    account: list[tuple[str, int, int, str]] = []
    processes, places = _processes(export["processes"], account)
    projects = _projects(export["projects"], processes, account)
    ballots = _ballots(export["ballots"], processes, account)
    votes, choices = _votes(ballots, projects, account)
    _checks(processes, projects, ballots, choices, account)
    outcomes = _outcomes(processes, account)
    made = "made from the votes, a community for each district as a whole and each neighbourhood"
    account.append(("places", len(places), len(places), made))
    account += [unused_columns(table, frame, NEEDED[table]) for table, frame in export.items()]
    steps = pd.DataFrame({"matter_id": processes["pb_id"], "step": "voted", "time": processes["end"]})
    frames = {
        "places": places, "people": _people(ballots, processes, account), "matters": _matters(processes),
        "steps": steps, "options": _options(projects, processes), "outcomes": outcomes,
    }  # fmt: skip
    years = processes["end"].dt.year
    toml = TOML.format(city=CITY, first=years.min(), last=years.max())
    write_study(out, frames, toml, parquet={"votes": votes})
    return pd.DataFrame(account, columns=["what", "rows_in", "rows_out", "note"])


def _read_ballots(source: Path) -> pd.DataFrame:
    stems = sorted({f.name.removesuffix(s) for s in SUFFIXES for f in source.glob(f"ballots*{s}")})
    if not stems:
        raise StudyError(
            "The export has no file of ballots.", where=str(source),
            expected="one or more files ballots*.csv.gz or ballots*.csv",
            mend="Give the folder that holds all files of the export.",
        )  # fmt: skip
    parts = [read_export(source, stem, NEEDED["ballots"]) for stem in stems]
    return pd.concat(parts, ignore_index=True)


def _processes(export: pd.DataFrame, account: list) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the usable votes with community_id and end, and the places they make."""
    end = pd.to_datetime(export["date_end"], format="%Y-%m-%d", errors="coerce")
    rows = export.assign(end=end.astype("datetime64[ns]"), whole=export["level"] == "district")
    rows, note = keep("processes", rows, {
        "without an identifier": rows["pb_id"].isna(),
        "with an identifier used before": rows["pb_id"].duplicated(),
        "without a district": rows["district"].isna(),
        "of another level than district or neighbourhood": ~rows["level"].isin(["district", "neighbourhood"]),
        "without a readable last day": rows["end"].isna(),
    })  # fmt: skip
    districts = sorted(rows["district"].unique())
    place = slugs([CITY, *districts])
    city = place[CITY]
    area = rows["subunit"].fillna(rows["district"]).mask(rows["whole"], "")
    below = sorted(set(zip(rows["district"], area, strict=True)))
    names = slugs([f"{district} {part or 'whole'}" for district, part in below])
    community = dict(zip(below, names.values(), strict=True))
    places = pd.DataFrame(
        [(city, "city", None, CITY)]
        + [(place[name], "district", city, name) for name in districts]
        + [(community[d, part], "community", place[d], part or f"{d} as a whole") for d, part in below],
        columns=["place_id", "kind", "parent_id", "name"],
    )
    pairs = list(zip(rows["district"], area, strict=True))
    rows = rows.assign(
        community_id=[community[pair] for pair in pairs],
        place_id=[community[d, part] if part else place[d] for d, part in pairs],
    )
    counts = f"{int(rows['whole'].sum()):,} of districts, {int((~rows['whole']).sum()):,} of neighbourhoods"
    account.append(("votes on a budget", len(export), len(rows), joined(f"matters: {counts}", note)))
    return rows, places


def _projects(export: pd.DataFrame, processes: pd.DataFrame, account: list) -> pd.DataFrame:
    rows = export.assign(option_id=export["pb_id"] + "/" + export["project_id"],
                         amount=pd.to_numeric(export["cost"], errors="coerce"))  # fmt: skip
    rows, note = keep("projects", rows, {
        "without an identifier": rows["option_id"].isna(),
        "with an identifier used before in the same vote": rows["option_id"].duplicated(),
        "of a vote that is not in the study": ~rows["pb_id"].isin(processes["pb_id"]),
    })  # fmt: skip
    chosen = int((rows["selected"] == "1").sum())
    unpriced = int((rows["amount"].isna() | (rows["amount"] < 0)).sum())
    said = joined(f"{chosen:,} chosen", f"{unpriced:,} without a readable cost" if unpriced else "", note)
    account.append(("projects", len(export), len(rows), said))
    return rows.assign(amount=rows["amount"].where(rows["amount"] >= 0))


def _ballots(export: pd.DataFrame, processes: pd.DataFrame, account: list) -> pd.DataFrame:
    """Return the usable ballots with person_id, age_band, sex and channel."""
    rows = export.assign(person_id=export["pb_id"] + "/" + export["voter_id"])
    rows, note = keep("ballots", rows, {
        "without a voter": rows["person_id"].isna(),
        "of a vote that is not in the study": ~rows["pb_id"].isin(processes["pb_id"]),
        "of a voter seen before in the same vote": rows["person_id"].duplicated(),
        "without a choice": rows["vote"].isna(),
    })  # fmt: skip
    account.append((
        "ballots", len(export), len(rows),
        joined(f"{rows['pb_id'].nunique():,} votes have ballots; voters are known within one vote", note),
    ))  # fmt: skip
    age = pd.to_numeric(rows["age"], errors="coerce")
    likely = age.between(*AGES)
    band = pd.cut(age.where(likely), [0, *BANDS.values()], right=False, labels=list(BANDS)).astype("str")
    odd, none = int((age.notna() & ~likely).sum()), int(age.isna().sum())
    account.append((
        "ages", len(rows), int(likely.sum()),
        f"set aside: {odd:,} under {AGES[0]} or over {AGES[1]}, {none:,} empty or no number; the person "
        "stays",
    ))  # fmt: skip
    sex, channel = rows["sex"].map(SEXES), rows["voting_method"].map(CHANNELS)
    for what, values in (("sexes", sex), ("channels", channel)):
        empty = int(values.isna().sum())
        note = f"set aside: {empty:,} empty or unknown; the ballot stays" if empty else ""
        account.append((what, len(rows), len(rows) - empty, note))
    return rows.assign(age=age, age_band=band, sex=sex, channel=channel)


def _votes(ballots: pd.DataFrame, projects: pd.DataFrame, account: list) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the votes table, and the choices with pb_id and option_id."""
    parts = ballots["vote"].str.split(",")
    at = np.repeat(np.arange(len(ballots)), parts.str.len())
    chosen = pd.Series(np.concatenate(parts.to_numpy())).str.strip()
    pb, known = pd.factorize(ballots["pb_id"])
    number, names = pd.factorize(chosen)
    pair = pb[at].astype("int64") * len(names) + number
    code, distinct = pd.factorize(pair)
    ids = pd.Series(known[distinct // len(names)]) + "/" + pd.Series(names[distinct % len(names)])
    listed = ids.isin(projects["option_id"]).to_numpy()[code]
    people, channel = ballots["person_id"].to_numpy(), ballots["channel"].astype("category")
    options = pd.Categorical.from_codes(code[listed], categories=ids)
    at = at[listed]
    votes = pd.DataFrame(
        {
            "option_id": options, "person_id": pd.Categorical.from_codes(at, categories=people), "vote": 1.0,
            "channel": pd.Categorical.from_codes(channel.cat.codes.to_numpy()[at], channel.cat.categories),
        }
    )  # fmt: skip
    twice = int(pd.Series(at.astype("int64") * len(ids) + code[listed]).duplicated().sum())
    lost = len(listed) - len(at)
    account.append((
        "choices", len(listed), len(at),
        joined(f"{twice:,} repeat a choice of the same ballot, which last_votes counts once" if twice else "",
              f"set aside: {lost:,} of projects that are not in the study" if lost else ""),
    ))  # fmt: skip
    return votes, pd.DataFrame({"option_id": options, "pb_id": known[pb[at]]})


def _checks(
    processes: pd.DataFrame, projects: pd.DataFrame, ballots: pd.DataFrame, choices: pd.DataFrame,
    account: list,
) -> None:  # fmt: skip
    """Hold what the export states against its ballots."""
    held = projects[projects["pb_id"].isin(ballots["pb_id"].unique())]
    count = choices["option_id"].value_counts().reindex(held["option_id"]).fillna(0).to_numpy()
    same = int((count == pd.to_numeric(held["votes"], errors="coerce").to_numpy()).sum())
    account.append((
        "projects recounted", len(held), same,
        f"the choices on the ballots are the votes stated; set aside: {len(projects) - len(held):,} projects "
        "of votes without ballots are not recounted",
    ))  # fmt: skip
    by_vote = ballots.groupby("pb_id")
    number = by_vote.size()
    found = {
        "num_votes": (number, 0),
        "mean_age": (by_vote["age"].mean(), 5e-4),
        "share_women": ((ballots["sex"] == "female").groupby(ballots["pb_id"]).mean(), 5e-5),
        "share_internet": ((ballots["channel"] == "online").groupby(ballots["pb_id"]).mean(), 5e-5),
        "mean_choices": (choices["pb_id"].value_counts() / number, 5e-5),
    }
    stated = processes.set_index("pb_id").loc[number.index]
    for name, (value, rounding) in found.items():
        told = pd.to_numeric(stated[name], errors="coerce").dropna()
        alike = int(((value.loc[told.index] - told).abs() <= rounding + 1e-9).sum())
        account.append((f"{name} recounted", len(told), alike, "votes with ballots that state it"))


def _people(ballots: pd.DataFrame, processes: pd.DataFrame, account: list) -> pd.DataFrame:
    home = processes.set_index("pb_id")["community_id"]
    account.append(("people", len(ballots), len(ballots), "one per ballot"))
    return pd.DataFrame(
        {
            "person_id": ballots["person_id"], "community_id": ballots["pb_id"].map(home),
            "age_band": ballots["age_band"], "sex": ballots["sex"],
        }
    )  # fmt: skip


def _matters(processes: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "matter_id": processes["pb_id"], "process": "budgeting",
            "community_id": processes["community_id"],
            "level": processes["whole"].map({True: "district", False: "community"}),
            "amount": pd.to_numeric(processes["budget_pln"], errors="coerce"),
        }
    )  # fmt: skip


def _options(projects: pd.DataFrame, processes: pd.DataFrame) -> pd.DataFrame:
    place = processes.set_index("pb_id")["place_id"]
    return pd.DataFrame(
        {
            "option_id": projects["option_id"], "matter_id": projects["pb_id"], "kind": "project",
            "place_id": projects["pb_id"].map(place), "category": projects["category"],
            "amount": projects["amount"], "admitted": "true",
            "selected": projects["selected"].map({"1": "true", "0": "false"}),
        }
    )  # fmt: skip


def _outcomes(processes: pd.DataFrame, account: list) -> pd.DataFrame:
    stated = processes[list(OUTCOMES)].apply(pd.to_numeric, errors="coerce").rename(columns=OUTCOMES)
    keys = {"place_id": processes["community_id"], "period": processes["end"].dt.year,
            "n": stated["ballots"].astype("Int64")}  # fmt: skip
    rows = stated.assign(**keys).melt(list(keys), var_name="measure")
    rows = rows[["place_id", "period", "measure", "value", "n"]]
    given = rows["value"].notna()
    again = given & rows.duplicated(["place_id", "period", "measure"])
    kept = rows[given & ~again]
    reasons = [f"{int(count):,} {why}" for count, why in
               (((~given).sum(), "not stated"), (again.sum(), "of a second vote in the same place and year"))
               if count]  # fmt: skip
    note = "set aside: " + ", ".join(reasons) if reasons else ""
    account.append(("outcomes", len(rows), len(kept), joined(", ".join(OUTCOMES.values()), note)))
    return kept
