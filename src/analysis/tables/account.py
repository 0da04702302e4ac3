"""What became of every row of a study: kept, or set aside by a rule, by table and by file."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from analysis.tables.config import StudyConfig
from analysis.tables.parts import Part, count_rows
from analysis.tables.problems import ERROR, Problems
from analysis.tables.read import BLANK, RawTable
from analysis.tables.study import ACCOUNT, FILE_ACCOUNT, Study


class Account:
    """The rows of every table while a study is checked.

    Attributes
    ----------
    frames : dict of table -> DataFrame
        Typed; the index is the number of the row, see `RawTable`.
    fate : dict of table -> Series
        Per row: "" kept, or the rule that set it aside.
    expected : dict of table -> Series
        Per row: whether its loss was to be expected and does not count against max_set_aside.
    rows_in : dict of table -> int
    problems : Problems
    """

    def __init__(self, config: StudyConfig) -> None:
        self.config = config
        self.problems = Problems()
        self.frames: dict[str, pd.DataFrame] = {}
        self.fate: dict[str, pd.Series] = {}
        self.expected: dict[str, pd.Series] = {}
        self.rows_in: dict[str, int] = {}
        self._raw: dict[str, RawTable] = {}

    def kept(self, table: str) -> pd.DataFrame:
        """Rows of `table` not set aside so far; the index is the row in the file, several numbered on."""
        return self.frames[table][self.fate[table] == ""]

    def apart(self, table: str) -> dict[str, list[int]]:
        """Return rule -> rows of a table that are in no frame: blank, or not to be taken apart."""
        return self._raw[table].apart if table in self._raw else {}

    def accounting(self) -> pd.DataFrame:
        """Return table, rows_in, kept, set_aside, rule: a total (rule "") and a row per rule."""
        rows = []
        for table, rows_in in self.rows_in.items():
            by_rule = self._by_rule(table)
            apart = sum(by_rule.values())
            rows.append((table, rows_in, rows_in - apart, apart, ""))
            rows += [(table, rows_in, rows_in - apart, count, rule) for rule, count in by_rule.items()]
        return pd.DataFrame(rows, columns=ACCOUNT)

    def files(self) -> pd.DataFrame:
        """Return table, file, rows_in, kept, set_aside of each file of the tables that stand in several."""
        rows = [
            (table, part.label, part.rows_in, part.rows_in - lost, lost)
            for table, parts in self.problems.parts.items() if parts
            for part, lost in zip(parts, self._lost_by_part(table, parts), strict=True)
        ]  # fmt: skip
        return pd.DataFrame(rows, columns=FILE_ACCOUNT)

    def _lost_by_part(self, table: str, parts: Sequence[Part]) -> list[int]:
        fate = self.fate[table]
        apart = [row for rows in self.apart(table).values() for row in rows]
        return count_rows(parts, [*fate.index[fate != ""], *apart])

    def _by_rule(self, table: str) -> dict[str, int]:
        """Return how many rows of a table are set aside by each rule."""
        by_rule = self.fate[table][self.fate[table] != ""].value_counts().to_dict()
        return by_rule | {rule: len(rows) for rule, rows in self.apart(table).items()}

    def _lost(self, table: str) -> int:
        """Return how many rows of a table are set aside and were not expected to be."""
        counted = int(((self.fate[table] != "") & ~self.expected[table].astype(bool)).sum())
        return counted + sum(len(rows) for rule, rows in self.apart(table).items() if rule != BLANK)

    def check_share(self, table: str) -> None:
        """Say so if more rows of a table are set aside than may be."""
        lost = self._lost(table)
        share = lost / self.rows_in[table] if self.rows_in[table] else 0.0
        if share > self.config.max_set_aside:
            self.problems.add(
                table, "too_many_set_aside", ERROR,
                f"{lost:,} of {self.rows_in[table]:,} rows ({share:.1%}) would be set aside; at most "
                f"{self.config.max_set_aside:.1%} may be. Mend them, or raise max_set_aside in study.toml.",
            )  # fmt: skip


def account_by_file(study: Study) -> pd.DataFrame:
    """Return table, file, rows_in, kept, set_aside, rule of a checked study.

    Returns
    -------
    DataFrame
        For each table a row with its total (file and rule ""), one per rule that set rows aside, and one per
        file where the table stands in several.
    """
    parts = []
    for table, rows in study.accounting.groupby("table", sort=False):
        parts += [rows.assign(file=""), study.files[study.files["table"] == table].assign(rule="")]
    columns = ["table", "file", *ACCOUNT[1:]]
    return pd.concat(parts, ignore_index=True)[columns] if parts else pd.DataFrame(columns=columns)
