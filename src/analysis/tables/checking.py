"""The check of a study: typed tables, every rule, the fate of every row."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from analysis.errors import AnalysisError, StudyError
from analysis.tables import identifiers, schema
from analysis.tables.account import Account
from analysis.tables.config import StudyConfig
from analysis.tables.declared import FILE as PROCEDURES_FILE
from analysis.tables.declared import check_names, read_procedures, with_shipped
from analysis.tables.parse import EXPECTED, parse_column
from analysis.tables.parts import Part, alike, in_earlier
from analysis.tables.problems import ERROR, NOTE, SET_ASIDE
from analysis.tables.procedures import Procedure
from analysis.tables.pseudonyms import pseudonyms, read_key
from analysis.tables.read import BLANK, TOO_LONG, RawTable, find_faults, read_raw
from analysis.tables.study import Study

APART_HINTS = {
    BLANK: "Nothing stands in this row; nothing needs to be done.",
    "wrong_number_of_fields": "Quote fields that hold the separator.",
    TOO_LONG: "No cell of a spreadsheet holds so much: a closing quotation mark may be missing.",
    "not_a_record": 'Write one JSON record per line, such as {"kind": "help"}.',
}
MUST_BE_WHOLE = ("places", "reforms")  # without one of their rows, other rows would mean something else


class Check(Account):
    """The state of a check: typed tables, the fate of every row, the problems found so far."""

    def __init__(self, config: StudyConfig) -> None:
        super().__init__(config)
        self._secret: dict[str, set[str]] = {}  # columns of which no message shows a value
        self.key = read_key(config.key_file)
        self.procedures = self._procedures()

    @property
    def raw(self) -> dict[str, RawTable]:
        """Every table that could be read, as it stands in its source."""
        return self._raw

    def read(self, table: str) -> None:
        """Read, type and check the columns of one table; what cannot be read at all becomes a problem."""
        self.frames[table] = schema.empty(table)
        self.fate[table] = self.expected[table] = pd.Series(dtype="str")
        self.rows_in[table] = 0
        if table not in self.config.tables:
            return
        try:
            raw = self._source(table)
        except AnalysisError as first:
            for file, error in find_faults(table, self.config.tables[table], first):
                hint, value = (
                    f"{error.what} {error.mend or ''}".strip(),
                    f"{error.where}: {error.value or ''}",
                )
                self.problems.add(table, "unreadable", ERROR, hint, file=file, values=value)
            return
        self._raw[table], self.problems.parts[table] = raw, raw.parts
        self.rows_in[table] = raw.rows_in
        self.fate[table] = pd.Series("", index=raw.frame.index, dtype="str")
        self.expected[table] = pd.Series(False, index=raw.frame.index)
        if raw.unused:
            listed = ", ".join(raw.unused)
            self.problems.add(table, "unused_columns", NOTE, "These columns are not read.", values=listed)
        self.note_files(table, raw.parts)
        self._note_overlap(table, raw)
        for rule, rows in raw.apart.items():
            self.problems.add(
                table, rule, SET_ASIDE, APART_HINTS[rule], rows=pd.Index(rows), values=[""] * len(rows)
            )
        personal = identifiers.find(table, raw, self.config.tables[table])
        self._secret[table] = identifiers.secret_columns(personal)
        unread = self._type(table, raw)
        identifiers.protect(self, table, personal, raw.unused)
        self._validate(table, unread)

    def flag(
        self, table: str, rows: pd.Index, rule: str, level: str, *, hint: str, column: str = "",
        counted: bool = True,
    ) -> None:  # fmt: skip
        """Record a problem for each of `rows`, and set them aside unless it is a note.

        `counted` False: an expected loss (self-loops, outside the window) that does not count against
        max_set_aside.
        """
        if not len(rows):
            return
        if table in MUST_BE_WHOLE and level == SET_ASIDE:
            level = ERROR
        values = self._shown(table, column, rows) if column else None
        self.problems.add(table, rule, level, hint, column=column, rows=rows, values=values)
        if level != NOTE:
            fate = self.fate[table]
            first = rows[(fate.loc[rows] == "").to_numpy()]
            fate.loc[first] = rule
            self.expected[table].loc[first] = not counted

    def study(self) -> Study:
        """Return the study of the rows kept."""
        for table in schema.MODELS:
            self.check_share(table)
        frames = {table: self.kept(table) for table in schema.MODELS}
        named = frames["organisations"]["org_id"]  # whoever is a person as well, a person above all
        hashed_too = named.isin(frames["people"]["person_id"])
        organisations = set(named[~hashed_too])
        frames["organisations"] = frames["organisations"].assign(
            org_id=named.where(~hashed_too, pseudonyms(named, self.key))
        )
        for table in schema.MODELS:
            people = [c for c, entry in schema.columns(table).items() if entry.person]
            hashed = {}
            for column in people:
                ids = frames[table][column]
                person = ~ids.isin(organisations)
                hashed[column] = ids.where(~person, pseudonyms(ids, self.key)) if len(ids) else ids
            frames[table] = frames[table].assign(**hashed).reset_index(drop=True)
        frames["interactions"] = frames["interactions"].assign(
            status=frames["interactions"]["status"].fillna(schema.columns("interactions")["status"].default)
        )
        first, last = self.config.first, self.config.last
        window = (first, last) if first and last else None
        return Study(
            frames=frames, name=self.config.name, name_zh=self.config.name_zh, period=self.config.period,
            accounting=self.accounting(), problems=self.problems.frame(), files=self.files(),
            path=self.config.path, window=window, procedures=self.procedures,
        )  # fmt: skip

    def note_files(self, table: str, parts: Sequence[Part]) -> None:
        """Say which files of a table hold no rows, or the same; `parts` as in `RawTable`."""
        if not self.rows_in[table]:
            level = ERROR if table == "places" else NOTE
            said = "None of the files holds rows." if parts else "The file holds no rows."
            self.problems.add(table, "no_rows", level, said)
            return
        for part in parts:
            if not part.rows_in:
                self.problems.add(table, "no_rows", NOTE, "The file holds no rows.", file=part.label)
        for first, again in alike(self.config.tables[table], parts):
            self.problems.add(
                table, "same_file_twice", NOTE, "Two files are equal to the last byte, and the rows of both "
                "are used: take one out of path if it is the same export.", file=again, values=first,
            )  # fmt: skip

    def _note_overlap(self, table: str, raw: RawTable) -> None:
        """Say which acts stand word for word in an earlier file too; other tables have keys that tell."""
        if table == "interactions" and len(raw.parts) > 1:
            again = raw.frame.index[in_earlier(raw.parts, raw.frame)]
            hint = "This row stands in an earlier file too and counts twice: export without overlap."
            self.flag(table, again, "in_two_files", NOTE, hint=hint)

    def _source(self, table: str) -> RawTable:
        return read_raw(table, self.config.tables[table])

    def _procedures(self) -> tuple[Procedure, ...]:
        """Return the procedures the study declares; a file of them that cannot be used is a problem."""
        if not (self.config.path / PROCEDURES_FILE).exists():
            return ()
        try:
            found = read_procedures(self.config.path)
            check_names(with_shipped(found), PROCEDURES_FILE)
        except StudyError as error:
            self.problems.add(
                "matters", "unreadable_procedures", ERROR,
                f"{error.what} Expected {error.expected}. {error.mend}", column="procedure",
                values=f"{error.where}: {error.value or ''}",
            )  # fmt: skip
            return ()
        return found

    def _type(self, table: str, raw: RawTable) -> dict[str, pd.Series]:
        config, typed, unread = self.config.tables[table], {}, {}
        for name, column in schema.columns(table).items():
            if name not in raw.frame:
                blank = pd.Series(index=raw.frame.index, dtype=schema.DTYPES[column.type])
                typed[name], unread[name] = blank, pd.Series(False, index=raw.frame.index)
                continue
            zones = (config.time_zone, self.config.time_zone)
            typed[name], unread[name] = parse_column(
                raw.frame[name],
                column,
                period=self.config.period,
                zones=zones,
                time_format=config.time_format,
            )
        self.frames[table] = pd.DataFrame(typed, index=raw.frame.index)
        for name, bad in unread.items():
            if bad.any():
                expected = EXPECTED[schema.columns(table)[name].type]
                rows = bad.index[bad]
                self.flag(table, rows, "not_readable", SET_ASIDE, column=name, hint=f"Expected {expected}.")
        return unread

    def _validate(self, table: str, unread: dict[str, pd.Series]) -> None:
        from pandera.errors import SchemaErrors

        try:
            schema.checks(table).validate(self.frames[table], lazy=True)
        except SchemaErrors as errors:
            cases = errors.failure_cases
        else:
            return
        for (name, test), found in cases.groupby(["column", "check"], sort=False):
            column = schema.columns(table)[name]
            rows = pd.Index(found["index"].astype("int64"))
            rows = rows[~unread[name].loc[rows].to_numpy()]
            if test == "not_nullable":
                rule, hint = "missing_value", f"Fill in {name}: {column.description.lower()}."
            elif test.startswith("isin"):
                rule = "not_allowed"
                hint = f"Use one of {', '.join(column.values)}, or map it: [tables.{table}] values."
            else:
                rule, hint = "out_of_range", f"Expected {name} {_bound_text(test)}."
            self.flag(table, rows, rule, SET_ASIDE, column=name, hint=hint)

    def _shown(self, table: str, column: str, rows: pd.Index) -> list[str]:
        raw = self._raw[table].frame
        source = raw if column in raw else self.frames[table]
        return self.shown(table, column, source.loc[rows, column].astype("str").fillna(""))

    def shown(self, table: str, column: str, values: pd.Series) -> list[str]:
        """Return values of a column as messages may show them: people under pseudonyms, nothing secret."""
        entry = schema.columns(table)[column]
        if not entry.person:
            return identifiers.shown(values, column in self._secret.get(table, ()))
        return list(pseudonyms(values, self.key).where(values != "", ""))


def _bound_text(test: str) -> str:
    words = {"greater_than_or_equal_to": "of at least", "less_than_or_equal_to": "of at most",
             "greater_than": "above", "less_than": "below"}  # fmt: skip
    name, _, rest = test.partition("(")
    return f"{words.get(name, name)} {rest.rstrip(')')}"
