"""A study in memory: its tables, its places and the account of its rows."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from pathlib import Path

import pandas as pd

from analysis.errors import StudyError
from analysis.tables import schema
from analysis.tables.periods import ordinal, period_of, periods_between
from analysis.tables.places import PlaceTree
from analysis.tables.procedures import Procedure

ACCOUNT = ["table", "rows_in", "kept", "set_aside", "rule"]
FILE_ACCOUNT = ["table", "file", "rows_in", "kept", "set_aside"]
BY_COMMUNITY = ("people", "organisations", "interactions", "matters", "duties", "listings")
BY_MATTER = ("steps", "options", "ledger")


@dataclass(frozen=True, repr=False)
class Study:
    """Everything known about one study. Open one with `open_study`, or make one with `Study.from_frames`.

    Attributes
    ----------
    frames : dict of str -> DataFrame
        Every table in the types of the dictionary; one the study does not have is there, empty.
    name, name_zh : str
    period : {"month", "quarter", "year"}
        The step of the panel.
    accounting : DataFrame
        table, rows_in, kept, set_aside, rule: one row per table with rule "", and one per rule that set
        rows aside.
    problems : DataFrame
        Everything found while checking: table, file (where a table stands in several), column, row (as its
        file counts it), value, rule, level, hint.
    files : DataFrame
        table, file, rows_in, kept, set_aside: the account of each file or sheet of the tables that stand in
        several, in the order of their rows.
    path : Path or None
        The folder it came from.
    procedures : tuple of Procedure
        Those the study declares itself, in its procedures.toml.
    """

    frames: dict[str, pd.DataFrame]
    name: str = "study"
    name_zh: str = ""
    period: str = "month"
    accounting: pd.DataFrame = field(default_factory=pd.DataFrame)
    problems: pd.DataFrame = field(default_factory=pd.DataFrame)
    files: pd.DataFrame = field(default_factory=partial(pd.DataFrame, columns=FILE_ACCOUNT))
    path: Path | None = None
    window: tuple[str, str] | None = None
    procedures: tuple[Procedure, ...] = ()

    @classmethod
    def from_frames(cls, frames: dict[str, pd.DataFrame], **attributes: object) -> Study:
        """Make a study from clean frames: missing columns are added empty, types set, nothing checked."""
        full = {}
        for table in schema.MODELS:
            blank = schema.empty(table)
            given = frames.get(table, blank)
            full[table] = (
                given.reindex(columns=blank.columns).astype(blank.dtypes.to_dict()).reset_index(drop=True)
            )
        sizes = [(table, len(frame), len(frame), 0, "") for table, frame in full.items()]
        attributes.setdefault("accounting", pd.DataFrame(sizes, columns=ACCOUNT))
        return cls(frames=full, **attributes)

    places = property(lambda self: self.frames["places"], doc="The places table.")
    people = property(lambda self: self.frames["people"], doc="The people table.")
    organisations = property(lambda self: self.frames["organisations"], doc="The organisations table.")
    interactions = property(lambda self: self.frames["interactions"], doc="The interactions table.")
    matters = property(lambda self: self.frames["matters"], doc="The matters table.")
    steps = property(lambda self: self.frames["steps"], doc="The steps table.")
    options = property(lambda self: self.frames["options"], doc="The options table.")
    votes = property(lambda self: self.frames["votes"], doc="The votes table.")
    ledger = property(lambda self: self.frames["ledger"], doc="The ledger table.")
    duties = property(lambda self: self.frames["duties"], doc="The duties table.")
    listings = property(lambda self: self.frames["listings"], doc="The listings table.")
    outcomes = property(lambda self: self.frames["outcomes"], doc="The outcomes table.")
    reforms = property(lambda self: self.frames["reforms"], doc="The reforms table.")

    @cached_property
    def tree(self) -> PlaceTree:
        """The tree of places."""
        return PlaceTree(self.places)

    @property
    def districts(self) -> list[str]:
        """Identifiers of the districts, in table order."""
        return self.tree.districts

    def has(self, *tables: str) -> bool:
        """Whether every one of `tables` holds at least one row."""
        return all(len(self.frames[table]) for table in tables)

    @cached_property
    def periods(self) -> list[str]:
        """Every period of the study, without gaps.

        The window is the one of study.toml, or else spans interactions, steps and outcomes.
        """
        if self.window:
            return periods_between(*self.window, self.period)
        labels = [period_of(self.frames[t]["time"], self.period) for t in ("interactions", "steps")]
        seen = pd.concat([*labels, self.outcomes["period"]]).dropna().unique()
        if not len(seen):
            return []
        order = ordinal(pd.Series(seen), self.period)
        return periods_between(seen[order.argmin()], seen[order.argmax()], self.period)

    def district(self, district_id: str) -> Study:
        """Return the study of one district: its places and every row that lies in them."""
        if district_id not in self.districts:
            known = self.districts[:12] + (["…"] if len(self.districts) > 12 else [])
            raise StudyError(
                f"There is no district {district_id!r} in this study.",
                where="places.place_id",
                value=district_id,
                expected="one of " + ", ".join(known),
                mend="Use one of these identifiers.",
            )
        tree = self.tree.table
        inside = set(tree.index[(tree["district_id"] == district_id).to_numpy(bool, na_value=False)])
        frames = dict(self.frames)
        frames["places"] = self.places[self.places["place_id"].isin(inside)]
        for table in BY_COMMUNITY:
            frames[table] = frames[table][frames[table]["community_id"].isin(inside)]
        for table in BY_MATTER:
            frames[table] = frames[table][frames[table]["matter_id"].isin(frames["matters"]["matter_id"])]
        frames["votes"] = self.votes[self.votes["option_id"].isin(frames["options"]["option_id"])]
        frames["outcomes"] = self.outcomes[self.outcomes["place_id"].isin(inside)]
        above = self.reforms["place_id"].isin(tree.index[tree["kind"] == "city"])  # it holds here too
        held = self.reforms.assign(place_id=self.reforms["place_id"].mask(above, district_id))
        held = held[held["place_id"].isin(inside)]
        frames["reforms"] = held.sort_values("start", kind="stable").drop_duplicates(["place_id", "reform"])
        window = (self.periods[0], self.periods[-1]) if self.periods else None
        return replace(self, frames={k: f.reset_index(drop=True) for k, f in frames.items()}, window=window)

    def __repr__(self) -> str:
        sizes = ", ".join(f"{table} {len(frame):,}" for table, frame in self.frames.items() if len(frame))
        span = f"{self.periods[0]} to {self.periods[-1]}" if self.periods else "no dated rows"
        whole = self.accounting.query("rule == ''") if len(self.accounting) else self.accounting
        aside = int(whole["set_aside"].sum()) if len(whole) else 0
        return (
            f"<Study {self.name!r}: {len(self.districts)} districts, {span}; {sizes}; "
            f"{aside:,} rows set aside, {len(self.problems):,} problems>"
        )
