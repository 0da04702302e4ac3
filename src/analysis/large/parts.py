"""The check of a log that does not fit into memory: the same rules on one part after the other.

Every rule of the interactions looks at one act and at the other tables, so the parts together give what the
whole would; the tests hold the two against each other.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from analysis.tables import rules, schema
from analysis.tables.checking import Check
from analysis.tables.parts import Part
from analysis.tables.problems import Problems
from analysis.tables.pseudonyms import pseudonyms
from analysis.tables.read import RawTable

LOG = "interactions"
# rules about whole files, said when all parts are there; rows in two files are not looked for in a large log
OF_FILES = ("no_rows", "same_file_twice", "in_two_files")
SHOWN = 1000  # problems of one kind that are kept at hand; the file holds all
REMEMBERED = 1_000_000  # people whose pseudonyms are kept at hand, about 250 MB
COUNTED = re.compile(r"([\d,]+)( rows: .*)")  # "1,200 rows: phone"


class PartCheck(Check):
    """The check of one part of the log, among tables that are checked already."""

    def __init__(self, whole: LogCheck, raw: RawTable, now: pd.Timestamp) -> None:
        self.__dict__.update(whole.__dict__)
        self.problems, self._part, self._kept = Problems(), raw, {}
        self.frames = dict(whole.around)
        self.fate = {t: pd.Series("", index=frame.index, dtype="str") for t, frame in self.frames.items()}
        self.expected = {t: pd.Series(False, index=frame.index) for t, frame in self.frames.items()}
        self.rows_in, self._raw, self._secret = dict.fromkeys(schema.MODELS, 0), {}, {}
        self.read(LOG)
        for rule in rules.RULES:
            rule(self)
        rules.check_times(self, now)

    def kept(self, table: str) -> pd.DataFrame:
        """Rows of `table` not set aside so far."""
        if table not in self._kept:
            self._kept[table] = super().kept(table)
        return self._kept[table]

    def flag(self, table: str, rows: pd.Index, rule: str, level: str, **details: object) -> None:
        """Record a problem of the log; those of other tables are known."""
        if table == LOG:
            super().flag(table, rows, rule, level, **details)
            self._kept.pop(LOG, None)

    def _source(self, table: str) -> RawTable:
        return self._part


class LogCheck(Check):
    """The check of a study whose log comes part by part.

    Attributes
    ----------
    acts : DataFrame
        The first act of each kind, state, form and day: enough to tell the study's time and kinds of act.
    """

    def read_others(self) -> None:
        """Check every table but the log."""
        for table in schema.MODELS:
            if table != LOG:
                self.read(table)
        self.frames[LOG] = self.acts = schema.empty(LOG)
        self.fate[LOG] = self.expected[LOG] = pd.Series(dtype="str")
        self.rows_in = {table: self.rows_in.get(table, 0) for table in schema.MODELS}
        for rule in rules.RULES:
            rule(self)
        places, organisations = self.kept("places"), self.kept("organisations")
        self.around = {table: schema.empty(table) for table in schema.MODELS}
        self.around["places"] = places.assign(parent_id=None).astype(places.dtypes)
        self.around["organisations"] = organisations
        self.persons = [name for name, column in schema.columns(LOG).items() if column.person]
        persons = organisations["org_id"].isin(self.kept("people")["person_id"])  # as in Check.study
        self.hashing = Hashing(self.key, organisations.loc[~persons, "org_id"])
        self.log_fates, self.log_apart, self.log_lost = Counter(), Counter(), 0
        self.log_files: dict[str, tuple[Part, int]] = {}  # label -> the file so far, rows set aside

    def check_part(self, raw: RawTable, now: pd.Timestamp) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Check one part of the log; return the rows kept, pseudonymous, and the problems found."""
        part = PartCheck(self, raw, now)
        fate = part.fate[LOG][part.fate[LOG] != ""]
        self.log_fates.update(dict.fromkeys(fate.unique(), 0))  # in the order of appearance
        self.log_fates.update(fate.value_counts().to_dict())
        self.log_apart.update({rule: len(rows) for rule, rows in raw.apart.items()})
        self.log_lost += part._lost(LOG)
        self.rows_in[LOG] += raw.rows_in
        for file in raw.parts:
            before, lost = self.log_files.get(file.label, (file, 0))
            rows_in = file.rows_in + (before.rows_in if before is not file else 0)
            lost += len(fate) + sum(map(len, raw.apart.values()))
            self.log_files[file.label] = (replace(before, rows_in=rows_in), lost)
        rows = part.kept(LOG)
        status = rows["status"].fillna(schema.columns(LOG)["status"].default)
        hashed = self.hashing(*(rows[name] for name in self.persons))
        rows = rows.assign(**dict(zip(self.persons, hashed, strict=True)), status=status)
        self.acts = first_acts(pd.concat([self.acts, first_acts(rows)]))
        found = part.problems.frame()
        return rows, found[(found["table"] == LOG) & ~found["rule"].isin(OF_FILES)]

    def finish(self, now: pd.Timestamp) -> None:
        """Check what is left when all parts are there."""
        self.frames[LOG] = self.acts.reset_index(drop=True)
        self.fate[LOG] = pd.Series("", index=self.frames[LOG].index, dtype="str")
        self.expected[LOG] = pd.Series(False, index=self.frames[LOG].index)
        if LOG in self.config.tables:
            self.problems.parts[LOG] = tuple(part for part, _ in self.log_files.values())
            self.note_files(LOG, self.problems.parts[LOG])
        rules.check_times(self, now)
        rules.note_limits(self)

    def _by_rule(self, table: str) -> dict[str, int]:
        if table != LOG:
            return super()._by_rule(table)
        fates = sorted(self.log_fates.items(), key=lambda item: -item[1])
        return dict(fates) | {rule: count for rule, count in self.log_apart.items() if count}

    def _lost_by_part(self, table: str, parts: Sequence[Part]) -> list[int]:
        if table != LOG:
            return super()._lost_by_part(table, parts)
        return [lost for _, lost in self.log_files.values()]

    def _lost(self, table: str) -> int:
        return self.log_lost if table == LOG else super()._lost(table)


