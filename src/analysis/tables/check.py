"""Reading and checking a study: every table, every rule, all problems at once, every row accounted for."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from analysis.errors import AnalysisError, StudyError, shorten
from analysis.tables import identifiers, rules, schema
from analysis.tables.config import StudyConfig, read_config
from analysis.tables.declared import FILE as PROCEDURES_FILE
from analysis.tables.declared import check_names, read_procedures, with_shipped
from analysis.tables.parse import EXPECTED, parse_column
from analysis.tables.problems import ERROR, NOTE, SET_ASIDE, Problems
from analysis.tables.procedures import Procedure
from analysis.tables.pseudonyms import pseudonyms, read_key
from analysis.tables.read import BLANK, TOO_LONG, RawTable, read_raw
from analysis.tables.study import ACCOUNT, Study

APART_HINTS = {
    BLANK: "Nothing stands in this row; nothing needs to be done.",
    "wrong_number_of_fields": "Quote fields that hold the separator.",
    TOO_LONG: "No cell of a spreadsheet holds so much: a closing quotation mark may be missing.",
    "not_a_record": 'Write one JSON record per line, such as {"kind": "help"}.',
}
MUST_BE_WHOLE = ("places", "reforms")  # without one of their rows, other rows would mean something else


def open_study(path: str | Path) -> Study:
    """Open a study folder: read, check, set bad rows aside, make people pseudonymous.

    Parameters
    ----------
    path : path
        A folder with study.toml and tables, or tables under their own names (places.csv, ...).

    Returns
    -------
    Study
        With `problems` (what was found) and `accounting` (rows in = kept + set aside, by rule).

    Raises
    ------
    StudyError
        Something must be mended before the study can be used; every such problem is named.
    """
    study = check_study(path)
    refuse(study.problems, path)
    return study


def refuse(problems: pd.DataFrame, path: str | Path) -> None:
    """Raise StudyError if one of the problems found has to be mended before the study can be used."""
    errors = problems[problems["level"] == ERROR]
    if len(errors):
        lines = [describe(problem) for problem in errors.head(5).itertuples()]
        more = f"\n  … and {len(errors) - 5:,} more" if len(errors) > 5 else ""
        raise StudyError(
            f"The study cannot be used yet: {len(errors):,} problem(s) must be mended.\n  "
            + "\n  ".join(lines) + more,
            where=str(path), mend=f"gongzhi check {path}  names every problem and its mend.",
        )  # fmt: skip


def check_study(path: str | Path, *, now: pd.Timestamp | None = None) -> Study:
    """Read and check a study folder, and return it with its problems even where it cannot be used.

    Parameters
    ----------
    path : path
        The study folder.
    now : Timestamp, optional
        What counts as the present for "in the future"; default: the clock, plus one day for time zones.

    Returns
    -------
    Study
        Its `problems` (table, column, row, value, rule, level, hint) name everything found, and its
        `accounting` every row set aside. One with problems of level "error" is only to be looked at.
    """
    return run_check(path, now=now).study()


def run_check(path: str | Path, *, now: pd.Timestamp | None = None) -> Check:
    """Read and check a study folder as `check_study` does; return the check, with the fate of every row."""
    check = Check(read_config(path))
    for table in schema.MODELS:
        check.read(table)
    for rule in rules.RULES:
        rule(check)
    rules.check_times(check, now or pd.Timestamp.now() + pd.Timedelta(days=1))
    rules.note_limits(check)
    return check


def describe(problem) -> str:
    """Return one problem as a line: table.column, row, value, rule and hint."""
    where = f"{problem.table}.{problem.column}" if problem.column else problem.table
    row = "" if pd.isna(problem.row) else f" row {problem.row:,}"
    value = f" value {shorten(problem.value, 60)!r}" if problem.value else ""
    return f"{where}{row}{value}: {problem.rule.replace('_', ' ')}. {problem.hint}"


class Check:
    """The state of a check: typed tables, the fate of every row, the problems found so far."""

    def __init__(self, config: StudyConfig) -> None:
        self.config = config
        self.problems = Problems()
        self.frames: dict[str, pd.DataFrame] = {}
        self.fate: dict[str, pd.Series] = {}  # per row: "" kept, or the rule that set it aside
        self.expected: dict[str, pd.Series] = {}  # per row: whether it counts against max_set_aside
        self.rows_in: dict[str, int] = {}
        self._raw: dict[str, RawTable] = {}
        self._secret: dict[str, set[str]] = {}  # columns of which no message shows a value
        self.key = read_key(config.key_file)
        self.procedures = self._procedures()

    @property
    def raw(self) -> dict[str, RawTable]:
        """Every table that could be read, as it stands in its source."""
        return self._raw

    def kept(self, table: str) -> pd.DataFrame:
        """Rows of `table` not set aside so far; the index is the row in the file."""
        return self.frames[table][self.fate[table] == ""]

    def read(self, table: str) -> None:
        """Read, type and check the columns of one table; what cannot be read at all becomes a problem."""
        self.frames[table] = schema.empty(table)
        self.fate[table] = self.expected[table] = pd.Series(dtype="str")
        self.rows_in[table] = 0
        if table not in self.config.tables:
            return
        try:
            raw = self._source(table)
        except AnalysisError as error:
            hint = f"{error.what} {error.mend or ''}".strip()
            self.problems.add(table, "unreadable", ERROR, hint, values=f"{error.where}: {error.value or ''}")
            return
        self._raw[table] = raw
        self.rows_in[table] = raw.rows_in
        self.fate[table] = pd.Series("", index=raw.frame.index, dtype="str")
        self.expected[table] = pd.Series(False, index=raw.frame.index)
        if raw.unused:
            listed = ", ".join(raw.unused)
            self.problems.add(table, "unused_columns", NOTE, "These columns are not read.", values=listed)
        if not raw.rows_in:
            self.problems.add(
                table, "no_rows", ERROR if table == "places" else NOTE, "The file holds no rows."
            )
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
            self._check_share(table)
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
            accounting=self.accounting(), problems=self.problems.frame(), path=self.config.path,
            window=window, procedures=self.procedures,
        )  # fmt: skip

    def accounting(self) -> pd.DataFrame:
        """Return table, rows_in, kept, set_aside, rule: a total (rule "") and a row per rule."""
        rows = []
        for table, rows_in in self.rows_in.items():
            by_rule = self._by_rule(table)
            apart = sum(by_rule.values())
            rows.append((table, rows_in, rows_in - apart, apart, ""))
            rows += [(table, rows_in, rows_in - apart, count, rule) for rule, count in by_rule.items()]
        return pd.DataFrame(rows, columns=ACCOUNT)

    def _source(self, table: str) -> RawTable:
        return read_raw(table, self.config.tables[table])

    def _by_rule(self, table: str) -> dict[str, int]:
        """Return how many rows of a table are set aside by each rule."""
        by_rule = self.fate[table][self.fate[table] != ""].value_counts().to_dict()
        return by_rule | {rule: len(rows) for rule, rows in self.apart(table).items()}

    def _lost(self, table: str) -> int:
        """Return how many rows of a table are set aside and were not expected to be."""
        counted = int(((self.fate[table] != "") & ~self.expected[table].astype(bool)).sum())
        return counted + sum(len(rows) for rule, rows in self.apart(table).items() if rule != BLANK)

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

    def apart(self, table: str) -> dict[str, list[int]]:
        """Return rule -> rows of a table that are in no frame: blank, or not to be taken apart."""
        return self._raw[table].apart if table in self._raw else {}

    def _check_share(self, table: str) -> None:
        lost = self._lost(table)
        share = lost / self.rows_in[table] if self.rows_in[table] else 0.0
        if share > self.config.max_set_aside:
            self.problems.add(
                table, "too_many_set_aside", ERROR,
                f"{lost:,} of {self.rows_in[table]:,} rows ({share:.1%}) would be set aside; at most "
                f"{self.config.max_set_aside:.1%} may be. Mend them, or raise max_set_aside in study.toml.",
            )  # fmt: skip


def _bound_text(test: str) -> str:
    words = {"greater_than_or_equal_to": "of at least", "less_than_or_equal_to": "of at most",
             "greater_than": "above", "less_than": "below"}  # fmt: skip
    name, _, rest = test.partition("(")
    return f"{words.get(name, name)} {rest.rstrip(')')}"
