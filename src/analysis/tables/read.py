"""Files to frames: CSV (also .gz), Parquet and Excel, as they are, with the number of every row."""

from __future__ import annotations

import csv
import difflib
import gzip
import io
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from analysis.errors import StudyError
from analysis.tables import schema
from analysis.tables.config import TableConfig

CANDIDATE_ENCODINGS = ("utf-8", "gb18030", "utf-16", "big5")


@dataclass
class RawTable:
    """A table as it stands in its file, under our column names.

    Attributes
    ----------
    frame : DataFrame
        One row per record; the index is the row as a spreadsheet counts it (the header is row 1).
    rows_in : int
        Records in the file, those that could not be split into fields included.
    broken : list of (row, text)
        Records with too many or too few fields.
    unused : tuple of str
        Columns of the file that the study does not use; they are not read.
    """

    frame: pd.DataFrame
    rows_in: int
    broken: list[tuple[int, str]] = field(default_factory=list)
    unused: tuple[str, ...] = ()


def read_raw(table: str, config: TableConfig) -> RawTable:
    """Read the file of `table`, keep the columns the dictionary knows, name them our way.

    Raises
    ------
    StudyError
        The file is missing, empty, in another encoding, or lacks a required or mapped column.
    """
    path = config.path
    if not path.is_file():
        raise StudyError(
            f"The file of the table {table!r} is missing.", where=str(path),
            expected="a readable file", mend="Put the file there, or correct its path in study.toml.",
        )  # fmt: skip
    if path.stat().st_size == 0:
        raise _empty(table, path)
    name = path.name.lower()
    try:
        if name.endswith((".csv", ".csv.gz")):
            raw = _read_csv(table, config)
        elif name.endswith(".parquet"):
            raw = _read_parquet(table, config)
        else:
            raw = _read_excel(table, config)
    except OSError as error:
        raise StudyError(
            f"The file of the table {table!r} cannot be read.", where=str(path), value=error,
            expected="a whole, readable file", mend="Check its permissions, or copy it again.",
        ) from error  # fmt: skip
    for column, value in config.constants.items():
        raw.frame[column] = value if isinstance(value, bool | int | float) else str(value)
    for column, mapping in config.values.items():
        if column in raw.frame:
            texts = {str(theirs): str(ours) for theirs, ours in mapping.items()}
            stripped = raw.frame[column].astype("str").str.strip()
            raw.frame[column] = stripped.map(texts).where(stripped.isin(list(texts)), raw.frame[column])
    return raw


def _choose(table: str, config: TableConfig, header: list[str]) -> tuple[dict[str, str], tuple[str, ...]]:
    """Return their name -> our name for the columns to read, and the names not used."""
    doubled = sorted({name for name in header if header.count(name) > 1})
    wanted = {ours: config.columns.get(ours, ours) for ours in schema.columns(table)}
    for ours, theirs in wanted.items():
        required = schema.columns(table)[ours].required and ours not in config.constants
        if theirs in header and theirs not in doubled:
            continue
        if theirs in doubled or ours in config.columns or required:
            near = difflib.get_close_matches(theirs, header, n=1)
            raise StudyError(
                f"The table {table!r} has the column {theirs!r} more than once."
                if theirs in doubled
                else f"The table {table!r} lacks the column {theirs!r}.",
                where=f"{config.path}, header",
                value=", ".join(header),
                expected=f"one column {theirs!r} ({schema.columns(table)[ours].description.lower()})",
                mend=(f"Did you mean {near[0]!r}? " if near else "")
                + f'Say how it is called: [tables.{table}] columns = {{ {ours} = "their name" }}',
            )
    chosen = {theirs: ours for ours, theirs in wanted.items() if theirs in header}
    if len(chosen) < sum(theirs in header for theirs in wanted.values()):
        raise StudyError(
            f"Two columns of the table {table!r} are taken from the same column.",
            where=f"study.toml [tables.{table}] columns", value=config.columns,
            expected="a column of its own for each",
            mend="Map each column once; use constants for fixed values.",
        )  # fmt: skip
    return chosen, tuple(name for name in header if name not in chosen)


def _read_csv(table: str, config: TableConfig) -> RawTable:
    import pyarrow as pa
    import pyarrow.csv as pacsv

    header, delimiter = _csv_header(table, config)
    chosen, unused = _choose(table, config, header)
    broken: list[tuple[int, str]] = []

    def note(row):
        broken.append((row.number, row.text or ""))
        return "skip"

    encoding = "utf8" if config.encoding.lower() in ("utf-8", "utf8", "utf-8-sig") else config.encoding
    try:
        with pa.input_stream(config.path, compression="detect") as stream:
            content = pacsv.read_csv(
                stream,
                read_options=pacsv.ReadOptions(encoding=encoding, use_threads=False, block_size=1 << 24),
                parse_options=pacsv.ParseOptions(
                    delimiter=delimiter, newlines_in_values=True, invalid_row_handler=note
                ),
                convert_options=pacsv.ConvertOptions(
                    column_types=dict.fromkeys(chosen, pa.string()),
                    include_columns=list(chosen),
                    strings_can_be_null=False,
                ),
            )
    except (pa.ArrowInvalid, UnicodeError) as error:
        if isinstance(error, UnicodeError) or "UTF8" in str(error):
            raise _encoding_error(table, config) from error
        raise StudyError(
            f"The table {table!r} is not a readable CSV file.", where=str(config.path), value=error,
            expected="one record per line, fields in the order of the header",
            mend="Open the file, look at the place that is named, and export it again.",
        ) from error  # fmt: skip
    frame = content.to_pandas().rename(columns=chosen)
    rows = len(frame) + len(broken)
    lost = {number for number, _ in broken}
    frame.index = pd.Index([row for row in range(2, rows + 2) if row not in lost], dtype="int64")
    return RawTable(frame, rows, broken, unused)