class Hashing:
    """Pseudonyms of people who come again and again; organisations keep their identifiers."""

    def __init__(self, key: bytes, organisations: pd.Series) -> None:
        self.key, self.organisations = key, {name: name for name in organisations}
        self.known = dict(self.organisations)

    def __call__(self, *columns: pd.Series) -> list[pd.Series]:
        """Return the columns with the pseudonym of each identifier; missing stays missing."""
        import pyarrow as pa

        together = pa.chunked_array([pa.array(column, pa.string()) for column in columns])
        coded = together.combine_chunks().dictionary_encode()
        names = coded.dictionary.to_pylist()
        new = pd.Series([name for name in names if name not in self.known], dtype="str")
        self.known.update(zip(new, pseudonyms(new, self.key), strict=True))
        hashed = pa.array(map(self.known.__getitem__, names), pa.string()).take(coded.indices)
        if len(self.known) > REMEMBERED + len(self.organisations):
            self.known = dict(self.organisations)
        starts = np.cumsum([0, *map(len, columns)])
        return [
            pd.Series(pd.array(hashed[start:stop], dtype="str"), index=column.index, name=column.name)
            for column, start, stop in zip(columns, starts[:-1], starts[1:], strict=True)
        ]


def first_acts(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the first act of each kind, state, form and day."""
    entries = schema.columns(LOG)
    code = rows["time"].to_numpy().astype("datetime64[D]").astype(np.int64)
    for name in ("kind", "status"):
        values = entries[name].values
        code = code * (len(values) + 1) + pd.Categorical(rows[name], categories=values).codes + 1
    for name in ("target_id", "gathering_id"):
        code = code * 2 + rows[name].isna().to_numpy()
    return rows[~pd.Series(code).duplicated().to_numpy()]


class Findings:
    """Problems of all parts: the first of every kind at hand, all of them in a file."""

    def __init__(self, write) -> None:
        self._write, self._said = write, {}
        self._shown: list[pd.DataFrame] = []
        self._counts: Counter = Counter()

    def add(self, found: pd.DataFrame) -> None:
        """Take the problems of a part; what is said of the table as a whole is said once."""
        of_rows = found[found["row"].notna()]
        for problem in found[found["row"].isna()].itertuples(index=False):
            amount = COUNTED.fullmatch(problem.value)
            key = problem._replace(value=amount[2]) if amount else problem
            before = self._said.get(key, (0, None))[0]
            number = before + int(amount[1].replace(",", "")) if amount else 0
            self._said[key] = (
                number,
                problem._replace(value=f"{number:,}{amount[2]}" if amount else problem.value),
            )
        if len(of_rows):
            self._write(of_rows)
            for kind, alike in of_rows.groupby(["table", "column", "rule"], sort=False):
                room = SHOWN - self._counts[kind]
                self._counts[kind] += len(alike)
                if room > 0:
                    self._shown.append(alike.head(room))

    def finish(self, others: pd.DataFrame) -> pd.DataFrame:
        """Write what is left with the problems of other tables; return those to have at hand."""
        said = pd.DataFrame([problem for _, problem in self._said.values()], columns=others.columns)
        said = said.astype(others.dtypes)
        if len(others) + len(said):
            self._write(pd.concat([others, said]))
        few = others.groupby(["table", "column", "rule"], sort=False).head(SHOWN)
        parts = [part for part in (few, said, *self._shown) if len(part)]
        return pd.concat(parts, ignore_index=True) if parts else others
