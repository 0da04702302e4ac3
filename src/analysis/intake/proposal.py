"""A proposal: how each table of a study would be read, and what was left."""

from __future__ import annotations

from dataclasses import dataclass, field

import pandas as pd

from analysis.intake.match import Match, period_of_labels
from analysis.intake.places import Places
from analysis.intake.sources import Source
from analysis.tables import schema


@dataclass
class TableProposal:
    """How one table of the dictionary would be read.

    Attributes
    ----------
    columns : dict of our column -> Match
    constants : dict of our column -> (value, reason, word)
        reason: "file_name" (word: what it says), "column_name" or "fallback".
    values : dict of our column -> {their value: our value}
    unknown : dict of our column -> values that have no meaning in the column's words
    left_out : list of labels
        Files that were taken out of it again.
    """

    table: str
    source: Source
    rating: float
    columns: dict[str, Match]
    constants: dict[str, tuple[str, str, str]] = field(default_factory=dict)
    values: dict[str, dict[str, str]] = field(default_factory=dict)
    unknown: dict[str, list[str]] = field(default_factory=dict)
    time_format: str | None = None
    left_out: list[str] = field(default_factory=list)

    @property
    def unused(self) -> list[str]:
        """Columns that would not be read."""
        used = {name for match in self.columns.values() for name in match.theirs}
        return [name for name in self.source.frame.columns if name not in used]

    @property
    def may_lack(self) -> dict[str, list[str]]:
        """Our columns that some of several files lack -> the labels of these."""
        found = {
            ours: [p.label for p in self.source.parts if not set(match.theirs) <= set(p.frame.columns)]
            for ours, match in self.columns.items()
        }
        return {ours: labels for ours, labels in found.items() if labels}

    @property
    def lacking(self) -> list[str]:
        """Required columns for which there is nothing."""
        return [
            name for name, column in schema.columns(self.table).items()
            if column.required and name not in self.columns and name not in self.constants
        ]  # fmt: skip


@dataclass
class StudyProposal:
    """A study as it would be written.

    Attributes
    ----------
    tables : dict of table -> TableProposal
    places : Places or None
        The table of places made of the names in the other tables, where no file is one.
    steps : DataFrame or None
        matter_id, step, time: made of the times in the table of matters, where no file is one.
    unplaced : list of (label, reason)
        What was given and is not used: "no_table", "taken", why it could not be read, or a pair of "differs",
        "renamed", "sheets_apart" or "says_other" and its words.
    """

    name: str
    tables: dict[str, TableProposal]
    places: Places | None = None
    steps: pd.DataFrame | None = None
    unplaced: list[tuple[str, str | tuple[str, dict]]] = field(default_factory=list)

    @property
    def period(self) -> str:
        """Step of the panel: that of the outcomes, or the month."""
        outcomes = self.tables.get("outcomes")
        if outcomes is None or "period" not in outcomes.columns:
            return "month"
        return period_of_labels(outcomes.source.values(outcomes.columns["period"].theirs[0]))