def _csv_header(table: str, config: TableConfig) -> tuple[list[str], str]:
    opener = gzip.open if config.path.name.lower().endswith(".gz") else open
    try:
        encoding = "utf-8-sig" if config.encoding.lower() in ("utf-8", "utf8") else config.encoding
        with opener(config.path, "rt", encoding=encoding, newline="") as file:
            line = file.readline()
    except LookupError as error:
        raise StudyError(
            "The encoding is not known.", where=f"study.toml [tables.{table}] encoding",
            value=config.encoding, expected="utf-8, gb18030, utf-16, ...", mend="Correct the name.",
        ) from error  # fmt: skip
    except UnicodeError as error:
        raise _encoding_error(table, config) from error
    if not line.strip():
        raise _empty(table, config.path)
    delimiter = max(",;\t|", key=lambda mark: (line.count(mark), mark == ","))
    return next(csv.reader(io.StringIO(line), delimiter=delimiter)), delimiter


def _read_parquet(table: str, config: TableConfig) -> RawTable:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(config.path) as file:
            chosen, unused = _choose(table, config, file.schema_arrow.names)
            frame = file.read(columns=list(chosen)).to_pandas(integer_object_nulls=True)
    except pa.ArrowInvalid as error:
        raise StudyError(
            f"The table {table!r} is not a readable Parquet file.", where=str(config.path), value=error,
            expected="a whole Parquet file", mend="Write the file again.",
        ) from error  # fmt: skip
    frame = frame.rename(columns=chosen)[list(chosen.values())]
    frame.index = pd.RangeIndex(2, len(frame) + 2)
    return RawTable(frame, len(frame), [], unused)


def _read_excel(table: str, config: TableConfig) -> RawTable:
    try:
        sheet = pd.read_excel(
            config.path, sheet_name=config.sheet, engine="calamine", dtype=object,
            keep_default_na=False, na_values=[""],
        )  # fmt: skip
    except Exception as error:  # calamine's own errors share no base class
        raise StudyError(
            f"The table {table!r} is not a readable Excel sheet.",
            where=f"{config.path}, sheet {config.sheet!r}", value=error,
            expected="an .xlsx or .xls file with that sheet",
            mend=f'Name the sheet: [tables.{table}] sheet = "Sheet1", or export it as CSV.',
        ) from error  # fmt: skip
    sheet.columns = [str(name).strip() for name in sheet.columns]
    chosen, unused = _choose(table, config, list(sheet.columns))
    frame = sheet[list(chosen)].rename(columns=chosen).map(_cell_text)
    frame.index = pd.RangeIndex(2, len(frame) + 2)
    return RawTable(frame, len(frame), [], unused)


def _cell_text(value: object) -> str:
    if value is None or (isinstance(value, float) and pd.isna(value)) or value is pd.NaT:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def _empty(table: str, path: Path) -> StudyError:
    return StudyError(
        f"The file of the table {table!r} is empty.", where=str(path),
        expected="a line of column names, then one line per row",
        mend="Export the table again, or take the file away if the study has none.",
    )  # fmt: skip


def _encoding_error(table: str, config: TableConfig) -> StudyError:
    opener = gzip.open if config.path.name.lower().endswith(".gz") else open
    with opener(config.path, "rb") as file:
        head = file.read(1 << 20)
    position, fits = None, None
    for encoding in (config.encoding, *CANDIDATE_ENCODINGS):
        try:
            head[: len(head) // 2 * 2].decode(encoding)
        except UnicodeDecodeError as error:
            position = position or (error.start + 1, head[error.start])
            if (
                error.start > len(head) - 8 and len(head) == 1 << 20
            ):  # a character cut at the end of the sample
                fits = fits or encoding
        else:
            fits = fits if fits or encoding == config.encoding else encoding
    return StudyError(
        f"The table {table!r} is not {config.encoding} text.",
        where=f"{config.path}, byte {position[0]:,}" if position else str(config.path),
        value=f"0x{position[1]:02X}" if position else None,
        expected=f"text in {config.encoding}",
        mend=f'Say how it is encoded: [tables.{table}] encoding = "{fits or "gb18030"}"',
    )
